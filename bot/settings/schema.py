"""JSON Schema of config/*.toml, so that an editor can complete and check them."""

import json
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from bot.settings.tables import BudgetTable, ConcernsFile, FairwellFile, LadderFile, LadderTable, SpaceTable, Table

_FILES: dict[str, Any] = {
    "fairwell": FairwellFile,
    "space": SpaceTable,
    "ladder": LadderFile,
    "concerns": ConcernsFile,
}


def schema() -> dict[str, dict[str, Any]]:
    """The schema of each file, by its name without ".toml"."""
    return {name: _schema(kind) for name, kind in _FILES.items()}


def texts() -> dict[str, str]:
    """The schemas as they stand in config/schema/, by file name."""
    return {f"{name}.json": json.dumps(each, indent=2) + "\n" for name, each in schema().items()}


def write(directory: Path) -> None:
    """Write the schemas into a directory, which is made if need be. Raises OSError."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, text in texts().items():
        (directory / name).write_text(text, encoding="utf-8")


def _schema(kind: Any) -> dict[str, Any]:
    made = _without_null(TypeAdapter(kind).json_schema())
    if kind is SpaceTable:
        del made["required"]  # its id is the file's name
    for table in (made, *made["$defs"].values()):
        if table.get("title") in {"SpaceTable", "ChannelTable"}:
            table["properties"]["adjust"] |= _some_of(LadderTable)
        if table.get("title") == "SpaceTable":
            table["properties"]["budget"] |= _some_of(BudgetTable)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made}


def _some_of(kind: type[Table]) -> dict[str, Any]:
    """Any of a table's settings, none of them required."""
    return {"properties": kind.model_json_schema()["properties"], "additionalProperties": False, "default": {}}


def _without_null(part: Any) -> Any:
    """A schema without null, which TOML does not have: what may be left out is just not required."""
    if isinstance(part, list):
        return [_without_null(each) for each in part]
    if not isinstance(part, dict):
        return part
    kept = {key: _without_null(each) for key, each in part.items() if not (key == "default" and each is None)}
    some = [each for each in kept.pop("anyOf", []) if each != {"type": "null"}]
    return {**kept, **some[0]} if some else kept

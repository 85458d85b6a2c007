"""config/spaces/<platform>-<id>.toml: one file a space, with the keys of a [[space]] table."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from pydantic import ValidationError

from bot.errors import ConfigError
from bot.settings import faults, files
from bot.settings.tables import SpaceTable

Drafts = Mapping[Path, str]  # files that are not written yet, and what they would say
NO_DRAFTS: Drafts = MappingProxyType({})

_NAMED = re.compile(r"([a-z]+)-([A-Za-z0-9_-]+)\.toml")
_FILED = re.compile(r"([a-z]+):([A-Za-z0-9_-]+)")


@dataclass(frozen=True, slots=True)
class Spot:
    """Where in config/ a table stands, to say what is wrong with it."""

    file: str
    path: faults.Path = ()

    def fault(self, key: faults.Path, what: str) -> str:
        """One line, as in ConfigError, about a key of the table."""
        return faults.line(self.file, (*self.path, *key), what)

    def lines(self, error: ValidationError, schema: faults.Schema, key: faults.Path = ()) -> list[str]:
        """One line for each fault that pydantic found in a key of the table, or in the whole of it."""
        return faults.lines(error, schema, self.file, (*self.path, *key))


def path_of(directory: Path, space: str) -> Path:
    """The file of a space ("discord:123") in config/. Raises ConfigError: its id cannot be a file's name."""
    filed = _FILED.fullmatch(space)
    if filed is None:
        raise ConfigError([f"{faults.shown(space)} can have no file in {directory / 'spaces'}: its id is no file name"])
    return directory / "spaces" / f"{filed[1]}-{filed[2]}.toml"


def read(directory: Path, drafts: Drafts, found: list[str]) -> list[tuple[SpaceTable, Spot]]:
    """The valid tables of all files in config/spaces, by the files' names; what is wrong goes to `found`."""
    tables = ((_table(path, drafts.get(path), found), Spot(str(path))) for path in _paths(directory, drafts, found))
    return [(table, spot) for table, spot in tables if table is not None]


def _paths(directory: Path, drafts: Drafts, found: list[str]) -> list[Path]:
    """What is there or drafted. Names that begin with a dot are an editor's, the system's, or ours while writing."""
    spaces = directory / "spaces"
    try:
        there = {path for path in spaces.iterdir() if not path.name.startswith(".")}
    except FileNotFoundError:
        there = set()
    except OSError as error:
        found.append(f"{spaces}: cannot be read ({error.strerror}); it must be a directory with a file for each space")
        return []
    return sorted(there | drafts.keys())


def _table(path: Path, draft: str | None, found: list[str]) -> SpaceTable | None:
    named = _NAMED.fullmatch(path.name)
    if named is None:
        what = "is no space's file, must be named after its platform and id, such as discord-123.toml"
        found.append(faults.line(str(path), (), what))
        return None
    try:
        said = files.toml(path) if draft is None else tomllib.loads(draft)
        return _valid(said, f"{named[1]}:{named[2]}", Spot(str(path)))
    except ConfigError as error:
        found += error.faults
        return None


def _valid(said: Mapping[str, object], space: str, spot: Spot) -> SpaceTable:
    if said.get("id", space) != space:
        what = f'is {faults.shown(said["id"])}, must be "{space}", as the file is named, or left out'
        raise ConfigError([spot.fault(("id",), what)])
    try:
        return SpaceTable.model_validate({**said, "id": space})
    except ValidationError as error:
        raise ConfigError(spot.lines(error, SpaceTable.model_json_schema())) from None


def each_in(tables: tuple[SpaceTable, ...], file: Path) -> Iterator[tuple[SpaceTable, Spot]]:
    """The [[space]] tables of fairwell.toml, each with where it stands."""
    return ((table, Spot(str(file), ("space", index))) for index, table in enumerate(tables))

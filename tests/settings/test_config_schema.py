"""The schemas that ship for editors are the ones the code makes, and describe what ships."""

import tomllib
from pathlib import Path

import pytest

from bot.settings.schema import schema, texts, write
from tests.settings.conftest import SHIPPED


def test_the_shipped_schemas_are_the_codes() -> None:
    shipped = {path.name: path.read_text(encoding="utf-8") for path in (SHIPPED / "schema").glob("*.json")}
    assert shipped == texts()


def test_writing_makes_the_directory(tmp_path: Path) -> None:
    write(tmp_path / "new" / "schema")
    assert {path.name for path in (tmp_path / "new" / "schema").iterdir()} == set(texts())


@pytest.mark.parametrize("name", ["fairwell", "ladder", "concerns"])
def test_each_file_names_its_schema(name: str) -> None:
    first = (SHIPPED / f"{name}.toml").read_text(encoding="utf-8").splitlines()[0]
    assert (SHIPPED / first.removeprefix("#:schema ")).is_file()


def test_an_adjustment_offers_a_ladders_settings_and_requires_none() -> None:
    made = schema()
    adjust = made["fairwell"]["$defs"]["SpaceTable"]["properties"]["adjust"]
    table = made["ladder"]["$defs"]["LadderTable"]
    assert adjust["properties"].keys() == table["properties"].keys()
    assert "required" not in adjust
    assert adjust["additionalProperties"] is False


def test_no_schema_allows_null_which_toml_does_not_have() -> None:
    assert "null" not in "".join(texts().values())


def test_every_key_is_described_where_it_is_not_its_own_name() -> None:
    ladder = schema()["ladder"]["$defs"]["LadderTable"]["properties"]
    assert all(setting["description"] for setting in ladder.values())
    shipped = tomllib.loads((SHIPPED / "ladder.toml").read_text(encoding="utf-8"))
    assert all(table.keys() == ladder.keys() for table in shipped.values())

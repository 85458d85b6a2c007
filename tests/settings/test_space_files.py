"""config/spaces/: a file means what the same keys mean in a [[space]] table, and its faults name it."""

import tomllib
from pathlib import Path

import pytest

from bot.domain.conversation import Place
from bot.errors import ConfigError
from bot.settings import load
from bot.settings.space_files import path_of
from tests.settings.conftest import Edit

ROBIN = """
name = "Robin"
country = "DE"
ladder = "gentle"
adjust = { warnings = 3 }
budget = { member_turns = 50 }
moderators = "99"
channels = ["1", "2"]

[[channel]]
id = "2"
ladder = "strict"
"""


def put(config: Path, name: str, text: str) -> Path:
    path = config / "spaces" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def faults(config: Path) -> list[str]:
    """What is wrong with config/, without the directory's name."""
    with pytest.raises(ConfigError) as caught:
        load(config, {})
    return [fault.removeprefix(f"{config}/") for fault in caught.value.faults]


def test_a_file_says_what_a_table_says(config: Path, edit: Edit) -> None:
    path = put(config, "discord-1.toml", ROBIN)
    by_file = load(config, {})
    path.unlink()
    edit("fairwell.toml", "", f'[[space]]\nid = "discord:1"\n{ROBIN.replace("[[channel]]", "[[space.channel]]")}')
    by_table = load(config, {})
    assert by_file.locals == by_table.locals
    assert by_file.locals["discord:1", "2"].ladder.name == "strict"
    assert by_file.stated == {"discord:1": path}
    assert by_table.stated == {"discord:1": config / "fairwell.toml"}


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("discord-1.toml", Place("discord", "1", "any")),
        ("slack-T0123ABC.toml", Place("slack", "T0123ABC", "any")),
        ("terminal-a-b_c.toml", Place("terminal", "a-b_c", "any")),
    ],
)
def test_the_name_is_the_id_which_may_be_repeated(config: Path, name: str, place: Place) -> None:
    for said in ('name = "Robin"', f'id = "{place.platform}:{place.space}"\nname = "Robin"'):
        path = put(config, name, said)
        assert load(config, {}).at(place).name == "Robin"
    assert path == path_of(config, f"{place.platform}:{place.space}")


def test_many_files_and_tables_stand_side_by_side(config: Path, edit: Edit) -> None:
    edit("fairwell.toml", "", '[[space]]\nid = "discord:3"\nname = "Three"')
    for number in (1, 2):
        put(config, f"discord-{number}.toml", f'name = "Number {number}"')
    settings = load(config, {})
    named = [settings.at(Place("discord", space, "any")).name for space in "1234"]
    assert named == ["Number 1", "Number 2", "Three", "Fairwell"]


def test_without_the_directory_or_with_an_empty_one_nothing_is_said(config: Path) -> None:
    assert load(config, {}).locals == {}
    (config / "spaces").mkdir()
    assert load(config, {}).locals == {}


@pytest.mark.parametrize("name", [".discord-1.toml.swp", ".gitkeep", ".DS_Store", ".discord-1.toml.new"])
def test_what_begins_with_a_dot_is_not_ours_to_read(config: Path, name: str) -> None:
    put(config, name, "no TOML [")
    assert load(config, {}).locals == {}


@pytest.mark.parametrize(
    "name",
    ["discord:1.toml", "discord.toml", "discord-.toml", "-1.toml", "Discord-1.toml", "discord-1.toml~", "README"],
)
def test_a_file_with_another_name_is_a_fault(config: Path, name: str) -> None:
    put(config, name, 'name = "Robin"')
    what = "is no space's file, must be named after its platform and id, such as discord-123.toml"
    assert faults(config) == [f"spaces/{name}: {what}"]


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ('id = "discord:2"', 'id: is "discord:2", must be "discord:1", as the file is named, or left out'),
        ("id = 1", 'id: is 1, must be "discord:1", as the file is named, or left out'),
        ('ladder = "gentel"', 'ladder: is "gentel", must be a ladder of ladder.toml; did you mean "gentle"?'),
        ("adjust = { warnings = 0 }", "[adjust] warnings: is 0, must be a whole number from 1 to 10"),
        (
            "adjust = { redirections_gravest = 3 }",
            "[adjust]: redirections_gravest is 3, must be no more than redirections, which is 2",
        ),
        ("budget = { member_turns = -1 }", "[budget] member_turns: is -1, must be a whole number, 0 or more"),
        (
            'country = "uk"',
            'country: is "uk", must be two capitals (ISO 3166, "GB", not "UK"), or "" if it is not known',
        ),
        ("moderator = 1", 'moderator: is not known; did you mean "moderators"?'),
        ('channels = [""]', 'channels, entry 1: is "", must be a text in quotes that is not empty'),
        ("[[channel]]\nladder = 'strict'", "[[channel]] 1 id: is missing, must be a text in quotes that is not empty"),
        (
            "[[channel]]\nid = '1'\n[[channel]]\nid = '1'",
            '[[channel]] 2 id: is "1", must be one that has no table yet',
        ),
        ("wording = ['none.toml']", 'wording, entry 1: is "none.toml", must be a file in {config}'),
        ("[[space]]\nid = 'discord:1'", "space: is not known; known here are"),
    ],
)
def test_a_fault_names_the_file_and_the_key(config: Path, said: str, fault: str) -> None:
    put(config, "discord-1.toml", said)
    (found,) = faults(config)
    assert found.startswith(f"spaces/discord-1.toml: {fault.replace('{config}', str(config))}")


def test_what_is_no_toml_is_told_with_its_line(config: Path) -> None:
    put(config, "discord-1.toml", "name = \n")
    assert faults(config)[0].startswith("spaces/discord-1.toml: line 1, column 8: is not TOML: ")


def test_a_space_in_both_places_is_told_what_to_do(config: Path, edit: Edit) -> None:
    edit("fairwell.toml", "", '[[space]]\nid = "discord:1"')
    put(config, "discord-1.toml", "")
    assert faults(config) == [
        (
            f'spaces/discord-1.toml: "discord:1" has its [[space]] in {config}/fairwell.toml too; '
            "keep one: move its keys here and take that out, or remove this file"
        )
    ]


def test_the_faults_of_all_files_are_told_at_once_even_beside_a_broken_fairwell(config: Path, edit: Edit) -> None:
    edit("fairwell.toml", "tries = 5", "tries = 0")
    put(config, "discord-1.toml", "moderator = 1")
    put(config, "discord-2.toml", "name = 2")
    assert [fault.partition(": ")[0] for fault in faults(config)] == [
        "fairwell.toml",
        "spaces/discord-1.toml",
        "spaces/discord-2.toml",
    ]


def test_a_file_in_the_directorys_place_and_a_directory_in_a_files(config: Path) -> None:
    (config / "spaces").write_text("", encoding="utf-8")
    must = "it must be a directory with a file for each space"
    assert faults(config) == [f"spaces: cannot be read (Not a directory); {must}"]
    (config / "spaces").unlink()
    (config / "spaces" / "discord-1.toml").mkdir(parents=True)
    assert faults(config)[0].startswith("spaces/discord-1.toml: cannot be read (Is a directory)")


@pytest.mark.parametrize("space", ["discord:../x", "discord:a/b", "discord:", "discord", "discord:.x", "discord:1\n"])
def test_an_id_that_is_no_file_name_names_no_file(config: Path, space: str) -> None:
    with pytest.raises(ConfigError, match="its id is no file name"):
        path_of(config, space)


def test_the_example_in_fairwell_is_an_example_for_a_file(config: Path) -> None:
    shipped = (config / "fairwell.toml").read_text(encoding="utf-8")
    example = tomllib.loads("".join(shipped[shipped.index("# [[space]]") :].replace("\n#", "\n").removeprefix("#")))
    (space,) = example["space"]
    assert path_of(config, space["id"]).name in shipped

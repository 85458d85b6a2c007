"""The file of a space that is erased: what commands have set goes, what its operator wrote stays."""

import tomllib
from pathlib import Path

import pytest

from bot.errors import ConfigError
from bot.settings import changing, leaving
from bot.settings.changing import OWN

SPACE = "slack:T1"
OPERATORS = """\
# Our own file.
persona = "Gardens."  # ours
country = "DE"
"""


def put(directory: Path, **keys: object) -> None:
    """As a command does it."""
    draft = changing.draft(directory, SPACE, keys)
    with changing.staged(draft) as beside:
        changing.put(beside, draft.path)


def file(directory: Path) -> Path:
    return directory / "spaces" / "slack-T1.toml"


def test_what_commands_wrote_goes_as_a_whole(tmp_path: Path) -> None:
    put(tmp_path, language="de", moderators="C1", channels=["C2", "C3"])
    put(tmp_path, country="DE", moderators=None)
    assert not leaving.forget(tmp_path, SPACE, OWN)
    assert not file(tmp_path).exists()


def test_what_the_operator_wrote_stays(tmp_path: Path) -> None:
    file(tmp_path).parent.mkdir()
    file(tmp_path).write_text(OPERATORS)
    put(tmp_path, language="de", moderators="C1")
    assert leaving.forget(tmp_path, SPACE, {"language", "moderators"})
    assert file(tmp_path).read_text() == OPERATORS
    assert leaving.forget(tmp_path, SPACE, set())
    assert file(tmp_path).read_text() == OPERATORS


@pytest.mark.parametrize("added", ['persona = "Gardens."\n', "# They are new here.\n"])
def test_what_the_operator_added_stays(tmp_path: Path, added: str) -> None:
    put(tmp_path, language="de")
    file(tmp_path).write_text(file(tmp_path).read_text() + added)
    assert leaving.forget(tmp_path, SPACE, {"language"})
    text = file(tmp_path).read_text()
    assert added in text
    assert "language" not in tomllib.loads(text)


def test_there_need_not_be_any(tmp_path: Path) -> None:
    assert not leaving.forget(tmp_path, SPACE, OWN)
    assert not (tmp_path / "spaces").exists()


def test_another_spaces_is_left_alone(tmp_path: Path) -> None:
    put(tmp_path, language="de")
    other = tmp_path / "spaces" / "slack-T11.toml"
    other.write_text('language = "fr"\n')
    leaving.forget(tmp_path, SPACE, OWN)
    assert other.read_text() == 'language = "fr"\n'


def test_what_cannot_be_read_is_said_and_stays(tmp_path: Path) -> None:
    file(tmp_path).parent.mkdir()
    file(tmp_path).write_text("language = ")
    with pytest.raises(ConfigError, match=r"slack-T1\.toml"):
        leaving.forget(tmp_path, SPACE, OWN)
    assert file(tmp_path).read_text() == "language = "

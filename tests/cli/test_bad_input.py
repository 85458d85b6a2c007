"""What operators get wrong: it is said in words, the exit code tells, and nothing is lost."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Fairwell
from tests.configs import small_config


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fairwell: Fairwell) -> Path:
    """A configuration to break."""
    config = small_config(tmp_path / "config")
    monkeypatch.setenv("FAIRWELL_CONFIG", str(config))
    return config


def break_file(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_every_fault_of_the_configuration_is_said_at_once(fairwell: Fairwell, config: Path) -> None:
    break_file(config / "fairwell.toml", 'language = "en"', 'langage = "en"')
    break_file(config / "ladder.toml", "warnings = 1 ", "warnings = 0 ")
    break_file(config / "replies" / "en" / "boundary.toml", "{conduct}", "")
    for command in ("check", "chat", "doctor"):
        broken = fairwell(command)
        assert broken.code == 2
        assert broken.out == ""
        assert broken.err.startswith("The configuration cannot be used:")
        assert all(word in broken.err for word in ("langage", "ladder.toml", "boundary.toml"))


def test_broken_toml_names_the_file_and_the_line(fairwell: Fairwell, config: Path) -> None:
    break_file(config / "ladder.toml", "[default]", "[default")
    broken = fairwell("check")
    assert broken.code == 2
    assert "ladder.toml" in broken.err
    assert "line" in broken.err


def test_a_configuration_that_is_not_there(fairwell: Fairwell, tmp_path: Path) -> None:
    nowhere = fairwell("check", "--config", str(tmp_path / "nowhere"))
    assert nowhere.code == 2
    assert "nowhere" in nowhere.err


def test_a_configuration_broken_while_there_is_talk_loses_nothing(
    fairwell: Fairwell, config: Path, tmp_path: Path
) -> None:
    fairwell("chat", "--database", str(tmp_path / "talk.db"), typed="I like lighthouses\n")
    break_file(config / "ladder.toml", "[default]", "[default")
    assert fairwell("chat", "--database", str(tmp_path / "talk.db"), typed="hello\n").code == 2
    assert "I like lighthouses" in fairwell("export", "--database", str(tmp_path / "talk.db")).out


@pytest.mark.parametrize(
    "command", [["endings"], ["doctor"], ["export"], ["retain"], ["forget", "x"], ["review", "x", "upheld"]]
)
def test_a_database_that_is_not_there_is_not_made(fairwell: Fairwell, tmp_path: Path, command: list[str]) -> None:
    absent = fairwell(*command, "--database", str(tmp_path / "typo" / "a.db"))
    assert absent.code == 3
    assert "There is no database at" in absent.err
    assert not (tmp_path / "typo").exists()


@pytest.mark.parametrize("command", ["chat", "endings", "export"])
def test_a_file_that_is_no_database(fairwell: Fairwell, tmp_path: Path, command: str) -> None:
    garbage = tmp_path / "garbage.db"
    garbage.write_bytes(b"this is no database\n" * 400)
    refused = fairwell(command, "--database", str(garbage))
    assert refused.code == 1
    assert "garbage.db" in refused.err
    assert garbage.read_bytes() == b"this is no database\n" * 400


def test_a_database_of_another_program(fairwell: Fairwell, tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as connection:
        connection.execute("create table theirs (a)")
    connection.close()
    before = other.read_bytes()
    refused = fairwell("chat", "--database", str(other))
    assert refused.code == 1
    assert "another program" in refused.err
    assert other.read_bytes() == before


def test_a_database_of_a_newer_fairwell(fairwell: Fairwell, ended: Path) -> None:
    connection = sqlite3.connect(ended)
    [table] = [
        name
        for (name,) in connection.execute("select name from sqlite_master where type = 'table'")
        if "migration" in name
    ]
    columns = [row[1] for row in connection.execute(f"pragma table_info({table})")]
    rows = connection.execute(f"select * from {table}").fetchall()  # noqa: S608  a name of ours
    newer = [
        "m999_from_the_future" if column == "name" else value for column, value in zip(columns, rows[-1], strict=True)
    ]
    if columns[0] == "id":
        newer[0] = None
    connection.execute(f"insert into {table} values ({', '.join('?' * len(newer))})", newer)  # noqa: S608
    connection.commit()
    connection.close()
    refused = fairwell("endings", "--database", str(ended))
    assert refused.code == 1
    assert "newer Fairwell" in refused.err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_directory_that_may_not_be_written(fairwell: Fairwell, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    refused = fairwell("chat", "--database", str(closed / "a.db"))
    assert refused.code == 1
    assert str(closed) in refused.err


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="no directory in which not even root may write")
def test_a_file_system_that_may_not_be_written(fairwell: Fairwell) -> None:
    for path in ("/proc/a.db", "/proc/fairwell/a.db"):
        refused = fairwell("chat", "--database", path)
        assert refused.code == 1
        assert "/proc" in refused.err


def test_a_path_that_cannot_be_made(fairwell: Fairwell, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file" / "a.db", tmp_path):
        refused = fairwell("chat", "--database", str(path))
        assert refused.code == 1
        assert str(path.name if path == tmp_path else "file") in refused.err


def test_schemas_that_cannot_be_written(fairwell: Fairwell, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    refused = fairwell("check", "--schema", str(tmp_path / "file"))
    assert refused.code == 1
    assert "file" in refused.err


@pytest.mark.parametrize(
    "arguments",
    [["nosuch"], ["endings", "--nosuch"], ["review", "x", "perhaps"], ["review", "x"], ["endings", "--state", "odd"]],
)
def test_what_is_no_command(fairwell: Fairwell, arguments: list[str]) -> None:
    refused = fairwell(*arguments)
    assert (refused.code, refused.out) == (2, "")
    assert "Usage:" in refused.err


def test_a_log_level_that_there_is_not(fairwell: Fairwell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAIRWELL_LOG", "loud")
    refused = fairwell("check")
    assert refused.code == 2
    assert "FAIRWELL_LOG" in refused.err


@pytest.fixture
def running(fairwell: Fairwell, ended: Path, shipped: Path) -> Iterator["subprocess.Popen[str]"]:
    """A chat in a process of its own, on the database in which a conversation was ended."""
    chat = subprocess.Popen(  # noqa: S603  our own command
        [sys.executable, "-m", "bot", "chat", "--database", str(ended)],
        cwd=Path(__file__).parents[2],
        env=os.environ | {"FAIRWELL_CONFIG": str(shipped)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    yield chat
    chat.kill()
    chat.communicate()


def heard(chat: "subprocess.Popen[str]", words: str) -> str:
    """What it says up to the line with these words."""
    assert chat.stdout
    said = []
    for line in chat.stdout:
        said.append(line)
        if words in line:
            return "".join(said)
    raise AssertionError(f"{words!r} was not said, but {said}")


def test_beside_a_running_bot(fairwell: Fairwell, ended: Path, running: "subprocess.Popen[str]") -> None:
    everywhere = ("--database", str(ended))
    heard(running, "Type to talk.")
    second = fairwell("chat", *everywhere, typed="hello\n")
    assert (second.code, second.out) == (1, "")
    assert f"in use by process {running.pid}" in second.err
    ending = fairwell("endings", *everywhere).out.split()[0]
    judged = fairwell("review", ending, "overturned", *everywhere)
    assert (judged.code, judged.out) == (0, f"{ending} overturned: handed to the bot that is running.\n")
    assert "I'm sorry." in heard(running, "A moderator has looked at this again")
    assert "cli:" in fairwell("endings", ending, *everywhere).out
    assert fairwell("doctor", *everywhere).code == 0
    running.terminate()
    assert running.wait(timeout=10) == 0  # though its pipe is still open

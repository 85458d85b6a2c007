"""`fairwell changes`, who changed what; and `fairwell check`, what holds in each space."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path

import pytest

from bot.store.sqlite import SqliteStore
from tests.cli.conftest import Fairwell
from tests.configs import small_config
from tests.fakes.clock import NOON


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """Three changes in two spaces."""
    path = tmp_path / "changed.db"

    async def remembered() -> None:
        store = await SqliteStore.open(path, exclusive=True)
        await store.remember_change("discord:1", "discord:42", NOON, {}, {"name": "Robin\x1b[2J\n  country: forged"})
        await store.remember_change("slack:T1", "slack:U7", NOON + timedelta(hours=1), {"country": "DE"}, {})
        now = {"channels": ["1", "2"], "plain_replies": True}
        await store.remember_change("discord:1", "discord:43", NOON + timedelta(hours=2), {"channels": ["1"]}, now)
        await store.close()

    asyncio.run(remembered())
    return path


def test_who_changed_what_and_when_newest_first(fairwell: Fairwell, database: Path) -> None:
    told = fairwell("changes", "--database", str(database))
    assert (told.code, told.err) == (0, "")
    assert told.out.splitlines() == [
        "2026-03-14 14:00 UTC  discord:1  by discord:43",
        '  channels: ["1"] -> ["1", "2"]',
        "  plain_replies: not set -> true",
        "2026-03-14 13:00 UTC  slack:T1  by slack:U7",
        '  country: "DE" -> not set',
        "2026-03-14 12:00 UTC  discord:1  by discord:42",
        r'  name: not set -> "Robin\u001b[2J\n  country: forged"',
    ]


def test_one_space_alone_and_no_more_than_asked_for(fairwell: Fairwell, database: Path) -> None:
    there = fairwell("changes", "--space", "slack:T1", "--database", str(database)).out
    assert ("slack:U7" in there, "discord" in there) == (True, False)
    latest = fairwell("changes", "--limit", "1", "--database", str(database)).out
    assert ("discord:43" in latest, "discord:42" in latest) == (True, False)


def test_for_scripts(fairwell: Fairwell, database: Path) -> None:
    listed = json.loads(fairwell("changes", "--space", "slack:T1", "--json", "--database", str(database)).out)
    at = "2026-03-14T13:00:00+00:00"
    assert listed == [{"space": "slack:T1", "by": "slack:U7", "at": at, "was": {"country": "DE"}, "now": {}}]


def test_nothing_changed_is_said_in_words(fairwell: Fairwell, database: Path) -> None:
    assert fairwell("changes", "--space", "discord:9", "--database", str(database)).out == (
        "Nothing was changed in discord:9.\n"
    )
    assert json.loads(fairwell("changes", "--space", "discord:9", "--json", "--database", str(database)).out) == []


def test_a_database_that_is_not_there_is_not_made(fairwell: Fairwell, tmp_path: Path) -> None:
    assert fairwell("changes", "--database", str(tmp_path / "typo.db")).code == 3
    assert not (tmp_path / "typo.db").exists()


def test_the_command_is_listed_and_explains_itself(fairwell: Fairwell) -> None:
    assert "changes" in fairwell("--help").out
    assert "--space" in fairwell("changes", "--help").out


def test_check_tells_each_space_by_table_or_file(
    fairwell: Fairwell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = small_config(tmp_path / "config")
    monkeypatch.setenv("FAIRWELL_CONFIG", str(config))
    assert json.loads(fairwell("check", "--json").out)["spaces"] == {}
    with (config / "fairwell.toml").open("a", encoding="utf-8") as file:
        file.write('[[space]]\nid = "discord:1"\nname = "Robin"\n')
    (config / "spaces").mkdir()
    (config / "spaces" / "slack-T1.toml").write_text('name = "Wren"\n', encoding="utf-8")
    told = fairwell("check").out
    assert f"discord:1 ({config}/fairwell.toml)\nIt is called" in told
    assert f"slack:T1 ({config}/spaces/slack-T1.toml)\nIt is called" in told
    spaces = json.loads(fairwell("check", "--json").out)["spaces"]
    assert spaces["slack:T1"]["file"] == f"{config}/spaces/slack-T1.toml"
    assert 'It is called "Wren"' in spaces["slack:T1"]["words"]


def test_check_names_the_file_of_a_space_that_is_at_fault(
    fairwell: Fairwell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = small_config(tmp_path / "config")
    monkeypatch.setenv("FAIRWELL_CONFIG", str(config))
    (config / "spaces").mkdir()
    (config / "spaces" / "slack-T1.toml").write_text('nmae = "Wren"\n', encoding="utf-8")
    broken = fairwell("check")
    assert broken.code == 2
    assert 'spaces/slack-T1.toml: nmae: is not known; did you mean "name"?' in broken.err

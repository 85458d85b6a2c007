"""Configuration follows its files: a good change is taken over as a whole, a broken one refused."""

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest

from bot.domain.conversation import Place
from bot.errors import ConfigError
from bot.settings import Settings, load
from bot.settings.live import Live
from bot.settings.space_files import Drafts
from tests.settings.conftest import Edit


def built(directory: Path, drafts: Drafts) -> Settings:
    return load(directory, {}, drafts)


async def test_a_change_is_taken_over(config: Path, edit: Edit) -> None:
    live = Live(config, built)
    edit("fairwell.toml", 'name = "Fairwell"', 'name = "Robin"')
    assert live.current.bot.name == "Fairwell"
    assert (await live.reload()).bot.name == "Robin"
    assert live.current.bot.name == "Robin"


async def test_a_broken_change_is_refused_and_the_old_stays_in_force(config: Path, edit: Edit) -> None:
    live = Live(config, built)
    before = live.current
    edit("fairwell.toml", 'name = "Fairwell"', 'name = "Robin"')
    edit("ladder.toml", "warnings = 1 ", "warnings = 0 ")
    with pytest.raises(ConfigError, match=r"ladder.toml: \[default\] warnings: is 0, must be a whole number"):
        await live.reload()
    assert live.current is before


async def test_once_mended_it_is_taken_over(config: Path, edit: Edit) -> None:
    live = Live(config, built)
    edit("ladder.toml", "warnings = 1 ", "warnings = 0 ")
    with pytest.raises(ConfigError):
        await live.reload()
    edit("ladder.toml", "warnings = 0 ", "warnings = 2 ")
    assert (await live.reload()).ladders["default"].warnings == 2


def test_what_is_broken_from_the_start_does_not_start(config: Path) -> None:
    (config / "ladder.toml").unlink()
    with pytest.raises(ConfigError, match=r"ladder.toml: is missing"):
        Live(config, built)


async def test_everything_is_rebuilt_as_one(config: Path) -> None:
    (config / "replies").mkdir()
    (config / "replies" / "talk.toml").write_text("one", encoding="utf-8")
    texts = config / "replies" / "talk.toml"
    live = Live(config, lambda there, drafts: (built(there, drafts), texts.read_text(encoding="utf-8")))
    (config / "replies" / "talk.toml").write_text("two", encoding="utf-8")
    assert (await live.reload())[1] == "two"


class Heard:
    """Remembers what a watch told, and lets a test wait for it."""

    def __init__(self) -> None:
        self.changes: asyncio.Queue[Settings] = asyncio.Queue()
        self.faults: asyncio.Queue[ConfigError] = asyncio.Queue()


async def test_a_watch_tells_changes_and_faults(config: Path, edit: Edit) -> None:
    live, heard = Live(config, built), Heard()
    watching = asyncio.create_task(live.watch(heard.changes.put, heard.faults.put))

    async def told(queue: asyncio.Queue[Settings] | asyncio.Queue[ConfigError], old: str, new: str) -> object:
        for _ in range(50):  # the watch may not have begun with the first change
            edit("fairwell.toml", old, new)
            with suppress(TimeoutError):
                return await asyncio.wait_for(queue.get(), 0.2)
            edit("fairwell.toml", new, old)
        return None

    try:
        fault = await told(heard.faults, "tries = 5", "tries = 0")
        assert isinstance(fault, ConfigError)
        assert "[turns] tries: is 0" in str(fault)
        assert live.current.turns.tries == 5
        change = await told(heard.changes, "tries = 0", "tries = 7")
        assert isinstance(change, Settings)
        assert live.current.turns.tries == 7
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching


async def test_a_watch_sees_a_spaces_first_file_and_each_change_of_it(config: Path) -> None:
    live, heard = Live(config, built), Heard()
    watching = asyncio.create_task(live.watch(heard.changes.put, heard.faults.put))
    path = config / "spaces" / "discord-1.toml"
    path.parent.mkdir()
    try:
        async with asyncio.timeout(30):
            for name in ("Robin", "Wren"):
                while live.current.at(Place("discord", "1", "any")).name != name:
                    path.write_text(f'name = "{name}"', encoding="utf-8")
                    with suppress(TimeoutError):  # the watch may not have begun with the first one
                        await asyncio.wait_for(heard.changes.get(), 2)
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching

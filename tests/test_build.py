"""What is made once, for as long as the bot runs."""

import gc
from pathlib import Path

import pytest

from bot import build
from bot.errors import ConfigError
from tests.configs import small_config


def looked_through(what: object) -> bool:
    """Whether the garbage collector looks through it."""
    return any(each is what for each in gc.get_objects())


async def test_what_is_in_force_is_left_alone_by_the_garbage_collector_while_the_bot_runs(tmp_path: Path) -> None:
    async with build.running(small_config(tmp_path / "config"), {}, {}, database=tmp_path / "fairwell.db") as bot:
        current = bot.configuration()
        assert gc.isenabled()
        assert not looked_through(current)
        assert looked_through(bot)
    assert looked_through(current)


async def test_a_start_that_fails_leaves_the_garbage_collector_as_it_was(tmp_path: Path) -> None:
    config = small_config(tmp_path / "config")
    (config / "fairwell.toml").write_text("nonsense = 1\n", encoding="utf-8")
    before = gc.get_freeze_count()
    with pytest.raises(ConfigError):
        async with build.running(config, {}, {}, database=tmp_path / "fairwell.db"):
            pass
    assert gc.isenabled()
    assert gc.get_freeze_count() == before

"""`fairwell run` with several platforms: it ends in order, whatever ends it."""

import asyncio
from pathlib import Path

import pytest

from bot.build import until
from bot.cli.talking import _serve
from bot.core import Bot
from bot.errors import ConfigError
from bot.ports import Clock, Condition
from tests.fakes.clock import SetClock
from tests.fakes.platforms import Board


class Serving(Board):
    """A platform that is served until it is told to stop, or until it cannot be any more."""

    def __init__(self, clock: Clock, *, fault: Exception | None = None) -> None:
        super().__init__(clock)
        self.fault = fault
        self.serves = asyncio.Event()
        self.ended = ""

    def condition(self) -> Condition:
        """Always there."""
        return Condition()

    async def serve(self, bot: Bot) -> None:
        """Serve."""
        self.serves.set()
        try:
            if self.fault:
                raise self.fault
            await asyncio.Event().wait()
        finally:
            await bot.store.open_conversations()  # there still is a database to finish with
            self.ended = "in order"


async def test_a_platform_that_cannot_be_served_ends_the_others_in_order_and_says_why(
    shipped: Path, tmp_path: Path
) -> None:
    well, unwell = Serving(SetClock()), Serving(SetClock(), fault=ConfigError(["BOARD_TOKEN: is refused"]))
    with pytest.raises(ConfigError, match="BOARD_TOKEN: is refused"):
        await _serve({"well": well, "unwell": unwell}, shipped, tmp_path / "both.db")
    assert (well.ended, unwell.ended) == ("in order", "in order")


async def test_it_goes_on_until_the_last_one_is_through_or_it_is_told_to_stop() -> None:
    first, second, stop, ended = (asyncio.Event() for _ in range(4))
    ends = []

    async def work(name: str, through: asyncio.Event) -> None:
        try:
            await through.wait()
        finally:
            ends.append(name)
            ended.set()

    running = asyncio.create_task(until([work("first", first), work("second", second)], stop))
    first.set()
    await ended.wait()
    await asyncio.sleep(0)
    assert (ends, running.done()) == (["first"], False)
    stop.set()
    await asyncio.wait_for(running, 10)
    assert ends == ["first", "second"]

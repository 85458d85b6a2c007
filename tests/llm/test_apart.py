"""Models in a thread of their own: what they take of it holds nobody up."""

import asyncio
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.domain.assessment import Reading
from bot.domain.usage import Usage
from bot.errors import LLMError
from bot.llm.apart import Apart
from bot.llm.meter import Meter
from bot.ports import Brief, Confirmed, Grown, Written
from tests.llm.cases import BRIEF

PATIENCE = 30.0  # seconds that a thread waits for another


class Busy:
    """Keeps its thread busy until it is let go; where it is to wait, it waits without that."""

    name = "busy"

    def __init__(self) -> None:
        self.let_go = threading.Event()
        self.threads: list[str] = []
        self.waits = False
        self.fails = False
        self.broken_off = threading.Event()
        self.closed_in = ""

    async def answer(self, brief: Brief, grown: Grown) -> Written:
        """Two pieces, and the whole."""
        self.threads.append(threading.current_thread().name)
        if self.waits:
            await self._broken_off()
        if self.fails:
            raise LLMError("told to fail")
        grown(Written("one"))
        assert self.let_go.wait(PATIENCE), "nobody could go on meanwhile"
        grown(Written("one two"))
        return Written("one two three")

    async def confirm_ending(self, brief: Brief) -> Confirmed | None:
        """It does."""
        self.threads.append(threading.current_thread().name)
        return Confirmed(True)

    async def summarise(self, brief: Brief) -> str:
        """Short."""
        self.threads.append(threading.current_thread().name)
        return "short"

    async def read(self, brief: Brief) -> Reading:
        """Nothing amiss."""
        self.threads.append(threading.current_thread().name)
        return Reading(by=self.name)

    def used(self) -> Sequence[Usage]:
        """Nothing."""
        return ()

    async def close(self) -> None:
        """Remember where."""
        self.closed_in = threading.current_thread().name

    async def _broken_off(self) -> None:
        self.let_go.set()
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            self.broken_off.set()


def here(_: Written) -> None:
    """Nobody looks how it grows."""


async def test_while_a_model_is_busy_everything_else_goes_on() -> None:
    busy, grew, at = Busy(), list[tuple[str, str]](), asyncio.Event()

    def grown(written: Written) -> None:
        grew.append((written.text, threading.current_thread().name))
        at.set()

    apart = Apart(busy, busy)
    answering = asyncio.create_task(apart.answer(BRIEF, grown))
    await at.wait()  # this loop runs, though that thread is held
    busy.let_go.set()
    assert await answering == Written("one two three")
    this = threading.current_thread().name
    assert grew == [("one", this), ("one two", this)]
    assert busy.threads == ["models"]
    await apart.close()


async def test_all_that_models_are_asked_is_asked_there() -> None:
    busy = Busy()
    apart = Apart(busy, busy)
    assert await apart.reader.read(BRIEF) == Reading(by="busy")
    assert await apart.confirm_ending(BRIEF) == Confirmed(True)
    assert await apart.summarise(BRIEF) == "short"
    assert (apart.name, apart.reader.name, apart.used()) == ("busy", "busy", ())
    await apart.close()
    assert [*busy.threads, busy.closed_in] == ["models"] * 4
    assert "models" not in {thread.name for thread in threading.enumerate()}


async def test_a_fault_comes_back_as_it_is() -> None:
    busy = Busy()
    busy.fails = True
    apart = Apart(busy, busy)
    with pytest.raises(LLMError, match="told to fail"):
        await apart.answer(BRIEF, here)
    await apart.close()


@pytest.mark.parametrize("closed", [False, True])
async def test_what_nobody_waits_for_any_more_breaks_off(closed: bool) -> None:
    busy = Busy()
    busy.waits = True
    apart = Apart(busy, busy)
    answering = asyncio.create_task(apart.answer(BRIEF, here))
    assert await asyncio.to_thread(busy.let_go.wait, PATIENCE)
    if closed:
        await apart.close()
    else:
        answering.cancel()
    assert await asyncio.to_thread(busy.broken_off.wait, PATIENCE)
    with pytest.raises(asyncio.CancelledError):
        await answering
    if not closed:
        await apart.close()


async def test_without_a_question_there_is_no_thread() -> None:
    busy = Busy()
    apart = Apart(busy, busy)
    assert "models" not in {thread.name for thread in threading.enumerate()}
    await apart.close()
    assert busy.closed_in == threading.current_thread().name


def test_what_is_used_while_it_is_counted_is_counted_once() -> None:
    meter, over = Meter(), threading.Event()
    used = Usage(space="x", member="y", model="z", fresh=1, cache_write=0, cache_read=0, output=0, turns=0)

    def note() -> None:
        for _ in range(20_000):
            meter.note(used)
        over.set()

    counted = 0
    with ThreadPoolExecutor() as threads:
        noting = threads.submit(note)
        while not over.is_set():
            counted += sum(each.fresh for each in meter.take())
        noting.result()
    assert counted + sum(each.fresh for each in meter.take()) == 20_000

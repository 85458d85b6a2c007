"""Benchmarks: `make bench`. Each line is measured in this run, on this machine; targets are those of the design.

The turns are whole ones: kept before they are acknowledged, read, decided, stored, performed, receipted. Only the
language model and the chat platform are doubles, which answer at once or after a set time.
"""

import argparse
import asyncio
import gc
import os
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from pathlib import Path

from bot import configuration
from bot.configuration import Configuration
from bot.core import Bot
from bot.domain.assessment import Reading
from bot.domain.conversation import Member, Place
from bot.domain.event import Said
from bot.domain.usage import Usage
from bot.ports import Brief, Confirmed, Grown, Written
from tools.bench_bot import Platform, percentiles, wired

SPACE = Place("bench", "bench", "bench")
CHAT = (
    "does anyone know why my build fails on the second run?",
    "thanks, that worked. now the tests are slow though",
    "lol that error message is killing me",
    "can you explain what a group commit is, in two sentences",
)


class Model:
    """A model that takes `seconds` for a reading and for an answer."""

    name = "bench"

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    async def read(self, brief: Brief) -> Reading:
        """Nothing amiss."""
        if self.seconds:
            await asyncio.sleep(self.seconds)
        return Reading(by=self.name)

    async def answer(self, brief: Brief, grown: Grown) -> Written:
        """A short answer."""
        if self.seconds:
            await asyncio.sleep(self.seconds)
        return Written("An answer of the usual length, which takes a line or two in a chat window and no more.")

    async def confirm_ending(self, brief: Brief) -> Confirmed | None:
        """Not asked here."""
        return None

    async def summarise(self, brief: Brief) -> str:
        """The last words of it."""
        return brief.history[-1].text

    def used(self) -> Sequence[Usage]:
        """Nothing is counted."""
        return ()

    async def close(self) -> None:
        """Nothing is open."""


def bot(current: Configuration, database: Path, model: Model, platform: Platform) -> AbstractAsyncContextManager[Bot]:
    """A bot whose answers and readings come of one model."""
    return wired(current, database, model, model, platform)


def said(conversation: int, turn: int) -> Said:
    """A message of everyday chat."""
    return Said(
        key=f"bench:{conversation}:{turn}",
        conversation=f"bench:{conversation}",
        place=SPACE,
        member=Member(f"bench:{conversation}", f"member {conversation}"),
        at=datetime.now(UTC),
        message=f"{conversation}.{turn}",
        text=CHAT[turn % len(CHAT)],
    )


async def throughput(current: Configuration, folder: Path, conversations: int, turns: int) -> None:
    """Turns a second with an instant model: every conversation busy, as many side by side as there are."""
    platform = Platform()
    async with bot(current, folder / "throughput.db", Model(0), platform) as made:
        began, busy = time.perf_counter(), time.process_time()

        async def talk(conversation: int) -> None:
            for turn in range(turns):
                await made.receive(said(conversation, turn))

        await asyncio.gather(*(talk(number) for number in range(conversations)))
        accepted = time.perf_counter() - began
        await made.settled()
        took, busy = time.perf_counter() - began, time.process_time() - busy
    total = conversations * turns
    print(f"  {total} turns in {conversations} conversations: {total / took:,.0f} turns/s   (target: 2,000)")
    print(
        f"    all kept after {accepted:.2f} s, all answered after {took:.2f} s; CPU {busy / total * 1e3:.2f} ms a turn"
    )


async def overhead(current: Configuration, folder: Path, rate: int, seconds: int, model_seconds: float) -> None:
    """What the bot adds to a turn, beside the model's time, at a steady rate of arrival."""
    platform, arrived = Platform(), dict[str, float]()
    accepts: list[float] = []
    async with bot(current, folder / f"overhead-{rate}.db", Model(model_seconds), platform) as made:

        async def one(event: Said) -> None:
            arrived[event.key] = time.perf_counter()
            await made.receive(event)
            accepts.append(time.perf_counter() - arrived[event.key])

        tasks = []
        began = time.perf_counter()
        for number in range(rate * seconds):
            await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))
            tasks.append(asyncio.create_task(one(said(number, 0))))
        await asyncio.gather(*tasks)
        await made.settled()
    added = [(platform.done[key] - at - model_seconds) * 1e3 for key, at in arrived.items()]
    p50, p95, p99 = percentiles(added)
    a50, _, a99 = percentiles([each * 1e3 for each in accepts])
    print(
        f"  {rate}/s, a model of {model_seconds:g} s: adds p50 {p50:.1f}, p95 {p95:.1f}, p99 {p99:.1f} ms"
        f"   (target: p99 <= 15); kept after p50 {a50:.1f}, p99 {a99:.1f} ms"
    )


async def in_flight(current: Configuration, folder: Path, conversations: int, model_seconds: float) -> None:
    """Many conversations at once that wait on the model: memory for each, and how long all of them take."""
    platform = Platform()
    async with bot(current, folder / "flight.db", Model(model_seconds), platform) as made:
        await made.receive(said(-1, 0))
        await made.settled()
        gc.collect()
        tracemalloc.start()
        before, _ = tracemalloc.get_traced_memory()
        waiting = asyncio.gather(*(made.receive(said(number, 0)) for number in range(conversations)))
        await waiting
        await asyncio.sleep(model_seconds * 0.6)
        gc.collect()
        now, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        busy = made.lanes.busy
        await made.settled()
    each = (now - before) / 1e3 / busy
    print(f"  {busy} in flight on a {model_seconds:g} s model: {each:.1f} kB each   (target: <= 10)")
    platform = Platform()
    async with bot(current, folder / "flight2.db", Model(model_seconds), platform) as made:
        began = time.perf_counter()
        await asyncio.gather(*(made.receive(said(number, 0)) for number in range(conversations)))
        await made.settled()
        took = time.perf_counter() - began
    ratio = took / model_seconds
    print(f"  {conversations} of them, answered after {took:.2f} s: {ratio:.2f} times the model's time")


async def restart(current: Configuration, folder: Path, conversations: int) -> None:
    """How soon a process is ready beside a large history, and with work left over."""
    database = folder / "restart.db"
    async with bot(current, database, Model(0), Platform()) as made:
        for first in range(0, conversations, 2_000):
            await asyncio.gather(
                *(made.receive(said(number, 0)) for number in range(first, min(first + 2_000, conversations)))
            )
            await made.settled()
    began = time.perf_counter()
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        __file__,
        f"--config={current.settings.directory}",
        f"--after-restart={database}",
        stdout=subprocess.PIPE,
    )
    told, _ = await child.communicate()
    took = time.perf_counter() - began
    ready, first_turn = map(float, told.split())
    print(f"  {conversations:,} stored conversations, {database.stat().st_size / 1e6:.0f} MB:")
    print(f"    ready {ready * 1e3:.0f} ms after config/ is read, first turn {first_turn * 1e3:.1f} ms")
    print(f"    the whole process, with imports and config/: {took:.2f} s")


async def after_restart(current: Configuration, database: Path) -> None:
    """The child of `restart`: open the database, take up what waits, do one turn; print both times in seconds."""
    began = time.perf_counter()
    async with bot(current, database, Model(0), Platform()) as made:
        await made.resume()
        ready = time.perf_counter()
        await made.receive(said(-1, 0))
        await made.settled()
        print(ready - began, time.perf_counter() - ready)


def wording(current: Configuration) -> None:
    """The wording reader alone."""
    reader = current.reader(SPACE)
    long = " ".join(CHAT)
    for name, text, times in (
        ("a chat line", CHAT[0], 2_000),
        ("500 characters", (long * 5)[:500], 500),
        ("10,000 characters", (long * 60)[:10_000], 40),
    ):
        took = [_timed(lambda text=text: reader.read(text)) for _ in range(times)]  # type: ignore[misc]
        p50, p95, p99 = percentiles([each * 1e6 for each in took])
        print(f"  {name}: p50 {p50:,.0f}, p95 {p95:,.0f}, p99 {p99:,.0f} µs")


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


async def everything(current: Configuration, folder: Path, *, stored: int) -> None:
    """All of it, one after the other."""
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores")
    print("Turns with an instant model")
    await throughput(current, folder, 500, 10)
    print("What the bot adds to a turn")
    await overhead(current, folder, 20, 10, 0.2)
    await overhead(current, folder, 200, 10, 1.0)
    print("Conversations in flight")
    await in_flight(current, folder, 2_000, 1.0)
    print("Restart")
    await restart(current, folder, stored)
    print("The wording reader")
    wording(current)


def main() -> None:
    """Run the benchmarks in a folder of their own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stored", type=int, default=100_000, help="conversations in the restart benchmark")
    parser.add_argument("--config", type=Path, default=Path("config"))
    parser.add_argument("--after-restart", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    current = configuration.load(arguments.config, {})
    if arguments.after_restart:
        asyncio.run(after_restart(current, arguments.after_restart))
        return
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        asyncio.run(everything(current, Path(folder), stored=arguments.stored))


if __name__ == "__main__":
    main()

"""What benchmarks of a platform share: a bot on it, beside a bare one, in front of people who all write.

Measured on the local platform of the tests, over real sockets. Three processes: the bot, the models' server (this file,
as a program), and the benchmark, which is the platform and all the people on it; so neither bot pays for what it talks
to. The two take turns, since what else a machine does would be counted for one of them alone.

A request counts from when the event left for the socket to when the request had been read.
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

from bot import configuration
from bot.configuration import Configuration
from tests.servers import anthropic
from tools.bench_bare import EXPLICIT
from tools.bench_bot import percentiles
from tools.bench_models import READING

QUESTION = "does anyone know why my build fails on the second run?"
PIECE = "Build it once more from a clean checkout, and compare what the two runs have read before they part ways. "
PIECES = [PIECE] * 4 + ["Then tell me."]
SETTLES = 2.0  # seconds until a bot that is connected has nothing else to do
FAIRWELL, BARE = "Fairwell", "bare"
CARD = "card"
MODEL = 1.0  # seconds that a model takes
TARGET = 100.0  # milliseconds, for a card
APART = 0.03  # seconds between two messages, where one at a time is measured
CARDS_APART = 0.1  # seconds, while others are busy
PATIENCE = 120.0  # seconds
ROOT = Path(__file__).parents[1]

Id = TypeVar("Id")  # of a message, and of where it is answered


# The models, in a process of their own.


async def models() -> None:
    """Serve models; a line on the standard input is how long they take from then on (seconds)."""
    delay = 0.0

    def reply(asked: anthropic.Asked) -> anthropic.Reply:
        return anthropic.Says(*([READING] if "output_config" in asked.body else PIECES), delay=delay)

    async with anthropic.Server(reply) as server:
        print(server.url, flush=True)
        lines = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
        while line := await lines.readline():
            delay = float(line)
            print(len([each for each in server.asked if not each.over.is_set()]), flush=True)


class Process:
    """A process that answers each line with one."""

    def __init__(self, told: asyncio.StreamWriter, tells: asyncio.StreamReader) -> None:
        self._in, self._out = told, tells

    async def line(self) -> str:
        """What it prints next."""
        return (await self._out.readline()).decode()

    async def ask(self, text: str = "") -> str:
        """What it answers."""
        self._in.write(f"{text}\n".encode())
        return await self.line()


@asynccontextmanager
async def process(*arguments: str, **env: str) -> AsyncIterator[Process]:
    """A Python program, until the end."""
    with tempfile.TemporaryFile() as faults:
        made = await asyncio.create_subprocess_exec(
            sys.executable,
            *arguments,
            env=os.environ | {"PYTHONPATH": str(ROOT)} | env,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=faults,
            limit=1 << 24,
        )
        if made.stdin is None or made.stdout is None:
            raise RuntimeError("a process without pipes")
        try:
            yield Process(made.stdin, made.stdout)
        finally:
            if made.returncode is None:
                made.kill()
            else:  # it should not have ended by itself
                faults.seek(0)
                sys.stderr.write(faults.read().decode())
            await made.wait()


@asynccontextmanager
async def running(current: Configuration, database: Path | None, **env: str) -> AsyncIterator[tuple[Process, Process]]:
    """A bot and its models. database: Fairwell's; None: it is a bare bot. env: where the platform is."""
    async with process("-m", "tools.bench_beside") as served:
        env |= {
            "ANTHROPIC_API_KEY": "none",
            "ANTHROPIC_BASE_URL": (await served.line()).strip(),
            "BENCH_MODEL": current.settings.llm.main,
        }
        async with process("-m", "tools.bench_process", *([str(database)] if database else []), **env) as bot:
            yield bot, served


# What is looked at while it happens.


class Watch(ABC, Generic[Id]):
    """When messages were told to the bot, and when it asked for what follows.

    told     when the event of a message left, by its id
    begun    when a thread was asked for, by the message that it opens from
    posted   when the first message in a place was asked for
    answers  whole answers in each place
    """

    def __init__(self) -> None:
        self.told: dict[Id, float] = {}
        self.begun: dict[Id, float] = {}
        self.posted: dict[Id, float] = {}
        self.answers: Counter[Id] = Counter()
        self.answered: list[Id] = []  # places, in the order in which they were; whoever reads it takes them out

    @abstractmethod
    def look(self) -> bool:
        """Take in what is new. Out: True."""

    def answer(self, where: Id, at: float, *, whole: bool = True) -> None:
        """Something was said in a place."""
        self.posted.setdefault(where, at)
        if whole:
            self.answers[where] += 1
            self.answered.append(where)


@dataclass
class Round:
    """What was measured of one bot in one round: milliseconds by what was waited for, and all else by its name."""

    waits: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    other: dict[str, float] = field(default_factory=dict)


class Bench(ABC, Generic[Id]):
    """One bot, on a platform of its own."""

    def __init__(self, bot: Process, models: Process, watch: Watch[Id]) -> None:
        self._bot, self._models, self._watch = bot, models, watch
        self._threads: list[Id] = []
        self.round = Round()

    @abstractmethod
    async def connected(self) -> None:
        """Return when the bot is there."""

    @abstractmethod
    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until something is so that the platform knows of. Raises TimeoutError."""

    @abstractmethod
    async def begins(self, text: str, *, mention: bool) -> tuple[Id, Id]:
        """Somebody new writes to the bot, in a channel or directly. Out: the message, and where it is answered."""

    @abstractmethod
    async def goes_on(self, where: Id) -> None:
        """Whoever began a thread by a mention writes in it again."""

    async def waits(self, times: int) -> None:
        """One person after the other writes for the first time, each in danger or with a question."""
        for _ in range(times):
            for text, what in ((EXPLICIT, CARD), (QUESTION, "answer")):
                await self._one(text, f"{what}, direct message", mention=False)
                await self._one(text, f"{what}, mention", mention=True)

    async def _one(self, text: str, what: str, *, mention: bool) -> None:
        said, where = await self.begins(text, mention=mention)
        watch = self._watch
        await self._answered(where)
        told = watch.told[said]
        self.round.waits[what].append((watch.posted[where] - told) * 1e3)
        if said in watch.begun:
            self.round.waits[f"{what}: its thread asked for"].append((watch.begun[said] - told) * 1e3)
        await asyncio.sleep(APART)

    async def open(self, threads: int) -> None:
        """People open a thread each, and are answered."""
        for _ in range(threads):
            _, thread = await self.begins(QUESTION, mention=True)
            await self._answered(thread)
            self._threads.append(thread)

    async def at_once(self, delay: float) -> None:
        """All write in their threads at once. How long until the last has an answer."""
        await self._models.ask(str(delay))
        self._watch.look()
        self._watch.answered.clear()
        began = time.monotonic()
        for thread in self._threads:
            await self.goes_on(thread)
        await self._answers(len(self._threads))
        self.round.other["seconds until all who wrote at once are answered"] = time.monotonic() - began

    async def busy(self, delay: float, seconds: float) -> None:
        """All write again whenever they have an answer; meanwhile some, elsewhere, are in danger.

        They begin one after the other, within the time that a model takes: people do not write in step.
        """
        await self._models.ask(str(delay))
        people = set(self._threads)
        before, began = json.loads(await self._bot.ask()), time.monotonic()
        self._watch.look()
        self._watch.answered.clear()
        begin, cards = asyncio.create_task(self._begin(delay)), asyncio.create_task(self._cards(seconds))
        turns, calls = 0, list[int]()
        sampled = began
        while time.monotonic() - began < seconds:
            await self.until(lambda: self._watch.look() and self._watch.answered)
            places, self._watch.answered = self._watch.answered, []
            for place in places:
                turns += 1
                if place in people:
                    await self.goes_on(place)
            if time.monotonic() - sampled > 0.5:
                sampled = time.monotonic()
                calls.append(int(await self._models.ask(str(delay))))
        took, after = time.monotonic() - began, json.loads(await self._bot.ask())
        await asyncio.gather(begin, cards)
        p50, _, p99 = percentiles(after["late"])
        self.round.other |= {
            "answers a second, while all write again whenever they are answered": turns / took,
            "calls of models under way meanwhile, two for a turn of ours": statistics.median(calls),
            "CPU for a turn, ms": (after["cpu"] - before["cpu"]) / turns * 1e3,
            "the event loop is late, p50, ms": p50,
            "the event loop is late, p99, ms": p99,
        }
        await self._models.ask("0")
        await asyncio.sleep(delay + 1)

    async def _begin(self, within: float) -> None:
        for thread in self._threads:
            await self.goes_on(thread)
            await asyncio.sleep(within / len(self._threads))

    async def _cards(self, seconds: float) -> None:
        began, told = time.monotonic(), list[tuple[Id, Id]]()
        while time.monotonic() - began < seconds - 1:
            told.append(await self.begins(EXPLICIT, mention=False))
            await asyncio.sleep(CARDS_APART)
        watch = self._watch
        await self.until(lambda: watch.look() and all(watch.answers[where] for _, where in told))
        taken = [(watch.posted[where] - watch.told[message]) * 1e3 for message, where in told]
        self.round.waits[f"{CARD}, direct message, while all threads are busy"] = taken

    async def _answered(self, where: Id) -> None:
        watch = self._watch
        await self.until(lambda: watch.look() and watch.answers[where])

    async def _answers(self, number: int) -> None:
        watch = self._watch
        await self.until(lambda: watch.look() and len(watch.answered) >= number)


def told(rounds: Mapping[str, Sequence[Round]], library: str) -> None:
    """Print what was measured. library: what the bare bot is made of."""
    ours, bare = rounds[FAIRWELL], rounds[BARE]
    print("From the event to the request that answers it")
    for what in ours[0].waits:
        one, other = ([wait for each in of for wait in each.waits[what]] for of in (ours, bare))
        (p50, _, p99), (bare50, _, bare99) = percentiles(one), percentiles(other)
        print(
            f"  {what}: p50 {p50:.1f}, p99 {p99:.1f} ms; bare {library} {bare50:.1f}, {bare99:.1f} ms: "
            f"{p50 / bare50:.1f} and {p99 / bare99:.1f} times"
        )
    slowest = max(percentiles(each.waits[what])[2] for each in ours for what in each.waits if what.startswith(CARD))
    print(f"  of cards, p99 in the worst round: {slowest:.0f} ms   (target: <= {TARGET:.0f})")
    print("The rest, in each round")
    for what in ours[0].other:
        one, other = ([each.other[what] for each in of] for of in (ours, bare))
        times = statistics.median(one) / statistics.median(other)
        print(f"  {what}: {_all(one)}; bare {library} {_all(other)}: {times:.2f} times")


def _all(values: Sequence[float]) -> str:
    return ", ".join(f"{each:,.2f}" if each < 100 else f"{each:,.0f}" for each in values)


def sizes(description: str | None) -> argparse.ArgumentParser:
    """How much is measured, as options of the command line."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=2, help="of each bot")
    parser.add_argument("--times", type=int, default=50, help="messages of each kind, one at a time")
    parser.add_argument("--threads", type=int, default=200, help="threads that are busy at once")
    parser.add_argument("--seconds", type=float, default=10.0, help="for which they are")
    return parser


Measured = Callable[[Configuration, Path | None, argparse.Namespace], Awaitable[Round]]  # where Fairwell's database is


def run(measured: Measured, chosen: argparse.Namespace, library: str) -> None:
    """Run all rounds, in turns, in a folder of their own, and print what was measured."""
    current = configuration.load(ROOT / "config", {})

    async def everything(folder: Path) -> None:
        rounds: dict[str, list[Round]] = {FAIRWELL: [], BARE: []}
        for number in range(chosen.rounds):
            for name, measures in rounds.items():
                database = folder / f"{number}.db" if name == FAIRWELL else None
                measures.append(await measured(current, database, chosen))
        told(rounds, library)

    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        asyncio.run(everything(Path(folder)))


if __name__ == "__main__":
    asyncio.run(models())

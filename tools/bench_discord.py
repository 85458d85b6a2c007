"""What the bot adds on Discord, beside a bot that is nothing but discord.py: `make bench`.

Measured on the local Discord of the tests, over real sockets. Three processes: the bot, the models' server, and this
one, which is Discord and all the people on it; so neither bot pays for what it talks to. The two take turns, since what
else a machine does would be counted for one of them alone.

A request counts from when the event left for the gateway's socket to when the request had been read.
"""

import argparse
import asyncio
import json
import os
import sqlite3
import statistics
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from pathlib import Path

from bot import configuration
from bot.configuration import Configuration
from tests.servers import anthropic
from tests.servers.discord import Channel, Member, Server
from tools.bench_bot import percentiles
from tools.bench_models import READING
from tools.bench_process import EXPLICIT

QUESTION = "does anyone know why my build fails on the second run?"
PIECE = "Build it once more from a clean checkout, and compare what the two runs have read before they part ways. "
PIECES = [PIECE] * 4 + ["Then tell me."]
UNFINISHED = "▌"
SETTLES = 2.0  # seconds until a bot that is connected has nothing else to do
FAIRWELL, BARE = "Fairwell", "bare"
CARD = "card"
MODEL = 1.0  # seconds that a model takes
TARGET = 100.0  # milliseconds, for a card
APART = 0.03  # seconds between two messages, where one at a time is measured
CARDS_APART = 0.1  # seconds, while others are busy
PATIENCE = 120.0  # seconds
ROOT = Path(__file__).parents[1]


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
    made = await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | env,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        limit=1 << 24,
    )
    if made.stdin is None or made.stdout is None:
        raise RuntimeError("a process without pipes")
    try:
        yield Process(made.stdin, made.stdout)
    finally:
        made.kill()
        await made.wait()


# What is looked at while it happens.


class Watch:
    """When messages were told to the bot, and when it asked for what follows.

    told     when the event of a message left, by its id
    begun    when a thread was asked for, by the message that it opens from
    posted   when the first message in a channel was asked for since `forget`
    answers  whole answers in each channel
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._frames = self._requests = 0
        self.told: dict[int, float] = {}
        self.begun: dict[int, float] = {}
        self.posted: dict[int, float] = {}
        self.answers: Counter[int] = Counter()
        self.answered: list[int] = []  # channels, in the order in which they were; whoever reads it takes them out

    def look(self) -> bool:
        """Take in what is new. Out: True."""
        for frame in self._server.gateway.told[self._frames :]:
            if frame.name == "MESSAGE_CREATE" and isinstance(frame.payload, dict):
                self.told[int(frame.payload["id"])] = frame.at
        for asked in self._server.asked[self._requests :]:
            self._request(asked.method, asked.path.split("/")[1:], asked.at, str(asked.fields.get("content", "")))
        self._frames, self._requests = len(self._server.gateway.told), len(self._server.asked)
        return True

    def _request(self, method: str, path: Sequence[str], at: float, content: str) -> None:
        match path:
            case ["channels", _, "messages", message, "threads"]:
                self.begun[int(message)] = at
            case ["channels", channel, "messages", *_] if method in {"POST", "PATCH"}:
                self.posted.setdefault(int(channel), at)
                if not content.endswith(UNFINISHED):
                    self.answers[int(channel)] += 1
                    self.answered.append(int(channel))


@dataclass
class Round:
    """What was measured of one bot in one round: milliseconds by what was waited for, and all else by its name."""

    waits: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    other: dict[str, float] = field(default_factory=dict)


class Bench:
    """One bot, on a Discord of its own."""

    def __init__(self, server: Server, bot: Process, models: Process, database: Path | None) -> None:
        self._server, self._bot, self._models, self._database = server, bot, models, database
        self._watch = Watch(server)
        self._guild = server.guild("The Library")
        self._general = server.channel(self._guild, "general")
        self._threads: dict[Member, Channel] = {}
        self.round = Round()

    async def connected(self) -> None:
        """Return when the bot is there."""
        await self._server.until(lambda: self._server.gateway.connected, PATIENCE)
        await asyncio.sleep(SETTLES)

    async def waits(self, times: int) -> None:
        """One person after the other writes for the first time, each in danger or with a question."""
        for _ in range(times):
            for text, what in ((EXPLICIT, CARD), (QUESTION, "answer")):
                await self._one(self._member(), text, f"{what}, direct message", mention=False)
                await self._one(self._member(), text, f"{what}, mention", mention=True)

    async def _one(self, member: Member, text: str, what: str, *, mention: bool) -> None:
        said = await self._say(member, text, mention=mention)
        where = said if mention else self._server.dm(member).id
        watch = self._watch
        await self._answered(where)
        told = watch.told[said]
        self.round.waits[what].append((watch.posted[where] - told) * 1e3)
        if mention:
            self.round.waits[f"{what}: its thread asked for"].append((watch.begun[where] - told) * 1e3)
        await asyncio.sleep(APART)

    async def open(self, threads: int) -> None:
        """People open a thread each, and are answered."""
        for _ in range(threads):
            member = self._member()
            thread = await self._say(member, QUESTION, mention=True)
            await self._answered(thread)
            self._threads[member] = self._guild.threads[thread]

    async def at_once(self, delay: float) -> None:
        """All write in their threads at once. How long until the last has an answer."""
        await self._models.ask(str(delay))
        self._watch.look()
        self._watch.answered.clear()
        began = time.monotonic()
        for member, thread in self._threads.items():
            await self._server.says(member, thread, QUESTION)
        await self._answers(len(self._threads))
        self.round.other["seconds until all who wrote at once are answered"] = time.monotonic() - began

    async def busy(self, delay: float, seconds: float) -> None:
        """All write again whenever they have an answer; meanwhile some, elsewhere, are in danger.

        They begin one after the other, within the time that a model takes: people do not write in step.
        """
        await self._models.ask(str(delay))
        people = {thread.id: (member, thread) for member, thread in self._threads.items()}
        before, began = json.loads(await self._bot.ask()), time.monotonic()
        self._watch.look()
        self._watch.answered.clear()
        begin, cards = asyncio.create_task(self._begin(delay)), asyncio.create_task(self._cards(seconds))
        turns, calls = 0, list[int]()
        sampled = began
        while time.monotonic() - began < seconds:
            await self._server.until(lambda: self._watch.look() and self._watch.answered, PATIENCE)
            channels, self._watch.answered = self._watch.answered, []
            for channel in channels:
                turns += 1
                if channel in people:
                    await self._server.says(people[channel][0], people[channel][1], QUESTION)
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
        for member, thread in self._threads.items():
            await self._server.says(member, thread, QUESTION)
            await asyncio.sleep(within / len(self._threads))

    async def _cards(self, seconds: float) -> None:
        began, told = time.monotonic(), dict[int, int]()
        while time.monotonic() - began < seconds - 1:
            member = self._member()
            told[self._server.dm(member).id] = await self._say(member, EXPLICIT, mention=False)
            await asyncio.sleep(CARDS_APART)
        watch = self._watch
        await self._server.until(lambda: watch.look() and all(watch.answers[each] for each in told), PATIENCE)
        taken = [(watch.posted[channel] - watch.told[message]) * 1e3 for channel, message in told.items()]
        self.round.waits[f"{CARD}, direct message, while all threads are busy"] = taken

    async def flood(self, each: int) -> None:
        """All write so many messages as fast as they can be told; how many a second are kept, or heard."""
        await self._models.ask("1")
        wanted, _ = await self._taken_in()
        wanted += each * len(self._threads)
        self._server.gateway.hold()
        for _ in range(each):
            for member, thread in self._threads.items():
                await self._server.says(member, thread, QUESTION)
        began, ended, taken_in = time.monotonic(), 0.0, 0
        self._server.gateway.release()
        while taken_in < wanted:
            await asyncio.sleep(0.05)
            taken_in, ended = await self._taken_in()
        self.round.other["events a second, told as fast as possible, kept (bare: heard)"] = (
            each * len(self._threads) / (ended - began)
        )

    async def _taken_in(self) -> tuple[int, float]:
        """How many messages are on the disk; of a bot that keeps none: how many it has heard. And when that was so."""
        if self._database is None:
            told = json.loads(await self._bot.ask())
            return told["heard"], told["at"]
        with closing(sqlite3.connect(f"file:{self._database}?mode=ro", uri=True)) as there:
            return there.execute("select max(seq) from inbox").fetchone()[0], time.monotonic()

    async def _answered(self, channel: int) -> None:
        watch = self._watch
        await self._server.until(lambda: watch.look() and watch.answers[channel], PATIENCE)

    async def _answers(self, number: int) -> None:
        watch = self._watch
        await self._server.until(lambda: watch.look() and len(watch.answered) >= number, PATIENCE)

    async def _say(self, member: Member, text: str, *, mention: bool) -> int:
        where = self._general if mention else self._server.dm(member)
        return (await self._server.says(member, where, text, mentions=[self._server.bot] if mention else [])).id

    def _member(self) -> Member:
        return self._server.member(self._guild, f"member {len(self._guild.members)}")


async def measured(name: str, current: Configuration, folder: Path, sizes: argparse.Namespace) -> Round:
    """All that is measured of one bot. name: "Fairwell", or another for the bare one."""
    database = folder / f"{time.monotonic_ns()}.db" if name == FAIRWELL else None
    arguments = ["run", "--database", str(database)] if database else []
    async with process("-m", "tools.bench_discord", "--models") as served, Server() as server:
        env = {
            "DISCORD_TOKEN": server.token,
            "DISCORD_API_BASE": server.url,
            "DISCORD_GATEWAY_URL": server.gateway.url,
            "ANTHROPIC_API_KEY": "none",
            "ANTHROPIC_BASE_URL": (await served.line()).strip(),
            "BENCH_MODEL": current.settings.llm.main,
        }
        async with process("-m", "tools.bench_process", *arguments, **env) as bot:
            bench = Bench(server, bot, served, database)
            await bench.connected()
            await bench.waits(sizes.times)
            await bench.open(sizes.threads)
            await bench.at_once(MODEL)
            await bench.busy(MODEL, sizes.seconds)
            await bench.flood(sizes.each)
    return bench.round


def told(rounds: Mapping[str, Sequence[Round]]) -> None:
    """Print what was measured."""
    ours, bare = rounds[FAIRWELL], rounds[BARE]
    print("From the gateway's event to the request that answers it")
    for what in ours[0].waits:
        one, other = ([wait for each in of for wait in each.waits[what]] for of in (ours, bare))
        (p50, _, p99), (bare50, _, bare99) = percentiles(one), percentiles(other)
        print(
            f"  {what}: p50 {p50:.1f}, p99 {p99:.1f} ms; bare discord.py {bare50:.1f}, {bare99:.1f} ms: "
            f"{p50 / bare50:.1f} and {p99 / bare99:.1f} times"
        )
    slowest = max(percentiles(each.waits[what])[2] for each in ours for what in each.waits if what.startswith(CARD))
    print(f"  of cards, p99 in the worst round: {slowest:.0f} ms   (target: <= {TARGET:.0f})")
    print("The rest, in each round")
    for what in ours[0].other:
        one, other = ([each.other[what] for each in of] for of in (ours, bare))
        print(f"  {what}: {_all(one)}; bare discord.py {_all(other)}")


def _all(values: Sequence[float]) -> str:
    return ", ".join(f"{each:,.2f}" if each < 100 else f"{each:,.0f}" for each in values)


async def everything(current: Configuration, folder: Path, sizes: argparse.Namespace) -> None:
    """All rounds, in turns."""
    rounds: dict[str, list[Round]] = {FAIRWELL: [], BARE: []}
    for _ in range(sizes.rounds):
        for name, measures in rounds.items():
            measures.append(await measured(name, current, folder, sizes))
    told(rounds)


def main() -> None:
    """Run the benchmark in a folder of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=2, help="of each bot")
    parser.add_argument("--times", type=int, default=50, help="messages of each kind, one at a time")
    parser.add_argument("--threads", type=int, default=200, help="threads that are busy at once")
    parser.add_argument("--seconds", type=float, default=10.0, help="for which they are")
    parser.add_argument("--each", type=int, default=10, help="messages in each of them, told as fast as possible")
    parser.add_argument("--models", action="store_true", help=argparse.SUPPRESS)
    sizes = parser.parse_args()
    if sizes.models:
        asyncio.run(models())
        return
    current = configuration.load(ROOT / "config", {})
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        asyncio.run(everything(current, Path(folder), sizes))


if __name__ == "__main__":
    main()

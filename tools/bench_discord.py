"""What the bot adds on Discord, beside one that is nothing but discord.py: `make bench`. How: tools/bench_beside.py."""

import argparse
import asyncio
import json
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

from bot.configuration import Configuration
from tests.servers.discord import Member, Server
from tools.bench_beside import MODEL, PATIENCE, QUESTION, SETTLES, Bench, Process, Round, Watch, run, running, sizes

UNFINISHED = "▌"


class Events(Watch[int]):
    """Of a Discord. Places are channels; a thread's id is that of the message that it opens from."""

    def __init__(self, server: Server) -> None:
        super().__init__()
        self._server = server
        self._frames = self._requests = 0

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
                self.answer(int(channel), at, whole=not content.endswith(UNFINISHED))


class OnDiscord(Bench[int]):
    """One bot, on a Discord of its own."""

    def __init__(self, server: Server, bot: Process, models: Process, database: Path | None) -> None:
        super().__init__(bot, models, Events(server))
        self._server, self._database = server, database
        self._guild = server.guild("The Library")
        self._general = server.channel(self._guild, "general")
        self._began: dict[int, Member] = {}

    async def connected(self) -> None:
        """Return when the bot is there."""
        await self.until(lambda: self._server.gateway.connected)
        await asyncio.sleep(SETTLES)

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until something is so. Raises TimeoutError."""
        await self._server.until(condition, PATIENCE)

    async def begins(self, text: str, *, mention: bool) -> tuple[int, int]:
        """Somebody new writes to the bot."""
        member = self._server.member(self._guild, f"member {len(self._guild.members)}")
        where = self._general if mention else self._server.dm(member)
        said = await self._server.says(member, where, text, mentions=[self._server.bot] if mention else [])
        self._began[said.id] = member
        return said.id, said.id if mention else where.id

    async def goes_on(self, where: int) -> None:
        """Whoever began a thread writes in it again."""
        await self._server.says(self._began[where], self._guild.threads[where], QUESTION)

    async def flood(self, each: int) -> None:
        """All write so many messages as fast as they can be told; how many a second are kept, or heard."""
        await self._models.ask("1")
        wanted, _ = await self._taken_in()
        wanted += each * len(self._threads)
        self._server.gateway.hold()
        for _ in range(each):
            for thread in self._threads:
                await self.goes_on(thread)
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


async def measured(current: Configuration, database: Path | None, chosen: argparse.Namespace) -> Round:
    """All that is measured of one bot."""
    async with Server() as server:
        env = {
            "DISCORD_TOKEN": server.token,
            "DISCORD_API_BASE": server.url,
            "DISCORD_GATEWAY_URL": server.gateway.url,
        }
        async with running(current, database, **env) as (bot, models):
            bench = OnDiscord(server, bot, models, database)
            await bench.connected()
            await bench.waits(chosen.times)
            await bench.open(chosen.threads)
            await bench.at_once(MODEL)
            await bench.busy(MODEL, chosen.seconds)
            await bench.flood(chosen.each)
    return bench.round


def main() -> None:
    """Run the benchmark."""
    parser = sizes(__doc__)
    parser.add_argument("--each", type=int, default=10, help="messages in each of them, told as fast as possible")
    run(measured, parser.parse_args(), "discord.py")


if __name__ == "__main__":
    main()

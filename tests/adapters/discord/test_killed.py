"""`fairwell run` as a process, killed before and after what it asks of Discord: the next one does the rest, once."""

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.configs import small_config
from tests.servers.discord import Channel, Guild, Member, Message, Server, Thread, Waits

PATIENCE = 60.0  # seconds; a start takes some where many tests run at once
INSULTS = ("you useless machine", "you are a worthless bot", "shut up, you worthless idiot", "fuck you")
MOMENTS = {
    "thread": "POST /channels/*/messages/*/threads",
    "answer": "POST /channels/*/messages",
    "rating": "PUT /channels/*/messages/*/reactions/*/@me",
    "lock": "PATCH /channels/*",
}


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_config(tmp_path_factory.mktemp("killed") / "config")


class Town:
    """A guild, and a bot in a process of its own."""

    def __init__(self, server: Server, config: Path, database: Path) -> None:
        self.server = server
        self.guild: Guild = server.guild("The Library")
        self.general: Channel = server.channel(self.guild, "general")
        self.robin: Member = server.member(self.guild, "robin")
        self.command = [sys.executable, "-m", "bot", "run", "--config", str(config), "--database", str(database)]
        own = {name: value for name, value in os.environ.items() if not name.startswith("ANTHROPIC")}
        self.env = own | {
            "DISCORD_TOKEN": server.token,
            "DISCORD_API_BASE": f"{server.world.url}/api/v10",
            "DISCORD_GATEWAY_URL": server.gateway.url,
        }

    @asynccontextmanager
    async def running(self) -> AsyncIterator[asyncio.subprocess.Process]:
        """The bot, connected. Killed in the end, if it still runs."""
        before = self.server.gateway.starts
        quiet = asyncio.subprocess.DEVNULL
        process = await asyncio.create_subprocess_exec(*self.command, env=self.env, stdout=quiet, stderr=quiet)
        try:
            await self.server.until(lambda: self.server.gateway.starts < before, PATIENCE)
            yield process
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()

    async def told(self, channel: Channel, times: int) -> list[Message]:
        """What the bot has posted in a channel, as soon as it is this many messages."""
        await self.server.until(lambda: len(self.own(channel)) >= times, PATIENCE)
        return self.own(channel)

    def own(self, channel: Channel) -> list[Message]:
        """What the bot has posted in a channel."""
        return [one for one in channel.messages.values() if one.author is self.server.bot and one.kind in {0, 19}]

    async def insulted(self) -> Thread:
        """A thread in which robin has gone so far that one more message ends it."""
        question = await self.server.says(self.robin, self.general, INSULTS[0], mentions=[self.server.bot])
        await self.server.until(lambda: question.id in self.guild.threads, PATIENCE)
        thread = self.guild.threads[question.id]
        await self.told(thread, 1)
        for number, insult in enumerate(INSULTS[1:3], start=2):
            await self.server.says(self.robin, thread, insult)
            await self.told(thread, number)
        return thread


@pytest.fixture
async def town(config: Path, tmp_path: Path) -> AsyncIterator[Town]:
    async with Server() as server:
        yield Town(server, config, tmp_path / "discord.db")


@pytest.mark.parametrize("stored", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("moment", ["thread", "answer"])
async def test_killed_at_a_first_answer_the_next_process_gives_it_once(town: Town, moment: str, stored: bool) -> None:
    route, never = MOMENTS[moment], asyncio.Event()
    town.server.rest.faults.add(route, Waits(until=never, stored=stored))
    async with town.running() as process:
        question = await town.server.says(town.robin, town.general, "Good evening.", mentions=[town.server.bot])
        await town.server.until(lambda: town.server.requests(route), PATIENCE)
        process.send_signal(signal.SIGKILL)
        await process.wait()
    async with town.running():
        await town.server.until(lambda: question.id in town.guild.threads, PATIENCE)
        thread = town.guild.threads[question.id]
        await town.told(thread, 1)
        await town.server.says(town.robin, thread, "And then?")  # by its answer, all before is through
        await town.told(thread, 2)
    assert len(town.own(thread)) == 2
    assert town.own(town.general) == []


@pytest.mark.parametrize("stored", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("moment", ["answer", "rating", "lock"])
async def test_killed_at_an_ending_the_next_process_does_the_rest_once(town: Town, moment: str, stored: bool) -> None:
    route, never = MOMENTS[moment], asyncio.Event()
    async with town.running() as process:
        thread = await town.insulted()
        before = len(town.server.requests(route))
        town.server.rest.faults.add(route, Waits(until=never, stored=stored))
        await town.server.says(town.robin, thread, INSULTS[3])
        await town.server.until(lambda: len(town.server.requests(route)) > before, PATIENCE)
        process.send_signal(signal.SIGKILL)
        await process.wait()
    async with town.running():
        await town.server.until(lambda: thread.locked, PATIENCE)
    assert len(town.own(thread)) == 4
    assert max(Counter(each.content for each in town.own(thread)).values()) == 1
    assert list(town.own(thread)[-1].reactions) == ["👍", "👎"]
    assert not thread.archived


async def test_told_to_stop_it_stops_in_order(town: Town) -> None:
    async with town.running() as process:
        await town.server.says(town.robin, town.general, "Good evening.", mentions=[town.server.bot])
        await town.server.until(lambda: town.guild.threads, PATIENCE)
        process.terminate()
        assert await asyncio.wait_for(process.wait(), PATIENCE) == 0
    (thread,) = town.guild.threads.values()
    assert len(town.own(thread)) == 1


async def test_a_token_that_discord_does_not_take_is_told_with_what_to_do(town: Town) -> None:
    town.env["DISCORD_TOKEN"] = "somebody else's"  # noqa: S105
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*town.command, env=town.env, stdout=pipe, stderr=pipe)
    _, told = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert process.returncode == 2
    assert b"Reset Token" in told
    assert b"Traceback" not in told

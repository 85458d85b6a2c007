"""`fairwell run` as processes: how they end, how they are asked, and how several share the work."""

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.adapters.discord.test_killed import PATIENCE, Town
from tests.configs import small_config
from tests.servers.discord import Server, Waits

PIPE = asyncio.subprocess.PIPE


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_config(tmp_path_factory.mktemp("processes") / "config")


@pytest.fixture
async def town(config: Path, tmp_path: Path) -> AsyncIterator[Town]:
    async with Server() as server:
        made = Town(server, config, tmp_path / "discord.db")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            made.env["FAIRWELL_HEALTH"] = str(free.getsockname()[1])
        yield made


async def told(town: Town, path: str) -> dict[str, Any]:
    """What the process says of itself, with the status; {}: nobody answers."""
    url = f"http://127.0.0.1:{town.env['FAIRWELL_HEALTH']}{path}"
    async with aiohttp.ClientSession() as http:
        try:
            async with http.get(url) as answer:
                return dict(await answer.json()) | {"status": answer.status}
        except aiohttp.ClientError:
            return {}


async def lacking(town: Town, parts: list[str] | None) -> None:
    """Return when these parts lack something (none: it is ready)."""
    async with asyncio.timeout(PATIENCE):
        while True:
            said = await told(town, "/readyz")
            if said and [each["part"] for each in said["lacks"]] == (parts or []):
                return
            await asyncio.sleep(0.02)  # another process: nobody else can tell when


async def ended(town: Town, process: asyncio.subprocess.Process) -> str:
    """What a process has said to its operator, when it has ended because of what only they can mend."""
    _, said = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert process.returncode == 2
    assert b"Traceback" not in said
    assert town.server.token.encode() not in said
    return said.decode()


@pytest.mark.parametrize(("code", "hint"), [(4004, "Reset Token"), (4013, "update it"), (4014, "Message Content Int")])
async def test_what_nobody_can_mend_by_waiting_ends_it_with_a_sentence(town: Town, code: int, hint: str) -> None:
    town.server.gateway.turned_away.append(code)
    process = await asyncio.create_subprocess_exec(*town.command, env=town.env, stdout=PIPE, stderr=PIPE)
    assert hint in await ended(town, process)
    assert town.server.gateway.closed == [code]


async def test_a_token_that_is_replaced_in_the_middle_of_life_ends_it_with_a_sentence(town: Town) -> None:
    process = await asyncio.create_subprocess_exec(*town.command, env=town.env, stdout=PIPE, stderr=PIPE)
    await town.server.until(lambda: town.server.gateway.connected, PATIENCE)
    await town.server.gateway.close(4004)
    assert "Reset Token" in await ended(town, process)


async def test_it_tells_whether_it_lives_and_whether_it_can_work(town: Town) -> None:
    async with town.running() as process:
        await lacking(town, [])
        asked = [sys.executable, "-m", "bot", "health", "--ready"]
        one = await asyncio.create_subprocess_exec(*asked, env=town.env, stdout=PIPE, stderr=PIPE)
        out, _ = await asyncio.wait_for(one.communicate(), PATIENCE)
        assert (one.returncode, json.loads(out)["ok"]) == (0, True)
        town.server.gateway.down = True
        town.server.gateway.abort()
        await lacking(town, ["discord session 0"])
        assert (await told(town, "/healthz"))["status"] == 200
        os.kill(process.pid, signal.SIGSTOP)  # a loop that stands still
        stalled = await asyncio.create_subprocess_exec(*asked, env=town.env, stdout=PIPE, stderr=PIPE)
        _, why = await asyncio.wait_for(stalled.communicate(), PATIENCE)
        os.kill(process.pid, signal.SIGCONT)
        assert (stalled.returncode, b"nobody answers" in why) == (1, True)


async def test_told_to_stop_it_finishes_what_it_says_and_leaves_the_rest_to_the_next(town: Town) -> None:
    go_on = asyncio.Event()
    town.server.rest.faults.add("POST /channels/*/messages", Waits(until=go_on))
    async with town.running() as process:
        first = await town.server.says(town.robin, town.general, "Good evening.", mentions=[town.server.bot])
        await town.server.until(lambda: town.server.requests("POST /channels/*/messages"), PATIENCE)
        process.terminate()
        await lacking(town, ["bot"])
        second = await town.server.says(town.robin, town.general, "And a question.", mentions=[town.server.bot])
        go_on.set()
        assert await asyncio.wait_for(process.wait(), PATIENCE) == 0
    assert len(town.own(town.guild.threads[first.id])) == 1
    async with town.running():
        await town.server.until(lambda: second.id in town.guild.threads, PATIENCE)
        await town.told(town.guild.threads[second.id], 1)
        await town.server.says(town.robin, town.guild.threads[first.id], "And then?")  # all before is through by then
        await town.told(town.guild.threads[first.id], 2)
    assert [len(town.own(town.guild.threads[each.id])) for each in (first, second)] == [2, 1]


async def test_told_to_stop_twice_it_stops_at_once_and_the_next_one_goes_on(town: Town) -> None:
    town.server.rest.faults.add("POST /channels/*/messages", Waits(until=asyncio.Event()))
    async with town.running() as process:
        question = await town.server.says(town.robin, town.general, "Good evening.", mentions=[town.server.bot])
        await town.server.until(lambda: town.server.requests("POST /channels/*/messages"), PATIENCE)
        process.terminate()
        await lacking(town, ["bot"])
        process.terminate()
        assert await asyncio.wait_for(process.wait(), 15) == -signal.SIGTERM
    async with town.running():
        thread = town.guild.threads[question.id]
        await town.told(thread, 1)
        await town.server.says(town.robin, thread, "And then?")
        await town.told(thread, 2)
    assert len(town.own(thread)) == 2


async def test_two_processes_share_the_guilds_and_the_first_has_the_direct_messages(
    town: Town, config: Path, tmp_path: Path
) -> None:
    server = town.server
    guilds = [server.guild(name, number=number << 22) for number, name in enumerate(("Even", "Odd"), 2)]
    channels = [server.channel(guild, "general") for guild in guilds]
    robins = [server.member(guild, "robin") for guild in guilds]
    other = Town(server, config, tmp_path / "other.db")
    for number, each in enumerate((town, other)):
        each.env |= {"DISCORD_SHARD_COUNT": "2", "DISCORD_SHARD_IDS": str(number)}
    async with town.running(), other.running():
        assert [each.shard for each in server.gateway.sessions] == [(0, 2), (1, 2)]
        asked = [
            await server.says(robin, channel, "Good evening.", mentions=[server.bot])
            for robin, channel in zip(robins, channels, strict=True)
        ]
        for guild, question in zip(guilds, asked, strict=True):
            await server.until(lambda guild=guild, question=question: question.id in guild.threads, PATIENCE)  # type: ignore[misc]
            await town.told(guild.threads[question.id], 1)
        direct = server.dm(robins[1])
        await server.says(robins[1], direct, "Good evening.")
        await town.told(direct, 1)
        for guild, robin, question in zip(guilds, robins, asked, strict=True):
            await server.says(robin, guild.threads[question.id], "And then?")
            await town.told(guild.threads[question.id], 2)
        await server.says(robins[1], direct, "And then?")
        await town.told(direct, 2)
        await server.gateway.read()
    threads = [guild.threads[question.id] for guild, question in zip(guilds, asked, strict=True)]
    assert [len(town.own(each)) for each in (*threads, direct)] == [2, 2, 2]
    assert len(server.requests("POST /channels/*/messages")) == 6

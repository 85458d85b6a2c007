"""Shards of the local Discord."""

import asyncio

import discord
import pytest

from tests.servers.discord import Server, pointed
from tests.servers.discord_bot import INTENTS


class Sharded(discord.AutoShardedClient):
    """A bot in shards, without five seconds between them."""

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Do not wait."""


@pytest.mark.parametrize("shards", [None, 2])
async def test_a_shard_is_told_of_its_own_guilds(shards: int | None) -> None:
    async with Server() as server:
        server.gateway.shards = 2
        guilds = [server.guild(name, number=number << 22) for number, name in enumerate(("Even", "Odd"), 2)]
        channels = [server.channel(guild, "general") for guild in guilds]
        client = Sharded(intents=INTENTS, shard_count=shards, guild_ready_timeout=0.1, chunk_guilds_at_startup=False)
        heard: list[tuple[int | None, str]] = []
        came = asyncio.Event()

        @client.event
        async def on_message(message: discord.Message) -> None:
            heard.append((message.guild.shard_id if message.guild else 0, message.content))
            came.set()

        with pointed(server):
            running = asyncio.create_task(client.start(server.token))
            await server.until(lambda: len([f for f in server.gateway.told if f.name == "GUILD_CREATE"]) == 2)
            robins = [server.member(guild, "robin") for guild in guilds]
            for robin, channel, text in zip(robins, channels, ("one", "two"), strict=True):
                came.clear()
                await server.says(robin, channel, text)
                await came.wait()
            came.clear()
            await server.says(robins[1], server.dm(robins[1]), "three")
            await came.wait()
            await server.gateway.read()
            assert {session.shard for session in server.gateway.sessions} == {(0, 2), (1, 2)}
            await client.close()
            await asyncio.gather(running, return_exceptions=True)
        assert heard == [(0, "one"), (1, "two"), (0, "three")]
        assert len(server.requests("GET /gateway/bot")) == (shards is None)


async def test_a_shard_that_is_cut_off_begins_anew_and_misses_something() -> None:
    """As discord.py 2.7 has it: only a client without shards goes on with its session."""
    async with Server() as server:
        guild = server.guild("The Library")
        general, robin = server.channel(guild, "general"), server.member(guild, "robin")
        client = Sharded(intents=INTENTS, guild_ready_timeout=0.1, chunk_guilds_at_startup=False)
        heard: asyncio.Queue[str] = asyncio.Queue()

        @client.event
        async def on_message(message: discord.Message) -> None:
            heard.put_nowait(message.content)

        with pointed(server):
            running = asyncio.create_task(client.start(server.token))
            await server.until(lambda: server.gateway.connected)
            (before,) = server.gateway.sessions
            server.gateway.abort()
            await server.says(robin, general, "Meanwhile.")
            await server.until(lambda: any(one is not before for one in server.gateway.connected))
            await server.says(robin, general, "After.")
            assert await heard.get() == "After."
            await client.close()
            await asyncio.gather(running, return_exceptions=True)

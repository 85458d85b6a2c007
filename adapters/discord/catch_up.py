"""What happened while nobody listened: asked for after each new session, and heard like everything else.

A session that goes on is told of all it missed. A new one is not, nor is a process that starts. So each channel is
read from where a guild was last heard of: the newest message that came from it, else the newest the store has. What
is read twice is known by its key. What is older than anything would still be read for is left alone.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from functools import partial

import discord
from discord.utils import time_snowflake

from adapters.discord import names
from adapters.discord.gateway import Handler
from adapters.discord.listening import Hearing, Listening
from adapters.discord.sending import Denied
from adapters.discord.watching import Watching
from bot.errors import PlatformError, StoreError, where

log = logging.getLogger(__name__)

MOST = 200  # messages of a channel, the newest
CONVERSATIONS = 50  # of a space, those with the latest turns
AT_ONCE = 4  # channels that are read side by side
OVERLAP = timedelta(seconds=10)  # channels need not be told of in the order in which they were written in
RATED_FOR = timedelta(days=7)  # after an ending its votes are looked at
TRIES, PAUSE = 3, 30.0  # how often something is read that cannot be, and seconds between


class CatchUp:
    """Reads what was missed."""

    def __init__(self, hearing: Hearing, listening: Listening, watching: Watching) -> None:
        self._hearing = hearing
        self._listening = listening
        self._watching = watching
        self._client: discord.Client | None = None
        self._room = asyncio.Semaphore(AT_ONCE)

    def handlers(self, client: discord.Client) -> Sequence[Handler]:
        """What is to hear of a client's events."""
        self._client = client
        begun = self.on_shard_connect if isinstance(client, discord.AutoShardedClient) else self.on_connect
        return self.on_guild_there, begun

    async def on_connect(self) -> None:
        """A new session has begun. Direct messages belong to no guild."""
        await self._direct()

    async def on_shard_connect(self, shard: int) -> None:
        """One of several has. Direct messages come by the first."""
        if shard == 0:
            await self._direct()

    async def on_guild_there(self, number: int) -> None:
        """A guild is there, at the beginning or after an outage of Discord's. Nothing has come from it since."""
        guild, reached = self._client.get_guild(number) if self._client else None, self._listening.newest.get(number)
        if guild is None:
            return
        for thread in guild.threads:
            self._hearing.threads.saw(thread.id, locked=thread.locked)
        since = await self._since(guild, reached)
        there: list[discord.TextChannel | discord.Thread] = [*guild.text_channels, *guild.threads]
        missed = [each.id for each in there if (each.last_message_id or 0) > since and _may_read(each, guild.me)]
        await asyncio.gather(*(self._channel(each, guild.id, since) for each in missed))
        await self._endings(str(guild.id))

    async def _direct(self) -> None:
        store = self._hearing.bot.store
        for conversation in await store.conversations(names.NAME, names.DIRECT, CONVERSATIONS):
            since = max(self._earliest, await self._newest_of(conversation))
            await self._channel(names.channel(conversation), None, since)
        await self._endings(names.DIRECT)

    async def _channel(self, channel: int, guild: int | None, since: int) -> None:
        """Hear what was said in a channel, oldest first."""

        async def missed(client: discord.Client) -> list[discord.Message]:
            there = client.get_partial_messageable(channel, guild_id=guild)
            history = there.history(limit=MOST, after=discord.Object(since), oldest_first=False)
            return sorted([message async for message in history], key=lambda message: message.id)

        async def hear() -> None:
            for message in await self._hearing.requests.ask(missed):
                await self._listening.hear(message)

        await self._tried(f"channel {channel}", hear)

    async def _endings(self, space: str) -> None:
        """Look at the votes on the latest endings of a space."""
        store = self._hearing.bot.store
        for conversation in await store.conversations(names.NAME, space, CONVERSATIONS):
            ending = await store.latest_ending(conversation)
            if ending and self._hearing.clock() - ending.at < RATED_FOR:
                read = partial(self._watching.read, names.channel(conversation), ending)
                await self._tried(f"the votes on {ending.id}", read)

    async def _tried(self, what: str, read: Callable[[], Awaitable[None]]) -> None:
        """Read something, a few times if need be. What nobody may read is left alone."""
        for tried in range(TRIES):
            try:
                async with self._room:
                    await read()
            except Denied:
                return
            except (PlatformError, StoreError) as fault:
                log.warning("%s could not be caught up with: %s", what, where(fault))
                if tried + 1 < TRIES:
                    await self._hearing.sleep(PAUSE)
            else:
                return

    async def _since(self, guild: discord.Guild, reached: int | None) -> int:
        """The message after which a guild's channels are read. reached: the newest that came; None: none has."""
        reached = reached or await self._newest_in(str(guild.id))
        overlap = int(OVERLAP.total_seconds() * 1000) << 22
        joined = time_snowflake(guild.me.joined_at) if guild.me.joined_at else 0
        return max(self._earliest, joined, reached - overlap)

    async def _newest_in(self, space: str) -> int:
        """The newest message that the store has from a space; 0: none."""
        latest = await self._hearing.bot.store.conversations(names.NAME, space, 1)
        return await self._newest_of(latest[0]) if latest else 0

    async def _newest_of(self, conversation: str) -> int:
        turns = await self._hearing.bot.store.turns(conversation, 1)
        return int(turns[0].turn.message) if turns and turns[0].turn.message.isdigit() else 0

    @property
    def _earliest(self) -> int:
        """The earliest message that anything is still done about."""
        hearing = self._hearing
        return time_snowflake(hearing.clock() - hearing.bot.configuration().settings.turns.risk_within)


def _may_read(channel: discord.TextChannel | discord.Thread, me: discord.Member) -> bool:
    """Discord tells of channels as well that the bot may not see; to ask for them counts against it."""
    may = channel.permissions_for(me)
    return may.view_channel and may.read_message_history

"""In which servers the bot is. Of one that takes it out all that is kept goes when `[retention] uninstalled` says.

Discord tells of it, and with each new session in which servers the bot is: what is not among them took it out while
nobody listened. A server that is merely out of order is among them.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

import discord

from adapters.discord import names
from adapters.discord.hearing.gateway import Handler
from adapters.discord.hearing.listening import Hearing
from bot.core import AGAIN
from bot.domain.installation import Installation
from bot.errors import StoreError, where

log = logging.getLogger(__name__)


class Installations:
    """Keeps where the bot is."""

    def __init__(self, hearing: Hearing) -> None:
        self._store = hearing.bot.store
        self._clock = hearing.clock
        self._sleep = hearing.sleep
        self._client: discord.Client | None = None

    def handlers(self, client: discord.Client) -> Sequence[Handler]:
        """What is to hear of a client's events."""
        self._client = client
        begun = self.on_shard_connect if isinstance(client, discord.AutoShardedClient) else self.on_connect
        return self.on_guild_there, self.on_guild_remove, begun

    async def on_guild_there(self, number: int) -> None:
        """The bot is in a server: still, or again."""
        here = Installation(platform=names.NAME, organisation="", space=str(number), at=self._clock(), secret="")
        await self._tried(partial(self._store.keep_installation, here))

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """A server has taken it out."""
        log.info("the bot was taken out of %d", guild.id)
        gone = partial(self._store.remove_installation, names.NAME, "", str(guild.id), self._clock())
        await self._tried(gone)

    async def on_connect(self) -> None:
        """A new session has begun."""
        await self._tried(self._compare)

    async def on_shard_connect(self, shard: int) -> None:
        """One of several has."""
        await self._tried(partial(self._compare, shard))

    async def _compare(self, shard: int = 0) -> None:
        """Compare the servers that are known with those in which the bot is."""
        client, now = self._client, self._clock()
        if client is None:
            return
        there, shards = {guild.id for guild in client.guilds}, client.shard_count or 1
        for space in await self._store.spaces_of(names.NAME):
            if space.isdecimal() and (int(space) >> 22) % shards == shard and int(space) not in there:
                await self._store.remove_installation(names.NAME, "", space, now)

    async def _tried(self, keep: Callable[[], Awaitable[object]]) -> None:
        """A few times; then again with the next session."""
        for pause in (*AGAIN, None):
            try:
                await keep()
            except StoreError as fault:
                log.warning("where the bot is could not be kept: %s", where(fault))
                if pause is not None:
                    await self._sleep(pause)
            else:
                return

"""The real discord.py in front of the local Discord, remembering what it was told."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import discord
import pytest

from tests.servers.discord import Channel, Guild, Member, Permission, Server, Thread, pointed
from tests.servers.discord_record import Bell

INTENTS = discord.Intents(46_593)  # guilds, messages and reactions in guilds and DMs, message content


class Bot(discord.Client):
    """discord.py's client as it comes, without its five seconds before a session."""

    def __init__(self, intents: discord.Intents = INTENTS, **options: Any) -> None:
        super().__init__(
            intents=intents,
            guild_ready_timeout=0.1,
            chunk_guilds_at_startup=False,
            max_messages=None,
            **options,
        )
        self.heard: list[tuple[str, tuple[Any, ...]]] = []
        self.bell = Bell()

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        """Remember an event."""
        self.heard.append((event, args))
        self.bell.ring()
        super().dispatch(event, *args, **kwargs)

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Do not wait."""

    def all(self, event: str) -> list[Any]:
        """What came with each event of a name: its argument, or its arguments."""
        return [args[0] if len(args) == 1 else args for name, args in self.heard if name == event]

    async def next(self, event: str, wanted: Callable[[Any], object] = lambda _: True) -> Any:
        """The first event of a name that is wanted, as soon as it is there."""
        await self.bell.until(lambda: any(wanted(one) for one in self.all(event)), 10)
        return next(one for one in self.all(event) if wanted(one))


@asynccontextmanager
async def connected(server: Server, bot: Bot) -> AsyncIterator[Bot]:
    """A bot that is ready, until the end."""
    with pointed(server):
        running = asyncio.create_task(bot.start(server.token))
        ready = asyncio.create_task(bot.next("ready"))
        try:
            await asyncio.wait([running, ready], return_when=asyncio.FIRST_COMPLETED)
            if running.done():
                ready.cancel()
                running.result()
            yield bot
        finally:
            await bot.close()
            await asyncio.gather(running, return_exceptions=True)


@dataclass(frozen=True, kw_only=True)
class Library:
    """A server with a guild, two people in it, and a bot that is ready."""

    server: Server
    bot: Bot
    guild: Guild
    general: Channel
    robin: Member
    mo: Member  # a moderator

    def shown(self, channel: Channel) -> discord.TextChannel:
        """A text channel, as the bot has it."""
        found = self.bot.get_channel(channel.id)
        assert isinstance(found, discord.TextChannel)
        return found

    async def asked(self, text: str = "How do tides work?") -> discord.Message:
        """What robin asks in #general, as the bot hears it."""
        said = await self.server.says(self.robin, self.general, text)
        message: discord.Message = await self.bot.next("message", lambda one: one.id == said.id)
        return message

    async def thread(self) -> tuple[Thread, discord.Thread]:
        """A thread the bot has begun at a question of robin's: as it is, and as the bot has it."""
        begun = await (await self.asked()).create_thread(name="tides")
        return self.guild.threads[begun.id], begun


@asynccontextmanager
async def library(server: Server | None = None, bot: Bot | None = None) -> AsyncIterator[Library]:
    """One that is open until the end."""
    async with server or Server() as there:
        guild = there.guild("The Library")
        general = there.channel(guild, "general")
        moderators = there.role(guild, "moderators", Permission.MANAGE_THREADS | Permission.MANAGE_MESSAGES)
        people = {"robin": there.member(guild, "robin"), "mo": there.member(guild, "mo", moderators)}
        async with connected(there, bot or Bot()) as ready:
            yield Library(server=there, bot=ready, guild=guild, general=general, **people)


def code(caught: "pytest.ExceptionInfo[Any]") -> int:
    """The code of an error, from discord.py or from the server."""
    number: int = caught.value.code
    return number

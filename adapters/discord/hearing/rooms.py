"""What the bot knows of the channels that messages are in."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace

import discord

from adapters.discord import names
from adapters.discord.inbound import Room
from adapters.discord.outgoing.sending import Denied, Requests
from bot.configuration import Configuration
from bot.domain.conversation import Place
from bot.ports import Store
from bot.settings import Local

FETCHED = 2_000  # channels that Discord does not tell of by itself (threads that were archived) and are remembered
DIRECT = 100  # conversations in one direct message's channel, the latest: what is older is not told apart any more


class Rooms:
    """Tells rooms by their channels. What Discord has not told of by itself is asked for, once.

    configuration  what of config/ is in force now
    """

    def __init__(self, requests: Requests, store: Store, configuration: Callable[[], Configuration]) -> None:
        self._requests = requests
        self._store = store
        self._configuration = configuration
        self._fetched: OrderedDict[int, asyncio.Task[Room | None]] = OrderedDict()
        self._begun: dict[int, tuple[int, ...]] = {}  # in direct messages, what began further conversations

    async def of(self, message: discord.Message, client: discord.Client) -> Room | None:
        """Where a message is; None: nobody knows. Raises PlatformError, StoreError."""
        guild = message.guild
        room = await self.by_id(message.channel.id, guild.id if guild else None, client)
        role = guild.self_role if guild and message.raw_role_mentions else None
        return replace(room, role=role.id if role else None, reads=client.intents.message_content) if room else None

    async def by_id(self, channel: int, guild: int | None, client: discord.Client) -> Room | None:
        """The room that a channel is; None: nobody knows. Raises PlatformError, StoreError."""
        if guild is None:
            return await self.direct(channel)
        known = client.get_guild(guild)
        cached = known.get_channel_or_thread(channel) if known else None
        room = _room(cached, client) if cached else await self._asked(channel)
        return self._set_up(room) if room else None

    def _set_up(self, room: Room) -> Room:
        """A room as the settings have it now: a post in a forum of theirs is for the bot, whoever began it."""
        local = self._configuration().settings.at(room.place)
        listens = room.listens or (room.parent is not None and str(room.parent) in local.forums)
        return replace(room, listens=listens, answers=answers_in(local, room.place))

    async def direct(self, channel: int) -> Room:
        """A direct message's channel, with the conversations that were begun in it. Raises StoreError."""
        if channel not in self._begun:
            known = await self._store.conversations_in(names.NAME, names.DIRECT, str(channel), DIRECT)
            begun = filter(None, map(names.begun, known))
            self._begun.setdefault(channel, tuple(sorted(begun)))
        return Room(id=channel, begun=self._begun[channel])

    async def begins(self, channel: int, begun: int) -> str:
        """A further conversation begins in a direct message, with a message or an interaction. Out: its name.

        Raises StoreError.
        """
        room = await self.direct(channel)
        self._begun[channel] = tuple(sorted({*room.begun, begun}))
        return names.direct(channel, self._begun[channel])

    async def _asked(self, channel: int) -> Room | None:
        """Several messages at once are worth one request, and keep their order."""
        if channel not in self._fetched:
            self._fetched[channel] = asyncio.create_task(self._fetch(channel))
            if len(self._fetched) > FETCHED:
                self._fetched.popitem(last=False)
        room = None
        try:
            room = await asyncio.shield(self._fetched[channel])
        finally:
            if room is None:  # the next time it may be told
                self._fetched.pop(channel, None)
        return room

    async def _fetch(self, channel: int) -> Room | None:
        async def fetch(client: discord.Client) -> Room | None:
            return _room(await client.fetch_channel(channel), client)

        try:
            return await self._requests.ask(fetch)
        except Denied:
            return None


def answers_in(local: Local, place: Place) -> bool:
    """Whether the bot is to answer in a place: everywhere, unless a space names where."""
    if place.space == names.DIRECT:
        return True
    return not local.channels or place.channel in {*local.channels, *local.forums}


def _room(channel: object, client: discord.Client) -> Room | None:
    """None: what is known of the channel does not tell."""
    match channel:
        case discord.Thread():
            return Room(
                id=channel.id,
                guild=channel.guild.id,
                parent=channel.parent_id,
                private=channel.is_private(),
                listens=client.user is not None and channel.owner_id == client.user.id,
                title=channel.name,
            )
        case discord.abc.GuildChannel():
            return Room(id=channel.id, guild=channel.guild.id)
    return None

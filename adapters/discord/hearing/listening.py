"""What is said, changed and deleted on Discord, handed to the bot. Nothing relies on what the library remembers.

A thread of others, where the bot is heard of only by mentions, is its own for somebody in the care window there: they
were told that it stays.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TypeVar
from weakref import WeakValueDictionary

import discord

from adapters.discord import inbound, names
from adapters.discord.hearing.gateway import Handler
from adapters.discord.hearing.message import Earlier, Message
from adapters.discord.hearing.reduced import reduced
from adapters.discord.hearing.rooms import Rooms
from adapters.discord.inbound import Room
from adapters.discord.outgoing.sending import Posts, Requests, Sleep
from adapters.discord.outgoing.streaming import Typing
from adapters.discord.outgoing.threads import Threads
from bot.core import Bot
from bot.domain.action import CallModerators
from bot.domain.conversation import Member, Place
from bot.domain.ending import EndingState
from bot.domain.event import Confided, Event, Said
from bot.domain.step import Scope
from bot.ports import Clock

log = logging.getLogger(__name__)

T = TypeVar("T")

REMEMBERED = 10_000  # messages of which it is known whose they are
WAITS = 10.0  # seconds, at most, that a message waits for those that were missed before it
FRESH = timedelta(minutes=1)  # what is older is answered as well, but nobody waits for it


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """What listening takes: the bot that hears, and the adapter's parts."""

    bot: Bot
    requests: Requests
    rooms: Rooms
    posts: Posts
    threads: Threads
    typing: Typing
    clock: Clock
    sleep: Sleep

    def is_alarming(self, place: Place, text: str) -> bool:
        """Whether the wording alone calls for care."""
        return self.bot.configuration().reader(place).read(text).risk.calls_for_care

    async def receive(self, event: Event) -> bool:
        """Bot.receive_surely."""
        return await self.bot.receive_surely(event, self.sleep)


class Listening:
    """Hears messages.

    newest  the newest message that each guild was heard of with
    """

    def __init__(self, hearing: Hearing) -> None:
        self.newest: dict[int, int] = {}
        self._hearing = hearing
        self._client: discord.Client | None = None
        self._behind: dict[int | None, asyncio.Event] = {}  # what is being caught up with; set when it is over
        self._order: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()  # by channel
        self._authors: OrderedDict[int, tuple[str, Member]] = OrderedDict()  # by message, with its conversation
        self._changed: OrderedDict[int, None] = OrderedDict()  # messages that were heard as they were after a change
        self._gone: OrderedDict[int, None] = OrderedDict()  # messages whose end was told of, perhaps before them

    def handlers(self, client: discord.Client) -> Sequence[Handler]:
        """Listen to this client from now on. Out: what is to hear of its events."""
        self._client = client
        return self.on_message, self.on_raw_message_edit, self.on_raw_message_delete, self.on_raw_bulk_message_delete

    @contextmanager
    def behind(self, guild: int | None) -> Iterator[None]:
        """Until the end of this, what comes from a guild (None: direct messages) waits for what was missed there.

        So nothing is overtaken by what was said after it, nor does `newest`, or the newest that the store has, tell of
        more than was heard. What seems to be explicit danger does not wait, and nothing waits for ever.
        """
        over = self._behind[guild] = asyncio.Event()
        try:
            yield
        finally:
            over.set()
            if self._behind.get(guild) is over:
                del self._behind[guild]

    async def on_message(self, message: discord.Message) -> None:
        """Somebody wrote, or we did ourselves."""
        guild = message.guild.id if message.guild else None
        if not message.author.bot and not (guild in self._behind and self._alarming(message)):
            await self._caught_up(guild)
        if guild is not None and guild not in self._behind:
            self.newest[guild] = max(self.newest.get(guild, 0), message.id)
        await self.hear(message)

    async def on_raw_message_edit(self, payload: discord.RawMessageUpdateEvent) -> None:
        """A message changed, or Discord added something to it."""
        if payload.message.edited_at is not None:
            if not (payload.guild_id in self._behind and self._alarming(payload.message)):
                await self._caught_up(payload.guild_id)
            await self.hear(payload.message)

    async def on_raw_message_delete(self, payload: discord.RawMessageDeleteEvent) -> None:
        """A message is gone."""
        await self._caught_up(payload.guild_id)
        await self._deleted(payload.message_id, payload.channel_id, payload.guild_id)

    async def on_raw_bulk_message_delete(self, payload: discord.RawBulkMessageDeleteEvent) -> None:
        """Several are."""
        await self._caught_up(payload.guild_id)
        for message in sorted(payload.message_ids):
            await self._deleted(message, payload.channel_id, payload.guild_id)

    async def hear(self, message: discord.Message) -> Said | None:
        """Take in a message as it is now. Out: what is said in it, if that was not heard before.

        Raises PlatformError, StoreError.
        """
        hearing = self._hearing
        if self._client is None or (me := self._client.user) is None:
            return None
        if message.author.id == me.id:
            hearing.posts.saw(message)
        if message.author.bot:
            return None
        room = await hearing.rooms.of(message, self._client)
        if room is None:
            return None
        if room.parent:
            hearing.threads.saw(room.id)
            room = replace(room, listens=room.listens or await self._stays(room, message.author.id))
        plain = await self._remembered(reduced(message), room, me.id)
        said, edited = inbound.said(plain, room, me.id), inbound.edited(plain, room, me.id)
        if said:
            hearing.threads.entitle(message.id, said.member.name)
            if not await hearing.receive(said):
                await self._overtaken(said, plain)
            else:
                self._type(said, message.channel.id)
                _remember(self._authors, message.id, (said.conversation, said.member))
                if plain.edited:
                    _remember(self._changed, message.id, None)
                if message.id in self._gone:  # read for risk all the same, but it leaves the history
                    gone = inbound.deleted(message.id, said.conversation, room, said.member, hearing.clock())
                    await hearing.receive(gone)
                return said
        if edited:
            await hearing.receive(edited)
        return None

    async def _overtaken(self, said: Said, message: Message) -> None:
        """What was said before a change that was heard first: it is read for risk all the same. Raises StoreError."""
        if message.edited is None and message.id in self._changed:
            before = Confided(
                key=f"{said.key}/before",
                conversation=said.conversation,
                place=said.place,
                member=said.member,
                at=said.at,
                text=said.text,
            )
            await self._hearing.receive(before)

    async def _stays(self, room: Room, user: int) -> bool:
        """Whether somebody is in the care window in a thread. Raises StoreError."""
        hearing = self._hearing
        standings = dict(await hearing.bot.store.standings(names.conversation(room.id)))
        standing = standings.get(names.member(user).id)
        return standing is not None and standing.in_care(hearing.clock())

    async def _caught_up(self, guild: int | None) -> None:
        """Return when a guild is not behind any more, or has been for long."""
        with suppress(TimeoutError):
            async with asyncio.timeout(WAITS):
                while over := self._behind.get(guild):
                    await over.wait()

    def _alarming(self, message: discord.Message) -> bool:
        """Whether the wording alone calls for care."""
        guild = message.guild.id if message.guild else None
        place = names.place(guild, message.channel.id, private=False)
        return self._hearing.is_alarming(place, message.content)

    async def _remembered(self, message: Message, room: Room, me: int) -> Message:
        """A message with what is remembered of it, and of what it replies to, where that matters. Raises StoreError.

        None is overtaken by one that was said after it.
        """
        if room.guild is None or room.parent is not None:
            return message
        order, earlier = self._order.setdefault(room.id, asyncio.Lock()), message.reply_to
        async with order:
            if earlier and earlier.author.id == me and not earlier.has_thread:
                message = replace(message, reply_to=replace(earlier, conversation=await self._continued(earlier)))
            if message.edited is not None:
                message = replace(message, conversation=await self._conversation(message.id))
        return message

    async def _continued(self, earlier: Earlier) -> str | None:
        """The conversation in which a message of ours in a channel was said; None: in none."""
        store = self._hearing.bot.store
        action = await store.performed(names.NAME, str(earlier.id))
        if action is not None:
            return None if isinstance(action, CallModerators) else action.conversation
        found = await store.conversation_at(names.NAME, str(earlier.id))
        if found is None and await store.turns(names.conversation(earlier.id), 1):  # what a branch opened from
            return names.conversation(earlier.id)
        if found is None and earlier.answers:  # one of several messages that an answer took
            found = await self._conversation(earlier.answers)
        return found

    async def _deleted(self, message: int, channel: int, guild: int | None) -> None:
        """Discord does not tell whose it was: what the bot does not know it drops."""
        _remember(self._gone, message, None)
        hearing, conversation = self._hearing, await self._conversation(message)
        if self._client is None or conversation is None:
            return
        author = await self._author(message, conversation)
        room = await hearing.rooms.by_id(channel, guild, self._client) if author else None
        if author and room:
            await hearing.receive(inbound.deleted(message, conversation, room, author, hearing.clock()))

    async def _conversation(self, message: int) -> str | None:
        """The conversation in which a message was heard; None: in none."""
        remembered, _ = self._authors.get(message, (None, None))
        return remembered or await self._hearing.bot.store.conversation_at(names.NAME, str(message))

    async def _author(self, message: int, conversation: str) -> Member | None:
        """Who wrote a message that was heard in a conversation; None: no member."""
        _, author = self._authors.get(message, (None, None))
        if author:
            return author
        turn = await self._hearing.bot.store.turn_of(conversation, str(message))
        return turn.turn.member if turn else None

    def _type(self, said: Said, channel: int) -> None:
        """Show that an answer is on its way, where one will be."""

        async def answered() -> bool:
            ending = await self._hearing.bot.store.latest_ending(said.conversation)
            if ending is None or ending.state is EndingState.OVERTURNED:
                return True
            return ending.scope is Scope.PART and ending.member != said.member.id

        if said.to_bot and self._hearing.clock() - said.at < FRESH:
            self._hearing.typing.begin(said.conversation, channel, answered)


def _remember(kept: "OrderedDict[int, T]", message: int, value: T) -> None:
    kept[message] = value
    if len(kept) > REMEMBERED:
        kept.popitem(last=False)

"""What happened while nobody listened: asked for after each new session, and heard like everything else.

A session that goes on is told of all it missed. A new one is not, nor is a process that starts. So each channel is
read from where a guild was last heard of: the newest message that came from it, else the newest the store has. It is
heard in the order in which it was said, and before anything that is said meanwhile. What was remembered lately is
compared with what Discord has now: some of it was changed, or is gone. Reactions to what followed an ending are read
again, and closed threads that are open now were opened by moderators. What is read twice is known by its key. What is
older than anything would still be read for is left alone.

What cannot be caught up with: the first direct message ever of somebody who wrote it meanwhile. Discord tells bots of
a direct message's channel with its messages alone, and lists them nowhere.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial

import discord
from discord.utils import time_snowflake

from adapters.discord import inbound, names
from adapters.discord.hearing.gateway import Handler
from adapters.discord.hearing.listening import Hearing, Listening
from adapters.discord.outgoing.sending import UNKNOWN_MESSAGE, Denied
from adapters.discord.people.watching import Watching
from bot.domain.conversation import Place, Turn
from bot.errors import PlatformError, StoreError, where

log = logging.getLogger(__name__)

PAGE = 100  # messages of one request, as of API v10
MOST = 1_000  # messages of a channel, the newest
CONVERSATIONS = 50  # of a space, those with the latest turns; and its latest endings
TURNS = 50  # of a conversation, the latest: they are compared with what is there now
ALONE = 25  # messages of a conversation that are asked for one by one: they are not on its channel's newest page
AT_ONCE = 4  # channels that are read side by side
OVERLAP = timedelta(seconds=10)  # channels need not be told of in the order in which they were written in
AFTERWARDS = timedelta(days=1)  # how long after its time an ending is still looked at: the bot may have been away
TRIES, PAUSE = 3, 30.0  # how often something is read that cannot be, and seconds between

Page = Mapping[int, discord.Message]
Written = discord.TextChannel | discord.VoiceChannel | discord.StageChannel | discord.Thread


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
        with self._listening.behind(number):
            guild = self._client.get_guild(number) if self._client else None
            if guild is None:
                return
            for thread in guild.threads:
                self._hearing.threads.saw(thread.id)
            since = await self._since(guild, self._listening.newest.get(number))
            there: list[Written] = [*guild.text_channels, *guild.voice_channels, *guild.stage_channels, *guild.threads]
            there += await self._archived(guild, since)
            missed = [each.id for each in there if (each.last_message_id or 0) > since and _may_read(each, guild.me)]
            await self._hear(dict.fromkeys(missed, since), number)
        await self._changes(guild)
        await self._endings(str(guild.id))

    async def _archived(self, guild: discord.Guild, since: int) -> Sequence[discord.Thread]:
        """The posts of the forums that the bot serves that were put into the archive after a message."""
        forums = self._hearing.bot.configuration().settings.at(names.place(guild.id, 0, private=False)).forums
        found: list[discord.Thread] = []

        async def read(forum: discord.ForumChannel) -> None:
            async def archived(_: discord.Client) -> list[discord.Thread]:
                return [thread async for thread in forum.archived_threads(limit=PAGE)]

            found.extend(await self._hearing.requests.ask(archived))

        for each in forums:
            forum = guild.get_channel(int(each)) if each.isdecimal() else None
            if isinstance(forum, discord.ForumChannel) and _may_read(forum, guild.me):
                await self._tried(f"the archive of {forum.id}", partial(read, forum))
        return [each for each in found if time_snowflake(each.archive_timestamp, high=True) > since]

    async def _direct(self) -> None:
        store, since = self._hearing.bot.store, dict[int, int]()
        with self._listening.behind(None):
            known = await store.conversations(names.NAME, names.DIRECT, CONVERSATIONS)
            for conversation in dict.fromkeys((*known, *await self._undecided())):
                channel, newest = names.channel(conversation), await self._newest_of(conversation)
                since[channel] = max(since.get(channel, self._earliest), newest)
            await self._hear(since, None)
        await self._changes(None)
        await self._endings(names.DIRECT)

    async def _undecided(self) -> Sequence[str]:
        """Conversations in direct messages of which something was kept and nothing is decided yet."""
        store = self._hearing.bot.store
        waiting = {each: await store.open_events(each, 1) for each in await store.open_conversations()}
        return [each for each, heard in waiting.items() if heard and _is_direct(heard[0].event.place)]

    # What was said.

    async def _hear(self, since: Mapping[int, int], guild: int | None) -> None:
        """Hear what was said in channels after these messages, all of it in the order in which it was said.

        Where something fails, that channel is tried again by itself.
        """
        found, left = list[discord.Message](), set[int]()

        async def read(channel: int) -> None:
            try:
                async with self._room:
                    found.extend(await self._missed(channel, guild, since[channel]))
            except Denied:
                return
            except (PlatformError, StoreError) as fault:
                _log(_channel(channel), fault)
                left.add(channel)

        async def again(channel: int) -> None:
            for message in await self._missed(channel, guild, since[channel]):
                await self._listening.hear(message)

        await asyncio.gather(*map(read, since))
        for message in sorted(found, key=lambda each: each.id):
            if message.channel.id in left:
                continue
            try:
                await self._listening.hear(message)
            except (PlatformError, StoreError) as fault:
                _log(_channel(message.channel.id), fault)
                left.add(message.channel.id)
        await asyncio.gather(*(self._tried(_channel(each), partial(again, each), before=1) for each in left))

    async def _missed(self, channel: int, guild: int | None, since: int) -> Sequence[discord.Message]:
        """The messages after `since`, oldest first: the newest of them, if they are too many."""
        found: list[discord.Message] = []
        while len(found) < MOST:
            page = await self._page(channel, guild, since, found[-1] if found else None)
            found += page
            if len(page) < PAGE:
                return found[::-1]
        log.warning("channel %d: %d messages were missed and are read; earlier ones than %d are left alone",
                    channel, len(found), found[-1].id)  # fmt: skip
        return found[::-1]

    async def _page(
        self, channel: int, guild: int | None, since: int | None, before: discord.Message | None
    ) -> Sequence[discord.Message]:
        """Up to PAGE messages after one and before another, newest first. Raises Denied, PlatformError."""

        async def read(client: discord.Client) -> list[discord.Message]:
            there = client.get_partial_messageable(channel, guild_id=guild)
            after = discord.Object(since) if since is not None else None
            history = there.history(limit=PAGE, before=before, after=after, oldest_first=False)
            return [message async for message in history]

        return await self._hearing.requests.ask(read)

    # What has changed since.

    async def _changes(self, guild: discord.Guild | None) -> None:
        """Compare what was remembered lately with what is there now."""
        store, pages = self._hearing.bot.store, dict[int, Page]()
        space, around = str(guild.id) if guild else names.DIRECT, await self._around(guild)
        for conversation in await store.conversations(names.NAME, space, CONVERSATIONS):
            turns = [each.turn for each in await store.turns(conversation, TURNS) if _says(each.turn)]
            lately = [each for each in turns if int(each.message) > self._earliest]
            if lately:
                compare = partial(self._compare, conversation, lately, guild, pages, around.get(conversation))
                await self._tried(f"what has changed in {conversation}", compare)

    async def _around(self, guild: discord.Guild | None) -> Mapping[str, int]:
        """The channels in which conversations may be held without a thread, by these."""
        found, hearing = dict[str, int](), self._hearing
        for each in guild.channels if guild else ():
            place = names.place(each.guild.id, each.id, private=False)
            if hearing.bot.configuration().settings.at(place).plain_replies:
                known = await hearing.bot.store.conversations_in(names.NAME, place.space, place.channel, CONVERSATIONS)
                found |= dict.fromkeys(known, each.id)
        return found

    async def _compare(
        self,
        conversation: str,
        turns: Sequence[Turn],
        guild: discord.Guild | None,
        pages: dict[int, Page],
        around: int | None,
    ) -> None:
        """Hear of what was changed in a conversation, and of what is gone from it.

        around  the channel in which it is held if it has no thread
        """
        hearing, own = self._hearing, names.channel(conversation)
        if self._client is None:
            return
        number = guild.id if guild else None
        room = await hearing.rooms.by_id(own, number, self._client)
        if room is None and around:
            room = await hearing.rooms.by_id(around, number, self._client)
        if room is None:
            return
        there = guild.get_channel(room.parent or room.id) if guild else None
        if guild and not (there and _may_read(there, guild.me)):
            return
        channels = [each for each in (room.id, room.parent) if each is not None]
        alone = ALONE
        for turn in turns:
            number, store = int(turn.message), hearing.bot.store
            # A branch begins with a message of another conversation.
            if await store.conversation_at(names.NAME, turn.message) != conversation:
                continue
            message = await self._shown(number, channels, room.guild, pages)
            if message is None:
                if not alone:
                    continue
                alone -= 1
                try:
                    message = await self._alone(number, channels, room.guild)
                except Denied:  # that it cannot be seen says nothing about it
                    continue
            if message is None:
                gone = inbound.deleted(number, conversation, room, turn.member, hearing.clock())
                await hearing.receive(gone)
            elif message.edited_at:
                await self._listening.hear(message)

    async def _shown(
        self, number: int, channels: Sequence[int], guild: int | None, pages: dict[int, Page]
    ) -> discord.Message | None:
        """A message, if it is on the newest page of one of these channels. Raises Denied, PlatformError."""
        for channel in channels:
            if channel not in pages:
                pages[channel] = {each.id: each for each in await self._page(channel, guild, None, None)}
            if number in pages[channel]:
                return pages[channel][number]
        return None

    async def _alone(self, number: int, channels: Sequence[int], guild: int | None) -> discord.Message | None:
        """A message, wherever it is of these channels; None: it is gone. Raises Denied: nobody knows; PlatformError."""
        for channel in channels:

            async def fetch(client: discord.Client, channel: int = channel) -> discord.Message:
                return await client.get_partial_messageable(channel, guild_id=guild).fetch_message(number)

            try:
                return await self._hearing.requests.ask(fetch)
            except Denied as denied:
                if denied.code != UNKNOWN_MESSAGE:
                    raise
        return None

    # What followed endings.

    async def _endings(self, space: str) -> None:
        """Look at the reactions to the latest endings of a space, and at their locks."""
        hearing = self._hearing
        since = hearing.clock() - hearing.bot.configuration().settings.endings.feedback - AFTERWARDS
        for ending in await hearing.bot.store.endings(space=space, limit=CONVERSATIONS):
            channel = names.channel(ending.conversation)
            if ending.at < since:
                return
            channels, thread = [channel], self._client.get_channel(channel) if self._client else None
            if isinstance(thread, discord.Thread):
                await self._tried(f"the lock after {ending.id}", partial(self._watching.look, thread))
            elif space != names.DIRECT and (whole := await hearing.bot.store.ending(ending.id)):
                channels.append(int(whole.place.channel))  # where there is no thread, it was said around it
            for each in channels:
                await self._tried(f"the reactions to {ending.id}", partial(self._watching.read, each, ending))

    async def _tried(self, what: str, read: Callable[[], Awaitable[None]], *, before: int = 0) -> None:
        """Read something, a few times if need be. What nobody may read is left alone.

        before  how often it has been tried already
        """
        for tried in range(before, TRIES):
            if tried:
                await self._hearing.sleep(PAUSE)
            try:
                async with self._room:
                    await read()
            except Denied:
                return
            except (PlatformError, StoreError) as fault:
                _log(what, fault)
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
        for each in await self._hearing.bot.store.conversations(names.NAME, space, CONVERSATIONS):
            if newest := await self._newest_of(each):  # beside a command no message need have been said
                return newest
        return 0

    async def _newest_of(self, conversation: str) -> int:
        turns = await self._hearing.bot.store.turns(conversation, 1)
        return int(turns[0].turn.message) if turns and turns[0].turn.message.isdigit() else 0

    @property
    def _earliest(self) -> int:
        """The earliest message that anything is still done about."""
        hearing = self._hearing
        return time_snowflake(hearing.clock() - hearing.bot.configuration().settings.turns.risk_within)


def _log(what: str, fault: Exception) -> None:
    log.warning("%s could not be caught up with: %s", what, where(fault))


def _channel(number: int) -> str:
    return f"channel {number}"


def _may_read(channel: discord.abc.GuildChannel | discord.Thread, me: discord.Member) -> bool:
    """Discord tells of channels as well that the bot may not see; to ask for them counts against it."""
    may = channel.permissions_for(me)
    return may.view_channel and may.read_message_history


def _is_direct(place: Place) -> bool:
    return (place.platform, place.space) == (names.NAME, names.DIRECT)


def _says(turn: Turn) -> bool:
    """Whether a turn still says something, and was a message."""
    return turn.message.isdigit() and bool(turn.text or turn.attachments)

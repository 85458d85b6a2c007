"""The channel of a conversation: a thread, opened once from the message that began it, or a direct message's.

A thread that is opened from a message has the message's id. So whether it is there can always be told, also when
the answer to opening it was lost, or when somebody else was quicker. What could not be opened for a message is not
tried again for it: all that is said about that message stands in one place.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any, Final
from weakref import WeakValueDictionary

import discord

from adapters.discord import names
from adapters.discord.outgoing.sending import UNKNOWN_CHANNEL, Denied, Lines, Requests
from bot.domain.conversation import Place
from bot.domain.naming import shown

LASTS: Final = 4320  # minutes without a message until Discord archives a thread
LONGEST_LASTS: Final = 10080  # the most there is, as of API v10
LONGEST_TITLE = 100  # characters, as of API v10
KNOWN = 10_000  # threads that are remembered to be there


class Threads:
    """Opens threads, locks them, and finds the channels of direct messages."""

    def __init__(self, requests: Requests) -> None:
        self._requests = requests
        self._there: OrderedDict[int, None] = OrderedDict()
        self._missing: OrderedDict[int, Denied] = OrderedDict()  # by message: why there is no thread for it
        self._titles: OrderedDict[int, str] = OrderedDict()  # of those that are still to be opened
        self._lines = Lines()
        self._opening: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        self._direct: dict[int, int] = {}  # users' channels

    def saw(self, thread: int) -> None:
        """A thread is there."""
        _remember(self._there, thread, None)

    def entitle(self, thread: int, member: str) -> None:
        """The thread that a message may open is a member's."""
        _remember(self._titles, thread, member)

    async def opened(
        self, place: Place, conversation: str, message: int | None, *, stays: bool = False, urgent: bool = False
    ) -> int:
        """The channel of a conversation; its thread is opened if it is not there.

        message  the one that is answered; nothing is opened for one that is not in the channel, or for None
        stays    a conversation that has gone on without a thread does so still
        urgent   opening it does not stand in the channel's line

        Raises Denied: there is no thread, and there can be none; or PlatformError.
        """
        thread = names.channel(conversation)
        if place.space == names.DIRECT or thread in self._there:
            return thread
        lock = self._opening.setdefault(thread, asyncio.Lock())
        async with lock:
            if thread not in self._there:
                if denied := self._missing.get(message or thread) or (self._missing.get(thread) if stays else None):
                    raise denied.with_traceback(None)
                try:
                    await self._come_about(int(place.channel), thread, message, stays=stays, urgent=urgent)
                except Denied as denied:
                    for each in {message, thread} if message else ():  # else nobody has tried to open it
                        _remember(self._missing, each, denied)
                    raise
                self.saw(thread)
        return thread

    async def lock(self, thread: int, reason: str, *, locked: bool) -> None:
        """Lock a thread, or take the lock off. It stays open to reactions: it is not archived.

        Nor does Discord archive a locked one soon, as nobody writes in it any more: who began it may have said so.
        Raises Denied, PlatformError.
        """
        lasts = {"auto_archive_duration": LONGEST_LASTS} if locked else {}

        async def change(client: discord.Client) -> Any:
            return await client.http.edit_channel(thread, locked=locked, archived=False, reason=reason, **lasts)

        await self._requests.ask(change)
        self.saw(thread)

    async def archive(self, thread: int, reason: str) -> None:
        """Put a thread into the archive, where nobody can react any more. Raises Denied, PlatformError."""

        async def change(client: discord.Client) -> Any:
            return await client.http.edit_channel(thread, archived=True, reason=reason)

        await self._requests.ask(change)

    async def is_locked(self, thread: int) -> bool:
        """Whether a thread is locked now. Raises Denied, PlatformError."""

        async def fetch(client: discord.Client) -> bool:
            found = await client.fetch_channel(thread)
            return isinstance(found, discord.Thread) and found.locked

        return await self._requests.ask(fetch)

    async def wake(self, thread: int) -> None:
        """Take a thread out of the archive, locked or not. Raises Denied, PlatformError."""

        async def change(client: discord.Client) -> Any:
            return await client.http.edit_channel(thread, archived=False)

        await self._requests.ask(change)

    async def direct(self, user: int) -> int:
        """The channel of direct messages with somebody. Raises Denied, PlatformError."""

        async def open_(client: discord.Client) -> int:
            return int((await client.http.start_private_message(user))["id"])

        if user not in self._direct:
            self._direct[user] = await self._requests.ask(open_)
        return self._direct[user]

    async def _come_about(self, parent: int, thread: int, message: int | None, *, stays: bool, urgent: bool) -> None:
        """Open a thread, unless it is there. Raises Denied, PlatformError."""
        if message == thread:
            await self._open(parent, thread, urgent=urgent)
        elif not await self._is_there(thread):
            if stays or message is None or not await self._is_in(parent, message):
                raise Denied(UNKNOWN_CHANNEL, 404)
            await self._open(parent, thread, urgent=urgent)

    async def _open(self, parent: int, message: int, *, urgent: bool) -> None:
        async def begin(client: discord.Client) -> Any:
            title = self._title(message, client)
            return await client.http.start_thread_with_message(parent, message, name=title, auto_archive_duration=LASTS)

        try:
            async with self._lines.at(parent, urgent=urgent):
                await self._requests.ask(begin)
        except Denied:
            if not await self._is_there(message):
                raise

    async def _is_there(self, thread: int) -> bool:
        """Whether there is a thread that the bot sees. Raises PlatformError."""
        return await self._is(lambda client: client.http.get_channel(thread))

    async def _is_in(self, channel: int, message: int) -> bool:
        """Whether a message is in a channel. Raises PlatformError."""
        return await self._is(lambda client: client.http.get_message(channel, message))

    async def _is(self, look: Callable[[discord.Client], Awaitable[Any]]) -> bool:
        try:
            await self._requests.ask(look)
        except Denied:
            return False
        return True

    def _title(self, thread: int, client: discord.Client) -> str:
        bot = shown(client.user.display_name) if client.user else ""
        named = (name for name in (self._titles.get(thread, ""), bot) if name)
        return " & ".join(named)[:LONGEST_TITLE] or "…"


def _remember(kept: "OrderedDict[int, Any]", key: int, value: object) -> None:
    kept[key] = value
    kept.move_to_end(key)
    if len(kept) > KNOWN:
        kept.popitem(last=False)

"""The channel of a conversation: a thread, opened once from the message that began it, or a direct message's.

A thread that is opened from a message has the message's id. So whether it is there can always be told, also when
the answer to opening it was lost, or when somebody else was quicker.
"""

import asyncio
from collections import OrderedDict
from typing import Any, Final
from weakref import WeakValueDictionary

import discord

from adapters.discord import names
from adapters.discord.sending import Denied, Requests
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
        self._there: OrderedDict[int, bool] = OrderedDict()  # whether they are locked, as far as was told
        self._titles: OrderedDict[int, str] = OrderedDict()  # of those that are still to be opened
        self._opening: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        self._direct: dict[int, int] = {}  # users' channels

    def saw(self, thread: int, *, locked: bool | None = None) -> None:
        """A thread is there. locked: None where that is not told."""
        _remember(self._there, thread, self._there.get(thread, False) if locked is None else locked)

    def locked(self, thread: int) -> bool:
        """Whether a thread was locked when it was told of last."""
        return self._there.get(thread, False)

    def entitle(self, thread: int, member: str) -> None:
        """The thread that a message may open is a member's."""
        _remember(self._titles, thread, member)

    async def opened(self, place: Place, conversation: str, message: str) -> int:
        """The channel of a conversation; its thread is opened if `message` is the one that it opens from.

        Raises Denied: there can be no thread, or PlatformError.
        """
        channel = names.channel(conversation)
        if place.space == names.DIRECT or message != str(channel) or channel in self._there:
            return channel
        lock = self._opening.setdefault(channel, asyncio.Lock())
        async with lock:
            if channel not in self._there:
                await self._open(int(place.channel), channel)
                self.saw(channel)
        return channel

    async def lock(self, thread: int, reason: str, *, locked: bool) -> None:
        """Lock a thread, or take the lock off. It stays open to reactions: it is not archived.

        Nor does Discord archive a locked one soon, as nobody writes in it any more: who began it may have said so.
        Raises Denied, PlatformError.
        """
        lasts = {"auto_archive_duration": LONGEST_LASTS} if locked else {}

        async def change(client: discord.Client) -> Any:
            return await client.http.edit_channel(thread, locked=locked, archived=False, reason=reason, **lasts)

        await self._requests.ask(change)
        self.saw(thread, locked=locked)

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

    async def _open(self, parent: int, message: int) -> None:
        async def begin(client: discord.Client) -> Any:
            title = self._title(message, client)
            return await client.http.start_thread_with_message(parent, message, name=title, auto_archive_duration=LASTS)

        async def fetch(client: discord.Client) -> Any:
            return await client.http.get_channel(message)

        try:
            await self._requests.ask(begin)
        except Denied as denied:
            try:
                await self._requests.ask(fetch)
            except Denied:
                raise denied from None

    def _title(self, thread: int, client: discord.Client) -> str:
        bot = shown(client.user.display_name) if client.user else ""
        named = (name for name in (self._titles.get(thread, ""), bot) if name)
        return " & ".join(named)[:LONGEST_TITLE] or "…"


def _remember(kept: "OrderedDict[int, Any]", key: int, value: object) -> None:
    kept[key] = value
    kept.move_to_end(key)
    if len(kept) > KNOWN:
        kept.popitem(last=False)

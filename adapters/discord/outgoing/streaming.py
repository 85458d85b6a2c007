"""How far an answer has come, shown by editing one message; and that somebody is typing, until something is shown.

Discord does not say how often a channel's messages may be edited, so an edit waits for its turn, and when that comes
shows the latest text. Where many answers are on their way not all are shown: what is only nice to see must not keep
back what has to be said. What is shown is the first message of the answer, under its nonce: the whole answer becomes an
edit of it, and one that a crash left unfinished is found again by its mark.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import discord

from adapters.discord.outgoing.composing import Spot, first
from adapters.discord.outgoing.sending import UNFINISHED, Denied, Posts, Requests, Sleep
from bot.errors import PlatformError, StoreError, where

log = logging.getLogger(__name__)

APART = 1.2  # seconds between two edits in a channel: what was measured to pass without the library's having to wait
WORTH = 60  # characters from which on an unfinished answer is shown: a short one is there at once anyway
FORGOTTEN = 900.0  # seconds after which nobody expects an answer to go on
TYPES_FOR = 8.0  # seconds after which Discord has to be told again; it shows typing for ten
TYPES_AT_MOST = 5  # times
SIDE_BY_SIDE = 20  # answers: Discord takes 50 requests a second of a bot, for all that it does

Begin = Callable[[], Awaitable[Spot]]  # opens where the answer goes


@dataclass(slots=True)
class _Preview:
    """One answer that is being written."""

    text: str
    shown: str = ""
    there: tuple[int, str] | None = None  # in which channel it is shown, and the nonce
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    asking: asyncio.Lock = field(default_factory=asyncio.Lock)  # held while Discord is asked
    task: asyncio.Task[None] | None = None


class Previews:
    """Shows unfinished answers, each in one message that is edited as it grows.

    now  seconds, of a clock that never goes back
    """

    def __init__(self, posts: Posts, sleep: Sleep, now: Callable[[], float]) -> None:
        self._posts = posts
        self._sleep = sleep
        self._now = now
        self._growing: dict[str, _Preview] = {}  # by action
        self._withdrawing: set[asyncio.Task[None]] = set()
        self._next: dict[int, float] = {}  # when a channel's turn comes

    def show(self, action: str, text: str, begin: Begin) -> None:
        """The answer that `action` will say has come this far. `begin` opens where it goes. Returns at once."""
        preview = self._growing.get(action)
        if len(text) < WORTH or (preview is None and len(self._growing) >= SIDE_BY_SIDE):
            return
        if preview is None:
            preview = self._growing[action] = _Preview(text)
            preview.task = asyncio.create_task(self._grow(action, preview, begin))
        preview.text = text
        preview.changed.set()

    async def stop(self, action: str) -> str:
        """Nothing more is shown of an unfinished answer; returns when Discord has answered what it was asked.

        Out: what is shown of it.
        """
        preview = self._growing.pop(action, None)
        if preview is None or preview.task is None:
            return ""
        async with preview.asking:
            preview.task.cancel()
        await asyncio.gather(preview.task, return_exceptions=True)
        return preview.shown

    def withdraw(self, action: str) -> None:
        """Something else is said instead: what is shown of the answer goes. Returns at once, best effort."""
        if preview := self._growing.get(action):
            task = asyncio.create_task(self._withdrawn(action, preview))
            self._withdrawing.add(task)
            task.add_done_callback(self._withdrawing.discard)

    async def close(self) -> None:
        """Stop everywhere."""
        stopping = (self.stop(action) for action in list(self._growing))
        await asyncio.gather(*stopping, *self._withdrawing, return_exceptions=True)

    async def _grow(self, action: str, preview: _Preview, begin: Begin) -> None:
        """Best effort: the whole answer is posted in any case."""
        try:
            async with preview.asking:
                spot = await begin()
            while True:
                async with asyncio.timeout(FORGOTTEN):
                    await preview.changed.wait()
                await self._turn(spot.channel)
                preview.changed.clear()
                async with preview.asking:
                    text = preview.text
                    post = first(action, text, spot)
                    preview.there = spot.channel, post.nonce
                    await self._posts.put(spot.channel, replace(post, text=post.text + UNFINISHED))
                    preview.shown = text
        except TimeoutError:
            self._growing.pop(action, None)
        except (Denied, PlatformError) as fault:
            log.info("%s is not shown while it is written: %s", action, where(fault))

    async def _withdrawn(self, action: str, preview: _Preview) -> None:
        await self.stop(action)
        if preview.there:
            with suppress(Denied, PlatformError):
                await self._posts.withdraw(*preview.there)

    async def _turn(self, channel: int) -> None:
        """Wait for the next edit that a channel has room for."""
        now = self._now()
        due = max(self._next.get(channel, now), now)
        self._next = {each: at for each, at in self._next.items() if at > now} | {channel: due + APART}
        if due > now:
            await self._sleep(due - now)


class Typing:
    """Shows that the bot is typing, best effort, until something is shown or it has taken too long."""

    def __init__(self, requests: Requests, sleep: Sleep) -> None:
        self._requests = requests
        self._sleep = sleep
        self._tasks: dict[str, asyncio.Task[None]] = {}  # by conversation

    def begin(self, conversation: str, channel: int, wanted: Callable[[], Awaitable[bool]]) -> None:
        """Something is on its way to a conversation, if it is `wanted`."""
        if conversation not in self._tasks and len(self._tasks) < SIDE_BY_SIDE:
            task = self._tasks[conversation] = asyncio.create_task(self._type(channel, wanted))
            task.add_done_callback(lambda done: self._forget(conversation, done))

    def end(self, conversation: str) -> None:
        """It is there."""
        if task := self._tasks.pop(conversation, None):
            task.cancel()

    async def close(self) -> None:
        """Stop everywhere."""
        tasks, self._tasks = list(self._tasks.values()), {}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _type(self, channel: int, wanted: Callable[[], Awaitable[bool]]) -> None:
        async def show(client: discord.Client) -> Any:
            return await client.http.send_typing(channel)

        try:
            for _ in range(TYPES_AT_MOST if await wanted() else 0):
                await self._requests.ask(show)
                await self._sleep(TYPES_FOR)
        except (Denied, PlatformError, StoreError) as fault:
            log.debug("typing is not shown: %s", where(fault))

    def _forget(self, conversation: str, task: asyncio.Task[None]) -> None:
        if self._tasks.get(conversation) is task:
            del self._tasks[conversation]

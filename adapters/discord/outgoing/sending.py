"""Requests to Discord, and posts that come about once.

A post has a nonce, so that sending it again within a few minutes gives back the one that is there. After that it is
looked for in what its channel holds. The library tries some faults again, but neither a 503 nor a connection that is
reset: the post may be there or not, and only the same nonce tells.
"""

import asyncio
import hashlib
import io
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from weakref import WeakValueDictionary

import aiohttp
import discord

from bot.errors import PlatformError

T = TypeVar("T")
Sleep = Callable[[float], Awaitable[None]]

WITHIN = 15.0  # seconds for one request, or for a connection to come about
PAUSES = (0.3, 1.0)  # seconds before the second and the third try
REMEMBERED = 4096  # posts of which it is known that they are there
LOOKED_AT = 200  # messages of a channel in which a post is looked for
UNFINISHED = " ▌"  # at the end of an answer that is still being written

NO_TOKEN, LIMITED = 401, 429  # statuses that say nothing about the request itself
UNKNOWN_CHANNEL, UNKNOWN_MESSAGE = 10003, 10008  # Discord's error codes
MISSING_ACCESS, MISSING_PERMISSIONS = 50001, 50013
ARCHIVED, LOCKED = 50083, 160005
INVALID = 50035
EDITED_TOO_OFTEN = 30046
AUTOMOD = {200000, 200001}
NOT_DIRECT = {50007, 50278, 10013, 50033}  # nobody to write to, or they do not want it
WHY = {
    UNKNOWN_CHANNEL: "the channel or thread is gone",
    UNKNOWN_MESSAGE: "somebody deleted it, and it is not posted again",
    MISSING_ACCESS: "the bot may not see that channel",
    MISSING_PERMISSIONS: "the bot lacks a permission there",
    LOCKED: "the thread is locked, and the bot may not manage threads there",
    160006: "the server has as many active threads as it can have",
    50024: "there can be no thread in that channel",
    **dict.fromkeys(AUTOMOD, "the server's AutoMod does not let it through"),
    **dict.fromkeys(NOT_DIRECT, "the member takes no direct messages from the bot"),
}


class Denied(Exception):
    """Discord will not do it, however often it is asked. code: Discord's own (0: it told none)."""

    def __init__(self, code: int, status: int) -> None:
        super().__init__(f"Discord's code {code}, status {status}")
        self.code = code

    @property
    def why(self) -> str:
        """For moderators and operators."""
        return f"{WHY.get(self.code, 'Discord refuses it')} (code {self.code})"


class Unanswered(PlatformError):
    """Nobody knows whether it was done: it may be asked for again at once."""


class Requests:
    """Asks Discord, each request within its time and tried again where that may help.

    client  the client that is logged in; waits until there is one
    within  seconds for one request
    """

    def __init__(
        self, client: Callable[[], Awaitable[discord.Client]], sleep: Sleep, *, within: float = WITHIN
    ) -> None:
        self._client = client
        self._sleep = sleep
        self._within = within

    async def ask(self, request: Callable[[discord.Client], Awaitable[T]]) -> T:
        """What comes of a request that may be made twice. Raises Denied, PlatformError: later it may work."""
        for pause in PAUSES:
            try:
                return await self._once(request)
            except Unanswered:
                await self._sleep(pause)
        return await self._once(request)

    async def _once(self, request: Callable[[discord.Client], Awaitable[T]]) -> T:
        try:
            async with asyncio.timeout(self._within):
                return await request(await self._client())
        except discord.HTTPException as fault:
            if fault.status >= 500:
                raise Unanswered(f"Discord answered with status {fault.status}") from fault
            if fault.status in {NO_TOKEN, LIMITED}:
                raise PlatformError(f"Discord answered with status {fault.status}") from fault
            raise Denied(fault.code, fault.status) from fault
        except discord.DiscordException as fault:  # RateLimited above all: it would have to wait for too long
            raise PlatformError(f"Discord could not be asked: {type(fault).__name__}") from fault
        # RuntimeError: the client was closed meanwhile, and there will be another
        except (aiohttp.ClientError, OSError, TimeoutError, RuntimeError) as fault:
            raise Unanswered(f"Discord did not answer: {type(fault).__name__}") from fault


class Lines:
    """One request at a time for each channel. What is urgent does not stand in line.

    The library lets requests wait for their turn in the order in which they came. So none but the one that is under way
    waits there, and what is urgent comes right after it.
    """

    def __init__(self) -> None:
        self._heads: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def at(self, channel: int, *, urgent: bool) -> AsyncIterator[None]:
        """Stand in a channel's line."""
        if urgent:
            yield
            return
        head = self._heads.setdefault(channel, asyncio.Lock())
        async with head:
            yield


@dataclass(frozen=True, slots=True)
class Posted:
    """A message of our own that is there."""

    message: int
    digest: bytes  # of its text
    at: datetime  # when it could be read as it is


@dataclass(frozen=True, slots=True)
class Post:
    """A message of our own as it is to be.

    nonce    what Discord knows it by
    answers  the message in the same channel that it replies to; None: none
    bound    it is not posted unless the message that it replies to is there
    urgent   it does not stand in its channel's line
    after    it comes after this message or interaction; None: nobody knows
    file     a name and what is in it
    view     buttons
    roles    who is called with it; nobody else is, whatever the text says
    """

    nonce: str
    text: str
    answers: int | None = None
    bound: bool = False
    urgent: bool = False
    after: int | None = None
    file: tuple[str, bytes] | None = None
    view: discord.ui.View | None = None
    roles: Sequence[int] = ()


class Posts:
    """Our own messages: makes them, changes them, and knows those that are there."""

    def __init__(self, requests: Requests) -> None:
        self._requests = requests
        self._known: OrderedDict[str, Posted] = OrderedDict()  # by nonce
        self._lines = Lines()

    def known(self, nonce: str) -> Posted | None:
        """The message with this nonce, if it has been seen."""
        return self._known.get(nonce)

    def saw(self, message: discord.Message) -> None:
        """A message of our own was reported, or found."""
        if message.nonce and message.nonce not in self._known:
            self._keep(str(message.nonce), message)

    async def put(self, channel: int, post: Post) -> Posted:
        """Let the message be there with this text. Raises Denied, PlatformError.

        Denied with UNKNOWN_MESSAGE: it was there, and somebody has deleted it.
        """
        posted = self._known.get(post.nonce) or await self._sent(channel, post)
        return posted if posted.digest == digest(post.text) else await self._changed(channel, posted.message, post)

    async def withdraw(self, channel: int, nonce: str) -> None:
        """Take a message away, so that it can be made anew. Raises Denied, PlatformError."""
        if posted := self._known.pop(nonce, None):
            await self._requests.ask(lambda client: client.http.delete_message(channel, posted.message))

    async def react(self, channel: int, message: int, emoji: str) -> None:
        """Let a message have our reaction. Raises Denied, PlatformError."""
        await self._requests.ask(lambda client: client.http.add_reaction(channel, message, emoji))

    async def amend(self, channel: int, message: int, text: str, view: discord.ui.View | None) -> None:
        """Let a message of ours say this, with these buttons. Raises Denied, PlatformError."""

        async def change(client: discord.Client) -> Any:
            there = client.get_partial_messageable(channel).get_partial_message(message)
            return await there.edit(content=text, view=view)

        await self._requests.ask(change)

    async def look(self, channel: int, posts: Sequence[Post]) -> None:
        """Find which of these messages, one following the other, are in a channel. Raises Denied, PlatformError."""
        if all(post.nonce in self._known for post in posts):
            return
        messages = await self._requests.ask(lambda client: _own(client, channel, posts[0].after))
        taken = {posted.message for posted in self._known.values()}
        for number, post in enumerate(posts):
            free = (each for each in messages if each.id not in taken and _is(each, post, number))
            if post.nonce not in self._known and (message := next(free, None)):
                taken.add(message.id)
                self._keep(post.nonce, message)

    async def _sent(self, channel: int, post: Post) -> Posted:
        async def send(client: discord.Client) -> Posted:
            if seen := self._known.get(post.nonce):  # the reply was lost, but the gateway has told
                return seen
            message = await client.get_partial_messageable(channel).send(**_arguments(channel, post))
            return self._keep(post.nonce, message)

        async with self._lines.at(channel, urgent=post.urgent):
            return await self._requests.ask(send)

    async def _changed(self, channel: int, message: int, post: Post) -> Posted:
        async def change(client: discord.Client) -> Posted:
            there = client.get_partial_messageable(channel).get_partial_message(message)
            return self._keep(post.nonce, await there.edit(content=post.text))

        return await self._requests.ask(change)

    def _keep(self, nonce: str, message: discord.Message) -> Posted:
        posted = Posted(message.id, digest(message.content), message.edited_at or message.created_at)
        self._known[nonce] = posted
        self._known.move_to_end(nonce)
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return posted


def digest(text: str) -> bytes:
    """What a text is known by. Discord takes white space from its ends."""
    return hashlib.sha256(" ".join(text.split()).encode()).digest()


def _arguments(channel: int, post: Post) -> dict[str, Any]:
    """What `send` takes. Made anew for each try: a file can be read only once."""
    arguments: dict[str, Any] = {"content": post.text, "nonce": post.nonce}
    if post.answers is not None:
        answered = discord.MessageReference(message_id=post.answers, channel_id=channel, fail_if_not_exists=post.bound)
        arguments["reference"] = answered
    if post.file is not None:
        name, content = post.file
        arguments["file"] = discord.File(io.BytesIO(content), name)
    if post.view is not None:
        arguments["view"] = post.view
    if post.roles:
        arguments["allowed_mentions"] = discord.AllowedMentions(roles=[discord.Object(each) for each in post.roles])
    return arguments


async def _own(client: discord.Client, channel: int, after: int | None) -> list[discord.Message]:
    """Our own messages in a channel: the first after a message, or the latest; oldest first."""
    begin = None if after is None else discord.Object(after)
    history = client.get_partial_messageable(channel).history(
        limit=LOOKED_AT, after=begin, oldest_first=after is not None
    )
    messages = [message async for message in history if client.user and message.author.id == client.user.id]
    return sorted(messages, key=lambda message: message.id)


def _is(message: discord.Message, post: Post, number: int) -> bool:
    """Whether a message is this post, whole or still unfinished. Only the first of several can be unfinished."""
    answered = message.reference.message_id if message.reference else None
    if answered != post.answers and (post.bound or answered is not None):  # None: what it answers was gone already
        return False
    return digest(message.content) == digest(post.text) or (number == 0 and message.content.endswith(UNFINISHED))

"""Posts that come about once.

A post has an id in its metadata, which tells nobody anything. Where the answer to a post is lost, it may be there or
not: it is looked for before it is sent again.
"""

import asyncio
import uuid
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack import names
from adapters.slack.outgoing.pacing import Pace, Sleep, Timer
from adapters.slack.outgoing.post import Post
from adapters.slack.outgoing.sending import PAUSES, Denied, Requests, Unanswered
from bot.errors import PlatformError

T = TypeVar("T")
Json = Mapping[str, Any]

POST_EVERY, POSTS_AT_ONCE = 1.0, 3  # seconds between posts to a channel; short bursts are allowed
REMEMBERED = 4096  # posts of which it is known that they are there
PAGE, PAGES = 200, 5  # messages of a page, and pages, in which a post is looked for
EVENT = "fairwell"  # the event_type of our metadata
NO_BLOCKS = {"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long"}  # Slack's words


@dataclass(frozen=True, slots=True)
class Posted:
    """A message of our own that is there."""

    channel: str
    ts: str

    @property
    def message(self) -> str:
        """Its id."""
        return names.message(self.channel, self.ts)

    @property
    def at(self) -> datetime:
        """When it could be read."""
        return names.moment(self.ts)


class Posts:
    """Our own messages: makes them, changes them, and knows those that are there."""

    def __init__(self, requests: Requests, sleep: Sleep, timer: Timer) -> None:
        self._requests = requests
        self._sleep = sleep
        self._pace = Pace(POST_EVERY, POSTS_AT_ONCE, timer)
        self._lines: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()  # by channel: who posts next
        self._putting: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()  # by the post's id
        self._known: OrderedDict[str, Posted] = OrderedDict()  # by the post's id
        self._doubtful: OrderedDict[str, None] = OrderedDict()  # posts that may be there or not

    def known(self, post: str) -> Posted | None:
        """The message that is the post of this id, if it has been seen."""
        return self._known.get(post)

    def saw(self, message: Json, channel: str, me: str) -> None:
        """A message was reported, or found. me: the bot's user."""
        if message.get("user") == me and (post := marked(message)):
            self.keep(post, Posted(channel, str(message["ts"])))

    def keep(self, post: str, posted: Posted) -> Posted:
        """A post is there."""
        self._doubtful.pop(post, None)
        remember(self._known, post, posted)
        return posted

    async def put(self, team: str, channel: str, thread: str | None, post: Post) -> Posted:
        """Let a post be there, in a thread (its root's ts) or in the channel itself. Raises Denied, PlatformError."""
        pauses = iter(PAUSES)
        async with self._putting.setdefault(post.id, asyncio.Lock()):  # what is being sent cannot be found yet
            while not (posted := self._known.get(post.id)):
                try:
                    if post.id in self._doubtful:
                        await self.look(team, channel, thread, [post])
                    if post.id not in self._known:
                        await self._send(team, channel, thread, post)
                except Unanswered:
                    if (pause := next(pauses, None)) is None:
                        raise
                    await self._sleep(pause)
        return posted

    async def change(self, team: str, posted: Posted, post: Post, *, whole: bool = False) -> Posted:
        """Let a message of ours be this post from now on. whole: with its blocks, or not at all.

        Raises Denied, PlatformError.
        """

        async def change(client: AsyncWebClient, post: Post) -> Any:
            return await client.chat_update(channel=posted.channel, ts=posted.ts, **_said(post))

        async def ask(post: Post) -> Any:
            return await self._ask(team, "chat.update", lambda client: change(client, post), post)

        await (ask(post) if whole else self._taken(post, ask))
        return self.keep(post.id, posted)

    async def show(self, team: str, channel: str, thread: str | None, user: str, post: Post) -> None:
        """Let one user see a post, if they happen to look. Raises Denied, PlatformError."""

        async def show(client: AsyncWebClient, post: Post) -> Any:
            return await client.chat_postEphemeral(
                channel=channel, user=user, thread_ts=thread, text=post.text, blocks=list(post.blocks)
            )

        async def ask(post: Post) -> Any:
            return await self._ask(team, "chat.postEphemeral", lambda client: show(client, post), post)

        await self.turn(team, channel, urgent=post.urgent)
        await self._taken(post, ask)

    async def turn(self, team: str, channel: str, *, urgent: bool = False) -> None:
        """Wait until a channel takes another message. What is urgent does not wait, the others wait for it."""
        about = f"{team}:{channel}"
        if urgent:
            self._pace.turn(about)
            return
        async with self._lines.setdefault(about, asyncio.Lock()):
            if seconds := self._pace.left(about):
                await self._sleep(seconds)
            self._pace.turn(about)  # only now: whoever gives up waiting takes none from those behind them

    async def look(self, team: str, channel: str, thread: str | None, posts: Sequence[Post]) -> None:
        """Find which of these posts are in a thread, or in the channel itself. Raises Denied, PlatformError."""
        missing = {post.id for post in posts if post.id not in self._known}
        if not missing:
            return
        me = await self._requests.me(team)
        async for message in self.said(team, channel, thread, posts[0]):
            self.saw(message, channel, me)
            if missing <= self._known.keys():
                return

    async def said(self, team: str, channel: str, thread: str | None, first: Post) -> AsyncIterator[Json]:
        """What was said in a thread, or in the channel itself, since what a post follows from, and no earlier.

        Raises Denied, PlatformError.
        """
        cursor = ""
        for _ in range(PAGES):
            page = await self._page(team, channel, thread, first, cursor)
            for message in page["messages"]:
                yield message
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return

    async def _page(self, team: str, channel: str, thread: str | None, first: Post, cursor: str) -> Any:
        about: dict[str, Any] = {"channel": channel, "limit": PAGE, "oldest": first.after, "cursor": cursor or None}

        async def in_channel(client: AsyncWebClient) -> Any:
            return await client.conversations_history(**about, include_all_metadata=True)

        async def in_thread(client: AsyncWebClient) -> Any:
            return await client.conversations_replies(**about, ts=thread or "", include_all_metadata=True)

        if thread is None:
            return await self._ask(team, "conversations.history", in_channel, first)
        return await self._ask(team, "conversations.replies", in_thread, first)

    async def _send(self, team: str, channel: str, thread: str | None, post: Post) -> None:
        async def send(client: AsyncWebClient, post: Post) -> Any:
            unique = str(uuid.uuid5(uuid.NAMESPACE_URL, post.id))  # as Slack's own clients have it
            return await client.chat_postMessage(
                channel=channel,
                thread_ts=thread,
                unfurl_links=False,
                unfurl_media=False,
                client_msg_id=unique,
                **_said(post),
            )

        async def ask(post: Post) -> Any:
            return await self._ask(team, "chat.postMessage", lambda client: send(client, post), post)

        await self.turn(team, channel, urgent=post.urgent)
        remember(self._doubtful, post.id, None)
        try:
            answer = await self._taken(post, ask)
        except Unanswered:
            raise
        except (Denied, PlatformError):
            self._doubtful.pop(post.id, None)  # it is not there, for sure
            raise
        self.keep(post.id, Posted(channel, str(answer["ts"])))

    async def _taken(self, post: Post, ask: Callable[[Post], Awaitable[T]]) -> T:
        """A post as it is; where Slack does not take its blocks, without them."""
        try:
            return await ask(post)
        except Denied as denied:
            if denied.code not in NO_BLOCKS or not post.blocks:
                raise
            return await ask(post.plain)

    async def _ask(self, team: str, method: str, request: Callable[[AsyncWebClient], Awaitable[T]], post: Post) -> T:
        return await self._requests.ask(team, request, method=method, urgent=post.urgent)


def marked(message: Json) -> str:
    """The id of the post that a message says it is; "": of none."""
    match message.get("metadata"):
        case {"event_type": str(kind), "event_payload": {"id": str(post)}} if kind == EVENT:
            return post
    return ""


def _said(post: Post) -> dict[str, Any]:
    """What a message is to be like."""
    return {
        "text": post.text,
        "blocks": list(post.blocks),
        "metadata": {"event_type": EVENT, "event_payload": {"id": post.id}},
    }


def remember(kept: "OrderedDict[str, Any]", key: str, value: object) -> None:
    """Keep something, and forget what was kept longest ago."""
    kept[key] = value
    kept.move_to_end(key)
    if len(kept) > REMEMBERED:
        kept.popitem(last=False)

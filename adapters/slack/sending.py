"""Requests to Slack, and posts that come about once.

A post has an id in its metadata, which tells nobody anything. Where the answer to a post is lost, it may be there or
not: it is looked for before it is sent again. What is asked for by other requests may be asked for twice.
"""

import asyncio
import uuid
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

import aiohttp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack import names
from adapters.slack.authorizing import EXPIRED, GONE, Absent
from adapters.slack.clients import WITHIN, refusal, wait
from adapters.slack.pacing import Gate, Pace, Sleep, Timer
from adapters.slack.post import Post
from bot.errors import PlatformError, StoreError

T = TypeVar("T")
Json = Mapping[str, Any]

PAUSES = (0.5, 2.0)  # seconds before the second and the third try
PATIENCE = 60.0  # seconds that a request waits for Slack to want it, where it has had too many
AFTER = 1.0  # seconds until the next request, where it has had too many and does not say
POST_EVERY, POSTS_AT_ONCE = 1.0, 3  # seconds between posts to a channel; short bursts are allowed
REMEMBERED = 4096  # posts of which it is known that they are there
PAGE, PAGES = 200, 5  # messages of a page, and pages, in which a post is looked for
EVENT = "fairwell"  # the event_type of our metadata

# Methods by which something new is there each time: only whoever asks knows how to find out whether it is.
ONCE = frozenset({"chat.postMessage", "chat.postEphemeral", "chat.startStream", "chat.appendStream", "chat.stopStream"})

NOT_INSTALLED = "not_installed"  # our own word
THREAD_GONE, MESSAGE_GONE = "thread_not_found", "message_not_found"  # Slack's words
LIMITED = {"ratelimited", "rate_limited"}
UNCERTAIN = {"internal_error", "fatal_error", "service_unavailable"}  # some of it may have been done all the same
LATER = {"request_timeout", "message_limit_exceeded", "accesslimited", "org_login_required", "team_added_to_org"}
NO_BLOCKS = {"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long"}
NOT_DIRECT = {"cannot_dm_bot", "user_not_found", "user_not_visible", "user_disabled", "messages_tab_disabled"}
WHY = {
    NOT_INSTALLED: "the app is not in that workspace",
    THREAD_GONE: "the thread is gone",
    MESSAGE_GONE: "somebody deleted the message",
    "channel_not_found": "the channel is gone, or the bot may not see it",
    "not_in_channel": "the bot is not in that channel",
    "user_not_in_channel": "the member has left that channel",
    "is_archived": "the channel is archived",
    "missing_scope": "the app lacks a scope: install it again",
    "cannot_reply_to_message": "nobody can reply to that message",
    "too_many_reactions": "the message has as many reactions as it can have",
    **dict.fromkeys(NOT_DIRECT, "the member takes no direct messages from the bot"),
}
RESTRICTED = "the workspace does not let the bot do that"  # for codes that begin with "restricted_action"


class Denied(Exception):
    """Slack will not do it, however often it is asked. code: Slack's own word."""

    def __init__(self, code: str) -> None:
        super().__init__(f"Slack's word: {code}")
        self.code = code

    @property
    def why(self) -> str:
        """For moderators and operators: the same each time."""
        usual = RESTRICTED if self.code.startswith("restricted_action") else "Slack refuses it"
        return f"{WHY.get(self.code, usual)} ({self.code})"


class Unanswered(PlatformError):
    """Nobody knows whether it was done."""


class Limited(PlatformError):
    """Slack has had too many of these requests. seconds: until it wants another."""

    def __init__(self, seconds: float) -> None:
        super().__init__("Slack has had too many requests")
        self.seconds = seconds


class Tokens(Protocol):
    """By which token the bot is where (authorizing.Authorizing)."""

    async def client(self, team: str) -> AsyncWebClient:
        """A client for a workspace. Raises Absent; PlatformError, StoreError: not now."""
        ...

    async def identity(self, team: str) -> AuthorizeResult | None:
        """Who the bot is there. None: it is not there. Raises PlatformError, StoreError."""
        ...

    async def refused(self, team: str, token: str, code: str) -> bool:
        """Slack does not take a token. True: there is another by now. Raises PlatformError, StoreError."""
        ...


class Requests:
    """Asks Slack, each request within its time, and tried again where that may help.

    within  seconds for one request
    """

    def __init__(self, tokens: Tokens, sleep: Sleep, timer: Timer, *, within: float = WITHIN) -> None:
        self._tokens = tokens
        self._sleep = sleep
        self._timer = timer
        self._within = within
        self._gates: dict[tuple[str, str], Gate] = {}  # by workspace and method, as Slack counts

    async def ask(
        self, team: str, request: Callable[[AsyncWebClient], Awaitable[T]], *, method: str, urgent: bool = False
    ) -> T:
        """What comes of a request to a method ("chat.update") in a workspace.

        urgent  it goes ahead of others, where Slack has had too many

        Raises Denied; PlatformError: later it may work. Of these Unanswered, where nobody knows whether it was done.
        """
        gate = self._gates.setdefault((team, method), Gate(self._sleep, self._timer))
        deadline, pauses = self._timer() + PATIENCE, iter(() if method in ONCE else PAUSES)
        while True:
            if self._timer() + gate.left > deadline:
                raise Limited(gate.left)
            try:
                async with gate.passing(urgent=urgent):
                    answer = await self._once(team, request)
            except Limited as fault:
                gate.shut(fault.seconds)
            except Unanswered:
                if (pause := next(pauses, None)) is None:
                    raise
                await self._sleep(pause)
            else:
                gate.open()
                return answer

    async def me(self, team: str) -> str:
        """The bot's user in a workspace. Raises Denied, PlatformError."""
        try:
            identity = await self._tokens.identity(team)
        except StoreError as fault:
            raise PlatformError("who the bot is cannot be read") from fault
        if identity is None:
            raise Denied(NOT_INSTALLED)
        return identity.bot_user_id or ""

    async def _once(self, team: str, request: Callable[[AsyncWebClient], Awaitable[T]]) -> T:
        """Once; and once more if there is another token by now."""
        try:
            client = await self._tokens.client(team)
            try:
                return await self._sent(client, request)
            except Refused as fault:
                if not await self._tokens.refused(team, client.token or "", fault.code):
                    raise
            return await self._sent(await self._tokens.client(team), request)
        except Absent as fault:
            raise Denied(NOT_INSTALLED) from fault
        except StoreError as fault:
            raise PlatformError("the token cannot be read") from fault

    async def _sent(self, client: AsyncWebClient, request: Callable[[AsyncWebClient], Awaitable[T]]) -> T:
        try:
            async with asyncio.timeout(self._within):
                return await request(client)
        except SlackApiError as fault:
            raise _meaning(fault) from fault
        # RuntimeError: the connections were given back meanwhile
        except (aiohttp.ClientError, OSError, TimeoutError, RuntimeError) as fault:
            raise Unanswered(f"Slack did not answer: {type(fault).__name__}") from fault


class Refused(PlatformError):
    """Slack does not take the token. code: its word."""

    def __init__(self, code: str) -> None:
        super().__init__(f"Slack does not take the token: {code}")
        self.code = code


def _meaning(fault: SlackApiError) -> Exception:
    """What Slack means by not doing it."""
    code = refusal(fault)
    if getattr(fault.response, "status_code", 0) == 429 or code in LIMITED:
        return Limited(max(wait(fault), AFTER))
    if not code or code in UNCERTAIN:
        return Unanswered(f"Slack is out of order: {code or 'no word'}")
    if code in {*GONE, EXPIRED}:
        return Refused(code)
    return PlatformError(f"Slack asks to come again: {code}") if code in LATER else Denied(code)


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
        _remember(self._known, post, posted)
        return posted

    async def put(self, team: str, channel: str, thread: str | None, post: Post) -> Posted:
        """Let a post be there, in a thread (its root's ts) or in the channel itself. Raises Denied, PlatformError."""
        pauses = iter(PAUSES)
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

    async def change(self, team: str, posted: Posted, post: Post) -> Posted:
        """Let a message of ours be this post from now on. Raises Denied, PlatformError."""

        async def change(client: AsyncWebClient, post: Post) -> Any:
            return await client.chat_update(channel=posted.channel, ts=posted.ts, **_said(post))

        await self._taken(post, lambda post: self._ask(team, "chat.update", lambda client: change(client, post), post))
        return self.keep(post.id, posted)

    async def turn(self, team: str, channel: str, *, urgent: bool = False) -> None:
        """Wait until a channel takes another message. What is urgent does not wait, the others wait for it."""
        seconds = self._pace.turn(f"{team}:{channel}")
        if seconds and not urgent:
            await self._sleep(seconds)

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

        await self.turn(team, channel, urgent=post.urgent)
        _remember(self._doubtful, post.id, None)
        try:
            answer = await self._taken(
                post, lambda post: self._ask(team, "chat.postMessage", lambda client: send(client, post), post)
            )
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


def _remember(kept: "OrderedDict[str, Any]", key: str, value: object) -> None:
    kept[key] = value
    kept.move_to_end(key)
    if len(kept) > REMEMBERED:
        kept.popitem(last=False)

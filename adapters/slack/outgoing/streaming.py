"""That the bot is thinking, and how far an answer has come: shown in Slack's own ways, best effort.

An answer can be a stream: Slack shows it as it grows, and takes no word of it back. So what may still turn out to be
something else is not shown yet: the word that is being written, and what may belong to a second message. In the end the
stream becomes the first message of the whole answer: what is missing is added, or, where the stream has ended before or
its text is another by now, the message is written anew. Slack marks no stream as ours before it is whole; one that a
crash left unfinished is known by that it is our own and bears no mark.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakValueDictionary

from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack import names
from adapters.slack.outgoing.composing import LIMIT
from adapters.slack.outgoing.escaping import harmless
from adapters.slack.outgoing.pacing import Pace, Sleep, Timer
from adapters.slack.outgoing.post import Post
from adapters.slack.outgoing.posting import EVENT, Json, Posted, Posts, marked, remember
from adapters.slack.outgoing.sending import PATIENCE, Denied, Requests, Unanswered
from bot.errors import PlatformError, StoreError, where
from bot.ports import Clock

log = logging.getLogger(__name__)

WORTH = 60  # characters from which on an unfinished answer is shown: a short one is there at once anyway
SURE = LIMIT // 2  # characters that are sure to be in the first message: the next begins in the second half at most
APART = 1.5  # seconds between two additions to a stream
ADDED_EVERY, ADDED_AT_ONCE = 0.7, 5  # of all streams of a workspace: Slack takes about 100 a minute
BEGUN_EVERY, BEGUN_AT_ONCE = 4.0, 3  # likewise: about 20 can be ended a minute, and a whole answer never waits
WITHIN = 3.0  # seconds for what is being added when the answer is whole
SOON = 0.4  # seconds in which an answer is there before anybody asks for it: till then nothing is shown
FORGOTTEN = 900.0  # seconds after which nobody expects an answer to go on

# Slack's words for what a workspace does not have.
NOT_HERE = {"unknown_method", "feature_disabled", "feature_not_enabled", "missing_scope", "not_allowed_token_type"}
UNCHANGEABLE = {"cant_update_message", "edit_window_closed", "streaming_state_conflict"}


class Sessions:
    """How far a conversation is, where Slack has agents' sessions. What was said of it last is what counts."""

    def __init__(self, requests: Requests) -> None:
        self._requests = requests
        self._latest: OrderedDict[str, str] = OrderedDict()  # by conversation
        self._order: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._without: set[str] = set()  # workspaces that have none

    async def set(self, conversation: str, status: str, *, patience: float = 0.0) -> bool:
        """Say that it is "processing", "active" or "closed". Best effort; raises nothing of Slack's.

        Out: whether Slack has taken it. patience: as of Requests.ask.
        """
        team, channel, root = names.team(conversation), names.channel(conversation), names.root(conversation)

        order = self._order.setdefault(conversation, asyncio.Lock())
        remember(self._latest, conversation, status)

        async def tell(client: AsyncWebClient) -> Any:
            async with order:
                if self._latest.get(conversation, status) == status:
                    await client.agents_sessions_setStatus(channel_id=channel, thread_ts=root, status=status)

        if team in self._without:
            return False
        try:
            await self._requests.ask(team, tell, method="agents.sessions.setStatus", patience=patience)
        except Denied as denied:
            if denied.code in NOT_HERE:
                self._without.add(team)
            log.debug("a session is not %s: %s", status, denied.code)
        except PlatformError as fault:
            log.debug("a session is not %s: %s", status, where(fault))
        else:
            return True
        return False


@dataclass(slots=True)
class _Shown:
    """That the bot is thinking. asked: Slack was asked to show it; session: a session says so."""

    asked: bool = False
    session: bool = False
    task: asyncio.Task[None] | None = None


class Thinking:
    """Shows that the bot is thinking until something is said.

    A session says so where there are any, with Slack's button that stops the bot; it is over when the app says so, and
    no sooner. Elsewhere a status does, which Slack takes away by itself when something is said, or in two minutes.

    has_ended  whether a conversation has, for everybody: then nothing but its session's end is told. Raises StoreError
    """

    def __init__(
        self, requests: Requests, sessions: Sessions, sleep: Sleep, has_ended: Callable[[str], Awaitable[bool]]
    ) -> None:
        self._requests = requests
        self._sessions = sessions
        self._sleep = sleep
        self._has_ended = has_ended
        self._without: set[str] = set()  # workspaces that show no status
        self._shown: dict[str, _Shown] = {}  # by conversation
        self._clearing: set[asyncio.Task[None]] = set()
        self._askers: OrderedDict[str, str] = OrderedDict()  # by conversation

    def asker(self, conversation: str) -> str:
        """The user who said something last in a conversation, as far as was told here; "": nobody knows."""
        return self._askers.get(conversation, "")

    def begin(self, conversation: str, user: str, status: str, wanted: Callable[[], Awaitable[bool]]) -> None:
        """Something is on its way to a user, if it is `wanted`. status: what is shown ("is thinking…")."""
        remember(self._askers, conversation, user)
        if conversation not in self._shown:
            shown = self._shown[conversation] = _Shown()
            shown.task = asyncio.create_task(self._show(shown, conversation, status, wanted))

    def end(self, conversation: str, *, said: bool, earlier: bool = False) -> asyncio.Task[None] | None:
        """It is there. Out: what tells Slack that a session is over, if that has to be told.

        said     by a message in the thread
        earlier  an earlier process may have shown that it was thinking
        """
        shown = self._shown.pop(conversation, None)
        if shown is None or shown.task is None:
            if not earlier or conversation in self._askers:
                return None
            return self._clear(conversation, session=True, status=not said)
        late = not shown.task.done()  # then nobody knows which Slack has heard first
        shown.task.cancel()
        if not shown.asked:
            return None
        session = late or shown.session
        clearing = self._clear(conversation, session=session, status=late or not (said or session))
        return clearing if session else None

    def stop(self, conversation: str) -> None:
        """Somebody has pressed Slack's button: that it is over is left to the app."""
        shown = self._shown.pop(conversation, None)
        if shown and shown.task:
            shown.task.cancel()
        self._clear(conversation, session=True, status=shown is not None)

    async def close(self) -> None:
        """Stop everywhere."""
        tasks = [*(shown.task for shown in self._shown.values() if shown.task), *self._clearing]
        self._shown.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _show(self, shown: _Shown, conversation: str, status: str, wanted: Callable[[], Awaitable[bool]]) -> None:
        await self._sleep(SOON)
        try:
            if not await wanted():
                return
        except StoreError as fault:
            log.debug("nobody sees that it is thinking: %s", where(fault))
            return
        shown.asked = True
        shown.session = await self._sessions.set(conversation, "processing")
        if not shown.session:
            await self._set(conversation, status)

    def _clear(self, conversation: str, *, session: bool, status: bool) -> asyncio.Task[None]:
        clearing = asyncio.create_task(self._cleared(conversation, session=session, status=status))
        self._clearing.add(clearing)
        clearing.add_done_callback(self._clearing.discard)
        return clearing

    async def _cleared(self, conversation: str, *, session: bool, status: bool) -> None:
        if session and not await self._is_closed(conversation):
            await self._sessions.set(conversation, "active", patience=PATIENCE)
        if status:
            await self._set(conversation, "")

    async def _is_closed(self, conversation: str) -> bool:
        """Whether its session is, or is about to be: what has ended stays so."""
        with suppress(StoreError):
            return await self._has_ended(conversation)
        return False

    async def _set(self, conversation: str, status: str) -> None:
        team, channel, root = names.team(conversation), names.channel(conversation), names.root(conversation)

        async def tell(client: AsyncWebClient) -> Any:
            return await client.assistant_threads_setStatus(channel_id=channel, thread_ts=root, status=status)

        if team in self._without:
            return
        try:
            await self._requests.ask(team, tell, method="assistant.threads.setStatus", patience=0.0)
        except Denied as denied:
            if denied.code in NOT_HERE:
                self._without.add(team)
            log.debug("nobody sees that it is thinking: %s", denied.code)
        except PlatformError as fault:
            log.debug("nobody sees that it is thinking: %s", where(fault))


@dataclass(slots=True)
class _Stream:
    """An answer that is being written.

    so_far  what can be shown of it by now
    shown   what is shown
    ts      of its message; "": there is none, or nobody knows
    begun   Slack was asked to begin it, and has not refused
    whole   what is shown is known, and Slack takes more
    known   what is shown is known
    """

    team: str
    channel: str
    thread: str
    user: str
    so_far: str = ""
    shown: str = ""
    ts: str = ""
    begun: bool = False
    whole: bool = True
    known: bool = True
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    asking: asyncio.Lock = field(default_factory=asyncio.Lock)  # held while Slack is asked
    task: asyncio.Task[None] | None = None


class Streams:
    """Shows unfinished answers, each as a stream.

    within  seconds that a whole answer waits for what is being added to its stream
    """

    def __init__(
        self,
        requests: Requests,
        posts: Posts,
        sleep: Sleep,
        timer: Timer,
        clock: Clock,
        *,
        within: float = WITHIN,
    ) -> None:
        self._requests = requests
        self._posts = posts
        self._sleep = sleep
        self._within = within
        self._since = clock()
        self._begun = Pace(BEGUN_EVERY, BEGUN_AT_ONCE, timer)
        self._added = Pace(ADDED_EVERY, ADDED_AT_ONCE, timer)
        self._without: set[str] = set()  # workspaces that have none
        self._streams: OrderedDict[str, _Stream] = OrderedDict()  # by action
        self._dropping: set[asyncio.Task[None]] = set()

    def show(self, action: str, conversation: str, user: str, text: str) -> None:
        """The answer that `action` will say to a user has come this far. Returns at once."""
        so_far, team = settled(text), names.team(conversation)
        if len(so_far) < WORTH or team in self._without:
            return
        stream = self._streams.get(action)
        if stream is None:
            if not self._begun.free(team):
                return
            self._begun.turn(team)
            stream = _Stream(team, names.channel(conversation), names.root(conversation), user)
            stream.task = asyncio.create_task(self._grow(action, stream))
            remember(self._streams, action, stream)
        stream.so_far = so_far
        stream.changed.set()

    async def finish(
        self, action: str, team: str, channel: str, thread: str, post: Post, *, begun: bool
    ) -> Posted | None:
        """Let the stream of an action be this post, its first. None: there is no stream, so it is still to be posted.

        begun  an earlier process may have begun one

        Raises Denied, PlatformError: then it is still there to be finished.
        """
        stream = await self._halted(action, team, channel, thread, post, begun=begun)
        try:
            posted = await self._finished(stream, post) if stream else None
        except Denied:
            self._streams.pop(action, None)
            raise
        self._streams.pop(action, None)
        return posted

    async def give_up(self, action: str, team: str, channel: str, thread: str, post: Post, *, begun: bool) -> str:
        """Nothing more is shown of an answer. Out: what is, as it is in its first post; "": nothing.

        begun  as of `finish`, for which the stream is still there. Raises Denied, PlatformError.
        """
        stream = await self._halted(action, team, channel, thread, post, begun=begun)
        if stream is None:
            return ""
        if not stream.known:
            message = await self._message(stream, post)
            stream.ts, stream.shown = (message["ts"], message["text"]) if message else ("", "")
            stream.known = True
        return stream.shown

    def drop(self, action: str, team: str, channel: str, thread: str, post: Post, *, begun: bool) -> None:
        """What is shown of an answer is none: it goes again, best effort. begun: as of `finish`. Returns at once."""
        dropping = asyncio.create_task(self._drop(action, team, channel, thread, post, begun=begun))
        self._dropping.add(dropping)
        dropping.add_done_callback(self._dropping.discard)

    async def close(self) -> None:
        """Stop everywhere; what is shown stays as it is."""
        for dropping in self._dropping:
            dropping.cancel()
        await asyncio.gather(*self._dropping, return_exceptions=True)
        await asyncio.gather(*(self._halt(stream) for stream in self._streams.values()))

    async def _grow(self, action: str, stream: _Stream) -> None:
        """Best effort: the whole answer is posted in any case."""
        try:
            await self._posts.turn(stream.team, stream.channel)
            while stream.whole:
                async with asyncio.timeout(FORGOTTEN):
                    await stream.changed.wait()
                stream.changed.clear()
                async with stream.asking:
                    await (self._add(stream) if stream.begun else self._begin(stream))
                await self._sleep(max(APART, self._added.turn(stream.team)))
        except TimeoutError:
            pass
        except Denied as denied:
            if not stream.ts and denied.code in NOT_HERE:
                self._without.add(stream.team)
            log.info("%s is not shown while it is written: %s", action, denied.code)
        except PlatformError as fault:
            log.info("%s is not shown while it is written: %s", action, where(fault))

    async def _halted(
        self, action: str, team: str, channel: str, thread: str, post: Post, *, begun: bool
    ) -> _Stream | None:
        """The stream of an action, to which nothing more is added; None: there is none."""
        stream = self._streams.get(action)
        if stream is not None:
            await self._halt(stream)
        elif begun and post.after is not None and names.moment(post.after) < self._since:
            stream = _Stream(team, channel, thread, "", begun=True, whole=False, known=False)
            remember(self._streams, action, stream)
        return stream if stream and stream.begun else None

    async def _halt(self, stream: _Stream) -> None:
        """Nothing more is added; return when Slack has answered what it was asked, or it takes too long."""
        if stream.task is None:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(self._within), stream.asking:
                stream.task.cancel()
        stream.task.cancel()
        await asyncio.gather(stream.task, return_exceptions=True)

    async def _begin(self, stream: _Stream) -> None:
        text = stream.so_far

        async def start(client: AsyncWebClient) -> Any:
            return await client.chat_startStream(
                channel=stream.channel,
                thread_ts=stream.thread,
                markdown_text=text,
                recipient_team_id=stream.team,
                recipient_user_id=stream.user,
            )

        stream.begun = True
        try:
            answer = await self._requests.ask(stream.team, start, method="chat.startStream", patience=0.0)
        except Unanswered:
            stream.whole = stream.known = False
            raise
        except (Denied, PlatformError):
            stream.begun = stream.whole = False
            raise
        stream.ts, stream.shown = str(answer["ts"]), text

    async def _add(self, stream: _Stream) -> None:
        text = stream.so_far
        if not text.startswith(stream.shown):  # the model has begun anew
            stream.whole = False
        if not stream.whole or text == stream.shown:
            return
        rest = text.removeprefix(stream.shown)

        async def append(client: AsyncWebClient) -> Any:
            return await client.chat_appendStream(channel=stream.channel, ts=stream.ts, markdown_text=rest)

        stream.whole = stream.known = False  # until Slack says that it has this as well
        try:
            await self._requests.ask(stream.team, append, method="chat.appendStream", patience=0.0)
        except Denied:
            stream.known = True
            raise
        stream.whole, stream.known, stream.shown = True, True, text

    async def _finished(self, stream: _Stream, post: Post) -> Posted | None:
        """The message of a stream, as the whole post. None: there is none. Raises Denied, PlatformError."""
        if not stream.ts:
            message = await self._message(stream, post)
            if message is None:
                return None
            stream.ts = str(message["ts"])
        posted = Posted(stream.channel, stream.ts)
        if stream.whole and stream.shown and post.text.startswith(stream.shown):
            stream.whole = False
            with suppress(Denied):  # it has ended before this
                await self._stop(stream, post)
                return self._posts.keep(post.id, posted)
        with suppress(Denied):
            await self._stop(stream)
        try:
            return await self._posts.change(stream.team, posted, post)
        except Denied as denied:
            if denied.code not in UNCHANGEABLE:
                raise
        await self._delete(stream)
        return None

    async def _drop(self, action: str, team: str, channel: str, thread: str, post: Post, *, begun: bool) -> None:
        try:
            stream = await self._halted(action, team, channel, thread, post, begun=begun)
            if stream and not stream.ts and (message := await self._message(stream, post)):
                stream.ts = str(message["ts"])
            self._streams.pop(action, None)
            if stream and stream.ts:
                with suppress(Denied):  # it has ended before this
                    await self._stop(stream)
                await self._delete(stream)
        except (Denied, PlatformError) as fault:
            log.warning("what was shown of %s stays: %s", action, where(fault))

    async def _delete(self, stream: _Stream) -> None:
        async def delete(client: AsyncWebClient) -> Any:
            return await client.chat_delete(channel=stream.channel, ts=stream.ts)

        await self._requests.ask(stream.team, delete, method="chat.delete")

    async def _stop(self, stream: _Stream, post: Post | None = None) -> None:
        """End a stream: as it is, or with what is missing of a post."""
        more: dict[str, Any] = {}
        if post is not None:
            more["metadata"] = {"event_type": EVENT, "event_payload": {"id": post.id}}
            more["markdown_text"] = post.text.removeprefix(stream.shown) or None
            more["blocks"] = list(post.blocks[1:]) or None

        async def stop(client: AsyncWebClient) -> Any:
            return await client.chat_stopStream(channel=stream.channel, ts=stream.ts, **more)

        await self._requests.ask(stream.team, stop, method="chat.stopStream")

    async def _message(self, stream: _Stream, post: Post) -> Json | None:
        """A stream's message; where nobody knows which it is, one of our own that nobody has finished. None: there is
        none. Raises Denied, PlatformError."""
        me = await self._requests.me(stream.team)
        async for message in self._posts.said(stream.team, stream.channel, stream.thread, post):
            own = message.get("user") == me and message.get("streaming_state") and not marked(message)
            if message["ts"] == stream.ts or (own and not stream.ts):
                return message
        return None


def settled(text: str) -> str:
    """The beginning of a first message that an unfinished text is sure to have: nothing of it is ever taken back.

    But where the model begins anew, or a link's mask is only seen to be one by what follows.
    """
    whole = harmless(text).lstrip()
    end = max(whole.rfind(white, 0, SURE) for white in " \n")
    return whole[: max(end, 0)].rstrip()

"""discord.py's client as we need it: what it is set to, who listens to it, and whether it hears anything."""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypedDict

import discord
from discord.gateway import DiscordWebSocket, KeepAliveHandler

from adapters.discord.environment import Setup
from adapters.discord.outgoing.restraint import LIMITED_FOR, Restraint
from adapters.discord.outgoing.sending import Sleep
from bot.errors import PlatformError, where
from bot.ports import Lack

log = logging.getLogger(__name__)

BETWEEN = 5.0  # seconds between two new sessions, as Discord asks for
SILENCE = 60.0  # seconds without a word from Discord after which a connection counts as dead; it beats every 41
FORGETS_IN = 0.5  # seconds
GUILD = "GUILD_CREATE"
PERMISSIONS = frozenset({  # events after which the bot may be allowed what it was not
    GUILD, "GUILD_UPDATE", "GUILD_MEMBER_UPDATE", "GUILD_ROLE_CREATE", "GUILD_ROLE_UPDATE", "GUILD_ROLE_DELETE",
    "CHANNEL_CREATE", "CHANNEL_UPDATE", "THREAD_LIST_SYNC",
})  # fmt: skip
NEEDED = frozenset({"READY", "RESUMED"})  # events without which there is no session

Handler = Callable[..., Coroutine[Any, Any, None]]


class _Options(TypedDict):
    intents: discord.Intents
    allowed_mentions: discord.AllowedMentions
    max_messages: int | None
    chunk_guilds_at_startup: bool
    guild_ready_timeout: float
    max_ratelimit_timeout: float
    heartbeat_timeout: float


class TooSoon(PlatformError):
    """No session may begin yet. wait: seconds until one may."""

    def __init__(self, wait: float) -> None:
        super().__init__(f"Discord lets no session begin for {wait:.0f} s")
        self.wait = wait


class Starts:
    """How often sessions begin. Who begins more than 1,000 in a day has their token taken away.

    So a hundred may begin at once, and further ones one after the other: whatever goes wrong, it is less than that.

    now  seconds, of a clock that never goes back
    """

    AT_ONCE, APART = 100, 100.0  # seconds; 100 + 864 in a day

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._paid = now()  # up to when the sessions that have begun have used up the time

    def take(self) -> None:
        """A session is about to begin. Raises TooSoon."""
        if (wait := self.wait) > 0:
            raise TooSoon(wait)
        self._paid = max(self._paid, self._now()) + self.APART

    @property
    def wait(self) -> float:
        """Seconds until one may begin; 0 or less: it may."""
        return self._paid - self._now() - (self.AT_ONCE - 1) * self.APART


class _Client(discord.Client):
    """A client that rests by our clock between two sessions, and tells nobody anything once it is closed."""

    rest: Sleep
    starts: Starts

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Called before a new session. Raises TooSoon."""
        self.starts.take()
        if not initial:
            await self.rest(BETWEEN)

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        """Tell the handlers of an event. The library itself would have none to tell any more, and fail."""
        if not self.is_closed():
            super().dispatch(event, *args, **kwargs)


class _Shards(_Client, discord.AutoShardedClient):
    """The same with several sessions."""


def made(
    setup: Setup, sleep: Sleep, starts: Starts, restraint: Restraint, *, settle: float, silence: float
) -> discord.Client:
    """A client.

    settle   seconds without a further guild until it says that it is ready
    silence  seconds without a word from Discord after which it connects anew
    """
    options = _Options(
        intents=intents(content=setup.content),
        allowed_mentions=discord.AllowedMentions.none(),
        max_messages=None,
        chunk_guilds_at_startup=False,
        guild_ready_timeout=settle,
        max_ratelimit_timeout=LIMITED_FOR,
        heartbeat_timeout=silence,
    )
    if setup.shards is None:
        client = _Client(**options)
    else:
        ids, count = setup.shards
        client = _Shards(shard_ids=list(ids), shard_count=count, **options)
    client.rest, client.starts = sleep, starts
    _forgive(client, restraint)
    restraint.hold(client)
    return client


def intents(*, content: bool) -> discord.Intents:
    """What the bot asks to be told of: messages and reactions in guilds and in private, with their text or without."""
    return discord.Intents(
        guilds=True,
        guild_messages=True,
        dm_messages=True,
        guild_reactions=True,
        dm_reactions=True,
        message_content=content,
    )


def still(client: discord.Client) -> None:
    """Let no heartbeat of a client go on. The library forgets those of sockets that were given up on their way."""
    for thread in threading.enumerate():
        if isinstance(thread, KeepAliveHandler) and thread.ws._connection is client._connection:
            thread.stop()


def tell(client: discord.Client, handlers: Iterable[Handler], hearing: "set[asyncio.Task[Any]]") -> None:
    """Let each event reach all of its handlers, by their names (on_ready, ...): the library knows one for each.

    hearing  is kept: the tasks in which events are heard
    """
    by_name: dict[str, list[Handler]] = {}
    for handler in handlers:
        by_name.setdefault(handler.__name__, []).append(handler)
    for name, all_of_it in by_name.items():
        client.event(_together(name, all_of_it, hearing))


async def ended(task: "asyncio.Task[Any]") -> None:
    """Cancel a task until it ends: the library forgets that it was cancelled while a shard was coming back."""
    while not task.done():
        task.cancel()
        await asyncio.wait((task,), timeout=FORGETS_IN)
    if not task.cancelled():
        task.exception()  # whoever waits for it has seen it already


def _together(name: str, handlers: Sequence[Handler], hearing: "set[asyncio.Task[Any]]") -> Handler:
    async def heard(*args: Any) -> None:
        if task := asyncio.current_task():
            hearing.add(task)
            task.add_done_callback(hearing.discard)
        for handler in handlers:
            try:
                await handler(*args)
            except Exception as fault:  # whatever it was, the others hear of it
                log.error("%s: %s", name, where(fault))  # noqa: TRY400 (a traceback may quote)

    heard.__name__ = name
    return heard


def _forgive(client: discord.Client, restraint: Restraint) -> None:
    """Let an event that the library cannot read pass: it would end the connection, for all who talk there.

    A guild that is there is told as on_guild_there(id) at once; what the library tells about that waits, and may be
    dropped when several sessions begin anew. Permissions that change are told as well: the library tells of few.
    """

    def forgiving(name: str, parse: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def parsed(payload: Any) -> None:
            try:
                parse(payload)
                if name == GUILD:
                    client.dispatch("guild_there", int(payload["id"]))
                if name in PERMISSIONS:
                    restraint.permissions_changed(int(payload.get("guild_id") or payload["id"]))
            except Exception as fault:  # whatever it was, the next event can be read
                log.error("an event %s cannot be read: %s", name, where(fault))  # noqa: TRY400 (a traceback may quote)

        return parse if name in NEEDED else parsed

    state = client._connection
    state.parsers = {name: forgiving(name, parse) for name, parse in state.parsers.items()}


class Pulse:
    """Whether a client's sessions are there: a library that tries to come back does so less and less often.

    A client without shards has one session, number 0.
    """

    def __init__(self) -> None:
        self._client: discord.Client | None = None
        self._away: dict[int, float] = {}  # since when, by session, on the loop's clock
        self._heard: dict[int, tuple[int | None, float]] = {}  # the newest event by session, and when it was seen
        self._changed = asyncio.Event()

    def handlers(self, client: discord.Client) -> Sequence[Handler]:
        """What is to hear of a client's events."""
        self._client, self._away, self._heard = client, {}, {}
        if isinstance(client, discord.AutoShardedClient):
            return self.on_shard_disconnect, self.on_shard_connect, self.on_shard_resumed
        return self.on_disconnect, self.on_connect, self.on_resumed

    def begin(self) -> None:
        """The sessions begin now, one after the other."""
        now = asyncio.get_running_loop().time()
        self._away = {session: now + number * BETWEEN for number, session in enumerate(self._sessions, 1)}
        self._changed.set()

    async def lost(self, patience: float) -> None:
        """Return when a session has been away for this long (seconds)."""
        while True:
            self._changed.clear()
            first = min(self._away.values(), default=None)
            try:
                async with asyncio.timeout_at(None if first is None else first + patience):
                    await self._changed.wait()
            except TimeoutError:
                return

    def lacks(self, now: datetime) -> Sequence[Lack]:
        """The sessions that are not there, and those that are and whose heartbeats nobody acknowledges.

        Where several are away, the library tells of one after the other: so their sockets are looked at as well.
        """
        return [lack for session in self._sessions if (lack := self._lack(session, now))]

    def quiet(self) -> Mapping[int, float]:
        """Seconds for which each session has told nothing, as far as was looked: one that is frozen may still beat."""
        time_ = asyncio.get_running_loop().time()
        for session in self._sessions:
            newest = getattr(self._socket(session), "sequence", None)
            if session not in self._heard or self._heard[session][0] != newest:
                self._heard[session] = newest, time_
        return {session: time_ - since for session, (_, since) in self._heard.items()}

    async def on_disconnect(self) -> None:
        """The only session is away."""
        self._is(0, away=True)

    async def on_connect(self) -> None:
        """It has begun."""
        self._is(0, away=False)

    async def on_resumed(self) -> None:
        """It goes on."""
        self._is(0, away=False)

    async def on_shard_disconnect(self, shard: int) -> None:
        """A session is away."""
        self._is(shard, away=True)

    async def on_shard_connect(self, shard: int) -> None:
        """It has begun."""
        self._is(shard, away=False)

    async def on_shard_resumed(self, shard: int) -> None:
        """It goes on."""
        self._is(shard, away=False)

    @property
    def _sessions(self) -> Sequence[int]:
        return self._client.shard_ids or () if isinstance(self._client, discord.AutoShardedClient) else (0,)

    def _socket(self, session: int) -> DiscordWebSocket | None:
        """A session's connection; None: there has been none."""
        if self._client is None:
            return None
        try:
            return self._client._connection._get_websocket(shard_id=session)
        except KeyError:
            return None

    def _lack(self, session: int, now: datetime) -> Lack | None:
        """What a session lacks; None: nothing."""
        part, socket = f"discord session {session}", self._socket(session)
        if session in self._away:
            away = max(asyncio.get_running_loop().time() - self._away[session], 0.0)
            return Lack(part, "it is not connected", now - timedelta(seconds=away))
        if socket is None or not socket.open:
            return Lack(part, "it is not connected")
        beating = socket._keep_alive
        if beating is None or beating.interval is None:
            return None
        # The library's own `latency` is how long the last acknowledgement took, and stays so where none comes.
        late = time.perf_counter() - beating._last_ack
        if late <= 2 * beating.interval:
            return None
        return Lack(part, "its heartbeats are not acknowledged", now - timedelta(seconds=late))

    def _is(self, shard: int, *, away: bool) -> None:
        if away:
            self._away.setdefault(shard, asyncio.get_running_loop().time())
        else:
            self._away.pop(shard, None)
        self._changed.set()

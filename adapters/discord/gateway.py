"""discord.py's client as we need it: what it is set to, who listens to it, and whether it hears anything."""

import asyncio
import logging
import sys
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import Any, TypedDict

import discord

from adapters.discord.environment import Setup
from adapters.discord.sending import Sleep
from bot.errors import where

log = logging.getLogger(__name__)

LIMITED_FOR = 30.0  # seconds that a request may wait for its turn; the shortest that the library takes
BETWEEN = 5.0  # seconds between two new sessions, as Discord asks for
GUILD = "GUILD_CREATE"
NEEDED = frozenset({"READY", "RESUMED"})  # events without which there is no session

Handler = Callable[..., Coroutine[Any, Any, None]]


class _Options(TypedDict):
    intents: discord.Intents
    allowed_mentions: discord.AllowedMentions
    max_messages: int | None
    chunk_guilds_at_startup: bool
    guild_ready_timeout: float
    max_ratelimit_timeout: float


class _Client(discord.Client):
    """A client that rests by our clock between two sessions, and tells nobody anything once it is closed."""

    rest: Sleep

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Called before a new session."""
        if not initial:
            await self.rest(BETWEEN)

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        """Tell the handlers of an event. The library itself would have none to tell any more, and fail."""
        if not self.is_closed():
            super().dispatch(event, *args, **kwargs)


class _Shards(_Client, discord.AutoShardedClient):
    """The same with several sessions."""


def made(setup: Setup, sleep: Sleep, settle: float) -> discord.Client:
    """A client. settle: seconds without a further guild until it says that it is ready."""
    options = _Options(
        intents=intents(content=setup.content),
        allowed_mentions=discord.AllowedMentions.none(),
        max_messages=None,
        chunk_guilds_at_startup=False,
        guild_ready_timeout=settle,
        max_ratelimit_timeout=LIMITED_FOR,
    )
    if setup.shards is None:
        client = _Client(**options)
    else:
        ids, count = setup.shards
        client = _Shards(shard_ids=list(ids), shard_count=count, **options)
    client.rest = sleep
    _forgive(client)
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


def tell(client: discord.Client, handlers: Iterable[Handler], hearing: "set[asyncio.Task[Any]]") -> None:
    """Let each event reach all of its handlers, by their names (on_ready, ...): the library knows one for each.

    hearing  is kept: the tasks in which events are heard
    """
    by_name: dict[str, list[Handler]] = {}
    for handler in handlers:
        by_name.setdefault(handler.__name__, []).append(handler)
    for name, all_of_it in by_name.items():
        client.event(_together(name, all_of_it, hearing))

    async def on_error(event: str, *_: Any, **__: Any) -> None:
        if fault := sys.exc_info()[1]:
            log.error("%s: %s", event, where(fault))

    client.event(on_error)


def _together(name: str, handlers: Sequence[Handler], hearing: "set[asyncio.Task[Any]]") -> Handler:
    async def heard(*args: Any) -> None:
        if task := asyncio.current_task():
            hearing.add(task)
            task.add_done_callback(hearing.discard)
        for handler in handlers:
            await handler(*args)

    heard.__name__ = name
    return heard


def _forgive(client: discord.Client) -> None:
    """Let an event that the library cannot read pass: it would end the connection, for all who talk there.

    A guild that is there is told as on_guild_there(id) at once; what the library tells about that waits, and may be
    dropped when several sessions begin anew.
    """

    def forgiving(name: str, parse: Callable[[Any], Any]) -> Callable[[Any], Any]:
        def parsed(payload: Any) -> None:
            try:
                parse(payload)
                if name == GUILD:
                    client.dispatch("guild_there", int(payload["id"]))
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
        self._away: set[int] = set()
        self._changed = asyncio.Event()

    def handlers(self, client: discord.Client) -> Sequence[Handler]:
        """What is to hear of a client's events."""
        self._away.clear()
        if isinstance(client, discord.AutoShardedClient):
            return self.on_shard_disconnect, self.on_shard_connect, self.on_shard_resumed
        return self.on_disconnect, self.on_connect, self.on_resumed

    async def lost(self, patience: float) -> None:
        """Return when a session has been away for this long (seconds)."""
        while True:
            while not self._away:
                await self._change()
            try:
                async with asyncio.timeout(patience):
                    while self._away:
                        await self._change()
            except TimeoutError:
                return

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

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()

    def _is(self, shard: int, *, away: bool) -> None:
        (self._away.add if away else self._away.discard)(shard)
        self._changed.set()

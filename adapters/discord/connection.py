"""The adapter: stays connected to Discord, hears by it and performs on it.

Each connection has a client of its own: one that has failed is not mended. What nobody can mend by waiting (a token, an
intent) ends it all, and says what to do. Requests wait for a connection, within their time.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Protocol

import aiohttp
import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from adapters.discord import environment, names
from adapters.discord.environment import Setup
from adapters.discord.hearing import gateway
from adapters.discord.hearing.catch_up import CatchUp
from adapters.discord.hearing.gateway import Handler, Pulse, Starts, TooSoon
from adapters.discord.hearing.installations import Installations
from adapters.discord.hearing.listening import Hearing, Listening
from adapters.discord.hearing.rooms import Rooms
from adapters.discord.operators import examining
from adapters.discord.outbound import Outbound
from adapters.discord.outgoing.archiving import Archiving
from adapters.discord.outgoing.posting import Posting
from adapters.discord.outgoing.restraint import ME, Restraint
from adapters.discord.outgoing.saying import Saying, Surroundings
from adapters.discord.outgoing.sending import WITHIN, Denied, Posts, Requests, Sleep
from adapters.discord.outgoing.streaming import Previews, Typing
from adapters.discord.outgoing.threads import Threads
from adapters.discord.people.interactions import Interactions
from adapters.discord.people.watching import Watching
from bot.build import GRACE
from bot.cli.examined import Examined
from bot.configuration import Configuration
from bot.core import Bot
from bot.domain.action import Action, Receipt, Say
from bot.domain.conversation import Attachment, Place
from bot.errors import ConfigError, PlatformError, where
from bot.ports import Clock, Condition, Lack
from bot.reply.texts import Words

log = logging.getLogger(__name__)

LONGEST = 60.0  # seconds between two attempts to connect
PATIENCE = 60.0  # seconds that a connection may take to come about, or to come back
CLOSES_WITHIN = 10.0  # seconds for saying goodbye
TAKES_IN = 2.0  # seconds for taking in what was heard last
LATELY = 60.0  # seconds after which Discord is asked whether it answers, if it was asked nothing else
FAILS_FOR = 10.0  # seconds of requests that fail after which that counts
CATCHING_UP = {f"discord.py: on_{each}" for each in ("guild_there", "connect", "shard_connect")}  # names of its tasks
STEADY = 300.0  # seconds after which a connection that breaks counts as one that had come about

PORTAL = "https://discord.com/developers/applications, your application, Bot"
FATAL: Mapping[int, str] = {
    4004: f"DISCORD_TOKEN: Discord does not take it (any more). Make a new one: {PORTAL}, Reset Token",
    4010: "DISCORD_SHARD_IDS: Discord does not take them (code 4010)",
    4011: "DISCORD_SHARD_COUNT: the bot is in too many servers for one connection (code 4011); set at least 2",
    4012: "this version of Fairwell is too old for Discord's gateway (code 4012): update it",
    4013: "this version of Fairwell asks Discord for intents that there are not (code 4013): update it",
    4014: f"the bot may not read messages yet. Turn on Message Content Intent: {PORTAL}, Privileged Gateway Intents."
    " Or set DISCORD_CONTENT_INTENT=off: then it hears only what mentions it, and direct messages",
}


class Ears(Protocol):
    """What hears by a connection."""

    def handlers(self, client: discord.Client) -> Sequence[Handler]:
        """What is to hear of a client's events, by their names."""
        ...


class Part(Protocol):
    """What is beside talking: buttons, commands."""

    def handlers(self, client: discord.Client, hearing: Hearing) -> Sequence[Handler]:
        """Be there for a new client, before it is logged in. Out: what is to hear of its events, by their names."""
        ...

    def view(self, action: Action) -> discord.ui.View | None:
        """The buttons that go with an action; None: this part has none."""
        ...


class Discord:
    """Discord as a chat platform.

    parts   what is beside talking
    timer   seconds, of a clock that never goes back
    settle  seconds without a further guild until the library counts a connection as ready
    within  seconds for one request; patience: for logging in, and for a connection that is away to come back;
            silence: without a word from Discord until a connection counts as dead
    """

    name = names.NAME

    def __init__(
        self,
        setup: Setup,
        clock: Clock,
        *,
        parts: Sequence[Part] = (),
        sleep: Sleep = asyncio.sleep,
        timer: Callable[[], float] = time.monotonic,
        settle: float = 2.0,
        within: float = WITHIN,
        patience: float = PATIENCE,
        silence: float = gateway.SILENCE,
    ) -> None:
        self._setup = setup
        self._clock = clock
        self._parts = parts
        self._sleep = sleep
        self._settle = settle
        self._within = within
        self._timer = timer
        self._patience = patience
        self._silence = silence
        self._bot: Bot | None = None
        self._pulse = Pulse()
        self._starts = Starts(timer)
        self._restraint = Restraint(sleep, timer)
        self._left = clock()  # when there was a client last
        self._looking: asyncio.Task[None] | None = None  # whether Discord answers
        self._looked = float("-inf")
        self._current: discord.Client | None = None  # the client that is logged in
        self._there = asyncio.Event()  # there is one
        self._heard: set[asyncio.Task[Any]] = set()  # the tasks in which events are heard
        self._over = False
        self._requests = Requests(self._client, sleep, within=within)
        self._posts = Posts(self._requests)
        self._threads = Threads(self._requests)
        self._typing = Typing(self._requests, sleep)
        self._previews = Previews(self._posts, sleep, timer)
        around = Surroundings(
            action=self._action,
            roles=self._roles,
            view=self._view,
            plain=self._plain,
            words=self._words,
            latest=self._latest,
            owner=self._owner,
            own=self._own,
        )
        posting = Posting(self._posts, self._threads, clock)
        self._saying = Saying(
            posts=self._posts,
            posting=posting,
            threads=self._threads,
            previews=self._previews,
            typing=self._typing,
            around=around,
        )
        self._outbound = Outbound(
            posts=self._posts, posting=posting, threads=self._threads, saying=self._saying, around=around
        )

    async def perform(self, action: Action) -> Receipt:
        """ports.Platform.perform."""
        return await self._outbound.perform(action)

    async def find(self, action: Action) -> Receipt | None:
        """ports.Platform.find."""
        return await self._outbound.find(action)

    async def fetch(self, attachment: Attachment, most: int) -> bytes:
        """ports.Platform.fetch: from where the message says now that it is."""
        channel, message, number = names.attachment(attachment.source)

        async def read(client: discord.Client) -> str:
            found = await client.get_partial_messageable(channel).fetch_message(message)
            every = (*found.attachments, *(each for shot in found.message_snapshots for each in shot.attachments))
            return next((each.url for each in every if each.id == number and each.size <= most), "")

        try:
            if url := await self._requests.ask(read):
                return await _downloaded(url, most)
        except (Denied, aiohttp.ClientError, OSError, TimeoutError) as fault:
            raise PlatformError(f"a file cannot be fetched: {type(fault).__name__}") from fault
        raise PlatformError("a file is not there any more, or is too large")

    async def preview(self, action: str, place: Place, conversation: str, text: str) -> None:
        """ports.Platform.preview."""
        self._saying.preview(action, place, conversation, text)

    async def give_up(self, action: Say) -> str:
        """ports.Platform.give_up."""
        return await self._saying.give_up(action)

    def condition(self) -> Condition:
        """How the connection is. That it catches up is told, and is no lack."""
        self._look()
        now, fails = self._clock(), self._restraint.fails
        lacks = list(self._pulse.lacks(now))
        if not self._there.is_set():
            lacks = [Lack(names.NAME, "it is not logged in", self._left)]
        if fails > FAILS_FOR:
            lacks.append(Lack(f"{names.NAME} requests", "they are not answered", now - timedelta(seconds=fails)))
        notes = {f"session_{session}_quiet_s": round(quiet, 1) for session, quiet in self._pulse.quiet().items()}
        reading = sum(task.get_name() in CATCHING_UP for task in self._heard)
        return Condition(lacks, {"catching_up": reading, **notes})

    async def examine(self, configuration: Configuration) -> Examined:
        """bot.cli.examined.Examines.examine: no session is begun, by which one that is there would end."""
        _point(self._setup)
        client = self._made()

        async def this() -> discord.Client:
            return client

        try:
            requests = Requests(this, self._sleep, within=self._within)
            return await examining.examine(requests, self._setup, configuration, FATAL)
        finally:
            await client.close()

    async def serve(self, bot: Bot) -> None:
        """Stay connected until this is cancelled. Raises ConfigError for what nobody can mend by waiting.

        When it ends, what is under way is finished while there is still a connection to do it by.
        """
        self._bot = bot
        _point(self._setup)
        hearing = Hearing(
            bot=bot,
            requests=self._requests,
            rooms=Rooms(self._requests, bot.store, bot.configuration),
            posts=self._posts,
            threads=self._threads,
            typing=self._typing,
            clock=self._clock,
            sleep=self._sleep,
        )
        listening, watching = Listening(hearing), Watching(hearing)
        catch_up, archiving = CatchUp(hearing, listening, watching), Archiving(hearing)
        looking = asyncio.create_task(archiving.stay())
        try:
            ears = (self._pulse, listening, watching, catch_up, archiving, Installations(hearing))
            await self._stay(hearing, ears)
        finally:
            looking.cancel()
            if not self._there.is_set():  # nothing that is under way need wait for a connection
                await self._end()
            await bot.stop(GRACE)
            await self._previews.close()
            await self._typing.close()
            if self._looking:
                await gateway.ended(self._looking)
            await self._leave()
            await self._end()

    async def _stay(self, hearing: Hearing, ears: Sequence[Ears]) -> None:
        """One connection after the other. Raises ConfigError."""
        failures, loop = 0, asyncio.get_running_loop()
        while True:
            began, pause = loop.time(), 0.0
            try:
                await self._attempt(hearing, ears)
            except TooSoon as fault:
                log.error("%s", fault)  # noqa: TRY400
                pause = fault.wait
            except (discord.LoginFailure, discord.PrivilegedIntentsRequired, discord.ConnectionClosed) as fault:
                if (code := _code(fault)) in FATAL:
                    raise ConfigError([FATAL[code]]) from fault
                log.error("Discord has closed the connection: code %s", code)  # noqa: TRY400 (a traceback may quote)
            except Exception as fault:  # whatever it was, there will be another attempt
                log.error("the connection to Discord has failed: %s", where(fault))  # noqa: TRY400
            await self._leave()
            failures = 0 if loop.time() - began > STEADY else failures + 1
            await self._sleep(max(min(2.0**failures, LONGEST), pause))

    async def _attempt(self, hearing: Hearing, ears: Sequence[Ears]) -> None:
        """One connection, to its end. Raises whatever ended it."""
        client = self._current = self._made()
        own = [each for ear in ears for each in ear.handlers(client)]
        gateway.tell(
            client, [*own, *(each for part in self._parts for each in part.handlers(client, hearing))], self._heard
        )
        async with asyncio.timeout(self._patience):
            await client.login(self._setup.token)
            await self._may_begin(client)
        self._there.set()
        self._pulse.begin()
        await hearing.bot.resume()
        connecting = asyncio.create_task(client.connect())
        turned_away = asyncio.create_task(self._restraint.turned_away.wait())
        tasks = (connecting, turned_away, asyncio.create_task(self._pulse.lost(self._patience)))
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if turned_away.done():
                raise discord.LoginFailure("the token is not taken any more")
            if connecting.done():
                connecting.result()
            raise PlatformError("the connection was away for too long, or was closed")
        finally:
            await asyncio.gather(*(gateway.ended(task) for task in tasks))

    def _made(self) -> discord.Client:
        return gateway.made(
            self._setup, self._sleep, self._starts, self._restraint, settle=self._settle, silence=self._silence
        )

    async def _may_begin(self, client: discord.Client) -> None:
        """Whether sessions may begin, by our own count and by Discord's. Raises TooSoon."""
        if (wait := self._starts.wait) > 0:
            raise TooSoon(wait)
        _, _, limit = await client.http.get_bot_gateway()
        if limit["remaining"] < (len(self._setup.shards[0]) if self._setup.shards else 1):
            raise TooSoon(limit["reset_after"] / 1000)

    def _look(self) -> None:
        """Find out whether Discord answers, if nothing shows it: once in a while at most."""
        now = self._timer()
        shown = not self._restraint.fails and self._restraint.silence < LATELY
        if self._there.is_set() and not shown and now - self._looked >= LATELY:
            self._looked, self._looking = now, asyncio.create_task(self._ask())

    async def _ask(self) -> None:
        try:
            await self._requests.ask(lambda client: client.http.request(Route("GET", ME)))
        except (Denied, PlatformError) as fault:
            log.warning("Discord does not answer: %s", where(fault))
            self._restraint.failed()

    async def _leave(self) -> None:
        """Give up the client that there is."""
        if self._there.is_set():
            self._left = self._clock()
        self._there.clear()
        client, self._current = self._current, None
        if client is None:
            return
        try:
            async with asyncio.timeout(CLOSES_WITHIN):
                await client.close()
        except Exception as fault:  # a client that is broken cannot always be closed either
            log.warning("a connection to Discord could not be closed: %s", where(fault))
        gateway.still(client)

    async def _end(self) -> None:
        """There will be no other client. What was heard is still taken in."""
        self._over = True
        self._there.set()
        if self._heard:
            await asyncio.wait(self._heard, timeout=TAKES_IN)
        for task in self._heard:
            task.cancel()

    async def _client(self) -> discord.Client:
        """The client that is logged in, as soon as there is one. Raises PlatformError: there will be none."""
        while not self._over:
            if self._there.is_set() and self._current is not None:
                return self._current
            await self._there.wait()
        raise PlatformError("the connection to Discord is closed")

    async def _action(self, action: str) -> Action | None:
        return await self._bot.store.action(action) if self._bot else None

    def _roles(self, place: Place) -> Sequence[str]:
        return self._bot.configuration().settings.at(place).moderator_roles if self._bot else ()

    def _plain(self, place: Place) -> bool:
        return self._bot is not None and self._bot.configuration().settings.at(place).plain_replies

    async def _words(self, place: Place, member: str) -> Words:
        bot = self._served()
        return bot.words(place, await bot.store.person(member, place.space))

    async def _latest(self, conversation: str) -> str:
        turns = await self._served().store.turns(conversation, 1)
        return turns[0].turn.message if turns else ""

    def _owner(self, space: str) -> int | None:
        guild = self._current.get_guild(int(space)) if self._current and space.isdecimal() else None
        return guild.owner_id if guild else None

    async def _own(self, place: Place, thread: int) -> bool:
        """So it counts where nobody knows: then there is no such thread."""
        rooms = Rooms(self._requests, self._served().store, self._served().configuration)
        room = await rooms.by_id(thread, int(place.space), await self._client())
        return room is None or room.is_own_thread

    def _served(self) -> Bot:
        """The bot that is served. Raises PlatformError: none is yet."""
        if self._bot is None:
            raise PlatformError("nobody is connected to Discord yet")
        return self._bot

    def _view(self, action: Action) -> discord.ui.View | None:
        views = (part.view(action) for part in self._parts)
        return next((view for view in views if view is not None), None)


def _code(fault: Exception) -> int:
    """The gateway's code for what ended a connection. A token that REST does not take is the same as there."""
    match fault:
        case discord.ConnectionClosed():
            return fault.code
        case discord.PrivilegedIntentsRequired():
            return 4014
    return 4004


async def _downloaded(url: str, most: int) -> bytes:
    """What is at an address, if it is no more than `most` bytes. Raises PlatformError, aiohttp.ClientError."""
    async with aiohttp.ClientSession(raise_for_status=True) as session, session.get(url) as response:
        content = bytearray()
        async for piece in response.content.iter_any():
            content += piece
            if len(content) > most:
                raise PlatformError("a file is larger than was told")
        return bytes(content)


def _point(setup: Setup) -> None:
    """Talk to another Discord. The library has no other place to say so, and has it for all clients of a process."""
    if setup.base:
        Route.BASE = setup.base
    if setup.gateway:
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(setup.gateway)


def _in_a_line(record: logging.LogRecord) -> bool:
    """Let what went wrong be told by its kind, without the traceback."""
    if isinstance(record.exc_info, tuple) and isinstance(fault := record.exc_info[1], Exception):
        record.msg, record.args = f"{record.getMessage()} ({type(fault).__name__})", ()
        record.exc_info = record.exc_text = None
    return True


def adapter(env: Mapping[str, str], clock: Clock) -> Discord | None:
    """Discord, if there is a token for it. Raises ConfigError."""
    setup = environment.setup(env)
    if setup is None:
        return None
    # At DEBUG the library logs whole requests and events, members' words and all; and each attempt to come back as a
    # page of its own inside.
    library = logging.getLogger("discord")
    library.setLevel(max(library.getEffectiveLevel(), logging.WARNING))
    for part in ("client", "gateway", "shard"):
        logging.getLogger(f"discord.{part}").addFilter(_in_a_line)
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False  # nobody speaks here
    return Discord(setup, clock, parts=(Interactions(),))

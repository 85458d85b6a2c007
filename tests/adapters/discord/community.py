"""A guild on the local Discord, with people in it, and the bot behind the real discord.py."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from adapters.discord.connection import Discord, Part
from adapters.discord.environment import Setup
from adapters.discord.outgoing.archiving import EVERY
from bot.configuration import Configuration
from bot.core import Bot
from bot.domain.assessment import Concern, Reading, Severity
from bot.domain.conversation import Place
from bot.reply.on_discord import Instead
from bot.settings.live import Live
from bot.store.sqlite import SqliteStore
from tests.fakes.clock import SetClock
from tests.fakes.models import ScriptedReader, ScriptedVoice
from tests.servers.discord import Channel, Guild, Member, Message, Permission, Server, Thread, pointed

INSULTS = ("you useless machine", "you pathetic machine", "you worthless scrap", "scrap, you scrap")
EXPLICIT = "I want to kill myself"  # the wording reader is sure of it, without any model


class Naps:
    """Pauses that pass at once, on a clock of their own; those of a length that is held pass when it is let go.

    The bot looks for threads that are to be archived when it is told to.
    """

    def __init__(self) -> None:
        self._looks, self._rests = asyncio.Event(), asyncio.Event()
        self.taken: list[float] = []
        self.time = 0.0
        self.held: dict[float, asyncio.Event] = {}  # by seconds, to a tenth

    async def sleep(self, seconds: float) -> None:
        """A pause."""
        if seconds == EVERY:
            self._rests.set()
            await self._looks.wait()
            self._looks.clear()
            return
        self.taken.append(seconds)
        self.time += seconds
        await asyncio.sleep(0)
        if held := self.held.get(round(seconds, 1)):
            await held.wait()

    async def look(self) -> None:
        """Let the bot look for what is to be archived. Return when it has."""
        await self._rests.wait()
        self._rests.clear()
        self._looks.set()
        await self._rests.wait()

    def timer(self) -> float:
        """Seconds that have passed."""
        return self.time


class Town(Protocol):
    """Where people are, and a bot."""

    server: Server

    async def settled(self) -> None:
        """Return when the bot has read all it was told, and nothing is under way."""
        ...


@dataclass
class Community:
    """A guild with a public channel, a moderators' channel, and people; and what outlives any one bot.

    adapter, bot, store, serving  of the bot that runs
    live  settings that follow their files; None: they are fixed
    """

    server: Server
    database: Path
    everything: Configuration
    clock: SetClock
    naps: Naps = field(default_factory=Naps)
    voice: ScriptedVoice = field(default_factory=ScriptedVoice)
    reader: ScriptedReader = field(default_factory=ScriptedReader)
    token: str = ""
    content: bool = True
    shards: tuple[tuple[int, ...], int] | None = None
    parts: Sequence[Part] = ()
    within: float = 15.0
    patience: float = 60.0
    silence: float = 60.0
    kind: type[SqliteStore] = SqliteStore
    live: Live[Configuration] | None = None

    def __post_init__(self) -> None:
        insult = Concern("insult", Severity.SERIOUS, sure=True, words="as read")
        self.reader.readings.update(dict.fromkeys(INSULTS, Reading(by=self.reader.name, concerns=(insult,))))
        self.guild: Guild = self.server.guild("The Library")
        self.general: Channel = self.server.channel(self.guild, "general")
        self.desk: Channel = self.server.channel(self.guild, "desk")
        self.keepers = self.server.role(self.guild, "keepers", Permission.MANAGE_THREADS | Permission.MANAGE_MESSAGES)
        self.robin: Member = self.server.member(self.guild, "robin")
        self.sam: Member = self.server.member(self.guild, "sam")
        self.mo: Member = self.server.member(self.guild, "mo", self.keepers)
        everywhere, guild = self.everything.settings.everywhere, str(self.guild.id)
        desk = Place("discord", guild, str(self.desk.id), private=True)
        local = replace(everywhere, moderators=desk, moderator_roles=(str(self.keepers.id),))
        settings = replace(self.everything.settings, locals={(f"discord:{guild}", ""): local})
        self.everything = replace(self.everything, settings=settings)

    @asynccontextmanager
    async def running(self, *, ready: bool = True, killed: bool = False) -> AsyncIterator[Bot]:
        """A bot that serves this guild, until the end.

        ready   wait until it is connected
        killed  in the end nothing is finished: what was under way breaks off
        """
        before = len(self.server.gateway.sessions)
        async with self.made() as bot:
            serving = self.serving = asyncio.create_task(self.adapter.serve(bot))
            try:
                if ready:
                    await self.server.until(lambda: serving.done() or len(self.server.gateway.sessions) > before)
                if serving.done():
                    serving.result()
                await self.server.gateway.read()
                yield bot
            finally:
                if killed:
                    await bot.stop(0)
                serving.cancel()
                await asyncio.gather(serving, return_exceptions=True)

    @asynccontextmanager
    async def made(self) -> AsyncIterator[Bot]:
        """A bot and its adapter, not connected yet."""
        token = self.token or self.server.token
        setup = Setup(token=token, content=self.content, shards=self.shards)
        self.adapter = Discord(
            setup,
            self.clock,
            parts=self.parts,
            sleep=self.naps.sleep,
            timer=self.naps.timer,
            settle=0.05,
            within=self.within,
            patience=self.patience,
            silence=self.silence,
        )
        self.store = await self.kind.open(self.database, exclusive=True)
        self.bot = Bot(
            store=self.store,
            voice=self.voice,
            reader=self.reader,
            configuration=lambda: self.live.current if self.live else self.everything,
            platforms={self.adapter.name: self.adapter},
            clock=self.clock,
            sleep=self.naps.sleep,
            live=self.live,
        )
        try:
            with pointed(self.server):
                yield self.bot
        finally:
            await self.bot.stop(5)
            await self.store.close()

    def set_up(self, **keys: object) -> None:
        """Let the guild's settings say this, from now on."""
        settings, guild = self.everything.settings, (f"discord:{self.guild.id}", "")
        local = replace(settings.locals[guild], **keys)  # type: ignore[arg-type]
        self.everything = replace(self.everything, settings=replace(settings, locals={guild: local}))

    @property
    def texts(self) -> Instead:
        """What is said here where an answer cannot be given."""
        return self.everything.wording.words("en", "discord").discord.instead

    async def asks(self, text: str, who: Member | None = None) -> Message:
        """Somebody (robin) mentions the bot in the public channel."""
        return await self.server.says(who or self.robin, self.general, text, mentions=[self.server.bot])

    async def thread(self, question: Message) -> Thread:
        """The thread that a mention opened, as soon as it is there."""
        await self.server.until(lambda: question.id in self.guild.threads)
        return self.guild.threads[question.id]

    async def told(self, channel: Channel, times: int = 1) -> list[Message]:
        """What the bot has posted in a channel, as soon as it is this many messages."""
        await self.server.until(lambda: len(self.own(channel)) >= times)
        return self.own(channel)

    async def settled(self) -> None:
        """Return when the bot has read all it was told, and nothing is under way."""
        await heard(self.server)
        await self.bot.settled()

    def own(self, channel: Channel) -> list[Message]:
        """What the bot has posted in a channel."""
        written = {0, 19}  # the types of messages that are no notes of Discord's own
        return [one for one in channel.messages.values() if one.author is self.server.bot and one.kind in written]

    def asked(self, route: str) -> int:
        """How many requests there were to a route."""
        return len(self.server.requests(route))

    async def ended(self, times: int = 3) -> tuple[Thread, list[Message]]:
        """A thread of robin's that was ended for abuse; and what robin said in it."""
        question = await self.asks(INSULTS[0])
        thread, said = await self.thread(question), [question]
        await self.told(thread)
        for insult in INSULTS[1 : times + 1]:
            await self.settled()
            self.clock.wait(timedelta(minutes=1))
            said.append(await self.server.says(self.robin, thread, insult))
            await self.told(thread, len(said))
        await self.settled()
        return thread, said


def answers(message: Message) -> int | None:
    """The message that another one replies to."""
    return message.reference.message if message.reference else None


async def heard(server: Server) -> None:
    """Return when the bot has taken in all it was told."""
    await server.gateway.read()
    # the library names the tasks in which it tells of events
    while hearing := [task for task in asyncio.all_tasks() if task.get_name().startswith("discord.py: ")]:
        await asyncio.wait(hearing)

"""A workspace on the local Slack, with people in it, and the whole adapter behind the real slack-bolt."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from adapters.slack.connection import Slack
from adapters.slack.environment import Setup
from adapters.slack.installs.many_workspaces import ROUND
from adapters.slack.outgoing.pacing import Sleep
from adapters.slack.serving import Part
from bot.configuration import Configuration
from bot.core import Bot
from bot.domain.assessment import Concern, Reading, Severity
from bot.domain.conversation import Place
from bot.settings.live import Live
from bot.store.sqlite import SqliteStore
from tests.adapters.slack.outgoing import START, Naps
from tests.fakes.models import ScriptedReader, ScriptedVoice
from tests.servers.slack import App, Channel, LocalSlack, Message, User
from tests.servers.slack_state import Kind

INSULTS = ("you useless machine", "you pathetic machine", "you worthless scrap", "scrap, you scrap")
EXPLICIT = "I want to kill myself"  # the wording reader is sure of it, without any model
LONG = 1_000.0  # seconds that no test takes


@dataclass
class Community:
    """A workspace with a public channel, a moderators' channel, and people; and what outlives any one bot.

    adapter, bot, store, serving  of the bot that runs
    sockets  options of its connections
    looks    the pauses between two looks at how it all is
    live  settings that follow their files; None: they are fixed
    """

    slack: LocalSlack
    database: Path
    everything: Configuration
    voice: ScriptedVoice = field(default_factory=ScriptedVoice)
    reader: ScriptedReader = field(default_factory=ScriptedReader)
    parts: Sequence[Part] = ()
    setup: Setup | None = None
    kind: type[SqliteStore] = SqliteStore
    sockets: dict[str, Any] = field(default_factory=dict)
    looks: Sleep = asyncio.sleep
    live: Live[Configuration] | None = None

    def __post_init__(self) -> None:
        insult = Concern("insult", Severity.SERIOUS, sure=True, words="as read")
        self.reader.readings.update(dict.fromkeys(INSULTS, Reading(by=self.reader.name, concerns=(insult,))))
        self.naps = Naps(self.slack)
        self.workspace = self.slack.workspace("The Library")
        self.robin, self.sam = self.slack.member(self.workspace, "robin"), self.slack.member(self.workspace, "sam")
        self.mo = self.slack.member(self.workspace, "mo")
        self.general = self.slack.channel(self.workspace, "general")
        self.desk = self.slack.channel(self.workspace, "desk", self.mo, kind=Kind.PRIVATE)
        self.me, self.team = self.slack.installed(self.workspace).bot, self.workspace.id
        desk = Place("slack", self.team, self.desk.id)
        local = replace(self.everything.settings.everywhere, moderators=desk)
        settings = replace(self.everything.settings, locals={(f"slack:{self.team}", ""): local})
        self.everything = replace(self.everything, settings=settings)
        if self.setup is None:
            token = self.slack.installed(self.workspace).token
            self.setup = Setup(token=token, socket=self.slack.app.token, base=self.slack.url)

    def now(self) -> datetime:
        """What time it is for everybody here; each look moves it on, so that nothing happens at once."""
        self.slack.clock.now += 0.000_01
        return datetime.fromtimestamp(self.slack.clock.now, UTC)

    async def sleep(self, seconds: float) -> None:
        """A pause of the adapter's, which passes at once; those between two looks at tokens never do."""
        if seconds == ROUND:
            await asyncio.Event().wait()
        await self.naps.sleep(seconds)

    @asynccontextmanager
    async def running(self, *, ready: bool = True, killed: bool = False) -> AsyncIterator[Bot]:
        """A bot that serves this workspace, until the end.

        ready   wait until it is connected
        killed  in the end nothing is finished: what was under way breaks off
        """
        async with self.made() as bot:
            serving = self.serving = asyncio.create_task(self.adapter.serve(bot))
            serving.add_done_callback(lambda _: self.slack.bell.ring())
            try:
                if ready:
                    await self.connected()
                yield bot
            finally:
                if killed:
                    await bot.stop(0)
                serving.cancel()
                await asyncio.gather(serving, return_exceptions=True)

    @asynccontextmanager
    async def made(self) -> AsyncIterator[Bot]:
        """A bot and its adapter, not connected yet."""
        assert self.setup is not None
        options = {"ping": LONG, "patience": LONG, "silence": LONG, "lasts": (LONG, LONG)} | self.sockets
        self.adapter = Slack(
            self.setup,
            self.now,
            parts=self.parts,
            sleep=self.sleep,
            timer=self.naps.timer,
            looks=self.looks,
            sockets=options,
        )
        self.store = await self.kind.open(self.database, exclusive=True)
        self.bot = Bot(
            store=self.store,
            voice=self.voice,
            reader=self.reader,
            configuration=lambda: self.live.current if self.live else self.everything,
            platforms={self.adapter.name: self.adapter},
            clock=self.now,
            sleep=self.naps.sleep,
            live=self.live,
        )
        try:
            yield self.bot
        finally:
            await self.bot.stop(5)
            await self.store.close()

    async def connected(self) -> None:
        """Return when its connections are there, or it has given up."""
        number = len(self.sockets.get("lasts", (LONG, LONG)))
        await self.slack.until(lambda: self.serving.done() or len(self.slack.sockets.open) == number)
        if self.serving.done():
            self.serving.result()

    def set_up(self, **keys: object) -> None:
        """Let the workspace's settings say this, from now on."""
        settings, team = self.everything.settings, (f"slack:{self.team}", "")
        local = replace(settings.locals[team], **keys)  # type: ignore[arg-type]
        self.everything = replace(self.everything, settings=replace(settings, locals={team: local}))

    async def asks(self, text: str, who: User | None = None, where: Channel | None = None) -> Message:
        """Somebody (robin) mentions the bot in a channel (the public one)."""
        return await self.slack.mentions(who or self.robin, where or self.general, text)

    async def says(self, text: str, thread: Message, who: User | None = None) -> Message:
        """Somebody (robin) says something in a thread."""
        return await self.slack.says(who or self.robin, thread.channel, text, thread=thread)

    def said(self, where: Message | Channel) -> list[str]:
        """What the bot has said in a thread, or in a channel altogether."""
        if isinstance(where, Message):
            return [_read(each) for each in where.channel.replies(where.ts) if each.author is self.me]
        return [_read(each) for each in where.messages.values() if each.author is self.me]

    async def told(self, where: Message | Channel, times: int = 1) -> list[str]:
        """The same, as soon as it is this many messages."""
        await self.slack.until(lambda: len(self.said(where)) >= times)
        return self.said(where)

    async def settled(self) -> None:
        """Return when the bot has acknowledged all it was told, and nothing is under way."""
        await self.over(lambda delivery: delivery.over)
        await self.bot.settled()
        await self.over(lambda delivery: delivery.over)

    async def so(self, condition: Callable[[], object]) -> None:
        """Return when something is so that only the adapter knows of."""
        async with asyncio.timeout(60):
            while not condition():  # noqa: ASYNC110  nobody rings a bell when it is
                await asyncio.sleep(0.01)

    async def over(self, so: Callable[[Any], bool]) -> None:
        """Return when something is so of all that the bot was told."""
        await self.slack.until(lambda: all(map(so, self.slack.deliveries.sent)))

    async def ended(self) -> Message:
        """The root of a thread of robin's that was ended for abuse."""
        root = await self.asks(INSULTS[0])
        await self.told(root)
        for number, insult in enumerate(INSULTS[1:], start=2):
            await self.settled()
            self.slack.passes(60)
            await self.says(insult, root)
            await self.told(root, number)
        await self.settled()
        return root


def _read(message: Message) -> str:
    """What it says, without what everybody is told once."""
    text = message.text if message.markdown is None else message.markdown
    return text.partition("\n\nI'm Fairwell")[0]


@asynccontextmanager
async def community(everything: Configuration, folder: Path, app: App | None = None) -> AsyncIterator[Community]:
    """One that is there until the end. The bot is not yet."""
    async with LocalSlack(app, start=START) as slack:
        yield Community(slack, folder / "slack.db", everything)

"""What the core's tests are made of: a bot on the real store, members, and what they do."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from typing import TypedDict

from bot import configuration
from bot.configuration import Configuration
from bot.core import Bot
from bot.domain.action import Action, Say
from bot.domain.assessment import Concern, Reading, Severity
from bot.domain.conversation import Member, Place
from bot.domain.event import Appealed, Branched, Edited, Event, Judged, Said
from bot.ports import Clock, Platform, Reader, Store, Voice
from bot.store.sqlite import SqliteStore
from tests.configs import small_config
from tests.fakes.clock import NOON, SetClock
from tests.fakes.models import ScriptedReader, ScriptedVoice
from tests.fakes.platforms import Board

MINUTE = timedelta(minutes=1)
PLACE = Place("board", "space", "channel")
TALK = "board:talk"
ANN, BEN, CEM = Member("id-ann", "Ann"), Member("id-ben", "Ben"), Member("id-cem", "Cem")
MODERATOR = Member("id-mod", "Mo")
EXPLICIT = "I want to kill myself"  # the wording reader is sure of it, without any model
INSULT = Reading(by="scripted reader", concerns=(Concern("insult", Severity.SERIOUS, sure=True, words="told so"),))


class Reported(TypedDict):
    """What every event carries."""

    key: str
    conversation: str
    place: Place
    member: Member
    at: datetime


@cache
def shipped() -> Configuration:
    """The configuration that ships, with the English phrases, without a key for any model; answers grow everywhere."""
    with tempfile.TemporaryDirectory() as directory:
        whole = configuration.load(small_config(Path(directory) / "config"), {})
    everywhere = replace(whole.settings.everywhere, streaming=True)
    return replace(whole, settings=replace(whole.settings, everywhere=everywhere))


def adjusted(**ladder: object) -> Configuration:
    """The same with another ladder everywhere."""
    whole = shipped()
    everywhere = whole.settings.everywhere
    changed = replace(everywhere, ladder=replace(everywhere.ladder, **ladder))  # type: ignore[arg-type]
    return replace(whole, settings=replace(whole.settings, everywhere=changed))


def said(number: int, text: str, *, member: Member = ANN, conversation: str = TALK, to_bot: bool = True) -> Said:
    """The message that was written in the minute `number` after noon."""
    reported = _reported(number, member, conversation)
    return Said(**reported, message=f"m{number}", text=text, to_bot=to_bot)


def edited(number: int, message: str, text: str, *, member: Member = ANN, conversation: str = TALK) -> Edited:
    """A message changed."""
    return Edited(**_reported(number, member, conversation), message=message, text=text)


def branched(number: int, offer: str, into: str, *, member: Member = ANN, conversation: str = TALK) -> Branched:
    """An offer taken."""
    return Branched(**_reported(number, member, conversation), offer=offer, into=into)


def appealed(
    number: int, words: str = "please look again", *, member: Member = ANN, conversation: str = TALK
) -> Appealed:
    """An appeal."""
    return Appealed(**_reported(number, member, conversation), words=words)


def judged(number: int, ending: str, *, upheld: bool, conversation: str = TALK) -> Judged:
    """A verdict."""
    reported = _reported(number, MODERATOR, conversation)
    return Judged(**reported, ending=ending, upheld=upheld)


def _reported(number: int, member: Member, conversation: str) -> Reported:
    at = NOON + number * MINUTE
    return {"key": f"e{number}", "conversation": conversation, "place": PLACE, "member": member, "at": at}


def made(
    store: Store,
    platforms: Mapping[str, Platform],
    clock: Clock,
    *,
    voice: Voice | None = None,
    reader: Reader | None = None,
    config: Configuration | Callable[[], Configuration] = shipped,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Bot:
    """A bot on doubles. config: what is in force, or what tells it at each moment."""
    return Bot(
        store=store,
        voice=voice or ScriptedVoice(),
        reader=reader or ScriptedReader(),
        configuration=config if callable(config) else lambda: config,
        platforms=platforms,
        clock=clock,
        sleep=sleep,
    )


def texts(actions: Sequence[Action]) -> list[str]:
    """What is said to all."""
    return [action.text for action in actions if isinstance(action, Say)]


async def until(bot: Bot, condition: Callable[[], bool]) -> None:
    """Let everybody go on until it holds. Raises TimeoutError where it never does."""
    async with asyncio.timeout(30):
        while not condition():
            await breathe(bot, 1)


async def breathe(bot: Bot, times: int = 20) -> None:
    """Let everybody go on for a while: the loop and the store's threads."""
    for _ in range(times):
        await bot.store.open_conversations()


@dataclass
class World:
    """What outlives a bot: the file, the platform, the models, and the time. Pauses pass at once, on the clock."""

    path: Path
    clock: SetClock = field(default_factory=SetClock)
    reader: ScriptedReader = field(default_factory=ScriptedReader)
    voice: ScriptedVoice = field(default_factory=ScriptedVoice)
    config: Configuration = field(default_factory=shipped)
    rests: list[float] = field(default_factory=list)
    board: Board = field(init=False)
    store: SqliteStore = field(init=False)  # of the bot that runs

    def __post_init__(self) -> None:
        self.board = Board(self.clock)

    @property
    def done(self) -> list[str]:
        """What was performed, by id, in order."""
        return [action.id for action in self.board.performed]

    async def hear(self, bot: Bot, *events: Event) -> Sequence[Action]:
        """Events, one after the other, each at its time. Out: what was performed about them."""
        before = len(self.board.performed)
        for event in events:
            self.clock.at = max(self.clock.at, event.at)
            await bot.receive(event)
            await bot.settled()
        return self.board.performed[before:]

    async def sleep(self, seconds: float) -> None:
        """Let the time of a pause pass at once."""
        self.rests.append(seconds)
        self.clock.wait(timedelta(seconds=seconds))
        await asyncio.sleep(0)

    @asynccontextmanager
    async def bot(self, *, voice: Voice | None = None, grace: float = 10) -> AsyncIterator[Bot]:
        """A bot that has taken up what was left."""
        store = self.store = await SqliteStore.open(self.path, exclusive=True)
        try:
            bot = made(
                store,
                {"board": self.board},
                self.clock,
                voice=voice or self.voice,
                reader=self.reader,
                config=lambda: self.config,
                sleep=self.sleep,
            )
            await bot.resume()
            try:
                yield bot
            finally:
                await bot.stop(grace)
        finally:
            await store.close()


class Stage:
    """A bot for the examples of a property: each is played in a conversation of its own, named by `talk`."""

    def __init__(self, world: World, runner: asyncio.Runner, bot: Bot) -> None:
        self.world, self.run, self.bot = world, runner.run, bot
        self._talks = count(1)

    def talk(self) -> tuple[str, int]:
        """A new conversation, and the minute in which it begins."""
        number = next(self._talks)
        return f"board:{number}", 100 * number


@contextmanager
def staged(config: Configuration) -> Iterator[Stage]:
    """Somewhere to play examples."""
    with tempfile.TemporaryDirectory() as directory, asyncio.Runner() as runner:
        world = World(Path(directory) / "fairwell.db", config=config)
        running = world.bot()
        yield Stage(world, runner, runner.run(running.__aenter__()))
        runner.run(running.__aexit__(None, None, None))

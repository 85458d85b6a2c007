"""Where a dialog is played: a platform, and the people on it who do what the dialog says."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from adapters.terminal import Terminal
from adapters.terminal.chat import Chat
from bot.core import Bot
from bot.domain.action import OfferBranch
from bot.domain.conversation import Member, Place
from bot.domain.ending import Vote
from bot.domain.event import Appealed, Branched, Chose, Deleted, Edited, Event, Judged, Rated, Said
from bot.ports import Platform
from tests.fakes.clock import SetClock
from tests.fakes.platforms import Board


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What somebody does."""

    kind: str  # a key of tests/dialog.py: says, edits, deletes, rates, appeals, judged, branches, chooses
    member: str
    thread: str  # the dialog's name for it; of a branch, the new one
    at: datetime
    public: bool  # others read along
    text: str  # what is said, or the deed's object: a vote, a verdict, "language de"
    turn: int  # that is edited or deleted
    to_bot: bool


class Stage(Protocol):
    """A platform with people on it: makes their deeds into events by that platform's own means."""

    platform: Platform  # what the bot performs its actions on; outlives any one bot

    async def begin(self, bot: Bot) -> None:
        """Let a bot take up its work: the first, or one after a restart."""
        ...

    async def act(self, deed: Deed) -> None:
        """Let it be done; returns when the bot has done what it does about it."""
        ...

    def conversation(self, thread: str) -> str:
        """The bot's name for a thread of the dialog."""
        ...

    def id_of(self, member: str) -> str:
        """The bot's id of a member of the dialog."""
        ...


class BoardStage:
    """The board in memory: deeds are events just like that."""

    def __init__(self, clock: SetClock) -> None:
        self.board = Board(clock)
        self.platform: Platform = self.board
        self._events = 0
        self._left = "first"  # the thread in which somebody acted last

    async def begin(self, bot: Bot) -> None:
        """Go on with what is open."""
        self._bot = bot
        await bot.resume()
        await bot.settled()

    async def act(self, deed: Deed) -> None:
        """Hand the bot an event, twice, as real platforms do."""
        event = await self._event(deed)
        if deed.kind != "branches":
            self._left = deed.thread
        await self._bot.receive(event)
        await self._bot.receive(event)
        await self._bot.settled()

    def conversation(self, thread: str) -> str:
        """Named like the thread."""
        return f"board:{thread}"

    def id_of(self, member: str) -> str:
        """Named like the member."""
        return f"board:{member}"

    async def _event(self, deed: Deed) -> Event:
        self._events += 1
        carried: dict[str, Any] = {
            "key": f"event {self._events}",
            "conversation": self.conversation(deed.thread),
            "place": Place("board", "home", "lounge", private=not deed.public),
            "member": Member(self.id_of(deed.member), deed.member.capitalize()),
            "at": deed.at,
        }
        ending = await self._bot.store.latest_ending(carried["conversation"])
        match deed.kind:
            case "says":
                return Said(**carried, message=f"message {self._events}", text=deed.text, to_bot=deed.to_bot)
            case "edits":
                return Edited(**carried, message=await self._message(deed), text=deed.text)
            case "deletes":
                return Deleted(**carried, message=await self._message(deed))
            case "rates":
                return Rated(**carried, vote=Vote(deed.text) if deed.text else None)
            case "appeals":
                return Appealed(**carried, words=deed.text)
            case "judged":
                assert ending, "there is no ending to judge"
                return Judged(**carried, ending=ending.id, upheld=deed.text == "upheld")
            case "branches":
                left = carried | {"conversation": self.conversation(self._left)}
                return Branched(**left, offer=self._offer(), into=carried["conversation"])
            case "chooses":
                what, _, which = deed.text.partition(" ")
                return Chose(**(carried | {what: which}))
        raise AssertionError(deed.kind)

    async def _message(self, deed: Deed) -> str:
        turns = await self._bot.store.turns(self.conversation(deed.thread), 10_000)
        return next(each.turn.message for each in turns if each.turn.number == deed.turn)

    def _offer(self) -> str:
        offers = [action.id for action in self.board.performed if isinstance(action, OfferBranch)]
        assert offers, "there is no offer to take"
        return offers[-1]


COMMANDS: Mapping[str, str] = {
    "edits": "/edit {turn} {text}",
    "deletes": "/delete {turn}",
    "appeals": "/appeal {text}",
    "branches": "/branch",
    "chooses": "/{text}",
}
VOTES: Mapping[str, str] = {"fair": "/fair", "unfair": "/unfair", "": "/unrate"}


class TerminalStage:
    """The terminal adapter: deeds are typed, by whoever sits at the keyboard."""

    def __init__(self, clock: SetClock) -> None:
        self._clock = clock
        self.screen = io.StringIO()
        self.terminal = Terminal(clock, lines=io.StringIO(), out=self.screen)
        self.platform: Platform = self.terminal
        self._threads: dict[str, str] = {}  # the dialog's names for conversations

    async def begin(self, bot: Bot) -> None:
        """Sit down at the keyboard."""
        self._chat = Chat(self.terminal, bot)
        await self._chat.begin()

    async def act(self, deed: Deed) -> None:
        """Type it."""
        if deed.kind != "branches":
            await self._go(deed.thread)
        if self._chat.member != deed.member:
            await self._chat.take(f"/as {deed.member}")
        if deed.kind == "says":
            await self._chat.take(f"/{deed.text}" if deed.text.startswith("/") else deed.text)
        elif deed.kind == "rates":
            await self._chat.take(VOTES[deed.text])
        else:
            await self._chat.take(COMMANDS[deed.kind].format(turn=deed.turn, text=deed.text))
        self._threads[deed.thread] = self._chat.conversation

    def conversation(self, thread: str) -> str:
        """As the terminal named it; "" before anything happened there."""
        return self._threads.get(thread, "")

    def id_of(self, member: str) -> str:
        """As the terminal names members."""
        return f"terminal:{member}"

    async def _go(self, thread: str) -> None:
        known = self._threads.get(thread)
        if known is None:
            if self._threads:
                await self._chat.take("/new")
        elif known != self._chat.conversation:
            await self._chat.take(f"/open {known}")

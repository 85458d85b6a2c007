"""Where a dialog is played: a platform, and the people on it who do what the dialog says."""

import io
from collections.abc import Mapping
from typing import Protocol

from adapters.terminal import Terminal
from adapters.terminal.chat import Chat
from bot.core import Bot
from bot.domain.conversation import Place
from bot.ports import Platform
from bot.replay.people import Deed, People
from tests.fakes.clock import SetClock
from tests.fakes.platforms import Board


class Stage(Protocol):
    """A platform with people on it: makes their deeds into events by that platform's own means."""

    platform: Platform  # what the bot performs its actions on; outlives any one bot

    async def begin(self, bot: Bot) -> None:
        """Let a bot take up its work: the first, or one after a restart."""
        ...

    async def act(self, deed: Deed) -> str:
        """Let it be done; returns when the bot has done what it does about it.

        Out: what a command was answered by itself, to whoever gave it alone; "" if that was nothing.
        """
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
        self._people = People(Place(self.board.name, "home", "lounge"))

    async def begin(self, bot: Bot) -> None:
        """Go on with what is open."""
        self._bot = bot
        await bot.resume()
        await bot.settled()

    async def act(self, deed: Deed) -> str:
        """Hand the bot an event, twice, as real platforms do."""
        event = await self._people.event(deed, self._bot.store, self.board.performed)
        await self._bot.receive(event)
        await self._bot.receive(event)
        await self._bot.settled()
        return ""

    def conversation(self, thread: str) -> str:
        """Named like the thread."""
        return self._people.conversation(thread)

    def id_of(self, member: str) -> str:
        """Named like the member."""
        return self._people.id_of(member)


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

    async def act(self, deed: Deed) -> str:
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
        return ""

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

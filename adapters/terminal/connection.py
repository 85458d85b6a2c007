"""The adapter: performs actions on a screen, and lets a person talk."""

import asyncio
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TextIO

from adapters.terminal.chat import Chat
from adapters.terminal.files import fetched
from adapters.terminal.keyboard import typed
from adapters.terminal.past import NAME
from adapters.terminal.screen import Screen
from bot.build import until
from bot.cli.screen import indented
from bot.core import Bot
from bot.domain.action import (
    Action,
    AskFeedback,
    CallModerators,
    CloseThread,
    OfferBranch,
    Outcome,
    Receipt,
    ReopenThread,
    Say,
    ShowVerdict,
    Tell,
)
from bot.domain.conversation import Attachment, Place
from bot.errors import PlatformError
from bot.ports import Clock, Condition


class Terminal:
    """The adapter on standard input and output, or on other streams (a pipe has `isatty` and `fileno`)."""

    name = NAME

    def __init__(self, clock: Clock, *, lines: TextIO | None = None, out: TextIO | None = None) -> None:
        self._clock = clock
        self._lines = lines
        self.screen = Screen(out)
        self._shown: dict[str, Receipt] = {}  # by action id
        self.offers: dict[str, OfferBranch] = {}  # the latest in each conversation
        self.bot_name = ""
        self.here = ""  # the conversation that is on the screen

    async def perform(self, action: Action) -> Receipt:
        """Show it. Raises PlatformError: the screen is gone."""
        receipt = self._shown[action.id] = self._show(action)
        return receipt

    async def find(self, action: Action) -> Receipt | None:
        """Whether it was shown on this screen."""
        return self._shown.get(action.id)

    def condition(self) -> Condition:
        """A terminal is there, or the process is not."""
        return Condition()

    async def fetch(self, attachment: Attachment, most: int) -> bytes:
        """What is in a file that was attached here, now or before a restart. Raises PlatformError."""
        return await asyncio.to_thread(fetched, attachment.source, most)

    async def preview(self, action: str, place: Place, conversation: str, text: str) -> None:
        """Nothing: an answer is shown whole."""

    async def give_up(self, action: Say) -> str:
        """Nothing is shown before it is said."""
        return ""

    async def serve(self, bot: Bot) -> None:
        """Talk until the input ends, or nobody looks any more."""
        with suppress(PlatformError):
            await until([self._talk(bot)], self.screen.gone)

    async def _talk(self, bot: Bot) -> None:
        chat, lines = Chat(self, bot), self._lines or sys.stdin
        await chat.begin()
        if lines is None:  # standard input was closed before we began
            return
        async for line in typed(lines, lambda: f"{chat.turn}. {chat.member}> "):
            if not lines.isatty():
                self.screen.say(chat.echoed(line), line, "bold green")
            if not await chat.take(line):
                return

    def _show(self, action: Action) -> Receipt:
        shown = Receipt(action.id, Outcome.DELIVERED, self._clock(), message=action.id)
        bot = self.bot_name if action.conversation == self.here else f"{self.bot_name} in {action.conversation}"
        match action:
            case Say():
                self.screen.say(bot, action.text, "bold cyan")
            case Tell():
                self.screen.say(f"{bot} (to {self._named(action.member)} alone)", action.text, "bold magenta")
            case OfferBranch():
                self.offers[action.conversation] = action
                self.screen.say(bot, action.text, "bold cyan")
            case CallModerators():
                self.screen.note(
                    f"   [to the moderators{', urgent' if action.urgent else ''}] {indented(action.text, 5)}"
                )
            case ShowVerdict():
                pass  # whoever is called here is asked nothing
            case AskFeedback():
                pass  # the notice names the commands, and they are always there
            case CloseThread() | ReopenThread():
                return replace(shown, outcome=Outcome.NEEDLESS, message="", why="a terminal has no lock")
        return shown

    def _named(self, member: str) -> str:
        return member.removeprefix(f"{NAME}:")


def adapter(_env: Mapping[str, str], clock: Clock) -> Terminal:
    """The terminal on standard input and output."""
    return Terminal(clock)

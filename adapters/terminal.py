"""The terminal as a chat platform: one person, or several taking turns at one keyboard with /as.

What the terminal cannot do it says: it has no lock. Its screen begins empty, so what an earlier process left without
a receipt is on no screen yet and is shown once, after the turns it belongs to.
"""

import asyncio
import sys
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, TextIO

from prompt_toolkit import PromptSession
from prompt_toolkit.history import InMemoryHistory
from rich.console import Console
from rich.text import Text

from bot.care.country import parse_country
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
    Tell,
)
from bot.domain.conversation import Member, Place
from bot.domain.ending import Vote
from bot.domain.event import Appealed, Branched, Chose, Deleted, Edited, Event, Rated, Said
from bot.domain.record import Vetted
from bot.domain.step import Step
from bot.ports import Clock
from bot.reply.texts import Words

NAME = "terminal"
SPACE = "local"
RECALLED = 6  # turns shown again after a restart

HELP = """\
/new                     a new conversation, at once
/as NAME                 speak as somebody else in this conversation
/edit N TEXT             change your message N; in a closed conversation this offers a branch
/branch                  take that offer: go on from the changed message
/delete N                delete your message N
/fair  /unfair  /unrate  rate the ending here, or take the rating back
/appeal [WORDS]          ask moderators to look at the ending again
/why                     the readings and the decision behind the last turn, for whoever tunes
/standing  /boundaries   what counts for you here; what counts at all
/country [NAME]          your country, for where help is shown; alone, it takes it back
/language [CODE]         the language I write to you in
/forgetme                erase what is kept about you
/threads  /open ID       list the conversations; go to one
/help  /quit             // begins a message with a slash"""


class Screen:
    """What people see."""

    def __init__(self, out: TextIO) -> None:
        self._console = Console(file=out, highlight=False, soft_wrap=True)

    def say(self, who: str, text: str, style: str) -> None:
        """Something that somebody says."""
        self._console.print(Text.assemble((f"{who}: ", style), printable(text)))

    def note(self, text: str) -> None:
        """Something the terminal itself says."""
        self._console.print(Text(printable(text), style="dim"))


def printable(text: str) -> str:
    """The text without what would steer the terminal (control characters) or cannot be printed (surrogates)."""
    seen = text.encode("utf-8", "replace").decode()
    return "".join(character for character in seen if character in "\n\t" or character.isprintable())


class Terminal:
    """The adapter: performs actions on a screen, and makes events of what is typed."""

    name = NAME

    def __init__(self, clock: Clock, *, lines: TextIO | None = None, out: TextIO | None = None) -> None:
        self._clock = clock
        self._lines = lines or sys.stdin
        self.screen = Screen(out or sys.stdout)
        self._shown: dict[str, Receipt] = {}  # by action id
        self.offers: dict[str, OfferBranch] = {}  # the latest in each conversation
        self.bot_name = "Fairwell"

    async def perform(self, action: Action) -> Receipt:
        """Show it."""
        receipt = self._shown[action.id] = self._show(action)
        return receipt

    async def find(self, action: Action) -> Receipt | None:
        """Whether it was shown on this screen."""
        return self._shown.get(action.id)

    async def preview(self, action: str, place: Place, conversation: str, text: str) -> None:
        """Nothing: an answer is shown whole."""

    async def serve(self, bot: Bot) -> None:
        """Talk until the input ends."""
        chat = Chat(self, bot)
        await chat.begin()
        async for line in typed(self._lines, lambda: f"{chat.member}> "):
            if not self._lines.isatty():
                self.screen.say(chat.member, line, "bold green")
            if not await chat.take(line):
                return

    def _show(self, action: Action) -> Receipt:
        shown = Receipt(action.id, Outcome.DELIVERED, self._clock(), message=action.id)
        no_lock = replace(shown, outcome=Outcome.REFUSED, message="", why="a terminal has no lock")
        match action:
            case Say():
                self.screen.say(self.bot_name, action.text, "bold cyan")
            case Tell():
                self.screen.say(f"{self.bot_name} (to you alone)", action.text, "bold magenta")
            case OfferBranch():
                self.offers[action.conversation] = action
                self.screen.say(self.bot_name, action.text, "bold cyan")
            case CallModerators():
                self.screen.note(f"   [to the moderators{', urgent' if action.urgent else ''}] {action.text}")
            case AskFeedback():
                pass  # the notice names the commands, and they are always there
            case CloseThread() | ReopenThread():
                return no_lock
        return shown


async def typed(lines: TextIO, prompt: Callable[[], str]) -> AsyncIterator[str]:
    """What is typed, line by line, until the input ends. Bytes that are no UTF-8 become question marks."""
    if lines.isatty():
        session: PromptSession[str] = PromptSession(history=InMemoryHistory())
        while True:
            try:
                yield await session.prompt_async(prompt)
            except (EOFError, KeyboardInterrupt):
                return
    raw = lines.buffer
    while line := await asyncio.to_thread(raw.readline):
        yield line.decode("utf-8", "replace").rstrip("\r\n")


class Chat:
    """One person at the keyboard, in one conversation at a time."""

    def __init__(self, terminal: Terminal, bot: Bot) -> None:
        self._terminal = terminal
        self._bot = bot
        self._note = terminal.screen.note
        self.conversation = ""
        self.member = "guest"
        self._company: set[str] = set()  # who has spoken here

    async def begin(self) -> None:
        """Take up the latest conversation where it was, or begin the first."""
        latest = await self._bot.store.conversations(NAME, SPACE, limit=1)
        if latest:
            await self._open(latest[0])
        else:
            self.conversation = named()
        await self._bot.resume()
        await self._bot.settled()
        self._note("Type to talk. /help shows what else there is.")

    async def take(self, line: str) -> bool:
        """One line that was typed. False: the person wants to leave."""
        if not line.startswith("/") or line.startswith("//"):
            await self._say(line.removeprefix("/") if line.startswith("//") else line)
            return True
        command, _, rest = line[1:].partition(" ")
        if command in {"quit", "exit"}:
            return False
        if command not in COMMANDS:
            self._note(f"There is no /{command}. /help shows what there is; // begins a message with a slash.")
            return True
        await COMMANDS[command](self, rest.strip())
        return True

    async def _say(self, text: str) -> None:
        self._company.add(self.member)
        await self._hear(Said(**self._reported(), message=uuid.uuid4().hex, text=text))

    async def _hear(self, event: Event) -> None:
        await self._bot.receive(event)
        await self._bot.settled()

    @property
    def _member(self) -> Member:
        return Member(f"{NAME}:{self.member}", self.member)

    @property
    def _place(self) -> Place:
        """A thread of one is private; with /as it becomes one that others read."""
        return Place(NAME, SPACE, NAME, private=len(self._company | {self.member}) < 2)

    def _reported(self) -> dict[str, Any]:
        return {
            "key": f"{NAME}:{uuid.uuid4().hex}",
            "conversation": self.conversation,
            "place": self._place,
            "member": self._member,
            "at": self._bot.clock(),
        }

    async def _words(self) -> Words:
        person = await self._bot.store.person(self._member.id, SPACE)
        return self._bot.words(self._place, person)

    async def _open(self, conversation: str) -> None:
        """Show the last turns of a conversation, and go on in it as whoever spoke last."""
        self.conversation = conversation
        turns = await self._bot.store.turns(conversation, 50)
        self._company = {each.turn.member.name for each in turns if each.turn.member.name}
        self._note(f"Conversation {conversation}, where it was:")
        waiting = {getattr(heard.event, "message", "") for heard in await self._bot.store.open_events(conversation)}
        for each in turns[-RECALLED:]:
            self._recall(each, answered=each.turn.message not in waiting)
        if turns:
            self.member = turns[-1].turn.member.name or self.member

    def _recall(self, each: Vetted, *, answered: bool) -> None:
        """Show a turn again; a reply that is still on its way comes by itself."""
        turn = each.turn
        self._note(f"  {turn.number}. {turn.member.name}: {turn.text}")
        if turn.reply and answered:
            self._note(f"     {self._terminal.bot_name}: {turn.reply}")

    async def _turn(self, number: str) -> Vetted | None:
        """The turn with a number, if it is this member's."""
        turns = await self._bot.store.turns(self.conversation, 10_000)
        mine = (each for each in turns if each.turn.member.id == self._member.id)
        return next((each for each in mine if str(each.turn.number) == number), None)

    async def new(self, _: str) -> None:
        """A new conversation."""
        self.conversation, self._company = named(), set()
        self._note(f"A new conversation: {self.conversation}")

    async def speak_as(self, name: str) -> None:
        """Another member at the keyboard."""
        if not name:
            self._note(f"You are {self.member}. /as NAME speaks as somebody else.")
            return
        self.member = printable(name)[:40]
        self._note(f"You speak as {self.member} now, in the same conversation.")

    async def edit(self, rest: str) -> None:
        """Change a message."""
        number, _, text = rest.partition(" ")
        earlier = await self._turn(number)
        if earlier is None or not text.strip():
            self._note(f"/edit N TEXT. {(await self._words()).talk.choices.no_such_message}")
            return
        before = self._terminal.offers.get(self.conversation)
        await self._hear(Edited(**self._reported(), message=earlier.turn.message, text=text.strip()))
        if self._terminal.offers.get(self.conversation) is before:
            self._note(f"Message {number} is changed.")

    async def delete(self, number: str) -> None:
        """Delete a message."""
        earlier = await self._turn(number)
        if earlier is None:
            self._note((await self._words()).talk.choices.no_such_message)
            return
        await self._hear(Deleted(**self._reported(), message=earlier.turn.message))
        self._note(f"Message {number} is deleted.")

    async def branch(self, _: str) -> None:
        """Take the offer to go on from a changed message."""
        offer = self._terminal.offers.get(self.conversation)
        if offer is None or offer.member != self._member.id:
            self._note("There is no offer. In a closed conversation, /edit N TEXT changes one of your messages.")
            return
        into = named()
        event = Branched(**self._reported(), offer=offer.id, into=into)
        self.conversation = into
        await self._hear(event)

    async def rate(self, vote: Vote | None) -> None:
        """Rate the ending here."""
        words = await self._words()
        ending = await self._bot.store.latest_ending(self.conversation)
        if ending is None:
            self._note(words.talk.choices.nothing_to_rate)
            return
        await self._hear(Rated(**self._reported(), vote=vote, ending=ending.id))
        review = words.boundary.review
        self._note(review.feedback_thanks if vote else review.feedback_taken_back)

    async def appeal(self, words: str) -> None:
        """Ask moderators to look again."""
        await self._hear(Appealed(**self._reported(), words=words))

    async def why(self, _: str) -> None:
        """The readings and the decision behind the last turn."""
        turns = await self._bot.store.turns(self.conversation, 1)
        self._note(explained(turns[-1]) if turns else "Nothing has been said here yet.")

    async def standing(self, _: str) -> None:
        """What counts for this member here."""
        standings = dict(await self._bot.store.standings(self.conversation))
        choices, own = (await self._words()).talk.choices, standings.get(self._member.id)
        if own is None or not own.marks:
            self._note(choices.standing_clear)
            return
        self._note(choices.standing(redirections=own.count(Step.REDIRECT), warnings=own.count(Step.WARN)))

    async def boundaries(self, _: str) -> None:
        """What counts."""
        self._note(self._bot.boundaries(self._place, await self._bot.store.person(self._member.id, SPACE)))

    async def country(self, name: str) -> None:
        """Set the member's country, or take it back."""
        choices, code = (await self._words()).talk.choices, parse_country(name) if name else ""
        if code is None:
            self._note(choices.country_unknown)
            return
        await self._hear(Chose(**self._reported(), country=code))
        self._note(choices.country_set(place=name) if code else choices.country_taken_back)

    async def language(self, code: str) -> None:
        """Set the language the bot writes in, or take it back."""
        known = self._bot.configuration().wording.languages
        if code and code not in known:
            self._note((await self._words()).talk.choices.language_unknown(languages=", ".join(known)))
            return
        await self._hear(Chose(**self._reported(), language=code))
        self._note((await self._words()).talk.choices.language_set)

    async def forget(self, _: str) -> None:
        """Erase what is kept about this member."""
        choices = (await self._words()).talk.choices
        self._note(choices.forgotten(count=await self._bot.store.forget(self._member.id, self._bot.clock())))

    async def threads(self, _: str) -> None:
        """List the conversations."""
        for conversation in await self._bot.store.conversations(NAME, SPACE, limit=20):
            here = "  (here)" if conversation == self.conversation else ""
            self._note(f"  {conversation}{here}")

    async def go(self, conversation: str) -> None:
        """Go to another conversation."""
        known = await self._bot.store.conversations(NAME, SPACE, limit=1_000)
        if conversation not in known:
            self._note("There is no such conversation. /threads lists them.")
            return
        await self._open(conversation)

    async def help(self, _: str) -> None:
        """What can be typed."""
        self._note(HELP)


Act = Callable[[Chat, str], Awaitable[None]]

COMMANDS: Mapping[str, Act] = {
    "new": Chat.new,
    "as": Chat.speak_as,
    "edit": Chat.edit,
    "branch": Chat.branch,
    "delete": Chat.delete,
    "fair": lambda chat, _: chat.rate(Vote.FAIR),
    "unfair": lambda chat, _: chat.rate(Vote.UNFAIR),
    "unrate": lambda chat, _: chat.rate(None),
    "appeal": Chat.appeal,
    "why": Chat.why,
    "standing": Chat.standing,
    "boundaries": Chat.boundaries,
    "country": Chat.country,
    "language": Chat.language,
    "forgetme": Chat.forget,
    "threads": Chat.threads,
    "open": Chat.go,
    "help": Chat.help,
}


def named() -> str:
    """The name of a new conversation."""
    return f"{NAME}:{uuid.uuid4().hex[:8]}"


def explained(each: Vetted) -> str:
    """A turn's readings and its decision, in lines."""
    decision, seen = each.decision, each.assessment
    lines = [f"turn {each.turn.number}: {decision.step} ({decision.reason}), ladder {decision.ladder}"]
    for reading in seen.readings:
        if not reading.read:
            lines.append(f"  {reading.by}: unread, {reading.why}")
            continue
        concerns = [
            f"{concern.kind} {concern.severity.name.lower()}{'' if concern.sure else '?'} “{concern.words}”"
            for concern in reading.concerns
        ]
        risk = reading.risk
        if risk.level:
            sure = "" if risk.sure else "?"
            concerns.append(f"risk {risk.level.name.lower()}{sure} about {risk.about} “{risk.words}”")
        lines.append(f"  {reading.by}: {'; '.join(concerns) or 'nothing'}{f'  [{reading.why}]' if reading.why else ''}")
    marks = ", ".join(f"{mark.step} in {mark.turn}" for mark in decision.standing.marks) or "nothing"
    pending = f", {decision.standing.pending.step} on its way" if decision.standing.pending else ""
    lines.append(f"  doubt {'yes' if seen.doubt else 'no'}; held against {each.turn.member.name}: {marks}{pending}")
    if decision.standing.care_until:
        lines.append(f"  care window until {decision.standing.care_until:%Y-%m-%d %H:%M} UTC")
    lines.append(f"  {each.models}; {each.prompts}; decided in {each.took * 1000:.1f} ms")
    return "\n".join(lines)


def adapter(_env: Mapping[str, str], clock: Clock) -> Terminal:
    """The terminal on standard input and output."""
    return Terminal(clock)

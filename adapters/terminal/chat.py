"""A person at the keyboard: what is typed becomes events, and commands tell what stands in the store."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

from adapters.terminal.files import attached
from adapters.terminal.help import HELP
from adapters.terminal.past import ALL, NAME, NOTHING_YET, SPACE, Past
from adapters.terminal.screen import Screen
from adapters.terminal.why import explained
from bot.care.country import parse_country
from bot.cli.screen import printable
from bot.core import Bot
from bot.domain.action import OfferBranch
from bot.domain.conversation import Attachment, Member, Place
from bot.domain.ending import Vote
from bot.domain.event import Appealed, Branched, Chose, Deleted, Edited, Event, Rated, Said
from bot.domain.record import Vetted
from bot.domain.step import Step
from bot.reply.texts import Words

LONGEST_NAME = 40  # characters


class Display(Protocol):
    """What a chat needs of the terminal it is in."""

    screen: Screen
    offers: dict[str, OfferBranch]
    bot_name: str
    here: str


class Chat:
    """One person at the keyboard, in one conversation at a time.

    turn  the number that the next message here has
    """

    def __init__(self, display: Display, bot: Bot) -> None:
        self._display = display
        self._bot = bot
        self._note = display.screen.note
        self._past = Past(bot.store, self._note, lambda: display.bot_name)
        self.conversation = ""
        self.member = "guest"
        self.turn = 1
        self._company: set[str] = set()  # who has spoken here

    async def begin(self) -> None:
        """Take up the latest conversation where it was, or begin the first."""
        self._look()
        latest = await self._bot.store.conversations(NAME, SPACE, limit=1)
        if latest:
            await self._open(latest[0])
        else:
            self._enter(named())
        await self._bot.resume()
        await self._settle()
        self._note("Type to talk. /help shows what else there is.")

    def echoed(self, line: str) -> str:
        """How a line that was piped in is shown: who types it, and the number it will have as a message."""
        return self.member if self._command(line) is not None else f"{self.turn}. {self.member}"

    async def take(self, line: str) -> bool:
        """One line that was typed. False: the person wants to leave."""
        self._look()
        command = self._command(line)
        if command is None:
            await self._say(line.removeprefix("/") if line.startswith("//") else line)
            return True
        name, _, rest = command.partition(" ")
        if name in {"quit", "exit"}:
            return False
        if name in COMMANDS:
            await COMMANDS[name](self, rest.strip())
        else:
            shown = name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}…"
            self._note(f"There is no /{shown}. /help shows what there is; // begins a message with a slash.")
        return True

    @staticmethod
    def _command(line: str) -> str | None:
        """A line's command, without the slash; None: it is a message."""
        return line[1:] if line.startswith("/") and not line.startswith("//") else None

    def _look(self) -> None:
        """What is in force may have changed since the last line."""
        self._display.bot_name = self._bot.configuration().settings.at(self._place).name

    def _enter(self, conversation: str) -> None:
        self.conversation = self._display.here = conversation
        self.turn, self._company = 1, set()

    async def _say(self, text: str, files: Sequence[Attachment] = ()) -> None:
        self._company.add(self.member)
        await self._hear(Said(**self._reported(), message=uuid.uuid4().hex, text=text, attachments=tuple(files)))

    async def _hear(self, event: Event) -> None:
        await self._bot.receive(event)
        await self._settle()

    async def _settle(self) -> None:
        """Wait until nothing is under way, and learn the number that the next message has."""
        await self._bot.settled()
        latest = await self._bot.store.turns(self.conversation, 1)
        self.turn = latest[-1].turn.number + 1 if latest else 1

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
        self._enter(conversation)
        turns = await self._past.opened(conversation)
        self._company = {each.turn.member.name for each in turns if each.turn.member.name}
        if turns:
            self.member = turns[-1].turn.member.name or self.member
            self.turn = turns[-1].turn.number + 1

    async def _turn(self, number: str) -> Vetted | None:
        """The turn with a number, if it is this member's."""
        turns = await self._bot.store.turns(self.conversation, ALL)
        mine = (each for each in turns if each.turn.member.id == self._member.id)
        return next((each for each in mine if str(each.turn.number) == number), None)

    async def new(self, _: str) -> None:
        """A new conversation."""
        self._enter(named())
        self._note(f"A new conversation: {self.conversation}")

    async def speak_as(self, name: str) -> None:
        """Another member at the keyboard."""
        if not name:
            self._note(f"You are {self.member}. /as NAME speaks as somebody else.")
            return
        self.member = printable(name)[:LONGEST_NAME]
        self._note(f"You speak as {self.member} now, in the same conversation.")

    async def attach(self, rest: str) -> None:
        """A message with files."""
        limits = self._bot.configuration().settings.limits
        found = await asyncio.to_thread(attached, rest, limits.attachment_bytes)
        if isinstance(found, str):
            self._note(found)
            return
        files, text = found
        self._note(f"Message {self.turn} has {', '.join(each.name for each in files)} with it.")
        await self._say(text, files)

    async def edit(self, rest: str) -> None:
        """Change a message."""
        number, _, text = rest.partition(" ")
        earlier = await self._turn(number)
        if earlier is None or not text.strip():
            self._note(f"/edit N TEXT. {(await self._words()).talk.choices.no_such_message}")
            return
        before = self._display.offers.get(self.conversation)
        await self._hear(Edited(**self._reported(), message=earlier.turn.message, text=text.strip()))
        if self._display.offers.get(self.conversation) is before:
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
        offer = self._display.offers.get(self.conversation)
        if offer is None or offer.member != self._member.id:
            self._note("There is no offer. In a closed conversation, /edit N TEXT changes one of your messages.")
            return
        into = named()
        event = Branched(**self._reported(), offer=offer.id, into=into)
        del self._display.offers[self.conversation]  # taken
        company = self._company
        self._enter(into)
        self._company = company  # who is told of in what the branch carries
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

    async def history(self, _: str) -> None:
        """What was said here, numbered."""
        await self._past.history(self.conversation)

    async def why(self, _: str) -> None:
        """The readings and the decision behind the last turn."""
        turns = await self._bot.store.turns(self.conversation, 1)
        self._note(explained(turns[-1]) if turns else NOTHING_YET)

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
        await self._past.threads(self.conversation)

    async def go(self, wanted: str) -> None:
        """Go to another conversation."""
        conversation = await self._past.found(wanted)
        if conversation is None:
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
    "attach": Chat.attach,
    "edit": Chat.edit,
    "branch": Chat.branch,
    "delete": Chat.delete,
    "fair": lambda chat, _: chat.rate(Vote.FAIR),
    "unfair": lambda chat, _: chat.rate(Vote.UNFAIR),
    "unrate": lambda chat, _: chat.rate(None),
    "appeal": Chat.appeal,
    "history": Chat.history,
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

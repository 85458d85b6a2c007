"""What the bot needs from the world, as Protocols. Doubles for tests stand in tests/fakes, named after them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from bot.domain.action import Action, Receipt, Say
from bot.domain.assessment import Reading, Risk
from bot.domain.conversation import Attachment, Conversation, Member, Place, Turn
from bot.domain.decision import Decision
from bot.domain.ending import Ending, EndingState
from bot.domain.event import Event
from bot.domain.installation import Installation
from bot.domain.record import Change, Heard, Person, Record, Referral, Scene, Vetted
from bot.domain.standing import NEW, Standing
from bot.domain.usage import Usage

Clock = Callable[[], datetime]  # UTC, the bot's own


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """What a model is told about a turn."""

    place: Place
    member: Member
    text: str
    turn: int
    history: Sequence[Turn] = ()
    summary: str = ""
    standing: Standing = NEW
    in_care: bool = False  # somebody here may be in danger, or was lately
    language: str = "en"
    persona: str = ""
    decision: Decision | None = None  # once there is one: what the reply is to do
    must_say: Sequence[str] = ()  # what the reply has to say word for word (a redirection's or a warning's parts)
    attachments: Sequence[Attachment] = ()  # of this message, with the text that was read of them
    loaded: Mapping[str, bytes] = field(default_factory=dict)  # images and PDFs of these turns, by Attachment.source
    left_out: Sequence[str] = ()  # names of attachments that nobody could read
    now: datetime | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """What the main model has written, as far as it has come."""

    text: str = ""
    cut: bool = False  # it stopped at the longest answer that is allowed, not where it wanted to
    risk: Risk | None = None  # it called for care: somebody may be in danger
    calls: tuple[str, ...] = ()  # tools it called, and what became of it: "end_conversation: refused"


Grown = Callable[[Written], None]


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What became of asking whether to end."""

    agrees: bool
    words: str = ""  # its own, to the member, before the notice
    risk: Risk | None = None  # it called for care instead; then it does not agree
    calls: tuple[str, ...] = ()


class Reader(Protocol):
    """A model that reads a turn in its context."""

    @property
    def name(self) -> str:
        """Which model it is, for the record."""
        ...

    async def read(self, brief: Brief) -> Reading:
        """What it sees. Raises LLMError."""
        ...


class Voice(Protocol):
    """The main model."""

    @property
    def name(self) -> str:
        """Which model it is, for the record."""
        ...

    async def answer(self, brief: Brief, grown: Grown) -> Written:
        """The whole reply; `grown` is told each time it has grown. Raises LLMError: then what came so far is no reply.

        After a fault it may begin anew, so a later text need not continue an earlier one.
        """
        ...

    async def confirm_ending(self, brief: Brief) -> Confirmed | None:
        """Whether it confirms the ending the brief's decision proposes; None: it is not there to be asked.

        Raises LLMError.
        """
        ...

    async def summarise(self, brief: Brief) -> str:
        """A summary of the brief's history (and of its earlier summary); nothing else follows from it.

        Raises LLMError.
        """
        ...

    def used(self) -> Sequence[Usage]:
        """What models used since this was asked last; whoever asks writes it down."""
        ...

    async def close(self) -> None:
        """Hang up, for good."""
        ...


class Platform(Protocol):
    """A chat platform, as its adapter offers it."""

    name: str

    async def perform(self, action: Action) -> Receipt:
        """Do it. What the platform cannot do comes back as a refusal. Raises PlatformError: try again later."""
        ...

    async def find(self, action: Action) -> Receipt | None:
        """After a restart: whether it was done already. None: it was not. Raises PlatformError: cannot tell now."""
        ...

    async def fetch(self, attachment: Attachment, most: int) -> bytes:
        """What is in an attachment, if that is no more than `most` bytes. Raises PlatformError."""
        ...

    async def preview(self, action: str, place: Place, conversation: str, text: str) -> None:
        """Show how far the answer `action` has come. Best effort, throttled by the adapter; raises nothing."""
        ...

    async def give_up(self, action: Say) -> str:
        """Show no more of an answer that nobody wants any more. Out: what is shown of it; "": nothing.

        It is asked before the action is performed, which then says just this. Raises PlatformError.
        """
        ...


@dataclass(frozen=True, slots=True)
class Lack:
    """What does not work, in fixed words: no text, no name.

    part   what it is: "store", "discord session 0"
    since  when it began, where that is known
    """

    part: str
    why: str
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """How the connection to a platform is.

    lacks  why it is not ready
    notes  numbers that are worth knowing all the same
    """

    lacks: Sequence[Lack] = ()
    notes: Mapping[str, float] = field(default_factory=dict)


class Lanes(Protocol):
    """One lane per conversation: its events in order, one at a time; different conversations side by side."""

    async def wake(self, conversation: str) -> None:
        """There is something to do in this conversation."""
        ...

    async def stop(self, grace: float) -> None:
        """Let running turns finish, `grace` seconds at most; what is not finished is finished after a restart."""
        ...


@dataclass(frozen=True, slots=True)
class Transcript:
    """An ending as a moderator reads it."""

    ending: Ending
    member: Member
    place: Place
    turns: Sequence[Vetted]  # the conversation's, oldest first; text "" where retention has erased it
    votes: Sequence[tuple[str, str, datetime]]  # (member, vote or "", when): the current ones
    appeals: Sequence[Referral]
    verdicts: Sequence[tuple[str, str, str, datetime]]  # (by, verdict, note, when), oldest first
    reasons: Sequence[tuple[str, str]] = ()  # (vote or "", why): of those who voted and said why


class Store(Protocol):
    """Everything that is remembered. Each method is one transaction; all raise StoreError."""

    async def accept(self, event: Event, at: datetime) -> bool:
        """Keep an event before its platform is told that it arrived. False: it was there already."""
        ...

    async def accepted(self, beginning: str) -> Sequence[str]:
        """The keys of the events that were accepted and whose keys begin so, sorted.

        Keys of events that are done go when their time in [retention] is over, and those named after a member who is
        forgotten.
        """
        ...

    async def open_conversations(self) -> Sequence[str]:
        """Conversations with events that are neither done nor parked."""
        ...

    async def open_events(self, conversation: str, limit: int = 20) -> Sequence[Heard]:
        """The oldest events of it that are neither done nor parked, in the order they arrived."""
        ...

    async def scene(self, event: Event, history: int, today: str = "") -> Scene:
        """What a turn starts from: at most `history` turns, and what was spent on the day `today` (UTC)."""
        ...

    async def record(self, record: Record) -> bool:
        """Apply a record. False: the conversation has another version than it expects; nothing was changed.

        A record whose event and stage were recorded before changes nothing and returns True: first writer wins.
        """
        ...

    async def summarise(self, before: Conversation, summary: str, upto: int) -> bool:
        """Let `summary` stand for the turns up to number `upto`.

        False: turns of it were corrected or erased since `before` was read, or another summary was quicker; nothing
        was changed. Takes no new version of the conversation: a turn that is under way goes on.
        """
        ...

    async def spend(self, usage: Sequence[Usage], today: str) -> None:
        """Book what models used outside a turn, on a day (UTC)."""
        ...

    async def waiting(self, event: str, stage: str | None = None) -> Sequence[Action]:
        """The actions of an event (of one stage; None: of all) that still wait to be performed, in order."""
        ...

    async def action(self, action: str) -> Action | None:
        """A stored action by its id, performed or not."""
        ...

    async def receipt(self, action: str) -> Receipt | None:
        """What became of an action. None: it waits, if only for another try, or is unknown."""
        ...

    async def performed(self, platform: str, message: str) -> Action | None:
        """The delivered action whose last message has this platform id.

        Of several the latest: of an ending's notice the AskFeedback, which names the ending.
        """
        ...

    async def notice(self, ending: str) -> str:
        """The platform's id of the message on which an ending is rated; "": there is none."""
        ...

    async def note(self, receipts: Sequence[Receipt], *, done: str | None = None, brings: Sequence[Event] = ()) -> None:
        """Keep receipts, and move standings whose pending step they tell of (boundary.moves).

        done    the key of an event that is done with them
        brings  events that follow from them: accepted, unless they are there already
        """
        ...

    async def give_up(self, action: str, shown: str) -> None:
        """Let an answer that waits to be performed say just this, and the history too; "": it is cancelled."""
        ...

    async def fail(self, event: str, why: str) -> int:
        """Carrying an event out failed once more. Returns how often it has."""
        ...

    async def park(self, event: str, why: str) -> None:
        """Set an event aside, visibly; its pending step counts for nothing."""
        ...

    async def unpark(self, conversation: str | None = None) -> int:
        """Try parked events again (of one conversation, or all). Returns how many."""
        ...

    async def endings_today(self, space: str, since: datetime) -> int:
        """Endings for abuse in a space since then: what the quota counts."""
        ...

    async def standings(self, conversation: str) -> Sequence[tuple[str, Standing]]:
        """Every member's own standing in a conversation."""
        ...

    async def latest_standing(self, member: str, place: Place) -> tuple[str, Standing] | None:
        """A member's own standing in the latest conversation in which they have one, and that conversation.

        Of one in the place's channel, else of one in its space.
        """
        ...

    async def ending(self, ending: str) -> Transcript | None:
        """One ending by id (a unique beginning of it will do), as a moderator reads it."""
        ...

    async def calls(self, ending: str) -> Sequence[tuple[str, str]]:
        """Where moderators were asked to look at an ending: the actions' ids, and the platform's ids of the messages.

        Those that were delivered, oldest first.
        """
        ...

    async def endings(
        self,
        *,
        space: str | None = None,
        state: EndingState | None = None,
        member: str | None = None,
        limit: int = 50,
        offset: int = 0,
    ) -> Sequence[Ending]:
        """Endings, newest first; of one space, state or member, or of all (None)."""
        ...

    async def queue(self, space: str, limit: int = 50, offset: int = 0) -> Sequence[Ending]:
        """Endings of a space that wait for moderators: what was appealed, then what nobody has looked at; oldest first.

        An ending on request waits for nobody unless it is appealed.
        """
        ...

    async def tally(self, space: str) -> Mapping[EndingState, int]:
        """How many endings of a space are in which state, without those on request that wait for nobody."""
        ...

    async def closed(self, platform: str, since: datetime, until: datetime) -> Sequence[Ending]:
        """A platform's endings from `since` up to `until` (exclusive), oldest first; overturned ones too."""
        ...

    async def latest_ending(self, conversation: str, member: str | None = None) -> Ending | None:
        """The newest ending in a conversation, of one member's or any."""
        ...

    async def remember_ladder(self, version: str, name: str, body: str, at: datetime) -> None:
        """Keep a ladder's version (body: its settings as JSON)."""
        ...

    async def turns(self, conversation: str, limit: int = 50) -> Sequence[Vetted]:
        """The newest turns of a conversation with their evidence, oldest first."""
        ...

    async def turn_of(self, conversation: str, message: str) -> Vetted | None:
        """The turn of a message, by the platform's id of it."""
        ...

    async def history_before(self, conversation: str, message: str) -> Sequence[Turn]:
        """The turns before a message's, oldest first: what a branch carries."""
        ...

    async def person(self, member: str, space: str) -> Person:
        """A member's own settings."""
        ...

    async def spaces_of(self, platform: str) -> Sequence[str]:
        """The spaces of a platform in which there are conversations, the one with the latest turn first."""
        ...

    async def conversations(self, platform: str, space: str, limit: int = 20) -> Sequence[str]:
        """The conversations of a space, the one with the latest turn first."""
        ...

    async def conversations_in(self, platform: str, space: str, channel: str, limit: int = 20) -> Sequence[str]:
        """The conversations of one channel, the one with the latest turn first."""
        ...

    async def conversation_at(self, platform: str, message: str) -> str | None:
        """The conversation that a message stands in, whoever wrote it, even if its text was erased.

        None: it is not known, or its turn has not been decided yet. Of a message that a branch was made from: the
        conversation it was written in.
        """
        ...

    async def remember_change(
        self, space: str, by: str, at: datetime, was: Mapping[str, object], now: Mapping[str, object]
    ) -> None:
        """Keep that a member changed a space's settings (as Change)."""
        ...

    async def changes(self, space: str | None = None, limit: int = 50) -> Sequence[Change]:
        """Changes of settings, newest first; of one space, or of all (None)."""
        ...

    async def keep_installation(self, installation: Installation) -> None:
        """Keep where the bot was let in, instead of what was known of it there; unless that is later."""
        ...

    async def remove_installation(self, platform: str, organisation: str, space: str, at: datetime) -> bool:
        """The bot is out since `at`: forget the secret at once. What it has of the space goes as [retention] says.

        Out of an organisation (space ""): out of its spaces, unless they have a secret of their own. False: it was out
        already, or was let in after that.
        """
        ...

    async def installation(self, platform: str, space: str, organisation: str = "") -> Installation | None:
        """What lets the bot into a space: the space's own, or else its organisation's. None: nothing does.

        Which organisation a space belongs to is known where it was kept, and need not be said again.
        """
        ...

    async def installations(self, platform: str) -> Sequence[Installation]:
        """All of a platform that have a secret, oldest first."""
        ...

    async def erase_space(self, platform: str, space: str) -> int:
        """Erase everything that is kept of a space. Returns how many messages that were."""
        ...

    async def export_member(self, member: str) -> Mapping[str, Sequence[Mapping[str, object]]]:
        """Everything there is about a member, as plain rows by table: for the member. JSON-ready."""
        ...

    async def forget(self, member: str, at: datetime) -> int:
        """Erase a member everywhere. Returns how many messages that were."""
        ...

    async def touch(self) -> None:
        """Write without changing anything: it is known afterwards that it can be written."""
        ...

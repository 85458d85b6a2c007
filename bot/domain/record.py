"""What an event changes (Record), applied by the store in one transaction; and what a turn starts from (Scene)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.domain.action import Action
from bot.domain.assessment import Assessment
from bot.domain.conversation import Conversation, Member, Turn
from bot.domain.decision import Decision
from bot.domain.ending import Ending, EndingState, Vote
from bot.domain.event import Event
from bot.domain.review import Matter, Review
from bot.domain.standing import Standing
from bot.domain.usage import NOTHING_SPENT, Spent, Usage


@dataclass(frozen=True, slots=True)
class Person:
    """A member's own settings in a space."""

    member: str
    space: str
    country: str = ""  # ISO 3166 alpha-2, what the member said or set; "" = unknown
    language: str = ""  # ISO 639-1; "" = the space's
    greeted: datetime | None = None  # the time of the message to which the first-turn line was said


@dataclass(frozen=True, slots=True)
class Heard:
    """An accepted event that is not done yet."""

    event: Event
    tries: int  # how often carrying it out failed
    actions: tuple[Action, ...] | None  # None: not decided yet; else what of it still waits to be performed


@dataclass(frozen=True, slots=True)
class Scene:
    """All that a turn starts from, read in one go."""

    conversation: Conversation  # a fresh one if this is its first event
    version: int  # of the conversation; a Record that expects another is refused (Store.record)
    standing: Standing  # of the event's member, on their own
    person: Person
    history: tuple[Turn, ...]  # the newest turns after the summary that still have a text or files, oldest first
    company: datetime | None  # when another member last took part
    expressed: bool = False  # the care card for this event has gone out ahead of its turn
    spent_by_member: Spent = NOTHING_SPENT  # today (UTC), in this space
    spent_by_space: Spent = NOTHING_SPENT
    alarmed: datetime | None = None  # when moderators were last called since this member was at risk, in this space


@dataclass(frozen=True, slots=True)
class Vetted:
    """A turn with its evidence, as it is stored."""

    turn: Turn
    said: datetime  # by the platform's clock
    assessment: Assessment
    decision: Decision
    models: str  # who read, answered and confirmed
    prompts: str  # the version of prompts and texts in force
    took: float  # seconds from hearing to deciding
    calls: tuple[str, ...] = ()  # tools the main model called, and what became of it: "end_conversation: refused"


@dataclass(frozen=True, slots=True)
class Correction:
    """A message that was edited (text) or deleted (text None): the history follows."""

    message: str
    text: str | None


@dataclass(frozen=True, slots=True)
class Cast:
    """A vote on an ending. One current vote per member and ending; earlier ones stay as history."""

    ending: str
    member: str
    vote: Vote | None  # None: taken back
    words: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Referral:
    """Something put before the moderators."""

    id: str
    matter: Matter
    conversation: str
    member: str
    at: datetime
    ending: str | None = None
    words: str = ""  # an appeal's words; erased with the conversation's text


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a space's settings: the keys that were changed, before and after."""

    space: str  # "discord:123"
    by: str  # a member's id
    at: datetime
    was: Mapping[str, object]  # as JSON would have it; a key that is not there was not set
    now: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Everything one event changes. The store applies all of it or nothing, once per event and stage."""

    event: Event
    stage: str = ""  # "": the event's turn; "care": the card that goes out ahead of it
    expects: int  # the version of the conversation in the scene
    conversation: Conversation
    vetted: Vetted | None = None
    correction: Correction | None = None
    standings: tuple[tuple[str, Standing], ...] = ()  # (member id, next standing)
    person: Person | None = None
    actions: tuple[Action, ...] = ()
    cancels_warnings: bool = False  # actions of warnings in this conversation that still wait are cancelled
    ending: Ending | None = None
    settled: tuple[str, EndingState] | None = None  # an ending's new state
    cast: Cast | None = None
    review: Review | None = None
    referrals: tuple[Referral, ...] = ()
    carried: tuple[Turn, ...] = ()  # the history a branch begins with
    member: Member | None = None  # who did it, with the name as last seen
    usage: tuple[Usage, ...] = ()  # what models used since it was written down last, this turn's among it
    today: str = ""  # the day (UTC, "2026-03-14") that `usage` is booked on; "" = there is none

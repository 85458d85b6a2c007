"""What was seen in a turn: what one reader saw (Reading), and the readings combined (Assessment). No verdict."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Level(IntEnum):
    """How grave a sign of risk is; a higher number outranks a lower one. Triage, never shown as a diagnosis."""

    NONE = 0  # idiom, game talk, lyrics, history
    TOPIC = 1  # a factual, academic or policy question
    PASSIVE = 2  # "wish I wouldn't wake up", hopelessness
    ACTIVE = 3  # thoughts of suicide, urge to self-harm
    VIOLENCE = 4  # intent to hurt someone else
    IMMINENT = 5  # plan, means, goodbye, in progress

    @property
    def calls_for_care(self) -> bool:
        """Whether the step on this level is care (everything from passive upwards)."""
        return self >= Level.PASSIVE


class About(StrEnum):
    """Whom a sign of risk is about."""

    SELF = "self"
    OTHER = "other"  # someone the member worries about: the helper is helped, that person never contacted
    PAST = "past"  # the member, some time ago
    BEREAVED = "bereaved"  # someone died


@dataclass(frozen=True, slots=True)
class Risk:
    """A sign that someone may be in danger. It never adds to the ladder."""

    level: Level = Level.NONE
    about: About = About.SELF
    sure: bool = False  # explicit; False: possible, must be judged and is never closed on
    words: str = ""  # what was read, as quoted evidence

    @property
    def calls_for_care(self) -> bool:
        """Whether this sign, taken at its word, makes the step care."""
        return self.sure and self.level.calls_for_care


NO_RISK = Risk()


class Severity(IntEnum):
    """How grave a concern is."""

    MILD = 1
    SERIOUS = 2
    SEVERE = 3


@dataclass(frozen=True, slots=True)
class Concern:
    """A kind of conduct seen in a turn. `kind` is a key of config/concerns.toml."""

    kind: str
    severity: Severity
    sure: bool = False
    words: str = ""  # what was read, as quoted evidence
    confidence: float | None = None  # 0 to 1, as the reader put it; the wording reader has none


@dataclass(frozen=True, slots=True)
class Reading:
    """What one reader saw in a turn."""

    by: str  # "wording", or the reading model's name
    read: bool = True  # False: the reader failed, was late or made no sense; then nothing else counts
    concerns: tuple[Concern, ...] = ()
    risk: Risk = NO_RISK
    asks_to_end: bool = False  # the member asks for this conversation to be ended
    affirms: bool | None = None  # a plain yes or no, as an answer to the bot's question
    country: str | None = None  # ISO 3166 alpha-2, only if the member named where they are
    language: str | None = None  # ISO 639-1 of the words that were recognised
    why: str = ""  # one line for an operator who tunes

    @classmethod
    def unread(cls, by: str, why: str) -> "Reading":
        """A reader that could not say anything; `why` names the fault, never the member's text."""
        return cls(by=by, read=False, why=why)


@dataclass(frozen=True, slots=True)
class Assessment:
    """The readings of one turn, combined (bot/assess/combine.py). Concerns and risk, no verdict."""

    readings: tuple[Reading, ...] = ()
    read: bool = False  # whether the reader that may make a standing climb has read the turn
    concerns: tuple[Concern, ...] = ()
    risk: Risk = NO_RISK
    doubt: bool = False  # readers disagree, or risk is possible: nothing may climb on this turn
    asks_to_end: bool = False
    affirms: bool | None = None
    country: str | None = None
    language: str | None = None

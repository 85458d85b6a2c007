"""Endings, and what those who saw them thought of them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.step import Reason, Scope


class Vote(StrEnum):
    """A member's reaction to an ending."""

    FAIR = "fair"
    UNFAIR = "unfair"


class EndingState(StrEnum):
    """Where an ending is between its members and its moderators."""

    STANDING = "standing"  # nobody has looked again yet
    APPEALED = "appealed"
    UPHELD = "upheld"
    OVERTURNED = "overturned"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What an ending rests on: one row a turn that counted, as a moderator would retell it."""

    turn: int
    step: str  # what the bot did in that turn
    concern: str
    words: str  # what was read; erased with the turn's text


@dataclass(frozen=True, slots=True)
class Ending:
    """One ending, accountable: why, on what evidence, under which ladder, prompts and models."""

    id: str
    conversation: str
    member: str
    turn: int
    scope: Scope
    reason: Reason
    concern: str | None  # None: on request
    evidence: tuple[Evidence, ...]
    ladder: str  # the ladder's version
    prompts: str  # the version of the prompts and texts in force
    models: str  # who read, answered and confirmed
    at: datetime
    state: EndingState = EndingState.STANDING

"""What moderators are asked to look at, and their verdicts."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Verdict(StrEnum):
    """What a moderator found on looking again."""

    UPHELD = "upheld"
    OVERTURNED = "overturned"


class Matter(StrEnum):
    """Why something lies before the moderators."""

    ENDING = "ending"  # every ending is shown to them
    APPEAL = "appeal"
    MESSAGE = "message"  # a member asks them to look at one
    QUOTA = "quota"  # the circuit breaker held an ending back
    HELD = "held"  # a member is hostile and at risk at once
    RISK = "risk"  # a member may be in danger
    PARKED = "parked"  # a turn failed again and again and was set aside
    REFUSED = "refused"  # the platform refused an action for good


@dataclass(frozen=True, slots=True)
class Review:
    """A moderator's verdict on an ending."""

    ending: str
    by: str
    verdict: Verdict
    note: str
    at: datetime

"""The steps of the ladder, and the words that go with them."""

from enum import StrEnum


class Step(StrEnum):
    """What the bot does about a turn: the ladder's four, care above it, and three that are on no ladder."""

    ANSWER = "answer"
    REDIRECT = "redirect"
    WARN = "warn"
    END = "end"
    CARE = "care"
    ASK = "ask"  # asks once whether the member really wants to end
    NUDGE = "nudge"  # in an ended conversation, once per member: how to start anew
    SILENCE = "silence"


class Reason(StrEnum):
    """Why that step."""

    CLEAN = "clean"  # nothing amiss
    MILD = "mild"  # not grave enough for the ladder
    UNSURE = "unsure"  # a concern that no reader is sure of
    UNREAD = "unread"  # the reader failed: failure never climbs
    DOUBT = "doubt"  # the readers disagree, or risk is possible
    CONCERN = "concern"  # sure abuse: the ladder
    OVERTAKEN = "overtaken"  # written before the last step could have been read
    SPARED = "spared"  # the main model did not confirm the ending
    OUTAGE = "outage"  # the main model could not be asked to confirm
    QUOTA = "quota"  # the circuit breaker held the ending back
    REQUEST = "request"  # the member asks to end
    RISK = "risk"  # someone may be in danger: a card
    STAYING = "staying"  # the same risk again, soon after its card
    HELD = "held"  # hostile within the care window
    CARE_WINDOW = "care window"  # an ordinary turn within it
    ENDED = "ended"  # the conversation is over for this member


class Scope(StrEnum):
    """How far an ending reaches."""

    CONVERSATION = "conversation"
    PART = "part"  # the bot stops answering that member there; the thread goes on for the others


class Confirmation(StrEnum):
    """What became of asking the main model to confirm an ending."""

    CONFIRMED = "confirmed"
    SPARED = "spared"
    UNAVAILABLE = "unavailable"
    NOT_ASKED = "not asked"  # nothing to confirm, or the member was spared before
    NO_MODEL = "no model"  # offline there is none to ask, and the profile says so

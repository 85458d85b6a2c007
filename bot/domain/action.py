"""What the core asks of a platform (Action), and what became of it (Receipt).

An action is stored with its text before it is performed, under an id derived from its event: heard twice or
killed in the middle, it is the same action. Adapters derive their nonces from that id.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from bot.domain.conversation import Place
from bot.domain.review import Matter, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What every action carries: its id, and the conversation it happens in."""

    id: str
    conversation: str
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Say(_Asked):
    """Post a message in the conversation. Nothing in `text` may ping, mention or link-mask."""

    kind: Literal["say"] = "say"
    text: str
    to: str = ""  # the member it answers
    reply_to: str = ""  # the platform's id of the message it answers
    urgent: bool = False  # care: goes out ahead of everything
    aside: bool = False  # a word to `to` that nobody else need see, where the platform can do that
    due: bool = False  # `to` has to know it: they are told alone where the conversation takes nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Tell(_Asked):
    """Send a member a private message; where that cannot be delivered, post it in the conversation."""

    kind: Literal["tell"] = "tell"
    member: str
    text: str
    otherwise: str = ""  # what is posted in the conversation instead; "" = the text itself
    urgent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AskFeedback(_Asked):
    """Let those who saw an ending rate it: on the message of the action `on`."""

    kind: Literal["ask_feedback"] = "ask_feedback"
    ending: str
    on: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseThread(_Asked):
    """Lock the thread if the platform can. The store has ended it already; the lock is best effort."""

    kind: Literal["close_thread"] = "close_thread"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReopenThread(_Asked):
    """Take the lock off again."""

    kind: Literal["reopen_thread"] = "reopen_thread"


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferBranch(_Asked):
    """Offer a member to go on, in a new conversation, from an edited message. Taken: a Branched event."""

    kind: Literal["offer_branch"] = "offer_branch"
    member: str
    message: str  # the platform's id of the edited message
    words: str  # the edited message itself: the branch begins with it
    text: str  # the offer
    otherwise: str = ""  # what is posted in the conversation where nothing private arrives; "" = the text


@dataclass(frozen=True, slots=True, kw_only=True)
class CallModerators(_Asked):
    """Put something before the moderators. Never quotes a member's text."""

    kind: Literal["call_moderators"] = "call_moderators"
    matter: Matter
    member: str
    text: str
    urgent: bool = False
    ending: str | None = None
    desk: Place | None = None  # where this space's moderators are called; None: nobody said


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowVerdict(_Asked):
    """Let a call to moderators say that there is a verdict: nobody is asked for one there any more."""

    kind: Literal["show_verdict"] = "show_verdict"
    on: str  # the id of the call
    message: str  # the platform's id of its message
    ending: str
    by: str  # who gave it
    verdict: Verdict


Action = Say | Tell | AskFeedback | CloseThread | ReopenThread | OfferBranch | CallModerators | ShowVerdict


class Outcome(StrEnum):
    """What became of an action."""

    DELIVERED = "delivered"
    REFUSED = "refused"  # the platform cannot or may not; trying again is no use
    FAILED = "failed"  # it may work later; the outbox tries again
    CANCELLED = "cancelled"  # overtaken before it was performed: a warning by risk, an answer by whoever asked
    NEEDLESS = "needless"  # there is nothing to do there: a direct message has no lock. What says something never is


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of an action."""

    action: str  # the action's id
    outcome: Outcome
    at: datetime  # by the platform's clock where it tells, so that it compares with an event's `at`
    message: str = ""  # the platform's id of what was posted
    why: str = ""  # for moderators and operators; never a member's text

"""What a platform reported, translated. Adapters make events, but for Refused; the core hears each conversation's in
order."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bot.domain.conversation import Attachment, Member, Place
from bot.domain.ending import Vote


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reported:
    """What every event carries.

    key          unique name of the report on its platform: an event heard twice has the same key twice
    conversation the thread or DM it belongs to, named by the adapter so that it is stable ("discord:1234")
    place        where that conversation is
    member       who did it
    at           when, by the platform's clock (UTC)
    """

    key: str
    conversation: str
    place: Place
    member: Member
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Said(_Reported):
    """A member wrote a message."""

    kind: Literal["said"] = "said"
    message: str  # the platform's id of it
    text: str
    to_bot: bool = True  # False: two people talk to each other; it is remembered and read for risk, not answered
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited(_Reported):
    """A member changed a message of theirs."""

    kind: Literal["edited"] = "edited"
    message: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Confided(_Reported):
    """A member wrote something that is no message: into a form, or beside a command.

    It is read for risk and for nothing else, kept in no history, and answered in private if at all.
    """

    kind: Literal["confided"] = "confided"
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Deleted(_Reported):
    """A message was deleted: it leaves the history."""

    kind: Literal["deleted"] = "deleted"
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rated(_Reported):
    """A member rated an ending, changed the rating, or took it back (vote None)."""

    kind: Literal["rated"] = "rated"
    vote: Vote | None
    ending: str | None = None  # None: the conversation's latest ending
    words: str = ""  # what the member added, where the platform asks


@dataclass(frozen=True, slots=True, kw_only=True)
class Branched(_Reported):
    """A member goes on from an earlier message of theirs in a new conversation.

    offer  the id of the OfferBranch action that they took; "": they asked for it themselves, and said
    message, words  from which message (the platform's id of it), and how they say it now
    """

    kind: Literal["branched"] = "branched"
    offer: str = ""
    into: str  # the new conversation, named by the adapter
    message: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Appealed(_Reported):
    """A member asks moderators to look at an ending again."""

    kind: Literal["appealed"] = "appealed"
    words: str = ""
    ending: str | None = None  # None: the conversation's latest ending


@dataclass(frozen=True, slots=True, kw_only=True)
class Referred(_Reported):
    """A member asks moderators to look at a message, whosever it is."""

    kind: Literal["referred"] = "referred"
    message: str  # the platform's id of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged(_Reported):
    """A moderator gave a verdict on an ending. The adapter has checked the role; the core records who it was."""

    kind: Literal["judged"] = "judged"
    ending: str
    upheld: bool  # False: overturned, which reopens
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chose(_Reported):
    """A member set a country or a language for themselves; an empty string takes it back, None leaves it."""

    kind: Literal["chose"] = "chose"
    country: str | None = None  # ISO 3166 alpha-2
    language: str | None = None  # ISO 639-1


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped(_Reported):
    """A member wants no answer any more to what they have said so far. What is no answer is said all the same."""

    kind: Literal["stopped"] = "stopped"

    def gives_up(self, said: "Event") -> bool:
        """Whether it is about the answer to this."""
        mine = (said.conversation, said.member.id) == (self.conversation, self.member.id)
        return mine and isinstance(said, Said) and said.at <= self.at


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused(_Reported):
    """A platform refused an action for good. The core makes it, no adapter, and no member did it (the id is "").

    It has the same key, and so happens once, for the same channel, kind of action, reason and day (UTC).
    """

    kind: Literal["refused"] = "refused"
    what: Literal["say", "tell", "close_thread", "reopen_thread", "offer_branch"]  # the kind of action
    why: str  # the adapter's words for moderators


Worded = Said | Edited | Confided  # what is read for risk
Event = Said | Edited | Confided | Deleted | Rated | Branched | Appealed | Referred | Judged | Chose | Stopped | Refused

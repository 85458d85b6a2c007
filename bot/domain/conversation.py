"""Conversations, who is in them, and their turns."""

from dataclasses import dataclass
from datetime import UTC, datetime

FOREVER = datetime.max.replace(tzinfo=UTC)  # a care window that lasts for the rest of the thread


@dataclass(frozen=True, slots=True)
class Place:
    """Where a conversation is."""

    platform: str  # "terminal", "discord", "slack"
    space: str  # a guild or a workspace; for a DM outside any, the platform's own name for that
    channel: str
    private: bool = False  # a DM or a private thread: nobody else reads along


@dataclass(frozen=True, slots=True)
class Member:
    """A person in a conversation, by id."""

    id: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a message. What is in it is fetched when the message has its turn (Platform.fetch)."""

    name: str
    media_type: str
    size: int  # bytes
    text: str | None = None  # what could be read of it; None: nothing yet, or it is no text
    source: str = ""  # how its platform finds it again; "" = it cannot be fetched


@dataclass(frozen=True, slots=True)
class Turn:
    """One message and what became of it, as the readers and the answering model see it."""

    number: int  # counts from 1 in its conversation, all members together
    member: Member
    text: str
    reply: str = ""  # what the bot said to it; "" if nothing
    message: str = ""  # the platform's id of the member's message
    to_bot: bool = True
    attachments: tuple[Attachment, ...] = ()  # with the text that was read of them


@dataclass(frozen=True, slots=True)
class Conversation:
    """One thread (or DM) with the bot, as the store knows it."""

    id: str
    place: Place
    turns: int = 0  # how many there have been
    ended: bool = False  # as a whole; a member's own part is in their standing
    care_until: datetime | None = None  # the care window of everybody in it
    parent: str | None = None  # the conversation it was branched from
    summary: str = ""  # of the turns up to `summarised`; those after it are told whole
    summarised: int = 0
    amended: int = 0  # how often turns of it were corrected or erased: a summary of what they said before is void

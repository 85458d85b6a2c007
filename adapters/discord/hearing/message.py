"""A message on Discord: what a conversation needs of it, and no more."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Person:
    """Whoever wrote a message or is mentioned in one."""

    id: int
    name: str = ""  # the one that is shown here, in one line
    human: bool = True  # not a bot, a webhook, or Discord itself


@dataclass(frozen=True, slots=True)
class File:
    """A file that came with a message."""

    id: int
    name: str
    media_type: str
    size: int  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """The message that another one replies to."""

    id: int
    author: Person
    text: str = ""
    answers: int | None = None  # the message that it replies to itself
    has_thread: bool = False
    conversation: str | None = None  # the one that it stands in; None: nobody remembers


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message that somebody wrote, or that Discord posted."""

    id: int
    channel: int
    author: Person
    kind: int = 0  # Discord's number for its type
    text: str = ""  # as it was typed, with Discord's codes in it
    mentions: tuple[Person, ...] = ()  # a reply mentions whom it answers, unless its author turned that off
    roles: frozenset[int] = frozenset()  # that are mentioned
    everyone: bool = False  # mentioned, with @everyone or @here
    reply_to: Earlier | None = None  # None: it is no reply, or Discord does not tell to what
    forwarded: tuple[str, ...] = ()  # texts of other messages, without their authors
    poll: tuple[str, ...] = ()  # the question, then the answers to choose from
    stickers: tuple[str, ...] = ()  # their names
    files: tuple[File, ...] = ()  # those of forwarded messages too
    edited: datetime | None = None  # when its text was changed last
    conversation: str | None = None  # the one that it was heard in before; None: in none that anybody remembers

    @property
    def is_readable(self) -> bool:
        """Whether there is anything in it. There always is, unless Discord withholds it from the bot."""
        return bool(self.text or self.files or self.stickers or self.poll or self.forwarded)

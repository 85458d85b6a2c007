"""What there is on the local Discord: users, guilds, channels, threads, messages."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, IntFlag
from typing import Any

from tests.servers.discord_permissions import NOTHING, Permission

Json = dict[str, Any]
Now = Callable[[], datetime]


class Kind(IntEnum):
    """What a channel is."""

    TEXT = 0
    DM = 1
    VOICE = 2
    NEWS = 5
    NEWS_THREAD = 10
    PUBLIC_THREAD = 11
    PRIVATE_THREAD = 12
    FORUM = 15
    MEDIA = 16


POSTS = {Kind.FORUM, Kind.MEDIA}  # nobody speaks there but in posts


class Intent(IntFlag):
    """What a session asks to be told."""

    GUILDS = 1 << 0
    MEMBERS = 1 << 1
    PRESENCES = 1 << 8
    MESSAGES = 1 << 9
    REACTIONS = 1 << 10
    TYPING = 1 << 11
    DIRECT_MESSAGES = 1 << 12
    DIRECT_REACTIONS = 1 << 13
    DIRECT_TYPING = 1 << 14
    CONTENT = 1 << 15


PRIVILEGED = Intent.MEMBERS | Intent.PRESENCES | Intent.CONTENT


@dataclass(eq=False, kw_only=True)
class User:
    """Somebody with an account. open: takes direct messages; blocks: has blocked the bot."""

    id: int
    name: str
    bot: bool = False
    shown: str | None = None
    locale: str = "en-US"
    open: bool = True
    blocks: bool = False


@dataclass(eq=False, kw_only=True)
class Role:
    """A role of a guild; the guild's own id is the role everybody has."""

    id: int
    name: str
    permissions: Permission
    position: int = 1
    managed: bool = False
    mentionable: bool = False  # by everybody


@dataclass(eq=False, kw_only=True)
class Member:
    """A user in a guild."""

    user: User
    guild: "Guild" = field(repr=False)
    roles: list[Role]
    joined: datetime
    nick: str | None = None

    @property
    def id(self) -> int:
        """The user's."""
        return self.user.id


@dataclass(eq=False, kw_only=True)
class Guild:
    """A guild; `cap` is how many active threads it may have."""

    id: int
    name: str
    owner: User
    locale: str = "en-US"
    cap: int = 1_000
    available: bool = True
    roles: dict[int, Role] = field(default_factory=dict, repr=False)
    members: dict[int, Member] = field(default_factory=dict, repr=False)
    channels: dict[int, "Channel"] = field(default_factory=dict, repr=False)
    threads: dict[int, "Thread"] = field(default_factory=dict, repr=False)

    @property
    def everybody(self) -> Role:
        """The role everybody has."""
        return self.roles[self.id]


@dataclass(frozen=True)
class Overwrite:
    """What a channel allows or denies to a role or to a member."""

    allow: Permission = NOTHING
    deny: Permission = NOTHING


@dataclass(eq=False, kw_only=True)
class Channel:
    """A channel of a guild, a DM, or (below) a thread."""

    id: int
    kind: Kind
    name: str = ""
    guild: Guild | None = field(default=None, repr=False)
    recipients: tuple[User, ...] = ()  # of a DM: the user and the bot
    topic: str | None = None
    overwrites: dict[int, Overwrite] = field(default_factory=dict, repr=False)  # by the id of a role or a user
    tags: list[Json] = field(default_factory=list)  # of a forum
    tag_needed: bool = False
    messages: dict[int, "Message"] = field(default_factory=dict, repr=False)
    typing: list[User] = field(default_factory=list)  # everybody who was seen typing, in order
    renamed: list[datetime] = field(default_factory=list)

    def said(self) -> list[str]:
        """The texts of it, oldest first."""
        return [message.content for message in self.messages.values()]


@dataclass(eq=False, kw_only=True)
class Thread(Channel):
    """A thread, or a forum's post."""

    guild: Guild = field(repr=False)
    parent: Channel = field(repr=False)
    owner: User
    created: datetime
    archived_at: datetime  # or un-archived
    archived: bool = False
    locked: bool = False
    invitable: bool = True
    lasts: int = 4_320  # minutes until it is archived by itself
    applied: list[int] = field(default_factory=list)
    members: dict[int, datetime] = field(default_factory=dict, repr=False)
    sent: int = 0

    @property
    def private(self) -> bool:
        """Whether only its members see it."""
        return self.kind is Kind.PRIVATE_THREAD


@dataclass(eq=False, kw_only=True)
class Attachment:
    """A file of a message."""

    id: int
    name: str
    content: bytes
    media_type: str
    channel: int
    description: str | None = None


@dataclass(frozen=True)
class Reference:
    """What a message answers, or where a thread began."""

    channel: int
    message: int
    guild: int | None


@dataclass(eq=False, kw_only=True)
class Message:
    """A message. pings: the users (or roles) it notified; "everyone" if it notified all."""

    id: int
    channel: Channel
    author: User
    created: datetime
    content: str = ""
    kind: int = 0
    edited: datetime | None = None
    nonce: str | None = None
    mentions: list[User] = field(default_factory=list)
    mentioned_roles: list[int] = field(default_factory=list)
    everyone: bool = False
    pings: set[int | str] = field(default_factory=set)
    attachments: list[Attachment] = field(default_factory=list)
    embeds: list[Json] = field(default_factory=list)
    components: list[Json] = field(default_factory=list)
    stickers: tuple[str, ...] = ()
    poll: tuple[str, ...] = ()  # the question, then the answers
    forwarded: "Message | None" = field(default=None, repr=False)
    webhook: int | None = None
    reference: Reference | None = None
    reactions: dict[str, list[User]] = field(
        default_factory=dict, repr=False
    )  # by emoji, "name:id" where it is a guild's
    thread: Thread | None = None
    flags: int = 0
    only: User | None = None  # who alone sees it
    metadata: Json | None = None  # of the interaction it answers
    deleted: bool = False
    versions: list[str] = field(default_factory=list)  # its texts before each edit


@dataclass(eq=False, kw_only=True)
class Application:
    """The bot's, as it is set up in the portal. allowed: the privileged intents that are turned on there."""

    id: int
    name: str
    owner: User
    allowed: Intent = Intent.CONTENT
    reviewed: bool = False  # by Discord, which only applications with 10,000 users need
    public: bool = True
    endpoint: str | None = None

    @property
    def reads(self) -> bool:
        """Whether REST shows it the content of messages."""
        return bool(self.allowed & Intent.CONTENT)

    @property
    def flags(self) -> int:
        """Its public flags: which intents it has been given, by a review or without."""
        bits = {Intent.PRESENCES: 1 << 12, Intent.MEMBERS: 1 << 14, Intent.CONTENT: 1 << 18}
        given = sum(bit for intent, bit in bits.items() if self.allowed & intent)
        return given if self.reviewed else given << 1


@dataclass(frozen=True)
class Told:
    """An event for the bot. blank: the payload for a session that may not read content."""

    name: str
    payload: Json
    blank: Json | None = None
    guild: int | None = None
    intent: Intent | None = None  # None: every session is told


class Use(IntEnum):
    """What an interaction is."""

    COMMAND = 2
    COMPONENT = 3
    TYPING = 4  # of an option: autocomplete
    MODAL = 5


class Answer(IntEnum):
    """How one is answered first."""

    MESSAGE = 4
    LATER = 5
    UPDATE_LATER = 6
    UPDATE = 7
    CHOICES = 8
    MODAL = 9


@dataclass(eq=False, kw_only=True)
class Interaction:
    """Somebody used a command, a button, a menu or a form. answer: None, as long as the bot has not answered.

    command   the type of the command: 1 slash, 2 and 3 the menus of a user and of a message
    message   whose button it was
    original  the first answer; messages: all of them, those that only the asker sees included
    """

    id: int
    token: str
    kind: Use
    user: User
    channel: Channel
    created: datetime
    asked: Json
    command: int | None = None
    message: Message | None = None
    answer: Answer | None = None
    original: Message | None = None
    messages: list[Message] = field(default_factory=list)
    modal: Json | None = None
    choices: list[Json] | None = None

    def said(self) -> list[str]:
        """The texts of the answers."""
        return [message.content for message in self.messages]

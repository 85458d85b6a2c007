"""What there is on the local Discord: users, guilds, channels, threads, messages."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import IntEnum, IntFlag
from typing import Any

from tests.servers.discord_permissions import EVERYBODY, NOTHING, Permission

Json = dict[str, Any]
Now = Callable[[], datetime]

EPOCH = 1_420_070_400_000  # milliseconds; snowflakes count from 2015


class Kind(IntEnum):
    """What a channel is."""

    TEXT = 0
    DM = 1
    NEWS = 5
    NEWS_THREAD = 10
    PUBLIC_THREAD = 11
    PRIVATE_THREAD = 12
    FORUM = 15


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


@dataclass(eq=False, kw_only=True)
class Member:
    """A user in a guild."""

    user: User
    guild: "Guild"
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
    roles: dict[int, Role] = field(default_factory=dict)
    members: dict[int, Member] = field(default_factory=dict)
    channels: dict[int, "Channel"] = field(default_factory=dict)
    threads: dict[int, "Thread"] = field(default_factory=dict)

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
    guild: Guild | None = None
    recipients: tuple[User, ...] = ()  # of a DM: the user and the bot
    topic: str | None = None
    overwrites: dict[int, Overwrite] = field(default_factory=dict)  # by the id of a role or a user
    tags: list[Json] = field(default_factory=list)  # of a forum
    tag_needed: bool = False
    messages: dict[int, "Message"] = field(default_factory=dict)
    typing: list[User] = field(default_factory=list)  # everybody who was seen typing, in order
    renamed: list[datetime] = field(default_factory=list)

    def said(self) -> list[str]:
        """The texts of it, oldest first."""
        return [message.content for message in self.messages.values()]


@dataclass(eq=False, kw_only=True)
class Thread(Channel):
    """A thread, or a forum's post."""

    guild: Guild
    parent: Channel
    owner: User
    created: datetime
    archived_at: datetime  # or un-archived
    archived: bool = False
    locked: bool = False
    invitable: bool = True
    lasts: int = 4_320  # minutes until it is archived by itself
    applied: list[int] = field(default_factory=list)
    members: dict[int, datetime] = field(default_factory=dict)
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
    reference: Reference | None = None
    reactions: dict[str, list[User]] = field(default_factory=dict)  # by emoji, "name:id" where it is a guild's
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
    public: bool = True
    endpoint: str | None = None

    @property
    def reads(self) -> bool:
        """Whether REST shows it the content of messages."""
        return bool(self.allowed & Intent.CONTENT)

    @property
    def flags(self) -> int:
        """Its public flags: which intents it has been given, without review (fewer than 10,000 users)."""
        bits = {Intent.PRESENCES: 1 << 13, Intent.MEMBERS: 1 << 15, Intent.CONTENT: 1 << 19}
        return sum(bit for intent, bit in bits.items() if self.allowed & intent)


@dataclass(frozen=True)
class Told:
    """An event for the bot. blank: the payload for a session that may not read content."""

    name: str
    payload: Json
    blank: Json | None = None
    guild: int | None = None
    intent: Intent | None = None  # None: every session is told


class World:
    """Everything there is, and what the bot is still to be told of it."""

    def __init__(self, now: Now = lambda: datetime.now(UTC), *, nonce_window: timedelta = timedelta(minutes=2)) -> None:
        self.now, self.nonce_window = now, nonce_window
        self.users: dict[int, User] = {}
        self.guilds: dict[int, Guild] = {}
        self.channels: dict[int, Channel] = {}
        self.files: dict[int, Attachment] = {}
        self.nonces: dict[tuple[int, str], Message] = {}
        self.pending: list[Told] = []
        self.url = ""  # where files are
        self._last = 0
        self.bot = self.user("Fairwell", bot=True)
        self.application = Application(id=self.bot.id, name="Fairwell", owner=self.user("operator"))

    def snowflake(self) -> int:
        """The next id; it holds the time it was made, and is greater than every one before."""
        at = int(self.now().timestamp() * 1000) - EPOCH
        self._last = max(self._last + 1, at << 22)
        return self._last

    def user(self, name: str, *, bot: bool = False, locale: str = "en-US") -> User:
        """Somebody new."""
        user = User(id=self.snowflake(), name=name, bot=bot, locale=locale)
        self.users[user.id] = user
        return user

    def found(self, guild: str, owner: User, mine: Permission, number: int | None = None) -> Guild:
        """A new guild with the bot in it."""
        new = Guild(id=number or self.snowflake(), name=guild, owner=owner)
        new.roles[new.id] = Role(id=new.id, name="@everyone", permissions=EVERYBODY, position=0)
        own = Role(id=self.snowflake(), name=self.bot.name, permissions=mine, managed=True)
        new.roles[own.id] = own
        for user, roles in ((owner, []), (self.bot, [own])):
            new.members[user.id] = Member(user=user, guild=new, roles=list(roles), joined=self.now())
        self.guilds[new.id] = new
        return new

    def dm(self, user: User) -> Channel:
        """The DM of a user and the bot."""
        for channel in self.channels.values():
            if channel.kind is Kind.DM and user in channel.recipients:
                return channel
        channel = Channel(id=self.snowflake(), kind=Kind.DM, recipients=(user, self.bot))
        self.channels[channel.id] = channel
        return channel

    def tell(self, told: Told) -> None:
        """Let the bot know, as soon as the one who does this is through."""
        self.pending.append(told)

    def take(self) -> list[Told]:
        """What the bot is to be told, once."""
        taken, self.pending = self.pending, []
        return taken

"""What there is on the local Slack: organisations, workspaces, people, channels, messages, files, views, installs."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

Json = dict[str, Any]


class Kind(StrEnum):
    """What a conversation is, by the word that events use for it."""

    CHANNEL = "channel"
    PRIVATE = "group"
    DM = "im"
    GROUP_DM = "mpim"


@dataclass(eq=False, kw_only=True)
class Enterprise:
    """An organisation with several workspaces."""

    id: str
    name: str
    workspaces: list["Workspace"] = field(default_factory=list, repr=False)


@dataclass(eq=False, kw_only=True)
class Workspace:
    """A workspace, with its people, channels and user groups, by id."""

    id: str
    name: str
    enterprise: Enterprise | None = None
    users: dict[str, "User"] = field(default_factory=dict, repr=False)
    channels: dict[str, "Channel"] = field(default_factory=dict, repr=False)
    groups: dict[str, "UserGroup"] = field(default_factory=dict, repr=False)

    @property
    def domain(self) -> str:
        """The first part of its address."""
        return self.name.casefold().replace(" ", "-")


@dataclass(eq=False, kw_only=True)
class User:
    """Somebody with an account. bot_id, app_id: of a bot; tz, locale: as they set them."""

    id: str
    name: str
    home: Workspace = field(repr=False)
    locale: str = "en-US"
    tz: str = "Europe/Amsterdam"
    tz_offset: int = 3_600  # seconds east of Greenwich
    admin: bool = False
    owner: bool = False
    restricted: bool = False  # a guest
    deleted: bool = False
    bot_id: str | None = None
    app_id: str | None = None

    @property
    def bot(self) -> bool:
        """Whether it is an app's."""
        return self.bot_id is not None

    @property
    def mention(self) -> str:
        """How to mention them in a text."""
        return f"<@{self.id}>"


@dataclass(eq=False, kw_only=True)
class UserGroup:
    """A user group."""

    id: str
    handle: str
    users: list[User]
    disabled: bool = False


@dataclass(eq=False, kw_only=True)
class Channel:
    """A conversation. shared: the other workspaces it is shared with (Slack Connect).

    statuses  what assistant.threads.setStatus said, by thread; titles, prompts and sessions likewise
    """

    id: str
    name: str
    kind: Kind
    workspace: Workspace = field(repr=False)
    created: float
    members: dict[str, User] = field(default_factory=dict, repr=False)
    shared: list[Workspace] = field(default_factory=list, repr=False)
    archived: bool = False
    messages: dict[str, "Message"] = field(default_factory=dict, repr=False)  # by ts, oldest first
    ephemerals: list["Message"] = field(default_factory=list, repr=False)
    statuses: dict[str, list[Json]] = field(default_factory=dict, repr=False)
    titles: dict[str, str] = field(default_factory=dict, repr=False)
    prompts: dict[str, list[Json]] = field(default_factory=dict, repr=False)
    sessions: dict[str, list[str]] = field(default_factory=dict, repr=False)

    @property
    def direct(self) -> bool:
        """Whether it is a DM, or one of several."""
        return self.kind in {Kind.DM, Kind.GROUP_DM}

    def said(self, root: "Message | None" = None) -> list[str]:
        """The texts of it, or of a thread in it, oldest first, as people read them."""
        return [one.shown for one in self.messages.values() if root is None or root.ts in {one.ts, one.thread_ts}]

    def replies(self, root: str) -> list["Message"]:
        """What was said in a thread below its root."""
        return [one for one in self.messages.values() if one.thread_ts == root and one.ts != root]


@dataclass(eq=False, kw_only=True)
class File:
    """A file. address: the last part of where its bytes are; shared: in a channel."""

    id: str
    name: str
    content: bytes
    mimetype: str
    owner: User
    workspace: Workspace
    created: float
    title: str = ""
    length: int = 0  # as announced, in bytes
    channels: list[Channel] = field(default_factory=list, repr=False)
    complete: bool = True
    deleted: bool = False


@dataclass(eq=False, kw_only=True)
class Message:
    """A message. thread_ts: the root it answers; only: who alone sees it; pings: who is notified by its text.

    markdown     what was given as `markdown_text`, streams included
    streaming    "in_progress", "completed", "errored", or None where it never was a stream
    pings        ids of people and user groups, and "channel", "here", "everyone"
    """

    ts: str
    channel: Channel = field(repr=False)
    author: User
    text: str = ""
    markdown: str | None = None
    blocks: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    thread_ts: str | None = None
    broadcast: bool = False
    subtype: str | None = None
    files: list[File] = field(default_factory=list)
    metadata: Json | None = None
    edited: Json | None = None
    reactions: dict[str, list[User]] = field(default_factory=dict)
    only: User | None = None
    seen: bool = True  # of an ephemeral one
    client_msg_id: str | None = None
    streaming: str | None = None
    began: float = 0.0  # a stream
    pings: frozenset[str] = frozenset()
    unfurls: bool = True
    versions: list[str] = field(default_factory=list)  # its texts before each change
    deleted: bool = False

    @property
    def shown(self) -> str:
        """Its text, or its markdown."""
        return self.text if self.markdown is None else self.markdown

    @property
    def root(self) -> str:
        """The ts of the thread it begins or belongs to."""
        return self.thread_ts or self.ts


@dataclass(eq=False, kw_only=True)
class View:
    """A modal or a home tab. below: the modal under it."""

    id: str
    user: User
    workspace: Workspace = field(repr=False)
    content: Json
    hash: str
    below: "View | None" = field(default=None, repr=False)
    open: bool = True

    @property
    def type(self) -> str:
        """modal or home."""
        return str(self.content["type"])


@dataclass(eq=False, kw_only=True)
class Install:
    """The app in a workspace, or in a whole organisation (then `workspace` is None). expires: seconds since 1970."""

    token: str
    bot: User
    scopes: frozenset[str]
    installer: User
    workspace: Workspace | None = None
    enterprise: Enterprise | None = None
    expires: float | None = None
    refresh: str | None = None
    old: list[str] = field(default_factory=list)  # tokens that were rotated away
    revoked: bool = False

    @property
    def wide(self) -> bool:
        """Whether it is an organisation's."""
        return self.workspace is None

    @property
    def workspaces(self) -> list[Workspace]:
        """Where the app is."""
        if self.workspace is not None:
            return [self.workspace]
        return self.enterprise.workspaces if self.enterprise else []


@dataclass(eq=False, kw_only=True)
class Trigger:
    """What lets an app open a modal, once, and soon."""

    id: str
    user: User
    workspace: Workspace
    issued: float
    used: bool = False


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A file as somebody sends it."""

    name: str
    content: bytes
    mimetype: str = "text/plain"


@dataclass(frozen=True, kw_only=True)
class Told:
    """An event for an install."""

    event: Json
    install: Install
    workspace: Workspace  # whose people it concerns
    external: bool = False  # in a channel that is shared with other workspaces

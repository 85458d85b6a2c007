"""Everything there is on the local Slack: what is installed where, ids and times, and how things are found."""

import secrets
from dataclasses import dataclass, field

from tests.servers.slack_clock import Clock
from tests.servers.slack_refusals import Refused
from tests.servers.slack_state import (
    Channel,
    Enterprise,
    File,
    Install,
    Kind,
    Message,
    Told,
    Trigger,
    User,
    View,
    Workspace,
)

SCOPES = frozenset({
    "app_mentions:read", "channels:history", "groups:history", "im:history", "mpim:history", "im:write", "chat:write",
    "commands", "reactions:read", "reactions:write", "users:read", "channels:read", "groups:read", "usergroups:read",
    "files:read", "assistant:write", "im:read",
})  # fmt: skip
EVENTS = frozenset({
    "message.channels", "message.groups", "message.im", "message.mpim", "app_mention", "reaction_added",
    "reaction_removed", "app_home_opened", "member_joined_channel", "member_left_channel", "app_uninstalled",
    "tokens_revoked", "file_shared", "agent_session_stopped", "app_context_changed", "channel_archive",
    "channel_unarchive",
})  # fmt: skip
STREAM_LASTS = 306.0  # seconds, appended to or not (measured: hermes#59010)
TRIGGER_LASTS = 3.0  # seconds


@dataclass(kw_only=True)
class App:
    """The app, as its page of settings has it.

    agent        declared as one: agents.sessions.* work. A word instead of True is how they are refused
    distributed  commercially, outside the Marketplace: one history a minute, of 15 messages
    rotates      its tokens end after 12 hours
    socket_mode  it may connect; otherwise events go to `request_url`
    events       what it has subscribed to; commands: its slash commands; endless, where None
    """

    id: str = "A0FAIRWELL1"
    name: str = "Fairwell"
    client_id: str = "111.222"
    client_secret: str = field(default_factory=secrets.token_hex, repr=False)
    signing_secret: str = field(default_factory=secrets.token_hex, repr=False)
    verification: str = field(default_factory=secrets.token_hex, repr=False)
    token: str = field(default_factory=lambda: f"xapp-1-A0FAIRWELL1-{secrets.token_hex(8)}", repr=False)
    agent: bool | str = True
    distributed: bool = False
    rotates: bool = False
    socket_mode: bool = True
    events: frozenset[str] = EVENTS
    scopes: frozenset[str] = SCOPES
    commands: frozenset[str] | None = None


class World:
    """Everything there is, and what the app is still to be told of it.

    What nobody knows of Slack, and a test may have either way:

    once     a `client_msg_id` that was used before gives what was said then
    forward  a thread is read forward where `oldest` is given and `latest` is not
    marked   events tell of a message's metadata
    """

    def __init__(self, clock: Clock, app: App) -> None:
        self.clock, self.app = clock, app
        self.url = ""
        self.once = self.forward = False
        self.marked = True
        self.stream_lasts = STREAM_LASTS
        self.enterprises: dict[str, Enterprise] = {}
        self.workspaces: dict[str, Workspace] = {}
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.files: dict[str, File] = {}
        self.views: dict[str, View] = {}
        self.homes: dict[str, View] = {}  # by user
        self.modals: dict[str, list[View]] = {}  # by user, the lowest first
        self.triggers: dict[str, Trigger] = {}
        self.installs: list[Install] = []
        self.codes: dict[str, tuple[Install, str]] = {}  # of OAuth: what is installed, and where the app is told
        self.pending: list[Told] = []
        self._number = 0
        self._last = 0

    def id(self, prefix: str) -> str:
        """The next id."""
        self._number += 1
        return f"{prefix}0{self._number:08X}"

    def ts(self) -> str:
        """The next time stamp; greater than every one before."""
        self._last = max(self._last + 1, int(self.clock.now * 1_000_000))
        return f"{self._last // 1_000_000}.{self._last % 1_000_000:06d}"

    def user(self, name: str, home: Workspace, **more: object) -> User:
        """Somebody new."""
        user = User(id=self.id("U"), name=name, home=home, **more)  # type: ignore[arg-type]
        self.users[user.id] = home.users[user.id] = user
        return user

    def trigger(self, user: User, workspace: Workspace) -> Trigger:
        """What lets the app open a modal for somebody, now."""
        trigger = Trigger(id=f"{self.id('')}.{secrets.token_hex(4)}", user=user, workspace=workspace, issued=self.now)
        self.triggers[trigger.id] = trigger
        return trigger

    @property
    def now(self) -> float:
        """Seconds since 1970."""
        return self.clock.now

    # what is found

    def bearer(self, token: str) -> Install:
        """Whose token it is. Refused: nobody's, or no longer anybody's."""
        for install in self.installs:
            if token == install.token and not install.revoked:
                if install.expires is not None and install.expires <= self.now:
                    raise Refused("token_expired")
                return install
            if token in {install.token, *install.old}:
                raise Refused("account_inactive" if install.revoked else "token_revoked")
        raise Refused("invalid_auth")

    def installed(self, workspace: Workspace) -> Install | None:
        """The install that covers a workspace."""
        return next((one for one in self.installs if not one.revoked and workspace in one.workspaces), None)

    def install_of(self, channel: Channel) -> Install | None:
        """The install that hears of a channel: its own workspace's, or else of one that it is shared with."""
        found = [self.installed(one) for one in (channel.workspace, *channel.shared)]
        here = [one for one in found if one is not None]
        return next((one for one in here if one.bot.id in channel.members), here[0] if here else None)

    def channel(self, install: Install, number: str) -> Channel:
        """A channel that an install sees. Refused: there is none."""
        channel = self.channels.get(number)
        if channel is None or not self.visible(install, channel):
            raise Refused("channel_not_found")
        return channel

    def visible(self, install: Install, channel: Channel) -> bool:
        """Whether the app there can know of a channel."""
        if install.bot.id in channel.members:
            return True
        places = {channel.workspace.id, *(one.id for one in channel.shared)}
        return channel.kind is Kind.CHANNEL and any(one.id in places for one in install.workspaces)

    def knows(self, install: Install, user: User) -> bool:
        """Whether somebody is of the install's own people."""
        return user.home in install.workspaces

    def person(self, install: Install, number: str) -> User:
        """Somebody whom an install can know of. Refused: nobody, or a stranger it shares no channel with."""
        user = self.users.get(number)
        if user is None:
            raise Refused("user_not_found")
        met = any(number in one.members and self.visible(install, one) for one in self.channels.values())
        if not self.knows(install, user) and not met:
            raise Refused("user_not_visible")
        return user

    def dm(self, bot: User, user: User) -> Channel:
        """The DM of somebody and the bot."""
        for channel in self.channels.values():
            if channel.kind is Kind.DM and set(channel.members) == {bot.id, user.id}:
                return channel
        home = user.home if bot.id in user.home.users else bot.home
        members = {user.id: user, bot.id: bot}
        new = Channel(id=self.id("D"), name="", kind=Kind.DM, workspace=home, created=self.now, members=members)
        return self.make(new)

    def make(self, channel: Channel) -> Channel:
        """A new channel."""
        self.channels[channel.id] = channel.workspace.channels[channel.id] = channel
        return channel

    def tell(self, told: Told) -> None:
        """Let the app know, as soon as the one who does this is through."""
        self.pending.append(told)

    def take(self) -> list[Told]:
        """What the app is to be told, once."""
        taken, self.pending = self.pending, []
        return taken


def found(channel: Channel, ts: object, error: str = "message_not_found") -> Message:
    """A message of a channel. Refused: there is none."""
    message = channel.messages.get(str(ts))
    if message is None or (message.deleted and not channel.replies(message.ts)):
        raise Refused(error)
    return message

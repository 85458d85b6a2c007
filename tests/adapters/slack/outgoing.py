"""A workspace on the local Slack, and what the adapter says there by the real slack-sdk."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack import names
from adapters.slack.authorizing import Absent
from adapters.slack.clients import Clients
from adapters.slack.post import Post
from adapters.slack.posting import Posts
from adapters.slack.sending import Requests
from tests.servers.slack import App, Channel, LocalSlack, Message, User, Workspace
from tests.servers.slack_state import Json

START = 1_763_640_000.0
POST, READ, HISTORY = "chat.postMessage", "conversations.replies", "conversations.history"


class Naps:
    """Pauses on Slack's own clock. They pass at once, or, where it is held, when a test lets time pass."""

    def __init__(self, slack: LocalSlack) -> None:
        self._slack = slack
        self.taken: list[float] = []
        self.held = False

    async def sleep(self, seconds: float) -> None:
        """A pause."""
        clock, due, over = self._slack.clock, self._slack.clock.now + seconds, asyncio.Event()
        self.taken.append(seconds)
        clock.after(seconds, over.set)
        self._slack.bell.ring()
        if not self.held:
            await asyncio.sleep(0)
            self._slack.passes(max(0.0, due - clock.now))
        await over.wait()

    def timer(self) -> float:
        """Seconds on that clock."""
        return self._slack.clock.now


@dataclass
class Keys:
    """The tokens of workspaces. refusals: the words of those that were refused; fresh: a token to go on with."""

    slack: LocalSlack
    clients: Clients
    tokens: dict[str, str] = field(default_factory=dict)
    refusals: list[str] = field(default_factory=list)
    fresh: dict[str, str] = field(default_factory=dict)

    async def client(self, team: str) -> AsyncWebClient:
        """A client with the workspace's token."""
        if team not in self.tokens:
            raise Absent(team)
        return self.clients.made(self.tokens[team], team)

    async def identity(self, team: str) -> AuthorizeResult | None:
        """Who the bot is."""
        if team not in self.tokens:
            return None
        bot = self.slack.installed(self.slack.world.workspaces[team]).bot
        return AuthorizeResult(enterprise_id=None, team_id=team, bot_user_id=bot.id, bot_id=bot.bot_id)

    async def refused(self, team: str, token: str, code: str) -> bool:
        """Whether there is another token."""
        self.refusals.append(code)
        if team not in self.fresh:
            return False
        self.tokens[team] = self.fresh.pop(team)
        return True


@dataclass
class Outgoing:
    """A workspace with a channel, a moderators' channel and people, and a thread that the bot was asked in."""

    slack: LocalSlack
    clients: Clients
    naps: Naps
    keys: Keys
    workspace: Workspace
    general: Channel
    desk: Channel
    robin: User
    mo: User
    root: Message
    within: float = 15.0

    def __post_init__(self) -> None:
        self.team = self.workspace.id
        self.bot = self.slack.installed(self.workspace).bot
        self.keys.tokens[self.team] = self.slack.installed(self.workspace).token
        self.restart()

    def restart(self) -> None:
        """As another process: nothing is in memory any more."""
        self.requests = Requests(self.keys, self.naps.sleep, self.naps.timer, within=self.within)
        self.posts = Posts(self.requests, self.naps.sleep, self.naps.timer)

    def post(self, text: str = "Good evening.", *, number: int = 0, urgent: bool = False) -> Post:
        """A post that follows from the message which began the thread."""
        action = f"{names.said(self.team, self.general.id, self.root.ts)}/{number}"
        blocks: tuple[Json, ...] = ({"type": "markdown", "text": text},)
        return Post(names.post(action, 0, "say"), text, blocks, urgent=urgent, after=self.root.ts)

    async def put(self, post: Post) -> str:
        """Post in the thread. Out: its ts."""
        return (await self.posts.put(self.team, self.general.id, self.root.ts, post)).ts

    def own(self, channel: Channel | None = None) -> list[Message]:
        """What the bot has said in a channel, oldest first."""
        return [each for each in (channel or self.general).messages.values() if each.author is self.bot]

    def asked(self, method: str) -> int:
        """How often something was asked for."""
        return len(self.slack.requests(method))


@asynccontextmanager
async def outgoing(app: App | None = None, *, limited: bool = True) -> AsyncIterator[Outgoing]:
    """A workspace."""
    async with LocalSlack(app, start=START, limited=limited) as slack:
        clients, naps = Clients(slack.url), Naps(slack)
        workspace = slack.workspace("The Library")
        robin, mo = slack.member(workspace, "robin"), slack.member(workspace, "mo")
        general, desk = slack.channel(workspace, "general"), slack.channel(workspace, "desk", mo)
        root = await slack.mentions(robin, general, "Good evening.")
        keys = Keys(slack, clients)
        try:
            yield Outgoing(slack, clients, naps, keys, workspace, general, desk, robin, mo, root)
        finally:
            await clients.close()

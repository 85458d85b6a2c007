"""A workspace on the local Slack, and what the adapter says there by the real slack-sdk."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypedDict

from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack import names
from adapters.slack.installs.authorizing import Absent
from adapters.slack.outbound import Outbound
from adapters.slack.outgoing.blocks import Block, Button, buttons, feedback
from adapters.slack.outgoing.clients import Clients
from adapters.slack.outgoing.post import Post
from adapters.slack.outgoing.posting import Posts
from adapters.slack.outgoing.saying import Saying, Surroundings
from adapters.slack.outgoing.sending import Requests
from adapters.slack.outgoing.streaming import Sessions, Streams, Thinking
from bot.domain.action import Action, AskFeedback, CallModerators, CloseThread, OfferBranch, ReopenThread, Say, Tell
from bot.domain.conversation import Place
from bot.domain.review import Matter
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


class Asked(TypedDict):
    """What every action carries."""

    id: str
    conversation: str
    place: Place


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
    stream: bool = True
    stored: dict[str, Action] = field(default_factory=dict)  # actions, by id
    ended: set[str] = field(default_factory=set)  # conversations
    called: Sequence[str] = ()  # who is called to the moderators' channel
    open: list[Thinking | Streams] = field(default_factory=list)  # what is to be closed, of all processes

    def __post_init__(self) -> None:
        self.team = self.workspace.id
        self.bot = self.slack.installed(self.workspace).bot
        self.moments = Naps(self.slack)  # before it is shown that it is thinking
        self.keys.tokens[self.team] = self.slack.installed(self.workspace).token
        self.restart()

    def restart(self) -> None:
        """As another process: nothing is in memory any more."""
        self.requests = Requests(self.keys, self.naps.sleep, self.naps.timer, within=self.within)
        self.posts = Posts(self.requests, self.naps.sleep, self.naps.timer)
        self.sessions = Sessions(self.requests)
        self.thinking = Thinking(self.requests, self.sessions, self.moments.sleep, self._has_ended)
        self.streams = Streams(self.requests, self.posts, self.naps.sleep, self.naps.timer, self.now, within=0.3)
        self.open += [self.thinking, self.streams]
        around = Surroundings(
            action=self._action,
            roles=lambda _: self.called,
            blocks=_below,
            streaming=lambda _: self.stream,
            named=lambda _: {},
        )
        self.saying = Saying(
            requests=self.requests,
            posts=self.posts,
            streams=self.streams,
            thinking=self.thinking,
            clock=self.now,
            around=around,
        )
        self.outbound = Outbound(
            requests=self.requests,
            posts=self.posts,
            saying=self.saying,
            sessions=self.sessions,
            clock=self.now,
            around=around,
        )

    def now(self) -> datetime:
        """What time it is."""
        return datetime.fromtimestamp(self.slack.clock.now, UTC)

    async def _has_ended(self, conversation: str) -> bool:
        return conversation in self.ended

    async def _action(self, action: str) -> Action | None:
        return self.stored.get(action)

    def post(self, text: str = "Good evening.", *, number: int = 0, urgent: bool = False) -> Post:
        """A post that follows from the message which began the thread."""
        action = f"{names.said(self.team, self.general.id, self.root.ts)}/{number}"
        blocks: tuple[Json, ...] = ({"type": "markdown", "text": text},)
        return Post(names.post(action, 0, "say"), text, blocks, urgent=urgent, after=self.root.ts)

    def conversation(self, root: Message | None = None) -> str:
        """The conversation in the thread at a message."""
        message = root or self.root
        return names.conversation(self.team, message.channel.id, message.ts)

    def asked_in(self, root: Message, number: int = 0) -> "Asked":
        """What every action in that thread has, that follows from its first message."""
        where, private = root.channel.id, root.channel.direct
        return {
            "id": f"{names.said(self.team, where, root.ts)}/{number}",
            "conversation": self.conversation(root),
            "place": names.place(self.team, where, private=private),
        }

    def say(
        self, text: str, number: int = 0, *, root: Message | None = None, urgent: bool = False, aside: bool = False
    ) -> Say:
        """Something is said to robin."""
        asked = self.asked_in(root or self.root, number)
        return Say(**asked, text=text, to=self.member(self.robin), urgent=urgent, aside=aside)

    def tell(self, text: str, number: int = 0, *, root: Message | None = None, urgent: bool = False) -> Tell:
        """Robin is told something in private."""
        asked = self.asked_in(root or self.root, number)
        return Tell(**asked, member=self.member(self.robin), text=text, otherwise="In short.", urgent=urgent)

    def offer(self, text: str, number: int = 0, *, root: Message | None = None) -> OfferBranch:
        """Robin is offered to go on."""
        message = names.message(self.root.channel.id, self.root.ts)
        asked = self.asked_in(root or self.root, number)
        return OfferBranch(
            **asked, member=self.member(self.robin), message=message, words="?", text=text, otherwise="Go on?"
        )

    def call(self, text: str, number: int = 0, *, urgent: bool = False, desk: str | None = None) -> CallModerators:
        """The moderators are called."""
        place = names.place(self.team, desk or self.desk.id, private=True)
        asked = self.asked_in(self.root, number)
        member = self.member(self.robin)
        return CallModerators(**asked, matter=Matter.RISK, member=member, text=text, urgent=urgent, desk=place)

    def rate(self, on: Say, number: int = 1) -> AskFeedback:
        """An ending is to be rated on its notice."""
        self.stored[on.id] = on
        return AskFeedback(**self.asked_in(self.root, number), ending="ending1", on=on.id)

    def close(self, root: Message | None = None) -> CloseThread:
        """A thread is closed."""
        return CloseThread(**self.asked_in(root or self.root, 2))

    def reopen(self) -> ReopenThread:
        """It is open again."""
        return ReopenThread(**self.asked_in(self.root, 3))

    def member(self, user: User) -> str:
        """A user as the bot knows them."""
        return names.member(self.team, user.id).id

    async def put(self, post: Post) -> str:
        """Post in the thread. Out: its ts."""
        return (await self.posts.put(self.team, self.general.id, self.root.ts, post)).ts

    def own(self, channel: Channel | None = None) -> list[Message]:
        """What the bot has said in a channel, oldest first."""
        return [each for each in (channel or self.general).messages.values() if each.author is self.bot]

    def asked(self, method: str) -> int:
        """How often something was asked for."""
        return len(self.slack.requests(method))


def _below(action: Action) -> Sequence[Block]:
    """What is below an action's text."""
    match action:
        case AskFeedback():
            return (feedback(action.ending, "Fair", "Unfair"),)
        case OfferBranch():
            return (buttons(Button("take", action.id, "Go on")),)
        case CallModerators():
            return (buttons(Button("look", action.id, "Look")),)
        case Say(aside=True):
            return (buttons(Button("anew", "", "Begin anew")),)
    return ()


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
        there = Outgoing(slack, clients, naps, keys, workspace, general, desk, robin, mo, root)
        try:
            yield there
        finally:
            await asyncio.gather(*(each.close() for each in there.open))
            await clients.close()

"""The real slack-bolt in front of the local Slack, remembering what it was told."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from re import compile as pattern
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.servers.discord_record import Bell
from tests.servers.slack import SCOPES, App, Channel, LocalSlack, User, Workspace
from tests.servers.slack_state import Install, Json

ANYTHING = pattern(".*")
PING = 0.2  # seconds between the client's pings
MORE = frozenset({"im:read", "mpim:read", "team:read"})  # scopes that the methods here are tried with besides


@dataclass(eq=False)
class Bot:
    """A bolt app that acknowledges everything, and remembers it. answer: what an acknowledgement says, by its type.

    refuses  how many events it will not acknowledge, from here on
    """

    app: AsyncApp
    heard: list[Json] = field(default_factory=list)
    answers: dict[str, Json] = field(default_factory=dict)
    refuses: int = 0
    bell: Bell = field(default_factory=Bell)

    def __post_init__(self) -> None:
        for listens in (self.app.command, self.app.action, self.app.shortcut, self.app.view, self.app.view_closed):
            listens(ANYTHING)(self._ask)
        self.app.event(ANYTHING)(self._event)
        self.app.middleware(self._gate)

    async def _gate(self, next: Callable[..., Any]) -> Any:  # noqa: A002 - bolt looks for this name
        if self.refuses:
            self.refuses -= 1
            self.bell.ring()
            return None
        return await next()

    async def _event(self, body: Json) -> None:
        self._hear(body)

    async def _ask(self, body: Json, ack: Callable[..., Any]) -> None:
        await ack(**self.answers.get(body.get("type") or "command", {}))
        self._hear(body)

    def _hear(self, body: Json) -> None:
        self.heard.append(body)
        self.bell.ring()

    def events(self, kind: str, subtype: str | None = None) -> list[Json]:
        """The events of a type that it has heard, of a subtype where one is given."""
        found = [body["event"] for body in self.heard if body.get("event", {}).get("type") == kind]
        return [event for event in found if subtype is None or event.get("subtype") == subtype]

    async def next(self, kind: str, wanted: Callable[[Json], object] = lambda _: True) -> Json:
        """The first event of a type that is wanted, as soon as it is there."""
        await self.bell.until(lambda: any(wanted(one) for one in self.events(kind)), 10)
        return next(one for one in self.events(kind) if wanted(one))

    async def asked(self, kind: str) -> Json:
        """The first payload of a type ("block_actions", "command"), as soon as it is there."""

        def found() -> list[Json]:
            return [body for body in self.heard if (body.get("type") or "command") == kind]

        await self.bell.until(found, 10)
        return found()[0]


@dataclass(frozen=True, kw_only=True)
class Library:
    """A Slack with a workspace, a channel, two people, and the app installed; nothing is connected yet."""

    slack: LocalSlack
    workspace: Workspace
    install: Install
    general: Channel
    robin: User
    mo: User  # an admin
    client: AsyncWebClient
    stack: AsyncExitStack

    def bolt(self) -> AsyncApp:
        """The app's own side, as it comes."""
        return AsyncApp(client=self.client, signing_secret=self.slack.app.signing_secret)

    async def bot(self, *, sockets: int = 1) -> Bot:
        """A bolt app on so many sockets."""
        bot = Bot(self.bolt())
        for _ in range(sockets):
            await self.stack.enter_async_context(connected(self.slack, bot))
        return bot

    async def serving(self) -> Bot:
        """A bolt app that events are sent to by HTTP."""
        self.slack.app.socket_mode = False
        bot = Bot(self.bolt())
        runner = web.AppRunner(bot.app.web_app(path="/slack/events"))
        await runner.setup()
        self.stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        self.slack.http.url = f"http://{host}:{port}/slack/events"
        return bot

    async def post(self, text: str = "Good evening.", **more: Any) -> str:
        """What the bot says in #general; its ts."""
        said = await self.client.chat_postMessage(channel=self.general.id, text=text, **more)
        return str(said["ts"])


@asynccontextmanager
async def connected(slack: LocalSlack, bot: Bot) -> AsyncIterator[AsyncSocketModeHandler]:
    """A socket, until the end."""
    before = len(slack.sockets.open)
    handler = AsyncSocketModeHandler(bot.app, slack.app.token, ping_interval=PING)
    try:
        await handler.connect_async()  # type: ignore[no-untyped-call]
        await slack.until(lambda: len(slack.sockets.open) > before)
        yield handler
    finally:
        await handler.close_async()  # type: ignore[no-untyped-call]


@asynccontextmanager
async def library(app: App | None = None, **options: Any) -> AsyncIterator[Library]:
    """One that is open until the end."""
    async with LocalSlack(app or App(scopes=SCOPES | MORE), **options) as slack, AsyncExitStack() as stack:
        workspace = slack.workspace("The Library")
        robin, mo = slack.member(workspace, "robin"), slack.member(workspace, "mo", admin=True)
        general, install = slack.channel(workspace, "general"), slack.installed(workspace)
        session = await stack.enter_async_context(aiohttp.ClientSession())
        client = AsyncWebClient(install.token, base_url=slack.url, session=session, retry_handlers=[])
        yield Library(
            slack=slack, workspace=workspace, install=install, general=general, robin=robin, mo=mo, client=client,
            stack=stack,
        )  # fmt: skip


def error(caught: "pytest.ExceptionInfo[Any]") -> str:
    """Slack's word, from the client or from the server."""
    if isinstance(caught.value, SlackApiError):
        return str(caught.value.response["error"])
    return str(caught.value.error)

"""Slack on a local socket: the Web API, Socket Mode, signed requests and OAuth, with Slack's rules.

    async with LocalSlack() as slack:
        library = slack.workspace("The Library")
        robin = slack.member(library, "robin")
        general = slack.channel(library, "general")
        client = AsyncWebClient(token=slack.installed(library).token, base_url=slack.url)
        app = AsyncApp(client=client, ...)
        handler = AsyncSocketModeHandler(app, slack.app.token, ping_interval=0.2)
        await handler.connect_async()
        question = await slack.mentions(robin, general, "Good evening.")
        await slack.until(lambda: general.replies(question.ts))

Nothing in a test has to sleep: it waits by `until`, and its clock stands still until it is moved by `passes`.
Deadlines, retries, limits, tickets, triggers, streams and tokens all go by that clock; only signatures carry the real
time, because the real client checks them against its own. What nobody may do is Refused: the bot by an error of the
Web API, people by the exception in the test.

Where to look: `slack_control` and `slack_asking` what people do; `slack_deliveries` what the app is told, and how that
goes wrong, over `slack_sockets` or `slack_http`; `slack_web` requests, `slack_faults` and `slack_limits` how they go
wrong; `slack_record` what is found afterwards; `slack_state` and `slack_world` what there is; `slack_acts` and
`slack_telling` what follows from what is done; `slack_chat`, `slack_conversations`, `slack_people`, `slack_views`,
`slack_files`, `slack_agents` and `slack_oauth` the methods; `slack_drafts`, `slack_blocks`, `slack_elements`
and `slack_text` what messages must be like and whom they notify; `slack_shapes` how things look on the wire.
"""

import time
from collections.abc import Awaitable, Callable
from types import TracebackType

from aiohttp import web

from tests.servers import (
    slack_agents,
    slack_chat,
    slack_conversations,
    slack_files,
    slack_oauth,
    slack_people,
    slack_views,
)
from tests.servers.discord_record import Bell
from tests.servers.slack_asking import Asking
from tests.servers.slack_clock import Clock
from tests.servers.slack_control import Control
from tests.servers.slack_deliveries import Deliveries, Delivery
from tests.servers.slack_faults import Breaks, Drops, Fails, Fault, Hangs, Limits, Waits
from tests.servers.slack_http import Requests
from tests.servers.slack_limits import Buckets
from tests.servers.slack_record import Asked
from tests.servers.slack_refusals import Refused
from tests.servers.slack_responses import Responses
from tests.servers.slack_sockets import Socket, Sockets
from tests.servers.slack_state import (
    Channel,
    Enterprise,
    File,
    Install,
    Kind,
    Message,
    Upload,
    User,
    UserGroup,
    View,
    Workspace,
)
from tests.servers.slack_text import Link, links, pings, read
from tests.servers.slack_web import ROOT, Answer, Web
from tests.servers.slack_world import EVENTS, SCOPES, App, World

__all__ = [
    "EVENTS", "SCOPES", "App", "Asked", "Breaks", "Channel", "Delivery", "Drops", "Enterprise", "Fails", "File",
    "Hangs", "Install", "Kind", "Limits", "Link", "LocalSlack", "Message", "Refused", "Socket", "Upload", "User",
    "UserGroup", "View", "Waits", "Workspace", "links", "pings", "read",
]  # fmt: skip

METHODS = (
    slack_agents.METHODS
    | slack_chat.METHODS
    | slack_conversations.METHODS
    | slack_files.METHODS
    | slack_oauth.METHODS
    | slack_people.METHODS
    | slack_views.METHODS
)
MOST = 100 * 1024 * 1024  # bytes of a request


class LocalSlack(Control, Asking):
    """A Slack of its own, with one app.

    app      as it is set up: scopes, subscriptions, Socket Mode or not
    start    what its clock says at first, in seconds since 1970; without, this moment
    limited  whether rates are limited
    wall     tells the time for signatures

    world       everything there is; deliveries: what the app is told; sockets and http: how
    web         its requests, faults and limits; page: where people allow the app in
    """

    def __init__(
        self,
        app: App | None = None,
        *,
        start: float | None = None,
        limited: bool = True,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.app, self.clock, self.bell = app or App(), Clock(start), Bell()
        self.world = World(self.clock, self.app)
        self.sockets = Sockets(self.world, self.bell)
        self.http = Requests(self.world, wall)
        self.deliveries = Deliveries(self.world, self.bell, self._carry)
        self.sockets.deliveries = self.http.deliveries = self.deliveries
        self.responses = Responses(self.world)
        self.page = slack_oauth.Page(self.world)
        self.web = Web(self.world, METHODS, Buckets(self.clock, limited), self.sockets.ticket, self.bell)
        self.web.deliveries = self.deliveries
        Control.__init__(self, self.world, self.deliveries)
        Asking.__init__(self, self.world, self.deliveries, self.responses)

    def _carry(self, delivery: Delivery, number: int, reason: str | None) -> bool:
        return (self.sockets if self.app.socket_mode else self.http).carry(delivery, number, reason)

    @property
    def url(self) -> str:
        """The `base_url` of a client."""
        return self.world.url + ROOT

    @property
    def authorize_url(self) -> str:
        """Where people are sent to allow the app in."""
        return self.world.url + "/oauth/v2/authorize"

    @property
    def asked(self) -> list[Asked]:
        """Every request, in the order they arrived."""
        return self.web.asked

    def requests(self, method: str) -> list[Asked]:
        """The requests to a method: "chat.postMessage"."""
        return self.web.to(method)

    def fault(self, method: str, *faults: Fault, times: int = 1) -> None:
        """Let the next requests to a method ("chat.postMessage", "chat.*") meet these faults, one each."""
        self.web.faults.add(method, *faults, times=times)

    def allows(self, who: User, where: Workspace | Enterprise) -> None:
        """Let somebody be at the page where apps are allowed in, and allow it."""
        self.page.who = who, where

    def passes(self, seconds: float) -> None:
        """Let time pass: what is due is done."""
        self.clock.advance(seconds)
        self.bell.ring()

    async def until(self, condition: Callable[[], object], seconds: float = 60.0) -> None:
        """Wait until something that this server knows of is so. TimeoutError: it never was."""
        await self.bell.until(condition, seconds)

    async def __aenter__(self) -> "LocalSlack":
        """Listen."""
        app = web.Application(client_max_size=MOST)
        files = slack_files.Bytes(self.world)
        for path in ("/files-pri/{file}/{name}", "/files-pri/{file}/download/{name}"):
            app.router.add_get(path, self._answering("files/download", files.download))
        app.router.add_post("/upload/v1/{file}", self._answering("files/upload", files.upload))
        app.router.add_post("/response/{name}", self._answering("response_url", self.responses.answer))
        app.router.add_get("/oauth/v2/authorize", self._answering("authorize", self.page.authorize))
        app.router.add_get("/link/", self.sockets.connect)
        app.router.add_route("*", ROOT + "{method}", self.web.api)
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        self.world.url, self.sockets.url = f"http://{host}:{port}", f"ws://{host}:{port}/link/"
        return self

    def _answering(self, name: str, answer: Answer) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def answering(request: web.Request) -> web.StreamResponse:
            headers = {key: value for key, value in request.headers.items() if key.lower() != "authorization"}
            asked = Asked(method=name, at=self.clock.now, verb=request.method, headers=headers)
            return await self.web.answering(request, asked, answer)

        return answering

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Hang up on everybody, and listen no more. AssertionError: something was asked or said that nobody knows."""
        self.web.close()
        await self.http.close()
        await self.sockets.close()
        await self._runner.cleanup()
        if not error:
            mistakes = self.web.mistakes + self.deliveries.mistakes
            assert not mistakes, mistakes

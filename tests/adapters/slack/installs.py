"""The pages on which workspaces install the app, on a server of our own; and somebody with a browser."""

import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
from aiohttp import web
from slack_bolt.response import BoltResponse

from adapters.slack.environment import Setup, setup
from adapters.slack.installs.authorizing import ABOUT_INSTALLING, Authorizing
from adapters.slack.installs.installing import App, Flow, authorizing
from adapters.slack.outgoing.clients import Clients
from bot import configuration
from bot.configuration import Configuration
from bot.store.sqlite import SqliteStore
from tests.configs import SHIPPED
from tests.servers.slack import App as AtSlack
from tests.servers.slack import Enterprise, LocalSlack, User, Workspace


@cache
def shipped() -> Configuration:
    """The configuration that ships."""
    return configuration.load(SHIPPED, {})


@dataclass(frozen=True)
class Page:
    """What a browser was shown."""

    status: int
    text: str
    headers: Mapping[str, str]


@dataclass(kw_only=True)
class House:
    """A Slack, a store, and what the adapter has of them."""

    slack: LocalSlack
    store: SqliteStore
    setup: Setup
    clients: Clients
    authorizing: Authorizing
    flow: Flow | None
    app: App
    url: str

    def now(self) -> datetime:
        """What time it is for everybody here."""
        return datetime.fromtimestamp(self.slack.clock.now, UTC)

    def anew(self) -> None:
        """As after a restart: nothing is in memory any more."""
        self.authorizing, self.flow = authorizing(self.setup, self.store, self.clients, self.now, shipped)

    def workspace(self, name: str, enterprise: Enterprise | None = None) -> tuple[Workspace, User]:
        """A workspace without the app, and an admin there."""
        there = self.slack.workspace(name, enterprise=enterprise, installed=False)
        return there, self.slack.member(there, f"admin of {name}", admin=True)

    async def installs(self, who: User, where: Workspace | Enterprise, asked: str = "") -> Page:
        """Somebody goes through the pages and allows it; the last page. asked: as for `looks`."""
        self.slack.allows(who, where)
        back, state = await self.allowed()
        return await self.looks(back, state, asked)

    async def allowed(self) -> tuple[str, str]:
        """Where Slack sends somebody back to, and the state that their browser has as a cookie."""
        asks = await self.sent_to(f"{self.url}/slack/install")
        (state,) = parse_qs(urlsplit(asks).query)["state"]
        return await self.sent_to(asks), state

    async def sent_to(self, page: str) -> str:
        """Where a page sends its visitor."""
        async with aiohttp.ClientSession() as browser, browser.get(page, allow_redirects=False) as response:
            return response.headers["Location"]

    async def looks(self, page: str, state: str = "", asked: str = "") -> Page:
        """What is on a page. The cookie is a secure one, which no browser sends over plain http by itself.

        asked  for which languages, as a browser does
        """
        headers = {"Cookie": f"slack-app-oauth-state={state}"} if state else {}
        headers |= {"Accept-Language": asked} if asked else {}
        async with aiohttp.ClientSession() as browser, browser.get(page, headers=headers) as response:
            return Page(response.status, await response.text(), dict(response.headers))


@asynccontextmanager
async def house(
    folder: Path, *, rotates: bool = False, many: bool = True, kind: type[SqliteStore] = SqliteStore
) -> AsyncIterator[House]:
    """One that is open until the end. many: workspaces install the app; else one has, by a token of the environment."""
    async with LocalSlack(AtSlack(rotates=rotates, socket_mode=False)) as slack:
        listening = socket.create_server(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        env = {
            "SLACK_SIGNING_SECRET": slack.app.signing_secret,
            "SLACK_PORT": str(listening.getsockname()[1]),
            "SLACK_API_BASE": slack.url,
        }
        if many:
            env |= {"SLACK_OAUTH": "on", "SLACK_CLIENT_ID": slack.app.client_id}
            env |= {"SLACK_CLIENT_SECRET": slack.app.client_secret, "SLACK_REDIRECT_URI": f"{url}/slack/back"}
        else:
            env["SLACK_BOT_TOKEN"] = slack.installed(slack.workspace("The Library")).token
        made = setup(env)
        assert made is not None
        store, clients = await kind.open(folder / "slack.db", exclusive=True), Clients(made.base)

        def clock() -> datetime:
            return datetime.fromtimestamp(slack.clock.now, UTC)

        who, flow = authorizing(made, store, clients, clock, shipped)

        async def door(body: dict[str, Any], next: Callable[[], Awaitable[BoltResponse]]) -> BoltResponse:  # noqa: A002 - bolt looks for this name
            """What is about installing is taken in before it is acknowledged."""
            if body.get("event", {}).get("type") not in ABOUT_INSTALLING:
                return await next()
            await who.heard(body)
            return BoltResponse(status=200)

        app = App(clients=clients, authorize=who, flow=flow, signing=made.signing, before_authorize=door)
        runner = web.AppRunner(app.web_app(path="/slack/events"))
        await runner.setup()
        await web.SockSite(runner, listening).start()
        slack.http.url = f"{url}/slack/events"
        try:
            yield House(
                slack=slack, store=store, setup=made, clients=clients, authorizing=who, flow=flow, app=app, url=url
            )
        finally:
            await runner.cleanup()
            await clients.close()
            await store.close()

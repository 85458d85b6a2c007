"""The server that Slack sends requests to, and people who install the app; it also tells whether the bot is ready.

Anybody at all may send something to it. What Slack has not signed lately is turned away before anybody looks into it,
with nothing in the log, and its connection is closed.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import cast

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from adapters.slack.environment import Setup
from adapters.slack.hearing.door import Door
from adapters.slack.hearing.signature import Signature
from bot.errors import ConfigError, where
from bot.health import Health

log = logging.getLogger(__name__)

EVENTS = "/slack/events"
MOST = 1024 * 1024  # bytes of a request; Slack's are far smaller
ENDS_WITHIN = 3.0  # seconds in which Slack wants to know that something has arrived

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def serving(setup: Setup, app: AsyncApp, health: Health) -> AsyncIterator[None]:
    """Answer where the setup says, if it does. Raises ConfigError: that address cannot be had."""
    if setup.listen is None:
        yield
        return
    host, port = setup.listen
    door, nobody = Door(), logging.Logger("the server", logging.CRITICAL + 1)  # it quotes what it cannot read
    runner = web.AppRunner(
        application(setup, app, health, door),
        access_log=None,
        logger=nobody,
        auto_decompress=False,  # Slack compresses nothing
        shutdown_timeout=ENDS_WITHIN,
    )
    await runner.setup()
    connection = cast("web.Server", runner.server)
    try:
        try:
            listening = await asyncio.get_running_loop().create_server(lambda: door.enters(connection()), host, port)
        except OSError as error:
            fault = f"SLACK_PORT: nobody can be answered at {host} port {port}: {error.strerror or error}"
            raise ConfigError([fault]) from error
        try:
            yield
        finally:
            listening.close()
    finally:
        await runner.cleanup()


def application(setup: Setup, app: AsyncApp, health: Health, door: Door) -> web.Application:
    """What there is to ask for."""

    @web.middleware
    async def attended(request: web.Request, handler: Handler) -> web.StreamResponse:
        """Whoever has not shown to be Slack is not waited for after an answer."""
        if request.path != EVENTS:
            door.heard(request.protocol)
        try:
            response = await handler(request)
        except web.HTTPException as refusal:
            refusal.force_close()
            raise
        if request.path != EVENTS:
            response.force_close()
        return response

    async def event(request: web.Request) -> AsyncBoltRequest:
        """What Slack sends."""
        await signature.proven(request)
        door.heard(request.protocol)
        try:
            return await to_bolt_request(request)
        except (ValueError, LookupError, AttributeError, RecursionError):  # neither an object of JSON nor a form
            raise web.HTTPBadRequest from None

    served = web.Application(client_max_size=MOST, middlewares=[attended])
    served.add_routes(health.routes())
    if not setup.socket:  # else events come by a socket, and a signature without a secret would be anybody's
        signature = Signature(setup.signing)
        served.router.add_post(EVENTS, _discreet(event, app.async_dispatch))
    if (flow := app.oauth_flow) is not None:
        served.router.add_get(flow.install_path, _discreet(_page, flow.handle_installation))
        served.router.add_get(flow.redirect_uri_path, _discreet(_page, flow.handle_callback))
    return served


async def _page(request: web.Request) -> AsyncBoltRequest:
    """What a browser asks for, which sends nothing along."""
    return AsyncBoltRequest(body="", query=request.query_string, headers=dict(request.headers))


def _discreet(
    read: Callable[[web.Request], Awaitable[AsyncBoltRequest]],
    answer: Callable[[AsyncBoltRequest], Awaitable[BoltResponse]],
) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Bolt's answer; the server itself would log what a fault quotes."""

    async def answered(request: web.Request) -> web.Response:
        try:
            return await to_aiohttp_response(await answer(await read(request)))
        except web.HTTPException:
            raise
        except Exception as fault:  # whatever it was, the next request may be all right
            log.error("a request could not be answered: %s", where(fault))  # noqa: TRY400 (a traceback may quote)
            return web.Response(status=500)

    return answered

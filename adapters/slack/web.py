"""The server that Slack sends requests to, and people who install the app; it also tells whether the bot is ready.

Bolt looks at signatures and how old they are, on the whole body. What it would fail on before that is turned away here,
with nothing in the log: anybody at all may send something to this server.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from adapters.slack.environment import Setup
from bot.errors import ConfigError, where
from bot.health import Health

log = logging.getLogger(__name__)

EVENTS = "/slack/events"
MOST = 1024 * 1024  # bytes of a request; Slack's are far smaller
WITHIN = 10.0  # seconds that a request may take to arrive
ENDS_WITHIN = 3.0  # seconds in which Slack wants to know that something has arrived


@asynccontextmanager
async def serving(setup: Setup, app: AsyncApp, health: Health) -> AsyncIterator[None]:
    """Answer where the setup says, if it does. Raises ConfigError: that address cannot be had."""
    if setup.listen is None:
        yield
        return
    host, port = setup.listen
    runner = web.AppRunner(application(setup, app, health), access_log=None, shutdown_timeout=ENDS_WITHIN)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            fault = f"SLACK_PORT: nobody can be answered at {host} port {port}: {error.strerror or error}"
            raise ConfigError([fault]) from error
        yield
    finally:
        await runner.cleanup()


def application(setup: Setup, app: AsyncApp, health: Health) -> web.Application:
    """What there is to ask for."""
    served = web.Application(client_max_size=MOST)
    served.add_routes(health.routes())
    if not setup.socket:  # else events come by a socket, and a signature without a secret would be anybody's
        served.router.add_post(EVENTS, _discreet(_event, app.async_dispatch))
    if (flow := app.oauth_flow) is not None:
        served.router.add_get(flow.install_path, _discreet(_page, flow.handle_installation))
        served.router.add_get(flow.redirect_uri_path, _discreet(_page, flow.handle_callback))
    return served


async def _event(request: web.Request) -> AsyncBoltRequest:
    """What Slack sends, still unproven."""
    if not request.headers.get("X-Slack-Request-Timestamp", "").isdecimal():
        raise web.HTTPUnauthorized
    try:
        async with asyncio.timeout(WITHIN):
            await request.read()
        return await to_bolt_request(request)
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
    except (ValueError, LookupError):  # no text, no JSON, or in an encoding that there is not
        raise web.HTTPBadRequest from None


async def _page(request: web.Request) -> AsyncBoltRequest:
    """What a browser asks for."""
    return await to_bolt_request(request)


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

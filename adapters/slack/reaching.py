"""How events come, and whether they can: for the shell, beside a bot that may be running.

A connection is opened, and closed as soon as Slack has said hello on it: what Slack sends by it in that moment is not
acknowledged, and comes again by another.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError

from adapters.slack.clients import Clients, refusal
from adapters.slack.environment import Setup
from adapters.slack.line import TurnedAway, greeted
from adapters.slack.sockets import APPS, FATAL, PING
from bot.cli.examined import Remark

CONNECTIONS = 2  # of one bot that runs
WITHIN = 10.0  # seconds for a connection

CONNECTS = "A connection came about, and was closed at once. Slack counts {others} others; a bot that runs has two."
ALONE = "A connection came about, and was closed at once. Slack counts no other: no bot is connected now."
SHARED = (
    "Slack gives what happens to any one of an app's connections. If there are more than two for longer than a minute, "
    "another process uses the same SLACK_APP_TOKEN, and each hears only a part. Let it have an app of its own."
)
CROWDED = "An app may have ten connections. Other processes use the same SLACK_APP_TOKEN: stop them."
SLOW = "No connection came about in {within:g} s: {why}. From here, https and wss to slack.com have to be open."
SIGNED = (
    "Slack sends what happens to SLACK_PORT, and SLACK_SIGNING_SECRET is set. Whether it is the right one, and whether "
    f"Slack gets through, its own page tells while the bot runs: {APPS}, Event Subscriptions, must say Verified."
)


async def way(setup: Setup, clients: Clients, within: float) -> Remark:
    """How events come. within: seconds for a connection."""
    if not setup.socket:
        return Remark("", lacks=False, said=[SIGNED])
    try:
        async with asyncio.timeout(within), _connection(setup, clients) as hello:
            others = int(hello.get("num_connections") or 1) - 1
    except SlackApiError as fault:
        code = refusal(fault) or "out of order"
        return Remark("", lacks=True, said=[FATAL.get(code, f"Slack lets nobody connect now: {code}")])
    except TurnedAway as fault:
        crowded = [CROWDED] if str(fault) == "too_many_websockets" else []
        return Remark("", lacks=True, said=[f"Slack turns a connection away: {fault}", *crowded])
    except (aiohttp.ClientError, OSError, TimeoutError) as fault:
        return Remark("", lacks=True, said=[SLOW.format(within=within, why=type(fault).__name__)])
    said = [CONNECTS.format(others=others) if others else ALONE]
    return Remark("", lacks=others > CONNECTIONS, said=said + ([SHARED] if others > CONNECTIONS else []))


@asynccontextmanager
async def _connection(setup: Setup, clients: Clients) -> AsyncIterator[Mapping[str, Any]]:
    """A connection, and what Slack said with its hello. Raises SlackApiError and what `greeted` does."""
    web = clients.made()
    answer = await web.apps_connections_open(app_token=setup.socket)
    async with aiohttp.ClientSession() as http:
        socket, hello = await greeted(http, str(answer["url"]), ping=PING, proxy=web.proxy)
        await socket.close()
        yield hello

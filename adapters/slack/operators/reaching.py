"""How events come, and whether they can: for the shell, beside a bot that may be running.

A connection is opened, and closed as soon as Slack has said hello on it, or a message that was posted for a test came
back: what else Slack sends by it in that moment is not acknowledged, and comes again by another.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError

from adapters.slack.environment import Setup
from adapters.slack.hearing.line import TurnedAway, greeted
from adapters.slack.hearing.sockets import APPS, FATAL, PING
from adapters.slack.outgoing.clients import Clients, refusal
from bot.cli.examined import Remark

CONNECTIONS = 2  # of one bot that runs
WITHIN = 10.0  # seconds for a connection

Came = Callable[[str], Awaitable[tuple[bool, str]]]

CONNECTS = "A connection came about, and was closed at once. Slack counts {others} others; a bot that runs has two."
ALONE = "A connection came about, and was closed at once. Slack counts no other: no bot is connected now."
SHARED = (
    "Slack gives what happens to any one of an app's connections. If there are more than two for longer than a minute, "
    "another process uses the same SLACK_APP_TOKEN, and each hears only a part. Let it have an app of its own."
)
CROWDED = "An app may have ten connections. Other processes use the same SLACK_APP_TOKEN: stop them."
SLOW = "No connection came about in {within:g} s: {why}. From here, https and wss to slack.com have to be open."
HEARD = "What it posted came back: Slack delivers what is said there."
UNHEARD = (
    "What it posted did not come back in {within:g} s: Slack does not deliver what is said there. The events of the "
    f"manifest have to be subscribed to: {APPS}, Event Subscriptions. After a change there, install the app anew."
)
ELSEWHERE = "Whether it came back is not told: another connection, as of a bot that runs, may have been given it."
SIGNED = (
    "Slack sends what happens to SLACK_PORT, and SLACK_SIGNING_SECRET is set. Whether it is the right one, and whether "
    f"Slack gets through, its own page tells while the bot runs: {APPS}, Event Subscriptions, must say Verified."
)


async def way(setup: Setup, clients: Clients, within: float) -> Remark:
    """How events come. within: seconds for a connection."""
    if not setup.socket:
        return Remark("", lacks=False, said=[SIGNED])
    try:
        async with asyncio.timeout(within), _connection(setup, clients) as (_, hello):
            others = _others(hello)
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
async def listening(setup: Setup, clients: Clients, within: float) -> AsyncIterator[Came]:
    """Hear meanwhile whether a message comes back, by its ts, in `within` seconds: whether it did, and that in words.

    Without a word where that cannot be told: events come otherwise, or there is no connection (`way` tells why).
    """
    came: Came = _untold
    async with AsyncExitStack() as stack:
        if setup.socket:
            with suppress(SlackApiError, aiohttp.ClientError, OSError):
                async with asyncio.timeout(within):
                    socket, hello = await stack.enter_async_context(_connection(setup, clients))
                came = partial(_came, socket, within, alone=not _others(hello))
        yield came


async def _came(socket: aiohttp.ClientWebSocketResponse, within: float, ts: str, *, alone: bool) -> tuple[bool, str]:
    try:
        async with asyncio.timeout(within):
            async for message in socket:
                if message.type is aiohttp.WSMsgType.TEXT and _ts(message.data) == ts:
                    return True, HEARD
    except TimeoutError:
        pass
    return (False, UNHEARD.format(within=within)) if alone else (True, ELSEWHERE)


async def _untold(_: str) -> tuple[bool, str]:
    return True, ""


def _ts(frame: str) -> str:
    """The ts of the message that a frame tells of; "": it tells of none."""
    event = (json.loads(frame).get("payload") or {}).get("event") or {}
    return str(event.get("ts") or "")


def _others(hello: Mapping[str, Any]) -> int:
    """How many connections the app has beside this one."""
    return int(hello.get("num_connections") or 1) - 1


@asynccontextmanager
async def _connection(
    setup: Setup, clients: Clients
) -> AsyncIterator[tuple[aiohttp.ClientWebSocketResponse, Mapping[str, Any]]]:
    """A connection, and what Slack said with its hello. Raises SlackApiError and what `greeted` does."""
    web = clients.made()
    answer = await web.apps_connections_open(app_token=setup.socket)
    async with aiohttp.ClientSession() as http:
        socket, hello = await greeted(http, str(answer["url"]), ping=PING, proxy=web.proxy)
        try:
            yield socket, hello
        finally:
            await socket.close()

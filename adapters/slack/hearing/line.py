"""One connection of Socket Mode, from its handshake to its end.

slack-sdk's own client mends itself: after a handshake that was refused it tries the same address, which is good once,
without end; it closes a connection before it has the next; and what it has begun it does not know any more. Here a
connection is made with an address of its own, and whoever wants another makes another.
"""

import asyncio
import json
import logging
import time
from collections.abc import Callable
from typing import Any

import aiohttp
from slack_bolt.adapter.socket_mode.async_internals import run_async_bolt_app, send_async_response
from slack_bolt.async_app import AsyncApp
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from adapters.slack.operators import quiet
from bot.errors import where

log = logging.getLogger(__name__)

ANSWERS_WITHIN = 3.0  # seconds in which Slack wants to know that something has arrived
HANGS_UP_WITHIN = 2.0  # seconds that Slack has for saying goodbye


class TurnedAway(ConnectionError):
    """Slack has closed a connection before it began. Its text is Slack's word for why."""


class Line(AsyncBaseSocketModeClient):
    """A connection.

    due     it is to be replaced: Slack has asked it to go, or it is gone
    gone    nothing comes by it any more
    opened, last  when it was opened, and when anything came by it last (the loop's clock)
    missed  how many envelopes have come by other connections since, and `missing`, when the first of them did
    counted  how many connections of the app there were, as Slack says with its hello; this one too
    """

    def __init__(self, app: AsyncApp, arrived: "Callable[[Line], None]", left: "Callable[[Line], None]") -> None:
        self.logger = quiet.logger()
        self.due, self.gone = asyncio.Event(), asyncio.Event()
        self.opened = self.last = asyncio.get_running_loop().time()
        self.missed, self.missing = 0, self.opened
        self.counted = 1
        self._app = app
        self._arrived = arrived
        self._left = left
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._reading: asyncio.Task[None] | None = None
        self._answering: set[asyncio.Task[None]] = set()

    async def open(self, http: aiohttp.ClientSession, url: str, *, ping: float, proxy: str | None) -> None:
        """Connect, and wait for Slack's hello.

        ping  seconds without a word from Slack after which it is asked for one; half as many later it is gone

        Raises TurnedAway, aiohttp.ClientError, OSError.
        """
        self._socket, hello = await greeted(http, url, ping=ping, proxy=proxy)
        self.counted = int(hello.get("num_connections") or 1)
        self._reading = asyncio.create_task(self._read(self._socket))

    async def close(self) -> None:
        """Say what is still to be said about what has come, and hang up."""
        if self._answering:
            await asyncio.wait(self._answering, timeout=ANSWERS_WITHIN)
        for task in self._answering:
            task.cancel()
        if self._socket is not None:
            await self._socket.close()
        if self._reading is not None:
            await asyncio.wait((self._reading,))

    async def send_message(self, message: str) -> None:
        """What slack-sdk's answers are sent by. Raises ConnectionError: the connection is gone."""
        if self._socket is None:
            raise ConnectionError
        await self._socket.send_str(message)

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        try:
            async for message in socket:
                if message.type is aiohttp.WSMsgType.TEXT:
                    self._take(_frame(message.data))
        finally:
            self.gone.set()
            self.due.set()
            self._left(self)

    def _take(self, frame: dict[str, Any]) -> None:
        self.last = asyncio.get_running_loop().time()
        if frame.get("type") == "disconnect":
            log.info("Slack ends a connection: %s", frame.get("reason"))
            self.due.set()
        elif isinstance(frame.get("payload"), dict) and (request := SocketModeRequest.from_dict(frame)):
            self.missed = 0
            self._arrived(self)
            task = asyncio.create_task(self._answer(request))
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)

    async def _answer(self, request: SocketModeRequest) -> None:
        """Let Bolt have it, and acknowledge it if Bolt says so; what is not acknowledged comes again."""
        try:
            response = await run_async_bolt_app(self._app, request)
            await send_async_response(self, request, response, time.time())
        except Exception as fault:  # whatever it was, the next one may be all right
            log.warning("something Slack sent was not acknowledged: %s", where(fault))


async def greeted(
    http: aiohttp.ClientSession, url: str, *, ping: float, proxy: str | None
) -> tuple[aiohttp.ClientWebSocketResponse, dict[str, Any]]:
    """A connection on which Slack has said hello, and what it said with that. ping: as for Line.open.

    Raises TurnedAway, aiohttp.ClientError, OSError; then there is none.
    """
    socket = await http.ws_connect(
        url, heartbeat=ping, timeout=aiohttp.ClientWSTimeout(ws_close=HANGS_UP_WITHIN), proxy=proxy
    )
    try:
        return socket, _hello(await socket.receive())
    except BaseException:
        await socket.close()
        raise


def _hello(message: aiohttp.WSMessage) -> dict[str, Any]:
    """What Slack says first. Raises TurnedAway."""
    if message.type is not aiohttp.WSMsgType.TEXT:
        raise TurnedAway("closed")
    frame = _frame(message.data)
    if frame.get("type") != "hello":
        raise TurnedAway(str(frame.get("reason") or "no hello"))
    return frame


def _frame(text: str) -> dict[str, Any]:
    """What a frame says; nothing, if it is none of Slack's."""
    try:
        frame = json.loads(text)
    except ValueError:
        return {}
    return frame if isinstance(frame, dict) else {}

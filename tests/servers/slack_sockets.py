"""Socket Mode. Docs: apis/events-api/using-socket-mode."""

import asyncio
import contextlib
import json
import secrets
import time
from collections import deque
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

from aiohttp import WSMsgType, web

from tests.servers.discord_record import Bell
from tests.servers.slack_deliveries import Deliveries, Delivery
from tests.servers.slack_state import Json
from tests.servers.slack_world import World

MOST = 10  # sockets of an app
TICKET_LASTS = 30.0  # seconds
GOES_AFTER = 10.0  # seconds after which a connection is cut that was asked to go

Reason = Literal["warning", "refresh_requested", "link_disabled", "too_many_websockets"]


@dataclass(eq=False)
class Socket:
    """A connection of the app.

    deaf    it is given events as always, but they do not arrive
    mute    the app's pings are not answered
    pings, pongs  how many of the app's have arrived
    """

    number: int
    line: web.WebSocketResponse = field(repr=False)
    transport: asyncio.Transport | None = field(repr=False)
    deaf: bool = False
    mute: bool = False
    pings: int = 0
    pongs: int = 0
    told: list[Delivery] = field(default_factory=list, repr=False)
    outbox: "asyncio.Queue[Json]" = field(default_factory=asyncio.Queue, repr=False)


class Sockets:
    """The app's connections. A payload goes to any one of them, in turn.

    chosen     which of them are given the next payloads instead
    refusals   statuses to turn the next handshakes away with; burns: whether that uses the ticket up
    opened     how often a ticket was asked for; tried: how often somebody knocked with one
    """

    def __init__(self, world: World, bell: Bell) -> None:
        self._world, self._bell = world, bell
        self.deliveries: Deliveries
        self.open: list[Socket] = []
        self.url = ""
        self.chosen: deque[Socket] = deque()
        self.refusals: deque[int] = deque()
        self.burns = True
        self.opened = self.tried = self.connected = 0
        self._tickets: dict[str, float] = {}
        self._turn = 0
        self._envelopes: dict[str, Delivery] = {}

    def ticket(self) -> str:
        """An address to connect to: once, and soon."""
        self.opened += 1
        ticket = secrets.token_hex()
        self._tickets[ticket] = self._world.now
        return f"{self.url}?ticket={ticket}&app_id={self._world.app.id}"

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """A client connects."""
        self.tried += 1
        self._bell.ring()
        ticket = request.query.get("ticket", "")
        issued = self._tickets.get(ticket)
        if self.refusals and issued is not None:
            if self.burns:
                del self._tickets[ticket]
            return web.Response(status=self.refusals.popleft())
        if issued is None or self._world.now - issued > TICKET_LASTS:
            return web.Response(status=403)
        del self._tickets[ticket]
        line = web.WebSocketResponse(autoping=False)
        await line.prepare(request)
        self.connected += 1
        await self._serve(Socket(self.connected, line, request.transport))
        return line

    async def _serve(self, socket: Socket) -> None:
        if len(self.open) >= MOST:
            await socket.line.send_json({"type": "disconnect", "reason": "too_many_websockets"})
            await socket.line.close()
            return
        self.open.append(socket)
        hello = {
            "type": "hello",
            "num_connections": len(self.open),
            "debug_info": {"host": "applink-1", "build_number": 1, "approximate_connection_time": 18_060},
            "connection_info": {"app_id": self._world.app.id},
        }
        socket.outbox.put_nowait(hello)
        writer = asyncio.create_task(self._write(socket))
        self._bell.ring()
        try:
            with contextlib.suppress(ConnectionError):
                await self._listen(socket)
        finally:
            writer.cancel()
            self._gone(socket)

    async def _write(self, socket: Socket) -> None:
        with contextlib.suppress(ConnectionError):  # what did not arrive is delivered again
            while True:
                frame = await socket.outbox.get()
                if delivery := self._envelopes.get(frame.get("envelope_id", "")):
                    delivery.left = time.monotonic()
                if not socket.deaf or frame["type"] in {"hello", "disconnect"}:
                    await socket.line.send_json(frame)
                self._bell.ring()

    async def _listen(self, socket: Socket) -> None:
        async for message in socket.line:
            if message.type is WSMsgType.PING:
                socket.pings += 1
                if not socket.mute:
                    await socket.line.pong(message.data)
            elif message.type is WSMsgType.PONG:
                socket.pongs += 1
            elif message.type is WSMsgType.TEXT:
                self._hear(json.loads(message.data))
            self._bell.ring()

    def _hear(self, said: Json) -> None:
        delivery = self._envelopes.get(said.get("envelope_id", ""))
        if delivery is None:
            self.deliveries.mistakes.append(f"nobody sent an envelope {said.get('envelope_id')}")
        else:
            self.deliveries.acknowledged(delivery, said.get("payload"))

    def _gone(self, socket: Socket) -> None:
        if socket in self.open:
            self.open.remove(socket)
        self._bell.ring()

    def carry(self, delivery: Delivery, number: int, reason: str | None) -> bool:
        """Give something to one of the sockets; False: there is none."""
        if not self.open:
            return False
        socket = self.chosen.popleft() if self.chosen else self.open[self._turn % len(self.open)]
        self._turn += 1
        socket.told.append(delivery)
        self._envelopes[delivery.envelope] = delivery
        frame: Json = {
            "type": delivery.sort,
            "envelope_id": delivery.envelope,
            "payload": delivery.payload,
            "accepts_response_payload": delivery.accepts,
        }
        if delivery.sort == "events_api":
            frame |= {"retry_attempt": number - 1, "retry_reason": reason or ""}
        socket.outbox.put_nowait(frame)
        return True

    # how it is cut off

    def disconnect(self, reason: Reason, socket: Socket | None = None) -> None:
        """Ask clients to go: all, or one; a little later they are cut off (node-slack-sdk, socket-mode 3.1.1).

        With link_disabled Socket Mode is turned off, and all have to go at once.
        """
        if reason == "link_disabled":
            self._world.app.socket_mode = False
        for one in [socket] if socket else list(self.open):
            frame = {"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-1"}}
            one.outbox.put_nowait(frame)
            if reason != "warning":  # it still gets what was sent before, but nothing new
                self._gone(one)
            self._world.clock.after(GOES_AFTER, partial(self.abort, one))

    async def close(self, socket: Socket | None = None) -> None:
        """Close connections, all or one, without having said so before."""
        for one in [socket] if socket else list(self.open):
            self._gone(one)
            await one.line.close(code=1001)

    def abort(self, socket: Socket | None = None) -> None:
        """Cut connections, all or one."""
        for one in [socket] if socket else list(self.open):
            self._gone(one)
            if one.transport:
                one.transport.abort()

    async def ping(self) -> None:
        """Ping every client."""
        for one in self.open:
            await one.line.ping(b"Ping from applink-1")

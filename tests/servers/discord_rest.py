"""The way of a request: heard, perhaps spoilt, carried out as a whole, answered, and told to the gateway."""

import asyncio
import json
import mimetypes
import socket
import struct
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from aiohttp import web

from tests.servers.discord_drafts import Upload
from tests.servers.discord_faults import Drops, Fails, Fault, Faults, Hangs, Limits, Waits, pattern
from tests.servers.discord_gateway import Gateway
from tests.servers.discord_limits import Buckets
from tests.servers.discord_record import Asked, Bell
from tests.servers.discord_refusals import Refused, limited
from tests.servers.discord_state import Json, Told
from tests.servers.discord_world import World

ROOT = "/api/v10"
FREE = ("/interactions/", "/webhooks/")  # their address is their key
JSON = {"Content-Type": "application/json"}  # the client compares the whole header
VIA = {"Via": "1.1 google"}

Echo = Literal["before", "after", "held"]


@dataclass(frozen=True)
class Call:
    """A request, as a route sees it."""

    world: World
    gateway: Gateway
    asked: Asked
    ids: Mapping[str, str]  # parts of the path

    def id(self, name: str) -> int:
        """An id of the path. Refused: it is none."""
        if not self.ids[name].isdigit():
            raise Refused(50035)
        return int(self.ids[name])


Route = Callable[[Call], object]  # what it returns is the reply; None: there is nothing to say


class Rest:
    """Answers requests by routes.

    echo  when the bot is told by the gateway of what it did itself: before its request is answered, after, or once
          a test releases it
    """

    def __init__(self, world: World, gateway: Gateway, token: str, bell: Bell) -> None:
        self._world, self._gateway, self._token, self._bell = world, gateway, token, bell
        self.echo: Echo = "after"
        self.faults, self.buckets = Faults(), Buckets(world.now)
        self.asked: list[Asked] = []
        self.refused: list[tuple[Asked, Refused]] = []
        self.mistakes: list[str] = []  # requests nothing here has an answer for
        self._echoes: list[Told] = []
        self._over = asyncio.Event()

    def serve(self, app: web.Application, routes: Mapping[str, Route]) -> None:
        """Add these routes ("GET /channels/{channel}"), and an answer to all others."""
        for name, route in routes.items():
            method, path = name.split(" ")
            app.router.add_route(method, ROOT + path, self._answering(route))
        app.router.add_route("*", ROOT + "/{rest:.*}", self._answering(_nowhere))

    def release(self) -> None:
        """Tell the bot what was held back of what it did."""
        echoes, self._echoes = self._echoes, []
        self._gateway.tell(echoes)

    def to(self, route: str) -> list[Asked]:
        """The requests to a route ("POST /channels/*/messages"), in the order they arrived."""
        wanted = pattern(route)
        return [asked for asked in self.asked if wanted.fullmatch(asked.what)]

    async def file(self, request: web.Request) -> web.StreamResponse:
        """A file of a message, as long as its link holds."""
        asked = Asked(method=request.method, path=request.path, query=dict(request.query))
        self.asked.append(asked)
        fault = self.faults.take(asked.what)
        if fault and (instead := await self._spoilt(request, asked, fault)):
            return await self._reply(request, asked, instead, None)
        found = self._world.files.get(int(request.match_info["file"]))
        if found is None or int(request.query.get("ex", "0"), 16) < self._world.now().timestamp():
            asked.status = 404
            return web.Response(status=404, text="This content is no longer available.")
        asked.status, asked.answered = 200, time.monotonic()
        return web.Response(body=found.content, content_type=found.media_type)

    def close(self) -> None:
        """Let go of those who are kept waiting."""
        self._over.set()

    def _answering(self, route: Route) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def answering(request: web.Request) -> web.StreamResponse:
            asked = await _heard(request)
            self.asked.append(asked)
            self._bell.ring()
            try:
                return await self._answer(request, asked, route)
            except (ConnectionError, asyncio.CancelledError):
                raise  # the client has gone
            except Exception as mistake:
                self.mistakes.append(f"{asked.what}: {mistake!r}")
                raise
            finally:
                asked.answered = time.monotonic()
                self._bell.ring()

        return answering

    async def _answer(self, request: web.Request, asked: Asked, route: Route) -> web.StreamResponse:
        fault = self.faults.take(asked.what)
        if fault and not fault.stored and (instead := await self._spoilt(request, asked, fault)):
            return await self._reply(request, asked, instead, None)
        response, events = self._carry_out(request, asked, route)
        if self.echo == "before":
            self._gateway.tell(events)
            await self._gateway.read()
        elif isinstance(fault, Hangs):  # there is no answer to come after
            self._gateway.tell(events)
            events = []
        try:
            return await self._reply(request, asked, response, fault)
        finally:
            if self.echo == "after":
                self._gateway.tell(events)

    async def _reply(
        self, request: web.Request, asked: Asked, response: web.Response, fault: Fault | None
    ) -> web.StreamResponse:
        if fault and fault.stored:
            response = await self._spoilt(request, asked, fault) or response
        if request.transport and not request.transport.is_closing():
            asked.status = response.status
            await response.prepare(request)
            await response.write_eof()
        return response

    def _carry_out(self, request: web.Request, asked: Asked, route: Route) -> tuple[web.Response, list[Told]]:
        wait, everywhere, headers = self.buckets.take(asked.method, asked.path)
        try:
            if wait:
                raise limited(wait, everywhere=everywhere)
            self._known(request, asked)
            reply = route(Call(self._world, self._gateway, asked, request.match_info))
        except Refused as refused:
            self.refused.append((asked, refused))
            asked.code, asked.reply = refused.code, refused.body
            response = _refusal(refused, headers)
        else:
            asked.reply = reply
            response = _json(reply, 204 if reply is None else 200, headers)
        events = self._world.take()
        if self.echo == "held":
            self._echoes += events
            return response, []
        return response, events

    def _known(self, request: web.Request, asked: Asked) -> None:
        if not asked.path.startswith(FREE) and request.headers.get("Authorization") != f"Bot {self._token}":
            raise Refused(0)

    async def _spoilt(self, request: web.Request, asked: Asked, fault: Fault) -> web.Response | None:
        """What is answered instead; None: what would have been."""
        match fault:
            case Waits(until=asyncio.Event() as event):
                await self._or_over(event)
                return None
            case Waits(until=float() | int() as seconds):
                await asyncio.sleep(seconds)
                return None
            case Fails(html=True):
                page = "<html><body>Bad gateway</body></html>"
                return web.Response(text=page, status=fault.status, content_type="text/html", headers=fault.headers)
            case Fails():
                asked.code = fault.code
                body = {"message": fault.text, "code": fault.code}
                return _json(body, fault.status, fault.headers)
            case Limits():
                refused = limited(fault.after, everywhere=fault.everywhere)
                self.refused.append((asked, refused))
                return _refusal(refused, {}, via=fault.via)
            case Hangs():
                await self._or_over(asyncio.Event())
            case Drops():
                pass
        _reset(request)
        return web.Response()  # nobody sees it

    async def _or_over(self, event: asyncio.Event) -> None:
        waits = [asyncio.ensure_future(one.wait()) for one in (event, self._over)]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()


def _nowhere(_: Call) -> object:
    raise Refused(0, status=404)


def _json(body: object, status: int, headers: Mapping[str, str]) -> web.Response:
    if body is None:
        return web.Response(status=status, headers=headers)
    return web.Response(body=json.dumps(body).encode(), status=status, headers={**JSON, **headers})


def _refusal(refused: Refused, headers: Mapping[str, str], *, via: bool = True) -> web.Response:
    if refused.status != 429:
        return _json(refused.body, refused.status, headers)
    after = {"Retry-After": str(int(refused.more["retry_after"]) + 1)}
    return _json(refused.body, 429, {**headers, **after, **(VIA if via else {})})


def _reset(request: web.Request) -> None:
    """Cut the connection so that the other side sees it reset."""
    if request.transport is None:
        return
    raw = request.transport.get_extra_info("socket")
    if raw is not None:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    request.transport.abort()


async def _heard(request: web.Request) -> Asked:
    headers = {name: value for name, value in request.headers.items() if name.lower() != "authorization"}
    body: Json | None = None
    uploads: tuple[Upload, ...] = ()
    if request.content_type.startswith("multipart/"):
        body, uploads = await _parts(request)
    elif raw := await request.read():
        try:
            body = json.loads(raw)
        except ValueError:
            body = None
    return Asked(
        method=request.method,
        path=request.path.removeprefix(ROOT),
        query=dict(request.query),
        headers=headers,
        body=body,
        uploads=uploads,
    )


async def _parts(request: web.Request) -> tuple[Json, tuple[Upload, ...]]:
    body: Json = {}
    uploads = []
    form = await request.post()
    for name, value in form.items():
        if isinstance(value, web.FileField):
            media_type = mimetypes.guess_type(value.filename)[0] or value.content_type
            uploads.append(Upload(name=value.filename, content=value.file.read(), media_type=media_type))
        elif name == "payload_json":
            body = json.loads(value if isinstance(value, str) else bytes(value))
    return body, tuple(uploads)

"""The way of a request: heard, perhaps spoilt, carried out as a whole, answered, and told to the app."""

import asyncio
import base64
import contextlib
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Literal

from aiohttp import web

from tests.servers.discord_record import Bell
from tests.servers.slack_call import Call, Method
from tests.servers.slack_deliveries import Deliveries
from tests.servers.slack_faults import Breaks, Drops, Fails, Fault, Faults, Hangs, Limits, Waits, reset
from tests.servers.slack_limits import Buckets
from tests.servers.slack_record import Asked
from tests.servers.slack_refusals import Refused, limited
from tests.servers.slack_state import Install, Json, Told
from tests.servers.slack_world import World

ROOT = "/api/"
OBJECTS = {"attachments", "blocks", "chunks", "files", "loading_messages", "metadata", "prompts", "view"}
PATIENCE = 1.0  # seconds the app has to acknowledge what it is told before its request is answered


def _unknown(call: Call) -> None:
    raise Refused("unknown_method", req_method=call.asked.method)


UNKNOWN = Method(_unknown, tier=5, holder="nobody")

Echo = Literal["before", "after", "held"]
Answer = Callable[[web.Request, Asked], Awaitable[web.Response]]


class Web:
    """Answers requests by methods.

    echo   when the app is told of what it did itself: before its request is answered, after, or once a test releases it
    walks  is told of each request before it is carried out ("before") and when it was, but not answered ("after"); what
           it raises cuts the connection
    """

    def __init__(
        self, world: World, methods: Mapping[str, Method], buckets: Buckets, ticket: Callable[[], str], bell: Bell
    ) -> None:
        self._world, self._methods, self._ticket, self._bell = world, methods, ticket, bell
        self.deliveries: Deliveries
        self.echo: Echo = "after"
        self.walks: Callable[[str, Asked], object] = lambda _, __: None
        self.faults, self.buckets = Faults(), buckets
        self.asked: list[Asked] = []
        self.mistakes: list[str] = []  # requests nothing here has an answer for
        self._echoes: list[Told] = []
        self._over = asyncio.Event()

    def to(self, method: str) -> list[Asked]:
        """The requests to a method, in the order they arrived."""
        return [asked for asked in self.asked if asked.method == method]

    def release(self) -> None:
        """Tell the app what was held back of what it did."""
        echoes, self._echoes = self._echoes, []
        self.deliveries.tell(echoes)

    def close(self) -> None:
        """Let go of those who are kept waiting."""
        self._over.set()

    async def api(self, request: web.Request) -> web.StreamResponse:
        """A request to a method."""
        name = request.match_info["method"]
        asked = Asked(method=name, at=self._world.now, verb=request.method, headers=_headers(request))
        asked.args = await _arguments(request)
        return await self.answering(request, asked, self._method)

    async def answering(self, request: web.Request, asked: Asked, answer: Answer) -> web.StreamResponse:
        """Answer a request, unless a fault has other plans."""
        self.asked.append(asked)
        self._bell.ring()
        try:
            return await self._answer(request, asked, answer)
        except (ConnectionError, asyncio.CancelledError):
            raise  # the client has gone
        except Exception as mistake:
            self.mistakes.append(f"{asked.method}: {mistake!r}")
            raise
        finally:
            self._bell.ring()

    async def _answer(self, request: web.Request, asked: Asked, answer: Answer) -> web.StreamResponse:
        self.walks("before", asked)
        fault = self.faults.take(asked.method)
        if fault and not fault.stored and (instead := await self._spoilt(request, fault)):
            return await self._reply(request, asked, instead)
        response = await answer(request, asked)
        events = self._world.take()
        if self.echo == "held":
            self._echoes += events
            events = []
        elif self.echo == "before" or isinstance(fault, Hangs):  # there is no answer to come after
            await self._told(events)
            events = []
        try:
            self.walks("after", asked)
            if fault and fault.stored:
                response = await self._spoilt(request, fault) or response
            return await self._reply(request, asked, response)
        finally:
            self.deliveries.tell(events)

    async def _told(self, events: list[Told]) -> None:
        """Tell the app, and wait until it says that it has heard; give up after a second."""
        sent = len(self.deliveries.sent)
        self.deliveries.tell(events)
        with contextlib.suppress(TimeoutError):
            await self._bell.until(lambda: all(one.over for one in self.deliveries.sent[sent:]), PATIENCE)

    async def _reply(self, request: web.Request, asked: Asked, response: web.Response) -> web.StreamResponse:
        if request.transport and not request.transport.is_closing():
            asked.status = response.status
            await response.prepare(request)
            await response.write_eof()
        return response

    async def _method(self, request: web.Request, asked: Asked) -> web.Response:
        method = self._methods.get(asked.method, UNKNOWN)
        headers: dict[str, str] = {}
        try:
            call = self._call(request, asked, method)
            if call.install_:
                asked.workspace = call.install.workspace
                headers["x-oauth-scopes"] = ",".join(sorted(call.install.scopes))
                headers["x-accepted-oauth-scopes"] = ",".join(method.scopes)
                if method.scopes:
                    call.scope(*method.scopes)
            if wait := self.buckets.take(asked.method, _bucket(call), self._tier(asked.method, method)):
                raise limited(wait)
            reply: Json = {"ok": True, **(method.act(call) or {})}
            asked.done = True
        except Refused as refused:
            self._world.take()
            asked.error, reply = refused.error, refused.body
            asked.reply = reply
            return web.json_response(reply, status=refused.status, headers=headers | refused.headers)
        asked.reply = reply
        return web.json_response(reply, headers=headers)

    def _tier(self, name: str, method: Method) -> int:
        history = name in {"conversations.history", "conversations.replies"}
        return 1 if history and self._world.app.distributed else method.tier

    def _call(self, request: web.Request, asked: Asked, method: Method) -> Call:
        token, client = _credentials(request, asked)
        install: Install | None = None
        if method.holder == "app":
            if token != self._world.app.token:
                raise Refused(_wrong(token, "xoxb-"))
        elif method.holder == "bot":
            if token == self._world.app.token:
                raise Refused("not_allowed_token_type")
            if not token:
                raise Refused("not_authed")
            install = self._world.bearer(token)
        return Call(self._world, asked, self.buckets, self._ticket, token, install, client)

    async def _spoilt(self, request: web.Request, fault: Fault) -> web.Response | None:
        """What is answered instead; None: what would have been."""
        match fault:
            case Waits(until=asyncio.Event() as event):
                await self._or_over(event)
                return None
            case Waits(until=float() | int() as seconds):  # of the server's clock
                due = asyncio.Event()
                self._world.clock.after(seconds, due.set)
                await self._or_over(due)
                return None
            case Fails():
                return web.json_response({"ok": False, "error": fault.error})
            case Breaks():
                page = "<html><body>upstream connect error</body></html>"
                return web.Response(text=page, status=fault.status, content_type="text/html")
            case Limits():
                refused = limited(fault.after)
                return web.json_response(refused.body, status=429, headers=refused.headers)
            case Hangs():
                await self._or_over(asyncio.Event())
            case Drops():
                pass
        reset(request)
        return web.Response()  # nobody sees it

    async def _or_over(self, event: asyncio.Event) -> None:
        waits = [asyncio.ensure_future(one.wait()) for one in (event, self._over)]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()


def _bucket(call: Call) -> str:
    return call.install.bot.id if call.install_ else "app"


def _wrong(token: str, other: str) -> str:
    if not token:
        return "not_authed"
    return "not_allowed_token_type" if token.startswith(other) else "invalid_auth"


def _headers(request: web.Request) -> dict[str, str]:
    return {name: value for name, value in request.headers.items() if name.lower() not in {"authorization", "cookie"}}


def _credentials(request: web.Request, asked: Asked) -> tuple[str, tuple[str, str]]:
    """The bearer's token, and the id and secret of the app; whatever of that is there."""
    given = str(asked.args.pop("token", "") or "")
    client = str(asked.args.pop("client_id", "")), str(asked.args.pop("client_secret", ""))
    kind, _, value = request.headers.get("Authorization", "").partition(" ")
    if kind == "Basic":
        name, _, secret = base64.b64decode(value).decode().partition(":")
        client = name, secret
    return (value if kind == "Bearer" else given), client


async def _arguments(request: web.Request) -> Json:
    args: Json = dict(request.query)
    if request.content_type == "application/json":
        text = await request.text()
        given = json.loads(text) if text.startswith("{") else {}
        args |= {name: value for name, value in given.items() if value is not None}
    else:
        args |= {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
    return {name: _object(value) if name in OBJECTS else value for name, value in args.items()}


def _object(value: object) -> object:
    """What a form has to say in JSON."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value

"""The Messages API on a local socket: it enforces the vendor's rules, says what it is told to, and fails on demand.

    async with Server() as server:
        server.script.append(Says("Hello, ", "Robin."))
        client = anthropic.AsyncAnthropic(api_key="any", base_url=server.url)

What it sends is a `Reply`: Says (a message, streamed or whole, as the request asks), Fails (an error with its status)
or Raw (any body at all). The steps of a message may wait for an `asyncio.Event`, cut the connection, or break the
stream, so that nothing in a test has to sleep. The rules: docs of the Messages API, streaming, errors, prompt caching,
structured outputs; checked against the SDK's types (anthropic 2.11).

Where to look: `anthropic_script` what a test says and finds on record; `anthropic_rules` and `anthropic_content` what a
request must be like; `anthropic_usage` tokens and the cache; `anthropic_stream` the events; `anthropic_partial`
endpoints that can less; `anthropic_models` the list of models.
"""

import asyncio
import json
from collections import deque
from collections.abc import Callable, Collection
from types import TracebackType

from aiohttp import web

from tests.servers.anthropic_models import described, listed
from tests.servers.anthropic_partial import Ignored, Lack, heard, refused, retold
from tests.servers.anthropic_rules import broken_rule
from tests.servers.anthropic_script import (
    Asked,
    Broken,
    Bytes,
    Call,
    Cut,
    Fails,
    Hush,
    Pings,
    Raw,
    Reply,
    Says,
    Step,
    Thought,
)
from tests.servers.anthropic_stream import Message
from tests.servers.anthropic_usage import Cache, Plan, Usage, prompt_tokens

__all__ = [
    "Asked", "Broken", "Bytes", "Call", "Cut", "Fails", "Hush", "Pings", "Raw", "Reply", "Says", "Server", "Step",
    "Thought", "Usage",
]  # fmt: skip

ERRORS = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    504: "timeout_error",
    529: "overloaded_error",
}
MOST = 32_000_000  # bytes of a request
WINDOW = 1_000_000  # tokens of a prompt
ONCE = {"x-should-retry": "false"}
NO_PAGE = "404 page not found"


class Server:
    """Answers by `rule` where there is one, else by what stands first in `script`.

    rule     what to reply to each request for a message
    minimum  tokens of the shortest prefix that is cached; None: as each model's name says
    now      seconds, for the age of what is cached; without it nothing ever expires
    models   the models there are; None: every one that is asked for
    window   tokens of the longest prompt
    lacks    what the endpoint cannot do, and refuses; see anthropic_partial
    ignores  what it cannot do, and passes over in silence

    script   replies to requests for messages, in order
    outage   while set, the reply to every request, whatever it asks for
    asked    the requests for messages; `others` those for a count of tokens or for models
    """

    def __init__(
        self,
        rule: Callable[[Asked], Reply] | None = None,
        *,
        minimum: int | None = None,
        now: Callable[[], float] = lambda: 0.0,
        models: Collection[str] | None = None,
        window: int = WINDOW,
        lacks: Collection[Lack] = (),
        ignores: Collection[Ignored] = (),
    ) -> None:
        self.rule, self.models, self.window, self.lacks, self.ignores = rule, models, window, lacks, ignores
        self.script: deque[Reply] = deque()
        self.outage: Fails | Raw | None = None
        self.asked: list[Asked] = []
        self.others: list[Asked] = []
        self.url = ""
        self._caches = not {"caching"} & {*lacks, *ignores}
        self._cache = Cache(now, minimum)
        self._arrived = asyncio.Condition()
        self._mistakes: list[str] = []  # of the test

    @property
    def faults(self) -> list[str]:
        """The rules of the protocol that were broken, by requests for messages last."""
        return [asked.fault for asked in (*self.others, *self.asked) if asked.fault]

    @property
    def bill(self) -> dict[str, Usage]:
        """What each model has used."""
        bill: dict[str, Usage] = {}
        for asked in self.asked:
            if asked.usage:
                bill[asked.body["model"]] = bill.get(asked.body["model"], Usage()) + asked.usage
        return bill

    async def __aenter__(self) -> "Server":
        """Listen."""
        app = web.Application(client_max_size=0)
        app.router.add_post("/v1/messages", self._messages)
        app.router.add_post("/v1/messages/count_tokens", self._count)
        app.router.add_get("/v1/models", self._models)
        app.router.add_get("/v1/models/{name}", self._models)
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Hang up. A script that said what no model says is a mistake of the test: AssertionError."""
        await self.close()
        if not error:
            assert not self._mistakes, self._mistakes

    async def close(self) -> None:
        """Hang up on everybody, and listen no more."""
        await self._runner.cleanup()

    async def request(self, number: int) -> Asked:
        """The request for a message of that number, from 0, as soon as it is there."""
        async with self._arrived:
            await self._arrived.wait_for(lambda: len(self.asked) > number)
        return self.asked[number]

    async def _messages(self, request: web.Request) -> web.StreamResponse:
        asked, refusal = await self._heard(request)
        name = f"req_{len(self.asked)}"
        async with self._arrived:
            self.asked.append(asked)
            self._arrived.notify_all()
        try:
            return await self._reply(request, asked, refusal, name)
        except (asyncio.CancelledError, ConnectionError):
            asked.dropped = True
            raise
        finally:
            asked.over.set()

    async def _count(self, request: web.Request) -> web.Response:
        asked, refusal = await self._heard(request)
        name = f"req_count_{len(self.others)}"
        self.others.append(asked)
        if "count_tokens" in self.lacks:
            return web.Response(status=404, text=NO_PAGE)
        if refusal := refusal or refused(asked.body, self.lacks):
            return self._failed(refusal, name)
        return web.json_response({"input_tokens": prompt_tokens(asked.body)}, headers=self._named(name))

    async def _models(self, request: web.Request) -> web.Response:
        name, asked = f"req_models_{len(self.others)}", Asked(_safe(request), {}, request.path)
        self.others.append(asked)
        model, known = request.match_info.get("name"), self.models or ()
        if refusal := self._unheard(asked):
            return self._failed(refusal, name)
        if model and self.models is not None and model not in known:
            return self._failed(_unknown(model), name)
        whole = not self.lacks and not self.ignores
        told = described(model, self.window, whole=whole) if model else listed(known, self.window, whole=whole)
        return web.json_response(told, headers=self._named(name))

    async def _heard(self, request: web.Request) -> tuple[Asked, Fails | Raw | None]:
        """A request, and how it is refused before anybody looks at what it says."""
        raw, asked = await request.read(), Asked(_safe(request), {}, request.path, _sender(request))
        if refusal := self._unheard(asked):
            return asked, refusal
        if len(raw) > MOST:
            asked.fault = "Request exceeds the maximum size"
            return asked, Fails(413, asked.fault, ONCE)
        try:
            asked.body = json.loads(raw)
        except ValueError:
            asked.fault = "The request body is not valid JSON"
        else:
            asked.fault = broken_rule(asked.headers, asked.body, request.path)
        if asked.fault:
            return asked, Fails(400, asked.fault, ONCE)
        if self.models is not None and asked.body["model"] not in self.models:
            return asked, _unknown(asked.body["model"])
        if (size := prompt_tokens(asked.body)) > self.window:
            return asked, Fails(400, f"prompt is too long: {size} tokens > {self.window} maximum", ONCE)
        return asked, None

    def _unheard(self, asked: Asked) -> Fails | Raw | None:
        return self.outage or (None if asked.headers["x-api-key"] else Fails(401, "x-api-key header is required", ONCE))

    async def _reply(
        self, request: web.Request, asked: Asked, refusal: Fails | Raw | None, name: str
    ) -> web.StreamResponse:
        refusal = refusal or refused(asked.body, self.lacks)
        if refusal:
            return self._failed(refusal, name)
        body = heard(asked.body, self.ignores)
        plan = self._cache.plan(body) if self._caches else Plan(Usage(prompt_tokens(body)), {}, 0.0)
        reply = self._next(asked)
        if not isinstance(reply, Says):
            return self._failed(reply, name)
        if mistake := reply.unlike(asked.body):
            self._mistakes.append(f"{name}: {mistake}")
            return self._failed(Fails(500, mistake, ONCE), name)
        if reply.after:
            await reply.after.wait()
        if reply.delay:
            await asyncio.sleep(reply.delay)
        asked.usage = self._cache.keep(plan)
        message = Message(request, asked, retold(reply, asked.body, self.ignores), body, name, self._caches)
        send = message.streamed if body.get("stream") else message.whole
        return await send(self._named(name))

    def _next(self, asked: Asked) -> Reply:
        if asked.body["max_tokens"] == 0:  # only to fill the cache
            return Says(stop="max_tokens")
        if self.rule:
            return self.rule(asked)
        return self.script.popleft() if self.script else Fails(500, "nothing more in the script", ONCE)

    def _failed(self, reply: Fails | Raw, name: str) -> web.Response:
        if isinstance(reply, Raw):
            return web.Response(text=reply.body, content_type=reply.media_type, headers=self._named(name))
        if reply.html is not None:
            return web.Response(text=reply.html, status=reply.status, content_type="text/html", headers=reply.headers)
        kind = ERRORS.get(reply.status, "api_error")
        body = {"type": "error", "error": {"type": kind, "message": reply.message}}
        if "request_id" not in self.lacks:
            body["request_id"] = name
        return web.json_response(body, status=reply.status, headers={**self._named(name), **reply.headers})

    def _named(self, name: str) -> dict[str, str]:
        return {} if "request_id" in self.lacks else {"request-id": name}


def _sender(request: web.Request) -> object:
    return request.transport and request.transport.get_extra_info("peername")


def _safe(request: web.Request) -> dict[str, str]:
    headers = {name.lower(): value for name, value in request.headers.items()}
    key = headers.pop("x-api-key", None) or headers.pop("authorization", None)
    return {**headers, "x-api-key": "there was one" if key else ""}


def _unknown(model: str) -> Fails:
    return Fails(404, f"model: {model}", ONCE)

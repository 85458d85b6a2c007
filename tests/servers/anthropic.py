"""The Messages API on a local socket: it enforces the vendor's rules, says what it is told to, and fails on demand.

    async with Server() as server:
        server.script.append(Says("Hello, ", "Robin."))
        client = anthropic.AsyncAnthropic(api_key="any", base_url=server.url)

What it sends is a `Reply`: Says (a message, streamed or whole, as the request asks), Fails (an error with its status)
or Raw (any body at all). The steps of a message may wait for an `asyncio.Event`, cut the connection, or break the
stream, so that nothing in a test has to sleep. The rules: docs of the Messages API, streaming, errors, structured
outputs; checked against the SDK's types (anthropic 2.11).
"""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from aiohttp import web

from tests.servers.anthropic_rules import broken_rule

ERRORS = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    529: "overloaded_error",
}
MOST = 32_000_000  # bytes of a request


@dataclass(frozen=True)
class Call:
    """The model calls a tool."""

    tool: str
    input: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Thought:
    """The model thinks aloud before it speaks."""

    text: str


class Hush:
    """Nothing more comes, until the client hangs up."""

    async def wait(self) -> None:
        """Wait for that, as for an event."""
        await asyncio.get_running_loop().create_future()


@dataclass(frozen=True)
class Pings:
    """Pings and nothing else in a stream, until the client hangs up. The one thing here that takes time by itself."""

    every: float = 0.01  # seconds


class Cut:
    """The connection breaks off, without a word."""


@dataclass(frozen=True)
class Bytes:
    """These bytes, instead of an event."""

    raw: bytes


@dataclass(frozen=True)
class Broken:
    """An `error` event in a stream."""

    kind: str
    message: str = "told to break"


# A text is a piece of an answer; an asyncio.Event is waited for.
Step = str | Call | Thought | Pings | Hush | Cut | Bytes | Broken | asyncio.Event


class Says:
    """A message, step by step.

    stop    its stop reason; None: what follows from the steps
    stops   False: the stream ends without message_stop
    after   what to wait for before anything at all is sent
    """

    def __init__(
        self, *steps: Step, stop: str | None = None, stops: bool = True, after: asyncio.Event | Hush | None = None
    ) -> None:
        self.steps, self.stops, self.after = steps, stops, after
        self.stop = stop or ("tool_use" if any(isinstance(step, Call) for step in steps) else "end_turn")


@dataclass(frozen=True)
class Fails:
    """An error. `headers`: "retry-after", say; without `x-should-retry` the SDK decides whether it tries again."""

    status: int
    message: str = "told to fail"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Raw:
    """Status 200 with any body."""

    body: str
    media_type: str = "application/json"


Reply = Says | Fails | Raw


@dataclass
class Asked:
    """One request. Headers hold no key, only whether there was one."""

    headers: Mapping[str, str]
    body: dict[str, Any]
    fault: str | None = None  # which rule of the protocol it broke
    over: asyncio.Event = field(default_factory=asyncio.Event)  # the server is done with it, one way or the other
    dropped: bool = False  # its client hung up before the reply was whole

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The messages of the conversation."""
        found: list[dict[str, Any]] = self.body["messages"]
        return found


class Server:
    """Answers by `rule` where there is one, else by what stands first in `script`. `asked` is what it was asked."""

    def __init__(self, rule: Callable[[Asked], Reply] | None = None) -> None:
        self.rule = rule
        self.script: deque[Reply] = deque()
        self.asked: list[Asked] = []
        self.url = ""
        self._arrived = asyncio.Condition()

    async def __aenter__(self) -> "Server":
        """Listen."""
        app = web.Application(client_max_size=MOST + 1)
        app.router.add_post("/v1/messages", self._messages)
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Hang up."""
        await self.close()

    async def close(self) -> None:
        """Hang up on everybody, and listen no more."""
        await self._runner.cleanup()

    async def request(self, number: int) -> Asked:
        """The request of that number, from 0, as soon as it is there."""
        async with self._arrived:
            await self._arrived.wait_for(lambda: len(self.asked) > number)
        return self.asked[number]

    async def _messages(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        key = headers.pop("x-api-key", None) or headers.pop("authorization", None)
        asked = Asked({**headers, "x-api-key": "there was one" if key else ""}, json.loads(raw))
        asked.fault = broken_rule(asked.headers, asked.body)
        number = len(self.asked)
        async with self._arrived:
            self.asked.append(asked)
            self._arrived.notify_all()
        try:
            return await self._reply(request, asked, f"req_{number}")
        except (asyncio.CancelledError, ConnectionError):
            asked.dropped = True
            raise
        finally:
            asked.over.set()

    async def _reply(self, request: web.Request, asked: Asked, name: str) -> web.StreamResponse:
        reply = self._next(asked)
        match reply:
            case Fails():
                kind = ERRORS.get(reply.status, "api_error")
                body = {"type": "error", "error": {"type": kind, "message": reply.message}, "request_id": name}
                return web.json_response(body, status=reply.status, headers={"request-id": name, **reply.headers})
            case Raw():
                return web.Response(text=reply.body, content_type=reply.media_type, headers={"request-id": name})
            case Says():
                if reply.after:
                    await reply.after.wait()
                if asked.body.get("stream"):
                    return await _streamed(request, asked, reply, name)
                return await _whole(request, asked, reply, name)

    def _next(self, asked: Asked) -> Reply:
        once = {"x-should-retry": "false"}
        if not asked.headers["x-api-key"]:
            return Fails(401, "x-api-key header is required", once)
        if asked.fault:
            return Fails(400, asked.fault, once)
        if self.rule:
            return self.rule(asked)
        return self.script.popleft() if self.script else Fails(500, "nothing more in the script", once)


async def _whole(request: web.Request, asked: Asked, says: Says, name: str) -> web.Response:
    content: list[dict[str, object]] = []
    for step in says.steps:
        match step:
            case str() if content and content[-1]["type"] == "text":
                content[-1]["text"] = f"{content[-1]['text']}{step}"
            case str() | Call() | Thought():
                content.append(_block(step, f"toolu_{name}_{len(content)}"))
            case asyncio.Event() | Hush():
                await step.wait()
            case Cut():
                _cut(request)
            case Pings() | Bytes() | Broken():
                raise AssertionError(f"{step} is for streams")
    return web.json_response(_message(asked, name, content, says.stop), headers={"request-id": name})


async def _streamed(request: web.Request, asked: Asked, says: Says, name: str) -> web.StreamResponse:
    headers = {"content-type": "text/event-stream", "cache-control": "no-cache", "request-id": name}
    response = web.StreamResponse(headers=headers)
    await response.prepare(request)
    async for event in _events(request, asked, says, name):
        await response.write(event)
    await response.write_eof()
    return response


async def _events(request: web.Request, asked: Asked, says: Says, name: str) -> AsyncIterator[bytes]:
    yield _event("message_start", message=_message(asked, name, [], None))
    index, opened = -1, ""
    for step in says.steps:
        if not isinstance(step, str | Call | Thought):
            async for event in _disturbed(step, request):
                yield event
            if isinstance(step, Broken):
                return
            continue
        kind = type(step).__name__
        if kind != opened or isinstance(step, Call):
            if opened:
                yield _event("content_block_stop", index=index)
            index, opened = index + 1, kind
            empty = step if isinstance(step, Call) else type(step)("")
            yield _event("content_block_start", index=index, content_block=_block(empty, f"toolu_{name}_{index}"))
        yield _event("content_block_delta", index=index, delta=_delta(step))
    if opened:
        yield _event("content_block_stop", index=index)
    yield _event("message_delta", delta={"stop_reason": says.stop, "stop_sequence": None}, usage={"output_tokens": 9})
    if says.stops:
        yield _event("message_stop")


async def _disturbed(
    step: Pings | Hush | Cut | Bytes | Broken | asyncio.Event, request: web.Request
) -> AsyncIterator[bytes]:
    """What goes over the wire between two pieces, if anything."""
    match step:
        case Pings():
            while True:
                yield _event("ping")
                await asyncio.sleep(step.every)
        case Bytes():
            yield step.raw
        case Broken():
            yield _event("error", error={"type": step.kind, "message": step.message})
        case asyncio.Event() | Hush():
            await step.wait()
        case Cut():
            _cut(request)


def _delta(step: str | Call | Thought) -> dict[str, str]:
    match step:
        case str():
            return {"type": "text_delta", "text": step}
        case Thought():
            return {"type": "thinking_delta", "thinking": step.text}
        case Call():
            return {"type": "input_json_delta", "partial_json": json.dumps(step.input)}


def _event(kind: str, **parts: object) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **parts})}\n\n".encode()


def _block(step: str | Call | Thought, call: str) -> dict[str, object]:
    match step:
        case str():
            return {"type": "text", "text": step}
        case Thought():
            return {"type": "thinking", "thinking": step.text, "signature": "signed"}
        case Call():
            return {"type": "tool_use", "id": call, "name": step.tool, "input": dict(step.input)}


def _message(asked: Asked, name: str, content: Sequence[object], stop: str | None) -> dict[str, object]:
    return {
        "id": f"msg_{name}",
        "type": "message",
        "role": "assistant",
        "model": asked.body["model"],
        "content": content,
        "stop_reason": stop,
        "stop_sequence": None,
        "usage": {"input_tokens": 10, "output_tokens": 9 if stop else 1, "cache_read_input_tokens": 0},
    }


def _cut(request: web.Request) -> None:
    if request.transport:
        request.transport.close()
    raise ConnectionResetError("told to cut")

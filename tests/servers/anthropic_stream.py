"""A message on its way to a client: event by event, or whole. What it costs is on record as far as it has come."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from aiohttp import web

from tests.servers.anthropic_content import signature
from tests.servers.anthropic_script import (
    Asked,
    Broken,
    Bytes,
    Call,
    Cut,
    Hush,
    Pings,
    Says,
    Thought,
)
from tests.servers.anthropic_usage import Usage, said_tokens

PIECE = 7  # characters of a tool's input at a time: the borders fall anywhere, also within an escape


@dataclass
class Message:
    """One message as it grows.

    body     the request, without what the endpoint ignores
    name     the id of the request
    caches   False: the endpoint's usage does not know of caches
    """

    request: web.Request
    asked: Asked
    says: Says
    body: Mapping[str, Any]
    name: str
    caches: bool
    content: list[dict[str, Any]] = field(default_factory=list)

    async def whole(self, headers: Mapping[str, str]) -> web.Response:
        """Send it as one body."""
        self._charge()
        for step in self.says.steps:
            match step:
                case str() | Call() | Thought():
                    self._grow(step)
                case asyncio.Event() | Hush():
                    await step.wait()
                case Cut():
                    self._cut()
        return web.json_response(self._json(self.says.stop), headers=headers)

    async def streamed(self, headers: Mapping[str, str]) -> web.StreamResponse:
        """Send it as events."""
        sent = {"content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache", **headers}
        response = web.StreamResponse(headers=sent)
        await response.prepare(self.request)
        async for raw in self._events():
            await response.write(raw)
        await response.write_eof()
        return response

    async def _events(self) -> AsyncIterator[bytes]:
        self._charge()
        yield _event("message_start", message=self._json(None))
        yield _event("ping")
        open_block = -1
        for step in self.says.steps:
            if isinstance(step, str | Call | Thought):
                if self.says.pace and self.content:
                    await asyncio.sleep(self.says.pace)
                self._grow(step)
                index = len(self.content) - 1
                if index != open_block:
                    for raw in self._closed(open_block):
                        yield raw
                    open_block = index
                    yield _event("content_block_start", index=index, content_block=_emptied(self.content[index]))
                for delta in _deltas(step):
                    yield _event("content_block_delta", index=index, delta=delta)
                continue
            async for raw in self._disturbed(step, max(open_block, 0)):
                yield raw
            if isinstance(step, Broken):
                return
        for raw in self._closed(open_block):
            yield raw
        ends = {"stop_reason": self.says.stop, **self._stopped()}
        usage = self._usage()
        usage.pop("cache_creation", None)
        yield _event("message_delta", delta=ends, usage=usage)
        if self.says.stops:
            yield _event("message_stop")

    def _closed(self, index: int) -> Iterator[bytes]:
        if index < 0:
            return
        if self.content[index]["type"] == "thinking":
            signed = {"type": "signature_delta", "signature": self.content[index]["signature"]}
            yield _event("content_block_delta", index=index, delta=signed)
        yield _event("content_block_stop", index=index)

    async def _disturbed(
        self, step: Pings | Hush | Cut | Bytes | Broken | asyncio.Event, index: int
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
                if step.within:
                    whole = _event("content_block_delta", index=index, delta=_deltas(step.within)[0])
                    last = step.within[-1].encode()
                    yield whole[: whole.rindex(last) + (len(last) + 1) // 2]
                self._cut()

    def _grow(self, step: str | Call | Thought) -> None:
        last = self.content[-1] if self.content else {"type": ""}
        match step:
            case str() if last["type"] == "text":
                last["text"] += step
            case str():
                self.content.append({"type": "text", "text": step})
            case Thought() if last["type"] == "thinking":
                last["thinking"] += step.text
                last["signature"] = signature(last["thinking"])
            case Thought():
                self.content.append({"type": "thinking", "thinking": step.text, "signature": signature(step.text)})
            case Call():
                name = f"toolu_{self.name}_{len(self.content)}"
                self.content.append({"type": "tool_use", "id": name, "name": step.tool, "input": dict(step.input)})
        self._charge()

    def _charge(self) -> None:
        said = said_tokens(self.content) if self.body["max_tokens"] else 0
        self.asked.usage = replace(self.asked.usage or Usage(), output_tokens=said)

    def _usage(self) -> dict[str, Any]:
        usage = self.asked.usage or Usage()
        plain = {"input_tokens": usage.input_tokens, "output_tokens": usage.output_tokens}
        if not self.caches:
            return plain
        return plain | {
            "cache_creation_input_tokens": usage.cache_creation_input_tokens,
            "cache_read_input_tokens": usage.cache_read_input_tokens,
            "cache_creation": {
                "ephemeral_5m_input_tokens": usage.ephemeral_5m_input_tokens,
                "ephemeral_1h_input_tokens": usage.ephemeral_1h_input_tokens,
            },
        }

    def _stopped(self) -> dict[str, Any]:
        sequences = self.body.get("stop_sequences") or [None]
        refusal = {"type": "refusal", "category": None, "explanation": None}
        return {
            "stop_sequence": sequences[0] if self.says.stop == "stop_sequence" else None,
            "stop_details": refusal if self.says.stop == "refusal" else None,
        }

    def _json(self, stop: str | None) -> dict[str, Any]:
        """The message so far; `stop` is None where a stream starts."""
        return {
            "id": f"msg_{self.name}",
            "type": "message",
            "role": "assistant",
            "model": self.body["model"],
            "content": self.content,
            "stop_reason": stop,
            **(self._stopped() if stop else {"stop_sequence": None}),
            "usage": self._usage(),
        }

    def _cut(self) -> None:
        if self.request.transport:
            self.request.transport.close()
        raise ConnectionResetError("told to cut")


def _deltas(step: str | Call | Thought) -> list[dict[str, str]]:
    match step:
        case str():
            return [{"type": "text_delta", "text": step}]
        case Thought():
            return [{"type": "thinking_delta", "thinking": step.text}]
        case Call():
            told = json.dumps(step.input, ensure_ascii=False)
            pieces = ["", *(told[at : at + PIECE] for at in range(0, len(told), PIECE))]
            return [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]


def _emptied(block: Mapping[str, Any]) -> dict[str, Any]:
    """A block before anything has been said of it."""
    empty = {"text": "", "thinking": "", "signature": "", "input": {}}
    return {key: empty.get(key, value) for key, value in block.items()}


def _event(kind: str, **parts: object) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **parts}, ensure_ascii=False)}\n\n".encode()

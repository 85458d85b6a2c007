"""The vendor's edge: one question to a model becomes its whole reply, or an LLMError.

A call is tried again where that helps, in the words that the endpoint understands, and within its deadline; a model
that keeps failing is left alone for a while. All use is metered, also that of replies which nobody waited for.
"""

import asyncio
import json
import logging
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import anthropic
import httpx2
from anthropic.lib.streaming import AsyncMessageStream, ParsedMessageStreamEvent
from anthropic.types import Message
from anthropic.types import Usage as Bill
from pydantic import ValidationError
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, wait_random_exponential

from bot.domain.usage import Usage
from bot.errors import LLMError
from bot.llm import faults
from bot.llm.abilities import Abilities
from bot.llm.breaker import Breaker
from bot.llm.faults import Empty, Unfinished
from bot.llm.meter import Meter, tokens
from bot.llm.request import Request, Shape, shaped, text_of
from bot.settings.tables import LlmTable

log = logging.getLogger(__name__)

_PAUSE = wait_random_exponential(multiplier=0.5, max=8)  # seconds before a further try, if the vendor names none
_LAST = 1.0  # seconds for a stream to close by itself, so that its connection can be used again

Grown = Callable[[Message], None]  # is told a reply as far as it has come


class Vendor:
    """Asks models through the SDK.

    client  holds the key and the address
    told    the settings in force
    sleep, now  time, in seconds, for tries and breakers
    """

    def __init__(
        self,
        client: anthropic.AsyncAnthropic,
        told: Callable[[], LlmTable],
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client.with_options(max_retries=0)
        self._told = told
        self._sleep = sleep
        self._now = now
        self._meter = Meter()
        self._breakers: dict[str, Breaker] = {}
        self._abilities: defaultdict[str, Abilities] = defaultdict(Abilities)
        self._proven: set[tuple[str, str]] = set()  # models, and the way of structured output that worked with them

    async def close(self) -> None:
        """Hang up."""
        await self._client.close()

    def used(self) -> Sequence[Usage]:
        """What was used since this was asked last."""
        return self._meter.take()

    def has_tools(self, model: str) -> bool:
        """Whether its endpoint takes tools, as far as is known."""
        return self._abilities[model].tools

    async def ask(self, request: Request, ends: float, grown: Grown | None = None) -> Message:
        """The reply to a request.

        In: until when it may take, see `moment`; `grown`, if the reply is to be streamed, is told it each time it has
        grown, also in tries that then fail. Out: the whole message, whatever its stop reason. Raises LLMError.
        """
        message, _ = await self._asked(request, self._abilities[request.model], ends, grown)
        return message

    async def shaped(self, request: Request, shape: type[Shape], ends: float) -> Shape:
        """The reply in a shape. Raises LLMError, also for one that makes no sense.

        A model that has never made sense may be at an endpoint that ignores the way it is asked: then in another.
        """
        model, request, able = request.model, replace(request, shape=shape), self._abilities[request.model]
        while True:
            message, able = await self._asked(request, able, ends)
            try:
                reply = shaped(message, shape)
            except (ValidationError, Unfinished) as nonsense:
                if able.structure == "text" or (model, able.structure) in self._proven:
                    raise faults.as_error(nonsense) from None
                able = able.less_structure()
                continue
            if (model, able.structure) not in self._proven:
                self._proven.add((model, able.structure))
                self._learn(model, structure=able.structure)
            return reply

    async def _asked(
        self, request: Request, able: Abilities, ends: float, grown: Grown | None = None
    ) -> tuple[Message, Abilities]:
        """The reply to a request that is put for an endpoint that can do so much; and how much it was in the end."""
        llm = self._told()
        breaker = self._breakers.setdefault(request.model, Breaker(request.model, self._now))
        if not breaker.admits():
            raise LLMError(f"{request.model} is left alone after failures")
        try:
            async with asyncio.timeout_at(ends):
                reply: tuple[Message, Abilities] = await self._tries(llm.tries, ends)(
                    self._in_words, request, able, grown
                )
        except Exception as fault:  # whatever the SDK, or the HTTP library beneath it, raises
            if faults.counts(fault):
                breaker.failed(llm.break_after, llm.break_for.total_seconds())
            raise faults.as_error(fault) from None
        breaker.succeeded()
        return reply

    def _tries(self, most: int, ends: float) -> AsyncRetrying:
        def pause(state: RetryCallState) -> float:
            told = faults.retry_after(state.outcome.exception() if state.outcome else None)
            return _PAUSE(state) if told is None else told

        def enough(state: RetryCallState) -> bool:
            return state.attempt_number >= most or moment(state.upcoming_sleep) >= ends

        return AsyncRetrying(
            sleep=self._sleep, wait=pause, stop=enough, retry=retry_if_exception(faults.passes), reraise=True
        )

    async def _in_words(self, request: Request, able: Abilities, grown: Grown | None) -> tuple[Message, Abilities]:
        """One try, put more simply as often as the endpoint does not take it as it is. Out: also how it took it.

        Of several guesses only the last is remembered: without what was guessed before it, it was refused all the same.
        """
        known: dict[str, Any] = {}
        guess: Mapping[str, Any] = {}
        while True:
            asked = request.put(able, stream=grown is not None)
            try:
                message = await self._send(request, asked, grown)
            except anthropic.APIStatusError as refused:
                loss = able.loss(asked, refused.message)
                if loss is None or faults.too_large(refused) or not faults.refuses(refused, named=loss.named):
                    raise
                if loss.named:
                    known |= loss.left
                else:
                    guess = loss.left
                able = replace(able, **loss.left)
            else:
                self._learn(request.model, **{**guess, **known})
                return message, able

    def _learn(self, model: str, **left: Any) -> None:
        """Remember what is left of a model's abilities. Not files: it may have been that one file."""
        able = replace(self._abilities[model], **left | {"files": True})
        if able != self._abilities[model]:
            log.warning("%s does without %s", model, ", ".join(able.lacks) or "nothing")
            self._abilities[model] = able

    async def _send(self, request: Request, asked: dict[str, object], grown: Grown | None) -> Message:
        pause = self._told().piece_timeout.total_seconds()
        if grown is None or "stream" not in asked:
            message = await self._whole(request, asked, pause)
        else:
            message = await self._streamed(request, asked, grown, pause)
        if message.stop_reason == "end_turn" and not message.content:
            raise Empty
        return message

    async def _whole(self, request: Request, asked: dict[str, object], pause: float) -> Message:
        """A reply as one body."""
        try:
            reply = await self._client.messages.create(**asked, timeout=httpx2.Timeout(None, connect=pause))  # type: ignore[call-overload]
        except ValueError:  # it says that it is JSON, and is not
            reply = None
        message = _message(reply)
        self._note(request, message)
        return message

    async def _streamed(self, request: Request, asked: dict[str, object], grown: Grown, pause: float) -> Message:
        """A reply by its stream. A stream that ends without saying so is none."""
        asked = {name: value for name, value in asked.items() if name != "stream"}  # as the SDK says it by itself
        async with self._client.messages.stream(**asked, timeout=httpx2.Timeout(pause, pool=None)) as stream:  # type: ignore[arg-type]
            if "json" in stream.response.headers.get("content-type", ""):  # an endpoint that does not stream
                message = _message(_read(await stream.response.aread()))
                self._note(request, message)
                self._learn(request.model, streaming=False)
                return message
            billed = False
            try:
                while event := await _next(stream, pause):
                    billed = billed or event.type == "message_delta"
                    if _grows(event) and (so_far := _so_far(stream)):
                        grown(so_far)
                    elif event.type == "message_stop":
                        with suppress(Exception):  # it is whole, whatever comes after it
                            await _next(stream, _LAST)
                        return _message(_so_far(stream))
            finally:
                if so_far := _so_far(stream):
                    self._note(request, so_far, billed=billed)
        raise Unfinished("the answer is not whole: the stream ended early")

    def _note(self, request: Request, message: Message, *, billed: bool = True) -> None:
        """Book what a reply used. `billed`: the vendor has said what the output comes to; else it is estimated."""
        used: Bill | None = message.usage  # some endpoints have none
        if used is None:
            return
        self._meter.note(
            Usage(
                space=request.space,
                member=request.member,
                model=request.model,
                fresh=used.input_tokens or 0,
                cache_write=used.cache_creation_input_tokens or 0,
                cache_read=used.cache_read_input_tokens or 0,
                output=(used.output_tokens or 0) + (0 if billed else tokens(text_of(message))),
            )
        )


def moment(within: float) -> float:
    """The moment, by the running loop's clock, that is so many seconds away."""
    return asyncio.get_running_loop().time() + within


def _message(reply: object) -> Message:
    """A reply, if it is what was asked for: the SDK lets everything pass. Raises Unfinished."""
    if not isinstance(reply, Message) or not isinstance(reply.content, list):
        raise Unfinished("the reply is no message")
    return reply


def _grows(event: "ParsedMessageStreamEvent[None]") -> bool:
    """Whether a reply has come further by it: by words, or by a tool call, as it begins and when it is there."""
    match event.type:
        case "content_block_start" | "content_block_stop":
            return event.content_block.type == "tool_use"
        case kind:
            return kind == "text"


def _read(body: bytes) -> Message | None:
    """A whole message where a stream was asked for."""
    try:
        told = json.loads(body)
    except ValueError:
        return None
    return Message.construct(**told) if isinstance(told, dict) else None


async def _next(stream: AsyncMessageStream[None], pause: float) -> "ParsedMessageStreamEvent[None] | None":
    """The next event, None after the last. The deadline is around this alone: what its reader does takes its own time.

    Pings are no events here, so a stream that is kept open without getting on is not waited for.
    """
    try:
        async with asyncio.timeout(pause):
            return await anext(stream, None)
    except (anthropic.APIError, httpx2.TransportError, TimeoutError):
        raise
    except Exception as broken:  # whatever the SDK makes of what is no stream
        raise Unfinished(f"the stream makes no sense: {type(broken).__name__}") from None


def _so_far(stream: AsyncMessageStream[None]) -> Message | None:
    """What has come of a reply; None: nothing, or nothing that is a message."""
    try:
        message = stream.current_message_snapshot
    except AssertionError:
        return None
    return message if isinstance(message.content, list) else None

"""The vendor's edge: one question to a model becomes its whole reply, or an LLMError.

A call is tried again where that helps, in the words that the endpoint understands, and within its deadline; a model
that keeps failing is left alone for a while. All use is metered, also that of replies which nobody waited for.
"""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace

import anthropic
import httpx2
from anthropic.lib.streaming import AsyncMessageStream, ParsedMessageStreamEvent
from anthropic.types import Message
from pydantic import ValidationError
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, wait_random_exponential

from bot.domain.usage import Usage
from bot.errors import LLMError
from bot.llm import faults
from bot.llm.abilities import Abilities
from bot.llm.breaker import Breaker
from bot.llm.faults import Unfinished
from bot.llm.meter import Meter
from bot.llm.request import Request, Shape, shaped, text_of
from bot.settings.tables import LlmTable

log = logging.getLogger(__name__)

_PAUSE = wait_random_exponential(multiplier=0.5, max=8)  # seconds before a further try, if the vendor names none
_SIMPLER_AT_MOST = 8  # times that one call is put more simply: more than there are abilities

Grown = Callable[[str], None]  # is told the text so far


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

    async def ask(self, request: Request, within: float, grown: Grown | None = None) -> Message:
        """The reply to a request.

        In: how many seconds it may take in all; `grown`, if the reply is to be streamed, is told its text each time
        that has grown. Out: the whole message, whatever its stop reason. Raises LLMError.
        """
        llm = self._told()
        breaker = self._breakers.setdefault(request.model, Breaker(request.model, self._now))
        if not breaker.admits():
            raise LLMError(f"{request.model} is left alone after failures")
        ends = _loop_time() + within
        try:
            async with asyncio.timeout_at(ends):
                message: Message = await self._tries(llm.tries, ends)(self._in_words, request, grown)
        except Exception as fault:  # whatever the SDK, or the HTTP library beneath it, raises
            if faults.counts(fault):
                breaker.failed(llm.break_after, llm.break_for.total_seconds())
            raise faults.as_error(fault) from None
        breaker.succeeded()
        return message

    async def shaped(self, request: Request, shape: type[Shape], within: float) -> Shape:
        """The reply in a shape. Raises LLMError, also for one that makes no sense.

        A model that has never made sense may be at an endpoint that ignores the way it is asked: then in another.
        """
        model, ends = request.model, _loop_time() + within
        request, before = replace(request, shape=shape), self._abilities[model]
        while True:
            message = await self.ask(request, ends - _loop_time())
            structure = self._abilities[model].structure
            try:
                reply = shaped(message, shape)
            except ValidationError as nonsense:
                if (model, structure) in self._proven or structure == "text":
                    self._abilities[model] = before
                    raise faults.as_error(nonsense) from None
                self._abilities[model] = self._abilities[model].less_structure()
            else:
                self._proven.add((model, structure))
                return reply

    def _tries(self, most: int, ends: float) -> AsyncRetrying:
        def pause(state: RetryCallState) -> float:
            told = faults.retry_after(state.outcome.exception() if state.outcome else None)
            return _PAUSE(state) if told is None else told

        def enough(state: RetryCallState) -> bool:
            return state.attempt_number >= most or _loop_time() + state.upcoming_sleep >= ends

        return AsyncRetrying(
            sleep=self._sleep, wait=pause, stop=enough, retry=retry_if_exception(faults.passes), reraise=True
        )

    async def _in_words(self, request: Request, grown: Grown | None) -> Message:
        """One try, put more simply as often as the endpoint does not take it as it is."""
        able = self._abilities[request.model]
        for _ in range(_SIMPLER_AT_MOST):
            asked = request.put(able, stream=grown is not None)
            try:
                message = await self._send(request, asked, grown)
            except anthropic.APIStatusError as refused:
                simpler = next(able.simpler(asked, refused.message), None)
                if simpler is None or not faults.refuses_the_request(refused) or faults.too_large(refused):
                    raise
                able = simpler
            else:
                self._learn(request.model, able)
                return message
        raise Unfinished("no way of asking is understood")

    def _learn(self, model: str, able: Abilities) -> None:
        """Remember what had to be left out. Not files: it may have been that one file."""
        able = replace(able, files=True)
        if able != self._abilities[model]:
            log.warning("%s does without %s", model, ", ".join(able.lacks))
            self._abilities[model] = able

    async def _send(self, request: Request, asked: dict[str, object], grown: Grown | None) -> Message:
        pause = self._told().piece_timeout.total_seconds()
        if grown is None or "stream" not in asked:
            message: Message = await self._client.messages.create(**asked, timeout=httpx2.Timeout(None, connect=pause))  # type: ignore[call-overload]
            self._note(request, message)
        else:
            del asked["stream"]
            message = await self._streamed(request, asked, grown, pause)
        if message.stop_reason == "end_turn" and not message.content:
            raise Unfinished("an empty answer")
        return message

    async def _streamed(self, request: Request, asked: dict[str, object], grown: Grown, pause: float) -> Message:
        """A reply by its stream. A stream that ends without saying so is none."""
        async with self._client.messages.stream(**asked, timeout=httpx2.Timeout(pause)) as stream:  # type: ignore[arg-type]
            if "json" in stream.response.headers.get("content-type", ""):  # an endpoint that does not stream
                message = Message.model_validate_json(await stream.response.aread())
                self._note(request, message)
                return message
            try:
                while event := await _next(stream, pause):
                    if event.type == "text":
                        grown(text_of(stream.current_message_snapshot))
                    elif event.type == "message_stop":
                        return stream.current_message_snapshot
            finally:
                with suppress(AssertionError):  # nothing has come
                    self._note(request, stream.current_message_snapshot)
        raise Unfinished("the answer is not whole: the stream ended early")

    def _note(self, request: Request, message: Message) -> None:
        used = message.usage
        self._meter.note(
            Usage(
                space=request.space,
                member=request.member,
                model=request.model,
                fresh=used.input_tokens or 0,
                cache_write=used.cache_creation_input_tokens or 0,
                cache_read=used.cache_read_input_tokens or 0,
                output=used.output_tokens or 0,
            )
        )


def _loop_time() -> float:
    return asyncio.get_running_loop().time()


async def _next(stream: AsyncMessageStream[None], pause: float) -> "ParsedMessageStreamEvent[None] | None":
    """The next event, None after the last. The deadline is around this alone: what its reader does takes its own time.

    Pings are no events here, so a stream that is kept open without getting on is not waited for.
    """
    async with asyncio.timeout(pause):
        return await anext(stream, None)

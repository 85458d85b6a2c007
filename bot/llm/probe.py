"""What an endpoint can do for a model, seen by asking it: small requests, put as the running bot puts them.

What goes wrong is known by its kind and status. The vendor's words are not looked at, and none of them is in a finding.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Literal

import anthropic
import httpx2
from anthropic.types import DocumentBlockParam, ImageBlockParam, Message, TextBlockParam, ToolParam
from pydantic import BaseModel, ConfigDict, ValidationError

from bot.errors import LLMError
from bot.llm.abilities import Abilities, Structure
from bot.llm.faults import Unfinished, kind, refuses, refuses_the_request
from bot.llm.findings import Ability, Finding, Probed, Verdict
from bot.llm.request import REPORT, WHOLE, Request, check, shaped, text_of
from bot.llm.samples import document, image

WITHIN = 10.0  # seconds for each request
TOKENS = 200  # the longest reply; what is asked for takes far less, unless a model thinks aloud first
CACHE_TOKENS = 16  # where only what is told matters

COUNT = "Count from one to ten in words, on one line."
COLOUR = "Report the colour of a clear sky at noon."
IN_IMAGE = "Which two colours does this image have? Answer with their names alone."
IN_PDF = "Which word stands in this document? Answer with it alone."
SHOWN_IN_IMAGE = ("green", "yellow")
SHOWN_IN_PDF = "lantern"

Keep = Literal["5m", "1h"]


async def probe(
    client: anthropic.AsyncAnthropic,
    model: str,
    *,
    prompt: str,
    tools: Sequence[ToolParam] = (),
    keep: Keep = "5m",
    within: float = WITHIN,
    now: Callable[[], float] = time.perf_counter,
) -> Probed:
    """Look at everything, one request after another, twelve at the most. Raises nothing, whatever the endpoint does.

    prompt, tools  what the bot tells this model first every time: whether that is kept in a cache is looked at
    keep           for how long
    within         seconds for each request
    now            seconds, for what is measured
    """
    probing = _Probing(client.with_options(max_retries=0, timeout=within), model, within, now)
    await probing.everything(prompt, tools, keep)
    return Probed(
        model=model,
        findings=tuple(Finding(ability, *probing.found[ability]) for ability in Ability if ability in probing.found),
        requests=probing.requests,
        first=probing.first,
        whole=probing.whole,
    )


class _Sky(BaseModel):
    """The colour of the sky."""

    model_config = ConfigDict(extra="forbid")

    colour: str


_Seen = tuple[Verdict, str]
_WORKS: _Seen = (Verdict.WORKS, "")
_IN_PART = frozenset({Verdict.WORKS, Verdict.PARTLY})


@dataclass(frozen=True, slots=True)
class _Streamed:
    """A reply by its stream: how many pieces of text it had, and the seconds to the first one and to the end."""

    message: Message
    pieces: int
    first: float | None
    whole: float


class _Probing:
    """One model being looked at, and what was found so far."""

    def __init__(self, client: anthropic.AsyncAnthropic, model: str, within: float, now: Callable[[], float]) -> None:
        self._client, self._model, self._within, self._now = client, model, within, now
        self.found: dict[Ability, _Seen] = {}
        self.requests = 0
        self._able = Abilities()
        self._asked: dict[str, Any] = {}
        self._began = 0.0
        self.first: float | None = None
        self.whole: float | None = None

    async def everything(self, prompt: str, tools: Sequence[ToolParam], keep: Keep) -> None:
        """Look whether anything comes back, and if so at everything else."""
        if not await self._answers():
            return
        streaming = await self._look(Ability.STREAMING, self._streaming())
        called = await self._look(Ability.TOOLS, self._tool())
        if called is Verdict.WORKS and streaming in _IN_PART:
            await self._look(Ability.STREAMED_TOOLS, self._streamed_tool())
        structure = await self._look(Ability.STRUCTURE, self._shape("output"))
        if Verdict.WORKS not in {called, structure}:
            await self._look(Ability.WORDS, self._shape("text"))
        await self._look(Ability.IMAGES, self._shown(image(), IN_IMAGE, SHOWN_IN_IMAGE))
        await self._look(Ability.PDFS, self._shown(document(SHOWN_IN_PDF), IN_PDF, (SHOWN_IN_PDF,)))
        if self._able.caching:
            with_tools = replace(self._able, tools=called is Verdict.WORKS)
            await self._look(Ability.CACHE, self._cached(prompt, tools, keep, with_tools))
        await self._look(Ability.COUNTING, self._counted())

    async def _look(self, ability: Ability, looking: Awaitable[_Seen]) -> Verdict:
        try:
            seen = await looking
        except Exception as fault:  # whatever the SDK, or the HTTP library beneath it, raises
            seen = self._fault(fault)
        self.found[ability] = seen
        return seen[0]

    async def _answers(self) -> bool:
        """Whether anything comes back at all; if so, what else that reply tells."""
        try:
            message = await self._first()
            check(message, WHOLE | {"max_tokens"})
        except Exception as fault:
            self.found |= _unanswered(fault, self._fault(fault))
            return False
        self.whole = self._now() - self._began
        self.found |= {Ability.REACHED: _WORKS, Ability.KEY: _WORKS}
        await self._look(Ability.MODEL, self._named(message))
        named = message._request_id is not None
        self.found |= {Ability.ANSWERS: _WORKS, Ability.REQUEST_IDS: _WORKS if named else (Verdict.UNREPORTED, "")}
        return True

    async def _first(self) -> Message:
        """The first answer. Caching needs the system prompt in blocks; where those are not taken, it is one text."""
        try:
            return await self._ask(self._request(COUNT))
        except anthropic.APIStatusError as fault:
            if not refuses_the_request(fault):
                raise
            self._able = Abilities(caching=False)
            answer = await self._ask(self._request(COUNT))
            self.found[Ability.CACHE] = Verdict.REFUSED, f"it takes no prompt in blocks: {_status(fault)}"
            return answer

    async def _named(self, message: Message) -> _Seen:
        """Whether it is the model that was asked. Aliases are answered for by longer names."""
        if not _alike(self._model, message.model or ""):
            return Verdict.PARTLY, "its replies name another model"
        self.requests += 1
        with suppress(Exception):  # many have no such list
            async with asyncio.timeout(self._within):
                listed = [each.id for each in (await self._client.models.list(limit=1000)).data]
            if listed and not any(_alike(self._model, each) for each in listed):
                return Verdict.PARTLY, "it answers, but is not in the endpoint's list of models"
        return _WORKS

    async def _streaming(self) -> _Seen:
        streamed = await self._stream(self._request(COUNT))
        if streamed is None:
            return Verdict.IGNORED, "the answer came whole"
        check(streamed.message, WHOLE | {"max_tokens"})
        self.first, self.whole = streamed.first, streamed.whole
        if streamed.pieces == 0:
            raise Unfinished("an empty answer")
        return _WORKS if streamed.pieces > 1 else (Verdict.PARTLY, "the answer came in one piece")

    async def _tool(self) -> _Seen:
        return _called(await self._ask(self._request(COLOUR, shape=_Sky), replace(self._able, structure="tool")))

    async def _streamed_tool(self) -> _Seen:
        streamed = await self._stream(self._request(COLOUR, shape=_Sky), replace(self._able, structure="tool"))
        return (Verdict.IGNORED, "the answer came whole") if streamed is None else _called(streamed.message)

    async def _shape(self, structure: Structure) -> _Seen:
        message = await self._ask(self._request(COLOUR, shape=_Sky), replace(self._able, structure=structure))
        try:
            shaped(message, _Sky)
        except ValidationError:
            return Verdict.IGNORED, "the answer was not in the shape that was asked for"
        return _WORKS

    async def _shown(self, file: ImageBlockParam | DocumentBlockParam, question: str, seen: Sequence[str]) -> _Seen:
        message = await self._ask(self._request(question, file=file))
        check(message)
        said = text_of(message).lower()
        if all(word in said for word in seen):
            return _WORKS
        return Verdict.IGNORED, "the answer does not tell what was in it"

    async def _cached(self, prompt: str, tools: Sequence[ToolParam], keep: Keep, able: Abilities) -> _Seen:
        system: TextBlockParam = {
            "type": "text",
            "text": prompt,
            "cache_control": {"type": "ephemeral", "ttl": keep},
        }
        request = Request(
            model=self._model,
            max_tokens=CACHE_TOKENS,
            system=[system],
            messages=[{"role": "user", "content": "Say yes."}],
            tools=tools,
            space="",
            member="",
        )
        once, again = (await self._ask(request, able)).usage, (await self._ask(request, able)).usage
        if again and (read := again.cache_read_input_tokens):
            return Verdict.WORKS, f"the second of two equal requests read {read} tokens"
        if once and once.cache_creation_input_tokens:
            return Verdict.PARTLY, "written, but not read by the second of two equal requests"
        return Verdict.UNREPORTED, "it reports no cache use: there is none, or the bot's prompt is too short for it"

    async def _counted(self) -> _Seen:
        self.requests += 1
        try:
            async with asyncio.timeout(self._within):
                counted = await self._client.messages.count_tokens(
                    model=self._model, messages=[{"role": "user", "content": COUNT}]
                )
        except anthropic.APIStatusError as fault:
            absent = isinstance(fault, anthropic.NotFoundError) or refuses_the_request(fault)
            return Verdict.REFUSED if absent else Verdict.FAILED, _status(fault)
        return _WORKS if counted.input_tokens else (Verdict.IGNORED, "no number came back")

    def _request(
        self,
        question: str,
        *,
        shape: type[BaseModel] | None = None,
        file: ImageBlockParam | DocumentBlockParam | None = None,
    ) -> Request:
        asked: TextBlockParam = {"type": "text", "text": question}
        return Request(
            model=self._model,
            max_tokens=TOKENS,
            system=[{"type": "text", "text": "You are asked short questions. Answer in a few words."}],
            messages=[{"role": "user", "content": [file, asked] if file else [asked]}],
            shape=shape,
            space="",
            member="",
        )

    def _fault(self, fault: Exception) -> _Seen:
        match fault:
            case anthropic.APIStatusError():
                loss = self._able.loss(self._asked, fault.message)
                refused = refuses(fault, named=loss is not None and loss.named)  # as the running bot sees it
                return Verdict.REFUSED if refused else Verdict.FAILED, _status(fault)
            case TimeoutError() | anthropic.APITimeoutError() | httpx2.TimeoutException():
                return Verdict.FAILED, f"no whole reply within {self._within:g} s"
            case anthropic.APIConnectionError() | httpx2.TransportError():
                return Verdict.FAILED, "no connection, or it broke off"
            case LLMError():
                return Verdict.FAILED, str(fault)
        return Verdict.FAILED, "the reply makes no sense"

    async def _ask(self, request: Request, able: Abilities | None = None) -> Message:
        self.requests += 1
        self._asked, self._began = request.put(able or self._able, stream=False), self._now()
        async with asyncio.timeout(self._within):
            message = await self._client.messages.create(**self._asked)
        if not isinstance(message, Message) or not isinstance(message.content, list):
            raise Unfinished("the reply is no message")
        return message

    async def _stream(self, request: Request, able: Abilities | None = None) -> _Streamed | None:
        """A reply by its stream; None: it came as one body. Raises Unfinished: the stream did not say that it ended."""
        self.requests += 1
        self._asked, self._began = request.put(able or self._able, stream=True), self._now()
        asked = {name: value for name, value in self._asked.items() if name != "stream"}  # the SDK says so by itself
        first, pieces = None, 0
        async with asyncio.timeout(self._within), self._client.messages.stream(**asked) as stream:
            if "json" in stream.response.headers.get("content-type", ""):
                return None
            async for event in stream:
                if event.type == "text":
                    first, pieces = first or self._now() - self._began, pieces + 1
                elif event.type == "message_stop":
                    return _Streamed(stream.current_message_snapshot, pieces, first, self._now() - self._began)
        raise Unfinished("the stream ended early")


def _called(message: Message) -> _Seen:
    """Whether a forced call came."""
    if not any(block.type == "tool_use" and block.name == REPORT for block in message.content):
        check(message, WHOLE | {"tool_use"})
        return Verdict.IGNORED, "no such call came"
    try:
        shaped(message, _Sky)
    except ValidationError:
        return Verdict.IGNORED, "the call does not fit its schema"
    return _WORKS


def _alike(one: str, other: str) -> bool:
    """Whether two names may be one model's: dates, tags and vendors are added to them."""
    return one in other or other in one


def _status(fault: anthropic.APIStatusError) -> str:
    return ", ".join(filter(None, (f"status {fault.status_code}", kind(fault.type))))


def _unanswered(fault: Exception, seen: _Seen) -> dict[Ability, _Seen]:
    """What a fault of the first request tells: how far it came."""
    if isinstance(fault, TimeoutError | anthropic.APIConnectionError | httpx2.TransportError):
        return {Ability.REACHED: seen}
    refused = (Verdict.REFUSED, seen[1])
    match fault:
        case anthropic.APIStatusError(status_code=401 | 403):
            return {Ability.REACHED: _WORKS, Ability.KEY: refused}
        case anthropic.APIStatusError(status_code=404):
            return {Ability.REACHED: _WORKS, Ability.KEY: _WORKS, Ability.MODEL: refused}
    return {Ability.REACHED: _WORKS, Ability.ANSWERS: seen}

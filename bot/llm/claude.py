"""Claude, through the anthropic SDK: the main model answers and confirms endings, a small one reads.

Whatever goes wrong in there becomes an LLMError that names the kind of fault, never a text or a key. Its cause is left
out on purpose: a validator quotes what it was given, and some gateways quote the key in their error.

The SDK tries again what fails before a stream begins, and honours `retry-after` however long that is: so every call
has a deadline of its own. After the first event it neither wraps faults nor tries again.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import TypeVar

import anthropic
import httpx2
from anthropic.types import (
    MessageParam,
    OutputConfigParam,
    RawMessageStreamEvent,
    ToolChoiceAutoParam,
    ToolParam,
)
from pydantic import BaseModel, ConfigDict, ValidationError

from bot.domain.assessment import Reading
from bot.domain.step import Step
from bot.domain.usage import Usage
from bot.errors import LLMError, LLMRefused
from bot.llm.prompts import Prompts
from bot.llm.seen import Seen
from bot.llm.transcript import as_material, as_messages
from bot.ports import Brief, Confirmed, Written
from bot.settings import Settings

END_TOOL: ToolParam = {
    "name": "end_conversation",
    "description": "Agrees to close this conversation. Call it only if you are asked whether to, and agree.",
    "input_schema": {"type": "object", "properties": {}, "additionalProperties": False},
}
AT_MOST_ONE_CALL: ToolChoiceAutoParam = {"type": "auto", "disable_parallel_tool_use": True}
CONFIRM_TOKENS = 400  # a word before the tool call, and the call

WHOLE = frozenset({"end_turn", "stop_sequence"})  # the stop reasons of a reply that came to its own end
_KIND = re.compile(r"[a-z_]{1,40}")  # what a vendor's kinds of fault look like; anything else may be a text

Shape = TypeVar("Shape", bound=BaseModel)
Told = Callable[[], tuple[Settings, Prompts]]  # what is in force now


class Agreement(BaseModel):
    """Whether you agree to close this conversation. Anything but a clear yes is a no."""

    model_config = ConfigDict(extra="forbid", strict=True)

    agrees: bool


class Claude:
    """The main model, as Voice; `reader` is the small one.

    `client` holds the key and the address; `told` gives settings and prompts.
    """

    def __init__(self, client: anthropic.AsyncAnthropic, told: Told) -> None:
        self._client = client
        self._told = told

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self._told()[0]

    @property
    def name(self) -> str:
        """The main model's name."""
        return self.settings.llm.main

    @property
    def reader(self) -> "ClaudeReader":
        """The reading model."""
        return ClaudeReader(self)

    async def close(self) -> None:
        """Hang up on the vendor."""
        await self._client.close()

    async def answer(self, brief: Brief) -> AsyncIterator[Written]:
        """The reply each time it has grown. Raises LLMError; then what came so far is no reply."""
        settings, prompts = self._told()
        llm, system, messages = settings.llm, _system(settings, prompts, brief), as_messages(brief)
        pause, ends = llm.piece_timeout.total_seconds(), _now() + llm.answer_timeout.total_seconds()
        stopped, over, text = None, False, ""
        with _faults():
            async with asyncio.timeout_at(ends):
                stream = await self._client.messages.create(
                    model=llm.main,
                    max_tokens=llm.answer_tokens,
                    system=system,
                    messages=messages,
                    stream=True,
                    timeout=httpx2.Timeout(pause),
                )
            async with stream:
                while not over and (event := await _next(stream, min(ends, _now() + pause))):
                    if event.type == "content_block_delta" and event.delta.type == "text_delta":
                        text += event.delta.text
                        yield Written(text)
                    elif event.type == "message_delta":
                        stopped = event.delta.stop_reason
                    over = event.type == "message_stop"
        if not over:
            raise LLMError("the answer is not whole: the stream ended early")
        _check(stopped, WHOLE)

    async def confirm_ending(self, brief: Brief) -> Confirmed | None:
        """Asked twice, by a tool the model may call or not; a model that is given none, in words. Raises LLMError."""
        settings, prompts = self._told()
        decision, llm = brief.decision, settings.llm
        standing = decision.standing if decision else brief.standing  # the decision's is without what is forgiven
        conduct = settings.concerns.kinds.get(decision.concern or "") if decision else None
        question = prompts.confirm.fill(
            conduct=conduct.definition if conduct else "abuse",
            redirections=str(standing.count(Step.REDIRECT)),
            warnings=str(standing.count(Step.WARN)),
        )
        messages, again = as_messages(brief), prompts.confirm_again.text
        agreed = self._agreed_by_tool if llm.main in llm.end_tool else self._agreed_in_words
        with _faults():
            async with asyncio.timeout(llm.answer_timeout.total_seconds()):
                once = await agreed(settings, question, messages, again)
                return Confirmed(bool(once and await agreed(settings, question, messages + once, again)))

    async def summarise(self, brief: Brief) -> str:
        """A summary. Raises LLMError."""
        raise LLMError("not written yet")

    def used(self) -> Sequence[Usage]:
        """What models used since this was asked last."""
        return ()

    async def read(self, brief: Brief) -> Reading:
        """What the small model sees in a turn. Raises LLMError."""
        settings, prompts = self._told()
        llm = settings.llm
        with _faults():
            async with asyncio.timeout(llm.reader_timeout.total_seconds()):
                seen = await self._shaped(
                    Seen,
                    model=llm.reader,
                    max_tokens=llm.reader_tokens,
                    system=prompts.reading(settings.concerns),
                    messages=[{"role": "user", "content": as_material(brief)}],
                    timeout=llm.reader_timeout,
                )
        return seen.reading(llm.reader, frozenset(settings.concerns.kinds), llm.sure_from)

    async def _agreed_by_tool(
        self, settings: Settings, question: str, messages: list[MessageParam], again: str
    ) -> list[MessageParam] | None:
        """Whether the model calls the tool: its call and, as the tool's answer, `again`. None: it declined."""
        llm = settings.llm
        message = await self._client.messages.create(
            model=llm.main,
            max_tokens=CONFIRM_TOKENS,
            system=question,
            messages=messages,
            tools=[END_TOOL],
            tool_choice=AT_MOST_ONE_CALL,
            timeout=llm.answer_timeout.total_seconds(),
        )
        _check(message.stop_reason, WHOLE | {"tool_use"})
        calls = [block for block in message.content if block.type == "tool_use"]
        if not any(call.name == END_TOOL["name"] for call in calls):
            return None
        said = [block for block in message.content if block.type != "text" or block.text.strip()]  # none may be empty
        return [
            {"role": "assistant", "content": said},
            {
                "role": "user",
                "content": [{"type": "tool_result", "tool_use_id": call.id, "content": again} for call in calls],
            },
        ]

    async def _agreed_in_words(
        self, settings: Settings, question: str, messages: list[MessageParam], again: str
    ) -> list[MessageParam] | None:
        """Whether the model says that it agrees: its word, and `again`. None: it declined."""
        llm = settings.llm
        agreement = await self._shaped(
            Agreement,
            model=llm.main,
            max_tokens=CONFIRM_TOKENS,
            system=question,
            messages=messages,
            timeout=llm.answer_timeout,
        )
        if not agreement.agrees:
            return None
        return [{"role": "assistant", "content": agreement.model_dump_json()}, {"role": "user", "content": again}]

    async def _shaped(
        self,
        shape: type[Shape],
        *,
        model: str,
        max_tokens: int,
        system: str,
        messages: list[MessageParam],
        timeout: timedelta,
    ) -> Shape:
        """What a model says in a given shape. Its stop reason is looked at before its words are."""
        message = await self._client.messages.create(
            model=model,
            max_tokens=max_tokens,
            system=system,
            messages=messages,
            output_config=_form(shape),
            timeout=timeout.total_seconds(),
        )
        _check(message.stop_reason, WHOLE)
        return shape.model_validate_json("".join(block.text for block in message.content if block.type == "text"))


@dataclass(frozen=True, slots=True)
class ClaudeReader:
    """The small model, as Reader."""

    claude: Claude

    @property
    def name(self) -> str:
        """The reading model's name."""
        return self.claude.settings.llm.reader

    async def read(self, brief: Brief) -> Reading:
        """What it sees in a turn. Raises LLMError."""
        return await self.claude.read(brief)


def _system(settings: Settings, prompts: Prompts, brief: Brief) -> str:
    local = settings.at(brief.place)
    system = prompts.answer.fill(name=local.name, persona=brief.persona)
    care = brief.decision is not None and brief.decision.step is Step.CARE
    return f"{system}\n\n{prompts.care.text}" if care or brief.in_care else system


@cache
def _form(shape: type[BaseModel]) -> OutputConfigParam:
    return {"format": {"type": "json_schema", "schema": anthropic.transform_schema(shape)}}


def _now() -> float:
    return asyncio.get_running_loop().time()


async def _next(stream: anthropic.AsyncStream[RawMessageStreamEvent], ends: float) -> RawMessageStreamEvent | None:
    """The next event, None after the last. The deadline is around this alone: what its reader does takes its own time.

    Pings are no events here, so a stream that is kept open without getting on is not waited for.
    """
    async with asyncio.timeout_at(ends):
        return await anext(stream, None)


def _check(stopped: str | None, whole: frozenset[str]) -> None:
    """Raise LLMRefused, or LLMError for a reply that did not come to its end."""
    if stopped == "refusal":
        raise LLMRefused("the model declined to answer")
    if stopped not in whole:
        raise LLMError(f"the answer is not whole: {_kind(stopped) or 'it just stopped'}")


@contextmanager
def _faults() -> Iterator[None]:
    """Whatever the SDK, or the HTTP library beneath it, raises becomes an LLMError: this is the vendor's edge."""
    try:
        yield
    except LLMError:
        raise
    except Exception as fault:
        raise LLMError(_spoken(fault)) from None


def _spoken(fault: Exception) -> str:
    """What kind of fault it is, with the vendor's id of the request."""
    if isinstance(fault, TimeoutError):
        return "no whole answer in time"
    if isinstance(fault, ValidationError):
        kinds = sorted({error["type"] for error in fault.errors(include_url=False, include_input=False)})
        return f"the reply makes no sense: {', '.join(kinds)}"
    name = type(fault).__name__
    if isinstance(fault, anthropic.APIStatusError):
        told = (f"status {fault.status_code}", _kind(fault.type), fault.request_id)
        return ", ".join((name, *filter(None, told)))
    return name


def _kind(said: object) -> str | None:
    return said if isinstance(said, str) and _KIND.fullmatch(said) else None

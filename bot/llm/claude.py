"""Claude, through the anthropic SDK: the main model answers and confirms endings, a small one reads.

After the first event of a stream the SDK neither wraps nor retries faults, so both its errors and those of the HTTP
library beneath it are caught here and become LLMErrors that name the kind of fault, never a text or a key.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager

import anthropic
import httpx2
from anthropic.types import MessageParam, ToolParam
from pydantic import ValidationError

from bot.domain.assessment import Reading
from bot.domain.step import Step
from bot.errors import LLMError, LLMRefused
from bot.llm.prompts import Prompts
from bot.llm.seen import Seen
from bot.llm.transcript import as_material, as_messages
from bot.ports import Brief
from bot.settings import Settings

END_TOOL: ToolParam = {
    "name": "end_conversation",
    "description": "Agrees to close this conversation. Call it only if you are asked whether to, and agree.",
    "input_schema": {"type": "object", "properties": {}, "additionalProperties": False},
}
CONFIRM_TOKENS = 400  # a word before the tool call, and the call

Told = Callable[[], tuple[Settings, Prompts]]  # what is in force now


class Claude:
    """The Voice and the Reader. `client` holds the key and the address; `told` gives settings and prompts."""

    def __init__(self, client: anthropic.AsyncAnthropic, told: Told) -> None:
        self._client = client
        self._told = told

    @property
    def name(self) -> str:
        """The main model's name."""
        return self._told()[0].llm.main

    async def answer(self, brief: Brief) -> AsyncIterator[str]:
        """The reply in pieces, in order. Raises LLMError; then the pieces so far are no reply."""
        settings, prompts = self._told()
        llm = settings.llm
        with _faults():
            async with asyncio.timeout(llm.answer_timeout.total_seconds()):
                stream = self._client.messages.stream(
                    model=llm.main,
                    max_tokens=llm.answer_tokens,
                    system=_system(settings, prompts, brief),
                    messages=as_messages(brief),
                    timeout=httpx2.Timeout(llm.piece_timeout.total_seconds()),
                )
                async with stream as events:
                    async for text in events.text_stream:
                        yield text
                    whole = events.current_message_snapshot.stop_reason
        if whole == "refusal":
            raise LLMRefused("the model declined to answer")
        if whole not in {"end_turn", "stop_sequence"}:
            raise LLMError(f"the answer is not whole: {whole or 'the stream was cut'}")

    async def confirm_ending(self, brief: Brief) -> bool | None:
        """Asked twice, by a tool the model may call or not. Raises LLMError."""
        settings, prompts = self._told()
        decision = brief.decision
        conduct = settings.concerns.kinds.get(decision.concern or "") if decision else None
        asked = prompts.confirm.fill(
            conduct=conduct.definition if conduct else "abuse",
            redirections=str(brief.standing.count(Step.REDIRECT)),
            warnings=str(brief.standing.count(Step.WARN)),
        )
        messages = as_messages(brief)
        call = await self._end_call(settings, asked, messages)
        if call is None:
            return False
        messages += [
            {"role": "assistant", "content": [{"type": "tool_use", "id": call, "name": END_TOOL["name"], "input": {}}]},
            {
                "role": "user",
                "content": [
                    {
                        "type": "tool_result",
                        "tool_use_id": call,
                        "content": prompts.confirm_again.text,
                    }
                ],
            },
        ]
        return await self._end_call(settings, asked, messages) is not None

    async def read(self, brief: Brief) -> Reading:
        """What the small model sees in a turn. Raises LLMError."""
        settings, prompts = self._told()
        llm = settings.llm
        with _faults():
            message = await self._client.messages.parse(
                model=llm.reader,
                max_tokens=llm.reader_tokens,
                system=prompts.reading(settings.concerns),
                messages=[{"role": "user", "content": as_material(brief)}],
                output_format=Seen,
                timeout=llm.reader_timeout.total_seconds(),
            )
            seen = message.parsed_output
        if seen is None:
            raise LLMError(f"no reading: {message.stop_reason}")
        return seen.reading(llm.reader, frozenset(settings.concerns.kinds), llm.sure_from)

    async def _end_call(self, settings: Settings, system: str, messages: list[MessageParam]) -> str | None:
        """The id of the model's call of the tool; None if it declined."""
        llm = settings.llm
        with _faults():
            message = await self._client.messages.create(
                model=llm.main,
                max_tokens=CONFIRM_TOKENS,
                system=system,
                messages=messages,
                tools=[END_TOOL],
                timeout=llm.answer_timeout.total_seconds(),
            )
        return next((block.id for block in message.content if block.type == "tool_use"), None)


def _system(settings: Settings, prompts: Prompts, brief: Brief) -> str:
    local = settings.at(brief.place)
    system = prompts.answer.fill(name=local.name, persona=brief.persona)
    care = brief.decision is not None and brief.decision.step is Step.CARE
    return f"{system}\n\n{prompts.care.text}" if care or brief.in_care else system


@contextmanager
def _faults() -> Iterator[None]:
    """The vendor's faults, as LLMErrors that say what kind they are."""
    try:
        yield
    except anthropic.APIStatusError as fault:
        raise LLMError(f"{type(fault).__name__}, status {fault.status_code}") from fault
    except (anthropic.AnthropicError, httpx2.HTTPError, ValidationError) as fault:
        raise LLMError(type(fault).__name__) from fault
    except TimeoutError as fault:
        raise LLMError("no whole answer in time") from fault
    except AssertionError as fault:  # the SDK asserts that a stream is a stream
        raise LLMError("the reply is not what it should be") from fault

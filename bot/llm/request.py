"""One question to a model, in the words that its endpoint understands; and its reply in a given shape."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, TypeVar

import anthropic
from anthropic.types import Message, MessageParam, TextBlockParam, ToolParam
from pydantic import BaseModel

from bot.errors import LLMRefused, LLMTooLarge
from bot.llm.abilities import Abilities, without_caching, without_files
from bot.llm.faults import Unfinished, kind
from bot.ports import Brief

REPORT = "report"  # the tool that stands for structured output where there is none
WHOLE = frozenset({"end_turn", "stop_sequence"})  # the stop reasons of a reply that came to its own end
_FENCED = re.compile(r"\s*```(?:json)?\s*(.*?)\s*```\s*", re.DOTALL)

Shape = TypeVar("Shape", bound=BaseModel)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a model is asked.

    system  blocks; the first ones are the same in every request of a place
    shape   what the reply is to look like; None: free text
    space, member  on whose account it is booked
    """

    model: str
    max_tokens: int
    system: Sequence[TextBlockParam]
    messages: Sequence[MessageParam]
    tools: Sequence[ToolParam] = ()
    shape: type[BaseModel] | None = None
    space: str
    member: str

    @classmethod
    def of(
        cls,
        brief: Brief,
        *,
        model: str,
        max_tokens: int,
        system: Sequence[TextBlockParam],
        messages: Sequence[MessageParam],
        tools: Sequence[ToolParam] = (),
    ) -> "Request":
        """The request on the account of whoever a brief is about."""
        return cls(
            model=model,
            max_tokens=max_tokens,
            system=system,
            messages=messages,
            tools=tools,
            space=brief.place.space,
            member=brief.member.id,
        )

    def put(self, able: Abilities, *, stream: bool) -> dict[str, Any]:
        """The request's fields, for an endpoint that can do so much."""
        asked: dict[str, Any] = {
            "model": self.model,
            "max_tokens": self.max_tokens,
            "system": list(self.system),
            "messages": list(self.messages) if able.files else without_files(self.messages),
        }
        if self.tools and able.tools:
            asked["tools"] = list(self.tools)
        if self.shape is not None:
            asked |= self._shaped(self.shape, able)
        if stream and able.streaming:
            asked["stream"] = True
        if able.caching:
            return asked
        system = "\n\n".join(block["text"] for block in asked["system"])
        return {**without_caching(asked), "system": system}

    def _shaped(self, shape: type[BaseModel], able: Abilities) -> dict[str, Any]:
        schema = closed_schema(shape)
        match able.structure:
            case "output":
                return {"output_config": {"format": {"type": "json_schema", "schema": schema}}}
            case "tool":
                tool = {"name": REPORT, "description": "Report what you were asked for.", "input_schema": schema}
                return {"tools": [tool], "tool_choice": {"type": "tool", "name": REPORT}}
            case "text":
                words = f"Answer with one JSON object and nothing else. Its JSON Schema: {json.dumps(schema)}"
                return {"system": [*self.system, {"type": "text", "text": words}]}


def block(text: str, keep: Literal["5m", "1h", "off"] = "off") -> TextBlockParam:
    """A block; what the vendor is to keep up to here is marked."""
    if keep == "off":
        return {"type": "text", "text": text}
    return {"type": "text", "text": text, "cache_control": {"type": "ephemeral", "ttl": keep}}


def sent_back(message: Message) -> MessageParam:
    """What the model said, as it goes back to it. No text may be empty."""
    said = [block.to_dict() for block in message.content if block.type != "text" or block.text.strip()]
    content: Any = [{key: each[key] for key in each if each[key] is not None} for each in said]
    return {"role": "assistant", "content": content}


@cache
def closed_schema(shape: type[BaseModel]) -> dict[str, Any]:
    """The JSON Schema of a shape, as structured output wants it."""
    return anthropic.transform_schema(shape)


def shaped(message: Message, shape: type[Shape]) -> Shape:
    """A reply as what it was to look like. Its stop reason is looked at before its words are.

    Raises ValidationError for anything else, LLMError as `check` does.
    """
    check(message, WHOLE | {"tool_use"})
    for block in message.content:
        if block.type == "tool_use" and block.name == REPORT:
            return shape.model_validate_json(json.dumps(block.input))
    said = text_of(message)
    fenced = _FENCED.fullmatch(said)
    return shape.model_validate_json(fenced[1] if fenced else said)


def text_of(message: Message) -> str:
    """All that a reply says in words."""
    said = "".join(each.text for each in message.content if each.type == "text")
    return said.encode("utf-8", "replace").decode()  # halves of characters, which JSON can carry in, no store can keep


def check(message: Message, whole: frozenset[str] = WHOLE) -> None:
    """Raise LLMRefused, LLMTooLarge, or Unfinished for a reply that did not come to its end."""
    stopped = message.stop_reason
    if stopped == "refusal":
        raise LLMRefused("the model declined to answer")
    if stopped == "model_context_window_exceeded":
        raise LLMTooLarge("more than the model's context window takes")
    if stopped not in whole:
        raise Unfinished(f"the answer is not whole: {kind(stopped) or 'it just stopped'}")

"""Endpoints that speak the Messages API in part: gateways and local servers, in the ways seen of them in 2026.

What an endpoint **lacks** it refuses:

    tools           400 "<model> does not support tools", as Ollama says of some models
    structured      400 "output_config: Extra inputs are not permitted", as a gateway that checks fields strictly
    streaming       400 "stream: streaming is not supported"
    caching         400 "<path>.cache_control: Extra inputs are not permitted"; its usage has no cache fields
    images          500 in llama.cpp's words for a model without eyes, so that the SDK tries again
    documents       400: an unknown tag, as servers say that know text, images and tools alone
    count_tokens    404 "404 page not found", as plain text
    request_id      it is neither in a header nor in a body
    system_blocks   400 "system: Input should be a valid string"

What it **ignores** it accepts without a word, and answers as though it had not been there:

    tools           a call becomes words about it
    structured      JSON becomes prose
    streaming       the message comes whole, as application/json, although `stream` is true
    caching         nothing is read or written; its usage has no cache fields
"""

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Literal

from tests.servers.anthropic_content import every_block
from tests.servers.anthropic_script import Call, Fails, Says

Lack = Literal[
    "tools", "structured", "streaming", "caching", "images", "documents", "count_tokens", "request_id", "system_blocks"
]
Ignored = Literal["tools", "structured", "streaming", "caching"]
PROSE = "From what I read there, all seems well."
NO_EYES = "image input is not supported - hint: if this is unexpected, you may need to provide the mmproj"
FIELDS = {"tools": {"tools", "tool_choice"}, "structured": {"output_config"}, "streaming": {"stream"}}


def refused(body: Mapping[str, Any], lacks: Collection[Lack]) -> Fails | None:
    """How an endpoint refuses what it lacks; None: it lacks nothing of this request."""
    return next((fails for what, fails in _refusals(body) if what in lacks), None)


def heard(body: Mapping[str, Any], ignores: Collection[Ignored]) -> dict[str, Any]:
    """The request without what an endpoint ignores."""
    left_out = set[str]().union(*(FIELDS.get(what, set()) for what in ignores))
    return {key: value for key, value in body.items() if key not in left_out}


def retold(says: Says, body: Mapping[str, Any], ignores: Collection[Ignored]) -> Says:
    """What an endpoint says instead, to a request of which it ignores something."""
    steps, stop = list(says.steps), says.stop
    if "tools" in ignores:
        steps = [f"I would use {step.tool} now." if isinstance(step, Call) else step for step in steps]
        stop = "end_turn" if stop == "tool_use" else stop
    shaped = "format" in (body.get("output_config") or {})
    if "structured" in ignores and shaped and _is_json("".join(step for step in steps if isinstance(step, str))):
        steps = [PROSE, *(step for step in steps if not isinstance(step, str))]
    return Says(*steps, stop=stop, stops=says.stops, after=says.after, delay=says.delay, pace=says.pace)


def _refusals(body: Mapping[str, Any]) -> Iterator[tuple[Lack, Fails]]:
    """What each lack has against a request."""
    if body.get("tools"):
        yield "tools", Fails(400, f"{body['model']} does not support tools")
    if "output_config" in body:
        yield "structured", Fails(400, "output_config: Extra inputs are not permitted")
    if body.get("stream"):
        yield "streaming", Fails(400, "stream: streaming is not supported")
    if "cache_control" in body:
        yield "caching", Fails(400, "cache_control: Extra inputs are not permitted")
    if isinstance(body.get("system"), list):
        yield "system_blocks", Fails(400, "system: Input should be a valid string")
    for path, block in every_block(body):
        if "cache_control" in block:
            yield "caching", Fails(400, f"{path}.cache_control: Extra inputs are not permitted")
        if block.get("type") == "image":
            yield "images", Fails(500, NO_EYES)
        if block.get("type") == "document":
            tags = "'text', 'image', 'tool_use', 'tool_result'"
            said = f"{path}: Input tag 'document' found using 'type' does not match any of the expected tags: {tags}"
            yield "documents", Fails(400, said)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True

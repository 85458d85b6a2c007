"""What the Messages API refuses of a request, in its own words, and what it lets pass."""

import json
from typing import Any

import anthropic
import httpx2
import pytest

from tests.servers.anthropic import Call, Says, Thought
from tests.servers.asks import (
    CALL,
    CALLED,
    EPHEMERAL,
    HOUR,
    MARKED,
    PLAIN,
    PNG,
    RESULT,
    TEXT,
    TOOL,
    answered,
    called,
    messages,
)
from tests.servers.conftest import ASKS, Connect, Line

TOOLS = {"tools": [TOOL]}
NO_RESULT = (
    "messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: toolu_1. "
    "Each `tool_use` block must have a corresponding `tool_result` block in the next message."
)
UNEXPECTED = (
    "unexpected `tool_use_id` found in `tool_result` blocks: toolu_1. "
    "Each `tool_result` block must have a corresponding `tool_use` block in the previous message."
)
LATE_HOUR = (
    "a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. "
    "Note that blocks are processed in the following order: `tools`, `system`, `messages`."
)
OTHER_TTL = (
    "Top-level cache_control has ttl='1h' but the target block already has cache_control with ttl='5m'. "
    "When both are specified on the same block, they must have matching TTLs."
)
NO_PREFILL = "This model does not support assistant message prefill. The conversation must end with a user message."
NAME = "String should match pattern '^[a-zA-Z0-9_-]{1,128}$'"
CLOSED = {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": False}


def shaped(schema: dict[str, Any]) -> dict[str, Any]:
    return {"output_config": {"format": {"type": "json_schema", "schema": schema}}}


def chosen(**choice: Any) -> dict[str, Any]:
    return {**TOOLS, "tool_choice": choice}


PASSES: dict[str, dict[str, Any]] = {
    "four breakpoints, the long ones first": {
        "tools": [TOOL | {"cache_control": HOUR}],
        "system": [TEXT | {"cache_control": HOUR}],
        "messages": messages(MARKED, TEXT)["messages"],
        "cache_control": EPHEMERAL,
    },
    "four breakpoints, and one for the whole that the last block has": {
        "system": [MARKED, MARKED],
        **messages(MARKED, MARKED),
        "cache_control": EPHEMERAL,
    },
    "messages in a row": {"messages": [*ASKS["messages"], *ASKS["messages"]]},
    "a tool": {"tools": [TOOL | {"description": "Looks.", "strict": False}]},
    "a strict tool": {"tools": [{"name": "look", "input_schema": CLOSED, "strict": True}]},
    "tools as the model likes": chosen(type="auto"),
    "some tool, once": chosen(type="any", disable_parallel_tool_use=True),
    "this tool": chosen(type="tool", name="look"),
    "no tool": chosen(type="none"),
    "a result": answered(RESULT),
    "a result in blocks, then a text": answered(RESULT | {"content": [TEXT, PNG, PLAIN], "is_error": True}, TEXT),
    "a result without content": answered({"type": "tool_result", "tool_use_id": "toolu_1"}),
    "results in two messages": {
        **TOOLS,
        "messages": [
            CALLED[0],
            {"role": "assistant", "content": [TEXT, CALL, CALL | {"id": "toolu_2"}]},
            {"role": "user", "content": [RESULT | {"tool_use_id": "toolu_2"}]},
            {"role": "user", "content": [RESULT, TEXT]},
        ],
    },
    "a shape": shaped(CLOSED),
    "a shape that names its fields as limits are named": shaped(
        CLOSED | {"properties": {"minimum": {"type": "array", "items": {"type": "string"}, "minItems": 1}}}
    ),
    "an effort": {"output_config": {"effort": "low"}},
    "a prompt that is not answered": {"max_tokens": 0},
}

REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown field": ({"extra_body": {"mood": "gay"}}, "mood: Extra inputs are not permitted"),
    "no messages": ({"messages": []}, "messages: at least one message is required"),
    "what is no message": ({"messages": ["Look."]}, "messages: Input does not match the expected shape."),
    "what is no block": (messages("Look."), "messages: Input does not match the expected shape."),
    "a model that is no text": ({"model": 5}, "model: Input should be a valid string"),
    "a negative budget": ({"max_tokens": -1}, "max_tokens: Input should be greater than or equal to 0"),
    "a stream of nothing": (
        {"max_tokens": 0, "extra_body": {"stream": True}},
        "max_tokens: 0 leaves no room for a stream, a demanded tool or a format",
    ),
    "another first role": (
        {"messages": [{"role": "assistant", "content": "Look."}, *ASKS["messages"]]},
        'messages: first message must use the "user" role',
    ),
    "the system as a role": (
        {"messages": [*ASKS["messages"], {"role": "system", "content": "Be kind."}]},
        "messages.1: role 'system' is not supported on this model",
    ),
    "a name on a message": (
        {"messages": [{"role": "user", "content": "Look.", "name": "robin"}]},
        "messages.0.name: Extra inputs are not permitted",
    ),
    "the model's words begun": ({"messages": [*ASKS["messages"], {"role": "assistant", "content": "I"}]}, NO_PREFILL),
    "a tool with a space": (
        {"tools": [TOOL | {"name": "look around"}]},
        f"tools.0.custom.name: {NAME}",
    ),
    "a tool with a long name": ({"tools": [TOOL | {"name": "l" * 129}]}, f"tools.0.custom.name: {NAME}"),
    "two tools of a name": ({"tools": [TOOL, TOOL]}, "tools: Tool names must be unique."),
    "a tool without a schema": ({"tools": [{"name": "look"}]}, "tools.0.custom.input_schema: Field required"),
    "a tool that takes a text": (
        {"tools": [{"name": "look", "input_schema": {"type": "string"}}]},
        "tools.0.custom.input_schema.type: Input should be 'object'",
    ),
    "a tool as others write it": (
        {"tools": [TOOL | {"parameters": {}}]},
        "tools.0.custom.parameters: Extra inputs are not permitted",
    ),
    "a strict tool that is open": (
        {"tools": [TOOL | {"strict": True}]},
        "tools.0.custom.input_schema: For 'object' type, 'additionalProperties' must be explicitly set to false",
    ),
    "a tool of the vendor's": (
        {"tools": [{"type": "web_search_20250305", "name": "web_search"}]},
        "tools.0: Input tag 'web_search_20250305' found using 'type' is none that this server runs",
    ),
    "a choice of nothing": (
        {"tool_choice": {"type": "auto"}},
        "tool_choice may only be specified while providing tools.",
    ),
    "a choice of another tool": (chosen(type="tool", name="listen"), "Tool 'listen' not found in provided tools"),
    "a choice without a name": (chosen(type="tool"), "tool_choice.tool.name: Field required"),
    "a choice as others write it": (
        chosen(type="required"),
        "tool_choice: Input tag 'required' found using 'type' does not match any of the expected tags",
    ),
    "no tool, and not at once": (
        chosen(type="none", disable_parallel_tool_use=True),
        "tool_choice.none.disable_parallel_tool_use: Extra inputs are not permitted",
    ),
    "a demanded tool and thinking": (
        {**chosen(type="any"), "thinking": {"type": "adaptive"}},
        "Thinking may not be enabled when tool_choice forces tool use.",
    ),
    "this tool and thinking": (
        {**chosen(type="tool", name="look"), "thinking": {"type": "enabled", "budget_tokens": 2_000}},
        "Thinking may not be enabled when tool_choice forces tool use.",
    ),
    "a call without a result": (answered(TEXT), NO_RESULT),
    "a call at the end": ({**TOOLS, "messages": CALLED}, NO_RESULT),
    "a text before the result": (answered(TEXT, RESULT), NO_RESULT),
    "a result of another call": (
        answered(RESULT, RESULT | {"tool_use_id": "toolu_0"}),
        f"messages.2: {UNEXPECTED.replace('toolu_1', 'toolu_0')}",
    ),
    "a result of no call": (messages(RESULT), f"messages.0: {UNEXPECTED}"),
    "a result a turn late": (
        {
            **TOOLS,
            "messages": [
                *answered(RESULT)["messages"],
                CALLED[1] | {"content": "I see."},
                *messages(RESULT)["messages"],
            ],
        },
        f"messages.4: {UNEXPECTED}",
    ),
    "two results of a call": (
        answered(RESULT, RESULT),
        "each tool_use must have a single result. Found multiple `tool_result` blocks with id: toolu_1",
    ),
    "two calls of an id": (called(CALL, CALL), "messages.1: `tool_use` ids must be unique"),
    "a call with a text for input": (
        called(CALL | {"input": "{}"}),
        "messages.1.content.0.tool_use.input: Input should be a valid dictionary",
    ),
    "five breakpoints": (
        {"system": [MARKED, MARKED], **messages(MARKED, MARKED, MARKED)},
        "A maximum of 4 blocks with cache_control may be provided. Found 5.",
    ),
    "four, and one for the whole": (
        {"system": [MARKED, MARKED], **messages(MARKED, MARKED, TEXT), "cache_control": EPHEMERAL},
        "A maximum of 4 blocks with cache_control may be provided. Found 5.",
    ),
    "an hour after five minutes": (
        {"system": [MARKED], **messages(TEXT | {"cache_control": HOUR})},
        f"messages.0.content.0.cache_control.ttl: {LATE_HOUR}",
    ),
    "an hour for the whole after five minutes": (
        {"system": [MARKED], "cache_control": HOUR},
        f"cache_control.ttl: {LATE_HOUR}",
    ),
    "five minutes and an hour at once": ({**messages(MARKED), "cache_control": HOUR}, OTHER_TTL),
    "another ttl": (
        messages(TEXT | {"cache_control": {"type": "ephemeral", "ttl": "1d"}}),
        "messages.0.content.0.cache_control.ephemeral.ttl: Input should be '5m' or '1h'",
    ),
    "a lasting cache": (
        {"cache_control": {"type": "persistent"}},
        "cache_control: Input tag 'persistent' found using 'type' does not match the expected tag: 'ephemeral'",
    ),
    "a breakpoint with more to say": (
        {"system": [TEXT | {"cache_control": {"type": "ephemeral", "scope": "global"}}]},
        "system.0.cache_control.ephemeral.scope: Extra inputs are not permitted",
    ),
    "a breakpoint inside a result": (
        answered(RESULT | {"content": [MARKED]}),
        "messages.2.content.0.content.0.text.cache_control: Extra inputs are not permitted",
    ),
    "an open shape": (
        shaped({"type": "object"}),
        "output_config.format.schema: For 'object' type, 'additionalProperties' must be explicitly set to false",
    ),
    "an open shape deep inside": (
        shaped(CLOSED | {"properties": {"a": {"anyOf": [{"type": "array", "items": {"type": "object"}}]}}}),
        "output_config.format.schema: For 'object' type, 'additionalProperties' must be explicitly set to false",
    ),
    "a shape with a limit": (
        shaped(CLOSED | {"properties": {"a": {"type": "integer", "maximum": 3}}}),
        "output_config.format.schema: For 'integer' type, properties maximum are not supported",
    ),
    "a shape of at least two": (
        shaped(CLOSED | {"properties": {"a": {"type": "array", "minItems": 2}}}),
        "output_config.format.schema: For 'array' type, 'minItems' values other than 0 or 1 are not supported",
    ),
    "another format": (
        {"output_config": {"format": {"type": "xml", "schema": {}}}},
        "output_config.format.type: Input should be 'json_schema'",
    ),
    "an unheard of effort": (
        {"output_config": {"effort": "heroic"}},
        "output_config.effort: Input should be 'low', 'medium', 'high', 'xhigh' or 'max'",
    ),
}


@pytest.mark.parametrize("asks", PASSES)
async def test_what_keeps_the_rules_passes(line: Line, asks: str) -> None:
    line.server.script.append(Says("Yes."))
    await line.ask(**PASSES[asks])
    assert line.server.faults == []


@pytest.mark.parametrize("asks", REFUSED)
async def test_what_breaks_a_rule_is_refused_in_the_vendors_words(line: Line, asks: str) -> None:
    changes, words = REFUSED[asks]
    with pytest.raises(anthropic.BadRequestError) as caught:
        await line.ask(**changes)
    assert (caught.value.api_message, caught.value.type) == (words, "invalid_request_error")
    assert line.server.faults == [words]
    assert line.server.asked[0].usage is None


async def test_a_count_of_tokens_keeps_the_same_rules(line: Line) -> None:
    with pytest.raises(anthropic.BadRequestError, match="Tool names must be unique"):
        await line.count(tools=[TOOL, TOOL])
    with pytest.raises(anthropic.BadRequestError, match="max_tokens: Extra inputs are not permitted"):
        await line.client.post("/v1/messages/count_tokens", body=ASKS, cast_to=object)
    assert len(line.server.faults) == 2


async def test_what_the_model_said_may_be_sent_back_as_it_came(connect: Connect) -> None:
    looks = Says(Thought("hm"), "I look. ", Call("look", {"at": 'the "sea" é'}))
    line = await connect(lambda asked: Says("The sea.") if asked.messages[1:] else looks)
    for ask in (line.ask, line.stream):
        said = await ask(tools=[TOOL])
        calls = [block for block in said.content if block.type == "tool_use"]
        result = RESULT | {"tool_use_id": calls[0].id}
        told = [
            *ASKS["messages"],
            {"role": "assistant", "content": said.content},
            {"role": "user", "content": [result]},
        ]
        assert (await ask(tools=[TOOL], messages=told)).stop_reason == "end_turn"
    assert line.server.faults == []


async def test_a_body_that_is_no_json_is_refused(line: Line) -> None:
    headers = {"x-api-key": "any", "anthropic-version": "2023-06-01"}
    async with httpx2.AsyncClient(verify=False) as http:
        refused = await http.post(f"{line.server.url}/v1/messages", content=b"{", headers=headers)
        assert (refused.status_code, refused.json()["error"]["type"]) == (400, "invalid_request_error")
        refused = await http.post(
            f"{line.server.url}/v1/messages", content=json.dumps(ASKS), headers={"x-api-key": "a"}
        )
    assert line.server.faults == ["The request body is not valid JSON", "anthropic-version: header is required"]


async def test_nobody_is_heard_without_a_key(line: Line) -> None:
    async with httpx2.AsyncClient(verify=False) as http:
        refused = await http.post(f"{line.server.url}/v1/messages", json=ASKS)
    assert (refused.status_code, refused.json()["error"]["type"]) == (401, "authentication_error")


async def test_more_than_32_megabytes_are_too_large(line: Line) -> None:
    line.server.script.append(Says("Read."))
    await line.ask(messages=[{"role": "user", "content": "x" * 1_000_000}])
    with pytest.raises(anthropic.RequestTooLargeError) as caught:
        await line.ask(messages=[{"role": "user", "content": "x" * 32_000_000}])
    assert (caught.value.status_code, caught.value.api_message) == (413, "Request exceeds the maximum size")


async def test_a_prompt_has_to_fit_the_window(connect: Connect) -> None:
    line = await connect(lambda _: Says("Yes."), window=100)
    await line.ask(messages=[{"role": "user", "content": "x" * 288}])
    with pytest.raises(anthropic.BadRequestError) as caught:
        await line.ask(messages=[{"role": "user", "content": "x" * 289}])
    assert caught.value.api_message == "prompt is too long: 101 tokens > 100 maximum"
    assert line.server.faults == []

"""What the Messages API asks of a request: its fields, its tools, the order of messages, breakpoints, output's shape.

Left out is what the project has no use for: tools that the vendor runs, files, containers, betas. A request that uses
them breaks a rule here.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import takewhile
from typing import Any

from tests.servers.anthropic_content import faulty_content, whole_blocks
from tests.servers.anthropic_usage import UNMARKED, blocks_of

Body = Mapping[str, Any]
OF_BOTH = {"cache_control", "messages", "model", "output_config", "system", "thinking", "tool_choice", "tools"}
FIELDS = {
    "/v1/messages": OF_BOTH | {"max_tokens", "metadata", "service_tier", "stop_sequences", "stream"},
    "/v1/messages/count_tokens": OF_BOTH,
}
REQUIRED = {"/v1/messages": {"max_tokens", "messages", "model"}, "/v1/messages/count_tokens": {"messages", "model"}}
TOOL_FIELDS = {
    "allowed_callers", "cache_control", "defer_loading", "description", "eager_input_streaming", "input_examples",
    "input_schema", "name", "strict", "type",
}  # fmt: skip
TOOL_NAME = "^[a-zA-Z0-9_-]{1,128}$"
BREAKPOINTS = 4  # at most
UNSUPPORTED = {"minimum", "maximum", "multipleOf", "minLength", "maxLength", "maxItems"}  # in structured output
NAMED_SCHEMAS = {"properties", "$defs", "definitions"}  # by name; in the other keywords a schema stands itself


def broken_rule(headers: Mapping[str, str], body: dict[str, Any], path: str = "/v1/messages") -> str | None:
    """Which rule a request breaks, in the vendor's words or nearly so; None if it breaks none."""
    try:
        return next(_faults(headers, body, path), None)
    except (AttributeError, KeyError, TypeError):
        return "messages: Input does not match the expected shape."


def _faults(headers: Mapping[str, str], body: Body, path: str) -> Iterator[str]:
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", headers.get("anthropic-version", "")):
        yield "anthropic-version: header is required"
    if unknown := body.keys() - FIELDS[path]:
        yield f"{', '.join(sorted(unknown))}: Extra inputs are not permitted"
    if missing := REQUIRED[path] - body.keys():
        yield f"{', '.join(sorted(missing))}: Field required"
    if not body["messages"]:
        yield "messages: at least one message is required"
    if not isinstance(body["model"], str):
        yield "model: Input should be a valid string"
    if "max_tokens" in body:
        yield from _faulty_budget(body)
    yield from _faulty_tools(body.get("tools", ()))
    yield from _faulty_choice(body)
    if system := body.get("system"):
        yield from faulty_content("system", "system", system)
    yield from _faulty_messages(body["messages"])
    yield from _faulty_marks(body)
    yield from _faulty_output(body.get("output_config") or {})


def _faulty_budget(body: Body) -> Iterator[str]:
    most = body["max_tokens"]
    if type(most) is not int or most < 0:
        yield "max_tokens: Input should be greater than or equal to 0"
    forced = body.get("tool_choice", {}).get("type") in {"any", "tool"}
    if most == 0 and (body.get("stream") or forced or (body.get("output_config") or {}).get("format")):
        yield "max_tokens: 0 leaves no room for a stream, a demanded tool or a format"


def _faulty_tools(tools: Sequence[Body]) -> Iterator[str]:
    for number, tool in enumerate(tools):
        path, schema = f"tools.{number}.custom", tool.get("input_schema")
        if tool.get("type", "custom") not in {"custom", None}:
            yield f"tools.{number}: Input tag '{tool['type']}' found using 'type' is none that this server runs"
        if not re.fullmatch(TOOL_NAME, tool["name"]):
            yield f"{path}.name: String should match pattern '{TOOL_NAME}'"
        if not isinstance(schema, dict):
            yield f"{path}.input_schema: Field required"
        elif schema.get("type") != "object":
            yield f"{path}.input_schema.type: Input should be 'object'"
        if unknown := tool.keys() - TOOL_FIELDS:
            yield f"{path}.{min(unknown)}: Extra inputs are not permitted"
        if tool.get("strict"):
            yield from _faulty_schema(f"{path}.input_schema", schema)
    if len({tool["name"] for tool in tools}) < len(tools):
        yield "tools: Tool names must be unique."


def _faulty_choice(body: Body) -> Iterator[str]:
    if not (choice := body.get("tool_choice")):
        return
    kind = choice["type"]
    fields = {"auto": set[str](), "any": set[str](), "tool": {"name"}, "none": set[str]()}
    if kind not in fields:
        yield f"tool_choice: Input tag '{kind}' found using 'type' does not match any of the expected tags"
    if not body.get("tools"):
        yield "tool_choice may only be specified while providing tools."
    if missing := fields[kind] - choice.keys():
        yield f"tool_choice.{kind}.{min(missing)}: Field required"
    allowed = {"type"} | fields[kind] | (set() if kind == "none" else {"disable_parallel_tool_use"})
    if unknown := choice.keys() - allowed:
        yield f"tool_choice.{kind}.{min(unknown)}: Extra inputs are not permitted"
    if kind == "tool" and choice["name"] not in {tool["name"] for tool in body["tools"]}:
        yield f"Tool '{choice['name']}' not found in provided tools"
    if kind in {"any", "tool"} and (body.get("thinking") or {}).get("type") in {"enabled", "adaptive"}:
        yield "Thinking may not be enabled when tool_choice forces tool use."


def _faulty_messages(messages: Sequence[Body]) -> Iterator[str]:
    if messages[0]["role"] != "user":
        yield 'messages: first message must use the "user" role'
    for number, message in enumerate(messages):
        if message["role"] not in {"user", "assistant"}:
            yield f"messages.{number}: role '{message['role']}' is not supported on this model"
        if unknown := message.keys() - {"role", "content"}:
            yield f"messages.{number}.{min(unknown)}: Extra inputs are not permitted"
        yield from faulty_content(f"messages.{number}.content", message["role"], message["content"])
    yield from _faulty_calls(messages)
    if messages[-1]["role"] == "assistant":
        yield "This model does not support assistant message prefill. The conversation must end with a user message."


def _faulty_calls(messages: Sequence[Body]) -> Iterator[str]:
    """Each call is answered once, at the start of the next turn; messages in a row of one role are one turn."""
    turns: list[tuple[int, str, list[Body]]] = []
    for number, message in enumerate(messages):
        if not turns or turns[-1][1] != message["role"]:
            turns.append((number, message["role"], []))
        turns[-1][2].extend(blocks_of(message["content"]))
    called, caller = Counter[str](), 0
    for number, _, blocks in [*turns, (len(messages), "", [])]:
        first = takewhile(lambda block: block["type"] == "tool_result", blocks)
        answered = Counter(block["tool_use_id"] for block in first)
        every = Counter(block["tool_use_id"] for block in blocks if block["type"] == "tool_result")
        if unexpected := every.keys() - called.keys():
            yield (
                f"messages.{number}: unexpected `tool_use_id` found in `tool_result` blocks: {min(unexpected)}. "
                "Each `tool_result` block must have a corresponding `tool_use` block in the previous message."
            )
        if missing := called.keys() - answered.keys():
            yield (
                f"messages.{caller}: `tool_use` ids were found without `tool_result` blocks immediately after: "
                f"{', '.join(sorted(missing))}. "
                "Each `tool_use` block must have a corresponding `tool_result` block in the next message."
            )
        if twice := [name for name, times in answered.items() if times > 1]:
            yield f"each tool_use must have a single result. Found multiple `tool_result` blocks with id: {twice[0]}"
        called, caller = Counter(block["id"] for block in blocks if block["type"] == "tool_use"), number
        if any(times > 1 for times in called.values()):
            yield f"messages.{number}: `tool_use` ids must be unique"


def _faulty_marks(body: Body) -> Iterator[str]:
    """`cache_control`: its shape, how many there are, and that what is kept longer comes first."""
    blocks = [(path, block) for path, block in whole_blocks(body) if block.get("type") not in UNMARKED]
    marks = [(f"{path}.cache_control", block["cache_control"]) for path, block in blocks if block.get("cache_control")]
    if automatic := body.get("cache_control"):
        own = blocks[-1][1].get("cache_control")
        if own and own.get("ttl", "5m") != automatic.get("ttl", "5m"):
            yield (
                f"Top-level cache_control has ttl='{automatic.get('ttl', '5m')}' but the target block already has "
                f"cache_control with ttl='{own.get('ttl', '5m')}'. "
                "When both are specified on the same block, they must have matching TTLs."
            )
        if not own:
            marks.append(("cache_control", automatic))
    if len(marks) > BREAKPOINTS:
        yield f"A maximum of {BREAKPOINTS} blocks with cache_control may be provided. Found {len(marks)}."
    short = False
    for path, mark in marks:
        if mark["type"] != "ephemeral":
            yield f"{path}: Input tag '{mark['type']}' found using 'type' does not match the expected tag: 'ephemeral'"
        if unknown := mark.keys() - {"type", "ttl"}:
            yield f"{path}.ephemeral.{min(unknown)}: Extra inputs are not permitted"
        ttl = mark.get("ttl", "5m")
        if ttl not in {"5m", "1h"}:
            yield f"{path}.ephemeral.ttl: Input should be '5m' or '1h'"
        if short and ttl == "1h":
            yield (
                f"{path}.ttl: a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. "
                "Note that blocks are processed in the following order: `tools`, `system`, `messages`."
            )
        short = short or ttl == "5m"


def _faulty_output(config: Body) -> Iterator[str]:
    if unknown := config.keys() - {"effort", "format"}:
        yield f"output_config.{min(unknown)}: Extra inputs are not permitted"
    if config.get("effort") not in {None, "low", "medium", "high", "xhigh", "max"}:
        yield "output_config.effort: Input should be 'low', 'medium', 'high', 'xhigh' or 'max'"
    if told := config.get("format"):
        if told["type"] != "json_schema":
            yield "output_config.format.type: Input should be 'json_schema'"
        yield from _faulty_schema("output_config.format.schema", told["schema"])


def _faulty_schema(path: str, schema: object) -> Iterator[str]:
    """Structured output wants closed objects, and knows no limits of numbers or lengths."""
    if isinstance(schema, list):
        for each in schema:
            yield from _faulty_schema(path, each)
    if not isinstance(schema, dict):
        return
    kind = schema.get("type")
    if (kind == "object" or "properties" in schema) and schema.get("additionalProperties") is not False:
        yield f"{path}: For 'object' type, 'additionalProperties' must be explicitly set to false"
    if limits := schema.keys() & UNSUPPORTED:
        yield f"{path}: For '{kind}' type, properties {', '.join(sorted(limits))} are not supported"
    if schema.get("minItems", 0) > 1:
        yield f"{path}: For 'array' type, 'minItems' values other than 0 or 1 are not supported"
    for key, value in schema.items():
        inner = list(value.values()) if key in NAMED_SCHEMAS else value
        if key not in {"enum", "const", "default", "examples"}:
            yield from _faulty_schema(path, inner)

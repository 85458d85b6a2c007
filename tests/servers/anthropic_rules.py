"""What the Messages API asks of a request: its fields, the order of messages, the shape of structured output."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

FIELDS = {
    "max_tokens", "messages", "metadata", "model", "output_config", "service_tier", "stop_sequences", "stream",
    "system", "thinking", "tool_choice", "tools",
}  # fmt: skip
UNSUPPORTED = {"minimum", "maximum", "multipleOf", "minLength", "maxLength", "maxItems"}  # in structured output


def broken_rule(headers: Mapping[str, str], body: dict[str, Any]) -> str | None:
    """Which rule a request breaks, in the vendor's words or nearly so; None if it breaks none."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", headers.get("anthropic-version", "")):
        return "anthropic-version: header is required"
    if unknown := body.keys() - FIELDS:
        return f"{', '.join(sorted(unknown))}: Extra inputs are not permitted"
    if missing := {"model", "max_tokens", "messages"} - body.keys():
        return f"{', '.join(sorted(missing))}: Field required"
    if not body["messages"]:
        return "messages: at least one message is required"
    schema = (body.get("output_config") or {}).get("format", {}).get("schema")
    return _faulty_messages(body["messages"]) or (_faulty_schema(schema) if schema else None)


def _faulty_messages(messages: Sequence[dict[str, Any]]) -> str | None:
    if messages[0]["role"] != "user":
        return "messages: first message must use the user role"
    called: set[str] = set()
    for number, message in enumerate(messages):
        content = message["content"]
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
        if not blocks or any(block["type"] == "text" and not block["text"].strip() for block in blocks):
            return f"messages.{number}: text content blocks must be non-empty"
        results = {block["tool_use_id"] for block in blocks if block["type"] == "tool_result"}
        if results != called:
            return f"messages.{number}: each tool_use block must have a tool_result block in the next message"
        called = {block["id"] for block in blocks if block["type"] == "tool_use"}
    return "messages: the last tool_use block has no tool_result" if called else None


def _faulty_schema(schema: object) -> str | None:
    """Structured output wants closed objects, and knows no limits of numbers or lengths."""
    if isinstance(schema, list):
        return next(filter(None, map(_faulty_schema, schema)), None)
    if not isinstance(schema, dict):
        return None
    if schema.get("type") == "object" and schema.get("additionalProperties") is not False:
        return "output_config.format.schema: For 'object' type, 'additionalProperties' must be explicitly set to false"
    if limits := schema.keys() & UNSUPPORTED:
        return f"output_config.format.schema: properties {', '.join(sorted(limits))} are not supported"
    return next(filter(None, map(_faulty_schema, schema.values())), None)

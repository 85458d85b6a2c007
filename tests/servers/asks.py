"""Requests, and parts of them."""

import base64
from typing import Any

EPHEMERAL, HOUR = {"type": "ephemeral"}, {"type": "ephemeral", "ttl": "1h"}
TEXT: dict[str, Any] = {"type": "text", "text": "Look."}
MARKED = TEXT | {"cache_control": EPHEMERAL}
TOOL: dict[str, Any] = {"name": "look", "input_schema": {"type": "object", "properties": {}}}
CALL: dict[str, Any] = {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {}}
CALLED: list[dict[str, Any]] = [
    {"role": "user", "content": "Look."},
    {"role": "assistant", "content": [CALL]},
]
RESULT: dict[str, Any] = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "the sea"}
IMAGES = {  # the first bytes of each kind
    "image/png": b"\x89PNG\r\n\x1a\n\x00",
    "image/jpeg": b"\xff\xd8\xff\xe0\x00\x10JFIF",
    "image/gif": b"GIF89a\x01\x00\x01\x00",
    "image/webp": b"RIFF\x1a\x00\x00\x00WEBPVP8 ",
}


def messages(*content: Any) -> dict[str, Any]:
    """A member says this."""
    return {"messages": [{"role": "user", "content": list(content)}]}


def called(*calls: Any, then: Any = (RESULT,)) -> dict[str, Any]:
    """The model makes these calls, and this follows."""
    said = {"role": "assistant", "content": list(calls)}
    return {"tools": [TOOL], "messages": [CALLED[0], said, {"role": "user", "content": list(then)}]}


def answered(*content: Any) -> dict[str, Any]:
    """The model calls a tool, and this follows."""
    return called(CALL, then=content)


def image(kind: str, raw: bytes) -> dict[str, Any]:
    """An image that says it is of this media type."""
    data = base64.b64encode(raw).decode()
    return {"type": "image", "source": {"type": "base64", "media_type": kind, "data": data}}


def document(kind: str, media_type: str, data: str) -> dict[str, Any]:
    """A document."""
    return {"type": "document", "source": {"type": kind, "media_type": media_type, "data": data}}


PNG = image("image/png", IMAGES["image/png"])
PDF = document("base64", "application/pdf", base64.b64encode(b"%PDF-1.7\n").decode())
PLAIN = document("text", "text/plain", "the tides")

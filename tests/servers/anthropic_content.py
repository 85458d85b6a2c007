"""What the Messages API asks of a block: its fields, texts that say something, images and documents it can read.

The words are the vendor's, as quoted in public reports of 2025 and 2026; a path in front says where.
"""

import base64
import binascii
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any

from tests.servers.anthropic_usage import blocks_of

Block = Mapping[str, Any]
LARGEST_IMAGE = 5 * 1024 * 1024  # bytes, as base64
FIELDS = {  # of a block: those it must have, and those it may have
    "text": ({"text"}, {"cache_control", "citations"}),
    "image": ({"source"}, {"cache_control"}),
    "document": ({"source"}, {"cache_control", "citations", "context", "title"}),
    "tool_result": ({"tool_use_id"}, {"cache_control", "content", "is_error"}),
    "tool_use": ({"id", "name", "input"}, {"cache_control", "caller"}),
    "thinking": ({"thinking", "signature"}, set()),
    "redacted_thinking": ({"data"}, set()),
}
ALLOWED = {
    "user": ("text", "image", "document", "tool_result"),
    "assistant": ("text", "thinking", "redacted_thinking", "tool_use"),
    "system": ("text",),
    "tool_result": ("text", "image", "document"),
    "document": ("text", "image"),
}
MEDIA_TYPES = ("image/jpeg", "image/png", "image/gif", "image/webp")
STARTS = {
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
}


def signature(thought: str) -> str:
    """What makes a thought the model's own."""
    return sha256(thought.encode()).hexdigest()[:16]


def faulty_content(path: str, within: str, content: str | Sequence[Block]) -> Iterator[str]:
    """What is wrong with the content of a message (`within` is its role), of `system`, or of another block."""
    if not content:
        yield f"{path}: text content blocks must be non-empty"
    for number, block in enumerate(blocks_of(content)):
        yield from _faulty_block(f"{path}.{number}", within, block)


def whole_blocks(body: Mapping[str, Any]) -> Iterator[tuple[str, Block]]:
    """The blocks of a prompt with their paths, in the order of the cache: what a breakpoint may stand on."""
    yield from ((f"tools.{n}", tool) for n, tool in enumerate(body.get("tools", ())))
    yield from ((f"system.{n}", block) for n, block in enumerate(blocks_of(body.get("system") or ())))
    for number, message in enumerate(body["messages"]):
        yield from ((f"messages.{number}.content.{n}", block) for n, block in enumerate(blocks_of(message["content"])))


def every_block(body: Mapping[str, Any]) -> Iterator[tuple[str, Block]]:
    """These, and what is inside documents and tools' results."""
    left = list(whole_blocks(body))
    while left:
        path, block = left.pop(0)
        yield path, block
        for inner in (block.get("content"), block.get("source", {}).get("content")):
            left += [(f"{path}.content.{n}", each) for n, each in enumerate(blocks_of(inner or ()))]


def _faulty_block(path: str, within: str, block: Block) -> Iterator[str]:
    kind = block["type"]
    if kind not in ALLOWED[within]:
        tags = ", ".join(f"'{each}'" for each in ALLOWED[within])
        yield f"{path}: Input tag '{kind}' found using 'type' does not match any of the expected tags: {tags}"
        return
    required, optional = FIELDS[kind]
    if missing := required - block.keys():
        yield f"{path}.{kind}.{min(missing)}: Field required"
    inner = within in {"tool_result", "document"}  # only a whole block can end a cached prefix
    allowed = required | (optional - {"cache_control"} if inner else optional) | {"type"}
    if unknown := block.keys() - allowed:
        yield f"{path}.{kind}.{min(unknown)}: Extra inputs are not permitted"
    match kind:
        case "text":
            yield from _faulty_text(path, block)
        case "image":
            yield from _faulty_image(f"{path}.image.source", block["source"])
        case "document":
            yield from _faulty_document(f"{path}.document.source", block["source"])
        case "tool_result" if block.get("content"):
            yield from faulty_content(f"{path}.content", kind, block["content"])
        case "tool_use" if not isinstance(block["input"], dict):
            yield f"{path}.tool_use.input: Input should be a valid dictionary"
        case "thinking" if block["signature"] != signature(block["thinking"]):
            yield f"{path}: Invalid `signature` in `thinking` block"


def _faulty_text(path: str, block: Block) -> Iterator[str]:
    text: str = block["text"]
    if not text and block.get("cache_control"):
        yield f"{path}.text: cache_control cannot be set for empty text blocks"
    if not text:
        yield f"{path}: text content blocks must be non-empty"
    if not text.strip():
        yield f"{path}: text content blocks must contain non-whitespace text"


def _faulty_image(path: str, source: Block) -> Iterator[str]:
    if source["type"] == "url":
        yield from _faulty_url(path, source)
        return
    path = f"{path}.base64"
    if source["type"] != "base64":
        yield f"{path}: this server holds no files"
    if source["media_type"] not in MEDIA_TYPES:
        yield f"{path}.media_type: Input should be 'image/jpeg', 'image/png', 'image/gif' or 'image/webp'"
    if (size := len(source["data"])) > LARGEST_IMAGE:
        yield f"{path}: image exceeds 5 MB maximum: {size} bytes > {LARGEST_IMAGE} bytes"
    if not source["data"]:
        yield f"{path}: image cannot be empty"
    raw = _decoded(source["data"])
    if raw is None:
        yield f"{path}.data: Invalid base64 data"
    elif not (looks := _looks_like(raw)):
        yield "Could not process image"
    elif looks != source["media_type"]:
        said = f"{path}: The image was specified using the {source['media_type']} media type"
        yield f"{said}, but the image appears to be a {looks} image"


def _faulty_document(path: str, source: Block) -> Iterator[str]:
    match source:
        case {"type": "base64", "media_type": "application/pdf", "data": str(data)}:
            if not (_decoded(data) or b"").startswith(b"%PDF-"):
                yield f"{path.replace('.document.', '.pdf.')}.base64.data: The PDF specified was not valid."
        case {"type": "base64"}:
            yield f"{path}.base64.media_type: Input should be 'application/pdf'"
        case {"type": "text", "media_type": "text/plain", "data": str(data)}:
            if not data.strip():
                yield f"{path}.text.data: text content blocks must contain non-whitespace text"
        case {"type": "text"}:
            yield f"{path}.text.media_type: Input should be 'text/plain'"
        case {"type": "content"}:
            yield from faulty_content(f"{path}.content", "document", source["content"])
        case {"type": "url"}:
            yield from _faulty_url(path, source)
        case _:
            yield f"{path}: this server holds no files"


def _faulty_url(path: str, source: Block) -> Iterator[str]:
    if not source["url"].startswith("https://"):
        yield f"{path}.url: Only HTTPS URLs are supported."


def _decoded(data: str) -> bytes | None:
    try:
        return base64.b64decode(data, validate=True)
    except binascii.Error:
        return None


def _looks_like(raw: bytes) -> str:
    """The media type that the first bytes speak of; empty: none that the API can read."""
    if raw.startswith(b"RIFF") and raw[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for start, kind in STARTS.items() if raw.startswith(start)), "")

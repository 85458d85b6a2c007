"""What the Messages API refuses in a block, and what it lets pass: texts, images, documents."""

from typing import Any

import anthropic
import pytest

from tests.servers.anthropic import Says
from tests.servers.anthropic_content import LARGEST_IMAGE
from tests.servers.asks import CALL, IMAGES, MARKED, PDF, PLAIN, PNG, RESULT, TEXT, answered, document, image, messages
from tests.servers.conftest import ASKS, Line

PASSES: dict[str, dict[str, Any]] = {
    "system as text": {"system": "Be kind."},
    "no system to speak of": {"system": ""},
    "system as blocks": {"system": [TEXT, MARKED]},
    **{kind: messages(TEXT, image(kind, raw)) for kind, raw in IMAGES.items()},
    "an older gif": messages(image("image/gif", b"GIF87a\x01")),
    "an image elsewhere": messages({"type": "image", "source": {"type": "url", "url": "https://localhost/a.png"}}),
    "the largest image": messages(image("image/png", IMAGES["image/png"].ljust(LARGEST_IMAGE * 3 // 4, b"\0"))),
    "a PDF": messages(PDF | {"title": "Tides", "context": "of 2026"}),
    "a plain document": messages(PLAIN | {"citations": {"enabled": True}}),
    "a document in blocks": messages({"type": "document", "source": {"type": "content", "content": [TEXT, PNG]}}),
}

REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "an empty message": (
        {"messages": [{"role": "user", "content": ""}]},
        "messages.0.content: text content blocks must be non-empty",
    ),
    "no blocks": (messages(), "messages.0.content: text content blocks must be non-empty"),
    "an empty text": (
        messages(TEXT, {"type": "text", "text": ""}),
        "messages.0.content.1: text content blocks must be non-empty",
    ),
    "a blank text": (
        messages({"type": "text", "text": " \n"}),
        "messages.0.content.0: text content blocks must contain non-whitespace text",
    ),
    "an empty text in the system": (
        {"system": [{"type": "text", "text": ""}]},
        "system.0: text content blocks must be non-empty",
    ),
    "an empty text in a result": (
        answered(RESULT | {"content": [{"type": "text", "text": ""}]}),
        "messages.2.content.0.content.0: text content blocks must be non-empty",
    ),
    "a breakpoint on an empty text": (
        messages(MARKED | {"text": ""}),
        "messages.0.content.0.text: cache_control cannot be set for empty text blocks",
    ),
    "a field that texts do not have": (
        messages(TEXT | {"id": "m1"}),
        "messages.0.content.0.text.id: Extra inputs are not permitted",
    ),
    "an image of the model's": (
        {"messages": [*ASKS["messages"], {"role": "assistant", "content": [PNG]}, *ASKS["messages"]]},
        (
            "messages.1.content.0: Input tag 'image' found using 'type' does not match any of the expected tags: "
            "'text', 'thinking', 'redacted_thinking', 'tool_use'"
        ),
    ),
    "a call of the member's": (
        messages(CALL),
        (
            "messages.0.content.0: Input tag 'tool_use' found using 'type' does not match any of the expected tags: "
            "'text', 'image', 'document', 'tool_result'"
        ),
    ),
    "an image in the system": (
        {"system": [PNG]},
        "system.0: Input tag 'image' found using 'type' does not match any of the expected tags: 'text'",
    ),
    "a thought that is not the model's": (
        {
            "messages": [
                *ASKS["messages"],
                {"role": "assistant", "content": [{"type": "thinking", "thinking": "hm", "signature": "me"}]},
                *ASKS["messages"],
            ]
        },
        "messages.1.content.0: Invalid `signature` in `thinking` block",
    ),
    "an image of another kind": (
        messages(image("image/bmp", b"BM")),
        (
            "messages.0.content.0.image.source.base64.media_type: "
            "Input should be 'image/jpeg', 'image/png', 'image/gif' or 'image/webp'"
        ),
    ),
    "a photograph that says it is a drawing": (
        messages(TEXT, image("image/png", IMAGES["image/jpeg"])),
        (
            "messages.0.content.1.image.source.base64: The image was specified using the image/png media type, "
            "but the image appears to be a image/jpeg image"
        ),
    ),
    "a page that says it is an image": (messages(image("image/png", b"<html>")), "Could not process image"),
    "an image of nothing": (
        messages(image("image/png", b"")),
        "messages.0.content.0.image.source.base64: image cannot be empty",
    ),
    "an image with its prefix": (
        messages({"type": "image", "source": PNG["source"] | {"data": "data:image/png;base64,iVBORw0KGgo="}}),
        "messages.0.content.0.image.source.base64.data: Invalid base64 data",
    ),
    "an image that is too large": (
        messages(image("image/png", IMAGES["image/png"].ljust(LARGEST_IMAGE * 3 // 4 + 1, b"\0"))),
        (
            f"messages.0.content.0.image.source.base64: image exceeds 5 MB maximum: {LARGEST_IMAGE + 4} bytes > "
            f"{LARGEST_IMAGE} bytes"
        ),
    ),
    "a broken image in a result": (
        answered(RESULT | {"content": [image("image/png", b"<html>")]}),
        "Could not process image",
    ),
    "an image in the clear": (
        messages({"type": "image", "source": {"type": "url", "url": "http://localhost/a.png"}}),
        "messages.0.content.0.image.source.url: Only HTTPS URLs are supported.",
    ),
    "a PDF that is none": (
        messages(document("base64", "application/pdf", "PGh0bWw+")),
        "messages.0.content.0.pdf.source.base64.data: The PDF specified was not valid.",
    ),
    "a document of another kind": (
        messages(document("base64", "application/msword", "PGh0bWw+")),
        "messages.0.content.0.document.source.base64.media_type: Input should be 'application/pdf'",
    ),
    "a marked-up document": (
        messages(document("text", "text/html", "<p>")),
        "messages.0.content.0.document.source.text.media_type: Input should be 'text/plain'",
    ),
    "an empty document": (
        messages(document("text", "text/plain", "")),
        "messages.0.content.0.document.source.text.data: text content blocks must contain non-whitespace text",
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

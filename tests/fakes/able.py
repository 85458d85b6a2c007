"""A model behind the local Messages API that can do everything it is asked for, and has eyes."""

import base64
import json
import zlib
from io import BytesIO

from pypdf import PdfReader

from bot.llm.request import REPORT
from tests.servers.anthropic import Asked, Call, Reply, Says

BLUE = {"colour": "blue"}
COLOURS = {b"\x00\x80\x00": "green", b"\xff\xff\x00": "yellow"}


def able(asked: Asked) -> Reply:
    """A model that can do everything, and has eyes."""
    body, [block, *_] = asked.body, asked.messages[-1]["content"]
    if body.get("tool_choice", {}).get("type") == "tool":
        return Says(Call(REPORT, BLUE))
    if "output_config" in body or "JSON Schema" in str(body["system"]):
        return Says(json.dumps(BLUE))
    if isinstance(block, dict) and block["type"] in {"image", "document"}:
        seen = {"image": seen_in_image, "document": read_in_pdf}[block["type"]]
        return Says(seen(base64.b64decode(block["source"]["data"])).capitalize() + ".")
    return Says("one two three four five ", "six seven eight nine ten")


def seen_in_image(content: bytes) -> str:
    """The names of its colours."""
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    start = content.index(b"IDAT")
    size = int.from_bytes(content[start - 4 : start])
    row = zlib.decompress(content[start + 4 : start + 4 + size])[1 : 1 + 32 * 3]
    return " and ".join(dict.fromkeys(COLOURS[row[at : at + 3]] for at in range(0, len(row), 3)))


def read_in_pdf(content: bytes) -> str:
    """Its text."""
    [page] = PdfReader(BytesIO(content), strict=True).pages
    return page.extract_text()


class Listed(frozenset[str]):
    """An endpoint that answers for every name, whatever it lists."""

    def __contains__(self, name: object) -> bool:
        return True

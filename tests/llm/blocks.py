"""Reads back what the models are told, by the letter: a transcript that says anything else than it should is seen."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import unescape
from typing import Any

_ELEMENT = re.compile(r'<(\w+)((?: \w+="[^"<>]*")*)(?:/>|>([^<>]*)</\1>)')
_ATTRIBUTE = re.compile(r' (\w+)="([^"<>]*)"')


@dataclass(frozen=True)
class Element:
    """One tag, what it is given, and what stands in it; None: it is empty."""

    tag: str
    named: Mapping[str, str]
    text: str | None


@dataclass(frozen=True)
class File:
    """An image or a document."""

    media_type: str
    data: str


def elements(text: str) -> Sequence[Element]:
    """The elements of a text that is nothing else. Raises AssertionError where anything stands between them."""
    found, end = [], 0
    while end < len(text):
        match = _ELEMENT.match(text, end)
        assert match, f"no element: {text[end : end + 60]!r}"
        named = {name: unescape(value) for name, value in _ATTRIBUTE.findall(match[2])}
        found.append(Element(match[1], named, None if match[3] is None else unescape(match[3])))
        end = match.end()
    return found


def read(blocks: Iterable[Mapping[str, Any]]) -> list[Element | File]:
    """Content blocks, as a model is given them."""
    found: list[Element | File] = []
    for block in blocks:
        if block["type"] == "text":
            found += elements(block["text"])
        else:
            found.append(File(block["source"]["media_type"], block["source"]["data"]))
    return found


def unmarked(blocks: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Blocks without the marks for the vendor's cache, which are no part of what is told."""
    return [{key: value for key, value in block.items() if key != "cache_control"} for block in blocks]

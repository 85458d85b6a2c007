"""What an endpoint can do, as it shows: some that speak the Messages API lack parts of it.

Gateways and local model servers refuse a field they do not know (400), or act as if it were not there. Each model's
Abilities begin with everything and lose what was seen not to work; a request is then put in the words that are left.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

Structure = Literal["output", "tool", "text"]  # structured output; a forced tool call; JSON that is asked for in words

_WORD = re.compile(r"[a-z_]+")
_TOOLS = ("tool", "tools", "tool_choice")
_SIMPLER: Mapping[Structure, Structure] = {"output": "tool", "tool": "text"}


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a model at an endpoint can do."""

    streaming: bool = True
    tools: bool = True
    files: bool = True  # images and PDFs
    caching: bool = True  # and a system prompt in blocks, which nothing else needs
    structure: Structure = "output"

    @property
    def lacks(self) -> tuple[str, ...]:
        """What it is seen to lack, in words."""
        missing = [name for name in ("streaming", "tools", "files", "caching") if not getattr(self, name)]
        return (*missing, *(["structured output"] if self.structure != "output" else []))

    def less_structure(self) -> "Abilities":
        """With the next simpler way of asking for a reply in a shape; the simplest stays."""
        return replace(self, structure=_SIMPLER.get(self.structure, self.structure))

    def loss(self, request: Mapping[str, Any], complaint: str) -> "Loss | None":
        """What may be wrong with a request that was refused: what the complaint names, else the likeliest.

        In: the request as it was sent, and the vendor's words, which are looked at here and go nowhere else.
        """
        said = set(_WORD.findall(complaint.lower()))
        losses = [Loss({name: left}, named=not said.isdisjoint(words)) for name, left, words in self._used(request)]
        return min(losses, key=lambda each: not each.named, default=None)

    def _used(self, request: Mapping[str, Any]) -> Iterator[tuple[str, Any, Collection[str]]]:
        """The abilities that a request needs, the likeliest fault first; what is left without; how they are named."""
        if any(_is_file(block) for message in request["messages"] for block in _blocks(message)):
            yield "files", False, {"image", "images", "document", "documents", "media_type", "pdf", "pdfs"}
        if "output_config" in request or request.get("tool_choice", {}).get("type") == "tool":
            yield "structure", self.less_structure().structure, {"output_config", "json_schema", "structured", *_TOOLS}
        elif "tools" in request:
            yield "tools", False, _TOOLS
        if not isinstance(request["system"], str):
            yield "caching", False, {"cache_control", "system"}
        if request.get("stream"):
            yield "streaming", False, {"stream", "streaming"}


@dataclass(frozen=True, slots=True)
class Loss:
    """What is left of an ability that an endpoint may lack. `named`: its complaint says so; else it is a guess."""

    left: Mapping[str, Any]
    named: bool


def without_files(messages: Sequence[Any]) -> list[Any]:
    """The messages with a note in the place of each image and PDF."""
    note = {"type": "text", "text": '<attachment shown="no"/>'}
    return [
        {**message, "content": [note if _is_file(block) else block for block in _blocks(message)]}
        for message in messages
    ]


def without_caching(part: Any) -> Any:
    """The same without any `cache_control`, all the way down."""
    if isinstance(part, dict):
        return {key: without_caching(each) for key, each in part.items() if key != "cache_control"}
    if isinstance(part, list | tuple):
        return [without_caching(each) for each in part]
    return part


def _blocks(message: Mapping[str, Any]) -> list[Any]:
    content = message["content"]
    return [{"type": "text", "text": content}] if isinstance(content, str) else list(content)


def _is_file(block: Any) -> bool:
    return isinstance(block, dict) and block.get("type") in {"image", "document"}

"""What an endpoint can do, as it shows: some that speak the Messages API lack parts of it.

Gateways and local model servers refuse a field they do not know (400), or act as if it were not there. Each model's
Abilities begin with everything and lose what was seen not to work; a request is then put in the words that are left.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

Structure = Literal["output", "tool", "text"]  # structured output; a forced tool call; JSON that is asked for in words

_SIMPLER: Mapping[Structure, Structure] = {"output": "tool", "tool": "text"}


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a model at an endpoint can do."""

    streaming: bool = True
    tools: bool = True
    files: bool = True  # images and PDFs
    caching: bool = True
    structure: Structure = "output"

    @property
    def lacks(self) -> tuple[str, ...]:
        """What it is seen to lack, in words."""
        missing = [name for name in ("streaming", "tools", "files", "caching") if not getattr(self, name)]
        return (*missing, *(["structured output"] if self.structure != "output" else []))

    def less_structure(self) -> "Abilities":
        """With the next simpler way of asking for a reply in a shape; the simplest stays."""
        return replace(self, structure=_SIMPLER.get(self.structure, self.structure))

    def simpler(self, request: Mapping[str, Any], complaint: str) -> Iterator["Abilities"]:
        """What may work where a request was refused: one ability less each, what the complaint names first.

        In: the request as it was sent, and the vendor's words, which are looked at here and go nowhere else.
        """
        found = [each for each in self._less(request) if each[1] != self]
        found.sort(key=lambda each: not any(word in complaint for word in each[0]))
        yield from (less for _, less in found)

    def _less(self, request: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], "Abilities"]]:
        if "output_config" in request or request.get("tool_choice", {}).get("type") == "tool":
            words = ("output_config", "output_format", "json_schema", "tool_choice")
            yield words, self.less_structure()
        elif "tools" in request:
            yield ("tool",), replace(self, tools=False)
        if any(_is_file(block) for message in request["messages"] for block in _blocks(message)):
            yield ("image", "document", "media_type", "pdf"), replace(self, files=False)
        if "cache_control" in str(request):
            yield ("cache_control",), replace(self, caching=False)
        if request.get("stream"):
            yield ("stream",), replace(self, streaming=False)


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

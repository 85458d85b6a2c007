"""Tokens, and what of a prompt is read from the cache, written to it, or neither.

**Tokens** are counted by one rule, near enough to the vendor's for English and the same on every machine: for each
block a third of the UTF-8 bytes of its text or document, rounded up, for a call of its tool's name and of its input;
IMAGE for an image; a third of its JSON for anything else. A message adds MESSAGE to its first block, a tool adds TOOL.

**The cache** follows the vendor's pages on prompt caching (2026-10). A prompt is `tools`, then `system`, then
`messages`, block by block. `cache_control` on a block writes one entry, the hash of everything up to there, to the byte
and in the order of keys; a request reads the longest prefix for which there is an entry. It looks for one at each of
its breakpoints and, going back, at LOOKBACK positions in all (a run of tool calls, or of their results, is one). Caches
are a model's own. A change of `tool_choice`, of the thinking, of the effort, or from no images to some, spoils what is
cached of the messages; of the output's format, also of the system, since the format is told there; of the tools,
everything. Entries live as long as their `ttl` after they were last used; they are written when the reply begins, so
that of two requests at the same time neither reads the other's.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from hashlib import sha256
from itertools import accumulate
from typing import Any

BYTES = 3  # of a text, a token
IMAGE = 1_600  # tokens: what the largest images cost
MESSAGE, TOOL = 4, 8  # tokens
LOOKBACK = 20  # positions
SECONDS = {"5m": 300.0, "1h": 3_600.0}
RUNS = frozenset({"tool_use", "tool_result"})
UNMARKED = frozenset({"thinking", "redacted_thinking", "format"})  # no breakpoint may stand on them
LEAST, LEAST_LARGE = (
    1_024,
    4_096,
)  # tokens of the shortest prefix that is cached; some of the vendor's take 512 or 2,048
DEFAULT_EFFORT = "high"  # naming it is the same as leaving it out


@dataclass(frozen=True)
class Usage:
    """Tokens, as a reply reports them; `+` adds up a bill."""

    input_tokens: int = 0  # neither read from the cache nor written to it
    cache_read_input_tokens: int = 0
    ephemeral_5m_input_tokens: int = 0
    ephemeral_1h_input_tokens: int = 0
    output_tokens: int = 0

    @property
    def cache_creation_input_tokens(self) -> int:
        """Written to the cache."""
        return self.ephemeral_5m_input_tokens + self.ephemeral_1h_input_tokens

    @property
    def prompt_tokens(self) -> int:
        """The whole prompt."""
        return self.input_tokens + self.cache_read_input_tokens + self.cache_creation_input_tokens

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(Usage)))


@dataclass(frozen=True)
class Part:
    """One block of a prompt."""

    section: str  # tools, system or messages
    kind: str
    raw: bytes
    tokens: int
    ttl: str | None = None  # of the breakpoint after it


@dataclass(frozen=True)
class Plan:
    """What a prompt costs, and the entries that it uses once its reply begins."""

    usage: Usage
    entries: Mapping[bytes, str]  # by hash: the ttl to write it with, if there is none
    at: float


class Cache:
    """The entries of all models. `minimum` is the shortest prefix in tokens, for every model if given."""

    def __init__(self, now: Callable[[], float], minimum: int | None) -> None:
        self._now, self._minimum = now, minimum
        self._entries: dict[bytes, tuple[str, float]] = {}  # by hash: ttl, and the time of its last use

    def plan(self, body: Mapping[str, Any]) -> Plan:
        """Look up what there is, as of now."""
        parts, at = list(parted(body)), self._now()
        hashes, sums = list(_hashes(body, parts)), list(accumulate(part.tokens for part in parts))
        least = self._least(body["model"])
        marked = {n: part.ttl for n, part in enumerate(parts) if part.ttl and sums[n] >= least}
        hit = next((h for n in reversed(marked) for h in _back(parts, n) if self._lives(hashes[h], at)), None)
        read = 0 if hit is None else sums[hit]
        hour = max((sums[n] for n, ttl in marked.items() if ttl == "1h"), default=0)
        written, total = max((sums[n] for n in marked), default=0), sums[-1] if sums else 0
        long, end = max(read, hour), max(read, written)
        usage = Usage(total - end, read, end - long, long - read)
        used = {hashes[n]: ttl for n, ttl in marked.items()}
        return Plan(usage, used if hit is None else {hashes[hit]: "5m"} | used, at)

    def keep(self, plan: Plan) -> Usage:
        """Write the entries of a plan, and refresh those that are there. An entry keeps the ttl it was written with."""
        for key, ttl in plan.entries.items():
            kept, used = self._entries[key] if self._lives(key, plan.at) else (ttl, plan.at)
            self._entries[key] = (kept, max(used, plan.at))
        return plan.usage

    def _lives(self, key: bytes, at: float) -> bool:
        ttl, used = self._entries.get(key, ("5m", float("-inf")))
        return at - used < SECONDS[ttl]

    def _least(self, model: str) -> int:
        if self._minimum is not None:
            return self._minimum
        return LEAST_LARGE if "haiku" in model or "opus-4" in model else LEAST


def tokens(raw: bytes | str) -> int:
    """The tokens of a text."""
    size = len(raw.encode()) if isinstance(raw, str) else len(raw)
    return -(-size // BYTES)


def said_tokens(content: Sequence[Mapping[str, Any]]) -> int:
    """The tokens of what a model says: one for having begun, and its blocks."""
    return 1 + sum(map(_size, content))


def prompt_tokens(body: Mapping[str, Any]) -> int:
    """The tokens of a whole prompt."""
    return sum(part.tokens for part in parted(body))


def parted(body: Mapping[str, Any]) -> Iterator[Part]:
    """The blocks of a prompt in the order of the cache, with the breakpoint that the whole request asks for."""
    parts = list(_parts(body))
    if automatic := body.get("cache_control"):
        last = next((n for n in reversed(range(len(parts))) if parts[n].kind not in UNMARKED), None)
        if last is not None:
            parts[last] = replace(parts[last], ttl=parts[last].ttl or automatic.get("ttl", "5m"))
    yield from parts


def _parts(body: Mapping[str, Any]) -> Iterator[Part]:
    for tool in body.get("tools", ()):
        yield _part("tools", tool, TOOL)
    if told := (body.get("output_config") or {}).get("format"):
        yield Part("system", "format", _json(told), tokens(_json(told)))
    for block in blocks_of(body.get("system") or ()):
        yield _part("system", block, 0)
    for message in body["messages"]:
        for number, block in enumerate(blocks_of(message["content"])):
            yield _part("messages", block, 0 if number else MESSAGE, message["role"])


def blocks_of(content: str | Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """A text is short for a list of one block."""
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _part(section: str, block: Mapping[str, Any], overhead: int, role: str = "") -> Part:
    bare = {key: value for key, value in block.items() if key != "cache_control"}
    mark = block.get("cache_control")
    ttl = mark.get("ttl", "5m") if mark else None
    return Part(section, block.get("type", "tool"), role.encode() + _json(bare), _size(bare) + overhead, ttl)


def _size(block: Mapping[str, Any]) -> int:
    match block:
        case {"type": "text", "text": str(text)} | {"type": "thinking", "thinking": str(text)}:
            return tokens(text)
        case {"type": "tool_use", "name": str(name), "input": given}:
            return tokens(name) + tokens(_json(given))
        case {"type": "tool_result", "content": str(text)}:
            return tokens(text)
        case {"type": "image"}:
            return IMAGE
        case {"type": "document", "source": {"type": "base64", "data": str(base64)}}:
            return len(base64) // 4  # in base64 three bytes, a token, are four characters
        case {"type": "document", "source": {"data": str(text)}}:
            return tokens(text)
        case {"type": "document", "source": {"content": list(inner)}} | {"type": "tool_result", "content": list(inner)}:
            return sum(map(_size, inner))
    return tokens(_json(block))


def _hashes(body: Mapping[str, Any], parts: Sequence[Part]) -> Iterator[bytes]:
    """Of every prefix, in order."""
    digest, spoilt = sha256(body["model"].encode()), False
    for part in parts:
        if part.section == "messages" and not spoilt:
            digest.update(_spoils(body, parts))
            spoilt = True
        digest.update(b"%s %d\n" % (part.section.encode(), len(part.raw)) + part.raw)
        yield digest.digest()


def _spoils(body: Mapping[str, Any], parts: Sequence[Part]) -> bytes:
    """What else the cache of the messages depends on."""
    effort = (body.get("output_config") or {}).get("effort") or DEFAULT_EFFORT
    images = any(b'"type": "image"' in part.raw for part in parts)  # in a text the quotes would be escaped
    return _json([body.get("tool_choice"), body.get("thinking"), effort, images])


def _back(parts: Sequence[Part], start: int) -> Iterator[int]:
    """The places where an entry is looked for, from a breakpoint back."""
    left = LOOKBACK
    for number in range(start, -1, -1):
        same_run = number < start and parts[number].kind == parts[number + 1].kind and parts[number].kind in RUNS
        left -= not same_run
        if left < 0:
            return
        yield number


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()

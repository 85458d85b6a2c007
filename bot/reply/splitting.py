"""A long text -> messages that a platform takes.

A part ends between paragraphs if it can, else between lines, else at a space; links, code in a line and characters
that are made of several stay whole. A code block that has to be cut is closed, and opened again in the next part.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from operator import itemgetter

from wcwidth import iter_graphemes

from bot.reply.blocks import MARK, Block, State

_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_SPACE = re.compile(r"[^\S\n]+")
_BLANK = re.compile(r"\s*")
_EMPTY_LINES = re.compile(r"(?:[ \t>]*\n)*")
_INVISIBLE = " \t\n>"
_WHOLE = re.compile(
    r"https?://[^\s<>]+"
    r"|\[[^\[\]\n]*\]\([^()\s]*(?:\([^()\s]*\)[^()\s]*)*\)"  # a link with a text
    r"|<[^<>\s]+>"  # an emoji, a channel, a moment
    r"|&(?:amp|lt|gt);"
    r"|(?<!`)(`+)(?!`)[^`\n]+\1(?!`)"  # code in a line
    r"|[^\n]?(?:`{3,16}|~{3,16})"  # with what is before it: at the beginning of a part it would open a block
)


@dataclass(frozen=True, slots=True)
class Parts:
    """What a text became: messages, and Markdown for a file of what they do not hold."""

    texts: tuple[str, ...]
    rest: str = ""


def split(text: str, *, limit: int, most: int) -> Parts:
    """Cut a text into messages.

    In: how much a message holds (at least 200; no part has more code points or UTF-16 units, whichever the platform
    counts), and how many there may be.
    Out: no part is empty or too long, and none leaves a code block open. White space between parts is left out. A text
    without anything to see in it has no parts.
    """
    text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").strip()  # no halves of characters
    marked = text.rfind(MARK)  # where the last mark is
    texts: list[str] = []
    at, opening, block = 0, "", None
    while at < len(text) and len(texts) < most:
        view = _View(opening, text[at : at + 2 * limit], block, limit, marked - at)
        end = view.cut()
        part, block, at = view.text[:end], view.state(end).block, at + end - len(opening)
        opening = ""
        if block:
            opening = block.opening if part.endswith("\n") else block.opening + block.quote
            part = part.removesuffix("\n") + block.closing
            line = _LINE.match(text, _past(_EMPTY_LINES, text, at))
            if line and block.is_closed_by(line[0]):
                at, opening, block = line.end(), "", None
        if block is None:
            at = _past(_BLANK, text, at)
        texts.append(part.rstrip())
    return Parts(tuple(texts), opening + text[at:] if at < len(text) else "")


class _View:
    """As much of a text as the next part can show, after what opens a code block again."""

    def __init__(self, opening: str, text: str, block: Block | None, limit: int, marked: int) -> None:
        self._beyond = opening + text
        self.text = _fitting(self._beyond, limit)
        self._limit = limit
        self._marked = marked + len(opening)
        self._whole = [each.span() for each in _WHOLE.finditer(self._beyond) if _units(each[0]) <= limit]
        start = opening.rfind("\n") + 1  # what opens a block may go on with the mark of a quotation
        self._lines = [(start, State(block, len(opening)))]  # where each begins, and what holds there
        for line in _LINE.finditer(self.text, start):
            self._lines.append((line.end(), self._after(*self._lines[-1], line.end())))

    def state(self, position: int) -> State:
        """What holds at a position."""
        start, state = self._lines[bisect_right(self._lines, position, key=itemgetter(0)) - 1]
        return state if start == position else self._after(start, state, position)

    def cut(self) -> int:
        """Where the part is to end."""
        size = len(self.text)
        if size == len(self._beyond) and self._fits(size, self.state(size)):
            return size
        return next(filter(self._allowed, self._breaks()), 0) or self._anywhere()

    def _after(self, start: int, state: State, end: int) -> State:
        return state.after(self.text[start:end], start, more=end <= self._marked)

    def _breaks(self) -> Iterator[int]:
        """Where a reader expects a break, the best first. One in the second half beats any before."""
        starts = [(at, state.block) for at, state in self._lines if self.text.endswith("\n", 0, at)]
        lines, code = [at for at, block in starts if not block], [at for at, block in starts if block]
        paragraphs = [at for at in lines if self.text.endswith("\n\n", 0, at)]
        spaces = [each.end() for each in _SPACE.finditer(self.text)]
        size = len(self.text)
        begins = size - len(self.text[self._lines[0][1].since :].lstrip(_INVISIBLE))
        for least, most in ((max(size // 2, begins), size), (begins, size // 2)):
            for places in (paragraphs, lines, code, spaces):
                yield from (at for at in reversed(places) if least <= at <= most)

    def _anywhere(self) -> int:
        """The last place between two characters, if there is one."""
        reserve = max((_units(state.block.closing) for _, state in self._lines if state.block), default=0)
        most = len(_fitting(self.text, self._limit - reserve))
        least = self._lines[0][1].since
        start = max(self.text.rfind("\n", 0, most) + 1, least)
        ends = accumulate(map(len, iter_graphemes(self._beyond[start : most + 1])), initial=start)
        between = [end for end in ends if least < end <= most]
        return next(filter(self._allowed, reversed(between)), between[-1] if between else most)

    def _allowed(self, position: int) -> bool:
        """Whether a cut there tears nothing, leaves something to see before it, and room to close a code block."""
        index = bisect_left(self._whole, position, key=itemgetter(0)) - 1
        if index >= 0 and position < self._whole[index][1]:
            return False
        state = self.state(position)
        return bool(self.text[state.since : position].strip(_INVISIBLE)) and self._fits(position, state)

    def _fits(self, position: int, state: State) -> bool:
        """Whether there is room for what is before it, with its code block closed."""
        closing = _units(state.block.closing) if state.block else 0
        return _units(self.text[:position]) + closing <= self._limit


def _units(text: str) -> int:
    """How long it is in UTF-16."""
    return len(text.encode("utf-16-le")) // 2


def _fitting(text: str, units: int) -> str:
    """As much of it as has so many units of UTF-16."""
    return text.encode("utf-16-le")[: 2 * units].decode("utf-16-le", "ignore")


def _past(pattern: re.Pattern[str], text: str, at: int) -> int:
    """Where that ends which begins at a place."""
    found = pattern.match(text, at)
    return found.end() if found else at

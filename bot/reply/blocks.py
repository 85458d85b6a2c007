"""Code blocks: where in a text one is open.

A code block begins with a line of three or more backticks or tildes, also in a quotation, in a list or further in, and
ends with another such line. Or, as chat platforms have it, it begins with three backticks inside a line, if there are
others behind them, and ends with those.
"""

import re
from dataclasses import dataclass, replace

MARK = "```"

_MARKS = re.compile(r"`{3,}")
_LANGUAGE = re.compile(r"[ \t]*([\w+#.-]{0,30})[ \t]*\n?")
# No one means a mark of more than 16, and it would have to be repeated.
_OPENS = re.compile(
    r"(?P<lead>[ \t>]{0,24}(?:(?:[-*+]|\d{1,3}[.)])[ \t]{1,8})?)(?P<mark>`{3,16}(?![^\n]*`)|~{3,16}(?!~))"
)


@dataclass(frozen=True, slots=True)
class Block:
    """A code block that is open.

    lead    what its closing line begins with
    inside  it began inside a line, and any mark closes it
    """

    mark: str = MARK
    lead: str = ""
    language: str = ""
    inside: bool = False

    @property
    def quote(self) -> str:
        """What each of its lines begins with, if all of it is quoted."""
        return "> " if ">" in self.lead else ""

    @property
    def opening(self) -> str:
        """What opens it again. At most 49 characters."""
        return f"{self.quote}{self.mark}{self.language}\n"

    @property
    def closing(self) -> str:
        """What closes it, with the break before it. At most 53 characters."""
        return f"\n{self.lead}{self.mark}"

    def is_closed_by(self, line: str) -> bool:
        """Whether a line closes it."""
        return re.fullmatch(rf"[ \t>]*{self.mark[0]}{{{len(self.mark)},}}\s*", line) is not None


@dataclass(frozen=True, slots=True)
class State:
    """What holds at a place in a text: the code block that is open, and where what it holds begins."""

    block: Block | None = None
    since: int = 0

    def after(self, line: str, at: int, *, more: bool) -> "State":
        """What holds behind a line, or a piece of one.

        In: where it begins; whether there are marks behind it.
        """
        block = self.block
        if block and block.quote and ">" not in line:
            block = None  # the quotation is over, and what was open in it
        if block and block.inside:
            return State() if len(_MARKS.findall(line)) % 2 else self
        if block:
            return State() if block.is_closed_by(line) else self
        if begins := _OPENS.match(line):
            lead = re.sub(r"[^\s>]", " ", begins["lead"])  # a list's mark would begin another item
            return _opened(Block(begins["mark"], lead), line, at, begins.end())
        marks = list(_MARKS.finditer(line))
        if len(marks) % 2 and more:
            return _opened(Block(inside=True), line, at, marks[-1].end())
        return State()


def _opened(block: Block, line: str, at: int, end: int) -> State:
    """In a block whose mark ends at `end` in a line. What follows is its language, or else belongs to what it holds."""
    language = _LANGUAGE.fullmatch(line, end)
    return State(replace(block, language=language[1]), at + len(line)) if language else State(block, at + end)

"""The little language of phrases, read into a tree.

i want to (die|be dead)     (a|b c)  alternatives, nestable; "suicid(e|al)" inside a word, too
[really] tired of [my] life [x]      may be there or not
kill ~3 myself              ~3       a gap of up to three words
suicid*                     word*    any word that begins like this
<i> want to <die>           <name>   alternatives named in the file's own [shared] table
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

LONGEST_GAP = 8  # words; what stands further apart is not one phrase
MOST_SPELLINGS = 400  # of one word with alternatives inside
_LEXEMES = re.compile(r"\s+|~\d*|<[^<>\s]*>|[()\[\]|]|[^\s()\[\]|<>~]+")


@dataclass(frozen=True, slots=True)
class Word:
    """One word; `prefix` means any word that begins like it."""

    text: str
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Gap:
    """Up to `words` words of any kind, within one sentence."""

    words: int


@dataclass(frozen=True, slots=True)
class Row:
    """Parts one after the other."""

    parts: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several; an empty Row among them makes it optional."""

    options: "tuple[Node, ...]"


Node = Word | Gap | Row | Choice
NOTHING = Row(())


class PatternFault(ValueError):
    """A phrase that cannot be read; the text says what is wrong and what is allowed. Caught by lexicon.py."""


def parse(phrase: str, shared: Mapping[str, Node], *, spaced: bool = True) -> Node:
    """Read one phrase; raises PatternFault."""
    reading = _Reading(_LEXEMES.findall(phrase.strip()), shared, spaced)
    tree = reading.alternatives()
    if reading.left():
        raise PatternFault(f"{reading.next()!r} closes nothing")
    return tree


class _Reading:
    """A recursive descent over the lexemes of one phrase."""

    def __init__(self, lexemes: Sequence[str], shared: Mapping[str, Node], spaced: bool) -> None:
        self._lexemes = list(reversed(lexemes))
        self._shared = shared
        self._spaced = spaced

    def left(self) -> bool:
        return bool(self._lexemes)

    def next(self) -> str:
        return self._lexemes[-1]

    def alternatives(self) -> Node:
        options = [self._sequence()]
        while self.left() and self.next() == "|":
            self._lexemes.pop()
            options.append(self._sequence())
        return options[0] if len(options) == 1 else Choice(tuple(options))

    def _sequence(self) -> Node:
        parts: list[Node] = []
        glued: list[Node] = []  # parts without a space between them
        while self.left() and self.next() not in ")]|":
            lexeme = self._lexemes.pop()
            if lexeme.isspace():
                parts += self._joined(glued)
                glued = []
            else:
                glued.append(self._part(lexeme))
        parts += self._joined(glued)
        return parts[0] if len(parts) == 1 else Row(tuple(parts))

    def _part(self, lexeme: str) -> Node:
        if lexeme in "([":
            inner = self.alternatives()
            closing = ")" if lexeme == "(" else "]"
            if not self.left() or self._lexemes.pop() != closing:
                raise PatternFault(f"{lexeme!r} is never closed with {closing!r}")
            return inner if lexeme == "(" else Choice((inner, NOTHING))
        if lexeme.startswith("~"):
            return _gap(lexeme)
        if lexeme.startswith("<"):
            if (name := lexeme[1:-1]) not in self._shared:
                raise PatternFault(f"{lexeme} is not in the file's [shared] table")
            return self._shared[name]
        if "*" in lexeme[:-1] or lexeme == "*":
            raise PatternFault(f"{lexeme!r}: a * may only end a word")
        return Word(lexeme.removesuffix("*"), prefix=lexeme.endswith("*"))

    def _joined(self, glued: list[Node]) -> list[Node]:
        if len(glued) < 2 or not self._spaced:
            return glued
        spellings = [()] if not glued else _glue([_spellings(part) for part in glued])
        options = tuple(Row(words) if len(words) != 1 else words[0] for words in spellings)
        return [options[0] if len(options) == 1 else Choice(options)]


def _gap(lexeme: str) -> Gap:
    words = int(lexeme[1:] or 0)
    if not 1 <= words <= LONGEST_GAP:
        raise PatternFault(f"{lexeme!r}: a gap is ~1 to ~{LONGEST_GAP}")
    return Gap(words)


def _glue(columns: list[list[tuple[Word, ...]]]) -> list[tuple[Word, ...]]:
    """All ways to write parts that stand without a space: "kill(ed|ing)" is killed, killing."""
    joined: list[tuple[Word, ...]] = []
    for row in product(*columns):
        words: list[Word] = []
        for part in row:
            if words and part:
                first = part[0]
                words[-1:] = [Word(words[-1].text + first.text, first.prefix), *part[1:]]
            else:
                words += part
        joined.append(tuple(words))
    if len(joined) > MOST_SPELLINGS:
        raise PatternFault(f"a word with {len(joined)} spellings; {MOST_SPELLINGS} are allowed")
    return joined


def _spellings(node: Node) -> list[tuple[Word, ...]]:
    match node:
        case Word():
            return [(node,)]
        case Gap():
            raise PatternFault("a gap needs spaces around it")
        case Choice(options):
            return [spelling for option in options for spelling in _spellings(option)]
        case Row(parts):
            return [tuple(w for part in row for w in part) for row in product(*map(_spellings, parts))]

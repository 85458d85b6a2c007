"""
Phrases compiled to one automaton over words (Glushkov's construction: a position per written word).

It reads from the last word to the first. Phrases end with the words that matter ("die", "myself", "suicide") and begin
with the most common ones ("i", "the", "my"): read backwards, hardly any phrase is open in ordinary text.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from bot.assess.by_wording.pattern import Choice, Gap, Node, PatternFault, Row, Word

OTHER = 0  # a word that no phrase contains
BREAK = 1  # the end of a sentence; nothing matches it, not even a gap

Respell = Callable[[str], tuple[str, ...]]  # a word of a phrase -> the words the reader will see for it


@dataclass(frozen=True, slots=True)
class Automaton:
    """What the matcher walks on. Positions are numbers; sets of them are frozen."""

    completes: tuple[tuple[int, ...], ...]  # position -> the phrases that are complete on it
    follow: tuple[frozenset[int], ...]  # position -> where the phrase goes on, that is, the words to the left
    before: tuple[frozenset[int], ...]  # position -> where it came from, the words to the right
    initial: frozenset[int]  # the last words of phrases
    gaps: frozenset[int]  # positions that match any word
    exact: dict[str, frozenset[int]]  # word -> positions it matches, prefixes included
    prefixes: dict[str, frozenset[int]]  # beginning of a word -> positions

    def matched_by(self, word: str) -> frozenset[int]:
        """The positions a word stands on: those that name it and those that name a beginning of it."""
        if (known := self.exact.get(word)) is not None:
            return known
        found = [self.prefixes[word[:n]] for n in range(1, len(word) + 1) if word[:n] in self.prefixes]
        return frozenset().union(*found)


@dataclass(frozen=True, slots=True)
class _Part:
    """A piece of a phrase: where it may begin and end, and whether it may be empty."""

    first: frozenset[int]
    last: frozenset[int]
    empty: bool


_EMPTY = _Part(frozenset(), frozenset(), True)


class Construction:
    """Takes phrases one by one; `done` gives the automaton."""

    def __init__(self, respell: Respell) -> None:
        self._respell = cache(respell)
        self._phrase_of: list[int] = []
        self._follow: list[set[int]] = []
        self._initial: set[int] = set()
        self._final: set[int] = set()
        self._gaps: set[int] = set()
        self._exact: dict[str, set[int]] = defaultdict(set)
        self._prefixes: dict[str, set[int]] = defaultdict(set)

    def add(self, phrase: int, tree: Node) -> None:
        """Compile one phrase; raises PatternFault if it would match without any word of its own."""
        part = self._compiled(phrase, tree)
        if part.empty or part.first & self._gaps or part.last & self._gaps:
            raise PatternFault("a phrase must begin and end with words, and may not be all optional")
        self._initial |= part.first
        self._final |= part.last

    def done(self) -> Automaton:
        """
        The automaton of all phrases added, with like endings made one.

        Two positions that match the same words and can be come to from the same positions stand for the same past, so
        they become one; phrases then share their beginnings, and few are open at any word. One pass suffices: a phrase
        has no loops, so what comes before a position has a lower number.
        """
        labels = self._labels()
        before: list[set[int]] = [set() for _ in self._follow]
        merged: dict[object, int] = {}
        number: list[int] = []  # position as constructed -> its number in the automaton
        for position, nexts in enumerate(self._follow):
            past = frozenset(number[earlier] for earlier in before[position])
            key = labels[position], position in self._initial, past
            number.append(merged.setdefault(key, len(merged)))
            for following in nexts:
                before[following].add(position)
        return self._numbered(number, len(merged))

    def _labels(self) -> list[object]:
        """What each position matches, in a form that can be compared."""
        labels: list[list[str]] = [[] for _ in self._follow]
        for mark, table in (("", self._exact), ("*", self._prefixes)):
            for word in sorted(table):
                for position in table[word]:
                    labels[position].append(word + mark)
        for position in self._gaps:
            labels[position].append("~")
        return [tuple(label) for label in labels]

    def _numbered(self, number: list[int], count: int) -> Automaton:
        """The automaton with its positions renumbered."""
        follow: list[set[int]] = [set() for _ in range(count)]
        before: list[set[int]] = [set() for _ in range(count)]
        completes: list[set[int]] = [set() for _ in range(count)]
        for position, nexts in enumerate(self._follow):
            follow[number[position]].update(number[following] for following in nexts)
            if position in self._final:
                completes[number[position]].add(self._phrase_of[position])
        for position, following in enumerate(follow):
            for later in following:
                before[later].add(position)
        prefixes = {text: frozenset(number[p] for p in found) for text, found in self._prefixes.items()}
        exact = {
            text: frozenset(number[p] for p in found).union(
                *(prefixes[text[:n]] for n in range(1, len(text) + 1) if text[:n] in prefixes)
            )
            for text, found in self._exact.items()
        }
        return Automaton(
            tuple(tuple(sorted(phrases)) for phrases in completes),
            tuple(map(frozenset, follow)),
            tuple(map(frozenset, before)),
            frozenset(number[position] for position in self._initial),
            frozenset(number[position] for position in self._gaps),
            exact,
            prefixes,
        )

    def _compiled(self, phrase: int, node: Node) -> _Part:
        match node:
            case Word(text, prefix):
                return self._word(phrase, text, prefix)
            case Gap(words):
                return self._gap(phrase, words)
            case Row(parts):
                return self._chain(self._compiled(phrase, part) for part in reversed(parts))
            case Choice(options):
                return self._choice(phrase, options)

    def _word(self, phrase: int, text: str, prefix: bool) -> _Part:
        *earlier, last = self._respell(text) or (None,)
        if last is None:
            return _EMPTY
        parts = [(last, prefix), *((word, False) for word in reversed(earlier))]
        return self._chain(self._one_of(phrase, [part]) for part in parts)

    def _choice(self, phrase: int, options: Iterable[Node]) -> _Part:
        """Options of one word share a position: most of a lexicon is lists of single words."""
        single: list[tuple[str, bool]] = []
        parts: list[_Part] = []
        for option in options:
            words = self._respell(option.text) if isinstance(option, Word) else None
            if isinstance(option, Word) and words is not None and len(words) == 1:
                single.append((words[0], option.prefix))
            elif words != ():  # a word that is passed over is no option
                parts.append(self._compiled(phrase, option))
        if single:
            parts.append(self._one_of(phrase, single))
        if not parts:
            return _EMPTY
        return _Part(
            frozenset().union(*(part.first for part in parts)),
            frozenset().union(*(part.last for part in parts)),
            any(part.empty for part in parts),
        )

    def _one_of(self, phrase: int, words: list[tuple[str, bool]]) -> _Part:
        position = self._position(phrase)
        for text, prefix in words:
            (self._prefixes if prefix else self._exact)[text].add(position)
        only = frozenset([position])
        return _Part(only, only, False)

    def _gap(self, phrase: int, words: int) -> _Part:
        positions = [self._position(phrase) for _ in range(words)]
        self._gaps |= set(positions)
        for position, following in pairwise(positions):
            self._follow[position].add(following)
        return _Part(frozenset(positions[:1]), frozenset(positions), True)

    def _chain(self, parts: Iterable[_Part]) -> _Part:
        whole = _EMPTY
        for part in parts:
            for position in whole.last:
                self._follow[position] |= part.first
            whole = _Part(
                whole.first | part.first if whole.empty else whole.first,
                whole.last | part.last if part.empty else part.last,
                whole.empty and part.empty,
            )
        return whole

    def _position(self, phrase: int) -> int:
        self._phrase_of.append(phrase)
        self._follow.append(set())
        return len(self._follow) - 1

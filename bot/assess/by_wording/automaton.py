"""Phrases compiled to one automaton over words (Glushkov's construction: a position per written word)."""

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

    phrase_of: tuple[int, ...]  # position -> the phrase it belongs to
    follow: tuple[frozenset[int], ...]  # position -> where the phrase goes on
    before: tuple[frozenset[int], ...]  # the same, backwards
    initial: frozenset[int]
    final: frozenset[int]
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
        """The automaton of all phrases added."""
        before: list[set[int]] = [set() for _ in self._follow]
        for position, nexts in enumerate(self._follow):
            for following in nexts:
                before[following].add(position)
        prefixes = {text: frozenset(found) for text, found in self._prefixes.items()}
        exact = {
            text: frozenset(found).union(*(prefixes[text[:n]] for n in range(1, len(text) + 1) if text[:n] in prefixes))
            for text, found in self._exact.items()
        }
        return Automaton(
            tuple(self._phrase_of),
            tuple(map(frozenset, self._follow)),
            tuple(map(frozenset, before)),
            frozenset(self._initial),
            frozenset(self._final),
            frozenset(self._gaps),
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
                return self._chain(self._compiled(phrase, part) for part in parts)
            case Choice(options):
                return self._choice(phrase, options)

    def _word(self, phrase: int, text: str, prefix: bool) -> _Part:
        words = self._respell(text)
        last = len(words) - 1
        return self._chain(self._one_of(phrase, [(word, prefix and index == last)]) for index, word in enumerate(words))

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

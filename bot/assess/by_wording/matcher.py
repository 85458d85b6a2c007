"""Finds every phrase in one pass over the words of a message.

How: the phrases are one nondeterministic automaton over *words* (automaton.py); the matcher walks its deterministic
form, which it builds lazily, as RE2 does over bytes. A step that was taken before costs one dict lookup, however many
phrases there are; a new step costs a few set operations on the phrases that are open at that point, at most.
No input makes it go back, so time is linear in the words; `steps` counts what was done, for tests to hold it there.

Why not the alternatives: an Aho-Corasick trie over words would need every phrase written out, and the grammar of one
language alone (wish x pronoun x tense x object, with optional words and gaps) multiplies to millions of strings.
google-re2 reads bytes, needs a binary wheel for every platform, and falls back from its own lazy automaton when gaps
meet a few thousand alternatives; folding, typing mistakes and evidence would still be ours. Python's `re` backtracks.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.assess.by_wording.automaton import BREAK, OTHER, Automaton

MOST_STATES = 20_000  # remembered; then the memory starts anew. About 60 MB at worst; everyday chat needs a fraction.


@dataclass(frozen=True, slots=True)
class Hit:
    """A phrase found: its number, and the words it spans (`end` is one past the last)."""

    phrase: int
    start: int
    end: int


@dataclass(slots=True, eq=False)
class _State:
    follow: frozenset[int]  # where open phrases may go on
    idle: frozenset[int]  # those among them that any word moves on
    ends: tuple[int, ...]  # positions at which a phrase is complete, one per phrase
    step: dict[int, "_State"] = field(default_factory=dict)


class Matcher:
    """Walks an automaton over the symbols of words."""

    def __init__(self, automaton: Automaton) -> None:
        self._automaton = automaton
        self._positions: list[frozenset[int]] = [frozenset(), frozenset()]  # by symbol; OTHER and BREAK match none
        self._begins: list[frozenset[int]] = [frozenset(), frozenset()]  # those that begin a phrase
        self._symbols: dict[frozenset[int], int] = {frozenset(): OTHER}
        self._states: dict[frozenset[int], _State] = {}
        self._start = self._state(frozenset())
        self.steps = 0  # set operations and lookups done so far, in units of one position or word

    def symbol(self, word: str) -> int:
        """The number under which the matcher knows a word; words that match alike share one."""
        positions = self._automaton.matched_by(word)
        if (known := self._symbols.get(positions)) is not None:
            return known
        self._positions.append(positions)
        self._begins.append(positions & self._automaton.initial)
        return self._symbols.setdefault(positions, len(self._positions) - 1)

    def find(self, symbols: Sequence[int]) -> list[Hit]:
        """Every phrase in a row of symbols, each with its longest span for the place where it ends."""
        state = self._start
        ends: list[tuple[int, int]] = []
        for index, symbol in enumerate(symbols):
            following = state.step.get(symbol)
            state = self._step(state, symbol) if following is None else following
            if state.ends:
                ends += [(position, index) for position in state.ends]
        self.steps += len(symbols)
        return [Hit(self._automaton.phrase_of[p], self._beginning(p, i, symbols), i + 1) for p, i in ends]

    def _step(self, state: _State, symbol: int) -> _State:
        if symbol == BREAK:
            reached: frozenset[int] = frozenset()
        else:
            reached = (state.follow & self._positions[symbol]) | state.idle | self._begins[symbol]
        self.steps += 1 + len(reached) + min(len(state.follow), len(self._positions[symbol]))
        following = self._states.get(reached) or self._state(reached)
        state.step[symbol] = following
        return following

    def _state(self, reached: frozenset[int]) -> _State:
        if len(self._states) >= MOST_STATES:
            self._states = {}
            self._start = self._state(frozenset())
        follow: frozenset[int] = frozenset().union(*(self._automaton.follow[position] for position in reached))
        complete = {self._automaton.phrase_of[p]: p for p in sorted(reached & self._automaton.final)}
        state = _State(follow, follow & self._automaton.gaps, tuple(complete.values()))
        return self._states.setdefault(reached, state)

    def _beginning(self, position: int, index: int, symbols: Sequence[int]) -> int:
        """Walk back from where a phrase is complete to the earliest word it can have begun with."""
        automaton = self._automaton
        standing: frozenset[int] = frozenset([position])
        earliest = index
        while True:
            self.steps += len(standing)
            if standing & automaton.initial:
                earliest = index
            index -= 1
            if index < 0 or symbols[index] == BREAK:
                return earliest
            previous: frozenset[int] = frozenset().union(*(automaton.before[at] for at in standing))
            standing = previous & (self._positions[symbols[index]] | automaton.gaps)
            if not standing:
                return earliest

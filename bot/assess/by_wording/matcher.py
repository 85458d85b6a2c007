"""Finds every phrase in one pass over the words of a message, from the last to the first.

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
    """Where the phrases stand that were begun before the last word."""

    follow: frozenset[int]  # where they may go on
    idle: frozenset[int]  # those among them that any word moves on
    complete: tuple[int, ...]  # positions at which one is complete
    step: dict[int, frozenset[int]] = field(default_factory=dict)  # by next symbol: where they stand then


@dataclass(slots=True)
class _Symbol:
    """What all words under one symbol do alike."""

    positions: frozenset[int]
    follow: frozenset[int]  # where the phrases go on that begin here
    idle: frozenset[int]  # those among them that any word moves on
    complete: tuple[int, ...]  # positions of phrases of this one word
    after: dict[int, frozenset[int]] = field(default_factory=dict)  # by next symbol: which of `follow` are reached


_NONE: frozenset[int] = frozenset()


class Matcher:
    """Walks an automaton over the symbols of words."""

    def __init__(self, automaton: Automaton) -> None:
        self._automaton = automaton
        self._final = frozenset(position for position, phrases in enumerate(automaton.completes) if phrases)
        self._symbols = [_Symbol(_NONE, _NONE, _NONE, ()) for _ in (OTHER, BREAK)]
        self._numbers: dict[frozenset[int], int] = {_NONE: OTHER}
        self._nowhere = self._state(_NONE)
        self._states: dict[frozenset[int], _State] = {}
        self.steps = 0  # set operations and lookups done so far, in units of one position or word

    def symbol(self, word: str) -> int:
        """The number under which the matcher knows a word; words that match alike share one."""
        positions = self._automaton.matched_by(word)
        if (known := self._numbers.get(positions)) is not None:
            return known
        begins = positions & self._automaton.initial
        follow = self._followed(begins)
        whole = tuple(sorted(begins & self._final))
        self._symbols.append(_Symbol(positions, follow, follow & self._automaton.gaps, whole))
        return self._numbers.setdefault(positions, len(self._symbols) - 1)

    def find(self, symbols: Sequence[int]) -> list[Hit]:
        """Every phrase in a row of symbols, in order, each with its longest span for the place where it begins."""
        leftward = symbols[::-1]
        count = len(symbols)
        self.steps += count
        hits = [
            Hit(phrase, count - 1 - index, count - last)
            for position, index in self._completed(leftward)
            for last in (self._last(position, index, leftward),)
            for phrase in self._automaton.completes[position]
        ]
        return sorted(hits, key=_place)

    def _completed(self, leftward: Sequence[int]) -> list[tuple[int, int]]:
        """Walk over a row of symbols: each position that completes a phrase, with where it does."""
        found: list[tuple[int, int]] = []
        state, last = self._nowhere, self._symbols[OTHER]
        for index, symbol in enumerate(leftward):
            this = self._symbols[symbol]
            if state is self._nowhere:
                at = _NONE
            elif (known := state.step.get(symbol)) is not None:
                at = known
            else:
                at = self._carried(state, symbol)
            if last.follow:
                begun = last.after.get(symbol)
                if begun is None:
                    begun = self._begun(last, symbol)
                if begun:
                    at = at | begun if at else begun
            state = (self._states.get(at) or self._state(at)) if at else self._nowhere
            last = this
            if state.complete or this.complete:
                found += [(position, index) for position in (*state.complete, *this.complete)]
        return found

    def _carried(self, state: _State, symbol: int) -> frozenset[int]:
        """Where the phrases that a state holds stand after one more word."""
        positions = self._symbols[symbol].positions
        reached = _NONE if symbol == BREAK else (state.follow & positions) | state.idle
        self.steps += 1 + len(reached) + min(len(state.follow), len(positions))
        state.step[symbol] = reached
        return reached

    def _begun(self, last: _Symbol, symbol: int) -> frozenset[int]:
        """Where the phrases that the last word began stand after one more."""
        positions = self._symbols[symbol].positions
        reached = _NONE if symbol == BREAK else (last.follow & positions) | last.idle
        self.steps += 1 + len(reached) + min(len(last.follow), len(positions))
        last.after[symbol] = reached
        return reached

    def _state(self, at: frozenset[int]) -> _State:
        if at and len(self._states) >= MOST_STATES:
            self._forget()
        follow = self._followed(at)
        complete = at & self._final
        state = _State(follow, follow & self._automaton.gaps, tuple(sorted(complete)) if complete else ())
        if at:
            self._states[at] = state
        return state

    def _forget(self) -> None:
        self._states = {}
        for symbol in self._symbols:
            symbol.after.clear()

    def _followed(self, positions: frozenset[int]) -> frozenset[int]:
        """Where phrases that stand on these positions may go on."""
        return _NONE.union(*map(self._automaton.follow.__getitem__, positions))

    def _last(self, position: int, index: int, leftward: Sequence[int]) -> int:
        """Walk back from where a phrase is complete to the farthest word it can have started the walk with."""
        automaton = self._automaton
        standing: frozenset[int] = frozenset([position])
        farthest = index
        while True:
            self.steps += len(standing)
            if not standing.isdisjoint(automaton.initial):
                farthest = index
            index -= 1
            if index < 0 or leftward[index] == BREAK:
                return farthest
            previous = _NONE.union(*map(automaton.before.__getitem__, standing))
            standing = (previous & self._symbols[leftward[index]].positions) | (previous & automaton.gaps)
            if not standing:
                return farthest


def _place(hit: Hit) -> tuple[int, int]:
    return hit.start, hit.end

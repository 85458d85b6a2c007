"""The words the phrases know, and how a word as typed finds them.

Shorthand ("dont", "wanna", "kms") is written out, words that only add weight ("really", "fucking") are passed over,
and a word nobody knows is tried as a stretched, disguised, glued or mistyped form of one that the phrases contain.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field

from bot.assess.by_wording import folding

LONGEST_WORD = 40  # letters; nothing longer is a word that somebody means to be read
TYPO_LENGTH = 4  # letters; shorter words are too close to one another to guess (their typos stand in shorthand.toml)

_STRETCHED = re.compile(r"(\w)\1{2,}")
_SIGNS = {"0": "o", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "9": "g", "@": "a", "$": "s", "€": "e", "£": "l"}
_READ_AS_LETTERS = (
    str.maketrans(_SIGNS | {"1": "i", "!": "i", "|": "i"}),
    str.maketrans(_SIGNS | {"1": "l", "!": "l", "|": "l"}),
)
_DISGUISED = re.compile(r"[0-9@$!|€£]")
_NOT_LETTERS = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Shorthand:
    """How words are written out; a word that stands for itself is not in `stands_for`."""

    stands_for: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    passed_over: Set[str] = frozenset()  # words that add weight but no sense; phrases and messages lose them alike
    mistyped: tuple[str, ...] = ()  # words that are recognised with one letter wrong, the most important first
    ordinary: Set[str] = frozenset()  # real words that are near one of those and no typing mistake

    def written_out(self, word: str) -> tuple[str, ...]:
        """A folded word as the words it stands for: none if it is passed over."""
        if word in self.passed_over or not word:
            return ()
        return self.stands_for.get(word, (word,))

    def of_phrase(self, word: str) -> tuple[str, ...]:
        """A word of a phrase, or of a name, as the words that messages are read in."""
        return tuple(out for part in folding.PIECES.findall(word) for out in self.written_out(folding.folded(part)))


class Vocabulary:
    """Reads a word as typed as the words it most likely means."""

    def __init__(self, shorthand: Shorthand, words: Iterable[str], prefixes: Iterable[str]) -> None:
        """`words` and `prefixes` are those of the phrases, folded, the most important language first."""
        self._shorthand = shorthand
        ranked = list(dict.fromkeys([*words, *shorthand.stands_for, *shorthand.passed_over]))
        self._known = frozenset(ranked)
        self._prefixes = frozenset(prefixes)
        self._prefix_lengths = sorted({len(prefix) for prefix in self._prefixes})
        self._near: dict[str, str] = {}  # a word, or a word without one letter -> the first word known like that
        self._shaped: dict[tuple[int, str], list[str]] = defaultdict(list)  # by length and first letter
        for word in ranked:
            self._shaped[len(word), word[:1]].append(word)
        for word in shorthand.mistyped:
            for shorter in _without_one_letter(word):
                self._near.setdefault(shorter, word)

    def read(self, typed: str) -> tuple[str, ...]:
        """The words that one typed word stands for; a word that nothing knows stands for itself."""
        word = folding.folded(typed).strip("*_|@$!")
        if len(word) > LONGEST_WORD:
            return (word[:LONGEST_WORD],)
        if len(word) > 1 and folding.is_unspaced(word):  # compatibility forms, which come apart only when folded
            return tuple(out for part in folding.PIECES.findall(word) for out in self.read(part))
        if not self._knows(word) or (word not in self._known and _STRETCHED.search(word)):
            word = self._guess(word) or word
        if self._knows(word):
            return self._shorthand.written_out(word)
        parts = [part for part in _NOT_LETTERS.split(word) if part]
        if parts and parts != [word]:
            return tuple(out for part in parts for out in self.read(part))
        return (word,) if word else ()

    def unglued(self, word: str) -> tuple[str, ...]:
        """Cut a word such as "iwanttodie" into words the phrases know, with the fewest cuts; itself if it cannot be."""
        word = folding.folded(word)
        if len(word) > LONGEST_WORD or self._knows(word):
            return self.read(word)
        best: list[tuple[int, tuple[str, ...]] | None] = [(0, ())]
        for end in range(1, len(word) + 1):
            ways = [
                (before[0] + 1, (*before[1], word[start:end]))
                for start, before in enumerate(best)
                if before is not None and self._is_whole_word(word[start:end])
            ]
            best.append(min(ways) if ways else None)
        whole = best[-1]
        return self.read(word) if whole is None else tuple(w for part in whole[1] for w in self.read(part))

    def _knows(self, word: str) -> bool:
        return word in self._known or any(word[:n] in self._prefixes for n in self._prefix_lengths)

    def _is_whole_word(self, word: str) -> bool:
        return word in self._known and (len(word) > 1 or word in "iu")

    def _guess(self, word: str) -> str | None:
        """A known word that this one may be a form of, the surest way first."""
        forms = [form for form in self._forms(word) if form]
        exact = (form for form in forms if form in self._known)
        near = (known for form in forms if (known := self._mistyped(form)) is not None)
        begun = (form for form in forms if not _STRETCHED.search(form) and self._knows(form))
        for way in (exact, near, begun):
            if (found := next(way, None)) is not None:
                return found
        return self._starred(word) if "*" in word else None

    def _forms(self, word: str) -> Iterable[str]:
        """The word itself, and without disguise: other scripts' letters, digits and signs, stretched letters."""
        forms = [word]
        if not word.isascii() and (latin := folding.unmasked(word)) is not None:
            forms.append(latin)
        if _DISGUISED.search(word) and any(map(str.isalpha, word)):
            forms += [word.translate(table) for table in _READ_AS_LETTERS]
        for form in forms:
            yield form
            if _STRETCHED.search(form):
                yield _STRETCHED.sub(r"\1", form)
                yield _STRETCHED.sub(r"\1\1", form)

    def _mistyped(self, word: str) -> str | None:
        """A known word that one letter too few, too many, wrong or misplaced makes this one."""
        if len(word) < TYPO_LENGTH or not word.isalpha() or word in self._shorthand.ordinary:
            return None
        for shorter in _without_one_letter(word):
            near = self._near.get(shorter)
            if near is not None and near != word and (near[0] == word[0] or near[:2] == word[1::-1]):
                return near
        return None

    def _starred(self, word: str) -> str | None:
        """A known word with letters starred out: "k*ll", "sui**de"."""
        for known in self._shaped.get((len(word), word[:1]), ()):
            if all(ours in (theirs, "*") for ours, theirs in zip(word, known, strict=True)):
                return known
        return None


def _without_one_letter(word: str) -> Iterable[str]:
    """The word, and each way to leave one letter out."""
    yield word
    for index in range(len(word)):
        yield word[:index] + word[index + 1 :]

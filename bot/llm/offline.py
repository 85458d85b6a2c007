"""The honest stand-in for a language model: it picks among fixed texts and says that it is one.

Nothing is random and no clock is read, so the same message in the same turn always gets the same answer.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.domain.usage import Usage
from bot.errors import LLMError
from bot.ports import Brief, Confirmed, Grown, Written

GREETING_AT_MOST = 5  # words; a longer message that begins with "hi" wants something else
THANKS_AT_MOST = 6  # words; "thanks, now write me …" is a request
QUESTION_MARKS = frozenset("?？؟⁇;;")  # with the Greek ones, which look like semicolons
_WORDS = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Hears:
    """What the stand-in recognises, as whole words in any case (config/replies, [offline.hears])."""

    greeting: frozenset[str]
    thanks: frozenset[str]
    can_do: frozenset[str]


@dataclass(frozen=True, slots=True)
class StandInTexts:
    """What the stand-in answers, in one language (config/replies, [offline])."""

    greeting: str
    can_do: str
    question: str
    thanks: str
    default: tuple[str, ...]
    hears: Hears


class OfflineLLM:
    """A Voice without any model. In: the stand-in's texts by language (`Wording.stand_in`), English among them."""

    def __init__(self, texts: Mapping[str, StandInTexts]) -> None:
        self.name = "offline stand-in"
        self._texts = texts

    async def answer(self, brief: Brief, grown: Grown) -> Written:
        """The answer, in one piece; a language without texts gets English. Raises nothing."""
        return Written(stand_in(brief.text, brief.turn, self._texts.get(brief.language) or self._texts["en"]))

    async def confirm_ending(self, brief: Brief) -> Confirmed | None:
        """None: there is no model to be asked."""
        return None

    async def summarise(self, brief: Brief) -> str:
        """Raises LLMError: there is no model that could."""
        raise LLMError("no model is connected")

    def used(self) -> Sequence[Usage]:
        """Nothing."""
        return ()

    async def close(self) -> None:
        """Nothing is open."""


def stand_in(text: str, turn: int, texts: StandInTexts) -> str:
    """Pick an answer: what it can do, thanks, a greeting, a question, else the default texts in turn.

    In: the member's text, the turn's number, the texts of their language. Out: one of those texts.
    """
    words = _words(text)
    if _contains(words, texts.hears.can_do):
        return texts.can_do
    if len(words) <= THANKS_AT_MOST and _contains(words, texts.hears.thanks):
        return texts.thanks
    if len(words) <= GREETING_AT_MOST and _begins(words, texts.hears.greeting):
        return texts.greeting
    if not QUESTION_MARKS.isdisjoint(text):
        return texts.question
    return texts.default[turn % len(texts.default)]


def _words(text: str) -> list[str]:
    return _WORDS.findall(text.casefold())


def _begins(words: list[str], phrases: Iterable[str]) -> bool:
    return any(phrase and words[: len(phrase)] == phrase for phrase in map(_words, phrases))


def _contains(words: list[str], phrases: Iterable[str]) -> bool:
    return any(_begins(words[start:], phrases) for start in range(len(words)))

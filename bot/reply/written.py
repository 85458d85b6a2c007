"""What the main model wrote for a redirection, a warning or a farewell: does it fit?

The model writes, the policy decides: a text that says more than its step, or less, is not sent, and a fixed one from
config/replies goes out instead. A fault is named in a few constant words, for the log; the text is never in it.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator

from bot.domain.decision import Decision
from bot.domain.step import Step
from bot.llm.folding import folded
from bot.reply.texts import Words

LONGEST = {Step.REDIRECT: 600, Step.WARN: 700}  # characters
LONGEST_FAREWELL = 300  # characters
NEAR_THE_END = 200  # characters: a sentence may follow the question
REDIRECTS = 20  # characters, at least, that a warning has besides what it must say
QUESTION_MARKS = frozenset("?？؟⁇⁈⁉⸮՞፧︖﹖\u037e")

# What no step has a use for, and what could lead somebody away, call somebody here, or pose as a crisis service.
_UNFIT = {
    "has a link": re.compile(r"://|\bwww\.|\]\(|[^\W\d_]{2}\.[^\W\d_]{2}", re.IGNORECASE),
    "mentions somebody": re.compile(r"@"),
    "has markup": re.compile(r"[<`]|~~~"),
    "has a heading": re.compile(r"^\s{0,3}#{1,6}\s|^.+\n\s{0,3}(?:=+|-+)\s*$", re.MULTILINE),
    "has a number like a phone's": re.compile(r"\d(?:[\s().+/-]{0,3}\d){2}"),
}
_DIGIT = re.compile(r"\d")


def must_say(decision: Decision, words: Words, *, request: bool) -> tuple[str, ...]:
    """What the model's text has to hold word for word; in a warning the first names the conduct, and is no sentence.

    request  the concern that decided is a harmful request, which is refused
    """
    refusal = (words.boundary.written.refusal,) if request else ()
    match decision.step:
        case Step.REDIRECT:
            return refusal
        case Step.WARN:
            warn = words.boundary.warn.request if request else words.boundary.warn.general
            return (words.conduct(decision.concern or ""), *refusal, warn.consequence)
    return ()


def faults(text: str, decision: Decision, words: Words, *, request: bool) -> tuple[str, ...]:
    """What keeps a text from being a redirection or a warning; none: it fits. KeyError: the step is another.

    request  the concern that decided is a harmful request, which is refused
    """
    needed = must_say(decision, words, request=request)
    return tuple(_faults(text, decision.step, words, needed))


def beside_fits(text: str) -> bool:
    """Whether the model's own words may stand beside a card: the numbers and addresses there are the checked ones."""
    plain = _plain(text)
    return not any(_UNFIT[fault].search(plain) for fault in ("has a link", "has a number like a phone's"))


def farewell_fits(text: str, words: Words) -> bool:
    """Whether what the model says to somebody ahead of the notice of an ending may be shown to them."""
    threatens = _says(folded(text), words.boundary.written.threats)
    return not (threatens or _DIGIT.search(_plain(text)) or any(_unfit(text, LONGEST_FAREWELL)))


def _faults(text: str, step: Step, words: Words, needed: tuple[str, ...]) -> Iterator[str]:
    yield from _unfit(text, LONGEST[step])
    own, warns, written = folded(text), step is Step.WARN, words.boundary.written
    for number, part in enumerate(map(folded, needed)):
        if part not in own:
            yield "does not name the conduct" if warns and not number else "leaves out a sentence it must say"
        own = own.replace(part, " ", 1)
    if _says(own, written.never):
        yield "says more than its step"
    if _says(own, written.threats):
        yield "threatens"
    if warns and not (len(own.strip()) >= REDIRECTS and (_asks(text) or _says(own, written.offers))):
        yield "offers nothing"
    if not (warns or _asks(text.strip()[-NEAR_THE_END:])):
        yield "asks nothing"


def _unfit(text: str, longest: int) -> Iterator[str]:
    plain = _plain(text).strip()
    if not plain:
        yield "is empty"
    if len(plain) > longest:
        yield "is too long"
    yield from (fault for fault, pattern in _UNFIT.items() if pattern.search(plain))


def _plain(text: str) -> str:
    """Without what hides a link or a mention; its lines stay."""
    return "".join(each for each in unicodedata.normalize("NFKC", text) if unicodedata.category(each) != "Cf")


def _asks(text: str) -> bool:
    return not QUESTION_MARKS.isdisjoint(text)


def _says(said: str, phrases: Iterable[str]) -> bool:
    """Whether a folded text has one of the phrases, as whole words; "word*" is any word that begins like it."""
    words = (re.escape(folded(each.rstrip("*"))) + ("" if each.endswith("*") else r"(?!\w)") for each in phrases)
    return re.search(rf"(?<!\w)(?:{'|'.join(words)})", said) is not None

"""The wording reader: one message -> one Reading, by phrases alone. No network, no clock, no state but caches."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from bot.assess.by_wording import folding, places, spans
from bot.assess.by_wording.automaton import BREAK, OTHER
from bot.assess.by_wording.lexicon import ConcernSign, Lexicon, PlainSign, RiskSign, Suppressor
from bot.assess.by_wording.matcher import Hit, Matcher
from bot.domain.assessment import NO_RISK, About, Concern, Level, Reading, Risk

BY = "wording"
MOST_EVIDENCE = 160  # characters of the member's words kept as evidence
_MOST_REMEMBERED = 50_000  # words as typed whose symbols are kept; about 10 MB
_BUT_REACH = 8  # words behind a denial in which a "but" takes it back
_SPEAKER_REACH = 60  # characters before a quotation in which its speaker is looked for
_BREAKING = frozenset(".!?;。！？।\n")
_BUT = frozenset(
    [
        "but",
        "yet",
        "though",
        "although",
        "however",
        "except",
        "until",
        "pero",
        "aber",
        "doch",
        "mais",
        "mas",
        "porem",
        "ma",
        "però",
        "maar",
        "но",
        "але",
        "ale",
    ]
)
_SOMEBODY = frozenset(
    [
        "he",
        "she",
        "they",
        "friend",
        "friends",
        "sister",
        "brother",
        "mom",
        "mum",
        "mother",
        "dad",
        "father",
        "boyfriend",
        "girlfriend",
        "wife",
        "husband",
        "son",
        "daughter",
        "partner",
        "ex",
        "roommate",
        "classmate",
        "coworker",
        "boss",
        "someone",
        "somebody",
        "user",
        "guy",
        "girl",
        "person",
        "people",
        "er",
        "sie",
        "freund",
        "freundin",
        "il",
        "elle",
        "ami",
        "amie",
        "el",
        "ella",
        "amigo",
        "amiga",
        "ele",
        "ela",
    ]
)
_SAID = frozenset(
    [
        "said",
        "says",
        "say",
        "saying",
        "texted",
        "wrote",
        "writes",
        "posted",
        "told",
        "tells",
        "tweeted",
        "messaged",
        "yelled",
        "yells",
        "screamed",
        "screams",
        "shouted",
        "sagte",
        "sagt",
        "schrieb",
        "schreibt",
        "dit",
        "ecrit",
        "dijo",
        "dice",
        "escribio",
        "disse",
        "diz",
        "escreveu",
    ]
)
_WIDE_SPACE = re.compile(r" {2,}")
_NO_LETTER = re.compile(r"[\W_]+")
_CUES = frozenset({"game", "fiction", "research"})
_ABOUT_RANK = {About.SELF: 3, About.OTHER: 2, About.BEREAVED: 1, About.PAST: 0}


@dataclass(slots=True)
class _Words:
    """A message as a row of symbols, each with where it stands in the text."""

    text: str
    symbols: list[int]
    starts: list[int]
    ends: list[int]

    def quoted(self, hit: Hit) -> str:
        """The member's own words under a hit, short and safe to store."""
        words = self.text[self.starts[hit.start] : self.ends[hit.end - 1]][:MOST_EVIDENCE]
        return words.encode("utf-8", "replace").decode("utf-8")


@dataclass(frozen=True, slots=True)
class _Found:
    """A sign that survived: with its hit, and whether doubt about it remained."""

    sign: RiskSign | ConcernSign
    hit: Hit
    sure: bool
    about: About = About.SELF


@dataclass(frozen=True, slots=True)
class _Shade:
    """By word: where suppressors stand, by how much they take away."""

    quiet: bytearray  # idioms, denials: no sign is left
    cued: bytearray  # games, fiction, research: a sure sign becomes a possible one ("in minecraft" is also a disguise)
    taken_back: bytearray  # denials with a "but" behind them: every sign is left as possible

    def leaves(self, hit: Hit, *, sure: bool) -> bool | None:
        """How sure a sign still is; None: taken away. A suppressor that only stands beside it counts as a cue."""
        around = max(0, hit.start - 1), hit.end + 1
        if self.quiet.find(1, hit.start, hit.end) >= 0:
            return None
        if self.quiet.find(1, *around) >= 0 or self.cued.find(1, *around) >= 0:
            return False if sure else None
        return sure and self.taken_back.find(1, hit.start, hit.end) < 0


class WordingReader:
    """Reads every message for risk and for abuse of the bot; never raises, in time linear in the message."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._signs = lexicon.signs
        self._vocabulary = lexicon.vocabulary
        self._matcher = Matcher(lexicon.automaton)
        self._known: dict[str, tuple[int, ...]] = {}
        self._but = frozenset(self._matcher.symbol(word) for word in _BUT) - {OTHER}
        says_where = (sign for sign in lexicon.signs if isinstance(sign, PlainSign) and sign.means == "place")
        languages = frozenset(sign.language for sign in says_where)
        self._places = {language: places.names(frozenset({language, "en"}), lexicon.places) for language in languages}

    @property
    def steps(self) -> int:
        """What all reading so far took, in units that do not depend on the machine; see matcher.py."""
        return self._matcher.steps

    def read(self, text: str) -> Reading:
        """What the wording of one message says; see the module for what it cannot say."""
        words = self._words(text)
        hits = self._matcher.find(words.symbols)
        if not hits:
            return Reading(by=BY)
        foreign = self._foreign(words)
        risks = self._standing(words, hits, foreign)
        concerns = self._concerns(words, hits, foreign)
        risk = max(risks, key=_gravity, default=None)
        plain = self._plain(words, hits, foreign)
        counted = [*([risk] if risk else []), *concerns]
        return Reading(
            by=BY,
            concerns=tuple(
                Concern(found.sign.kind, found.sign.severity, found.sure, words.quoted(found.hit))
                for found in concerns
                if isinstance(found.sign, ConcernSign)
            ),
            risk=_risk(risk, words),
            asks_to_end="asks_to_end" in plain and "keeps_on" not in plain,
            affirms=None if ("yes" in plain) == ("no" in plain) else "yes" in plain,
            country=self._country(words, hits, foreign),
            language=counted[0].sign.language if counted else None,
            why=", ".join(dict.fromkeys(found.sign.id for found in counted)),
        )

    def fold(self, text: str) -> tuple[str, ...]:
        """The message as the words it is read as; sentence ends are left out."""
        return tuple(word for typed, _, _ in _typed(text) if typed not in _BREAKING for word in self._spelled(typed))

    def _words(self, text: str) -> _Words:
        words = _Words(text, [], [], [])
        known = self._known
        for typed, start, end in _typed(text):
            symbols = known.get(typed)
            if symbols is None:
                symbols = self._look_up(typed)
            for symbol in symbols:
                words.symbols.append(symbol)
                words.starts.append(start)
                words.ends.append(end)
        return words

    def _look_up(self, typed: str) -> tuple[int, ...]:
        if len(self._known) >= _MOST_REMEMBERED:
            self._known = {}
        symbols = (
            (BREAK,) if typed[0] in _BREAKING else tuple(self._matcher.symbol(word) for word in self._spelled(typed))
        )
        if len(typed) <= folding.LONGEST_TYPED:
            self._known[typed] = symbols
        return symbols

    def _spelled(self, typed: str) -> tuple[str, ...]:
        return self._vocabulary.unglued(typed[1:]) if typed[0] == "#" else self._vocabulary.read(typed)

    def _means(self, hit: Hit) -> str:
        sign = self._signs[hit.phrase]
        return sign.means if isinstance(sign, PlainSign) else ""

    def _foreign(self, words: _Words) -> list[spans.Span]:
        """Quotations, code, logs and links, in order."""
        return spans.merged([*spans.foreign(words.text), *spans.links(words.text)])

    def _shade(self, words: _Words, hits: Sequence[Hit], family: type) -> _Shade:
        """Where suppressors of a family stand."""
        size = len(words.symbols) + 1
        shade = _Shade(bytearray(size), bytearray(size), bytearray(size))
        for hit in hits:
            sign = self._signs[hit.phrase]
            if isinstance(sign, Suppressor) and sign.family is family:
                behind = words.symbols[hit.end : hit.end + _BUT_REACH]
                if sign.kind == "negation" and not self._but.isdisjoint(behind):
                    target = shade.taken_back
                else:
                    target = shade.cued if sign.kind in _CUES else shade.quiet
                target[hit.start : hit.end] = b"\x01" * (hit.end - hit.start)
        return shade

    def _standing(self, words: _Words, hits: Sequence[Hit], foreign: Sequence[spans.Span]) -> list[_Found]:
        """The signs of risk that no suppressor, quotation or larger sense takes away."""
        shade = self._shade(words, hits, RiskSign)
        signs = [(hit, sign) for hit in hits if isinstance(sign := self._signs[hit.phrase], RiskSign)]
        larger = [0] * len(
            words.symbols
        )  # by word: the longest phrase over it that says it is not about the member now
        for hit, sign in signs:
            if not _is_own(sign):
                size = hit.end - hit.start
                larger[hit.start : hit.end] = [max(size, known) for known in larger[hit.start : hit.end]]
        found = []
        for hit, sign in signs:
            own = _is_own(sign)
            if own and min(larger[hit.start : hit.end]) > hit.end - hit.start:
                continue
            sure = shade.leaves(hit, sure=sign.sure)
            if sure is None:
                continue
            about = sign.about
            if (span := _around(words, hit, foreign)) is not None:
                sure = False
                about = About.OTHER if own and _somebody_said(words.text, span) else about
            found.append(_Found(sign, hit, sure, about))
        return found

    def _concerns(self, words: _Words, hits: Sequence[Hit], foreign: Sequence[spans.Span]) -> list[_Found]:
        """The gravest sign of each kind of concern, quotations and code left out."""
        shade = self._shade(words, hits, ConcernSign)
        gravest: dict[str, _Found] = {}
        for hit in hits:
            sign = self._signs[hit.phrase]
            if not isinstance(sign, ConcernSign) or _around(words, hit, foreign) is not None:
                continue
            sure = shade.leaves(hit, sure=sign.sure)
            if sure is None:
                continue
            found = _Found(sign, hit, sure)
            known = gravest.get(sign.kind)
            if known is None or _grave(found) > _grave(known):
                gravest[sign.kind] = found
        return list(gravest.values())

    def _plain(self, words: _Words, hits: Sequence[Hit], foreign: Sequence[spans.Span]) -> frozenset[str]:
        """What was said plainly; a yes or no counts only as the whole message."""
        spoken = [index for index, symbol in enumerate(words.symbols) if symbol != BREAK]
        whole = (spoken[0], spoken[-1] + 1) if spoken else (0, 0)
        return frozenset(
            means
            for hit in hits
            if (means := self._means(hit))
            and _around(words, hit, foreign) is None
            and (means not in ("yes", "no") or (hit.start, hit.end) == whole)
        )

    def _country(self, words: _Words, hits: Sequence[Hit], foreign: Sequence[spans.Span]) -> str | None:
        """The first country the member says they are in."""
        for hit in hits:
            if self._means(hit) == "place" and _around(words, hit, foreign) is None:
                known = self._places[self._signs[hit.phrase].language]
                if (country := places.country_after(words.text, words.ends[hit.end - 1], known)) is not None:
                    return country
        return None


def _typed(text: str) -> Iterator[tuple[str, int, int]]:
    """The words of a text as typed, and its sentence ends, with their place; "#" before a word says it may be glued."""
    lowered = text.lower()
    if len(lowered) != len(text):
        lowered = text
    pattern = folding.ASCII_WORDS if lowered.isascii() else folding.WIDE_WORDS
    at = 0
    for run in folding.SPREAD.finditer(lowered):
        if folding.is_unspaced(run[0]):
            continue
        yield from _scanned(pattern, lowered, at, run.start())
        for piece in _WIDE_SPACE.split(run[0]):
            yield "#" + _NO_LETTER.sub("", piece), run.start(), run.end()
        at = run.end()
    yield from _scanned(pattern, lowered, at, len(lowered))


def _scanned(pattern: re.Pattern[str], text: str, start: int, end: int) -> Iterable[tuple[str, int, int]]:
    matches = pattern.finditer(text, start, end)
    if "#" not in text:
        return [(match[0], match.start(), match.end()) for match in matches]
    return [
        ("#" + match[0] if text[match.start() - 1 : match.start()] == "#" else match[0], match.start(), match.end())
        for match in matches
    ]


def _around(words: _Words, hit: Hit, foreign: Sequence[spans.Span]) -> spans.Span | None:
    """The quotation, code, log or link that a hit touches."""
    if not foreign:
        return None
    start, end = words.starts[hit.start], words.ends[hit.end - 1]
    index = bisect_left(foreign, (end, end)) - 1  # the last that begins before the hit ends
    return foreign[index] if index >= 0 and foreign[index][1] > start else None


def _somebody_said(text: str, span: spans.Span) -> bool:
    """Whether the words just before a quotation name a speaker other than the member."""
    before = text[max(0, span[0] - _SPEAKER_REACH) : span[0]].lower()
    spoken = set(_NO_LETTER.split(before))
    return not spoken.isdisjoint(_SAID) and not spoken.isdisjoint(_SOMEBODY)


def _is_own(sign: RiskSign) -> bool:
    """Whether a sign is of danger to the member, now."""
    return sign.about is About.SELF and sign.level > Level.TOPIC


def _gravity(found: _Found) -> tuple[bool, bool, Level, int]:
    """What outranks what: care before topics, sure before possible, then the graver level, then whom it is about."""
    level = found.sign.level if isinstance(found.sign, RiskSign) else Level.NONE
    return level.calls_for_care, found.sure, level, _ABOUT_RANK[found.about]


def _grave(found: _Found) -> tuple[bool, int]:
    return found.sure, found.sign.severity if isinstance(found.sign, ConcernSign) else 0


def _risk(found: _Found | None, words: _Words) -> Risk:
    if found is None or not isinstance(found.sign, RiskSign):
        return NO_RISK
    return Risk(found.sign.level, found.about, found.sure, words.quoted(found.hit))

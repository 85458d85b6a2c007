"""Phrase files -> one Lexicon: checked, compiled, ready to be read with.

config/wording/ holds shorthand.toml (how people write words), plain.toml (asking to end, yes and no, where somebody
is), risk/<language>.toml and abuse/<language>.toml. How a phrase is written stands in pattern.py.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from bot.assess.by_wording.automaton import Automaton, Construction
from bot.assess.by_wording.pattern import Node, PatternFault, parse
from bot.assess.by_wording.vocabulary import Shorthand, Vocabulary
from bot.domain.assessment import About, Level, Severity
from bot.errors import ConfigError

Kind = Literal["idiom", "negation", "past", "question", "game", "fiction", "research"]
Means = Literal["asks_to_end", "keeps_on", "yes", "no", "place"]
ConcernKind = Literal["insult", "threat", "sexual_harassment", "slur", "degradation", "harmful_request"]


@dataclass(frozen=True, slots=True)
class Sign:
    """One group of phrases: what it means when any of them is read."""

    id: str
    language: str


@dataclass(frozen=True, slots=True)
class RiskSign(Sign):
    """Phrases that say somebody may be in danger."""

    level: Level
    about: About
    sure: bool


@dataclass(frozen=True, slots=True)
class ConcernSign(Sign):
    """Phrases that abuse the bot."""

    kind: str
    severity: Severity
    sure: bool


@dataclass(frozen=True, slots=True)
class Suppressor(Sign):
    """Phrases that say a sign of `family` beside them is none."""

    kind: Kind
    family: type[Sign]


@dataclass(frozen=True, slots=True)
class PlainSign(Sign):
    """Phrases with a plain meaning, neither risk nor abuse."""

    means: Means


@dataclass(frozen=True, slots=True)
class Lexicon:
    """All phrases, compiled. `signs` is in the automaton's order: phrase n means signs[n]."""

    signs: tuple[Sign, ...]
    automaton: Automaton
    vocabulary: Vocabulary
    places: Mapping[str, str]  # what a country is called in plain.toml, beside its names in places.py -> ISO alpha-2


Text = Annotated[str, StringConstraints(min_length=1)]
Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class _Phrases(_Table):
    id: Id
    why: Text
    phrases: Annotated[list[Text], Field(min_length=1)]


class _RiskGroup(_Phrases):
    level: Literal["none", "topic", "passive", "active", "violence", "imminent"]
    about: Literal["self", "other", "past", "bereaved"]
    sure: bool

    def sign(self, language: str) -> Sign:
        return RiskSign(self.id, language, Level[self.level.upper()], About(self.about), self.sure)


class _AbuseGroup(_Phrases):
    concern: ConcernKind
    severity: Literal["mild", "serious", "severe"]
    sure: bool

    def sign(self, language: str) -> Sign:
        return ConcernSign(self.id, language, self.concern, Severity[self.severity.upper()], self.sure)


class _PlainGroup(_Phrases):
    language: Language
    means: Means


class _Suppress(_Phrases):
    kind: Kind


class _PhraseFile(_Table):
    language: Language
    spaced: bool = True
    shared: dict[Id, Text] = {}
    suppress: list[_Suppress] = []


class _RiskFile(_PhraseFile):
    group: list[_RiskGroup] = []


class _AbuseFile(_PhraseFile):
    group: list[_AbuseGroup] = []


class _PlainFile(_Table):
    shared: dict[Id, Text] = {}
    group: list[_PlainGroup] = []
    places: dict[str, list[Text]] = {}


class _ShorthandFile(_Table):
    stands_for: dict[str, str] = {}
    passed_over: list[Text] = []
    mistyped: list[Text] = []
    ordinary: list[Text] = []


_UNSPACED_LANGUAGES = frozenset({"zh", "ja", "th"})
_File = TypeVar("_File", bound=_Table)


@dataclass(frozen=True, slots=True)
class _Origin:
    """Where phrases come from and how they are to be read."""

    path: Path
    shared: Mapping[str, Node]
    spaced: bool


@dataclass(frozen=True, slots=True)
class _Phrase:
    """One phrase with its address, for faults."""

    origin: _Origin
    group: str
    text: str
    sign: int


@dataclass(slots=True)
class _Pile:
    """What the files held so far, and every fault met."""

    signs: list[Sign] = field(default_factory=list)
    phrases: list[_Phrase] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    places: dict[str, str] = field(default_factory=dict)


def load(directory: Path, extra: Sequence[Path] = ()) -> Lexicon:
    """
    Read config/wording/ and a space's own additions into a Lexicon.

    `extra`: files in the format of risk/ or abuse/, or directories that hold such. Raises ConfigError, which lists
    every fault of every file: where, what is wrong, what is allowed.
    """
    pile = _Pile()
    shorthand = _shorthand(directory / "shorthand.toml", pile)
    plain = _parsed(directory / "plain.toml", _PlainFile, pile)
    files = [*_phrase_files(directory, pile), *(file for path in extra for file in _phrase_files(path, pile))]
    for path in files:
        _pile_up(path, pile)
    if plain is not None:
        _add_plain(directory / "plain.toml", plain, pile)
    construction = Construction(shorthand.of_phrase)
    for phrase in pile.phrases:
        try:
            construction.add(phrase.sign, parse(phrase.text, phrase.origin.shared, spaced=phrase.origin.spaced))
        except PatternFault as fault:
            pile.faults.append(f"{phrase.origin.path}: {phrase.group}: {phrase.text!r}: {fault}")
    if pile.faults:
        raise ConfigError(pile.faults)
    automaton = construction.done()
    vocabulary = Vocabulary(shorthand, automaton.exact, automaton.prefixes)
    return Lexicon(tuple(pile.signs), automaton, vocabulary, pile.places)


def _phrase_files(path: Path, pile: _Pile) -> list[Path]:
    """English first: where a mistyped word is near words of two languages, the order decides."""
    if path.is_file():
        return [path]
    found = sorted((*path.glob("risk/*.toml"), *path.glob("abuse/*.toml")), key=lambda p: (p.stem != "en", p))
    if not found:
        pile.faults.append(f"{path}: no phrase files here; expected risk/<language>.toml or abuse/<language>.toml")
    return found


def _parsed(path: Path, shape: type[_File], pile: _Pile) -> _File | None:
    """The file in its shape, or None and a fault for each thing wrong with it."""
    try:
        return shape.model_validate(tomllib.loads(path.read_text("utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        pile.faults.append(f"{path}: cannot be read as TOML: {error}")
    except ValidationError as error:
        pile.faults += [
            f"{path}: {_address(fault['loc'])}: {fault['msg']} (found {str(fault['input'])[:60]!r})"
            for fault in error.errors(include_url=False)
        ]
    return None


def _address(location: Iterable[str | int]) -> str:
    return " ".join(f"number {part + 1}" if isinstance(part, int) else part for part in location)


def _shorthand(path: Path, pile: _Pile) -> Shorthand:
    """Shorthand whose long forms are words as messages are read, so that reading twice changes nothing."""
    file = _parsed(path, _ShorthandFile, pile) or _ShorthandFile()
    bare = Shorthand()
    passed_over = {word for text in file.passed_over for word in bare.of_phrase(text)}
    stands_for: dict[str, tuple[str, ...]] = {}
    for text, long in file.stands_for.items():
        short = bare.of_phrase(text)
        if len(short) == 1:
            stands_for[short[0]] = tuple(word for part in long.split() for word in bare.of_phrase(part))
        else:
            pile.faults.append(f"{path}: {text!r} is not one word; shorthand is")
    for written, long_form in stands_for.items():
        if again := [word for word in long_form if stands_for.get(word, (word,)) != (word,)]:
            pile.faults.append(f"{path}: {written!r} stands for {again[0]!r}, which is shorthand itself; write it out")
    ordinary = {word for text in file.ordinary for word in bare.of_phrase(text)}
    mistyped = tuple(dict.fromkeys(word for text in file.mistyped for word in bare.of_phrase(text)))
    return Shorthand(stands_for, passed_over, mistyped, ordinary)


def _pile_up(path: Path, pile: _Pile) -> None:
    """Add one file of risk or of abuse; which of the two, its groups say."""
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        table = {}
    groups = table.get("group")
    first = groups[0] if isinstance(groups, list) and groups and isinstance(groups[0], dict) else {}
    if "concern" in first or path.parent.name == "abuse":
        _add(path, _parsed(path, _AbuseFile, pile), ConcernSign, pile)
    else:
        _add(path, _parsed(path, _RiskFile, pile), RiskSign, pile)


def _add(path: Path, file: _RiskFile | _AbuseFile | None, family: type[Sign], pile: _Pile) -> None:
    if file is None:
        return
    origin = _Origin(path, _shared(path, file.shared, file.spaced, pile), file.spaced)
    pile.faults += _twice(path, [group.id for group in (*file.group, *file.suppress)])
    for group in file.group:
        _add_phrases(origin, group, group.sign(file.language), pile)
    for suppress in file.suppress:
        _add_phrases(origin, suppress, Suppressor(suppress.id, file.language, suppress.kind, family), pile)


def _add_plain(path: Path, file: _PlainFile, pile: _Pile) -> None:
    shared = _shared(path, file.shared, True, pile)
    pile.faults += _twice(path, [group.id for group in file.group])
    for group in file.group:
        spaced = group.language not in _UNSPACED_LANGUAGES
        _add_phrases(_Origin(path, shared, spaced), group, PlainSign(group.id, group.language, group.means), pile)
    pile.places |= {name: country for country, names in file.places.items() for name in names}


def _add_phrases(origin: _Origin, group: _Phrases, sign: Sign, pile: _Pile) -> None:
    pile.signs.append(sign)
    number = len(pile.signs) - 1
    pile.phrases += [_Phrase(origin, group.id, text, number) for text in group.phrases]


def _shared(path: Path, texts: Mapping[str, str], spaced: bool, pile: _Pile) -> dict[str, Node]:
    """The [shared] table; an entry may use those above it."""
    shared: dict[str, Node] = {}
    for name, text in texts.items():
        try:
            shared[name] = parse(text, shared, spaced=spaced)
        except PatternFault as fault:
            pile.faults.append(f"{path}: shared {name}: {text!r}: {fault}")
    return shared


def _twice(path: Path, ids: Sequence[str]) -> Iterator[str]:
    for id_ in dict.fromkeys(ids):
        if ids.count(id_) > 1:
            yield f"{path}: {id_}: stands here {ids.count(id_)} times; ids are unique within a file"

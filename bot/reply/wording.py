"""Loads what Fairwell says (config/replies) and checks it: the same texts, with the same gaps, in every language.

A gap is `{name}`. What a member wrote or is called goes in through gaps only, as it is: braces in it mean nothing.
"""

import hashlib
import inspect
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from string import Formatter
from types import MappingProxyType
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from bot.errors import ConfigError
from bot.llm.offline import StandInTexts
from bot.reply.texts import How, Keys, Names, Platform, Words
from bot.settings.faults import nearest

FALLBACK = "en"  # for languages without texts; the other languages are compared with it
FIRST_PLATFORM = "terminal"  # for platforms without phrases of their own
FILES = ("platforms", *(part.name for part in fields(Words)))
OTHERS = frozenset({"care"})  # read by bot/care
_ALLOWED = "allowed are"
_LANGUAGE = re.compile(r"[a-z]{2,3}")  # ISO 639


@dataclass(frozen=True, slots=True)
class Wording:
    """All texts in force. `version` names them in decisions."""

    version: str
    _words: Mapping[str, Mapping[str, Words]]  # by language, then by platform

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that have texts (ISO 639), sorted."""
        return tuple(sorted(self._words))

    def words(self, language: str, platform: str) -> Words:
        """The texts in a language ("pt", "pt-BR") on a platform; English where that language has none."""
        spoken = self._words.get(language) or self._words.get(_spoken(language)) or self._words[FALLBACK]
        return spoken.get(platform) or spoken[FIRST_PLATFORM]

    @property
    def stand_in(self) -> Mapping[str, StandInTexts]:
        """What `OfflineLLM` answers, by language."""
        return {language: self.words(language, FIRST_PLATFORM).talk.offline for language in self._words}


def load(directory: Path) -> Wording:
    """Read config/replies. Raises ConfigError with every fault: the file, the key, and what is allowed there."""
    if not (directory / FALLBACK).is_dir():
        raise ConfigError([f"{directory / FALLBACK}: is missing; the texts in English are what others fall back to"])
    texts = {path.relative_to(directory).as_posix(): path.read_bytes() for path in sorted(directory.glob("*/*.toml"))}
    faults: dict[str, None] = {}  # a set in order: what is wrong on each platform is said once
    like = _tables(directory, FALLBACK, texts, faults.setdefault)
    words = {
        language: _by_platform(directory / language, tables, like, faults.setdefault)
        for language in _languages(directory, faults.setdefault)
        if (tables := _tables(directory, language, texts, faults.setdefault))
    }
    if faults:
        raise ConfigError(list(faults))
    return Wording(_version(texts), MappingProxyType(words))


_Fault = Callable[[str], object]
_Tables = Mapping[str, Any]  # a file's tables, as TOML gives them


def _spoken(language: str) -> str:
    """The language without its region: "pt" of "pt-BR" or "pt_BR"."""
    return language.replace("_", "-").partition("-")[0].lower()


def _version(texts: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256()
    for path, content in texts.items():
        digest.update(f"{path}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:12]


def _languages(directory: Path, fault: _Fault) -> list[str]:
    names = sorted(path.name for path in directory.iterdir() if path.is_dir() and not path.name.startswith("."))
    for name in names:
        if not _LANGUAGE.fullmatch(name):
            fault(f"{directory / name}: name it by the language's ISO 639 code, in small letters, such as pt")
    return names


def _tables(directory: Path, language: str, texts: Mapping[str, bytes], fault: _Fault) -> dict[str, _Tables]:
    """A language's files, parsed; empty if one of them cannot be used."""
    tables: dict[str, _Tables] = {}
    here = {path.removeprefix(f"{language}/") for path in texts if path.startswith(f"{language}/")}
    known = {f"{name}.toml" for name in (*FILES, *OTHERS)}
    for unknown in sorted(here - known):
        fault(f"{directory / language / unknown}: is not known; {nearest(unknown, known, _ALLOWED)}")
    for name in FILES:
        path = f"{language}/{name}.toml"
        try:
            tables[name] = tomllib.loads(texts[path].decode())
        except KeyError:
            fault(f"{directory / path}: is missing; translate {directory / FALLBACK / name}.toml")
        except (UnicodeDecodeError, tomllib.TOMLDecodeError) as wrong:
            fault(f"{directory / path}: cannot be read as TOML in UTF-8: {wrong}")
    return tables if len(tables) == len(FILES) else {}


def _by_platform(where: Path, tables: _Tables, like: _Tables, fault: _Fault) -> Mapping[str, Words]:
    """The texts of one language, once for each platform of platforms.toml."""
    at, known = f"{where / 'platforms'}.toml", (like or tables)["platforms"]
    phrases = {}
    for name in sorted({FIRST_PLATFORM, *known, *tables["platforms"]}):
        if name not in known:
            fault(f"{at}: [{name}] is not known; {nearest(name, known, _ALLOWED)}")
            continue
        found = tables["platforms"].get(name)
        phrases[name] = _Check(at, {}, fault).section(Platform, found, known.get(name), name)
    return MappingProxyType(
        {name: _words(where, tables, like or tables, phrase, fault) for name, phrase in phrases.items() if phrase}
    )


def _words(where: Path, tables: _Tables, like: _Tables, platform: Platform, fault: _Fault) -> Words:
    how = {field.name: getattr(platform, field.name) for field in fields(Platform)}
    hints = get_type_hints(Words)
    return Words(
        **{
            name: _Check(f"{where / name}.toml", how, fault).section(hints[name], tables[name], like[name], "")
            for name in FILES
            if name in hints
        }
    )


@dataclass(frozen=True, slots=True)
class _Check:
    """Turns the tables of one file into the classes of `texts`, and tells every fault on the way.

    What has a fault becomes None, which nobody sees: `load` raises. `like` is the same place in English.
    """

    file: str
    how: Mapping[str, str | None]
    tell: _Fault

    def fault(self, at: str, wrong: str) -> None:
        self.tell(f"{self.file}: {at} {wrong}")

    def section(self, kind: Any, found: Any, like: Any, at: str) -> Any:
        if not isinstance(found, dict):
            self.fault(f"[{at}]", "is missing" if found is None else "must be a table")
            return None
        hints = get_type_hints(kind, include_extras=True)
        for key in sorted(found.keys() - hints.keys()):
            self.fault(_under(at, key), f"is not known; {nearest(key, hints, _ALLOWED)}")
        like = like if isinstance(like, dict) else {}
        return kind(
            **{key: self.value(hint, found.get(key), like.get(key), _under(at, key)) for key, hint in hints.items()}
        )

    def value(self, hint: Any, found: Any, like: Any, at: str) -> Any:
        kind, *notes = get_args(hint) if get_origin(hint) is Annotated else (hint,)
        if is_dataclass(kind):
            return self.section(kind, found, like, at)
        if kind == Names:
            return self.names(notes[0], found, like, at)
        if kind == frozenset[str]:
            return frozenset(self.all(found, at))
        how = frozenset[str]().union(*(note.names for note in notes if isinstance(note, How)))
        if kind == tuple[str, ...]:
            return self.variants(how, found, like, at)
        if kind is str:
            return self.plain(found, at, how)
        return self.text(found, at, how, frozenset(inspect.signature(kind.__call__).parameters) - {"self"})

    def names(self, keys: Keys, found: Any, like: Any, at: str) -> Any:
        if not isinstance(found, dict):
            self.fault(f"[{at}]", "is missing" if found is None else "must be a table")
            return None
        allowed = keys.names | (frozenset(like) if keys.more and isinstance(like, dict) else frozenset())
        for key in sorted(found.keys() - allowed):
            self.fault(f"{at}.{key}", f"is not known; {nearest(key, allowed, _ALLOWED)}")
        return MappingProxyType({key: self.plain(found.get(key), f"{at}.{key}") for key in sorted(allowed)})

    def variants(self, how: frozenset[str], found: Any, like: Any, at: str) -> Any:
        texts = self.all(found, at)
        if isinstance(like, list) and texts and len(texts) != len(like):
            self.fault(at, f"has {len(texts)} variants; {FALLBACK} has {len(like)}, and so must every language")
        return tuple(self.plain(text, f"{at}[{number}]", how) for number, text in enumerate(texts, 1))

    def all(self, found: Any, at: str) -> list[str]:
        if not isinstance(found, list) or not found or not all(isinstance(each, str) and each for each in found):
            self.fault(at, "is missing" if found is None else "must be a list of texts, none of them empty")
            return []
        return found

    def plain(self, found: Any, at: str, how: frozenset[str] = frozenset()) -> Any:
        """A text into which only the platform's phrases go, and they go in now."""
        said = self.text(found, at, how, frozenset())
        return said and said()

    def text(self, found: Any, at: str, how: frozenset[str], called_with: frozenset[str]) -> Callable[..., str] | None:
        """A text to be called with what goes into it; the platform's phrases are in it already."""
        needed = how | called_with
        if not isinstance(found, str) or not found.strip():
            self.fault(at, f"{'is missing' if found is None else 'must be a text'}; {_gaps(needed)}")
            return None
        try:
            parts = [part[:3] for part in Formatter().parse(found.strip())]
        except ValueError:
            self.fault(at, "has a brace too few or too many; a brace to be seen is written twice")
            return None
        if any(form for _, _, form in parts) or {gap for _, gap, _ in parts if gap is not None} != needed:
            self.fault(at, f"has {_said(parts)}; {_gaps(needed)}")
            return None
        return "".join(_braced(text) + self.filled(gap) for text, gap, _ in parts).format

    def filled(self, gap: str | None) -> str:
        if gap is None:
            return ""
        return _braced(self.how[gap] or "") if gap in self.how else f"{{{gap}}}"


def _under(at: str, key: str) -> str:
    return f"{at}.{key}" if at else key


def _braced(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _gaps(names: frozenset[str]) -> str:
    gaps = ", ".join(f"{{{name}}}" for name in sorted(names))
    return f"exactly these gaps must stand in it: {gaps}" if gaps else "no gap may stand in it"


def _said(parts: list[Any]) -> str:
    gaps = ", ".join(f"{{{gap}{':' if form else ''}{form or ''}}}" for _, gap, form in parts if gap is not None)
    return gaps or "no gaps"

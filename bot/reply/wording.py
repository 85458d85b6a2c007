"""Loads what Fairwell says (config/replies): the same texts, with the same gaps, in every language.

A gap is `{name}`. What a member wrote or is called goes in through gaps only, as it is: braces in it mean nothing.
"""

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_type_hints

import babel

from bot.errors import ConfigError
from bot.llm.offline import StandInTexts
from bot.reply.checking import KNOWN, Check, Fault
from bot.reply.texts import Platform, Words
from bot.settings.faults import nearest

FALLBACK = "en"  # for languages without texts; the other languages are compared with it
FIRST_PLATFORM = "terminal"  # for platforms without phrases of their own
FILES = ("platforms", *(name for name, part in get_type_hints(Words).items() if is_dataclass(part)))
OTHERS = frozenset({"care"})  # read by bot/care
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


def own_name(language: str) -> str:
    """What a language is called by those who speak it."""
    try:
        return (babel.Locale(language).get_display_name(language) or language).capitalize()
    except babel.UnknownLocaleError:
        return language


_Tables = Mapping[str, Any]  # a file's tables, as TOML gives them


def _spoken(language: str) -> str:
    """The language without its region: "pt" of "pt-BR" or "pt_BR"."""
    return language.replace("_", "-").partition("-")[0].lower()


def _version(texts: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256()
    for path, content in texts.items():
        digest.update(f"{path}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:12]


def _languages(directory: Path, fault: Fault) -> list[str]:
    names = sorted(path.name for path in directory.iterdir() if path.is_dir() and not path.name.startswith("."))
    for name in names:
        if not _LANGUAGE.fullmatch(name):
            fault(f"{directory / name}: name it by the language's ISO 639 code, in small letters, such as pt")
    return names


def _tables(directory: Path, language: str, texts: Mapping[str, bytes], fault: Fault) -> dict[str, _Tables]:
    """A language's files, parsed; empty if one of them cannot be used."""
    tables: dict[str, _Tables] = {}
    here = {path.removeprefix(f"{language}/") for path in texts if path.startswith(f"{language}/")}
    known = {f"{name}.toml" for name in (*FILES, *OTHERS)}
    for unknown in sorted(here - known):
        fault(f"{directory / language / unknown}: is not known; {nearest(unknown, known, KNOWN)}")
    for name in FILES:
        path = f"{language}/{name}.toml"
        try:
            tables[name] = tomllib.loads(texts[path].decode())
        except KeyError:
            fault(f"{directory / path}: is missing; translate {directory / FALLBACK / name}.toml")
        except (UnicodeDecodeError, tomllib.TOMLDecodeError) as wrong:
            fault(f"{directory / path}: cannot be read as TOML in UTF-8: {wrong}")
    return tables if len(tables) == len(FILES) else {}


def _by_platform(where: Path, tables: _Tables, like: _Tables, fault: Fault) -> Mapping[str, Words]:
    """The texts of one language, once for each platform of platforms.toml."""
    at, known = f"{where / 'platforms'}.toml", {FIRST_PLATFORM: None} | (like or tables)["platforms"]
    phrases = {}
    for name in sorted(known.keys() | tables["platforms"]):
        if name not in known:
            fault(f"{at}: [{name}] is not known; {nearest(name, known, KNOWN)}")
            continue
        found = tables["platforms"].get(name)
        phrases[name] = Check(at, {}, fault).section(Platform, found, known[name], name)
    return MappingProxyType(
        {name: _words(where, tables, like or tables, phrase, fault) for name, phrase in phrases.items() if phrase}
    )


def _words(where: Path, tables: _Tables, like: _Tables, platform: Platform, fault: Fault) -> Words:
    how = {field.name: getattr(platform, field.name) for field in fields(Platform)}
    hints = get_type_hints(Words)
    return Words(
        language=where.name,
        **{
            name: Check(f"{where / name}.toml", how, fault).section(hints[name], tables[name], like[name], "")
            for name in FILES
            if name in hints
        },
    )

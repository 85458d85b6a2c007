"""The words of care in one language: config/replies/<language>/care.toml, read and checked."""

import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from bot.errors import ConfigError
from bot.settings import files

FILE = "care.toml"
FALLBACK = "en"


def _text(*placeholders: str) -> Any:
    """A text that holds exactly these placeholders, each at least once."""
    return field(metadata={"placeholders": frozenset(placeholders)})


@dataclass(frozen=True, slots=True, kw_only=True)
class CareTexts:
    """Everything care says in one language. Each field is a key of the file, and names its placeholders."""

    language: str = field(metadata={})  # ISO 639-1; the folder's name, not a key

    # The card, by level of risk and whom it is about.
    passive_self: str = _text("lines")
    passive_other: str = _text("lines")
    active_self: str = _text("lines", "emergency")
    active_other: str = _text("lines", "emergency")
    imminent_self: str = _text("lines", "emergency")
    imminent_other: str = _text("lines", "emergency")
    violence_self: str = _text("lines", "emergency")
    violence_other: str = _text("lines", "emergency")
    past: str = _text("lines")
    bereaved: str = _text("lines")

    # What the thread sees when the card itself went out as a private message.
    public_self: str = _text("line")
    public_other: str = _text("line")
    public_bereaved: str = _text("line")
    public_imminent: str = _text("emergency")
    public_violence: str = _text("emergency")
    undelivered: str = _text("lines")

    # After the card.
    staying: str = _text("line")
    held: str = _text("lines")
    in_danger: str = _text("emergency")
    located: str = _text("lines", "emergency")
    topic: str = _text()

    # How a line is put.
    line: str = _text("name", "ways")
    line_with_hours: str = _text("name", "ways", "hours")
    call: str = _text("number")
    text: str = _text("number")
    text_word: str = _text("number", "word")
    chat: str = _text("link")
    website: str = _text("link")
    around_the_clock: str = _text()
    directory: str = _text("name", "link")
    ask_country: str = _text()

    # How an emergency number is put.
    number_for: str = _text("number", "services")
    either: str = _text("first", "second")
    emergency_unknown: str = _text("numbers")
    ambulance: str = _text()
    police: str = _text()
    fire: str = _text()


PLACEHOLDERS: Mapping[str, frozenset[str]] = {
    one.name: one.metadata["placeholders"] for one in fields(CareTexts) if "placeholders" in one.metadata
}


def load(folder: Path) -> dict[str, CareTexts]:
    """The texts of every language in config/replies/, by language. ConfigError with every fault of every file."""
    faults: list[str] = []
    languages: dict[str, CareTexts] = {}
    for path in sorted(one for one in files.directory(folder).iterdir() if one.is_dir()):
        file = path / FILE
        try:
            said = files.toml(file)
        except ConfigError as error:
            faults += error.faults
            continue
        if found := [f"{file}: {fault}" for fault in _faults(said)]:
            faults += found
        else:
            texts = {key: str(value).strip() for key, value in said.items()}
            languages[path.name] = CareTexts(language=path.name, **texts)
    if faults:
        raise ConfigError(faults)
    if FALLBACK not in languages:
        raise ConfigError([f"{folder / FALLBACK / FILE}: is missing; it is what care says in languages without texts"])
    return languages


def spoken(languages: Mapping[str, CareTexts], language: str | None) -> CareTexts:
    """The texts in a language ("pt", "pt-BR"), or in English: care is never silent for want of a language."""
    return languages.get((language or FALLBACK).replace("_", "-").partition("-")[0].lower(), languages[FALLBACK])


def _faults(said: Mapping[str, object]) -> Iterator[str]:
    """What is wrong with one language's texts: keys, then placeholders."""
    yield from (f"{key}: unknown key" for key in sorted(said.keys() - PLACEHOLDERS.keys()))
    yield from (f"{key}: missing" for key in sorted(PLACEHOLDERS.keys() - said.keys()))
    for key in sorted(said.keys() & PLACEHOLDERS.keys()):
        text, wanted = said[key], PLACEHOLDERS[key]
        if not isinstance(text, str) or not text.strip():
            yield f"{key}: must be a text that is not empty"
            continue
        try:
            held = {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
        except ValueError as error:
            yield f"{key}: {error}; a brace that is no placeholder is doubled"
            continue
        if held != wanted:
            named = ", ".join(f"{{{name}}}" for name in sorted(wanted)) or "no placeholder"
            yield f"{key}: must hold exactly {named}"

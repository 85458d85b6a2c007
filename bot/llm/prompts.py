"""config/prompts/*.md -> Prompts: what the models are told, with their placeholders checked when they are loaded."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from bot.errors import ConfigError
from bot.settings import Concerns, faults, files

# Which {placeholders} each prompt has: all of these and no other.
PLACEHOLDERS = {
    "answer": frozenset({"name", "persona"}),
    "care": frozenset[str](),
    "reader": frozenset({"concerns", "not_abuse"}),
    "confirm": frozenset({"conduct", "redirections", "warnings"}),  # no name: members choose theirs
    "confirm_again": frozenset[str](),
    "summary": frozenset({"words"}),
}

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True, slots=True)
class Prompt:
    """The text of one prompt, its placeholders still in it."""

    text: str

    def fill(self, **words: str) -> str:
        """The text with each {placeholder} replaced, once: braces in `words` stay. KeyError: one is missing."""
        return _PLACEHOLDER.sub(lambda found: words[found[1]], self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompts:
    """All prompts.

    answer         the main model, as it answers
    care           added to it in the care window
    reader         the reading model
    confirm        the main model, asked whether it agrees to an ending
    confirm_again  and asked again, once it has agreed
    summary        of what is too long ago to be told whole
    version        of all of these together; every ending names it
    """

    answer: Prompt
    care: Prompt
    reader: Prompt
    confirm: Prompt
    confirm_again: Prompt
    summary: Prompt
    version: str

    def reading(self, concerns: Concerns) -> str:
        """The reading model's prompt, with the kinds of conduct it is to look for."""
        kinds = (f"- {kind}: {conduct.definition} Not: {conduct.not_}" for kind, conduct in concerns.kinds.items())
        return self.reader.fill(
            concerns="\n".join(kinds), not_abuse="\n".join(f"- {each}" for each in concerns.not_abuse)
        )


def load(directory: Path) -> Prompts:
    """Read all prompts. Raises ConfigError with every fault of every file."""
    files.directory(directory)
    texts: dict[str, str] = {}
    found: list[str] = []
    for name, placeholders in PLACEHOLDERS.items():
        path = directory / f"{name}.md"
        try:
            texts[name] = files.text(path).strip()
        except ConfigError as error:
            found += error.faults
        else:
            found += _faults(path, texts[name], placeholders)
    if found:
        raise ConfigError(found)
    whole = "\0".join(f"{name}\0{text}" for name, text in sorted(texts.items()))
    version = hashlib.sha256(whole.encode()).hexdigest()[:8]
    return Prompts(version=version, **{name: Prompt(text) for name, text in texts.items()})


def _faults(path: Path, text: str, placeholders: frozenset[str]) -> list[str]:
    if not text:
        return [f"{path}: is empty, must be a prompt"]
    there = set(_PLACEHOLDER.findall(text))
    missing = [(name, "is missing, must stand where it is to be filled in") for name in placeholders - there]
    foreign = [(name, f"is not known; {_known(name, placeholders)}") for name in there - placeholders]
    return [f"{path}: {{{name}}}: {what}" for name, what in sorted(missing + foreign)]


def _known(name: str, placeholders: frozenset[str]) -> str:
    return faults.nearest(name, placeholders, "known here are") if placeholders else "nothing is filled in here"

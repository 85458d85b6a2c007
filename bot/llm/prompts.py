"""config/prompts/*.md -> Prompts: what the models are told, with their placeholders checked when they are loaded.

Nothing in them changes from turn to turn but what is filled in: they are the beginning of every request, which the
vendor keeps for the next one as long as it stays the same.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from babel import Locale, UnknownLocaleError

from bot.domain.step import Step
from bot.errors import ConfigError
from bot.settings import Concerns, faults, files

FORMATTING = "formatting/"  # the directory of what is said about platforms, one file each
PLAIN = "plain"  # for platforms without a file

# Which {placeholders} each prompt has: all of these and no other.
PLACEHOLDERS = {
    "answer": frozenset({"name", "persona", "formatting"}),
    "care": frozenset[str](),
    "redirect": frozenset({"language", "must_say"}),
    "warn": frozenset({"language", "must_say"}),
    "reader": frozenset({"concerns", "not_abuse"}),
    "confirm": frozenset({"conduct", "redirections", "warnings"}),  # no name: members choose theirs
    "confirm_again": frozenset[str](),
    "summary": frozenset({"words"}),
    **{f"{FORMATTING}{platform}": frozenset[str]() for platform in ("discord", PLAIN, "slack", "terminal")},
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
    redirect       the main model, as it writes a redirection
    warn           and a warning
    reader         the reading model
    confirm        the main model, asked whether it agrees to an ending
    confirm_again  and asked again, once it has agreed
    summary        of what is too long ago to be told whole
    formats        how text is shown, by platform
    version        of all of these together; every ending names it
    """

    answer: Prompt
    care: Prompt
    redirect: Prompt
    warn: Prompt
    reader: Prompt
    confirm: Prompt
    confirm_again: Prompt
    summary: Prompt
    formats: Mapping[str, Prompt]
    version: str

    def formatting(self, platform: str) -> str:
        """How text is shown on a platform; on one that nobody described, as on the plainest."""
        return (self.formats.get(platform) or self.formats[PLAIN]).text

    def reading(self, concerns: Concerns) -> str:
        """The reading model's prompt, with the kinds of conduct it is to look for."""
        kinds = (f"- {kind}: {conduct.definition} Not: {conduct.not_}" for kind, conduct in concerns.kinds.items())
        return self.reader.fill(
            concerns="\n".join(kinds), not_abuse="\n".join(f"- {each}" for each in concerns.not_abuse)
        )

    def step(self, step: Step, language: str, must_say: Sequence[str]) -> str:
        """What the main model is told when it writes a redirection or a warning. KeyError: the step is another.

        language  the one to write in (ISO 639-1, with or without a region)
        must_say  what has to stand in it word for word; in a warning the name of the conduct is the first
        """
        prompt = {Step.REDIRECT: self.redirect, Step.WARN: self.warn}[step]
        lines = "".join(f"\n- {each}" for each in must_say)
        return prompt.fill(language=_called(language), must_say=lines or "nothing in particular")


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
    formats = {name.removeprefix(FORMATTING): Prompt(texts.pop(name)) for name in [*texts] if FORMATTING in name}
    prompts = {name: Prompt(text) for name, text in texts.items()}
    return Prompts(version=version, formats=MappingProxyType(formats), **prompts)


def _called(language: str) -> str:
    """A language's name in English: "Portuguese (Brazil)"."""
    try:
        return Locale.parse(language, sep="-").get_display_name("en") or language
    except (UnknownLocaleError, ValueError):
        return "the language of the message"


def _faults(path: Path, text: str, placeholders: frozenset[str]) -> list[str]:
    if not text:
        return [f"{path}: is empty, must be a prompt"]
    there = set(_PLACEHOLDER.findall(text))
    missing = [(name, "is missing, must stand where it is to be filled in") for name in placeholders - there]
    foreign = [(name, f"is not known; {_known(name, placeholders)}") for name in there - placeholders]
    return [f"{path}: {{{name}}}: {what}" for name, what in sorted(missing + foreign)]


def _known(name: str, placeholders: frozenset[str]) -> str:
    return faults.nearest(name, placeholders, "known here are") if placeholders else "nothing is filled in here"

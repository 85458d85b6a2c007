"""All of config/ as one unit: read together, found faulty together, replaced together."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from bot.assess.by_wording import WordingReader, lexicon
from bot.care import directory as resources
from bot.care import texts as care_texts
from bot.care import wording as care_wording
from bot.care.country import country_for
from bot.care.directory import Directory
from bot.care.texts import CareTexts
from bot.domain.assessment import Assessment
from bot.domain.conversation import Place
from bot.domain.event import Event
from bot.domain.record import Person
from bot.errors import ConfigError
from bot.llm import prompts as prompt_files
from bot.llm.prompts import Prompts
from bot.reply import wording as reply_texts
from bot.reply.outgoing import Outgoing
from bot.reply.reply import Reply
from bot.reply.wording import Wording
from bot.settings import Settings
from bot.settings import load as load_settings
from bot.settings.space_files import NO_DRAFTS, Drafts

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Configuration:
    """Everything of config/ that is in force."""

    settings: Settings
    wording: Wording  # config/replies
    care: Mapping[str, CareTexts]  # by language
    directory: Directory  # config/resources
    prompts: Prompts
    readers: Mapping[tuple[Path, ...], WordingReader]  # by a space's own phrase files

    @property
    def version(self) -> str:
        """Names the texts and prompts in force, for the record."""
        return f"texts {self.wording.version}, prompts {self.prompts.version}"

    def reader(self, place: Place) -> WordingReader:
        """The wording reader that holds in a place."""
        return self.readers[self.settings.at(place).wording]

    def language(self, place: Place, person: Person, spoken: str | None) -> str:
        """The language to speak to a member: what they set, else what was recognised, else the space's."""
        known = spoken if spoken in self.wording.languages else None
        return person.language or known or self.settings.at(place).language

    def services(self, language: str, country: str) -> str:
        """Whom to call in an emergency, and who listens: for whoever looks it up, or where no card can be shown.

        country: ISO 3166 alpha-2; "": it is asked for. Numbers come from the directory, and from nowhere else.
        """
        texts, known = self.care.get(language) or self.care["en"], country or None
        lines = self.directory.lines(known, hints=frozenset({f"language: {texts.language}"}))
        danger = texts.in_danger.format(emergency=care_wording.emergency(known, texts, self.directory))
        return f"{danger}\n{care_wording.lines(lines, texts, country=known)}"

    def reply(self, out: Outgoing, event: Event, person: Person, assessment: Assessment, now: datetime) -> Reply:
        """What puts decisions about an event into actions, in the member's language and with their country."""
        local = self.settings.at(event.place)
        language = self.language(event.place, person, assessment.language)
        return Reply(
            out=out,
            event=event,
            local=local,
            words=self.wording.words(language, event.place.platform),
            own=self.wording.words(local.language, event.place.platform),
            texts=self.care.get(language) or self.care["en"],
            directory=self.directory,
            country=country_for(assessment.country, person.country or None, local.country or None),
            now=now,
        )


def load(directory: Path, env: Mapping[str, str], drafts: Drafts = NO_DRAFTS) -> Configuration:
    """Read config/. Raises ConfigError with every fault of every file.

    drafts  files of config/spaces/ that are not written yet, to see what would hold with them
    """
    faults: list[str] = []

    def tried(part: Callable[[], T]) -> T | None:
        try:
            return part()
        except ConfigError as error:
            faults.extend(error.faults)
            return None

    settings = tried(lambda: load_settings(directory, env, drafts))
    wording = tried(lambda: reply_texts.load(directory / "replies"))
    care = tried(lambda: care_texts.load(directory / "replies"))
    crisis = tried(lambda: resources.load(directory / "resources"))
    prompts = tried(lambda: prompt_files.load(directory / "prompts"))
    own = {(), *(local.wording for local in settings.locals.values())} if settings else {()}
    readers = {files: tried(lambda files=files: _reader(directory, files)) for files in sorted(own)}  # type: ignore[misc]
    if faults or not (settings and wording and care and crisis and prompts):
        raise ConfigError(faults)
    known = {files: reader for files, reader in readers.items() if reader is not None}
    return Configuration(settings, wording, care, crisis, prompts, known)


def _reader(directory: Path, own: tuple[Path, ...]) -> WordingReader:
    return WordingReader(lexicon.load(directory / "wording", own))

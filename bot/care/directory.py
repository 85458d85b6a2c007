"""The crisis directory: which emergency numbers and which lines a country has, and which of them to offer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from types import MappingProxyType

from bot.care import resource_files
from bot.domain.assessment import About, Level
from bot.domain.resource import Resource

MOST_LINES = 2  # longer lists overwhelm; one or two fitting lines and a human question are used


@dataclass(frozen=True, slots=True)
class Country:
    """What is known of one country, in the order of its file."""

    emergency: tuple[Resource, ...] = ()
    lines: tuple[Resource, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()  # names of lines that are shown together or not at all

    def together_with(self, line: Resource) -> tuple[Resource, ...]:
        """The line, or the pair it belongs to."""
        names = next((pair for pair in self.pairs if line.name in pair), (line.name,))
        return tuple(other for other in self.lines if other.name in names)


@dataclass(frozen=True, slots=True)
class Stale:
    """An entry that somebody should look at again, and why."""

    resource: Resource
    why: str


@dataclass(frozen=True, slots=True)
class Directory:
    """Every crisis service that Fairwell knows.

    international  the directory that is offered where no line is known
    anywhere       the emergency numbers that work in most countries
    """

    countries: Mapping[str, Country]
    international: Resource
    anywhere: tuple[str, ...]

    def emergency(self, country: str | None) -> tuple[Resource, ...]:
        """A country's emergency numbers: one for all services first, else ambulance, fire, police.

        Of two alike, the one on which two lists agree. Empty if the country or its numbers are unknown.
        """
        known = self.countries.get(country or "", Country())
        return tuple(sorted(known.emergency, key=_urgency))

    def lines(
        self,
        country: str | None,
        *,
        level: Level = Level.ACTIVE,
        about: About = About.SELF,
        hints: frozenset[str] = frozenset(),
    ) -> tuple[Resource, ...]:
        """The one or two lines to offer; never empty for a risk, and never a line for one group first.

        hints are audiences the member named or the card knows ("veterans", "language: en"). Where a country is
        unknown or has no line for everyone, the international directory comes first. In imminent danger and with
        violence the emergency number leads, and one line follows it. NONE and TOPIC get no lines.
        """
        if not level.calls_for_care:
            return ()
        known = self.countries.get(country or "", Country())
        fitting = hints | {"bereaved"} if about is About.BEREAVED else hints
        most = 1 if level in {Level.IMMINENT, Level.VIOLENCE} else MOST_LINES
        first = self._first(known, fitting)
        if len(first) >= most:
            return first
        rest = [line for line in known.lines if line not in first and known.together_with(line) == (line,)]
        for_group = [line for line in rest if line.audience and fits(line, fitting)]
        second = for_group or [line for line in rest if not line.audience] or self._local(first, known)
        return (*first, *second)[:most]

    def _first(self, known: Country, hints: frozenset[str]) -> tuple[Resource, ...]:
        """The line for everyone that comes first in the file, or the pair that serves everyone between them."""
        for line in known.lines:
            together = known.together_with(line)
            if len(together) > 1:
                return tuple(sorted(together, key=lambda one: not _speaks(one, hints)))
            if not line.audience:
                return together
        return (self.international,)

    def _local(self, first: tuple[Resource, ...], known: Country) -> list[Resource]:
        """Where nothing is for the whole country: a line for one of its regions, whose name says so."""
        if first != (self.international,):
            return []
        return [line for line in known.lines if line.audience.startswith("region: ")]

    def stale(self, today: date, *, older_than_days: int = 180) -> tuple[Stale, ...]:
        """The entries that were checked more than `older_than_days` before `today`, or on which no two lists agree.

        180 days: twice a year, because lines are renumbered without notice (KR 1393 became 109 in 2024).
        """
        entries = [one for country in self.countries.values() for one in (*country.emergency, *country.lines)]
        found = []
        for entry in (*entries, self.international):
            if entry.checked is None or today - entry.checked > timedelta(days=older_than_days):
                found.append(Stale(entry, f"last checked {entry.checked or 'never'}"))
            elif not entry.confirmed and entry is not self.international:
                found.append(Stale(entry, "no two independent lists agree on it"))
        return tuple(found)


def fits(line: Resource, hints: frozenset[str]) -> bool:
    """Whether a line may be offered to somebody of whom `hints` are known: lines for everyone always."""
    return not line.audience or line.audience in hints


def load(folder: Path) -> Directory:
    """The directory in config/resources/. ConfigError with every fault of every file."""
    files = resource_files.read(folder)
    countries = {
        code: Country(
            emergency=tuple(resource_files.emergency(code, entry) for entry in file.emergency),
            lines=tuple(resource_files.line(code, entry) for entry in file.line),
            pairs=file.pairs,
        )
        for code, file in files.countries.items()
    }
    international = resource_files.line("", files.international.directory)
    return Directory(MappingProxyType(countries), international, files.international.emergency.numbers)


def _speaks(line: Resource, hints: frozenset[str]) -> bool:
    return any(f"language: {language}" in hints for language in line.languages)


def _urgency(number: Resource) -> tuple[bool, bool, bool, bool, bool]:
    """Sorts emergency numbers; False comes first."""
    services = number.services
    return (
        not {"police", "ambulance"} <= set(services),
        "ambulance" not in services,
        "fire" not in services,  # where no ambulance has a number, the fire brigade is the rescue service
        "police" not in services,
        not number.confirmed,
    )

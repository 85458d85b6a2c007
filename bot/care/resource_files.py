"""The files of config/resources/: what they may say, and every fault of them at once."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from bot.care.country import COUNTRIES
from bot.domain.resource import Kind, Resource
from bot.errors import ConfigError

# For whom a line can be, apart from everyone (""). "region: …" and "language: …" (ISO 639-1) come on top.
AUDIENCES = frozenset(
    {
        "adults",
        "bereaved",
        "children and youth",
        "Indigenous peoples",
        "LGBTQ+",
        "men",
        "Muslims",
        "older and disabled people",
        "substance use",
        "under 35",
        "veterans",
        "victims of violence",
        "women",
    }
)


def _known_audience(audience: str) -> str:
    if audience in {"", *AUDIENCES} or audience.startswith(("region: ", "language: ")):
        return audience
    allowed = ", ".join(sorted(AUDIENCES, key=str.casefold))
    raise ValueError(f'unknown audience; allowed are "" (everyone), region: …, language: …, {allowed}')


Text = Annotated[str, Field(min_length=1)]
Sources = Annotated[tuple[Text, ...], Field(min_length=1)]
Day = Annotated[date, Field(strict=True)]  # TOML's own date, unquoted: a string or a number could be misread
Audience = Annotated[str, AfterValidator(_known_audience)]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    sources: Sources
    checked: Day


class EmergencyEntry(_Entry):
    """An emergency number and the services behind it; services stay empty where no source names them."""

    number: Text
    services: tuple[Literal["police", "ambulance", "fire"], ...] = ()
    confirmed: bool = False


class LineEntry(_Entry):
    """A helpline."""

    name: Text
    kind: Kind
    phone: str = ""
    sms: str = ""
    chat: str = ""
    website: str = ""
    hours: str = ""
    languages: tuple[Text, ...] = ()
    audience: Audience
    confirmed: bool = False

    @model_validator(mode="after")
    def _can_be_reached(self) -> "LineEntry":
        if self.kind is Kind.EMERGENCY:
            raise ValueError("an emergency number belongs under [[emergency]]")
        if not (self.phone or self.sms or self.chat or self.website):
            raise ValueError("no phone, sms, chat or website")
        return self


class CountryFile(BaseModel):
    """One country's file. `pairs` names lines that are shown together or not at all."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    pairs: tuple[tuple[Text, Text], ...] = ()
    emergency: tuple[EmergencyEntry, ...] = ()
    line: tuple[LineEntry, ...] = ()

    @model_validator(mode="after")
    def _pairs_exist(self) -> "CountryFile":
        names = [entry.name for entry in self.line]
        if unknown := [name for pair in self.pairs for name in pair if name not in names]:
            raise ValueError(f"pairs names no line of this file: {', '.join(unknown)}")
        if twice := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"several lines are called {', '.join(sorted(twice))}")
        return self


class AnywhereEmergency(_Entry):
    """The emergency numbers that work in most countries."""

    numbers: Annotated[tuple[Text, ...], Field(min_length=1)]


class InternationalFile(BaseModel):
    """international.toml: for a country that is unknown or has no line."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    directory: LineEntry
    emergency: AnywhereEmergency


@dataclass(frozen=True)
class ResourceFiles:
    """All files of the folder, read and valid."""

    international: InternationalFile
    countries: dict[str, CountryFile] = field(default_factory=dict)


def read(folder: Path) -> ResourceFiles:
    """Read config/resources/: <CC>.toml a country, and international.toml. ConfigError with every fault."""
    faults: list[str] = []
    countries: dict[str, CountryFile] = {}
    international: InternationalFile | None = None
    for path in sorted(folder.glob("*.toml")):
        try:
            if path.stem == "international":
                international = InternationalFile.model_validate(_table(path))
            elif path.stem in COUNTRIES:
                countries[path.stem] = CountryFile.model_validate(_table(path))
            else:
                faults.append(f"{path}: {path.stem} is no country code; allowed is ISO 3166 alpha-2, as in US.toml")
        except ValidationError as error:
            faults += [f"{path}: {fault}" for fault in _faults(error)]
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            faults.append(f"{path}: cannot be read as TOML: {error}")
    if international is None and not any("international.toml" in fault for fault in faults):
        faults.append(f"{folder / 'international.toml'}: missing; it says what to offer where the country is unknown")
    if faults or international is None:
        raise ConfigError(faults)
    return ResourceFiles(international, countries)


def _table(path: Path) -> dict[str, object]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _faults(error: ValidationError) -> Iterator[str]:
    """One line a fault: where in the file, counted from 1, and what is wrong."""
    for fault in error.errors():
        where = ".".join(str(part + 1) if isinstance(part, int) else part for part in fault["loc"])
        what = "unknown key" if fault["type"] == "extra_forbidden" else fault["msg"].removeprefix("Value error, ")
        yield f"{where}: {what}" if where else what


def emergency(country: str, entry: EmergencyEntry) -> Resource:
    """An emergency number as a Resource."""
    return Resource(
        country=country,
        name="",
        kind=Kind.EMERGENCY,
        phone=entry.number,
        services=tuple(entry.services),
        sources=entry.sources,
        confirmed=entry.confirmed,
        checked=entry.checked,
    )


def line(country: str, entry: LineEntry) -> Resource:
    """A helpline as a Resource."""
    return Resource(country=country, **entry.model_dump())

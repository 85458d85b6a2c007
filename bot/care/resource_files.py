"""The files of config/resources/: what they may say, and every fault of them at once."""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from bot.care.country import COUNTRIES
from bot.domain.resource import Kind, Resource
from bot.errors import ConfigError
from bot.settings import files
from bot.settings.faults import lines

INTERNATIONAL = "international.toml"

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
    raise ValueError(f'must be "" (everyone), "region: …", "language: …" or one of {allowed}')


Text = Annotated[str, Field(min_length=1)]
Sources = Annotated[tuple[Text, ...], Field(min_length=1)]
# TOML's own date: a string or a number could be misread.
Day = Annotated[
    date, Field(strict=True, json_schema_extra={"errorMessage": "a date without quotes, such as 2026-11-20"})
]
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
            raise ValueError(f"{self.name} is an emergency number; it belongs under [[emergency]]")
        if not (self.phone or self.sms or self.chat or self.website):
            raise ValueError(f"{self.name} has no phone, sms, chat or website; it needs one")
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
            raise ValueError(f"several lines are called {', '.join(sorted(twice))}; a name belongs to one")
        return self


class AnywhereEmergency(_Entry):
    """The emergency numbers that work in most countries."""

    numbers: Annotated[tuple[Text, ...], Field(min_length=1)]


class InternationalFile(BaseModel):
    """international.toml: for a country that is unknown or has no line."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    directory: LineEntry
    emergency: AnywhereEmergency


File = TypeVar("File", bound=BaseModel)


@dataclass(frozen=True)
class ResourceFiles:
    """All files of the folder, read and valid."""

    international: InternationalFile
    countries: dict[str, CountryFile] = field(default_factory=dict)


def read(folder: Path) -> ResourceFiles:
    """Read config/resources/: <CC>.toml a country, and international.toml. ConfigError with every fault."""
    faults: list[str] = []
    countries: dict[str, CountryFile] = {}
    for path in sorted(files.directory(folder).glob("*.toml")):
        if path.stem in COUNTRIES:
            if file := _read(CountryFile, path, faults):
                countries[path.stem] = file
        elif path.name != INTERNATIONAL:
            faults.append(f"{path}: {path.stem} is no country code; name it by ISO 3166 alpha-2, such as US.toml")
    international = _read(InternationalFile, folder / INTERNATIONAL, faults)
    if faults or international is None:
        raise ConfigError(faults)
    return ResourceFiles(international, countries)


def _read(kind: type[File], path: Path, faults: list[str]) -> File | None:
    """One file, or None and its faults added."""
    try:
        return kind.model_validate(files.toml(path))
    except ConfigError as error:
        faults += error.faults
    except ValidationError as error:
        faults += lines(error, kind.model_json_schema(), str(path))
    return None


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

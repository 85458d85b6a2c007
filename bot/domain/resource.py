"""Crisis services, as care offers them."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Kind(StrEnum):
    """What a service is for."""

    EMERGENCY = "emergency"
    SUICIDE = "suicide"
    GENERAL = "general"  # any crisis of the mind
    CHILD = "child"
    VIOLENCE = "violence"
    LGBTQ = "lgbtq"


@dataclass(frozen=True, slots=True)
class Resource:
    """One crisis service. Fields that no source states are empty, never guessed."""

    country: str  # ISO 3166 alpha-2; "" = an international directory
    name: str
    kind: Kind
    phone: str = ""  # as people dial it in that country
    sms: str = ""
    chat: str = ""
    website: str = ""
    hours: str = ""
    languages: tuple[str, ...] = ()
    audience: str = ""  # for whom it is; "" = for everyone in the country
    services: tuple[str, ...] = ()  # of an emergency number: ambulance, police, fire; () = no source says
    sources: tuple[str, ...] = ()
    confirmed: bool = False  # two independent sources agree
    checked: date | None = None

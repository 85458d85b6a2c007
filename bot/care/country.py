"""Which country a member is in: what they said or chose, else the space's setting. Never guessed from a language."""

import re
import unicodedata
from collections.abc import Mapping
from functools import cache

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from phonenumbers import SUPPORTED_REGIONS

COUNTRIES = frozenset(SUPPORTED_REGIONS)  # ISO 3166 alpha-2, and XK for Kosovo
LANGUAGES = ("en", "de", "es", "fr", "pt")  # in which a country's name is understood

# What people say and CLDR does not list.
SAID = {
    "AE": ("UAE", "Emirates", "Emirate", "Emiratos", "Emirats", "Emirados"),
    "BA": ("Bosnia", "Bosnien", "Bosnie"),
    "CD": ("DRC", "DR Congo", "RD Congo", "Congo", "Kongo"),  # the bare name is two countries, and so nobody's
    "CI": ("Ivory Coast", "Elfenbeinküste", "Costa de Marfil"),
    "CN": ("PRC",),
    "CZ": ("Czech Republic", "Tschechische Republik", "República Checa", "République tchèque", "República Tcheca"),
    "GB": ("UK", "Great Britain", "Britain", "England", "Scotland", "Wales", "Northern Ireland", "Großbritannien",
           "Schottland", "Nordirland", "Gran Bretaña", "Inglaterra", "Escocia", "Gales", "Irlanda del Norte",
           "Grande-Bretagne", "Angleterre", "Écosse", "Pays de Galles", "Irlande du Nord", "Grã-Bretanha", "Escócia",
           "País de Gales", "Irlanda do Norte"),
    "HK": ("Hong Kong", "Hongkong"),
    "KR": ("Korea", "Corea", "Corée", "Coreia"),
    "MK": ("Macedonia", "Mazedonien", "Macédoine", "Macedônia"),
    "MM": ("Burma", "Birma", "Birmania", "Birmanie", "Birmânia"),
    "MO": ("Macau", "Macao"),
    "NL": ("Holland", "Holanda", "Hollande"),
    "PS": ("Palestine", "Palästina", "Palestina"),
    "RU": ("Russian Federation",),
    "SZ": ("Swaziland", "Swasiland", "Suazilandia"),
    "TR": ("Turkey",),
    "US": ("USA", "America", "The States", "United States of America", "Amerika",
           "Vereinigte Staaten von Amerika", "EE. UU.", "EEUU", "Estados Unidos de América", "États-Unis d'Amérique",
           "EUA", "Estados Unidos da América"),
    "VA": ("Vatican",),
}  # fmt: skip


def country_for(said: str | None, chosen: str | None, space: str | None) -> str | None:
    """The country whose lines are offered, or None if nobody has told.

    said    ISO code of the country the member named in the conversation: the latest word
    chosen  ISO code the member set for themselves
    space   ISO code in the space's settings
    """
    return said or chosen or space or None


def parse_country(text: str) -> str | None:
    """The ISO code of a country a member typed: a code, or a name in English, German, Spanish, French or Portuguese.

    None if the text is anything else: a name in the middle of a sentence is the readers' business.
    """
    folded = _folded(text)
    if folded.upper() in COUNTRIES:
        return folded.upper()
    return _names().get(folded)


@cache
def countries(language: str) -> Mapping[str, str]:
    """Names of countries in a language, by code and in the order of their names; in English for one without."""
    try:
        territories = Locale(language).territories
    except UnknownLocaleError:
        territories = Locale("en").territories
    known = ((code, territories[code]) for code in COUNTRIES if code in territories)
    return dict(sorted(known, key=lambda each: each[1]))


def hinted(zone: str) -> str:
    """The ISO code of the country that a time zone is named after ("Europe/Berlin"); "": of none.

    Good for the order of a list from which somebody chooses, and for nothing else: clocks are set elsewhere too.
    """
    code = str(get_global("zone_territories").get(zone, ""))
    return code if code in COUNTRIES else ""


def _folded(name: str) -> str:
    """Lower case without accents, punctuation, "and" or a leading article; Saint is St, as CLDR writes it."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(c))
    words = re.sub(r"[^\w]+", " ", plain.replace(".", "")).strip()
    words = re.sub(r"\b(?:and|und|y|et|e) \b", "", words.replace("saint ", "st "))
    return re.sub(r"^(?:the|die|der|das|el|la|los|las|le|les|l|o|a|os|as) (?=\w)", "", words)


@cache
def _names() -> dict[str, str]:
    """Every folded name and its country; a name that two countries share belongs to neither."""
    owners: dict[str, set[str]] = {}
    for language in LANGUAGES:
        for code, name in Locale(language).territories.items():
            if code in COUNTRIES:
                owners.setdefault(_folded(name), set()).add(code)
    for code, names in SAID.items():
        for name in names:
            owners.setdefault(_folded(name), set()).add(code)
    return {name: next(iter(codes)) for name, codes in owners.items() if len(codes) == 1}

"""Where a member says they are: the names of countries, from Unicode's CLDR as `babel` has it."""

import re
from collections.abc import Mapping

from babel import Locale, localedata

from bot.assess.by_wording.folding import folded

_LONGEST_NAME = 5  # words
_REACH = 80  # characters behind "I live in" that are looked at
_WORDS = re.compile(r"[^\W\d_]+(?:[.'’-][^\W\d_]+)*\.?|[,(]|[^\s\w]")
_CITY = 3  # words a town's name may have before ", France"
# Also the name of something else where people say they are: a state of the US, a month's or person's name.
_AMBIGUOUS = {"georgia"}


def names(languages: frozenset[str], also: Mapping[str, str]) -> dict[str, str]:
    """Folded names of countries in these languages -> ISO alpha-2."""
    found: dict[str, str] = {}
    for language in filter(localedata.exists, languages):
        countries = Locale(language).territories.items()
        found |= {_key(name): code for code, name in countries if len(code) == 2 and code.isalpha()}
    found |= {_key(name): country for name, country in also.items()}
    return {name: country for name, country in found.items() if name not in _AMBIGUOUS}


def country_after(text: str, position: int, known: Mapping[str, str]) -> str | None:
    """The country named right behind `position`, or behind a town's name and a comma; None if there is none."""
    words = _WORDS.findall(text[position : position + _REACH])
    if (country := _named(words, known)) is not None:
        return country
    for index, word in enumerate(words[: _CITY + 1]):
        if word in ",(":
            return _named(words[index + 1 :], known)
    return None


def _named(words: list[str], known: Mapping[str, str]) -> str | None:
    for count in range(min(_LONGEST_NAME, len(words)), 0, -1):
        if (country := known.get(_key(" ".join(words[:count])))) is not None:
            return country
    return None


def _key(name: str) -> str:
    words = [folded(word.strip(".")) for word in re.split(r"[\s-]+", name)]
    return " ".join(word.replace(".", "") for word in words if word not in ("the", ""))

"""Crisis services of a country, for those who look them up: numbers come from the directory, and from nowhere else.

Which country it is people say themselves. What Slack tells of them decides what stands first in the list to choose
from, and nothing else.
"""

from collections.abc import Mapping

from adapters.slack.hearing.profiles import Profiles
from bot.care import wording
from bot.care.country import countries, hinted
from bot.configuration import Configuration


def offered(language: str, profiles: Profiles, team: str, user: str) -> Mapping[str, str]:
    """The countries that somebody can choose from, by code; the likeliest one first."""
    known, first = countries(language), hinted(profiles.zone(team, user))
    return {first: known[first], **known} if first in known else known


def services(configuration: Configuration, language: str, country: str) -> str:
    """Whom to call in an emergency, and who listens. country: ISO 3166 alpha-2; "": it is asked for."""
    texts, known, directory = configuration.care.get(language), country or None, configuration.directory
    texts = texts or configuration.care["en"]
    lines = directory.lines(known, hints=frozenset({f"language: {texts.language}"}))
    danger = texts.in_danger.format(emergency=wording.emergency(known, texts, directory))
    return f"{danger}\n{wording.lines(lines, texts, country=known)}"

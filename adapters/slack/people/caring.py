"""From which countries somebody chooses whose crisis services they are shown.

Which one it is people say themselves. What Slack tells of them decides what stands first in the list, and nothing else.
"""

from collections.abc import Mapping

from adapters.slack.hearing.profiles import Profiles
from bot.care.country import countries, hinted


def offered(language: str, profiles: Profiles, team: str, user: str) -> Mapping[str, str]:
    """The countries that somebody can choose from, by code; the likeliest one first."""
    known, first = countries(language), hinted(profiles.zone(team, user))
    return {first: known[first], **known} if first in known else known

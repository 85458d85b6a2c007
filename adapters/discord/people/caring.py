"""Crisis services of a country, where no card can be shown: numbers come from the directory, and from nowhere else."""

from bot.care import wording
from bot.configuration import Configuration


def services(configuration: Configuration, language: str, country: str) -> str:
    """Whom to call in an emergency, and who listens. country: ISO 3166 alpha-2; "": it is asked for."""
    texts, known, directory = configuration.care.get(language), country or None, configuration.directory
    texts = texts or configuration.care["en"]
    lines = directory.lines(known, hints=frozenset({f"language: {texts.language}"}))
    danger = texts.in_danger.format(emergency=wording.emergency(known, texts, directory))
    return f"{danger}\n{wording.lines(lines, texts, country=known)}"

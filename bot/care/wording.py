"""How lines and emergency numbers are put into words."""

from collections.abc import Sequence

from bot.care.directory import Directory
from bot.care.texts import CareTexts
from bot.domain.resource import Resource

AROUND_THE_CLOCK = "24/7"  # as config/resources/ writes it; other hours are shown as they stand


def line(resource: Resource, texts: CareTexts) -> str:
    """One line of a card: the name, the ways to reach it, its hours if they are known."""
    if not resource.country:
        return texts.directory.format(name=resource.name, link=resource.website)
    ways = ", ".join(_ways(resource, texts))
    if not resource.hours:
        return texts.line.format(name=resource.name, ways=ways)
    hours = texts.around_the_clock if resource.hours == AROUND_THE_CLOCK else resource.hours
    return texts.line_with_hours.format(name=resource.name, ways=ways, hours=hours)


def lines(resources: Sequence[Resource], texts: CareTexts, *, country: str | None) -> str:
    """The lines of a card, one below the other. Where the country is unknown, it is asked for."""
    said = [line(resource, texts) for resource in resources]
    return "\n".join(said if country else [*said, texts.ask_country])


def _ways(resource: Resource, texts: CareTexts) -> list[str]:
    ways = []
    if resource.phone:
        ways.append(texts.call.format(number=resource.phone))
    if resource.sms:
        word, to, number = resource.sms.partition(" to ")  # "HOME to 741741"; or a number alone
        ways.append(texts.text_word.format(word=word, number=number) if to else texts.text.format(number=word))
    if resource.chat:
        ways.append(texts.chat.format(link=resource.chat))
    return ways or [texts.website.format(link=resource.website)]


def emergency(country: str | None, texts: CareTexts, directory: Directory, *, police_first: bool = False) -> str:
    """Whom to call in an emergency: the one number for everything, else one for an ambulance and one for the police.

    Where none is known, the words that hold anywhere.
    """
    numbers = directory.emergency(country)
    if not numbers:
        return texts.emergency_unknown.format(numbers=_either(directory.anywhere, texts))
    if {"police", "ambulance"} <= set(numbers[0].services):
        return numbers[0].phone
    police = next((number for number in numbers if "police" in number.services), numbers[0])
    two = (police, numbers[0]) if police_first else (numbers[0], police)
    return _either(list(dict.fromkeys(_number(number, texts) for number in two)), texts)


def _number(number: Resource, texts: CareTexts) -> str:
    """A number and what it reaches, if a source says so."""
    words = {"ambulance": texts.ambulance, "police": texts.police, "fire": texts.fire}
    reached = ", ".join(word for service, word in words.items() if service in number.services)
    return texts.number_for.format(number=number.phone, services=reached) if reached else number.phone


def _either(numbers: Sequence[str], texts: CareTexts) -> str:
    first, *others = numbers
    return texts.either.format(first=first, second=others[0]) if others else first

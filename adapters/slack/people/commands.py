"""The command and its words: `/fairwell standing`. What is no word of it is answered with what there is.

Slack lists one command for all, and does not let it be used in threads.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from adapters.slack.operators import checking, setting_up
from adapters.slack.people import asking, handing_out, members, moderators
from adapters.slack.people.desk import Desk, Visit
from adapters.slack.people.interaction import Ack, Interaction
from bot.domain.record import Person

Work = Callable[[Visit], Awaitable[None]]

NAME = "/fairwell"


async def run(desk: Desk, interaction: Interaction, ack: Ack) -> None:
    """Somebody has typed it. interaction: `what` is its first word, `value` what comes after.

    Words that mean nothing here may mean a lot: they are read for risk.
    """
    rest = interaction.value
    if interaction.what in {"ask", "new"} and not (rest and interaction.what == "ask"):
        await asking.show_form(desk, interaction, ack)
    elif interaction.what == "appeal":
        await members.ask_appeal(desk, replace(interaction, value=""), ack)
    elif interaction.what in SHOWN:
        await desk.attend(interaction, ack, SHOWN[interaction.what], shown=True)
    else:
        await desk.attend(interaction, ack, WORKS.get(interaction.what, help_))
    if beside := _beside(interaction):
        await asking.confide(Visit(desk, interaction, Person("", ""), desk.words(interaction.place)), beside)


async def press(desk: Desk, interaction: Interaction, ack: Ack) -> None:
    """Somebody pressed a button that stands for a word."""
    await run(desk, replace(interaction, what=interaction.value, value=""), ack)


async def help_(visit: Visit) -> None:
    """What can be typed."""
    texts = visit.words.slack
    listed = "\n".join(f"`{NAME} {word}` {texts.commands[word]}" for word in WORDS)
    await visit.say("\n".join((texts.answers.help, listed, texts.answers.help_threads)))


def _beside(interaction: Interaction) -> str:
    """What was typed that is no word of the command, nor anything that its word asks for."""
    if interaction.what in WORDS:
        return "" if interaction.what in TAKING else interaction.value
    return f"{interaction.what} {interaction.value}".strip()


async def _ask(visit: Visit) -> None:
    await asking.ask(visit, visit.interaction.value)


async def _country(visit: Visit) -> None:
    await members.country(visit, visit.interaction.value)


async def _language(visit: Visit) -> None:
    await members.language(visit, visit.interaction.value)


WORKS: Mapping[str, Work] = {
    "ask": _ask,
    "standing": members.standing,
    "boundaries": members.boundaries,
    "endings": moderators.list_endings,
    "forgetme": members.forgetme,
    "country": _country,
    "language": _language,
    "check": checking.check,
}
TAKING = frozenset({"ask", "country", "language"})  # they take what comes after them
SHOWN: Mapping[str, Work] = {"setup": setting_up.show, "mydata": handing_out.begin}  # as a form
WORDS = (
    "ask", "new", "standing", "boundaries", "appeal", "country", "language", "mydata", "forgetme", "endings", "check",
    "setup", "help",
)  # fmt: skip

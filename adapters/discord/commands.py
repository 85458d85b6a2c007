"""The commands, as Discord lists them: after a slash, and in the menu of a message."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import discord
from babel import Locale, UnknownLocaleError
from discord import app_commands

from adapters.discord import asking, branches, checking, members, moderators, names
from adapters.discord.desk import Desk, Interaction, Visit
from adapters.discord.localising import Localised, text
from bot.domain.ending import EndingState

Tree = app_commands.CommandTree[Any]
Command = app_commands.Command[Any, ..., None]
Question = app_commands.Range[str, 1, asking.LONGEST]

MOST = 25  # choices that Discord shows
HERE = app_commands.AppCommandContext(guild=True, dm_channel=False, private_channel=False)
DIRECT = app_commands.AppCommandContext(guild=False, dm_channel=True, private_channel=False)
BOTH = app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=False)
INSTALLED = app_commands.AppInstallationType(guild=True, user=False)


def add_commands(tree: Tree, desk: Desk) -> None:
    """Add all commands to a client's tree."""
    plain: tuple[tuple[str, Work, app_commands.AppCommandContext], ...] = (
        ("new", asking.begin, DIRECT),
        ("standing", members.standing, BOTH),
        ("boundaries", members.boundaries, BOTH),
        ("forgetme", members.forgetme, BOTH),
        ("mydata", members.mydata, BOTH),
    )
    for name, work, where in plain:
        tree.add_command(_plain(desk, name, work, where))
    for made in (_ask, _branch, _appeal, _endings, _country, _language):
        tree.add_command(made(desk))
    tree.add_command(_fairwell(desk))
    tree.add_command(_review(desk))
    tree.add_command(_report(desk))


async def publish(tree: Tree, desk: Desk) -> None:
    """Let Discord list them, in every language that has texts. What is listed already does not count as new there.

    Raises discord.DiscordException.
    """
    await tree.set_translator(Localised(desk.configuration.wording))
    await tree.sync()


Work = Callable[[Visit], Awaitable[None]]


def _plain(desk: Desk, name: str, work: Work, where: app_commands.AppCommandContext) -> Command:
    async def run(interaction: Interaction) -> None:
        await desk.attend(interaction, work)

    return _made(desk, name, run, where)


def _ask(desk: Desk) -> Command:
    @_described(desk, "ask", "question", "private")
    async def run(interaction: Interaction, question: Question, private: bool = False) -> None:
        private = private and interaction.guild_id is not None
        hidden = private or bool(asking.elsewhere(desk, desk.here(interaction)))
        await desk.attend(interaction, partial(asking.ask, question=question, private=private), hidden=hidden)

    return _made(desk, "ask", run, BOTH)


def _branch(desk: Desk) -> Command:
    async def own(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        return await branches.choices(desk, interaction, typed)

    @_described(desk, "branch", "message", "words")
    @app_commands.autocomplete(message=own)
    async def run(interaction: Interaction, message: str, words: Question) -> None:
        await desk.attend(interaction, partial(branches.ask, message=message, words=words))

    return _made(desk, "branch", run, BOTH)


def _appeal(desk: Desk) -> Command:
    async def run(interaction: Interaction) -> None:
        await members.ask_appeal(desk, interaction)

    return _made(desk, "appeal", run, BOTH)


def _endings(desk: Desk) -> Command:
    wording = desk.configuration.wording
    states = [
        app_commands.Choice(name=text(wording, f"transcript.states.{each}"), value=each.value) for each in EndingState
    ]

    @_described(desk, "endings", "state")
    @app_commands.choices(state=states)
    @app_commands.default_permissions(manage_threads=True)
    async def run(interaction: Interaction, state: app_commands.Choice[str] | None = None) -> None:
        wanted = EndingState(state.value) if state else None
        await desk.attend(interaction, partial(moderators.list_endings, state=wanted))

    return _made(desk, "endings", run, HERE)


def _country(desk: Desk) -> Command:
    async def named(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        known = members.countries(desk.at_once(interaction).language)
        found = [(code, name) for code, name in known.items() if typed.casefold() in name.casefold()]
        found.sort(key=lambda each: not each[1].casefold().startswith(typed.casefold()))
        return [app_commands.Choice(name=name, value=code) for code, name in found[:MOST]]

    @_described(desk, "country", "country")
    @app_commands.autocomplete(country=named)
    async def run(interaction: Interaction, country: str | None = None) -> None:
        await desk.attend(interaction, partial(members.country, name=country))

    return _made(desk, "country", run, BOTH)


def _language(desk: Desk) -> Command:
    known = desk.configuration.wording.languages[:MOST]

    @_described(desk, "language", "language")
    @app_commands.choices(language=[app_commands.Choice(name=_own_name(each), value=each) for each in known])
    async def run(interaction: Interaction, language: app_commands.Choice[str] | None = None) -> None:
        await desk.attend(interaction, partial(members.language, code=language.value if language else None))

    return _made(desk, "language", run, BOTH)


def _fairwell(desk: Desk) -> app_commands.Group:
    async def run(interaction: Interaction) -> None:
        await desk.attend(interaction, checking.check)

    about = text(desk.configuration.wording, "commands.check.about")
    group = app_commands.Group(
        name="fairwell",  # the same everywhere: Discord does not find a group by a name in another language
        description=about,
        default_permissions=discord.Permissions(manage_guild=True),
        allowed_contexts=HERE,
        allowed_installs=INSTALLED,
    )
    group.add_command(_made(desk, "check", run, None))
    return group


def _review(desk: Desk) -> app_commands.ContextMenu:
    @app_commands.default_permissions(manage_threads=True)
    async def run(interaction: Interaction, message: discord.Message) -> None:
        in_thread = isinstance(interaction.channel, discord.Thread)
        conversation = names.conversation(message.channel.id if in_thread else message.id)
        await desk.attend(interaction, partial(moderators.review, conversation=conversation))

    return _menu(desk, "review", run)


def _report(desk: Desk) -> app_commands.ContextMenu:
    async def run(interaction: Interaction, message: discord.Message) -> None:
        await desk.attend(interaction, partial(members.refer, message=message))

    return _menu(desk, "report", run)


def _made(desk: Desk, name: str, run: Callable[..., Any], where: app_commands.AppCommandContext | None) -> Command:
    wording = desk.configuration.wording
    return app_commands.Command(
        name=text(wording, f"commands.{name}.name"),
        description=text(wording, f"commands.{name}.about"),
        callback=run,
        allowed_contexts=where,
        allowed_installs=INSTALLED if where else None,
    )


def _menu(desk: Desk, name: str, run: Callable[..., Any]) -> app_commands.ContextMenu:
    return app_commands.ContextMenu(
        name=text(desk.configuration.wording, f"commands.{name}"),
        callback=run,
        allowed_contexts=HERE,
        allowed_installs=INSTALLED,
    )


def _described(desk: Desk, command: str, *options: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Names what can be typed with a command, and says what it is."""
    wording = desk.configuration.wording

    def described(run: Callable[..., Any]) -> Callable[..., Any]:
        named = {each: text(wording, f"commands.{command}.{each}.name") for each in options}
        about = {each: text(wording, f"commands.{command}.{each}.about") for each in options}
        return app_commands.rename(**named)(app_commands.describe(**about)(run))

    return described


def _own_name(language: str) -> str:
    """What a language is called by those who speak it."""
    try:
        return (Locale(language).get_display_name(language) or language).capitalize()
    except UnknownLocaleError:
        return language

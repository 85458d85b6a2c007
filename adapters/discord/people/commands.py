"""The commands, as Discord lists them: after a slash, and in the menu of a message."""

from collections.abc import Awaitable, Callable
from dataclasses import fields
from functools import partial
from typing import Any

import discord
from discord import app_commands

from adapters.discord.operators import checking, setting_up
from adapters.discord.people import asking, branches, members, moderators
from adapters.discord.people.desk import Desk, Interaction, Visit
from adapters.discord.people.localising import Localised, text
from adapters.discord.people.pressing import LONGEST_LABEL
from bot.care.country import countries
from bot.domain.ending import EndingState
from bot.reply import on_discord
from bot.reply.wording import own_name

Tree = app_commands.CommandTree[Any]
Command = app_commands.Command[Any, ..., None]
Question = app_commands.Range[str, 1, asking.LONGEST]


class _Channels(app_commands.Transformer):
    """Channels of some types, as they are shown: the bot need not see them."""

    def __init__(self, *types: discord.ChannelType) -> None:
        self._types = types

    @property
    def type(self) -> discord.AppCommandOptionType:
        """What is chosen."""
        return discord.AppCommandOptionType.channel

    @property
    def channel_types(self) -> list[discord.ChannelType]:
        """Those that are shown."""
        return list(self._types)

    async def transform(
        self, interaction: Interaction, value: app_commands.AppCommandChannel
    ) -> app_commands.AppCommandChannel:
        """As it was sent."""
        return value


Text = app_commands.Transform[app_commands.AppCommandChannel, _Channels(*setting_up.TEXT)]
Spoken = app_commands.Transform[app_commands.AppCommandChannel, _Channels(*setting_up.TEXT, *setting_up.FORUM)]

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
        ask = partial(asking.ask, question=question, private=private)
        await desk.attend(interaction, ask, hidden=hidden, words=question)

    return _made(desk, "ask", run, BOTH)


def _branch(desk: Desk) -> Command:
    async def own(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        return await branches.choices(desk, interaction, typed)

    @_described(desk, "branch", "message", "words")
    @app_commands.autocomplete(message=own)
    async def run(interaction: Interaction, message: str, words: Question) -> None:
        await desk.attend(interaction, partial(branches.ask, message=message, words=words), words=words)

    return _made(desk, "branch", run, BOTH)


def _appeal(desk: Desk) -> Command:
    async def run(interaction: Interaction) -> None:
        await members.ask_appeal(desk, interaction)

    return _made(desk, "appeal", run, BOTH)


def _endings(desk: Desk) -> Command:
    wording = desk.configuration.wording
    states = [
        app_commands.Choice(name=text(wording, f"moderators.transcript.states.{each}"), value=each.value)
        for each in EndingState
    ]

    @_described(desk, "endings", "state")
    @app_commands.choices(state=states)
    @app_commands.default_permissions(manage_threads=True)
    async def run(interaction: Interaction, state: app_commands.Choice[str] | None = None) -> None:
        wanted = EndingState(state.value) if state else None
        await desk.attend(interaction, partial(moderators.list_endings, state=wanted))

    return _made(desk, "endings", run, HERE)


def _country(desk: Desk) -> Command:
    async def found(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        return _countries(desk, interaction, typed)

    @_described(desk, "country", "country")
    @app_commands.autocomplete(country=found)
    async def run(interaction: Interaction, country: str | None = None) -> None:
        await desk.attend(interaction, partial(members.country, name=country), words=country or "")

    return _made(desk, "country", run, BOTH)


def _language(desk: Desk) -> Command:
    known = desk.configuration.wording.languages[:MOST]

    @_described(desk, "language", "language")
    @app_commands.choices(language=[app_commands.Choice(name=own_name(each), value=each) for each in known])
    async def run(interaction: Interaction, language: app_commands.Choice[str] | None = None) -> None:
        await desk.attend(interaction, partial(members.language, code=language.value if language else None))

    return _made(desk, "language", run, BOTH)


def _fairwell(desk: Desk) -> app_commands.Group:
    async def run(interaction: Interaction) -> None:
        await desk.attend(interaction, checking.check)

    about = text(desk.configuration.wording, "discord.commands.check.about")
    group = app_commands.Group(
        name="fairwell",  # the same everywhere: Discord does not find a group by a name in another language
        description=about,
        default_permissions=discord.Permissions(manage_guild=True),
        allowed_contexts=HERE,
        allowed_installs=INSTALLED,
    )
    group.add_command(_made(desk, "check", run, None))
    group.add_command(_setup(desk))
    return group


def _setup(desk: Desk) -> Command:
    wording = desk.configuration.wording
    wider = app_commands.Choice(name=text(wording, "discord.setup.as_everywhere"), value=setting_up.WIDER)
    languages = [app_commands.Choice(name=own_name(each), value=each) for each in wording.languages]
    named = [field.name for field in fields(on_discord.Setup) if field.name not in {"name", "about"}]

    async def country_named(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        found = [] if typed else [_wider(desk, interaction)]
        return [*found, *_countries(desk, interaction, typed)][:MOST]

    async def ladder_named(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        words, ladders = desk.at_once(interaction), desk.configuration.settings.ladders.values()
        found = {each.name: setting_up.preset(each, words)[:LONGEST_LABEL] for each in ladders}
        known = [app_commands.Choice(name=said, value=name) for name, said in found.items() if typed in said]
        return [*([] if typed else [_wider(desk, interaction)]), *known][:MOST]

    @_described(desk, "setup", *named)
    @app_commands.autocomplete(country=country_named, ladder=ladder_named)
    @app_commands.choices(language=[wider, *languages][:MOST])
    async def run(
        interaction: Interaction,
        *,
        moderators: Text | None = None,
        role: discord.Role | None = None,
        without_role: discord.Role | None = None,
        country: str | None = None,
        language: app_commands.Choice[str] | None = None,
        ladder: str | None = None,
        answer_in: Spoken | None = None,
        not_in: Spoken | None = None,
        plain_replies: bool | None = None,
    ) -> None:
        asked = setting_up.Asked(
            moderators=moderators.id if moderators else None,
            role=role.id if role else None,
            without_role=without_role.id if without_role else None,
            country=country,
            language=language.value if language else None,
            ladder=ladder,
            answer_in=answer_in.id if answer_in else None,
            forum=answer_in is not None and answer_in.type in setting_up.FORUM,
            not_in=not_in.id if not_in else None,
            plain_replies=plain_replies,
        )
        await desk.attend(interaction, partial(setting_up.set_up, asked=asked))

    return _made(desk, "setup", run, None)


def _wider(desk: Desk, interaction: Interaction) -> app_commands.Choice[str]:
    return app_commands.Choice(name=desk.at_once(interaction).discord.setup.as_everywhere, value=setting_up.WIDER)


def _countries(desk: Desk, interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
    """Countries whose names have in them what was typed; those first that begin with it."""
    known = countries(desk.at_once(interaction).language)
    found = [(code, name) for code, name in known.items() if typed.casefold() in name.casefold()]
    found.sort(key=lambda each: not each[1].casefold().startswith(typed.casefold()))
    return [app_commands.Choice(name=name, value=code) for code, name in found[:MOST]]


def _review(desk: Desk) -> app_commands.ContextMenu:
    @app_commands.default_permissions(manage_threads=True)
    async def run(interaction: Interaction, message: discord.Message) -> None:
        await desk.attend(interaction, partial(moderators.review, message=message.id))

    return _menu(desk, "review", run)


def _report(desk: Desk) -> app_commands.ContextMenu:
    async def run(interaction: Interaction, message: discord.Message) -> None:
        await desk.attend(interaction, partial(members.refer, message=message))

    return _menu(desk, "report", run)


def _made(desk: Desk, name: str, run: Callable[..., Any], where: app_commands.AppCommandContext | None) -> Command:
    wording = desk.configuration.wording
    return app_commands.Command(
        name=text(wording, f"discord.commands.{name}.name"),
        description=text(wording, f"discord.commands.{name}.about"),
        callback=run,
        allowed_contexts=where,
        allowed_installs=INSTALLED if where else None,
    )


def _menu(desk: Desk, name: str, run: Callable[..., Any]) -> app_commands.ContextMenu:
    return app_commands.ContextMenu(
        name=text(desk.configuration.wording, f"discord.commands.{name}"),
        callback=run,
        allowed_contexts=HERE,
        allowed_installs=INSTALLED,
    )


def _described(desk: Desk, command: str, *options: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Names what can be typed with a command, and says what it is."""
    wording = desk.configuration.wording

    def described(run: Callable[..., Any]) -> Callable[..., Any]:
        named = {each: text(wording, f"discord.commands.{command}.{each}.name") for each in options}
        about = {each: text(wording, f"discord.commands.{command}.{each}.about") for each in options}
        return app_commands.rename(**named)(app_commands.describe(**about)(run))

    return described

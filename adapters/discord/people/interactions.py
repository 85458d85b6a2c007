"""Everything that is pressed, chosen and sent on Discord beside messages, each answered by whoever knows how."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial

import discord
from discord import app_commands

from adapters.discord import names
from adapters.discord.hearing.gateway import Handler
from adapters.discord.hearing.listening import Hearing
from adapters.discord.operators import setting_up
from adapters.discord.outgoing.sending import Denied, Requests
from adapters.discord.people import branches, members, moderators
from adapters.discord.people.commands import add_commands, publish
from adapters.discord.people.desk import Desk, Interaction
from adapters.discord.people.pressing import pressed
from bot.domain.action import Action
from bot.errors import PlatformError, where

log = logging.getLogger(__name__)

Act = Callable[[Desk, Interaction, str], Awaitable[None]]

# What a button, a list or a form means, by the first part of its id.
ACTS: Mapping[str, Act] = {
    **{what: partial(moderators.ask_why, what=what) for what in moderators.VERDICTS},
    **{verdict: partial(moderators.judge, verdict=verdict) for verdict in moderators.VERDICTS.values()},
    moderators.OPEN: moderators.open_transcript,
    moderators.LOOK: moderators.look,
    branches.ACCEPT: branches.take,
    members.APPEAL: members.appeal,
    members.ERASE: members.erase,
    members.KEEP: members.keep,
    setting_up.LIST: setting_up.choose,
    setting_up.ASK: setting_up.ask_country,
    setting_up.ANSWER: setting_up.place,
}


class Interactions:
    """Commands, buttons and forms of a client."""

    def __init__(self) -> None:
        self._desk: Desk | None = None
        self._published = False

    def handlers(self, client: discord.Client, hearing: Hearing) -> Sequence[Handler]:
        """Be there for a new client, before it is logged in. Out: what is to hear of its events, by their names."""

        async def this() -> discord.Client:
            return client

        desk = self._desk = Desk(hearing, Requests(this, hearing.sleep), lambda: self._published)
        tree = app_commands.CommandTree(client)
        add_commands(tree, desk)

        @tree.error  # the library would log what somebody has typed
        async def failed(interaction: Interaction, fault: app_commands.AppCommandError) -> None:
            log.warning("%s cannot be used: %s", names.interacted(interaction.id), where(fault))
            await desk.refuse(interaction, desk.at_once(interaction).talk.apology.outage)

        async def on_connect() -> None:
            await self._publish(tree, desk)

        async def on_interaction(interaction: Interaction) -> None:
            if interaction.type in {discord.InteractionType.component, discord.InteractionType.modal_submit}:
                await _act(desk, interaction)

        return on_connect, on_interaction

    def view(self, action: Action) -> discord.ui.View | None:
        """The buttons that go with an action; None: it has none."""
        return moderators.view_for(self._desk, action) if self._desk else None

    async def _publish(self, tree: app_commands.CommandTree[discord.Client], desk: Desk) -> None:
        """Once in a process; where that fails, at the next connection."""
        if self._published:
            return
        self._published = True
        try:
            await desk.requests.ask(lambda _: publish(tree, desk))
        except (Denied, PlatformError) as fault:
            self._published = False
            log.warning("the commands are not listed anew: %s", where(fault))


async def _act(desk: Desk, interaction: Interaction) -> None:
    what, about = pressed(interaction) or ("", "")
    if act := ACTS.get(what):
        await act(desk, interaction, about)

"""Where commands, buttons and forms are answered.

Discord waits three seconds for a first answer. So it is told at once that one comes, before anything is asked of the
store; or it is shown a form, which takes nothing from there.
"""

import gzip
import io
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypedDict

import discord

from adapters.discord import names
from adapters.discord.hearing.listening import Hearing
from adapters.discord.outgoing.sending import Denied, Requests
from bot.configuration import Configuration
from bot.domain.conversation import Member, Place
from bot.domain.event import Confided
from bot.domain.record import Person
from bot.errors import PlatformError, where
from bot.ports import Store
from bot.reply.texts import Words

log = logging.getLogger(__name__)

Interaction = discord.Interaction[Any]
File = tuple[str, bytes]  # a name and what is in it

LATEST = 20  # conversations of a channel among which somebody's own is looked for, and turns of each
ANSWERED = 40060  # Discord's code for an interaction that has its first answer


class Reported(TypedDict):
    """What every event carries."""

    key: str
    conversation: str
    place: Place
    member: Member
    at: datetime


class TooLarge(Exception):
    """A file that Discord does not take, packed or not."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What is needed to answer.

    listed  whether Discord has taken the list of commands
    """

    hearing: Hearing
    requests: Requests
    listed: Callable[[], bool]

    @property
    def store(self) -> Store:
        """What is remembered."""
        return self.hearing.bot.store

    @property
    def configuration(self) -> Configuration:
        """What is in force."""
        return self.hearing.bot.configuration()

    def here(self, interaction: Interaction) -> Place:
        """Where somebody asks."""
        channel = interaction.channel
        if isinstance(channel, discord.Thread):
            return names.place(interaction.guild_id, channel.parent_id, private=channel.is_private())
        return names.place(interaction.guild_id, interaction.channel_id or 0, private=False)

    def words(self, place: Place, language: str) -> Words:
        """The texts in a language; "": in that of the place."""
        return self.configuration.wording.words(language or self.configuration.settings.at(place).language, names.NAME)

    def spoken(self, interaction: Interaction, person: Person) -> str:
        """The language of whoever asks: what they set, else what their Discord is in, else the place's."""
        return self.configuration.language(self.here(interaction), person, interaction.locale.value.partition("-")[0])

    def at_once(self, interaction: Interaction) -> Words:
        """The texts for whoever asks, as far as they are known without the store."""
        return self.words(self.here(interaction), self.spoken(interaction, Person("", "")))

    def may_review(self, interaction: Interaction, place: Place) -> bool:
        """Whether whoever asks may look at endings in a place again.

        Those may who have one of the roles that the settings name. Where they name none, those who may manage threads
        in that channel: they can open what the bot has closed by hand already, so nobody gets a power that they did
        not have; and a server that nobody has set up has somebody to appeal to (rule 10). Endings in direct messages
        belong to no server: without a role they are looked at where their moderators are called, and nowhere else.
        """
        local, user = self.configuration.settings.at(place), interaction.user
        if not isinstance(user, discord.Member):
            return False
        if local.moderator_roles:
            return any(user.get_role(int(role)) for role in local.moderator_roles if role.isdecimal())
        if place.space == names.DIRECT:
            called = local.moderators.channel if local.moderators else ""
            return called == str(interaction.channel_id) and interaction.permissions.manage_threads
        if place.space != str(interaction.guild_id):
            return False
        channel = user.guild.get_channel(int(place.channel))
        return (channel.permissions_for(user) if channel else interaction.permissions).manage_threads

    async def attend(
        self,
        interaction: Interaction,
        work: "Callable[[Visit], Awaitable[None]]",
        *,
        hidden: bool = True,
        instead: bool = False,
        words: str = "",
    ) -> None:
        """Answer: first that something comes, then what `work` says.

        hidden   only whoever asks sees it
        instead  it takes the place of the message whose button was pressed, if only whoever asks sees that
        words    what they typed: where their answer fails, it is read for risk all the same

        Raises StoreError: these cannot be kept.
        """
        instead = instead and interaction.message is not None and interaction.message.flags.ephemeral
        visit = Visit(self, interaction, Person("", ""), self.at_once(interaction), hidden=hidden)
        if not await self._first(
            interaction, lambda: interaction.response.defer(ephemeral=hidden, thinking=not instead)
        ):
            await visit.confide(words)
            return
        try:
            person = await self.store.person(visit.member.id, visit.place.space)
            visit = replace(visit, person=person, words=self.words(visit.place, self.spoken(interaction, person)))
            await work(visit)
        except Exception as fault:  # the adapter's edge: nobody is left waiting for an answer
            log.warning("%s is not answered: %s", names.interacted(interaction.id), where(fault))
            with suppress(Denied, PlatformError):
                await visit.say(visit.words.talk.apology.outage)
            await visit.confide(words)

    async def show(self, interaction: Interaction, form: discord.ui.Modal) -> None:
        """Show a form."""
        await self._first(interaction, lambda: interaction.response.send_modal(form))

    async def refuse(self, interaction: Interaction, text: str) -> None:
        """Answer at once, with nothing else to come."""
        await self._first(interaction, lambda: interaction.response.send_message(text, ephemeral=True))

    async def amend(self, message: discord.Message, text: str, view: discord.ui.View | None) -> None:
        """Change a message of ours that has buttons, best effort. Nothing, if only one person sees it."""
        if message.flags.ephemeral:
            return

        async def change(client: discord.Client) -> Any:
            there = client.get_partial_messageable(message.channel.id).get_partial_message(message.id)
            return await there.edit(content=text, view=view)

        try:
            await self.requests.ask(change)
        except (Denied, PlatformError) as fault:
            log.info("message %d keeps its buttons: %s", message.id, where(fault))

    async def _first(self, interaction: Interaction, respond: Callable[[], Awaitable[Any]]) -> bool:
        """The first answer. Out: whether it has arrived; if not, whoever asked is told so by Discord itself."""
        try:
            await self.requests.ask(lambda _: respond())
        except Denied as denied:
            if denied.code != ANSWERED:  # else the reply to it was lost, and it was sent again
                log.info("%s came too late: %s", names.interacted(interaction.id), denied)
                return False
        except PlatformError as fault:
            log.warning("%s cannot be answered: %s", names.interacted(interaction.id), where(fault))
            return False
        return True


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody who asks, and knows that an answer comes.

    words   in their language
    hidden  nobody else sees what is said
    """

    desk: Desk
    interaction: Interaction
    person: Person
    words: Words
    hidden: bool = True

    @property
    def place(self) -> Place:
        """Where they ask."""
        return self.desk.here(self.interaction)

    @property
    def member(self) -> Member:
        """Who they are."""
        user = self.interaction.user
        nick = user.nick if isinstance(user, discord.Member) else None
        return names.member(user.id, nick, user.global_name, user.name)

    async def conversation(self) -> str:
        """The conversation they are in. Raises StoreError, PlatformError.

        In a channel of a server that is their latest there that has no thread. Where there is none, the channel stands
        for a conversation in which nothing is said.
        """
        channel = self.interaction.channel_id or 0
        if self.place.space == names.DIRECT:
            return names.direct(channel, (await self.desk.hearing.rooms.direct(channel)).begun)
        if isinstance(self.interaction.channel, discord.Thread):
            return names.conversation(channel)
        return await self._in_channel() or names.conversation(channel)

    async def _in_channel(self) -> str | None:
        store, place = self.desk.store, self.place
        if not self.desk.configuration.settings.at(place).plain_replies:
            return None
        for conversation in await store.conversations_in(names.NAME, place.space, place.channel, LATEST):
            said = await store.turns(conversation, LATEST)
            if any(each.turn.member.id == self.member.id for each in said):
                try:
                    await self.desk.hearing.threads.opened(place, conversation, None)
                except Denied:
                    return conversation
        return None

    def reported(self, conversation: str) -> Reported:
        """What an event carries that this makes."""
        return Reported(
            key=names.interacted(self.interaction.id),
            conversation=conversation,
            place=self.place,
            member=self.member,
            at=names.created(self.interaction.id),
        )

    async def confide(self, text: str) -> None:
        """Let what they typed be read by the bot, which says nothing to it but where to find help.

        Nothing, if it was heard as something else before. Raises StoreError.
        """
        if text:
            direct = self.place.space == names.DIRECT
            nowhere = await self.conversation() if direct else names.conversation(self.interaction.id)
            await self.desk.hearing.receive(Confided(**self.reported(nowhere), text=text))

    async def decline(self, text: str, typed: str) -> None:
        """Say why nothing comes of what they typed. Who seems to be in danger is told where to find help as well.

        A direct message with that need not arrive: many take none. Raises StoreError, Denied, PlatformError.
        """
        await self.confide(typed)
        if self.hidden and self.desk.hearing.is_alarming(self.place, typed):
            help_ = self.desk.configuration.services(self.words.language, self.person.country)
            text = f"{text}\n\n{help_}"
        await self.say(text)

    async def say(self, text: str, *, view: discord.ui.View | None = None, file: File | None = None) -> int:
        """The answer, instead of an earlier one. Out: the message. Raises TooLarge, Denied, PlatformError."""
        kept = _packed(file, self.interaction.filesize_limit) if file else None

        async def answer(_: discord.Client) -> int:
            files = [discord.File(io.BytesIO(kept[1]), kept[0])] if kept else []
            said = await self.interaction.edit_original_response(content=text, view=view, attachments=files)
            return said.id

        return await self.desk.requests.ask(answer)


def _packed(file: File, most: int) -> File:
    """A file as Discord takes it. Raises TooLarge."""
    name, content = file
    if len(content) > most:
        name, content = f"{name}.gz", gzip.compress(content)
    if len(content) > most:
        raise TooLarge(f"{name} has {len(content)} bytes")
    return name, content

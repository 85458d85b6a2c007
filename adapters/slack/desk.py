"""Where the command, buttons and forms are answered.

Slack waits three seconds until it is told that something has arrived, and a form can be shown for as long. So Slack is
told at once, before anything is asked of the store; and where the answer is shown as a form, one that says so comes
first, and turns into the answer. Of a form that was sent it is told together with the answer, which is kept by then:
else the answer could be overtaken by what stands in for it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypedDict

import aiohttp
from slack_sdk.errors import SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from adapters.slack import names
from adapters.slack.blocks import Block
from adapters.slack.listening import Hearing
from adapters.slack.reviewers import Reviewers
from adapters.slack.sending import Denied
from adapters.slack.surfaces import MOST_TITLE, Form, form, modal, said
from bot.configuration import Configuration
from bot.domain.conversation import Member, Place
from bot.domain.record import Person
from bot.errors import PlatformError, where
from bot.ports import Store
from bot.reply.on_slack import Slack
from bot.reply.texts import Words

log = logging.getLogger(__name__)

Json = Mapping[str, Any]
Ack = Callable[..., Awaitable[Any]]


class Reported(TypedDict):
    """What every event carries."""

    key: str
    conversation: str
    place: Place
    member: Member
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Interaction:
    """Something that somebody typed, pressed, chose or sent.

    id       what Slack knows it by
    at       when
    what     what it means: the first part of a button's or a form's id, or the first word after the command
    about    the rest of that id; of a form that was sent, what it is about
    value    what was chosen or entered, or what comes after that word
    state    of a form, all that was: by the ids of its fields
    channel  where; "": in the home tab, or nobody tells
    trigger  what lets a form be shown, soon; ""
    respond  where it can be answered, for half an hour; ""
    message  the message that it is about, or stands under
    hidden   only whoever asks sees that message
    view     the form that it stands in, or that was sent; ""
    sent     it was sent
    """

    team: str
    user: str
    id: str
    at: datetime
    what: str
    about: str = ""
    value: str = ""
    state: Mapping[str, Any] = field(default_factory=dict)
    channel: str = ""
    trigger: str = ""
    respond: str = ""
    message: Json | None = None
    hidden: bool = False
    view: str = ""
    sent: bool = False

    @property
    def key(self) -> str:
        """The key of an event that it makes."""
        return names.interacted(self.team, self.id)

    @property
    def place(self) -> Place:
        """Where somebody asks."""
        return names.place(self.team, self.channel, private=self.channel.startswith("D"))


@dataclass(frozen=True, slots=True)
class Desk:
    """What is needed to answer.

    soon    seconds until whoever has sent a form is told that the answer takes longer
    taking  the offers that somebody takes just now
    """

    hearing: Hearing
    reviewers: Reviewers
    soon: float
    taking: set[str] = field(default_factory=set)

    @property
    def store(self) -> Store:
        """What is remembered."""
        return self.hearing.bot.store

    @property
    def configuration(self) -> Configuration:
        """What is in force."""
        return self.hearing.bot.configuration()

    def words(self, place: Place, language: str = "") -> Words:
        """The texts in a language; "": in that of the place."""
        return self.configuration.wording.words(language or self.configuration.settings.at(place).language, names.NAME)

    async def may_review(self, team: str, user: str, place: Place) -> bool:
        """Whether somebody may look at endings in a place again. Raises PlatformError."""
        roles = self.configuration.settings.at(place).moderator_roles
        return team == place.space and await self.reviewers.may(team, user, roles)

    async def attend(
        self,
        interaction: Interaction,
        ack: Ack,
        work: "Callable[[Visit], Awaitable[None]]",
        *,
        shown: bool = False,
    ) -> None:
        """Answer: first Slack, then whoever asks, with what `work` says.

        shown  as a form; so it is in any case, where there is nowhere else to answer
        """
        texts = self.words(interaction.place).slack
        wait = self.shown(interaction.place, texts, said(texts.answers.wait))
        if not interaction.sent:
            await ack()
            await self._attend(interaction, None, work, wait if shown or not interaction.respond else None)
            return
        sending = Sending(ack)
        answering = asyncio.create_task(self._attend(interaction, sending, work, None))
        await asyncio.wait((answering,), timeout=self.soon)
        if not sending.is_sent:
            await sending.send(wait)
        await answering

    async def _attend(
        self,
        interaction: Interaction,
        sending: "Sending | None",
        work: "Callable[[Visit], Awaitable[None]]",
        wait: Block | None,
    ) -> None:
        place = interaction.place
        visit = Visit(self, interaction, Person("", ""), self.words(place), sending)
        try:
            if wait and not interaction.view:
                visit = replace(visit, interaction=replace(interaction, view=await self.show(interaction, wait)))
            person = await self.store.person(visit.member.id, place.space)
            words = self.words(place, self.configuration.language(place, person, None))
            await work(replace(visit, person=person, words=words))
        except Exception as fault:  # the adapter's edge: nobody is left waiting for an answer
            log.warning("%s is not answered: %s", interaction.key, where(fault))
            with suppress(Denied, PlatformError):
                await visit.say(visit.words.talk.apology.outage)

    async def ask(self, interaction: Interaction, ack: Ack, asked: Callable[[Words], Form]) -> None:
        """Show a form, at once. asked: what is asked in it."""
        await ack()
        try:
            await self.show(interaction, form(asked(self.words(interaction.place))))
        except (Denied, PlatformError) as fault:
            log.warning("%s is shown no form: %s", interaction.key, where(fault))

    def shown(self, place: Place, texts: Slack, blocks: Sequence[Block]) -> Block:
        """A view that shows something, under the bot's name."""
        return modal(self.configuration.settings.at(place).name[:MOST_TITLE], texts.buttons.close, blocks)

    async def show(self, interaction: Interaction, view: Block) -> str:
        """Show a view: in place of the one that something was pressed in, else on top. Out: its id.

        Raises Denied, PlatformError.
        """

        async def show(client: AsyncWebClient) -> Any:
            if interaction.view:
                return await client.views_update(view_id=interaction.view, view=view)
            return await client.views_open(trigger_id=interaction.trigger, view=view)

        method = "views.update" if interaction.view else "views.open"
        answer = await self.hearing.requests.ask(interaction.team, show, method=method)
        return str(answer["view"]["id"])

    async def amend(self, interaction: Interaction, text: str) -> None:
        """Let the message under which a button was pressed say something more, without its buttons; best effort."""
        message = interaction.message
        if message is None:
            return
        blocks = [*_without_buttons(message), *said(text)]
        if not interaction.hidden:
            await self.change(interaction.team, names.message(interaction.channel, str(message["ts"])), text, blocks)
            return
        with suppress(PlatformError):
            await self.respond(interaction, {"replace_original": True, "text": text, "blocks": blocks})

    async def change(self, team: str, message: str, text: str, blocks: Sequence[Block]) -> None:
        """Let a message of ours be like this from now on, best effort."""
        channel, ts = names.channel_and_ts(message)

        async def change(client: AsyncWebClient) -> Any:
            return await client.chat_update(channel=channel, ts=ts, text=text, blocks=list(blocks))

        try:
            await self.hearing.requests.ask(team, change, method="chat.update")
        except (Denied, PlatformError) as fault:
            log.info("%s keeps its buttons: %s", message, where(fault))

    async def direct(self, team: str, user: str) -> str:
        """The channel in which nobody but somebody and the bot is. Raises Denied, PlatformError."""

        async def opened(client: AsyncWebClient) -> Any:
            return await client.conversations_open(users=user)

        answer = await self.hearing.requests.ask(team, opened, method="conversations.open")
        return str(answer["channel"]["id"])

    async def link(self, conversation: str) -> str:
        """The address of a conversation; "": nobody can tell."""
        channel, root = names.channel(conversation), names.root(conversation)

        async def ask(client: AsyncWebClient) -> Any:
            return await client.chat_getPermalink(channel=channel, message_ts=root)

        try:
            answer = await self.hearing.requests.ask(names.team(conversation), ask, method="chat.getPermalink")
        except (Denied, PlatformError):
            return ""
        return str(answer["permalink"])

    async def respond(self, interaction: Interaction, answer: Json) -> None:
        """Answer where Slack has said that it can be. Raises PlatformError."""
        if not interaction.respond:
            raise PlatformError("there is nowhere to answer")
        try:
            response = await AsyncWebhookClient(interaction.respond).send_dict(dict(answer))
        except (SlackClientError, aiohttp.ClientError, OSError, TimeoutError) as fault:
            raise PlatformError(f"Slack did not take an answer: {type(fault).__name__}") from fault
        if response.status_code != 200:
            raise PlatformError(f"Slack did not take an answer: status {response.status_code}")


class Sending:
    """The answer to a form that was sent: Slack takes it together with being told that the form has arrived."""

    def __init__(self, ack: Ack) -> None:
        self._ack = ack
        self.is_sent = False

    async def send(self, view: Block) -> None:
        """Answer with a view."""
        self.is_sent = True
        await self._ack(response_action="update", view=view)


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody who asks, and is answered.

    words    in their language
    sending  of a form that was sent: how it is answered
    """

    desk: Desk
    interaction: Interaction
    person: Person
    words: Words
    sending: Sending | None = None

    @property
    def place(self) -> Place:
        """Where they ask."""
        return self.interaction.place

    @property
    def member(self) -> Member:
        """Who they are."""
        return known_as(self.desk.hearing, self.interaction.team, self.interaction.user)

    def reported(self, conversation: str) -> Reported:
        """What an event carries that this makes."""
        return Reported(
            key=self.interaction.key,
            conversation=conversation,
            place=self.place,
            member=self.member,
            at=self.interaction.at,
        )

    async def pointed(self, conversation: str) -> str:
        """A link to a conversation; where Slack gives none, its channel."""
        link = await self.desk.link(conversation)
        return f"<{link}|{self.words.slack.answers.thread}>" if link else f"<#{names.channel(conversation)}>"

    async def may_review(self, place: Place) -> bool:
        """Whether they may look at endings in a place again. If not, they are told. Raises PlatformError."""
        if await self.desk.may_review(self.interaction.team, self.interaction.user, place):
            return True
        await self.say(self.words.talk.choices.moderators_only)
        return False

    async def say(self, text: str, *blocks: Block) -> None:
        """The answer, which nobody else sees: a text, and what goes below it. Raises Denied, PlatformError."""
        if self.interaction.view:
            await self.show(self.desk.shown(self.place, self.words.slack, [*said(text), *blocks]))
            return
        instead = self.interaction.hidden and self.interaction.message is not None
        answer = {"text": text, "blocks": [*said(text), *blocks], "replace_original": instead}
        await self.desk.respond(self.interaction, answer if instead else answer | {"response_type": "ephemeral"})

    async def show(self, view: Block) -> None:
        """A form as the answer, where there is a form already. Raises Denied, PlatformError."""
        if self.sending and not self.sending.is_sent:
            await self.sending.send(view)
        else:
            await self.desk.show(self.interaction, view)


def _without_buttons(message: Json) -> list[Block]:
    blocks = message.get("blocks") or said(str(message.get("text") or ""))
    return [each for each in blocks if each["type"] not in {"actions", "context_actions"}]


def known_as(hearing: Hearing, team: str, user: str) -> Member:
    """Somebody, with their name, if Slack has told it."""
    return names.member(team, user, hearing.profiles.names(team, {user}).get(user))

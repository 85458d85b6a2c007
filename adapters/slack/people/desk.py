"""Where the command, buttons and forms are answered.

Slack waits three seconds until it is told that something has arrived, and a form can be shown for as long. So Slack is
told at once, before anything is asked of the store; and where the answer is shown as a form, one that says so comes
first, and turns into the answer. Of a form that was sent it is told together with the answer, which is kept by then:
else the answer could be overtaken by what stands in for it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypedDict

from adapters.slack import names
from adapters.slack.hearing.listening import Hearing
from adapters.slack.outgoing.blocks import Block
from adapters.slack.outgoing.sending import Denied
from adapters.slack.people.interaction import Ack, Interaction
from adapters.slack.people.reviewers import Reviewers
from adapters.slack.people.showing import Showing
from adapters.slack.people.surfaces import MOST_TITLE, Form, form, modal, said
from bot.configuration import Configuration
from bot.domain.conversation import Member, Place
from bot.domain.record import Person
from bot.errors import PlatformError, StoreError, where
from bot.ports import Store
from bot.reply.on_slack import Slack
from bot.reply.texts import Words

log = logging.getLogger(__name__)

SWIFT = 0.5  # seconds that the store may take to tell a language: a form can be shown for three

Work = Callable[["Visit"], Awaitable[None]]


class Reported(TypedDict):
    """What every event carries."""

    key: str
    conversation: str
    place: Place
    member: Member
    at: datetime


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
    def showing(self) -> Showing:
        """What shows answers."""
        return Showing(self.hearing.requests)

    @property
    def configuration(self) -> Configuration:
        """What is in force."""
        return self.hearing.bot.configuration()

    def words(self, place: Place, language: str = "") -> Words:
        """The texts in a language; "": in that of the place."""
        return self.configuration.wording.words(language or self.configuration.settings.at(place).language, names.NAME)

    async def may_review(self, team: str, user: str, place: Place, *, looking: bool = False) -> bool:
        """Whether somebody may look at endings in a place again. Raises PlatformError.

        looking  it is only about what they are shown unasked: what Slack said lately will do
        """
        roles = self.configuration.settings.at(place).moderator_roles
        return team == place.space and await self.reviewers.may(team, user, roles, anew=not looking)

    async def attend(self, interaction: Interaction, ack: Ack, work: Work, *, shown: bool = False) -> None:
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
        self, interaction: Interaction, sending: "Sending | None", work: Work, wait: Block | None
    ) -> None:
        place = interaction.place
        self.hearing.profiles.want(interaction.team, {interaction.user})  # moderators read who it was, soon
        visit = Visit(self, interaction, Person("", ""), self.words(place), sending)
        try:
            if wait and not interaction.view:
                view = await self.showing.view(interaction, wait)
                visit = replace(visit, interaction=replace(interaction, view=view))
            person = await self.store.person(visit.member.id, place.space)
            words = self.words(place, self.configuration.language(place, person, None))
            visit = replace(visit, person=person, words=words)
            await work(visit)
        except Exception as fault:  # the adapter's edge: nobody is left waiting for an answer
            log.warning("%s is not answered: %s", interaction.key, where(fault))
            await visit.give_up()

    async def ask(self, interaction: Interaction, ack: Ack, asked: Callable[[Words], Form]) -> None:
        """Show a form, at once. asked: what is asked in it."""
        await ack()
        words = await self._soon(interaction)
        try:
            await self.showing.view(interaction, form(asked(words)))
        except (Denied, PlatformError) as fault:
            log.warning("%s is shown no form: %s", interaction.key, where(fault))
            await Visit(self, interaction, Person("", ""), words).give_up()

    async def _soon(self, interaction: Interaction) -> Words:
        """The texts in the language of whoever asks; in that of the place, if the store is slow to tell."""
        place, member = interaction.place, names.member(interaction.team, interaction.user).id
        try:
            async with asyncio.timeout(SWIFT):
                person = await self.store.person(member, place.space)
        except (StoreError, TimeoutError):
            return self.words(place)
        return self.words(place, self.configuration.language(place, person, None))

    def shown(self, place: Place, texts: Slack, blocks: Sequence[Block]) -> Block:
        """A view that shows something, under the bot's name."""
        return modal(self.configuration.settings.at(place).name[:MOST_TITLE], texts.buttons.close, blocks)


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
        link = await self.desk.showing.link(conversation)
        return f"<{link}|{self.words.slack.answers.thread}>" if link else f"<#{names.channel(conversation)}>"

    async def may_review(self, place: Place) -> bool:
        """Whether they may look at endings in a place again. If not, they are told. Raises PlatformError."""
        if await self.desk.may_review(self.interaction.team, self.interaction.user, place):
            return True
        await self.say(self.words.talk.choices.moderators_only)
        return False

    async def give_up(self) -> None:
        """Say that it does not work now, best effort."""
        with suppress(Denied, PlatformError):
            await self.say(self.words.talk.apology.outage)

    async def say(self, text: str, *below: Block) -> None:
        """The answer, which nobody else sees: a text, and what goes below it. Raises Denied, PlatformError."""
        blocks = [*said(text), *below]
        if self.interaction.view:
            await self.show(self.desk.shown(self.place, self.words.slack, blocks))
        else:
            await self.desk.showing.aside(self.interaction, text, blocks)

    async def show(self, view: Block) -> None:
        """A form as the answer, where there is a form already. Raises Denied, PlatformError."""
        if self.sending and not self.sending.is_sent:
            await self.sending.send(view)
        else:
            await self.desk.showing.view(self.interaction, view)


def known_as(hearing: Hearing, team: str, user: str) -> Member:
    """Somebody, with their name, if Slack has told it."""
    return names.member(team, user, hearing.profiles.names(team, {user}).get(user))

"""Beginning a conversation by a command: with a question, or anew in a direct message."""

import discord

from adapters.discord import names
from adapters.discord.hearing.rooms import answers_in
from adapters.discord.outgoing.escaping import harmless
from adapters.discord.outgoing.opening import in_private, opened
from adapters.discord.outgoing.sending import Denied, Post
from adapters.discord.people.desk import Desk, Visit
from bot.domain.conversation import Place
from bot.domain.event import Chose, Said

LONGEST = 1_300  # characters of a question, so that quoted it still fits a message of 2,000


def elsewhere(desk: Desk, place: Place) -> str:
    """The channels in which the bot answers; "": it answers in this place."""
    local = desk.configuration.settings.at(place)
    if answers_in(local, place):
        return ""
    return ", ".join(f"<#{each}>" for each in dict.fromkeys((*local.channels, *local.forums)))


async def ask(visit: Visit, question: str, *, private: bool) -> None:
    """A question, shown as the member's, opens a thread; where there is a conversation already, it goes on there.

    Where it cannot be asked it is read for risk all the same.
    """
    if channels := elsewhere(visit.desk, visit.place):
        await visit.decline(visit.words.discord.answers.elsewhere(channel=channels), question)
        return
    try:
        await (_in_private if private else _in_public)(visit, question)
    except Denied:
        await visit.decline(visit.words.discord.answers.cannot_open, question)


async def begin(visit: Visit) -> None:
    """A further conversation in a direct message."""
    channel, begun = visit.interaction.channel_id or 0, visit.interaction.id
    # A choice that changes nothing: it lets the store know the conversation before anything is said in it.
    await visit.desk.hearing.receive(Chose(**visit.reported(names.direct(channel, (begun,)))))
    await visit.desk.hearing.rooms.begins(channel, begun)
    await visit.say(visit.words.discord.answers.begun)


async def _in_public(visit: Visit, question: str) -> None:
    message, channel = await visit.say(_quoted(question)), visit.interaction.channel
    conversation, hearing = await visit.conversation(), visit.desk.hearing
    if visit.place.space != names.DIRECT and not isinstance(channel, discord.Thread):
        conversation = names.conversation(message)
        try:
            if not hearing.is_alarming(visit.place, question):  # a card opens its thread itself, and stands in no line
                await opened(hearing, visit.place, visit.member, message)
        except Denied:
            if not visit.desk.configuration.settings.at(visit.place).plain_replies:
                raise
    await hearing.receive(Said(**visit.reported(conversation), message=str(message), text=question))


async def _in_private(visit: Visit, question: str) -> None:
    thread = await in_private(visit.desk.hearing, visit.place, visit.member)
    reported = visit.reported(names.conversation(thread))
    post = Post(nonce=names.nonce(reported["key"], 0, "question"), text=_quoted(question))
    posted = await visit.desk.hearing.posts.put(thread, post)
    reported["place"] = names.place(visit.interaction.guild_id, int(visit.place.channel), private=True)
    await visit.desk.hearing.receive(Said(**reported, message=str(posted.message), text=question))
    await visit.say(visit.words.discord.answers.goes_on(thread=f"<#{thread}>"))


def _quoted(question: str) -> str:
    return f"> {harmless(' '.join(question.split()))}"

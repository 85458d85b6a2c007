"""Going on from an earlier message of one's own in a new conversation: where the old one was, and as private.

Whoever edited such a message is made an offer: in private with a button, else in the conversation with a reaction,
since in a locked thread buttons do nothing. In such a thread members cannot edit their messages either. So there is a
command as well: it takes which message it is and how they would say it now.
"""

import logging
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

import discord
from discord import app_commands
from discord.utils import time_snowflake

from adapters.discord import names
from adapters.discord.hearing.listening import Hearing
from adapters.discord.outgoing.escaping import harmless, literal
from adapters.discord.outgoing.opening import gone, in_private, in_public
from adapters.discord.outgoing.sending import Denied, Post
from adapters.discord.people.desk import Desk, Interaction, Visit
from adapters.discord.people.pressing import Style, View, button, named, view
from bot.domain.action import OfferBranch
from bot.domain.conversation import Member, Place
from bot.domain.ending import Ending, EndingState
from bot.domain.event import Branched
from bot.domain.record import Person, Vetted
from bot.domain.step import Scope
from bot.errors import PlatformError, StoreError, where
from bot.reply.texts import Words

log = logging.getLogger(__name__)

ACCEPT = "accept"
LATEST = 10  # endings of a member, or conversations of a channel, among which the latest that stands is looked for
EARLIER = 500  # turns of a conversation, the latest: among them are the messages to choose from
MOST = 25  # choices that Discord shows
LABEL = 100  # characters of a choice


def offered(action: OfferBranch, words: Words) -> View:
    """The button."""
    return view(button(named(ACCEPT, action.id), words.discord.buttons.accept, Style.primary))


async def take(desk: Desk, interaction: Interaction, about: str) -> None:
    """Somebody pressed it."""
    await desk.attend(interaction, partial(_take, offer=about))


async def take_here(hearing: Hearing, offer: OfferBranch, member: Member, channel: int, message: int) -> bool:
    """The member to whom an offer was made in the conversation, as this message, has reacted to it.

    Out: False, if nothing came of it and they may try again. Raises PlatformError, StoreError.
    """
    answers, now = _words(hearing, offer.place).discord.answers, hearing.clock()
    event = Branched(
        key=key(offer),
        conversation=offer.conversation,
        place=offer.place,
        member=member,
        at=now,
        offer=offer.id,
        into="",
    )
    try:
        into = await _begun(hearing, event, time_snowflake(now))
    except Denied:
        await _amend(hearing, offer, channel, message, answers.cannot_open)
        return False
    if into:
        await _amend(hearing, offer, channel, message, answers.goes_on(thread=await _link(hearing, offer.place, into)))
    return True


async def is_taken(hearing: Hearing, offer: OfferBranch) -> bool:
    """Whether somebody has gone on from there. Raises StoreError."""
    return await _is_begun(hearing, key(offer))


async def ask(visit: Visit, *, message: str, words: str) -> None:
    """Somebody says how they would say an earlier message now. Where they cannot, it is read for risk all the same."""
    ending = await _latest(visit)
    answers = visit.words.discord.answers
    if ending is None:
        await visit.decline(answers.nothing_to_go_on, words)
        return
    found = await visit.desk.store.turn_of(ending.conversation, message)
    whole = await visit.desk.store.ending(ending.id)
    if found is None or whole is None or not _is_own(found, visit.member.id):
        await visit.decline(answers.not_yours, words)
        return
    event = Branched(
        key=names.interacted(visit.interaction.id),
        conversation=ending.conversation,
        place=whole.place,
        member=visit.member,
        at=names.created(visit.interaction.id),
        into="",
        message=message,
        words=words,
    )
    if not await _go_on(visit, event):
        await visit.confide(words)


async def choices(desk: Desk, interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
    """A member's own messages in their latest conversation here that has ended, the newest first: nobody else's.

    typed  what they look for: a number, or words of it
    """
    visit = Visit(desk, interaction, Person("", ""), desk.at_once(interaction))
    try:
        ending = await _latest(visit)
        turns = await desk.store.turns(ending.conversation, EARLIER) if ending else ()
    except StoreError as fault:
        log.warning("nothing can be chosen from: %s", where(fault))
        return []
    own = (each for each in reversed(turns) if _is_own(each, visit.member.id))
    shown = ((_label(each), each.turn.message) for each in own)
    found = [app_commands.Choice(name=label, value=message) for label, message in shown if _has(label, typed)]
    return found[:MOST]


def key(offer: OfferBranch) -> str:
    """The key of taking an offer: it can be taken once."""
    return f"{names.NAME}:b:{offer.id}"


async def _take(visit: Visit, *, offer: str) -> None:
    found, answers = await visit.desk.store.action(offer), visit.words.discord.answers
    if not isinstance(found, OfferBranch) or not found.words:  # somebody was forgotten meanwhile
        await visit.say(answers.offer_gone)
        return
    if found.member != visit.member.id:
        await visit.say(answers.offer_for_another)
        return
    event = Branched(
        key=key(found),
        conversation=found.conversation,
        place=found.place,
        member=visit.member,
        at=names.created(visit.interaction.id),
        offer=found.id,
        into="",
    )
    said = await _go_on(visit, event)
    if said and (message := visit.interaction.message):
        await visit.desk.amend(message, f"{message.content}\n\n{said}", None)


async def _go_on(visit: Visit, event: Branched) -> str:
    """Open where it goes on, and answer. Out: where that is; "": it goes on nowhere new."""
    answers = visit.words.discord.answers
    try:
        into = await _begun(visit.desk.hearing, event, visit.interaction.id)
    except Denied:
        await visit.say(answers.cannot_open)
        return ""
    if not into:
        await visit.say(answers.offer_taken)
        return ""
    said = answers.goes_on(thread=await _link(visit.desk.hearing, event.place, into))
    await visit.say(said)
    return said


async def _amend(hearing: Hearing, offer: OfferBranch, channel: int, message: int, said: str) -> None:
    """Say in an offer that stands in the conversation what became of it, best effort."""
    text = f"{harmless(offer.otherwise)}\n\n{said}"

    async def change(client: discord.Client) -> Any:
        there = client.get_partial_messageable(channel).get_partial_message(message)
        return await there.edit(content=text)

    try:
        await hearing.requests.ask(change)
    except (Denied, PlatformError) as fault:
        log.info("offer %d does not say that it was taken: %s", message, where(fault))


async def _begun(hearing: Hearing, event: Branched, begun: int) -> str:
    """Open the new conversation, and let the bot know. Out: its name; "" if that was done before.

    begun  the interaction that asked for it, or its moment as an id
    Raises Denied, PlatformError, StoreError.
    """
    if await _is_begun(hearing, event.key):
        return ""
    into = await _opened(hearing, event, begun)
    direct, channel = event.place.space == names.DIRECT, names.channel(into)
    if not await hearing.receive(replace(event, into=into)):
        if not direct:
            await gone(hearing, event.place, channel)
        return ""
    if direct:
        await hearing.rooms.begins(channel, begun)
    return into


async def _is_begun(hearing: Hearing, event: str) -> bool:
    """Whether a branch has begun by this event: then there is what the bot says first in it."""
    return await hearing.bot.store.action(f"{event}/0") is not None


async def _opened(hearing: Hearing, event: Branched, begun: int) -> str:
    """The new conversation: where the old one was, and as private. Raises Denied, PlatformError."""
    if event.place.space == names.DIRECT:
        return names.direct(names.channel(event.conversation), (begun,))
    nonce = names.nonce(names.interacted(begun), 0, "branch")
    quoted = f"> {harmless(' '.join(event.words.split()))}" if event.words else ""  # else it stands nowhere
    if event.place.private:
        thread = await in_private(hearing, event.place, event.member)
        if quoted:
            with suppress(Denied):
                await hearing.posts.put(thread, Post(nonce=nonce, text=quoted))
        return names.conversation(thread)
    told = _words(hearing, event.place).discord.answers.taken(who=literal(event.member.name))
    post = Post(nonce=nonce, text="\n".join(filter(None, (told, quoted))))
    return names.conversation(await in_public(hearing, event.place, event.member, post))


def _words(hearing: Hearing, place: Place) -> Words:
    """What everybody reads in a place is in its language."""
    return hearing.bot.words(place, Person("", ""))


async def _link(hearing: Hearing, place: Place, conversation: str) -> str:
    channel = names.channel(conversation)
    if place.space == names.DIRECT:
        return f"https://discord.com/channels/@me/{channel}"
    try:
        await hearing.threads.opened(place, conversation, None)
    except Denied:
        return f"https://discord.com/channels/{place.space}/{place.channel}/{channel}"
    return f"<#{channel}>"


async def _latest(visit: Visit) -> Ending | None:
    """What of the member's has ended here and stands: in this conversation, else in this server, the latest.

    Else a conversation of this channel that ended for everybody, if they have said something in it. Raises StoreError.
    """
    store, member, space = visit.desk.store, visit.member.id, visit.place.space
    here = await store.latest_ending(await visit.conversation(), member)
    for each in (here, *await store.endings(space=space, member=member, limit=LATEST)):
        if each and each.state is not EndingState.OVERTURNED:
            return each
    for conversation in await store.conversations_in(names.NAME, space, visit.place.channel, LATEST):
        ending = await store.latest_ending(conversation)
        if ending and ending.scope is Scope.CONVERSATION and ending.state is not EndingState.OVERTURNED:
            turns = await store.turns(conversation, EARLIER)
            if any(_is_own(each, member) for each in turns):
                return ending
    return None


def _is_own(turn: Vetted, member: str) -> bool:
    return turn.turn.member.id == member and bool(turn.turn.message and turn.turn.text)


def _label(turn: Vetted) -> str:
    text = f"{turn.turn.number} · {' '.join(turn.turn.text.split())}"
    return text if len(text) <= LABEL else f"{text[: LABEL - 1]}…"


def _has(label: str, typed: str) -> bool:
    return typed.casefold() in label.casefold()

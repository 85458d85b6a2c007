"""The button under an offer to go on from an edited message: it opens where it goes on."""

from functools import partial

from adapters.discord import names
from adapters.discord.desk import Desk, Interaction, Visit
from adapters.discord.escaping import literal
from adapters.discord.opening import gone, in_private, in_public
from adapters.discord.pressing import Style, View, button, named, view
from adapters.discord.sending import Denied, Post
from bot.domain.action import OfferBranch
from bot.domain.event import Branched
from bot.reply.texts import Words

ACCEPT = "accept"


def offered(action: OfferBranch, words: Words) -> View:
    """The button."""
    return view(button(named(ACCEPT, action.id), words.discord.buttons.accept, Style.primary))


async def take(desk: Desk, interaction: Interaction, about: str) -> None:
    """Somebody pressed it."""
    await desk.attend(interaction, partial(_take, offer=about))


async def _take(visit: Visit, *, offer: str) -> None:
    found, answers = await visit.desk.store.action(offer), visit.words.discord.answers
    if not isinstance(found, OfferBranch) or not found.words:  # somebody was forgotten meanwhile
        await visit.say(answers.offer_gone)
    elif found.member != visit.member.id:
        await visit.say(answers.offer_for_another)
    else:
        await _branch(visit, found)


async def _branch(visit: Visit, offer: OfferBranch) -> None:
    hearing, answers = visit.desk.hearing, visit.words.discord.answers
    try:
        into = await _opened(visit, offer)
    except Denied:
        await visit.say(answers.cannot_open)
        return
    channel = names.channel(into)
    event = Branched(
        key=f"{names.NAME}:b:{offer.id}",  # an offer can be taken once
        conversation=offer.conversation,
        place=offer.place,
        member=visit.member,
        at=names.created(visit.interaction.id),
        offer=offer.id,
        into=into,
    )
    if not await hearing.receive(event):
        if offer.place.space != names.DIRECT:
            await gone(visit.desk, offer.place, channel)
        await visit.say(answers.offer_taken)
        return
    if offer.place.space == names.DIRECT:
        await hearing.rooms.begins(channel, visit.interaction.id)
    thread = f"<#{channel}>" if offer.place.space != names.DIRECT else f"https://discord.com/channels/@me/{channel}"
    said = answers.goes_on(thread=thread)
    await visit.say(said)
    if message := visit.interaction.message:
        await visit.desk.amend(message, f"{message.content}\n\n{said}", None)


async def _opened(visit: Visit, offer: OfferBranch) -> str:
    """The new conversation: where the old one was, and as private. Raises Denied, PlatformError."""
    if offer.place.space == names.DIRECT:
        return names.direct(names.channel(offer.conversation), (visit.interaction.id,))
    if offer.place.private:
        return names.conversation(await in_private(visit.desk, offer.place, visit.member))
    told = visit.desk.words(offer.place, "").discord.answers.taken(who=literal(visit.member.name))
    post = Post(nonce=names.nonce(names.interacted(visit.interaction.id), 0, "branch"), text=told)
    return names.conversation(await in_public(visit.desk, offer.place, visit.member, post))

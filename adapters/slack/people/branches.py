"""Going on from an earlier message of one's own in a new conversation: where the old one was, and as private."""

from contextlib import suppress
from textwrap import shorten

from adapters.slack import names
from adapters.slack.outgoing.blocks import Block, buttons, markdown
from adapters.slack.outgoing.escaping import harmless
from adapters.slack.outgoing.post import Post
from adapters.slack.outgoing.sending import Denied
from adapters.slack.people.asking import MOST_QUOTED
from adapters.slack.people.desk import Desk, Visit
from adapters.slack.people.interaction import Ack, Interaction
from adapters.slack.people.surfaces import button
from bot.domain.action import OfferBranch
from bot.domain.event import Branched
from bot.ports import Store
from bot.reply.texts import Words

ACCEPT = "accept"


def offered(offer: str, words: Words) -> list[Block]:
    """The button that goes with an offer."""
    return [buttons(button(ACCEPT, offer, words.slack.buttons.go_on, "primary"))]


async def take(desk: Desk, interaction: Interaction, ack: Ack) -> None:
    """Somebody pressed it."""
    await desk.attend(interaction, ack, _take)


async def _take(visit: Visit) -> None:
    desk, answers = visit.desk, visit.words.slack.answers
    offer = await desk.store.action(visit.interaction.value)
    if not isinstance(offer, OfferBranch) or not await _stands(desk.store, offer):
        await visit.say(answers.offer_gone)
    elif offer.member != visit.member.id:
        await visit.say(answers.offer_for_another)
    elif offer.id in desk.taking:
        await visit.say(answers.offer_taken)
    else:
        desk.taking.add(offer.id)
        try:
            await _go_on(visit, offer)
        finally:
            desk.taking.discard(offer.id)


async def _stands(store: Store, offer: OfferBranch) -> bool:
    """Whether the message that is to be gone on from is there: not deleted, and nobody was forgotten meanwhile."""
    found = await store.turn_of(offer.conversation, offer.message)
    return bool(offer.words and found and (found.turn.text or found.turn.attachments))


async def _go_on(visit: Visit, offer: OfferBranch) -> None:
    """Open where it goes on, and answer. Raises PlatformError, StoreError."""
    desk, answers, key = visit.desk, visit.words.slack.answers, f"{names.NAME}:b:{offer.id}"
    if begun := await desk.store.action(f"{key}/0"):  # the process may have died before the offer said so
        await desk.showing.amend(visit.interaction, answers.goes_on(thread=await visit.pointed(begun.conversation)))
        await visit.say(answers.offer_taken)
        return
    team, channel = names.team(offer.conversation), names.channel(offer.conversation)
    post = _root(visit, offer, key)
    with suppress(Denied):  # it is there already if the process died in between
        await desk.hearing.posts.look(team, channel, None, [post])
    try:
        posted = await desk.hearing.posts.put(team, channel, None, post)
    except Denied:
        await visit.say(answers.cannot_post)
        return
    into = names.conversation(team, posted.channel, posted.ts)
    event = Branched(
        key=key,
        conversation=offer.conversation,
        place=offer.place,
        member=visit.member,
        at=posted.at,
        offer=offer.id,
        into=into,
    )
    await desk.hearing.receive(event)
    await desk.showing.amend(visit.interaction, answers.goes_on(thread=await visit.pointed(into)))


def _root(visit: Visit, offer: OfferBranch, key: str) -> Post:
    """The message that the new thread hangs at."""
    told = visit.desk.words(offer.place).slack.answers.taken(who=f"<@{visit.interaction.user}>")
    text = f"> {harmless(shorten(offer.words, MOST_QUOTED, placeholder='…'))}"
    if not offer.place.private:
        text = f"{told}\n{text}"
    ts = str((visit.interaction.message or {}).get("ts") or "") or None
    return Post(names.post(key, 0, "branch"), text, (markdown(text),), after=ts)

"""The bot's home tab: what it is, who helps in a crisis, what is kept and what was closed; and for moderators, what
waits to be looked at.

It is made anew each time somebody opens it, and after what they do there. Whatever else cannot be told, who helps can.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack import names
from adapters.slack.outgoing.blocks import Block, buttons
from adapters.slack.outgoing.sending import Denied
from adapters.slack.people import asking, caring, members, moderators, watching
from adapters.slack.people.desk import Desk
from adapters.slack.people.surfaces import button, choice, linked, noted, row, said
from adapters.slack.people.transcripts import listed
from bot.care.country import countries
from bot.domain.conversation import Place
from bot.domain.ending import Ending, EndingState
from bot.domain.event import Appealed, Judged
from bot.domain.record import Person
from bot.errors import PlatformError, StoreError, where
from bot.reply.texts import Words
from bot.reply.wording import own_name

log = logging.getLogger(__name__)

COMMAND = "do"  # the first part of a button's id that stands for a word of the command
LISTED = 10  # endings in each list
UNDER_WAY = 100  # events of a conversation that are looked through
WAITING = (EndingState.APPEALED, EndingState.STANDING)
NOTHING: Mapping[str, str] = MappingProxyType({})
DIVIDER: Block = {"type": "divider"}


async def show(desk: Desk, team: str, user: str, channel: str, chosen: Mapping[str, str] = NOTHING) -> None:
    """Show somebody their home, best effort.

    channel  their direct message with the bot
    chosen   what they have just set for themselves, by its field: the store learns of it a little later
    """
    place = names.place(team, channel, private=True)
    blocks = await _of_member(desk, place, user, chosen)
    try:
        if await desk.may_review(team, user, place, looking=True):
            blocks += [DIVIDER, *await _of_moderators(desk, place)]
    except (Denied, PlatformError, StoreError) as fault:
        log.info("a home is without what moderators see: %s", where(fault))
    view = {"type": "home", "private_metadata": channel, "blocks": blocks}

    async def publish(client: AsyncWebClient) -> Any:
        return await client.views_publish(user_id=user, view=view)

    try:
        await desk.hearing.requests.ask(team, publish, method="views.publish")
    except (Denied, PlatformError) as fault:
        log.warning("a home is not shown: %s", where(fault))


async def show_again(desk: Desk, team: str, user: str) -> None:
    """Show it as it is after something that somebody did elsewhere, best effort."""
    try:
        channel = await desk.showing.direct(team, user)
    except (Denied, PlatformError) as fault:
        log.info("a home stays as it was: %s", where(fault))
        return
    await show(desk, team, user, channel)


async def _of_member(desk: Desk, place: Place, user: str, chosen: Mapping[str, str]) -> list[Block]:
    member, endings = names.member(place.space, user).id, list[Ending]()
    person = Person(member, place.space)
    try:
        person = await desk.store.person(member, place.space)
        for each in await desk.store.endings(space=place.space, member=member, limit=LISTED):
            endings.append(replace(each, state=await _state(desk, each)))
    except StoreError as fault:
        log.warning("a home is without what is kept: %s", where(fault))
    country, language = chosen.get("country", person.country), chosen.get("language", person.language)
    person = replace(person, country=country, language=language)
    configuration, local = desk.configuration, desk.configuration.settings.at(place)
    words = desk.words(place, configuration.language(place, person, None))
    texts, country = words.slack.home, person.country or local.country
    blocks = said(texts.intro(who=local.name))
    blocks += asking.anew(words)
    blocks += [DIVIDER, *linked(configuration.services(words.language, country))]
    if country:
        blocks.append(noted(texts.where(place=countries(words.language).get(country, country))))
    blocks += [DIVIDER, *said(texts.yours(count=configuration.settings.retention.open.days))]
    blocks += _choices(desk, person, words)
    blocks += said(texts.endings if endings else texts.no_endings)
    for each in endings:
        blocks += said(listed(each, words))
        if each.state in {EndingState.STANDING, EndingState.UPHELD} and each.concern:
            blocks.append(buttons(button(watching.APPEAL, each.id, words.slack.buttons.appeal)))
    return blocks


def _choices(desk: Desk, person: Person, words: Words) -> Sequence[Block]:
    texts, languages = words.slack.buttons, desk.configuration.wording.languages
    take_back = {members.NONE: texts.take_back}
    who = person.member
    known = caring.offered(words.language, desk.hearing.profiles, names.team(who), names.user(who))
    labels = {"standing": texts.standing, "mydata": texts.my_data, "forgetme": texts.forget}
    asked = [button(f"{COMMAND}:{word}", word, label) for word, label in labels.items()]
    return (
        row(
            choice(members.COUNTRY, texts.country, take_back | dict(known), person.country),
            choice(members.LANGUAGE, texts.language, take_back | {each: own_name(each) for each in languages},
                   person.language),
        ),
        buttons(*asked),
    )  # fmt: skip


async def _of_moderators(desk: Desk, place: Place) -> list[Block]:
    """What waits to be looked at, appeals first; and what became of the rest."""
    words, counts = desk.words(place), dict(await desk.store.tally(place.space))
    waiting = list[Ending]()
    for each in await desk.store.queue(place.space, LISTED):
        state = await _state(desk, each)
        counts[each.state] -= 1
        counts[state] += 1
        if state in WAITING:
            waiting.append(replace(each, state=state))
    count, texts = sum(counts[each] for each in WAITING), words.slack.home
    blocks = [*said(texts.queue(count=count)), *(block for each in waiting for block in moderators.queued(each, words))]
    if count > len(waiting):
        more = texts.more(count=count - len(waiting))
        blocks += [noted(more), buttons(button(moderators.QUEUE, "0", words.slack.buttons.queue))]
    upheld, overturned = counts[EndingState.UPHELD], counts[EndingState.OVERTURNED]
    return [*blocks, noted(texts.counts(upheld=upheld, overturned=overturned))]


async def _state(desk: Desk, ending: Ending) -> EndingState:
    """Where an ending is by what is heard of it already, if it is only being recorded."""
    state = ending.state
    for heard in await desk.store.open_events(ending.conversation, UNDER_WAY):
        match heard.event:
            case Appealed(ending=ending.id):
                state = EndingState.APPEALED
            case Judged(ending=ending.id, upheld=upheld):
                state = EndingState.UPHELD if upheld else EndingState.OVERTURNED
    return state

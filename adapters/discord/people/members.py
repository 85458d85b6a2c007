"""What members ask about themselves and choose for themselves, and their appeals."""

import json
from dataclasses import replace
from functools import partial

import discord

from adapters.discord import names
from adapters.discord.people.desk import Desk, Interaction, TooLarge, Visit
from adapters.discord.people.pressing import Style, button, entered, form, named, view
from bot.care.country import countries, parse_country
from bot.domain.ending import EndingState
from bot.domain.event import Appealed, Chose, Referred
from bot.domain.step import Step
from bot.ports import Transcript

APPEAL, ERASE, KEEP = "appeal", "erase", "keep"


async def standing(visit: Visit) -> None:
    """What counts for them in this conversation."""
    conversation, choices = await visit.conversation(), visit.words.talk.choices
    if not await visit.desk.store.turns(conversation, 1):
        await visit.say(visit.words.discord.answers.no_conversation)
        return
    own = dict(await visit.desk.store.standings(conversation)).get(visit.member.id)
    if own is None or not own.marks:
        await visit.say(choices.standing_clear)
        return
    await visit.say(choices.standing(redirections=own.count(Step.REDIRECT), warnings=own.count(Step.WARN)))


async def boundaries(visit: Visit) -> None:
    """What counts at all."""
    person = replace(visit.person, language=visit.words.language)
    await visit.say(visit.desk.hearing.bot.boundaries(visit.place, person))


async def country(visit: Visit, name: str | None) -> None:
    """Set their country, or take it back."""
    choices, code = visit.words.talk.choices, parse_country(name) if name else ""
    if code is None:
        await visit.decline(choices.country_unknown, name or "")
        return
    await visit.desk.hearing.receive(Chose(**visit.reported(await visit.conversation()), country=code))
    shown = countries(visit.words.language).get(code, code)
    await visit.say(choices.country_set(place=shown) if code else choices.country_taken_back)


async def language(visit: Visit, code: str | None) -> None:
    """Set the language the bot writes in, or take it back."""
    known = visit.desk.configuration.wording.languages
    if code and code not in known:
        await visit.say(visit.words.talk.choices.language_unknown(languages=", ".join(known)))
        return
    await visit.desk.hearing.receive(Chose(**visit.reported(await visit.conversation()), language=code or ""))
    if code:
        await visit.say(visit.desk.words(visit.place, code).talk.choices.language_set)
    else:
        await visit.say(visit.desk.at_once(visit.interaction).discord.answers.language_free)


async def mydata(visit: Visit) -> None:
    """Everything that is kept about them."""
    kept = await visit.desk.store.export_member(visit.member.id)
    content = json.dumps(kept, ensure_ascii=False, indent=2).encode()
    answers = visit.words.discord.answers
    try:
        await visit.say(answers.my_data, file=("fairwell.json", content))
    except TooLarge:
        await visit.say(answers.too_large)


async def forgetme(visit: Visit) -> None:
    """Ask once more."""
    texts = visit.words.discord
    yes, no = button(named(ERASE), texts.buttons.erase, Style.danger), button(named(KEEP), texts.buttons.keep)
    await visit.say(texts.answers.erase, view=view(yes, no))


async def erase(desk: Desk, interaction: Interaction, _: str) -> None:
    """They do want it."""
    await desk.attend(interaction, _erase, instead=True)


async def keep(desk: Desk, interaction: Interaction, _: str) -> None:
    """They do not."""
    await desk.attend(interaction, _kept, instead=True)


async def ask_appeal(desk: Desk, interaction: Interaction) -> None:
    """Ask what the moderators should know."""
    form_id = named(APPEAL, interaction.id)
    await desk.show(interaction, form(form_id, desk.at_once(interaction).discord.forms.appeal))


async def appeal(desk: Desk, interaction: Interaction, _: str) -> None:
    """An appeal was sent."""
    words = entered(interaction)
    await desk.attend(interaction, partial(_appeal, words=words), words=words)


async def refer(visit: Visit, message: discord.Message) -> None:
    """They want moderators to look at a message."""
    answers = visit.words.discord.answers
    if visit.desk.configuration.settings.at(visit.place).moderators is None:
        await visit.say(answers.no_moderators)
        return
    reported = visit.reported(await visit.conversation())
    reported["key"] = names.referred(message.id, visit.member.id)
    await visit.desk.hearing.receive(Referred(**reported, message=str(message.id)))
    await visit.say(answers.reported)


async def _erase(visit: Visit) -> None:
    count = await visit.desk.store.forget(visit.member.id, visit.desk.hearing.clock())
    await visit.say(visit.words.talk.choices.forgotten(count=count))


async def _kept(visit: Visit) -> None:
    await visit.say(visit.words.discord.answers.kept)


async def _appeal(visit: Visit, *, words: str) -> None:
    found = await _appealable(visit)
    if found is None:
        await visit.decline(visit.words.talk.choices.nothing_to_appeal, words)
        return
    ending = found.ending
    event = Appealed(
        key=f"{names.NAME}:a:{ending.id}:{len(found.verdicts)}",  # once, and once more after each verdict
        conversation=ending.conversation,
        place=found.place,
        member=visit.member,
        at=names.created(visit.interaction.id),
        words=words,
        ending=ending.id,
    )
    if not await visit.desk.hearing.receive(event):
        await visit.confide(words)
    await visit.say(visit.words.discord.answers.appeal_sent)


async def _appealable(visit: Visit) -> Transcript | None:
    """The member's ending that they mean: the latest in this conversation, else in this server, else anywhere.

    What was overturned they do not mean. In a closed thread no command can be used, so it is mostly asked for
    elsewhere.
    """
    store, member = visit.desk.store, visit.member.id
    here = await store.latest_ending(await visit.conversation(), member)
    if here and here.state is EndingState.OVERTURNED:
        return None
    around = [each for space in (visit.place.space, None) for each in await store.endings(space=space, member=member)]
    standing = (each for each in (here, *around) if each and each.state is not EndingState.OVERTURNED)
    found = next(standing, None)
    return await store.ending(found.id) if found else None

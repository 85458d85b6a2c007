"""Endings before the moderators: a card with buttons, a verdict with its note, what was said.

The first verdict on an ending counts, and the first after each appeal: a verdict's key is made of the ending and of how
many verdicts there were when it was given, so the store takes one of two that are given at once.
"""

from functools import partial

import discord

from adapters.discord import names
from adapters.discord.people.branches import offered
from adapters.discord.people.desk import Desk, Interaction, TooLarge, Visit
from adapters.discord.people.pressing import Style, View, button, choice, chosen, entered, form, named, view
from adapters.discord.people.transcripts import glance, label, listed, mention, whole
from bot.domain.action import Action, AskFeedback, CallModerators, OfferBranch, ShowVerdict
from bot.domain.conversation import Place
from bot.domain.ending import EndingState
from bot.domain.event import Judged
from bot.domain.review import Verdict
from bot.ports import Transcript
from bot.reply.texts import Words

UPHOLD, OVERTURN, OPEN, LOOK = "uphold", "overturn", "transcript", "look"
VERDICTS = {UPHOLD: Verdict.UPHELD, OVERTURN: Verdict.OVERTURNED}
LATEST = 10  # endings in a list
JUDGED = frozenset({EndingState.UPHELD, EndingState.OVERTURNED})


def view_for(desk: Desk, action: Action) -> View | None:
    """The buttons that go with an action; None: it has none."""
    words = desk.words(action.place, "")
    match action:
        case OfferBranch():
            return offered(action, words)
        case CallModerators(ending=str() as ending):
            return _card(action.place, ending, words)
        case ShowVerdict():
            return view(_transcript(action.place, action.ending, words))
    return None


async def ask_why(desk: Desk, interaction: Interaction, about: str, *, what: str) -> None:
    """Somebody pressed a verdict's button: they are asked for a note."""
    place, ending = _about(about)
    words = desk.at_once(interaction)
    if not ending or not desk.may_review(interaction, place):
        await desk.refuse(interaction, words.talk.choices.moderators_only)
        return
    texts = words.discord.forms.uphold if what == UPHOLD else words.discord.forms.overturn
    await desk.show(interaction, form(named(VERDICTS[what], ending, interaction.id), texts))


async def judge(desk: Desk, interaction: Interaction, about: str, *, verdict: Verdict) -> None:
    """Somebody gave a verdict, with a note or without."""
    ending, _, _ = about.partition(":")
    await desk.attend(interaction, partial(_judge, ending=ending, verdict=verdict, note=entered(interaction)))


async def open_transcript(desk: Desk, interaction: Interaction, about: str) -> None:
    """Somebody wants to read what was said."""
    _, ending = _about(about)
    await desk.attend(interaction, partial(_open, ending=ending))


async def look(desk: Desk, interaction: Interaction, _: str) -> None:
    """Somebody chose an ending from the list."""
    await desk.attend(interaction, partial(_open, ending=chosen(interaction)))


async def review(visit: Visit, message: int) -> None:
    """Show the ending that a message tells of, else the latest of the conversation it stands in, to look at again."""
    store, channel = visit.desk.store, visit.interaction.channel
    action = await store.performed(names.NAME, str(message))
    if isinstance(action, AskFeedback | CallModerators) and action.ending:
        await _open(visit, ending=action.ending)
        return
    if isinstance(channel, discord.Thread):
        conversation = names.conversation(channel.id)
    else:
        told = action.conversation if action else await store.conversation_at(names.NAME, str(message))
        conversation = told or names.conversation(message)
    found = await store.latest_ending(conversation)
    await _open(visit, ending=found.id if found else "")


async def list_endings(visit: Visit, state: EndingState | None) -> None:
    """List the latest endings of a server, to choose one from."""
    if not visit.desk.may_review(visit.interaction, visit.place):
        await visit.say(visit.words.talk.choices.moderators_only)
        return
    found = await visit.desk.store.endings(space=visit.place.space, state=state, limit=LATEST)
    if not found:
        await visit.say(visit.words.discord.answers.no_endings)
        return
    options = {each.id: label(each, visit.words) for each in found}
    listing = choice(named(LOOK), visit.words.discord.buttons.choose, options)
    await visit.say("\n".join(listed(each, visit.words) for each in found), view=view(listing))


async def _judge(visit: Visit, *, ending: str, verdict: Verdict, note: str) -> None:
    found = await _found(visit, ending)
    if found is None:
        return
    texts = visit.words.moderators
    if found.ending.state in JUDGED:
        by, given, *_ = found.verdicts[-1]
        await visit.say(texts.verdicts.known(who=mention(by), verdict=texts.transcript.states[given]))
        return
    if found.ending.member == visit.member.id:
        await visit.say(visit.words.discord.answers.own_ending)
        return
    event = Judged(
        key=f"{names.NAME}:j:{found.ending.id}:{len(found.verdicts)}",
        conversation=found.ending.conversation,
        place=found.place,
        member=visit.member,
        at=names.created(visit.interaction.id),
        ending=found.ending.id,
        upheld=verdict is Verdict.UPHELD,
        note=note,
    )
    if not await visit.desk.hearing.receive(event):
        await visit.say(texts.verdicts.late)
        return
    await visit.say(texts.verdicts.on_record(verdict=texts.transcript.states[verdict]))


async def _open(visit: Visit, *, ending: str) -> None:
    found = await _found(visit, ending)
    if found is None:
        return
    channel, texts, buttons = visit.interaction.channel, [glance(found, visit.words)], None
    if found.ending.state not in JUDGED:
        if isinstance(channel, discord.Thread) and channel.locked:  # where Discord disables all buttons
            texts.append(visit.words.discord.answers.no_buttons)
        else:
            buttons = view(*_verdicts(found.place, found.ending.id, visit.words))
    try:
        file = f"ending-{found.ending.id}.txt", whole(found, visit.words)
        await visit.say("\n\n".join(texts), view=buttons, file=file)
    except TooLarge:
        await visit.say("\n\n".join((*texts, visit.words.discord.answers.too_large)), view=buttons)


async def _found(visit: Visit, ending: str) -> Transcript | None:
    """An ending that whoever asks may look at; otherwise they are told why not."""
    found = await visit.desk.store.ending(ending)
    if found is None:
        await visit.say(visit.words.discord.answers.no_ending)
        return None
    if not visit.desk.may_review(visit.interaction, found.place):
        await visit.say(visit.words.talk.choices.moderators_only)
        return None
    return found


def _card(place: Place, ending: str, words: Words) -> View:
    return view(*_verdicts(place, ending, words), _transcript(place, ending, words))


def _verdicts(place: Place, ending: str, words: Words) -> tuple[discord.ui.Item[View], ...]:
    texts, about = words.discord.buttons, (place.space, place.channel, ending)
    return (
        button(named(UPHOLD, *about), texts.uphold),
        button(named(OVERTURN, *about), texts.overturn, Style.primary),
    )


def _transcript(place: Place, ending: str, words: Words) -> discord.ui.Item[View]:
    return button(named(OPEN, place.space, place.channel, ending), words.discord.buttons.transcript)


def _about(about: str) -> tuple[Place, str]:
    """Where an ending was, and which: what a verdict's button knows before the store is asked. "": none of ours."""
    space, channel, ending = (*about.split(":", 2), "", "")[:3]
    return Place(names.NAME, space, channel), ending if channel.isascii() and channel.isdigit() else ""

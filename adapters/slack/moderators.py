"""Endings before the moderators: a card with buttons, a verdict with its note, what was said.

The first verdict on an ending counts, and the first after each appeal: a verdict's key is made of the ending and of how
many verdicts there were when it was given, so the store takes one of two that are given at once. Whether somebody may
is looked at when they press a button, and when they send the form: anybody can see them.
"""

import json
from dataclasses import replace
from functools import partial

from adapters.slack import names
from adapters.slack.blocks import Block, Button, buttons, markdown
from adapters.slack.desk import Desk, Visit
from adapters.slack.escaping import harmless
from adapters.slack.interaction import Ack, Interaction
from adapters.slack.surfaces import Form, button, choice, form, named, parts, plain, row, said
from adapters.slack.transcripts import glance, label, listed, mention
from bot.domain.action import CallModerators
from bot.domain.ending import EndingState
from bot.domain.event import Judged
from bot.domain.review import Verdict
from bot.ports import Transcript
from bot.reply.texts import Words
from bot.reply.transcripts import whole

UPHOLD, OVERTURN, VERDICT = "uphold", "overturn", "verdict"
OPEN, LOOK, PAGE = "transcript", "look", "page"
VERDICTS = {UPHOLD: Verdict.UPHELD, OVERTURN: Verdict.OVERTURNED}
LATEST = 10  # endings in a list
SECTIONS = 20  # of a page of a transcript, of up to 2,900 characters each
MOST_SAID = 2_900
JUDGED = frozenset({EndingState.UPHELD, EndingState.OVERTURNED})


def card(ending: str, words: Words) -> list[Block]:
    """What goes below an ending that lies before the moderators."""
    return [buttons(*_verdicts(ending, words), button(OPEN, ending, words.slack.buttons.transcript))]


async def ask_why(desk: Desk, interaction: Interaction, ack: Ack) -> None:
    """Somebody pressed a verdict's button: they are asked for a note."""
    await desk.attend(interaction, ack, _ask_why, shown=True)


async def judge(desk: Desk, interaction: Interaction, ack: Ack) -> None:
    """Somebody gave a verdict, with a note or without."""
    await desk.attend(interaction, ack, _judge)


async def open_transcript(desk: Desk, interaction: Interaction, ack: Ack) -> None:
    """Somebody wants to read what was said."""
    await desk.attend(interaction, ack, partial(_open, ending=interaction.value, page=0), shown=True)


async def turn_page(desk: Desk, interaction: Interaction, ack: Ack) -> None:
    """Somebody wants to read on."""
    page, _, ending = interaction.value.partition(":")
    await desk.attend(interaction, ack, partial(_open, ending=ending, page=int(page)), shown=True)


async def review(desk: Desk, interaction: Interaction, ack: Ack) -> None:
    """Somebody wants to look again at how the conversation of a message ended."""
    await desk.attend(interaction, ack, _review, shown=True)


async def list_endings(visit: Visit) -> None:
    """List the latest endings of a workspace, to choose one from."""
    if not await visit.may_review(visit.place):
        return
    found = await visit.desk.store.endings(space=visit.place.space, limit=LATEST)
    if not found:
        await visit.say(visit.words.slack.answers.no_endings)
        return
    options = {each.id: label(each, visit.words) for each in found}
    listing = choice(LOOK, visit.words.slack.buttons.look, options)
    await visit.say("\n".join(listed(each, visit.words) for each in found), row(listing))


async def _ask_why(visit: Visit) -> None:
    found = await _found(visit, visit.interaction.value)
    if found is None:
        return
    what, texts = visit.interaction.what, visit.words.slack
    asked = texts.forms.uphold if what == UPHOLD else texts.forms.overturn
    about, message = {"ending": found.ending.id, "verdict": VERDICTS[what].value}, visit.interaction.message
    if message and visit.interaction.channel:
        about |= {"card": names.message(visit.interaction.channel, str(message["ts"]))}
    await visit.show(
        form(
            Form(
                what=VERDICT, about=about, title=asked.title, label=asked.field, hint=asked.hint,
                send=texts.buttons.send, close=texts.buttons.close,
            )
        )
    )  # fmt: skip


async def _judge(visit: Visit) -> None:
    about = json.loads(visit.interaction.about)
    found = await _found(visit, about["ending"])
    if found is None:
        return
    texts, verdict = visit.words.moderators, Verdict(about["verdict"])
    if found.ending.state in JUDGED:
        by, given, *_ = found.verdicts[-1]
        await visit.say(texts.verdicts.known(who=mention(by), verdict=texts.transcript.states[given]))
        await _close_card(visit, found, about.get("card", ""), by, given)
        return
    event = Judged(
        key=f"{names.NAME}:j:{found.ending.id}:{len(found.verdicts)}",
        conversation=found.ending.conversation,
        place=found.place,
        member=visit.member,
        at=visit.interaction.at,
        ending=found.ending.id,
        upheld=verdict is Verdict.UPHELD,
        note=visit.interaction.value,
    )
    if not await visit.desk.hearing.receive(event):
        await visit.say(texts.verdicts.late)
        return
    await visit.say(texts.verdicts.on_record(verdict=texts.transcript.states[verdict]))
    await _close_card(visit, found, about.get("card", ""), visit.member.id, verdict)


async def _review(visit: Visit) -> None:
    message = visit.interaction.message or {}
    root = str(message.get("thread_ts") or message.get("ts"))
    conversation = names.conversation(visit.interaction.team, visit.interaction.channel, root)
    found = await visit.desk.store.latest_ending(conversation)
    await _open(visit, ending=found.id if found else "", page=0)


async def _open(visit: Visit, *, ending: str, page: int) -> None:
    found = await _found(visit, ending)
    if found is None:
        return
    texts = visit.words.slack
    shown = [] if page else await _head(visit, found)
    if not page and found.ending.state not in JUDGED:
        shown.append(buttons(*_verdicts(found.ending.id, visit.words)))
    cut = parts("\n".join(whole(found, visit.words)), MOST_SAID)
    shown += [block for part in cut[page * SECTIONS : (page + 1) * SECTIONS] for block in plain(part)]
    turning = []
    if page:
        turning.append(button(PAGE, f"{page - 1}:{found.ending.id}", texts.buttons.back))
    if len(cut) > (page + 1) * SECTIONS:
        turning.append(replace(button(PAGE, f"{page + 1}:{found.ending.id}", texts.buttons.further), does=FURTHER))
    shown += [buttons(*turning)] if turning else []
    await visit.show(visit.desk.shown(visit.place, texts, shown))


async def _head(visit: Visit, found: Transcript) -> list[Block]:
    """An ending at a glance, and where to find it."""
    return said(f"{glance(found, visit.words)}\n{await visit.pointed(found.ending.conversation)}")


async def _found(visit: Visit, ending: str) -> Transcript | None:
    """An ending that whoever asks may look at; otherwise they are told why not. Raises PlatformError."""
    found = await visit.desk.store.ending(ending) if ending else None
    if found is None or found.place.platform != names.NAME:
        await visit.say(visit.words.slack.answers.no_ending)
        return None
    return found if await visit.may_review(found.place) else None


async def _close_card(visit: Visit, found: Transcript, message: str, by: str, verdict: str) -> None:
    """Say in the card, to all moderators, that there is a verdict; nobody is asked for one any more."""
    if not message:
        return
    desk, words = visit.desk, visit.desk.words(found.place)
    called = await desk.store.performed(names.NAME, message)
    if not isinstance(called, CallModerators):
        return
    link = await desk.showing.link(called.conversation)
    verdict_given = words.moderators.verdicts.card(who=mention(by), verdict=words.moderators.transcript.states[verdict])
    text = "\n".join(filter(None, (harmless(called.text), link, verdict_given)))
    left = buttons(button(OPEN, found.ending.id, words.slack.buttons.transcript))
    await desk.showing.change(visit.interaction.team, message, text, [markdown(text), left])


def _verdicts(ending: str, words: Words) -> tuple[Button, Button]:
    texts = words.slack.buttons
    return button(UPHOLD, ending, texts.uphold), button(OVERTURN, ending, texts.overturn, "primary")


FURTHER = named(PAGE, "on")  # two buttons of a row have two ids

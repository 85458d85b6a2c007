"""Endings before the moderators: a card with buttons, a verdict with its note, what was said, what waits.

The first verdict on an ending counts, and the first after each appeal: a verdict's key is made of the ending and of how
many verdicts there were when it was given, so the store takes one of two that are given at once. All cards of an ending
then say what was found (ShowVerdict), wherever the verdict was given. Whether somebody may is looked at when they press
a button, and when they send the form: anybody can see them.
"""

from functools import partial

from adapters.slack import names
from adapters.slack.outgoing.blocks import Block, Button, buttons
from adapters.slack.people.desk import Desk, Visit
from adapters.slack.people.interaction import Ack, Interaction
from adapters.slack.people.paging import page, turned
from adapters.slack.people.surfaces import Form, button, choice, form, recalled, row, said
from adapters.slack.people.transcripts import glance, label, listed, mention, verdict, whole
from bot.domain.action import AskFeedback, CallModerators, ShowVerdict
from bot.domain.ending import Ending, EndingState
from bot.domain.event import Judged
from bot.domain.review import Verdict
from bot.ports import Transcript
from bot.reply.texts import Words

UPHOLD, OVERTURN, VERDICT = "uphold", "overturn", "verdict"
OPEN, LOOK, PAGE, QUEUE = "transcript", "look", "page", "queue"
VERDICTS = {UPHOLD: Verdict.UPHELD, OVERTURN: Verdict.OVERTURNED}
LATEST = 10  # endings in a list
QUEUED = 1_000  # endings that can be leafed through; the oldest, so the next come when these are looked at
JUDGED = frozenset({EndingState.UPHELD, EndingState.OVERTURNED})


def card(ending: str, words: Words) -> list[Block]:
    """What goes below an ending that lies before the moderators."""
    return [buttons(*_verdicts(ending, words), button(OPEN, ending, words.slack.buttons.transcript))]


def card_judged(action: ShowVerdict, words: Words) -> list[Block]:
    """What goes below it once there is a verdict."""
    shown = said(verdict(action.by, action.verdict, words))
    return [*shown, buttons(button(OPEN, action.ending, words.slack.buttons.transcript))]


def queued(ending: Ending, words: Words) -> list[Block]:
    """An ending in the list of those that wait."""
    return [*said(listed(ending, words)), buttons(button(OPEN, ending.id, words.slack.buttons.transcript))]


async def ask_why(desk: Desk, interaction: Interaction, ack: Ack) -> None:
    """Somebody pressed a verdict's button: they are asked for a note."""
    await desk.attend(interaction, ack, _ask_why, shown=True)


async def judge(desk: Desk, interaction: Interaction, ack: Ack) -> None:
    """Somebody gave a verdict, with a note or without."""
    await desk.attend(interaction, ack, _judge)


async def open_transcript(desk: Desk, interaction: Interaction, ack: Ack) -> None:
    """Somebody wants to read what was said."""
    await desk.attend(interaction, ack, partial(_open, ending=interaction.value, number=0), shown=True)


async def turn_page(desk: Desk, interaction: Interaction, ack: Ack) -> None:
    """Somebody wants to read on."""
    number, ending = turned(interaction.value)
    await desk.attend(interaction, ack, partial(_open, ending=ending, number=number), shown=True)


async def open_queue(desk: Desk, interaction: Interaction, ack: Ack) -> None:
    """Somebody wants to see all that waits, or the next page of it."""
    number, _ = turned(interaction.value)
    await desk.attend(interaction, ack, partial(_queue, number=number), shown=True)


async def review(desk: Desk, interaction: Interaction, ack: Ack) -> None:
    """Somebody wants to look again at how the conversation of a message ended."""
    await desk.attend(interaction, ack, _review, shown=True)


async def list_endings(visit: Visit) -> None:
    """List the latest endings of a workspace, to choose one from, and lead to those that wait."""
    if not await visit.may_review(visit.place):
        return
    store, space, texts = visit.desk.store, visit.place.space, visit.words.slack
    found = await store.endings(space=space, limit=LATEST)
    if not found:
        await visit.say(texts.answers.no_endings)
        return
    listing = choice(LOOK, texts.buttons.look, {each.id: label(each, visit.words) for each in found})
    below = [row(listing)]
    if await store.queue(space, 1):
        below.append(buttons(button(QUEUE, "0", texts.buttons.queue)))
    await visit.say("\n".join(listed(each, visit.words) for each in found), *below)


async def _queue(visit: Visit, *, number: int) -> None:
    if not await visit.may_review(visit.place):
        return
    texts = visit.words.slack
    found = await visit.desk.store.queue(visit.place.space, QUEUED)
    if not found:
        await visit.say(texts.answers.no_endings)
        return
    blocks = [block for each in found for block in queued(each, visit.words)]
    await visit.show(visit.desk.shown(visit.place, texts, page(blocks, number, QUEUE, "", texts.buttons)))


async def _ask_why(visit: Visit) -> None:
    found = await _found(visit, visit.interaction.value)
    if found is None:
        return
    if not await _may_judge(visit, found):
        return
    what, texts = visit.interaction.what, visit.words.slack
    asked = texts.forms.uphold if what == UPHOLD else texts.forms.overturn
    about = {"ending": found.ending.id, "verdict": VERDICTS[what].value}
    await visit.show(
        form(
            Form(
                what=VERDICT, about=about, title=asked.title, label=asked.field, hint=asked.hint,
                send=texts.buttons.send, close=texts.buttons.close,
            )
        )
    )  # fmt: skip


async def _judge(visit: Visit) -> None:
    about = recalled(visit.interaction.about)
    found = await _found(visit, about.get("ending", ""))
    if found is None:
        return
    given, texts = Verdict(about["verdict"]), visit.words.moderators
    if not await _may_judge(visit, found):
        return
    event = Judged(
        key=f"{names.NAME}:j:{found.ending.id}:{len(found.verdicts)}",
        conversation=found.ending.conversation,
        place=found.place,
        member=visit.member,
        at=visit.interaction.at,
        ending=found.ending.id,
        upheld=given is Verdict.UPHELD,
        note=visit.interaction.value,
    )
    if await visit.desk.hearing.receive(event):
        await visit.say(texts.verdicts.on_record(verdict=texts.transcript.states[given]))
    else:
        await visit.say(texts.verdicts.late)


async def _may_judge(visit: Visit, found: Transcript) -> bool:
    """Whether a moderator may give a verdict: not where there is one, nor on what is about them. They are told."""
    texts = visit.words.moderators
    if found.ending.state in JUDGED:
        by, given, *_ = found.verdicts[-1]
        await visit.say(texts.verdicts.known(who=mention(by), verdict=texts.transcript.states[given]))
        return False
    if found.ending.member == visit.member.id:
        await visit.say(visit.words.slack.answers.own_ending)
        return False
    return True


async def _review(visit: Visit) -> None:
    """The ending that a message tells of, as a card does; else the latest of the conversation it stands in."""
    store, message, channel = visit.desk.store, visit.interaction.message or {}, visit.interaction.channel
    action = await store.performed(names.NAME, names.message(channel, str(message.get("ts"))))
    if isinstance(action, AskFeedback | CallModerators) and action.ending:
        await _open(visit, ending=action.ending, number=0)
        return
    root = str(message.get("thread_ts") or message.get("ts"))
    found = await store.latest_ending(names.conversation(visit.interaction.team, channel, root))
    await _open(visit, ending=found.id if found else "", number=0)


async def _open(visit: Visit, *, ending: str, number: int) -> None:
    found = await _found(visit, ending)
    if found is None:
        return
    blocks = [*await _head(visit, found), *whole(found, visit.words)]
    texts = visit.words.slack
    await visit.show(visit.desk.shown(visit.place, texts, page(blocks, number, PAGE, found.ending.id, texts.buttons)))


async def _head(visit: Visit, found: Transcript) -> list[Block]:
    """An ending at a glance, where to find it, and what can be done about it."""
    blocks = said(f"{glance(found, visit.words)}\n{await visit.pointed(found.ending.conversation)}")
    if found.ending.state not in JUDGED:
        blocks.append(buttons(*_verdicts(found.ending.id, visit.words)))
    return blocks


async def _found(visit: Visit, ending: str) -> Transcript | None:
    """An ending that whoever asks may look at; otherwise they are told why not. Raises PlatformError."""
    found = await visit.desk.store.ending(ending) if ending else None
    if found is None or found.place.platform != names.NAME:
        await visit.say(visit.words.slack.answers.no_ending)
        return None
    return found if await visit.may_review(found.place) else None


def _verdicts(ending: str, words: Words) -> tuple[Button, Button]:
    texts = words.slack.buttons
    return button(UPHOLD, ending, texts.uphold), button(OVERTURN, ending, texts.overturn, "primary")

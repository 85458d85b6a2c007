"""How endings are rated: by the pair of thumbs under a notice, and by reactions to it.

One vote a member: the last one counts, and whoever takes their reaction back takes back the vote that they gave by it.
Which message is which, and which ending it is about, the store knows. A vote is kept before Slack is told that it has
arrived: nobody would send it again.
"""

import json
from dataclasses import replace
from datetime import datetime, timedelta

from adapters.slack import names
from adapters.slack.blocks import Block, buttons, feedback, rated
from adapters.slack.desk import Desk, Visit, known_as
from adapters.slack.interaction import Ack, Interaction
from adapters.slack.listening import Hearing
from adapters.slack.message import Reaction, Report
from adapters.slack.surfaces import Form, button
from bot.domain.action import AskFeedback
from bot.domain.conversation import Member
from bot.domain.ending import Vote
from bot.domain.event import Rated
from bot.ports import Store, Transcript
from bot.reply.texts import Words

APPEAL, REASON = "appeal", "reason"  # the first parts of ids: of a button under a notice, and of a form
WAITING = 100  # events of a conversation that are looked through
NEW = timedelta(minutes=1)  # so long the store may not know a message of ours yet
THUMBS = {"+1": Vote.FAIR, "thumbsup": Vote.FAIR, "-1": Vote.UNFAIR, "thumbsdown": Vote.UNFAIR}


class TooEarly(Exception):
    """Nobody can tell yet what somebody has reacted to."""


def thumbs(ending: str, words: Words) -> list[Block]:
    """What goes below the notice of an ending."""
    texts = words.slack.buttons
    return [feedback(ending, texts.fair, texts.unfair), buttons(button(APPEAL, ending, texts.appeal))]


async def rate(desk: Desk, interaction: Interaction, ack: Ack) -> None:
    """Somebody pressed a thumb. Whoever finds an ending unfair is asked why, which they need not say.

    Raises StoreError, and Slack is told nothing: then it shows that it did not work.
    """
    try:
        vote, ending = rated(interaction.value)
    except ValueError:
        await ack()
        return
    found = await desk.store.ending(ending)
    if found is not None:
        await desk.hearing.bot.receive(_pressed(desk, interaction, found, vote))
    if found is None or vote is Vote.FAIR:
        await ack()
        return

    def asked(words: Words) -> Form:
        texts = words.slack.forms.reason
        return Form(
            what=REASON, about={"ending": ending}, title=texts.title, label=texts.field, hint=texts.hint,
            send=words.slack.buttons.send, close=words.slack.buttons.close,
        )  # fmt: skip

    await desk.ask(interaction, ack, asked)


async def say_why(desk: Desk, interaction: Interaction, ack: Ack) -> None:
    """Somebody said why, or left it empty: their vote stays what it is."""
    await desk.attend(interaction, ack, _say_why)


async def react(hearing: Hearing, report: Report, reaction: Reaction) -> None:
    """Somebody reacted to a message, or took that back. When this returns, it is kept.

    Raises StoreError, TooEarly: it is not, and it should be told again.
    """
    vote, store = THUMBS.get(reaction.name), hearing.bot.store
    if vote is None or reaction.user == report.me or reaction.author not in {report.me, ""}:
        return
    message, at = names.message(reaction.channel, reaction.ts), names.moment(reaction.at)
    action = await store.performed(names.NAME, message)
    if action is None and reaction.author and hearing.clock() - names.moment(reaction.ts) < NEW:
        raise TooEarly(message)
    found = await store.ending(action.ending) if isinstance(action, AskFeedback) else None
    if found is None:
        return
    member = known_as(hearing, report.team, reaction.user)
    if not reaction.added and await _current(store, found, member.id) is not vote:
        return
    said = vote if reaction.added else None
    key = names.rated(report.team, message, reaction.user, said or "none", reaction.at)
    await hearing.bot.receive(_rated(found, member, at, key, said))


async def _say_why(visit: Visit) -> None:
    ending, words = json.loads(visit.interaction.about)["ending"], visit.interaction.value
    found = await visit.desk.store.ending(ending)
    if found and words:
        vote = await _current(visit.desk.store, found, visit.member.id)
        event = _rated(found, visit.member, visit.interaction.at, visit.interaction.key, vote)
        await visit.desk.hearing.receive(replace(event, words=words))
    await visit.say(visit.words.slack.answers.reason_sent)


async def _current(store: Store, found: Transcript, member: str) -> Vote | None:
    """A member's vote on an ending, as far as it is known: also one that waits to be counted."""
    votes = {by: Vote(vote) if vote else None for by, vote, _ in found.votes}
    for heard in await store.open_events(found.ending.conversation, WAITING):
        event = heard.event
        if isinstance(event, Rated) and event.ending == found.ending.id:
            votes[event.member.id] = event.vote
    return votes.get(member)


def _pressed(desk: Desk, interaction: Interaction, found: Transcript, vote: Vote) -> Rated:
    member = known_as(desk.hearing, interaction.team, interaction.user)
    message = names.message(interaction.channel, str((interaction.message or {}).get("ts")))
    key = names.rated(interaction.team, message, interaction.user, vote, interaction.id)
    return _rated(found, member, interaction.at, key, vote)


def _rated(found: Transcript, member: Member, at: datetime, key: str, vote: Vote | None) -> Rated:
    return Rated(
        key=key,
        conversation=found.ending.conversation,
        place=found.place,
        member=member,
        at=at,
        vote=vote,
        ending=found.ending.id,
    )

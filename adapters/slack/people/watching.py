"""How endings are rated: by the pair of thumbs under a notice, and by reactions to it.

One vote a member: the last one counts, and whoever takes their reaction back takes back the vote that they gave by it.
Which message is which, and which ending it is about, the store knows. A vote is kept before Slack is told that it has
arrived: nobody would send it again.

What counts follows from all that a member did to a notice, in the order in which it was done. The keys of the events
tell that, so it is the same whenever they come. Reactions that nobody told of are found at the notice afterwards.
"""

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack import names
from adapters.slack.hearing.listening import Hearing
from adapters.slack.hearing.message import Reaction, Report, toneless
from adapters.slack.outgoing.blocks import Block, buttons, feedback, rated
from adapters.slack.outgoing.sending import Denied
from adapters.slack.people.desk import Desk, Visit, known_as
from adapters.slack.people.interaction import Ack, Interaction
from adapters.slack.people.surfaces import Form, button
from bot.domain.action import AskFeedback
from bot.domain.conversation import Member
from bot.domain.ending import Ending, Vote
from bot.domain.event import Rated
from bot.errors import PlatformError
from bot.ports import Store, Transcript
from bot.reply.texts import Words
from bot.store.forgetting import FORGOTTEN

APPEAL, REASON = "appeal", "reason"  # the first parts of ids: of a button under a notice, and of a form
WAITING = 100  # events of a conversation that are looked through
NEW = timedelta(minutes=1)  # so long the store may not know a message of ours yet
PRESSED, REACTED, TOOK = "pressed", "reacted", "took"  # deeds: the last is to take a reaction back
THUMBS = {"+1": Vote.FAIR, "thumbsup": Vote.FAIR, "-1": Vote.UNFAIR, "thumbsdown": Vote.UNFAIR}

Deed = tuple[datetime, str, Vote]


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
        member = known_as(desk.hearing, interaction.team, interaction.user)
        message = names.message(interaction.channel, str((interaction.message or {}).get("ts")))
        await _did(desk.hearing, found, message, member, (interaction.at, PRESSED, vote))
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
    message = names.message(reaction.channel, reaction.ts)
    action = await store.performed(names.NAME, message)
    if action is None and reaction.author and hearing.clock() - names.moment(reaction.ts) < NEW:
        raise TooEarly(message)
    found = await store.ending(action.ending) if isinstance(action, AskFeedback) else None
    if found is None:
        return
    if await _is_bot(hearing, report.team, reaction.user):
        return
    deed = names.moment(reaction.at), REACTED if reaction.added else TOOK, vote
    await _did(hearing, found, message, known_as(hearing, report.team, reaction.user), deed)


async def recount(hearing: Hearing, team: str, ending: Ending) -> None:
    """Hear of the reactions to the notice of an ending that were missed, and of those that are gone.

    Raises Denied, PlatformError, StoreError.
    """
    store, message = hearing.bot.store, await hearing.bot.store.notice(ending.id)
    found = await store.ending(ending.id) if message else None
    if found is None:
        return
    there, known = await _reactions(hearing, team, message), await _deeds(store, message)
    # Whoever was forgotten may still be among them, and nobody can tell.
    told = known.keys() if any(by == FORGOTTEN for by, _, _ in found.votes) else known.keys() | there.keys()
    for member in sorted(told):
        was = [vote for deed, vote in _given(known.get(member, [])) if deed == REACTED]
        now, user = there.get(member, []), names.user(member)
        if now and member not in known and await _is_bot(hearing, team, user):
            continue
        missed = [(TOOK, vote) for vote in was if vote not in now] + [
            (REACTED, vote) for vote in now if vote not in was
        ]
        for deed, vote in missed:
            await _did(hearing, found, message, known_as(hearing, team, user), (hearing.clock(), deed, vote))


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


async def _did(hearing: Hearing, found: Transcript, message: str, member: Member, deed: Deed) -> None:
    """Somebody did something to a notice: what counts of all that they did is their vote. Raises StoreError."""
    at, what, vote = deed
    async with hearing.rating:
        deeds = [*(await _deeds(hearing.bot.store, message)).get(member.id, ()), deed]
        given = _given(sorted(deeds, key=lambda each: each[0]))
        key = names.rated(message, member.id, f"{what}-{vote}", at)
        await hearing.bot.receive(_rated(found, member, at, key, given[-1][1] if given else None))


def _given(deeds: Iterable[Deed]) -> list[tuple[str, Vote]]:
    """The votes that somebody has given and not taken back, by what and in which order. The last one counts.

    What was pressed cannot be taken back: a reaction takes its place. What is left of several reactions counts.
    """
    given = list[tuple[str, Vote]]()
    for _, deed, vote in deeds:
        if deed == TOOK:
            given = [each for each in given if each != (REACTED, vote)]
        elif (deed, vote) not in given or deed == PRESSED:
            given = [*(each for each in given if each[0] == REACTED), (deed, vote)]
    return given


async def _deeds(store: Store, message: str) -> Mapping[str, list[Deed]]:
    """What is known to have been done to a notice, by member."""
    deeds = dict[str, list[Deed]]()
    for key in await store.accepted(names.ratings(message)):
        member, what, at = names.rating(key)
        deed, _, vote = what.partition("-")
        deeds.setdefault(member, []).append((names.moment(at), deed, Vote(vote)))
    return {member: sorted(each, key=lambda deed: deed[0]) for member, each in deeds.items()}


async def _reactions(hearing: Hearing, team: str, message: str) -> Mapping[str, list[Vote]]:
    """Who has reacted to a message with thumbs, and with which. Raises Denied, PlatformError."""
    channel, ts = names.channel_and_ts(message)

    async def get(client: AsyncWebClient) -> Any:
        return await client.reactions_get(channel=channel, timestamp=ts, full=True)

    answer = await hearing.requests.ask(team, get, method="reactions.get")
    there = dict[str, list[Vote]]()
    for each in answer["message"].get("reactions") or ():
        if vote := THUMBS.get(toneless(each["name"])):
            for user in each["users"]:
                votes = there.setdefault(names.member(team, user).id, [])
                votes += [vote] if vote not in votes else []
    return there


async def _is_bot(hearing: Hearing, team: str, user: str) -> bool:
    """Whether somebody is no person, as far as Slack tells."""

    async def info(client: AsyncWebClient) -> Any:
        return await client.users_info(user=user)

    with suppress(Denied, PlatformError):
        return bool((await hearing.requests.ask(team, info, method="users.info"))["user"].get("is_bot"))
    return False


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

"""A standing's moves: the only ways in which it changes."""

from dataclasses import replace
from datetime import datetime

from bot.boundary.ladder import Ladder
from bot.domain.assessment import About, Level, Risk
from bot.domain.conversation import FOREVER, Conversation
from bot.domain.standing import Mark, Standing
from bot.domain.step import Step


def joined(standing: Standing, conversation: Conversation) -> Standing:
    """The standing with what holds for everybody in the conversation: that it has ended, and its care window."""
    if not conversation.ended and conversation.care_until is None:
        return standing
    return replace(
        standing,
        ended=standing.ended or conversation.ended,
        care_until=later(standing.care_until, conversation.care_until),
    )


def accompanied(
    standing: Standing, conversation: Conversation, alarmed: datetime | None, ladder: Ladder, now: datetime
) -> Standing:
    """Rule 1: who was in danger a while ago is met with care wherever they write next, the bot's own card below.

    alarmed  when moderators were last called since this member was at risk, in any conversation of the space

    Of an ended conversation nothing is taken back: it stays silent (rule 6).
    """
    if alarmed is None or standing.ended or conversation.ended:
        return standing
    until = alarmed + min(ladder.care_window, FOREVER - alarmed)
    if until <= now or (standing.care_until is not None and until <= standing.care_until):
        return standing
    return replace(standing, care_until=until, care_level=max(uncared(standing, now).care_level, Level.ACTIVE))


def later(one: datetime | None, other: datetime | None) -> datetime | None:
    """The later of two times, either of which may be missing."""
    return max(filter(None, (one, other)), default=None)


def forgiven(standing: Standing, ladder: Ladder, now: datetime) -> Standing:
    """One step back for each `forgive_after` without abuse. A clock that jumped back forgives nothing."""
    if standing.last_abuse is None:
        return standing
    steps = max(0, (now - standing.last_abuse) // ladder.forgive_after)
    return lowered(standing, steps, standing.last_abuse + steps * ladder.forgive_after) if steps else standing


def behaved(standing: Standing, ladder: Ladder) -> Standing:
    """A clean turn; each `forgive_turns` of them forgive one step."""
    clean = standing.clean + 1
    if clean < ladder.forgive_turns:
        return replace(standing, clean=clean)
    return lowered(standing, 1, standing.last_abuse)


def lowered(standing: Standing, steps: int, since: datetime | None) -> Standing:
    """The standing with its last `steps` marks taken back; with none left, nothing is held against the member.

    Whoever earned that much back may be spared again.
    """
    marks = standing.marks[: max(0, len(standing.marks) - steps)]
    return replace(
        standing,
        marks=marks,
        clean=0,
        spared=False,
        last_abuse=since if marks else None,
    )


def climbing(standing: Standing, step: Step, turn: int, now: datetime) -> Standing:
    """A step decided upon: it counts for nothing until it is `delivered`."""
    return replace(standing, pending=Mark(step, turn, now), clean=0, last_abuse=now)


def delivered(standing: Standing, turn: int, at: datetime) -> Standing:
    """The pending step of this turn reached the member at `at`: now it counts."""
    if standing.pending is None or standing.pending.turn != turn:
        return standing
    return replace(standing, marks=(*standing.marks, replace(standing.pending, at=at)), pending=None)


def undelivered(standing: Standing, turn: int) -> Standing:
    """The pending step of this turn did not reach the member: it never happened."""
    if standing.pending is None or standing.pending.turn != turn:
        return standing
    return replace(standing, pending=None)


def cared(standing: Standing, risk: Risk, ladder: Ladder, now: datetime) -> Standing:
    """Risk: a care window opens or grows, and a warning, delivered or pending, is taken back."""
    lasting = risk.level >= ladder.care_for_good_from and risk.about in {About.SELF, About.OTHER}
    until = FOREVER if lasting else now + min(ladder.care_window, FOREVER - now)
    fresh = not standing.in_care(now)
    return replace(
        standing,
        marks=tuple(mark for mark in standing.marks if mark.step is not Step.WARN),
        pending=None,
        asked_to_end=False,
        care_until=later(standing.care_until, until),
        care_level=risk.level if fresh else max(standing.care_level, risk.level),
    )


def unshown(standing: Standing) -> Standing:
    """A card did not reach the conversation: the next sign of risk gets one, however soon."""
    return standing if standing.card_at is None else replace(standing, card_at=None)


def uncared(standing: Standing, now: datetime) -> Standing:
    """Past the care window, nothing of it is left."""
    if standing.care_until is None or standing.in_care(now):
        return standing
    return replace(standing, care_until=None, care_level=Level.NONE, card_at=None)


def reopened(standing: Standing) -> Standing:
    """An overturned ending: as if none of what led there had happened. Care stays."""
    return replace(
        standing,
        marks=(),
        pending=None,
        clean=0,
        last_abuse=None,
        spared=False,
        asked_to_end=False,
        ended=False,
        nudged=False,
    )

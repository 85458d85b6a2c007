"""Rule 6: in what has ended there is one nudge per member, then silence; risk still gets care."""

from dataclasses import replace

import pytest

from bot.boundary import decide, moves
from bot.domain.assessment import Assessment, Level
from bot.domain.conversation import Conversation
from bot.domain.standing import NEW, Mark, Standing
from bot.domain.step import Reason, Step
from tests.boundary.cases import (
    ASKS,
    CLEAN,
    DAY,
    DOUBTED,
    GRAVEST,
    INSULT,
    LADDER,
    MILD,
    MINUTE,
    TURN,
    UNREAD,
    YES,
    danger,
    decided,
    in_anothers_care,
    in_care,
    taken,
)
from tests.strategies import NOON, PLACE

ENDED = Standing(ended=True)
CLOSED = Conversation("terminal:main", PLACE, ended=True)


@pytest.mark.parametrize("said", [CLEAN, MILD, INSULT, GRAVEST, DOUBTED, UNREAD, ASKS, YES])
@pytest.mark.parametrize("before", [ENDED, taken("RRW", ended=True), Standing(ended=True, asked_to_end=True)])
def test_one_nudge_then_silence_whatever_is_said(before: Standing, said: Assessment) -> None:
    first = decided(before, said)
    second = decided(first.standing, said, turn=TURN + 1)
    assert (first.step, first.reason) == (Step.NUDGE, Reason.ENDED)
    assert (second.step, second.reason) == (Step.SILENCE, Reason.ENDED)
    assert first.standing == replace(before, nudged=True)
    assert second.standing == first.standing


def test_each_member_gets_a_nudge_of_their_own() -> None:
    one, other = moves.joined(Standing(nudged=True), CLOSED), moves.joined(NEW, CLOSED)
    assert decide(one, CLEAN, LADDER, NOON, turn=TURN).step is Step.SILENCE
    assert decide(other, CLEAN, LADDER, NOON, turn=TURN).step is Step.NUDGE


@pytest.mark.parametrize(
    ("own", "shared", "ended"), [(False, False, False), (True, False, True), (False, True, True), (True, True, True)]
)
def test_a_conversation_is_ended_for_a_member_as_a_whole_or_in_their_part(own: bool, shared: bool, ended: bool) -> None:
    assert moves.joined(Standing(ended=own), replace(CLOSED, ended=shared)).ended is ended


@pytest.mark.parametrize("level", [Level.PASSIVE, Level.ACTIVE, Level.VIOLENCE, Level.IMMINENT])
@pytest.mark.parametrize("nudged", [False, True])
def test_what_has_ended_is_never_deaf_to_risk(level: Level, nudged: bool) -> None:
    decision = decided(Standing(ended=True, nudged=nudged), danger(level))
    assert decision.step is Step.CARE
    assert decision.standing.ended
    assert decision.standing.nudged is nudged


def test_the_bot_stays_with_somebody_at_risk_though_the_ending_stands() -> None:
    cared = decided(ENDED, danger(Level.PASSIVE)).standing
    within, after = (decided(cared, CLEAN, now=NOON + time, turn=TURN + 1) for time in (DAY - MINUTE, DAY))
    assert (within.step, within.reason, within.standing.ended) == (Step.ANSWER, Reason.CARE_WINDOW, True)
    assert after.step is Step.NUDGE


@pytest.mark.parametrize("nudged", [False, True])
def test_the_nudge_waits_until_nobody_there_is_in_care(nudged: bool) -> None:
    during = decided(in_anothers_care(ended=True, nudged=nudged), CLEAN)
    after = decided(during.standing, CLEAN, now=NOON + DAY, turn=TURN + 1)
    assert (during.step, during.standing.nudged) == (Step.SILENCE, nudged)
    assert after.step is (Step.SILENCE if nudged else Step.NUDGE)


@pytest.mark.parametrize("level", [Level.PASSIVE, Level.ACTIVE, Level.VIOLENCE, Level.IMMINENT])
def test_whatever_their_risk_the_bot_stays_with_who_was_at_risk(level: Level) -> None:
    decision = decided(in_care(ended=True, care_level=level), CLEAN)
    assert (decision.step, decision.reason) == (Step.ANSWER, Reason.CARE_WINDOW)


def test_an_overturned_ending_leaves_nothing_behind_but_care() -> None:
    care = in_care(called_at=NOON - MINUTE)
    held_against = replace(
        care,
        marks=taken("RRW").marks,
        pending=Mark(Step.WARN, TURN, NOON),
        clean=2,
        last_abuse=NOON,
        spared=True,
        asked_to_end=True,
        ended=True,
        nudged=True,
    )
    assert moves.reopened(held_against) == replace(care, last_abuse=None)

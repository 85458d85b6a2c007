"""Rule 3: what is unread, uncertain or split never climbs; to end, the main model must confirm."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.boundary import moves, settle
from bot.domain.assessment import Assessment, Level
from bot.domain.decision import Decision
from bot.domain.standing import Standing
from bot.domain.step import Confirmation, Reason, Step
from tests.boundary.cases import (
    ASKS,
    CLEAN,
    DAY,
    DOUBTED,
    INSULT,
    MINUTE,
    MOMENT,
    TURN,
    UNSURE,
    YES,
    danger,
    decided,
    hostile,
    in_care,
    steps,
    taken,
)
from tests.strategies import NOON

EVERY_RUNG = ["", "R", "RR", "RRW"]


@pytest.mark.parametrize("rung", EVERY_RUNG)
@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (DOUBTED, Reason.DOUBT),
        (replace(CLEAN, doubt=True), Reason.DOUBT),
        (replace(UNSURE, doubt=True), Reason.DOUBT),
        (hostile(danger(Level.PASSIVE, sure=False)), Reason.DOUBT),
        (danger(Level.IMMINENT, sure=False), Reason.DOUBT),
        (UNSURE, Reason.UNSURE),
    ],
)
def test_doubt_never_climbs_and_is_no_clean_turn_either(rung: str, said: Assessment, reason: Reason) -> None:
    before = taken(rung, clean=4)
    decision = decided(replace(before, asked_to_end=True), said)
    assert (decision.step, decision.reason) == (Step.ANSWER, reason)
    assert decision.standing == before


@pytest.mark.parametrize("level", [Level.NONE, Level.TOPIC])
def test_a_possible_topic_is_no_doubt(level: Level) -> None:
    assert decided(taken("RR"), hostile(danger(level, sure=False))).step is Step.WARN


@pytest.mark.parametrize("doubted", [replace(YES, doubt=True), replace(ASKS, doubt=True)])
@pytest.mark.parametrize("asked", [False, True])
def test_where_risk_is_possible_a_wish_to_end_is_neither_asked_about_nor_met(doubted: Assessment, asked: bool) -> None:
    decision = decided(Standing(asked_to_end=asked), doubted)
    assert (decision.step, decision.reason) == (Step.ANSWER, Reason.DOUBT)
    assert not decision.standing.ended
    assert not decision.standing.asked_to_end


def proposed(**rest: bool) -> tuple[Decision, Standing]:
    """An ending that waits to be settled, and the standing it was made from."""
    before = taken("RRW", **rest)
    decision = decided(before, INSULT)
    assert decision.step is Step.END
    return decision, before


CONFIRMED, SPARED, UNAVAILABLE = Confirmation.CONFIRMED, Confirmation.SPARED, Confirmation.UNAVAILABLE
NOT_ASKED, NO_MODEL = Confirmation.NOT_ASKED, Confirmation.NO_MODEL


@pytest.mark.parametrize(
    ("spared_before", "said", "step", "reason"),
    [
        (False, CONFIRMED, Step.END, Reason.CONCERN),
        (False, NO_MODEL, Step.END, Reason.CONCERN),
        (False, SPARED, Step.REDIRECT, Reason.SPARED),
        (False, UNAVAILABLE, Step.ANSWER, Reason.OUTAGE),
        (False, NOT_ASKED, Step.ANSWER, Reason.OUTAGE),
        (True, CONFIRMED, Step.END, Reason.CONCERN),
        (True, NO_MODEL, Step.END, Reason.CONCERN),
        (True, NOT_ASKED, Step.END, Reason.CONCERN),
        (True, SPARED, Step.END, Reason.CONCERN),
        (True, UNAVAILABLE, Step.END, Reason.CONCERN),
    ],
)
def test_to_end_the_main_model_must_confirm_and_may_spare_once(
    spared_before: bool, said: Confirmation, step: Step, reason: Reason
) -> None:
    decision, before = proposed(spared=spared_before)
    settled = settle(decision, before, said, quota_left=True)
    ended = step is Step.END
    assert (settled.step, settled.reason, settled.confirmation) == (step, reason, said)
    assert settled.standing.ended is ended
    assert settled.standing.spared is (spared_before or reason is Reason.SPARED)
    assert steps(settled.standing) == "RRW"
    assert settled.standing.pending is None
    assert settled.calls_moderators is False
    assert settled.standing == replace(decision.standing, ended=ended, spared=settled.standing.spared)


def test_the_next_new_abuse_after_being_spared_ends() -> None:
    decision, before = proposed()
    spared = settle(decision, before, SPARED, quota_left=True).standing
    again = decided(spared, INSULT)
    assert settle(again, spared, NOT_ASKED, quota_left=True).step is Step.END


def test_what_is_written_while_the_main_model_is_asked_is_no_new_abuse() -> None:
    decision, before = proposed()
    answered = NOON + MINUTE
    spared = settle(decision, before, SPARED, quota_left=True, now=answered).standing
    assert spared.last_abuse == answered
    meanwhile, after = (
        decided(spared, INSULT, now=answered + MINUTE, turn=TURN + 1, said=written)
        for written in (answered - MOMENT, answered)
    )
    assert (meanwhile.step, meanwhile.reason) == (Step.SILENCE, Reason.OVERTAKEN)
    assert after.step is Step.END


@pytest.mark.parametrize("said", [CONFIRMED, UNAVAILABLE, NO_MODEL])
@pytest.mark.parametrize("quota_left", [False, True])
def test_only_sparing_takes_time(said: Confirmation, quota_left: bool) -> None:
    decision, before = proposed()
    settled = settle(decision, before, said, quota_left=quota_left, now=NOON + MINUTE)
    assert settled == settle(decision, before, said, quota_left=quota_left)
    assert settled.standing.last_abuse == NOON


def test_a_member_who_was_spared_and_earned_a_step_back_may_be_spared_again() -> None:
    decision, before = proposed()
    standing = settle(decision, before, SPARED, quota_left=True).standing
    for turn in range(1, 6):
        assert standing.spared
        standing = decided(standing, CLEAN, now=NOON + turn * MINUTE, turn=TURN + turn).standing
    assert (steps(standing), standing.spared) == ("RR", False)
    later = NOON + 10 * MINUTE
    standing = moves.delivered(decided(standing, INSULT, now=later, turn=TURN + 6).standing, TURN + 6, later)
    again = decided(standing, INSULT, now=later + MINUTE, turn=TURN + 7)
    assert again.step is Step.END
    assert settle(again, standing, SPARED, quota_left=True).reason is Reason.SPARED


@pytest.mark.parametrize(("waited", "spared"), [(DAY - MOMENT, True), (DAY, False), (3 * DAY, False)])
@pytest.mark.parametrize("so_far", ["R", "RR", "RRW", "RRWW"])
def test_a_step_back_by_time_lets_a_member_be_spared_again(so_far: str, waited: timedelta, spared: bool) -> None:
    before = taken(so_far, spared=True, last_abuse=NOON)
    assert decided(before, UNSURE, now=NOON + waited).standing.spared is spared


@pytest.mark.parametrize("so_far", ["", "R", "RRW"])
@pytest.mark.parametrize(("clean", "spared"), [(3, True), (4, False)])
def test_a_step_back_by_clean_turns_lets_a_member_be_spared_again(so_far: str, clean: int, spared: bool) -> None:
    assert decided(taken(so_far, clean=clean, spared=True), CLEAN).standing.spared is spared


def test_risk_takes_a_warning_back_and_does_not_count_as_a_step_earned() -> None:
    assert decided(taken("RRW", spared=True), danger(Level.PASSIVE)).standing.spared


@pytest.mark.parametrize("said", Confirmation)
@pytest.mark.parametrize("quota_left", [False, True])
@pytest.mark.parametrize(
    "decision",
    [
        decided(taken("RR"), INSULT),
        decided(taken("RRW"), CLEAN),
        decided(Standing(ended=True), INSULT),
        decided(in_care("RRW"), INSULT),
        decided(Standing(asked_to_end=True), YES),
    ],
    ids=["warning", "answer", "nudge", "held", "request"],
)
def test_what_is_no_ending_for_abuse_needs_no_settling(
    decision: Decision, said: Confirmation, quota_left: bool
) -> None:
    assert settle(decision, Standing(), said, quota_left=quota_left) == decision


def test_a_settled_ending_is_the_one_that_was_proposed() -> None:
    decision, before = proposed()
    settled = settle(decision, before, CONFIRMED, quota_left=True)
    assert settled == replace(decision, confirmation=CONFIRMED, calls_moderators=False)
    assert settled.standing.last_abuse == NOON

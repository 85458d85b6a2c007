"""Rule 8: who asks to end is asked once to confirm; then it ends, without a strike. Not in the care window."""

from dataclasses import replace

import pytest

from bot.boundary import watch
from bot.domain.assessment import Assessment
from bot.domain.standing import NEW, Standing
from bot.domain.step import Confirmation, Reason, Scope, Step
from tests.boundary.cases import (
    ASKS,
    CLEAN,
    INSULT,
    LADDER,
    MILD,
    NO,
    TURN,
    YES,
    decided,
    hostile,
    in_care,
    steps,
    taken,
)
from tests.strategies import NOON

EVERY_RUNG = ["", "R", "RR", "RRW"]


@pytest.mark.parametrize("rung", EVERY_RUNG)
@pytest.mark.parametrize("said", [ASKS, replace(ASKS, affirms=True), replace(ASKS, affirms=False), hostile(ASKS)])
def test_a_member_who_asks_to_end_is_asked_once_to_confirm(rung: str, said: Assessment) -> None:
    before = taken(rung, clean=3)
    decision = decided(before, said)
    assert (decision.step, decision.reason) == (Step.ASK, Reason.REQUEST)
    assert decision.standing == replace(before, asked_to_end=True)


@pytest.mark.parametrize("rung", EVERY_RUNG)
@pytest.mark.parametrize("said", [YES, ASKS, replace(ASKS, affirms=True), hostile(YES)])
def test_a_yes_or_asking_again_ends_without_a_strike(rung: str, said: Assessment) -> None:
    before = taken(rung, clean=3, asked_to_end=True, nudged=True)
    decision = decided(before, said)
    assert (decision.step, decision.reason, decision.scope) == (Step.END, Reason.REQUEST, Scope.CONVERSATION)
    assert decision.concern is None  # an ending on request names no conduct
    assert decision.confirmation is Confirmation.NOT_ASKED
    assert not decision.calls_moderators
    assert decision.standing == replace(before, asked_to_end=False, ended=True, nudged=False)


@pytest.mark.parametrize("said", [NO, replace(NO, asks_to_end=True), hostile(NO)])
def test_a_no_is_a_no_whatever_else_is_read(said: Assessment) -> None:
    before = taken("RRW", clean=3, asked_to_end=True)
    decision = decided(before, said)
    assert (decision.step, decision.reason) == (Step.ANSWER, Reason.REQUEST)
    assert decision.standing == replace(before, asked_to_end=False)


@pytest.mark.parametrize("said", [YES, NO])
def test_without_the_question_a_yes_or_a_no_means_nothing(said: Assessment) -> None:
    assert decided(NEW, said) == decided(NEW, CLEAN)


@pytest.mark.parametrize(
    ("said", "step"), [(CLEAN, Step.ANSWER), (MILD, Step.ANSWER), (INSULT, Step.REDIRECT), (ASKS, Step.END)]
)
def test_any_other_turn_takes_the_question_off_the_table(said: Assessment, step: Step) -> None:
    decision = decided(Standing(asked_to_end=True), said)
    assert decision.step is step
    assert not decision.standing.asked_to_end


def test_abuse_that_was_overtaken_takes_the_question_off_the_table() -> None:
    decision = decided(taken("R", asked_to_end=True), INSULT, said=NOON.replace(year=2020))
    assert decision.step is Step.SILENCE
    assert not decision.standing.asked_to_end


def test_a_yes_in_an_edit_or_to_somebody_else_ends_nothing() -> None:
    before = Standing(asked_to_end=True)
    decision = watch(before, YES, LADDER, NOON, turn=TURN)
    assert decision.step is Step.SILENCE
    assert decision.standing == before


@pytest.mark.parametrize("said", [ASKS, YES])
@pytest.mark.parametrize("asked", [False, True])
def test_nobody_is_asked_or_ended_on_request_in_the_care_window(said: Assessment, asked: bool) -> None:
    decision = decided(in_care(asked_to_end=asked), said)
    assert decision.step is Step.ANSWER
    assert not decision.standing.ended
    assert not decision.standing.asked_to_end


def test_a_strike_is_neither_given_nor_needed() -> None:
    asked = decided(taken("R"), ASKS)
    assert steps(decided(asked.standing, YES, turn=TURN + 1).standing) == "R"

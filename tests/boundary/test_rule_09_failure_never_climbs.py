"""Rule 9: an unread turn is answered, or apologised for, and moves nothing; an outage never ends."""

from dataclasses import replace

import pytest

from bot.boundary import settle
from bot.domain.assessment import Assessment
from bot.domain.standing import Mark
from bot.domain.step import Confirmation, Reason, Step
from tests.boundary.cases import ASKS, GRAVEST, INSULT, TURN, UNREAD, YES, decided, steps, taken
from tests.strategies import NOON

EVERY_RUNG = ["", "R", "RR", "RRW"]


@pytest.mark.parametrize("rung", EVERY_RUNG)
@pytest.mark.parametrize("seen", [UNREAD, INSULT, GRAVEST, ASKS, YES, replace(INSULT, doubt=True)])
@pytest.mark.parametrize("asked", [False, True])
def test_an_unread_turn_is_answered_and_moves_nothing(rung: str, seen: Assessment, asked: bool) -> None:
    before = taken(rung, clean=4, asked_to_end=asked, spared=True)
    decision = decided(before, replace(seen, read=False))
    assert (decision.step, decision.reason) == (Step.ANSWER, Reason.UNREAD)
    assert decision.standing == before
    assert not decision.calls_moderators


def test_a_step_still_pending_at_an_outage_does_not_count() -> None:
    before = taken("RR", pending=Mark(Step.WARN, TURN - 1, NOON))
    assert decided(before, UNREAD).standing == taken("RR")


@pytest.mark.parametrize("spared", [False, True])
def test_when_the_main_model_cannot_be_asked_nothing_climbs(spared: bool) -> None:
    before = taken("RRW", spared=spared)
    settled = settle(decided(before, INSULT), before, Confirmation.UNAVAILABLE, quota_left=True)
    if spared:  # it was asked before, and said: once
        assert settled.step is Step.END
    else:
        assert (settled.step, settled.reason) == (Step.ANSWER, Reason.OUTAGE)
        assert not settled.standing.ended
        assert steps(settled.standing) == "RRW"
        assert settled.standing.pending is None

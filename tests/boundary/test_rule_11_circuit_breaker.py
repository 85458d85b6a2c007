"""Rule 11: an ending beyond the quota is not performed: the bot declines, and moderators look."""

from dataclasses import replace
from datetime import datetime

import pytest

from bot.boundary import settle
from bot.domain.standing import Standing
from bot.domain.step import Confirmation, Reason, Step
from tests.boundary.cases import HOUR, INSULT, MINUTE, MOMENT, TURN, YES, decided, taken
from tests.strategies import NOON


@pytest.mark.parametrize("said", Confirmation)
@pytest.mark.parametrize("spared", [False, True])
def test_beyond_the_quota_nobody_is_ended_for_abuse(said: Confirmation, spared: bool) -> None:
    before = taken("RRW", spared=spared)
    decision = decided(before, INSULT)
    held_back = settle(decision, before, said, quota_left=False)
    assert (held_back.step, held_back.reason) == (Step.REDIRECT, Reason.QUOTA)
    assert held_back.calls_moderators
    assert held_back.concern == "insult"
    assert held_back.confirmation is said
    assert held_back.standing == replace(decision.standing, ended=False, called_at=NOON)
    assert held_back.standing.pending is None  # declining is no step


@pytest.mark.parametrize(
    ("called", "calls"),
    [
        (None, True),
        (NOON - MINUTE, False),
        (NOON, False),
        (NOON - HOUR + MOMENT, False),
        (NOON - HOUR, True),
        (NOON + MOMENT, True),  # the clock had jumped ahead
    ],
)
def test_moderators_are_called_for_a_member_whose_ending_was_held_back_once_an_hour(
    called: datetime | None, calls: bool
) -> None:
    before = taken("RRW", called_at=called)
    held_back = settle(decided(before, INSULT), before, Confirmation.NOT_ASKED, quota_left=False)
    assert (held_back.step, held_back.reason) == (Step.REDIRECT, Reason.QUOTA)
    assert held_back.calls_moderators is calls
    assert held_back.standing.called_at == (NOON if calls else called)


def test_a_member_who_goes_on_beyond_the_quota_does_not_flood_the_moderators() -> None:
    standing, calls = taken("RRW"), list[int]()
    for minute in range(0, 150, 10):
        decision = decided(standing, INSULT, now=NOON + minute * MINUTE, turn=TURN + minute)
        settled = settle(decision, standing, Confirmation.NOT_ASKED, quota_left=False)
        standing = settled.standing
        calls += [minute] if settled.calls_moderators else []
    assert calls == [0, 60, 120]


@pytest.mark.parametrize("said", Confirmation)
@pytest.mark.parametrize("spared", [False, True])
@pytest.mark.parametrize("called", [None, NOON - MINUTE])
def test_within_the_quota_settling_calls_nobody(said: Confirmation, spared: bool, called: datetime | None) -> None:
    """Of an ending moderators are told in any case; and of none there is nothing to tell."""
    before = taken("RRW", spared=spared, called_at=called)
    settled = settle(decided(before, INSULT), before, said, quota_left=True)
    assert not settled.calls_moderators
    assert settled.standing.called_at == called


def test_an_ending_on_request_does_not_wait_for_the_quota() -> None:
    before = Standing(asked_to_end=True)
    decision = decided(before, YES)
    assert settle(decision, before, Confirmation.NOT_ASKED, quota_left=False).step is Step.END

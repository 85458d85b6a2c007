"""Rule 11: an ending beyond the quota is not performed: the bot declines, and moderators look."""

from dataclasses import replace

import pytest

from bot.boundary import settle
from bot.domain.standing import Standing
from bot.domain.step import Confirmation, Reason, Step
from tests.boundary.cases import INSULT, YES, decided, taken


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
    assert held_back.standing == replace(decision.standing, ended=False)
    assert held_back.standing.pending is None  # declining is no step


def test_an_ending_on_request_does_not_wait_for_the_quota() -> None:
    before = Standing(asked_to_end=True)
    decision = decided(before, YES)
    assert settle(decision, before, Confirmation.NOT_ASKED, quota_left=False).step is Step.END

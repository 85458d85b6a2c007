"""Rule 7: standings are per member; with others there, an ending is for that member's part alone."""

import pytest

from bot.boundary import decide, moves, settle
from bot.domain.assessment import Assessment
from bot.domain.conversation import Conversation
from bot.domain.standing import NEW, Standing
from bot.domain.step import Confirmation, Scope, Step
from tests.boundary.cases import CLEAN, INSULT, LADDER, MINUTE, YES, decided, taken
from tests.strategies import NOON, PLACE


@pytest.mark.parametrize(("company", "scope"), [(True, Scope.PART), (False, Scope.CONVERSATION)])
@pytest.mark.parametrize(("before", "said"), [(taken("RRW"), INSULT), (Standing(asked_to_end=True), YES)])
def test_with_others_there_only_that_members_part_ends(
    before: Standing, said: Assessment, company: bool, scope: Scope
) -> None:
    decision = decided(before, said, company=company)
    assert (decision.step, decision.scope) == (Step.END, scope)
    settled = settle(decision, before, Confirmation.CONFIRMED, quota_left=True)
    assert (settled.step, settled.scope) == (Step.END, scope)


def test_one_members_abuse_moves_nobody_else() -> None:
    conversation = Conversation("terminal:main", PLACE)
    standings, now = {"ann": NEW, "ben": NEW}, NOON
    for turn in range(1, 5):
        now += MINUTE
        decision = decide(moves.joined(standings["ann"], conversation), INSULT, LADDER, now, turn=turn, company=True)
        standings["ann"] = moves.delivered(decision.standing, turn, now)
    assert standings["ann"].ended
    ben = decide(moves.joined(standings["ben"], conversation), CLEAN, LADDER, now, turn=5, company=True)
    assert (ben.step, ben.standing.marks, ben.standing.ended) == (Step.ANSWER, (), False)
    insult = decide(moves.joined(standings["ben"], conversation), INSULT, LADDER, now, turn=5, company=True)
    assert insult.step is Step.REDIRECT


def test_what_holds_for_all_adds_nothing_else_to_a_members_standing() -> None:
    standing = taken("RR", spared=True, clean=2)
    assert moves.joined(standing, Conversation("terminal:main", PLACE)) == standing

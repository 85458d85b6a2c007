"""Rule 2: redirections, then a warning in an earlier turn, all delivered, then new abuse; only then an ending."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.boundary import Ladder, decide, moves
from bot.domain.assessment import Assessment, Level, Severity
from bot.domain.standing import NEW, Mark, Standing
from bot.domain.step import Confirmation, Reason, Scope, Step
from tests.boundary.cases import (
    CLEAN,
    DAY,
    GRAVEST,
    INSULT,
    LADDER,
    MINUTE,
    MOMENT,
    TURN,
    conduct,
    decided,
    steps,
    taken,
)
from tests.strategies import NOON

REDIRECT, WARN, END = Step.REDIRECT, Step.WARN, Step.END


@pytest.mark.parametrize(
    ("so_far", "said", "step"),
    [
        ("", INSULT, REDIRECT),
        ("R", INSULT, REDIRECT),
        ("RR", INSULT, WARN),
        ("RRW", INSULT, END),
        ("RRRWW", INSULT, END),
        ("", GRAVEST, REDIRECT),
        ("R", GRAVEST, WARN),
        ("RW", GRAVEST, END),
        ("RRW", GRAVEST, END),
        # a step counts only after those that come before it
        ("W", INSULT, REDIRECT),
        ("WRR", INSULT, WARN),
        ("RW", INSULT, REDIRECT),
        ("RWR", INSULT, WARN),
        ("RWRW", INSULT, END),
        ("W", GRAVEST, REDIRECT),
        ("WR", GRAVEST, WARN),
    ],
)
def test_from_answer_to_end(so_far: str, said: Assessment, step: Step) -> None:
    decision = decided(taken(so_far), said)
    assert (decision.step, decision.reason) == (step, Reason.CONCERN)
    assert decision.standing.ended is (step is END)
    assert decision.concern == said.concerns[0].kind
    assert decision.ladder == "default-1"
    assert decision.turn == TURN
    assert decision.confirmation is Confirmation.NOT_ASKED
    assert decision.calls_moderators is (step is END)  # should the quota hold it back


@pytest.mark.parametrize(
    ("settings", "said", "expected"),
    [
        ({"redirections": 1, "redirections_gravest": 1}, INSULT, [REDIRECT, WARN, END]),
        ({"redirections": 3, "warnings": 2}, INSULT, [REDIRECT, REDIRECT, REDIRECT, WARN, WARN, END]),
        ({"redirections_gravest": 0}, GRAVEST, [WARN, END]),
        ({"redirections_gravest": 2, "warnings": 2}, GRAVEST, [REDIRECT, REDIRECT, WARN, WARN, END]),
    ],
)
def test_a_ladder_is_walked_rung_by_rung(settings: dict[str, Any], said: Assessment, expected: list[Step]) -> None:
    ladder, standing, walked, now = replace(LADDER, **settings), NEW, list[Step](), NOON
    while Step.END not in walked:
        turn, now = len(walked) + 1, now + MINUTE
        decision = decide(standing, said, ladder, now, turn=turn)
        walked.append(decision.step)
        standing = moves.delivered(decision.standing, turn, now)
    assert walked == expected


def test_a_harmful_request_of_the_gravest_kind_is_never_ended_without_a_warning() -> None:
    ladder = replace(LADDER, redirections_gravest=0)
    assert decided(NEW, GRAVEST, ladder=ladder).step is WARN


@pytest.mark.parametrize("so_far", ["", "R", "RR"])
def test_a_step_counts_for_nothing_until_its_receipt_says_that_it_was_delivered(so_far: str) -> None:
    decision = decided(taken(so_far), INSULT)
    assert steps(decision.standing) == so_far
    assert decision.standing.pending == Mark(decision.step, TURN, NOON)
    again = decide(decision.standing, INSULT, LADDER, NOON + MINUTE, turn=TURN + 1)
    assert again.step is decision.step


def test_a_delivered_step_counts_from_when_it_could_be_read() -> None:
    pending = decided(taken("RR"), INSULT).standing
    standing = moves.delivered(pending, TURN, NOON + MINUTE)
    assert standing.marks == (*pending.marks, Mark(WARN, TURN, NOON + MINUTE))
    assert standing.pending is None
    assert replace(standing, marks=pending.marks, pending=pending.pending) == pending


def test_a_step_that_failed_to_arrive_never_happened() -> None:
    pending = decided(taken("RR"), INSULT).standing
    assert moves.undelivered(pending, TURN) == replace(pending, pending=None)


@pytest.mark.parametrize("standing", [taken("RR"), taken("RR", pending=Mark(WARN, TURN, NOON))])
@pytest.mark.parametrize("turn", [TURN - 1, TURN + 1])
def test_a_receipt_moves_its_own_turn_alone(standing: Standing, turn: int) -> None:
    assert moves.delivered(standing, turn, NOON) == standing
    assert moves.undelivered(standing, turn) == standing


@pytest.mark.parametrize("said", [CLEAN, INSULT])
def test_a_receipt_that_comes_after_the_next_turn_counts_for_nothing(said: Assessment) -> None:
    late = decided(taken("RR", pending=Mark(WARN, TURN - 1, NOON)), said).standing
    assert steps(moves.delivered(late, TURN - 1, NOON)) == "RR"


@pytest.mark.parametrize(
    ("written", "step", "reason"),
    [
        (NOON - DAY, Step.SILENCE, Reason.OVERTAKEN),
        (NOON - MOMENT, Step.SILENCE, Reason.OVERTAKEN),
        (NOON, END, Reason.CONCERN),
        (NOON + MOMENT, END, Reason.CONCERN),
    ],
)
def test_abuse_written_before_the_warning_could_be_read_is_not_new(
    written: datetime, step: Step, reason: Reason
) -> None:
    warned = moves.delivered(decided(taken("RR"), INSULT, now=NOON - MINUTE, turn=TURN - 1).standing, TURN - 1, NOON)
    decision = decided(warned, INSULT, now=NOON + MINUTE, said=written)
    assert (decision.step, decision.reason) == (step, reason)
    assert steps(decision.standing) == "RRW"
    assert decision.standing.pending is None


def test_a_burst_of_abuse_is_redirected_once() -> None:
    redirected = moves.delivered(decided(NEW, INSULT, turn=1).standing, 1, NOON + MINUTE)
    later = [decided(redirected, INSULT, now=NOON + 2 * MINUTE, said=NOON, turn=turn).step for turn in (2, 3, 4)]
    assert later == [Step.SILENCE] * 3


def test_where_a_step_came_in_between_the_last_two_messages_all_of_them_are_overtaken() -> None:
    """Receipts need not come in order: what counts is whether any step could not be read yet."""
    marks = (Mark(REDIRECT, 1, NOON + MINUTE), Mark(REDIRECT, 2, NOON - MINUTE))
    assert decided(Standing(marks=marks, last_abuse=NOON), INSULT).reason is Reason.OVERTAKEN


@pytest.mark.parametrize(("turn", "step"), [(2, Step.SILENCE), (3, Step.SILENCE), (4, END)])
def test_a_warning_counts_only_from_an_earlier_turn(turn: int, step: Step) -> None:
    assert decided(taken("RRW"), INSULT, turn=turn).step is step


SPARED = NOON - MOMENT


@pytest.mark.parametrize(
    ("written", "step", "reason"),
    [
        (SPARED - MINUTE / 2, Step.SILENCE, Reason.OVERTAKEN),
        (SPARED - MOMENT, Step.SILENCE, Reason.OVERTAKEN),
        (SPARED, END, Reason.CONCERN),
        (NOON, END, Reason.CONCERN),
    ],
)
def test_abuse_written_before_the_bot_spared_is_not_new(written: datetime, step: Step, reason: Reason) -> None:
    before = taken("RRW", spared=True, last_abuse=SPARED, asked_to_end=True)
    decision = decided(before, INSULT, said=written)
    assert (decision.step, decision.reason) == (step, reason)
    if step is Step.SILENCE:
        assert decision.standing == replace(before, asked_to_end=False)
        assert not decision.calls_moderators


def test_only_sparing_makes_what_was_written_before_it_old() -> None:
    """An outage or the quota told the member nothing that they would have had to read first."""
    assert decided(taken("RRW", last_abuse=NOON), INSULT, said=NOON - MOMENT).step is END


def test_being_spared_with_no_time_to_it_holds_nothing_up() -> None:
    assert decided(taken("RRW", spared=True, last_abuse=None), INSULT).step is END


def test_abuse_starts_the_clean_turns_and_the_time_of_forgiveness_anew() -> None:
    for so_far in ("", "RR", "RRW"):
        standing = decided(taken(so_far, clean=4), INSULT).standing
        assert (standing.clean, standing.last_abuse) == (0, NOON)


def test_an_ending_leaves_a_nudge_to_give_and_keeps_what_led_to_it() -> None:
    standing = decided(taken("RRW", nudged=True, asked_to_end=True), INSULT).standing
    assert steps(standing) == "RRW"
    assert (standing.ended, standing.nudged, standing.asked_to_end) == (True, False, False)


def test_alone_with_the_bot_the_whole_conversation_ends() -> None:
    assert decided(taken("RRW"), INSULT).scope is Scope.CONVERSATION


@pytest.mark.parametrize(
    ("concerns", "named"),
    [
        ([("insult", Severity.SERIOUS), ("threat", Severity.SEVERE)], "threat"),
        ([("threat", Severity.SEVERE), ("minors", Severity.SERIOUS)], "minors"),
        ([("minors", Severity.SERIOUS), ("mass_violence", Severity.SEVERE)], "mass_violence"),
        ([("minors", Severity.MILD), ("insult", Severity.SERIOUS)], "insult"),
    ],
)
def test_the_gravest_concern_decides(concerns: list[tuple[str, Severity]], named: str) -> None:
    seen = tuple(concern for kind, severity in concerns for concern in conduct(kind, severity).concerns)
    assert decided(NEW, Assessment(read=True, concerns=seen)).concern == named


@pytest.mark.parametrize(
    ("settings", "fault"),
    [
        (
            {"redirections": 0, "redirections_gravest": 0},
            "an ending needs at least one redirection and one warning before it",
        ),
        ({"redirections_gravest": -1}, "an ending needs at least one redirection and one warning before it"),
        ({"warnings": 0}, "an ending needs at least one redirection and one warning before it"),
        (
            {"redirections": 1, "redirections_gravest": 2},
            "the gravest concerns cannot need more redirections than the others",
        ),
        ({"care_window": timedelta(0)}, "the care window and forgiveness must last some time"),
        ({"forgive_after": timedelta(0)}, "the care window and forgiveness must last some time"),
        ({"forgive_after": -DAY}, "the care window and forgiveness must last some time"),
        ({"forgive_turns": 0}, "the care window and forgiveness must last some time"),
        ({"care_for_good_from": Level.TOPIC}, "only risk opens a care window"),
    ],
)
def test_a_ladder_that_would_break_a_rule_is_refused(settings: dict[str, Any], fault: str) -> None:
    with pytest.raises(ValueError, match=f"^{fault}$"):
        replace(LADDER, **settings)


@pytest.mark.parametrize(
    "settings",
    [
        {"redirections": 1, "redirections_gravest": 1},
        {"redirections_gravest": 0},
        {"redirections_gravest": 2},
        {"care_window": MOMENT, "forgive_after": MOMENT, "forgive_turns": 1},
        {"care_for_good_from": Level.PASSIVE},
    ],
)
def test_a_ladder_may_go_up_to_the_limits(settings: dict[str, Any]) -> None:
    ladder: Ladder = replace(LADDER, **settings)
    assert ladder.rungs("insult")[-1] == (WARN, 1)

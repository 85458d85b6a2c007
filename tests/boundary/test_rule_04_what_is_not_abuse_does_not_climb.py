"""Rule 4: only a sure concern, grave enough, climbs; and what was held against somebody is forgiven."""

from dataclasses import replace
from datetime import datetime

import pytest

from bot.boundary import moves
from bot.domain.assessment import Assessment, Concern, Severity
from bot.domain.standing import NEW, Standing
from bot.domain.step import Reason, Step
from tests.boundary.cases import (
    ASKS,
    CLEAN,
    DAY,
    DOUBTED,
    GRAVEST,
    HOUR,
    INSULT,
    LADDER,
    MILD,
    MINUTE,
    MOMENT,
    UNREAD,
    UNSURE,
    conduct,
    decided,
    steps,
    taken,
)
from tests.strategies import NOON

EVERY_RUNG = ["", "R", "RR", "RRW"]
MILD_AND_UNSURE = Assessment(read=True, concerns=(*UNSURE.concerns, *MILD.concerns))


@pytest.mark.parametrize("rung", EVERY_RUNG)
@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (MILD, Reason.MILD),
        (conduct("minors", Severity.MILD), Reason.MILD),
        (MILD_AND_UNSURE, Reason.MILD),
        (UNSURE, Reason.UNSURE),
        (conduct("threat", Severity.SEVERE, sure=False), Reason.UNSURE),
        (conduct("minors", Severity.SEVERE, sure=False), Reason.UNSURE),
    ],
)
def test_what_is_mild_or_unsure_is_answered_and_moves_nothing(rung: str, said: Assessment, reason: Reason) -> None:
    before = taken(rung, clean=4)
    decision = decided(before, said)
    assert (decision.step, decision.reason, decision.concern) == (Step.ANSWER, reason, None)
    assert decision.standing == before


@pytest.mark.parametrize("climbs_from", Severity)
@pytest.mark.parametrize("severity", Severity)
def test_how_grave_it_must_be_is_a_setting(climbs_from: Severity, severity: Severity) -> None:
    decision = decided(NEW, conduct("insult", severity), ladder=replace(LADDER, climbs_from=climbs_from))
    assert decision.step is (Step.REDIRECT if severity >= climbs_from else Step.ANSWER)


@pytest.mark.parametrize("said", [INSULT, GRAVEST, conduct("threat", Severity.SEVERE)])
def test_even_the_gravest_is_refused_and_redirected_first(said: Assessment) -> None:
    assert decided(NEW, said).step is Step.REDIRECT


def test_a_concern_that_climbs_decides_beside_one_that_does_not() -> None:
    unsure = Concern("minors", Severity.SEVERE, sure=False)
    said = Assessment(read=True, concerns=(unsure, *MILD.concerns, *INSULT.concerns))
    assert decided(taken("R"), said).concern == "insult"


@pytest.mark.parametrize("rung", EVERY_RUNG)
def test_an_ordinary_turn_is_answered_and_counts_as_clean(rung: str) -> None:
    before = taken(rung, clean=1)
    decision = decided(replace(before, asked_to_end=True), CLEAN)
    assert (decision.step, decision.reason, decision.concern) == (Step.ANSWER, Reason.CLEAN, None)
    assert decision.standing == replace(before, clean=2)


@pytest.mark.parametrize(
    ("so_far", "clean", "left", "counted"),
    [
        ("RRW", 0, "RRW", 1),
        ("RRW", 3, "RRW", 4),
        ("RRW", 4, "RR", 0),  # the fifth clean turn
        ("RRW", 9, "RR", 0),  # the ladder asked for more before
        ("R", 4, "", 0),
        ("", 4, "", 0),
    ],
)
def test_five_clean_turns_forgive_one_step_the_last_one_first(so_far: str, clean: int, left: str, counted: int) -> None:
    after = decided(taken(so_far, clean=clean), CLEAN).standing
    assert steps(after) == left
    assert after.clean == counted
    assert after.last_abuse == (NOON - MINUTE if left else None)


@pytest.mark.parametrize(
    ("now", "left", "since"),
    [
        (NOON - DAY, "RRW", NOON),  # the clock jumped back
        (NOON - MOMENT, "RRW", NOON),
        (NOON, "RRW", NOON),
        (NOON + DAY - MOMENT, "RRW", NOON),
        (NOON + DAY, "RR", NOON + DAY),
        (NOON + DAY + HOUR, "RR", NOON + DAY),
        (NOON + 2 * DAY - MOMENT, "RR", NOON + DAY),
        (NOON + 2 * DAY, "R", NOON + 2 * DAY),
        (NOON + 3 * DAY, "", None),
        (NOON + 400 * DAY, "", None),
    ],
)
def test_each_day_without_abuse_forgives_one_step(now: datetime, left: str, since: datetime | None) -> None:
    before = replace(taken("RRW"), last_abuse=NOON)
    after = moves.forgiven(before, LADDER, now)
    assert steps(after) == left
    assert after.last_abuse == since
    assert decided(before, UNREAD, now=now).standing == after


def test_time_starts_the_count_of_clean_turns_anew_only_when_it_forgives() -> None:
    before = replace(taken("RRW", clean=3), last_abuse=NOON)
    assert moves.forgiven(before, LADDER, NOON + DAY - MOMENT).clean == 3
    assert moves.forgiven(before, LADDER, NOON + DAY).clean == 0


def test_without_abuse_there_is_nothing_to_forgive() -> None:
    before = replace(taken("RR", clean=3), last_abuse=None)
    assert moves.forgiven(before, LADDER, NOON + DAY) == before


def test_a_member_who_was_not_spared_is_not_so_by_forgiveness() -> None:
    assert decided(taken("RR", clean=4), CLEAN).standing.spared is False


@pytest.mark.parametrize("said", [MILD, UNSURE, DOUBTED, UNREAD, ASKS])
def test_only_a_turn_with_nothing_amiss_counts_as_clean(said: Assessment) -> None:
    assert decided(taken("R", clean=4), said).standing.clean == 4


def test_a_warning_that_was_forgiven_must_be_given_again() -> None:
    forgiven = decided(taken("RRW"), INSULT, now=NOON + DAY)
    assert (forgiven.step, steps(forgiven.standing)) == (Step.WARN, "RR")


def test_somebody_new_is_answered() -> None:
    assert decided(NEW, CLEAN).standing == Standing(clean=1)

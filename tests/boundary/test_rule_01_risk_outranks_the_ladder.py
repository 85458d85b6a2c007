"""Rule 1: at risk the step is care; in the care window nobody is warned or ended, however hostile."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.boundary import decide, moves, watch
from bot.domain.assessment import About, Assessment, Level, Risk
from bot.domain.conversation import FOREVER, Conversation
from bot.domain.standing import NEW, Mark, Standing
from bot.domain.step import Reason, Step
from tests.boundary.cases import (
    ASKS,
    CLEAN,
    DAY,
    GRAVEST,
    HOUR,
    INSULT,
    LADDER,
    MILD,
    MINUTE,
    MOMENT,
    NO,
    TURN,
    UNREAD,
    YES,
    danger,
    decided,
    hostile,
    in_anothers_care,
    in_care,
    steps,
    taken,
)
from tests.strategies import NOON, PLACE

EVERY_RUNG = ["", "R", "RR", "RRW", "RRWW"]


@pytest.mark.parametrize(
    ("level", "step"),
    [
        (Level.NONE, Step.ANSWER),
        (Level.TOPIC, Step.ANSWER),
        (Level.PASSIVE, Step.CARE),
        (Level.ACTIVE, Step.CARE),
        (Level.VIOLENCE, Step.CARE),
        (Level.IMMINENT, Step.CARE),
    ],
)
@pytest.mark.parametrize("about", About)
def test_sure_risk_from_passive_upwards_is_met_with_care(level: Level, step: Step, about: About) -> None:
    assert decided(NEW, danger(level, about)).step is step


@pytest.mark.parametrize("level", Level)
def test_possible_risk_is_answered_and_opens_no_care_window(level: Level) -> None:
    decision = decided(NEW, danger(level, sure=False))
    assert decision.step is Step.ANSWER
    assert decision.standing.care_until is None


@pytest.mark.parametrize("rung", EVERY_RUNG)
@pytest.mark.parametrize("ended", [False, True])
@pytest.mark.parametrize("read", [False, True])
def test_care_outranks_every_rung_and_even_an_ending(rung: str, ended: bool, read: bool) -> None:
    decision = decided(taken(rung, ended=ended), replace(hostile(danger(Level.PASSIVE)), read=read))
    assert decision.step is Step.CARE
    assert decision.reason is Reason.RISK
    assert decision.standing.ended is ended


def test_care_outranks_a_yes_to_the_question_whether_to_end() -> None:
    decision = decided(Standing(asked_to_end=True), replace(danger(Level.PASSIVE), affirms=True, asks_to_end=True))
    assert decision.step is Step.CARE
    assert not decision.standing.ended
    assert decision.standing.asked_to_end is False


@pytest.mark.parametrize("rung", EVERY_RUNG)
@pytest.mark.parametrize("said", [INSULT, GRAVEST, replace(ASKS, concerns=INSULT.concerns), hostile(YES)])
@pytest.mark.parametrize("asked", [False, True])
@pytest.mark.parametrize("ended", [False, True])
def test_nobody_in_the_care_window_is_warned_or_ended(rung: str, said: Assessment, asked: bool, ended: bool) -> None:
    decision = decided(in_care(rung, asked_to_end=asked, ended=ended), said)
    assert (decision.step, decision.reason) == (Step.CARE, Reason.HELD)
    assert decision.standing.ended is ended
    assert steps(decision.standing) == rung
    assert decision.standing.pending is None


@pytest.mark.parametrize("said", [CLEAN, MILD, ASKS, YES, NO, UNREAD])
@pytest.mark.parametrize("ended", [False, True])
def test_in_the_care_window_all_else_is_answered_and_ending_is_not_even_mentioned(
    said: Assessment, ended: bool
) -> None:
    decision = decided(in_care(asked_to_end=True, ended=ended), said)
    assert (decision.step, decision.reason) == (Step.ANSWER, Reason.CARE_WINDOW)
    assert decision.standing.asked_to_end is False
    assert not decision.calls_moderators


@pytest.mark.parametrize(
    ("until", "step"),
    [(NOON - MOMENT, Step.REDIRECT), (NOON, Step.REDIRECT), (NOON + MOMENT, Step.CARE), (FOREVER, Step.CARE)],
)
def test_the_care_window_is_over_when_its_time_has_come(until: datetime, step: Step) -> None:
    assert decided(in_care(care_until=until), INSULT).step is step


def test_past_the_care_window_nothing_of_it_is_left_but_the_call() -> None:
    called = NOON - 25 * HOUR
    before = in_care(care_until=NOON, care_level=Level.IMMINENT, card_at=NOON - DAY, called_at=called)
    after = decided(before, CLEAN).standing
    assert (after.care_until, after.care_level, after.card_at, after.called_at) == (None, Level.NONE, None, called)


def test_within_the_care_window_all_of_it_stays() -> None:
    before = in_care(care_level=Level.IMMINENT)
    after = decided(before, CLEAN).standing
    assert (after.care_until, after.care_level, after.card_at) == (NOON + DAY, Level.IMMINENT, NOON - MINUTE)


@pytest.mark.parametrize(
    ("rung", "left"), [("", ""), ("R", "R"), ("RR", "RR"), ("RRW", "RR"), ("W", ""), ("RWRW", "RR")]
)
def test_risk_takes_warnings_back_and_leaves_redirections(rung: str, left: str) -> None:
    before = taken(rung, pending=Mark(Step.WARN, TURN - 1, NOON - MINUTE))
    decision = decided(before, danger(Level.PASSIVE))
    assert steps(decision.standing) == left
    assert decision.standing.pending is None


@pytest.mark.parametrize("step", [Step.REDIRECT, Step.WARN])
def test_a_step_cancelled_by_risk_counts_for_nothing_even_if_its_receipt_comes_later(step: Step) -> None:
    pending = Mark(step, TURN - 1, NOON)
    cared = moves.cared(Standing(pending=pending), Risk(Level.PASSIVE, sure=True), LADDER, NOON)
    assert moves.delivered(cared, TURN - 1, NOON + MINUTE).marks == ()


@pytest.mark.parametrize(
    ("level", "about", "until"),
    [
        (Level.PASSIVE, About.SELF, NOON + DAY),
        (Level.PASSIVE, About.OTHER, NOON + DAY),
        (Level.ACTIVE, About.SELF, FOREVER),
        (Level.ACTIVE, About.OTHER, FOREVER),
        (Level.ACTIVE, About.PAST, NOON + DAY),
        (Level.ACTIVE, About.BEREAVED, NOON + DAY),
        (Level.VIOLENCE, About.SELF, FOREVER),
        (Level.IMMINENT, About.OTHER, FOREVER),
        (Level.IMMINENT, About.PAST, NOON + DAY),
    ],
)
def test_the_care_window_lasts_a_day_and_for_good_once_somebody_is_in_danger_now(
    level: Level, about: About, until: datetime
) -> None:
    assert decided(NEW, danger(level, about)).standing.care_until == until


@pytest.mark.parametrize(
    ("before", "after"),
    [(NOON + HOUR, NOON + DAY), (NOON + DAY, NOON + DAY), (NOON + 2 * DAY, NOON + 2 * DAY), (FOREVER, FOREVER)],
)
def test_the_care_window_grows_and_never_shrinks(before: datetime, after: datetime) -> None:
    assert decided(in_care(care_until=before), danger(Level.PASSIVE)).standing.care_until == after


def test_a_care_window_longer_than_the_calendar_lasts_for_good() -> None:
    ladder = replace(LADDER, care_window=timedelta.max)
    assert decided(NEW, danger(Level.PASSIVE), ladder=ladder).standing.care_until == FOREVER


@pytest.mark.parametrize(
    ("had", "sees", "has"),
    [
        (Level.NONE, Level.PASSIVE, Level.PASSIVE),
        (Level.PASSIVE, Level.ACTIVE, Level.ACTIVE),
        (Level.IMMINENT, Level.PASSIVE, Level.IMMINENT),
    ],
)
def test_the_window_remembers_its_gravest_risk(had: Level, sees: Level, has: Level) -> None:
    assert decided(in_care(care_level=had), danger(sees)).standing.care_level is has


def test_a_new_window_forgets_the_level_of_one_that_is_over() -> None:
    over = in_care(care_until=NOON, care_level=Level.IMMINENT)
    assert decided(over, danger(Level.PASSIVE)).standing.care_level is Level.PASSIVE
    assert moves.cared(over, Risk(Level.PASSIVE, sure=True), LADDER, NOON).care_level is Level.PASSIVE


CARD, WORD = Reason.RISK, Reason.STAYING


@pytest.mark.parametrize(
    ("had", "sees", "shown", "answer"),
    [
        (Level.PASSIVE, Level.PASSIVE, NOON - MINUTE, WORD),
        (Level.PASSIVE, Level.PASSIVE, NOON - HOUR + MOMENT, WORD),
        (Level.PASSIVE, Level.PASSIVE, NOON, WORD),
        (Level.PASSIVE, Level.PASSIVE, NOON - HOUR, CARD),
        (Level.PASSIVE, Level.PASSIVE, None, CARD),
        (Level.PASSIVE, Level.PASSIVE, NOON + MOMENT, CARD),  # the clock had jumped ahead
        (Level.ACTIVE, Level.PASSIVE, NOON - MINUTE, WORD),
        (Level.PASSIVE, Level.ACTIVE, NOON - MINUTE, CARD),
        (Level.VIOLENCE, Level.VIOLENCE, NOON - MINUTE, WORD),
        (Level.IMMINENT, Level.IMMINENT, NOON - MINUTE, CARD),
    ],
)
def test_the_same_risk_soon_after_its_card_gets_a_short_word_and_a_graver_one_a_card(
    had: Level, sees: Level, shown: datetime | None, answer: Reason
) -> None:
    decision = decided(in_care(care_level=had, card_at=shown), danger(sees))
    assert (decision.step, decision.reason) == (Step.CARE, answer)
    assert decision.standing.card_at == (NOON if answer is CARD else shown)


def test_risk_outside_any_window_always_gets_a_card() -> None:
    before = Standing(card_at=NOON - MINUTE, care_level=Level.IMMINENT)
    assert decided(before, danger(Level.PASSIVE)).reason is CARD


@pytest.mark.parametrize(
    ("level", "about", "calls"),
    [
        (Level.PASSIVE, About.SELF, False),
        (Level.PASSIVE, About.OTHER, False),
        (Level.ACTIVE, About.SELF, True),
        (Level.ACTIVE, About.OTHER, True),
        (Level.ACTIVE, About.PAST, False),
        (Level.ACTIVE, About.BEREAVED, False),
        (Level.VIOLENCE, About.SELF, True),
        (Level.IMMINENT, About.OTHER, True),
        (Level.IMMINENT, About.PAST, False),
    ],
)
def test_moderators_are_called_for_active_risk_and_for_anybody_hostile_at_risk(
    level: Level, about: About, calls: bool
) -> None:
    calm, upset = decided(NEW, danger(level, about)), decided(NEW, hostile(danger(level, about)))
    assert calm.calls_moderators is calls
    assert calm.standing.called_at == (NOON if calls else None)
    assert upset.calls_moderators
    assert upset.standing.called_at == NOON


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
@pytest.mark.parametrize("said", [INSULT, danger(Level.ACTIVE), danger(Level.IMMINENT)])
def test_moderators_are_called_for_a_member_once_an_hour(
    said: Assessment, called: datetime | None, calls: bool
) -> None:
    decision = decided(in_care(care_level=Level.IMMINENT, called_at=called), said)
    assert decision.step is Step.CARE
    assert decision.calls_moderators is calls
    assert decision.standing.called_at == (NOON if calls else called)


@pytest.mark.parametrize(("had", "calls"), [(Level.ACTIVE, False), (Level.PASSIVE, True)])
def test_a_graver_risk_calls_moderators_again_at_once(had: Level, calls: bool) -> None:
    assert decided(in_care(care_level=had, called_at=NOON), danger(Level.ACTIVE)).calls_moderators is calls


def test_what_holds_the_member_is_named_for_the_moderators() -> None:
    assert decided(in_care(), INSULT).concern == "insult"
    assert decided(in_care(), CLEAN).concern is None


@pytest.mark.parametrize("standing", [NEW, taken("RRW"), in_care("RR"), Standing(ended=True)])
@pytest.mark.parametrize("level", [Level.PASSIVE, Level.IMMINENT])
def test_risk_in_an_edit_or_in_talk_between_people_gets_the_same_care(standing: Standing, level: Level) -> None:
    said = hostile(danger(level))
    assert watch(standing, said, LADDER, NOON, turn=TURN) == decided(standing, said)


@pytest.mark.parametrize("standing", [NEW, taken("RRW"), in_care("RR"), Standing(ended=True, asked_to_end=True)])
@pytest.mark.parametrize("said", [CLEAN, INSULT, GRAVEST, ASKS, YES, UNREAD])
def test_what_is_read_for_risk_alone_is_otherwise_met_with_silence(standing: Standing, said: Assessment) -> None:
    decision = watch(standing, said, LADDER, NOON, turn=TURN)
    assert (decision.step, decision.reason, decision.turn) == (Step.SILENCE, Reason.CLEAN, TURN)
    assert decision.standing == standing
    assert not decision.calls_moderators


@pytest.mark.parametrize(
    ("own", "shared", "until"),
    [
        (None, None, None),
        (None, NOON + HOUR, NOON + HOUR),
        (NOON + DAY, None, NOON + DAY),
        (NOON + HOUR, NOON + DAY, NOON + DAY),
        (NOON + DAY, NOON + HOUR, NOON + DAY),
    ],
)
def test_a_care_window_holds_for_everybody_in_the_conversation(
    own: datetime | None, shared: datetime | None, until: datetime | None
) -> None:
    conversation = Conversation("terminal:main", PLACE, care_until=shared)
    assert moves.joined(Standing(care_until=own), conversation).care_until == until


def test_a_member_who_is_hostile_while_somebody_else_is_at_risk_is_held() -> None:
    conversation = Conversation("terminal:main", PLACE, care_until=NOON + HOUR)
    decision = decide(moves.joined(taken("RRW"), conversation), INSULT, LADDER, NOON, turn=TURN)
    assert (decision.step, decision.reason) == (Step.CARE, Reason.HELD)


@pytest.mark.parametrize("said", [CLEAN, MILD, INSULT, GRAVEST, ASKS, YES, UNREAD, danger(Level.IMMINENT, sure=False)])
@pytest.mark.parametrize("nudged", [False, True])
@pytest.mark.parametrize("asked", [False, True])
def test_while_somebody_else_is_at_risk_the_ending_of_a_member_is_not_mentioned(
    said: Assessment, nudged: bool, asked: bool
) -> None:
    before = in_anothers_care("RRW", ended=True, nudged=nudged, asked_to_end=asked, clean=2)
    decision = decided(before, said)
    assert (decision.step, decision.reason) == (Step.SILENCE, Reason.ENDED)
    assert decision.standing == before
    assert not decision.calls_moderators


@pytest.mark.parametrize("conversation_ended", [False, True])
def test_in_a_shared_window_only_who_was_at_risk_is_stayed_with_where_it_has_ended(conversation_ended: bool) -> None:
    shared = Conversation("terminal:main", PLACE, ended=conversation_ended, care_until=FOREVER)
    for own, step in [(NEW, Step.SILENCE), (in_care(), Step.ANSWER), (in_care(care_level=Level.ACTIVE), Step.ANSWER)]:
        standing = moves.joined(replace(own, ended=not conversation_ended), shared)
        assert decide(standing, CLEAN, LADDER, NOON, turn=TURN).step is step


def test_who_is_at_risk_in_somebody_elses_window_is_stayed_with_from_then_on() -> None:
    cared = decided(in_anothers_care(ended=True), danger(Level.PASSIVE))
    assert (cared.step, cared.reason) == (Step.CARE, CARD)
    assert decided(cared.standing, CLEAN, turn=TURN + 1).reason is Reason.CARE_WINDOW
    assert decided(cared.standing, INSULT, turn=TURN + 1).reason is Reason.HELD


@pytest.mark.parametrize(
    ("before", "left"),
    [
        (Standing(called_at=NOON), None),  # an ending was held back by the quota
        (in_anothers_care(called_at=NOON), None),  # the member was held for being hostile alone
        (in_care(care_until=NOON, called_at=NOON), None),  # another window, which is over
        (in_care(called_at=NOON), NOON),
        (in_care(care_level=Level.IMMINENT, called_at=NOON), NOON),
    ],
)
def test_a_call_from_before_a_member_was_at_risk_does_not_stand_in_for_one_about_it(
    before: Standing, left: datetime | None
) -> None:
    decision = decided(before, danger(Level.PASSIVE))
    assert not decision.calls_moderators
    assert decision.standing.called_at == left
    held = decided(decision.standing, INSULT, now=NOON + MINUTE, turn=TURN + 1)
    assert held.reason is Reason.HELD
    assert held.calls_moderators is (left is None)


def test_the_first_risk_of_a_member_in_somebody_elses_window_gets_a_card() -> None:
    conversation = Conversation("terminal:main", PLACE, care_until=FOREVER)
    standing = moves.joined(Standing(card_at=NOON - MINUTE), conversation)
    assert decide(standing, danger(Level.PASSIVE), LADDER, NOON, turn=TURN).reason is CARD


TALK = Conversation("terminal:main", PLACE)


def test_whoever_was_in_danger_elsewhere_is_in_the_care_window_here() -> None:
    standing = moves.accompanied(taken("RRW"), TALK, NOON - HOUR, LADDER, NOON)
    assert (standing.care_until, standing.care_level) == (NOON - HOUR + LADDER.care_window, Level.ACTIVE)
    assert decided(standing, INSULT).reason is Reason.HELD
    assert decided(standing, danger(Level.PASSIVE)).reason is CARD
    assert decided(standing, INSULT, now=NOON + LADDER.care_window).reason is Reason.CONCERN


@pytest.mark.parametrize(
    ("standing", "conversation", "alarmed"),
    [
        (NEW, TALK, None),
        (NEW, TALK, NOON - LADDER.care_window),
        (Standing(ended=True), TALK, NOON),
        (NEW, replace(TALK, ended=True), NOON),
        (Standing(care_until=NOON + LADDER.care_window, care_level=Level.PASSIVE), TALK, NOON),
        (Standing(care_until=FOREVER, care_level=Level.IMMINENT), TALK, NOON),
    ],
)
def test_danger_elsewhere_changes_nothing_where_there_was_none_where_all_is_over_or_where_care_lasts_longer(
    standing: Standing, conversation: Conversation, alarmed: datetime | None
) -> None:
    assert moves.accompanied(standing, conversation, alarmed, LADDER, NOON) is standing


def test_danger_elsewhere_takes_no_graver_danger_here_away() -> None:
    here = Standing(care_until=NOON + MINUTE, care_level=Level.IMMINENT)
    assert moves.accompanied(here, TALK, NOON, LADDER, NOON).care_level is Level.IMMINENT


def test_danger_long_ago_here_says_nothing_of_how_grave_it_is_now() -> None:
    here = Standing(care_until=NOON - MINUTE, care_level=Level.IMMINENT)
    assert moves.accompanied(here, TALK, NOON, LADDER, NOON).care_level is Level.ACTIVE

"""What holds for every standing, assessment, ladder and time, also for those that no conversation leads to."""

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.boundary import Ladder, decide, moves, settle, watch
from bot.domain.assessment import NO_RISK, About, Assessment, Level, Risk, Severity
from bot.domain.conversation import FOREVER, Conversation
from bot.domain.standing import NEW, Mark, Standing
from bot.domain.step import Confirmation, Reason, Scope, Step
from tests.boundary.cases import DAY, MINUTE, MOMENT, TURN
from tests.strategies import (
    KINDS,
    NOON,
    PLACE,
    Case,
    assessments,
    calm_risks,
    cases,
    conversations,
    dangers,
    distances,
    ladders,
    marks,
    proposals,
    standings,
    sure_concerns,
    times,
    turns,
)

proved = settings(max_examples=70, deadline=None)

CLIMBING = [Step.REDIRECT, Step.WARN, Step.END]
calm = assessments(risk=calm_risks)
hostile = st.builds(
    lambda concerns: Assessment(read=True, concerns=tuple(concerns)), st.lists(sure_concerns, min_size=1, max_size=3)
)
not_over = standings(ended=st.just(False), care_until=st.none())
# Steps in many orders, a minute apart and all readable by NOON: most ladders end somewhere among them.
climbed = st.builds(
    lambda steps, spared: Standing(
        marks=tuple(Mark(step, turn, NOON - (60 - turn) * MINUTE) for turn, step in enumerate(steps, start=1)),
        last_abuse=NOON - MOMENT,
        spared=spared,
    ),
    st.lists(st.sampled_from([Step.REDIRECT, Step.REDIRECT, Step.WARN]), max_size=9),
    st.booleans(),
)
patient = ladders().map(lambda ladder: replace(ladder, forgive_after=DAY))


@st.composite
def in_windows(draw: st.DrawFn) -> tuple[Standing, datetime]:
    """A standing in a care window, of the member's own or of the conversation, and a time within it."""
    now = draw(times)
    until = draw(st.one_of(distances.map(lambda distance: now + distance + MOMENT), st.just(FOREVER)))
    own, shared = draw(st.sampled_from([(until, None), (None, until), (now, until), (until, now)]))
    conversation = Conversation("terminal:main", PLACE, ended=draw(st.booleans()), care_until=shared)
    return moves.joined(draw(standings(care_until=st.just(own))), conversation), now


def is_prefix(one: tuple[Mark, ...], other: tuple[Mark, ...]) -> bool:
    return other[: len(one)] == one


# Of every decision.


@proved
@given(cases(), conversations)
def test_the_policy_has_an_answer_to_everything(case: Case, conversation: Conversation) -> None:
    standing = moves.joined(case.standing, conversation)
    decision = replace(case, standing=standing).decide()
    after = decision.standing
    assert (decision.turn, decision.ladder) == (case.turn, case.ladder.version)
    assert decision.confirmation is Confirmation.NOT_ASKED
    # Marks are taken away or stay: only a receipt adds one.
    assert [mark for mark in standing.marks if mark in after.marks][: len(after.marks)] == list(after.marks)
    # A step of the ladder is pending exactly when one was taken.
    taken = decision.step in {Step.REDIRECT, Step.WARN}
    assert after.pending == (Mark(decision.step, case.turn, case.now) if taken else None)
    # Only an ending ends, and nothing here reopens.
    assert after.ended is (standing.ended or decision.step is Step.END)
    # Only the question is followed by a yes.
    assert not after.asked_to_end or decision.step is Step.ASK or decision.reason in {Reason.UNREAD, Reason.ENDED}


@proved
@given(cases(assessment=assessments(risk=dangers)))
def test_risk_is_always_met_with_care(case: Case) -> None:
    decision = case.decide()
    assert decision.step is Step.CARE
    assert decision.reason in {Reason.RISK, Reason.STAYING}
    assert decision.standing.in_care(case.now)
    assert decision.standing.count(Step.WARN) == 0
    assert decision == watch(case.standing, case.assessment, case.ladder, case.now, turn=case.turn)


@proved
@given(in_windows(), cases(assessment=calm))
def test_in_the_care_window_there_is_only_an_answer_or_care(window: tuple[Standing, datetime], case: Case) -> None:
    """And silence, for those who are not at risk and whose part, or conversation, has ended."""
    standing, now = window
    decision = replace(case, standing=standing, now=now).decide()
    assert decision.standing.care_until == standing.care_until
    if standing.ended and not standing.care_level.calls_for_care:
        assert (decision.step, decision.reason) == (Step.SILENCE, Reason.ENDED)
        assert decision.standing.nudged is standing.nudged
        assert not decision.calls_moderators
    else:
        assert decision.step in {Step.ANSWER, Step.CARE}
        assert not decision.standing.asked_to_end


@proved
@given(cases(climbed, hostile, patient), st.integers(1, 20), distances, distances)
def test_an_ending_for_abuse_comes_after_all_that_was_promised(
    case: Case, turn: int, waited: timedelta, ago: timedelta
) -> None:
    now, ladder = NOON + waited, case.ladder
    decision = replace(case, now=now, said=now - ago, turn=turn).decide()
    if decision.step is not Step.END:
        return
    readable = [mark.step for mark in case.standing.marks if mark.at <= now - ago and mark.turn < turn]
    needed = ladder.redirections_gravest if decision.concern in ladder.gravest else ladder.redirections
    warned_after = [
        readable[:place].count(Step.REDIRECT) >= needed for place, step in enumerate(readable) if step is Step.WARN
    ]
    assert sum(warned_after) >= ladder.warnings >= 1


@proved
@given(climbed, hostile, patient)
def test_patience_has_an_end(standing: Standing, assessment: Assessment, ladder: Ladder) -> None:
    """What is sure and grave goes on to the end of the ladder, and takes no more steps than the ladder has."""
    grave = replace(ladder, climbs_from=min(concern.severity for concern in assessment.concerns))
    for turn in range(20, 20 + grave.redirections + grave.warnings + 1):
        now = NOON + (turn - 19) * timedelta(seconds=1)
        decision = decide(standing, assessment, grave, now, turn=turn)
        standing = moves.delivered(decision.standing, turn, now)
        if decision.step is Step.END:
            return
    raise AssertionError


@proved
@given(cases(assessment=assessments(read=st.just(False))))
def test_an_unread_turn_moves_nothing(case: Case) -> None:
    decision = case.decide()
    assert decision.step not in {*CLIMBING, Step.ASK}
    if decision.step is not Step.CARE:
        assert decision.standing.marks == moves.forgiven(case.standing, case.ladder, case.now).marks


@proved
@given(cases(assessment=calm), st.sampled_from([level for level in Level if level.calls_for_care]))
def test_doubt_neither_climbs_nor_asks_nor_ends(case: Case, level: Level) -> None:
    said = replace(case.assessment, doubt=True)
    possible = replace(case.assessment, risk=Risk(level), doubt=False)
    for doubted in (said, possible):
        decision = replace(case, assessment=doubted).decide()
        assert decision.step not in {*CLIMBING, Step.ASK}
        assert decision.reason is not Reason.CLEAN


@proved
@given(climbed, assessments(risk=calm_risks, read=st.just(True), doubt=st.just(False)), ladders())
def test_only_a_sure_concern_that_is_grave_enough_climbs(
    standing: Standing, assessment: Assessment, ladder: Ladder
) -> None:
    decision = decide(standing, assessment, ladder, NOON, turn=TURN)
    climbs = {each.kind for each in assessment.concerns if each.sure and each.severity >= ladder.climbs_from}
    if decision.reason is Reason.CONCERN:
        assert decision.concern in climbs
    else:
        assert decision.step not in CLIMBING
    if climbs & ladder.gravest:
        assert decision.concern in ladder.gravest


@proved
@given(cases() | proposals())
def test_an_ending_reaches_as_far_as_the_member_is_alone(case: Case) -> None:
    decision = case.decide()
    part = decision.step is Step.END and case.company
    assert decision.scope is (Scope.PART if part else Scope.CONVERSATION)


@proved
@given(cases(standings(ended=st.just(True), care_until=st.none()), calm))
def test_what_has_ended_is_silent_after_one_nudge(case: Case) -> None:
    first = case.decide()
    second = replace(case, standing=first.standing).decide()
    assert first.step is (Step.SILENCE if case.standing.nudged else Step.NUDGE)
    assert second.step is Step.SILENCE


@proved
@given(standings(), dangers, ladders(), times)
def test_risk_opens_a_window_that_never_shrinks_and_takes_warnings_back(
    standing: Standing, risk: Risk, ladder: Ladder, now: datetime
) -> None:
    after = moves.cared(standing, risk, ladder, now)
    assert after.in_care(now)
    assert after.care_until == moves.later(standing.care_until, after.care_until)
    for_good = risk.level >= ladder.care_for_good_from and risk.about in {About.SELF, About.OTHER}
    assert not for_good or after.care_until == FOREVER
    assert after.care_level >= risk.level
    assert after.marks == tuple(mark for mark in standing.marks if mark.step is Step.REDIRECT)
    assert after.pending is None


@proved
@given(in_windows(), cases(assessment=hostile), distances, st.booleans())
def test_who_is_held_has_moderators_called_unless_they_were_a_moment_ago(
    window: tuple[Standing, datetime], case: Case, distance: timedelta, ahead: bool
) -> None:
    standing, now = window
    standing = replace(standing, ended=standing.ended and standing.care_level.calls_for_care)
    ladder = replace(case.ladder, climbs_from=min(concern.severity for concern in case.assessment.concerns))
    called = now + distance if ahead else now - distance
    held = replace(case, standing=replace(standing, called_at=called), now=now, ladder=ladder).decide()
    lately = not distance or (not ahead and distance < ladder.call_again_after)
    assert held.reason is Reason.HELD
    assert held.calls_moderators is not lately
    assert held.standing.called_at == (called if lately else now)


@proved
@given(cases(standings(ended=st.just(False), care_until=st.none())), st.booleans())
def test_the_bot_ends_on_request_only_on_a_yes_to_its_question(case: Case, asked: bool) -> None:
    said = replace(case.assessment, concerns=case.assessment.concerns[:1], risk=NO_RISK)
    decision = replace(case, assessment=said, standing=replace(case.standing, asked_to_end=asked)).decide()
    clear = said.read and not said.doubt
    met = clear and asked and said.affirms is not False and (bool(said.affirms) or said.asks_to_end)
    assert (decision.step is Step.END and decision.reason is Reason.REQUEST) is met
    assert (decision.step is Step.ASK) is (clear and not asked and said.asks_to_end)
    if met:
        left = moves.forgiven(case.standing, case.ladder, case.now)
        assert decision.concern is None
        assert (decision.standing.marks, decision.standing.clean) == (left.marks, left.clean)
        assert (decision.standing.last_abuse, decision.standing.spared) == (left.last_abuse, left.spared)
    assert not decision.standing.asked_to_end or decision.step is Step.ASK or not said.read


@proved
@given(cases(not_over, calm))
def test_only_a_clean_turn_counts_as_one(case: Case) -> None:
    decision, said = case.decide(), case.assessment
    left = moves.forgiven(case.standing, case.ladder, case.now)
    amiss = said.concerns or said.doubt or not said.read or said.risk.level.calls_for_care
    if decision.reason is Reason.CLEAN:
        assert not amiss
        assert decision.standing.clean in {left.clean + 1, 0}
    elif amiss and decision.step is Step.ANSWER:
        assert decision.standing.clean == left.clean


@proved
@given(cases(assessment=calm))
def test_what_is_read_for_risk_alone_changes_only_what_time_has_changed(case: Case) -> None:
    decision = watch(case.standing, case.assessment, case.ladder, case.now, turn=case.turn)
    forgiven = moves.uncared(moves.forgiven(case.standing, case.ladder, case.now), case.now)
    assert decision.step is Step.SILENCE
    assert decision.standing == replace(forgiven, pending=None)
    assert not decision.calls_moderators


@proved
@given(cases(assessment=assessments(risk=dangers)), distances)
def test_moderators_are_called_again_only_for_what_is_graver(case: Case, later: timedelta) -> None:
    first, again = case.decide(), case.now + later
    second = replace(case, standing=first.standing, now=again, turn=case.turn + 1).decide()
    if first.calls_moderators and second.calls_moderators:
        assert later >= case.ladder.call_again_after or not first.standing.in_care(again)


@proved
@given(proposals(), distances, distances)
def test_what_was_written_before_the_bot_spared_ends_nothing(case: Case, took: timedelta, before: timedelta) -> None:
    answered = case.now + took
    spared = settle(case.decide(), case.standing, Confirmation.SPARED, quota_left=True, now=answered).standing
    said, now = answered - before, answered + MOMENT
    decision = replace(case, standing=spared, now=now, said=said, turn=case.turn + 1).decide()
    if case.standing.spared:  # it was ended
        assert spared.ended
    elif before:
        assert (decision.step, decision.reason) == (Step.SILENCE, Reason.OVERTAKEN)
    else:
        assert (decision.step, decision.reason) == (Step.END, Reason.CONCERN)


@proved
@given(standings(care_until=st.none()), dangers, dangers, hostile, patient)
def test_who_is_hostile_at_risk_is_never_held_without_a_call_about_it(
    standing: Standing, first: Risk, second: Risk, assessment: Assessment, ladder: Ladder
) -> None:
    """Whatever moderators were called for before, a member who is both in one window is called for within it."""
    grave, calls = replace(ladder, climbs_from=Severity.MILD), list[bool]()
    for turn, said in enumerate([Assessment(risk=first), Assessment(risk=second), assessment], start=1):
        decision = decide(standing, said, grave, NOON, turn=turn)
        standing = decision.standing
        calls.append(decision.calls_moderators)
    assert decision.reason is Reason.HELD
    assert any(calls)


# Of forgiveness.


@proved
@given(standings(), ladders(), times, distances)
def test_later_is_never_worse(standing: Standing, ladder: Ladder, now: datetime, distance: timedelta) -> None:
    early, late = moves.forgiven(standing, ladder, now), moves.forgiven(standing, ladder, now + distance)
    assert is_prefix(early.marks, standing.marks)
    assert is_prefix(late.marks, early.marks)
    assert early.spared is (standing.spared and early == standing)


@proved
@given(climbed, hostile, ladders(), distances, distances)
def test_time_is_on_the_members_side(
    standing: Standing, assessment: Assessment, ladder: Ladder, wait: timedelta, longer: timedelta
) -> None:
    early = decide(standing, assessment, ladder, NOON + wait, turn=TURN)
    late = decide(standing, assessment, ladder, NOON + wait + longer, turn=TURN)
    if early.reason is Reason.CONCERN:
        assert CLIMBING.index(late.step) <= CLIMBING.index(early.step)
    else:
        assert late.step is early.step


@proved
@given(standings(), ladders(), times, distances)
def test_a_clock_that_jumps_back_forgives_nothing_and_holds_nothing_more_against_anybody(
    standing: Standing, ladder: Ladder, now: datetime, back: timedelta
) -> None:
    there = moves.forgiven(standing, ladder, now)
    assert moves.forgiven(there, ladder, now - back) == there
    if standing.last_abuse is not None:
        assert moves.forgiven(standing, ladder, standing.last_abuse - back) == standing


@proved
@given(standings(), ladders(), times, distances)
def test_it_makes_no_difference_how_often_it_is_asked_whether_time_forgives(
    standing: Standing, ladder: Ladder, now: datetime, wait: timedelta
) -> None:
    once = moves.forgiven(standing, ladder, now + wait)
    assert moves.forgiven(once, ladder, now + wait) == once
    assert moves.forgiven(moves.forgiven(standing, ladder, now), ladder, now + wait).marks == once.marks


@proved
@given(cases())
def test_the_policy_forgives_before_it_decides(case: Case) -> None:
    forgiven = moves.forgiven(case.standing, case.ladder, case.now)
    assert case.decide() == replace(case, standing=forgiven).decide()


@proved
@given(not_over, ladders(), st.integers(0, 60))
def test_clean_turns_forgive_everything_in_the_end_and_one_step_at_a_time(
    standing: Standing, ladder: Ladder, extra: int
) -> None:
    for _ in range(ladder.forgive_turns * (len(standing.marks) + 1) + extra):
        after = moves.behaved(standing, ladder)
        assert is_prefix(after.marks, standing.marks)
        assert len(standing.marks) - len(after.marks) <= 1
        assert after.clean < ladder.forgive_turns
        standing = after
    assert (standing.marks, standing.last_abuse, standing.spared) == ((), None, False)


# Of receipts, joining and reopening.


@proved
@given(standings(), turns, times)
def test_a_receipt_touches_its_own_turn_alone(standing: Standing, turn: int, at: datetime) -> None:
    after, failed = moves.delivered(standing, turn, at), moves.undelivered(standing, turn)
    if standing.pending and standing.pending.turn == turn:
        assert after.marks == (*standing.marks, Mark(standing.pending.step, turn, at))
        assert failed.marks == standing.marks
        assert after.pending is failed.pending is None
        assert replace(after, marks=standing.marks) == failed == replace(standing, pending=None)
    else:
        assert after == failed == standing
    assert moves.delivered(after, turn, at) == after
    assert moves.undelivered(after, turn) == after


@proved
@given(standings(), conversations, times)
def test_joining_a_conversation_takes_nothing_away_and_may_be_repeated(
    standing: Standing, conversation: Conversation, now: datetime
) -> None:
    joined = moves.joined(standing, conversation)
    assert joined.ended is (standing.ended or conversation.ended)
    in_care = conversation.care_until is not None and now < conversation.care_until
    assert joined.in_care(now) is (standing.in_care(now) or in_care)
    assert replace(joined, ended=standing.ended, care_until=standing.care_until) == standing
    assert moves.joined(joined, conversation) == joined


@proved
@given(standings(), hostile, ladders(), times)
def test_who_was_reopened_starts_anew(
    standing: Standing, assessment: Assessment, ladder: Ladder, now: datetime
) -> None:
    reopened = moves.reopened(standing)
    care = {name: getattr(standing, name) for name in ("care_until", "care_level", "card_at", "called_at")}
    assert reopened == replace(NEW, **care)
    decision = decide(reopened, assessment, ladder, now, turn=TURN)
    assert decision.step is not Step.END


# Of settling.


@proved
@given(proposals(), st.sampled_from(Confirmation), st.booleans())
def test_an_ending_is_made_good_only_with_quota_and_consent(
    case: Case, confirmation: Confirmation, quota_left: bool
) -> None:
    decision, spared = case.decide(), case.standing.spared
    settled = settle(decision, case.standing, confirmation, quota_left=quota_left)
    assert decision.step is Step.END
    consent = spared or confirmation in {Confirmation.CONFIRMED, Confirmation.NO_MODEL}
    assert (settled.step is Step.END) is (quota_left and consent)
    assert settled.standing.ended is (settled.step is Step.END)
    assert settled.standing.marks == decision.standing.marks
    assert settled.standing.pending is None
    called = case.standing.called_at
    calls = not quota_left and (called is None or case.now - called >= case.ladder.call_again_after)
    assert settled.calls_moderators is calls
    assert settled.standing.called_at == (case.now if calls else called)
    if confirmation is Confirmation.UNAVAILABLE and quota_left and not spared:
        assert settled.step is Step.ANSWER


@proved
@given(cases(), st.sampled_from(Confirmation), st.booleans())
def test_what_is_no_ending_for_abuse_is_left_as_it_is(case: Case, confirmation: Confirmation, quota_left: bool) -> None:
    decision = case.decide()
    if decision.step is not Step.END or decision.reason is Reason.REQUEST:
        assert settle(decision, case.standing, confirmation, quota_left=quota_left) is decision


# Of ladders.


@proved
@given(ladders(), st.sampled_from(KINDS), st.lists(marks, max_size=8).map(tuple))
def test_no_ladder_ends_without_a_warning_or_asks_more_of_the_gravest(
    ladder: Ladder, kind: str, given_so_far: tuple[Mark, ...]
) -> None:
    (redirect, redirections), (warn, warnings) = ladder.rungs(kind)
    assert (redirect, warn) == (Step.REDIRECT, Step.WARN)
    assert warnings == ladder.warnings >= 1
    assert redirections == (ladder.redirections_gravest if kind in ladder.gravest else ladder.redirections)
    standing = Standing(marks=given_so_far)
    if ladder.next_step(standing, kind) is Step.END:
        assert standing.count(Step.WARN) >= warnings
        assert standing.count(Step.REDIRECT) >= redirections


@proved
@given(ladders(), st.sampled_from(KINDS), st.lists(marks, max_size=8).map(tuple), marks)
def test_another_step_never_takes_the_ladder_down(
    ladder: Ladder, kind: str, given_so_far: tuple[Mark, ...], another: Mark
) -> None:
    before = ladder.next_step(Standing(marks=given_so_far), kind)
    after = ladder.next_step(Standing(marks=(*given_so_far, another)), kind)
    assert CLIMBING.index(before) <= CLIMBING.index(after) <= CLIMBING.index(before) + 1

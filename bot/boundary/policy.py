"""The policy. Its rules (DESIGN: "The rules"; those about storing and performing stand in bot/core.py):

1.  Risk outranks the ladder. At risk the step is care. In the care window nobody is warned or ended, and a pending
    warning is cancelled, however hostile the member is; hostile and at risk at once is *held*.
2.  Last resort. No ending for abuse without enough delivered redirections, then a delivered warning in an earlier
    turn, then new abuse that was written after the warning could be read.
3.  Doubt continues. An unread, uncertain or split assessment never climbs. To end, the main model must confirm; it
    may spare the member once, then the next new abuse ends; who earned a step back since may be spared again.
4.  What is not abuse does not climb: only a sure concern, grave enough, does. A harmful request is a concern like
    any other: refused and redirected first.
6.  Ended is silent but never deaf: one nudge per member, then silence; risk still gets care. While the care window
    of someone at risk runs, the bot stays with them there, though the ending stands: to ask "are you safe?" and
    then not hear the answer would be worse than either. Everybody else there meets silence, without a nudge.
7.  Nobody pays for another. Standings are per member; with others there, an ending is for that member's part alone.
8.  On request. Asked once to confirm; then it ends, without a strike. Not in the care window.
9.  Failure never climbs: an unread turn is answered, or apologised for, and moves nothing.
11. Circuit breaker. Endings beyond the quota are not performed: the bot declines, and moderators look, called no
    more often for one member than the ladder says.

Every function takes all it needs and returns what follows. Times are UTC; `now` is the bot's clock, `said` the
platform's time of the message, which compares with the times in receipts.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.boundary import moves
from bot.boundary.ladder import Ladder
from bot.domain.assessment import About, Assessment, Concern, Level
from bot.domain.decision import Decision
from bot.domain.standing import Standing
from bot.domain.step import Confirmation, Reason, Scope, Step


def decide(
    standing: Standing,
    assessment: Assessment,
    ladder: Ladder,
    now: datetime,
    *,
    turn: int,
    said: datetime | None = None,
    company: bool = False,
) -> Decision:
    """The step for a turn and the next standing.

    In: the member's standing (`moves.joined` with the conversation), the assessment, the ladder in force, the bot's
    time; `turn` is the turn's number, `said` when the member wrote it (default: now), `company` whether others took
    part lately. Out: a decision; an END for abuse in it is a proposal that `settle` makes good or not.
    """
    case = _case(standing, assessment, ladder, now, turn=turn, said=said or now, company=company)
    for rule in _RULES:
        if decision := rule(case):
            return decision
    return _unclimbed(case)


def watch(standing: Standing, assessment: Assessment, ladder: Ladder, now: datetime, *, turn: int) -> Decision:
    """The step for what is read for risk alone (an edit, talk between people, what came too late): care, or silence.

    In and out as for `decide`.
    """
    case = _case(standing, assessment, ladder, now, turn=turn, said=now, company=False)
    return _at_risk(case) or case.decision(Step.SILENCE, Reason.CLEAN)


def settle(
    decision: Decision,
    before: Standing,
    confirmation: Confirmation,
    *,
    quota_left: bool,
    now: datetime | None = None,
) -> Decision:
    """Make a proposed ending good, or not.

    In: the decision, the standing it was made from, what the main model said, whether the space's quota for today
    has room, and the bot's time now that all this is known (default: that of the decision). Out: the decision to
    carry out; one that proposes no ending for abuse comes back as it is.
    """
    if decision.step is not Step.END or decision.reason is Reason.REQUEST:
        return decision
    still = replace(decision.standing, ended=False)
    settled = replace(decision, confirmation=confirmation)
    if not quota_left:
        if decision.calls_moderators:
            still = replace(still, called_at=still.last_abuse)
        return replace(settled, step=Step.REDIRECT, reason=Reason.QUOTA, standing=still)
    settled = replace(settled, calls_moderators=False)  # of an ending they are told in any case
    if before.spared or confirmation in {Confirmation.CONFIRMED, Confirmation.NO_MODEL}:
        return settled
    if confirmation is Confirmation.SPARED:
        # To ask takes seconds; what the member writes meanwhile was written before the bot spared.
        still = replace(still, spared=True, last_abuse=now or still.last_abuse)
        return replace(settled, step=Step.REDIRECT, reason=Reason.SPARED, standing=still)
    return replace(settled, step=Step.ANSWER, reason=Reason.OUTAGE, standing=still)


@dataclass(frozen=True, slots=True)
class _Case:
    """What the rules are told about a turn."""

    standing: Standing
    assessment: Assessment
    ladder: Ladder
    now: datetime
    turn: int
    said: datetime
    company: bool
    concern: Concern | None  # the one that climbs
    doubt: bool
    in_care: bool

    @property
    def at_risk(self) -> bool:
        """Whether this is the member's own care window, not only that of somebody else here."""
        return self.in_care and self.standing.care_level.calls_for_care

    @property
    def may_call(self) -> bool:
        return not self.lately(self.standing.called_at, self.ladder.call_again_after)

    def lately(self, at: datetime | None, within: timedelta) -> bool:
        """Whether `at` was that short a time ago. A time still to come, left by a clock that jumped, is not."""
        return at is not None and timedelta(0) <= self.now - at < within

    def decision(
        self, step: Step, reason: Reason, standing: Standing | None = None, *, calls_moderators: bool = False
    ) -> Decision:
        return Decision(
            step,
            reason,
            standing or self.standing,
            self.ladder.version,
            self.turn,
            concern=self.concern.kind if self.concern else None,
            calls_moderators=calls_moderators,
        )


def _case(
    standing: Standing,
    assessment: Assessment,
    ladder: Ladder,
    now: datetime,
    *,
    turn: int,
    said: datetime,
    company: bool,
) -> _Case:
    """The case, with the standing as time has left it: forgiven, out of care, with nothing pending."""
    if standing.pending is not None:
        standing = replace(standing, pending=None)
    standing = moves.uncared(moves.forgiven(standing, ladder, now), now)
    risk = assessment.risk
    return _Case(
        standing=standing,
        assessment=assessment,
        ladder=ladder,
        now=now,
        turn=turn,
        said=said,
        company=company,
        concern=ladder.climbing(assessment),
        doubt=assessment.doubt or (risk.level.calls_for_care and not risk.sure),
        in_care=standing.in_care(now),
    )


def _unasked(standing: Standing) -> Standing:
    """The bot's last word was not whether to end."""
    return replace(standing, asked_to_end=False) if standing.asked_to_end else standing


def _at_risk(case: _Case) -> Decision | None:
    """Rule 1: a card, or a short word where the same risk had its card a moment ago."""
    risk, ladder, now = case.assessment.risk, case.ladder, case.now
    if not risk.calls_for_care:
        return None
    graver = not case.in_care or risk.level > case.standing.care_level
    card = graver or risk.level is Level.IMMINENT or not case.lately(case.standing.card_at, ladder.card_again_after)
    near = risk.level >= Level.ACTIVE and risk.about in {About.SELF, About.OTHER}
    calls = (near or case.concern is not None) and (graver or case.may_call)
    standing = moves.cared(case.standing, risk, ladder, now)
    if card:
        standing = replace(standing, card_at=now)
    if calls:
        standing = replace(standing, called_at=now)
    elif not case.at_risk:
        standing = replace(standing, called_at=None)  # a call from before this member was at risk was about less
    return case.decision(Step.CARE, Reason.RISK if card else Reason.STAYING, standing, calls_moderators=calls)


def _ended(case: _Case) -> Decision | None:
    """Rule 6. In the care window of somebody else here there is no nudge: it would mention the ending."""
    if not case.standing.ended:
        return None
    if case.in_care:
        return None if case.at_risk else case.decision(Step.SILENCE, Reason.ENDED)
    step = Step.SILENCE if case.standing.nudged else Step.NUDGE
    return case.decision(step, Reason.ENDED, replace(case.standing, nudged=True))


def _in_care(case: _Case) -> Decision | None:
    """Rule 1, once the card is out: hostility is held, everything else answered."""
    if not case.in_care:
        return None
    standing = _unasked(case.standing)
    if case.concern is None:
        return case.decision(Step.ANSWER, Reason.CARE_WINDOW, standing)
    if case.may_call:
        standing = replace(standing, called_at=case.now)
    return case.decision(Step.CARE, Reason.HELD, standing, calls_moderators=case.may_call)


def _unread(case: _Case) -> Decision | None:
    """Rule 9."""
    return None if case.assessment.read else case.decision(Step.ANSWER, Reason.UNREAD)


def _on_request(case: _Case) -> Decision | None:
    """Rule 8. Asking again right after the question is as good as a yes; a no is a no, whatever else is read.

    Where risk is possible, a wish to end may be no wish about this conversation: it is neither asked about nor met.
    """
    asked, read = case.standing.asked_to_end, case.assessment
    if case.doubt:
        return None
    if asked and read.affirms is False:
        return case.decision(Step.ANSWER, Reason.REQUEST, replace(case.standing, asked_to_end=False))
    if asked and (read.affirms or read.asks_to_end):
        return replace(_end(case, Reason.REQUEST, case.standing), concern=None, calls_moderators=False)
    if read.asks_to_end:
        return case.decision(Step.ASK, Reason.REQUEST, replace(case.standing, asked_to_end=True))
    return None


def _climb(case: _Case) -> Decision | None:
    """Rules 2 and 3."""
    if case.concern is None:
        return None
    concern, standing = case.concern, _unasked(case.standing)
    if case.doubt:
        return case.decision(Step.ANSWER, Reason.DOUBT, standing)
    if any(case.said < mark.at or case.turn <= mark.turn for mark in standing.marks):
        return case.decision(Step.SILENCE, Reason.OVERTAKEN, standing)
    if standing.spared and standing.last_abuse is not None and case.said < standing.last_abuse:
        return case.decision(Step.SILENCE, Reason.OVERTAKEN, standing)  # written before the bot spared
    step = case.ladder.next_step(standing, concern.kind)
    if step is Step.END:
        return _end(case, Reason.CONCERN, replace(standing, clean=0, last_abuse=case.now))
    return case.decision(step, Reason.CONCERN, moves.climbing(standing, step, case.turn, case.now))


# The first rule that has a say decides; where none has, the turn is answered.
_RULES: tuple[Callable[[_Case], Decision | None], ...] = (_at_risk, _ended, _in_care, _unread, _on_request, _climb)


def _unclimbed(case: _Case) -> Decision:
    """A turn on which nothing climbs (rule 4). Only one with nothing amiss at all counts as clean."""
    standing = _unasked(case.standing)
    if case.doubt:
        return case.decision(Step.ANSWER, Reason.DOUBT, standing)
    if not case.assessment.concerns:
        return case.decision(Step.ANSWER, Reason.CLEAN, moves.behaved(standing, case.ladder))
    sure = any(concern.sure for concern in case.assessment.concerns)
    return case.decision(Step.ANSWER, Reason.MILD if sure else Reason.UNSURE, standing)


def _end(case: _Case, reason: Reason, standing: Standing) -> Decision:
    """Rule 7: with others there, only this member's part. Moderators are called if the quota then holds it back."""
    ended = replace(standing, ended=True, nudged=False, asked_to_end=False)
    scope = Scope.PART if case.company else Scope.CONVERSATION
    return replace(case.decision(Step.END, reason, ended, calls_moderators=case.may_call), scope=scope)

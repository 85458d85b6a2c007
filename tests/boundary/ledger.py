"""A ledger of what happened to whom: it is told, and asserts the rules. It knows nothing of the policy.

It is written the way a moderator would check a conversation afterwards, from what was seen, done and delivered, and
shares only the nouns with the bot. Whoever drives the bot tells it every turn (`turn`), what became of a
redirection or a warning (`delivered`, `failed`), and every ending that was overturned (`reopened`).
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.assessment import About, Assessment, Level, Severity
from bot.domain.conversation import FOREVER
from bot.domain.decision import Decision
from bot.domain.step import Confirmation, Reason, Scope, Step


class Terms(Protocol):
    """What members were promised: the settings of a ladder, as plain numbers."""

    @property
    def redirections(self) -> int: ...
    @property
    def redirections_gravest(self) -> int: ...
    @property
    def warnings(self) -> int: ...
    @property
    def gravest(self) -> frozenset[str]: ...
    @property
    def climbs_from(self) -> Severity: ...
    @property
    def forgive_turns(self) -> int: ...
    @property
    def forgive_after(self) -> timedelta: ...
    @property
    def care_window(self) -> timedelta: ...
    @property
    def care_for_good_from(self) -> Level: ...
    @property
    def call_again_after(self) -> timedelta: ...


@dataclass(frozen=True, slots=True)
class Seen:
    """What a turn was, and what it came into."""

    assessment: Assessment
    said: datetime  # when the member wrote it, by the platform's clock
    now: datetime  # when the bot decided, by its own
    company: bool = False  # others took part lately
    quota_left: bool = True
    watched: bool = False  # read for risk alone: an edit, talk between people, what came too late


@dataclass(frozen=True, slots=True)
class Delivered:
    """A redirection or a warning that the member could read."""

    step: Step
    turn: int
    at: datetime


@dataclass(slots=True)
class Account:
    """One member's page of the ledger."""

    steps: list[Delivered] = field(default_factory=list)  # that count, oldest first
    sent: tuple[Step, int] | None = None  # a step that is on its way, and its turn
    clean: int = 0
    abuse: datetime | None = None  # when the bot last answered it, by its own clock
    spared: bool = False
    asked: bool = False
    ended: bool = False
    nudges: int = 0
    level: Level = Level.NONE  # the gravest risk of their own in this care window; NONE: it is somebody else's
    called: datetime | None = None  # when moderators were last called
    accompanied: datetime | None = None  # until when care from another conversation goes with them


class Ledger:
    """The rules of one conversation, asserted turn by turn. Raises AssertionError, naming the rule.

    `exact` also asserts what the bot owes (that it does climb, end, nudge and ask where the rules say so). Without
    it, only what the bot must never do is asserted: for runs in which a receipt can be lost after the message was
    delivered, where the bot knows less than the ledger and errs to the member's favour.
    """

    def __init__(self, terms: Terms, *, exact: bool = True) -> None:
        self.terms = terms
        self.exact = exact
        self.accounts: defaultdict[str, Account] = defaultdict(Account)
        self.closed = False
        self.care_until: datetime | None = None

    def accompany(self, member: str, alarmed: datetime | None, now: datetime) -> None:
        """Moderators were called for a member's sake somewhere in the space: the care goes with them."""
        account = self.accounts[member]
        until = alarmed + min(self.terms.care_window, FOREVER - alarmed) if alarmed else now
        if until > now and not (account.ended or self.closed):
            account.level = max(account.level if self.cares(account, now) else Level.NONE, Level.ACTIVE)
            account.accompanied = until

    def cares(self, account: Account, now: datetime) -> bool:
        """Whether a member is in the care window: of their own, of somebody else here, or from elsewhere."""
        return any(until is not None and now < until for until in (self.care_until, account.accompanied))

    def turn(self, member: str, number: int, seen: Seen, decision: Decision) -> None:
        """Book a turn and what the bot did about it."""
        account = self.accounts[member]
        self._forgive(account, seen.now)
        account.sent = None
        in_care = self.cares(account, seen.now)
        account.level = account.level if in_care else Level.NONE
        for rule in (self._rule_1, self._rule_2, self._rule_3, self._rule_4, self._rule_6):
            rule(account, number, seen, decision, in_care)
        for rule in (self._rule_7, self._rule_8, self._rule_9, self._rule_11):
            rule(account, number, seen, decision, in_care)
        if self.exact:
            self._called(account, seen, decision, in_care)
            self._owed(account, number, seen, decision, in_care)
        self._book(account, number, seen, decision, in_care)

    def delivered(self, member: str, turn: int, at: datetime) -> None:
        """The step of this turn could be read from `at`. After a later turn of that member it counts no more."""
        account = self.accounts[member]
        if account.sent and account.sent[1] == turn:
            account.steps.append(Delivered(account.sent[0], turn, at))
            account.sent = None

    def failed(self, member: str, turn: int) -> None:
        """The step of this turn never arrived."""
        account = self.accounts[member]
        if account.sent and account.sent[1] == turn:
            account.sent = None

    def reopened(self, member: str, scope: Scope) -> None:
        """An ending was overturned: nothing is held any more against the member it ended. Care stays.

        Where it had closed the conversation, that is open again for everybody whose own part has not ended.
        """
        before = self.accounts[member]
        self.accounts[member] = Account(level=before.level, called=before.called)
        if scope is Scope.CONVERSATION:
            self.closed = False
            for account in self.accounts.values():
                account.nudges = 0

    # What the bot must never do.

    def _rule_1(self, account: Account, number: int, seen: Seen, did: Decision, in_care: bool) -> None:
        if seen.assessment.risk.calls_for_care:
            assert did.step is Step.CARE, f"rule 1: risk in turn {number} was met with {did.step}"
            assert did.reason in {Reason.RISK, Reason.STAYING}
        elif in_care:
            quiet = seen.watched or self._out(account)
            allowed = {Step.SILENCE} if quiet else {Step.ANSWER, Step.CARE}
            assert did.step in allowed, f"rule 1: {did.step} in the care window, turn {number}"
        if did.step is Step.CARE and did.reason is Reason.HELD:
            assert in_care, "rule 1: only who is in the care window is held"
            assert self._abuse(seen), "rule 1: only who is hostile is held"

    def _rule_2(self, account: Account, number: int, seen: Seen, did: Decision, in_care: bool) -> None:
        climbs = did.reason is Reason.CONCERN and did.step in {Step.REDIRECT, Step.WARN, Step.END}
        if not climbs:
            assert did.step is not Step.WARN, "rule 2: a warning for no concern"
            assert did.step is not Step.END or did.reason is Reason.REQUEST, f"rule 2: ended for {did.reason}"
            return
        if self.exact:
            late = [step for step in account.steps if step.at > seen.said]
            assert not late, f"rule 2: {did.step} for what was written before {late} could be read"
            assert not self._before_sparing(account, seen), f"rule 2: {did.step} for what was written before sparing"
        if did.step in {Step.WARN, Step.END}:
            self._enough(account, number, seen, did)

    def _enough(self, account: Account, number: int, seen: Seen, did: Decision) -> None:
        """Enough redirections, then enough warnings, each delivered before this turn was written."""
        kind = self._abuse(seen)
        needed = self.terms.redirections_gravest if kind in self.terms.gravest else self.terms.redirections
        readable = [step.step for step in account.steps if step.at <= seen.said and step.turn < number]
        redirections = [place for place, step in enumerate(readable) if step is Step.REDIRECT]
        assert len(redirections) >= needed, f"rule 2: {did.step} after {readable}"
        if did.step is Step.END:
            since = readable[redirections[needed - 1] :] if needed else readable
            assert since.count(Step.WARN) >= self.terms.warnings >= 1, f"rule 2: ended after {readable}"

    def _rule_3(self, account: Account, number: int, seen: Seen, did: Decision, in_care: bool) -> None:
        if did.step not in {Step.REDIRECT, Step.WARN, Step.END}:
            return
        assert seen.assessment.read, f"rule 3: {did.step} on an unread turn"
        assert not self._doubt(seen), f"rule 3: {did.step} in doubt"
        if did.step is Step.END and did.reason is Reason.CONCERN:
            confirmed = did.confirmation in {Confirmation.CONFIRMED, Confirmation.NO_MODEL}
            assert confirmed or account.spared, f"rule 3: ended, {did.confirmation}"
        if did.reason is Reason.SPARED:
            assert not account.spared, "rule 3: spared twice"

    def _rule_4(self, account: Account, number: int, seen: Seen, did: Decision, in_care: bool) -> None:
        if did.step in {Step.REDIRECT, Step.WARN} or (did.step is Step.END and did.reason is not Reason.REQUEST):
            assert self._abuse(seen) is not None, f"rule 4: {did.step} without a sure and grave concern"
            assert did.concern == self._abuse(seen), f"rule 4: {did.step} names {did.concern}"

    def _rule_6(self, account: Account, number: int, seen: Seen, did: Decision, in_care: bool) -> None:
        over = account.ended or self.closed
        assert did.step is not Step.NUDGE or over, "rule 6: a nudge where nothing has ended"
        assert did.step is not Step.NUDGE or account.nudges == 0, "rule 6: nudged twice"
        if over and not in_care:
            allowed = {Step.NUDGE, Step.SILENCE, Step.CARE}
            assert did.step in allowed, f"rule 6: {did.step} where the bot has ended"

    def _rule_7(self, account: Account, number: int, seen: Seen, did: Decision, in_care: bool) -> None:
        if did.step is Step.END:
            assert (did.scope is Scope.PART) is seen.company, f"rule 7: ended the {did.scope}, company {seen.company}"

    def _rule_8(self, account: Account, number: int, seen: Seen, did: Decision, in_care: bool) -> None:
        wishes = seen.assessment.asks_to_end
        if did.step is Step.ASK:
            assert wishes, "rule 8: asked out of the blue"
            assert not in_care, "rule 8: asked in the care window"
            assert not account.asked, "rule 8: asked twice"
        if did.step is Step.END and did.reason is Reason.REQUEST:
            assert account.asked, "rule 8: ended on request without a question"
            assert not in_care, "rule 8: ended on request in the care window"
            assert seen.assessment.affirms or (wishes and seen.assessment.affirms is None), "rule 8: nobody said yes"
            assert did.concern is None, "rule 8: an ending on request names a conduct"

    def _rule_9(self, account: Account, number: int, seen: Seen, did: Decision, in_care: bool) -> None:
        if not seen.assessment.read:
            allowed = {Step.ANSWER, Step.CARE, Step.SILENCE, Step.NUDGE}
            assert did.step in allowed, f"rule 9: {did.step} on an unread turn"

    def _rule_11(self, account: Account, number: int, seen: Seen, did: Decision, in_care: bool) -> None:
        if did.step is Step.END and did.reason is not Reason.REQUEST:
            assert seen.quota_left, "rule 11: ended beyond the quota"
        if did.reason is Reason.QUOTA and not self._lately(account, seen):
            assert did.calls_moderators, "rule 11: nobody was told"

    # What it owes.

    def _owed(self, account: Account, number: int, seen: Seen, did: Decision, in_care: bool) -> None:
        if seen.assessment.risk.calls_for_care:
            return
        if seen.watched or (in_care and self._out(account)):
            expected = Step.SILENCE
        elif in_care:
            expected = Step.CARE if self._abuse(seen) else Step.ANSWER
        elif account.ended or self.closed:
            expected = Step.SILENCE if account.nudges else Step.NUDGE
        elif not seen.assessment.read or self._doubt(seen):
            expected = Step.ANSWER
        else:
            expected = self._owed_in_order(account, number, seen, did)
        assert did.step is expected, f"turn {number}: {did.step} ({did.reason}) where {expected} was due"

    def _called(self, account: Account, seen: Seen, did: Decision, in_care: bool) -> None:
        """Moderators hear of danger and of who is hostile at risk: once in a while, and of what is graver at once."""
        lately = self._lately(account, seen)
        risk, hostile = seen.assessment.risk, self._abuse(seen) is not None
        if risk.calls_for_care:
            graver = not in_care or risk.level > account.level
            near = risk.level >= Level.ACTIVE and risk.about in {About.SELF, About.OTHER}
            due = (near or hostile) and (graver or not lately)
        else:
            held = in_care and hostile and not seen.watched and not self._out(account)
            due = (held or did.reason is Reason.QUOTA) and not lately
        assert did.calls_moderators is due, f"rule 1: moderators called: {did.calls_moderators}, due: {due}"

    def _owed_in_order(self, account: Account, number: int, seen: Seen, did: Decision) -> Step:
        """What a turn is due that was read without doubt, while the conversation goes on and nobody is at risk."""
        wishes, answer = seen.assessment.asks_to_end, seen.assessment.affirms
        if account.asked and answer is False:
            return Step.ANSWER
        if account.asked and (answer or wishes):
            return Step.END
        if wishes:
            return Step.ASK
        if self._abuse(seen) is None:
            return Step.ANSWER
        if any(step.at > seen.said for step in account.steps) or self._before_sparing(account, seen):
            return Step.SILENCE
        return self._owed_to_abuse(account, seen, did)

    def _owed_to_abuse(self, account: Account, seen: Seen, did: Decision) -> Step:
        kind = self._abuse(seen)
        missing = self.terms.redirections_gravest if kind in self.terms.gravest else self.terms.redirections
        warnings = 0
        for delivered in account.steps:
            if delivered.step is Step.REDIRECT:
                missing -= 1
            elif missing <= 0:
                warnings += 1
        if missing > 0:
            return Step.REDIRECT
        if warnings < self.terms.warnings:
            return Step.WARN
        if not seen.quota_left:
            return Step.REDIRECT
        if account.spared or did.confirmation in {Confirmation.CONFIRMED, Confirmation.NO_MODEL}:
            return Step.END
        return Step.REDIRECT if did.confirmation is Confirmation.SPARED else Step.ANSWER

    # Bookkeeping.

    def _abuse(self, seen: Seen) -> str | None:
        """The kind of conduct that may climb, the gravest first; None if there is none."""
        found = [each for each in seen.assessment.concerns if each.sure and each.severity >= self.terms.climbs_from]
        found.sort(key=lambda each: (each.kind not in self.terms.gravest, -each.severity))
        return found[0].kind if found else None

    def _doubt(self, seen: Seen) -> bool:
        risk = seen.assessment.risk
        return seen.assessment.doubt or (not risk.sure and risk.level >= Level.PASSIVE)

    def _out(self, account: Account) -> bool:
        """Whether it has ended for a member who is not at risk: in a care window, that of somebody else."""
        return (account.ended or self.closed) and account.level is Level.NONE

    def _before_sparing(self, account: Account, seen: Seen) -> bool:
        """Whether a turn was written before the bot answered abuse of a member it has spared."""
        return account.spared and account.abuse is not None and seen.said < account.abuse

    def _lately(self, account: Account, seen: Seen) -> bool:
        return account.called is not None and timedelta(0) <= seen.now - account.called < self.terms.call_again_after

    def _forgive(self, account: Account, now: datetime) -> None:
        """One step for each `forgive_after` since the last abuse, as long as there is anything to forgive."""
        while account.abuse is not None and now - account.abuse >= self.terms.forgive_after:
            account.abuse += self.terms.forgive_after
            self._forgive_one(account)

    def _forgive_one(self, account: Account) -> None:
        del account.steps[-1:]
        account.clean, account.spared = 0, False
        if not account.steps:
            account.abuse = None

    def _book(self, account: Account, number: int, seen: Seen, did: Decision, in_care: bool) -> None:
        if did.calls_moderators:
            account.called = seen.now
        elif seen.assessment.risk.calls_for_care and account.level is Level.NONE:
            account.called = None  # before, it was about something less
        if seen.assessment.risk.calls_for_care:
            self._book_risk(account, seen)
        elif seen.watched or (in_care and self._out(account)):
            return
        elif in_care:
            account.asked = False
        elif did.step is Step.NUDGE:
            account.nudges += 1
        elif seen.assessment.read and not (account.ended or self.closed):
            self._book_step(account, number, seen, did)

    def _book_risk(self, account: Account, seen: Seen) -> None:
        account.steps = [step for step in account.steps if step.step is Step.REDIRECT]
        account.asked = False
        risk, window = seen.assessment.risk, self.terms.care_window
        account.level = max(account.level, risk.level)
        for_good = risk.level >= self.terms.care_for_good_from and risk.about in {About.SELF, About.OTHER}
        until = FOREVER if for_good or window > FOREVER - seen.now else seen.now + window
        self.care_until = until if self.care_until is None else max(until, self.care_until)

    def _book_step(self, account: Account, number: int, seen: Seen, did: Decision) -> None:
        account.asked = did.step is Step.ASK
        if did.step is Step.END:
            account.ended, account.nudges = True, 0
            self.closed = self.closed or did.scope is Scope.CONVERSATION
        if did.reason in {Reason.CONCERN, Reason.SPARED, Reason.OUTAGE, Reason.QUOTA}:
            account.clean, account.abuse = 0, did.standing.last_abuse
        if did.reason is Reason.SPARED:
            account.spared = True
        if did.reason is Reason.CONCERN and did.step in {Step.REDIRECT, Step.WARN}:
            account.sent = (did.step, number)
        if did.reason is Reason.CLEAN:
            account.clean += 1
            if account.clean >= self.terms.forgive_turns:
                self._forgive_one(account)

"""Whole conversations of several members under the policy, checked after every step against the ledger."""

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bot.boundary import Ladder, decide, moves, settle, watch
from bot.domain.assessment import NO_RISK, About, Assessment, Concern, Level, Risk, Severity
from bot.domain.conversation import Conversation
from bot.domain.decision import Decision
from bot.domain.standing import NEW, Standing
from bot.domain.step import Confirmation, Reason, Scope, Step
from tests.boundary.ledger import Ledger, Seen
from tests.strategies import KINDS, NOON, PLACE, assessments, ladders

NAMES = ("ann", "ben", "cem")
members = st.integers(0, 2)
pauses = st.sampled_from([timedelta(0), timedelta(seconds=1), timedelta(minutes=1), timedelta(minutes=20)])
CONFIRMING = timedelta(seconds=3)  # what the main model takes to say whether to end
fates = st.sampled_from(["arrives", "arrives", "arrives", "late", "late", "fails", "is lost"])
abuse = st.builds(
    Concern,
    kind=st.sampled_from(KINDS),
    severity=st.sampled_from([Severity.SERIOUS, Severity.SEVERE]),
    sure=st.just(True),
)
confirmations = st.sampled_from(
    [
        Confirmation.CONFIRMED,
        Confirmation.CONFIRMED,
        Confirmation.SPARED,
        Confirmation.UNAVAILABLE,
        Confirmation.NO_MODEL,
    ]
)
quotas = st.sampled_from([True, True, True, False])
levels = st.sampled_from(
    [Level.NONE, Level.TOPIC, *([Level.PASSIVE] * 4), Level.ACTIVE, Level.VIOLENCE, Level.IMMINENT]
)
anything = assessments(
    read=st.sampled_from([True, True, False]),
    risk=st.one_of(
        st.just(NO_RISK), st.just(NO_RISK), st.just(NO_RISK), st.builds(Risk, level=levels, sure=st.booleans())
    ),
    doubt=st.sampled_from([False, False, True]),
)  # risk is rarer here than it might be, or every conversation would soon be in a care window for good
no_abuse = st.builds(
    lambda kind, sure: Concern(kind, Severity.MILD if sure else Severity.SEVERE, sure),
    st.sampled_from(KINDS),
    st.booleans(),
)


class Conversations(RuleBasedStateMachine):
    """One conversation: what a core would do with the policy's decisions, and nothing else."""

    @initialize(ladder=ladders(), members_in_it=st.integers(1, 3), company_within=pauses)
    def begin(self, ladder: Ladder, members_in_it: int, company_within: timedelta) -> None:
        self.ladder = replace(
            ladder,
            redirections=min(2, ladder.redirections),
            redirections_gravest=min(1, ladder.redirections_gravest),
            warnings=min(2, ladder.warnings),
            climbs_from=Severity.SERIOUS,
            company_within=company_within,
        )  # short, so that conversations come to an end
        self.cast = members_in_it
        self.ledger = Ledger(self.ladder)
        self.conversation = Conversation("terminal:main", PLACE)
        self.standings: dict[str, Standing] = {}
        self.present: dict[str, datetime] = {}  # when each took part last
        self.under_way: list[tuple[str, int]] = []  # steps whose receipt is still out
        self.ends: list[tuple[str, Scope]] = []
        self.now = self.platform = NOON  # the bot's clock may jump, the platform's does not
        self.turns = 0
        self.quota_left = True
        self.confirmation = Confirmation.CONFIRMED

    # What members do.

    @rule(member=members, concern=abuse, pause=pauses, fate=fates)
    def abuses(self, member: int, concern: Concern, pause: timedelta, fate: str) -> None:
        self.says(member, Assessment(read=True, concerns=(concern,)), pause, fate)

    @rule(
        member=members, conduct=st.lists(abuse, min_size=2, max_size=9), confirmation=confirmations, quota_left=quotas
    )
    def goes_on_and_on(self, member: int, conduct: list[Concern], confirmation: Confirmation, quota_left: bool) -> None:
        self.confirmation, self.quota_left = confirmation, quota_left
        for concern in conduct:
            self.says(member, Assessment(read=True, concerns=(concern,)), timedelta(seconds=1))

    @rule(member=members, concern=abuse, turns=st.integers(2, 4), apart=st.integers(0, 1), confirmation=confirmations)
    def abuses_in_one_burst(
        self, *, member: int, concern: Concern, turns: int, apart: int, confirmation: Confirmation
    ) -> None:
        self.confirmation, began, second = confirmation, self.platform, timedelta(seconds=1)
        for number in range(turns):
            written = began + number * apart * second
            self.says(member, Assessment(read=True, concerns=(concern,)), second, "arrives", written)

    @rule(member=members, concern=no_abuse, pause=pauses)
    def swears(self, member: int, concern: Concern, pause: timedelta) -> None:
        self.says(member, Assessment(read=True, concerns=(concern,)), pause)

    @rule(member=members, turns=st.integers(1, 6), pause=pauses)
    def talks(self, member: int, turns: int, pause: timedelta) -> None:
        for _ in range(turns):
            self.says(member, Assessment(read=True), pause)

    @rule(member=members, pause=pauses, said=anything, fate=fates)
    def says_anything(self, member: int, pause: timedelta, said: Assessment, fate: str) -> None:
        self.says(member, said, pause, fate)

    @rule(
        member=members,
        pause=pauses,
        level=levels,
        about=st.sampled_from(About),
        sure=st.booleans(),
        concerns=st.lists(abuse, max_size=1),
    )
    def is_at_risk(
        self, *, member: int, pause: timedelta, level: Level, about: About, sure: bool, concerns: list[Concern]
    ) -> None:
        self.says(member, Assessment(read=True, risk=Risk(level, about, sure), concerns=tuple(concerns)), pause)

    @rule(member=members, answer=st.sampled_from([None, True, False]), again=st.booleans(), conduct=st.none() | abuse)
    def asks_to_end_and_answers(self, member: int, answer: bool | None, again: bool, conduct: Concern | None) -> None:
        self.says(member, Assessment(read=True, asks_to_end=True), timedelta(seconds=1))
        concerns = (conduct,) if conduct else ()
        reply = Assessment(read=True, affirms=answer, asks_to_end=again, concerns=concerns)
        self.says(member, reply, timedelta(seconds=1))

    @rule(member=members, pause=pauses, concern=abuse)
    def abuses_while_the_reader_is_down(self, member: int, pause: timedelta, concern: Concern) -> None:
        self.says(member, Assessment(read=False, concerns=(concern,)), pause)

    @rule(which=members, said=anything)
    def edits(self, which: int, said: Assessment) -> None:
        member = NAMES[which % self.cast]
        self.turns += 1
        decision = watch(self.standing(member), said, self.ladder, self.now, turn=self.turns)
        self.ledger.turn(member, self.turns, Seen(said, self.platform, self.now, watched=True), decision)
        self.carry_out(member, decision, "arrives")

    # What the world does.

    @precondition(lambda self: self.under_way)
    @rule(which=st.integers(0, 20), arrived=st.booleans())
    def a_late_receipt_comes(self, which: int, arrived: bool) -> None:
        member, turn = self.under_way.pop(which % len(self.under_way))
        self.receipt(member, turn, arrived=arrived)

    @rule(span=st.timedeltas(timedelta(minutes=1), timedelta(days=4)))
    def time_passes(self, span: timedelta) -> None:
        self.now += span
        self.platform += span

    @rule(times=st.integers(1, 5))
    def the_time_of_forgiveness_passes(self, times: int) -> None:
        self.now += times * self.ladder.forgive_after
        self.platform += times * self.ladder.forgive_after

    @rule(span=st.timedeltas(-timedelta(days=4), timedelta(days=4)))
    def the_bots_clock_jumps(self, span: timedelta) -> None:
        self.now += span

    @rule(confirmation=confirmations, quota_left=quotas)
    def the_main_model_or_the_quota_changes(self, confirmation: Confirmation, quota_left: bool) -> None:
        self.confirmation, self.quota_left = confirmation, quota_left

    @precondition(lambda self: self.ends)
    @rule()
    def a_moderator_overturns_the_last_ending(self) -> None:
        member, scope = self.ends.pop()
        self.standings[member] = moves.reopened(self.standings[member])
        if scope is Scope.CONVERSATION:
            self.conversation = replace(self.conversation, ended=False)
            for each, standing in self.standings.items():
                self.standings[each] = replace(standing, nudged=False)
        self.ledger.reopened(member, scope)

    # What a core does about it.

    def says(
        self, which: int, said: Assessment, pause: timedelta, fate: str = "arrives", written: datetime | None = None
    ) -> None:
        member = NAMES[which % self.cast]
        self.now += pause
        self.platform += pause
        self.turns += 1
        written = written or self.platform
        company = any(
            timedelta(0) <= self.platform - at <= self.ladder.company_within
            for other, at in self.present.items()
            if other != member
        )
        before, decided = self.standing(member), self.now
        decision = decide(before, said, self.ladder, decided, turn=self.turns, said=written, company=company)
        asked = Confirmation.NOT_ASKED
        if decision.step is Step.END and decision.reason is Reason.CONCERN and self.quota_left and not before.spared:
            asked = self.confirmation
            self.now += CONFIRMING
            self.platform += CONFIRMING
        decision = settle(decision, before, asked, quota_left=self.quota_left, now=self.now)
        if decision.reason in {Reason.CONCERN, Reason.SPARED, Reason.OUTAGE, Reason.QUOTA}:
            assert decision.standing.last_abuse == (self.now if decision.reason is Reason.SPARED else decided)
        seen = Seen(said, written, decided, company=company, quota_left=self.quota_left)
        self.ledger.turn(member, self.turns, seen, decision)
        self.present[member] = self.platform
        self.carry_out(member, decision, fate)

    def standing(self, member: str) -> Standing:
        return moves.joined(self.standings.get(member, NEW), self.conversation)

    def carry_out(self, member: str, decision: Decision, fate: str) -> None:
        own = self.standings.get(member, NEW)  # that the conversation as a whole has ended is no standing of theirs
        self.standings[member] = replace(decision.standing, ended=own.ended or decision.step is Step.END)
        if decision.reason in {Reason.RISK, Reason.STAYING}:
            until = moves.later(self.conversation.care_until, decision.standing.care_until)
            self.conversation = replace(self.conversation, care_until=until)
        if decision.step is Step.END:
            self.ends.append((member, decision.scope))
            ended = self.conversation.ended or decision.scope is Scope.CONVERSATION
            self.conversation = replace(self.conversation, ended=ended)
        if decision.standing.pending is None or fate == "is lost":
            return
        if fate == "late":
            self.under_way.append((member, self.turns))
        else:
            self.receipt(member, self.turns, arrived=fate == "arrives")

    def receipt(self, member: str, turn: int, *, arrived: bool) -> None:
        self.platform += timedelta(seconds=1)
        if arrived:
            self.standings[member] = moves.delivered(self.standings[member], turn, self.platform)
            self.ledger.delivered(member, turn, self.platform)
        else:
            self.standings[member] = moves.undelivered(self.standings[member], turn)
            self.ledger.failed(member, turn)

    @invariant()
    def what_is_held_against_each_member_is_what_the_ledger_says(self) -> None:
        for member, standing in getattr(self, "standings", {}).items():
            account = self.ledger.accounts[member]
            held = [(mark.step, mark.turn, mark.at) for mark in standing.marks]
            assert held == [(step.step, step.turn, step.at) for step in account.steps], member
            assert (standing.pending is None) is (account.sent is None), member
            others = (standing.clean, standing.last_abuse, standing.spared, standing.asked_to_end)
            assert others == (account.clean, account.abuse, account.spared, account.asked), member
            assert standing.called_at == account.called, member


Conversations.TestCase.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
TestConversations = Conversations.TestCase

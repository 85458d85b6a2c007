"""Hypothesis strategies over all that the policy can be told: times, ladders, assessments, standings, conversations.

Times crowd around NOON and the ladders' own spans, because rules break at the edges.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from bot.boundary import Ladder, decide
from bot.domain.assessment import NO_RISK, About, Assessment, Concern, Level, Risk, Severity
from bot.domain.conversation import FOREVER, Conversation, Place
from bot.domain.decision import Decision
from bot.domain.standing import Mark, Standing
from bot.domain.step import Step

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
KINDS = ("insult", "threat", "slur", "minors", "mass_violence")
PLACE = Place(platform="terminal", space="home", channel="main")

spans = st.sampled_from(
    [timedelta(microseconds=1), *(timedelta(minutes=minutes) for minutes in (1, 5, 30, 60, 720, 1440, 2880, 10_080))]
)
distances = st.one_of(st.just(timedelta(0)), spans, st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=30)))
times = st.builds(
    lambda distance, ago: NOON - distance if ago else NOON + distance,
    st.one_of(distances, st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=9_000))),
    st.booleans(),
)
turns = st.integers(min_value=1, max_value=60)
seldom = st.sampled_from([False, False, False, True])
usually = st.sampled_from([True, True, True, False])


@st.composite
def ladders(draw: st.DrawFn) -> Ladder:
    """Any ladder that its own checks let pass."""
    redirections = draw(st.integers(1, 4))
    return Ladder(
        name="drawn",
        version=draw(st.sampled_from(["v1", "v2"])),
        redirections=redirections,
        redirections_gravest=draw(st.integers(0, redirections)),
        warnings=draw(st.integers(1, 3)),
        gravest=frozenset(draw(st.sets(st.sampled_from(KINDS)))),
        climbs_from=draw(st.sampled_from(Severity)),
        forgive_turns=draw(st.integers(1, 6)),
        forgive_after=draw(spans),
        care_window=draw(st.one_of(spans, st.just(timedelta.max))),
        care_for_good_from=draw(st.sampled_from([level for level in Level if level.calls_for_care])),
        card_again_after=draw(spans),
        call_again_after=draw(spans),
        company_within=draw(spans),
        endings_a_day=draw(st.integers(0, 20)),
    )


concerns = st.builds(
    Concern,
    kind=st.sampled_from(KINDS),
    severity=st.sampled_from(Severity),
    sure=st.booleans(),
    confidence=st.none() | st.floats(0, 1),
)
sure_concerns = st.builds(Concern, kind=st.sampled_from(KINDS), severity=st.sampled_from(Severity), sure=st.just(True))
risks = st.builds(Risk, level=st.sampled_from(Level), about=st.sampled_from(About), sure=st.booleans())
mostly_none = st.one_of(st.just(NO_RISK), st.just(NO_RISK), risks)
dangers = st.builds(
    Risk,
    level=st.sampled_from([level for level in Level if level.calls_for_care]),
    about=st.sampled_from(About),
    sure=st.just(True),
)
calm_risks = st.one_of(
    st.just(NO_RISK),
    st.builds(Risk, level=st.sampled_from([Level.NONE, Level.TOPIC]), sure=st.booleans()),
    st.builds(Risk, level=st.sampled_from(Level), about=st.sampled_from(About)),
)


def assessments(
    *,
    read: st.SearchStrategy[bool] = usually,
    risk: st.SearchStrategy[Risk] = mostly_none,
    concern: st.SearchStrategy[Concern] = concerns,
    doubt: st.SearchStrategy[bool] = seldom,
) -> st.SearchStrategy[Assessment]:
    """Any assessment, also those that no reader would make; most of them such that the ladder has a say."""
    return st.builds(
        Assessment,
        read=read,
        concerns=st.lists(concern, max_size=3).map(tuple),
        risk=risk,
        doubt=doubt,
        asks_to_end=seldom,
        affirms=st.sampled_from([None, None, True, False]),
    )


windows = st.one_of(st.none(), st.none(), times, st.just(FOREVER))  # when a care window ends
marks = st.builds(Mark, step=st.sampled_from([Step.REDIRECT, Step.WARN]), turn=turns, at=times)


def standings(
    *,
    ended: st.SearchStrategy[bool] = seldom,
    care_until: st.SearchStrategy[datetime | None] = windows,
) -> st.SearchStrategy[Standing]:
    """Any standing, also those that no conversation leads to; most of them such that the ladder has a say."""
    return st.builds(
        Standing,
        marks=st.lists(marks, max_size=6).map(tuple),
        pending=st.none() | marks,
        clean=st.integers(0, 8),
        last_abuse=st.none() | times,
        spared=st.booleans(),
        asked_to_end=st.booleans(),
        ended=ended,
        nudged=st.booleans(),
        care_until=care_until,
        care_level=st.sampled_from(Level),
        card_at=st.none() | times,
        called_at=st.none() | times,
    )


conversations = st.builds(
    Conversation,
    id=st.just("terminal:main"),
    place=st.just(PLACE),
    ended=seldom,
    care_until=windows,
)


@dataclass(frozen=True)
class Case:
    """All that the policy is told about one turn."""

    standing: Standing
    assessment: Assessment
    ladder: Ladder
    now: datetime
    turn: int
    said: datetime | None
    company: bool

    def decide(self) -> Decision:
        return decide(
            self.standing,
            self.assessment,
            self.ladder,
            self.now,
            turn=self.turn,
            said=self.said,
            company=self.company,
        )


@st.composite
def cases(
    draw: st.DrawFn,
    standing: st.SearchStrategy[Standing] = standings(),  # noqa: B008
    assessment: st.SearchStrategy[Assessment] = assessments(),  # noqa: B008
    ladder: st.SearchStrategy[Ladder] = ladders(),  # noqa: B008
    now: st.SearchStrategy[datetime] = times,
) -> Case:
    """Any turn, of a standing, an assessment, a ladder and a time of these kinds."""
    said = draw(st.one_of(st.none(), st.none(), times))
    return Case(draw(standing), draw(assessment), draw(ladder), draw(now), draw(turns), said, draw(st.booleans()))


@st.composite
def proposals(draw: st.DrawFn) -> Case:
    """A turn that is due an ending for abuse, still to be settled."""
    ladder = replace(draw(ladders()), forgive_after=timedelta(days=1))
    kind = draw(st.sampled_from(KINDS))
    taken = [step for step, times in ladder.rungs(kind) for _ in range(times)]
    standing = Standing(
        marks=tuple(Mark(step, turn, NOON - timedelta(minutes=60 - turn)) for turn, step in enumerate(taken, start=1)),
        last_abuse=NOON - timedelta(minutes=1),
        spared=draw(st.booleans()),
        called_at=draw(st.none() | distances.map(lambda ago: NOON - ago)),
    )
    said = Assessment(read=True, concerns=(Concern(kind, Severity.SEVERE, sure=True),))
    return Case(standing, said, ladder, NOON, turn=len(taken) + 1, said=None, company=draw(st.booleans()))

"""Who is believed about what: any reader, and the main model, may call for care; one alone makes a standing climb."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.assess.combine import combine, heeding
from bot.domain.assessment import NO_RISK, About, Assessment, Concern, Level, Reading, Risk, Severity
from tests.strategies import assessments, concerns, dangers, risks

INSULT = Concern("insult", Severity.SERIOUS, sure=True)
THREAT = Concern("threat", Severity.SEVERE, sure=True)
UNREAD = Reading.unread("model", "told to fail")


def sure(level: Level, about: About = About.SELF) -> Risk:
    return Risk(level, about, sure=True)


def possible(level: Level) -> Risk:
    return Risk(level)


def wording(risk: Risk = NO_RISK, **seen: object) -> Reading:
    return replace(Reading("wording", risk=risk), **seen)  # type: ignore[arg-type]


def model(risk: Risk = NO_RISK, **seen: object) -> Reading:
    return replace(Reading("model", risk=risk), **seen)  # type: ignore[arg-type]


readings = st.builds(
    Reading,
    by=st.just("model"),
    read=st.booleans(),
    concerns=st.lists(concerns, max_size=2).map(tuple),
    risk=risks,
    asks_to_end=st.booleans(),
    affirms=st.none() | st.booleans(),
    country=st.none() | st.just("DE"),
    language=st.none() | st.just("de"),
)


def test_concerns_are_those_of_the_model_alone() -> None:
    seen = combine(wording(concerns=(INSULT,)), model(concerns=(THREAT,)))
    assert (seen.read, seen.concerns) == (True, (THREAT,))
    assert combine(wording(concerns=(INSULT,)), model()).concerns == ()


def test_where_the_model_fails_nothing_is_held_against_anybody() -> None:
    seen = combine(wording(concerns=(INSULT,), asks_to_end=True), UNREAD)
    assert (seen.read, seen.concerns, seen.asks_to_end) == (False, (), True)


def test_where_there_is_no_model_the_wording_counts() -> None:
    seen = combine(wording(concerns=(INSULT,)), None)
    assert (seen.read, seen.concerns) == (True, (INSULT,))


@pytest.mark.parametrize(
    ("by_wording", "by_model", "risk", "doubt"),
    [
        (sure(Level.ACTIVE), NO_RISK, sure(Level.ACTIVE), False),
        (NO_RISK, sure(Level.PASSIVE), sure(Level.PASSIVE), False),
        (sure(Level.ACTIVE), sure(Level.IMMINENT), sure(Level.IMMINENT), False),
        (sure(Level.PASSIVE), possible(Level.IMMINENT), sure(Level.PASSIVE), False),
        (possible(Level.PASSIVE), NO_RISK, NO_RISK, True),
        (NO_RISK, possible(Level.PASSIVE), NO_RISK, True),
        (NO_RISK, possible(Level.ACTIVE), sure(Level.PASSIVE), False),
        (NO_RISK, possible(Level.VIOLENCE), NO_RISK, True),
        (sure(Level.TOPIC), possible(Level.PASSIVE), sure(Level.TOPIC), True),
        (sure(Level.TOPIC), NO_RISK, sure(Level.TOPIC), False),
        (NO_RISK, NO_RISK, NO_RISK, False),
    ],
)
def test_the_gravest_sure_risk_of_any_counts_and_a_possible_one_is_doubt(
    by_wording: Risk, by_model: Risk, risk: Risk, doubt: bool
) -> None:
    seen = combine(wording(by_wording), model(by_model))
    assert (seen.risk, seen.doubt) == (risk, doubt)


@pytest.mark.parametrize("judge", [None, UNREAD])
def test_where_no_model_judges_possible_risk_is_met_as_the_mildest(judge: Reading | None) -> None:
    for level in (Level.PASSIVE, Level.ACTIVE, Level.IMMINENT):
        assert combine(wording(possible(level)), judge).risk == sure(Level.PASSIVE)
    seen = combine(wording(possible(Level.VIOLENCE)), judge)
    assert (seen.risk, seen.doubt) == (NO_RISK, True)


@given(readings, readings | st.none())
def test_any_reader_may_call_for_care(one: Reading, other: Reading | None) -> None:
    seen = combine(one, other)
    gravest = max((each.risk.level for each in (one, other) if each and each.read and each.risk.sure), default=0)
    assert seen.risk.level >= gravest
    if gravest >= Level.PASSIVE:
        assert seen.risk.calls_for_care


# The main model calls, as it writes.


def test_a_call_is_one_more_reading_and_everything_else_stays() -> None:
    seen = combine(wording(), model(possible(Level.PASSIVE), concerns=(INSULT,), asks_to_end=True, language="de"))
    call = Reading("main", risk=sure(Level.ACTIVE, About.OTHER), why="called for care")
    heeded = heeding(seen, call)
    assert heeded.readings == (*seen.readings, call)
    assert replace(heeded, readings=seen.readings) == replace(seen, risk=call.risk, doubt=False)


def test_what_the_readers_were_sure_of_is_not_made_less() -> None:
    seen = combine(wording(sure(Level.IMMINENT)), model())
    assert heeding(seen, Reading("main", risk=sure(Level.PASSIVE))).risk == sure(Level.IMMINENT)
    same = heeding(seen, Reading("main", risk=sure(Level.IMMINENT, About.OTHER)))
    assert same.risk == sure(Level.IMMINENT)


def test_what_nobody_was_sure_of_is_replaced() -> None:
    seen = Assessment(risk=possible(Level.IMMINENT), doubt=True)
    heeded = heeding(seen, Reading("main", risk=sure(Level.PASSIVE)))
    assert (heeded.risk, heeded.doubt) == (sure(Level.PASSIVE), False)


@given(assessments(), st.lists(dangers, min_size=1, max_size=3))
def test_the_gravest_of_all_calls_counts_in_whatever_order_they_come(seen: Assessment, called: list[Risk]) -> None:
    heeded = seen
    for risk in called:
        heeded = heeding(heeded, Reading("main", risk=risk))
    known = [seen.risk.level] if seen.risk.sure else []
    assert heeded.risk.level == max(*known, *(risk.level for risk in called), Level.NONE)
    assert heeded.risk.calls_for_care
    assert not heeded.doubt
    assert (heeded.concerns, heeded.read) == (seen.concerns, seen.read)

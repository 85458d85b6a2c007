"""Whatever the nouns can be, they come back as they were."""

import json
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.action import Action, Say
from bot.domain.assessment import Assessment, Concern
from bot.domain.conversation import FOREVER, Attachment, Place
from bot.domain.decision import Decision
from bot.domain.ending import Evidence
from bot.domain.event import Event
from bot.domain.standing import Standing
from bot.store.codec import Codec, moment, moment_or_none, seconds, seconds_or_none

st.register_type_strategy(datetime, st.datetimes(timezones=st.just(UTC)) | st.just(FOREVER))
st.register_type_strategy(Concern, st.builds(Concern, confidence=st.none() | st.floats(0, 1)))
CODEC = Codec()


@given(st.from_type(Event))  # type: ignore[arg-type]
def test_events(event: Event) -> None:
    assert CODEC.event(CODEC.of_event(event)) == event


@given(st.from_type(Action))  # type: ignore[arg-type]
def test_actions(action: Action) -> None:
    assert CODEC.action(CODEC.of_action(action)) == action


def test_what_was_stored_before_asides_were_known_is_said_to_all() -> None:
    say = Say(id="a/0", conversation="board:1", place=Place("board", "home", "lounge"), text="Yes.")
    stored = json.loads(CODEC.of_action(say))
    del stored["aside"]
    assert CODEC.action(json.dumps(stored)) == say


@given(st.from_type(Standing))
def test_standings(standing: Standing) -> None:
    assert CODEC.standing(CODEC.of_standing(standing)) == standing


@given(st.from_type(Assessment))
def test_assessments(assessment: Assessment) -> None:
    assert CODEC.assessment(CODEC.of_assessment(assessment)) == assessment


@given(st.from_type(Decision))
def test_decisions(decision: Decision) -> None:
    assert CODEC.decision(CODEC.of_decision(decision)) == decision


@given(st.lists(st.from_type(Evidence)).map(tuple))
def test_evidence(evidence: tuple[Evidence, ...]) -> None:
    assert CODEC.evidence(CODEC.of_evidence(evidence)) == evidence


@given(st.lists(st.from_type(Attachment)).map(tuple))
def test_attachments(attachments: tuple[Attachment, ...]) -> None:
    body = CODEC.of_attachments(attachments)
    assert (CODEC.attachments(body) if body else ()) == attachments


@given(st.lists(st.text()).map(tuple))
def test_calls(calls: tuple[str, ...]) -> None:
    body = CODEC.of_calls(calls)
    assert (CODEC.calls(body) if body else ()) == calls


@given(st.datetimes(datetime(1970, 1, 1), datetime(2242, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_times_keep_their_microseconds(time: datetime) -> None:
    assert moment(seconds(time)) == time


def test_forever_survives() -> None:
    assert moment(seconds(FOREVER)) == FOREVER
    assert moment_or_none(seconds_or_none(FOREVER)) == FOREVER
    assert moment_or_none(seconds_or_none(None)) is None

"""Names are made of Slack's ids alone, and lead back to them."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.slack import names
from bot.domain.conversation import Member, Place

TEAM, CHANNEL, USER, TS = "T012AB3CD", "C024BE91L", "U061F7AUR", "1724966800.923979"
MEMBER, AT = f"slack:{TEAM}:{USER}", datetime(2024, 8, 29, 21, 20, tzinfo=UTC)
ids = st.from_regex(r"[A-Z][A-Z0-9]{1,11}", fullmatch=True)
times = st.datetimes(datetime(2013, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def test_a_conversation_belongs_to_its_workspace_and_channel() -> None:
    assert names.place("T1", "C1", private=False) == Place("slack", "T1", "C1", private=False)
    assert names.place("T1", "D1", private=True) == Place("slack", "T1", "D1", private=True)


@given(ids, ids, times)
def test_a_thread_is_found_by_its_conversation(team: str, channel: str, at: datetime) -> None:
    name = names.conversation(team, channel, names.ts(at))
    assert (names.team(name), names.channel(name), names.root(name)) == (team, channel, names.ts(at))
    assert name == f"slack:{team}:{channel}:{names.ts(at)}"


@given(ids, ids)
def test_a_member_leads_back_to_the_user_and_the_workspace(team: str, user: str) -> None:
    member = names.member(team, user).id
    assert (names.team(member), names.user(member)) == (team, user)


@given(ids, times)
def test_a_message_leads_back_to_its_channel(channel: str, at: datetime) -> None:
    assert names.channel_and_ts(names.message(channel, names.ts(at))) == (channel, names.ts(at))


@given(times)
def test_a_time_survives_to_the_microsecond(at: datetime) -> None:
    assert names.moment(names.ts(at)) == at


def test_a_ts_tells_when() -> None:
    assert names.moment(TS) == datetime(2024, 8, 29, 21, 26, 40, 923_979, tzinfo=UTC)


@given(times, st.timedeltas(timedelta(microseconds=1), timedelta(days=9)))
def test_what_is_later_has_a_greater_ts(at: datetime, later: timedelta) -> None:
    assert names.ts(at) < names.ts(at + later)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "slack",
        "discord:5",
        "discord:T1:C1:1.000001",
        f"slack:{TEAM}",
        f"slack:m:{TEAM}:{CHANNEL}:{TS}",
        f"slack:{TEAM}:{CHANNEL}:",
        f"slack:{TEAM}:{CHANNEL}:1724966800",
        f"slack:{TEAM}::{TS}",
        f"slack:{TEAM}:{CHANNEL}:{TS}:1",
        f"slack::{CHANNEL}:{TS}",
        f"slack:{TEAM}:c/../{CHANNEL}:{TS}",
    ],
)
def test_names_of_others_are_refused(name: str) -> None:
    for read in (names.channel, names.root, names.user):
        with pytest.raises(ValueError, match="not one of Slack's"):
            read(name)


@pytest.mark.parametrize("message", ["", TS, CHANNEL, f"{CHANNEL}:", f"{CHANNEL}:1", f":{TS}", f"{CHANNEL}:{TS}:1"])
def test_messages_of_others_are_refused(message: str) -> None:
    with pytest.raises(ValueError, match="not one of Slack's"):
        names.channel_and_ts(message)


@pytest.mark.parametrize("ts", ["", "1", "1.5", "-1.000001", "1724966800.9239790", "١.000001", "nan", "1e9.000000"])
def test_what_is_no_time_is_refused(ts: str) -> None:
    with pytest.raises(ValueError, match="not one of Slack's times"):
        names.moment(ts)


@given(ids, ids, times, ids)
def test_a_file_is_found_by_its_source(team: str, channel: str, at: datetime, file: str) -> None:
    assert names.file(names.source(team, channel, names.ts(at), file)) == (team, file)


@pytest.mark.parametrize(
    "source", ["", "F1", "T1/C1/F1", f"T1/C1/{TS}/F1/2", f"T1/C1/{TS}/../..", "/etc/passwd", "///"]
)
def test_sources_of_others_are_refused(source: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (whatever it says)
        names.file(source)


def test_keys_of_different_reports_differ() -> None:
    message, other = names.message(CHANNEL, TS), names.message(CHANNEL, "1724966800.923980")
    keys = [
        names.said(TEAM, CHANNEL, TS),
        names.said(TEAM, CHANNEL, "1724966800.923980"),
        names.said(TEAM, "C024BE91M", TS),
        names.edited(TEAM, CHANNEL, TS, "1724966801.000001"),
        names.edited(TEAM, CHANNEL, TS, "1724966801.000002"),
        names.deleted(TEAM, CHANNEL, TS),
        names.rated(message, MEMBER, "fair", AT),
        names.rated(message, MEMBER, "fair", AT + timedelta(microseconds=1)),
        names.rated(message, MEMBER, "unfair", AT),
        names.rated(message, names.member(TEAM, "U061F7AUS").id, "fair", AT),
        names.rated(other, MEMBER, "fair", AT),
        names.interacted(TEAM, "12466734323.1395872398.abc"),
        names.interacted(TEAM, "V1:1724966800.xyz"),
    ]
    assert len(set(keys)) == len(keys)
    assert keys[0] == f"slack:m:{TEAM}:{CHANNEL}:{TS}"
    assert keys[3] == f"slack:e:{TEAM}:{CHANNEL}:{TS}:1724966801.000001"
    assert keys[5] == f"slack:d:{TEAM}:{CHANNEL}:{TS}"


def test_the_key_of_a_rating_tells_who_did_what_and_when() -> None:
    message = names.message(CHANNEL, TS)
    key = names.rated(message, MEMBER, "took-fair", AT)
    assert key.startswith(names.ratings(message))
    assert names.rating(key) == (MEMBER, "took-fair", names.ts(AT))


@given(st.text(), st.integers(0, 50), st.sampled_from(["say", "tell"]))
def test_a_post_is_known_by_the_same_name_always_which_tells_nothing(action: str, part: int, kind: str) -> None:
    name = names.post(action, part, kind)
    assert re.fullmatch("[a-z2-7]{52}", name)
    assert name == names.post(action, part, kind)


def test_every_post_of_an_action_has_a_name_of_its_own() -> None:
    posts = [("a/0", 0, "say"), ("a/0", 1, "say"), ("a/0", 0, "tell"), ("a/1", 0, "say"), ("a/1", 1, "say")]
    assert len({names.post(*post) for post in posts}) == len(posts)


def test_a_member_is_called_by_the_first_name_that_can_be_seen() -> None:
    assert names.member("T1", "U1", None, "\u3164", "ana\n") == Member("slack:T1:U1", "ana")

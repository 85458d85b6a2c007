"""Names are made of Discord's ids alone, and lead back to them."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.discord import names
from bot.domain.conversation import Member, Place

MESSAGE = 1_441_000_000_000_000_001
ids = st.integers(1, 2**63 - 1)


def test_a_thread_belongs_to_its_guild_and_the_channel_it_hangs_at() -> None:
    assert names.place(7, 8, private=False) == Place("discord", "7", "8", private=False)


def test_a_direct_message_belongs_to_no_guild_and_is_private() -> None:
    assert names.place(None, 8, private=False) == Place("discord", "dm", "8", private=True)


@given(ids)
def test_a_thread_is_found_by_its_conversation(thread: int) -> None:
    assert names.channel(names.conversation(thread)) == thread
    assert names.begun(names.conversation(thread)) is None


@given(ids, st.lists(ids, unique=True).map(sorted), ids)
def test_a_message_belongs_to_the_conversation_that_was_open_when_it_was_written(
    channel: int, begun: list[int], message: int
) -> None:
    conversation = names.direct(channel, begun, message)
    assert names.channel(conversation) == channel
    assert names.begun(conversation) == max((each for each in begun if each <= message), default=None)


def test_the_newest_conversation_is_the_one_that_is_open() -> None:
    assert names.direct(8) == "discord:8"
    assert names.direct(8, [21, 22]) == "discord:8:22"


@given(ids)
def test_a_member_leads_back_to_the_user(user: int) -> None:
    assert names.user(names.member(user).id) == user


@pytest.mark.parametrize(
    "name", ["", "terminal:5", "discord", "discord:", "discord:x", "discord:-5", "discord:1_0", "discord:m:5", "5"]
)
def test_names_of_others_are_refused(name: str) -> None:
    for read in (names.channel, names.begun, names.user):
        with pytest.raises(ValueError, match="not one of Discord's"):
            read(name)


@pytest.mark.parametrize("source", ["", "5", "5/6", "5/6/7/8", "a/b/c", "/etc/passwd"])
def test_sources_of_others_are_refused(source: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (whatever it says)
        names.attachment(source)


@given(ids, ids, ids)
def test_an_attachment_leads_back_to_its_message(channel: int, message: int, attachment: int) -> None:
    assert names.attachment(names.source(channel, message, attachment)) == (channel, message, attachment)


def test_keys_of_different_reports_differ() -> None:
    at = datetime(2026, 11, 20, 12, 0, 0, 123_000, tzinfo=UTC)
    keys = [
        names.said(MESSAGE),
        names.edited(MESSAGE, at),
        names.edited(MESSAGE, at + timedelta(milliseconds=1)),
        names.deleted(MESSAGE),
        names.rated(MESSAGE, "discord:5", "fair", "1"),
        names.rated(MESSAGE, "discord:5", "fair", "2"),
        names.rated(MESSAGE, "discord:6", "fair", "1"),
        names.rated(MESSAGE, "discord:5", "unfair", "1"),
        names.interacted(MESSAGE),
    ]
    assert len(set(keys)) == len(keys)
    assert names.said(MESSAGE) == f"discord:m:{MESSAGE}"
    assert names.edited(MESSAGE, at) == f"discord:e:{MESSAGE}:1795176000123"


@given(st.text(), st.integers(0, 50), st.sampled_from(["say", "tell"]))
def test_a_nonce_is_one_that_discord_takes_and_is_always_the_same(action: str, part: int, kind: str) -> None:
    nonce = names.nonce(action, part, kind)
    assert re.fullmatch("[a-z2-7]{25}", nonce)
    assert nonce == names.nonce(action, part, kind)


def test_every_post_of_an_action_has_a_nonce_of_its_own() -> None:
    posts = [("a/0", 0, "say"), ("a/0", 1, "say"), ("a/0", 0, "tell"), ("a/1", 0, "say"), ("a/1", 1, "say")]
    assert len({names.nonce(*post) for post in posts}) == len(posts)


def test_an_id_tells_when_it_was_made() -> None:
    assert names.created(175_928_847_299_117_063) == datetime(2016, 4, 30, 11, 18, 25, 796_000, tzinfo=UTC)


def test_somebody_without_a_visible_name_goes_by_the_next_one() -> None:
    assert names.member(5, None, "\u3164", "ana_5") == Member("discord:5", "ana_5")
    assert names.member(5) == Member("discord:5", "")

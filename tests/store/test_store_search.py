"""Search: finds what was ended, and no query can hurt it."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.ending import Ending
from bot.domain.step import Scope
from bot.store.sqlite import SqliteStore
from tests.store.cases import end, ending, live, said

HOSTILE = [
    '"',
    '""',
    '"unclosed',
    "NEAR(a b)",
    "AND",
    "a OR",
    "NOT",
    "text:secret",
    "*",
    "a*b*",
    "^a",
    "(",
    ")",
    "{a b}: c",
    "-",
    "+",
    "'; drop table turn; --",
    "a\0b",
    "\0",
    "",
    " \t\n",
    "…",
    "😀",
    "\\",
    "%",
    "_",
    "a" * 5_000,
    "a " * 500,
]


async def ended(store: SqliteStore, text: str, number: int = 1) -> Ending:
    made = ending(f"ending-{number}", conversation=f"c{number}")
    await end(store, made, said(text, key=f"e{number}", conversation=f"c{number}"))
    return made


@pytest.mark.parametrize("query", HOSTILE)
async def test_hostile_queries_are_only_words(store: SqliteStore, query: str) -> None:
    await ended(store, "nothing of that")
    await store.search(query)
    assert [found.turn for found in await store.search("nothing")] == [1]


@given(query=st.text(max_size=30))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_any_text_is_a_query_that_finds_itself(store: SqliteStore, query: str) -> None:
    await store.search(query)


async def test_it_finds_turns_of_what_was_ended_and_of_nothing_else(store: SqliteStore) -> None:
    await live(store, said("a trumpet elsewhere", key="open", conversation="open"))
    await live(store, said("the first trumpet", key="before", conversation="c1"), reply="about trombones")
    await ended(store, "The Trumpets, café", 1)
    found = await store.search("trumpet")
    assert {(each.conversation, each.ending, each.turn) for each in found} == {
        ("c1", "ending-1", 1),
        ("c1", "ending-1", 2),
    }
    assert [each.turn for each in await store.search("trombone")] == [1]
    assert [each.turn for each in await store.search("CAFE trump")] == [2]
    assert "Trumpets" in (await store.search("cafe"))[0].snippet
    assert len(await store.search("trumpet", 1)) == 1
    assert [each.turn for each in await store.search("- trombone ! …")] == [1]
    assert await store.search("trumpet banjo") == ()


async def test_what_is_said_after_the_ending_is_found(store: SqliteStore) -> None:
    await ended(store, "first")
    await live(store, said("a banjo", key="late", conversation="c1"))
    assert [each.turn for each in await store.search("banjo")] == [2]


async def test_a_second_ending_in_a_conversation_doubles_nothing(store: SqliteStore) -> None:
    await end(store, ending("one", scope=Scope.PART), said("banjo", key="e1"))
    await end(store, ending("two", scope=Scope.PART), said("lute", key="e2"))
    assert [(each.turn, each.ending) for each in await store.search("banjo")] == [(1, "two")]


@pytest.mark.parametrize("query", ["不死", "死鸟", "100%"])
async def test_scripts_without_gaps_between_words_are_searched_too(store: SqliteStore, query: str) -> None:
    await ended(store, "这是不死鸟的故事, 100% sure")
    assert [found.turn for found in await store.search(query)] == [1]

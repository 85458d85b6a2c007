"""What models used: booked once, for the member and the space, and found again by budgets and by operators."""

import asyncio
import contextlib
import sqlite3
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.usage import NOTHING_SPENT, Spent, Usage
from bot.store import booking, forgetting, retention, scenes
from bot.store.codec import Codec
from bot.store.schema import migrate
from bot.store.sqlite import SqliteStore
from bot.store.statements import SCENE
from tests.store.cases import ANN, BEN, DAY, PLACE, change, live, said, turned
from tests.strategies import NOON

TODAY, TOMORROW = "2026-11-20", "2026-11-21"
CODEC = Codec()


def used(
    fresh: int = 0, *, turns: int = 0, member: str = ANN.id, model: str = "main", space: str = PLACE.space
) -> Usage:
    """With as many tokens of each kind as keep the kinds apart: 7 times `fresh` in all."""
    return Usage(
        space=space,
        member=member,
        model=model,
        fresh=fresh,
        cache_write=fresh,
        cache_read=2 * fresh,
        output=3 * fresh,
        turns=turns,
    )


async def spent(store: SqliteStore, member: str = ANN.id, day: str = TODAY) -> tuple[Spent, Spent]:
    """By the member, and by all of the space."""
    asking = ANN if member == ANN.id else BEN
    scene = await store.scene(said(key="asks", member=asking), 0, day)
    return scene.spent_by_member, scene.spent_by_space


async def test_at_first_nothing_is_spent(store: SqliteStore) -> None:
    assert await spent(store) == (NOTHING_SPENT, NOTHING_SPENT)
    await live(store, said())
    assert await spent(store) == (NOTHING_SPENT, NOTHING_SPENT)


async def test_all_tokens_of_all_models_count_and_turns_do(store: SqliteStore) -> None:
    await store.spend([used(1, turns=1), used(10, model="reader")], TODAY)
    await store.spend([used(100, turns=1)], TODAY)
    assert await spent(store) == (Spent(2, 777), Spent(2, 777))


async def test_a_record_books_its_usage_with_what_it_changes(store: SqliteStore) -> None:
    event = said()
    record = turned(await store.scene(event, 0, TODAY), event)
    assert await store.record(replace(record, usage=(used(1, turns=1), used(10, model="reader")), today=TODAY))
    assert await spent(store) == (Spent(1, 77), Spent(1, 77))
    assert await store.usage(TODAY, TODAY) == (
        used(1, turns=1, member=""),
        used(10, model="reader", member=""),
    )


async def test_a_record_may_bring_the_usage_of_others(store: SqliteStore) -> None:
    theirs = (used(1, turns=1, member=BEN.id), used(10, space="elsewhere"), used(100))
    await change(store, said(), usage=theirs, today=TODAY)
    assert await spent(store, ANN.id) == (Spent(0, 700), Spent(1, 707))
    assert await spent(store, BEN.id) == (Spent(1, 7), Spent(1, 707))
    assert await store.usage(TODAY, TODAY, space="elsewhere") == (used(10, space="elsewhere", member=""),)


async def test_a_stale_record_books_nothing(store: SqliteStore) -> None:
    old = await store.scene(said(key="late"), 0)
    await live(store, said(key="first"))
    late = replace(turned(old, said(key="late")), usage=(used(1, turns=1),), today=TODAY)
    assert not await store.record(late)
    assert await spent(store) == (NOTHING_SPENT, NOTHING_SPENT)
    again = await store.scene(said(key="late"), 0)
    assert await store.record(replace(late, expects=again.version, conversation=again.conversation))
    assert await spent(store) == (Spent(1, 7), Spent(1, 7))


async def test_an_event_and_stage_are_booked_once(store: SqliteStore) -> None:
    event = said()
    scene = await store.scene(event, 0)
    record = replace(turned(scene, event), usage=(used(1, turns=1),), today=TODAY)
    assert await store.record(record)
    assert await store.record(record)
    assert await spent(store) == (Spent(1, 7), Spent(1, 7))
    now = (await store.scene(event, 0)).version
    assert await store.record(replace(record, stage="care", expects=now, vetted=None))
    assert await spent(store) == (Spent(2, 14), Spent(2, 14))


async def test_what_cannot_be_kept_is_not_booked_either(store: SqliteStore) -> None:
    event = said()
    record = turned(await store.scene(event, 0), event, reply="\ud83d")
    results = await asyncio.gather(
        store.record(replace(record, usage=(used(1),), today=TODAY)),
        store.spend([used(10)], TODAY),
        return_exceptions=True,
    )
    assert "Unicode" in str(results[0])
    assert await spent(store) == (Spent(0, 70), Spent(0, 70))


async def test_at_midnight_everybody_begins_anew(store: SqliteStore) -> None:
    await store.spend([used(1, turns=1)], TODAY)
    await store.spend([used(10, turns=1)], TOMORROW)
    assert await spent(store, day=TODAY) == (Spent(1, 7), Spent(1, 7))
    assert await spent(store, day=TOMORROW) == (Spent(1, 70), Spent(1, 70))
    assert await spent(store, day="2026-11-22") == (NOTHING_SPENT, NOTHING_SPENT)
    assert await spent(store, day="") == (NOTHING_SPENT, NOTHING_SPENT)


async def test_what_is_used_for_nobody_counts_for_the_space_once(store: SqliteStore) -> None:
    await store.spend([used(1, member="")], TODAY)
    assert await spent(store) == (NOTHING_SPENT, Spent(0, 7))


async def test_nothing_to_book_is_no_fault(store: SqliteStore) -> None:
    await store.spend([], TODAY)
    assert await store.usage("", "9999") == ()


async def test_usage_is_added_up_by_space_and_model_with_both_days_included(store: SqliteStore) -> None:
    for day in ("2026-11-19", TODAY, TOMORROW, "2026-11-22"):
        await store.spend([used(1, turns=1), used(10, member=BEN.id, model="reader"), used(100, space="a")], day)
    assert await store.usage(TODAY, TOMORROW) == (
        used(200, space="a", member=""),
        used(2, turns=2, member=""),
        used(20, model="reader", member=""),
    )
    assert await store.usage(TODAY, TODAY, space="a") == (used(100, space="a", member=""),)
    assert await store.usage(TOMORROW, TODAY) == ()
    assert await store.usage(TODAY, TODAY, space="nowhere") == ()


async def test_usage_is_added_up_by_member_for_operators(store: SqliteStore) -> None:
    for day in (TODAY, TOMORROW):
        await store.spend([used(1, turns=1), used(10, member=BEN.id), used(100, model="reader")], day)
    assert await store.usage(TODAY, TOMORROW, members=True) == (
        used(2, turns=2),
        used(200, model="reader"),
        used(20, member=BEN.id),
    )


async def test_a_forgotten_members_numbers_go_and_the_spaces_stay(store: SqliteStore) -> None:
    await store.spend([used(1, turns=1), used(10, turns=1, member=BEN.id)], TODAY)
    before = await store.usage(TODAY, TODAY)
    assert (await store.export_member(ANN.id))["usage"] != []
    await store.forget(ANN.id, NOON)
    assert await store.usage(TODAY, TODAY, members=True) == (used(10, turns=1, member=BEN.id),)
    assert await store.usage(TODAY, TODAY) == before
    assert await spent(store) == (NOTHING_SPENT, Spent(2, 77))
    assert (await store.export_member(ANN.id))["usage"] == []


async def test_a_turn_that_is_forgotten_while_it_is_decided_books_nothing(store: SqliteStore) -> None:
    event = said()
    await store.accept(event, NOON)
    record = turned(await store.scene(event, 0), event)
    await store.forget(ANN.id, NOON)
    assert await store.record(replace(record, usage=(used(1, turns=1),), today=TODAY))
    assert await store.usage(TODAY, TODAY, members=True) == ()


async def test_to_forget_nobody_erases_nobody(store: SqliteStore) -> None:
    await live(store, said("keep me"))
    await store.spend([used(1)], TODAY)
    before = [row async for row in store.export_all()]
    assert await store.forget("", NOON) == 0
    assert [row async for row in store.export_all()] == before


@pytest.mark.parametrize("now", [NOON, NOON.replace(hour=0), NOON.replace(hour=23, minute=59)])
async def test_members_numbers_are_dropped_after_ninety_days_and_spaces_never(
    store: SqliteStore, now: datetime
) -> None:
    days = [(now - age * DAY).date().isoformat() for age in (0, 89, 90, 91, 2_000)]
    for day in days:
        await store.spend([used(1)], day)
    assert not await store.retain(now, 30 * DAY, 90 * DAY)
    kept = {row["day"] async for row in store.export_all() if row["table"] == "usage" and row["member"]}
    assert kept == set(days[:3])
    assert await store.usage("", "9999") == (used(5, member=""),)


async def test_usage_is_in_the_export(store: SqliteStore) -> None:
    await store.spend([used(1, turns=1)], TODAY)
    rows = [row async for row in store.export_all() if row["table"] == "usage"]
    assert sorted(str(row["member"]) for row in rows) == ["", ANN.id]
    where = {"table": "usage", "day": TODAY, "space": PLACE.space, "member": "", "model": "main"}
    sums = {"turns": 1, "fresh": 1, "cache_write": 1, "cache_read": 2, "output": 3}
    assert [row for row in rows if not row["member"]] == [where | sums]


async def test_usage_survives_closing_and_is_added_to(tmp_path: Path) -> None:
    for _ in range(3):
        store = await SqliteStore.open(tmp_path / "fairwell.db", exclusive=True)
        await store.spend([used(1, turns=1)], TODAY)
        await store.close()
    store = await SqliteStore.open(tmp_path / "fairwell.db", exclusive=True)
    assert await spent(store) == (Spent(3, 21), Spent(3, 21))
    await store.close()


async def test_of_many_at_once_none_is_lost(store: SqliteStore) -> None:
    await asyncio.gather(*(store.spend([used(1, turns=1)], TODAY) for _ in range(300)))
    assert await spent(store) == (Spent(300, 2_100), Spent(300, 2_100))


WHO = [ANN.id, BEN.id, "id-cem", ""]
USES = st.builds(
    Usage,
    space=st.sampled_from(["a", "b"]),
    member=st.sampled_from(WHO),
    model=st.sampled_from(["main", "reader"]),
    fresh=st.integers(0, 2**40),
    cache_write=st.integers(0, 9),
    cache_read=st.integers(0, 9),
    output=st.integers(0, 9),
    turns=st.integers(0, 1),
)
DAYS = st.sampled_from([TODAY, TOMORROW])


@settings(deadline=None)
@given(st.lists(st.tuples(DAYS, st.lists(USES, max_size=4))), st.sets(st.sampled_from(WHO)))
def test_a_spaces_sum_is_the_sum_of_all_that_was_booked(
    booked: Sequence[tuple[str, Sequence[Usage]]], forgotten: set[str]
) -> None:
    """Whoever it was for, in whatever order, and whoever is forgotten or dropped afterwards."""
    turns, tokens = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    theirs = Counter[tuple[str, str, str]]()
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        migrate(connection, Path("memory"))
        for day, uses in booked:
            booking.book(connection, uses, day)
            for use in uses:
                turns[day, use.space] += use.turns
                tokens[day, use.space] += use.tokens
                theirs[day, use.space, use.member] += use.tokens
        for member in forgotten:
            forgetting.forget(connection, CODEC, member)
        for day in (TODAY, TOMORROW):
            for space in ("a", "b"):
                for who in WHO[:-1]:
                    event = replace(said(), place=replace(PLACE, space=space), member=replace(ANN, id=who))
                    scene = scenes.scene(connection, CODEC, event, 0, day)
                    assert scene.spent_by_space == Spent(turns[day, space], tokens[day, space])
                    left = 0 if who in forgotten else theirs[day, space, who]
                    assert scene.spent_by_member.tokens == left
        retention.drop_old_rows(connection, NOON + 1_000 * DAY, DAY)
        found = booking.added_up(connection, TODAY, TOMORROW, space=None, members=False)
        assert sum(use.tokens for use in found) == tokens.total()
        assert booking.added_up(connection, TODAY, TOMORROW, space=None, members=True) == ()


async def test_a_budget_check_costs_the_same_however_many_members_there_are(store: SqliteStore) -> None:
    """Every look-up of it goes by the beginning of the primary key, member and all."""
    plan = await store._reader.run(_plan)
    lookups = [step for step in plan if "usage" in step]
    assert lookups
    assert all("(day=? AND space=? AND member=?)" in step for step in lookups)


def _plan(connection: sqlite3.Connection) -> list[str]:
    where = dict.fromkeys(("conversation", "member", "event", "space", "today"), "x")
    return [str(row[3]) for row in connection.execute(f"explain query plan {SCENE}", where)]

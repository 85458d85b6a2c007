"""What a conversation remembers: turns with their files, and a summary that never outlives what it sums up."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.conversation import Attachment, Conversation, Member, Turn
from bot.domain.event import Branched
from bot.domain.record import Correction, Record
from bot.domain.standing import NEW
from bot.store.sqlite import SqliteStore
from tests.store.cases import ANN, BEN, DAY, MINUTE, PLACE, TALK, change, live, said, turned
from tests.strategies import NOON

READ = Attachment("notes.txt", "text/plain", 12, "what is in it", "cdn:1")
PICTURE = Attachment("cat.png", "image/png", 5_000, None, "cdn:2")
EMPTY = Attachment("empty.txt", "text/plain", 0, "")


async def talk(store: SqliteStore, turns: int, *, conversation: str = TALK, member: Member = ANN) -> None:
    """Turns "text 1", "text 2", and so on, of messages "message of e1" and so on, a minute apart."""
    before = (await store.scene(said(conversation=conversation), 0)).conversation.turns
    for number in range(before + 1, before + turns + 1):
        event = said(
            f"text {number}",
            key=f"{conversation} e{number}",
            message=f"message of e{number}",
            conversation=conversation,
            member=member,
            at=NOON + number * MINUTE,
        )
        await live(store, event)


async def now(store: SqliteStore, conversation: str = TALK) -> Conversation:
    return (await store.scene(said(conversation=conversation), 0)).conversation


async def told(store: SqliteStore, history: int = 99, conversation: str = TALK) -> list[int]:
    """The numbers of the turns that a model would be told whole."""
    return [turn.number for turn in (await store.scene(said(conversation=conversation), history)).history]


async def correct(store: SqliteStore, number: int, text: str | None, conversation: str = TALK) -> None:
    event = said(key=f"correction of {number} in {conversation} to {text}", conversation=conversation)
    await change(store, event, correction=Correction(f"message of e{number}", text))


async def test_a_summary_stands_for_the_turns_up_to_its_last(store: SqliteStore) -> None:
    await talk(store, 6)
    assert await store.summarise(await now(store), "they talked of boats", 4)
    after = await now(store)
    assert (after.summary, after.summarised, after.turns) == ("they talked of boats", 4, 6)
    assert await told(store) == [5, 6]
    assert [vetted.turn.number for vetted in await store.turns(TALK)] == [1, 2, 3, 4, 5, 6]
    assert [turn.number for turn in await store.history_before(TALK, "message of e6")] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("upto", "window", "shown"),
    [(0, 3, [4, 5, 6]), (2, 3, [4, 5, 6]), (4, 3, [5, 6]), (5, 1, [6]), (6, 3, []), (3, 0, [])],
)
async def test_of_the_turns_after_the_summary_the_newest_are_told(
    store: SqliteStore, upto: int, window: int, shown: list[int]
) -> None:
    await talk(store, 6)
    assert await store.summarise(await now(store), "summary", upto)
    assert await told(store, window) == shown


async def test_summaries_follow_one_another(store: SqliteStore) -> None:
    await talk(store, 4)
    assert await store.summarise(await now(store), "first", 2)
    await talk(store, 2)
    assert await store.summarise(await now(store), "second", 5)
    assert (await now(store)).summary == "second"
    assert await told(store) == [6]


async def test_a_turn_that_is_under_way_goes_on_and_brings_no_old_summary_back(store: SqliteStore) -> None:
    await talk(store, 4)
    event = said("under way", key="under way")
    scene = await store.scene(event, 9)
    assert await store.summarise(scene.conversation, "summary", 3)
    assert (await store.scene(event, 9)).version == scene.version
    assert await store.record(turned(scene, event))
    after = await now(store)
    assert (after.summary, after.summarised, after.turns) == ("summary", 3, 5)
    old = replace(after, summary="an old copy", summarised=1, amended=99)
    await change(store, said(key="next"), conversation=old)
    assert await now(store) == after


async def test_of_many_summaries_at_once_one_is_kept(store: SqliteStore) -> None:
    await talk(store, 9)
    before = await now(store)
    kept = await asyncio.gather(*(store.summarise(before, f"summary {upto}", upto) for upto in range(1, 9)))
    assert sum(kept) == 1
    upto = kept.index(True) + 1
    assert ((await now(store)).summary, (await now(store)).summarised) == (f"summary {upto}", upto)


async def test_a_summary_of_a_conversation_that_is_not_there_is_refused(store: SqliteStore) -> None:
    assert not await store.summarise(Conversation("discord:nowhere", PLACE), "summary", 1)


@pytest.mark.parametrize("text", ["better", "", None])
@pytest.mark.parametrize(("number", "goes"), [(1, True), (4, True), (5, False), (6, False)])
async def test_a_correction_voids_the_summary_that_has_it_in_it(
    store: SqliteStore, number: int, goes: bool, text: str | None
) -> None:
    await talk(store, 6)
    await talk(store, 2, conversation="another")
    for conversation, upto in ((TALK, 4), ("another", 1)):
        assert await store.summarise(await now(store, conversation), "summary", upto)
    await correct(store, number, text)
    after, another = await now(store), await now(store, "another")
    assert (after.summary, after.summarised) == (("", 0) if goes else ("summary", 4))
    assert after.amended == 1
    assert (another.summary, another.summarised, another.amended) == ("summary", 1, 0)
    shown = [each for each in range(1 if goes else 5, 7) if text or each != number]
    assert await told(store) == shown


@pytest.mark.parametrize("number", [1, 5])
async def test_a_summary_of_what_was_said_before_a_correction_is_refused(store: SqliteStore, number: int) -> None:
    await talk(store, 6)
    before = await now(store)
    await correct(store, number, "better")
    assert not await store.summarise(before, "of the old words", 4)
    assert (await now(store)).summary == ""
    assert await store.summarise(await now(store), "of the new words", 4)


async def test_a_correction_of_a_message_that_is_not_known_voids_nothing(store: SqliteStore) -> None:
    await talk(store, 2)
    assert await store.summarise(await now(store), "summary", 1)
    await correct(store, 77, None)
    assert ((await now(store)).summary, (await now(store)).amended) == ("summary", 0)


@pytest.mark.parametrize("correction_first", [True, False])
async def test_a_correction_and_a_summary_at_once_leave_no_old_words(
    store: SqliteStore, correction_first: bool
) -> None:
    await talk(store, 6)
    before = await now(store)
    both = [store.summarise(before, "of the old words", 4), correct(store, 2, None)]
    await asyncio.gather(*(reversed(both) if correction_first else both))
    assert ((await now(store)).summary, (await now(store)).summarised) == ("", 0)
    assert await told(store) == [1, 3, 4, 5, 6]


async def test_forgetting_voids_every_summary_of_what_the_member_took_part_in(store: SqliteStore) -> None:
    await talk(store, 2)
    await talk(store, 2, member=BEN)
    await talk(store, 1, conversation="without Ben")
    for conversation in (TALK, "without Ben"):
        assert await store.summarise(await now(store, conversation), "somebody greeted Ben", 1)
    under_way = await now(store)
    await store.forget(BEN.id, NOON)
    after = await now(store)
    assert (after.summary, after.summarised, await told(store)) == ("", 0, [1, 2])
    assert (await now(store, "without Ben")).summary == "somebody greeted Ben"
    assert not await store.summarise(under_way, "what Ben said", 4)


async def test_a_summary_goes_with_the_first_of_its_texts(store: SqliteStore) -> None:
    await talk(store, 4)
    assert await store.summarise(await now(store), "summary", 2)
    assert not await store.retain(NOON + MINUTE + 30 * DAY, 30 * DAY, 90 * DAY)
    assert (await now(store)).summary == "summary"
    under_way = await now(store)
    assert (await store.retain(NOON + 1.5 * MINUTE + 30 * DAY, 30 * DAY, 90 * DAY)).turns == 1
    after = await now(store)
    assert (after.summary, after.summarised, await told(store)) == ("", 0, [2, 3, 4])
    assert not await store.summarise(replace(under_way, summarised=0), "of what is erased", 2)
    assert await store.summarise(after, "of what is left", 3)


def branched(into: str) -> Branched:
    return Branched(key=f"b {into}", conversation=TALK, place=PLACE, member=ANN, at=NOON, offer="offer", into=into)


async def branch(store: SqliteStore, into: str, message: str, **changes: object) -> Record:
    """The record of a branch before a message, with the history there is."""
    carried = tuple(await store.history_before(TALK, message))
    scene = await store.scene(branched(into), 0)
    grown = replace(Conversation(into, PLACE, turns=len(carried), parent=TALK), **changes)  # type: ignore[arg-type]
    return Record(event=branched(into), expects=scene.version, conversation=grown, carried=carried)


async def test_a_branch_may_begin_with_a_summary_and_carries_files(store: SqliteStore) -> None:
    await live(store, said("look", key="e1"), attachments=(READ, PICTURE))
    await talk(store, 3)
    record = await branch(store, "branch", "message of e4", summary="summary", summarised=2)
    assert await store.record(record)
    assert await now(store, "branch") == record.conversation
    assert await told(store, conversation="branch") == [3]
    await correct(store, 1, "elsewhere", conversation="branch")
    assert (await store.scene(said(conversation="branch"), 9)).history[0].attachments == (READ, PICTURE)
    assert (await now(store)).amended == 0


async def test_a_correction_reaches_the_summaries_of_branches(store: SqliteStore) -> None:
    await talk(store, 4)
    assert await store.summarise(await now(store), "summary", 1)
    for into, upto in (("early", 1), ("late", 2)):
        made = await branch(store, into, "message of e4", summary="summary", summarised=upto)
        assert await store.record(made)
    await correct(store, 2, None)
    found = {each: await now(store, each) for each in (TALK, "early", "late")}
    assert {each: (one.summary, one.summarised, one.amended) for each, one in found.items()} == {
        TALK: ("summary", 1, 1),
        "early": ("summary", 1, 1),
        "late": ("", 0, 1),
    }


@pytest.mark.parametrize("how", ["forget", "retain"])
async def test_a_branch_carries_nothing_along_that_is_erased_meanwhile(store: SqliteStore, how: str) -> None:
    await talk(store, 1, member=BEN)
    await talk(store, 2)
    record = await branch(store, "branch", "message of e3", summary="what Ben said", summarised=1)
    assert "text 1" in str(record)
    if how == "forget":
        await store.forget(BEN.id, NOON)
    else:
        await store.retain(NOON + 1.5 * MINUTE + 30 * DAY, 30 * DAY, 90 * DAY)
    assert not await store.record(record)
    assert await store.record(await branch(store, "branch", "message of e3"))
    assert await told(store, conversation="branch") == [2]


async def test_a_turn_comes_back_with_its_files_and_calls(store: SqliteStore) -> None:
    event = said("look")
    calls = ("end_conversation: refused", "care: risk active")
    record = turned(await store.scene(event, 0), event, attachments=(READ, PICTURE, EMPTY), calls=calls)
    assert await store.record(record)
    await live(store, said("plain", key="e2"))
    assert record.vetted
    assert (await store.turns(TALK))[0] == record.vetted == await store.turn_of(TALK, "message of e1")
    first, second = (await store.scene(said(), 9)).history
    assert first == record.vetted.turn
    assert second.attachments == ()
    assert (await store.turns(TALK))[1].calls == ()


@pytest.mark.parametrize(
    ("text", "attachments", "shown"),
    [
        ("", (), False),
        ("", (READ,), True),
        ("", (PICTURE,), True),
        ("", (EMPTY,), True),
        ("", (PICTURE, EMPTY, READ), True),
        ("look", (PICTURE,), True),
    ],
)
async def test_a_turn_is_told_if_it_has_a_text_or_files(
    store: SqliteStore, text: str, attachments: tuple[Attachment, ...], shown: bool
) -> None:
    await live(store, said(text), attachments=attachments)
    await live(store, said("next", key="e2"))
    history = (await store.scene(said(), 9)).history
    assert [turn.number for turn in history] == ([1, 2] if shown else [2])
    assert [turn.number for turn in await store.history_before(TALK, "message of e2")] == ([1] if shown else [])
    if shown:
        assert history[0].attachments == attachments


async def test_an_edit_leaves_the_files_and_a_deletion_takes_them(store: SqliteStore) -> None:
    for key in ("e1", "e2", "e3"):
        await live(store, said("look", key=key), attachments=(READ,))
    await correct(store, 1, "look here")
    await correct(store, 2, "")
    await correct(store, 3, None)
    turns = [vetted.turn for vetted in await store.turns(TALK)]
    assert [turn.text for turn in turns] == ["look here", "", ""]
    assert [turn.attachments for turn in turns] == [(READ,), (READ,), ()]
    assert await told(store) == [1, 2]


FILES = st.lists(st.builds(Attachment, text=st.none() | st.text(max_size=20)), max_size=3).map(tuple)


@given(told=st.lists(st.tuples(st.sampled_from(["", "words"]), FILES), max_size=6), window=st.integers(0, 6))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_the_history_is_what_still_says_something_newest_last(
    store: SqliteStore, told: Sequence[tuple[str, tuple[Attachment, ...]]], window: int
) -> None:
    """Of any turns, carried into a conversation of their own."""
    turns = tuple(
        Turn(number, ANN, text, "", f"m{number}", True, files) for number, (text, files) in enumerate(told, 1)
    )
    before = await store.scene(said(), 0)
    if not before.version:
        await live(store, said())
    into = f"branch {len(await store.conversations('discord', PLACE.space, 9_999))}"
    version = (await store.scene(said(), 0)).version
    grown = Conversation(into, PLACE, turns=len(turns))
    assert await store.record(Record(event=branched(into), expects=version, conversation=grown, carried=turns))
    says = [turn for turn in turns if turn.text or turn.attachments]
    scene = await store.scene(said(conversation=into), window)
    assert list(scene.history) == says[len(says) - min(window, len(says)) :]
    assert scene.standing == NEW

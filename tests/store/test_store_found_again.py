"""What is asked for by the platform's own ids, by channel or by time; and who changed a space's settings."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.action import Action, AskFeedback, Outcome, Receipt
from bot.domain.conversation import Conversation
from bot.domain.ending import EndingState
from bot.domain.event import Branched
from bot.domain.record import Change, Record
from bot.ports import Store
from bot.store import statements
from bot.store.sqlite import SqliteStore
from tests.store.cases import ANN, BEN, DAY, MINUTE, PLACE, TALK, end, ending, live, said, say, turned
from tests.strategies import NOON


async def noted(store: Store, *receipts: Receipt, actions: tuple[Action, ...] = ()) -> None:
    """A turn with some actions, and what became of them."""
    event = said()
    await store.accept(event, NOON)
    await store.record(turned(await store.scene(event, 0), event, actions=actions or None))
    await store.note(receipts)


SETTLED = [Outcome.DELIVERED, Outcome.REFUSED, Outcome.CANCELLED, Outcome.NEEDLESS]


@pytest.mark.parametrize("outcome", SETTLED)
async def test_a_receipt_can_be_read_again(store: Store, outcome: Outcome) -> None:
    receipt = Receipt("e1/0", outcome, NOON + MINUTE, "777", "because")
    await noted(store, receipt)
    assert await store.receipt("e1/0") == receipt


async def test_what_waits_or_is_unknown_has_no_receipt(store: Store) -> None:
    await noted(store, Receipt("e1/0", Outcome.FAILED, NOON, why="try again"))
    assert await store.receipt("e1/0") is None
    await live(store, said(key="e2"), deliver=False)
    assert await store.receipt("e2/0") is None
    assert await store.receipt("nobody's") is None


async def test_what_was_cancelled_without_a_receipt_has_one_too(store: Store) -> None:
    await live(store, said(), deliver=False)
    await store.forget(ANN.id, NOON)
    receipt = await store.receipt("e1/0")
    assert receipt
    assert (receipt.outcome, receipt.at) == (Outcome.CANCELLED, NOON)


async def test_the_action_behind_a_message_of_the_bots(store: Store) -> None:
    await noted(store, Receipt("e1/0", Outcome.DELIVERED, NOON, "777"))
    assert await store.performed("discord", "777") == say(said())
    assert await store.performed("slack", "777") is None
    assert await store.performed("discord", "778") is None
    assert await store.performed("discord", "") is None


async def test_of_a_notice_the_question_whether_it_was_fair(store: Store) -> None:
    notice = say(said())
    asked = AskFeedback(id="e1/1", conversation=TALK, place=PLACE, ending="ending-1", on=notice.id)
    both = [Receipt(each, Outcome.DELIVERED, NOON, "777") for each in (notice.id, asked.id)]
    await noted(store, *both, actions=(notice, asked))
    assert await store.performed("discord", "777") == asked


async def test_the_notice_of_an_ending(store: Store) -> None:
    event, made = said(), ending()
    notice = say(event)
    asked = AskFeedback(id="e1/1", conversation=TALK, place=PLACE, ending=made.id, on=notice.id)
    await store.accept(event, NOON)
    assert await store.notice(made.id) == ""
    record = turned(await store.scene(event, 0), event, actions=(notice, asked))
    await store.record(replace(record, ending=made))
    await store.note([Receipt(notice.id, Outcome.DELIVERED, NOON, "776")])
    assert await store.notice(made.id) == ""
    await store.note([Receipt(asked.id, Outcome.DELIVERED, NOON, "777")])
    assert await store.notice(made.id) == "777"
    assert await store.notice("another") == ""


async def test_the_keys_of_events_by_how_they_begin(store: Store) -> None:
    for key in ("r:2:b", "r:2:a", "r:22:a", "r:2", "s:2:a"):
        await store.accept(said(key=key), NOON)
    await live(store, said(key="r:2:c"))
    assert await store.accepted("r:2:") == ("r:2:a", "r:2:b", "r:2:c")
    assert await store.accepted("x") == ()


async def test_what_was_not_delivered_is_behind_no_message(store: Store) -> None:
    await noted(store, Receipt("e1/0", Outcome.REFUSED, NOON, "777"))
    assert await store.performed("discord", "777") is None


async def test_a_message_stands_in_its_conversation_whoever_wrote_it(store: Store) -> None:
    await live(store, said(message="555"), deliver=False)
    await store.note([Receipt("e1/0", Outcome.DELIVERED, NOON, "777")])
    found = [await store.conversation_at("discord", message) for message in ("555", "777", "778", "")]
    assert found == [TALK, TALK, None, None]
    assert await store.conversation_at("slack", "555") is None
    assert await store.conversation_at("slack", "777") is None


async def test_a_message_is_found_after_its_text_was_erased(store: SqliteStore) -> None:
    await live(store, said(message="555"), deliver=False)
    await store.note([Receipt("e1/0", Outcome.DELIVERED, NOON, "777")], done="e1")
    assert await store.retain(NOON + 31 * DAY, timedelta(days=30), timedelta(days=90))
    assert [turn.turn.text for turn in await store.turns(TALK)] == [""]
    assert await store.conversation_at("discord", "555") == TALK
    assert await store.conversation_at("discord", "777") == TALK


async def test_a_message_that_a_branch_was_made_from_stands_where_it_was_written(store: Store) -> None:
    await live(store, said(message="1"))
    await live(store, said(key="e2", message="2"))
    taken = Branched(key="b", conversation=TALK, place=PLACE, member=ANN, at=NOON, offer="offer", into="discord:9")
    scene = await store.scene(taken, 0)
    branch = Conversation("discord:9", PLACE, turns=1, parent=TALK)
    carried = tuple(await store.history_before(TALK, "2"))
    await store.record(Record(event=taken, expects=scene.version, conversation=branch, carried=carried))
    await live(store, said(key="b/said", conversation="discord:9", message="2"))
    assert [await store.conversation_at("discord", message) for message in "12"] == [TALK, TALK]


async def test_the_conversations_of_a_channel_are_listed_by_their_latest_turn(store: Store) -> None:
    elsewhere = replace(PLACE, channel="elsewhere")
    for number, (conversation, place) in enumerate(
        [("one", PLACE), ("two", PLACE), ("other", elsewhere), ("three", PLACE), ("one", PLACE)]
    ):
        talk = said(key=f"e{number}", conversation=conversation, at=NOON + number * MINUTE)
        await live(store, replace(talk, place=place))
    assert await store.conversations_in("discord", PLACE.space, PLACE.channel) == ("one", "three", "two")
    assert await store.conversations_in("discord", PLACE.space, PLACE.channel, 1) == ("one",)
    assert await store.conversations_in("discord", PLACE.space, "elsewhere") == ("other",)
    assert await store.conversations_in("discord", "another", PLACE.channel) == ()
    assert await store.conversations_in("slack", PLACE.space, PLACE.channel) == ()


async def test_endings_of_a_time_come_oldest_first_whatever_became_of_them(store: Store) -> None:
    for number in (3, 0, 2, 1):
        talk, state = f"c{number}", EndingState.OVERTURNED if number == 1 else EndingState.STANDING
        made = ending(f"n{number}", conversation=talk, at=NOON + number * DAY, state=state)
        await end(store, made, said(key=f"e{number}", conversation=talk))
    found = await store.closed("discord", NOON, NOON + 3 * DAY)
    assert [(each.id, each.state) for each in found] == [
        ("n0", EndingState.STANDING),
        ("n1", EndingState.OVERTURNED),
        ("n2", EndingState.STANDING),
    ]
    assert await store.closed("slack", NOON, NOON + 3 * DAY) == ()


WAS: dict[str, object] = {"language": "en", "channels": ["1", "2"]}
NOW: dict[str, object] = {"language": "de", "plain_replies": True, "adjust": {"warnings": 2}}


async def test_changes_of_settings_are_listed_newest_first(store: Store) -> None:
    await store.remember_change("discord:1", ANN.id, NOON, {}, WAS)
    await store.remember_change("discord:2", BEN.id, NOON, {}, {"name": "Zürich"})
    await store.remember_change("discord:1", BEN.id, NOON, WAS, NOW)
    second = Change("discord:1", BEN.id, NOON, WAS, NOW)
    assert await store.changes("discord:1") == (second, Change("discord:1", ANN.id, NOON, {}, WAS))
    assert await store.changes("discord:1", 1) == (second,)
    assert [each.space for each in await store.changes()] == ["discord:1", "discord:2", "discord:1"]
    assert await store.changes("discord:3") == ()


async def test_of_a_forgotten_admin_it_is_kept_what_was_changed_and_not_by_whom(store: SqliteStore) -> None:
    await store.remember_change("discord:1", ANN.id, NOON, WAS, NOW)
    await store.remember_change("discord:1", BEN.id, NOON, {}, WAS)
    (row,) = (await store.export_member(ANN.id))["change"]
    assert (row["space"], row["was"], row["now"]) == ("discord:1", WAS, NOW)
    await store.forget(ANN.id, NOON)
    first, last = await store.changes()
    assert (first.by, last) == (BEN.id, Change("discord:1", "forgotten", NOON, WAS, NOW))
    assert (await store.export_member(ANN.id))["change"] == []
    assert ANN.id not in str([row async for row in store.export_all()])


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        (statements.PERFORMED, "action_message"),
        (statements.CONVERSATION_OF_TURN, "turn_message"),
        (statements.CONVERSATION_OF_ACTION, "action_message"),
        (statements.CONVERSATIONS_IN, "conversation_channel"),
        (statements.CLOSED, "ending_at"),
        (statements.NOTICE, "action_event"),
        (statements.ACCEPTED, "sqlite_autoindex_inbox_1"),
    ],
)
async def test_none_of_it_is_looked_for_row_by_row(
    store: SqliteStore, tmp_path: Path, statement: str, index: str
) -> None:
    await live(store, said())
    asked = dict.fromkeys(
        ("platform", "space", "channel", "message", "since", "until", "limit", "ending", "first", "after"), 1
    )
    with closing(sqlite3.connect(tmp_path / "fairwell.db")) as connection:
        plan = connection.execute(f"explain query plan {statement}", asked).fetchall()
    steps = [detail for *_, detail in plan]
    assert any(f"INDEX {index} " in step for step in steps), steps
    assert not [step for step in steps if step.startswith("SCAN") or step == "USE TEMP B-TREE FOR ORDER BY"], steps


async def test_the_spaces_of_a_platform_are_listed_by_their_latest_turn(store: Store) -> None:
    for number, space in enumerate(["north", "south", "east", "north"]):
        talk = said(key=f"e{number}", conversation=f"in {space}", at=NOON + number * MINUTE)
        await live(store, replace(talk, place=replace(PLACE, space=space)))
    assert await store.spaces_of("discord") == ("north", "east", "south")
    assert await store.spaces_of("slack") == ()

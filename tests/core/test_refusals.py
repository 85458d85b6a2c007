"""Rule 6: what a platform refuses changes no decision, and moderators are told of it once."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from bot.domain.action import (
    Action,
    AskFeedback,
    CallModerators,
    CloseThread,
    OfferBranch,
    Outcome,
    Receipt,
    ReopenThread,
    Say,
    Tell,
)
from bot.domain.conversation import Place
from bot.domain.ending import EndingState
from bot.domain.event import Said
from bot.domain.review import Matter
from bot.domain.step import Step
from bot.evidence import ending_id
from bot.lanes.outbox import refusal
from tests.core.cases import ANN, BEN, INSULT, PLACE, TALK, World, adjusted, edited, judged, said, texts
from tests.fakes.clock import NOON


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path / "fairwell.db", config=adjusted(redirections=1))
    made.reader.readings = {f"abuse {number}": INSULT for number in range(1_000)}
    return made


ENDED = [said(number, f"abuse {number}") for number in (1, 2, 3)]
PRIVATE = "the cat of Ann's aunt"


def told(world: World) -> list[CallModerators]:
    """What moderators were told of refusals."""
    return [
        each for each in world.board.performed if isinstance(each, CallModerators) and each.matter is Matter.REFUSED
    ]


def greeted(number: int, *, place: Place = PLACE) -> Said:
    """Something to answer in a conversation of its own."""
    return replace(said(1, PRIVATE, conversation=f"board:{number}"), key=f"greeting {number}", place=place)


async def test_a_lock_that_is_needless_is_done_and_nobody_hears_of_it(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.board.needless = {"close_thread"}
    async with world.bot() as bot:
        with caplog.at_level(logging.INFO):
            await world.hear(bot, *ENDED)
        receipt = await bot.store.receipt("e3/2")
        assert receipt
        assert receipt.outcome is Outcome.NEEDLESS
        assert await bot.store.open_conversations() == ()
    assert [action.id for action in world.board.performed if action.kind == "call_moderators"] == ["e3/3"]
    assert [each for each in caplog.records if each.name == "bot.lanes.outbox"] == []


async def test_what_says_something_is_never_needless(world: World) -> None:
    world.board.needless = {"say"}
    async with world.bot() as bot:
        await world.hear(bot, *ENDED)
        receipt = await bot.store.receipt("e1/0")
        assert receipt
        assert receipt.outcome is Outcome.REFUSED
        assert [each.decision.step for each in await bot.store.turns(TALK)] == [Step.REDIRECT] * 3


async def test_moderators_are_told_of_a_lock_that_is_refused_and_the_ending_stands(world: World) -> None:
    world.board.refuses = {"close_thread"}
    world.board.why = "the bot lacks a permission there (code 50013)"
    async with world.bot() as bot:
        await world.hear(bot, *ENDED)
        (card,) = told(world)
        assert (card.place, card.conversation, card.member, card.urgent) == (PLACE, TALK, "", False)
        for part in ("It has ended all the same", TALK, world.board.why, "/fairwell check"):
            assert part in card.text
        assert "abuse" not in card.text
        queue = [row["matter"] async for row in world.store.export_all() if row["table"] == "referral"]
        assert queue == ["refused"]
        assert await world.hear(bot, said(4, "abuse 4")) == [world.board.performed[-1]]  # the nudge
        assert (await bot.store.scene(said(5, ""), 0)).conversation.ended


async def test_moderators_are_told_of_a_lock_that_stays_and_the_verdict_stands(world: World) -> None:
    world.board.refuses = {"reopen_thread"}
    async with world.bot() as bot:
        await world.hear(bot, *ENDED, judged(4, ending_id("e3"), upheld=False))
        (card,) = told(world)
        assert "Your verdict stands all the same" in card.text
        transcript = await bot.store.ending(ending_id("e3"))
        assert transcript
        assert transcript.ending.state is EndingState.OVERTURNED
        assert texts(await world.hear(bot, said(5, "thank you"))) == ["answer to thank you"]


async def test_what_is_refused_in_words_is_told_without_the_words(world: World) -> None:
    world.board.refuses = {"say", "offer_branch"}
    async with world.bot() as bot:
        await world.hear(bot, *ENDED)
    world.board.refuses = {"offer_branch"}
    async with world.bot() as bot:
        await world.hear(bot, said(4, PRIVATE), said(5, "abuse 5"), said(6, "abuse 6"), said(7, "abuse 7"))
        await world.hear(bot, edited(8, "m4", PRIVATE))
    cards = [card.text for card in told(world)]
    assert [card.split(".")[0] for card in cards] == [
        "I couldn't post a message",
        "I couldn't offer a member to go on in a new conversation from a message they had edited",
    ]
    assert PRIVATE not in str(cards)


async def test_a_hundred_refusals_for_the_same_reason_are_told_once_and_another_reason_too(world: World) -> None:
    world.board.refuses = {"say"}
    async with world.bot() as bot:
        await asyncio.gather(*(bot.receive(greeted(number)) for number in range(100)))
        await bot.settled()
        assert len(told(world)) == 1
        world.board.why = "the thread is gone"
        await world.hear(bot, greeted(100), greeted(101))
        assert [world.board.why in card.text for card in told(world)] == [False, True]
        await world.hear(bot, greeted(102, place=replace(PLACE, channel="another")))
        assert len(told(world)) == 3
        world.clock.wait(timedelta(days=1))
        tomorrow = [replace(greeted(number), at=world.clock.at) for number in (103, 104)]
        await world.hear(bot, *tomorrow)
        assert len(told(world)) == 4
        assert await bot.store.open_conversations() == ()


@pytest.mark.parametrize("refused", ["close_thread", "say"])
async def test_a_card_that_is_refused_as_well_is_not_told_of(world: World, refused: str) -> None:
    """As where no channel is set in which moderators are called."""
    world.board.refuses = {refused, "call_moderators"}
    async with world.bot() as bot:
        await world.hear(bot, *ENDED, said(4, "hello"))
        asked = [row async for row in world.store.export_all() if row["table"] == "action"]
        calls = [row for row in asked if row["kind"] == "call_moderators" and str(row["id"]).startswith("refused:")]
        assert [row["state"] for row in calls] == ["refused"]
        assert await bot.store.open_conversations() == ()
    async with world.bot() as bot:
        await bot.settled()
        assert told(world) == []


async def test_a_card_whose_receipt_was_lost_is_not_sent_again(world: World) -> None:
    world.board.refuses, world.board.loses = {"say"}, 1
    async with world.bot() as bot:
        await world.hear(bot, said(1, "hello"))
        assert await bot.store.open_conversations() == ()
    assert world.rests
    assert len(told(world)) == 1


ACTIONS: Sequence[Action] = (
    Say(id="a", conversation=TALK, place=PLACE, text=PRIVATE),
    Tell(id="a", conversation=TALK, place=PLACE, member=ANN.id, text=PRIVATE),
    CloseThread(id="a", conversation=TALK, place=PLACE),
    ReopenThread(id="a", conversation=TALK, place=PLACE),
    OfferBranch(id="a", conversation=TALK, place=PLACE, member=ANN.id, message="m", words=PRIVATE, text=PRIVATE),
)
RECEIPT = Receipt("a", Outcome.REFUSED, NOON, why="because")


@pytest.mark.parametrize("action", ACTIONS)
async def test_each_kind_is_told_of_on_its_own(world: World, action: Action) -> None:
    event = refusal(action, RECEIPT)
    assert event
    assert sum(event.key == each.key for other in ACTIONS if (each := refusal(other, RECEIPT))) == 1
    assert PRIVATE not in str(event)
    async with world.bot() as bot:
        (card,) = await world.hear(bot, event)
        assert isinstance(card, CallModerators)
        assert "because" in card.text


def test_what_makes_it_another_refusal() -> None:
    action = ACTIONS[0]
    late = datetime(2026, 5, 1, 23, 59, tzinfo=UTC)
    same = [
        refusal(replace(action, id="b", conversation="board:2"), RECEIPT),
        refusal(action, replace(RECEIPT, at=RECEIPT.at.astimezone(timezone(timedelta(hours=-14))))),
    ]
    others = [
        refusal(replace(action, place=replace(PLACE, platform="other")), RECEIPT),
        refusal(replace(action, place=replace(PLACE, space="other")), RECEIPT),
        refusal(replace(action, place=replace(PLACE, channel="other")), RECEIPT),
        refusal(action, replace(RECEIPT, why="otherwise")),
        refusal(action, replace(RECEIPT, at=late)),
        refusal(action, replace(RECEIPT, at=late + timedelta(minutes=1))),
    ]
    one = refusal(action, RECEIPT)
    assert one
    assert {each and each.key for each in same} == {one.key}
    assert len({each and each.key for each in (one, *others)}) == 7


@pytest.mark.parametrize("outcome", [each for each in Outcome if each is not Outcome.REFUSED])
def test_what_was_not_refused_is_not_told_of(outcome: Outcome) -> None:
    assert refusal(ACTIONS[0], replace(RECEIPT, outcome=outcome)) is None


def test_neither_a_call_nor_a_rating_is_told_of() -> None:
    call = CallModerators(id="a", conversation=TALK, place=PLACE, matter=Matter.RISK, member=ANN.id, text="")
    asked = AskFeedback(id="a", conversation=TALK, place=PLACE, ending="e", on="a")
    assert [refusal(each, RECEIPT) for each in (call, asked)] == [None, None]


async def test_forgetting_a_member_leaves_what_was_refused_to_others(world: World) -> None:
    world.board.refuses = {"say"}
    async with world.bot() as bot:
        await world.hear(bot, said(1, "hello"))
        await bot.store.forget(ANN.id, NOON)
        await world.hear(bot, said(2, "hello", member=BEN))
        assert len(told(world)) == 1

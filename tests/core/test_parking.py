"""What fails again and again is set aside, visibly, and does not silence its conversation."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.action import CallModerators, Say
from bot.domain.event import Event
from bot.domain.record import Scene
from bot.domain.review import Matter
from bot.domain.step import Step
from bot.store.sqlite import SqliteStore
from tests.core.cases import ANN, BEN, EXPLICIT, INSULT, TALK, World, adjusted, made, said, shipped
from tests.fakes.clock import NOON

LIMITS = shipped().settings.turns
BASE = LIMITS.backoff.total_seconds()
PARKED = shipped().wording.words("en", "board").talk.apology.parked


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path / "fairwell.db", config=adjusted(redirections=1))
    made.reader.readings = {f"abuse {number}": INSULT for number in range(100)}
    made.voice.faults["broken"] = KeyError("told to fail")
    made.clock.at = NOON + timedelta(minutes=1)
    return made


def called(world: World, matter: Matter) -> list[CallModerators]:
    return [each for each in world.board.performed if isinstance(each, CallModerators) and each.matter is matter]


def texts(world: World) -> list[str]:
    return [each.text for each in world.board.performed if isinstance(each, Say)]


async def test_an_event_that_fails_for_ever_is_parked_with_an_apology_and_the_lane_goes_on(world: World) -> None:
    async with world.bot() as bot:
        for number, text in enumerate(["broken", "hello"], start=1):
            await bot.receive(said(number, text))
        await bot.receive(said(3, "hello there", member=BEN, conversation="board:other"))
        await bot.settled()
        parked = await world.store.parked()
        open_still = await bot.store.open_conversations()
    assert [each.event for each in parked] == ["e1"]
    assert not open_still
    assert world.rests == [BASE, 2 * BASE, 4 * BASE, 8 * BASE][: LIMITS.tries - 1]
    assert texts(world).count(PARKED) == 1
    assert len(called(world, Matter.PARKED)) == 1
    assert any("answer to hello" in text for text in texts(world))
    assert any("answer to hello there" in text for text in texts(world))


async def test_unparked_it_is_tried_again(world: World) -> None:
    async with world.bot() as bot:
        await bot.receive(said(1, "broken"))
        await bot.settled()
        assert await bot.store.unpark() == 1
        await bot.resume()
        await bot.settled()
        assert [each.event for each in await world.store.parked()] == ["e1"]  # it fails as before
        assert texts(world).count(PARKED) == 1  # which need not be said again
        assert len(called(world, Matter.PARKED)) == 1
        del world.voice.faults["broken"]
        assert await bot.store.unpark() == 1
        await bot.resume()
        await bot.settled()
        assert not await world.store.parked()
        assert [each.turn.text for each in await bot.store.turns(TALK)] == ["broken"]
    assert any("answer to broken" in text for text in texts(world))


async def test_an_apology_whose_receipt_was_lost_is_said_once_and_moderators_are_called(world: World) -> None:
    world.board.loses = 1
    async with world.bot() as bot:
        await bot.receive(said(1, "broken"))
        await bot.settled()
        assert [each.event for each in await world.store.parked()] == ["e1"]
    assert texts(world).count(PARKED) == 1
    assert len(called(world, Matter.PARKED)) == 1


async def test_what_fails_while_the_platform_is_down_as_well_is_parked_in_the_end(world: World) -> None:
    world.board.fails = 1_000
    async with world.bot() as bot:
        await bot.receive(said(1, "broken"))
        await bot.settled()
        assert [each.event for each in await world.store.parked()] == ["e1"]
    assert world.done == []


async def test_explicit_danger_has_its_card_even_if_its_turn_is_parked(world: World) -> None:
    world.voice.faults[EXPLICIT] = KeyError("told to fail")
    async with world.bot() as bot:
        await bot.receive(said(1, EXPLICIT))
        await bot.settled()
        standings = dict(await bot.store.standings(TALK))
    assert "e1/care0" in world.done
    assert standings[ANN.id].care_until is not None
    assert len(called(world, Matter.PARKED)) == 1


async def test_where_the_bot_has_ended_nothing_is_said(world: World) -> None:
    async with world.bot() as bot:
        for number in (1, 2, 3):
            world.clock.at = max(world.clock.at, said(number, "").at)
            await bot.receive(said(number, f"abuse {number}"))
            await bot.settled()
        said_before = texts(world)
        world.reader.readings["after the end"] = KeyError("told to fail")
        await bot.receive(said(4, "after the end"))
        await bot.settled()
        assert [each.event for each in await world.store.parked()] == ["e4"]
    assert texts(world) == said_before
    assert len(called(world, Matter.PARKED)) == 1


async def test_talk_between_people_is_not_apologised_to(world: World) -> None:
    world.reader.readings["between us"] = KeyError("told to fail")

    class Faulty(SqliteStore):
        fails = LIMITS.tries

        async def scene(self, event: Event, history: int, today: str = "") -> Scene:
            self.fails -= 1
            if self.fails >= 0:
                raise KeyError("told to fail")
            return await super().scene(event, history, today)

    store = await Faulty.open(world.path, exclusive=True)
    bot = made(store, {"board": world.board}, world.clock, sleep=world.sleep)
    await bot.receive(said(1, "between us", to_bot=False))
    await bot.settled()
    assert [each.event for each in await store.parked()] == ["e1"]
    await store.close()
    assert texts(world) == []
    assert len(called(world, Matter.PARKED)) == 1


async def test_a_fault_of_the_store_in_one_conversation_leaves_the_others_alone(world: World) -> None:
    class Faulty(SqliteStore):
        async def scene(self, event: Event, history: int, today: str = "") -> Scene:
            if event.conversation == TALK:
                raise KeyError("told to fail")
            return await super().scene(event, history, today)

    store = await Faulty.open(world.path, exclusive=True)
    bot = made(store, {"board": world.board}, world.clock, sleep=world.sleep)
    await bot.receive(said(1, "hello"))
    await bot.receive(said(2, "hello there", conversation="board:other"))
    await bot.settled()
    assert [each.event for each in await store.parked()] == ["e1"]  # no apology either: that needs the store as well
    assert not await store.open_conversations()
    await store.close()
    assert world.done == ["e2/0"]


async def test_a_platform_that_is_down_is_tried_until_the_answer_would_be_stale(world: World) -> None:
    world.board.fails = 1_000
    async with world.bot() as bot:
        await bot.receive(said(1, "abuse 1"))
        await bot.settled()
        assert [each.event for each in await world.store.parked()] == ["e1"]
        standings = dict(await bot.store.standings(TALK))
        assert standings[ANN.id].marks == ()
        assert standings[ANN.id].pending is None
        assert len(world.rests) > LIMITS.tries
        assert sum(world.rests) >= LIMITS.answer_within.total_seconds() - 60
        world.board.fails = 0
        await bot.store.unpark(TALK)
        await bot.resume()
        await bot.settled()
        assert not await world.store.parked()
    assert world.done == ["e1/0"]  # no apology: what was to be said has been said


async def test_a_platform_that_comes_back_in_time_gets_everything_once_and_in_order(world: World) -> None:
    async with world.bot() as bot:
        world.board.fails = 7
        await bot.receive(said(1, "abuse 1"))
        await bot.settled()
        world.board.loses = 1
        await bot.receive(said(2, "hello"))
        await bot.settled()
        assert not await world.store.parked()
        standings = dict(await bot.store.standings(TALK))
    assert world.done == ["e1/0", "e2/0"]
    assert [mark.step for mark in standings[ANN.id].marks] == [Step.REDIRECT]
    assert standings[ANN.id].marks[0].at == world.board.receipts["e1/0"].at


async def test_a_card_outlasts_an_outage_that_makes_answers_stale(world: World) -> None:
    world.board.fails = 60  # with a minute between tries, an hour or so
    async with world.bot() as bot:
        await bot.receive(said(1, EXPLICIT))
        await bot.settled()
        assert not await world.store.parked()
    assert sum(world.rests) > LIMITS.answer_within.total_seconds()
    assert any(isinstance(each, Say) and each.urgent for each in world.board.performed)


async def test_the_log_names_the_place_of_a_fault_and_quotes_nobody(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.voice.faults["broken"] = KeyError("what a member wrote")
    async with world.bot() as bot:
        await bot.receive(said(1, "broken"))
        await bot.settled()
    assert "KeyError in models.py" in caplog.text
    assert "what a member wrote" not in caplog.text

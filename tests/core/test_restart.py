"""What a stop leaves is finished by the next start."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from bot.domain.step import Reason, Step
from bot.store.sqlite import SqliteStore
from tests.core.cases import ANN, BEN, EXPLICIT, INSULT, TALK, World, adjusted, breathe, edited, made, said, until
from tests.fakes.clock import NOON


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path / "fairwell.db", config=adjusted(redirections=1))
    made.reader.readings = {f"abuse {number}": INSULT for number in range(100)}
    return made


async def kept(world: World, *events: object) -> None:
    """Have events accepted by a process that does nothing about them."""
    store = await SqliteStore.open(world.path, exclusive=True)
    for event in events:
        assert await store.accept(event, NOON)  # type: ignore[arg-type]
    await store.close()


async def test_a_turn_that_was_cut_off_is_taken_up_and_answered_once(world: World) -> None:
    never = world.voice.waits["hello"] = asyncio.Event()
    async with world.bot(grace=0) as bot:
        await bot.receive(said(1, "hello"))
        await until(bot, lambda: bool(world.voice.asked))
    assert world.done == []
    never.set()
    async with world.bot() as bot:
        await bot.settled()
        assert not await bot.receive(said(1, "hello"))  # the platform reports it again
        await bot.settled()
    assert world.done == ["e1/0"]


async def test_a_stop_with_grace_lets_a_turn_finish(world: World) -> None:
    slow = world.voice.waits["hello"] = asyncio.Event()
    async with world.bot(grace=30) as bot:
        await bot.receive(said(1, "hello"))
        await until(bot, lambda: bool(world.voice.asked))
        slow.set()
    assert world.done == ["e1/0"]


async def test_what_is_heard_while_it_stops_waits_for_the_next_start(world: World) -> None:
    async with world.bot() as bot:
        await bot.stop(0)
        assert await bot.receive(said(1, "hello"))
        await bot.settled()
        assert world.done == []
    async with world.bot() as bot:
        await bot.settled()
    assert world.done == ["e1/0"]


async def test_explicit_danger_that_was_left_goes_first_after_a_start(world: World) -> None:
    await kept(world, said(1, "a long question", member=BEN), said(2, EXPLICIT))
    slow = world.voice.waits["a long question"] = asyncio.Event()
    async with world.bot() as bot:
        await until(bot, lambda: "e2/care0" in world.done)
        assert "e1/0" not in world.done
        slow.set()
        await bot.settled()
    assert world.done.count("e2/care0") == 1
    assert len(set(world.done)) == len(world.done)


async def test_danger_in_an_edit_that_was_left_is_met(world: World) -> None:
    await kept(world, said(1, "hello"), edited(2, "m1", EXPLICIT))
    async with world.bot() as bot:
        await bot.settled()
        standings = dict(await bot.store.standings(TALK))
    assert world.done.count("e2/care0") == 1
    assert standings[ANN.id].care_until is not None


async def test_a_stored_warning_is_not_given_after_a_start_that_finds_danger(world: World) -> None:
    """The warning was stored and not performed; then the member wrote that they are in danger; then a kill."""
    async with world.bot() as bot:
        await bot.receive(said(1, "abuse 1"))
        await bot.settled()
    never = world.board.waits["e2/0"] = asyncio.Event()
    async with world.bot(grace=0) as bot:
        world.clock.at = said(2, "").at
        await bot.receive(said(2, "abuse 2"))
        async with asyncio.timeout(30):
            while [each.decision.step for each in await bot.store.turns(TALK)] != [Step.REDIRECT, Step.WARN]:
                pass
    never.set()
    await kept(world, said(3, EXPLICIT))
    async with world.bot() as bot:
        await bot.settled()
        standings = dict(await bot.store.standings(TALK))
    assert "e2/0" not in world.done
    assert "e3/care0" in world.done
    assert [mark.step for mark in standings[ANN.id].marks] == [Step.REDIRECT]


async def test_the_stored_text_wins_over_another_draft(world: World) -> None:
    world.board.fails = 1
    stopped = asyncio.Event()

    class Resting(World):
        async def sleep(self, seconds: float) -> None:
            stopped.set()
            await asyncio.Event().wait()

    first = Resting(world.path)
    first.board = world.board
    async with first.bot(grace=0) as bot:
        await bot.receive(said(1, "hello"))
        await stopped.wait()
    world.voice.begins = "another answer to "
    async with world.bot() as bot:
        await bot.settled()
        (turn,) = await bot.store.turns(TALK)
    assert world.board.performed[0].text.startswith("answer to hello")  # type: ignore[union-attr]
    assert turn.turn.reply.startswith("answer to hello")
    assert world.voice.asked == []


async def test_events_for_a_platform_that_is_elsewhere_are_decided_here_and_performed_there(world: World) -> None:
    store = await SqliteStore.open(world.path, exclusive=True)
    elsewhere = made(store, {}, world.clock, config=world.config)
    await elsewhere.receive(said(1, "hello"))
    await elsewhere.receive(said(2, "and again"))
    await elsewhere.settled()
    assert [each.decision.reason for each in await store.turns(TALK)] == [Reason.CLEAN, Reason.CLEAN]
    await elsewhere.stop(0)
    await store.close()
    async with world.bot() as bot:
        await bot.settled()
        assert not await bot.store.open_conversations()
    assert world.done == ["e1/0", "e2/0"]


async def test_what_another_process_puts_in_is_taken_up_beside_what_is_under_way(world: World) -> None:
    slow = world.voice.waits["hello"] = asyncio.Event()
    async with world.bot() as bot:
        await bot.receive(said(1, "hello"))
        await until(bot, lambda: bool(world.voice.asked))
        beside = await SqliteStore.open(world.path, exclusive=False)
        await beside.accept(said(2, EXPLICIT), NOON)
        await beside.accept(said(3, "hello there", conversation="board:other"), NOON)
        await beside.close()
        for _ in range(3):  # it looks every second
            await bot.resume()
        await until(bot, lambda: {"e2/care0", "e3/0"} <= set(world.done))
        assert "e1/0" not in world.done
        slow.set()
        await bot.settled()
        await breathe(bot)
    assert len(set(world.done)) == len(world.done)
    assert {"e1/0", "e2/0"} <= set(world.done)


async def test_the_settings_say_how_many_conversations_are_worked_on_side_by_side(world: World) -> None:
    whole = world.config.settings
    world.config = replace(world.config, settings=replace(whole, turns=whole.turns.model_copy(update={"parallel": 1})))
    slow = world.voice.waits["hello"] = asyncio.Event()
    async with world.bot() as bot:
        await bot.receive(said(1, "hello"))
        await until(bot, lambda: len(world.voice.asked) == 1)
        await bot.receive(said(2, "hello there", conversation="board:other"))
        await bot.receive(said(3, EXPLICIT, conversation="board:third"))
        await until(bot, lambda: "e3/care0" in world.done)  # which waits for no room
        await breathe(bot)
        assert len(world.voice.asked) == 1
        slow.set()
        await bot.settled()
    assert {"e1/0", "e2/0", "e3/0"} <= set(world.done)

"""What happens at the same time: care overtakes, a warning that is on its way is taken back, quotas hold."""

import asyncio
from pathlib import Path

import pytest

from bot.core import Bot
from bot.domain.action import CallModerators
from bot.domain.review import Matter
from bot.domain.step import Reason, Step
from tests.core.cases import ANN, BEN, EXPLICIT, INSULT, TALK, World, adjusted, branched, breathe, edited, said, until


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path / "fairwell.db", config=adjusted(redirections=1, endings_a_day=1))
    made.reader.readings = {f"abuse {number}": INSULT for number in range(100)}
    return made


async def test_a_card_is_there_before_the_answer_to_an_earlier_message(world: World) -> None:
    async with world.bot() as bot:
        slow = world.voice.waits["a long question"] = asyncio.Event()
        await bot.receive(said(1, "a long question", member=BEN))
        await until(bot, lambda: len(world.voice.asked) == 1)
        await bot.receive(said(2, EXPLICIT))
        await until(bot, lambda: "e2/care0" in world.done)
        assert "e1/0" not in world.done
        slow.set()
        await bot.settled()
    order = world.done
    assert order.index("e2/care0") < order.index("e1/0") < order.index("e2/0")


async def test_explicit_danger_does_not_wait_for_many_who_are_answered_at_once(world: World) -> None:
    """Nor does it while it is being kept: all lanes stand still until its card is decided on."""
    many = 60
    async with world.bot() as bot:
        slow = world.voice.waits["a long question"] = asyncio.Event()
        for number in range(many):
            await bot.receive(said(number, "a long question", conversation=f"{TALK}-{number}"))
        await until(bot, lambda: len(world.voice.asked) == many)
        slow.set()
        await bot.receive(said(many, EXPLICIT))
        await until(bot, lambda: f"e{many}/care0" in world.done)
        assert world.done.index(f"e{many}/care0") <= 1
        await bot.settled()
        assert len(world.done) > many


async def test_a_branch_from_a_message_in_danger_is_opened(world: World) -> None:
    """Its lane takes that message in by itself, and must not stand still for it."""
    async with world.bot() as bot:
        await world.hear(bot, *(said(number, f"abuse {number}") for number in range(3)))
        assert await bot.store.latest_ending(TALK)
        offered = await world.hear(bot, edited(4, "m0", EXPLICIT))
        offer = next(action.id for action in offered if action.kind == "offer_branch")
        async with asyncio.timeout(30):
            await world.hear(bot, branched(5, offer, f"{TALK}-anew"))
        assert [turn.turn.text for turn in await bot.store.turns(f"{TALK}-anew")] == [EXPLICIT]


async def test_a_turn_that_is_decided_again_asks_no_model_twice(world: World) -> None:
    async with world.bot() as bot:
        slow = world.voice.waits["a long question"] = asyncio.Event()
        await bot.receive(said(1, "a long question", member=BEN))
        await until(bot, lambda: len(world.voice.asked) == 1)
        await bot.receive(said(2, EXPLICIT))
        await until(bot, lambda: "e2/care0" in world.done)
        slow.set()
        await bot.settled()
        turns = await bot.store.turns(TALK)
    assert turns[0].decision.reason is Reason.CARE_WINDOW  # decided on what the card had changed
    assert [brief.text for brief in world.voice.asked].count("a long question") == 1
    assert [brief.text for brief in world.reader.asked].count("a long question") == 1


async def test_words_beside_a_card_are_not_asked_for_twice(world: World) -> None:
    async with world.bot() as bot:
        slow = world.voice.waits[EXPLICIT] = asyncio.Event()
        await bot.receive(said(1, EXPLICIT))
        await until(bot, lambda: "e1/care0" in world.done)
        await bot.receive(said(2, f"{EXPLICIT}, too", member=BEN))
        await until(bot, lambda: "e2/care0" in world.done)
        slow.set()
        await bot.settled()
    assert [brief.text for brief in world.voice.asked].count(EXPLICIT) == 1
    assert world.done.count("e1/0") == 1


async def test_a_card_that_is_under_way_goes_before_everything_else(world: World) -> None:
    async with world.bot() as bot:
        card = world.board.waits["e2/care0"] = asyncio.Event()
        slow = world.voice.waits["a long question"] = asyncio.Event()
        await bot.receive(said(1, "a long question", member=BEN))
        await bot.receive(said(2, EXPLICIT))
        slow.set()
        async with asyncio.timeout(30):
            while not await bot.store.turns(TALK):  # then it could be performed
                pass
        await breathe(bot)
        assert world.done == []
        card.set()
        await bot.settled()
    assert world.done[0] == "e2/care0"
    assert "e1/0" in world.done


async def test_a_warning_that_was_not_performed_is_taken_back(world: World) -> None:
    class Resting(World):
        async def sleep(self, seconds: float) -> None:
            resting.set()
            await rested.wait()

    resting, rested = asyncio.Event(), asyncio.Event()
    world = Resting(world.path, reader=world.reader, config=world.config)
    async with world.bot() as bot:
        await bot.receive(said(1, "abuse 1"))
        await bot.settled()
        world.board.fails = 1
        await bot.receive(said(2, "abuse 2"))
        await resting.wait()
        assert [each.decision.step for each in await bot.store.turns(TALK)] == [Step.REDIRECT, Step.WARN]
        await bot.receive(said(3, EXPLICIT))
        await until(bot, lambda: "e3/care0" in world.done)
        rested.set()
        await bot.settled()
        standings = dict(await bot.store.standings(TALK))
    assert "e2/0" not in world.done
    assert [mark.step for mark in standings[ANN.id].marks] == [Step.REDIRECT]
    assert standings[ANN.id].pending is None


async def test_a_warning_that_was_not_decided_yet_is_not_given(world: World) -> None:
    async with world.bot() as bot:
        await bot.receive(said(1, "abuse 1"))
        await bot.settled()
        slow = world.reader.waits["abuse 2"] = asyncio.Event()
        await bot.receive(said(2, "abuse 2"))
        await bot.receive(said(3, EXPLICIT))
        await until(bot, lambda: "e3/care0" in world.done)
        slow.set()
        await bot.settled()
        turns = await bot.store.turns(TALK)
    assert [each.decision.step for each in turns][:2] == [Step.REDIRECT, Step.CARE]  # held, not warned


async def to_the_brink(bot: Bot, conversation: str, first: int) -> None:
    for number in (first, first + 1):
        await bot.receive(said(number, f"abuse {number}", conversation=conversation))
        await bot.settled()


async def test_endings_at_the_same_time_do_not_exceed_the_quota(world: World) -> None:
    talks = ["board:1", "board:2", "board:3"]
    async with world.bot() as bot:
        for number, talk in enumerate(talks):
            await to_the_brink(bot, talk, 10 * number)
        world.clock.wait(said(40, "").at - world.clock.at)
        slow = asyncio.Event()
        for number, talk in enumerate(talks):
            world.voice.waits[f"abuse {40 + number}"] = slow
            await bot.receive(said(40 + number, f"abuse {40 + number}", conversation=talk))
        await breathe(bot)
        slow.set()
        await bot.settled()
        endings = [ending for talk in talks if (ending := await bot.store.latest_ending(talk))]
    calls = [each for each in world.board.performed if isinstance(each, CallModerators) and each.matter is Matter.QUOTA]
    assert len(endings) == 1
    assert len(calls) == 2

"""Rule 6: what a platform refuses changes no decision, and moderators are told of it once."""

import logging
from pathlib import Path

import pytest

from bot.domain.action import Outcome
from bot.domain.step import Step
from tests.core.cases import INSULT, TALK, World, adjusted, said


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path / "fairwell.db", config=adjusted(redirections=1))
    made.reader.readings = {f"abuse {number}": INSULT for number in range(1_000)}
    return made


ENDED = [said(number, f"abuse {number}") for number in (1, 2, 3)]


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

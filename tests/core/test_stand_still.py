"""What follows from an event in its own lane is taken in there: no lane waits for itself."""

import asyncio
from pathlib import Path

import pytest

from bot.domain.event import Appealed
from tests.core.cases import ANN, EXPLICIT, PLACE, TALK, World, said, texts
from tests.fakes.clock import NOON


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "fairwell.db")


async def test_explicit_danger_in_an_appeal_is_met_and_the_lanes_go_on(world: World) -> None:
    async with world.bot() as bot, asyncio.timeout(30):
        appeal = Appealed(key="a1", conversation=TALK, place=PLACE, member=ANN, at=NOON, words=EXPLICIT)
        await world.hear(bot, appeal)
        await world.hear(bot, said(2, "hello", conversation="board:other"))
    assert any(action.kind == "tell" and action.urgent for action in world.board.performed)
    assert texts(world.board.performed)

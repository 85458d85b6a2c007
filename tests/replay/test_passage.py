"""What followed a turn, read from what is remembered."""

from typing import cast

import pytest

from bot.domain.record import Vetted
from bot.ports import Store
from bot.replay.passage import passage
from bot.replay.script import Line


class Remembers:
    """A store with so many turns, and nothing else."""

    def __init__(self, turns: int) -> None:
        self._turns = [cast("Vetted", f"turn {number}") for number in range(1, turns + 1)]

    async def turns(self, conversation: str, limit: int) -> list[Vetted]:
        """The turns."""
        return self._turns

    async def standings(self, conversation: str) -> list[object]:
        """Nobody stands anywhere."""
        return []

    async def latest_ending(self, conversation: str) -> None:
        """Nothing was ended."""


@pytest.mark.parametrize(("before", "now", "found"), [(0, 1, "turn 1"), (4, 5, "turn 5"), (3, 3, None), (3, 5, None)])
async def test_a_message_becomes_exactly_one_turn(before: int, now: int, found: str | None) -> None:
    followed = await passage(
        cast("Store", Remembers(now)),
        1,
        Line(member="ana", says="hello"),
        member=("ana", "x:ana"),
        thread=("first", "x:first"),
        performed=(),
        turns=before,
    )
    assert cast("object", followed.vetted) == found

"""What is asked by the command is met once, where somebody may be in danger. If it is killed: test_killed."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.configuration import Configuration
from tests.adapters.slack.community import EXPLICIT
from tests.adapters.slack.outgoing import POST
from tests.adapters.slack.people import Town, peopled
from tests.servers.slack import Breaks


@pytest.fixture
async def here(everything: Configuration, tmp_path: Path) -> AsyncIterator[Town]:
    """A workspace with people, and the bot."""
    async with peopled(everything, tmp_path) as made:
        yield made


@pytest.mark.parametrize("times", [0, 3], ids=["posted", "never posted"])
async def test_a_cry_is_met_once_and_nothing_of_it_is_left_to_do(here: Town, times: int) -> None:
    if times:
        here.slack.fault(POST, Breaks(), times=times)
    await here.types(here.robin, f"ask {EXPLICIT}")
    async with asyncio.timeout(10):
        await here.told(here.slack.dm(here.robin))
        await here.told(here.desk)
    await here.settled()
    assert (len(here.said(here.slack.dm(here.robin))), len(here.said(here.desk))) == (1, 1)
    assert not await here.store.open_conversations()

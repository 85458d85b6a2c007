"""What the tests of the Discord adapter begin with."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.configuration import Configuration
from tests.adapters.discord.community import Community
from tests.fakes.clock import SetClock
from tests.servers.discord import Server


@pytest.fixture
async def town(everything: Configuration, tmp_path: Path) -> AsyncIterator[Community]:
    """A guild on a Discord of its own. The bot is not there yet."""
    clock = SetClock()
    async with Server(clock) as server:
        yield Community(server, tmp_path / "discord.db", everything, clock)

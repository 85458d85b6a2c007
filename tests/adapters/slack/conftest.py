"""What the tests of the adapter for Slack start from."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.configuration import Configuration
from tests.adapters.slack.community import Community, community
from tests.adapters.slack.outgoing import Outgoing, outgoing


@pytest.fixture
async def there() -> AsyncIterator[Outgoing]:
    """A workspace that the adapter's parts talk to."""
    async with outgoing() as workspace:
        yield workspace


@pytest.fixture
async def town(everything: Configuration, tmp_path: Path) -> AsyncIterator[Community]:
    """A workspace on a Slack of its own. The bot is not there yet."""
    async with community(everything, tmp_path) as made:
        yield made

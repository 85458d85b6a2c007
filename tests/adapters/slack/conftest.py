"""What the tests of the adapter for Slack start from."""

from collections.abc import AsyncIterator

import pytest

from tests.adapters.slack.outgoing import Outgoing, outgoing


@pytest.fixture
async def there() -> AsyncIterator[Outgoing]:
    """A workspace that the adapter's parts talk to."""
    async with outgoing() as workspace:
        yield workspace

"""A store of each kind, empty, for the tests that hold for all of them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.store.sqlite import SqliteStore


@pytest.fixture(params=["sqlite"])
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    store = await SqliteStore.open(tmp_path / "fairwell.db", exclusive=True)
    yield store
    await store.close()

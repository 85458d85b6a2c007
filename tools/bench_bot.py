"""What benchmarks share: a bot on a database of its own, before a platform that only notes when things were done."""

import statistics
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from bot.configuration import Configuration
from bot.core import Bot
from bot.domain.action import Action, Outcome, Receipt, Say
from bot.domain.conversation import Attachment, Place
from bot.errors import PlatformError
from bot.ports import Reader, Voice
from bot.store.sqlite import SqliteStore


class Platform:
    """A platform that has done everything at once. Times are those of time.perf_counter, by the event's key.

    shown  when something of what followed could first be seen
    done   when the last of it was done
    """

    name = "bench"

    def __init__(self) -> None:
        self.shown: dict[str, float] = {}
        self.done: dict[str, float] = {}

    async def perform(self, action: Action) -> Receipt:
        """Note the time."""
        event, now = action.id.split("/", maxsplit=1)[0], time.perf_counter()
        self.shown.setdefault(event, now)
        self.done[event] = now
        return Receipt(action.id, Outcome.DELIVERED, datetime.now(UTC), message=action.id)

    async def find(self, action: Action) -> Receipt | None:
        """Never: nothing was lost."""
        return None

    async def fetch(self, attachment: Attachment, most: int) -> bytes:
        """Nobody attaches anything here."""
        raise PlatformError("there are no files")

    async def preview(self, action: str, place: Place, conversation: str, text: str) -> None:
        """Note the time of the first."""
        self.shown.setdefault(action.split("/", maxsplit=1)[0], time.perf_counter())

    async def give_up(self, action: Say) -> str:
        """Nothing is shown before it is said."""
        return ""


@asynccontextmanager
async def wired(
    current: Configuration, database: Path, voice: Voice, reader: Reader | None, platform: Platform
) -> AsyncIterator[Bot]:
    """A bot on a database."""
    store = await SqliteStore.open(database, exclusive=True)
    made = Bot(
        store=store,
        voice=voice,
        reader=reader,
        configuration=lambda: current,
        platforms={platform.name: platform},
        clock=lambda: datetime.now(UTC),
    )
    try:
        yield made
    finally:
        await made.stop(5)
        await store.close()
        await voice.close()


def percentiles(values: Sequence[float]) -> tuple[float, float, float]:
    """Median, 95th and 99th percentile."""
    cuts = statistics.quantiles(values, n=100, method="inclusive")
    return cuts[49], cuts[94], cuts[98]

"""Lanes in one process: an asyncio task per busy conversation."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from bot.errors import FairwellError

log = logging.getLogger(__name__)

BACKOFF = (0.5, 2.0, 8.0, 30.0)  # seconds between tries of a lane that failed; the last one repeats


class LocalLanes:
    """Runs `drain(conversation)` at most once at a time for each conversation, and again if it was woken meanwhile.

    `drain` does all that there is to do in a conversation and returns; where it raises, it is run again after a
    while. It must keep what it needs in the store: a lane forgets everything.
    """

    def __init__(
        self,
        drain: Callable[[str], Awaitable[None]],
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._drain = drain
        self._sleep = sleep
        self._again: dict[str, bool] = {}  # the busy conversations; True: woken since its drain began
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = False

    @property
    def busy(self) -> int:
        """How many conversations have something under way."""
        return len(self._again)

    async def wake(self, conversation: str) -> None:
        """There is something to do in this conversation."""
        if self._stopping:
            return
        if conversation in self._again:
            self._again[conversation] = True
            return
        self._again[conversation] = False
        task = asyncio.create_task(self._run(conversation), name=f"lane {conversation}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def settled(self) -> None:
        """Return when no lane is busy."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def stop(self, grace: float) -> None:
        """Let running turns finish, `grace` seconds at most; what is not finished is finished after a restart."""
        self._stopping = True
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _run(self, conversation: str) -> None:
        failures = 0
        try:
            while True:
                self._again[conversation] = False
                try:
                    await self._drain(conversation)
                    failures = 0
                except FairwellError:
                    log.warning("lane %s failed", conversation, exc_info=True)
                    await self._sleep(BACKOFF[min(failures, len(BACKOFF) - 1)])
                    failures += 1
                    self._again[conversation] = True
                # No await from here to `del`: a wake-up in between would be lost.
                if self._stopping or not self._again[conversation]:
                    return
        finally:
            del self._again[conversation]

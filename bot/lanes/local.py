"""Lanes in one process: an asyncio task per busy conversation."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from typing import Any

from bot.errors import where
from bot.lanes.steps import Steps

log = logging.getLogger(__name__)

LONGEST = 60.0  # seconds between two tries of a lane that fails again and again: what is back is noticed that soon


class LocalLanes:
    """Runs `drain(conversation)` at most once at a time for each conversation, and again if it was woken meanwhile.

    `drain` does all that there is to do in a conversation and returns; where it raises, it is run again after a
    while. It must keep what it needs in the store: a lane forgets everything.

    parallel  conversations that are drained side by side; the others wait for their turn
    backoff   seconds before the second try of a drain that failed; doubles with each further one, up to LONGEST
    """

    def __init__(
        self,
        drain: Callable[[str], Coroutine[Any, Any, None]],
        *,
        parallel: int,
        backoff: float,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._drain = drain
        self._backoff = backoff
        self._sleep = sleep
        self._room = asyncio.Semaphore(parallel)
        self._steps = Steps()
        self._again: dict[str, bool] = {}  # the busy conversations; True: woken since its drain began
        self._tasks: dict[asyncio.Task[None], str] = {}
        self._idle: set[str] = set()  # the busy conversations that wait for room or for their next try
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
        self._tasks[task] = conversation
        task.add_done_callback(self._tasks.pop)

    def resting(self) -> AbstractContextManager[None]:
        """What is under way in all lanes stands still meanwhile, for something that cannot wait for it."""
        return self._steps.resting()

    async def settled(self) -> None:
        """Return when no lane is busy."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def stop(self, grace: float) -> None:
        """Let running turns finish, `grace` seconds at most; what is not finished is finished after a restart."""
        self._stopping = True
        for task, conversation in self._tasks.items():
            if conversation in self._idle:
                task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _run(self, conversation: str) -> None:
        failures = 0
        try:
            while True:
                async with self._in_room(conversation):
                    self._again[conversation] = False
                    failures = 0 if await self._drained(conversation) else failures + 1
                if failures and not self._stopping:
                    await self._rest(conversation, failures)
                    continue
                # No await from here to `del`: a wake-up in between would be lost.
                if self._stopping or not self._again[conversation]:
                    return
        finally:
            del self._again[conversation]

    async def _drained(self, conversation: str) -> bool:
        try:
            await self._steps.of(self._drain(conversation))
        except Exception as fault:  # whatever it was: a lane that died would leave its conversation unanswered
            log.warning("lane %s failed: %s", conversation, where(fault))
            return False
        return True

    async def _rest(self, conversation: str, failures: int) -> None:
        with self._idling(conversation):
            await self._sleep(min(self._backoff * 2.0 ** min(failures - 1, 30), max(self._backoff, LONGEST)))

    @asynccontextmanager
    async def _in_room(self, conversation: str) -> AsyncIterator[None]:
        with self._idling(conversation):
            await self._room.acquire()
        try:
            yield
        finally:
            self._room.release()

    @contextmanager
    def _idling(self, conversation: str) -> Iterator[None]:
        """Nothing is under way in this lane meanwhile: a stop need not wait for it."""
        self._idle.add(conversation)
        try:
            yield
        finally:
            self._idle.discard(conversation)

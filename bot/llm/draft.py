"""An answer that is being written while the turn is still being read: unsent, and thrown away if it must not be."""

import asyncio
from collections.abc import AsyncIterator

from bot.errors import LLMError
from bot.ports import Written


class Draft:
    """Follows a running reply of a Voice in the background.

    so_far  how far it has come. A draft that is not wanted is dropped, which closes its stream.
    """

    def __init__(self, growing: AsyncIterator[Written]) -> None:
        self.so_far = Written()
        self._growing = growing
        self._more = asyncio.Event()
        self._task = asyncio.create_task(self._follow())
        self._task.add_done_callback(lambda _: self._more.set())

    async def whole(self) -> Written:
        """The whole reply. Raises LLMError, also if there is nothing to read in it and no care was called for."""
        await self._task
        return self.so_far

    async def progress(self) -> AsyncIterator[str]:
        """The text so far, each time it has changed, until it is whole. Raises nothing: `whole` tells what failed."""
        while not self._task.done():
            await self._more.wait()
            self._more.clear()
            if not self._task.done():
                yield self.so_far.text

    async def drop(self) -> None:
        """Stop writing."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _follow(self) -> None:
        async for written in self._growing:
            self.so_far = written
            self._more.set()
        if not self.so_far.text.strip() and self.so_far.risk is None:
            raise LLMError("an empty answer")

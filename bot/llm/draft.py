"""An answer that is being written while the turn is still being read: unsent, and thrown away if it must not be."""

import asyncio
from collections.abc import AsyncIterator

from bot.ports import Brief, Voice, Written


class Draft:
    """A Voice's reply that is written in the background.

    so_far  how far it has come. A draft that is not wanted is dropped, which closes its stream.
    """

    def __init__(self, voice: Voice, brief: Brief) -> None:
        self.so_far = Written()
        self._more = asyncio.Event()
        self._enough = False
        self._task = asyncio.create_task(voice.answer(brief, self._grown))
        self._task.add_done_callback(lambda _: self._more.set())

    async def whole(self) -> Written:
        """The whole reply. Raises LLMError."""
        try:
            return await self._task
        except asyncio.CancelledError:
            reader = asyncio.current_task()
            if not self._enough or (reader and reader.cancelling()):
                raise
            return self.so_far

    async def progress(self) -> AsyncIterator[str]:
        """The text so far, each time it has changed, until it is whole. Raises nothing: `whole` tells what failed."""
        while not self._task.done():
            await self._more.wait()
            self._more.clear()
            if not self._task.done():
                yield self.so_far.text

    def enough(self) -> None:
        """Write no more: what there is of it is the whole."""
        self._enough = True
        self._task.cancel()

    async def drop(self) -> None:
        """Stop writing."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    def _grown(self, written: Written) -> None:
        self.so_far = written
        self._more.set()

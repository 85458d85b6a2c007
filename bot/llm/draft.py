"""An answer that is being written while the turn is still being read: unsent, and thrown away if it must not be."""

import asyncio
from collections.abc import AsyncIterator

from bot.errors import LLMError


class Draft:
    """Collects a reply's pieces in the background.

    `pieces` is a running reply of a Voice. A draft that is not wanted is dropped, which closes its stream.
    """

    def __init__(self, pieces: AsyncIterator[str]) -> None:
        self._pieces = pieces
        self._written: list[str] = []
        self._more = asyncio.Event()
        self._task = asyncio.create_task(self._write())
        self._task.add_done_callback(lambda _: self._more.set())

    async def text(self) -> str:
        """The whole reply. Raises LLMError, also if there is nothing to read in it."""
        await self._task
        return "".join(self._written).strip()

    async def progress(self) -> AsyncIterator[str]:
        """The reply so far, each time it has grown, until it is whole. Raises nothing: `text` tells what failed."""
        while not self._task.done():
            await self._more.wait()
            self._more.clear()
            if not self._task.done():
                yield "".join(self._written)

    async def drop(self) -> None:
        """Stop writing."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _write(self) -> None:
        async for piece in self._pieces:
            self._written.append(piece)
            self._more.set()
        if not "".join(self._written).strip():
            raise LLMError("an empty answer")

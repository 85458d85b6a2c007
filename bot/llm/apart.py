"""Models that are asked in a thread of their own, so that nothing else waits for what that takes of the processor.

Their SDK takes some milliseconds for a turn. With two hundred turns at once a card for somebody in danger would wait
for all of them at each of its own steps.
"""

import asyncio
import threading
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

from bot.domain.assessment import Reading
from bot.domain.usage import Usage
from bot.ports import Brief, Confirmed, Grown, Reader, Voice, Written

T = TypeVar("T")


class Apart:
    """A Voice, and the Reader that goes with it, in a thread and an event loop of their own.

    They must not be asked from anywhere else. The thread begins with the first question.
    """

    def __init__(self, voice: Voice, reader: Reader) -> None:
        self._voice = voice
        self._reader = reader
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def name(self) -> str:
        """The main model's name."""
        return self._voice.name

    @property
    def reader(self) -> "ApartReader":
        """The reading model."""
        return ApartReader(self, self._reader)

    async def answer(self, brief: Brief, grown: Grown) -> Written:
        """ports.Voice.answer; `grown` is told in the thread that asks."""
        here = asyncio.get_running_loop()

        def told(written: Written) -> None:
            if not here.is_closed():
                here.call_soon_threadsafe(grown, written)

        return await self.there(self._voice.answer(brief, told))

    async def confirm_ending(self, brief: Brief) -> Confirmed | None:
        """ports.Voice.confirm_ending."""
        return await self.there(self._voice.confirm_ending(brief))

    async def summarise(self, brief: Brief) -> str:
        """ports.Voice.summarise."""
        return await self.there(self._voice.summarise(brief))

    def used(self) -> Sequence[Usage]:
        """ports.Voice.used."""
        return self._voice.used()

    async def close(self) -> None:
        """Hang up. What is still asked breaks off."""
        if self._loop is None:
            await self._voice.close()
            return
        loop, thread = self._loop, self._thread
        await self.there(self._voice.close())
        loop.call_soon_threadsafe(loop.stop)
        await asyncio.to_thread(thread.join)

    async def there(self, asked: Coroutine[Any, Any, T]) -> T:
        """What comes of something that is asked there. Given up here, it is given up there."""
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
            self._thread = threading.Thread(target=_live, args=(self._loop,), name="models", daemon=True)
            self._thread.start()
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(asked, self._loop))


class ApartReader:
    """The Reader of it."""

    def __init__(self, apart: Apart, reader: Reader) -> None:
        self._apart = apart
        self._reader = reader

    @property
    def name(self) -> str:
        """The reading model's name."""
        return self._reader.name

    async def read(self, brief: Brief) -> Reading:
        """ports.Reader.read."""
        return await self._apart.there(self._reader.read(brief))


def _live(loop: asyncio.AbstractEventLoop) -> None:
    """Until it is stopped; then whatever is left breaks off."""
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.get_loop().run_forever()

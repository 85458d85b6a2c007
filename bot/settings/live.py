"""Configuration that follows its files while the bot runs: a good change is taken over, a broken one is refused."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Generic, TypeVar

from watchfiles import awatch

from bot.errors import ConfigError
from bot.settings import changing
from bot.settings.changing import Draft
from bot.settings.space_files import NO_DRAFTS, Drafts

T = TypeVar("T")
Values = Mapping[str, object]  # by key; one left out is not set


class Live(Generic[T]):
    """What `build` makes of a directory, kept up to date as a whole.

    In: the directory, all of which is watched; and `build`, which makes everything that depends on it (settings,
    texts, phrases, resources) or raises ConfigError. It is told of files that are not written yet, to be taken as if
    they were. Raises ConfigError if it cannot be made the first time.
    """

    def __init__(self, directory: Path, build: Callable[[Path, Drafts], T]) -> None:
        self._directory = directory
        self._build = build
        self._current = build(directory, NO_DRAFTS)
        self._one_at_a_time = asyncio.Lock()

    @property
    def current(self) -> T:
        """What is in force. Take it once a turn, so that the turn sees one configuration."""
        return self._current

    async def reload(self) -> T:
        """Take over what the files say now. Raises ConfigError; then what was in force stays in force."""
        async with self._one_at_a_time:
            self._current = await self._built(NO_DRAFTS)
            return self._current

    async def change(
        self, space: str, changes: Mapping[str, object], keep: Callable[[T, Values, Values], Awaitable[None]]
    ) -> Sequence[str]:
        """Change a space's own settings in its file, and take them over.

        changes  by key (changing.OWN); None takes a key back
        keep     is told what is about to hold, and the values of the changed keys before and after; it puts them on
                 record. If it raises, nothing is changed. If the file cannot be replaced then, it is told the reverse.

        Out: the keys that have changed. Raises ConfigError; then none has.
        """
        async with self._one_at_a_time:
            draft = changing.draft(self._directory, space, changes)
            if not draft.keys:
                return ()
            current = await self._with(draft)
            with changing.staged(draft) as beside:  # a few milliseconds that all wait; admins rarely ask
                await keep(current, draft.was, draft.now)
                try:
                    changing.put(beside, draft.path)
                except OSError as error:
                    await keep(self._current, draft.now, draft.was)
                    raise changing.not_written(draft, error) from None
                self._current = current
            return draft.keys

    async def watch(
        self, on_change: Callable[[T], Awaitable[None]], on_fault: Callable[[ConfigError], Awaitable[None]]
    ) -> None:
        """Reload at every change on disk, until cancelled. Changes within 1.6 seconds count as one.

        `on_change` gets what is in force now, `on_fault` why a change was refused.
        """
        async for _ in awatch(self._directory):
            try:
                current = await self.reload()
            except ConfigError as error:
                await on_fault(error)
            else:
                await on_change(current)

    async def _built(self, drafts: Drafts) -> T:
        """In a thread: reading every phrase takes more than a second, in which a card must not have to wait."""
        return await asyncio.to_thread(self._build, self._directory, drafts)

    async def _with(self, draft: Draft) -> T:
        """What would hold. Raises ConfigError with what is wrong in the draft; of other files, only that they are."""
        try:
            return await self._built({draft.path: draft.text})
        except ConfigError as error:
            own = [fault for fault in error.faults if fault.startswith(f"{draft.path}: ")]
            elsewhere = f"{self._directory}: something else in it is wrong, so nothing can be changed"
            mend = "whoever operates the bot has to mend it first; `fairwell check` tells what it is"
            raise ConfigError(own or [f"{elsewhere}; {mend}"]) from None

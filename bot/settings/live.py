"""Configuration that follows its files while the bot runs: a good change is taken over, a broken one is refused."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Generic, TypeVar

from watchfiles import awatch

from bot.errors import ConfigError

T = TypeVar("T")


class Live(Generic[T]):
    """What `build` makes of a directory, kept up to date as a whole.

    In: the directory, all of which is watched; and `build`, which makes everything that depends on it (settings,
    texts, phrases, resources) or raises ConfigError. Raises ConfigError if it cannot be made the first time.
    """

    def __init__(self, directory: Path, build: Callable[[Path], T]) -> None:
        self._directory = directory
        self._build = build
        self._current = build(directory)

    @property
    def current(self) -> T:
        """What is in force. Take it once a turn, so that the turn sees one configuration."""
        return self._current

    def reload(self) -> T:
        """Take over what the files say now. Raises ConfigError; then what was in force stays in force."""
        self._current = self._build(self._directory)
        return self._current

    async def watch(
        self, on_change: Callable[[T], Awaitable[None]], on_fault: Callable[[ConfigError], Awaitable[None]]
    ) -> None:
        """Reload at every change on disk, until cancelled. Changes within 1.6 seconds count as one.

        `on_change` gets what is in force now, `on_fault` why a change was refused.
        """
        async for _ in awatch(self._directory):
            try:
                current = self.reload()
            except ConfigError as error:
                await on_fault(error)
            else:
                await on_change(current)

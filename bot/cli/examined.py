"""How the bot stands with a chat platform, as its adapter finds out for `fairwell doctor PLATFORM`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from bot.configuration import Configuration


@dataclass(frozen=True, slots=True)
class Remark:
    """What was found in one place, in sentences for the operator, with what is to be done.

    where  "" for the bot as a whole; else a space, by its name and id
    lacks  something does not work there as it should
    """

    where: str
    lacks: bool
    said: Sequence[str]


@dataclass(frozen=True, slots=True)
class Examined:
    """Who the bot is on a platform, the address by which it is invited, and what was found."""

    who: str
    invite: str
    remarks: Sequence[Remark]


@runtime_checkable
class Examines(Protocol):
    """An adapter that can be asked how the bot stands."""

    async def examine(self, configuration: Configuration) -> Examined:
        """Look, beside a bot that may be running and without disturbing it.

        Raises ConfigError: the platform does not take its key. Raises PlatformError: it cannot be reached now.
        """
        ...


@runtime_checkable
class Posts(Protocol):
    """An adapter that can try whether moderators can be called."""

    async def post(self, configuration: Configuration) -> Examined:
        """The same as Examines.examine; besides, post where moderators are called, and delete that again."""
        ...

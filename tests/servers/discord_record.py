"""What a test finds on record, and how it waits for it without sleeping."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.servers.discord_drafts import Upload
from tests.servers.discord_state import Json


@dataclass(eq=False, kw_only=True)
class Asked:
    """A request. at, answered: seconds of time.monotonic(); code: the error's, 0 where it has none."""

    method: str
    path: str  # after /api/v10
    query: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)  # without the token
    body: Json | list[Json] | None = None
    uploads: tuple[Upload, ...] = ()
    at: float = field(default_factory=time.monotonic)
    answered: float | None = None
    status: int | None = None  # None: nobody answered
    code: int = 0
    reply: object = None

    @property
    def what(self) -> str:
        """Method and path: "POST /channels/5/messages"."""
        return f"{self.method} {self.path}"

    @property
    def fields(self) -> Json:
        """The body, where it is an object."""
        return self.body if isinstance(self.body, dict) else {}


@dataclass(frozen=True, kw_only=True)
class Frame:
    """What went over a session's socket. name: the event's, where it is one; at: seconds of time.monotonic()."""

    session: str
    op: int
    name: str | None = None
    number: int | None = None  # of the event in its session
    payload: object = None
    at: float = field(default_factory=time.monotonic)


class Bell:
    """Rings whenever something has changed."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """Something has changed."""
        rung, self._rung = self._rung, asyncio.Event()
        rung.set()

    async def until(self, condition: Callable[[], object], seconds: float) -> None:
        """Wait until something is so. TimeoutError: it never was."""
        async with asyncio.timeout(seconds):
            while not condition():
                await self._rung.wait()

"""How fast Slack is asked: no faster than it takes it, and what is urgent first."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

Sleep = Callable[[float], Awaitable[None]]
Timer = Callable[[], float]  # seconds, of a clock that never goes back


class Pace:
    """Turns of one kind, by what they are about: the first few at once, then one in `every` seconds.

    burst  how many come at once, when there was none for long enough
    """

    def __init__(self, every: float, burst: int, timer: Timer) -> None:
        self._every = every
        self._burst = burst
        self._timer = timer
        self._over: dict[str, float] = {}  # when all that were taken are made up for

    def turn(self, about: str) -> float:
        """Take the next turn. Out: in how many seconds it comes."""
        now = self._timer()
        over = max(self._over.get(about, now), now) + self._every
        self._over = {each: at for each, at in self._over.items() if at > now} | {about: over}
        return max(0.0, over - now - self._every * self._burst)

    def left(self, about: str) -> float:
        """In how many seconds the next turn would come."""
        now = self._timer()
        return max(0.0, self._over.get(about, now) - now - self._every * (self._burst - 1))

    def free(self, about: str) -> bool:
        """Whether a turn would come at once."""
        return not self.left(about)


class Gate:
    """One kind of request to Slack: all at once, until it has had too many.

    Then nothing until it wants some again; and from there on one after the other, what is urgent first, until it takes
    one.
    """

    def __init__(self, sleep: Sleep, timer: Timer) -> None:
        self._sleep = sleep
        self._timer = timer
        self._until = timer()
        self._shut = False
        self._one = asyncio.Lock()
        self._urgent = 0  # how many of these are on their way
        self._calm = asyncio.Event()  # none is

    @property
    def left(self) -> float:
        """Seconds until Slack wants to be asked again."""
        return max(0.0, self._until - self._timer())

    def shut(self, seconds: float) -> None:
        """Slack has had too many, and wants none for so long."""
        self._until = max(self._until, self._timer() + seconds)
        self._shut = True

    def open(self) -> None:
        """Slack has taken one."""
        self._shut = False

    @asynccontextmanager
    async def passing(self, *, urgent: bool) -> AsyncIterator[None]:
        """Make a request in here."""
        if urgent:
            self._urgent += 1
            self._calm.clear()
            try:
                await self._opened()
                yield
            finally:
                self._urgent -= 1
                if not self._urgent:
                    self._calm.set()
        elif self._shut:
            async with self._one:
                await self._opened()
                while self._urgent:
                    await self._calm.wait()
                    await self._opened()
                yield
        else:
            yield

    async def _opened(self) -> None:
        while self.left:
            await self._sleep(self.left)

"""How lanes share the event loop: one step of one lane in each of its passes, so that nothing else waits for many.

A step is what a coroutine does from one thing that it waits for to the next. When many lanes wake at once, as they do
after a commit that all of them waited for, the loop would take a step of each before it looks at anything else: what
arrives meanwhile, a card for somebody in danger say, would wait for all of them at each of its own steps.
"""

import asyncio
from collections import deque
from collections.abc import Coroutine, Generator, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Generic, TypeVar, cast

T = TypeVar("T")


class Steps:
    """Lets steps be taken, one in each pass, first come, first served."""

    def __init__(self) -> None:
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._taken = False  # one has been in this pass, or will be in the next
        self._resting = 0

    async def of(self, work: Coroutine[Any, Any, T]) -> T:
        """What comes of `work`, whose steps are taken one by one."""
        return await _Stepwise(work, self)

    @contextmanager
    def resting(self) -> Iterator[None]:
        """No step is taken meanwhile."""
        self._resting += 1
        try:
            yield
        finally:
            self._resting -= 1
            if not self._taken:
                self._next()

    def turn(self) -> Generator[Any, None, None]:
        """Wait until the next step may be taken."""
        loop = asyncio.get_running_loop()
        if self._taken or self._resting:
            waiting = loop.create_future()
            self._waiting.append(waiting)
            yield from waiting
        else:
            self._taken = True
            loop.call_soon(self._next)

    def _next(self) -> None:
        self._taken = False
        while self._waiting and not (self._taken or self._resting):
            if not (waiting := self._waiting.popleft()).done():  # else whoever waited was cancelled
                waiting.set_result(None)
                self._taken = True
                asyncio.get_running_loop().call_soon(self._next)


class _Stepwise(Generic[T]):
    """Is awaited instead of `work`."""

    def __init__(self, work: Coroutine[Any, Any, T], steps: Steps) -> None:
        self._work = work
        self._steps = steps

    def __await__(self) -> Generator[Any, Any, T]:
        before = self._steps.turn()
        while True:
            resume = partial(self._work.send, None)
            try:
                yield from before
            except BaseException as fault:  # it is for `work` to deal with: it is cancelled, say
                resume = partial(self._work.throw, fault)
            try:
                before = self._after(resume())
            except StopIteration as done:
                return cast("T", done.value)

    def _after(self, awaited: object) -> Generator[Any, None, None]:
        yield awaited
        yield from self._steps.turn()

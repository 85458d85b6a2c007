"""The clock of the local Slack. It stands still until a test moves it."""

import heapq
import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(order=True)
class Alarm:
    """Something to be done at a time, unless it is called off before."""

    at: float
    number: int
    act: Callable[[], object] = field(compare=False)
    off: bool = field(default=False, compare=False)


class Clock:
    """Tells the time, and does what is due when it is moved. start: seconds since 1970; without, this moment."""

    def __init__(self, start: float | None = None) -> None:
        self.now = time.time() if start is None else start
        self._alarms: list[Alarm] = []
        self._numbers = itertools.count()

    def after(self, seconds: float, act: Callable[[], object]) -> Alarm:
        """Do something in so many seconds."""
        alarm = Alarm(self.now + seconds, next(self._numbers), act)
        heapq.heappush(self._alarms, alarm)
        return alarm

    def advance(self, seconds: float) -> None:
        """Move it. What is due on the way is done at its own time, in order."""
        until = self.now + seconds
        while self._alarms and self._alarms[0].at <= until:
            alarm = heapq.heappop(self._alarms)
            self.now = max(self.now, alarm.at)
            if not alarm.off:
                alarm.act()
        self.now = until

"""A circuit breaker for one model: after failures in a row it is left alone for a while.

Our own, since of the libraries none takes a clock: their recovery could only be tested by waiting for it.
"""

import logging
from collections.abc import Callable

log = logging.getLogger(__name__)

LONGEST = 10  # times the first pause


class Breaker:
    """Counts failures of a model.

    now  seconds, of a clock that never jumps
    """

    def __init__(self, model: str, now: Callable[[], float]) -> None:
        self._model = model
        self._now = now
        self._failures = 0
        self._pauses = 0
        self._pause = 0.0  # seconds
        self._closed_until = float("-inf")  # nobody is let through before then
        self._probing = False  # somebody has been let through, to see

    def admits(self) -> bool:
        """Whether the model may be asked. After a pause one call is let through, to see; others wait for its end."""
        if not self._pauses:
            return True
        if self._now() < self._closed_until:
            return False
        self._closed_until = self._now() + self._pause
        self._probing = True
        return True

    def succeeded(self) -> None:
        """It answered: all is forgotten."""
        if self._pauses:
            log.warning("%s answers again", self._model)
        self._failures = self._pauses = 0
        self._probing = False

    def failed(self, after: int, pause: float) -> None:
        """It failed once more. From `after` failures in a row on it is left alone for `pause` seconds, then longer.

        Calls that were under way when it was first left alone, and fail now, do not make it longer.
        """
        self._failures += 1
        if self._failures < after or (self._pauses and not self._probing):
            return
        self._probing = False
        self._pauses += 1
        self._pause = min(pause * 2 ** (self._pauses - 1), pause * LONGEST)
        self._closed_until = self._now() + self._pause
        log.error("%s failed %d times in a row: not asked for %g s", self._model, self._failures, self._pause)

"""A clock that moves when it is told to."""

from datetime import UTC, datetime, timedelta

NOON = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)


class SetClock:
    """Tells the time it was set to; each look moves it on by a microsecond, so that nothing happens at once."""

    def __init__(self, at: datetime = NOON) -> None:
        self.at = at

    def __call__(self) -> datetime:
        self.at += timedelta(microseconds=1)
        return self.at

    def wait(self, how_long: timedelta) -> None:
        """Let time pass; a negative time is a clock that jumps back."""
        self.at += how_long

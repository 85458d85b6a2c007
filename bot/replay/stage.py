"""Where a rehearsal is played: a clock that moves by the script, and a platform in memory."""

from datetime import UTC, datetime, timedelta

from bot.domain.action import Action, Outcome, Receipt, Say
from bot.domain.conversation import Attachment, Place
from bot.errors import PlatformError
from bot.ports import Clock

BEGINNING = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)  # any instant would do, as long as it is always the same


class SetClock:
    """Moves when it is told to; each look moves it on by a microsecond, so that nothing happens at once."""

    def __init__(self) -> None:
        self._at = BEGINNING

    def __call__(self) -> datetime:
        self._at += timedelta(microseconds=1)
        return self._at

    def wait(self, how_long: timedelta) -> None:
        """Let time pass."""
        self._at += how_long


class Stage:
    """A platform that does everything it is asked to at once, and remembers."""

    name = "rehearsal"

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.performed: list[Action] = []
        self._receipts: dict[str, Receipt] = {}

    async def perform(self, action: Action) -> Receipt:
        """Do it."""
        self.performed.append(action)
        receipt = Receipt(action.id, Outcome.DELIVERED, self._clock(), message=f"posted {action.id}")
        self._receipts[action.id] = receipt
        return receipt

    async def find(self, action: Action) -> Receipt | None:
        """Whether it was done."""
        return self._receipts.get(action.id)

    async def fetch(self, attachment: Attachment, most: int) -> bytes:
        """No script attaches anything."""
        raise PlatformError("there are no files here")

    async def preview(self, action: str, place: Place, conversation: str, text: str) -> None:
        """Nobody looks."""

    async def give_up(self, action: Say) -> str:
        """Nothing is shown before it is said."""
        return ""

"""A platform in memory, with what real ones do: it remembers what it posted, refuses, fails, and loses replies."""

from bot.domain.action import Action, Outcome, Receipt
from bot.domain.conversation import Place
from bot.errors import PlatformError
from bot.ports import Clock


class Board:
    """Performs actions on a list that outlives any one bot, and counts what was performed twice."""

    name = "board"

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.performed: list[Action] = []
        self.previews: list[str] = []
        self.refuses: set[str] = set()  # kinds of action
        self.fails = 0  # how many of the next calls fail before anything happened
        self.loses = 0  # how many of the next calls are done, but the reply is lost

    async def perform(self, action: Action) -> Receipt:
        """Do it."""
        if self.fails:
            self.fails -= 1
            raise PlatformError("told to fail")
        if action.kind in self.refuses:
            return Receipt(action.id, Outcome.REFUSED, self._clock(), why="told to refuse")
        self.performed.append(action)
        if self.loses:
            self.loses -= 1
            raise PlatformError("the reply was lost")
        return self._receipt(action)

    async def find(self, action: Action) -> Receipt | None:
        """Whether it was done."""
        return self._receipt(action) if any(each.id == action.id for each in self.performed) else None

    async def preview(self, action: str, place: Place, conversation: str, text: str) -> None:
        """Remember how far an answer had come."""
        self.previews.append(text)

    def _receipt(self, action: Action) -> Receipt:
        return Receipt(action.id, Outcome.DELIVERED, self._clock(), message=f"posted {action.id}")

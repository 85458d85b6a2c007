"""Platforms with what real ones do: they remember what was posted, refuse, fail, and lose replies."""

import asyncio
import json
from datetime import datetime
from pathlib import Path

from bot.domain.action import Action, Outcome, Receipt, Say
from bot.domain.conversation import Attachment, Place
from bot.errors import PlatformError
from bot.ports import Clock
from bot.store.codec import Codec


class Board:
    """Performs actions on a list that outlives any one bot; what is performed twice stands there twice."""

    name = "board"

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.performed: list[Action] = []
        self.receipts: dict[str, Receipt] = {}  # of what was performed first under each id
        self.previews: list[str] = []
        self.shown: dict[str, str] = {}  # the latest of them, by action
        self.refuses: set[str] = set()  # kinds of action
        self.why = "told to refuse"  # what it gives as its reason
        self.needless: set[str] = set()  # kinds of action for which it has nothing to do
        self.waits: dict[
            str, asyncio.Event
        ] = {}  # what comes about only when this is set: actions by id, files by source
        self.fails = 0  # how many of the next calls fail before anything happened
        self.loses = 0  # how many of the next calls are done, but the reply is lost
        self.files: dict[str, bytes] = {}  # what is in the attachments, by source
        self.fetched: list[str] = []  # the sources that were asked for

    async def perform(self, action: Action) -> Receipt:
        """Do it."""
        if action.id in self.waits:
            await self.waits[action.id].wait()
        if self.fails:
            self.fails -= 1
            raise PlatformError("told to fail")
        if action.kind in self.refuses:
            return Receipt(action.id, Outcome.REFUSED, self._clock(), why=self.why)
        if action.kind in self.needless:
            return Receipt(action.id, Outcome.NEEDLESS, self._clock())
        self.performed.append(action)
        receipt = Receipt(action.id, Outcome.DELIVERED, self._clock(), message=f"posted {action.id}")
        self.receipts.setdefault(action.id, receipt)
        if self.loses:
            self.loses -= 1
            raise PlatformError("the reply was lost")
        return receipt

    async def find(self, action: Action) -> Receipt | None:
        """Whether it was done."""
        return self.receipts.get(action.id)

    async def fetch(self, attachment: Attachment, most: int) -> bytes:
        """What the test put there."""
        self.fetched.append(attachment.source)
        if attachment.source in self.waits:
            await self.waits[attachment.source].wait()
        return _fetched(self.files, attachment, most)

    async def preview(self, action: str, place: Place, conversation: str, text: str) -> None:
        """Remember how far an answer had come."""
        self.previews.append(text)
        self.shown[action] = text

    async def give_up(self, action: Say) -> str:
        """What is shown of it."""
        return self.shown.get(action.id, "")


class FileBoard:
    """A platform in another place: a file that takes one line for each action, and survives whoever wrote it."""

    name = "board"

    def __init__(self, path: Path, clock: Clock, codec: Codec) -> None:
        self._path = path
        self._clock = clock
        self._codec = codec
        self.refuses: frozenset[str] = frozenset()  # kinds of action
        self.files: dict[str, bytes] = {}  # what is in the attachments, by source

    async def perform(self, action: Action) -> Receipt:
        """Do it: one write, which a killed process has made or not."""
        if action.kind in self.refuses:
            await asyncio.sleep(0)  # there and back
            return Receipt(action.id, Outcome.REFUSED, self._clock(), why="told to refuse")
        receipt = Receipt(action.id, Outcome.DELIVERED, self._clock(), message=f"posted {action.id}")
        line = {"id": action.id, "at": receipt.at.isoformat(), "body": self._codec.of_action(action)}
        await asyncio.sleep(0)  # the request is on its way
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        await asyncio.sleep(0)  # the reply is on its way back
        return receipt

    async def find(self, action: Action) -> Receipt | None:
        """Whether it was done."""
        await asyncio.sleep(0)
        return next((receipt for receipt, done in self.performed() if done.id == action.id), None)

    async def fetch(self, attachment: Attachment, most: int) -> bytes:
        """What the test put there."""
        await asyncio.sleep(0)  # the request is on its way
        return _fetched(self.files, attachment, most)

    async def preview(self, action: str, place: Place, conversation: str, text: str) -> None:
        """Shown and forgotten."""

    async def give_up(self, action: Say) -> str:
        """Forgotten."""
        return ""

    def performed(self) -> list[tuple[Receipt, Action]]:
        """Everything that was done, in order."""
        lines = self._path.read_text(encoding="utf-8").splitlines() if self._path.exists() else []
        return [self._line(json.loads(line)) for line in lines]

    def _line(self, line: dict[str, str]) -> tuple[Receipt, Action]:
        at = datetime.fromisoformat(line["at"])
        receipt = Receipt(line["id"], Outcome.DELIVERED, at, message=f"posted {line['id']}")
        return receipt, self._codec.action(line["body"])


def _fetched(files: dict[str, bytes], attachment: Attachment, most: int) -> bytes:
    if attachment.source not in files or len(files[attachment.source]) > most:
        raise PlatformError("no such file, or it is too large")
    return files[attachment.source]

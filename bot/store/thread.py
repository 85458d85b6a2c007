"""A thread that owns one connection and does what it is asked, many things at a time."""

import asyncio
import contextlib
import queue
import sqlite3
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from bot.errors import StoreError
from bot.store.faults import translated

T = TypeVar("T")
Connect = Callable[[], sqlite3.Connection]

MOST = 200  # pieces of work in one transaction: at some 30 µs each, nobody waits long for the others


@dataclass(frozen=True, slots=True)
class Asked:
    """A piece of work, and who waits for it."""

    work: Callable[[sqlite3.Connection], Any]
    future: "asyncio.Future[Any]"
    alone: bool  # outside any transaction: VACUUM, checkpoints


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a piece of work: a result, or the error that its asker gets."""

    asked: Asked
    result: Any = None
    error: Exception | None = None


class DatabaseThread(ABC):
    """Takes what is queued, carries it out, and resolves the whole batch in the event loop at once."""

    def __init__(self, name: str, path: Path, connect: Connect) -> None:
        self._path = path
        self._connect = connect
        self._queue: queue.SimpleQueue[Asked | None] = queue.SimpleQueue()
        self._closed = True
        self._thread = threading.Thread(target=self._live, name=name, daemon=True)

    async def start(self) -> None:
        """Open the connection in its thread. Raises StoreError."""
        self._loop = asyncio.get_running_loop()
        self._opened: asyncio.Future[None] = self._loop.create_future()
        self._ended: asyncio.Future[None] = self._loop.create_future()
        self._thread.start()
        await self._opened
        self._closed = False

    async def run(self, work: Callable[[sqlite3.Connection], T], *, alone: bool = False) -> T:
        """Have the thread do it. Raises StoreError, or what `work` raised itself."""
        if self._closed:
            raise StoreError(f"{self._path} is closed")
        future: asyncio.Future[T] = self._loop.create_future()
        self._queue.put(Asked(work, future, alone))
        return await future

    async def stop(self) -> None:
        """Finish what is queued, then close the connection."""
        self._closed = True
        if self._thread.ident is not None:
            self._queue.put(None)
            await asyncio.shield(self._ended)
            self._thread.join()

    def _live(self) -> None:
        try:
            connection = self._connect()
        except Exception as error:  # whatever it was, the one who opens must hear of it
            self._tell(_settle, self._opened, translated(error, self._path))
        else:
            self._tell(_settle, self._opened)
            with contextlib.closing(connection):
                self._work(connection)
        self._tell(_settle, self._ended)

    def _work(self, connection: sqlite3.Connection) -> None:
        more = True
        while more:
            batch, more = self._batch()
            if batch:
                self._tell(_resolve, self._outcomes(connection, batch))

    def _batch(self) -> tuple[list[Asked], bool]:
        """What is queued, at least one piece, at most MOST; and whether there may be more to come."""
        batch: list[Asked] = []
        asked = self._queue.get()
        while asked is not None:
            batch.append(asked)
            if len(batch) == MOST:
                return batch, True
            try:
                asked = self._queue.get_nowait()
            except queue.Empty:
                return batch, True
        return batch, False

    def _outcomes(self, connection: sqlite3.Connection, batch: Sequence[Asked]) -> Sequence[Outcome]:
        """The outcomes of a batch. Whatever fails, the thread lives on and every asker hears."""
        try:
            return self._carry_out(connection, batch)
        except Exception as error:  # a thread that died would leave its askers waiting for ever
            with contextlib.suppress(sqlite3.Error):
                if connection.in_transaction:
                    connection.execute("rollback")
            return [Outcome(asked, error=translated(error, self._path)) for asked in batch]

    @abstractmethod
    def _carry_out(self, connection: sqlite3.Connection, batch: Sequence[Asked]) -> Sequence[Outcome]:
        """Do the batch. What it raises is the outcome of all of it."""

    def _tell(self, callback: Callable[..., None], *arguments: object) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(callback, *arguments)


def _settle(future: "asyncio.Future[None]", error: Exception | None = None) -> None:
    if future.done():  # whoever waited was cancelled
        return
    if error is None:
        future.set_result(None)
    else:
        future.set_exception(error)


def _resolve(outcomes: Sequence[Outcome]) -> None:
    for outcome in outcomes:
        future = outcome.asked.future
        if future.done():  # its asker was cancelled; what was done stays done
            continue
        if outcome.error is None:
            future.set_result(outcome.result)
        else:
            future.set_exception(outcome.error)

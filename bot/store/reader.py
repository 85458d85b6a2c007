"""The one thread that reads, on a connection that cannot write: readers never wait for the writer."""

import sqlite3
from collections.abc import Sequence

from bot.store.faults import translated
from bot.store.thread import Asked, DatabaseThread, Outcome


class ReadingThread(DatabaseThread):
    """Each batch is one read transaction, begun after its work was asked for: it sees all that was committed before."""

    def _carry_out(self, connection: sqlite3.Connection, batch: Sequence[Asked]) -> Sequence[Outcome]:
        connection.execute("begin")
        try:
            return [self._one(connection, asked) for asked in batch]
        finally:
            connection.execute("commit")

    def _one(self, connection: sqlite3.Connection, asked: Asked) -> Outcome:
        try:
            return Outcome(asked, asked.work(connection))
        except Exception as error:  # its asker gets it
            return Outcome(asked, error=translated(error, self._path))

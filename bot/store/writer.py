"""The one thread that writes: group commit, so that `synchronous=FULL` costs one fsync for many callers."""

import sqlite3
from collections.abc import Sequence
from itertools import groupby

from bot.store.faults import translated
from bot.store.thread import Asked, DatabaseThread, Outcome


class Writer(DatabaseThread):
    """Each batch is one transaction with a savepoint per piece of work, so that one that fails undoes only itself.

    A COMMIT that fails (disk full) fails the whole batch: nobody is told that something was kept which was not.
    """

    def _carry_out(self, connection: sqlite3.Connection, batch: Sequence[Asked]) -> Sequence[Outcome]:
        outcomes: list[Outcome] = []
        for alone, group in groupby(batch, key=lambda asked: asked.alone):
            asked = tuple(group)
            outcomes += (
                [self._alone(connection, each) for each in asked] if alone else self._together(connection, asked)
            )
        return outcomes

    def _alone(self, connection: sqlite3.Connection, asked: Asked) -> Outcome:
        try:
            return Outcome(asked, asked.work(connection))
        except Exception as error:  # its asker gets it
            return Outcome(asked, error=translated(error, self._path))

    def _together(self, connection: sqlite3.Connection, group: Sequence[Asked]) -> Sequence[Outcome]:
        try:
            connection.execute("begin immediate")
            outcomes = [self._one(connection, asked) for asked in group]
            connection.execute("commit")
        except Exception as error:  # every asker of the transaction gets it
            if connection.in_transaction:
                connection.execute("rollback")
            return [Outcome(asked, error=translated(error, self._path)) for asked in group]
        return outcomes

    def _one(self, connection: sqlite3.Connection, asked: Asked) -> Outcome:
        connection.execute("savepoint work")
        try:
            result = asked.work(connection)
        except Exception as error:
            if not connection.in_transaction:  # SQLite undid the whole transaction, as it may on a full disk
                raise
            connection.execute("rollback to work")
            connection.execute("release work")
            return Outcome(asked, error=translated(error, self._path))
        connection.execute("release work")
        return Outcome(asked, result)

"""Rows as they are, for whoever has a right to them. Times are seconds since 1970 (UTC)."""

import json
from collections.abc import Callable, Sequence
from sqlite3 import Connection

from sqlite_utils import Database

TABLES = (
    "conversation",
    "turn",
    "standing",
    "action",
    "ending",
    "vote",
    "review",
    "referral",
    "person",
    "member",
    "usage",
    "change",
    "ladder",
    "inbox",
)
PAGE = 500  # rows read at a time, so that no long reading keeps the write-ahead log from being folded in

_JSON = frozenset({"body", "payload", "assessment", "decision", "evidence", "calls", "attachments", "was", "now"})
_BY_MEMBER = ("turn", "standing", "action", "ending", "vote", "referral", "person", "usage", "change", "inbox")

Row = dict[str, object]


def page(table: str, after: int) -> Callable[[Connection], Sequence[tuple[int, Row]]]:
    """Reads the rows of a table that come after a row number, PAGE at most, each with its row number."""

    def read(connection: Connection) -> Sequence[tuple[int, Row]]:
        rows = _open(connection)[table].rows_where(
            "rowid > :after", {"after": after}, select="rowid as row_number, *", order_by="rowid", limit=PAGE
        )
        return [(int(row.pop("row_number")), {"table": table, **_plain(row)}) for row in rows]

    return read


def member(connection: Connection, identity: str) -> dict[str, list[Row]]:
    """What there is about a member, by table."""
    database, who = _open(connection), {"member": identity}
    found = {table: database[table].rows_where("member = :member", who) for table in _BY_MEMBER}
    found["member"] = database["member"].rows_where("id = :member", who)
    found["review"] = database["review"].rows_where(
        "moderator = :member or ending in (select id from ending where member = :member)", who
    )
    return {table: [_plain(row) for row in rows] for table, rows in found.items()}


def _open(connection: Connection) -> Database:
    return Database(connection, recursive_triggers=False, execute_plugins=False)


def _plain(row: Row) -> Row:
    """The row with its JSON taken apart."""
    return {
        name: json.loads(value) if name in _JSON and isinstance(value, str) and value else value
        for name, value in row.items()
    }

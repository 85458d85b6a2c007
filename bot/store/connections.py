"""Opening the database: for writing and for reading."""

import contextlib
import sqlite3
import time
from pathlib import Path
from urllib.parse import quote

from bot.errors import StoreError
from bot.store.schema import check, migrate

PATIENCE = 5.0  # seconds to wait for another process before the database counts as locked
_CACHE = -32_000  # KiB of pages, per connection
_CHECKPOINT = 4_000  # pages of 4 KiB in the WAL before it is written back
_STATEMENTS = 256  # more than there are, so that none is parsed twice


def for_writing(path: Path, patience: float = PATIENCE) -> sqlite3.Connection:
    """A connection for the writer: WAL, `synchronous=FULL`, deleted content overwritten; migrated.

    `patience`: seconds to wait for another process. Raises StoreError, sqlite3.Error.
    """
    connection = sqlite3.connect(path, timeout=patience, isolation_level=None, cached_statements=_STATEMENTS)
    try:
        check(connection, path)
        _use_wal(connection, path, patience)
        connection.execute("pragma synchronous = full")
        connection.execute("pragma secure_delete = on")
        connection.execute(f"pragma cache_size = {_CACHE}")
        connection.execute(f"pragma wal_autocheckpoint = {_CHECKPOINT}")
        migrate(connection, path)
        connection.execute("begin immediate")  # SQLite opens what it may not write without a word
        connection.execute("rollback")
    except BaseException:
        connection.close()
        raise
    return connection


def for_reading(path: Path, patience: float = PATIENCE) -> sqlite3.Connection:
    """A connection that cannot write. Raises sqlite3.Error."""
    uri = f"file:{quote(str(path))}?mode=ro"
    connection = sqlite3.connect(uri, uri=True, timeout=patience, isolation_level=None, cached_statements=_STATEMENTS)
    connection.execute(f"pragma cache_size = {_CACHE}")
    return connection


def prepared(path: Path) -> Path:
    """The path in full, with the directory that the database is to stand in. Raises StoreError.

    A new database may be read by this user alone: people's words and platforms' tokens are in it.
    """
    path = path.expanduser().resolve()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(PermissionError):  # whoever opens it will say that, and what to do
            if not path.exists():
                path.touch(mode=0o600)
    except OSError as error:
        raise StoreError(
            f"{path.parent} cannot be made ({error.strerror}): make it, or choose another path for the store"
        ) from error
    if path.is_dir():
        raise StoreError(f"{path} is a directory: name a file in it as the path for the store")
    return path


def _use_wal(connection: sqlite3.Connection, path: Path, patience: float) -> None:
    """Switch to WAL. SQLite does not wait for others here, however patient the connection is."""
    until = time.monotonic() + patience
    while True:
        try:
            (mode,) = connection.execute("pragma journal_mode = wal").fetchone()
        except sqlite3.OperationalError as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.02)
            continue
        if mode != "wal":
            raise StoreError(f"{path} cannot use a write-ahead log here: keep it on a local disk")
        return

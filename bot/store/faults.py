"""What SQLite and the codec raise, as StoreErrors that say what to do."""

import sqlite3
from pathlib import Path

from pydantic import ValidationError
from pydantic_core import PydanticSerializationError

from bot.errors import StoreBusy, StoreError

_PRIMARY = 0xFF  # SQLite's extended codes carry the primary one in their low byte

_TEXTS = {
    sqlite3.SQLITE_FULL: "the disk is full: free some space; nothing of this was kept",
    sqlite3.SQLITE_IOERR: "the disk failed to read or write: look at it before anything else; nothing of this was kept",
    sqlite3.SQLITE_READONLY: "it may not be written: give this user the right to write the file and its directory",
    sqlite3.SQLITE_PERM: "it may not be opened: give this user the right to read and write the file",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened: give this user the right to write the file and its directory",
    sqlite3.SQLITE_NOTADB: "it is no SQLite database: move it away, or choose another path for the store",
    sqlite3.SQLITE_CORRUPT: "it is damaged: stop the bot, keep a copy, and restore a backup",
    sqlite3.SQLITE_TOOBIG: "a text is longer than SQLite takes; nothing of this was kept",
}


def translated(error: Exception, path: Path) -> Exception:
    """The StoreError for what went wrong with the database at `path`; what is no fault of the store comes back as is.

    Texts that were to be stored are in none of them, nor in their causes.
    """
    if isinstance(error, sqlite3.Error):
        return _sqlite(error, path)
    if isinstance(error, ValidationError):
        return StoreError(f"{path}: a row cannot be read; it was changed by hand, or written by another version")
    if isinstance(error, UnicodeError | PydanticSerializationError):
        return StoreError(f"{path}: a text is no valid Unicode and cannot be kept")
    return error


def _sqlite(error: sqlite3.Error, path: Path) -> StoreError:
    code = getattr(error, "sqlite_errorcode", 0) & _PRIMARY
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        fault: StoreError = StoreBusy(f"{path} is locked by another process: let it finish, then try again")
    else:
        fault = StoreError(f"{path}: {_TEXTS.get(code, str(error))}")
    fault.__cause__ = error
    return fault

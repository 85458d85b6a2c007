"""One process runs lanes on one file. The operating system holds the lock, so kill -9 releases it."""

import contextlib
import os
import sys
from io import TextIOWrapper
from pathlib import Path

from bot.errors import StoreBusy, StoreError


class ProcessLock:
    """An exclusive lock on `<database>.lock`, which holds the id of the process that has it."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._path = database.with_name(database.name + ".lock")
        self._file: TextIOWrapper | None = None

    def acquire(self) -> None:
        """Take it. Raises StoreBusy, naming the process that has it; StoreError if the lock file cannot be opened."""
        try:
            file = self._path.open("a+", encoding="ascii")
        except OSError as error:
            raise StoreError(f"{self._path} cannot be opened ({error.strerror}): give this user the right") from error
        try:
            _lock(file)
        except OSError as error:
            file.seek(0)
            holder = file.read().strip()
            file.close()
            by = f"process {holder}" if holder else "another process"
            raise StoreBusy(f"{self._database} is in use by {by}: stop that one, or choose another path") from error
        self._file = file
        with contextlib.suppress(OSError):  # a full disk; the lock holds without a name in it
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()

    def release(self) -> None:
        """Give it back. The lock file stays: to remove it could let two in."""
        if self._file is not None:
            self._file.truncate(0)
            self._file.close()
            self._file = None


if sys.platform == "win32":
    import msvcrt

    _BYTE = 1 << 20  # far behind the process id, which must stay readable while the lock is held

    def _lock(file: TextIOWrapper) -> None:
        file.seek(_BYTE)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(file: TextIOWrapper) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)

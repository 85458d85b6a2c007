"""Has a PDF read by a process of its own (`bot.attachments.pdf`), which can neither hang nor eat the bot."""

import asyncio
import sys
from contextlib import suppress
from dataclasses import dataclass

BYTES_PER_CHARACTER = 4  # at most, in UTF-8
PIECE = 1 << 16  # bytes read at once
HEADER = 40  # bytes, and more than enough for the first line


@dataclass(frozen=True, slots=True)
class Pdf:
    """What could be read of a PDF."""

    pages: int
    encrypted: bool
    text: str  # of its pages, as far as reading came; "" for a scan


class Apart:
    """Reads PDFs.

    at_once  how many side by side
    seconds  processor time for each
    """

    def __init__(self, *, at_once: int, seconds: int) -> None:
        self._places = asyncio.Semaphore(at_once)
        self._seconds = seconds

    async def read(self, data: bytes, pages: int, chars: int, until: float) -> Pdf | None:
        """Read a PDF until the loop's time `until`.

        In: how many pages a document may have to be read, and after about how many characters reading may end.
        Out: None if it has no pages, or they cannot be counted: it is broken, or hostile.
        Raises TimeoutError if nobody had time for it, OSError if no process could be begun.
        """
        async with asyncio.timeout_at(until):
            await self._places.acquire()
        try:
            told = await _told(data, pages, chars, self._seconds, until)
        finally:
            self._places.release()
        header, counted, text = told.partition(b"\n")
        count, _, encrypted = header.partition(b" ")
        if not counted or count == b"0":
            return None
        return Pdf(int(count), encrypted == b"encrypted", text.decode("utf-8", "ignore").strip())


async def _told(data: bytes, pages: int, chars: int, seconds: int, until: float) -> bytes:
    """What the process writes until it ends, or `until` is reached, or it has written more than it should."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-I", "-m", "bot.attachments.pdf", str(pages), str(chars), str(seconds)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={},  # no key is in reach of a hostile file
    )
    assert child.stdin and child.stdout  # noqa: S101, PT018  for the type checker: both are pipes
    told, most = bytearray(), HEADER + BYTES_PER_CHARACTER * (chars + pages)  # a page ends with a line's end
    try:
        with suppress(TimeoutError):
            async with asyncio.timeout_at(until):
                child.stdin.write(data)
                child.stdin.close()
                while piece := await child.stdout.read(PIECE):
                    told += piece
                    if len(told) > most:
                        break
                else:
                    await child.wait()
    finally:
        if child.returncode is None:
            child.kill()
            await child.stdout.read()  # what is left in the pipe would keep it open
            await child.wait()
    return bytes(told)

"""A process that reads the text of one PDF: `python -m bot.attachments.pdf PAGES CHARS SECONDS`.

In: the PDF on standard input; how many pages and characters are read, and how much processor time that may take.
Out: a first line with the number of pages and "encrypted" or "open"; then the text in UTF-8, page after page, as far
as it comes. A document with more pages is counted and not read; one that cannot be read ends the process silently.
"""

import logging
import os
import resource
import sys
from contextlib import suppress
from io import BytesIO

from pypdf import PageObject, PdfReader

MEMORY = 512_000_000  # bytes of addresses, of which Python and pypdf take about a fifth


def main() -> None:
    """Read what standard input holds."""
    pages, chars, seconds = map(int, sys.argv[1:])
    _confine(seconds)
    logging.disable()
    reader = PdfReader(BytesIO(sys.stdin.buffer.read()))
    count = int(reader.get_num_pages())
    _tell(f"{count} {'encrypted' if reader.is_encrypted else 'open'}\n")
    for page in reader.pages if count <= pages else ():
        said = _read(page)[:chars]
        _tell(f"{said}\n")
        chars -= len(said)
        if not chars:
            return


def _confine(seconds: int) -> None:
    """From here on: no files are written, no processes begun, and no more time and memory is taken than that."""
    os.nice(10)  # the bot goes first
    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        with suppress(ValueError):  # a lower limit holds already; or macOS, which reserves more addresses than that
            resource.setrlimit(what, (most, most))


def _read(page: PageObject) -> str:
    """A page's text; "" if it cannot be read, for one bad page must not hide the others from the readers."""
    try:
        return page.extract_text()
    except Exception:
        return ""


def _tell(text: str) -> None:
    sys.stdout.buffer.write(text.encode("utf-8", "replace"))
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()

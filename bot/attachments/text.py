"""Text files: which bytes are text, and what it says."""

import codecs

BEGINNINGS = (  # what a file may begin with to tell its encoding; the longer first, one begins as the other does
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
NOT_TEXT = (b"{\\rtf", b"%PDF-", b"%!PS")  # ASCII, but its words are written in codes
FOREIGN = bytes(range(0x80, 0x100))
FOREIGN_AT_MOST = 0.2  # of a text in Windows' western alphabet; where there is more it is another alphabet, or none
CONTROLS = bytes(set(range(0x20)) - set(b"\b\t\n\v\f\r\x1b"))
LONGEST_CHARACTER = 4  # bytes


def text(data: bytes, most: int) -> str | None:
    """The first `most` characters of a text file, with "…" where it was cut. None: it is no text.

    Unicode, or else Windows' western alphabet: a file in any other old one is no text, rather than the wrong text,
    which readers would look for risk in vain.
    """
    if data.startswith(NOT_TEXT):
        return None
    begins, encoding = next((each for each in BEGINNINGS if data.startswith(each[0])), (b"", ""))
    if encoding:
        return _decoded(data[len(begins) :], encoding, most)
    if b"\0" in data:
        return None
    decoded = _decoded(data, "utf-8", most)
    return _decoded(data, "cp1252", most) if decoded is None and _western(data) else decoded


def cut(whole: str, most: int) -> str:
    """The first `most` characters, the last of them "…" where there are more."""
    return whole if len(whole) <= most else f"{whole[: most - 1]}…" if most else ""


def _decoded(data: bytes, encoding: str, most: int) -> str | None:
    piece = data[: LONGEST_CHARACTER * (most + 1)]
    try:
        decoded = codecs.getincrementaldecoder(encoding)("strict").decode(piece, final=len(piece) == len(data))
    except UnicodeDecodeError:
        return None
    return None if "\0" in decoded else cut(decoded, most)


def _western(data: bytes) -> bool:
    foreign = len(data) - len(data.translate(None, FOREIGN))
    return foreign <= FOREIGN_AT_MOST * len(data) and len(data) == len(data.translate(None, CONTROLS))

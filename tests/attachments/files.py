"""Files as members attach them, honest and hostile ones, made byte by byte."""

import struct
import zlib
from collections.abc import Sequence
from functools import cache
from io import BytesIO

from pypdf import PdfReader, PdfWriter

CATALOG = b"<< /Type /Catalog /Pages 2 0 R >>"


def png(width: int = 4, height: int = 4) -> bytes:
    """A picture that claims these sides."""
    chunks = ((b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)), (b"IDAT", b"x"), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks
    )


def jpeg(width: int = 4, height: int = 4, before: bytes = b"\xff\xe0\x00\x07JFIF\x00") -> bytes:
    """The same, with segments before the picture."""
    frame = b"\xff\xc0" + struct.pack(">HBHHB", 11, 8, height, width, 1) + b"\x01\x11\x00"
    return b"\xff\xd8" + before + frame + b"\xff\xda\x00\x02\x01\x02\x03\xff\xd9"


def gif(width: int = 4, height: int = 4) -> bytes:
    """The same."""
    return b"GIF89a" + struct.pack("<HH", width, height) + b"\x00\x00\x00,\x00\x00;"


def webp(width: int = 4, height: int = 4, kind: bytes = b"VP8X") -> bytes:
    """The same: with loss (VP8), without (VP8L), or with more than a picture (VP8X)."""
    body = {
        b"VP8 ": b"\x00\x00\x00\x9d\x01\x2a" + struct.pack("<HH", width & 0xFFFF, height & 0xFFFF),
        b"VP8L": b"\x2f" + struct.pack("<I", ((width - 1) & 0x3FFF) | ((height - 1) & 0x3FFF) << 14),
        b"VP8X": bytes(4) + struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3],
    }[kind].ljust(20, b"\0")
    chunk = b"WEBP" + kind + struct.pack("<I", len(body)) + body
    return b"RIFF" + struct.pack("<I", len(chunk)) + chunk


def pdf(*objects: bytes, trailer: bytes = b"/Root 1 0 R") -> bytes:
    """A PDF of these objects, numbered from 1."""
    written, places = b"%PDF-1.7\n", []
    for number, each in enumerate(objects, 1):
        places.append(len(written))
        written += b"%d 0 obj\n%b\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    count = len(objects) + 1
    head = b"xref\n0 %d\n0000000000 65535 f \n%b" % (count, table)
    return written + head + b"trailer\n<< /Size %d %b >>\nstartxref\n%d\n%%%%EOF\n" % (count, trailer, len(written))


def stream(content: bytes, more: bytes = b"") -> bytes:
    """An object with content."""
    return b"<< /Length %d %b >>\nstream\n%b\nendstream" % (len(content), more, content)


def pages_of(*contents: bytes) -> bytes:
    """A PDF with a page for each of these content objects."""
    first = 4
    kids = b" ".join(b"%d 0 R" % (first + 2 * number) for number in range(len(contents)))
    objects = [CATALOG, b"<< /Type /Pages /Count %d /Kids [ %b ] >>" % (len(contents), kids)]
    objects.append(b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>")
    for number, content in enumerate(contents):
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [ 0 0 400 400 ] /Resources << /Font << /F1 3 0 R >> >> "
            b"/Contents %d 0 R >>" % (first + 1 + 2 * number)
        )
        objects.append(content)
    return pdf(*objects)


def document(*texts: str) -> bytes:
    """A PDF with a page for each text."""
    return pages_of(*(stream(b"BT /F1 12 Tf 20 200 Td (%b) Tj ET" % each.encode("cp1252")) for each in texts))


def encrypted(text: str, password: str) -> bytes:
    """A PDF that needs this password; "" = none to read it, but it is encrypted all the same."""
    writer = PdfWriter(clone_from=PdfReader(BytesIO(document(text))))
    writer.encrypt(password, "the owner's", algorithm="RC4-128")
    writer.write(written := BytesIO())
    return written.getvalue()


@cache
def bomb() -> bytes:
    """The content of a page: 200 MB, packed twice, which makes a kilobyte."""
    packed = zlib.compressobj(9)
    once = b"".join([*(packed.compress(bytes(1_000_000)) for _ in range(200)), packed.flush()])
    return stream(zlib.compress(once, 9), b"/Filter [ /FlateDecode /FlateDecode ]")


@cache
def endless() -> bytes:
    """An honest page, and some whose text would take minutes to read: it is shown in a million pieces."""
    packed = zlib.compress(b"BT /F1 1 Tf " + b"1 0 0 1 1 1 Tm (a) Tj " * 2_000_000 + b"ET", 9)
    first = stream(b"BT /F1 12 Tf 20 200 Td (the first page) Tj ET")
    return pages_of(first, *[stream(packed, b"/Filter /FlateDecode")] * 9)


HOSTILE: Sequence[bytes] = (  # PDFs whose pages cannot be counted
    b"%PDF-",
    b"%PDF-1.7\n" + b"[" * 200_000,
    pdf(CATALOG, b"<< /Type /Pages /Count 1 /Kids [ 2 0 R ] >>"),  # its own child
    pdf(CATALOG, b"<< /Type /Pages /Count 1 /Kids [ 3 0 R ] >>", b"<< /Type /Pages /Kids [ 2 0 R ] >>"),
    pdf(CATALOG, b"3 0 R", b"2 0 R"),  # each is the other
    pdf(CATALOG, b"<< /Type /Pages /Count 1 /Kids [ " + b"[ " * 100_000 + b"] " * 100_000 + b"] >>"),
    pdf(CATALOG, b"<< /Type /Pages /Count 9 /Kids [ ] >>"),
    pdf(CATALOG, trailer=b"/Root 9 0 R /Prev 9"),
    pdf(b"<< /Type /Catalog /Pages (none) >>"),
)

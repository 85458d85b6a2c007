"""An image and a PDF to look whether a model sees them: made here, of a few bytes."""

import base64
import struct
import zlib

from anthropic.types import DocumentBlockParam, ImageBlockParam


def image() -> ImageBlockParam:
    """A square whose left half is green and whose right half is yellow."""
    return {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": _coded(_png())}}


def document(word: str) -> DocumentBlockParam:
    """A PDF with one word on its only page."""
    return {
        "type": "document",
        "source": {"type": "base64", "media_type": "application/pdf", "data": _coded(_pdf(word))},
    }


def _coded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _png(side: int = 32) -> bytes:
    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    row = b"\0" + b"\x00\x80\x00" * (side // 2) + b"\xff\xff\x00" * (side // 2)
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)  # 8 bits each of red, green and blue
    parts = (chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(row * side)), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def _pdf(word: str) -> bytes:
    drawn = f"BT /F1 24 Tf 20 40 Td ({word}) Tj ET".encode()
    page = b"/Parent 2 0 R /MediaBox [0 0 200 100] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >>"
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page %s >>" % page,
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawn), drawn),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    whole, places = b"%PDF-1.4\n", [b"0000000000 65535 f \n"]
    for number, content in enumerate(objects, start=1):
        places.append(b"%010d 00000 n \n" % len(whole))
        whole += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    begins, count = len(whole), len(places)
    whole += b"xref\n0 %d\n%s" % (count, b"".join(places))
    return whole + b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (count, begins)

"""Images that a model can be shown: which kind, and how large, read from the headers alone.

Nothing is decoded, so a picture that unfolds to gigabytes does no harm here. The limits are the vendor's (Messages
API, "Images and vision: request limits", as of November 2026): PNG, JPEG, GIF and WebP, 8,000 pixels a side, 10 MB in
base64 where the API is called directly. Amazon Bedrock and Google Cloud take 5 MB in base64: whoever reaches a model
through them sets `attachment_bytes = 3900000`.
"""

import struct
from collections.abc import Callable

LONGEST_SIDE = 8_000  # pixels
LARGEST = 7_500_000  # bytes; 10 MB in base64
JPEG_SEGMENTS = 1_000  # before the picture itself; cameras write some dozens
PNG_END = b"IEND\xaeB`\x82"  # with its checksum, which is always the same

Sides = tuple[int, int]  # width and height, in pixels


def image(data: bytes) -> str | None:
    """The media type of an image that a model can be shown. None: it is none, it is cut off, or it is too large."""
    if len(data) > LARGEST:
        return None
    for media_type, measure in _KINDS:
        try:
            sides = measure(data)
        except struct.error:  # it ends where it should tell
            continue
        if sides:
            return media_type if all(1 <= side <= LONGEST_SIDE for side in sides) else None
    return None


def _png(data: bytes) -> Sides | None:
    if not data.startswith(b"\x89PNG\r\n\x1a\n") or data[12:16] != b"IHDR" or PNG_END not in data:
        return None
    width, height = struct.unpack_from(">II", data, 16)
    return width, height


def _gif(data: bytes) -> Sides | None:
    if not data.startswith((b"GIF87a", b"GIF89a")) or b"\x00;" not in data[13:]:  # the last block's end, the file's
        return None
    width, height = struct.unpack_from("<HH", data, 6)
    return width, height


def _webp(data: bytes) -> Sides | None:
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP" or len(data) < max(30, 8 + int.from_bytes(data[4:8], "little")):
        return None
    if data[12:16] == b"VP8X":
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if data[12:16] == b"VP8L" and data[20] == 0x2F:
        packed = int.from_bytes(data[21:25], "little")  # 14 bits each
        return 1 + (packed & 0x3FFF), 1 + (packed >> 14 & 0x3FFF)
    if data[12:16] == b"VP8 " and data[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", data, 26)
        return width & 0x3FFF, height & 0x3FFF  # the two bits above are a scale
    return None


def _jpeg(data: bytes) -> Sides | None:
    """From segment to segment until the one that begins the picture."""
    at = 2
    if not data.startswith(b"\xff\xd8\xff"):
        return None
    for _ in range(JPEG_SEGMENTS):
        mark, kind, length = struct.unpack_from(">BBH", data, at)
        if mark != 0xFF:
            return None
        if kind in _JPEG_PICTURE:
            height, width = struct.unpack_from(">HH", data, at + 5)
            return (width, height) if data.find(b"\xff\xd9", at) > 0 else None  # that is its end
        at += 1 if kind == 0xFF else 2 + length  # 0xFF: padding
    return None


_JPEG_PICTURE = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_KINDS: tuple[tuple[str, Callable[[bytes], Sides | None]], ...] = (
    ("image/png", _png),
    ("image/jpeg", _jpeg),
    ("image/gif", _gif),
    ("image/webp", _webp),
)

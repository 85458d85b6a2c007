"""What a file is, and what can be read of it. What is in it decides; its name never does."""

from dataclasses import dataclass

from bot.attachments.apart import Apart
from bot.attachments.images import image
from bot.attachments.text import cut, text
from bot.settings.tables import LimitsTable

PDF = "application/pdf"
TEXT = "text/plain"
SHOWN = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", PDF})  # types that a model is shown as such


@dataclass(frozen=True, slots=True)
class File:
    """A file that was looked at."""

    media_type: str
    shown: bytes = b""  # what a model is shown: an image or a PDF; b"" = nothing, the text says it all
    text: str | None = None
    pages: int = 0  # of a PDF that is shown

    @property
    def weight(self) -> int:
        """What it takes in memory, in bytes, near enough."""
        return 500 + len(self.shown) + 4 * len(self.text or "")


async def opened(data: bytes, claimed: str, limits: LimitsTable, apart: Apart, until: float) -> File | None:
    """Look at a file's content.

    In: the content; the type that its platform claims; who reads PDFs; the loop's time by which they must be done.
    Out: None for everything that cannot be read, or is not what it claims to be. Raises TimeoutError, OSError.
    """
    if data.startswith(b"%PDF-"):
        file = await _pdf(data, limits, apart, until)
    elif media_type := image(data):
        file = File(media_type, shown=data)
    else:
        said = text(data, limits.attachment_chars)
        file = None if said is None else File(TEXT, text=said)
    return None if file is None or _lies(claimed, file.media_type) else file


async def _pdf(data: bytes, limits: LimitsTable, apart: Apart, until: float) -> File | None:
    """A PDF. The vendor refuses an encrypted one, and with it the turn: of such a file there is the text or nothing.

    One whose text cannot be read for risk (a scan, or it takes too long) is still shown: the model that sees it may
    call for care itself. One whose pages cannot even be counted is left out, for the vendor would refuse it as well.
    """
    pdf = await apart.read(data, limits.attachment_pages, limits.attachment_chars, until)
    if pdf is None or pdf.pages > limits.attachment_pages:
        return None
    said = cut(pdf.text, limits.attachment_chars) or None
    if pdf.encrypted:
        return File(PDF, text=said) if said else None
    return File(PDF, shown=data, text=said, pages=pdf.pages)


def _lies(claimed: str, really: str) -> bool:
    """Whether it claims to be of a family it is not of. An image may be another image: people rename them."""
    family = _family(claimed)
    return family is not None and family != _family(really)


def _family(media_type: str) -> str | None:
    """Image, PDF or text. None: what else platforms tell is a guess from a name's end, and means nothing here."""
    kind = media_type.partition(";")[0].strip().lower()
    if kind in SHOWN:
        return "PDF" if kind == PDF else "image"
    return "text" if kind.startswith("text/") else None

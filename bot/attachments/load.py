"""What the models are told of a message's files, and of those of the turns before it.

The vendor's limits on a request (Messages API, "Images and vision" and "PDF support", as of November 2026) hold for
everything that is shown in it: 32 MB, which is 24 MB before base64; 100 pages of PDFs for models of 200,000 tokens,
600 for others; and beyond 20 images and documents, smaller images.
"""

import asyncio
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from bot.attachments.apart import Apart
from bot.attachments.opened import SHOWN, File, opened
from bot.attachments.shelf import Shelf
from bot.attachments.text import cut
from bot.domain.conversation import Attachment
from bot.errors import PlatformError, where
from bot.ports import Platform
from bot.settings.tables import LimitsTable

log = logging.getLogger(__name__)

BYTES = 20_000_000  # of all files of a turn
FILES = 20  # that a model is shown in a turn
PAGES = 100  # that a model is shown in a turn, unless the operator allows a single document more
KEPT = 64_000_000  # bytes of files that were opened lately
PDFS_AT_ONCE = 2  # read side by side; each takes a process
PDF_SECONDS = 5  # of processor time; a hundred pages of text take about half a second
LONGEST_NAME = 80  # characters
GONE = File("")


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came of a message's files."""

    attachments: tuple[Attachment, ...]  # the message's own, with their text, and the type and name they really have
    data: Mapping[str, bytes]  # images and PDFs that the model is to see, by source: these and earlier turns'
    left_out: tuple[str, ...]  # names of the message's own that neither a model nor a reader gets to see


class Files:
    """The files of messages. Each is fetched once, while it is kept."""

    def __init__(self) -> None:
        self._shelf = Shelf(KEPT)
        self._apart = Apart(at_once=PDFS_AT_ONCE, seconds=PDF_SECONDS)

    async def load(
        self,
        platform: Platform | None,
        attachments: Sequence[Attachment],
        earlier: Sequence[Attachment],
        limits: LimitsTable,
    ) -> Loaded:
        """Fetch and look at the files of a message, and those of earlier turns that are to be shown again.

        In: the platform they are on (None: this process does not have it); the message's own files; those of the
        turns before it that are told whole, oldest first, as they were once loaded.
        Raises nothing: what fails, takes too long or is not what it claims to be is left out, silently if it is an
        earlier one's.
        """
        own = attachments[: limits.attachments]
        wanted = {each.source: each for each in _affordable(own, earlier, limits)}
        found = await asyncio.gather(
            *(self._open(platform, each, limits, again=each not in own) for each in wanted.values())
        )
        files = {source: file for source, file in zip(wanted, found, strict=True) if file}
        data = dict(_shown(files, limits))
        told = [_told(each, files.get(each.source), limits) for each in own]
        told += [_told(replace(each, text=None), None, limits) for each in attachments[limits.attachments :]]
        left_out = (each.name for each in told if each.text is None and each.source not in data)
        return Loaded(tuple(told), data, tuple(left_out))

    async def _open(
        self, platform: Platform | None, attachment: Attachment, limits: LimitsTable, *, again: bool
    ) -> File | None:
        """A file, from the shelf or its platform. None: it cannot be read.

        again  it is an earlier turn's: if it cannot be had any more, that is remembered, and no later turn waits for it
        """
        if platform is None:
            return None
        key = platform.name, attachment.source
        if kept := self._shelf.take(key):
            return kept
        try:
            file = await self._fetched(platform, attachment, limits)
        except Exception as fault:  # whatever an adapter or a file is capable of, the turn goes on
            log.warning("a file on %s is left out: %s", platform.name, where(fault))
            file = None
        if file or again:
            self._shelf.put(key, file or GONE)
        return file

    async def _fetched(self, platform: Platform, attachment: Attachment, limits: LimitsTable) -> File | None:
        until = asyncio.get_running_loop().time() + limits.fetch_timeout.total_seconds()
        async with asyncio.timeout_at(until):
            data = await platform.fetch(attachment, attachment.size)
        if len(data) != attachment.size:
            raise PlatformError("a file has another size than was told")
        return await opened(data, attachment.media_type, limits, self._apart, until)


def _affordable(own: Sequence[Attachment], earlier: Sequence[Attachment], limits: LimitsTable) -> Iterator[Attachment]:
    """What is to be fetched, in order of importance: the message's own files, then the newest of those shown before."""
    shown = [each for each in reversed(earlier) if each.media_type in SHOWN]
    left, seen = BYTES, {""}
    for each in (*(each for each in own if each.text is None), *shown[: limits.attachments]):
        if each.source not in seen and 0 <= each.size <= min(limits.attachment_bytes, left):
            left -= each.size
            seen.add(each.source)
            yield each


def _shown(files: Mapping[str, File], limits: LimitsTable) -> Iterator[tuple[str, bytes]]:
    """What the model is to see, within the vendor's limits."""
    pages, most, count = 0, max(PAGES, limits.attachment_pages), 0
    for source, file in files.items():
        if file.shown and count < FILES and pages + file.pages <= most:
            count, pages = count + 1, pages + file.pages
            yield source, file.shown


def _told(attachment: Attachment, file: File | None, limits: LimitsTable) -> Attachment:
    """An attachment as it turned out to be."""
    text = attachment.text if file is None else file.text
    return replace(
        attachment,
        name=_named(attachment.name),
        media_type=file.media_type if file else attachment.media_type,
        text=None if text is None else cut(text, limits.attachment_chars),
    )


def _named(name: str) -> str:
    """A file's name as it can be said: one line, nothing that steers a screen, and no path."""
    last = re.split(r"[/\\]", name)[-1]
    return cut(" ".join("".join(each if each.isprintable() else " " for each in last).split()), LONGEST_NAME) or "?"

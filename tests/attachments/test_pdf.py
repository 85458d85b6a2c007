"""PDFs, read by a process apart: none can hang it, nor eat the memory, nor get at anything."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from bot.attachments.apart import Apart, Pdf
from tests.attachments.files import (
    HOSTILE,
    bomb,
    document,
    encrypted,
    endless,
    pages_of,
    stream,
)

LONG = 60.0  # seconds; more than anything here takes


async def read(data: bytes, *, pages: int = 20, chars: int = 1_000, seconds: int = 10) -> Pdf | None:
    return await Apart(at_once=1, seconds=seconds).read(data, pages, chars, in_time())


def in_time() -> float:
    return asyncio.get_running_loop().time() + LONG


async def test_its_pages_one_after_the_other() -> None:
    assert await read(document("Grüße", "the second page")) == Pdf(2, False, "Grüße\nthe second page")


async def test_a_page_without_text() -> None:
    assert await read(document("", "")) == Pdf(2, False, "")


async def test_a_longer_document_is_counted_and_not_read() -> None:
    assert await read(document("one", "two", "three"), pages=3) == Pdf(3, False, "one\ntwo\nthree")
    assert await read(document("one", "two", "three"), pages=2) == Pdf(3, False, "")


async def test_ten_thousand_pages() -> None:
    assert await read(document(*["x"] * 10_000)) == Pdf(10_000, False, "")


async def test_reading_ends_after_so_many_characters() -> None:
    assert await read(document("one", "two", "three"), chars=5) == Pdf(3, False, "one\ntw")


@pytest.mark.parametrize("number", range(len(HOSTILE)))
async def test_a_hostile_one_ends_and_says_nothing(number: int) -> None:
    assert await read(HOSTILE[number]) is None


async def test_one_that_is_cut_off() -> None:
    whole = document("one", "two")
    assert await read(whole[: len(whole) // 3]) is None


async def test_a_bomb_does_not_go_off() -> None:
    assert len(bomb()) < 2_000
    assert await read(pages_of(bomb())) == Pdf(1, False, "")


async def test_a_bad_page_does_not_hide_the_others() -> None:
    said = [stream(b"BT /F1 12 Tf 20 200 Td (%b) Tj ET" % each) for each in (b"before", b"after")]
    assert await read(pages_of(said[0], bomb(), said[1])) == Pdf(3, False, "before\n\nafter")


async def test_when_its_time_is_up_what_was_read_so_far_counts() -> None:
    assert await read(endless(), seconds=1) == Pdf(10, False, "the first page")


async def test_an_encrypted_one_says_so_if_it_can_be_read_at_all() -> None:
    assert await read(encrypted("for all", "")) == Pdf(1, True, "for all")
    assert await read(encrypted("for some", "a password")) is None


async def test_nobody_has_time_for_it() -> None:
    apart = Apart(at_once=1, seconds=1)
    async with asyncio.TaskGroup() as both:
        long = both.create_task(apart.read(endless(), 20, 1_000, in_time()))
        await asyncio.sleep(0)  # it takes the only place
        with pytest.raises(TimeoutError):
            await apart.read(document("short"), 20, 1_000, in_time() - LONG)
    assert await long == Pdf(10, False, "the first page")


async def test_its_process_ends_when_nobody_waits_any_more() -> None:
    apart, until = Apart(at_once=1, seconds=round(LONG)), in_time()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1):
            await apart.read(endless(), 20, 1_000, until)
    assert asyncio.get_running_loop().time() < until - LONG / 2
    assert await apart.read(document("next"), 20, 1_000, in_time()) == Pdf(1, False, "next")


@pytest.mark.parametrize(
    ("attempt", "fault"),
    [
        ("bytearray(600_000_000)", "MemoryError"),
        ("open('written', 'w').write('x' * 100_000)", "OSError"),
        ("[0 for never in iter(int, 1) if never]", ""),
    ],
)
def test_what_the_process_cannot_do(attempt: str, fault: str, tmp_path: Path) -> None:
    confined = f"from bot.attachments import pdf; pdf._confine(1); {attempt}"
    done = subprocess.run(  # noqa: S603  our own command
        [sys.executable, "-c", confined], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=LONG
    )
    assert done.returncode != 0
    assert fault in done.stderr

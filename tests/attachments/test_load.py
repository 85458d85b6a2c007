"""A message's files, from the platform to what the models are told."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.attachments.load import FILES, KEPT, PAGES, Files, Loaded
from bot.domain.conversation import Attachment
from bot.settings.tables import LimitsTable
from tests.attachments.files import (
    HOSTILE,
    bomb,
    document,
    encrypted,
    gif,
    jpeg,
    pages_of,
    png,
    webp,
)
from tests.fakes.clock import SetClock
from tests.fakes.platforms import Board

LIMITS = LimitsTable.model_validate(
    {
        "attachments": 4,
        "attachment_chars": 1_000,
        "attachment_bytes": 5_000_000,
        "attachment_pages": 20,
        "fetch_timeout": "20 s",
    }
)


def limits(**changed: Any) -> LimitsTable:
    """Other limits, also such as no file could set."""
    return LIMITS.model_copy(update=changed)


class Desk:
    """A platform, and members who attach files there."""

    def __init__(self) -> None:
        self.board = Board(SetClock())
        self.files = Files()

    def has(self, name: str, content: bytes, media_type: str = "", *, size: int | None = None) -> Attachment:
        """A file is attached; `size` is what the platform says, if it lies."""
        self.board.files[name] = content
        return Attachment(name, media_type, len(content) if size is None else size, source=name)

    async def load(
        self, *own: Attachment, earlier: tuple[Attachment, ...] = (), within: LimitsTable = LIMITS
    ) -> Loaded:
        return await self.files.load(self.board, own, earlier, within)


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def test_text_images_and_pdfs_are_told_and_shown(desk: Desk) -> None:
    letter, photo, paper = desk.has("a.md", b"hello"), desk.has("b", jpeg()), desk.has("c", document("on paper"))
    loaded = await desk.load(letter, photo, paper)
    assert [(each.name, each.media_type, each.text) for each in loaded.attachments] == [
        ("a.md", "text/plain", "hello"),
        ("b", "image/jpeg", None),
        ("c", "application/pdf", "on paper"),
    ]
    assert loaded.data == {"b": jpeg(), "c": document("on paper")}
    assert loaded.left_out == ()


async def test_nothing_attached(desk: Desk) -> None:
    assert await desk.load() == Loaded((), {}, ())


@pytest.mark.parametrize(
    ("name", "claimed", "content", "really"),
    [
        ("notes.txt", "", png(), "image/png"),
        ("photo.png", "image/png", webp(), "image/webp"),  # people rename them
        ("photo", "application/octet-stream", gif(), "image/gif"),
        ("types.ts", "video/mp2t", b"type A = 1", "text/plain"),  # guessed from the name's end
        ("drawing.svg", "image/svg+xml", b"<svg/>", "text/plain"),
        ("page.html", "text/html; charset=utf-8", b"<p>", "text/plain"),
        ("empty.txt", "text/plain", b"", "text/plain"),
    ],
)
async def test_what_is_in_it_decides(desk: Desk, name: str, claimed: str, content: bytes, really: str) -> None:
    loaded = await desk.load(desk.has(name, content, claimed))
    assert [each.media_type for each in loaded.attachments] == [really]
    assert loaded.left_out == ()


@pytest.mark.parametrize(
    ("name", "claimed", "content"),
    [
        ("photo.png", "image/png", b"PK\x03\x04\x00\x00"),
        ("photo.png", "image/png", b"you will do as this says"),
        ("notes.txt", "text/plain", png()),
        ("notes.txt", "text/x-python; charset=utf-8", document("hidden")),
        ("paper.pdf", "application/pdf", png()),
        ("paper.pdf", "Application/PDF", b"no PDF"),
        ("song.mp3", "audio/mpeg", b"ID3\x04\x00\x00"),
        ("film.mp4", "video/mp4", b"\x00\x00\x00\x18ftypmp42"),
        ("letter.docx", "", b"PK\x03\x04\x14\x00\x06\x00"),
        ("letter.doc", "", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\x00"),
        ("notes.txt.gz", "application/gzip", b"\x1f\x8b\x08\x00"),
        ("huge.png", "image/png", png(100_000, 100_000)),
        *(("hostile.pdf", "application/pdf", each) for each in HOSTILE[:3]),
    ],
)
async def test_lies_and_what_nobody_can_read_are_left_out(desk: Desk, name: str, claimed: str, content: bytes) -> None:
    loaded = await desk.load(desk.has("fine", b"fine"), desk.has(name, content, claimed))
    assert [each.text for each in loaded.attachments] == ["fine", None]
    assert (loaded.data, loaded.left_out) == ({}, (name,))


async def test_no_more_files_than_the_limit(desk: Desk) -> None:
    attached = [desk.has(f"{number}.txt", b"x") for number in range(6)]
    attached[5] = Attachment("5.txt", "text/plain", 1, "read by the adapter")
    loaded = await desk.load(*attached)
    assert [each.text for each in loaded.attachments] == ["x", "x", "x", "x", None, None]
    assert loaded.left_out == ("4.txt", "5.txt")
    assert len(desk.board.fetched) == 4


async def test_what_is_too_large_is_not_even_fetched(desk: Desk) -> None:
    large = [desk.has("a", b"x", size=100_000_000), desk.has("b", b"x", size=5_000_001), desk.has("c", b"x", size=-1)]
    assert (await desk.load(*large, desk.has("d", b"x"))).left_out == ("a", "b", "c")
    assert desk.board.fetched == ["d"]


async def test_all_files_together_are_limited_as_well(desk: Desk) -> None:
    attached = [desk.has(str(number), b"x" * 4_999_999) for number in range(5)]
    assert (await desk.load(*attached, within=limits(attachments=9))).left_out == ("4",)
    assert desk.board.fetched == ["0", "1", "2", "3"]


class Careless(Board):
    """A platform that hands out whatever there is, however much was asked for."""

    async def fetch(self, attachment: Attachment, most: int) -> bytes:
        """All of it."""
        return self.files[attachment.source]


async def test_a_size_that_is_not_true(desk: Desk) -> None:
    desk.board = Careless(SetClock())
    attached = [desk.has("more", b"much more", size=4), desk.has("less", b"less", size=40), desk.has("fine", b"fine")]
    assert (await desk.load(*attached)).left_out == ("more", "less")


async def test_what_hangs_is_left_out_and_the_others_are_not(desk: Desk) -> None:
    hangs = desk.has("hangs", b"x")
    desk.board.waits["hangs"] = asyncio.Event()
    loaded = await desk.load(hangs, desk.has("fine", b"fine"), within=limits(fetch_timeout=timedelta(0)))
    assert [each.text for each in loaded.attachments] == [None, "fine"]
    assert loaded.left_out == ("hangs",)


class Together(Board):
    """A platform that hands nothing out until two files were asked for."""

    both = asyncio.Barrier(2)

    async def fetch(self, attachment: Attachment, most: int) -> bytes:
        """Once the other one is asked for as well."""
        await self.both.wait()
        return await super().fetch(attachment, most)


async def test_they_are_fetched_side_by_side(desk: Desk) -> None:
    desk.board = Together(SetClock())
    assert (await desk.load(desk.has("first", b"1"), desk.has("second", b"2"))).left_out == ()


async def test_a_fault_is_logged_without_a_word_of_anybody(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    attached = Attachment("my secret.txt", "text/plain", 1, source="not there")
    assert (await desk.load(attached)).left_out == ("my secret.txt",)
    assert "a file on board is left out: PlatformError in platforms.py" in caplog.text
    assert "secret" not in caplog.text
    assert "there" not in caplog.text


async def test_a_platform_that_is_not_here(desk: Desk) -> None:
    read = Attachment("read.txt", "text/plain", 4, "read", "read")
    loaded = await desk.files.load(None, [desk.has("a.txt", b"x"), read], [desk.has("b.png", png())], LIMITS)
    assert [each.text for each in loaded.attachments] == [None, "read"]
    assert (loaded.data, loaded.left_out) == ({}, ("a.txt",))


async def test_what_an_adapter_has_read_is_not_fetched(desk: Desk) -> None:
    loaded = await desk.load(Attachment("a", "text/plain", 9, "y" * 2_000, "a"), Attachment("b", "", 0, ""))
    assert [each.text for each in loaded.attachments] == ["y" * 999 + "…", ""]
    assert (loaded.left_out, desk.board.fetched) == ((), [])


async def test_text_is_cut_to_its_limit(desk: Desk) -> None:
    long, paper = desk.has("long.txt", b"x" * 2_000), desk.has("long.pdf", document("y" * 800, "z" * 800))
    loaded = await desk.load(long, paper)
    assert [len(each.text or "") for each in loaded.attachments] == [1_000, 1_000]
    assert [(each.text or "")[-2:] for each in loaded.attachments] == ["x…", "z…"]
    assert list(loaded.data) == ["long.pdf"]  # the model sees it whole


async def test_a_pdf_with_too_many_pages(desk: Desk) -> None:
    loaded = await desk.load(desk.has("book.pdf", document(*["x"] * 21)), desk.has("paper.pdf", document(*["x"] * 20)))
    assert (list(loaded.data), loaded.left_out) == (["paper.pdf"], ("book.pdf",))


async def test_an_encrypted_pdf_is_read_or_left_out_but_never_shown(desk: Desk) -> None:
    loaded = await desk.load(
        desk.has("for all.pdf", encrypted("for all", "")), desk.has("for some.pdf", encrypted("for some", "a password"))
    )
    assert [each.text for each in loaded.attachments] == ["for all", None]
    assert (loaded.data, loaded.left_out) == ({}, ("for some.pdf",))


@pytest.mark.parametrize("paper", [pages_of(bomb()), document("", "")])
async def test_a_pdf_without_text_that_can_be_read_is_shown_all_the_same(desk: Desk, paper: bytes) -> None:
    loaded = await desk.load(desk.has("scan.pdf", paper))
    assert [each.text for each in loaded.attachments] == [None]
    assert (loaded.data, loaded.left_out) == ({"scan.pdf": paper}, ())


async def test_earlier_images_and_pdfs_are_shown_again_the_newest_first(desk: Desk) -> None:
    shown = [desk.has(f"{number}.png", png(number + 1), "image/png") for number in range(6)]
    text = desk.has("notes.txt", b"x", "text/plain")  # the turn that it came with tells it
    loaded = await desk.load(desk.has("new.gif", gif()), earlier=(*shown, text))
    assert list(loaded.data) == ["new.gif", "5.png", "4.png", "3.png", "2.png"]
    assert [each.name for each in loaded.attachments] == ["new.gif"]
    assert "notes.txt" not in desk.board.fetched


async def test_earlier_ones_that_fail_do_so_silently_and_are_waited_for_once(desk: Desk) -> None:
    gone = Attachment("gone.png", "image/png", 9, source="gone")
    broken = desk.has("old.pdf", HOSTILE[0], "application/pdf")
    assert await desk.load(earlier=(gone, broken)) == Loaded((), {}, ())
    assert await desk.load(earlier=(gone, broken)) == Loaded((), {}, ())
    assert desk.board.fetched == ["old.pdf", "gone"]


async def test_one_of_this_turn_that_fails_is_tried_again_in_the_next(desk: Desk) -> None:
    late = Attachment("late.png", "image/png", len(png()), source="late.png")
    assert (await desk.load(late)).left_out == ("late.png",)
    desk.has("late.png", png())
    assert (await desk.load(earlier=(late,))).data == {"late.png": png()}


async def test_a_file_that_is_attached_twice_is_fetched_once(desk: Desk) -> None:
    photo = desk.has("a.png", png())
    loaded = await desk.load(photo, photo, earlier=(photo,))
    assert ([each.media_type for each in loaded.attachments], loaded.left_out) == (["image/png"] * 2, ())
    assert desk.board.fetched == ["a.png"]


async def test_no_more_is_shown_than_the_vendor_takes(desk: Desk) -> None:
    many = [desk.has(f"{number}.png", png(number + 1)) for number in range(FILES + 3)]
    loaded = await desk.load(*many, within=limits(attachments=100))
    assert len(loaded.data) == FILES
    assert loaded.left_out == tuple(each.name for each in many[FILES:])
    books = [desk.has(f"{number}.pdf", document(*["x"] * (PAGES // 2)), "application/pdf") for number in range(4)]
    loaded = await desk.load(*books[:3], earlier=(books[3],), within=limits(attachment_pages=PAGES))
    assert list(loaded.data) == ["0.pdf", "1.pdf"]
    assert loaded.left_out == ()  # the third is told as text


async def test_a_file_is_fetched_and_read_once_while_it_is_kept(desk: Desk) -> None:
    photo, paper = desk.has("a.png", png(), "image/png"), desk.has("b.pdf", document("x"), "application/pdf")
    first = await desk.load(photo, paper)
    again = await desk.load(earlier=first.attachments)
    assert again.data == first.data
    assert desk.board.fetched == ["a.png", "b.pdf"]
    elsewhere = Board(SetClock())
    elsewhere.name = "elsewhere"
    assert (await desk.files.load(elsewhere, [photo], [], LIMITS)).left_out == ("a.png",)  # another's file of that name


async def test_what_is_kept_is_limited(desk: Desk) -> None:
    size = LIMITS.attachment_bytes - 1_000
    photos = [desk.has(f"{number}.png", png().ljust(size), "image/png") for number in range(KEPT // size + 1)]
    for photo in photos[:-1]:
        await desk.load(photo)
    await desk.load(earlier=(photos[0],))  # which is then not the one that makes room for the last
    await desk.load(photos[-1])
    desk.board.fetched.clear()
    for photo in (photos[0], *photos[2:], photos[1]):
        await desk.load(earlier=(photo,))
    assert desk.board.fetched == ["1.png"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\notes.txt", "notes.txt"),
        ("/", "?"),
        ("", "?"),
        ("two\nlines\r\n.txt", "two lines .txt"),
        ("\x1b[31mred\u202etxt.exe", "[31mred txt.exe"),
        ("half \ud800 a character", "half a character"),
        ("[a link](https://example.org)", "example.org)"),
        ("x" * 500, "x" * 79 + "…"),
    ],
)
async def test_names_are_said_in_one_line_without_paths(desk: Desk, name: str, said: str) -> None:
    loaded = await desk.load(Attachment(name, "", 1, source="nowhere"))
    assert loaded.left_out == (said,)
    assert loaded.attachments[0].name == said


attachments = st.builds(
    Attachment,
    st.text(),
    st.sampled_from(["", "image/png", "text/plain", "application/pdf", "/", ";", "nonsense"]),
    st.integers(-1, 60),
    st.none() | st.text(),
    st.sampled_from(["", "a", "b", "c"]),
)


@settings(max_examples=60)
@given(
    st.lists(attachments, max_size=6),
    st.lists(attachments, max_size=6),
    st.dictionaries(st.sampled_from("abc"), st.binary(max_size=60) | st.sampled_from([png(), gif(), jpeg()])),
)
def test_whatever_comes_is_read_or_left_out(
    own: list[Attachment], earlier: list[Attachment], content: dict[str, bytes]
) -> None:
    desk = Desk()
    desk.board.files = content
    loaded = asyncio.run(desk.load(*own, earlier=tuple(earlier)))
    assert len(loaded.attachments) == len(own)
    unread = [each for each in loaded.attachments if each.text is None and each.source not in loaded.data]
    assert loaded.left_out == tuple(each.name for each in unread)
    assert loaded.data.keys() <= {each.source for each in (*own, *earlier)}

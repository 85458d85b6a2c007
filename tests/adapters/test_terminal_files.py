"""Files that are attached at the terminal."""

import io
import os
from pathlib import Path

import pytest

from adapters.terminal import Terminal
from adapters.terminal.files import attached
from bot.domain.conversation import Attachment
from bot.errors import PlatformError
from tests.adapters.desk import Desk
from tests.attachments.files import document, png
from tests.fakes.clock import SetClock

MOST = 5_000_000  # bytes, as in the configuration


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the person is, with some files."""
    here = tmp_path / "here"
    here.mkdir()
    (here / "notes.txt").write_text("bees see ultraviolet", encoding="utf-8")
    (here / "my photo.png").write_bytes(png())
    (here / "it's.pdf").write_bytes(document("on paper"))
    (here / "#1.txt").write_text("first", encoding="utf-8")
    (here / "all.zip").write_bytes(b"PK\x03\x04\x00\x00")
    monkeypatch.chdir(here)
    monkeypatch.setenv("HOME", str(here))
    return here


async def fetch(attachment: Attachment, most: int = MOST) -> bytes:
    return await Terminal(SetClock(), out=io.StringIO()).fetch(attachment, most)


def note() -> Attachment:
    """What comes with "/attach notes.txt"."""
    found = attached("notes.txt", MOST)
    assert not isinstance(found, str), found
    return found[0][0]


def sent(typed: str) -> tuple[list[str], str]:
    """The names of the files that go with a message, and its text."""
    found = attached(typed, MOST)
    assert not isinstance(found, str), found
    return [each.name for each in found[0]], found[1]


async def test_a_file_goes_to_the_model_with_the_message(desk: Desk, folder: Path) -> None:
    shown = await desk.types("/attach notes.txt what do bees see?\nand ants?\n/history\n")
    assert "guest: /attach notes.txt what do bees see?\nMessage 1 has notes.txt with it.\n" in shown
    assert "Fairwell: answer to what do bees see?" in shown
    assert "  1. guest: what do bees see? [notes.txt]\n" in shown.split("/history")[1]
    [file] = desk.voice.asked[0].attachments
    assert (file.name, file.text) == ("notes.txt", "bees see ultraviolet")
    assert not desk.voice.asked[1].attachments


async def test_an_image_is_still_seen_in_the_next_turn_and_after_a_restart(desk: Desk, folder: Path) -> None:
    await desk.types("/attach 'my photo.png' what is it?\nand behind it?\n")
    again = await desk.types("and now?\n")
    assert "  1. guest: what is it? [my photo.png]\n" in again
    assert [list(brief.loaded.values()) for brief in desk.voice.asked] == [[png()]] * 3


async def test_what_nobody_can_read_is_named(desk: Desk, folder: Path) -> None:
    shown = await desk.types("/attach all.zip what is in it?\n")
    assert "I couldn't read these attachments, so my answer leaves them out: all.zip" in shown


async def test_danger_in_a_file_is_met(desk: Desk, folder: Path) -> None:
    (folder / "letter.txt").write_text("I am going to kill myself tonight", encoding="utf-8")
    assert "988" in await desk.types("/country USA\n/attach letter.txt\n")


async def test_a_file_that_changes_is_not_taken_for_the_one_that_was_attached(desk: Desk, folder: Path) -> None:
    await desk.types("/attach 'my photo.png' what is it?\n")
    (folder / "my photo.png").write_bytes(png(5, 5))
    await desk.types("and now?\n/attach 'my photo.png' and this one?\n")
    assert [list(brief.loaded.values()) for brief in desk.voice.asked] == [[png()], [], [png(5, 5)]]


@pytest.mark.parametrize(
    ("typed", "names", "text"),
    [
        ("notes.txt", ["notes.txt"], ""),
        ("~/notes.txt what's in it?", ["notes.txt"], "what's in it?"),
        ('  "my photo.png"   who is "this"  ', ["my photo.png"], 'who is "this"'),
        ("my\\ photo.png x", ["my photo.png"], "x"),
        ('"it\'s.pdf" # x', ["it's.pdf"], "# x"),
        ("../here/notes.txt", ["notes.txt"], ""),
        ("#1.txt # x", ["#1.txt"], "# x"),
        ("notes.txt './my photo.png' ~/all.zip either/or", ["notes.txt", "my photo.png", "all.zip"], "either/or"),
        ("notes.txt all.zip is a file, too", ["notes.txt"], "all.zip is a file, too"),  # nothing goes by accident
        ("notes.txt ./here.txt", ["notes.txt"], "./here.txt"),
    ],
)
def test_paths_and_text(folder: Path, typed: str, names: list[str], text: str) -> None:
    assert sent(typed) == (names, text)


async def test_why_nothing_was_sent(desk: Desk, folder: Path) -> None:
    (folder / "large.bin").write_bytes(bytes(MOST + 1))
    (folder / "exact.bin").write_bytes(bytes(MOST))
    os.mkfifo(folder / "pipe")
    attempts = {
        "": "/attach PATH [TEXT] sends a file with your message.",
        "nowhere.txt hello": "There is no file nowhere.txt.",
        "~nobody-of-that-name/x": "There is no file ~nobody-of-that-name/x.",
        "nul\0l": "There is no file nul␀l.",
        "it's.pdf": "A quote is not closed.",
        str(folder): f"{folder} is not a file.",
        "pipe": "pipe is not a file.",
        "/dev/zero": "/dev/zero is not a file.",
        "x" * 5_000: f"{'x' * 5_000} cannot be read.",
        "large.bin": "large.bin is too large: files of up to 5 MB are read.",
        "notes.txt ./large.bin both": "./large.bin is too large",
    }
    shown = await desk.types("".join(f"/attach {typed}\n" for typed in attempts) + "/history\n")
    for said in attempts.values():
        assert f"\n{said}" in shown
    assert "Nothing has been said here yet." in shown
    assert sent("exact.bin") == (["exact.bin"], "")


async def test_only_what_was_attached_is_ever_read(folder: Path) -> None:
    secret = folder / "notes.txt"
    real = note()
    assert await fetch(real) == secret.read_bytes()
    digest = real.source.partition(":")[0]
    foreign = ["", ":", str(secret), f":{secret}", f"{'0' * 64}:{secret}", f"{digest}:{folder}", f"{digest}:all.zip"]
    for source in (*foreign, f"{digest}:/dev/zero", f"{digest}:\0", f"{digest}:{'x' * 5_000}"):
        with pytest.raises(PlatformError) as refused:
            await fetch(Attachment("notes.txt", "text/plain", real.size, source=source))
        assert "bees" not in str(refused.value)


async def test_it_is_not_read_when_it_is_gone_or_has_grown(folder: Path) -> None:
    real = note()
    with pytest.raises(PlatformError):
        await fetch(real, real.size - 1)
    (folder / "notes.txt").unlink()
    with pytest.raises(PlatformError):
        await fetch(real)

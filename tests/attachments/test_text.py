"""Text files."""

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.attachments.text import cut, text

SAID = "Grüße, 世界! 👋"


@pytest.mark.parametrize(
    "written",
    [
        SAID.encode(),
        codecs.BOM_UTF8 + SAID.encode(),
        SAID.encode("utf-16"),
        codecs.BOM_UTF16_BE + SAID.encode("utf-16-be"),
        SAID.encode("utf-32"),
        codecs.BOM_UTF32_BE + SAID.encode("utf-32-be"),
    ],
)
def test_unicode_in_all_its_forms(written: bytes) -> None:
    assert text(written, 100) == SAID


def test_windows_western_alphabet() -> None:
    said = "Ich möchte morgen nicht mehr aufwachen – «schön» wäre das, für 5 €"
    assert text(said.encode("cp1252"), 100) == said


@pytest.mark.parametrize(
    "written",
    [
        "я хочу умереть".encode("cp1251"),  # in the western alphabet it would be the wrong text
        "死にたい".encode("shift_jis"),
        b"some text\x00and then",
        "text".encode("utf-16-le"),  # without a mark it might be anything
        codecs.BOM_UTF16_LE + b"\x00\xd8",  # half a character
        codecs.BOM_UTF16_LE + b"a\x00\x00\x00",
        b"PK\x03\x04\x14\x00",
        b"{\\rtf1 I \\u119?ant}",
        b"%!PS-Adobe",
        b"\x89PNG\r\n\x1a\n",
        bytes(range(1, 256)),
    ],
)
def test_what_is_no_text_or_might_be_the_wrong_one(written: bytes) -> None:
    assert text(written, 100) is None


def test_a_null_far_behind_the_cut_counts() -> None:
    assert text(b"a" * 10_000 + b"\0", 10) is None


@given(st.text(max_size=60).filter(lambda each: "\0" not in each), st.integers(0, 80))
def test_it_is_cut_between_characters_and_says_so(said: str, most: int) -> None:
    for encoding in ("utf-8-sig", "utf-16", "utf-32"):
        read = text(said.encode(encoding), most)
        assert read == cut(said, most)
        assert read is not None
        assert len(read) <= most
        assert (read == said) is (len(said) <= most)


def test_what_is_cut_off_ends_with_a_sign() -> None:
    assert (cut("whole", 5), cut("whole", 4), cut("whole", 1), cut("whole", 0)) == ("whole", "who…", "…", "")


def test_an_empty_file_says_nothing() -> None:
    assert text(b"", 100) == ""


@given(st.binary(max_size=200), st.integers(0, 300))
def test_no_bytes_break_it(written: bytes, most: int) -> None:
    text(written, most)

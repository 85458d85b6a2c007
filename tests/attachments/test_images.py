"""Images, by their headers."""

import struct
import zlib
from collections.abc import Callable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.attachments.images import LARGEST, image
from tests.attachments.files import gif, jpeg, png, webp

THUMBNAIL = b"\xff\xe1" + struct.pack(">H", 2 + len(jpeg(9_999, 9_999))) + jpeg(9_999, 9_999)
KINDS: Mapping[str, Callable[[int, int], bytes]] = {
    "image/png": png,
    "image/jpeg": jpeg,
    "image/gif": gif,
    "image/webp": webp,
}


@pytest.mark.parametrize("media_type", KINDS)
def test_each_kind_is_known_by_its_content(media_type: str) -> None:
    assert image(KINDS[media_type](4, 4)) == media_type


@pytest.mark.parametrize("kind", [b"VP8 ", b"VP8L", b"VP8X"])
def test_the_three_kinds_of_webp(kind: bytes) -> None:
    assert image(webp(8_000, 8_000, kind)) == "image/webp"
    assert image(webp(8_000, 8_001, kind)) is None
    assert image(webp(8_001, 8_000, kind)) is None


@pytest.mark.parametrize("media_type", KINDS)
@pytest.mark.parametrize("sides", [(8_001, 4), (4, 8_001)])
def test_no_side_is_longer_than_the_vendor_takes(media_type: str, sides: tuple[int, int]) -> None:
    assert image(KINDS[media_type](8_000, 8_000)) == media_type
    assert image(KINDS[media_type](*sides)) is None


def test_no_side_is_gigantic_and_none_is_missing() -> None:
    assert image(png(100_000, 100_000)) is None
    assert image(png(0, 4)) is None
    assert image(gif(4, 0)) is None
    assert image(jpeg(0, 0)) is None


@pytest.mark.parametrize("media_type", KINDS)
def test_what_is_cut_off_is_no_image(media_type: str) -> None:
    whole = KINDS[media_type](4, 4)
    assert [image(whole[:end]) for end in range(len(whole) - 2)] == [None] * (len(whole) - 2)


def test_no_image_is_larger_than_the_vendor_takes() -> None:
    assert image(png() + bytes(LARGEST - len(png()))) == "image/png"
    assert image(png() + bytes(LARGEST - len(png()) + 1)) is None


def test_a_jpeg_is_measured_where_its_own_picture_begins() -> None:
    padded = b"\xff\xff\xff\xe0\x00\x02"
    assert image(jpeg(before=THUMBNAIL + padded + b"\xff\xc4\x00\x02")) == "image/jpeg"
    assert image(jpeg(9_999, before=THUMBNAIL)) is None
    assert image(jpeg(before=b"\xff\xe0\x00\x02" * 2_000)) is None  # nobody needs so many
    assert image(jpeg(before=b"nonsense")) is None


@given(st.sampled_from(list(KINDS.values())), st.binary(max_size=80), st.integers(0, 60))
def test_no_bytes_break_it(kind: Callable[[int, int], bytes], noise: bytes, at: int) -> None:
    whole = kind(4, 4)
    image(whole[:at] + noise)
    image(whole[:at] + noise + whole[at + len(noise) :])


def test_other_files_are_no_images() -> None:
    others = (b"", b"PK\x03\x04", b"%PDF-1.7", b"BM", b"RIFF\x04\x00\x00\x00WAVE", b"<svg/>", zlib.compress(b"x"))
    assert [image(each) for each in others] == [None] * len(others)

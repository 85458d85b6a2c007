"""The reader never raises, and its effort grows no faster than the message."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.assess.by_wording import WordingReader
from bot.domain.assessment import Level

HARD = [
    "kill myself ",
    "i want to ",
    "i live in ",
    "'a \"b ",
    "> a\n```",
    "k i ",
    "#iwanttodie",
    "我想死",
    "a\u0301",
    "k*l ",
    "\n ",
    "at x(",
    "<@1",
    "not suicidal but ",
    "my friend wants to die of ",
    "you stupid ",
]


@given(st.text(st.characters(codec=None, categories=None), max_size=200))
def test_no_text_makes_it_raise(reader: WordingReader, text: str) -> None:
    reading = reader.read(text)
    assert reading.read
    json.dumps([reading.risk.words, *(concern.words for concern in reading.concerns)]).encode("utf-8")


@given(st.lists(st.sampled_from([*HARD, "\ud800", "\x00", "\u202e", '"', "`", "kms", "."]), max_size=40).map("".join))
def test_no_mixture_of_marks_makes_it_raise(reader: WordingReader, text: str) -> None:
    assert reader.read(text).by == "wording"


@pytest.mark.parametrize("piece", HARD)
def test_twice_the_message_is_at_most_about_twice_the_effort(reader: WordingReader, piece: str) -> None:
    efforts = []
    for times in (1_000, 2_000, 4_000):
        before = reader.steps
        reader.read(piece * times)
        efforts.append(reader.steps - before)
    assert efforts[2] - efforts[1] <= 2.2 * (efforts[1] - efforts[0]) + 5_000


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["i", "want", "to", "kill", "myself", "die", "you", "are", "a", "of", "the", "my", "friend", "not"]
        ),
        min_size=5,
        max_size=30,
    )
)
def test_no_row_of_words_makes_it_superlinear(reader: WordingReader, words: list[str]) -> None:
    text = " ".join(words) + " "
    efforts = []
    for times in (50, 100, 200):
        before = reader.steps
        reader.read(text * times)
        efforts.append(reader.steps - before)
    assert efforts[2] - efforts[1] <= 2.2 * (efforts[1] - efforts[0]) + 5_000


def test_a_very_long_message_is_read_to_its_end(reader: WordingReader) -> None:
    assert reader.read("lorem ipsum dolor " * 6_000 + "I want to kill myself").risk.level == Level.ACTIVE
    assert reader.read("I want to kill myself. " + "lorem ipsum dolor " * 6_000).risk.sure


def test_an_empty_message_says_nothing(reader: WordingReader) -> None:
    reading = reader.read("")
    assert (reading.concerns, reading.risk.level, reading.asks_to_end, reading.affirms) == ((), Level.NONE, False, None)

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

COMMON = ["i", "want", "to", "kill", "myself", "die", "you", "are", "a", "of", "the", "my", "friend", "not"]


@given(st.text(st.characters(codec=None, categories=None), max_size=200))
def test_no_text_makes_it_raise(reader: WordingReader, text: str) -> None:
    reading = reader.read(text)
    assert reading.read
    json.dumps([reading.risk.words, *(concern.words for concern in reading.concerns)]).encode("utf-8")


@given(st.lists(st.sampled_from([*HARD, "\ud800", "\x00", "\u202e", '"', "`", "kms", "."]), max_size=40).map("".join))
def test_no_mixture_of_marks_makes_it_raise(reader: WordingReader, text: str) -> None:
    assert reader.read(text).by == "wording"


def effort(reader: WordingReader, text: str) -> int:
    before = reader.steps
    reader.read(text)
    return reader.steps - before


@pytest.mark.parametrize("piece", HARD)
def test_twice_the_message_is_at_most_about_twice_the_effort(reader: WordingReader, piece: str) -> None:
    reader.read(piece * 100)  # what is learnt by reading is not counted
    assert effort(reader, piece * 4_000) <= 2.2 * effort(reader, piece * 2_000) + 2_000


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(COMMON), min_size=5, max_size=30).map(" ".join))
def test_no_row_of_words_makes_it_superlinear(reader: WordingReader, words: str) -> None:
    text = words + " "
    reader.read(text * 10)
    assert effort(reader, text * 200) <= 2.2 * effort(reader, text * 100) + 2_000


def test_a_very_long_message_is_read_to_its_end(reader: WordingReader) -> None:
    assert reader.read("lorem ipsum dolor " * 6_000 + "I want to kill myself").risk.level == Level.ACTIVE
    assert reader.read("I want to kill myself. " + "lorem ipsum dolor " * 6_000).risk.sure


def test_an_empty_message_says_nothing(reader: WordingReader) -> None:
    reading = reader.read("")
    assert (reading.concerns, reading.risk.level, reading.asks_to_end, reading.affirms) == ((), Level.NONE, False, None)

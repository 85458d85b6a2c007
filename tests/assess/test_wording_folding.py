"""Folding: a disguised word becomes the word that was meant, and a plain one stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.assess.by_wording import WordingReader
from bot.assess.by_wording.folding import folded, unmasked

WORDS = ["kill", "myself", "suicide", "suicidal", "overdose", "tonight", "goodbye", "killing", "bridge", "forever"]
LEET = str.maketrans({"i": "1", "e": "3", "o": "0", "s": "5", "a": "4"})
FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x61, 0x7B)}
ZERO_WIDTH = "\u200b\u200d\u00ad\u2060"


def stretched(word: str, at: int) -> str:
    at %= len(word)
    return word[: at + 1] + word[at] * 3 + word[at + 1 :]


@given(st.text(max_size=60))
def test_folding_a_folded_word_changes_nothing(word: str) -> None:
    assert folded(folded(word)) == folded(word)


@given(st.text(max_size=80))
def test_reading_what_was_read_changes_nothing(reader: WordingReader, text: str) -> None:
    for word in reader.fold(text):
        assert reader.fold(word) in {(word,), ()}


@given(st.sampled_from(WORDS), st.data())
def test_an_obfuscated_word_is_the_word(reader: WordingReader, word: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(1, len(word) - 1))
    disguised = data.draw(
        st.sampled_from(
            [
                word.upper(),
                word.translate(LEET),
                word.translate(FULL_WIDTH),
                " ".join(word),
                ".".join(word),
                "-".join(word),
                word[:at] + data.draw(st.sampled_from(ZERO_WIDTH)) + word[at:],
                word[:at] + "\u0336" + word[at:],
                stretched(word, at),
            ]
        )
    )
    assert reader.fold(disguised) == (word,)


@given(st.sampled_from([word for word in WORDS if len(word) > 5]), st.integers(1, 20))
def test_two_letters_swapped_are_forgiven(reader: WordingReader, word: str, at: int) -> None:
    at = 1 + at % (len(word) - 2)
    swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    assert reader.fold(swapped) == (word,)


@pytest.mark.parametrize(
    "word", ["released", "noises", "homeless", "regards", "what", "like", "mysql", "coding", "disks"]
)
def test_ordinary_words_are_left_alone(reader: WordingReader, word: str) -> None:
    assert reader.fold(word) == (word,)


def test_real_cyrillic_and_greek_are_left_alone(reader: WordingReader) -> None:
    assert reader.fold("сосна растёт") == ("сосна", "растет")
    assert folded("κακός") == "κακοσ"


def test_look_alikes_throughout_a_word_give_its_latin_reading() -> None:
    assert unmasked("ѕuісіdе") == "suicide"
    assert unmasked("дом") is None

"""What people would call the same words is compared as the same text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.llm.folding import folded


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("It’s  ｆｉｎｅ\n", "it's fine"),
        ("wenn es so weitergeht, SCHLIESSE ich", "Wenn es so weitergeht, schließe ich"),
        ("modération", "Modération"),
        ("un\u202favertissement\u00a0?", "un avertissement ?"),
        ("dis\u2011moi – là", "dis-moi - la"),
        ("wor\u00ad\u200bds", "words"),
        ("ﬁ ½", "fi 1⁄2"),
        ("c´est", "c'est"),
    ],
)
def test_two_ways_to_write_it(one: str, other: str) -> None:
    assert folded(one) == folded(other)


@pytest.mark.parametrize(("one", "other"), [("close", "closed"), ("no", "know"), ("a, b", "a b"), ("4 6", "46")])
def test_other_words_stay_apart(one: str, other: str) -> None:
    assert folded(one) != folded(other)


@given(st.text())
def test_folding_once_is_enough(text: str) -> None:
    assert folded(folded(text)) == folded(text)

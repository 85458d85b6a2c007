"""What the reading model quotes: evidence stands in the message itself, or the concern is not sure."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.domain.assessment import Reading
from bot.llm.seen import Seen, SeenConcern

SAID = "Well, you're a WORTHLESS heap\nof “scrap”, you know? Straße 🖕 <b>no</b>"
EARLIER = "I will find you"


def seen(*quoted: str, kind: str = "insult", confidence: float = 0.9) -> Seen:
    return Seen(
        concerns=[SeenConcern(kind=kind, severity="serious", confidence=confidence, words=each) for each in quoted],
        risk="none",
        about="self",
        risk_sure=True,
        risk_words="",
        asks_to_end=False,
        plain_answer="neither",
        country=None,
        language="en",
        why="",
    )


def reading(found: Seen, said: str = SAID) -> Reading:
    return found.reading("small", frozenset({"insult"}), 0.8, said)


def sure(quoted: str, said: str = SAID) -> bool:
    return reading(seen(quoted), said).concerns[0].sure


@pytest.mark.parametrize(
    "quoted",
    [
        "worthless heap",
        "WORTHLESS  heap of scrap",
        "'you’re a worthless'",
        "you're a … heap of scrap",
        "you're a ... scrap, [...] know",
        "[…] worthless",
        "heap of 'scrap'.",
        "strasse",
        "ｗｏｒｔｈｌｅｓｓ",
        "wörthless",
        "🖕",
        "&lt;b&gt;no",
        "<b>no</b>",
        "you\u200b're a wor\u00adthless",
        "",
        "  ",
        "…",
    ],
)
def test_what_was_said_may_be_quoted_loosely(quoted: str) -> None:
    assert sure(quoted)


@pytest.mark.parametrize(
    "quoted",
    [
        EARLIER,
        "worthless scrap",
        "scrap … worthless",
        "you're a … idiot",
        "worthless heap of scrap, you fool",
        "wertloser Haufen",
        "the author insults the bot",
        "🖕🖕",
    ],
)
def test_what_was_not_said_in_this_message_is_no_sure_evidence(quoted: str) -> None:
    assert not sure(quoted)


def test_evidence_may_stand_in_an_attachment() -> None:
    assert not sure(EARLIER)
    assert sure(EARLIER, f"{SAID}\n{EARLIER}")


def test_a_quotation_makes_nothing_sure_that_the_model_doubts() -> None:
    assert not reading(seen("worthless", confidence=0.79)).concerns[0].sure


def test_one_wrong_quotation_leaves_the_other_concern_as_it_is() -> None:
    found = reading(seen("worthless", EARLIER)).concerns
    assert [each.sure for each in found] == [True, False]
    assert [each.words for each in found] == ["worthless", EARLIER]  # as it was quoted, for whoever looks


def test_a_kind_that_nobody_defined_is_left_out() -> None:
    assert reading(seen("worthless", kind="impoliteness")).concerns == ()


@pytest.mark.parametrize("confidence", [95, 1.01, -0.1, float("nan")])
def test_a_confidence_that_is_none_makes_no_sense(confidence: float) -> None:
    with pytest.raises(ValidationError):
        seen("worthless", confidence=confidence)


words = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@given(words, words, words)
def test_any_part_of_a_message_can_be_quoted(before: str, part: str, after: str) -> None:
    said = f"{before} {part} {after}"
    assert sure(part, said)
    assert sure(part.upper(), said)
    assert sure(f"“{part}”", said)
    assert sure(f"{before} … {after}", said)


@given(words)
def test_nothing_is_quoted_from_a_message_without_it(said: str) -> None:
    assert not sure("xyzzy quux", said.replace("x", "").replace("X", ""))

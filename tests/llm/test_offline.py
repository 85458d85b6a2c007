"""The stand-in picks by plain rules, says what it is, and never pretends to know."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.conversation import Member, Place
from bot.errors import LLMError
from bot.llm.offline import OfflineLLM, StandInTexts, stand_in
from bot.ports import Brief, Voice, Written
from bot.reply.wording import load
from tests.llm.cases import Heard

TEXTS = load(Path(__file__).parents[2] / "config" / "replies").stand_in
EN = TEXTS["en"]


def brief(text: str, language: str = "en", turn: int = 1) -> Brief:
    place = Place(platform="terminal", space="here", channel="here")
    return Brief(place=place, member=Member("robin"), text=text, turn=turn, language=language)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("Hi", EN.greeting),
        ("HELLO there!", EN.greeting),
        ("hi, how are you?", EN.greeting),
        ("hi, why does my code say that 1 is 2?", EN.question),
        ("this is his", EN.default[1]),  # "hi" only as a whole word
        ("Thanks!", EN.thanks),
        ("ok thank   you so much", EN.thanks),
        ("thanks, now please write me a long poem about rain", EN.default[1]),
        ("hey, what can you do?", EN.can_do),
        ("Help", EN.can_do),
        ("what is the capital of France?", EN.question),
        ("これは何ですか？", EN.question),
        ("tell me a story", EN.default[1]),
        ("", EN.default[1]),
        ("🙂", EN.default[1]),
    ],
)
def test_the_answer_follows_from_the_words(text: str, answer: str) -> None:
    assert stand_in(text, 1, EN) == answer


@pytest.mark.parametrize(
    ("language", "greeting", "thanks", "can_do"),
    [
        ("de", "Guten Morgen!", "danke dir", "Was kannst du eigentlich? Was kannst du?"),
        ("es", "¡Hola!", "muchas gracias", "¿Qué puedes hacer?"),
        ("fr", "Salut", "merci beaucoup", "Qu'est-ce que tu peux faire ?"),
        ("pt", "Olá!", "obrigada", "O que você pode fazer?"),
    ],
)
def test_every_language_is_heard(language: str, greeting: str, thanks: str, can_do: str) -> None:
    texts = TEXTS[language]
    assert stand_in(greeting, 1, texts) == texts.greeting
    assert stand_in(thanks, 1, texts) == texts.thanks
    assert stand_in(can_do, 1, texts) == texts.can_do


def test_the_default_answers_take_turns() -> None:
    assert {stand_in("so", turn, EN) for turn in range(3)} == set(EN.default)
    assert stand_in("so", 3, EN) == stand_in("so", 0, EN)


@pytest.mark.parametrize("texts", TEXTS.values(), ids=TEXTS)
def test_it_says_what_it_is_and_what_an_operator_must_set(texts: StandInTexts) -> None:
    assert "Fairwell" in texts.greeting
    for text in (texts.can_do, texts.question, texts.default[2]):
        assert "ANTHROPIC_API_KEY" in text


@given(text=st.text(), turn=st.integers(min_value=0))
def test_any_text_gets_one_of_its_texts(text: str, turn: int) -> None:
    assert stand_in(text, turn, EN) in {EN.greeting, EN.can_do, EN.question, EN.thanks, *EN.default}


def test_a_phrase_without_a_word_is_never_heard() -> None:
    texts = replace(EN, hears=replace(EN.hears, can_do=frozenset({"?"})))
    assert stand_in("so", 0, texts) == EN.default[0]


async def test_it_is_a_voice_that_speaks_the_members_language_and_confirms_nothing() -> None:
    voice, heard = OfflineLLM(TEXTS), Heard()
    assert await voice.answer(brief("hallo", "de"), heard) == Written(TEXTS["de"].greeting)
    assert await voice.answer(brief("hi", "ja"), heard) == Written(EN.greeting)
    assert await voice.confirm_ending(brief("hi")) is None
    assert voice.name == "offline stand-in"
    assert heard.all == []  # it is there at once


async def test_it_sums_nothing_up_and_uses_nothing() -> None:
    voice: Voice = OfflineLLM(TEXTS)
    with pytest.raises(LLMError, match="no model is connected"):
        await voice.summarise(brief("hi"))
    assert voice.used() == ()
    await voice.close()

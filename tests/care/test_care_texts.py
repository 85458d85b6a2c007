"""The words of care, in every language."""

import re
from dataclasses import asdict
from pathlib import Path

import pytest

from bot.care.texts import PLACEHOLDERS, CareTexts, load, spoken
from bot.errors import ConfigError

REPLIES = Path(__file__).parents[2] / "config" / "replies"
TEXTS = load(REPLIES)
ENGLISH = (REPLIES / "en" / "care.toml").read_text(encoding="utf-8")
CARDS = [key for key, holds in PLACEHOLDERS.items() if "lines" in holds and key not in {"undelivered", "located"}]

# Never, in any language: blaming words for suicide, promises nobody can keep, endings, rules, moderation, scolding.
NEVER = re.compile(
    r"""commit|successful|failed|selbstm[oö]rd|freitod|begangen|comet[ei]|commettre
    |confiden|vertraulich|anonym|anónim|anônim|nobody\ will\ know|niemand\ erf[aä]hrt
    |on\ (?:its|the|their)\ way|unterwegs|en\ camino|a\ caminho|arrivent
    |promise|versprech|prometo|promets|safe\ with\ me|everything\ will\ be|alles\ wird\ gut|todo\ va\ a
    |moderat|modér|\brules?\b|regeln?\b|\bnormas?\b|\breglas?\b|règles?|\bregras?\b
    |\bend(?:ed|ing)?\ (?:this|the)|clos(?:e|ing)\ (?:this|the)|beende|schließ|sperr|cerrar|fermer|encerr
    |\bwarn|verwarn|advertenc|avertiss|advertênc|\bpolic(?:e\ will|y)|report""",
    re.IGNORECASE | re.VERBOSE,
)
BOT = re.compile(r"\bbot\b", re.IGNORECASE)


@pytest.mark.parametrize("language", ["en", "de", "es", "fr", "pt"])
def test_every_language_is_complete(language: str) -> None:
    assert TEXTS[language].language == language
    assert all(asdict(TEXTS[language]).values())


@pytest.mark.parametrize("texts", TEXTS.values(), ids=TEXTS.keys())
def test_no_text_says_what_must_not_be_said(texts: CareTexts) -> None:
    said = {key: NEVER.findall(text) for key, text in asdict(texts).items() if key in PLACEHOLDERS}
    assert {key: found for key, found in said.items() if found} == {}


@pytest.mark.parametrize("texts", TEXTS.values(), ids=TEXTS.keys())
@pytest.mark.parametrize("key", [key for key in CARDS if key != "held"])
def test_every_card_says_that_it_is_a_bot_and_asks_one_question(texts: CareTexts, key: str) -> None:
    text = asdict(texts)[key]
    assert BOT.search(text)
    assert text.count("?") == 1
    assert text.endswith("?")


@pytest.mark.parametrize("texts", TEXTS.values(), ids=TEXTS.keys())
def test_in_public_danger_it_says_that_a_bot_cannot_call(texts: CareTexts) -> None:
    assert BOT.search(texts.public_imminent)
    assert BOT.search(texts.public_violence)


@pytest.mark.parametrize("texts", TEXTS.values(), ids=TEXTS.keys())
def test_a_topic_gets_words_and_no_numbers(texts: CareTexts) -> None:
    assert not re.search(r"\d|http", texts.topic)


def test_the_languages_do_not_share_their_words() -> None:
    same_everywhere = {"line", "line_with_hours", "website", "chat", "number_for"}
    for key in PLACEHOLDERS.keys() - same_everywhere:
        assert len({asdict(texts)[key] for texts in TEXTS.values()}) >= 4, key


@pytest.mark.parametrize(
    ("asked", "language"), [("pt", "pt"), ("pt-BR", "pt"), ("DE_at", "de"), ("ja", "en"), ("", "en"), (None, "en")]
)
def test_a_language_without_texts_is_answered_in_english(asked: str | None, language: str) -> None:
    assert spoken(TEXTS, asked).language == language


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("staying = ", "stayed = ", "staying: missing"),
        ("staying = ", "stayed = ", "stayed: unknown key"),
        ("{name}: {ways}", "{name}", "line: must hold exactly {name}, {ways}"),
        ("text {number}", "text {number} {lines}", "text: must hold exactly {number}"),
        ('police = "police"', 'police = "{police}"', "police: must hold exactly no placeholder"),
        ('police = "police"', 'police = " "', "police: must be a text that is not empty"),
        ('police = "police"', "police = 110", "police: must be a text that is not empty"),
        ('police = "police"', 'police = "police}"', "police: "),
        ("call {number}", "call {number.real}", "call: must hold exactly {number}"),
    ],
)
def test_a_faulty_text_is_refused_with_its_key(tmp_path: Path, old: str, new: str, said: str) -> None:
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "care.toml").write_text(ENGLISH.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load(tmp_path)
    assert any(said in fault for fault in caught.value.faults)


def test_every_language_s_faults_are_told_at_once(tmp_path: Path) -> None:
    for language in ("en", "fr"):
        (tmp_path / language).mkdir()
    (tmp_path / "en" / "care.toml").write_text("hello = 1", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load(tmp_path)
    told = "\n".join(caught.value.faults)
    assert len(caught.value.faults) == 2 + len(PLACEHOLDERS)
    assert str(tmp_path / "fr" / "care.toml") in told


def test_english_must_be_there(tmp_path: Path) -> None:
    (tmp_path / "de").mkdir()
    (tmp_path / "de" / "care.toml").write_text((REPLIES / "de" / "care.toml").read_text("utf-8"), encoding="utf-8")
    with pytest.raises(ConfigError, match="en"):
        load(tmp_path)

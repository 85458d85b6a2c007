"""What the wording reader makes of 25 languages other than English (config/wording/)."""

import tomllib
from pathlib import Path

import pytest

from bot.assess.by_wording import WordingReader, lexicon
from bot.domain.assessment import About, Level, Reading

ROOT = Path(__file__).parents[2]
SENTENCES = tomllib.loads(Path(__file__).with_name("wording_languages.toml").read_text("utf-8"))
ABUSE = tomllib.loads(Path(__file__).with_name("wording_abuse_languages.toml").read_text("utf-8"))


@pytest.fixture(scope="module")
def reader() -> WordingReader:
    return WordingReader(lexicon.load(ROOT / "config" / "wording"))


def sentences(kind: str) -> list[object]:
    return [
        pytest.param(text, id=f"{language}-{number}")
        for language, table in SENTENCES.items()
        for number, text in enumerate(table.get(kind, ()), 1)
    ]


def risk_seen(reading: Reading) -> str:
    return f"{reading.language}: {reading.risk.level.name}, sure={reading.risk.sure}, {reading.why}"


def test_every_language_has_phrases_and_enough_sentences() -> None:
    files = {path.stem for path in (ROOT / "config" / "wording" / "risk").glob("*.toml")}
    assert set(SENTENCES) <= files
    for language, table in SENTENCES.items():
        assert len(table["sure"]) + len(table["read"]) >= 10, language
        assert len(table["benign"]) >= 6, language


@pytest.mark.parametrize("text", sentences("sure"))
def test_explicit_risk_calls_for_care_at_once(reader: WordingReader, text: str) -> None:
    reading = reader.read(text)
    assert reading.risk.calls_for_care, risk_seen(reading)


@pytest.mark.parametrize("text", sentences("read"))
def test_risk_is_read_as_possible_at_least(reader: WordingReader, text: str) -> None:
    reading = reader.read(text)
    assert reading.risk.level.calls_for_care, risk_seen(reading)


@pytest.mark.parametrize("text", sentences("benign"))
def test_everyday_idioms_are_no_risk(reader: WordingReader, text: str) -> None:
    reading = reader.read(text)
    assert reading.risk.level is Level.NONE, risk_seen(reading)


@pytest.mark.parametrize("text", sentences("bereaved"))
def test_a_death_that_has_happened_is_met_with_condolence_and_no_alarm(reader: WordingReader, text: str) -> None:
    reading = reader.read(text)
    risk = reading.risk
    assert (risk.level, risk.about, risk.sure) == (Level.PASSIVE, About.BEREAVED, True), risk_seen(reading)


@pytest.mark.parametrize("text", sentences("other"))
def test_what_somebody_wants_fears_or_has_tried_is_danger_to_them(reader: WordingReader, text: str) -> None:
    reading = reader.read(text)
    risk = reading.risk
    assert (risk.level, risk.about, risk.sure) == (Level.ACTIVE, About.OTHER, True), risk_seen(reading)


@pytest.mark.parametrize("text", sentences("denied"))
def test_a_death_that_was_no_suicide_is_not_taken_for_one(reader: WordingReader, text: str) -> None:
    assert not reader.read(text).risk.sure


@pytest.mark.parametrize("text", sentences("own"))
def test_a_wish_of_ones_own_outranks_a_loss(reader: WordingReader, text: str) -> None:
    reading = reader.read(text)
    risk = reading.risk
    assert (risk.level, risk.about, risk.sure) == (Level.ACTIVE, About.SELF, True), risk_seen(reading)


@pytest.mark.parametrize("text", [text for table in ABUSE.values() for text in table["abuse"]])
def test_an_insult_of_the_bot_is_a_sure_concern(reader: WordingReader, text: str) -> None:
    assert any(concern.sure for concern in reader.read(text).concerns)


@pytest.mark.parametrize("text", [text for table in ABUSE.values() for text in table["fine"]])
def test_frustration_and_talk_of_others_is_no_sure_concern(reader: WordingReader, text: str) -> None:
    assert not any(concern.sure for concern in reader.read(text).concerns)

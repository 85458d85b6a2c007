"""The card: what is said, where, and to whom."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.care import directory as crisis_directory
from bot.care import texts as care_texts
from bot.care import wording
from bot.care.card import Card, card, held, located
from bot.care.texts import CareTexts
from bot.domain.assessment import About, Level, Risk

CONFIG = Path(__file__).parents[2] / "config"
DIRECTORY = crisis_directory.load(CONFIG / "resources")
TEXTS = care_texts.load(CONFIG / "replies")
ENGLISH = TEXTS["en"]

TYPICAL, MOST = 600, 750  # characters; a card is read by somebody in distress
DISCORD = 2_000

countries = st.sampled_from([None, *DIRECTORY.countries])
languages = st.sampled_from(list(TEXTS.values()))
risks = st.builds(Risk, level=st.sampled_from(Level), about=st.sampled_from(About), sure=st.just(True))
care_risks = risks.filter(lambda risk: risk.level.calls_for_care)
grave = risks.filter(lambda risk: risk.level >= Level.VIOLENCE)


def made(risk: Risk, country: str | None, texts: CareTexts = ENGLISH, *, private: bool = True) -> Card:
    return card(risk, country, texts, DIRECTORY, private=private)


def everything(said: Card) -> str:
    return "\n".join(filter(None, (said.public, said.direct, said.undelivered)))


def first_line(risk: Risk, country: str | None, texts: CareTexts) -> str:
    hints = frozenset({f"language: {texts.language}"})
    level = max(risk.level, Level.PASSIVE)
    return wording.line(DIRECTORY.lines(country, level=level, about=risk.about, hints=hints)[0], texts)


def test_a_card_in_a_private_place_reads_as_it_should() -> None:
    said = made(Risk(Level.ACTIVE, sure=True), "US")
    assert said == Card(
        public=(
            "I'm really glad you told me. You matter, and you don't have to get through this alone. I'm a bot, not a "
            "person, so I'd like you to have a person to talk with as well:\n"
            "• 988 Suicide & Crisis Lifeline: call 988, text 988, chat https://988lifeline.org/chat/ "
            "(open around the clock)\n"
            "• Crisis Text Line: text HOME to 741741, chat https://www.crisistextline.org/ (open around the clock)\n\n"
            "If it gets to where you might act on it, call 911.\n\n"
            "What is going on for you right now?"
        ),
        direct=None,
        undelivered=None,
        urgent=False,
        calls_moderators=True,
    )


def test_a_card_in_public_shows_one_line_for_anyone_and_goes_out_in_private() -> None:
    said = made(Risk(Level.PASSIVE, sure=True), "GB", private=False)
    assert said.public.splitlines() == [
        "I'm glad you said that. I've sent you a private message with people you can reach, and I'm still here.",
        "For anyone reading along who could use it:",
        "• Samaritans: call 116 123 (open around the clock)",
    ]
    assert said.direct == made(Risk(Level.PASSIVE, sure=True), "GB").public
    assert said.undelivered is not None
    assert "Shout: text SHOUT to 85258" in said.undelivered


@given(risks, countries, languages, st.booleans())
def test_in_a_private_place_all_is_said_there(risk: Risk, country: str | None, texts: CareTexts, repeat: bool) -> None:
    said = card(risk, country, texts, DIRECTORY, private=True, repeat=repeat)
    assert said.direct is None
    assert said.undelivered is None


@given(care_risks, countries, languages)
def test_a_public_thread_always_shows_somebody_to_reach(risk: Risk, country: str | None, texts: CareTexts) -> None:
    said = made(risk, country, texts, private=False)
    visible = (
        wording.emergency(country, texts, DIRECTORY, police_first=risk.level is Level.VIOLENCE)
        if said.urgent
        else first_line(risk, country, texts)
    )
    assert visible in said.public
    assert len(said.public) < TYPICAL
    assert said.direct
    assert said.undelivered
    assert first_line(risk, country, texts) in said.undelivered


@given(grave, countries, languages, st.booleans(), st.booleans())
def test_where_a_life_is_at_stake_the_emergency_number_comes_first(
    risk: Risk, country: str | None, texts: CareTexts, private: bool, repeat: bool
) -> None:
    number = wording.emergency(country, texts, DIRECTORY, police_first=risk.level is Level.VIOLENCE)
    cards = [
        card(risk, country, texts, DIRECTORY, private=private, repeat=repeat),
        held(risk, country, texts, DIRECTORY, private=private),
    ]
    for said in cards:
        assert said.urgent
        assert said.calls_moderators
        for text in filter(None, (said.public, said.direct, said.undelivered)):
            first_sentence = text.index(number)
            assert first_sentence < 80
            assert "•" not in text[:first_sentence]


@given(care_risks, countries, languages, st.booleans())
def test_a_card_shows_at_most_two_lines(risk: Risk, country: str | None, texts: CareTexts, private: bool) -> None:
    said = made(risk, country, texts, private=private)
    whole = said.direct or said.public
    assert 1 <= whole.count("•") <= 2
    if risk.level is Level.IMMINENT and country not in {"BE", "PL"}:  # these two have a pair
        assert whole.count("•") == 1


@given(care_risks, languages, st.booleans())
def test_without_a_country_the_card_asks_and_links_the_directory(risk: Risk, texts: CareTexts, private: bool) -> None:
    said = made(risk, None, texts, private=private)
    whole = said.direct or said.public
    assert texts.ask_country in whole
    assert "https://findahelpline.com" in whole
    if risk.level >= Level.ACTIVE and risk.about in {About.SELF, About.OTHER}:
        assert "112" in whole
        assert "911" in whole


@given(care_risks, countries.filter(bool), languages)
def test_with_a_country_the_card_does_not_ask_for_it(risk: Risk, country: str, texts: CareTexts) -> None:
    assert texts.ask_country not in everything(made(risk, country, texts))


@given(risks, countries, languages, st.booleans(), st.booleans())
def test_every_text_is_filled_in_and_fits(
    risk: Risk, country: str | None, texts: CareTexts, private: bool, repeat: bool
) -> None:
    for said in (
        card(risk, country, texts, DIRECTORY, private=private, repeat=repeat),
        held(risk, country, texts, DIRECTORY, private=private),
    ):
        for text in filter(None, (said.public, said.direct, said.undelivered)):
            assert not re.search(r"[{}]", text)
            assert 0 < len(text) < MOST < DISCORD


def test_most_cards_are_short() -> None:
    lengths = [
        len(made(Risk(level, about, sure=True), country, texts).public)
        for country in (None, "US", "DE", "FR", "ES", "BR", "GB", "JP")
        for texts in TEXTS.values()
        for level in Level
        for about in About
    ]
    assert sum(length <= TYPICAL for length in lengths) / len(lengths) > 0.9


@pytest.mark.parametrize(
    ("level", "about", "calls"),
    [
        (Level.PASSIVE, About.SELF, False),
        (Level.ACTIVE, About.SELF, True),
        (Level.ACTIVE, About.OTHER, True),
        (Level.ACTIVE, About.PAST, False),
        (Level.ACTIVE, About.BEREAVED, False),
        (Level.IMMINENT, About.PAST, True),
        (Level.VIOLENCE, About.SELF, True),
    ],
)
def test_moderators_are_called_from_active_upwards(level: Level, about: About, calls: bool) -> None:
    assert made(Risk(level, about, sure=True), "US").calls_moderators is calls


def test_whoever_helps_is_helped_and_the_other_is_not_contacted() -> None:
    said = made(Risk(Level.ACTIVE, About.OTHER, sure=True), "US").public
    assert "ask them directly" in said
    assert "don't keep it secret" in said
    assert said != made(Risk(Level.ACTIVE, About.SELF, sure=True), "US").public


def test_a_loss_and_a_past_are_met_without_alarm() -> None:
    for about in (About.PAST, About.BEREAVED):
        said = made(Risk(Level.ACTIVE, about, sure=True), "US")
        assert "911" not in said.public
        assert not said.urgent


@pytest.mark.parametrize("about", [About.PAST, About.BEREAVED])
def test_present_danger_goes_before_a_past_or_a_loss(about: About) -> None:
    assert made(Risk(Level.IMMINENT, about, sure=True), "US") == made(Risk(Level.IMMINENT, sure=True), "US")


def test_the_same_risk_again_is_answered_in_one_sentence_and_a_line() -> None:
    for private in (True, False):
        said = card(Risk(Level.ACTIVE, sure=True), "IE", ENGLISH, DIRECTORY, private=private, repeat=True)
        assert said.public == (
            "I'm still here with you. So are they:\n• Samaritans Ireland: call 116 123 (open around the clock)"
        )
        assert said.direct is None


@pytest.mark.parametrize(("private", "lines"), [(True, 2), (False, 1)])
def test_a_hostile_member_at_risk_is_held(private: bool, lines: int) -> None:
    said = held(Risk(Level.ACTIVE, sure=True), "AU", ENGLISH, DIRECTORY, private=private)
    assert said.public.startswith("I'm still here.")
    assert "I won't help with anything that could hurt you or somebody else" in said.public
    assert said.public.count("•") == lines


def test_a_country_told_later_brings_its_lines() -> None:
    said = located(Risk(Level.PASSIVE, sure=True), "NZ", ENGLISH, DIRECTORY)
    assert "call 1737, text 1737" in said
    assert said.endswith("In an emergency, call 111.")


def test_hints_bring_a_fitting_second_line() -> None:
    said = card(
        Risk(Level.ACTIVE, sure=True), "US", ENGLISH, DIRECTORY, private=True, hints=frozenset({"veterans"})
    ).public
    assert said.index("988 Suicide & Crisis Lifeline") < said.index("Veterans Crisis Line: call 988 then press 1")


def test_a_line_in_the_language_of_the_card_comes_with_it() -> None:
    risk = Risk(Level.ACTIVE, sure=True)
    assert "SOS Help (English)" in made(risk, "FR").public
    assert "SOS Help (English)" not in made(risk, "FR", TEXTS["fr"]).public
    in_french = made(risk, "BE", TEXTS["fr"]).public
    assert in_french.index("Centre de Prévention du Suicide") < in_french.index("Zelfmoordlijn 1813")


@pytest.mark.parametrize(
    ("country", "police_first", "words"),
    [
        ("US", False, "911"),
        ("JP", False, "119 (ambulance, fire brigade) or 110 (police)"),
        ("JP", True, "110 (police) or 119 (ambulance, fire brigade)"),
        ("KR", False, "119 (ambulance, fire brigade) or 112 (police)"),
        ("AF", False, "119 (police, fire brigade)"),
        (None, False, "the emergency number where you are (in many countries 112 or 911)"),
    ],
)
def test_an_emergency_number_says_whom_it_reaches(country: str | None, police_first: bool, words: str) -> None:
    assert wording.emergency(country, ENGLISH, DIRECTORY, police_first=police_first) == words


def test_a_text_address_is_put_as_people_say_it() -> None:
    trevor = next(line for line in DIRECTORY.countries["US"].lines if line.name.startswith("The Trevor"))
    assert "SMS mit START an 678678" in wording.line(trevor, TEXTS["de"])
    singapore = DIRECTORY.lines("SG")[0]
    assert "text 9151 1767 (WhatsApp)" in wording.line(singapore, ENGLISH)

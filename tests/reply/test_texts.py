"""What Fairwell says: in every language, on every platform, in the tone it should have."""

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from inspect import signature
from pathlib import Path

import pytest

from bot.domain.assessment import About, Level
from bot.reply.texts import Words
from bot.reply.wording import load

WORDING = load(Path(__file__).parents[2] / "config" / "replies")
LANGUAGES = WORDING.languages
PLATFORMS = ("terminal", "discord", "slack")
CONDUCTS = sorted(WORDING.words("en", "terminal").boundary.conduct)
AT_MOST = 1_900  # characters; Discord takes 2,000

# What every {conduct} follows, so that one name fits into every text.
BECAUSE_OF = {"en": "because of ", "de": "wegen ", "es": "por ", "fr": "à cause ", "pt": "por causa de "}
CLOSING = {
    "en": r"\b(clos|end(s|ed|ing)?\b)",
    "de": r"schlie(ß|ss)|schloss|beend",
    "es": r"\bcierr|\bcerr|termin",
    "fr": r"\bferm|mettre fin|mets fin",
    "pt": r"encerr|fech",
}
WRONG_TONE = re.compile(
    r"!|[!?]{2}|\boops\b|inconvenience|unfortunately|how dare|calm down|shame|behave|violat|policy|forbidden|banned|"
    r"punish|so sorry|deeply|please please|beruhig dich|leider|benimm|unannehmlichkeit|verboten|verstoß|"
    r"lamentablemente|cálmate|pórtate|vergüenza|malheureusement|calme-toi|honte|désagrément|"
    r"infelizmente|acalme|vergonha|transtorno|!!",
    re.IGNORECASE,
)
EMOJI = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf]")
COMMITTED = re.compile(r"commit\w* suicide|selbstmord|begangen|cometi\w* suicid|cometer suic|commis", re.IGNORECASE)


def every_text(words: object, at: str = "") -> Iterator[tuple[str, str]]:
    """Every text there is, with its key; a gap is filled with its own name."""
    if isinstance(words, str):
        yield at, words
    elif is_dataclass(words):
        for field in fields(words):
            yield from every_text(getattr(words, field.name), f"{at}.{field.name}")
    elif isinstance(words, frozenset):
        return  # words to recognise, which nobody is told
    elif isinstance(words, tuple):
        for number, text in enumerate(words):
            yield from every_text(text, f"{at}[{number}]")
    elif callable(words):
        template = words.__self__  # type: ignore[attr-defined]  # the text whose `format` it is
        yield at, template.format(**{gap: gap for gap in re.findall(r"\{(\w+)\}", template)})
    else:
        for key, text in words.items():  # type: ignore[attr-defined]
            yield f"{at}.{key}", text


@pytest.fixture(params=[(language, platform) for language in LANGUAGES for platform in PLATFORMS], ids="-".join)
def place(request: pytest.FixtureRequest) -> tuple[str, str]:
    language, platform = request.param
    return language, platform


@pytest.fixture
def words(place: tuple[str, str]) -> Words:
    return WORDING.words(*place)


@pytest.fixture
def language(place: tuple[str, str]) -> str:
    return place[0]


def test_the_tone_is_plain_and_adult(words: Words) -> None:
    for at, text in every_text(words):
        assert not WRONG_TONE.search(text), at
        assert not COMMITTED.search(text), at
        assert "feedback" in at or not EMOJI.search(text), at


def test_a_text_fits_into_one_message(words: Words) -> None:
    for at, text in every_text(words):
        assert 0 < len(text) <= AT_MOST, at
        assert text == text.strip(), at
    whole = words.talk.boundaries.all(redirections=2, gravest=1, warnings=1, clean=5, hours=24)
    assert len(whole) <= 1_200
    assert max(len(told(words, kind)) for kind in CONDUCTS) <= AT_MOST
    assert "\n" not in words.talk.welcome.first(bot="Fairwell", days=30)


def test_translations_are_translations() -> None:
    english = dict(every_text(WORDING.words("en", "terminal")))
    for language in set(LANGUAGES) - {"en"}:
        same = [at for at, text in every_text(WORDING.words(language, "terminal")) if text == english[at]]
        assert not same, language


def test_no_gap_is_left(words: Words) -> None:
    for at, text in every_text(words):
        assert not re.search(r"[{}]", text), at


@pytest.mark.parametrize("request_", [False, True], ids=["general", "request"])
@pytest.mark.parametrize("kind", [*CONDUCTS, "a kind without a name"])
def test_a_warning_names_the_conduct_redirects_and_says_what_may_follow(
    words: Words, language: str, kind: str, request_: bool
) -> None:
    warn = words.boundary.warn.request if request_ else words.boundary.warn.general
    names = warn.names(conduct=words.conduct(kind))
    assert BECAUSE_OF[language] + words.conduct(kind) in names
    assert not re.search(CLOSING[language], warn.redirects)
    assert re.search(CLOSING[language], warn.consequence)
    assert words.warning(kind, request=request_) == f"{names} {warn.redirects} {warn.consequence}"
    assert len({names, warn.redirects, warn.consequence}) == 3


def test_a_kind_without_a_name_is_named_in_general(words: Words) -> None:
    assert words.conduct("a kind without a name") == words.boundary.conduct["other"]


def test_a_name_of_conduct_fits_wherever_it_is_said(words: Words, language: str) -> None:
    said = [(at, text) for at, text in every_text(words) if "conduct" in text and ".conduct." not in at]
    assert len(said) >= 7
    for at, text in said:
        assert BECAUSE_OF[language] + "conduct" in text, at
    for kind in CONDUCTS:
        assert words.conduct(kind)[0].islower() or language == "de", kind
        assert words.conduct(kind)[-1].isalnum(), kind


def test_a_redirection_never_mentions_closing_and_never_accuses(words: Words, language: str) -> None:
    redirect = words.boundary.redirect
    for text in (*redirect.general, *redirect.request, redirect.declined, redirect.spared):
        assert not re.search(CLOSING[language], text.lower())
        assert not any(words.conduct(kind) in text for kind in CONDUCTS)


def test_a_refusal_is_one_sentence_and_says_no_more(words: Words, language: str) -> None:
    refusal = words.boundary.written.refusal
    assert len(re.findall(r"[.?]", refusal)) == 1
    assert refusal.endswith(".")
    assert not re.search(CLOSING[language], refusal.lower())
    assert words.boundary.redirect.request[0].startswith(refusal)  # the same words, whoever says it


def test_redirections_differ_from_one_to_the_next(words: Words) -> None:
    assert len({words.redirection(count) for count in range(3)}) == 3
    assert len({words.redirection(count, request=True) for count in range(2)}) == 2
    assert words.redirection(3) == words.redirection(0)


def told(words: Words, kind: str = "insult", member: str | None = None) -> str:
    return words.ending(kind, redirected=[4, 6, 7], warned=[8], turn=9, member=member)


def test_an_ending_can_be_retold(words: Words) -> None:
    text = told(words)
    assert words.conduct("insult") in text
    assert re.search(r"\b4, 6 (and|und|y|et|e) 7\b.*\b8\b.*\b9\b", text)
    assert words.boundary.end.way_back in text
    assert text.endswith(words.boundary.end.feedback)


def test_an_ending_without_redirections_does_not_tell_of_any(words: Words) -> None:
    text = words.ending("mass_violence", redirected=[], warned=[2], turn=3)
    assert re.findall(r"\d+", text) == ["2", "3"]


def test_messages_are_named_rightly_whether_one_or_several(words: Words, language: str) -> None:
    one, several = {
        "en": ("message", "messages"), "de": ("Nachricht", "Nachrichten"), "es": ("mensaje", "mensajes"),
        "fr": ("message n°", "messages n°"), "pt": ("mensagem", "mensagens"),
    }[language]  # fmt: skip
    assert all(f"({one} {number})" in told(words) for number in (8, 9))
    assert f"({several} 4, 6 " in told(words)
    assert f"({one} 1 " in words.ending("insult", redirected=[1], warned=[2], turn=3)
    card = words.moderators.card
    for each in ([4], [4, 6]):
        turns = words.boundary.end.turns(each)
        ending = card.ending(conversation="-", member="-", conduct="-", turns=turns, ending="-")
        assert f"({turns})" in ending
        assert ending.count(one) == turns.count(one)


def test_no_thread_that_need_not_be_locked_is_said_to_be(words: Words, language: str) -> None:
    lock = {"en": "lock", "de": "sperr", "es": "bloque", "fr": "verrouill", "pt": "tranc"}[language]
    whether = {"en": "If ", "de": "Ist ", "es": "Si ", "fr": "Si ", "pt": "Se "}[language]  # Slack has no lock
    for text in words.moderators.refused.values():
        assert all(each.startswith(whether) for each in re.split(r"(?<=[.:]) ", text) if lock in each)


def test_an_ending_of_a_part_says_whom_it_concerns(words: Words, language: str) -> None:
    text = told(words, member="{Robin}")
    assert text.startswith("{Robin}, ")
    assert not re.search(CLOSING[language], text.lower())  # it goes on for the others


def test_an_ending_on_request_has_no_reason_and_no_appeal(words: Words) -> None:
    text = words.ending_on_request()
    assert words.boundary.end.anew in text
    assert "/appeal" not in text


def test_an_apology_for_the_model_neither_blames_nor_mentions_closing(words: Words, language: str) -> None:
    apology = words.talk.apology
    for text in (apology.declined, apology.cut_short):
        assert not re.search(CLOSING[language], text.lower())
    assert apology.declined.endswith("?")


def test_what_may_have_reached_no_moderator_is_not_said_to_have(words: Words) -> None:
    assert "moder" not in words.talk.apology.parked.lower()
    done = r"been asked|ist gebeten|he pedido|j'ai demandé|pedi à"
    assert not re.search(done, words.slack.answers.reported, re.IGNORECASE)


def test_care_never_depends_on_a_budget(words: Words) -> None:
    danger = {"en": "danger", "de": "Gefahr", "es": "peligro", "fr": "danger", "pt": "perigo"}
    assert any(word in words.talk.apology.budget for word in danger.values())


def test_moderators_read_what_was_noticed(words: Words) -> None:
    assert {level.name.lower() for level in Level if level.calls_for_care} == set(words.moderators.level)
    assert set(About) == set(words.moderators.about)
    card = words.moderators.card
    gaps = set(signature(type(card)).parameters)
    about_risk = {"held", "risk", "risk_urgent"}
    assert gaps == about_risk | {"ending", "part", "request", "appeal", "message", "quota", "parked", "refused"}

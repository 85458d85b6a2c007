"""A space retold: everything its admins may decide is said, and nothing that is not so."""

from pathlib import Path

import pytest

from bot.settings import load
from bot.settings.words import of_space

ROBIN = """\
name = "Robin"
language = "de"
country = "DE"
ladder = "gentle"
adjust = { warnings = 3 }
persona = "Secret words."
budget = { member_turns = 50 }
wording = ["extra.toml"]
moderators = "99"
moderator_roles = ["7", "8"]
channels = ["1", "2"]
forums = ["5"]
plain_replies = true
streaming = true

[[channel]]
id = "2"
ladder = "strict"
language = "fr"
"""


def words(config: Path, text: str) -> list[str]:
    (config / "extra.toml").write_text("", encoding="utf-8")
    (config / "spaces").mkdir()
    (config / "spaces" / "discord-1.toml").write_text(text, encoding="utf-8")
    return of_space(load(config, {}), "discord:1").splitlines()


def test_all_that_a_space_says_otherwise(config: Path) -> None:
    told = words(config, ROBIN)
    settings = load(config, {})
    here, strict = settings.locals["discord:1", ""].ladder.version, settings.ladders["strict"].version
    assert told == [
        f'It is called "Robin", speaks de, goes by {here}, and offers crisis services of DE.',
        (
            "It answers only in channels 1, 2, elsewhere it reads for risk. Every new post in channel 5 is for it. "
            "Where it can open no thread, it replies in the channel."
        ),
        "Moderators are called in channel 99; who has the role 7 or 8 may review.",
        "It has a persona of its own.",
        "It shows its answers while it writes them.",
        "It has phrases of its own: extra.toml.",
        "It has a budget of its own: member_turns 50.",
        f"In channel 2 it speaks fr, by {strict}.",
    ]


def test_a_space_that_says_nothing(config: Path) -> None:
    told = words(config, "")
    default = load(config, {}).ladders["default"].version
    assert told == [
        f'It is called "Fairwell", speaks en, goes by {default}, and asks for the country of whoever needs help.',
        "It answers wherever it is asked.",
        "Moderators have no channel to be called in; no role is named that may review.",
    ]


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ('channels = ["1"]', "It answers only in channel 1, elsewhere it reads for risk."),
        ('forums = ["5", "6"]', "Every new post in channels 5, 6 is for it."),
        ('moderator_roles = ["7"]', "who has the role 7 may review."),
    ],
)
def test_one_thing_alone(config: Path, said: str, sentence: str) -> None:
    assert sentence in " ".join(words(config, said))

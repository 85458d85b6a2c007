"""What is loaded: everything config/ says, and which of it holds where."""

import dataclasses
import shutil
from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.domain.conversation import Place
from bot.settings import Local, load
from tests.settings.conftest import SHIPPED, Edit

SPACES = """
[[space]]
id = "discord:1"
name = "Robin"
language = "de"
country = "DE"
ladder = "gentle"
adjust = { warnings = 3, forgive_turns = 2 }
persona = "Gardens."
wording = ["extra.toml"]
moderators = "99"
moderator_roles = ["7", "8"]
channels = ["homework", "any"]
forums = ["6"]
plain_replies = true
streaming = false

[[space.channel]]
id = "quiet"
adjust = { warnings = 4 }

[[space.channel]]
id = "homework"
ladder = "strict"
adjust = { endings_a_day = 5 }
persona = ""
language = "fr"

[[space]]
id = "slack:1"
"""


@pytest.fixture
def local(config: Path, edit: Edit) -> "At":
    (config / "extra.toml").write_text("", encoding="utf-8")
    edit("fairwell.toml", "", SPACES)
    return At(config)


class At:
    """Looks a place up by platform, space and channel."""

    def __init__(self, config: Path) -> None:
        self.config = config
        self.settings = load(config, {})

    def __call__(self, platform: str, space: str, channel: str = "any") -> Local:
        return self.settings.at(Place(platform, space, channel))


def test_what_ships_is_valid() -> None:
    settings = load(SHIPPED, {})
    assert settings.bot.name == "Fairwell"
    assert set(settings.ladders) == {"default", "gentle", "strict"}
    assert settings.concerns.gravest == {"sexual_minors", "mass_violence"}
    assert settings.concerns.requests == {"harmful_request", "sexual_minors", "mass_violence"}
    assert len(settings.concerns.not_abuse) >= 10


def test_a_place_that_nobody_mentions_has_what_holds_everywhere(local: At) -> None:
    there = local("discord", "2")
    assert there is local.settings.everywhere
    assert (there.name, there.language, there.country, there.moderators) == ("Fairwell", "en", "", None)
    assert (there.channels, there.forums, there.plain_replies) == ((), (), False)
    assert there.ladder == local.settings.ladders["default"]


def test_the_same_id_on_another_platform_is_another_space(local: At) -> None:
    assert local("slack", "1").name == "Fairwell"
    assert local("discord", "1").name == "Robin"


def test_a_spaces_word_beats_the_bots(local: At) -> None:
    there = local("discord", "1")
    assert (there.name, there.language, there.country, there.persona) == ("Robin", "de", "DE", "Gardens.")
    assert there.wording == (local.config / "extra.toml",)
    assert there.moderators == Place("discord", "1", "99", private=True)
    assert there.moderator_roles == ("7", "8")
    assert (there.channels, there.forums, there.plain_replies) == (("homework", "any"), ("6",), True)
    assert (there.ladder.name, there.ladder.redirections, there.ladder.warnings) == ("gentle", 4, 3)


@pytest.mark.parametrize(
    ("said", "own", "streaming"),
    [
        ('["discord"]', "", {"discord": True, "slack": False, "terminal": False}),
        ('["discord"]', "streaming = true", {"discord": True, "slack": True, "terminal": False}),
        ('["slack", "discord"]', "streaming = false", {"discord": True, "slack": False, "terminal": False}),
        ("[]", "", {"discord": False, "slack": False, "terminal": False}),
    ],
)
def test_whether_answers_are_shown_while_they_are_written_is_a_spaces_own(
    config: Path, said: str, own: str, streaming: dict[str, bool]
) -> None:
    fairwell = config / "fairwell.toml"
    shipped = fairwell.read_text(encoding="utf-8")
    fairwell.write_text(shipped.replace('streaming = ["discord"] #', f"streaming = {said} #"), encoding="utf-8")
    (config / "spaces").mkdir()
    (config / "spaces" / "slack-T1.toml").write_text(own, encoding="utf-8")
    settings = load(config, {})
    assert {name: settings.streaming(Place(name, "T1", "any")) for name in streaming} == streaming


def test_a_channel_adds_its_adjustments_to_the_spaces(local: At) -> None:
    ladder = local("discord", "1", "quiet").ladder
    assert (ladder.redirections, ladder.warnings, ladder.forgive_turns) == (4, 4, 2)
    assert local("discord", "1", "quiet").name == "Robin"


def test_a_channel_with_a_ladder_of_its_own_drops_the_spaces_adjustments(local: At) -> None:
    ladder = local("discord", "1", "homework").ladder
    assert (ladder.name, ladder.warnings, ladder.forgive_turns, ladder.endings_a_day) == ("strict", 1, 10, 5)
    assert local("discord", "1", "homework").forums == ("6",)


def test_a_channels_word_beats_the_spaces_and_an_empty_one_takes_it_back(local: At) -> None:
    there = local("discord", "1", "homework")
    assert (there.language, there.persona, there.country) == ("fr", "", "DE")


def test_a_space_that_says_nothing_has_what_holds_everywhere(local: At) -> None:
    assert local("slack", "1") == local.settings.everywhere


def test_a_place_is_looked_up_not_made(local: At) -> None:
    assert local("discord", "1") is local("discord", "1")


def test_all_ladders_in_force_are_named_once_each(local: At) -> None:
    versions = [ladder.version for ladder in local.settings.in_force]
    assert len(versions) == len(set(versions))
    assert {local("discord", "1").ladder.version, *(each.version for each in local.settings.ladders.values())} < {
        *versions
    }


def test_settings_cannot_be_changed(local: At) -> None:
    settings = local.settings
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.has_key = True  # type: ignore[misc]
    with pytest.raises(ValidationError, match="frozen"):
        settings.llm.main = "another"  # type: ignore[misc]
    with pytest.raises(TypeError):
        settings.ladders["default"] = settings.ladders["strict"]  # type: ignore[index]
    with pytest.raises(TypeError):
        settings.concerns.kinds["x"] = settings.concerns.kinds["insult"]  # type: ignore[index]


def test_of_the_environment_only_presence_is_kept() -> None:
    settings = load(SHIPPED, {"ANTHROPIC_API_KEY": "sk-very-secret", "ANTHROPIC_BASE_URL": "http://user:pass@host"})
    assert (settings.has_key, settings.has_base_url, settings.online) == (True, True, True)
    assert "sk-very-secret" not in repr(settings)
    assert "pass@host" not in repr(settings)


@pytest.mark.parametrize("variable", ["ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL"])
def test_a_key_or_an_address_is_enough_to_be_online(variable: str) -> None:
    assert load(SHIPPED, {variable: "something"}).online


@pytest.mark.parametrize("env", [{}, {"ANTHROPIC_API_KEY": ""}, {"ANTHROPIC_API_KEY": "", "ANTHROPIC_BASE_URL": ""}])
def test_an_empty_variable_is_no_key(env: dict[str, str]) -> None:
    assert not load(SHIPPED, env).online


def test_a_byte_order_mark_and_windows_line_ends_are_no_fault(config: Path) -> None:
    for name in ("fairwell.toml", "ladder.toml"):
        text = (config / name).read_text(encoding="utf-8")
        (config / name).write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert load(config, {}).bot == load(SHIPPED, {}).bot


def test_the_examples_in_the_shipped_file_work_when_their_hashes_are_taken_off(config: Path) -> None:
    text = (config / "fairwell.toml").read_text(encoding="utf-8")
    begin = text.index("# [[space]]")
    (config / "extra").mkdir()
    shutil.copy(config / "concerns.toml", config / "extra" / "garden.toml")
    (config / "fairwell.toml").write_text(
        text[:begin] + "\n".join(line.removeprefix("#") for line in text[begin:].splitlines()), encoding="utf-8"
    )
    there = load(config, {}).at(Place("discord", "123456789012345678", "456789012345678901"))
    assert (there.name, there.language, there.ladder.name, there.ladder.endings_a_day) == ("Robin", "en", "strict", 5)

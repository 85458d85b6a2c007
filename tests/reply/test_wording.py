"""Loading config/replies: every fault at once, English as the fallback, a version that names the texts."""

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import ConfigError
from bot.reply.wording import Wording, load

REPLIES = Path(__file__).parents[2] / "config" / "replies"


@pytest.fixture(scope="module")
def wording() -> Wording:
    return load(REPLIES)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A directory of replies to break."""
    return Path(shutil.copytree(REPLIES, tmp_path / "replies"))


def change(directory: Path, file: str, old: str, new: str) -> None:
    path = directory / file
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def faults(directory: Path) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as raised:
        load(directory)
    return tuple(fault.removeprefix(f"{directory}/") for fault in raised.value.faults)


def test_the_languages_that_ship(wording: Wording) -> None:
    assert wording.languages == ("de", "en", "es", "fr", "pt")


@pytest.mark.parametrize(("asked", "given"), [("pt-BR", "pt"), ("de_AT", "de"), ("DE", "de"), ("ja", "en"), ("", "en")])
def test_a_region_is_ignored_and_an_unknown_language_gets_english(wording: Wording, asked: str, given: str) -> None:
    assert wording.words(asked, "discord") is wording.words(given, "discord")
    assert wording.words(asked, "discord").language == given


def test_a_platform_has_its_own_phrases_and_an_unknown_one_gets_the_terminals(wording: Wording) -> None:
    said = {name: wording.words("en", name).boundary.nudge.ended for name in ("terminal", "discord", "slack")}
    assert len(set(said.values())) == 3
    assert "/new" in said["terminal"]
    assert "mention me" in said["discord"]
    assert wording.words("en", "irc") is wording.words("en", "terminal")


@given(name=st.text(st.sampled_from("{}{0}!r:.[]_member conduct")))
def test_what_goes_into_a_gap_is_said_as_it_is(wording: Wording, name: str) -> None:
    part = wording.words("en", "terminal").boundary.end.part
    assert part(member=name, conduct="slurs") == part(member="\0", conduct="slurs").replace("\0", name)


def test_every_fault_is_told_at_once_with_its_file_its_key_and_what_is_allowed(copy: Path) -> None:
    change(copy, "de/boundary.toml", "wegen {conduct}. Alle", "wegen {grund}. Alle")  # a gap renamed
    change(copy, "fr/boundary.toml", "cette conversation à cause {conduct}.", "cette conversation.")  # a gap left out
    change(copy, "en/talk.toml", "up to {limit} characters", "up to {limit:d} characters")  # a gap with a format
    change(copy, "en/talk.toml", 'empty = "I', 'empty = "{ I')  # a brace alone
    change(copy, "es/boundary.toml", "spared =", "sparred =")  # a key misspelt: one missing, one unknown
    change(copy, "fr/talk.toml", '  "Je suis toujours le remplaçant', '#  "Je suis')  # a variant fewer
    change(copy, "pt/boundary.toml", 'threat = "ameaças"', 'treat = "ameaças"')  # a name misspelt
    change(copy, "pt/boundary.toml", "kept = ", "kept = 3 # ")  # not a text
    change(copy, "pt/platforms.toml", "[slack]", "[slick]")
    change(copy, "es/boundary.toml", 'refusal = "Con', 'refusal = "{conduct}: con')  # a gap where none may stand
    change(copy, "es/boundary.toml", "offers = [", "offer = [")
    assert set(faults(copy)) == {
        "de/boundary.toml: end.part has {member}, {grund}; exactly these gaps must stand in it: {conduct}, {member}",
        "en/talk.toml: apology.too_long has {limit:d}; exactly these gaps must stand in it: {limit}",
        "en/talk.toml: apology.empty has a brace too few or too many; a brace to be seen is written twice",
        'es/boundary.toml: redirect.sparred is not known; did you mean "spared"?',
        "es/boundary.toml: redirect.spared is missing; no gap may stand in it",
        "es/boundary.toml: written.refusal has {conduct}; no gap may stand in it",
        'es/boundary.toml: written.offer is not known; did you mean "offers"?',
        "es/boundary.toml: written.offers is missing",
        "fr/boundary.toml: end.because has no gaps; exactly these gaps must stand in it: {conduct}",
        "fr/talk.toml: offline.default has 2 variants; English has 3, and so must every language",
        'pt/boundary.toml: conduct.treat is not known; did you mean "threat"?',
        "pt/boundary.toml: conduct.threat is missing; no gap may stand in it",
        "pt/boundary.toml: ask.kept must be a text; no gap may stand in it",
        'pt/platforms.toml: [slick] is not known; did you mean "slack"?',
        "pt/platforms.toml: [slack] is missing",
    }


def test_files_and_directories_that_cannot_be_used(copy: Path) -> None:
    (copy / "de" / "talk.toml").unlink()
    (copy / "es" / "talk.toml").write_text("[apology\n", "utf-8")
    (copy / "fr" / "boundary.toml").write_bytes(b"\xff\xfe")
    (copy / "fr" / "boundry.toml").write_text("", "utf-8")
    (copy / "pt").rename(copy / "pt-BR")
    told = faults(copy)
    starts = (
        "de/talk.toml: is missing",
        "es/talk.toml: cannot be read as TOML in UTF-8",
        "fr/boundary.toml: cannot be read as TOML in UTF-8",
        'fr/boundry.toml: is not known; did you mean "boundary.toml"?',
        "pt-BR: name it by the language's ISO 639 code",
    )
    assert [sum(fault.startswith(start) for fault in told) for start in starts] == [1] * len(starts)
    assert len(told) == len(starts)


def test_without_english_nothing_loads(copy: Path) -> None:
    shutil.rmtree(copy / "en")
    assert [fault.partition(":")[0] for fault in faults(copy)] == ["en"]


def test_the_first_platform_must_be_there(copy: Path) -> None:
    for language in ("de", "en", "es", "fr", "pt"):
        change(copy, f"{language}/platforms.toml", "[terminal]", "[console]")
    missing = [fault for fault in faults(copy) if "[terminal] is missing" in fault]
    assert len(missing) == 5


def test_an_empty_text_and_an_empty_list_are_faults(copy: Path) -> None:
    change(copy, "en/boundary.toml", 'kept = "All right, we\'ll go on. What would you like to do next?"', 'kept = " "')
    change(copy, "en/talk.toml", 'thanks = ["thanks", "thank you", "thx", "cheers"]', "thanks = []")
    change(copy, "de/talk.toml", '"merci"', '""')
    assert len(faults(copy)) == 3


def test_a_table_with_fixed_keys_takes_no_others(copy: Path) -> None:
    change(copy, "en/moderators.toml", "[level]", '[level]\nmild = "signs of sadness"')
    assert faults(copy) == (
        "en/moderators.toml: level.mild is not known; allowed are active, imminent, passive, violence",
    )


def test_a_text_that_a_platform_would_not_take_is_a_fault(copy: Path) -> None:
    change(copy, "de/discord.toml", 'name = "frag"', 'name = "Frag mich"')
    change(copy, "es/discord.toml", 'review = "Revisar este cierre"', f'review = "{"revisar " * 5}"')
    change(copy, "fr/discord.toml", 'name = "oublie-moi"', 'name = "oublie moi"')
    assert faults(copy) == (
        "de/discord.toml: commands.ask.name must be one word in small letters",
        "es/discord.toml: commands.review has 39 characters; there can be 32 at most",
        "fr/discord.toml: commands.forgetme.name must be one word in small letters",
    )


def test_a_phrase_of_a_platform_may_hold_braces(copy: Path) -> None:
    change(copy, "en/platforms.toml", 'new = "/new"', 'new = "/new {{name}}"')
    assert load(copy).words("en", "terminal").boundary.end.anew.endswith("/new {name}")


def test_a_kind_of_conduct_of_the_operators_own_is_named_once_every_language_names_it(copy: Path) -> None:
    change(copy, "en/boundary.toml", "[conduct]", '[conduct]\nspam = "spam"')
    assert faults(copy)
    for language in ("de", "es", "fr", "pt"):
        change(copy, f"{language}/boundary.toml", "[conduct]", '[conduct]\nspam = "Spam"')
    assert "Spam" in load(copy).words("de", "slack").warning("spam")


def test_the_version_names_the_texts_in_force(copy: Path) -> None:
    before = load(copy).version
    assert before == load(REPLIES).version
    change(copy, "pt/talk.toml", "De nada.", "Por nada.")
    assert load(copy).version != before
    change(copy, "pt/talk.toml", "Por nada.", "De nada.")
    assert load(copy).version == before
    (copy / "en" / "care.toml").write_text("[card]\n", "utf-8")
    assert load(copy).version != before

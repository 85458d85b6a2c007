"""Phrase files: what may be written in them, and how faults are told."""

from pathlib import Path

import pytest

from bot.assess.by_wording import WordingReader, load
from bot.assess.by_wording.automaton import Construction
from bot.assess.by_wording.matcher import Matcher
from bot.assess.by_wording.pattern import PatternFault, parse
from bot.assess.by_wording.vocabulary import Shorthand
from bot.domain.assessment import Level
from bot.errors import ConfigError

WORDING = Path(__file__).parents[2] / "config" / "wording"
OWN = """
language = "en"
[[group]]
id = "local-word"
level = "active"
about = "self"
sure = true
why = "What this community says for it."
phrases = ["(take|taking) the long ferry"]
"""


def finds(phrase: str, text: str) -> bool:
    construction = Construction(Shorthand().of_phrase)
    construction.add(0, parse(phrase, {}))
    matcher = Matcher(construction.done())
    return bool(matcher.find([matcher.symbol(word) for word in text.split()]))


@pytest.mark.parametrize(
    ("phrase", "found", "missed"),
    [
        ("i want to (die|be dead)", ["i want to die", "so i want to be dead now"], ["i want to be", "want to die"]),
        ("[a] b [c d] e", ["a b e", "b c d e", "b e"], ["b c e", "a e"]),
        ("a ~2 b", ["a b", "a x b", "a x y b"], ["a x y z b", "b a"]),
        ("suicid*", ["suicide", "suicidally"], ["suici", "parasuicide"]),
        ("kill(ed|ing) it", ["killed it", "killing it"], ["kill it", "killed"]),
        ("(a|(b|c d) e) f", ["a f", "b e f", "c d e f"], ["b f", "c e f"]),
        ("[un]sure", ["sure", "unsure"], ["un", "surely"]),
        ("self-harm", ["self harm"], ["self", "selfharm"]),
    ],
)
def test_the_language_of_phrases(phrase: str, found: list[str], missed: list[str]) -> None:
    assert all(finds(phrase, text) for text in found)
    assert not any(finds(phrase, text) for text in missed)


@pytest.mark.parametrize(
    "phrase", ["(a|b", "a)", "[a", "a ~0 b", "a ~99 b", "~2 a", "a ~2", "[a]", "<x> a", "a*b", "*", ""]
)
def test_a_phrase_that_cannot_be_meant_is_a_fault(phrase: str) -> None:
    with pytest.raises(PatternFault):
        finds(phrase, "a")


def test_hits_span_the_whole_phrase() -> None:
    construction = Construction(Shorthand().of_phrase)
    construction.add(7, parse("[i] want ~2 die", {}))
    matcher = Matcher(construction.done())
    hits = matcher.find([matcher.symbol(word) for word in ["so", "i", "want", "to", "die", "now"]])
    assert [(hit.phrase, hit.start, hit.end) for hit in hits] == [(7, 1, 5), (7, 2, 5)]


def test_a_space_adds_its_own_phrases(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(OWN, "utf-8")
    risk = WordingReader(load(WORDING, [own])).read("I think I'm taking the long ferry").risk
    assert (risk.level, risk.sure) == (Level.ACTIVE, True)
    assert WordingReader(load(WORDING)).read("I think I'm taking the long ferry").risk.level == Level.NONE


def test_every_fault_is_told_with_its_place(tmp_path: Path) -> None:
    bad_level = tmp_path / "bad-level.toml"
    bad_level.write_text(OWN.replace('"active"', '"terrible"').replace("why", "wy"), "utf-8")
    bad_phrase = tmp_path / "bad-phrase.toml"
    bad_phrase.write_text(OWN.replace("ferry", "ferry (now"), "utf-8")
    no_toml = tmp_path / "no.toml"
    no_toml.write_text("language = ", "utf-8")
    with pytest.raises(ConfigError) as error:
        load(WORDING, [bad_level, bad_phrase, no_toml, tmp_path / "missing"])
    faults = "\n".join(error.value.faults)
    assert "bad-level.toml: group number 1 level" in faults
    assert "'passive', 'active'" in faults
    assert "bad-level.toml: group number 1 wy" in faults
    assert "bad-phrase.toml: local-word" in faults
    assert "no.toml: cannot be read as TOML" in faults
    assert "missing" in faults

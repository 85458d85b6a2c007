"""`fairwell rehearse`, as it is used: its table, its result for machines, its exit codes."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import ABUSE, Fairwell
from tests.replay.cases import turns

COUSIN = "my cousin Quirin lives in Ulm"


def written(path: Path, expect: str, *said: str, profile: str = "any") -> str:
    """A rehearsal at that path. Out: the path, as it is typed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'title = "a case"\nprofile = "{profile}"\n[expect]\n{expect}\n{turns(*said)}', "utf-8")
    return str(path)


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    """Three rehearsals: one holds, one does not, one needs a model."""
    directory = tmp_path / "mine"
    written(directory / "holds.toml", "must_end = true\nmust_warn_first = true", *ABUSE.splitlines())
    written(directory / "breaks.toml", "must_not_climb = true", COUSIN, "you stupid bot")
    written(directory / "needs.toml", "no_care = true", "hello", profile="claude")
    return directory


def test_a_table_says_what_held_and_what_did_not(fairwell: Fairwell, scripts: Path) -> None:
    played = fairwell("rehearse", str(scripts))
    assert played.code == 1
    rows = [row.split(maxsplit=2) for row in map(str.strip, played.out.splitlines()) if row.startswith("mine/")]
    assert rows[1:] == [["mine/holds", "1/1"], ["mine/needs", "-", "needs a model"]]
    assert rows[0][:2] == ["mine/breaks", "0/1"]
    assert "turn 2, must_not_climb, 1 of 1:" in " ".join(played.out.split())
    assert played.out.startswith("No language model is connected")
    assert "3 in all: 1 passed, 1 failed, 1 not played, since they need a model." in played.out
    assert "mine/breaks: failed" in played.err
    assert COUSIN not in played.out + played.err


def test_it_is_well_if_all_that_was_played_held(fairwell: Fairwell, scripts: Path) -> None:
    held = fairwell("rehearse", "--only", "holds", "--only", "mine/needs", "--runs", "2", str(scripts))
    assert held.code == 0
    assert "2/2" in held.out
    assert "mine/breaks" not in held.out


def test_the_result_for_machines(fairwell: Fairwell, scripts: Path, tmp_path: Path) -> None:
    played = fairwell("rehearse", "--json", "--out", str(tmp_path / "result.json"), str(scripts))
    assert played.code == 1
    result = json.loads(played.out)
    assert json.loads((tmp_path / "result.json").read_text("utf-8")) == result
    assert result.keys() == {"fairwell", "date", "models", "prompts", "tokens", "passed", "rehearsals"}
    assert result["models"] == {"main": "offline stand-in", "reader": None}
    assert "prompts" in result["prompts"]
    assert result["passed"] is False
    breaks, holds, needs = result["rehearsals"]
    assert [each["result"] for each in result["rehearsals"]] == ["failed", "passed", "needs a model"]
    assert (needs["runs"], holds["passed"], breaks["failed"], breaks["not_judged"]) == ([], 1, 1, 0)
    assert holds["ladder"].startswith("default")
    [run] = holds["runs"]
    assert [turn["step"] for turn in run["turns"]] == ["redirect", "redirect", "warn", "end"]
    assert run["turns"][3] | {"readings": []} == {
        "turn": 4,
        "happens": "says",
        "member": "ana",
        "thread": "first",
        "step": "end",
        "reason": "concern",
        "scope": "conversation",
        "concern": "insult",
        "confirmation": "no model",
        "readings": [],
        "tools": [],
        "actions": ["say", "ask_feedback", "close_thread", "call_moderators"],
        "moderators": ["ending"],
        "marks": ["redirect", "redirect", "warn"],
    }
    [broken] = breaks["runs"][0]["broken"]
    assert broken == {"expectation": "must_not_climb", "turn": 2, "what": "redirect (concern: insult)"}


def test_texts_are_in_the_result_only_if_they_are_asked_for(fairwell: Fairwell, scripts: Path) -> None:
    breaks = str(scripts / "breaks.toml")
    without, full = fairwell("rehearse", "--json", breaks).out, fairwell("rehearse", "--json", "--texts", breaks).out
    assert not [words for words in (COUSIN, "stupid", "stand-in,", "in this tone") if words in without]
    first, second = json.loads(full)["rehearsals"][0]["runs"][0]["turns"]
    assert first["heard"] == COUSIN
    assert "in this tone" in second["said"][0]


def test_what_is_said_where_an_expectation_fails_stays_out_without_texts(fairwell: Fairwell, tmp_path: Path) -> None:
    path = written(tmp_path / "mine" / "odd.toml", "never_mentions_ending = true", *ABUSE.splitlines())
    broken = [
        json.loads(fairwell("rehearse", "--json", *more, path).out)["rehearsals"][0]["runs"][0]["broken"][0]
        for more in ((), ("--texts",))
    ]
    assert "said" not in broken[0]
    assert "I may close this conversation" in broken[1]["said"]


def test_two_results_differ_in_their_date_alone(fairwell: Fairwell, scripts: Path) -> None:
    one, two = (json.loads(fairwell("rehearse", "--json", "--texts", str(scripts)).out) for _ in range(2))
    assert one.pop("date") <= two.pop("date")
    assert one == two


def test_without_a_file_those_of_the_configuration_are_played(fairwell: Fairwell) -> None:
    shipped = fairwell("rehearse", "--only", "must_end/threats", "--only", "needs", "--only", "veiled")
    assert (shipped.code, shipped.out) == (2, "")
    assert "No rehearsal is called 'needs'" in shipped.err
    shipped = fairwell("rehearse", "--only", "must_end/threats", "--only", "veiled")
    assert shipped.code == 0
    assert "2 in all: 1 passed, 1 not played" in shipped.out


@pytest.mark.parametrize("arguments", [["--runs", "0"], ["--parallel", "0"], ["--nosuch"]])
def test_wrong_usage(fairwell: Fairwell, scripts: Path, arguments: list[str]) -> None:
    refused = fairwell("rehearse", *arguments, str(scripts))
    assert (refused.code, refused.out) == (2, "")


def test_a_bad_file_is_named_with_its_turn_and_nothing_is_played(fairwell: Fairwell, scripts: Path) -> None:
    written(scripts / "bad.toml", "no_care = true", "hello", "says = 'hello'\nreads = ['insult:mild']")
    refused = fairwell("rehearse", str(scripts))
    assert (refused.code, refused.out) == (2, "")
    assert "bad.toml: [[turn]] 2 reads: is for tests alone" in refused.err
    absent = fairwell("rehearse", str(scripts / "absent.toml"))
    assert (absent.code, absent.out) == (2, "")
    assert "absent.toml" in absent.err


def test_a_result_that_cannot_be_written_costs_nothing(fairwell: Fairwell, scripts: Path, tmp_path: Path) -> None:
    for out in (tmp_path, tmp_path / "nowhere" / "result.json"):
        refused = fairwell("rehearse", "--out", str(out), str(scripts))
        assert (refused.code, refused.out) == (1, "")
        assert str(out) in refused.err
        assert "rehearsing" not in refused.err


def test_no_database_is_made(fairwell: Fairwell, scripts: Path, tmp_path: Path) -> None:
    fairwell("rehearse", str(scripts / "holds.toml"))
    assert not (tmp_path / "state").exists()

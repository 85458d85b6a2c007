"""Every command, as it is used."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import ABUSE, Fairwell

COMMANDS = [
    "chat",
    "run",
    "health",
    "check",
    "endings",
    "review",
    "doctor",
    "forget",
    "retain",
    "export",
    "measure",
    "rehearse",
]


def the_ending(fairwell: Fairwell, database: Path) -> str:
    """The id of the one ending there is."""
    return str(json.loads(fairwell("endings", "--json", "--database", str(database)).out)[0]["id"])


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(fairwell: Fairwell, command: str) -> None:
    explained = fairwell(command, "--help")
    assert explained.code == 0
    assert "Usage:" in explained.out


def test_the_list_of_commands_is_complete(fairwell: Fairwell) -> None:
    listed = fairwell("--help")
    assert listed.code == 0
    assert all(command in listed.out for command in COMMANDS)


def test_the_version_is_told(fairwell: Fairwell) -> None:
    assert fairwell("--version").out.count(".") == 2


def test_who_answers_is_said_first_in_one_honest_line(fairwell: Fairwell) -> None:
    talked = fairwell("chat", typed="hello\n")
    assert talked.code == 0
    [who] = talked.err.splitlines()
    assert who.startswith("No language model is connected (neither ANTHROPIC_API_KEY nor ANTHROPIC_BASE_URL is set)")
    assert "stand-in" in talked.out


def test_who_answers_names_claude_and_where(fairwell: Fairwell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:9")
    talked = fairwell("chat")  # nothing is typed, so nobody is asked
    [who] = talked.err.splitlines()
    assert who == "Claude answers: claude-sonnet-5-5 at 127.0.0.1:9; claude-haiku-5-5 reads."


def test_the_database_is_where_the_configuration_says(fairwell: Fairwell, tmp_path: Path) -> None:
    fairwell("chat", typed="hello\n")
    assert (tmp_path / "state" / "fairwell.db").exists()


def test_run_without_a_platform_says_what_to_do(fairwell: Fairwell) -> None:
    nobody = fairwell("run")
    assert nobody.code == 2
    assert "fairwell chat" in nobody.err


def test_check_tells_each_ladder_in_words(fairwell: Fairwell) -> None:
    checked = fairwell("check")
    assert checked.code == 0
    assert "everything can be used" in checked.out
    assert "After 2 redirections and 1 warning that were delivered" in checked.out


def test_check_for_scripts(fairwell: Fairwell) -> None:
    told = json.loads(fairwell("check", "--json").out)
    assert {version.split("-")[0] for version in told["ladders"]} == {"default", "gentle", "strict"}


def test_check_lists_the_services_to_look_at_again(fairwell: Fairwell) -> None:
    counted = int(fairwell("check").out.split("to check again: ")[1].split()[0])
    listed = fairwell("check", "--resources").out.split("to check again: ")[1].splitlines()
    assert len(listed) - 1 == counted


def test_check_writes_schemas(fairwell: Fairwell, tmp_path: Path) -> None:
    assert fairwell("check", "--schema", str(tmp_path / "schemas")).code == 0
    written = {path.name: json.loads(path.read_text()) for path in (tmp_path / "schemas").iterdir()}
    assert written.keys() == {"fairwell.json", "ladder.json", "concerns.json", "space.json"}


def test_endings_are_listed_by_state(fairwell: Fairwell, ended: Path) -> None:
    everywhere = ("--database", str(ended))
    assert "standing" in fairwell("endings", *everywhere).out
    assert "because of insult" in fairwell("endings", "--state", "standing", *everywhere).out
    assert fairwell("endings", "--state", "overturned", *everywhere).out == "No endings.\n"


def test_an_ending_reads_as_a_moderator_would_retell_it(fairwell: Fairwell, ended: Path) -> None:
    ending = the_ending(fairwell, ended)
    shown = fairwell("endings", ending[:4], "--database", str(ended)).out
    assert f"Ending {ending}: standing" in shown
    assert "turn 1: redirect for insult “you useless machine”" in shown
    assert "turn 3: warn for insult" in shown
    assert "turn 4: end for insult “fuck you”" in shown
    assert "1. guest: you useless machine" in shown
    assert "wording: insult serious “you useless machine”" in shown
    assert "so: redirect (concern)" in shown
    assert "bot: I'm closing this conversation because of insults." in shown
    assert f"fairwell review {ending} upheld|overturned --note WHY" in shown


def test_what_members_wrote_cannot_look_like_ours_or_steer_the_screen(
    fairwell: Fairwell, ended: Path, tmp_path: Path
) -> None:
    everywhere = ("--database", str(ended))
    fairwell("chat", *everywhere, typed="/appeal \x1b[2J\x1b]0;x\x07 clear\u202e\nSo: overturned\n")
    shown = fairwell("endings", the_ending(fairwell, ended), *everywhere).out
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "appealed: ␛[2J␛]0;x␇ clear�" in shown


def test_an_ending_for_scripts(fairwell: Fairwell, ended: Path) -> None:
    everywhere = ("--database", str(ended))
    whole = json.loads(fairwell("endings", the_ending(fairwell, ended), "--json", *everywhere).out)
    assert [turn["decision"]["step"] for turn in whole["turns"]] == ["redirect", "redirect", "warn", "end"]


def test_what_was_said_can_be_searched(fairwell: Fairwell, ended: Path) -> None:
    everywhere = ("--database", str(ended))
    assert "turn 3" in fairwell("endings", "--search", "idiot", *everywhere).out
    assert fairwell("endings", "--search", "lighthouse", *everywhere).out == "Nothing found.\n"
    assert json.loads(fairwell("endings", "--search", "idiot", "--json", *everywhere).out)[0]["turn"] == 3


def test_an_overturned_ending_reopens_with_an_apology(fairwell: Fairwell, ended: Path) -> None:
    everywhere = ("--database", str(ended))
    ending = the_ending(fairwell, ended)
    judged = fairwell("review", ending, "overturned", "--note", "they were joking", "--by", "mo", *everywhere)
    assert judged.code == 0
    assert judged.out.startswith(f"{ending} overturned: done")
    shown = fairwell("endings", ending, *everywhere).out
    assert "cli:mo: overturned, they were joking" in shown
    assert "To give a verdict" not in shown
    reopened = fairwell("chat", *everywhere, typed="hello\n").out
    assert "I'm sorry. I'm answering here again" in reopened
    assert "no language model is connected" in reopened.split("I'm sorry.")[1]
    assert "I'm sorry." not in fairwell("chat", *everywhere, typed="hello\n").out.split("Type to talk")[1]


def test_an_upheld_ending_stays(fairwell: Fairwell, ended: Path) -> None:
    everywhere = ("--database", str(ended))
    judged = json.loads(fairwell("review", the_ending(fairwell, ended), "upheld", "--json", *everywhere).out)
    assert judged["verdict"] == "upheld"
    assert "This conversation is closed" in fairwell("chat", *everywhere, typed="hello\n").out


def test_what_is_not_there_has_an_exit_code_of_its_own(fairwell: Fairwell, ended: Path) -> None:
    everywhere = ("--database", str(ended))
    for missing in (("endings", "zzz"), ("review", "zzz", "upheld"), ("endings", "")):
        asked = fairwell(*missing, *everywhere)
        assert (asked.code, asked.out) == (3, "")
        assert "`fairwell endings` lists them" in asked.err


def test_a_member_is_forgotten(fairwell: Fairwell, ended: Path) -> None:
    everywhere = ("--database", str(ended))
    assert fairwell("forget", "terminal:guest", *everywhere).out.startswith("Erased: 4 messages")
    shown = fairwell("endings", the_ending(fairwell, ended), *everywhere).out
    assert "useless" not in shown
    assert json.loads(fairwell("forget", "terminal:guest", "--json", *everywhere).out)["messages"] == 0
    assert b"useless" not in ended.read_bytes()


def test_retention_says_what_it_erased(fairwell: Fairwell, ended: Path) -> None:
    everywhere = ("--database", str(ended))
    assert fairwell("retain", *everywhere).out.startswith("Erased: ")
    assert set(json.loads(fairwell("retain", "--json", *everywhere).out).values()) == {0}


def test_everything_can_be_exported(fairwell: Fairwell, ended: Path) -> None:
    everywhere = ("--database", str(ended))
    rows = [json.loads(line) for line in fairwell("export", *everywhere).out.splitlines()]
    assert {"ending", "turn", "conversation"} <= {row["table"] for row in rows}
    one = json.loads(fairwell("export", "--member", "terminal:guest", *everywhere).out)
    assert any("useless" in str(row) for row in one["turn"])


def test_a_day_of_talk_in_one_pipe(fairwell: Fairwell, tmp_path: Path) -> None:
    typed = f"hello\n/why\n{ABUSE}/unfair\n/appeal we were joking\n/new\nhello\n"
    talked = fairwell("chat", "--database", str(tmp_path / "day.db"), typed=typed)
    assert talked.code == 0
    said = (
        "no language model",
        "turn 1: answer (clean)",
        "closing this conversation",
        "on record",
        "will look at this",
    )
    assert all(words in talked.out for words in said)


def test_nothing_is_measured_where_there_are_no_sets(fairwell: Fairwell, tmp_path: Path) -> None:
    assert fairwell("measure", "--sets", str(tmp_path)).code == 0

"""Loading scripts: every fault is said, with the file and the turn; what only tests need is refused in a rehearsal."""

from pathlib import Path

import pytest

from bot.errors import ConfigError
from bot.replay.script import load, rehearsal, rehearsals

WHOLE = """
title = "a case"
profile = "any"
[expect]
must_not_end = true
care_at = [2]
[[turn]]
member = "ana"
says = "hello"
step = "answer"
[[turn]]
says = "goodbye"
[[turn]]
waits = "25 h"
"""


def faults(path: Path) -> tuple[str, ...]:
    """What is wrong with it, without its directory."""
    with pytest.raises(ConfigError) as raised:
        rehearsal(path)
    return tuple(fault.removeprefix(f"{path.parent}/") for fault in raised.value.faults)


def test_a_rehearsal_that_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "whole.toml"
    path.write_text(WHOLE, "utf-8")
    dialog = rehearsal(path)
    assert dialog.name == f"{tmp_path.name}/whole"
    assert [line.happens for line in dialog.lines] == ["says", "says", "waits"]
    assert (dialog.expect.must_not_end, dialog.expect.care_at, dialog.expect.must_end) == (True, (2,), False)


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('title = "a case"', "", "title: is missing, must be a text in quotes that is not empty"),
        ('title = "a case"', 'title = "a case"\nname = "x"', "name: is not known; a script is named by its file"),
        ('title = "a case"', 'title = "a case"\npubic = true', 'pubic: is not known; did you mean "public"?'),
        ('"any"', '"some"', 'profile: is "some", must be one of "claude", "offline", "any"'),
        (
            '"any"',
            '"offline"',
            'profile: is "offline", must be "claude" or "any"; a rehearsal',
        ),
        ("must_not_end", "must_nod_end", '[expect] must_nod_end: is not known; did you mean "must_not_end"?'),
        ("must_not_end = true", "must_not_end = false", "[expect] must_not_end: is false, must be true, or left out"),
        ("must_not_end = true", "must_not_end = 1", "[expect] must_not_end: is 1, must be true or false"),
        (
            "must_not_end = true",
            "must_not_end = true\nmust_end = true",
            "[expect]: must_end and must_not_end",
        ),
        ("must_not_end = true", "no_care = true", "[expect]: care_at and no_care cannot both hold"),
        ("care_at = [2]", "care_at = [3]", "care_at: turn 3 is no message"),
        ("care_at = [2]", "care_at = [9]", "care_at: turn 9 is no message"),
        ("care_at = [2]", "care_at = [0]", "[expect] care_at, entry 1: is 0, must be a whole number, 1 or more"),
        ("care_at = [2]", "care_by = 4", "care_by: turn 4 is no message"),
        ("care_at = [2]", 'only_member = "ben"', 'only_member: nobody here is called "ben"'),
        (
            "care_at = [2]",
            'moderators_called_for = ["rixk"]',
            "[expect] moderators_called_for, entry 1: is",
        ),
        ('step = "answer"', 'step = "awnser"', '[[turn]] 1 step: is "awnser", did you mean "answer"?'),
        ('step = "answer"', "step = 3", "[[turn]] 1 step: is 3, must be a text in quotes"),
        ('step = "answer"', 'steps = "answer"', '[[turn]] 1 steps: is not known; did you mean "step"?'),
        ('step = "answer"', 'actions = ["shout"]', '[[turn]] 1 actions, entry 1: is "shout", must be'),
        ('step = "answer"', 'edits = 1\ntext = "x"', "[[turn]] 1: one thing must happen (says, edits"),
        ('says = "goodbye"', 'thread = "x"', "[[turn]] 2: one thing must happen (says, edits"),
        ('says = "goodbye"', 'rates = "good"', '[[turn]] 2 rates: is "good", must be one of'),
        ("25 h", "25 hs", '[[turn]] 3 waits: is "25 hs", must be a duration such as'),
        (
            'waits = "25 h"',
            'waits = "25 h"\nstep = "answer"',
            "[[turn]] 3: step goes with says or",
        ),
        ('member = "ana"', "", "the first turn in which somebody does something must name its member"),
        (
            'says = "goodbye"',
            'says = "bye"\nreads = ["insult:mild"]',
            "[[turn]] 2 reads: is for tests alone",
        ),
        (
            'says = "goodbye"',
            'says = "bye"\naffirms = false',
            "[[turn]] 2 affirms: is for tests alone",
        ),
        (
            'waits = "25 h"',
            'outage = "reader"',
            "[[turn]] 3 outage: is for tests alone",
        ),
        (
            'waits = "25 h"',
            "restart = true",
            "[[turn]] 3 restart: is for tests alone",
        ),
        ('waits = "25 h"', "confirms = false", "[[turn]] 3 confirms: is for tests alone"),
        ("[expect]", "[expect", "line 4, column 8: is not TOML"),
    ],
)
def test_a_fault_is_told_with_its_file_and_its_turn(tmp_path: Path, old: str, new: str, fault: str) -> None:
    path = tmp_path / "odd.toml"
    assert WHOLE.count(old)
    path.write_text(WHOLE.replace(old, new, 1), "utf-8")
    [told] = faults(path)
    assert told.startswith(f"odd.toml: {fault}")


def test_a_rehearsal_must_expect_something(tmp_path: Path) -> None:
    path = tmp_path / "idle.toml"
    path.write_text(WHOLE.replace("must_not_end = true\ncare_at = [2]", "").replace('step = "answer"', ""), "utf-8")
    assert load(path).lines
    [told] = faults(path)
    assert told.startswith("idle.toml: expects nothing")


def test_all_faults_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    for name, text in (
        ("one", WHOLE.replace('says = "hello"', 'says = "hello"\nrisk = "active:self"\nreads = []')),
        ("two", WHOLE.replace("true", "3").replace('"answer"', '"anser"')),
        ("three", WHOLE),
    ):
        (tmp_path / "below").mkdir(exist_ok=True)
        (tmp_path / "below" / f"{name}.toml").write_text(text, "utf-8")
    (tmp_path / "none").mkdir()
    with pytest.raises(ConfigError) as raised:
        rehearsals([tmp_path / "below", tmp_path / "none", tmp_path / "absent.toml"])
    files = [fault.partition(":")[0].rpartition("/")[2] for fault in raised.value.faults]
    assert files == ["one.toml", "one.toml", "two.toml", "two.toml", "none", "absent.toml"]


def test_directories_are_walked_in_order(tmp_path: Path) -> None:
    for name in ("b/two", "a/one", "a/deep/three"):
        path = tmp_path / f"{name}.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(WHOLE, "utf-8")
    (tmp_path / "README.md").write_text("no rehearsal", "utf-8")
    found = rehearsals([tmp_path / "b" / "two.toml", tmp_path])
    assert [dialog.name for dialog in found] == ["b/two", "deep/three", "a/one", "b/two"]

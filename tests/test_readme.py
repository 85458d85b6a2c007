"""README.md shows what is so."""

import re
import subprocess
import sys
from pathlib import Path

from adapters.discord.operators.permissions import ASKED

ROOT = Path(__file__).parents[1]


def test_the_ladder_and_the_session_it_shows_are_the_ones_that_are() -> None:
    checked = subprocess.run(
        [sys.executable, "tools/readme.py", "--check"], cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, check=False
    )
    assert checked.returncode == 0


def test_every_command_it_names_is_there() -> None:
    named = {line.split("`fairwell ")[1].split("`")[0].split()[0] for line in commands()}
    helped = subprocess.run(
        [sys.executable, "-m", "bot", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert len(named) > 5
    assert all(f" {command} " in helped.stdout for command in named)


def test_the_permissions_it_names_are_those_that_an_invitation_asks_for() -> None:
    asked = re.findall(r"permissions \*\*(\d+)\*\*", (ROOT / "README.md").read_text())
    assert asked == [str(ASKED.value)]
    assert not ASKED.administrator


def commands() -> list[str]:
    """The rows of the table of commands."""
    return [line for line in (ROOT / "README.md").read_text().splitlines() if line.startswith("| `fairwell ")]

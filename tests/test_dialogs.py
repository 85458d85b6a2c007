"""Every dialog in tests/dialogs/, on every stage where it makes sense, through the real core and the real store."""

from pathlib import Path

import pytest

from bot import configuration
from bot.configuration import Configuration
from bot.errors import ConfigError
from bot.replay.script import Dialog
from tests.dialog import load, play
from tests.fakes.clock import SetClock
from tests.stages import BoardStage, Stage, TerminalStage

DIALOGS = [load(path) for path in sorted((Path(__file__).parent / "dialogs").rglob("*.toml"))]


def at_a_keyboard(dialog: Dialog) -> bool:
    """Whether a dialog can happen in one terminal: there nobody is late, judges, overhears, or loses replies."""
    elsewhere = any(
        line.late or line.judged or line.loses or not line.to_bot or line.outage == "platform" for line in dialog.lines
    )
    several = len({line.member for line in dialog.lines if line.member}) > 1  # then others read along, from there on
    return not (elsewhere or several or dialog.public)


@pytest.fixture(scope="session")
def everything() -> Configuration:
    return configuration.load(Path(__file__).parents[1] / "config", {})


@pytest.mark.parametrize("dialog", DIALOGS, ids=lambda dialog: dialog.name)
async def test_on_the_board(dialog: Dialog, everything: Configuration, tmp_path: Path) -> None:
    clock = SetClock()
    await play(dialog, BoardStage(clock), clock, everything, tmp_path / "board.db")


@pytest.mark.parametrize("dialog", [each for each in DIALOGS if at_a_keyboard(each)], ids=lambda dialog: dialog.name)
async def test_in_the_terminal(dialog: Dialog, everything: Configuration, tmp_path: Path) -> None:
    clock = SetClock()
    stage: Stage = TerminalStage(clock)
    await play(dialog, stage, clock, everything, tmp_path / "terminal.db")


WHOLE = """
title = "a dialog"
profile = "claude"
[[turn]]
member = "ana"
says = "hello"
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('says = "hello"', 'says = "hello"\nstepp = "answer"'),
        ('title = "a dialog"', 'title = "a dialog"\nprivat = true'),
        ('says = "hello"', 'says = "hello"\nwaits = "1 h"'),
        ('says = "hello"', ""),
        ('says = "hello"', 'outage = "everything"'),
        ('profile = "claude"', 'profile = "clyde"'),
        ('profile = "claude"\n[[turn]]', 'profile = "offline"\n[[turn]]\nreads = ["insult:serious"]'),
    ],
)
def test_a_dialog_that_says_what_nobody_understands_is_refused(old: str, new: str, tmp_path: Path) -> None:
    path = tmp_path / "odd.toml"
    path.write_text(WHOLE, encoding="utf-8")
    assert load(path).lines[0].says == "hello"
    path.write_text(WHOLE.replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"odd\.toml"):
        load(path)


async def test_an_expectation_that_does_not_hold_fails_and_names_the_turn(
    everything: Configuration, tmp_path: Path
) -> None:
    path = tmp_path / "wrong.toml"
    for wrong in (
        'step = "warn"',
        'hears = ["no such words"]',
        "actions = []",
        'marks = ["warn"]',
        'ending = "standing"',
    ):
        path.write_text(f"{WHOLE}{wrong}\n", encoding="utf-8")
        clock = SetClock()
        with pytest.raises(AssertionError, match=r"turn 1 \(hello\)"):
            await play(load(path), BoardStage(clock), clock, everything, tmp_path / f"{len(wrong)}.db")

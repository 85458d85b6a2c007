"""Every dialog in tests/dialogs/, on every stage where it makes sense, through the real core and the real store."""

from pathlib import Path

import pytest

from bot import configuration
from bot.configuration import Configuration
from tests.dialog import Dialog, load, play
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

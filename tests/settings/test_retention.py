"""How long what a space leaves behind is kept is the operator's word: from nothing at all up to years."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.errors import ConfigError
from bot.settings import load
from tests.settings.conftest import SHIPPED, Edit

KEPT = 'uninstalled = "3 days"\n'


def test_what_ships_survives_a_weekend() -> None:
    assert load(SHIPPED, {}).retention.uninstalled == timedelta(days=3)


@pytest.mark.parametrize(("said", "time"), [("0 s", timedelta(0)), ("2 weeks", timedelta(weeks=2))])
def test_it_may_be_at_once_or_much_later(config: Path, edit: Edit, said: str, time: timedelta) -> None:
    edit("fairwell.toml", KEPT, f'uninstalled = "{said}"\n')
    assert load(config, {}).retention.uninstalled == time


@pytest.mark.parametrize("instead", ["", 'uninstalled = "never"\n', 'uninstalled = "9999 weeks"\n'])
def test_it_has_to_be_said_and_may_not_be_for_ever(config: Path, edit: Edit, instead: str) -> None:
    edit("fairwell.toml", KEPT, instead)
    with pytest.raises(ConfigError, match=r"fairwell.toml: \[retention\] uninstalled"):
        load(config, {})

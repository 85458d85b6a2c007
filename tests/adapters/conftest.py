"""What the tests of the terminal begin with."""

from pathlib import Path

import pytest

from bot import configuration
from bot.configuration import Configuration
from tests.adapters.desk import Desk
from tests.configs import small_config
from tests.fakes.clock import SetClock


@pytest.fixture(scope="session")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Configuration:
    return configuration.load(small_config(tmp_path_factory.mktemp("shipped") / "config"), {})


@pytest.fixture
def desk(everything: Configuration, tmp_path: Path) -> Desk:
    return Desk(everything, tmp_path / "terminal.db", SetClock())

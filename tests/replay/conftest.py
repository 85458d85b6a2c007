"""Configurations to play with."""

import pytest

from bot.configuration import Configuration, load
from tests.configs import SHIPPED, small_config


@pytest.fixture(scope="session")
def english(tmp_path_factory: pytest.TempPathFactory) -> Configuration:
    """As it ships, with the English phrases alone."""
    return load(small_config(tmp_path_factory.mktemp("english") / "config"), {})


@pytest.fixture(scope="session")
def everything() -> Configuration:
    """As it ships."""
    return load(SHIPPED, {})

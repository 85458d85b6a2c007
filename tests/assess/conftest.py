"""The reader as it ships: the phrases of config/wording/."""

from pathlib import Path

import pytest

from bot.assess.by_wording import WordingReader, load

WORDING = Path(__file__).parents[2] / "config" / "wording"


@pytest.fixture(scope="session")
def reader() -> WordingReader:
    return WordingReader(load(WORDING))

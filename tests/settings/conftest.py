"""A config/ of its own for each test, made from the one that ships."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

SHIPPED = Path(__file__).parents[2] / "config"
FILES = ("fairwell.toml", "ladder.toml", "concerns.toml")

Edit = Callable[[str, str, str], None]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    directory = tmp_path / "config"
    directory.mkdir()
    for name in FILES:
        shutil.copy(SHIPPED / name, directory / name)
    return directory


@pytest.fixture
def edit(config: Path) -> Edit:
    """Replaces words in a file the first time they occur; with nothing to replace, adds to its end."""

    def _edit(name: str, old: str, new: str) -> None:
        text = (config / name).read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {name}"
        changed = text.replace(old, new, 1) if old else f"{text}\n{new}\n"
        (config / name).write_text(changed, encoding="utf-8")

    return _edit

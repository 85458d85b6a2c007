"""Configurations for tests that are not about configuration."""

import shutil
from pathlib import Path

SHIPPED = Path(__file__).parents[1] / "config"


def small_config(into: Path) -> Path:
    """The configuration that ships, with the English phrases alone: quick to load."""

    def others(directory: str, names: list[str]) -> list[str]:
        phrases = Path(directory).parent.name == "wording"
        return [name for name in names if phrases and name != "en.toml"]

    shutil.copytree(SHIPPED, into, ignore=others)
    return into

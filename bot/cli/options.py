"""What several commands share: their options, their exit codes, and a visit to the database."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

import typer

from bot import build, settings
from bot.errors import FairwellError
from bot.store.sqlite import SqliteStore

FAULTY, UNUSABLE, ABSENT = 1, 2, 3  # exit codes: something is wrong; bad usage or config; there is no such thing

Config = Annotated[
    Path | None, typer.Option("--config", help="The directory with the configuration.", envvar="FAIRWELL_CONFIG")
]
Database = Annotated[
    Path | None, typer.Option("--database", help="The database file, instead of the one in fairwell.toml.")
]
AsJson = Annotated[bool, typer.Option("--json", help="For scripts.")]


class NoSuchThing(FairwellError):
    """What was asked for is not there; the text says what to look for instead."""


def directory(config: Path | None) -> Path:
    """Where config/ is."""
    return config or build.config_directory(os.environ)


def database_file(config: Path | None, database: Path | None) -> Path:
    """Where the database is, or will be. Raises ConfigError."""
    return database or Path(settings.load(directory(config), os.environ).store.path)


@asynccontextmanager
async def visit(config: Path | None, database: Path | None) -> AsyncIterator[SqliteStore]:
    """The database, beside a bot that may be running. Raises NoSuchThing, ConfigError, StoreError."""
    file = database_file(config, database)
    if not file.exists():
        raise NoSuchThing(
            f"There is no database at {file}. It is made when the bot first runs; --database names another."
        )
    store = await SqliteStore.open(file, exclusive=False)
    try:
        yield store
    finally:
        await store.close()

"""Commands that let people talk with the bot: chat, run."""

import asyncio
import os
import signal
from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Protocol, cast

import typer

from bot import build
from bot.cli.options import UNUSABLE, Config, Database, directory
from bot.cli.screen import complain
from bot.core import Bot
from bot.errors import ConfigError
from bot.ports import Clock, Platform

TERMINAL = "terminal"


class Adapter(Platform, Protocol):
    """A platform with its connection, as the entry points of the group `fairwell.adapters` make it."""

    async def serve(self, bot: Bot) -> None:
        """Hand every event to the bot until the connection ends for good, or this is cancelled."""
        ...


def adapters(env: Mapping[str, str], clock: Clock, *, terminal: bool) -> dict[str, Adapter]:
    """The adapters that are installed and set up in the environment, by name: the terminal, or all others.

    Raises ConfigError: one is installed, but cannot be loaded or is not set up well.
    """
    installed = entry_points(group="fairwell.adapters")
    made = {each.name: _made(each, env, clock) for each in installed if (each.name == TERMINAL) is terminal}
    return {name: adapter for name, adapter in made.items() if adapter is not None}


def chat(*, config: Config = None, database: Database = None) -> None:
    """Talk to Fairwell in this terminal, or pipe lines into it."""
    asyncio.run(_serve(adapters(os.environ, build.clock, terminal=True), config, database))


def run(*, config: Config = None, database: Database = None) -> None:
    """Serve every chat platform that is set up, until it is told to stop (SIGTERM, Ctrl-C)."""
    platforms = adapters(os.environ, build.clock, terminal=False)
    if not platforms:
        complain("No chat platform is set up, so there is nobody to serve. `fairwell chat` talks in this terminal.")
        raise typer.Exit(UNUSABLE)
    asyncio.run(_serve(platforms, config, database))


async def _serve(platforms: Mapping[str, Adapter], config: Path | None, database: Path | None) -> None:
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    async with build.running(directory(config), os.environ, platforms, database=database, say=complain) as bot:
        await build.until([each.serve(bot) for each in platforms.values()], stop)


def _made(point: EntryPoint, env: Mapping[str, str], clock: Clock) -> Adapter | None:
    try:
        make = point.load()
    except ImportError as error:
        raise ConfigError([f"the adapter for {point.name} cannot be loaded: {error}"]) from error
    return cast("Adapter | None", make(env, clock))

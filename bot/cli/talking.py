"""Commands that let people talk with the bot: chat, run."""

import asyncio
import os
import signal
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Protocol, cast

import typer

from bot import build
from bot.cli.health import Address, address
from bot.cli.options import UNUSABLE, Config, Database, directory
from bot.cli.screen import complain
from bot.core import Bot
from bot.errors import ConfigError
from bot.ports import Clock, Condition, Platform

TERMINAL = "terminal"


class Adapter(Platform, Protocol):
    """A platform with its connection, as the entry points of the group `fairwell.adapters` make it."""

    async def serve(self, bot: Bot) -> None:
        """Hand every event to the bot until the connection ends for good, or this is cancelled."""
        ...

    def condition(self) -> Condition:
        """How the connection is now. Returns at once."""
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
    platforms, told = adapters(os.environ, build.clock, terminal=False), address(os.environ)
    if not platforms:
        complain("No chat platform is set up, so there is nobody to serve. `fairwell chat` talks in this terminal.")
        raise typer.Exit(UNUSABLE)
    asyncio.run(_serve(platforms, config, database, told))


async def _serve(
    platforms: Mapping[str, Adapter], config: Path | None, database: Path | None, told: Address | None = None
) -> None:
    """Until all are through or one has failed: then the others end in order, and its fault is raised.

    told  where it is told how the bot is; None: nowhere
    """
    stop = _stopped()
    async with (
        build.running(directory(config), os.environ, platforms, database=database, say=complain) as bot,
        _telling(told, bot, platforms, stop),
    ):
        await build.until([each.serve(bot) for each in platforms.values()], stop)


def _stopped() -> asyncio.Event:
    """Set when the process is told to stop. Told again, it stops at once: what is kept goes on after the next start."""
    stop, loop, signals = asyncio.Event(), asyncio.get_running_loop(), (signal.SIGTERM, signal.SIGINT)

    def told() -> None:
        stop.set()
        for name in signals:
            loop.remove_signal_handler(name)
            signal.signal(name, signal.SIG_DFL)

    for name in signals:
        loop.add_signal_handler(name, told)
    return stop


def _telling(
    told: Address | None, bot: Bot, platforms: Mapping[str, Adapter], stop: asyncio.Event
) -> AbstractAsyncContextManager[None]:
    if told is None:
        return nullcontext()
    from bot import health  # noqa: PLC0415  a web server takes a moment to import, which other commands need not wait

    watched = health.Health(bot.store, list(platforms.values()), build.clock, stopping=stop.is_set)
    return health.serving(*told, watched)


def _made(point: EntryPoint, env: Mapping[str, str], clock: Clock) -> Adapter | None:
    try:
        make = point.load()
    except ImportError as error:
        raise ConfigError([f"the adapter for {point.name} cannot be loaded: {error}"]) from error
    return cast("Adapter | None", make(env, clock))

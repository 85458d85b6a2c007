"""The command line: which commands there are, and how what goes wrong is said."""

import logging
import os
import sys
from importlib.metadata import version
from typing import Annotated

import typer

from bot.cli import changes, doctor, health, rehearsing, reviewing, talking, tending, usage
from bot.cli.options import ABSENT, FAULTY, UNUSABLE, NoSuchThing
from bot.cli.screen import complain, tell
from bot.errors import ConfigError, FairwellError

INTERRUPTED = 130  # as shells count it: 128 + SIGINT


def application() -> typer.Typer:
    """All commands, in the order in which `fairwell --help` lists them."""
    app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
    app.callback()(fairwell)
    for command in (
        talking.chat,
        talking.run,
        tending.check,
        reviewing.endings,
        reviewing.review,
        doctor.doctor,
        health.health,
        usage.usage,
        changes.changes,
        tending.forget,
        tending.retain,
        tending.export,
    ):
        app.command()(command)
    app.command("rehearse")(rehearsing.rehearsed)
    app.command("measure")(tending.measured)
    return app


def _version(asked: bool) -> None:
    if asked:
        tell(version("fairwell"))
        raise typer.Exit


def fairwell(
    *,
    _: Annotated[
        bool,
        typer.Option("--version", help="Print the version.", is_eager=True, callback=_version),
    ] = False,
) -> None:
    """Fairwell: an assistant for communities that can set boundaries."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line. What is wrong is said in words, and the exit code tells whose fault it is."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a screen that is not UTF-8, or half a character
    try:
        _log(os.environ.get("FAIRWELL_LOG", "error").upper())
        application()(arguments)
    except ConfigError as fault:
        complain("The configuration cannot be used:", "bold red")
        for line in fault.faults:
            complain(f"  {line}")
        sys.exit(UNUSABLE)
    except NoSuchThing as fault:
        complain(str(fault))
        sys.exit(ABSENT)
    except FairwellError as fault:
        complain(str(fault), "red")
        sys.exit(FAULTY)
    except OSError as fault:
        complain(f"{fault.filename or 'The system'}: {fault.strerror or fault}", "red")
        sys.exit(FAULTY)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    finally:
        _flush()


def _flush() -> None:
    """Write what is still to be written; whoever reads it may have had enough."""
    if sys.stdout is None:  # it was closed before we began
        return
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _log(level: str) -> None:
    """Log to standard error. Raises ConfigError."""
    known = logging.getLevelNamesMapping()
    if level not in known:
        raise ConfigError([f"FAIRWELL_LOG: {level.lower()!r} is none of {', '.join(known).lower()}"])
    logging.basicConfig(level=level, stream=sys.stderr)
    # At DEBUG they log whole requests, members' words and all; at INFO the address, with a password if there is one.
    for vendor in ("anthropic", "httpx2", "httpcore2"):
        logging.getLogger(vendor).setLevel(max(known[level], logging.WARNING))


if __name__ == "__main__":
    main()

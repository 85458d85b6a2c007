"""Commands for operators: check, measure, forget, retain, export."""

import asyncio
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from bot import build, configuration, measure, settings
from bot.cli.options import AsJson, Config, Database, directory, visit
from bot.cli.screen import tell, tell_json
from bot.settings import schema, words

STALE_AFTER = 180  # days


def check(
    *,
    config: Config = None,
    resources: Annotated[bool, typer.Option("--resources", help="List crisis services to check again.")] = False,
    schema_to: Annotated[
        Path | None, typer.Option("--schema", help="Write JSON Schemas for editors into this directory.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Validate all of the configuration, and tell each ladder and each space in words."""
    if schema_to is not None:
        schema.write(schema_to)
    current = configuration.load(directory(config), os.environ)
    stale = current.directory.stale(datetime.now(UTC).date(), older_than_days=STALE_AFTER)
    if as_json:
        again = [{"country": each.resource.country, "name": each.resource.name, "why": each.why} for each in stale]
        told = {each.version: words.in_words(each) for each in current.settings.in_force}
        spaces = {
            space: {"file": str(file), "words": words.of_space(current.settings, space)}
            for space, file in current.settings.stated.items()
        }
        tell_json({"ladders": told, "spaces": spaces, "stale": again})
        return
    tell(f"{current.settings.directory}: everything can be used.")
    for ladder in current.settings.in_force:
        tell(f"\n{ladder.version}", "bold")
        tell(words.in_words(ladder))
    for space, file in current.settings.stated.items():
        tell(f"\n{space} ({file})", "bold")
        tell(words.of_space(current.settings, space))
    how = "" if resources or not stale else " (fairwell check --resources lists them)"
    tell(f"\nCrisis services to check again: {len(stale)}{how}")
    for each in stale if resources else ():
        tell(f"  {each.resource.country or 'everywhere'}  {each.resource.name}: {each.why}")


def measured(
    *,
    sets: Annotated[Path, typer.Option(help="The directory with the evaluation sets.", envvar="FAIRWELL_SETS")] = Path(
        "data"
    ),
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Measure the wording reader: what it finds, what it wrongly finds, how long it takes."""
    raise typer.Exit(measure.main(sets, directory(config), as_json))


def forget(
    *,
    member: Annotated[str, typer.Argument(help='The member\'s id, such as "discord:1234" or "terminal:you".')],
    config: Config = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Erase a member everywhere."""

    async def erased() -> int:
        async with visit(config, database) as store:
            return await store.forget(member, build.clock())

    count = asyncio.run(erased())
    if as_json:
        tell_json({"member": member, "messages": count})
    else:
        tell(f"Erased: {count} messages, and everything else that was kept about {member}.")


def retain(*, config: Config = None, database: Database = None, as_json: AsJson = False) -> None:
    """Erase what retention no longer keeps. A running bot does this by itself, every hour."""
    current = settings.load(directory(config), os.environ)

    async def erased() -> Mapping[str, int]:
        async with visit(config, database) as store:
            return await build.retain(store, current, build.clock())

    counts = asyncio.run(erased())
    if as_json:
        tell_json(counts)
    else:
        tell("Erased: " + ", ".join(f"{what} {count}" for what, count in counts.items()))


def export(
    *,
    member: Annotated[str | None, typer.Option(help="Only what is kept about this member.")] = None,
    config: Config = None,
    database: Database = None,
) -> None:
    """Print everything that is kept, as JSON: one object a line, or one member's as one object."""

    async def printed() -> None:
        async with visit(config, database) as store:
            if member is not None:
                tell_json(await store.export_member(member))
                return
            async for row in store.export_all():
                tell_json(row, indent=None)

    asyncio.run(printed())

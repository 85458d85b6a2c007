"""Commands for operators: check, measure, doctor, forget, retain, export."""

import asyncio
import os
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from bot import build, configuration, measure, settings
from bot.cli.options import FAULTY, AsJson, Config, Database, directory, visit
from bot.cli.screen import tell, tell_json
from bot.cli.talking import adapters
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
    """Validate all of the configuration, and tell each ladder in words."""
    if schema_to is not None:
        schema.write(schema_to)
    current = configuration.load(directory(config), os.environ)
    stale = current.directory.stale(datetime.now(UTC).date(), older_than_days=STALE_AFTER)
    if as_json:
        again = [{"country": each.resource.country, "name": each.resource.name, "why": each.why} for each in stale]
        told = {each.version: words.in_words(each) for each in current.settings.in_force}
        tell_json({"ladders": told, "stale": again})
        return
    tell(f"{current.settings.directory}: everything can be used.")
    for ladder in current.settings.in_force:
        tell(f"\n{ladder.version}", "bold")
        tell(words.in_words(ladder))
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


def doctor(
    *,
    config: Config = None,
    database: Database = None,
    unpark: Annotated[bool, typer.Option("--unpark", help="Try events again that were set aside.")] = False,
    as_json: AsJson = False,
) -> None:
    """Look whether everything is well: configuration, database, what was set aside, what the last day brought."""
    found = asyncio.run(_examined(config, database, unpark=unpark))
    if as_json:
        tell_json(found)
    else:
        _tell_findings(found)
    if found["parked"]:
        raise typer.Exit(FAULTY)


async def _examined(config: Path | None, database: Path | None, *, unpark: bool) -> dict[str, Any]:
    current = configuration.load(directory(config), os.environ)
    _, reader, who = build.models(lambda: current, os.environ)
    platforms = sorted(adapters(os.environ, build.clock, terminal=False))
    async with visit(config, database) as store:
        again = await store.unpark() if unpark else 0
        now = build.clock()
        counts = await store.counts(now - timedelta(days=1), now)
        return {
            "models": who,
            "offline": reader is None,
            "platforms": platforms,
            "waiting": len(await store.open_conversations()),
            "parked": [asdict(each) for each in await store.parked()],
            "unparked": again,
            "last_day": {space: asdict(each) for space, each in counts.items()},
        }


def _tell_findings(found: dict[str, Any]) -> None:
    tell(found["models"])
    tell(f"Chat platforms set up: {', '.join(found['platforms']) or 'none'}")
    tell(f"Conversations with something to do: {found['waiting']}")
    if found["unparked"]:
        tell(f"Events to be tried again: {found['unparked']}")
    for each in found["parked"]:
        at = f"{each['at']:%Y-%m-%d %H:%M}"
        tell(f"Set aside: {each['event']} of {each['conversation']}, {at}, {each['tries']} tries: {each['why']}")
    if found["parked"]:
        tell("`fairwell doctor --unpark` tries them again, once their cause is gone.")
    for space, day in found["last_day"].items():
        tell(f"Last 24 hours, {space}: {', '.join(_counted(day))}")


def _counted(day: dict[str, Any]) -> list[str]:
    """ "turns 12", "endings: concern 1", and so on; what did not happen is left out."""
    told = []
    for what, number in day.items():
        if isinstance(number, dict) and number:
            told.append(f"{what}: " + " ".join(f"{kind} {times}" for kind, times in number.items()))
        elif number:
            told.append(f"{what} {number}")
    return told


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
    kept = settings.load(directory(config), os.environ).retention

    async def erased() -> dict[str, int]:
        async with visit(config, database) as store:
            return asdict(await store.retain(build.clock(), open_for=kept.open, ended_for=kept.ended))

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

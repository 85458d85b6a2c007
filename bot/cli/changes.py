"""A command for operators: changes. Who changed what of a space's settings, and when."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Annotated

import typer

from bot.cli.options import AsJson, Config, Database, visit
from bot.cli.screen import tell, tell_json
from bot.domain.record import Change


def changes(
    *,
    space: Annotated[str | None, typer.Option(help="Only this space, such as discord:123.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    config: Config = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """List who changed what of a space's settings by a command, newest first.

    What was written into config/ by hand is not among them.
    """

    async def found() -> Sequence[Change]:
        async with visit(config, database) as store:
            return await store.changes(space, limit)

    listed = asyncio.run(found())
    if as_json:
        tell_json([asdict(each) for each in listed])
        return
    for each in listed:
        tell(f"{each.at:%Y-%m-%d %H:%M} UTC  {each.space}  by {each.by}", "bold")
        for line in _lines(each):
            tell(f"  {line}")
    if not listed:
        tell(f"Nothing was changed{f' in {space}' if space else ''}.")


def _lines(change: Change) -> Iterator[str]:
    for key in dict.fromkeys((*change.was, *change.now)):
        before, after = (
            json.dumps(values[key], ensure_ascii=False) if key in values else "not set"
            for values in (change.was, change.now)
        )
        yield f"{key}: {before} -> {after}"

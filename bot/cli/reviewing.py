"""Commands for moderators: endings, review."""

import asyncio
import os
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from bot import build
from bot.cli import transcript
from bot.cli.options import AsJson, Config, Database, NoSuchThing, directory, visit
from bot.cli.screen import indented, tell, tell_json
from bot.domain.conversation import Member
from bot.domain.ending import EndingState
from bot.domain.event import Judged
from bot.domain.review import Verdict
from bot.errors import StoreBusy
from bot.ports import Transcript
from bot.store.sqlite import SqliteStore

WHICH = "One ending, by id or a beginning of it."


def endings(
    *,
    ending: Annotated[str | None, typer.Argument(help=WHICH, show_default=False)] = None,
    state: Annotated[EndingState | None, typer.Option(help="Only those.")] = None,
    search: Annotated[str | None, typer.Option(help="Search what was said where a conversation was ended.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    config: Config = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """List endings, or show one as a moderator reads it: what was said, what was read, which step and why."""

    async def shown() -> None:
        async with visit(config, database) as store:
            if search is not None:
                await _search(store, search, limit, as_json=as_json)
            elif ending is not None:
                _show(await _one(store, ending), as_json=as_json)
            else:
                await _list(store, state, limit, as_json=as_json)

    asyncio.run(shown())


def review(
    *,
    ending: Annotated[str, typer.Argument(help=WHICH)],
    verdict: Annotated[Verdict, typer.Argument(help="Overturned reopens, with an apology.")],
    note: Annotated[str, typer.Option(help="Why, for the record.")] = "",
    by: Annotated[str, typer.Option(help="Who reviews.", envvar="USER")] = "operator",
    config: Config = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Give a verdict on an ending, as a moderator."""
    whole, became = asyncio.run(_review(ending, verdict, note=note, by=by, config=config, database=database))
    if as_json:
        tell_json({"ending": whole, "verdict": verdict, "became": became})
    else:
        tell(f"{whole} {verdict}: {became}.")


async def _review(
    ending: str, verdict: Verdict, *, note: str, by: str, config: Path | None, database: Path | None
) -> tuple[str, str]:
    """The ending's whole id, and what became of the verdict."""
    async with visit(config, database) as store:
        found = await _one(store, ending)
    at = build.clock()
    event = Judged(
        key=f"cli:{found.ending.id}:{at.timestamp()}",
        conversation=found.ending.conversation,
        place=found.place,
        member=Member(f"cli:{by}", by),
        at=at,
        ending=found.ending.id,
        upheld=verdict is Verdict.UPHELD,
        note=note,
    )
    try:
        async with build.running(directory(config), os.environ, {}, database=database) as bot:
            await bot.receive(event)
            await bot.settled()
    except StoreBusy:
        async with visit(config, database) as store:
            await store.accept(event, at)
        return event.ending, "handed to the bot that is running"
    return event.ending, "done; what is to be said in the conversation is said when the bot runs next"


async def _one(store: SqliteStore, ending: str) -> Transcript:
    found = await store.ending(ending)
    if found is None:
        raise NoSuchThing(
            f"No ending's id begins with {ending!r}, or more than one does. `fairwell endings` lists them."
        )
    return found


def _show(found: Transcript, *, as_json: bool) -> None:
    if as_json:
        tell_json(asdict(found))
        return
    for text, style in transcript.lines(found):
        tell(text, style)


async def _list(store: SqliteStore, state: EndingState | None, limit: int, *, as_json: bool) -> None:
    listed = await store.endings(state=state, limit=limit)
    if as_json:
        tell_json([asdict(each) for each in listed])
        return
    for each in listed:
        tell(transcript.in_a_list(each))
    if not listed:
        tell("No endings.")


async def _search(store: SqliteStore, query: str, limit: int, *, as_json: bool) -> None:
    found = await store.search(query, limit)
    if as_json:
        tell_json([asdict(each) for each in found])
        return
    for each in found:
        tell(f"{each.ending or each.conversation}  turn {each.turn}: {indented(each.snippet, 2)}")
    if not found:
        tell("Nothing found.")

"""The command line."""

import asyncio
import json
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated, Any, Protocol, TypeVar, cast

import typer
from rich.console import Console

from bot import build, configuration, measure
from bot.core import Bot
from bot.domain.conversation import Member
from bot.domain.ending import Ending, EndingState
from bot.domain.event import Judged
from bot.errors import ConfigError, FairwellError, StoreBusy
from bot.ports import Clock, Platform, Transcript
from bot.settings import schema, words
from bot.store.sqlite import SqliteStore

T = TypeVar("T")

FAULTY, UNUSABLE, ABSENT = 1, 2, 3  # exit codes: something is wrong; bad usage or config; there is no such thing
STALE_AFTER = 180  # days

app = typer.Typer(
    help="Fairwell: an assistant for communities that can set boundaries.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
out, err = Console(highlight=False, soft_wrap=True), Console(stderr=True, highlight=False, soft_wrap=True)

Config = Annotated[
    Path | None, typer.Option("--config", help="The directory with the configuration.", envvar="FAIRWELL_CONFIG")
]
Database = Annotated[
    Path | None, typer.Option("--database", help="The database file, instead of the one in fairwell.toml.")
]
AsJson = Annotated[bool, typer.Option("--json", help="For scripts.")]


class Adapter(Platform, Protocol):
    """A platform with its connection, as the entry points of the group `fairwell.adapters` make it."""

    async def serve(self, bot: Bot) -> None:
        """Hand every event to the bot until the connection ends for good, or this is cancelled."""
        ...


def adapters(env: Mapping[str, str], clock: Clock) -> dict[str, Adapter]:
    """Every adapter that is installed and set up in the environment, by name."""
    made = {each.name: each.load()(env, clock) for each in entry_points(group="fairwell.adapters")}
    return {name: cast("Adapter", adapter) for name, adapter in made.items() if adapter is not None}


@app.command()
def chat(config: Config = None, database: Database = None) -> None:
    """Talk to Fairwell in this terminal, or pipe lines into it."""
    terminal = {"terminal": adapters(os.environ, build.clock)["terminal"]}
    _run(_serve(terminal, config, database))


@app.command()
def run(config: Config = None, database: Database = None) -> None:
    """Serve every chat platform that is set up, until it is told to stop (SIGTERM, Ctrl-C)."""
    platforms = {name: each for name, each in adapters(os.environ, build.clock).items() if name != "terminal"}
    if not platforms:
        err.print("No chat platform is set up, so there is nobody to serve. `fairwell chat` talks in this terminal.")
        raise typer.Exit(UNUSABLE)
    _run(_serve(platforms, config, database))


async def _serve(platforms: Mapping[str, Adapter], config: Path | None, database: Path | None) -> None:
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    async with build.running(
        _config(config), os.environ, platforms, database=database, say=lambda text: err.print(text, markup=False)
    ) as bot:
        await build.until([each.serve(bot) for each in platforms.values()], stop)


@app.command()
def check(
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
    current = configuration.load(_config(config), os.environ)
    stale = current.directory.stale(datetime.now(UTC).date(), older_than_days=STALE_AFTER)
    if as_json:
        _print_json(
            {
                "ladders": {each.version: words.in_words(each) for each in current.settings.in_force},
                "stale": [
                    {"country": each.resource.country, "name": each.resource.name, "why": each.why} for each in stale
                ],
            }
        )
        return
    out.print(f"{current.settings.directory}: everything can be used.", markup=False)
    for ladder in current.settings.in_force:
        out.print(f"\n{ladder.version}", style="bold", markup=False)
        out.print(words.in_words(ladder), markup=False)
    if not resources:
        out.print(f"\nCrisis services to check again: {len(stale)} (fairwell check --resources lists them).")
        return
    out.print(f"\nCrisis services to check again: {len(stale)}")
    for each in stale:
        out.print(f"  {each.resource.country or 'everywhere'}  {each.resource.name}: {each.why}", markup=False)


@app.command(name="measure")
def measure_(
    dev: Annotated[Path, typer.Option(help="The evaluation sets.")] = Path("../shared/data/dev"),
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Measure the wording reader: what it finds, what it wrongly finds, how long it takes."""
    raise typer.Exit(measure.main(dev, _config(config), as_json))


@app.command()
def endings(
    ending: Annotated[str | None, typer.Argument(help="One ending, by id or a beginning of it.")] = None,
    state: Annotated[EndingState | None, typer.Option(help="Only those.")] = None,
    search: Annotated[str | None, typer.Option(help="Search what was said where a conversation was ended.")] = None,
    limit: int = 50,
    config: Config = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """List endings, or show one as a moderator reads it: what was said, what was read, which step and why."""
    _run(_endings(ending, state, search, limit, config, database, as_json=as_json))


async def _endings(
    ending: str | None,
    state: EndingState | None,
    query: str | None,
    limit: int,
    config: Path | None,
    database: Path | None,
    *,
    as_json: bool,
) -> None:
    async with _visit(config, database) as store:
        if query is not None:
            found = await store.search(query, limit)
            if as_json:
                _print_json([asdict(each) for each in found])
            for each in () if as_json else found:
                out.print(f"{each.ending or each.conversation}  turn {each.turn}: {each.snippet}", markup=False)
            return
        if ending is None:
            listed = await store.endings(state=state, limit=limit)
            if as_json:
                _print_json([asdict(each) for each in listed])
            elif not listed:
                out.print("No endings.")
            for one in () if as_json else listed:
                out.print(_line(one), markup=False)
            return
        transcript = await store.ending(ending)
        if transcript is None:
            err.print(f"There is no one ending whose id begins with {ending!r}.", markup=False)
            raise typer.Exit(ABSENT)
        if as_json:
            _print_json(asdict(transcript))
        else:
            _show(transcript)


def _line(ending: Ending) -> str:
    what = ending.concern or "on request"
    return f"{ending.id}  {ending.at:%Y-%m-%d %H:%M}  {ending.state:<10}  {ending.scope:<12}  {what}  {ending.member}"


def _show(transcript: Transcript) -> None:
    """An ending as a moderator reads it."""
    ending = transcript.ending
    out.print(f"Ending {ending.id}: {ending.state}", style="bold", markup=False)
    about = ending.concern or "on request"
    for line in (
        f"{ending.at:%Y-%m-%d %H:%M} UTC, {transcript.place.platform}, {transcript.place.space}",
        f"{ending.scope} of {transcript.member.name or ending.member}, {about}, in turn {ending.turn}",
        f"ladder {ending.ladder}; {ending.prompts}; {ending.models}",
    ):
        out.print(line, markup=False)
    if ending.evidence:
        out.print("\nIt rests on", style="bold")
    for each in ending.evidence:
        quoted = f" “{each.words}”" if each.words else ""
        out.print(f"  turn {each.turn}: {each.step} for {each.concern}{quoted}", markup=False)
    out.print("\nWhat was said", style="bold")
    for vetted in transcript.turns:
        turn, decision = vetted.turn, vetted.decision
        out.print(f"  {turn.number}. {turn.member.name or turn.member.id}: {turn.text or '(erased)'}", markup=False)
        for reading in vetted.assessment.readings:
            seen = [f"{each.kind} {each.severity.name.lower()}" for each in reading.concerns]
            seen += [f"risk {reading.risk.level.name.lower()}"] if reading.risk.level else []
            out.print(f"       {reading.by} read {', '.join(seen) or 'nothing'}", style="dim", markup=False)
        out.print(f"       {decision.step} ({decision.reason})", style="dim", markup=False)
        if turn.reply:
            out.print(f"     bot: {turn.reply}", markup=False)
    for member, vote, at in transcript.votes:
        out.print(f"\n{member} found it {vote} ({at:%Y-%m-%d %H:%M})", markup=False)
    for appeal in transcript.appeals:
        out.print(f"\n{appeal.member} appealed ({appeal.at:%Y-%m-%d %H:%M}): {appeal.words}", markup=False)
    for by, verdict, note, at in transcript.verdicts:
        out.print(f"\n{by}: {verdict} ({at:%Y-%m-%d %H:%M}) {note}", markup=False)


@app.command()
def review(
    ending: Annotated[str, typer.Argument(help="The ending, by id or a beginning of it.")],
    verdict: Annotated[str, typer.Argument(help="upheld or overturned. Overturned reopens, with an apology.")],
    note: Annotated[str, typer.Option(help="Why, for the record.")] = "",
    by: Annotated[str, typer.Option(help="Who reviews.", envvar="USER")] = "operator",
    config: Config = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Give a verdict on an ending, as a moderator."""
    if verdict not in {"upheld", "overturned"}:
        raise typer.BadParameter("must be upheld or overturned", param_hint="verdict")
    _run(_review(ending, verdict, note, by, config, database, as_json=as_json))


async def _review(
    ending: str, verdict: str, note: str, by: str, config: Path | None, database: Path | None, *, as_json: bool
) -> None:
    async with _visit(config, database) as store:
        transcript = await store.ending(ending)
    if transcript is None:
        err.print(f"There is no one ending whose id begins with {ending!r}.", markup=False)
        raise typer.Exit(ABSENT)
    at = build.clock()
    event = Judged(
        key=f"cli:{transcript.ending.id}:{at.timestamp()}",
        conversation=transcript.ending.conversation,
        place=transcript.place,
        member=Member(f"cli:{by}", by),
        at=at,
        ending=transcript.ending.id,
        upheld=verdict == "upheld",
        note=note,
    )
    try:
        async with build.running(_config(config), os.environ, {}, database=database) as bot:
            await bot.receive(event)
            await bot.settled()
            done = "done; what is to be said there is said when the bot runs next"
    except StoreBusy:
        async with _visit(config, database) as store:
            await store.accept(event, at)
        done = "handed to the bot that is running"
    if as_json:
        _print_json({"ending": transcript.ending.id, "verdict": verdict, "became": done})
    else:
        out.print(f"{transcript.ending.id} {verdict}: {done}.", markup=False)


@app.command()
def forget(
    member: Annotated[str, typer.Argument(help='The member\'s id, such as "discord:1234" or "terminal:you".')],
    config: Config = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Erase a member everywhere."""

    async def erase() -> None:
        async with _visit(config, database) as store:
            count = await store.forget(member, build.clock())
        if as_json:
            _print_json({"member": member, "messages": count})
        else:
            out.print(f"Erased: {count} messages, and everything else that was kept about them.", markup=False)

    _run(erase())


@app.command()
def retain(config: Config = None, database: Database = None, as_json: AsJson = False) -> None:
    """Erase what retention no longer keeps. A running bot does this by itself, every hour."""

    async def erase() -> None:
        kept = configuration.load(_config(config), os.environ).settings.retention
        async with _visit(config, database) as store:
            erased = asdict(await store.retain(build.clock(), open_for=kept.open, ended_for=kept.ended))
        if as_json:
            _print_json(erased)
        else:
            out.print("Erased: " + ", ".join(f"{count} {what}" for what, count in erased.items()), markup=False)

    _run(erase())


@app.command()
def export(
    member: Annotated[str | None, typer.Option(help="Only what is kept about this member.")] = None,
    config: Config = None,
    database: Database = None,
) -> None:
    """Print everything that is kept, as JSON: one object a line, or one member's as one object."""

    async def printed() -> None:
        async with _visit(config, database) as store:
            if member is not None:
                _print_json(await store.export_member(member))
                return
            async for row in store.export_all():
                sys.stdout.write(json.dumps(row, ensure_ascii=False, default=str) + "\n")

    _run(printed())


@app.command()
def doctor(
    config: Config = None,
    database: Database = None,
    unpark: Annotated[bool, typer.Option("--unpark", help="Try events again that were set aside.")] = False,
    as_json: AsJson = False,
) -> None:
    """Look whether everything is well: configuration, database, what was set aside, what the last day brought."""
    _run(_doctor(config, database, unpark=unpark, as_json=as_json))


async def _doctor(config: Path | None, database: Path | None, *, unpark: bool, as_json: bool) -> None:
    current = configuration.load(_config(config), os.environ)
    _, reader, who = build.models(lambda: current, os.environ)
    async with _visit(config, database) as store:
        again = await store.unpark() if unpark else 0
        parked = await store.parked()
        now = build.clock()
        counts = {space: asdict(each) for space, each in (await store.counts(now - timedelta(days=1), now)).items()}
        waiting = len(await store.open_conversations())
    found: dict[str, Any] = {
        "models": who,
        "offline": reader is None,
        "platforms": sorted(adapters(os.environ, build.clock)),
        "waiting": waiting,
        "parked": [asdict(each) for each in parked],
        "unparked": again,
        "last_day": counts,
    }
    if as_json:
        _print_json(found)
    else:
        out.print(who, markup=False)
        out.print(f"Platforms set up: {', '.join(found['platforms'])}", markup=False)
        out.print(f"Conversations with something to do: {waiting}; tried again now: {again}", markup=False)
        for each in parked:
            out.print(f"  set aside: {each}", markup=False)
        for space, day in counts.items():
            told = ", ".join(f"{what} {number}" for what, number in day.items() if number)
            out.print(f"  last day, {space}: {told}", markup=False)
    if parked:
        raise typer.Exit(FAULTY)


def _config(config: Path | None) -> Path:
    return config or build.config_directory(os.environ)


@asynccontextmanager
async def _visit(config: Path | None, database: Path | None) -> AsyncIterator[SqliteStore]:
    """The database, beside a bot that may be running."""
    if database is None:
        database = Path(configuration.load(_config(config), os.environ).settings.store.path)
    store = await SqliteStore.open(database, exclusive=False)
    try:
        yield store
    finally:
        await store.close()


def _print_json(what: object) -> None:
    sys.stdout.write(json.dumps(what, ensure_ascii=False, indent=2, default=_plain) + "\n")


def _plain(what: object) -> object:
    return what.isoformat() if isinstance(what, date) else str(what)


def _run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line. What is wrong is said in words, and the exit code tells whose fault it is."""
    logging.basicConfig(level=os.environ.get("FAIRWELL_LOG", "ERROR").upper(), stream=sys.stderr)
    try:
        app(arguments)
    except ConfigError as fault:
        err.print("The configuration cannot be used:", style="bold red")
        for line in fault.faults:
            err.print(f"  {line}", markup=False)
        sys.exit(UNUSABLE)
    except FairwellError as fault:
        err.print(str(fault), style="red", markup=False)
        sys.exit(FAULTY)


if __name__ == "__main__":
    main()

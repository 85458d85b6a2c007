"""A command for operators: rehearse. Scripted conversations with the models there are, before members have them."""

import asyncio
import json
import os
from collections import Counter
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Column, Table
from rich.text import Text

from bot import build, configuration
from bot.cli.options import FAULTY, AsJson, Config, directory
from bot.cli.screen import printable, tell, tell_json
from bot.configuration import Configuration
from bot.replay.passage import Broken
from bot.replay.rehearsal import Models, Rehearsed, Result, Run, playable, rehearse
from bot.replay.result import Terms, told
from bot.replay.script import Dialog, rehearsals

RUNS = 3  # of each script, since models differ from one time to the next
IN_ALL = {
    Result.PASSED: "passed",
    Result.FAILED: "failed",
    Result.NOT_JUDGED: "not judged, since a model failed",
    Result.NEEDS_A_MODEL: "not played, since they need a model",
}


def rehearsed(
    *,
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FILE]...", help="Scripts, or directories of them; else those in config/rehearsals."),
    ] = None,
    only: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Only this one; may be repeated.")] = None,
    runs: Annotated[int | None, typer.Option(min=1, help="Of each script; 3, or 1 without a model.")] = None,
    parallel: Annotated[int, typer.Option(min=1, help="Runs at once.")] = 4,
    texts: Annotated[bool, typer.Option("--texts", help="Have what was said in the result, too.")] = False,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the result into this file, as JSON.")] = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Play scripted conversations with the models that are set up: do boundaries and care hold?"""
    where = directory(config)
    current = configuration.load(where, os.environ)
    dialogs = _chosen(rehearsals(files or [where / "rehearsals"]), only or [])
    if out:
        out.open("a", encoding="utf-8").close()  # a path that is wrong is said before anything is spent
    found, terms, who = asyncio.run(_played(dialogs, current, runs, parallel))
    result = told(found, terms, texts=texts)
    if out:
        out.write_text(json.dumps(result, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    if as_json:
        tell_json(result)
    else:
        _show(found, who)
    if not result["passed"]:
        raise typer.Exit(FAULTY)


def _chosen(dialogs: Sequence[Dialog], only: Sequence[str]) -> Sequence[Dialog]:
    names = {name for dialog in dialogs for name in (dialog.name, dialog.name.rpartition("/")[2])}
    for name in only:
        if name not in names:
            raise typer.BadParameter(f"No rehearsal is called {name!r}.", param_hint="--only")
    return [each for each in dialogs if not only or {each.name, each.name.rpartition("/")[2]} & set(only)]


async def _played(
    dialogs: Sequence[Dialog], current: Configuration, runs: int | None, parallel: int
) -> tuple[Sequence[Rehearsed], Terms, str]:
    voice, reader, who = build.models(lambda: current, os.environ)
    models = Models(voice, reader)
    times = runs or (RUNS if reader else 1)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    try:
        with Progress(*columns, console=Console(stderr=True)) as progress:
            task = progress.add_task("rehearsing", total=times * sum(playable(each, models) for each in dialogs))

            def done(dialog: Dialog, run: Run) -> None:
                if run.result is not Result.PASSED:
                    progress.console.print(Text(printable(f"{dialog.name}: {run.result}")))
                progress.advance(task)

            found = await rehearse(dialogs, models, current, runs=times, parallel=parallel, done=done)
        used = voice.used()
    finally:
        await voice.close()
    terms = Terms(version("fairwell"), build.clock(), voice.name, reader.name if reader else "", current.version, used)
    return found, terms, who


def _show(found: Sequence[Rehearsed], who: str) -> None:
    tell(who)
    table = Table(Column("rehearsal", no_wrap=True), "passed", "what was not as expected", box=box.SIMPLE)
    for each in found:
        table.add_row(*(Text(printable(cell)) for cell in _row(each)))
    Console().print(table)
    tell(_in_all(found))


def _row(rehearsed: Rehearsed) -> tuple[str, str, str]:
    """Name, runs passed of those judged, and what was wrong, a line each."""
    name, runs = rehearsed.dialog.name, rehearsed.runs
    if rehearsed.result is Result.NEEDS_A_MODEL:
        return name, "-", "needs a model"
    unjudged = [run for run in runs if run.result is Result.NOT_JUDGED]
    failed = [run for run in runs if run.result is Result.FAILED]
    wrong = Counter((each.turn, each.expectation) for run in failed for each in _once(run))
    first = {(each.turn, each.expectation): each.what for run in reversed(failed) for each in reversed(run.broken)}
    lines = [
        f"turn {turn}, {expectation}, {times} of {len(runs)}: {first[turn, expectation]}"
        for (turn, expectation), times in sorted(wrong.items())
    ]
    if unjudged:
        lines.append(f"not judged, {len(unjudged)} of {len(runs)}: the model failed ({unjudged[0].faults[0]})")
    return name, f"{rehearsed.count(Result.PASSED)}/{len(runs) - len(unjudged)}", "\n".join(lines)


def _once(run: Run) -> Sequence[Broken]:
    """What a run did not meet, once for each turn and expectation."""
    return list({(each.turn, each.expectation): each for each in run.broken}.values())


def _in_all(found: Sequence[Rehearsed]) -> str:
    """ "25 in all: 20 passed, 1 failed, 4 not played, since they need a model." """
    counts = Counter(each.result for each in found)
    told = ", ".join(f"{counts[result]} {IN_ALL[result]}" for result in Result if counts[result])
    return f"{len(found)} in all: {told}."

"""Rehearsals: scripts played against the models there are, several times each, side by side."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory

from bot.configuration import Configuration
from bot.core import Bot
from bot.domain.conversation import Place
from bot.errors import ConfigError
from bot.ports import Reader, Voice
from bot.replay import turn, whole
from bot.replay.models import NotedReader, NotedVoice
from bot.replay.passage import Broken, Passage, passage, turns_in
from bot.replay.people import Deed, People
from bot.replay.script import Dialog, Line
from bot.replay.stage import SetClock, Stage
from bot.replay.whole import Whole
from bot.settings import durations
from bot.settings.faults import nearest
from bot.store.sqlite import SqliteStore

BETWEEN = timedelta(minutes=1)  # from one turn to the next
GRACE = 5.0  # seconds


@dataclass(frozen=True, slots=True)
class Models:
    """Who answers and who reads; reader None: the offline profile."""

    voice: Voice
    reader: Reader | None


class Result(StrEnum):
    """What came of a run, or of all runs of a script."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_JUDGED = "not judged"  # a model failed: that says nothing about what it decides
    NEEDS_A_MODEL = "needs a model"  # and there is none, so it was not played


@dataclass(frozen=True, slots=True)
class Run:
    """One playing of a script."""

    passages: tuple[Passage, ...]
    broken: tuple[Broken, ...]  # expectations
    faults: tuple[str, ...]  # of models

    @property
    def result(self) -> Result:
        """Passed, failed or not judged."""
        if self.faults:
            return Result.NOT_JUDGED
        return Result.FAILED if self.broken else Result.PASSED


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """All runs of one script; none if it needs a model, and there is none."""

    dialog: Dialog
    ladder: str  # the version that decided
    runs: tuple[Run, ...]

    @property
    def result(self) -> Result:
        """The worst of its runs'."""
        results = {run.result for run in self.runs}
        worst_first = (Result.FAILED, Result.NOT_JUDGED, Result.PASSED)
        return next((each for each in worst_first if each in results), Result.NEEDS_A_MODEL)

    def count(self, result: Result) -> int:
        """How many runs came to that."""
        return sum(run.result is result for run in self.runs)


def adjusted(configuration: Configuration, dialog: Dialog) -> Configuration:
    """The configuration with a script's own ladder, quota and country. Raises ConfigError: there is no such ladder."""
    settings = configuration.settings
    ladder = settings.ladders.get(dialog.ladder)
    if ladder is None:
        known = nearest(dialog.ladder, settings.ladders, "known here are")
        raise ConfigError([f'{dialog.name}: ladder: "{dialog.ladder}" is not in ladder.toml; {known}'])
    if dialog.endings_a_day is not None:
        ladder = replace(ladder, endings_a_day=dialog.endings_a_day)
    everywhere = replace(settings.everywhere, ladder=ladder, country=dialog.country)
    return replace(configuration, settings=replace(settings, everywhere=everywhere))


async def rehearse(
    dialogs: Sequence[Dialog],
    models: Models,
    configuration: Configuration,
    *,
    runs: int,
    parallel: int,
    done: Callable[[Dialog, Run], None],
) -> Sequence[Rehearsed]:
    """Play scripts `runs` times each, at most `parallel` at once.

    Out: in the order of `dialogs`; `done` is told of each run as it ends. Without a reading model, what needs one is
    left out. Raises ConfigError, StoreError.
    """
    room = asyncio.Semaphore(parallel)

    async def run(dialog: Dialog, own: Configuration) -> Run:
        async with room:
            played = await play(dialog, models, own)
        done(dialog, played)
        return played

    async def all_runs(dialog: Dialog, own: Configuration) -> Rehearsed:
        times = runs if playable(dialog, models) else 0
        played = await asyncio.gather(*(run(dialog, own) for _ in range(times)))
        return Rehearsed(dialog, own.settings.everywhere.ladder.version, tuple(played))

    settings = [adjusted(configuration, dialog) for dialog in dialogs]
    return await asyncio.gather(*map(all_runs, dialogs, settings))


def playable(dialog: Dialog, models: Models) -> bool:
    """Whether the models there are suffice for a script."""
    return dialog.profile != "claude" or models.reader is not None


async def play(dialog: Dialog, models: Models, configuration: Configuration) -> Run:
    """Play a script once: the real core, a store that is thrown away, a clock that moves by the script.

    In: what is in force for this script (`adjusted`). Raises StoreError.
    """
    faults: list[str] = []
    with TemporaryDirectory(prefix="fairwell-") as folder:
        store = await SqliteStore.open(Path(folder) / "rehearsal.db", exclusive=True)
        clock = SetClock()
        stage = Stage(clock)
        bot = Bot(
            store=store,
            voice=NotedVoice(models.voice, faults),
            reader=NotedReader(models.reader, faults) if models.reader else None,
            configuration=lambda: configuration,
            platforms={stage.name: stage},
            clock=clock,
        )
        try:
            playing = _Playing(dialog, bot, stage, clock)
            passages = [await playing.line(number, line) for number, line in enumerate(dialog.lines, start=1)]
        finally:
            await bot.stop(GRACE)
            await store.close()
    told = Whole(dialog.expect, passages, _apologies(configuration))
    broken = [fault for each in passages for fault in turn.broken(each)]
    return Run(tuple(passages), (*broken, *whole.broken(told)), tuple(dict.fromkeys(faults)))


class _Playing:
    """A script that is being played."""

    def __init__(self, dialog: Dialog, bot: Bot, stage: Stage, clock: SetClock) -> None:
        self._dialog, self._bot, self._stage, self._clock = dialog, bot, stage, clock
        self._people = People(Place(stage.name, "home", "lounge"))
        self._member, self._thread = "", "first"

    async def line(self, number: int, line: Line) -> Passage:
        """Let it happen. Out: what followed."""
        self._member, self._thread = line.member or self._member, line.branches or line.thread or self._thread
        if line.waits is not None:
            self._clock.wait(durations.parse(line.waits))
            return Passage(number=number, line=line, member=self._member, thread=self._thread)
        self._clock.wait(BETWEEN)
        store, before = self._bot.store, len(self._stage.performed)
        conversation = self._people.conversation(self._thread)
        turns = await turns_in(store, conversation)
        impossible = await self._happens(line)
        return await passage(
            store,
            number,
            line,
            member=(self._member, self._people.id_of(self._member)),
            thread=(self._thread, conversation),
            performed=self._stage.performed[before:],
            turns=turns,
            impossible=impossible,
        )

    async def _happens(self, line: Line) -> str:
        """Out: why it cannot, after what happened before; "" if it can."""
        late = durations.parse(line.late) if line.late else timedelta(0)
        deed = Deed.of(
            line, member=self._member, thread=self._thread, at=self._clock() - late, public=self._dialog.public
        )
        try:
            event = await self._people.event(deed, self._bot.store, self._stage.performed)
        except LookupError as nothing:
            return str(nothing)
        await self._bot.receive(event)
        await self._bot.settled()
        return ""


def _apologies(configuration: Configuration) -> tuple[str, ...]:
    """With which the bot begins where the main model failed, or would not answer, in all languages."""
    wording = configuration.wording
    own = (wording.words(language, Stage.name).talk.apology for language in wording.languages)
    return tuple(text for apology in own for text in (apology.outage, apology.declined))

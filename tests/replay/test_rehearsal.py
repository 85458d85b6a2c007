"""Playing rehearsals: time, what is not judged, and many at once."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.configuration import Configuration
from bot.domain.assessment import Reading
from bot.domain.usage import Usage
from bot.errors import ConfigError, LLMError, LLMRefused
from bot.llm.offline import OfflineLLM
from bot.ports import Brief
from bot.replay.rehearsal import Models, Rehearsed, Result, Run, adjusted, play, rehearse
from bot.replay.script import Dialog
from bot.replay.stage import BEGINNING
from tests.fakes.models import ScriptedReader, ScriptedVoice
from tests.replay.cases import models, script


def steps(run: Run) -> list[str]:
    """What was decided, turn by turn."""
    return [each.step or "-" for each in run.passages]


async def all_played(
    dialogs: Sequence[Dialog], asked: Models, configuration: Configuration, *, runs: int = 1, parallel: int = 4
) -> Sequence[Rehearsed]:
    return await rehearse(dialogs, asked, configuration, runs=runs, parallel=parallel, done=lambda *_: None)


async def test_a_minute_passes_between_turns_and_what_the_script_says(english: Configuration, tmp_path: Path) -> None:
    dialog = script(tmp_path, "no_care = true", "hello", "waits = '25 h'", "hello", "says = 'hello'\nlate = '5 min'")
    run = await play(dialog, models(), adjusted(english, dialog))
    said = [each.vetted.said - BEGINNING for each in run.passages if each.vetted]
    minute, second = timedelta(minutes=1), timedelta(seconds=1)
    for at, expected in zip(said, (minute, 25 * 60 * minute + 2 * minute, 25 * 60 * minute - 2 * minute), strict=True):
        assert timedelta(0) < at - expected < second


async def test_time_forgives_as_the_ladder_says(english: Configuration, tmp_path: Path) -> None:
    dialog = script(tmp_path, "must_not_warn = true", "insult", "insult", "waits = '25 h'", "insult", "insult")
    [rehearsed] = await all_played([dialog], models(), english)
    assert steps(rehearsed.runs[0]) == ["redirect", "redirect", "-", "redirect", "warn"]
    assert rehearsed.result is Result.FAILED


async def test_two_runs_are_alike_where_nothing_is_random(english: Configuration, tmp_path: Path) -> None:
    dialog = script(tmp_path, "must_end = true", "insult", "insult", "insult", "insult", "despair")
    asked = models()
    first, second = [await play(dialog, asked, adjusted(english, dialog)) for _ in range(2)]
    assert first == second


@pytest.mark.parametrize("fault", [LLMError("overloaded"), LLMRefused("it declines")])
async def test_a_reader_that_fails_is_not_judged_and_one_that_declines_is(
    english: Configuration, tmp_path: Path, fault: LLMError
) -> None:
    dialog = script(tmp_path, "must_end = true", "insult", "insult", "unreadable", "insult", "insult")
    asked = models()
    assert isinstance(asked.reader, ScriptedReader)
    asked.reader.readings["unreadable"] = fault
    [rehearsed] = await all_played([dialog], asked, english)
    assert steps(rehearsed.runs[0]) == ["redirect", "redirect", "answer", "warn", "end"]
    declined = isinstance(fault, LLMRefused)
    assert rehearsed.result is (Result.PASSED if declined else Result.NOT_JUDGED)
    assert rehearsed.runs[0].faults == (() if declined else ("scripted reader: overloaded",))


async def test_a_reader_that_is_late_is_not_judged(english: Configuration, tmp_path: Path) -> None:
    dialog = script(tmp_path, "must_not_end = true", "hello", "slow")
    llm = english.settings.llm.model_copy(update={"reader_timeout": timedelta(milliseconds=20)})
    hurried = replace(english, settings=replace(english.settings, llm=llm))
    asked = models()
    assert isinstance(asked.reader, ScriptedReader)
    asked.reader.waits["slow"] = asyncio.Event()
    [rehearsed] = await all_played([dialog], asked, hurried)
    assert rehearsed.runs[0].faults == ("scripted reader: no reading in time",)
    assert rehearsed.result is Result.NOT_JUDGED


@pytest.mark.parametrize(("said", "result"), [("insult", Result.NOT_JUDGED), ("hello", Result.NOT_JUDGED)])
async def test_a_main_model_that_fails_is_not_judged(
    english: Configuration, tmp_path: Path, said: str, result: Result
) -> None:
    asked = models()
    assert isinstance(asked.voice, ScriptedVoice)
    dialog = script(tmp_path, "must_not_end = true", "insult", "insult", "insult", said)
    asked.voice.faults[said] = LLMError("overloaded")
    [rehearsed] = await all_played([dialog], asked, english)
    assert rehearsed.result is result
    assert rehearsed.runs[0].faults == ("scripted voice: overloaded",)


async def test_fixed_words_for_a_step_are_no_failure(english: Configuration, tmp_path: Path) -> None:
    asked = models()
    assert isinstance(asked.voice, ScriptedVoice)
    assert asked.voice.words is None  # so it fails where it is asked for them
    [rehearsed] = await all_played([script(tmp_path, "must_end = true", *["insult"] * 4)], asked, english)
    assert any(brief.must_say for brief in asked.voice.asked)
    assert rehearsed.result is Result.PASSED


async def test_what_fails_once_does_not_hide_what_failed_in_another_run(english: Configuration, tmp_path: Path) -> None:
    class Tired(ScriptedReader):
        async def read(self, brief: Brief) -> Reading:
            if len(self.asked) == 1:
                self.asked.append(brief)
                raise LLMError("tired")
            return await super().read(brief)

    dialog = script(tmp_path, "must_end = true", "hello")
    [rehearsed] = await all_played([dialog], Models(ScriptedVoice(), Tired()), english, runs=3, parallel=1)
    assert [run.result for run in rehearsed.runs] == [Result.FAILED, Result.NOT_JUDGED, Result.FAILED]
    assert rehearsed.result is Result.FAILED


class Crowded(ScriptedReader):
    """Reads only once `room` conversations are being read at the same time."""

    def __init__(self, room: int) -> None:
        super().__init__()
        self.readings = dict(models().reader.readings)  # type: ignore[union-attr]
        self._room = room
        self._full = asyncio.Event()
        self._arrived = 0

    async def read(self, brief: Brief) -> Reading:
        """The reading, when all are there."""
        self._arrived += 1
        if self._arrived == self._room:
            self._full.set()
        await self._full.wait()
        return await super().read(brief)


async def test_no_more_are_played_at_once_than_allowed(english: Configuration, tmp_path: Path) -> None:
    class Counted(ScriptedVoice):
        """Counts the runs that have begun: each looks up the name of who answers, once."""

        begun = 0

        @property
        def name(self) -> str:  # type: ignore[override]
            self.begun += 1
            return "counted"

    dialog, voice, under_way = script(tmp_path, "no_care = true", "hello"), Counted(), list[int]()

    def done(dialog: Dialog, run: Run) -> None:
        under_way.append(voice.begun - len(under_way))

    models = Models(voice, Crowded(3))
    [rehearsed] = await rehearse([dialog], models, english, runs=7, parallel=3, done=done)
    assert rehearsed.count(Result.PASSED) == 7
    assert max(under_way) == 3  # and so many there were, or the first would wait for the others for ever


async def test_runs_do_not_mix(english: Configuration, tmp_path: Path) -> None:
    talks = {
        "ends": ("must_end = true", ("insult",) * 4),
        "cares": ("care_at = [2]", ("insult", "despair", "insult")),
        "talks": ("must_not_climb = true", ("hello", "hello", "hello")),
    }
    dialogs = [script(tmp_path, expect, *said, name=name) for name, (expect, said) in talks.items()]
    alone = {each.name: await play(each, models(), adjusted(english, each)) for each in dialogs}
    told: list[str] = []
    found = await rehearse(
        dialogs,
        Models(ScriptedVoice(), Crowded(9)),
        english,
        runs=3,
        parallel=9,
        done=lambda dialog, run: told.append(f"{dialog.name}: {run.result}"),
    )
    assert [each.dialog for each in found] == dialogs
    for each in found:
        assert each.runs == (alone[each.dialog.name],) * 3
    assert sorted(told) == sorted(f"{each.name}: passed" for each in dialogs for _ in range(3))


async def test_without_a_model_what_needs_one_is_left_out(english: Configuration, tmp_path: Path) -> None:
    needs = script(tmp_path, "must_end = true", "hello", name="needs")
    able = replace_profile(needs, "any")
    offline = Models(OfflineLLM(english.wording.stand_in), None)
    left_out, played = await all_played([needs, able], offline, english, runs=2)
    assert (left_out.result, left_out.runs) == (Result.NEEDS_A_MODEL, ())
    assert (played.result, len(played.runs)) == (Result.FAILED, 2)


def replace_profile(dialog: Dialog, profile: str) -> Dialog:
    """The same for another profile."""
    return dialog.model_copy(update={"profile": profile})


async def test_its_own_ladder_quota_and_country(english: Configuration, tmp_path: Path) -> None:
    head = 'ladder = "strict"\nendings_a_day = 0\ncountry = "CA"'
    dialog = script(tmp_path, "must_not_end = true", *["insult"] * 3, "says = 'despair'\nhears = ['9-8-8']", head=head)
    [rehearsed] = await all_played([dialog], models(), english)
    assert steps(rehearsed.runs[0]) == ["redirect", "warn", "redirect", "care"]
    assert rehearsed.result is Result.PASSED
    assert rehearsed.ladder.startswith("strict")


async def test_a_ladder_that_there_is_not_is_said_before_anything_is_played(
    english: Configuration, tmp_path: Path
) -> None:
    dialogs = [
        script(tmp_path, "no_care = true", "hello", name="fine"),
        script(tmp_path, "no_care = true", "hello", head='ladder = "strickt"', name="odd"),
    ]
    asked = models()
    with pytest.raises(ConfigError, match=r'odd: ladder: "strickt" is not in ladder\.toml; did you mean "strict"\?'):
        await all_played(dialogs, asked, english)
    assert isinstance(asked.reader, ScriptedReader)
    assert not asked.reader.asked


async def test_no_run_books_what_others_used(english: Configuration, tmp_path: Path) -> None:
    asked = models()
    assert isinstance(asked.voice, ScriptedVoice)
    asked.voice.usage = [Usage(space="home", member="rehearsal:ana", model="m", output=10**9, turns=10**6)]
    dialog = script(tmp_path, "answered_at_every_turn = true", "hello", "hello")
    [rehearsed] = await all_played([dialog], asked, english)
    assert rehearsed.result is Result.PASSED
    assert len(asked.voice.used()) == 1  # still to be added up


async def test_nothing_is_left_behind(english: Configuration, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(kept))
    await all_played([script(tmp_path, "no_care = true", "hello")], models(), english)
    assert list(kept.iterdir()) == []

"""The rehearsals that ship: without a model they hold as far as they can, and each of them can fail."""

from collections.abc import Mapping
from dataclasses import replace
from typing import cast

import pytest

from bot.assess.by_wording import WordingReader
from bot.configuration import Configuration
from bot.domain.assessment import Concern, Reading, Severity
from bot.llm.offline import OfflineLLM
from bot.ports import Brief
from bot.replay.rehearsal import Models, Result, adjusted, play, rehearse
from bot.replay.script import BROKEN, CIRCUMSTANCES, DEEDS, EXPECTED, Dialog, Expect, rehearsals
from tests.configs import SHIPPED
from tests.fakes.models import ScriptedVoice

DIALOGS = rehearsals([SHIPPED / "rehearsals"])


async def test_without_a_model_all_hold_that_the_wording_reader_can_meet(everything: Configuration) -> None:
    offline = Models(OfflineLLM(everything.wording.stand_in), None)
    found = await rehearse(DIALOGS, offline, everything, runs=1, parallel=4, done=lambda *_: None)
    broken = {each.dialog.name: each.runs[0].broken for each in found if each.result is Result.FAILED}
    assert broken == {}
    for each in found:
        expected = Result.PASSED if each.dialog.profile == "any" else Result.NEEDS_A_MODEL
        assert each.result is expected, each.dialog.name


def test_there_are_enough_of_every_kind_and_language() -> None:
    kinds: Mapping[str, int] = {
        "must_end": 6,
        "must_not_end": 8,
        "crisis": 4,
        "together": 2,
        "on_request": 2,
        "forgery": 2,
    }
    names = [dialog.name for dialog in DIALOGS]
    assert {name.partition("/")[0] for name in names} == kinds.keys()
    for kind, least in kinds.items():
        assert sum(name.startswith(f"{kind}/") for name in names) >= least
    assert len({dialog.title for dialog in DIALOGS}) == len(DIALOGS) >= 24


def test_the_readme_tells_every_word_of_the_format() -> None:
    readme = (SHIPPED / "rehearsals" / "README.md").read_text("utf-8")
    words = {*DEEDS, *CIRCUMSTANCES, *EXPECTED, *Expect.model_fields} - set(BROKEN)
    assert [word for word in words if f"`{word}" not in readme] == []


class Blind:
    """Reads nothing in anything; with `sees`, that in everything."""

    name = "blind"

    def __init__(self, *sees: Concern) -> None:
        self._reading = Reading(self.name, concerns=sees)

    async def read(self, brief: Brief) -> Reading:
        """Always the same."""
        return self._reading


class NoWords:
    """A wording reader that knows no phrase."""

    def read(self, text: str) -> Reading:
        """Nothing."""
        return Reading("wording")


@pytest.mark.parametrize("dialog", DIALOGS, ids=lambda dialog: dialog.name)
async def test_each_can_fail(dialog: Dialog, everything: Configuration) -> None:
    """Models that see nothing at all, and models that see abuse everywhere: one of them is found out."""
    deaf = cast("WordingReader", NoWords())
    own = adjusted(replace(everything, readers=dict.fromkeys(everything.readers, deaf)), dialog)
    results = [
        (await play(dialog, Models(ScriptedVoice(), reader), own)).result
        for reader in (Blind(), Blind(Concern("insult", Severity.SEVERE, sure=True)))
    ]
    assert Result.FAILED in results

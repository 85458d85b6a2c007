"""Every expectation, met and not met, by conversations that are really played."""

from dataclasses import replace
from pathlib import Path

import pytest

from bot.configuration import Configuration
from bot.domain.step import Step
from bot.errors import LLMRefused
from bot.replay import whole
from bot.replay.rehearsal import Run, adjusted, play
from bot.replay.script import Dialog, Expect
from bot.replay.whole import Whole
from tests.fakes.models import ScriptedVoice
from tests.replay.cases import models, script

ENDED = ("insult",) * 4
MEANT = (  # expectation, turns, the turns of the file at which it is not met
    ("must_end = true", ENDED, ()),
    ("must_end = true", ("insult",) * 3, (3,)),
    ("must_end = true", ("finish", "yes"), (2,)),
    ("must_not_end = true", ("insult",) * 3, ()),
    ("must_not_end = true", ENDED, (4,)),
    ("must_not_end = true", ("hello", "finish", "yes"), (3,)),
    ("must_warn_first = true", ENDED, ()),
    ("must_not_warn = true", ("insult",) * 2, ()),
    ("must_not_warn = true", ENDED, (3,)),
    ("must_not_climb = true", ("despair", "insult"), ()),
    ("must_not_climb = true", ("hello", "insult", "hello", "insult"), (2, 4)),
    ("must_not_climb = true", ("finish", "yes"), (2,)),
    ("care_at = [2, 3]", ("hello", "despair", "insult"), ()),
    ("care_at = [1, 2]", ("hello", "despair"), (1,)),
    ("care_by = 2", ("hello", "despair"), ()),
    ("care_by = 2", ("hello", "hello", "despair"), (2,)),
    ("no_care = true", ("hello", "insult"), ()),
    ("no_care = true", ("hello", "despair", "insult"), (2, 3)),
    ("no_care = true", ("hello", "edits = 1\ntext = 'despair'"), (2,)),
    ("never_mentions_ending = true", ("hello", "insult", "insult", "despair", "insult"), ()),
    ("never_mentions_ending = true", ENDED, (3, 4)),
    ("never_mentions_ending = true", ("finish", "no"), (1,)),
    ("never_mentions_ending_from = 4", ("insult", "insult", "insult", "despair", "insult"), ()),
    ("never_mentions_ending_from = 3", ("insult", "insult", "insult", "despair"), (3,)),
    ("ends_on_request = true", ("finish", "yes"), ()),
    ("ends_on_request = true", ("finish", "no", "hello"), (3,)),
    ("ends_on_request = true", ENDED, (4,)),
    ("answered_at_every_turn = true", ("hello", "waits = '2 h'", "insult", "despair"), ()),
    ("answered_at_every_turn = true", (*ENDED, "hello", "hello"), (6,)),  # the first is told how to start anew
    ("answered_at_every_turn = true", ("hello", "says = 'hello'\nlate = '2 days'"), (2,)),
    ("answered_at_every_turn = true", ("hello", "says = 'hello'\nto_bot = false"), ()),
    ("answered_at_every_turn = true", ("hello", "refused"), (2,)),
    ('moderators_called_for = ["ending", "risk"]', (*ENDED, "despair"), ()),
    ('moderators_called_for = ["ending", "risk"]', ("hello", "despair", "hello"), (3,)),
    ("moderators_called_for = []", ("hello", "insult"), ()),
    ("moderators_called_for = []", ("hello", "despair"), (2,)),
    ('only_member = "ana"', ("ben: hello", *(f"ana: {each}" for each in ENDED), "ben: hello"), ()),
    ('only_member = "ben"', ("ben: hello", *(f"ana: {each}" for each in ENDED)), (5,)),
    ('only_member = "ana"', ("ana: insult", *ENDED[1:], "ben: hello"), (5,)),  # it was hers alone, so all of it ended
)


async def played(dialog: Dialog, configuration: Configuration) -> Run:
    """One run."""
    asked = models()
    assert isinstance(asked.voice, ScriptedVoice)
    asked.voice.faults["refused"] = LLMRefused("told to decline")
    return await play(dialog, asked, adjusted(configuration, dialog))


@pytest.mark.parametrize(("expect", "said", "broken"), MEANT, ids=lambda each: str(each)[:60])
async def test_an_expectation_of_the_whole(
    english: Configuration, tmp_path: Path, expect: str, said: tuple[str, ...], broken: tuple[int, ...]
) -> None:
    run = await played(script(tmp_path, expect, *said), english)
    assert run.faults == ()
    assert [(each.turn, each.expectation) for each in run.broken] == [
        (turn, expect.split(maxsplit=1)[0]) for turn in broken
    ]


def test_every_expectation_is_tried_both_ways() -> None:
    for met in (True, False):
        tried = {expect.split()[0] for expect, _, broken in MEANT if met is not bool(broken)}
        assert Expect.model_fields.keys() - tried == (set() if met else {"must_warn_first"})  # that one: below


async def test_an_ending_without_the_steps_before_it(english: Configuration, tmp_path: Path) -> None:
    dialog = script(tmp_path, "must_warn_first = true", *ENDED)
    run = await played(dialog, english)

    def without(*numbers: int) -> list[str]:
        left = [each for each in run.passages if each.number not in numbers]
        return [f"{each.turn}: {each.what}" for each in whole.broken(Whole(dialog.expect, left))]

    assert without() == without(1) == without(2) == []
    assert without(3) == ["4: ended without a warning before"]
    assert without(1, 2) == ["4: ended without a redirection before the warning"]
    undelivered = [replace(each, performed=()) if each.step is Step.WARN else each for each in run.passages]
    [broken] = whole.broken(Whole(dialog.expect, undelivered))
    assert broken.what == "ended without a warning before"


async def test_the_gravest_may_go_without_a_redirection_and_then_this_expectation_says_so(
    english: Configuration, tmp_path: Path
) -> None:
    dialog = script(tmp_path, "must_warn_first = true", *["massacre"] * 3, head='ladder = "strict"')
    asked = models()
    assert isinstance(asked.voice, ScriptedVoice)
    asked.voice.confirms = False  # so it is spared once, which is a redirection, but comes after the warning
    run = await play(dialog, asked, adjusted(english, dialog))
    assert [each.step for each in run.passages] == [Step.WARN, Step.REDIRECT, Step.END]
    [broken] = run.broken
    assert (broken.turn, broken.what) == (3, "ended without a redirection before the warning")


async def test_a_warning_to_somebody_else_or_elsewhere_is_none(english: Configuration, tmp_path: Path) -> None:
    dialog = script(tmp_path, "must_warn_first = true", *ENDED)
    passages = (await played(dialog, english)).passages
    elsewhere = [replace(each, thread="second") if each.step is Step.WARN else each for each in passages]
    another = [replace(each, member="ben") if each.step is Step.WARN else each for each in passages]
    for told in (elsewhere, another):
        [broken] = whole.broken(Whole(dialog.expect, told))
        assert broken.what == "ended without a warning before"


async def test_an_ending_on_request_that_was_not_asked_about(english: Configuration, tmp_path: Path) -> None:
    dialog = script(tmp_path, "ends_on_request = true", "finish", "yes")
    run = await played(dialog, english)
    [broken] = whole.broken(Whole(dialog.expect, run.passages[1:]))
    assert (broken.turn, broken.what) == (2, "ended without asking first")


LINES = (  # a turn of its own, after "hello" and "insult": what it expects, and the word that is then not met
    ("says = 'insult'\nstep = 'redirect'", None),
    ("says = 'insult'\nstep = 'warn'", "step"),
    ("says = 'insult'\nreason = 'mild'", "reason"),
    ("says = 'finish'\nscope = 'part'", "scope"),
    ("says = 'insult'\nactions = ['say']\nhears = ['tone']\nnever = ['clos']\ncalls = ''\nending = ''", "hears"),
    ("says = 'hello'\nhears = ['answer to hello']", None),
    ("says = 'hello'\nnever = ['answer']", "never"),
    ("says = 'hello'\ntold = ['answer']", "told"),
    ("says = 'hello'\nactions = ['say', 'tell']", "actions"),
    ("says = 'despair'\ncalls = 'risk'", None),
    ("says = 'despair'\ncalls = ''", "calls"),
    ("says = 'hello'\ncalls = 'risk'", "calls"),
    ("says = 'insult'\nmarks = ['redirect', 'redirect']", None),
    ("says = 'hello'\nmarks = []", "marks"),
    ("says = 'hello'\nending = 'standing'", "ending"),
    ("says = 'hello'\nvotes = []", "votes"),
    ("judged = 'upheld'\nactions = []", "turn"),
    ("branches = 'second'\nstep = 'answer'", "turn"),
    ("edits = 7\ntext = 'x'\nactions = []", "turn"),
)


@pytest.mark.parametrize(("line", "broken"), LINES)
async def test_an_expectation_of_a_turn(english: Configuration, tmp_path: Path, line: str, broken: str | None) -> None:
    run = await played(script(tmp_path, "must_not_end = true", "hello", "insult", line), english)
    assert [(each.turn, each.expectation) for each in run.broken] == ([(3, broken)] if broken else [])


async def test_votes_and_verdicts_on_an_ending(english: Configuration, tmp_path: Path) -> None:
    verdict = "member = 'mod'\njudged = 'overturned'\nending = 'overturned'"
    shown = "actions = ['reopen_thread', 'say', 'show_verdict', 'show_verdict']"
    after = (
        "rates = 'unfair'\nvotes = ['unfair']",
        "appeals = 'please'\nending = 'appealed'\nvotes = ['fair']",
        f"{verdict}\n{shown}",
    )
    run = await played(script(tmp_path, "must_end = true", *ENDED, *after), english)
    assert [(each.turn, each.expectation) for each in run.broken] == [(6, "votes")]

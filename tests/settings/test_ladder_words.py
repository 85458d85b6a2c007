"""A ladder retold and drawn: what is said is what the ladder does."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given

from bot.boundary.ladder import Ladder
from bot.domain.assessment import Level, Severity
from bot.domain.step import Step
from bot.settings import load
from bot.settings.words import figure, in_words
from tests.settings.conftest import SHIPPED
from tests.strategies import ladders

DEFAULT = load(SHIPPED, {}).ladders["default"]
WORDS = """\
After 2 redirections and 1 warning that were delivered, new abuse ends the conversation, if the main model agrees; \
only serious or severe abuse counts.
For mass violence and sexual minors, it is after 1 redirection and 1 warning.
A step is forgiven after 5 clean turns or 24 hours without abuse.
After a sign of risk nobody is warned or ended for 24 hours, and from the level "active" on, for the rest of the \
thread. The whole card is shown again after 1 hour, and moderators are called again after 1 hour.
If others took part within 24 hours, the thread goes on for them. At most 20 endings a day in a space; moderators \
look at those beyond."""


def test_the_default_ladder_in_words() -> None:
    assert in_words(DEFAULT) == WORDS


def test_the_default_ladder_drawn() -> None:
    assert figure(DEFAULT).splitlines() == [
        "flowchart LR",
        '    answer(["answer"])',
        '    answer -->|"serious or severe abuse"| rung1["redirection 1"]',
        '    rung1 -->|"new abuse"| rung2["redirection 2"]',
        '    rung2 -->|"new abuse"| rung3["warning"]',
        '    rung3 -->|"new abuse, and the main model agrees"| ending(["end"])',
        '    rung3 -.->|"5 clean turns or 24 hours without abuse: one step back"| rung2',
        '    risk["any sign of risk"] ==> care(["care: nobody is warned or ended"])',
    ]


@given(ladders())
def test_a_figure_has_a_box_for_each_rung(ladder: Ladder) -> None:
    drawn = figure(ladder)
    times = dict(ladder.rungs(""))
    assert drawn.count('["redirection') == times[Step.REDIRECT]
    assert drawn.count('["warning') == times[Step.WARN]
    assert drawn == figure(replace(ladder))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"redirections": 7}, "After 7 redirections and 1 warning"),
        ({"warnings": 3}, "3 warnings that were delivered"),
        ({"redirections_gravest": 0}, "it is after 1 warning."),
        ({"gravest": frozenset()}, "No kind of concern needs fewer redirections"),
        ({"climbs_from": Severity.MILD}, "only any abuse counts"),
        ({"climbs_from": Severity.SEVERE}, "only severe abuse counts"),
        ({"forgive_turns": 1}, "after 1 clean turn or 24 hours"),
        ({"forgive_after": timedelta(hours=36)}, "5 clean turns or 36 hours"),
        ({"care_window": timedelta(days=3)}, "ended for 3 days"),
        ({"care_for_good_from": Level.PASSIVE}, 'from the level "passive" on'),
        ({"card_again_after": timedelta(minutes=5)}, "shown again after 5 minutes"),
        ({"call_again_after": timedelta(minutes=6)}, "called again after 6 minutes"),
        ({"company_within": timedelta(minutes=90)}, "took part within 90 minutes"),
        ({"endings_a_day": 1}, "At most 1 ending a day"),
        ({"endings_a_day": 0}, "No ending a day"),
    ],
)
def test_every_setting_is_said(change: dict[str, object], words: str) -> None:
    assert words in in_words(replace(DEFAULT, **change))  # type: ignore[arg-type]

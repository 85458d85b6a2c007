"""A ladder's version changes if and only if what it says changes."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.settings import load
from bot.settings.durations import spell
from bot.settings.ladders import body, ladder
from bot.settings.tables import LadderTable
from tests.settings.conftest import SHIPPED

GRAVEST = frozenset({"sexual_minors", "mass_violence"})
TABLE = {
    "redirections": 2,
    "redirections_gravest": 1,
    "warnings": 1,
    "climbs_from": "serious",
    "forgive_turns": 5,
    "forgive_after": "24 h",
    "care_window": "1 day",
    "care_for_good_from": "active",
    "card_again_after": "1 h",
    "call_again_after": "60 min",
    "company_within": "24 h",
    "endings_a_day": 20,
}

durations = st.integers(60, 525_600).map(lambda minutes: spell(timedelta(minutes=minutes)))  # up to a year


@st.composite
def tables(draw: st.DrawFn) -> dict[str, Any]:
    """A table of ladder.toml that is valid."""
    redirections = draw(st.integers(1, 20))
    return {
        "redirections": redirections,
        "redirections_gravest": draw(st.integers(0, redirections)),
        "warnings": draw(st.integers(1, 10)),
        "climbs_from": draw(st.sampled_from(["mild", "serious", "severe"])),
        "forgive_turns": draw(st.integers(1, 100)),
        "forgive_after": draw(durations),
        "care_window": draw(durations),
        "care_for_good_from": draw(st.sampled_from(["passive", "active", "violence", "imminent"])),
        "card_again_after": draw(durations),
        "call_again_after": draw(durations),
        "company_within": draw(durations),
        "endings_a_day": draw(st.integers(0, 100)),
    }


def version(table: dict[str, Any], gravest: frozenset[str] = GRAVEST) -> str:
    return ladder("any", LadderTable.model_validate(table), gravest).version


@given(tables(), tables(), st.sets(st.sampled_from(sorted(GRAVEST))), st.sets(st.sampled_from(sorted(GRAVEST))))
def test_two_versions_are_the_same_exactly_if_the_settings_are(
    one: dict[str, Any], other: dict[str, Any], gravest: set[str], others: set[str]
) -> None:
    same = LadderTable.model_validate(one) == LadderTable.model_validate(other) and gravest == others
    assert (version(one, frozenset(gravest)) == version(other, frozenset(others))) is same


@given(tables(), st.data())
def test_any_single_change_makes_a_new_version(table: dict[str, Any], data: st.DataObject) -> None:
    key = data.draw(st.sampled_from(sorted(table)))
    changed = {**table, key: data.draw(tables())[key]}
    assume(changed["redirections_gravest"] <= changed["redirections"])
    same = LadderTable.model_validate(table) == LadderTable.model_validate(changed)
    assert (version(table) == version(changed)) is same


def test_another_spelling_of_the_same_settings_is_the_same_version() -> None:
    again = dict(reversed({**TABLE, "forgive_after": "1440min", "care_window": "24 hours"}.items()))
    assert version(TABLE) == version(again)


def test_a_kind_that_becomes_gravest_makes_a_new_version() -> None:
    assert version(TABLE, GRAVEST) != version(TABLE, GRAVEST | {"slur"})


@pytest.mark.parametrize("name", ["default", "gentle", "strict"])
def test_a_version_begins_with_the_ladders_name(name: str) -> None:
    assert re.fullmatch(rf"{name}-[0-9a-f]{{8}}", load(SHIPPED, {}).ladders[name].version)


def test_the_body_is_json_that_tells_every_setting() -> None:
    told = json.loads(body(load(SHIPPED, {}).ladders["default"]))
    assert told["care_window"] == 86_400
    assert told["gravest"] == sorted(GRAVEST)
    assert set(told) == {*LadderTable.model_fields, "gravest"}

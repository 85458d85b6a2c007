"""Durations: what an operator writes is what is meant, and what is ambiguous is refused."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.settings.durations import parse, spell

SECONDS = {
    "s": 1,
    "sec": 1,
    "second": 1,
    "seconds": 1,
    "min": 60,
    "minute": 60,
    "minutes": 60,
    "h": 3600,
    "hour": 3600,
    "hours": 3600,
    "d": 86_400,
    "day": 86_400,
    "days": 86_400,
    "week": 604_800,
    "weeks": 604_800,
}


@given(st.integers(0, 999_999), st.sampled_from(sorted(SECONDS)), st.sampled_from(["", " ", "  "]))
def test_a_number_and_a_unit_are_that_long(count: int, unit: str, gap: str) -> None:
    assert parse(f"{count}{gap}{unit}").total_seconds() == count * SECONDS[unit]


@given(st.integers(0, 80_000_000).map(lambda seconds: timedelta(seconds=seconds)))
def test_what_is_spelled_parses_to_the_same_duration(duration: timedelta) -> None:
    count, unit = spell(duration).split()
    assert int(count) * timedelta(seconds=SECONDS[unit]) == duration


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 seconds"), (1, "1 second"), (90, "90 seconds"), (60, "1 minute"), (3600, "1 hour"), (86_400, "24 hours")],
)
def test_durations_are_spelled_in_the_largest_unit_that_fits(seconds: int, words: str) -> None:
    assert spell(timedelta(seconds=seconds)) == words


@given(st.text(max_size=12))
def test_any_other_text_is_refused_and_the_forms_named(text: str) -> None:
    number = text.strip().rstrip("abcdefghijklmnopqrstuvwxyz ")
    if number.isascii() and number.isdigit() and text.strip()[len(number) :].strip() in SECONDS:
        return
    with pytest.raises(ValueError, match='such as "30 s", "15 min", "24 h", "7 days"'):
        parse(text)


@pytest.mark.parametrize(
    "text", ["", "24", "h", "6 m", "1.5 h", "-1 h", "1 h 30 min", "24H", "٣ h", "1000000 s", "1 month"]
)
def test_what_could_mean_two_things_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must be a duration"):
        parse(text)

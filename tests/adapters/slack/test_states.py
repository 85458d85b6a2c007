"""The states of OAuth: ours, lately, once."""

from datetime import timedelta

import pytest

from adapters.slack.installs import states
from adapters.slack.installs.states import SignedStates
from tests.fakes.clock import SetClock

SECRET = "the client's secret"  # noqa: S105


async def test_each_is_taken_once() -> None:
    taking = SignedStates(SECRET, SetClock())
    first, second = await taking.async_issue(), await taking.async_issue()
    assert first != second
    assert [await taking.async_consume(each) for each in (first, second, first)] == [True, True, False]


@pytest.mark.parametrize(("seconds", "good"), [(states.LASTS - 2, True), (states.LASTS, False)])
async def test_it_is_good_for_ten_minutes(seconds: float, good: bool) -> None:
    clock = SetClock()
    taking = SignedStates(SECRET, clock)
    state = await taking.async_issue()
    clock.wait(timedelta(seconds=seconds))
    assert await taking.async_consume(state) is good


async def test_it_is_good_after_a_restart_and_at_nobody_elses() -> None:
    clock = SetClock()
    state = await SignedStates(SECRET, clock).async_issue()
    assert not await SignedStates("another", clock).async_consume(state)
    assert await SignedStates(SECRET, clock).async_consume(state)


@pytest.mark.parametrize("forged", ["", ".", "a.b", "9999999999.x.", "9999999999.x.äöü", "nan.x.y", "x" * 9_999])
async def test_a_forged_one_is_refused(forged: str) -> None:
    assert not await SignedStates(SECRET, SetClock()).async_consume(forged)


async def test_nobody_makes_it_last_longer() -> None:
    taking = SignedStates(SECRET, SetClock())
    over, random, signature = (await taking.async_issue()).split(".")
    assert not await taking.async_consume(f"{int(over) + 1}.{random}.{signature}")


async def test_what_was_used_is_forgotten_when_it_is_over_anyway() -> None:
    clock = SetClock()
    taking = SignedStates(SECRET, clock, most=3)
    issued = [await taking.async_issue() for _ in range(4)]
    assert [await taking.async_consume(each) for each in issued] == [True, True, True, False]
    clock.wait(timedelta(seconds=states.LASTS))
    assert await taking.async_consume(await taking.async_issue())

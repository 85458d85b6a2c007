"""Lanes take turns in the event loop: bot/lanes/steps.py."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from bot.lanes.local import LocalLanes
from bot.lanes.steps import Steps

MANY, HOPS = 50, 5


class Crowd:
    """Many pieces of work, each of `each` steps, that all wake at once. taken: by whom, in their order."""

    def __init__(self, each: int = 3) -> None:
        self.woken = asyncio.Event()
        self.taken: list[int] = []
        self._each = each

    async def work(self, number: int) -> int:
        """One of them."""
        await self.woken.wait()
        for _ in range(self._each):
            self.taken.append(number)
            await asyncio.sleep(0)
        return number


async def passes(number: int) -> None:
    """Let the event loop go round so many times."""
    for _ in range(number):
        await asyncio.sleep(0)


def begun(steps: Steps, crowd: Crowd) -> list[asyncio.Task[int]]:
    return [asyncio.create_task(steps.of(crowd.work(number))) for number in range(MANY)]


async def test_something_else_waits_for_one_step_at_each_of_its_own() -> None:
    crowd = Crowd()
    tasks = begun(Steps(), crowd)
    await passes(MANY + 5)
    crowd.woken.set()
    await passes(HOPS)
    assert len(crowd.taken) <= HOPS
    assert await asyncio.gather(*tasks) == list(range(MANY))


async def test_first_come_first_served() -> None:
    crowd = Crowd()
    tasks = begun(Steps(), crowd)
    await passes(MANY + 5)
    crowd.woken.set()
    await asyncio.gather(*tasks)
    assert crowd.taken == [*range(MANY)] * 3


async def test_nothing_is_done_while_they_rest() -> None:
    steps, crowd = Steps(), Crowd()
    tasks = begun(steps, crowd)
    await passes(MANY + 5)
    with steps.resting():
        crowd.woken.set()
        with steps.resting():
            await passes(2)
            before = len(crowd.taken)
        await passes(MANY)
        assert len(crowd.taken) == before <= 1
    assert await asyncio.gather(*tasks) == list(range(MANY))


async def test_a_rest_ends_whatever_happens_in_it() -> None:
    steps = Steps()
    with pytest.raises(ValueError, match="no matter"), steps.resting():
        raise ValueError("no matter")
    assert await steps.of(asyncio.sleep(0, "done")) == "done"


async def test_whoever_is_alone_waits_for_nobody() -> None:
    """One step in a pass is free: an idle bot is no slower."""
    done = asyncio.create_task(Steps().of(asyncio.sleep(0)))
    await passes(3)
    assert done.done()


async def test_what_goes_wrong_goes_through() -> None:
    async def fails() -> None:
        await asyncio.sleep(0)
        raise ValueError("told to fail")

    with pytest.raises(ValueError, match="told to fail"):
        await Steps().of(fails())


async def test_a_time_limit_holds_in_it() -> None:
    async def late() -> str:
        try:
            async with asyncio.timeout(0):
                await asyncio.Event().wait()
        except TimeoutError:
            return "late"
        return "in time"

    assert await Steps().of(late()) == "late"


@pytest.mark.parametrize("rests", [True, False])
async def test_it_can_be_cancelled_and_says_its_last_words(rests: bool) -> None:
    """Also while it waits for its turn; the others go on."""
    steps, crowd, left = Steps(), Crowd(), list[int]()

    async def work(number: int) -> None:
        try:
            await crowd.work(number)
        finally:
            left.append(number)

    tasks = [asyncio.create_task(steps.of(work(number))) for number in range(MANY)]
    await passes(MANY + 5)
    if rests:
        with steps.resting():
            crowd.woken.set()
            await passes(2)
            tasks[MANY - 1].cancel()
            await asyncio.wait([tasks[MANY - 1]])
    else:
        tasks[MANY - 1].cancel()
        await passes(2)
        crowd.woken.set()
    await asyncio.wait(tasks)
    assert left[0] == MANY - 1
    assert [task.cancelled() for task in tasks] == [False] * (MANY - 1) + [True]
    assert sorted(left) == list(range(MANY))


@pytest.fixture
async def lanes() -> Callable[[Callable[[int], Awaitable[object]]], Awaitable[LocalLanes]]:
    async def made(work: Callable[[int], Awaitable[object]]) -> LocalLanes:
        async def drain(conversation: str) -> None:
            await work(int(conversation))

        made = LocalLanes(drain, parallel=MANY, backoff=1)
        for number in range(MANY):
            await made.wake(str(number))
        await passes(MANY + 5)
        return made

    return made


async def test_lanes_take_turns(lanes: Callable[[Callable[[int], Awaitable[object]]], Awaitable[LocalLanes]]) -> None:
    crowd = Crowd()
    busy = await lanes(crowd.work)
    crowd.woken.set()
    await passes(HOPS)
    assert len(crowd.taken) <= HOPS
    with busy.resting():
        await passes(2)
        before = len(crowd.taken)
        await passes(HOPS)
        assert len(crowd.taken) == before
    await busy.settled()
    assert sorted(crowd.taken) == sorted([*range(MANY)] * 3)

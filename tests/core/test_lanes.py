"""Lanes: in order in a conversation, side by side across them, no wake-up lost, patient with what fails."""

import asyncio
from collections import defaultdict

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.errors import StoreError
from bot.lanes.local import LONGEST, LocalLanes


class Work:
    """What there is to do, by conversation; `drain` does it in as many steps as it is told to."""

    def __init__(self, steps: int = 3) -> None:
        self.steps = steps
        self.waiting: defaultdict[str, list[int]] = defaultdict(list)
        self.done: defaultdict[str, list[int]] = defaultdict(list)
        self.running: list[str] = []
        self.most = 0
        self.fails = 0
        self.rests: list[float] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def drain(self, conversation: str) -> None:
        assert conversation not in self.running, "drained twice at once"
        self.running.append(conversation)
        self.most = max(self.most, len(self.running))
        try:
            await self._drain(conversation)
        finally:
            self.running.remove(conversation)

    async def _drain(self, conversation: str) -> None:
        if self.fails:
            self.fails -= 1
            raise StoreError("told to fail")
        while self.waiting[conversation]:
            await self.gate.wait()
            for _ in range(self.steps):
                await asyncio.sleep(0)
            self.done[conversation].append(self.waiting[conversation].pop(0))

    async def sleep(self, seconds: float) -> None:
        self.rests.append(seconds)
        await asyncio.sleep(0)


async def breathe() -> None:
    """Let everybody else go on for a while."""
    for _ in range(10):
        await asyncio.sleep(0)


def lanes(work: Work, *, parallel: int = 100, backoff: float = 2.0) -> LocalLanes:
    return LocalLanes(work.drain, parallel=parallel, backoff=backoff, sleep=work.sleep)


@settings(max_examples=100, deadline=None)
@given(
    steps=st.integers(0, 4),
    parallel=st.integers(1, 4),
    wakes=st.lists(st.tuples(st.sampled_from("abcde"), st.integers(0, 6)), max_size=40),
)
def test_nothing_is_lost_and_the_order_is_kept(steps: int, parallel: int, wakes: list[tuple[str, int]]) -> None:
    async def whole() -> Work:
        work = Work(steps)
        under_test = lanes(work, parallel=parallel)
        for number, (conversation, pause) in enumerate(wakes):
            work.waiting[conversation].append(number)
            await under_test.wake(conversation)
            for _ in range(pause):  # so that a wake-up comes at any point of a drain, also at its very end
                await asyncio.sleep(0)
        await under_test.settled()
        assert under_test.busy == 0
        return work

    work = asyncio.run(whole())
    for conversation in "abcde":
        assert work.done[conversation] == [number for number, (each, _) in enumerate(wakes) if each == conversation]
    assert work.most <= parallel


async def test_a_wake_up_in_the_last_moment_of_a_drain_is_heard() -> None:
    drained: list[str] = []

    async def drain(conversation: str) -> None:
        drained.append(conversation)
        if len(drained) == 1:
            await under_test.wake(conversation)  # after this drain has looked for what there is to do

    under_test = LocalLanes(drain, parallel=1, backoff=1)
    await under_test.wake("c")
    await under_test.settled()
    assert drained == ["c", "c"]


async def test_conversations_run_side_by_side_up_to_the_limit() -> None:
    work = Work()
    work.gate.clear()
    under_test = lanes(work, parallel=3)
    for name in "abcde":
        work.waiting[name].append(0)
        await under_test.wake(name)
    await breathe()
    assert sorted(work.running) == ["a", "b", "c"]
    work.gate.set()
    await under_test.settled()
    assert {name: work.done[name] for name in "abcde"} == {name: [0] for name in "abcde"}
    assert work.most == 3


async def test_a_conversation_that_rests_makes_room_for_others() -> None:
    resting, go_on = asyncio.Event(), asyncio.Event()
    drained: list[str] = []

    async def drain(conversation: str) -> None:
        drained.append(conversation)
        if conversation == "faulty" and not go_on.is_set():
            raise StoreError("told to fail")

    async def sleep(_: float) -> None:
        resting.set()
        await go_on.wait()

    under_test = LocalLanes(drain, parallel=1, backoff=1, sleep=sleep)
    await under_test.wake("faulty")
    await resting.wait()
    await under_test.wake("well")
    await breathe()
    assert drained == ["faulty", "well"]
    go_on.set()
    await under_test.settled()
    assert drained == ["faulty", "well", "faulty"]


async def test_the_pause_between_tries_doubles_up_to_a_limit_and_begins_anew_after_a_success() -> None:
    work = Work()
    under_test = lanes(work, backoff=2.0)
    work.fails = 8
    await under_test.wake("c")
    await under_test.settled()
    assert work.rests == [2, 4, 8, 16, 32, LONGEST, LONGEST, LONGEST]
    work.fails = 1
    await under_test.wake("c")
    await under_test.settled()
    assert work.rests[8:] == [2]


async def test_a_base_above_the_limit_is_what_it_is() -> None:
    work = Work()
    under_test = lanes(work, backoff=300.0)
    work.fails = 2
    await under_test.wake("c")
    await under_test.settled()
    assert work.rests == [300, 300]


async def test_a_fault_of_any_kind_leaves_the_lane_alive() -> None:
    faults: list[Exception] = [KeyError("told to fail"), StoreError("told to fail")]
    drained: list[str] = []

    async def drain(conversation: str) -> None:
        if faults:
            raise faults.pop()
        drained.append(conversation)

    async def sleep(_: float) -> None:
        await asyncio.sleep(0)

    under_test = LocalLanes(drain, parallel=1, backoff=1, sleep=sleep)
    await under_test.wake("c")
    await under_test.settled()
    assert drained == ["c"]


async def test_what_is_under_way_may_finish_within_the_grace() -> None:
    work = Work()
    work.gate.clear()
    under_test = lanes(work)
    work.waiting["c"] += [0, 1]
    await under_test.wake("c")
    stopping = asyncio.create_task(under_test.stop(10))
    await breathe()
    assert not stopping.done()
    work.gate.set()
    await stopping
    assert work.done["c"] == [0, 1]
    await under_test.wake("c")
    assert under_test.busy == 0


async def test_what_is_not_finished_within_the_grace_is_cut_off() -> None:
    work = Work()
    work.gate.clear()
    under_test = lanes(work)
    work.waiting["c"].append(0)
    await under_test.wake("c")
    await asyncio.sleep(0)
    await under_test.stop(0)
    assert under_test.busy == 0
    assert work.running == []
    assert work.done["c"] == []


async def test_a_stop_waits_for_no_pause_and_for_nothing_that_has_not_begun() -> None:
    work = Work()
    work.gate.clear()
    for_ever = asyncio.Event()

    async def sleep(_: float) -> None:
        await for_ever.wait()

    under_test = LocalLanes(work.drain, parallel=1, backoff=1, sleep=sleep)
    work.fails = 1
    await under_test.wake("resting")
    await breathe()
    for name in ("running", "queued"):
        work.waiting[name].append(0)
        await under_test.wake(name)
    await breathe()
    stopping = asyncio.create_task(under_test.stop(3_600))
    work.gate.set()
    await asyncio.wait_for(stopping, 10)
    assert work.done["running"] == [0]
    assert work.done["queued"] == []

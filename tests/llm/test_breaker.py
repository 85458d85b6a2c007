"""A model that keeps failing is left alone for a while, and then looked at by one call."""

import asyncio
import logging

import pytest

from bot.errors import LLMError
from bot.llm.breaker import LONGEST, Breaker
from bot.llm.claude import Claude
from tests.llm.cases import BRIEF, TEXT, Heard, Seconds, echo, reads
from tests.llm.conftest import Make
from tests.servers.anthropic import Asked, Fails, Hush, Reply, Says, Server

AFTER, PAUSE = 3, 30.0  # failures, seconds
OUT = Fails(529, headers={"x-should-retry": "false"})


@pytest.fixture
def breaker(clock: Seconds) -> Breaker:
    return Breaker("a model", clock)


def fail(breaker: Breaker, times: int = AFTER) -> None:
    for _ in range(times):
        breaker.failed(AFTER, PAUSE)


def test_it_opens_after_so_many_failures_in_a_row(breaker: Breaker) -> None:
    for _ in range(AFTER):
        assert breaker.admits()
        breaker.failed(AFTER, PAUSE)
    assert not breaker.admits()


def test_an_answer_in_between_begins_the_count_anew(breaker: Breaker) -> None:
    fail(breaker, AFTER - 1)
    breaker.succeeded()
    fail(breaker, AFTER - 1)
    assert breaker.admits()
    fail(breaker, 1)
    assert not breaker.admits()


def test_after_the_pause_one_call_is_let_through(breaker: Breaker, clock: Seconds) -> None:
    fail(breaker)
    clock.at += PAUSE - 1
    assert not breaker.admits()
    clock.at += 1
    assert [breaker.admits() for _ in range(3)] == [True, False, False]


def test_a_call_that_is_answered_lets_all_others_through(breaker: Breaker, clock: Seconds) -> None:
    fail(breaker)
    clock.at += PAUSE
    assert breaker.admits()
    breaker.succeeded()
    assert breaker.admits()
    assert breaker.admits()
    fail(breaker, AFTER - 1)
    assert breaker.admits()  # it is as if nothing had been


def test_the_pause_doubles_up_to_a_limit(breaker: Breaker, clock: Seconds) -> None:
    fail(breaker)
    for times in (2, 4, 8, LONGEST, LONGEST):
        clock.at += PAUSE * LONGEST
        assert breaker.admits()
        breaker.failed(AFTER, PAUSE)
        clock.at += PAUSE * times - 1
        assert not breaker.admits()
        clock.at += 1
        assert breaker.admits()


def test_after_an_answer_the_pause_is_the_first_one_again(breaker: Breaker, clock: Seconds) -> None:
    fail(breaker)
    clock.at += PAUSE
    assert breaker.admits()
    fail(breaker, 1)
    clock.at += PAUSE * 2
    assert breaker.admits()
    breaker.succeeded()
    fail(breaker)
    clock.at += PAUSE
    assert breaker.admits()


def test_a_call_that_never_comes_back_does_not_wedge_it(breaker: Breaker, clock: Seconds) -> None:
    fail(breaker)
    for _ in range(3):
        clock.at += PAUSE
        assert breaker.admits()  # and nothing is heard of it again
        assert not breaker.admits()


def test_calls_that_fail_together_do_not_make_the_pause_longer(breaker: Breaker, clock: Seconds) -> None:
    """A hundred turns are under way when a model goes: that is one outage, and not a hundred."""
    fail(breaker, 100)
    clock.at += PAUSE
    assert breaker.admits()
    fail(breaker, 1)
    clock.at += PAUSE * 2
    assert breaker.admits()


def test_a_changed_setting_holds_at_once(breaker: Breaker, clock: Seconds) -> None:
    breaker.failed(1, 10.0)
    clock.at += 10
    assert breaker.admits()
    breaker.failed(1, 5.0)
    clock.at += 10
    assert breaker.admits()


def test_the_log_says_which_model_for_how_long_and_when_it_is_back(
    breaker: Breaker, clock: Seconds, caplog: pytest.LogCaptureFixture
) -> None:
    fail(breaker)
    clock.at += PAUSE
    breaker.admits()
    breaker.succeeded()
    breaker.succeeded()
    assert [(record.levelno, record.getMessage()) for record in caplog.records] == [
        (logging.ERROR, "a model failed 3 times in a row: not asked for 30 s"),
        (logging.WARNING, "a model answers again"),
    ]


async def answer(claude: Claude) -> str:
    return (await claude.answer(BRIEF, Heard())).text


async def opened(make: Make, server: Server, **settings: object) -> Claude:
    """One whose main model has failed as often as it may."""
    server.script += [OUT] * AFTER
    claude = make(break_after=AFTER, break_for=PAUSE, **settings)
    for _ in range(AFTER):
        with pytest.raises(LLMError, match="status 529"):
            await answer(claude)
    return claude


async def test_a_model_that_fails_is_not_asked_and_nobody_waits_for_it(make: Make, server: Server) -> None:
    claude = await opened(make, server)
    for _ in range(5):
        with pytest.raises(LLMError, match=r"^claude-sonnet-5-5 is left alone after failures$"):
            await answer(claude)
    assert len(server.asked) == AFTER


async def test_it_comes_back_with_the_first_answer(make: Make, server: Server, clock: Seconds) -> None:
    claude = await opened(make, server)
    clock.at += PAUSE
    server.script += [Says("There."), Says("Still there.")]
    assert [await answer(claude), await answer(claude)] == ["There.", "Still there."]


async def test_one_call_looks_whether_it_is_back_and_the_others_do_not_wait(
    make: Make, server: Server, clock: Seconds
) -> None:
    claude = await opened(make, server)
    clock.at += PAUSE
    gate = asyncio.Event()
    server.script.append(Says("There.", after=gate))
    looks = asyncio.create_task(answer(claude))
    await server.request(AFTER)
    with pytest.raises(LLMError, match="left alone"):
        await answer(claude)
    gate.set()
    assert await looks == "There."


async def test_a_look_that_fails_makes_the_pause_longer(make: Make, server: Server, clock: Seconds) -> None:
    claude = await opened(make, server)
    clock.at += PAUSE
    server.script += [OUT, Says("There.")]
    with pytest.raises(LLMError, match="status 529"):
        await answer(claude)
    clock.at += PAUSE
    with pytest.raises(LLMError, match="left alone"):
        await answer(claude)
    clock.at += PAUSE
    assert await answer(claude) == "There."


async def test_a_look_that_is_given_up_does_not_wedge_it(make: Make, server: Server, clock: Seconds) -> None:
    """The draft that happened to be the one is dropped, since the decision was another."""
    claude = await opened(make, server)
    clock.at += PAUSE
    server.script += [Says("Never.", after=Hush()), Says("There.")]
    looks = asyncio.create_task(answer(claude))
    asked = await server.request(AFTER)
    looks.cancel()
    await asyncio.gather(looks, return_exceptions=True)
    await asked.over.wait()
    clock.at += PAUSE
    assert await answer(claude) == "There."


async def test_all_that_fail_at_once_are_one_outage(make: Make, server: Server, clock: Seconds) -> None:
    gate = asyncio.Event()
    server.rule = lambda _: Says("Half", gate, stops=False)
    claude = make(break_after=AFTER, break_for=PAUSE, tries=1)
    turns = [asyncio.create_task(answer(claude)) for _ in range(20)]
    await server.request(19)
    gate.set()
    assert all(isinstance(each, LLMError) for each in await asyncio.gather(*turns, return_exceptions=True))
    clock.at += PAUSE
    server.rule = lambda _: Says("There.")
    assert await answer(claude) == "There."


async def test_each_model_has_its_own(make: Make, server: Server) -> None:
    def rule(asked: Asked) -> Reply:
        return OUT if "sonnet" in asked.body["model"] else reads(asked)

    server.rule = rule
    claude = make(break_after=1)
    with pytest.raises(LLMError, match="status 529"):
        await answer(claude)
    with pytest.raises(LLMError, match="left alone"):
        await answer(claude)
    assert (await claude.read(BRIEF)).read


@pytest.mark.parametrize("status", [400, 413, 422])
async def test_bad_requests_are_no_failures_of_the_model(make: Make, server: Server, status: int) -> None:
    server.rule = lambda _: echo(status)
    claude = make(break_after=1)
    for _ in range(3):
        with pytest.raises(LLMError, match=f"status {status}"):
            await answer(claude)


@pytest.mark.parametrize(
    "reply",
    [Says(), Says(" "), Says(TEXT, stop="refusal"), Says(TEXT, stop="pause_turn"), Says(TEXT, stop="odd")],
    ids=["empty", "blank", "refused", "paused", "odd"],
)
async def test_no_member_can_bring_a_model_down_for_the_others(make: Make, server: Server, reply: Says) -> None:
    """What a member can make a model say, or not say, does not count against it."""
    server.rule = lambda _: reply
    claude = make(break_after=1)
    for _ in range(3):
        with pytest.raises(LLMError, match=r"empty|declined|not whole"):
            await answer(claude)
    server.rule = lambda _: Says("There.")
    assert await answer(claude) == "There."

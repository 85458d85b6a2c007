"""The model that stands in where the main one fails: within the same deadline, and never for what was declined."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from bot.domain.conversation import Member, Turn
from bot.domain.decision import Decision
from bot.domain.standing import NEW
from bot.domain.step import Reason, Step
from bot.errors import LLMError, LLMRefused, LLMTooLarge
from bot.llm.claude import Claude
from bot.llm.tools import END
from bot.llm.vendor import moment
from tests.llm.cases import BRIEF, FOR_EVER, HALF, Heard, Late, LatePings, Passes, Seconds, Waits, discreet, echo, page
from tests.llm.conftest import Make
from tests.servers.anthropic import Asked, Broken, Call, Cut, Fails, Reply, Says, Server

MAIN, OTHER = "claude-sonnet-5-5", "claude-opus-5-5"
OUT = Fails(529, headers={"x-should-retry": "false"})


def main_says(reply: Reply, other: Reply | None = None) -> Callable[[Asked], Reply]:
    """A rule: what the main model does, and the other one."""
    return lambda asked: reply if asked.body["model"] == MAIN else other or Says("I stand in.")


def models(server: Server) -> list[str]:
    """Who was asked."""
    return [asked.body["model"] for asked in server.asked]


FAULTS: dict[str, tuple[Reply, int]] = {  # and how often the main model is asked first
    "401": (echo(401), 1),
    "404": (echo(404), 1),
    "429, later": (echo(429, retry_after="3600"), 1),
    "429": (echo(429), 3),
    "500": (echo(500), 3),
    "503": (page(503), 3),
    "529": (echo(529), 3),
    "400": (echo(400), 4),
    "a cut": (Says(HALF, Cut()), 3),
    "half a stream": (Says(HALF, stops=False), 3),
    "an error in a stream": (Says(HALF, Broken("overloaded_error")), 3),
    "a pause": (Says(HALF, stop="pause_turn"), 1),
    "an empty answer": (Says(), 3),
    "a blank answer": (Says(" "), 1),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_it_answers_where_the_main_model_fails(make: Make, server: Server, waits: Waits, fault: str) -> None:
    reply, tries = FAULTS[fault]
    server.rule, heard = main_says(reply), Heard()
    written = await make(fallback=OTHER).answer(BRIEF, heard)
    assert written.text == "I stand in."
    assert models(server) == [MAIN] * tries + [OTHER]
    assert heard.texts[-1] == "I stand in."
    assert set(heard.texts[:-1]) <= {HALF, ""}
    assert len(waits.seconds) == (tries - 1 if tries < 4 else 0)
    main, other = server.asked[0].body, server.asked[-1].body
    assert other | {"model": MAIN} == main  # it is told the same


@pytest.mark.parametrize("stall", [Says(after=Late()), Says(HALF, Late()), Says(HALF, LatePings())])
async def test_it_answers_where_the_main_model_hangs(make: Make, server: Server, stall: Reply) -> None:
    server.rule = main_says(stall)
    written = await make(fallback=OTHER).answer(BRIEF, Heard())
    assert written.text == "I stand in."


async def test_nobody_waits_for_a_main_model_that_is_left_alone(make: Make, server: Server, clock: Seconds) -> None:
    server.rule = main_says(OUT)
    claude = make(fallback=OTHER, break_after=2, break_for=30.0)
    for _ in range(4):
        assert (await claude.answer(BRIEF, Heard())).text == "I stand in."
    assert models(server) == [MAIN, OTHER, MAIN, OTHER, OTHER, OTHER]
    clock.at += 30
    server.rule = lambda _: Says("I am back.")
    assert (await claude.answer(BRIEF, Heard())).text == "I am back."
    assert models(server)[-1] == MAIN


async def test_after_the_deadline_nobody_stands_in(make: Make, server: Server) -> None:
    server.rule = main_says(Says(HALF, Late()))
    claude = make(fallback=OTHER, break_after=1, piece_timeout=FOR_EVER)
    with pytest.raises(LLMError, match=r"^no whole answer in time$"):
        await claude.answer(BRIEF, Heard())
    assert models(server) == [MAIN]
    assert (await claude.answer(BRIEF, Heard())).text == "I stand in."  # the other one is not to blame


async def test_it_has_what_is_left_of_the_time(make: Make, server: Server) -> None:
    server.rule, began = main_says(Says(Passes(50), HALF, Cut()), Says(HALF, Late())), moment(0)
    with pytest.raises(LLMError, match=r"^no whole answer in time$"):
        await make(fallback=OTHER, piece_timeout=FOR_EVER, tries=1).answer(BRIEF, Heard())
    assert models(server) == [MAIN, OTHER]
    assert moment(0) - began < 50 + 50  # seconds; both together have ninety


@pytest.mark.parametrize("refusal", [Says(HALF, stop="refusal"), Says(stop="refusal")])
async def test_what_is_declined_is_asked_of_nobody_else(make: Make, server: Server, refusal: Reply) -> None:
    server.rule = main_says(refusal)
    with pytest.raises(LLMRefused):
        await make(fallback=OTHER).answer(BRIEF, Heard())
    assert models(server) == [MAIN]


async def test_nor_is_what_is_too_large(make: Make, server: Server) -> None:
    server.rule = main_says(echo(413))
    with pytest.raises(LLMTooLarge):
        await make(fallback=OTHER).answer(BRIEF, Heard())
    assert models(server) == [MAIN]


async def test_where_it_fails_too_there_is_no_answer(make: Make, server: Server) -> None:
    server.rule = main_says(OUT, echo(500, x_should_retry="false"))
    claude = make(fallback=OTHER, break_after=1)
    with pytest.raises(LLMError, match="InternalServerError, status 500") as caught:
        await claude.answer(BRIEF, Heard())
    assert discreet(caught.value)
    with pytest.raises(LLMError, match=f"^{OTHER} is left alone"):
        await claude.answer(BRIEF, Heard())
    assert models(server) == [MAIN, OTHER]


@pytest.mark.parametrize("fallback", ["", MAIN])
async def test_where_there_is_none_a_fault_is_a_fault(make: Make, server: Server, fallback: str) -> None:
    server.rule = main_says(OUT)
    with pytest.raises(LLMError, match="status 529"):
        await make(fallback=fallback).answer(BRIEF, Heard())
    assert models(server) == [MAIN]


async def test_it_words_a_step(make: Make, server: Server) -> None:
    server.rule = main_says(OUT)
    warned = replace(BRIEF, decision=Decision(Step.WARN, Reason.CONCERN, NEW, "v1", 1))
    assert (await make(fallback=OTHER).answer(warned, Heard())).text == "I stand in."


async def test_it_sums_up(make: Make, server: Server) -> None:
    server.rule = main_says(OUT, Says("They met."))
    history = (Turn(1, Member("ana"), "hi"),)
    assert await make(fallback=OTHER).summarise(replace(BRIEF, history=history)) == "They met."


@pytest.mark.parametrize("asks", [lambda claude: claude.read(BRIEF), lambda claude: claude.confirm_ending(BRIEF)])
async def test_it_neither_reads_nor_confirms(
    make: Make, server: Server, asks: Callable[[Claude], Awaitable[object]]
) -> None:
    """Whether something climbs or ends is for the models that were chosen for it."""
    server.rule = lambda asked: OUT if asked.body["model"] != OTHER else Says(Call(END))
    with pytest.raises(LLMError, match="status 529"):
        await asks(make(fallback=OTHER))
    assert OTHER not in models(server)


async def test_the_log_says_who_stands_in_for_what_fault(
    make: Make, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    server.rule = main_says(echo(529, x_should_retry="false"))
    await make(fallback=OTHER).answer(BRIEF, Heard())
    said = [record.getMessage() for record in caplog.records]
    assert said == [f"{OTHER} stands in: OverloadedError, status 529, overloaded_error, req_0"]

"""What goes wrong before a reply begins has one outcome each: tried again or not, counted or not, nothing quoted."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import pytest

from bot.errors import LLMError, LLMTooLarge
from bot.llm.claude import Claude
from tests.llm.cases import BRIEF, FOR_EVER, Heard, Late, Waits, discreet, echo, page, skip
from tests.llm.conftest import Make
from tests.servers.anthropic import Cut, Fails, Raw, Reply, Says, Server

Ask = Callable[[Claude], Awaitable[object]]


async def streamed(claude: Claude) -> str:
    """An answer."""
    return (await claude.answer(BRIEF, Heard())).text


async def whole(claude: Claude) -> str:
    """Something that is not shown as it grows."""
    return await claude.summarise(BRIEF)


@dataclass(frozen=True)
class Outcome:
    """What becomes of a fault that comes every time.

    said     what the error says
    tries    how often it is asked
    waits    the pauses between that, in seconds; None: they are ours, and grow
    counted  whether the breaker counts it
    """

    reply: Reply
    said: str
    tries: int = 1
    waits: Sequence[float] | None = ()
    counted: bool = True


FAULTS = {
    "401": Outcome(echo(401), "AuthenticationError, status 401, authentication_error, req_0"),
    "402": Outcome(echo(402), "status 402, billing_error, req_0"),
    "no credit": Outcome(
        Fails(400, "Your credit balance is too low to access the API."), "BadRequestError, status 400"
    ),
    "403": Outcome(echo(403), "PermissionDeniedError, status 403, permission_error, req_0"),
    "403, told to try again": Outcome(echo(403, x_should_retry="true"), "status 403, permission_error, req_2", 3, None),
    "404": Outcome(echo(404), "NotFoundError, status 404, not_found_error, req_0"),
    "413": Outcome(echo(413), "ContentTooLargeError, status 413, request_too_large, req_0", counted=False),
    "a prompt that is too long": Outcome(
        Fails(400, "prompt is too long: 200001 tokens > 200000 maximum"), "BadRequestError, status 400", counted=False
    ),
    "408": Outcome(echo(408), "status 408, api_error, req_2", 3, None),
    "409": Outcome(echo(409), "ConflictError, status 409, api_error, req_2", 3, None),
    "429": Outcome(echo(429), "RateLimitError, status 429, rate_limit_error, req_2", 3, None),
    "429, in a moment": Outcome(echo(429, retry_after="7"), "status 429, rate_limit_error, req_2", 3, [7.0, 7.0]),
    "429, in milliseconds": Outcome(echo(429, retry_after_ms="70"), "RateLimitError, status 429", 3, [0.07, 0.07]),
    "429, at once": Outcome(echo(429, retry_after="0"), "RateLimitError, status 429", 3, [0.0, 0.0]),
    "429, before now": Outcome(echo(429, retry_after="-5"), "RateLimitError, status 429", 3, [0.0, 0.0]),
    "429, at a date": Outcome(echo(429, retry_after="Sat, 21 Nov 2026 10:00:00 GMT"), "status 429", 3, None),
    "429, too late": Outcome(echo(429, retry_after="3600"), "RateLimitError, status 429, rate_limit_error, req_0"),
    "429, never": Outcome(echo(429, retry_after="inf"), "RateLimitError, status 429, rate_limit_error, req_0"),
    "429, told not to": Outcome(echo(429, x_should_retry="false"), "RateLimitError, status 429"),
    "500": Outcome(echo(500), "InternalServerError, status 500, api_error, req_2", 3, None),
    "500, told not to": Outcome(echo(500, x_should_retry="false"), "InternalServerError, status 500"),
    "500, in a stream": Outcome(Fails(500, "an error in the stream"), "status 500, api_error, req_2", 3, None),
    "503, not supported": Outcome(Fails(503, "not supported right now"), "status 503, api_error, req_2", 3, None),
    "502, a page": Outcome(page(502), "InternalServerError, status 502$", 3, None),
    "503, a page": Outcome(page(503), "ServiceUnavailableError, status 503$", 3, None),
    "504": Outcome(echo(504), "status 504, timeout_error, req_2", 3, None),
    "529": Outcome(echo(529), "OverloadedError, status 529, overloaded_error, req_2", 3, None),
    "529, in a moment": Outcome(echo(529, retry_after="1.5"), "OverloadedError, status 529", 3, [1.5, 1.5]),
    "no JSON": Outcome(Raw("{oh"), "the reply is no message", 3, None),
    "other JSON": Outcome(Raw('{"text": "hello"}'), "the reply is no message", 3, None),
    "a list": Outcome(Raw("[]"), "the reply is no message", 3, None),
}
WHOLE_FAULTS = {
    "a page": Outcome(Raw("<p>hello</p>", "text/html"), "the reply is no message", 3, None),
    "a cut": Outcome(Says(Cut()), "APIConnectionError", 3, None),
}


def ours(waits: Sequence[float]) -> bool:
    """Whether these pauses are drawn as they should be: each from twice as much as the one before."""
    return all(0 <= wait <= 0.5 * 2**number for number, wait in enumerate(waits))


async def holds(ask: Ask, make: Make, server: Server, waits: Waits, outcome: Outcome) -> None:
    """Put an outcome to the test."""
    server.script += [outcome.reply] * outcome.tries
    claude = make(break_after=1)
    with pytest.raises(LLMError, match=outcome.said) as caught:
        await ask(claude)
    assert discreet(caught.value)
    assert (len(server.asked), len(server.script)) == (outcome.tries, 0)
    if outcome.waits is None:
        assert len(waits.seconds) == outcome.tries - 1
        assert ours(waits.seconds)
    else:
        assert waits.seconds == list(outcome.waits)
    server.script.append(Says("There."))
    if outcome.counted:
        with pytest.raises(LLMError, match="claude-sonnet-5-5 is left alone after failures"):
            await ask(claude)
        assert len(server.asked) == outcome.tries
    else:
        assert await ask(claude) == "There."


@pytest.mark.parametrize("fault", FAULTS)
async def test_what_becomes_of_a_fault_before_a_stream_begins(
    make: Make, server: Server, waits: Waits, fault: str
) -> None:
    await holds(streamed, make, server, waits, FAULTS[fault])


@pytest.mark.parametrize("fault", FAULTS | WHOLE_FAULTS)
async def test_what_becomes_of_a_fault_of_a_whole_reply(make: Make, server: Server, waits: Waits, fault: str) -> None:
    await holds(whole, make, server, waits, (FAULTS | WHOLE_FAULTS)[fault])


@pytest.mark.parametrize("status", [400, 405, 415, 422, 501])
async def test_a_refused_request_is_put_more_simply_and_neither_tried_again_nor_counted(
    make: Make, server: Server, waits: Waits, status: int
) -> None:
    server.rule = lambda _: echo(status)
    claude = make(break_after=1)
    with pytest.raises(LLMError, match=f"status {status}") as caught:
        await streamed(claude)
    assert discreet(caught.value)
    assert len(server.asked) == 4  # as it is, without tools, without caching, without a stream
    server.rule = lambda _: Says("There.")
    assert await streamed(claude) == "There."
    assert waits.seconds == []
    assert server.asked[-1].body.keys() == server.asked[0].body.keys()  # nothing was learnt from it


@pytest.mark.parametrize("ask", [streamed, whole])
@pytest.mark.parametrize("fault", [name for name, outcome in FAULTS.items() if outcome.tries > 1])
async def test_what_passes_is_over_after_another_try(make: Make, server: Server, ask: Ask, fault: str) -> None:
    server.script += [FAULTS[fault].reply, FAULTS[fault].reply, Says("There.")]
    claude = make(break_after=1)
    assert await ask(claude) == "There."
    server.script.append(Says("Still there."))
    assert await ask(claude) == "Still there."


@pytest.mark.parametrize("tries", [1, 2, 5])
async def test_a_call_is_tried_as_often_as_is_set(make: Make, server: Server, waits: Waits, tries: int) -> None:
    server.rule = lambda _: echo(529)
    with pytest.raises(LLMError):
        await streamed(make(tries=tries))
    assert len(server.asked) == tries
    assert len(waits.seconds) == tries - 1


async def test_the_pauses_are_not_all_alike(make: Make, server: Server, waits: Waits) -> None:
    """Many turns that fail at the same moment do not come back at the same moment."""
    server.rule = lambda _: echo(529)
    with pytest.raises(LLMError):
        await streamed(make(tries=10))
    assert len(set(waits.seconds)) == 9
    assert max(waits.seconds) <= 8


@pytest.mark.parametrize("ask", [streamed, whole])
async def test_no_server_is_a_fault_like_any_other(make: Make, server: Server, waits: Waits, ask: Ask) -> None:
    claude = make(break_after=1)
    await server.close()
    with pytest.raises(LLMError, match=r"^APIConnectionError$"):
        await ask(claude)
    assert len(waits.seconds) == 2
    with pytest.raises(LLMError, match="left alone"):
        await ask(claude)


async def test_a_stream_that_does_not_begin_is_tried_again_and_counted(
    make: Make, server: Server, waits: Waits
) -> None:
    server.script += [Says(after=Late())] * 3
    claude = make(break_after=1)
    with pytest.raises(LLMError, match=r"^APITimeoutError$"):
        await streamed(claude)
    assert (len(server.asked), len(waits.seconds)) == (3, 2)
    with pytest.raises(LLMError, match="left alone"):
        await streamed(claude)


@pytest.mark.parametrize("ask", [streamed, whole])
async def test_what_does_not_come_in_time_is_hung_up_on_and_counted(make: Make, server: Server, ask: Ask) -> None:
    server.script += [Says("Late.", after=Late())]
    claude = make(break_after=1, piece_timeout=FOR_EVER)
    with pytest.raises(LLMError, match=r"^no whole answer in time$"):
        await ask(claude)
    await server.asked[0].over.wait()
    assert server.asked[0].dropped
    with pytest.raises(LLMError, match="left alone"):
        await ask(claude)


async def test_waiting_for_a_connection_is_no_fault_of_the_vendor(make: Make, server: Server) -> None:
    """When more turns are under way than there are connections, the rest wait their turn."""
    gate = asyncio.Event()
    server.script += [Says("First.", after=gate), Says("Second.")]
    claude = make(connections_at_most=1, break_after=1, tries=1)
    first = asyncio.create_task(whole(claude))
    await server.request(0)
    second = asyncio.create_task(streamed(claude))
    for _ in range(100):
        await asyncio.sleep(0)  # until it waits for the one connection
    skip(25)  # seconds; between two pieces there may be twenty
    for _ in range(100):
        await asyncio.sleep(0)
    gate.set()
    assert [await first, await second] == ["First.", "Second."]


async def test_a_request_that_is_too_large_is_known_as_such(make: Make, server: Server) -> None:
    server.rule = lambda _: echo(413)
    with pytest.raises(LLMTooLarge):
        await whole(make())

"""How the local Messages API fails on demand, and what the real SDK makes of it."""

import asyncio
import json
from typing import Any

import anthropic
import httpx2
import pytest

from tests.servers.anthropic import (
    Broken,
    Bytes,
    Call,
    Cut,
    Fails,
    Hush,
    Pings,
    Raw,
    Reply,
    Says,
    Server,
)
from tests.servers.asks import TOOL
from tests.servers.conftest import ASKS, Connect, Line

TOOLS = {"tools": [TOOL]}


STATUSES: dict[int, tuple[type[anthropic.APIStatusError], str]] = {
    400: (anthropic.BadRequestError, "invalid_request_error"),
    401: (anthropic.AuthenticationError, "authentication_error"),
    402: (anthropic.PaymentRequiredError, "billing_error"),
    403: (anthropic.PermissionDeniedError, "permission_error"),
    404: (anthropic.NotFoundError, "not_found_error"),
    413: (anthropic.RequestTooLargeError, "request_too_large"),
    429: (anthropic.RateLimitError, "rate_limit_error"),
    500: (anthropic.InternalServerError, "api_error"),
    503: (anthropic.ServiceUnavailableError, "api_error"),
    504: (anthropic.GatewayTimeoutError, "timeout_error"),
    529: (anthropic.OverloadedError, "overloaded_error"),
}


@pytest.mark.parametrize("status", STATUSES)
async def test_it_fails_as_the_vendor_does(line: Line, status: int) -> None:
    error, kind = STATUSES[status]
    line.server.script += [Fails(status, "no"), Fails(status, "no")]
    for number, ask in enumerate((line.ask, line.stream)):
        with pytest.raises(error) as caught:
            await ask()
        fault = caught.value
        assert (fault.status_code, fault.type, fault.api_message) == (status, kind, "no")
        assert fault.request_id == f"req_{number}"
    assert [asked.usage for asked in line.server.asked] == [None, None]
    assert line.server.faults == []


@pytest.mark.parametrize("after", [None, "1", "31536000"])
async def test_a_limit_says_when_to_come_again_or_does_not(line: Line, after: str | None) -> None:
    line.server.script.append(Fails(429, headers={"retry-after": after} if after else {}))
    with pytest.raises(anthropic.RateLimitError) as caught:
        await line.ask()
    assert caught.value.response.headers.get("retry-after") == after


async def test_the_sdk_tries_again_and_finds_the_next_reply(line: Line) -> None:
    line.server.script += [Fails(529, headers={"retry-after-ms": "1"}), Says("There.")]
    told = await line.client.with_options(max_retries=1).messages.create(**ASKS)
    assert told.content[0].text == "There."
    assert [asked.headers["x-stainless-retry-count"] for asked in line.server.asked] == ["0", "1"]


@pytest.mark.parametrize("status", [502, 503])
async def test_a_gateway_answers_with_a_page(line: Line, status: int) -> None:
    line.server.script.append(Fails(status, html="<h1>Bad Gateway</h1>"))
    with pytest.raises(anthropic.InternalServerError) as caught:
        await line.ask()
    fault = caught.value
    assert (fault.status_code, fault.type, fault.request_id) == (status, None, None)
    assert fault.body == "<h1>Bad Gateway</h1>"
    assert fault.response.headers["content-type"].startswith("text/html")


async def test_nothing_comes_until_the_client_gives_up(line: Line) -> None:
    line.server.script.append(Says("Never.", after=Hush()))
    with pytest.raises(anthropic.APITimeoutError):
        await line.client.messages.create(**ASKS, timeout=0.05)
    await line.server.asked[0].over.wait()
    assert line.server.asked[0].dropped
    assert line.server.asked[0].usage is None


@pytest.mark.parametrize("stall", [Hush(), Pings()])
async def test_it_stalls_in_the_middle(line: Line, stall: Hush | Pings) -> None:
    line.server.script.append(Says("Half", stall))
    stream = await line.client.messages.create(**ASKS, stream=True)
    seen = [(await anext(stream)).type for _ in range(3)]
    assert seen == ["message_start", "content_block_start", "content_block_delta"]
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await anext(stream)
    await stream.close()
    await line.server.asked[0].over.wait()
    assert line.server.asked[0].dropped


async def read(line: Line, wire: bytearray) -> None:
    """The bytes of a stream, as they come."""
    async with line.client.messages.with_streaming_response.create(**ASKS, stream=True) as response:
        async for piece in response.iter_bytes():
            wire += piece


BREAKS = {
    "between events": (Cut(), b'"text": "Half"}}\n\n'),
    "in an event": (Cut("way"), b'"text": "way'),
    "in a character": (Cut("né"), b'"text": "n\xc3'),
    "in a longer character": (Cut("🌊"), b'"text": "\xf0\x9f'),
}


@pytest.mark.parametrize("where", BREAKS)
async def test_it_breaks_off(line: Line, where: str) -> None:
    cut, last = BREAKS[where]
    line.server.script.append(Says("Half", cut))
    wire = bytearray()
    with pytest.raises(httpx2.RemoteProtocolError):
        await read(line, wire)
    assert wire.endswith(last)


async def test_a_cut_reaches_the_caller_of_the_sdk(line: Line) -> None:
    line.server.script += [Says("Half", Cut("é")), Says(Cut())]
    with pytest.raises(httpx2.RemoteProtocolError):
        await line.stream()
    with pytest.raises(anthropic.APIConnectionError):
        await line.ask()


async def test_a_stream_may_end_without_its_last_event(line: Line) -> None:
    line.server.script.append(Says("Half", stops=False))
    assert (await line.events())[-1].type == "message_delta"


async def test_a_stream_may_end_in_an_error(line: Line) -> None:
    line.server.script.append(Says("Half", Broken("overloaded_error", "too many"), "more"))
    with pytest.raises(anthropic.APIStatusError) as caught:
        await line.events()
    assert (caught.value.status_code, caught.value.type, caught.value.api_message) == (
        200,
        "overloaded_error",
        "too many",
    )


async def test_nothing_follows_an_error(line: Line) -> None:
    line.server.script.append(Says("Half", Broken("overloaded_error", "too many"), "more"))
    wire = bytearray()
    await read(line, wire)
    assert wire.endswith(b'"message": "too many"}}\n\n')


async def test_a_stream_may_hold_anything(line: Line) -> None:
    line.server.script.append(Says("Half", Bytes(b"event: content_block_delta\ndata: {oops\n\n")))
    with pytest.raises(json.JSONDecodeError):
        await line.events()


async def test_a_body_may_be_anything(line: Line) -> None:
    line.server.script += [Raw("<p>Sign in</p>", "text/html"), Raw("{}")]
    assert await line.events() == []
    assert await line.events() == []


async def test_a_closed_server_is_not_there(line: Line) -> None:
    await line.server.close()
    with pytest.raises(anthropic.APIConnectionError):
        await line.ask()


async def test_while_it_is_out_it_is_out_for_everything(line: Line) -> None:
    line.server.outage = Fails(529)
    for call in (line.ask, line.stream, line.count, line.client.models.list):
        with pytest.raises(anthropic.OverloadedError):
            await call()
    line.server.outage = None
    line.server.script.append(Says("There."))
    assert (await line.ask()).content


UNLIKELY: dict[str, tuple[Reply, dict[str, Any]]] = {
    "a tool that was not offered": (Says(Call("listen")), TOOLS),
    "a tool where none was offered": (Says(Call("look")), {}),
    "a tool where none may be used": (Says(Call("look")), {**TOOLS, "tool_choice": {"type": "none"}}),
    "another tool than was demanded": (
        Says(Call("listen")),
        {"tools": [TOOL, TOOL | {"name": "listen"}], "tool_choice": {"type": "tool", "name": "look"}},
    ),
    "two calls where one is allowed": (
        Says(Call("look"), Call("look")),
        {**TOOLS, "tool_choice": {"type": "auto", "disable_parallel_tool_use": True}},
    ),
    "what only a stream can do": (Says(Broken("api_error")), {}),
}


async def played(reply: Reply, asks: dict[str, Any]) -> None:
    """A test of that script, in which the client is told that something is wrong."""
    http = anthropic.DefaultAsyncHttpxClient(verify=False)
    async with (
        Server(lambda _: reply) as server,
        anthropic.AsyncAnthropic(api_key="any", base_url=server.url, http_client=http) as client,
    ):
        with pytest.raises(anthropic.InternalServerError, match="the script"):
            await client.messages.create(**ASKS | asks)


@pytest.mark.parametrize("what", UNLIKELY)
async def test_a_script_that_no_model_follows_is_a_mistake_of_the_test(what: str) -> None:
    with pytest.raises(AssertionError, match="req_0: the script"):
        await played(*UNLIKELY[what])


@pytest.mark.parametrize("asks", [{}, TOOLS, {**TOOLS, "tool_choice": {"type": "none"}}])
async def test_a_misbehaving_endpoint_calls_what_it_likes(connect: Connect, asks: dict[str, Any]) -> None:
    line = await connect(lambda _: Says(Call("listen", unoffered=True), Call("shout", unoffered=True)))
    for message in (await line.ask(**asks), await line.stream(**asks)):
        assert [block.to_dict()["name"] for block in message.content] == ["listen", "shout"]

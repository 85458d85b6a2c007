"""The main model's answer: in pieces as they come, whole or not at all, and never a fault that quotes."""

import asyncio
import traceback
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace

import pytest

from bot.domain.conversation import Member, Place, Turn
from bot.domain.decision import Decision
from bot.domain.standing import NEW
from bot.domain.step import Reason, Step
from bot.errors import LLMError, LLMRefused
from bot.llm.claude import Claude
from bot.llm.draft import Draft
from bot.llm.prompts import Prompts
from bot.ports import Brief
from bot.settings import Settings
from tests.servers.anthropic import (
    Asked,
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
    Thought,
)

TEXT = "a text that nobody may quote"
HALF = "half of an answer"
KEY = "sk-ant-a-key-that-nobody-may-see"
SHORT = 0.05  # seconds: what a test waits for a thing that never comes
PATIENT = 10.0  # seconds: longer than anything here takes
PLACE = Place("terminal", "local", "main")
BRIEF = Brief(place=PLACE, member=Member("robin", "Robin"), text=TEXT, turn=1)
Make = Callable[..., Claude]


def echo(status: int, **headers: str) -> Fails:
    """An error as careless gateways write it."""
    return Fails(
        status, f"invalid key {KEY} for request {TEXT!r}", {k.replace("_", "-"): v for k, v in headers.items()}
    )


async def test_pieces_come_as_they_are_written(claude: Claude, server: Server) -> None:
    first, second = asyncio.Event(), asyncio.Event()
    server.script.append(Says("One", first, ", two", second, ", three."))
    pieces = aiter(claude.answer(BRIEF))
    assert await anext(pieces) == "One"
    first.set()
    assert await anext(pieces) == ", two"
    second.set()
    assert [piece async for piece in pieces] == [", three."]


async def test_thoughts_and_what_is_new_to_us_are_no_part_of_the_answer(claude: Claude, server: Server) -> None:
    news = b'event: horoscope\ndata: {"type": "horoscope", "text": "no"}\n\n'
    odd = b'event: content_block_delta\ndata: {"type": "content_block_delta", "index": 0, "delta": {"type": "odd"}}\n\n'
    server.script.append(Says(Thought("hm"), Bytes(news), "Yes.", Bytes(odd)))
    assert [piece async for piece in claude.answer(BRIEF)] == ["Yes."]


FAULTS: dict[str, tuple[Reply, str]] = {
    "401": (echo(401), "AuthenticationError, status 401, authentication_error, req_0"),
    "403": (echo(403), "PermissionDeniedError, status 403, permission_error, req_0"),
    "404": (echo(404), "NotFoundError, status 404, not_found_error, req_0"),
    "413": (echo(413), "ContentTooLargeError, status 413, request_too_large, req_0"),
    "429": (echo(429), "RateLimitError, status 429, rate_limit_error, req_0"),
    "429, later": (echo(429, retry_after="3600"), "RateLimitError, status 429, rate_limit_error, req_0"),
    "500": (echo(500), "InternalServerError, status 500, api_error, req_0"),
    "529": (echo(529), "OverloadedError, status 529, overloaded_error, req_0"),
    "nothing comes": (Says(HALF, after=Hush()), "APITimeoutError"),
    "a first event, then nothing": (Says(Hush()), "no whole answer in time|ReadTimeout"),
    "a stall": (Says(HALF, Hush()), "no whole answer in time|ReadTimeout"),
    "a stall that pings": (Says(HALF, Pings()), "no whole answer in time"),
    "a cut": (Says(HALF, Cut()), "RemoteProtocolError"),
    "a cut in an event": (Says(HALF, Bytes(b'event: content_block_delta\ndata: {"ty'), Cut()), "RemoteProtocolError"),
    "no message_stop": (Says(HALF, stops=False), "the answer is not whole: the stream ended early"),
    "an error event": (Says(HALF, Broken("overloaded_error", TEXT)), "status 200, overloaded_error, req_0"),
    "an error event of no known kind": (Says(HALF, Broken(TEXT, TEXT)), "APIStatusError, status 200, req_0"),
    "no JSON in an event": (Says(HALF, Bytes(b"event: content_block_delta\ndata: {TEXT\n\n")), "JSONDecodeError"),
    "an event without its parts": (Says(HALF, Bytes(b'event: x\ndata: {"type": "message_delta"}\n\n')), "Error"),
    "a page": (Raw(f"<p>{TEXT}</p>", "text/html"), "not whole: the stream ended early"),
    "a message, not streamed": (Raw('{"type": "message", "content": []}'), "not whole: the stream ended early"),
    "nothing at all": (Raw(""), "not whole: the stream ended early"),
    "max_tokens": (Says(HALF, stop="max_tokens"), "the answer is not whole: max_tokens"),
    "no room": (Says(HALF, stop="model_context_window_exceeded"), "not whole: model_context_window_exceeded"),
    "a pause": (Says(HALF, stop="pause_turn"), "the answer is not whole: pause_turn"),
    "a tool call out of turn": (Says(HALF, Call("end_conversation", unoffered=True)), "not whole: tool_use"),
    "a stop reason that is a text": (Says(HALF, stop=f"{TEXT}!"), "the answer is not whole: it just stopped"),
    "a refusal": (Says(HALF, stop="refusal"), "the model declined to answer"),
    "an empty answer": (Says(), "an empty answer"),
    "a blank answer": (Says(" ", "\n"), "an empty answer"),
}


STALLS = {"nothing comes", "a first event, then nothing", "a stall", "a stall that pings"}


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_fault_names_its_kind_and_quotes_nothing(make: Make, server: Server, fault: str) -> None:
    reply, said = FAULTS[fault]
    server.script.append(reply)
    claude = make(piece_timeout=SHORT if fault in STALLS else PATIENT)
    with pytest.raises(LLMError, match=said) as caught:
        async with asyncio.timeout(PATIENT):
            await Draft(claude.answer(BRIEF)).text()
    shown = "".join(traceback.format_exception(caught.value))
    assert not any(secret in shown for secret in (KEY, TEXT, HALF))
    assert isinstance(caught.value, LLMRefused) == (fault == "a refusal")


async def test_no_server_is_a_fault_like_any_other(make: Make, server: Server) -> None:
    claude = make()
    await server.close()
    with pytest.raises(LLMError, match="APIConnectionError"):
        await Draft(claude.answer(BRIEF)).text()


async def test_a_whole_answer_has_a_deadline_however_often_a_piece_comes(make: Make, server: Server) -> None:
    server.script.append(Says("on", "and on", Hush()))
    with pytest.raises(LLMError, match="no whole answer in time"):
        async with asyncio.timeout(PATIENT):
            await Draft(make(answer_timeout=SHORT).answer(BRIEF)).text()


@pytest.mark.parametrize("status", [429, 500, 529])
async def test_what_fails_before_it_begins_is_tried_again(make: Make, server: Server, status: int) -> None:
    server.script += [echo(status, retry_after_ms="1"), echo(status, retry_after="0.001"), Says("There.")]
    assert await Draft(make(retries=2).answer(BRIEF)).text() == "There."
    assert len(server.asked) == 3


async def test_nobody_waits_as_long_as_a_vendor_asks_for(make: Make, server: Server) -> None:
    server.script += [echo(429, retry_after="3600"), Says("An hour later.")]
    with pytest.raises(LLMError, match="no whole answer in time"):
        async with asyncio.timeout(PATIENT):
            await Draft(make(retries=2, answer_timeout=SHORT).answer(BRIEF)).text()
    assert len(server.asked) == 1


async def test_what_fails_half_way_is_not_tried_again(make: Make, server: Server) -> None:
    server.script += [Says(HALF, Cut()), Says("Another answer.")]
    with pytest.raises(LLMError):
        await Draft(make(retries=2).answer(BRIEF)).text()
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "reply", [Says(HALF, after=Hush()), Says(Hush()), Says(HALF, Hush())], ids=["first", "none", "half"]
)
async def test_a_dropped_draft_hangs_up(claude: Claude, server: Server, reply: Reply) -> None:
    server.script.append(reply)
    draft = Draft(claude.answer(BRIEF))
    asked = await server.request(0)
    await draft.drop()
    await asked.over.wait()
    assert asked.dropped


async def test_a_draft_whose_reader_is_cancelled_hangs_up(claude: Claude, server: Server) -> None:
    server.script.append(Says(HALF, Hush()))
    draft = Draft(claude.answer(BRIEF))
    reads = asyncio.create_task(draft.text())
    asked = await server.request(0)
    reads.cancel()
    await asyncio.gather(reads, return_exceptions=True)
    await asked.over.wait()
    assert asked.dropped


async def test_whoever_stops_listening_hangs_up(claude: Claude, server: Server) -> None:
    server.script.append(Says(HALF, Hush()))
    pieces = claude.answer(BRIEF)
    assert await anext(pieces) == HALF
    assert isinstance(pieces, AsyncGenerator)
    await pieces.aclose()
    await server.asked[0].over.wait()
    assert server.asked[0].dropped


async def test_a_draft_dropped_at_once_never_asks(claude: Claude, server: Server) -> None:
    await Draft(claude.answer(BRIEF)).drop()
    assert server.asked == []


async def test_a_whole_answer_is_not_hung_up_on(claude: Claude, server: Server) -> None:
    server.script.append(Says("All of it. "))
    draft = Draft(claude.answer(BRIEF))
    assert await draft.text() == "All of it."
    await draft.drop()
    await server.asked[0].over.wait()
    assert not server.asked[0].dropped


async def test_a_draft_shows_how_far_it_has_come(claude: Claude, server: Server) -> None:
    gate, end = asyncio.Event(), asyncio.Event()
    server.script.append(Says("One", gate, " two", end, " three"))
    draft = Draft(claude.answer(BRIEF))
    progress = draft.progress()
    assert await anext(progress) == "One"
    gate.set()
    assert await anext(progress) == "One two"
    end.set()
    assert [so_far async for so_far in progress][-1:] in ([], ["One two three"])
    assert await draft.text() == "One two three"
    assert [so_far async for so_far in draft.progress()] == []


async def test_progress_ends_without_a_word_where_the_answer_fails(claude: Claude, server: Server) -> None:
    server.script.append(Fails(500))
    draft = Draft(claude.answer(BRIEF))
    assert [so_far async for so_far in draft.progress()] == []
    with pytest.raises(LLMError):
        await draft.text()


async def asked_with(claude: Claude, server: Server, brief: Brief) -> Asked:
    server.script.append(Says("Yes."))
    await Draft(claude.answer(brief)).text()
    return server.asked[-1]


async def test_an_answer_is_offered_no_tool_and_told_what_it_needs(
    claude: Claude, server: Server, settings: Settings, prompts: Prompts
) -> None:
    brief = replace(BRIEF, persona="You know about bees.", history=(Turn(1, Member("ana"), "hi", reply="Hello."),))
    asked = await asked_with(claude, server, brief)
    assert asked.body == {
        "model": settings.llm.main,
        "max_tokens": settings.llm.answer_tokens,
        "stream": True,
        "system": prompts.answer.fill(name=settings.bot.name, persona="You know about bees."),
        "messages": [
            {"role": "user", "content": '<message from="ana">hi</message>'},
            {"role": "assistant", "content": "Hello."},
            {"role": "user", "content": f'<message from="Robin">{TEXT}</message>'},
        ],
    }
    assert asked.fault is None
    assert KEY not in str(asked.headers)


@pytest.mark.parametrize(
    ("brief", "cared"),
    [
        (BRIEF, False),
        (replace(BRIEF, in_care=True), True),
        (replace(BRIEF, decision=Decision(Step.CARE, Reason.RISK, NEW, "v1", 1)), True),
        (replace(BRIEF, decision=Decision(Step.ANSWER, Reason.CLEAN, NEW, "v1", 1)), False),
    ],
    ids=["ordinary", "in the care window", "at risk", "decided"],
)
async def test_care_is_told_to_care(
    claude: Claude, server: Server, prompts: Prompts, brief: Brief, cared: bool
) -> None:
    asked = await asked_with(claude, server, brief)
    assert asked.body["system"].endswith(prompts.care.text) == cared

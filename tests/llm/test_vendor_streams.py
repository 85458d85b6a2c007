"""What goes wrong half way: nothing of it is an answer, and the answer begins anew."""

import asyncio
import json
from dataclasses import dataclass

import pytest

from bot.errors import LLMError
from bot.llm.claude import Claude
from bot.llm.vendor import moment
from bot.ports import Written
from tests.llm.cases import BRIEF, HALF, KEY, NAME, TEXT, Heard, Late, LatePings, Passes, Waits, discreet
from tests.llm.conftest import Make
from tests.servers.anthropic import Broken, Bytes, Cut, Raw, Reply, Says, Server, Thought

OUTSIDE = f"{TEXT}, {NAME}, {KEY}"


def event(kind: str, **parts: object) -> str:
    """An event on its own."""
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **parts})}\n\n"


END = (
    event("content_block_stop", index=0)
    + event("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 2})
    + event("message_stop")
).encode()


@dataclass(frozen=True)
class Outcome:
    """What becomes of a stream that goes wrong each time. `passes`: it is tried again, and counted."""

    reply: Reply
    said: str
    passes: bool = True


BROKEN = {
    "a first event, then nothing": Outcome(Says(Late()), "no whole answer in time|ReadTimeout|APITimeoutError"),
    "a stall": Outcome(Says(HALF, Late()), "no whole answer in time|ReadTimeout"),
    "a stall that pings": Outcome(Says(HALF, LatePings()), "no whole answer in time"),
    "a cut": Outcome(Says(HALF, Cut()), "ReadError"),
    "a cut before a word": Outcome(Says(Cut()), "ReadError"),
    "a cut in an event": Outcome(Says(HALF, Cut(within="and m")), "ReadError"),
    "a cut inside a character": Outcome(Says(HALF, Cut(within="ж")), "ReadError"),
    "a cut inside an emoji": Outcome(Says(HALF, Cut(within="🐝")), "ReadError"),
    "a cut in the name of an event": Outcome(Says(HALF, Bytes(b"event: content_bl"), Cut()), "ReadError"),
    "no message_stop": Outcome(Says(HALF, stops=False), "the answer is not whole: the stream ended early"),
    "no message_stop, and nothing said": Outcome(Says(stops=False), "the answer is not whole: the stream ended early"),
    "overloaded": Outcome(Says(HALF, Broken("overloaded_error", OUTSIDE)), "status 200, overloaded_error, req_2"),
    "an error of the API": Outcome(Says(HALF, Broken("api_error", OUTSIDE)), "status 200, api_error"),
    "a limit of the rate": Outcome(Says(HALF, Broken("rate_limit_error", OUTSIDE)), "status 200, rate_limit_error"),
    "no time": Outcome(Says(HALF, Broken("timeout_error", OUTSIDE)), "status 200, timeout_error"),
    "overloaded before a word": Outcome(Says(Broken("overloaded_error")), "status 200, overloaded_error"),
    "a bad request": Outcome(Says(HALF, Broken("invalid_request_error", OUTSIDE)), "invalid_request_err", passes=False),
    "an error of no known kind": Outcome(Says(HALF, Broken(TEXT, TEXT)), "status 200, req_0", passes=False),
    "no JSON in an event": Outcome(
        Says(HALF, Bytes(b"event: content_block_delta\ndata: {TEXT\n\n")), "the stream makes no sense: JSONDecodeError"
    ),
    "an event without its parts": Outcome(
        Says(HALF, Bytes(event("message_delta").encode())), "the stream makes no sense: "
    ),
    "a list for an event": Outcome(Says(HALF, Bytes(b"event: x\ndata: [1]\n\n")), "the stream makes no sense: "),
    "a piece of no block": Outcome(
        Says(Bytes(event("content_block_delta", index=7, delta={"type": "text_delta", "text": TEXT}).encode())),
        "the stream makes no sense: IndexError",
    ),
    "bytes that are no UTF-8": Outcome(
        Says(HALF, Bytes(b'event: x\ndata: {"type": "\xff"}\n\n')), "the stream makes no sense: UnicodeDecodeError"
    ),
    "an end without a beginning": Outcome(Raw(event("message_stop"), "text/event-stream"), "the reply is no message"),
    "words before the beginning": Outcome(
        Raw(event("text", text=TEXT), "text/event-stream"), "not whole: the stream ended early"
    ),
    "a call before the beginning": Outcome(
        Raw(
            event("content_block_start", index=0, content_block={"type": "tool_use", "name": "x"}), "text/event-stream"
        ),
        "not whole: the stream ended early",
    ),
    "a beginning without a message": Outcome(
        Raw(event("message_start"), "text/event-stream"), "the stream makes no sense: AttributeError"
    ),
    "a message without content": Outcome(
        Raw(event("message_start", message={}) + event("message_stop"), "text/event-stream"), "the reply is no message"
    ),
    "a message without content, but with use": Outcome(
        Raw(event("message_start", message={"usage": {"input_tokens": 7}}), "text/event-stream"),
        "the stream ended early",
    ),
    "a page": Outcome(Raw(f"<p>{OUTSIDE}</p>", "text/html"), "not whole: the stream ended early"),
    "a page that says it is a stream": Outcome(
        Raw(f"<p>{OUTSIDE}</p>\n\n", "text/event-stream"), "not whole: the stream ended early"
    ),
    "nothing at all": Outcome(Raw("", "text/event-stream"), "not whole: the stream ended early"),
    "an error as JSON": Outcome(Raw(json.dumps({"error": OUTSIDE})), "the reply is no message"),
    "half a JSON": Outcome(Raw("{"), "the reply is no message"),
}


@pytest.mark.parametrize("fault", BROKEN)
async def test_what_becomes_of_a_stream_that_goes_wrong(make: Make, server: Server, waits: Waits, fault: str) -> None:
    outcome = BROKEN[fault]
    tries = 3 if outcome.passes else 1
    server.script += [outcome.reply] * tries
    claude = make(break_after=1)
    with pytest.raises(LLMError, match=outcome.said) as caught:
        await claude.answer(BRIEF, Heard())
    assert discreet(caught.value)
    assert (len(server.asked), len(waits.seconds)) == (tries, tries - 1)
    server.script.append(Says("There."))
    if outcome.passes:
        with pytest.raises(LLMError, match="left alone"):
            await claude.answer(BRIEF, Heard())
    else:
        assert (await claude.answer(BRIEF, Heard())).text == "There."


@pytest.mark.parametrize("fault", [name for name, outcome in BROKEN.items() if outcome.passes])
async def test_an_answer_begins_anew(make: Make, server: Server, fault: str) -> None:
    outcome, heard = BROKEN[fault], Heard()
    server.script += [outcome.reply, Says("Another ", "answer.")]
    claude = make(break_after=1)
    written = await claude.answer(BRIEF, heard)
    assert written.text == "Another answer."
    assert not written.cut
    assert heard.texts[-2:] == ["Another", "Another answer."]
    assert set(heard.texts[:-2]) <= {HALF}
    server.script.append(Says("There."))
    assert (await claude.answer(BRIEF, Heard())).text == "There."  # a failure that was made good is none


async def told_slowly(claude: Claude, server: Server, pieces: int, pause: float) -> Written:
    """An answer of so many pieces, with so many seconds between the time that one is heard and the next is sent."""
    heard = [asyncio.Event() for _ in range(pieces)]
    steps = [step for number, each in enumerate(heard) for step in (f"{number} ", Passes(pause, each))]
    server.script.append(Says(*steps[:-1]))
    return await claude.answer(BRIEF, lambda written: heard[len(written.text.split()) - 1].set())


async def test_time_between_two_pieces_is_not_added_up(claude: Claude, server: Server) -> None:
    assert (await told_slowly(claude, server, pieces=5, pause=15)).text == "0 1 2 3 4"
    assert len(server.asked) == 1


async def test_a_whole_answer_has_a_deadline_however_often_a_piece_comes(make: Make, server: Server) -> None:
    claude = make(break_after=1)
    with pytest.raises(LLMError, match=r"^no whole answer in time$"):
        await told_slowly(claude, server, pieces=8, pause=15)
    assert len(server.asked) == 1
    await server.asked[0].over.wait()
    assert server.asked[0].dropped
    with pytest.raises(LLMError, match="left alone"):
        await claude.answer(BRIEF, Heard())


@pytest.mark.parametrize(
    "after", [Cut(), Late(), Bytes(b"event: x\ndata: {\n\n"), Broken("overloaded_error", TEXT)], ids=type
)
async def test_what_comes_after_the_end_changes_nothing(
    claude: Claude, server: Server, after: Cut | Late | Bytes | Broken
) -> None:
    server.script.append(Says("All of it.", Bytes(END), after))
    began = moment(0)
    assert (await claude.answer(BRIEF, Heard())).text == "All of it."
    assert moment(0) - began < 10  # seconds; nobody waits long for a stream to close


async def test_pieces_come_as_they_are_written(claude: Claude, server: Server) -> None:
    first, second, heard = asyncio.Event(), asyncio.Event(), asyncio.Queue[str]()
    server.script.append(Says("One", first, ", two", second, ", three."))
    writing = asyncio.create_task(claude.answer(BRIEF, lambda written: heard.put_nowait(written.text)))
    assert await heard.get() == "One"
    first.set()
    assert await heard.get() == "One, two"
    second.set()
    assert (await writing).text == "One, two, three."
    assert heard.get_nowait() == "One, two, three."


async def test_thoughts_and_what_is_new_to_us_are_no_part_of_the_answer(claude: Claude, server: Server) -> None:
    news = event("horoscope", text="no").encode()
    odd = event("content_block_delta", index=0, delta={"type": "odd"}).encode()
    server.script.append(Says(Thought("hm"), Bytes(news), "Yes.", Bytes(odd)))
    assert (await claude.answer(BRIEF, Heard())).text == "Yes."


async def test_one_connection_serves_one_answer_after_another(make: Make, server: Server) -> None:
    """A stream that is read to its end gives its connection back: the next answer needs no new one."""
    claude = make()
    for _ in range(3):
        server.script.append(Says("Yes."))
        await claude.answer(BRIEF, Heard())
    assert len({asked.sender for asked in server.asked}) == 1

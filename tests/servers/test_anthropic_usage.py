"""What a prompt costs: every token is read from the cache, written to it, or neither, as the vendor's pages say."""

import asyncio
from typing import Any

import pytest
from anthropic.types import Message
from hypothesis import given
from hypothesis import strategies as st

from tests.servers.anthropic import Asked, Call, Fails, Reply, Says, Thought, Usage
from tests.servers.anthropic_usage import IMAGE, MESSAGE, TOOL, Cache, prompt_tokens, tokens
from tests.servers.conftest import ASKS, MODEL, Connect, Line

LONG = "I know the tales of the sea. " * 20
EPHEMERAL = {"type": "ephemeral"}
HOUR = {"type": "ephemeral", "ttl": "1h"}
MINIMUM = 10  # tokens
PIXEL = {
    "type": "image",
    "source": {
        "type": "base64",
        "media_type": "image/gif",
        "data": "R0lGODlhAQABAAAAACwAAAAAAQABAAA=",
    },
}
TOOL_OF_ITS_OWN = {"name": "look", "description": LONG, "input_schema": {"type": "object", "properties": {}}}
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": False}


def block(text: str, mark: dict[str, str] | None = None) -> dict[str, Any]:
    return {"type": "text", "text": text, **({"cache_control": mark} if mark else {})}


def user(*blocks: dict[str, Any]) -> dict[str, Any]:
    return {"role": "user", "content": list(blocks)}


def system(text: str = LONG, mark: dict[str, str] = EPHEMERAL) -> list[dict[str, Any]]:
    return [block(text, mark)]


def spent(message: Message) -> tuple[int, int, int]:
    """Tokens read from the cache, written to it, and neither."""
    usage = message.usage
    assert usage.cache_read_input_tokens is not None
    assert usage.cache_creation_input_tokens is not None
    return usage.cache_read_input_tokens, usage.cache_creation_input_tokens, usage.input_tokens


def says(_: Asked) -> Reply:
    return Says("Good evening.")


@pytest.fixture
async def cached(connect: Connect) -> Line:
    """A server that caches from MINIMUM on."""
    return await connect(says, minimum=MINIMUM)


async def test_a_prompt_is_counted_block_by_block(line: Line) -> None:
    line.server.rule = says
    text = "Größe"  # seven bytes
    pdf = {"type": "document", "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0xLjQK"}}
    plain = {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "nine long"}}
    tool = {"name": "t", "input_schema": {"type": "object"}}  # 49 bytes as JSON
    counted: list[tuple[int, dict[str, Any]]] = [
        (3 + MESSAGE, {"messages": [user(block(text))]}),
        (3 + 3 + MESSAGE, {"messages": [user(block(text), block(text))]}),
        (3 + 3 + 2 * MESSAGE, {"messages": [user(block(text)), user(block(text))]}),
        (4 + 1 + MESSAGE, {"system": "y" * 10, "messages": [user(block("x"))]}),
        (IMAGE + MESSAGE, {"messages": [user(PIXEL)]}),
        (3 + 3 + MESSAGE, {"messages": [user(plain, pdf)]}),
        (17 + TOOL + 1 + MESSAGE, {"tools": [tool], "messages": [user(block("x"))]}),
    ]
    for amount, asks in counted:
        assert spent(await line.ask(**asks)) == (0, 0, amount), asks
        assert await line.count(**asks) == amount


async def test_what_is_said_is_counted_and_told_in_whole_messages_and_in_streams(connect: Connect) -> None:
    line = await connect(lambda _: Says(Thought("hm, hm"), "Good ", "evening.", Call("look", {"at": "the sea"})))
    tools = [TOOL_OF_ITS_OWN]
    whole, streamed = await line.ask(tools=tools), await line.stream(tools=tools)
    call = tokens("look") + tokens('{"at": "the sea"}')
    assert whole.usage.output_tokens == 1 + tokens("hm, hm") + tokens("Good evening.") + call
    assert streamed.usage.output_tokens == whole.usage.output_tokens
    assert spent(streamed) == spent(whole)


async def test_a_stream_tells_the_prompt_at_once_and_what_was_said_at_the_end(cached: Line) -> None:
    start, *_, end, _ = await cached.events(system=system())
    assert start.message.usage.output_tokens == 1
    assert spent(start.message) == (0, tokens(LONG), tokens("Good evening.") + MESSAGE)
    assert start.message.usage.cache_creation.ephemeral_5m_input_tokens == tokens(LONG)
    assert end.usage.output_tokens == 1 + tokens("Good evening.")
    assert (end.usage.cache_read_input_tokens, end.usage.cache_creation_input_tokens) == (0, tokens(LONG))
    assert end.usage.input_tokens == tokens("Good evening.") + MESSAGE


async def test_a_prefix_is_written_once_and_read_from_then_on(cached: Line) -> None:
    asked = tokens("Good evening.") + MESSAGE
    assert spent(await cached.ask(system=system())) == (0, tokens(LONG), asked)
    assert spent(await cached.ask(system=system())) == (tokens(LONG), 0, asked)
    other = await cached.ask(system=system(), messages=[user(block("And you?"))])
    assert spent(other) == (tokens(LONG), 0, tokens("And you?") + MESSAGE)


async def test_without_a_breakpoint_nothing_is_cached(cached: Line) -> None:
    for _ in range(2):
        assert spent(await cached.ask(system=LONG)) == (0, 0, tokens(LONG) + tokens("Good evening.") + MESSAGE)


async def test_a_text_and_a_block_of_that_text_are_the_same_prompt(cached: Line) -> None:
    written = spent(await cached.ask(cache_control=EPHEMERAL, system=LONG))
    blocks = {"system": [block(LONG)], "messages": [user(block("Good evening."))]}
    assert spent(await cached.ask(cache_control=EPHEMERAL, **blocks)) == (written[1], 0, 0)


@pytest.mark.parametrize(
    ("model", "least"),
    [("claude-sonnet-5-5", 1_024), ("claude-haiku-5-5", 4_096), ("claude-opus-4-6", 4_096), ("claude-opus-5-5", 1_024)],
)
async def test_what_is_too_short_for_a_model_is_not_cached(connect: Connect, model: str, least: int) -> None:
    line = await connect(says)
    for size, kept in ((least - 1, 0), (least, least)):
        text = "x" * size * 3
        assert spent(await line.ask(model=model, system=system(text)))[1] == kept
        assert spent(await line.ask(model=model, system=system(text)))[0] == kept


async def test_the_length_that_counts_is_the_whole_prefix(connect: Connect) -> None:
    line = await connect(says, minimum=tokens(LONG) + 5)
    asks = {"system": system(), "messages": [user(block("x" * 30, EPHEMERAL))]}
    assert spent(await line.ask(**asks)) == (0, tokens(LONG) + 10 + MESSAGE, 0)


async def test_every_model_has_a_cache_of_its_own(cached: Line) -> None:
    await cached.ask(system=system())
    assert spent(await cached.ask(system=system(), model="claude-haiku-5-5"))[0] == 0
    assert spent(await cached.ask(system=system()))[0] == tokens(LONG)


MARKED: dict[str, Any] = {
    "tools": [TOOL_OF_ITS_OWN | {"cache_control": EPHEMERAL}],
    "system": system(),
    "messages": [user(block(LONG, EPHEMERAL), block("Good evening."))],
    "tool_choice": {"type": "auto"},
}
OTHER_ORDER = {"input_schema": {"properties": {}, "type": "object"}, "description": LONG, "name": "look"}
SPOILS: dict[str, tuple[dict[str, Any], int]] = {  # a change: how many of the three marked sections are still read
    "nothing": ({}, 3),
    "what comes after": ({"messages": [user(block(LONG, EPHEMERAL), block("Another thing."))]}, 3),
    "what no prompt holds": ({"max_tokens": 7, "metadata": {"user_id": "u"}, "stop_sequences": ["END"]}, 3),
    "the default effort by name": ({"output_config": {"effort": "high"}}, 3),
    "the message": ({"messages": [user(block(f"{LONG}!", EPHEMERAL), block("Good evening."))]}, 2),
    "the choice of tools": ({"tool_choice": {"type": "any"}}, 2),
    "calls in parallel": ({"tool_choice": {"type": "auto", "disable_parallel_tool_use": True}}, 2),
    "thinking": ({"thinking": {"type": "adaptive"}}, 2),
    "the effort": ({"output_config": {"effort": "low"}}, 2),
    "an image after it": ({"messages": [user(block(LONG, EPHEMERAL), PIXEL)]}, 2),
    "the system": ({"system": system(f"{LONG}!")}, 1),
    "the format": ({"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}}, 1),
    "a tool's order of keys": ({"tools": [OTHER_ORDER | {"cache_control": EPHEMERAL}]}, 0),
    "one more tool before": ({"tools": [TOOL_OF_ITS_OWN | {"name": "l"}, *MARKED["tools"]]}, 0),
}


@pytest.mark.parametrize("change", SPOILS)
async def test_a_change_spoils_what_comes_after_it(cached: Line, change: str) -> None:
    changes, kept = SPOILS[change]
    sections = [prompt_tokens(ASKS | {"messages": []} | {"tools": MARKED["tools"]}), tokens(LONG)]
    sections.append(tokens(LONG) + MESSAGE)
    assert spent(await cached.ask(**MARKED))[:2] == (0, sum(sections))
    assert spent(await cached.ask(**MARKED | changes))[0] == sum(sections[:kept])
    assert cached.server.faults == []


def turns(blocks: int, *marks: int) -> list[dict[str, Any]]:
    """A message of so many blocks, with breakpoints on these, from 1."""
    return [user(*(block(f"{n:060}", EPHEMERAL if n in marks else None) for n in range(1, blocks + 1)))]


async def test_an_entry_is_looked_for_at_twenty_places_from_a_breakpoint_back(cached: Line) -> None:
    """The example of the vendor's page: blocks 10, 15, 35."""
    ten, fifteen, all_of_it = 10 * 20 + MESSAGE, 15 * 20 + MESSAGE, 35 * 20 + MESSAGE
    assert spent(await cached.ask(messages=turns(10, 10))) == (0, ten, 0)
    assert spent(await cached.ask(messages=turns(15, 15))) == (ten, fifteen - ten, 0)
    assert spent(await cached.ask(messages=turns(35, 15, 35))) == (fifteen, all_of_it - fifteen, 0)


@pytest.mark.parametrize(("last", "found"), [(15 + 19, True), (15 + 20, False)])
async def test_further_back_nobody_looks(cached: Line, last: int, found: bool) -> None:
    await cached.ask(messages=turns(15, 15))
    assert (spent(await cached.ask(messages=turns(last, last)))[0] > 0) is found


async def test_calls_at_once_are_one_place_and_so_are_their_results(cached: Line) -> None:
    ids = [f"toolu_{n}" for n in range(30)]
    opening = user(block(LONG))
    calls = {"role": "assistant", "content": [{"type": "tool_use", "id": n, "name": "look", "input": {}} for n in ids]}
    results = user(*({"type": "tool_result", "tool_use_id": n, "content": "the sea"} for n in ids))
    asks = {"tools": [TOOL_OF_ITS_OWN], "cache_control": EPHEMERAL}
    first = spent(await cached.ask(messages=[opening], **asks))
    assert spent(await cached.ask(messages=[opening, calls, results], **asks))[0] == first[1] > 0
    assert cached.server.faults == []


async def test_an_entry_is_written_at_the_breakpoint_and_nowhere_else(cached: Line) -> None:
    """The mistake that the vendor's page warns of: a breakpoint on what changes every time."""
    for minute in range(3):
        stamped = [user(block(LONG), block(f"It is 20:0{minute}.", EPHEMERAL))]
        assert spent(await cached.ask(messages=stamped))[0] == 0


async def test_who_said_it_is_part_of_the_prompt(cached: Line) -> None:
    opening, close = user(block("Good evening.")), user(block("Go on."))
    await cached.ask(messages=[opening, user(block(LONG, EPHEMERAL)), close])
    other = {"role": "assistant", "content": [block(LONG, EPHEMERAL)]}
    assert spent(await cached.ask(messages=[opening, other, close]))[0] == 0


async def test_the_breakpoint_of_a_whole_request_moves_with_the_conversation(cached: Line) -> None:
    told = [{"role": "user", "content": LONG}]
    first = spent(await cached.ask(messages=told, cache_control=HOUR))
    told += [{"role": "assistant", "content": "Good evening."}, {"role": "user", "content": "Go on."}]
    again = await cached.ask(messages=told, cache_control=HOUR)
    assert spent(again) == (first[1], tokens("Good evening.") + tokens("Go on.") + 2 * MESSAGE, 0)
    assert again.usage.cache_creation
    assert again.usage.cache_creation.ephemeral_1h_input_tokens == spent(again)[1]


async def test_hours_and_minutes_are_told_apart(cached: Line) -> None:
    asks = {"system": system(mark=HOUR), "messages": [user(block(LONG, EPHEMERAL), block("Well?"))]}
    first = await cached.ask(**asks)
    assert first.usage.cache_creation
    assert first.usage.cache_creation.ephemeral_1h_input_tokens == tokens(LONG)
    assert first.usage.cache_creation.ephemeral_5m_input_tokens == tokens(LONG) + MESSAGE
    assert spent(first) == (0, 2 * tokens(LONG) + MESSAGE, tokens("Well?"))
    assert spent(await cached.ask(**asks)) == (2 * tokens(LONG) + MESSAGE, 0, tokens("Well?"))


@pytest.mark.parametrize(("mark", "seconds"), [(EPHEMERAL, 300.0), (HOUR, 3_600.0)])
async def test_an_entry_lives_from_its_last_use(connect: Connect, mark: dict[str, str], seconds: float) -> None:
    clock = [0.0]
    line = await connect(says, minimum=MINIMUM, now=lambda: clock[0])
    for later, read in ((0.0, False), (seconds - 1, True), (seconds - 1, True), (seconds, False), (0.0, True)):
        clock[0] += later
        assert (spent(await line.ask(system=system(mark=mark)))[0] > 0) is read


async def test_an_entry_keeps_the_time_it_was_written_for(connect: Connect) -> None:
    clock = [0.0]
    line = await connect(says, minimum=MINIMUM, now=lambda: clock[0])
    await line.ask(system=system())
    assert spent(await line.ask(system=system(mark=HOUR)))[:2] == (tokens(LONG), 0)
    clock[0] = 301.0
    assert spent(await line.ask(system=system(mark=HOUR)))[0] == 0


async def test_of_two_at_the_same_time_neither_reads_the_other(connect: Connect) -> None:
    gate = asyncio.Event()
    line = await connect(minimum=MINIMUM)
    line.server.script += [Says("One.", after=gate), Says("Two.", after=gate), Says("Three.")]
    both = asyncio.gather(line.ask(system=system()), line.ask(system=system()))
    await line.server.request(1)
    gate.set()
    assert [spent(message)[0] for message in await both] == [0, 0]
    assert spent(await line.ask(system=system()))[0] == tokens(LONG)


async def test_what_fails_is_neither_billed_nor_cached(connect: Connect) -> None:
    line = await connect(minimum=MINIMUM)
    line.server.script += [Fails(529), Says("There.")]
    with pytest.raises(Exception, match="told to fail"):
        await line.ask(system=system())
    assert line.server.asked[0].usage is None
    assert spent(await line.ask(system=system()))[0] == 0


async def test_a_prompt_without_an_answer_fills_the_cache(connect: Connect) -> None:
    line = await connect(minimum=MINIMUM)
    line.server.script.append(Says("There."))
    warmed = await line.ask(system=system(), max_tokens=0)
    assert (warmed.content, warmed.stop_reason, warmed.usage.output_tokens) == ([], "max_tokens", 0)
    assert spent(await line.ask(system=system()))[0] == tokens(LONG)


async def test_what_was_said_before_a_cut_is_billed(connect: Connect) -> None:
    line, gate = await connect(), asyncio.Event()
    line.server.script.append(Says("Good ", gate, "evening."))
    stream = await line.client.messages.create(**ASKS, stream=True)
    assert [await anext(stream) for _ in range(3)][-1].type == "content_block_delta"
    await stream.close()
    await line.server.asked[0].over.wait()
    usage = line.server.asked[0].usage
    assert usage
    assert usage.output_tokens == 1 + tokens("Good ")


async def test_the_bill_is_kept_by_model(cached: Line) -> None:
    asked = tokens("Good evening.") + MESSAGE
    for model, times in ((MODEL, 3), ("claude-haiku-5-5", 1)):
        for _ in range(times):
            await cached.ask(model=model, system=system())
    said = 1 + tokens("Good evening.")
    assert cached.server.bill == {
        MODEL: Usage(3 * asked, 2 * tokens(LONG), tokens(LONG), 0, 3 * said),
        "claude-haiku-5-5": Usage(asked, 0, tokens(LONG), 0, said),
    }
    assert cached.server.asked[1].usage == Usage(asked, tokens(LONG), 0, 0, said)


BLOCKS = st.lists(
    st.tuples(st.text("abc é", min_size=1, max_size=60), st.sampled_from([None, EPHEMERAL, HOUR])), max_size=30
)


@given(before=BLOCKS, now=BLOCKS, minimum=st.integers(0, 40))
def test_every_token_is_billed_once(
    before: list[tuple[str, dict[str, str] | None]], now: list[tuple[str, dict[str, str] | None]], minimum: int
) -> None:
    cache = Cache(lambda: 0.0, minimum)
    for blocks in (before, before + now, now, before + now):
        body = ASKS | {"messages": [user(*(block(text, mark) for text, mark in blocks))]}
        usage = cache.keep(cache.plan(body))
        assert usage.prompt_tokens == prompt_tokens(body)
        assert min(vars(usage).values()) >= 0
    again = cache.plan(body).usage
    assert again.cache_creation_input_tokens == 0
    assert again.input_tokens == usage.input_tokens

"""What the local Messages API says, and what it keeps on record, with the real SDK."""

import asyncio
import json
import time

import anthropic
import pytest
from anthropic.types import ToolUseBlock

from tests.servers.anthropic import (
    Call,
    Says,
    Thought,
)
from tests.servers.anthropic_stream import PIECE
from tests.servers.asks import TOOL
from tests.servers.conftest import ASKS, MODEL, Connect, Line

INPUT = {"at": 'the "sea" \\ é 🌊', "deep": [1, {"a": None}]}
KEY = "sk-ant-a-key-that-nobody-may-see"
TOOLS = {"tools": [TOOL]}


async def test_whole_and_streamed_it_is_the_same_message(connect: Connect) -> None:
    line = await connect(lambda _: Says(Thought("hm, "), Thought("hm"), "Good ", "day.", Call("look", INPUT), "So."))
    whole, streamed = await line.ask(**TOOLS), await line.stream(**TOOLS)
    for message in (whole, streamed):
        assert [block.type for block in message.content] == ["thinking", "text", "tool_use", "text"]
        told = message.to_dict()
        assert told["content"][0]["thinking"] == "hm, hm"  # type: ignore[index]
        assert (message.model, message.role, message.stop_reason) == (MODEL, "assistant", "tool_use")
        assert isinstance(message.content[2], ToolUseBlock)
        assert (message.content[2].name, message.content[2].input) == ("look", INPUT)
    assert [block.to_dict() for block in whole.content[:2]] == [block.to_dict() for block in streamed.content[:2]]


async def test_the_events_come_in_the_vendors_order(line: Line) -> None:
    line.server.script.append(Says(Thought("hm"), "Yes. ", Call("look", INPUT)))
    events = await line.events(**TOOLS)
    kinds = [
        f"{event.index} {event.delta.type}" if event.type == "content_block_delta" else event.type for event in events
    ]
    said = json.dumps(INPUT, ensure_ascii=False)
    pieces = -(-len(said) // PIECE) + 1  # the first is empty
    block = ["content_block_start", "content_block_stop"]
    assert kinds == [
        *("message_start", block[0], "0 thinking_delta", "0 signature_delta", block[1]),
        *(block[0], "1 text_delta", block[1], block[0]),
        *["2 input_json_delta"] * pieces,
        *(block[1], "message_delta", "message_stop"),
    ]
    inputs = [event.delta.partial_json for event in events if "2 input" in str(kinds[events.index(event)])]
    assert pieces > 3
    assert (inputs[0], "".join(inputs)) == ("", said)
    starts = [event.content_block for event in events if event.type == "content_block_start"]
    assert (starts[0].signature, starts[1].text, starts[2].input) == ("", "", {})


STOPS = ["end_turn", "max_tokens", "stop_sequence", "pause_turn", "refusal", "model_context_window_exceeded"]


@pytest.mark.parametrize("stop", STOPS)
async def test_a_message_stops_for_the_reason_it_is_told(connect: Connect, stop: str) -> None:
    line = await connect(lambda _: Says("Half a", stop=stop))
    for message in (await line.ask(stop_sequences=["END"]), await line.stream(stop_sequences=["END"])):
        assert message.stop_reason == stop
        assert message.stop_sequence == ("END" if stop == "stop_sequence" else None)
        assert (message.stop_details is not None) is (stop == "refusal")


async def test_an_answer_may_be_empty(connect: Connect) -> None:
    line = await connect(lambda _: Says())
    for message in (await line.ask(), await line.stream()):
        assert (message.content, message.stop_reason, message.usage.output_tokens) == ([], "end_turn", 1)


async def test_what_was_asked_for_in_a_shape_is_said_as_it_is_told(line: Line) -> None:
    line.server.script.append(Says("no ", "JSON"))
    shape = {"type": "json_schema", "schema": {"type": "object", "additionalProperties": False}}
    said = await line.ask(output_config={"format": shape})
    assert said.content[0].to_dict()["text"] == "no JSON"


async def test_a_benchmark_can_be_made_to_wait(line: Line) -> None:
    line.server.script.append(Says("a", "b", "c", delay=0.02, pace=0.02))
    begun = time.perf_counter()
    await line.events()
    assert time.perf_counter() - begun >= 0.06  # a delay, and two pauses between three pieces


async def test_a_count_of_tokens_is_on_record_beside_the_messages(line: Line) -> None:
    line.server.script.append(Says("Yes."))
    counted = await line.count(system="Be kind.", **TOOLS)
    said = await line.ask(system="Be kind.", **TOOLS)
    assert counted == said.usage.input_tokens > 0
    assert [asked.path for asked in line.server.others] == ["/v1/messages/count_tokens"]
    assert line.server.others[0].body["system"] == "Be kind."
    assert [asked.path for asked in line.server.asked] == ["/v1/messages"]


async def test_the_models_are_listed(connect: Connect) -> None:
    line = await connect(models={"claude-sonnet-5-5", "claude-haiku-5-5"}, window=200_000)
    models = (await line.client.models.list()).data
    assert [(model.id, model.line, model.lifecycle) for model in models] == [
        ("claude-haiku-5-5", "haiku", "active"),
        ("claude-sonnet-5-5", "sonnet", "active"),
    ]
    one = await line.client.models.retrieve(MODEL)
    assert one == models[1]
    assert one.max_input_tokens == 200_000
    assert one.capabilities
    assert one.capabilities.image_input.supported
    assert one.capabilities.thinking.types.adaptive.supported
    assert [asked.path for asked in line.server.others] == ["/v1/models", f"/v1/models/{MODEL}"]


async def test_a_model_that_is_not_there_is_not_found(connect: Connect) -> None:
    line = await connect(lambda _: Says("Yes."), models={MODEL})
    retrieve = line.client.models.retrieve
    for call in (line.ask(model="gpt"), line.stream(model="gpt"), line.count(model="gpt"), retrieve("gpt")):
        with pytest.raises(anthropic.NotFoundError) as caught:
            await call
        assert (caught.value.type, caught.value.api_message) == ("not_found_error", "model: gpt")
    assert (await line.ask()).model == MODEL


async def test_without_a_list_every_model_is_there(connect: Connect) -> None:
    line = await connect(lambda _: Says("Yes."))
    assert (await line.ask(model="mine")).model == "mine"
    assert (await line.client.models.retrieve("mine")).id == "mine"
    assert (await line.client.models.list()).data == []


async def test_no_key_is_on_record(line: Line) -> None:
    line.server.script.append(Says("Yes."))
    await line.client.with_options(api_key=KEY).messages.create(**ASKS)
    http = anthropic.DefaultAsyncHttpxClient(verify=False)
    async with anthropic.AsyncAnthropic(auth_token=KEY, base_url=line.server.url, http_client=http) as bearer:
        await bearer.models.list()
    kept = [*line.server.asked, *line.server.others]
    assert all(asked.headers["x-api-key"] == "there was one" for asked in kept)
    assert KEY not in str(kept)


async def test_a_request_is_on_record_as_soon_as_it_is_there(line: Line) -> None:
    gate = asyncio.Event()
    line.server.script.append(Says("Yes.", after=gate))
    answer = asyncio.create_task(line.ask())
    asked = await line.server.request(0)
    assert asked.messages == ASKS["messages"]
    assert not asked.over.is_set()
    gate.set()
    await answer
    await asked.over.wait()
    assert not asked.dropped

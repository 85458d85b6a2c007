"""Endpoints that speak the Messages API in part: what they refuse, and what they pass over in silence."""

import json
from typing import Any

import anthropic
import pytest

from tests.servers.anthropic import Call, Says
from tests.servers.anthropic_partial import NO_EYES, PROSE
from tests.servers.asks import EPHEMERAL, MARKED, PLAIN, PNG, TEXT, TOOL, answered, messages
from tests.servers.conftest import ASKS, MODEL, Connect, Line

SCHEMA = {"type": "object", "properties": {"yes": {"type": "boolean"}}, "additionalProperties": False}
SHAPED: dict[str, Any] = {"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}}
TOOLS = {"tools": [TOOL]}
NO_DOCUMENT = (
    "messages.0.content.1: Input tag 'document' found using 'type' does not match any of the expected tags: "
    "'text', 'image', 'tool_use', 'tool_result'"
)

LACKS: list[tuple[str, dict[str, Any], str]] = [
    ("tools", TOOLS, f"{MODEL} does not support tools"),
    ("structured", SHAPED, "output_config: Extra inputs are not permitted"),
    ("structured", {"output_config": {"effort": "low"}}, "output_config: Extra inputs are not permitted"),
    ("caching", {"cache_control": EPHEMERAL}, "cache_control: Extra inputs are not permitted"),
    ("caching", {"system": [MARKED]}, "system.0.cache_control: Extra inputs are not permitted"),
    (
        "caching",
        {"tools": [TOOL, TOOL | {"name": "see", "cache_control": EPHEMERAL}]},
        "tools.1.cache_control: Extra inputs are not permitted",
    ),
    ("caching", messages(TEXT, MARKED), "messages.0.content.1.cache_control: Extra inputs are not permitted"),
    ("images", messages(TEXT, PNG), NO_EYES),
    (
        "images",
        answered({"type": "tool_result", "tool_use_id": "toolu_1", "content": [TEXT, PNG]}),
        NO_EYES,
    ),
    ("documents", messages(TEXT, PLAIN), NO_DOCUMENT),
    ("system_blocks", {"system": [TEXT]}, "system: Input should be a valid string"),
]


@pytest.mark.parametrize(("lack", "asks", "words"), LACKS)
async def test_what_it_lacks_it_refuses(connect: Connect, lack: str, asks: dict[str, Any], words: str) -> None:
    line = await connect(lambda _: Says("Yes."), lacks={lack})
    for ask in (line.ask, line.count):
        with pytest.raises(anthropic.APIStatusError) as caught:
            await ask(**asks)
        assert caught.value.api_message == words
        assert caught.value.status_code == (500 if lack == "images" else 400)
    assert (await line.ask(system="Be kind.")).content
    assert line.server.faults == []  # nothing was wrong with the requests


@pytest.mark.parametrize("asks", [TOOLS, SHAPED, messages(TEXT, PNG), messages(PLAIN), {"system": [MARKED]}])
async def test_the_whole_api_lacks_nothing(connect: Connect, asks: dict[str, Any]) -> None:
    line = await connect(lambda _: Says("Yes."), lacks=set())
    assert (await line.ask(**asks)).content
    assert (await line.stream(**asks)).content


async def test_without_streaming_a_stream_is_refused(connect: Connect) -> None:
    line = await connect(lambda _: Says("Yes."), lacks={"streaming"})
    with pytest.raises(anthropic.BadRequestError, match="stream: streaming is not supported"):
        await line.stream()
    assert (await line.ask()).content


async def test_without_a_count_of_tokens_there_is_no_such_page(connect: Connect) -> None:
    line = await connect(lambda _: Says("Yes."), lacks={"count_tokens"})
    with pytest.raises(anthropic.NotFoundError) as caught:
        await line.count()
    assert (caught.value.body, caught.value.type) == ("404 page not found", None)
    assert (await line.ask()).content


async def test_without_request_ids_nothing_has_a_name(connect: Connect) -> None:
    line = await connect(lambda _: Says("Yes."), lacks={"request_id"})
    assert (await line.ask())._request_id is None
    async with line.client.messages.stream(**ASKS) as stream:
        assert stream.request_id is None
    with pytest.raises(anthropic.BadRequestError) as caught:
        await line.ask(messages=[])
    assert caught.value.request_id is None
    assert isinstance(caught.value.body, dict)
    assert "request_id" not in caught.value.body


@pytest.mark.parametrize("how", ["lacks", "ignores"])
async def test_without_caching_usage_does_not_know_of_it(connect: Connect, how: str) -> None:
    line = await connect(lambda _: Says("Yes."), minimum=0, **{how: {"caching"}})
    asks = {"system": [MARKED]} if how == "ignores" else {}
    for ask in (line.ask, line.ask, line.stream):
        usage = (await ask(**asks)).usage
        assert (usage.cache_read_input_tokens, usage.cache_creation_input_tokens, usage.cache_creation) == (None,) * 3
        assert usage.input_tokens == await line.count(**asks)
    assert line.server.bill[MODEL].cache_read_input_tokens == 0


async def test_a_shape_that_is_ignored_becomes_prose(connect: Connect) -> None:
    line = await connect(lambda _: Says('{"yes": ', "true}"), ignores={"structured"})
    for message in (await line.ask(**SHAPED), await line.stream(**SHAPED)):
        assert [block.to_dict()["text"] for block in message.content] == [PROSE]
    assert (await line.ask()).content[0].to_dict()["text"] == '{"yes": true}'  # nobody asked for a shape
    line.server.rule = lambda _: Says("I would not say so.")
    assert (await line.ask(**SHAPED)).content[0].to_dict()["text"] == "I would not say so."


async def test_tools_that_are_ignored_are_only_talked_about(connect: Connect) -> None:
    line = await connect(lambda _: Says("Hm. ", Call("look")), ignores={"tools"})
    for message in (await line.ask(**TOOLS), await line.stream(**TOOLS)):
        assert [block.to_dict()["text"] for block in message.content] == ["Hm. I would use look now."]
        assert message.stop_reason == "end_turn"
    assert line.server.asked[0].usage
    assert line.server.asked[0].usage.input_tokens == await line.count()  # the model never saw them


async def test_a_stream_that_is_ignored_comes_whole(connect: Connect) -> None:
    line = await connect(lambda _: Says("Yes."), ignores={"streaming"})
    async with line.client.messages.with_streaming_response.create(**ASKS, stream=True) as response:
        assert response.headers["content-type"].startswith("application/json")
        told = json.loads(await response.read())
    assert (told["type"], told["content"]) == ("message", [{"type": "text", "text": "Yes."}])
    assert await line.events() == []  # so the SDK sees nothing


async def test_a_part_of_the_api_does_not_say_what_it_can_do(line: Line, connect: Connect) -> None:
    assert (await line.client.models.retrieve(MODEL)).capabilities
    for options in ({"lacks": {"images"}}, {"ignores": {"tools"}}):
        partial = await connect(**options)
        assert (await partial.client.models.retrieve(MODEL)).capabilities is None

"""What is left out of a request that was refused: what the complaint names, else the likeliest; and how it is put."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from bot.llm.abilities import Abilities, Loss, without_caching, without_files
from bot.llm.request import REPORT, Request
from bot.llm.seen import Seen
from bot.llm.tools import CARE_TOOL
from tests.llm.cases import TEXT

MARK = {"type": "ephemeral", "ttl": "5m"}
IMAGE: Any = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}}
ALL = Abilities()


def block(text: str, mark: Mapping[str, str] | None = None) -> Any:
    return {"type": "text", "text": text} | ({"cache_control": dict(mark)} if mark else {})


ANSWER = Request(
    model="m",
    max_tokens=10,
    system=[block("Who you are.", MARK), block("What holds now.", MARK)],
    messages=[
        {"role": "user", "content": [block(TEXT, MARK)]},
        {"role": "assistant", "content": "Yes."},
        {"role": "user", "content": [block("Again.", MARK), block("Today is Monday.")]},
    ],
    tools=[CARE_TOOL],
    space="s",
    member="m",
)
SHOWN = replace(ANSWER, messages=[{"role": "user", "content": [block(TEXT), IMAGE]}])
READING = replace(ANSWER, tools=(), shape=Seen)


def lost(request: Request, complaint: str, able: Abilities = ALL, *, stream: bool = True) -> Loss | None:
    return able.loss(request.put(able, stream=stream), complaint)


@pytest.mark.parametrize(
    ("complaint", "left"),
    [
        ("m does not support tools", {"tools": False}),
        ("tools.0.custom: Extra inputs are not permitted", {"tools": False}),
        ("messages.0.content.1.cache_control: Extra inputs are not permitted", {"caching": False}),
        ("system: Input should be a valid string", {"caching": False}),
        ("stream: streaming is not supported", {"streaming": False}),
        ("image input is not supported - hint: you may need to provide the mmproj", {"files": False}),
        ("messages.0.content.1.image.source: Invalid base64 data", {"files": False}),
        ("messages.0.content.1.pdf.source.base64.data: The PDF specified was not valid.", {"files": False}),
        ("Input tag 'document' found using 'type' does not match: 'text', 'tool_use'", {"files": False}),
    ],
)
def test_what_the_complaint_names_is_left_out(complaint: str, left: Mapping[str, Any]) -> None:
    assert lost(SHOWN, complaint) == Loss(left, named=True)


@pytest.mark.parametrize(
    "complaint", ["", "Bad Request", "upstream connect error", "no footools here", "imagery", f"cannot read {TEXT!r}"]
)
def test_where_it_names_nothing_one_guess_follows_another(complaint: str) -> None:
    able, guesses = ALL, list[Mapping[str, Any]]()
    while loss := lost(SHOWN, complaint, able):
        assert not loss.named
        guesses.append(loss.left)
        able = replace(able, **loss.left)
    assert guesses == [{"files": False}, {"tools": False}, {"caching": False}, {"streaming": False}]


@pytest.mark.parametrize(
    ("request_", "complaint"),
    [
        (ANSWER, "output_config: Extra inputs are not permitted"),
        (ANSWER, "image input is not supported"),
        (replace(ANSWER, tools=()), "m does not support tools"),
    ],
)
def test_nothing_is_named_that_the_request_does_not_have(request_: Request, complaint: str) -> None:
    loss = lost(request_, complaint)
    assert loss
    assert not loss.named


@pytest.mark.parametrize(
    "complaint", ["output_config: Extra inputs", "m does not support tools", "tool_choice: unknown", "json_schema"]
)
def test_a_shape_is_asked_for_in_one_way_after_another(complaint: str) -> None:
    first = lost(READING, complaint, stream=False)
    assert first == Loss({"structure": "tool"}, named=True)
    second = lost(READING, complaint, replace(ALL, structure="tool"), stream=False)
    assert second == Loss({"structure": "text"}, named=True)
    third = lost(READING, complaint, replace(ALL, structure="text"), stream=False)
    assert third == Loss({"caching": False}, named=False)
    assert lost(READING, complaint, Abilities(structure="text", caching=False), stream=False) is None


def test_the_simplest_way_stays() -> None:
    assert Abilities(structure="text").less_structure() == Abilities(structure="text")


def test_everything_is_put_as_it_is_where_everything_works() -> None:
    put = ANSWER.put(ALL, stream=True)
    assert put == {
        "model": "m",
        "max_tokens": 10,
        "system": ANSWER.system,
        "messages": ANSWER.messages,
        "tools": [CARE_TOOL],
        "stream": True,
    }
    assert READING.put(ALL, stream=False)["output_config"]["format"]["type"] == "json_schema"


def test_without_caching_nothing_is_marked_and_the_system_is_one_text() -> None:
    put = ANSWER.put(Abilities(caching=False), stream=True)
    assert "cache_control" not in json.dumps(put)
    assert put["system"] == "Who you are.\n\nWhat holds now."
    assert "cache_control" in json.dumps(ANSWER.put(ALL, stream=True))  # what was given is as it was


def test_without_tools_and_streaming_neither_is_asked_for() -> None:
    assert (
        not {"tools", "tool_choice", "stream"} & ANSWER.put(Abilities(tools=False, streaming=False), stream=True).keys()
    )


def test_a_shape_by_a_tool_is_the_only_tool_and_forced() -> None:
    put = READING.put(Abilities(structure="tool"), stream=False)
    assert [tool["name"] for tool in put["tools"]] == [REPORT]
    assert put["tool_choice"] == {"type": "tool", "name": REPORT}
    assert "output_config" not in put


@pytest.mark.parametrize("caching", [True, False])
def test_a_shape_in_words_stands_at_the_end_of_the_system(caching: bool) -> None:
    put = READING.put(Abilities(structure="text", caching=caching), stream=False)
    last = put["system"][-1]["text"] if caching else put["system"]
    assert '"plain_answer"' in last
    assert not {"tools", "tool_choice", "output_config"} & put.keys()


def test_a_file_is_replaced_by_a_note_and_nothing_else_is() -> None:
    assert without_files(SHOWN.messages) == [
        {"role": "user", "content": [block(TEXT), block('<attachment shown="no"/>')]},
    ]
    assert without_files([{"role": "user", "content": "hello"}]) == [{"role": "user", "content": [block("hello")]}]


def test_marks_are_taken_away_at_any_depth() -> None:
    nested = {"a": [{"cache_control": MARK, "b": ({"cache_control": MARK, "c": 1},)}], "cache_control": MARK}
    assert without_caching(nested) == {"a": [{"b": [{"c": 1}]}]}


@pytest.mark.parametrize(
    ("able", "lacks"),
    [
        (ALL, ()),
        (Abilities(structure="tool"), ("structured output",)),
        (Abilities(streaming=False, tools=False, files=False, caching=False, structure="text"), 5),
    ],
)
def test_what_it_lacks_is_told_in_words(able: Abilities, lacks: tuple[str, ...] | int) -> None:
    assert able.lacks == lacks or len(able.lacks) == lacks

"""Endpoints that can less than the whole API: the bot's requests are put more simply, and that is remembered."""

import asyncio
import json
import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

import pytest

from bot.domain.conversation import Attachment
from bot.errors import LLMError
from bot.llm.claude import Claude
from tests.llm.cases import BRIEF, CLEAN, Heard, Waits, does
from tests.llm.conftest import Make, Running
from tests.servers.anthropic import Asked, Fails, Reply, Says
from tests.servers.anthropic_partial import Ignored, Lack

LACKS: tuple[Lack, ...] = ("tools", "structured", "streaming", "caching", "images", "documents", "system_blocks")
IGNORES: tuple[Ignored, ...] = ("tools", "structured", "streaming", "caching")
FILES = (Attachment("a.png", "image/png", 8, source="1"), Attachment("b.pdf", "application/pdf", 8, source="2"))
SHOWN = replace(BRIEF, attachments=FILES, loaded={"1": b"\x89PNG\r\n\x1a\nx", "2": b"%PDF-1.4 x"})
VAGUE = Fails(400, "Bad Request", {"x-should-retry": "false"})
SAME = "claude-sonnet-5-5"  # where one model does everything


def subsets(of: Sequence[Any]) -> list[tuple[Any, ...]]:
    return [each for size in range(len(of) + 1) for each in combinations(of, size)]


def picky(refused: Callable[[str], bool]) -> Callable[[Asked], Reply]:
    """An endpoint that refuses some requests, by their JSON, and does not say why."""
    return lambda asked: VAGUE if refused(json.dumps(asked.body)) else does(asked)


async def answer(claude: Claude) -> str:
    return (await claude.answer(BRIEF, Heard())).text


async def goes_well(claude: Claude) -> None:
    """A turn with files."""
    assert (await claude.answer(SHOWN, Heard())).text == "An answer."
    assert (await claude.read(SHOWN)).read


@pytest.mark.parametrize("lacks", subsets(LACKS), ids=lambda each: " ".join(each) or "nothing")
async def test_whatever_an_endpoint_lacks_it_answers_and_reads(
    make: Make, running: Running, waits: Waits, lacks: Collection[Lack]
) -> None:
    server = await running(lacks=lacks)
    claude = make(server, break_after=1)
    await goes_well(claude)
    before = len(server.asked)
    await goes_well(claude)
    again = {"images", "documents"} & set(lacks)  # whether it was that one file is found out each time
    assert len(server.asked) == before + 2 + bool(again)
    assert waits.seconds == []
    assert server.faults == []


@pytest.mark.parametrize("ignores", subsets(IGNORES), ids=lambda each: " ".join(each) or "nothing")
async def test_whatever_an_endpoint_ignores_it_answers_and_reads(
    make: Make, running: Running, waits: Waits, ignores: Collection[Ignored]
) -> None:
    server = await running(ignores=ignores)
    claude = make(server, break_after=1)
    await goes_well(claude)
    before = len(server.asked)
    await goes_well(claude)
    assert len(server.asked) == before + 2
    assert ("stream" in server.asked[before].body) == ("streaming" not in ignores)
    assert waits.seconds == []
    assert server.faults == []


@pytest.mark.parametrize(
    ("options", "way"),
    [
        ({}, "output_config"),
        ({"lacks": {"structured"}}, "tool_choice"),
        ({"ignores": {"structured"}}, "tool_choice"),
        ({"lacks": {"structured", "tools"}}, "words"),
        ({"ignores": {"structured", "tools"}}, "words"),
        ({"lacks": {"tools"}, "ignores": {"structured"}}, "words"),
        ({"lacks": {"structured"}, "ignores": {"tools"}}, "words"),
    ],
)
async def test_a_reading_comes_in_the_way_that_is_left(
    make: Make, running: Running, options: dict[str, Any], way: str
) -> None:
    server = await running(**options)
    claude = make(server)
    assert (await claude.read(BRIEF)).read
    assert (await claude.read(BRIEF)).read
    for asked in (server.asked[-2], server.asked[-1]):  # the one that worked, and the one after it
        assert {"output_config", "tool_choice"} & asked.body.keys() == {way} - {"words"}
        assert ("JSON Schema" in str(asked.body["system"])) == (way == "words")


async def test_an_agreement_comes_in_the_way_that_is_left(make: Make, running: Running) -> None:
    server = await running(lambda _: Says('{"agrees": true, "words": "Good-bye."}'), lacks={"structured", "tools"})
    confirmed = await make(server, end_tool=()).confirm_ending(BRIEF)
    assert confirmed
    assert confirmed.agrees
    assert len(server.asked) == 4  # in two ways that are refused, then in words, twice


@pytest.mark.parametrize("agrees", [True, False])
async def test_a_model_that_cannot_have_tools_is_asked_in_words(make: Make, running: Running, agrees: bool) -> None:
    words = json.dumps({"agrees": agrees, "words": ""})
    server = await running(lambda asked: Says(words if "output_config" in asked.body else "Hm."), lacks={"tools"})
    claude = make(server)
    for _ in range(2):
        confirmed = await claude.confirm_ending(BRIEF)
        assert confirmed
        assert confirmed.agrees is agrees
    assert sum("tools" in asked.body for asked in server.asked) == 1


async def test_a_model_whose_tools_are_ignored_never_agrees_by_tool(make: Make, running: Running) -> None:
    server = await running(lambda _: Says("I would use end_conversation now."), ignores={"tools"})
    confirmed = await make(server).confirm_ending(BRIEF)
    assert confirmed
    assert not confirmed.agrees


async def test_what_is_lacking_is_logged_once(make: Make, running: Running, caplog: pytest.LogCaptureFixture) -> None:
    claude = make(await running(lacks={"tools", "structured"}, ignores={"streaming"}))
    for _ in range(3):
        await goes_well(claude)
    said = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert said == [
        "claude-sonnet-5-5 does without streaming",
        "claude-sonnet-5-5 does without streaming, tools",
        "claude-haiku-5-5 does without structured output",
    ]


async def test_a_passing_fault_makes_nobody_forget(make: Make, running: Running) -> None:
    server = await running(lacks={"caching"})
    claude = make(server)
    await answer(claude)
    before = len(server.asked)
    outages = [Fails(529), Fails(500), Fails(429)]
    server.rule = lambda asked: outages.pop() if outages else does(asked)
    with pytest.raises(LLMError):
        await answer(claude)
    await answer(claude)
    assert [asked.body.keys() for asked in server.asked[before:]] == [server.asked[1].body.keys()] * 4
    assert "cache_control" not in str([asked.body for asked in server.asked[before:]])


async def test_a_request_that_was_under_way_makes_nobody_forget(make: Make, running: Running) -> None:
    """It began when nothing was known yet, and needs nothing that is lacking: its success tells nothing new."""
    gate = asyncio.Event()

    def rule(asked: Asked) -> Reply:
        return Says(json.dumps(CLEAN), after=gate) if "output_config" in asked.body else Says("Yes.")

    server = await running(rule, lacks={"tools"})
    claude = make(server, reader=SAME)
    reading = asyncio.create_task(claude.read(BRIEF))
    await server.request(0)
    await answer(claude)
    gate.set()
    assert (await reading).read
    before = len(server.asked)
    await answer(claude)
    assert len(server.asked) == before + 1


@pytest.mark.parametrize("complaint", ["messages.0.content.2.image.source.base64: too odd", "Bad Request"])
async def test_one_image_that_is_refused_costs_nobody_else_anything(
    make: Make, running: Running, complaint: str
) -> None:
    bad = replace(SHOWN, loaded={"1": b"\x89PNG\r\n\x1a\nbad"})
    coded = "iVBORw0KGgpiYWQ="

    def rule(asked: Asked) -> Reply:
        return Fails(400, complaint) if coded in json.dumps(asked.body) else does(asked)

    server = await running(rule)
    claude = make(server)
    assert (await claude.answer(bad, Heard())).text == "An answer."
    assert len(server.asked) == 2
    assert server.asked[1].body["tools"]  # nothing but the image is left out
    assert server.asked[1].body["stream"]
    assert "cache_control" in str(server.asked[1].body)
    await claude.answer(SHOWN, Heard())
    assert len(server.asked) == 3
    assert {"image", "document"} <= {block["type"] for block in server.asked[2].messages[-1]["content"]}
    assert server.asked[2].body.keys() == server.asked[0].body.keys()


async def test_a_model_without_eyes_is_known_by_its_words(make: Make, running: Running, waits: Waits) -> None:
    """It says so as if it had failed; trying again and counting it would silence every conversation with an image."""
    server = await running(lacks={"images"})
    claude = make(server, break_after=1)
    assert (await claude.answer(SHOWN, Heard())).text == "An answer."
    assert [asked.usage is None for asked in server.asked] == [True, False]
    assert 'shown="no"' in str(server.asked[1].messages)
    assert waits.seconds == []


async def test_what_was_left_out_on_a_wrong_guess_comes_back(make: Make, running: Running) -> None:
    server = await running(picky(lambda body: "cache_control" in body))
    claude = make(server)
    assert await answer(claude) == "An answer."
    assert [("tools" in asked.body) for asked in server.asked] == [True, False, False]
    assert await answer(claude) == "An answer."
    assert len(server.asked) == 4
    assert server.asked[3].body["tools"]  # the care tool is there again
    assert server.asked[3].body["stream"]
    assert "cache_control" not in str(server.asked[3].body)


async def test_several_things_that_nobody_names_are_found_out_one_by_one(make: Make, running: Running) -> None:
    server = await running(picky(lambda body: "cache_control" in body or '"stream": true' in body))
    claude = make(server)
    asked = []
    for _ in range(4):
        before = len(server.asked)
        assert await answer(claude) == "An answer."
        asked.append(len(server.asked) - before)
    assert asked == [4, 3, 1, 1]
    assert server.asked[-1].body["tools"]

"""The reading model: what it reports becomes a Reading."""

import asyncio
import json
from dataclasses import replace

import pytest

from bot.domain.assessment import About, Concern, Level, Reading, Risk, Severity
from bot.domain.conversation import Attachment, Member, Turn
from bot.llm.claude import Claude
from bot.llm.prompts import Prompts
from bot.llm.transcript import as_material
from bot.settings import Settings
from tests.llm.cases import BRIEF, CLEAN, INSULT, TEXT, seen
from tests.llm.conftest import Make
from tests.servers.anthropic import Says, Server, Thought

TOLD = "You fool, watch out."  # the turn that these readings are of
QUOTED = {**INSULT, "words": "You fool"}


async def reading(claude: Claude, server: Server, **parts: object) -> Reading:
    server.script.append(seen(**parts))
    return await claude.reader.read(replace(BRIEF, text=TOLD))


async def test_what_the_model_reports_becomes_a_reading(claude: Claude, server: Server, settings: Settings) -> None:
    found = await reading(
        claude,
        server,
        concerns=[QUOTED, {**QUOTED, "kind": "threat", "severity": "severe", "confidence": 0.5}],
        risk="violence",
        about="other",
        risk_sure=False,
        risk_words="watch out",
        asks_to_end=True,
        plain_answer="yes",
        country="AT",
        language="de",
        why="an insult\nand more",
    )
    assert found == Reading(
        by=settings.llm.reader,
        concerns=(
            Concern("insult", Severity.SERIOUS, sure=True, words="You fool", confidence=0.9),
            Concern("threat", Severity.SEVERE, sure=False, words="You fool", confidence=0.5),
        ),
        risk=Risk(Level.VIOLENCE, About.OTHER, sure=False, words="watch out"),
        asks_to_end=True,
        affirms=True,
        country="AT",
        language="de",
        why="an insult and more",
    )


@pytest.mark.parametrize(("level", "said"), [(level, level.name.lower()) for level in Level])
async def test_every_level_of_risk_is_understood(claude: Claude, server: Server, level: Level, said: str) -> None:
    assert (await reading(claude, server, risk=said)).risk == Risk(level, sure=True)


@pytest.mark.parametrize("about", About)
async def test_whom_it_is_about_is_understood(claude: Claude, server: Server, about: About) -> None:
    assert (await reading(claude, server, risk="passive", about=about.value)).risk.about is about


@pytest.mark.parametrize(("confidence", "sure"), [(0.79, False), (0.8, True), (0, False), (1, True)])
async def test_a_concern_is_sure_from_the_confidence_that_is_set(
    make: Make, server: Server, confidence: float, sure: bool
) -> None:
    found = await reading(make(sure_from=0.8), server, concerns=[{**QUOTED, "confidence": confidence}])
    assert [concern.sure for concern in found.concerns] == [sure]


async def test_a_kind_of_conduct_that_nobody_defined_is_left_out(claude: Claude, server: Server) -> None:
    assert (await reading(claude, server, concerns=[{**QUOTED, "kind": "impoliteness"}])).concerns == ()


@pytest.mark.parametrize(("said", "meant"), [("yes", True), ("no", False), ("neither", None)])
async def test_a_plain_answer_is_one(claude: Claude, server: Server, said: str, meant: bool | None) -> None:
    assert (await reading(claude, server, plain_answer=said)).affirms is meant


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("at", "AT"),
        (" GB ", "GB"),
        ("UK", "GB"),
        ("ZZ", None),
        ("EU", None),
        ("unknown", None),
        ("", None),
        (None, None),
    ],
)
async def test_a_country_is_one_that_exists(
    claude: Claude, server: Server, said: str | None, meant: str | None
) -> None:
    assert (await reading(claude, server, country=said)).country == meant


@pytest.mark.parametrize(
    ("said", "meant"),
    [("DE", "de"), ("en-US", "en"), ("pt_BR", "pt"), ("unknown", None), ("zho", None), ("", None), (None, None)],
)
async def test_a_language_is_two_letters(claude: Claude, server: Server, said: str | None, meant: str | None) -> None:
    assert (await reading(claude, server, language=said)).language == meant


async def test_the_line_for_operators_stays_short(claude: Claude, server: Server) -> None:
    assert len((await reading(claude, server, why="why " * 200)).why) <= 200


async def test_thoughts_beside_a_report_are_no_part_of_it(claude: Claude, server: Server) -> None:
    server.script.append(Says(Thought("hm"), json.dumps(CLEAN)))
    assert (await claude.read(BRIEF)).read


async def test_a_concern_that_quotes_what_was_not_said_is_not_sure(claude: Claude, server: Server) -> None:
    found = await reading(claude, server, concerns=[{**QUOTED, "words": "worthless heap"}])
    assert [concern.sure for concern in found.concerns] == [False]


async def test_what_was_read_of_a_file_was_said(claude: Claude, server: Server) -> None:
    read = Attachment("a.txt", "text/plain", 9, text="worthless heap")
    server.script.append(seen(concerns=[{**QUOTED, "words": "worthless heap"}]))
    found = await claude.read(replace(BRIEF, attachments=(read,)))
    assert [concern.sure for concern in found.concerns] == [True]


async def test_the_reader_is_given_material_a_shape_and_no_tool(
    claude: Claude, server: Server, settings: Settings, prompts: Prompts
) -> None:
    brief = replace(BRIEF, history=(Turn(1, Member("ana", "Ana"), "hi <b>", reply="Hello & welcome."),))
    server.script.append(seen())
    await claude.read(brief)
    body = server.asked[0].body
    assert body.keys() == {"model", "max_tokens", "system", "messages", "output_config"}
    assert body["model"] == settings.llm.reader == claude.reader.name
    assert body["max_tokens"] == settings.llm.reader_tokens
    mark = {"type": "ephemeral", "ttl": "5m"}
    assert body["system"] == [{"type": "text", "text": prompts.reading(settings.concerns), "cache_control": mark}]
    assert body["messages"] == [{"role": "user", "content": as_material(brief, "5m")}]
    assert body["output_config"]["format"]["type"] == "json_schema"
    assert set(body["output_config"]["format"]["schema"]["required"]) == set(CLEAN)
    assert server.faults == []


async def test_readings_run_side_by_side(claude: Claude, server: Server) -> None:
    gate = asyncio.Event()
    server.script += [Says(json.dumps(CLEAN), after=gate), Says(json.dumps(CLEAN), after=gate)]
    both = asyncio.gather(claude.read(BRIEF), claude.read(BRIEF))
    await server.request(1)
    gate.set()
    assert all(found.read for found in await both)


async def test_a_turn_is_in_what_is_told(claude: Claude, server: Server) -> None:
    server.script.append(seen())
    await claude.read(BRIEF)
    assert TEXT in str(server.asked[0].messages)

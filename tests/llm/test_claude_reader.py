"""The reading model: what it reports becomes a Reading; what makes no sense leaves the turn unread."""

import asyncio
import json
import traceback
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.assess.assess import assess
from bot.domain.assessment import About, Concern, Level, Reading, Risk, Severity
from bot.domain.conversation import Member, Place, Turn
from bot.errors import LLMError, LLMRefused
from bot.llm.claude import Claude
from bot.llm.prompts import Prompts
from bot.ports import Brief
from bot.settings import Settings
from tests.servers.anthropic import Call, Cut, Fails, Hush, Raw, Reply, Says, Server, Thought

TEXT = "a text that nobody may quote"
KEY = "sk-ant-a-key-that-nobody-may-see"
SHORT = 0.05  # seconds: what a test waits for a thing that never comes
PATIENT = 10.0  # seconds: longer than anything here takes
BRIEF = Brief(place=Place("terminal", "local", "main"), member=Member("robin"), text=TEXT, turn=1)
CLEAN: Mapping[str, Any] = {
    "concerns": [],
    "risk": "none",
    "about": "self",
    "risk_sure": True,
    "risk_words": "",
    "asks_to_end": False,
    "plain_answer": "neither",
    "country": None,
    "language": "en",
    "why": "a question",
}
INSULT: Mapping[str, Any] = {"kind": "insult", "severity": "serious", "confidence": 0.9, "words": "you fool"}
Make = Callable[..., Claude]


def seen(**parts: object) -> Says:
    return Says(json.dumps({**CLEAN, **parts}))


def without(part: str) -> Says:
    return Says(json.dumps({key: value for key, value in CLEAN.items() if key != part}))


async def reading(claude: Claude, server: Server, **parts: object) -> Reading:
    server.script.append(seen(**parts))
    return await claude.read(BRIEF)


async def test_what_the_model_reports_becomes_a_reading(claude: Claude, server: Server, settings: Settings) -> None:
    found = await reading(
        claude,
        server,
        concerns=[INSULT, {**INSULT, "kind": "threat", "severity": "severe", "confidence": 0.5}],
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
            Concern("insult", Severity.SERIOUS, sure=True, words="you fool", confidence=0.9),
            Concern("threat", Severity.SEVERE, sure=False, words="you fool", confidence=0.5),
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
    found = await reading(make(sure_from=0.8), server, concerns=[{**INSULT, "confidence": confidence}])
    assert [concern.sure for concern in found.concerns] == [sure]


async def test_a_kind_of_conduct_that_nobody_defined_is_left_out(claude: Claude, server: Server) -> None:
    assert (await reading(claude, server, concerns=[{**INSULT, "kind": "impoliteness"}])).concerns == ()


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


FAULTS: dict[str, tuple[Reply, str]] = {
    "prose": (Says(f"It says {TEXT!r}."), "the reply makes no sense: json_invalid"),
    "JSON in prose": (Says(f"```json\n{json.dumps(CLEAN)}\n```"), "the reply makes no sense: json_invalid"),
    "half of it": (Says(json.dumps(CLEAN)[:60]), "the reply makes no sense: json_invalid"),
    "a list": (Says("[]"), "the reply makes no sense: model_type"),
    "nothing": (Says(), "the reply makes no sense: json_invalid"),
    "an unknown level": (seen(risk=TEXT), "the reply makes no sense: literal_error"),
    "an unknown severity": (seen(concerns=[{**INSULT, "severity": TEXT}]), "no sense: literal_error"),
    "too much confidence": (seen(concerns=[{**INSULT, "confidence": 95}]), "no sense: less_than_equal"),
    "no number": (
        Says(json.dumps({**CLEAN, "concerns": [{**INSULT, "confidence": float("nan")}]})),
        "no sense: less_than",
    ),
    "a part too many": (seen(**{TEXT: 1}), "the reply makes no sense: extra_forbidden"),
    **{f"no {part}": (without(part), "the reply makes no sense: missing") for part in CLEAN},
    "cut short": (Says(json.dumps(CLEAN), stop="max_tokens"), "the answer is not whole: max_tokens"),
    "a refusal": (Says(json.dumps(CLEAN), stop="refusal"), "the model declined to answer"),
    "a refusal without a word": (Says(stop="refusal"), "the model declined to answer"),
    "a tool call": (Says(Call("report", CLEAN, unoffered=True)), "the answer is not whole: tool_use"),
    "no structured output there": (Fails(400, f"output_config: {TEXT}"), "BadRequestError, status 400"),
    "401": (Fails(401, KEY), "AuthenticationError, status 401"),
    "529": (Fails(529, TEXT), "OverloadedError, status 529, overloaded_error, req_0"),
    "a cut": (Says(Cut()), "APIConnectionError"),
    "a page": (Raw(f"<p>{TEXT}</p>", "text/html"), "AttributeError"),
    "other JSON": (Raw(json.dumps({"text": TEXT})), "."),
    "no JSON": (Raw("{"), "."),
    "late": (Says(after=Hush()), "no whole answer in time|APITimeoutError"),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_fault_names_its_kind_and_quotes_nothing(make: Make, server: Server, fault: str) -> None:
    reply, said = FAULTS[fault]
    server.script.append(reply)
    with pytest.raises(LLMError, match=said) as caught:
        await make(reader_timeout=SHORT if fault == "late" else PATIENT).read(BRIEF)
    shown = "".join(traceback.format_exception(caught.value))
    assert not any(secret in shown for secret in (KEY, TEXT))
    assert isinstance(caught.value, LLMRefused) == ("refusal" in fault)


@pytest.mark.parametrize("fault", ["prose", "401", "a refusal", "late"])
async def test_a_reader_that_fails_leaves_the_turn_unread(make: Make, server: Server, fault: str) -> None:
    server.script.append(FAULTS[fault][0])
    claude = make(reader_timeout=SHORT if fault == "late" else PATIENT)
    wording = Reading("wording", concerns=(Concern("insult", Severity.SEVERE, sure=True),))
    found = await assess(wording, claude, BRIEF, timedelta(seconds=PATIENT))
    assert not found.read
    assert found.concerns == ()


async def test_a_reader_that_is_late_for_the_turn_is_hung_up_on(claude: Claude, server: Server) -> None:
    server.script.append(Says(after=Hush()))
    found = await assess(Reading("wording"), claude, BRIEF, timedelta(seconds=SHORT))
    assert not found.read
    assert found.readings[1].why == "no reading within 0.05 s"
    await server.asked[0].over.wait()
    assert server.asked[0].dropped


async def test_nobody_waits_as_long_as_a_vendor_asks_for(make: Make, server: Server) -> None:
    server.script += [Fails(429, headers={"retry-after": "3600"}), seen()]
    with pytest.raises(LLMError, match="no whole answer in time"):
        async with asyncio.timeout(PATIENT):
            await make(retries=2, reader_timeout=SHORT).read(BRIEF)


async def test_a_reader_that_is_busy_for_a_moment_is_asked_again(make: Make, server: Server) -> None:
    server.script += [Fails(529, headers={"retry-after-ms": "1"}), seen()]
    assert (await make(retries=2).read(BRIEF)).read


async def test_the_reader_is_given_material_a_shape_and_no_tool(
    claude: Claude, server: Server, settings: Settings, prompts: Prompts
) -> None:
    server.script.append(seen())
    await claude.read(replace(BRIEF, history=(Turn(1, Member("ana", "Ana"), "hi <b>", reply="Hello & welcome."),)))
    body = server.asked[0].body
    assert body.keys() == {"model", "max_tokens", "system", "messages", "output_config"}
    assert body["model"] == settings.llm.reader
    assert body["max_tokens"] == settings.llm.reader_tokens
    assert body["system"] == prompts.reading(settings.concerns)
    assert body["messages"] == [
        {
            "role": "user",
            "content": '<history>\n<message from="Ana">hi &lt;b&gt;</message>\n<bot>Hello &amp; welcome.</bot>\n'
            f'</history>\n<turn from="robin">{TEXT}</turn>',
        }
    ]
    assert body["output_config"]["format"]["type"] == "json_schema"
    assert set(body["output_config"]["format"]["schema"]["required"]) == set(CLEAN)


async def test_readings_run_side_by_side(claude: Claude, server: Server) -> None:
    gate = asyncio.Event()
    server.script += [Says(json.dumps(CLEAN), after=gate), Says(json.dumps(CLEAN), after=gate)]
    both = asyncio.gather(claude.read(BRIEF), claude.read(BRIEF))
    await server.request(1)
    gate.set()
    assert all(found.read for found in await both)

"""A reading that fails, is late or makes no sense leaves the turn unread, and nothing of it is quoted."""

import json
from dataclasses import dataclass
from datetime import timedelta

import pytest

from bot.assess.assess import assess
from bot.domain.assessment import Concern, Reading, Severity
from bot.errors import LLMError, LLMRefused
from bot.llm.claude import Claude
from tests.llm.cases import BRIEF, CLEAN, HALF, INSULT, TEXT, Late, Waits, discreet, echo, page, seen
from tests.llm.conftest import Make
from tests.servers.anthropic import Call, Cut, Fails, Raw, Reply, Says, Server, Thought


def without(part: str) -> Says:
    return Says(json.dumps({key: value for key, value in CLEAN.items() if key != part}))


@dataclass(frozen=True)
class Outcome:
    """A reply that is none, how often it is asked for, and what is said of it.

    A model of which nothing is known yet is asked in two other ways if it makes no sense.
    """

    reply: Reply
    said: str
    tries: int = 1


def nonsense(reply: Reply, kind: str) -> Outcome:
    return Outcome(reply, f"^the reply makes no sense: {kind}$", 3)


FAULTS = {
    "prose": nonsense(Says(f"It says {TEXT!r}."), "json_invalid"),
    "half of it": nonsense(Says(json.dumps(CLEAN)[:60]), "json_invalid"),
    "a list": nonsense(Says("[]"), "model_type"),
    "a blank": nonsense(Says(" "), "json_invalid"),
    "only thoughts": nonsense(Says(Thought("hm")), "json_invalid"),
    "an unknown level": nonsense(seen(risk=TEXT), "literal_error"),
    "an unknown severity": nonsense(seen(concerns=[{**INSULT, "severity": TEXT}]), "literal_error"),
    "too much confidence": nonsense(seen(concerns=[{**INSULT, "confidence": 95}]), "less_than_equal"),
    "no number": nonsense(
        Says(json.dumps({**CLEAN, "concerns": [{**INSULT, "confidence": float("nan")}]})),
        "(finite_number|greater_than_equal|less_than_equal).*",
    ),
    "a part too many": nonsense(seen(**{TEXT: 1}), "extra_forbidden"),
    **{f"no {part}": nonsense(without(part), "missing") for part in CLEAN},
    "nothing": Outcome(Says(), "^an empty answer$", 3),
    "cut short": Outcome(Says(json.dumps(CLEAN), stop="max_tokens"), "^the answer is not whole: max_tokens$", 3),
    "a pause": Outcome(Says(json.dumps(CLEAN), stop="pause_turn"), "^the answer is not whole: pause_turn$", 3),
    "no room": Outcome(Says(HALF, stop="model_context_window_exceeded"), "more than the model's context window"),
    "a refusal": Outcome(Says(json.dumps(CLEAN), stop="refusal"), "^the model declined to answer$"),
    "a refusal without a word": Outcome(Says(stop="refusal"), "^the model declined to answer$"),
    "a call of another tool": nonsense(Says(Call("close", CLEAN, unoffered=True)), "json_invalid"),
    "400": Outcome(echo(400), "BadRequestError, status 400", 4),  # as it is, in two other ways, without caching
    "401": Outcome(echo(401), "AuthenticationError, status 401"),
    "404": Outcome(echo(404), "NotFoundError, status 404"),
    "413": Outcome(echo(413), "ContentTooLargeError, status 413"),
    "429": Outcome(echo(429), "RateLimitError, status 429", 3),
    "429, later": Outcome(Fails(429, TEXT, {"retry-after": "3600"}), "RateLimitError, status 429"),
    "502": Outcome(page(502), "InternalServerError, status 502", 3),
    "529": Outcome(echo(529), "OverloadedError, status 529, overloaded_error, req_2", 3),
    "a cut": Outcome(Says(Cut()), "APIConnectionError", 3),
    "a page": Outcome(Raw(f"<p>{TEXT}</p>", "text/html"), "^the reply is no message$", 3),
    "other JSON": Outcome(Raw(json.dumps({"text": TEXT})), "^the reply is no message$", 3),
    "no JSON": Outcome(Raw("{"), "^the reply is no message$", 3),
    "late": Outcome(Says(after=Late()), "^no whole answer in time$"),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_fault_names_its_kind_and_quotes_nothing(claude: Claude, server: Server, fault: str) -> None:
    outcome = FAULTS[fault]
    server.rule = lambda _: outcome.reply
    with pytest.raises(LLMError, match=outcome.said) as caught:
        await claude.read(BRIEF)
    assert discreet(caught.value)
    assert isinstance(caught.value, LLMRefused) == ("refusal" in fault)
    assert len(server.asked) == outcome.tries


@pytest.mark.parametrize("fault", ["prose", "401", "529", "a refusal", "late"])
async def test_a_reader_that_fails_leaves_the_turn_unread(claude: Claude, server: Server, fault: str) -> None:
    server.rule = lambda _: FAULTS[fault].reply
    wording = Reading("wording", concerns=(Concern("insult", Severity.SEVERE, sure=True),))
    found = await assess(wording, claude.reader, BRIEF, timedelta(minutes=1))
    assert not found.read
    assert found.concerns == ()


async def test_a_reader_that_is_late_for_the_turn_is_hung_up_on(claude: Claude, server: Server) -> None:
    server.script.append(Says(after=Late()))
    found = await assess(Reading("wording"), claude.reader, BRIEF, timedelta(seconds=4))
    assert not found.read
    assert found.readings[1].why == "no reading within 4 s"
    await server.asked[0].over.wait()
    assert server.asked[0].dropped


async def test_a_reader_that_hangs_is_left_alone(make: Make, server: Server) -> None:
    server.script.append(Says(after=Late()))
    claude = make(break_after=1)
    with pytest.raises(LLMError, match=r"^no whole answer in time$"):
        await claude.read(BRIEF)
    with pytest.raises(LLMError, match=r"^claude-haiku-5-5 is left alone after failures$"):
        await claude.read(BRIEF)
    assert len(server.asked) == 1


@pytest.mark.parametrize(("after", "waited"), [("5.0", [5.0]), ("5.8", []), ("6", []), ("3600", [])])
async def test_a_reader_is_late_a_little_before_whoever_waits_for_it_gives_up(
    claude: Claude, server: Server, waits: Waits, after: str, waited: list[float]
) -> None:
    """A turn waits six seconds for a reading. If it gave up first, nobody would count that the reader hangs."""
    server.script += [Fails(429, headers={"retry-after": after}), seen()]
    if waited:
        assert (await claude.read(BRIEF)).read
    else:
        with pytest.raises(LLMError, match="RateLimitError, status 429"):
            await claude.read(BRIEF)
    assert waits.seconds == waited


async def test_a_reader_that_is_busy_for_a_moment_is_asked_again(claude: Claude, server: Server, waits: Waits) -> None:
    server.script += [Fails(529, headers={"retry-after-ms": "10"}), Fails(500), seen()]
    assert (await claude.read(BRIEF)).read
    assert waits.seconds[0] == 0.01
    assert len(waits.seconds) == 2

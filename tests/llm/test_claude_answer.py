"""The main model's answer: what it is told, and what each way of coming to an end makes of it."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest

from bot.domain.conversation import Member, Turn
from bot.domain.decision import Decision
from bot.domain.standing import NEW
from bot.domain.step import Reason, Step
from bot.errors import LLMError, LLMRefused, LLMTooLarge
from bot.llm.claude import Claude
from bot.llm.prompts import Prompts
from bot.llm.tools import CARE_TOOL
from bot.llm.transcript import as_messages
from bot.llm.writing import STEP_TOKENS
from bot.ports import Brief, Written
from bot.settings import Settings
from tests.llm.cases import BRIEF, FOR_EVER, HALF, KEY, TEXT, Heard, Late, Waits, discreet
from tests.llm.conftest import Make
from tests.servers.anthropic import Asked, Reply, Says, Server, Thought

HISTORY = (Turn(1, Member("ana"), "hi", reply="Hello."),)


def decided(step: Step, reason: Reason = Reason.CONCERN) -> Decision:
    return Decision(step, reason, NEW, "v1", 1)


async def asked_with(claude: Claude, server: Server, brief: Brief) -> Asked:
    server.script.append(Says("Yes."))
    await claude.answer(brief, Heard())
    assert server.faults == []
    return server.asked[-1]


async def test_an_answer_is_told_what_it_needs_and_may_call_for_care(
    claude: Claude, server: Server, settings: Settings, prompts: Prompts
) -> None:
    now = datetime(2026, 3, 14, tzinfo=UTC)
    brief = replace(BRIEF, persona="You know about bees.", history=HISTORY, summary="They met.", now=now)
    asked = await asked_with(claude, server, brief)
    who = prompts.answer.fill(
        name=settings.bot.name, persona="You know about bees.", formatting=prompts.formatting("terminal")
    )
    assert asked.body == {
        "model": settings.llm.main,
        "max_tokens": settings.llm.answer_tokens,
        "stream": True,
        "system": [{"type": "text", "text": who, "cache_control": {"type": "ephemeral", "ttl": "5m"}}],
        "messages": as_messages(brief, "5m"),
        "tools": [CARE_TOOL],
    }
    assert KEY not in str(asked.headers)


@pytest.mark.parametrize(
    ("brief", "cared"),
    [
        (BRIEF, False),
        (replace(BRIEF, in_care=True), True),
        (replace(BRIEF, decision=decided(Step.CARE, Reason.RISK)), True),
        (replace(BRIEF, decision=decided(Step.ANSWER, Reason.CLEAN)), False),
        (replace(BRIEF, decision=decided(Step.WARN)), False),
    ],
    ids=["ordinary", "in the care window", "at risk", "decided", "warned"],
)
async def test_care_is_told_to_care(
    claude: Claude, server: Server, prompts: Prompts, brief: Brief, cared: bool
) -> None:
    asked = await asked_with(claude, server, brief)
    assert (asked.body["system"][-1]["text"] == prompts.care.text) == cared


@pytest.mark.parametrize("step", [Step.REDIRECT, Step.WARN])
async def test_a_step_is_told_what_it_must_say_and_kept_short(
    claude: Claude, server: Server, prompts: Prompts, step: Step
) -> None:
    brief = replace(BRIEF, decision=decided(step), must_say=("insults", "this conversation"), language="de")
    asked = await asked_with(claude, server, brief)
    first, second = asked.body["system"]
    assert "cache_control" in first
    assert second == {"type": "text", "text": prompts.step(step, "de", ("insults", "this conversation"))}
    assert asked.body["max_tokens"] == STEP_TOKENS
    assert asked.body["tools"] == [CARE_TOOL]
    assert "cache_control" not in str(asked.body["messages"])  # nobody asks in this way again


async def test_a_step_has_a_deadline_of_its_own(make: Make, server: Server) -> None:
    server.script.append(Says(HALF, Late()))
    claude = make(break_after=1, answer_timeout=FOR_EVER)
    with pytest.raises(LLMError, match=r"^no whole answer in time$"):
        await claude.answer(replace(BRIEF, decision=decided(Step.WARN)), Heard())
    server.script.append(Says("There."))
    with pytest.raises(LLMError, match="left alone"):
        await claude.answer(BRIEF, Heard())


@dataclass(frozen=True)
class Outcome:
    """What becomes of a reply that came to some end: what is written, or what is raised."""

    reply: Reply
    written: Written | None = None
    raised: type[LLMError] = LLMError
    said: str = ""
    tries: int = 1


EMPTY = "^an empty answer$"
ENDS = {
    "its own": Outcome(Says(HALF), Written(HALF)),
    "a stop sequence": Outcome(Says(HALF, stop="stop_sequence"), Written(HALF)),
    "blanks around it": Outcome(Says("\n", HALF, " \n"), Written(HALF)),
    "the longest answer": Outcome(Says(HALF, stop="max_tokens"), Written(HALF, cut=True)),
    "the longest answer, without a word": Outcome(Says(stop="max_tokens"), said=EMPTY),
    "a tool that it did not call": Outcome(Says(HALF, stop="tool_use"), Written(HALF)),
    "a refusal": Outcome(Says(HALF, stop="refusal"), raised=LLMRefused, said="the model declined to answer"),
    "a refusal without a word": Outcome(Says(stop="refusal"), raised=LLMRefused, said="the model declined to answer"),
    "no room": Outcome(Says(HALF, stop="model_context_window_exceeded"), raised=LLMTooLarge, said="more than the mod"),
    "a pause": Outcome(Says(HALF, stop="pause_turn"), said="^the answer is not whole: pause_turn$"),
    "a stop reason that is a text": Outcome(Says(HALF, stop=f"{TEXT}!"), said="^the answer is not whole: it just sto"),
    "an empty answer": Outcome(Says(), said=EMPTY, tries=3),
    "a blank answer": Outcome(Says(" ", "\n"), said=EMPTY),
    "only thoughts": Outcome(Says(Thought("hm")), said=EMPTY),
}


@pytest.mark.parametrize("end", ENDS)
async def test_what_becomes_of_an_answer_that_ends(make: Make, server: Server, waits: Waits, end: str) -> None:
    outcome = ENDS[end]
    server.script += [outcome.reply] * outcome.tries
    claude = make(break_after=1)
    if outcome.written:
        assert await claude.answer(BRIEF, Heard()) == outcome.written
    else:
        with pytest.raises(LLMError, match=outcome.said) as caught:
            await claude.answer(BRIEF, Heard())
        assert type(caught.value) is outcome.raised or outcome.raised is LLMError
        assert isinstance(caught.value, LLMRefused) == (outcome.raised is LLMRefused)
        assert discreet(caught.value)
    assert (len(server.asked), len(waits.seconds)) == (outcome.tries, outcome.tries - 1)
    server.script.append(Says("There."))
    assert (await claude.answer(BRIEF, Heard())).text == "There."  # none of this counts against the model


async def test_an_answer_that_was_empty_once_is_asked_for_again(claude: Claude, server: Server) -> None:
    server.script += [Says(), Says("There.")]
    assert (await claude.answer(BRIEF, Heard())).text == "There."


@pytest.mark.parametrize("platform", ["discord", "slack", "terminal", "a new one"])
async def test_it_is_told_how_text_is_shown_where_it_is(
    claude: Claude, server: Server, prompts: Prompts, platform: str
) -> None:
    asked = await asked_with(claude, server, replace(BRIEF, place=replace(BRIEF.place, platform=platform)))
    assert prompts.formatting(platform) in asked.body["system"][0]["text"]


async def test_a_summary_has_no_tools_and_is_bounded(
    claude: Claude, server: Server, settings: Settings, prompts: Prompts
) -> None:
    server.script.append(Says(" They met. \n"))
    assert await claude.summarise(replace(BRIEF, text="", history=HISTORY, summary="Before.")) == "They met."
    body = server.asked[0].body
    assert body.keys() == {"model", "max_tokens", "system", "messages"}
    assert body["model"] == settings.llm.main
    assert body["system"] == [{"type": "text", "text": prompts.summary.fill(words=str(settings.llm.summary_words))}]
    assert "Before." in str(body["messages"])
    assert "Hello." in str(body["messages"])
    assert body["max_tokens"] > settings.llm.summary_words


@pytest.mark.parametrize(
    "end", ["a refusal", "no room", "a pause", "the longest answer", "an empty answer", "a blank answer"]
)
async def test_half_a_summary_is_none(claude: Claude, server: Server, end: str) -> None:
    """What was lost from a conversation cannot be found again: the whole history stays until there is a summary."""
    outcome = ENDS[end]
    server.script += [outcome.reply] * outcome.tries
    with pytest.raises(LLMError) as caught:
        await claude.summarise(BRIEF)
    assert discreet(caught.value)

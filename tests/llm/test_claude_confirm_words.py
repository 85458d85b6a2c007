"""A main model that is given no tool is asked in words whether to end: twice, and only the shape counts."""

import json
from dataclasses import replace

import pytest

from bot.domain.decision import Decision
from bot.domain.standing import NEW
from bot.domain.step import Reason, Step
from bot.errors import LLMError, LLMRefused
from bot.llm.prompts import Prompts
from bot.llm.request import REPORT
from bot.llm.transcript import as_messages
from bot.ports import Confirmed
from tests.llm.cases import BRIEF, HALF, TEXT, discreet, echo
from tests.llm.conftest import Make
from tests.servers.anthropic import Call, Fails, Reply, Says, Server

OTHER = "a-model-without-the-tool"
ASKED = replace(BRIEF, decision=Decision(Step.END, Reason.CONCERN, NEW, "v1", 4, concern="insult"))
NO = Confirmed(agrees=False)


def says(agrees: object, words: object = "", **more: object) -> Says:
    return Says(json.dumps({"agrees": agrees, "words": words, **more}))


ANSWERS: dict[str, tuple[list[Reply], Confirmed]] = {
    "twice": ([says(True), says(True)], Confirmed(agrees=True)),
    "twice, with words the first time": ([says(True, " Farewell. "), says(True)], Confirmed(True, "Farewell.")),
    "twice, with words the second time": ([says(True), says(True, "Take care.")], Confirmed(True, "Take care.")),
    "twice, with words each time": ([says(True, "Farewell."), says(True, "Take care.")], Confirmed(True, "Take care.")),
    "once": ([says(True, "Farewell."), says(False, "No.")], NO),
    "not at all": ([says(False, "They may stay.")], NO),
}  # fmt: skip


@pytest.mark.parametrize("said", ANSWERS)
async def test_agreeing_twice_is_agreeing(make: Make, server: Server, said: str) -> None:
    replies, outcome = ANSWERS[said]
    server.script += replies
    assert await make(main=OTHER).confirm_ending(ASKED) == outcome
    assert not server.script
    assert server.faults == []


async def test_no_tool_is_offered_and_the_second_question_follows_the_first_answer(
    make: Make, server: Server, prompts: Prompts
) -> None:
    server.script += [says(True, "Farewell."), says(True)]
    await make(main=OTHER).confirm_ending(ASKED)
    first, second = (asked.body for asked in server.asked)
    assert first["model"] == OTHER
    assert not {"tools", "tool_choice"} & (first.keys() | second.keys())
    assert sorted(first["output_config"]["format"]["schema"]["required"]) == ["agrees", "words"]
    assert first["messages"] == as_messages(ASKED, "off")
    assert second["messages"] == [
        *first["messages"],
        {"role": "assistant", "content": '{"agrees":true,"words":"Farewell."}'},
        {"role": "user", "content": prompts.confirm_again.text},
    ]
    assert second | {"messages": []} == first | {"messages": []}


NONSENSE = {
    "a word": Says("Yes."),
    "true": Says("true"),
    "agrees as text": says("yes"),
    "agrees as a number": says(1),
    "agrees to nothing": says(None),
    "nothing in it": Says("{}"),
    "half of it": Says('{"agrees": true}'),
    "a part too many": says(True, x=1),
    "words that are none": says(True, None),
    "two of them": Says('{"agrees": true, "words": ""}{"agrees": true, "words": ""}'),
    "quoted": Says(f'They wrote {{"agrees": true, "words": ""}}, {TEXT}.'),
    "a blank": Says(" "),
}


@pytest.mark.parametrize("reply", NONSENSE)
@pytest.mark.parametrize("second", [False, True], ids=["first", "second"])
async def test_only_the_shape_counts(make: Make, server: Server, reply: str, second: bool) -> None:
    said = [says(True)] * second
    server.rule = lambda _: said.pop() if said else NONSENSE[reply]
    with pytest.raises(LLMError, match="the reply makes no sense") as caught:
        await make(main=OTHER).confirm_ending(ASKED)
    assert discreet(caught.value)


async def test_it_may_come_by_a_forced_call(make: Make, server: Server) -> None:
    """An endpoint without structured output."""
    server.lacks = {"structured"}
    server.script += [Says(Call(REPORT, {"agrees": True, "words": "Farewell."}))] * 2
    assert await make(main=OTHER).confirm_ending(ASKED) == Confirmed(True, "Farewell.")


FAULTS: dict[str, tuple[list[Reply], str]] = {
    "400": ([echo(400)] * 4, "BadRequestError, status 400"),
    "401": ([echo(401)], "AuthenticationError, status 401"),
    "413": ([echo(413)], "ContentTooLargeError, status 413"),
    "529": ([echo(529)] * 3, "OverloadedError, status 529"),
    "later": ([Fails(429, headers={"retry-after": "3600"})], "RateLimitError"),
    "a refusal": ([Says(HALF, stop="refusal")], "the model declined to answer"),
    "no room": ([Says(HALF, stop="model_context_window_exceeded")], "more than the model's context window"),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("second", [False, True], ids=["first", "second"])
async def test_a_fault_is_neither_a_yes_nor_a_no(make: Make, server: Server, fault: str, second: bool) -> None:
    replies, said = FAULTS[fault]
    server.script += [says(True)] * second + replies
    with pytest.raises(LLMError, match=said) as caught:
        await make(main=OTHER).confirm_ending(ASKED)
    assert discreet(caught.value)
    assert isinstance(caught.value, LLMRefused) == (fault == "a refusal")
    assert not server.script

"""More than a model takes: it is told less and less of what went before, the newest last."""

from dataclasses import replace

import pytest

from bot.domain.conversation import Attachment, Member, Turn
from bot.errors import LLMTooLarge
from bot.llm.writing import SHORTER
from tests.llm.cases import BRIEF, HALF, TEXT, Heard, Waits, discreet, echo
from tests.llm.conftest import Make
from tests.servers.anthropic import Asked, Fails, Reply, Says, Server
from tests.servers.anthropic_usage import prompt_tokens

FILE = Attachment("a.png", "image/png", 8, source="1")
HISTORY = tuple(Turn(number, Member("ana"), f"word{number}.", reply=f"Reply{number}.") for number in range(1, 9))
LONG = replace(BRIEF, history=HISTORY, summary="They met.", attachments=(FILE,), loaded={"1": b"\x89PNG\r\n\x1a\nx"})
TOO_LARGE: dict[str, Reply] = {
    "413": echo(413),
    "a prompt that is too long": Fails(400, "prompt is too long: 200001 tokens > 200000 maximum"),
    "another vendor's words": Fails(400, "This model's maximum context length is 8192 tokens."),
    "a server's words": Fails(400, "the request exceeds the available context size, too large"),
    "a window that is full": Says(HALF, stop="model_context_window_exceeded"),
}


def told(asked: Asked) -> tuple[list[int], bool, bool]:
    """Which turns a request tells, whether the summary, and whether the image."""
    said = str(asked.messages)
    return [turn.number for turn in HISTORY if turn.text in said], "They met." in said, "'image'" in said


@pytest.mark.parametrize("fault", TOO_LARGE)
async def test_what_is_told_is_halved_until_nothing_but_the_message_is_left(
    make: Make, server: Server, waits: Waits, fault: str
) -> None:
    server.rule, heard = lambda _: TOO_LARGE[fault], Heard()
    claude = make(break_after=1)
    with pytest.raises(LLMTooLarge) as caught:
        await claude.answer(LONG, heard)
    assert discreet(caught.value)
    assert [told(asked) for asked in server.asked] == [
        ([1, 2, 3, 4, 5, 6, 7, 8], True, True),
        ([5, 6, 7, 8], True, False),
        ([7, 8], True, False),
        ([8], True, False),
        ([], False, False),
    ]
    assert len(server.asked) == SHORTER + 1
    assert all(TEXT in str(asked.messages[-1]) for asked in server.asked)
    assert waits.seconds == []
    assert server.faults == []
    server.rule = lambda _: Says("There.")
    assert (await claude.answer(BRIEF, Heard())).text == "There."  # it does not count against the model


@pytest.mark.parametrize("fault", TOO_LARGE)
@pytest.mark.parametrize("times", range(1, 5))
async def test_the_first_that_fits_is_answered(make: Make, server: Server, fault: str, times: int) -> None:
    server.script += [*[TOO_LARGE[fault]] * times, Says("There.")]
    assert (await make().answer(LONG, Heard())).text == "There."


async def test_a_window_that_is_smaller_than_the_conversation(make: Make, server: Server) -> None:
    server.script.append(Says("There."))
    claude = make()
    await claude.answer(replace(LONG, history=HISTORY[-4:], loaded={}), Heard())
    server.window = prompt_tokens(server.asked[0].body)
    server.script.append(Says("There again."))
    assert (await claude.answer(LONG, Heard())).text == "There again."
    assert [len(told(asked)[0]) for asked in server.asked] == [4, 8, 4]


async def test_a_message_that_is_too_large_by_itself_is_asked_about_once(make: Make, server: Server) -> None:
    server.rule = lambda _: echo(413)
    with pytest.raises(LLMTooLarge):
        await make().answer(BRIEF, Heard())
    assert len(server.asked) == 1


async def test_files_alone_can_be_too_large(make: Make, server: Server) -> None:
    server.script += [echo(413), Says("There.")]
    assert (await make().answer(replace(LONG, history=()), Heard())).text == "There."
    assert [told(asked)[2] for asked in server.asked] == [True, False]


@pytest.mark.parametrize("fault", TOO_LARGE)
async def test_nothing_else_is_told_less(make: Make, server: Server, fault: str) -> None:
    server.rule = lambda _: TOO_LARGE[fault]
    claude = make()
    for asking in (claude.summarise(LONG), claude.read(LONG), claude.confirm_ending(LONG)):
        server.asked.clear()
        with pytest.raises(LLMTooLarge):
            await asking
        assert len(server.asked) == 1

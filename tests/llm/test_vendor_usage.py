"""What models use is metered as the vendor bills it, also of replies that nobody waited for."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from bot.domain.conversation import Member
from bot.domain.usage import Usage
from bot.errors import LLMError
from bot.llm.claude import Claude
from bot.llm.draft import Draft
from bot.llm.meter import Meter, tokens
from bot.llm.tools import CARE, END
from tests.llm.cases import BRIEF, HALF, Heard, Late, echo, reads
from tests.llm.conftest import Make
from tests.servers.anthropic import Asked, Broken, Call, Cut, Fails, Hush, Raw, Reply, Says, Server
from tests.servers.anthropic import Usage as Bill
from tests.servers.anthropic_usage import tokens as billed

MAIN, READER, OTHER = "claude-sonnet-5-5", "claude-haiku-5-5", "claude-opus-5-5"


def bill(used: Sequence[Usage]) -> dict[str, Bill]:
    """The same as a bill, by model; all that is kept is kept for five minutes."""
    found: dict[str, Bill] = {}
    for each in used:
        one = Bill(each.fresh, each.cache_read, each.cache_write, 0, each.output)
        found[each.model] = found.get(each.model, Bill()) + one
    return found


def does(asked: Asked) -> Reply:
    return reads(asked) if asked.body["model"] == READER else Says("Good ", "evening.")


async def ask(claude: Claude, *, fails: bool = False) -> None:
    """An answer, which fails or does not."""
    if not fails:
        await claude.answer(BRIEF, Heard())
        return
    with pytest.raises(LLMError):
        await claude.answer(BRIEF, Heard())


async def test_a_turn_is_metered_by_model(claude: Claude, server: Server) -> None:
    server.rule = does
    for _ in range(3):
        await asyncio.gather(claude.answer(BRIEF, Heard()), claude.read(BRIEF))
    used = claude.used()
    assert {(each.space, each.member, each.model) for each in used} == {
        (BRIEF.place.space, BRIEF.member.id, MAIN),
        (BRIEF.place.space, BRIEF.member.id, READER),
    }
    assert bill(used) == server.bill
    assert bill(used)[MAIN].cache_read_input_tokens > 0  # as the second and the third turn did
    assert sum(each.turns for each in used) == 0  # that is for whoever counts turns


async def test_what_was_taken_is_not_told_again(claude: Claude, server: Server) -> None:
    server.rule = does
    await ask(claude)
    assert claude.used()
    assert claude.used() == ()
    await ask(claude)
    assert len(claude.used()) == 1


async def test_each_member_and_space_is_metered_apart(claude: Claude, server: Server) -> None:
    server.rule = does
    ana = replace(BRIEF, member=Member("ana"))
    there = replace(BRIEF, place=replace(BRIEF.place, space="there"))
    for brief in (BRIEF, ana, there, BRIEF):
        await claude.answer(brief, Heard())
    used = claude.used()
    assert [(each.space, each.member) for each in used] == [("local", "robin"), ("local", "ana"), ("there", "robin")]
    assert bill(used) == server.bill


REPLIES: dict[str, list[Reply]] = {
    "an answer": [Says("Good ", "evening.")],
    "a call for care": [Says("I hear you.", Call(CARE, {"level": "active", "about": "self"})), Says("Go on.")],
    "a call out of turn": [Says("Well.", Call(END, unoffered=True)), Says("Go on.")],
    "the longest answer": [Says(HALF, stop="max_tokens")],
    "a fault first": [echo(529), Says("There.")],
    "refused fields first": [echo(400), Says("There.")],
}
FAILED: dict[str, list[Reply]] = {
    "a refusal": [Says(HALF, stop="refusal")],
    "a pause": [Says(HALF, stop="pause_turn")],
    "an empty answer": [Says()] * 3,
    "a blank answer": [Says(" ")],
    "no message_stop": [Says(HALF, stops=False)] * 3,
    "a cut": [Says(HALF, Cut())] * 3,
    "a cut inside a character": [Says(HALF, Cut(within="ж"))] * 3,
    "an error in the stream": [Says(HALF, Broken("overloaded_error"))] * 3,
    "a bad request": [Fails(413)],
    "nobody let in": [Fails(401)],
    "more than there is room for": [Says(HALF, stop="model_context_window_exceeded")],
}


@pytest.mark.parametrize("reply", REPLIES | FAILED)
async def test_the_numbers_are_the_bills(claude: Claude, server: Server, reply: str) -> None:
    server.script += (REPLIES | FAILED)[reply]
    await ask(claude, fails=reply in FAILED)
    assert not server.script
    assert bill(claude.used()) == server.bill


async def test_a_stalled_stream_is_metered_as_far_as_it_came(make: Make, server: Server) -> None:
    heard = asyncio.Event()
    server.script.append(Says(HALF, Late(heard)))
    claude = make(tries=1)
    with pytest.raises(LLMError, match=r"no whole answer in time|ReadTimeout"):
        await claude.answer(BRIEF, lambda _: heard.set())
    assert bill(claude.used()) == server.bill


async def test_a_stream_that_came_in_part_before_a_whole_one_is_metered_too(claude: Claude, server: Server) -> None:
    server.script += [Says(HALF, Cut()), Says("Another answer.")]
    await ask(claude)
    used = claude.used()
    assert bill(used) == server.bill
    assert used[0].output == 2 + billed(HALF) + billed("Another answer.")


@pytest.mark.parametrize("said", [("Good ",), ("Good ", "evening, ", "Größe")], ids=["a word", "more"])
async def test_a_dropped_draft_is_metered_as_far_as_it_came(
    claude: Claude, server: Server, said: tuple[str, ...]
) -> None:
    """The vendor bills what was written until it was hung up on, and says no more how much that is."""
    server.script.append(Says(*said, Hush()))
    draft = Draft(claude, BRIEF)
    async for text in draft.progress():
        if text == "".join(said).strip():
            break
    await draft.drop()
    await server.asked[0].over.wait()
    assert bill(claude.used()) == server.bill


async def test_a_draft_dropped_before_anything_came_used_nothing(claude: Claude, server: Server) -> None:
    server.script.append(Says(HALF, after=Hush()))
    draft = Draft(claude, BRIEF)
    await server.request(0)
    await draft.drop()
    assert claude.used() == ()
    assert server.bill == {}


async def test_both_models_of_a_turn_that_falls_back_are_metered(make: Make, server: Server) -> None:
    server.rule = lambda asked: Says(HALF, Cut()) if asked.body["model"] == MAIN else Says("I stand in.")
    claude = make(fallback=OTHER)
    await ask(claude)
    used = bill(claude.used())
    assert used == server.bill
    assert used.keys() == {MAIN, OTHER}


async def test_confirming_and_summing_up_are_metered(claude: Claude, server: Server) -> None:
    server.script += [Says("Farewell.", Call(END)), Says(Call(END)), Says("They met.")]
    await claude.confirm_ending(BRIEF)
    await claude.summarise(BRIEF)
    assert bill(claude.used()) == server.bill


@pytest.mark.parametrize(
    "options", [{"lacks": {"caching"}}, {"ignores": {"caching", "streaming"}}, {"lacks": {"tools"}}]
)
async def test_what_an_endpoint_does_not_report_is_nothing(make: Make, options: dict[str, Any]) -> None:
    async with Server(does, **options) as server:
        claude = make(server)
        await asyncio.gather(claude.answer(BRIEF, Heard()), claude.read(BRIEF))
        assert bill(claude.used()) == server.bill


async def test_an_endpoint_without_usage_is_not_metered_and_answers(claude: Claude, server: Server) -> None:
    server.script.append(
        Raw('{"type": "message", "content": [{"type": "text", "text": "Hello."}], "stop_reason": "end_turn"}')
    )
    assert (await claude.answer(BRIEF, Heard())).text == "Hello."
    assert claude.used() == ()


def test_a_meter_adds_up_until_it_is_read() -> None:
    meter = Meter()
    one = Usage(space="s", member="m", model="a", fresh=1, cache_write=2, cache_read=3, output=4, turns=1)
    for each in (one, replace(one, model="b"), one):
        meter.note(each)
    assert meter.take() == (
        replace(one, fresh=2, cache_write=4, cache_read=6, output=8, turns=2),
        replace(one, model="b"),
    )
    assert meter.take() == ()


@pytest.mark.parametrize("text", ["", "a", "Größe", "good evening", "こんばんは", "\ud800"])
def test_tokens_are_estimated_as_the_servers_are(text: str) -> None:
    assert tokens(text) == billed(text.encode("utf-8", "replace"))

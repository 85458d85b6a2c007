"""An answer that is written in the background: how far it has come is seen, and dropping it hangs up."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from bot.domain.assessment import Level, Risk
from bot.domain.usage import Usage
from bot.errors import LLMError
from bot.llm.claude import Claude
from bot.llm.draft import Draft
from bot.llm.tools import CARE
from bot.ports import Brief, Confirmed, Grown, Written
from tests.llm.cases import BRIEF, HALF, Heard
from tests.servers.anthropic import Call, Cut, Fails, Hush, Reply, Says, Server

RISK = Risk(Level.ACTIVE, sure=True)


class StepVoice:
    """Writes what it is given, one after the other; ends with the last, or with a fault."""

    name = "step by step"

    def __init__(self) -> None:
        self.steps: asyncio.Queue[Written | Exception | None] = asyncio.Queue()

    async def answer(self, brief: Brief, grown: Grown) -> Written:
        """The last one before None."""
        written = Written()
        while step := await self.steps.get():
            if isinstance(step, Exception):
                raise step
            written = step
            grown(written)
        return written

    async def confirm_ending(self, brief: Brief) -> Confirmed | None:
        """It is not asked."""
        raise NotImplementedError

    async def summarise(self, brief: Brief) -> str:
        """It is not asked."""
        raise NotImplementedError

    def used(self) -> Sequence[Usage]:
        """Nothing."""
        return ()

    async def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def voice() -> StepVoice:
    return StepVoice()


@pytest.fixture
async def draft(voice: StepVoice) -> AsyncIterator[Draft]:
    begun = Draft(voice, BRIEF)
    yield begun
    await begun.drop()


async def test_progress_is_the_text_so_far_each_time_it_has_changed(voice: StepVoice, draft: Draft) -> None:
    progress = draft.progress()
    for text in ("One", "One two"):
        voice.steps.put_nowait(Written(text))
        assert await anext(progress) == text
        assert draft.so_far == Written(text)
    voice.steps.put_nowait(None)
    assert [text async for text in progress] == []
    assert await draft.whole() == Written("One two")


async def test_a_later_text_need_not_continue_an_earlier_one(voice: StepVoice, draft: Draft) -> None:
    progress = draft.progress()
    shown = []
    for text in ("Half an ans", "An", "Another", ""):
        voice.steps.put_nowait(Written(text))
        shown.append(await anext(progress))
    assert shown == ["Half an ans", "An", "Another", ""]
    assert draft.so_far == Written()


async def test_whoever_is_slow_sees_the_latest_text(voice: StepVoice, draft: Draft) -> None:
    progress = draft.progress()
    for text in ("One", "One two", "One two three"):
        voice.steps.put_nowait(Written(text))
    assert await anext(progress) == "One two three"


async def test_a_call_for_care_is_seen_before_the_draft_is_whole(voice: StepVoice, draft: Draft) -> None:
    progress = draft.progress()
    voice.steps.put_nowait(Written("I hear you.", risk=RISK))
    await anext(progress)
    assert draft.so_far.risk == RISK


async def test_progress_of_what_is_whole_is_none(voice: StepVoice, draft: Draft) -> None:
    voice.steps.put_nowait(Written("All of it."))
    voice.steps.put_nowait(None)
    assert await draft.whole() == Written("All of it.")
    assert [text async for text in draft.progress()] == []


async def test_progress_ends_without_a_word_where_the_draft_fails(voice: StepVoice, draft: Draft) -> None:
    progress = draft.progress()
    voice.steps.put_nowait(Written(HALF))
    assert await anext(progress) == HALF
    voice.steps.put_nowait(LLMError("out"))
    assert [text async for text in progress] == []
    with pytest.raises(LLMError, match="out"):
        await draft.whole()
    assert draft.so_far == Written(HALF)  # how far it had come is still known


async def test_progress_ends_where_the_draft_is_dropped(voice: StepVoice, draft: Draft) -> None:
    progress = draft.progress()
    voice.steps.put_nowait(Written(HALF))
    assert await anext(progress) == HALF
    await draft.drop()
    assert [text async for text in progress] == []


async def test_dropping_twice_or_what_failed_raises_nothing(voice: StepVoice, draft: Draft) -> None:
    voice.steps.put_nowait(LLMError("out"))
    await draft.drop()
    await draft.drop()


async def test_a_draft_dropped_at_once_never_asks(claude: Claude, server: Server) -> None:
    await Draft(claude, BRIEF).drop()
    assert server.asked == []


STAGES: dict[str, Reply] = {
    "before the first byte": Says(HALF, after=Hush()),
    "before the first word": Says(Hush()),
    "half way": Says(HALF, Hush()),
    "after a call": Says(HALF, Call(CARE), Hush()),
}


@pytest.mark.parametrize("stage", STAGES)
async def test_dropping_a_draft_hangs_up(claude: Claude, server: Server, stage: str) -> None:
    server.script.append(STAGES[stage])
    draft = Draft(claude, BRIEF)
    asked = await server.request(0)
    await draft.drop()
    await asked.over.wait()
    assert asked.dropped


async def test_dropping_a_draft_between_two_tries_asks_no_more(claude: Claude, server: Server) -> None:
    server.script += [Says(HALF, Cut()), Says(after=Hush()), Says("Never.")]
    draft = Draft(claude, BRIEF)
    again = await server.request(1)
    await draft.drop()
    await again.over.wait()
    assert again.dropped
    assert len(server.asked) == 2


async def test_a_draft_whose_reader_is_cancelled_hangs_up(claude: Claude, server: Server) -> None:
    server.script.append(Says(HALF, Hush()))
    reads = asyncio.create_task(Draft(claude, BRIEF).whole())
    asked = await server.request(0)
    reads.cancel()
    await asyncio.gather(reads, return_exceptions=True)
    await asked.over.wait()
    assert asked.dropped


async def test_whoever_stops_listening_hangs_up(claude: Claude, server: Server) -> None:
    server.script.append(Says(HALF, Hush()))
    answering = asyncio.create_task(claude.answer(BRIEF, Heard()))
    asked = await server.request(0)
    answering.cancel()
    await asyncio.gather(answering, return_exceptions=True)
    await asked.over.wait()
    assert asked.dropped


async def test_a_whole_answer_is_not_hung_up_on(claude: Claude, server: Server) -> None:
    server.script.append(Says("All of it. "))
    draft = Draft(claude, BRIEF)
    assert await draft.whole() == Written("All of it.")
    await draft.drop()
    await server.asked[0].over.wait()
    assert not server.asked[0].dropped


async def test_a_draft_shows_how_far_claude_has_come(claude: Claude, server: Server) -> None:
    gate, end = asyncio.Event(), asyncio.Event()
    server.script.append(Says("One", gate, " two", end, " three"))
    draft = Draft(claude, BRIEF)
    progress = draft.progress()
    assert await anext(progress) == "One"
    gate.set()
    assert await anext(progress) == "One two"
    end.set()
    assert [so_far async for so_far in progress][-1:] in ([], ["One two three"])
    assert await draft.whole() == Written("One two three")


async def test_a_draft_of_claude_that_fails(claude: Claude, server: Server) -> None:
    server.script.append(Fails(401))
    draft = Draft(claude, BRIEF)
    assert [so_far async for so_far in draft.progress()] == []
    with pytest.raises(LLMError):
        await draft.whole()

"""An answer is shown while it is written: one message, edited no faster than a channel takes, and whole in the end."""

import asyncio
from datetime import timedelta

import pytest

from adapters.discord.outgoing.streaming import APART, SIDE_BY_SIDE, TYPES_AT_MOST, TYPES_FOR
from bot.ports import Written
from tests.adapters.discord.community import Community
from tests.core.cases import until
from tests.servers.discord import Drops, Fails, Waits
from tests.servers.discord_telling import tell_of_message

PARTS = [f"Sentence {number}: the tide comes in and the tide goes out again, twice a day. " for number in range(6)]
SO_FAR = ["".join(PARTS[: number + 1]) for number in range(6)]
EDIT = "PATCH /channels/*/messages/*"
POST = "POST /channels/*/messages"


class Writing:
    """An answer that grows when the test says so."""

    def __init__(self, town: Community, text: str) -> None:
        self.steps = [asyncio.Event() for _ in SO_FAR]
        grows: list[Written | Exception | asyncio.Event] = []
        for step, so_far in zip(self.steps, SO_FAR, strict=True):
            grows += [step, Written(so_far)]
        town.voice.writes = {text: grows}

    def grow(self, upto: int) -> None:
        """Let it come this far."""
        for step in self.steps[:upto]:
            step.set()


async def test_an_answer_grows_in_one_message_and_is_whole_in_the_end(town: Community) -> None:
    writing = Writing(town, "Tell me about tides.")
    async with town.running():
        question = await town.asks("Tell me about tides.")
        writing.grow(1)
        thread = await town.thread(question)
        (answer,) = await town.told(thread)
        assert answer.content == f"{SO_FAR[0].strip()} ▌"
        writing.grow(3)
        await town.server.until(lambda: answer.content == f"{SO_FAR[2].strip()} ▌")
        writing.grow(6)
        await town.settled()
    assert answer.content.startswith(SO_FAR[5].strip())
    assert "▌" not in answer.content
    assert town.own(thread) == [answer]
    assert answer.pings == set()


async def test_edits_keep_their_distance_and_show_the_latest(town: Community) -> None:
    writing = Writing(town, "Tell me about tides.")
    slow = asyncio.Event()
    town.server.rest.faults.add(POST, Waits(until=slow, stored=True))
    async with town.running():
        question = await town.asks("Tell me about tides.")
        writing.grow(1)
        thread = await town.thread(question)
        (answer,) = await town.told(thread)
        writing.grow(5)  # while the first is on its way
        await town.server.gateway.read()
        slow.set()
        await town.server.until(lambda: answer.content == f"{SO_FAR[4].strip()} ▌")
        writing.grow(6)
        await town.settled()
    assert len(answer.versions) == 2  # the first, and the one that showed all that had come meanwhile
    assert [round(nap, 3) for nap in town.naps.taken if nap == pytest.approx(APART, abs=0.01)] == [APART]


async def test_a_short_answer_is_there_at_once(town: Community) -> None:
    async with town.running():
        thread = await town.thread(await town.asks("Good evening."))
        await town.told(thread)
        await town.settled()
    assert town.asked(EDIT) == 0


async def test_streaming_can_be_turned_off(town: Community) -> None:
    town.set_up(streaming=False)
    writing = Writing(town, "Tell me about tides.")
    async with town.running():
        question = await town.asks("Tell me about tides.")
        writing.grow(6)
        await town.told(await town.thread(question))
        await town.settled()
    assert town.asked(EDIT) == 0


async def test_a_long_answer_goes_on_in_further_messages(town: Community) -> None:
    long = "\n".join(f"Line {number} of a long story about the tide." for number in range(90))
    grown = asyncio.Event()
    town.voice.writes = {
        "Tell me a story.": [Written(long[:1_000]), grown, Written(long[:3_000]), grown, Written(long)]
    }
    async with town.running():
        question = await town.asks("Tell me a story.")
        thread = await town.thread(question)
        await town.told(thread)
        grown.set()
        await town.settled()
    parts = [each.content for each in town.own(thread)]
    assert len(parts) >= 2
    assert "\n".join(parts).startswith(long)
    assert not any("▌" in part for part in parts)


@pytest.mark.parametrize("shown", [False, True], ids=["at once", "growing"])
@pytest.mark.parametrize("after", [timedelta(seconds=1), timedelta(minutes=10)], ids=["soon", "late"])
async def test_an_unfinished_answer_that_a_crash_left_is_finished_and_not_doubled(
    town: Community, after: timedelta, shown: bool
) -> None:
    writing = Writing(town, "Tell me about tides.")
    async with town.running(killed=True):
        question = await town.asks("Tell me about tides.")
        writing.grow(2)
        thread = await town.thread(question)
        await town.told(thread)
    (left,) = town.own(thread)
    assert left.content.endswith("▌")
    town.clock.wait(after)
    writing = Writing(town, "Tell me about tides.")
    writing.grow(1 if shown else 6)
    async with town.running():
        if shown:
            await town.server.until(lambda: left.content == f"{SO_FAR[0].strip()} ▌")
            writing.grow(6)
        await town.server.until(lambda: left.content.startswith(SO_FAR[5].strip()))
        await town.settled()
    assert town.own(thread) == [left]


async def test_an_edit_that_waits_for_its_turn_does_not_come_after_the_whole(town: Community) -> None:
    writing = Writing(town, "Tell me about tides.")
    turn = town.naps.held[round(APART, 1)] = asyncio.Event()
    async with town.running():
        question = await town.asks("Tell me about tides.")
        writing.grow(1)
        thread = await town.thread(question)
        (answer,) = await town.told(thread)
        writing.grow(2)
        await until(town.bot, lambda: bool(town.naps.taken) and APART in map(round_, town.naps.taken))
        writing.grow(6)
        await town.settled()
        turn.set()
        await town.settled()
    assert answer.content.startswith(SO_FAR[5].strip())
    assert len(answer.versions) == 1


def round_(seconds: float) -> float:
    """To a tenth."""
    return round(seconds, 1)


@pytest.mark.parametrize("fault", [Fails(status=503), Fails(status=403, code=50013), Drops(stored=True)], ids=str)
async def test_a_fault_while_it_is_shown_does_not_keep_the_answer_back(town: Community, fault: Fails | Drops) -> None:
    town.server.rest.faults.add(EDIT, fault)
    writing = Writing(town, "Tell me about tides.")
    async with town.running():
        question = await town.asks("Tell me about tides.")
        writing.grow(1)
        thread = await town.thread(question)
        (answer,) = await town.told(thread)
        writing.grow(2)
        await town.server.until(lambda: town.asked(EDIT))
        writing.grow(6)
        await town.settled()
    assert town.own(thread) == [answer]
    assert answer.content.startswith(SO_FAR[5].strip())


async def test_what_somebody_deletes_while_it_is_written_stays_deleted(town: Community) -> None:
    writing = Writing(town, "Tell me about tides.")
    async with town.running():
        question = await town.asks("Tell me about tides.")
        writing.grow(1)
        thread = await town.thread(question)
        (answer,) = await town.told(thread)
        await town.server.deletes(town.mo, answer)
        writing.grow(6)
        await town.settled()
        assert not await town.store.open_conversations()
    assert town.own(thread) == []


async def test_typing_is_shown_until_there_is_something_to_read(town: Community) -> None:
    held = town.voice.waits["Tell me about tides."] = asyncio.Event()
    again = town.naps.held[TYPES_FOR] = asyncio.Event()
    async with town.running():
        question = await town.asks("Tell me about tides.")
        await town.server.until(lambda: town.general.typing)
        held.set()
        await town.told(await town.thread(question))
        await town.settled()
        again.set()
        await town.settled()
    assert len(town.general.typing) == 1


async def test_typing_goes_on_for_a_while(town: Community) -> None:
    held = town.voice.waits["Tell me about tides."] = asyncio.Event()
    async with town.running():
        question = await town.asks("Tell me about tides.")
        await town.server.until(lambda: len(town.general.typing) == TYPES_AT_MOST)
        held.set()
        await town.told(await town.thread(question))
        await town.settled()
    assert len(town.general.typing) == TYPES_AT_MOST


async def test_a_message_that_is_told_again_is_no_reason_to_type_again(town: Community) -> None:
    held = town.voice.waits["Tell me about tides."] = asyncio.Event()
    async with town.running():
        question = await town.asks("Tell me about tides.")
        await town.server.until(lambda: len(town.general.typing) == TYPES_AT_MOST)
        tell_of_message(town.server.world, "MESSAGE_CREATE", question)
        await town.asks("And what is a lock?")
        await town.server.until(lambda: len(town.general.typing) == 2 * TYPES_AT_MOST)
        held.set()
        await town.settled()
    assert len(town.general.typing) == 2 * TYPES_AT_MOST


@pytest.mark.parametrize("fault", [Fails(status=403, code=50013), Fails(status=503), Drops()], ids=str)
async def test_typing_that_fails_keeps_no_answer_back(town: Community, fault: Fails | Drops) -> None:
    town.server.rest.faults.add("POST /channels/*/typing", fault, times=20)
    async with town.running():
        await town.told(await town.thread(await town.asks("Good evening.")))
        await town.settled()


async def test_nobody_types_in_a_conversation_that_has_ended_or_for_somebody_else(town: Community) -> None:
    async with town.running():
        thread, _ = await town.ended()
        before = len(thread.typing)
        await town.server.says(town.mo, thread, "I am looking into this.", mentions=[town.robin])
        await town.server.says(town.mo, thread, "What happened here?")
        await town.settled()
    assert len(thread.typing) == before


async def test_where_many_are_answered_at_once_not_all_is_shown_and_all_is_said(town: Community) -> None:
    begun, grown, asked = asyncio.Event(), asyncio.Event(), "Tell me about tides."
    town.voice.writes = {asked: [begun, Written(SO_FAR[0]), grown, Written(SO_FAR[1])]}
    people = [town.server.member(town.guild, f"member {number}") for number in range(SIDE_BY_SIDE + 5)]
    rooms = [town.server.dm(each) for each in people]
    async with town.running() as bot:
        for who, room in zip(people, rooms, strict=True):
            await town.server.says(who, room, asked)
        await until(bot, lambda: len(town.voice.asked) == len(people))
        await town.server.until(lambda: sum(bool(each.typing) for each in rooms) >= SIDE_BY_SIDE)
        typing = [each for each in rooms if each.typing]
        begun.set()
        await town.server.until(lambda: sum(bool(town.own(each)) for each in rooms) >= SIDE_BY_SIDE)
        shown = [each for each in rooms if town.own(each)]
        grown.set()
        await town.settled()
    assert (len(typing), len(shown)) == (SIDE_BY_SIDE, SIDE_BY_SIDE)
    assert [len(town.own(each)) for each in rooms] == [1] * len(people)
    assert all(town.own(each)[0].content.startswith(SO_FAR[1].strip()) for each in rooms)
    assert town.asked(EDIT) == SIDE_BY_SIDE

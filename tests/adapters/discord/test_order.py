"""Discord tells of things twice, late, and in another order than they happened in."""

import asyncio
from datetime import timedelta

import pytest

from bot.domain.ending import Vote
from tests.adapters.discord.asking import attended
from tests.adapters.discord.community import EXPLICIT, INSULTS, Community
from tests.core.cases import until
from tests.servers.discord import Thread, Waits


async def texts(town: Community, thread: Thread) -> list[str]:
    """What the conversation in a thread says, once nothing is under way."""
    await town.settled()
    return [each.turn.text for each in await town.store.turns(f"discord:{thread.id}")]


async def test_an_edit_that_is_told_before_its_message_is_heard_once(town: Community) -> None:
    async with town.running():
        thread = await town.thread(await town.asks("Good evening."))
        await town.told(thread)
        await town.settled()
        town.server.gateway.hold()
        follow = await town.server.says(town.robin, thread, "Hello?")
        town.clock.wait(timedelta(seconds=1))
        await town.server.edits(town.robin, follow, "Hello, hello?")
        town.server.gateway.release(backwards=True)
        (_, answer) = await town.told(thread, 2)
        assert await texts(town, thread) == ["Good evening.", "Hello, hello?"]
    assert answer.content.startswith("answer to Hello, hello?")
    assert len(town.own(thread)) == 2


async def test_what_was_said_before_an_edit_that_is_told_first_is_read_for_risk(town: Community) -> None:
    async with town.running():
        thread = await town.thread(await town.asks("Good evening."))
        await town.told(thread)
        await town.settled()
        town.server.gateway.hold()
        follow = await town.server.says(town.robin, thread, EXPLICIT)
        town.clock.wait(timedelta(seconds=1))
        await town.server.edits(town.robin, follow, "Never mind.")
        town.server.gateway.release(backwards=True)
        (card,) = await town.told(town.server.dm(town.robin))
        await town.told(town.desk)
        assert await texts(town, thread) == ["Good evening.", "Never mind."]
    assert "What is going on for you right now?" in card.content
    assert len(town.own(town.desk)) == 1


@pytest.mark.parametrize("text", ["Hello?", EXPLICIT])
async def test_a_deletion_that_is_told_before_its_message_takes_it_out_of_the_history(
    town: Community, text: str
) -> None:
    """It is read for risk all the same."""
    async with town.running():
        thread = await town.thread(await town.asks("Good evening."))
        await town.told(thread)
        await town.settled()
        town.server.gateway.hold()
        follow = await town.server.says(town.robin, thread, text)
        await town.server.deletes(town.robin, follow)
        town.server.gateway.release(backwards=True)
        await town.settled()
        assert await texts(town, thread) == ["Good evening.", ""]
        assert bool(town.own(town.desk)) == (text == EXPLICIT)


async def test_a_vote_that_comes_before_our_own_request_is_answered_counts(town: Community) -> None:
    answered, looked = asyncio.Event(), asyncio.Event()
    async with town.running():
        thread = await town.thread(await town.asks(INSULTS[0]))
        for insult in INSULTS[1:]:
            await town.settled()
            town.clock.wait(timedelta(minutes=1))
            if insult == INSULTS[-1]:
                town.naps.held[0.5] = looked
                town.server.rest.faults.add("POST /channels/*/messages", Waits(until=answered, stored=True))
            await town.server.says(town.robin, thread, insult)
        await town.server.until(lambda: len(town.own(thread)) == len(INSULTS))
        notice = town.own(thread)[-1]
        await town.server.reacts(town.robin, notice, "👎")  # of its own accord: it is not seeded yet
        await until(town.bot, lambda: 0.5 in town.naps.taken)
        answered.set()
        await town.bot.settled()
        looked.set()
        await town.settled()
        ending = await town.store.latest_ending(f"discord:{thread.id}")
        whole = await town.store.ending(ending.id) if ending else None
    assert whole
    assert [(member, vote) for member, vote, _ in whole.votes] == [(f"discord:{town.robin.id}", Vote.UNFAIR)]


async def test_an_offer_that_is_taken_before_our_own_request_is_answered_counts(town: Community) -> None:
    town.robin.user.open = False
    answered, looked = asyncio.Event(), asyncio.Event()
    async with attended(town):
        old, said = await town.ended()
        before = len(town.own(old))
        town.naps.held[0.5] = looked
        town.server.rest.faults.add(f"POST /channels/{old.id}/messages", Waits(until=answered, stored=True))
        await town.server.edits(town.robin, said[0], "How do tides work?")
        await town.server.until(lambda: len(town.own(old)) > before)
        await town.server.reacts(town.robin, town.own(old)[-1], "↪️")
        await until(town.bot, lambda: 0.5 in town.naps.taken)
        answered.set()
        await town.bot.settled()
        looked.set()
        await town.settled()
        (new,) = (one for one in town.guild.threads.values() if one is not old)
        assert len(await town.told(new, 2)) == 2


async def test_a_reaction_to_what_the_bot_never_performed_is_looked_for_a_few_times(town: Community) -> None:
    async with town.running():
        await town.settled()
        channel = await town.server.begins(town.sam, await town.server.says(town.sam, town.general, "Plans"), "plans")
        other = await town.server.says(town.sam, channel, "Friday?")
        await town.server.reacts(town.robin, other, "👍")
        await town.settled()
    assert not [nap for nap in town.naps.taken if nap in {0.5, 2.0, 8.0}]  # it is somebody else's


@pytest.mark.parametrize("echo", ["before", "after", "held"])
async def test_our_own_messages_may_be_told_of_before_or_after_our_requests_are_answered(
    town: Community, echo: str
) -> None:
    town.server.rest.echo = echo  # type: ignore[assignment]
    async with town.running():
        question = await town.asks("Good evening.")
        thread = await town.thread(question)
        await town.told(thread)
        await town.server.says(town.robin, thread, "Hello?")
        await town.told(thread, 2)
        town.server.rest.release()
        assert await texts(town, thread) == ["Good evening.", "Hello?"]
    assert len(town.own(thread)) == 2
    assert len(town.guild.threads) == 1


async def test_what_a_resumed_session_tells_again_counts_once(town: Community) -> None:
    async with town.running():
        thread, said = await town.ended()
        notice = town.own(thread)[-1]
        (session,) = town.server.gateway.sessions
        before = session.number
        follow = await town.server.says(town.robin, town.general, "Again?", mentions=[town.server.bot])
        other = await town.thread(follow)
        await town.told(other)
        await town.settled()
        town.clock.wait(timedelta(minutes=1))
        await town.server.edits(town.robin, said[0], "How do tides work?")
        await town.server.edits(town.robin, follow, f"<@{town.server.bot.id}> And again?")
        await town.server.reacts(town.robin, notice, "👍")
        await town.settled()
        posted = sum(len(town.own(channel)) for channel in town.server.world.channels.values())
        await rewound(town, before)
        assert session.resumed == 1
        assert await texts(town, other) == ["And again?"]
        ending = await town.store.latest_ending(f"discord:{thread.id}")
        whole = await town.store.ending(ending.id) if ending else None
        assert sum(len(town.own(channel)) for channel in town.server.world.channels.values()) == posted
    assert whole
    assert [vote for _, vote, _ in whole.votes] == [Vote.FAIR]


async def rewound(town: Community, number: int) -> None:
    """The session goes on from an earlier event, as if what came since had got lost on the way."""
    client = town.adapter._current
    assert client
    client.ws.sequence = number
    town.server.gateway.abort()
    (session,) = town.server.gateway.sessions
    await town.server.until(lambda: session.resumed)
    await town.settled()

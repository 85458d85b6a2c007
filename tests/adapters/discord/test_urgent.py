"""What is urgent waits for nothing and finds another way (rules 1 and 9)."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.action import Outcome
from bot.domain.assessment import Level, Risk
from bot.domain.conversation import Place
from bot.ports import Written
from tests.adapters.discord.community import EXPLICIT, INSULTS, Community
from tests.adapters.discord.test_sending import called, said
from tests.adapters.discord.test_streaming import EDIT, SO_FAR, Writing
from tests.servers.discord import Fails, Permission, Waits

NOW = "I have the pills in my hand and I will kill myself now"
OPEN, READ, SEEN = "POST /channels/*/messages/*/threads", "GET /channels/*/messages", "GET /channels/*"


@pytest.mark.parametrize("desk", ["forbidden", "none", "no channel"])
async def test_an_urgent_call_that_no_channel_takes_reaches_whoever_owns_the_server(town: Community, desk: str) -> None:
    if desk == "forbidden":
        town.server.overwrite(town.desk, town.server.bot, deny=Permission.SEND_MESSAGES)
    else:
        place = Place("discord", str(town.guild.id), "mod-log", private=True)
        town.set_up(moderators=None if desk == "none" else place)
    async with town.running():
        await town.asks(NOW)
        (call,) = await town.told(town.server.dm(town.guild.owner))
        await town.settled()
    assert call.content.startswith("Urgent")
    assert f"https://discord.com/users/{town.robin.id}" in call.content
    assert f"https://discord.com/channels/{town.guild.id}/" in call.content
    assert "<@" not in call.content
    assert not town.own(town.desk)
    assert len(town.own(town.server.dm(town.guild.owner))) == 1


async def test_it_reaches_them_once_and_where_they_take_nothing_it_is_refused(town: Community) -> None:
    async with town.running():
        thread = await town.thread(await town.asks("Good evening."))
        await town.told(thread)
        call = replace(called(town, thread, urgent=True), desk=None)
        first = await town.adapter.perform(call)
        town.clock.wait(timedelta(minutes=10))
    async with town.running():
        assert await town.adapter.perform(call) == first
        town.guild.owner.open = False
        refused = await town.adapter.perform(replace(call, id=f"{call.id}1"))
        assert (await town.adapter.perform(replace(call, urgent=False))).outcome is Outcome.REFUSED
    assert first.outcome is Outcome.DELIVERED
    assert (refused.outcome, refused.why) == (
        Outcome.REFUSED, "no channel is set in which moderators are called",
    )  # fmt: skip
    assert len(town.own(town.server.dm(town.guild.owner))) == 1


async def test_an_urgent_call_goes_out_where_its_thread_cannot_be_looked_for(town: Community) -> None:
    async with town.running():
        thread = await town.thread(await town.asks("Good evening."))
        await town.told(thread)
        call = called(town, thread, urgent=True)
    async with town.running():
        town.adapter._threads._there.clear()  # as of a thread that was archived
        town.server.fault(SEEN, Fails(), times=3)
        receipt = await town.adapter.perform(call)
    (told,) = town.own(town.desk)
    assert receipt.outcome is Outcome.DELIVERED
    assert f"https://discord.com/channels/{town.guild.id}/{town.general.id}" in told.content


async def test_care_waits_for_no_edit_of_an_answer_that_was_being_shown(town: Community) -> None:
    text = "Tell me about tides."
    writing, slow = Writing(town, text), asyncio.Event()
    *growing, _ = town.voice.writes[text]
    town.voice.writes = {text: [*growing, Written(SO_FAR[5], risk=Risk(Level.ACTIVE, sure=True))]}
    async with town.running():
        question = await town.asks(text)
        writing.grow(1)
        thread = await town.thread(question)
        (begun,) = await town.told(thread)
        town.server.fault(EDIT, Waits(until=slow))
        writing.grow(2)
        await town.server.until(lambda: town.asked(EDIT))
        writing.grow(6)
        _, card = await town.told(thread, 2)
        await town.told(town.desk)
        assert begun.content == f"{SO_FAR[0].strip()} ▌"
        slow.set()
        await town.server.until(lambda: begun.deleted)
        await town.settled()
    assert "I've sent you a private message" in card.content
    assert not any("▌" in each.content for each in town.own(thread))


async def test_a_card_after_a_restart_reads_nothing_first(town: Community) -> None:
    async with town.running():
        thread = await town.thread(await town.asks("Good evening."))
        await town.told(thread)
        asked = await town.server.says(town.robin, thread, "And then?")
        await town.told(thread, 2)
        await town.settled()
    town.clock.wait(timedelta(minutes=1))
    async with town.running():
        town.server.fault(READ, Fails(), times=100)
        card = replace(said(town, thread, asked, "There is help."), urgent=True)
        receipt = await town.adapter.perform(card)
    assert receipt.outcome is Outcome.DELIVERED
    assert town.own(thread)[-1].content == "There is help."


async def test_a_card_does_not_wait_for_a_thread_that_does_not_open(town: Community) -> None:
    async with town.running():
        town.server.fault(OPEN, Fails(), times=3)
        question = await town.asks(EXPLICIT)
        (card, *_) = await town.told(town.general)
        await town.told(town.desk)
        await town.settled()
    assert card.reference is not None
    assert card.reference.message == question.id
    assert "I've sent you a private message" in card.content


async def test_the_reason_of_an_ending_that_its_thread_does_not_take_is_told_alone(town: Community) -> None:
    async with town.running():
        thread, _ = await town.ended(times=2)
        await town.settled()
        town.server.overwrite(town.general, town.server.bot, deny=Permission.SEND_IN_THREADS)
        town.clock.wait(timedelta(minutes=1))
        await town.server.says(town.robin, thread, INSULTS[3])
        (notice,) = await town.told(town.server.dm(town.robin))
        await town.settled()
    assert "insults" in notice.content

"""Where no thread can be opened: in the channel if the settings say so, else a word about it; care in any case."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.action import CallModerators, CloseThread, Outcome, Say, Tell
from bot.domain.conversation import Place
from bot.domain.step import Step
from bot.ports import Written
from tests.adapters.discord.community import EXPLICIT, INSULTS, Community, answers
from tests.adapters.discord.test_streaming import SO_FAR, Writing
from tests.servers.discord import Channel, Fails, Kind, Message, Permission, Waits

OPEN = "POST /channels/*/messages/*/threads"
POST = "POST /channels/*/messages"


def bar(town: Community, why: str = "50013") -> Channel:
    """A channel in which the bot can open no thread."""
    match why:
        case "50013":
            town.server.overwrite(town.general, town.server.bot, deny=Permission.CREATE_PUBLIC_THREADS)
        case "160006":
            town.guild.cap = 0
        case "50024":
            return town.server.channel(town.guild, "voice", Kind.VOICE)
        case "unable to speak in it":
            town.server.overwrite(town.general, town.server.bot, deny=Permission.SEND_IN_THREADS)
    return town.general


async def mentions(town: Community, channel: Channel, text: str) -> Message:
    """Robin mentions the bot."""
    return await town.server.says(town.robin, channel, text, mentions=[town.server.bot])


WHYS = ["50013", "160006", "50024", "unable to speak in it"]


@pytest.mark.parametrize("why", WHYS)
async def test_without_the_setting_one_sentence_says_so_and_the_answer_counts_as_refused(
    town: Community, why: str
) -> None:
    channel = bar(town, why)
    async with town.running():
        question = await mentions(town, channel, "Good evening.")
        (excuse,) = await town.told(channel)
        await town.settled()
        assert not await town.store.open_conversations()
        receipt = await town.store.receipt(f"discord:m:{question.id}/0")
        other = Say(
            id=f"discord:m:{question.id}/1",
            conversation=f"discord:{question.id}",
            place=Place("discord", str(town.guild.id), str(channel.id)),
            text="Another.",
            to=f"discord:{town.robin.id}",
            reply_to=str(question.id),
        )
        assert (await town.adapter.perform(other)).outcome is Outcome.REFUSED
    assert (excuse.content, answers(excuse)) == (town.texts.no_thread, question.id)
    assert town.own(channel) == [excuse]
    assert receipt
    assert receipt.outcome is Outcome.REFUSED
    assert "code" in receipt.why


@pytest.mark.parametrize("after", [timedelta(seconds=1), timedelta(minutes=10)], ids=["soon", "late"])
@pytest.mark.parametrize("stored", [False, True], ids=["before", "after"])
async def test_killed_at_the_sentence_the_next_process_says_it_once(
    town: Community, after: timedelta, stored: bool
) -> None:
    channel = bar(town)
    town.server.rest.faults.add(POST, Waits(until=asyncio.Event(), stored=stored))
    async with town.running(killed=True):
        await mentions(town, channel, "Good evening.")
        await town.server.until(lambda: town.asked(POST))
    town.clock.wait(after)
    async with town.running():
        await town.told(channel)
        await town.settled()
        assert not await town.store.open_conversations()
    (excuse,) = town.own(channel)
    assert excuse.content == town.texts.no_thread


async def test_once_it_may_open_threads_a_reply_to_that_sentence_opens_one(town: Community) -> None:
    channel = bar(town)
    async with town.running():
        question = await mentions(town, channel, "Good evening.")
        (excuse,) = await town.told(channel)
        await town.settled()
        town.server.overwrite(town.general, town.server.bot)
        await town.server.says(town.robin, channel, "And now?", reply_to=excuse)
        thread = await town.thread(question)
        (answer,) = await town.told(thread)
        await town.settled()
        turns = await town.store.turns(f"discord:{question.id}")
    assert answer.content.startswith("answer to And now?")
    assert [each.turn.text for each in turns] == ["Good evening.", "And now?"]
    assert town.own(channel) == [excuse]


@pytest.mark.parametrize("why", WHYS)
async def test_with_the_setting_the_answer_is_a_reply_in_the_channel(town: Community, why: str) -> None:
    town.set_up(plain_replies=True)
    channel = bar(town, why)
    async with town.running():
        question = await mentions(town, channel, "Good evening.")
        (answer,) = await town.told(channel)
        await town.settled()
        receipt = await town.store.receipt(f"discord:m:{question.id}/0")
    assert answer.content.startswith("answer to Good evening.")
    assert (answers(answer), answer.pings) == (question.id, set())
    assert receipt
    assert receipt.message == str(answer.id)


@pytest.mark.parametrize("restart", [False, True], ids=["one process", "restarts"])
async def test_reply_chains_go_on_in_the_conversation(town: Community, restart: bool) -> None:
    town.set_up(plain_replies=True)
    town.voice.writes = {"Go on.": [Written("A long tale.\n" * 300)]}
    channel, said, conversation = bar(town), [], ""
    async with town.running():
        question = await mentions(town, channel, "Good evening.")
        said += await town.told(channel)
        await town.settled()
        conversation = f"discord:{question.id}"
        if not restart:
            await go_on(town, channel, said)
    if restart:
        for text in ("And then?", "Go on.", "Really?"):
            async with town.running():
                await step(town, channel, said, text)
    assert [answers(each) for each in said] == [answers(each) for each in town.own(channel)]
    async with town.running():
        turns = await town.store.turns(conversation)
        spaces = await town.store.conversations("discord", str(town.guild.id))
    assert [each.turn.text for each in turns] == ["Good evening.", "And then?", "Go on.", "Really?"]
    assert list(spaces) == [conversation]
    assert town.guild.threads == {}


async def go_on(town: Community, channel: Channel, said: list[Message]) -> None:
    """Three steps down, the last of them from one of several messages that an answer took."""
    for text in ("And then?", "Go on.", "Really?"):
        await step(town, channel, said, text)


async def step(town: Community, channel: Channel, said: list[Message], text: str) -> None:
    """Somebody replies to the bot's latest message but for the last of several, and it answers that."""
    latest = said[-1] if len(said) < 3 else said[-2]
    asked = await town.server.says(town.sam, channel, text, reply_to=latest, ping=False)
    await town.told(channel, len(said) + 1)
    await town.settled()
    new = town.own(channel)[len(said) :]
    assert new
    assert {answers(each) for each in new} == {asked.id}
    said += new


async def test_a_conversation_in_the_channel_stays_there_when_threads_can_be_opened_again(town: Community) -> None:
    town.set_up(plain_replies=True)
    channel = bar(town)
    async with town.running():
        await mentions(town, channel, "Good evening.")
        (first,) = await town.told(channel)
        await town.settled()
    town.server.overwrite(town.general, town.server.bot)
    async with town.running():
        await town.server.says(town.robin, channel, "And then?", reply_to=first)
        await town.told(channel, 2)
        await town.settled()
    assert town.guild.threads == {}


async def test_an_answer_grows_in_the_channel_as_in_a_thread(town: Community) -> None:
    town.set_up(plain_replies=True)
    channel, writing = bar(town), Writing(town, "Tell me about tides.")
    async with town.running():
        question = await mentions(town, channel, "Tell me about tides.")
        writing.grow(1)
        (answer,) = await town.told(channel)
        assert answer.content == f"{SO_FAR[0].strip()} ▌"
        writing.grow(3)
        await town.server.until(lambda: answer.content == f"{SO_FAR[2].strip()} ▌")
        town.server.overwrite(town.general, town.server.bot)  # threads can be opened again: it ends where it began
        writing.grow(6)
        await town.settled()
    assert answer.content.startswith(SO_FAR[5].strip())
    assert town.own(channel) == [answer]
    assert answers(answer) == question.id
    assert town.asked(OPEN) == 1
    assert town.guild.threads == {}


@pytest.mark.parametrize("after", [timedelta(seconds=1), timedelta(minutes=10)], ids=["soon", "late"])
async def test_an_unfinished_answer_that_a_crash_left_in_the_channel_is_finished(
    town: Community, after: timedelta
) -> None:
    town.set_up(plain_replies=True)
    channel, writing = bar(town), Writing(town, "Tell me about tides.")
    async with town.running(killed=True):
        await mentions(town, channel, "Tell me about tides.")
        await mentions(town, channel, "Good evening.")
        writing.grow(1)
        await town.told(channel, 2)
    town.clock.wait(after)
    Writing(town, "Tell me about tides.").grow(6)
    async with town.running():
        await town.server.until(lambda: not any("▌" in each.content for each in town.own(channel)))
        await town.settled()
        assert not await town.store.open_conversations()
    assert len(town.own(channel)) == 2


@pytest.mark.parametrize("stored", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("after", [timedelta(seconds=1), timedelta(minutes=10)], ids=["soon", "late"])
async def test_killed_at_an_answer_in_the_channel_the_next_process_gives_it_once(
    town: Community, after: timedelta, stored: bool
) -> None:
    town.set_up(plain_replies=True)
    channel = bar(town)
    town.server.rest.faults.add(POST, Waits(until=asyncio.Event(), stored=stored))
    async with town.running(killed=True):
        await mentions(town, channel, "Good evening.")
        await town.server.until(lambda: town.asked(POST))
    town.clock.wait(after)
    async with town.running():
        await town.told(channel)
        await town.settled()
        assert not await town.store.open_conversations()
    assert len(town.own(channel)) == 1


async def test_changes_to_what_was_said_in_the_channel_are_heard(town: Community) -> None:
    town.set_up(plain_replies=True)
    channel = bar(town)
    async with town.running():
        question = await mentions(town, channel, "Good evening.")
        (first,) = await town.told(channel)
        follow = await town.server.says(town.robin, channel, "I live in Leeds.", reply_to=first)
        await town.told(channel, 2)
        await town.settled()
    town.clock.wait(timedelta(minutes=1))
    async with town.running():
        await town.server.edits(town.robin, question, "Good morning.")
        await town.server.deletes(town.robin, follow)
        await town.settled()
        turns = await town.store.turns(f"discord:{question.id}")
    assert [each.turn.text for each in turns] == ["Good morning.", ""]


async def test_an_ending_in_the_channel_asks_how_fair_it_was_and_locks_nothing(town: Community) -> None:
    town.set_up(plain_replies=True)
    channel = bar(town)
    async with town.running():
        question = asked = await mentions(town, channel, INSULTS[0])
        for number, insult in enumerate(INSULTS[1:], start=1):
            latest = (await town.told(channel, number))[-1]
            await town.settled()
            town.clock.wait(timedelta(minutes=1))
            asked = await town.server.says(town.robin, channel, insult, reply_to=latest)
        notice = (await town.told(channel, 4))[-1]
        await town.settled()
        turns = await town.store.turns(f"discord:{question.id}")
        closed = await town.store.receipt(f"discord:m:{asked.id}/2")
        (card,) = await town.told(town.desk)
        whole = await town.store.action(f"discord:m:{asked.id}/2")
    assert [each.decision.step for each in turns] == [Step.REDIRECT, Step.REDIRECT, Step.WARN, Step.END]
    assert list(notice.reactions) == ["👍", "👎"]
    assert isinstance(whole, CloseThread)
    assert closed
    assert closed.outcome is Outcome.NEEDLESS
    assert f"https://discord.com/channels/{town.guild.id}/{channel.id}/{asked.id}" in card.content
    await town.server.reacts(town.sam, notice, "👎")  # while the bot is away
    async with town.running():
        await town.server.reacts(town.mo, notice, "👍")
        late = await town.server.says(town.robin, channel, "But why?", reply_to=notice)
        nudge = (await town.told(channel, 5))[-1]
        await town.server.until(lambda: town.asked(f"GET /channels/{channel.id}/messages/{notice.id}/reactions/*"))
        await town.settled()
        ending = await town.store.latest_ending(f"discord:{question.id}")
        found = await town.store.ending(ending.id) if ending else None
        (last,) = await town.store.turns(f"discord:{question.id}", 1)
    assert found
    votes = {member: vote for member, vote, _ in found.votes}
    assert votes == {f"discord:{town.sam.id}": "unfair", f"discord:{town.mo.id}": "fair"}
    assert answers(nudge) == late.id
    assert (last.turn.text, last.decision.step) == ("But why?", Step.NUDGE)
    await town.server.clears(town.mo, notice)
    async with town.running():
        await town.adapter.perform(whole)
        ask = await town.store.action(f"discord:m:{asked.id}/1")
        assert ask
        await town.adapter.perform(ask)
        assert await town.adapter.find(ask) is None
    assert list(notice.reactions) == ["👍", "👎"]


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("why", WHYS)
async def test_care_goes_into_the_channel_in_any_case(town: Community, plain: bool, why: str) -> None:
    town.set_up(plain_replies=plain)
    channel = bar(town, why)
    async with town.running():
        question = await mentions(town, channel, EXPLICIT)
        card = (await town.told(channel))[0]
        await town.settled()
        receipt = await town.store.receipt(f"discord:m:{question.id}/care0")
        assert not await town.store.open_conversations()
        called = (await town.told(town.desk))[0]
    assert answers(card) == question.id
    assert receipt
    assert (receipt.outcome, receipt.message) == (Outcome.DELIVERED, str(card.id))
    assert len(town.own(town.server.dm(town.robin))) == 1
    after = [each.content.partition("\n")[0] for each in town.own(channel)[1:]]
    assert after == [f"answer to {EXPLICIT}"] * plain  # and no word beside the card about a thread
    where = channel.id if why != "unable to speak in it" else question.id
    assert f"https://discord.com/channels/{town.guild.id}/{where}" in called.content


async def test_care_goes_by_direct_message_where_the_channel_refuses_as_well(town: Community) -> None:
    channel = bar(town)
    town.server.overwrite(channel, town.server.bot, deny=Permission.CREATE_PUBLIC_THREADS | Permission.SEND_MESSAGES)
    async with town.running():
        question = await mentions(town, channel, EXPLICIT)
        private = town.server.dm(town.robin)
        await town.told(private, 2)
        await town.settled()
        receipt = await town.store.receipt(f"discord:m:{question.id}/care0")
    assert town.own(channel) == []
    assert receipt
    assert (receipt.outcome, receipt.message) == (Outcome.DELIVERED, str(town.own(private)[0].id))


@pytest.mark.parametrize("closed", ["nothing", "the channel", "everything"])
async def test_what_is_for_one_alone_and_urgent_arrives_wherever_it_can(town: Community, closed: str) -> None:
    channel = bar(town)
    town.robin.user.open = closed == "nothing"
    if closed == "everything":
        deny = Permission.CREATE_PUBLIC_THREADS | Permission.SEND_MESSAGES
        town.server.overwrite(channel, town.server.bot, deny=deny)
    async with town.running():
        question = await mentions(town, channel, "Good evening.")
        await town.settled()
        before = len(town.own(channel))
        tell = Tell(
            id=f"discord:m:{question.id}/5",
            conversation=f"discord:{question.id}",
            place=Place("discord", str(town.guild.id), str(channel.id)),
            member=f"discord:{town.robin.id}",
            text="For you alone.",
            otherwise="I could not reach you.",
            urgent=True,
        )
        receipt = await town.adapter.perform(tell)
        assert await town.adapter.perform(tell) == receipt or closed == "everything"
        quiet = await town.adapter.perform(replace(tell, id=f"discord:m:{question.id}/6", urgent=False))
    assert receipt.outcome is (Outcome.REFUSED if closed == "everything" else Outcome.DELIVERED)
    assert quiet.outcome is (Outcome.DELIVERED if closed == "nothing" else Outcome.REFUSED)
    said = [each.content for each in town.own(channel)[before:]]
    assert said == (["I could not reach you."] if closed == "the channel" else [])
    town.clock.wait(timedelta(minutes=10))
    async with town.running():
        assert await town.adapter.find(tell) == (receipt if closed != "everything" else None)


async def test_a_card_that_automod_does_not_let_through_goes_by_direct_message(town: Community) -> None:
    async with town.running():
        town.server.rest.faults.add(POST, Fails(status=400, code=200000), times=2)
        question = await mentions(town, town.general, EXPLICIT)
        private = town.server.dm(town.robin)
        await town.told(private, 2)
        await town.settled()
        receipt = await town.store.receipt(f"discord:m:{question.id}/care0")
    assert receipt
    assert receipt.message == str(town.own(private)[0].id)


async def test_a_card_that_somebody_has_deleted_goes_nowhere_else(town: Community) -> None:
    async with town.running():
        question = await mentions(town, town.general, EXPLICIT)
        thread = await town.thread(question)
        (card,) = await town.told(thread)
        await town.settled()
        await town.server.deletes(town.mo, card)
    async with town.running():
        care = await town.store.action(f"discord:m:{question.id}/care0")
        assert isinstance(care, Say)
        receipt = await town.adapter.perform(care)
    assert receipt.outcome is Outcome.REFUSED
    assert town.own(town.general) == []
    assert len(town.own(town.server.dm(town.robin))) == 1  # what was for robin alone before


@pytest.mark.parametrize("plain", [False, True])
async def test_nothing_of_a_thread_that_was_deleted_comes_into_the_channel(town: Community, plain: bool) -> None:
    town.set_up(plain_replies=plain)
    async with town.running():
        thread = await town.thread(await town.asks("Good evening."))
        await town.told(thread)
        asked = await town.server.says(town.robin, thread, "And then?")
        await town.told(thread, 2)
        await town.settled()
    await town.server.removes(town.mo, thread)
    place = Place("discord", str(town.guild.id), str(town.general.id))
    call = {"conversation": f"discord:{thread.id}", "place": place, "text": "Sorry.", "to": f"discord:{town.robin.id}"}
    async with town.running():
        for id_, reply_to in ((f"discord:m:{asked.id}/8", str(asked.id)), ("discord:i:5/0", "")):
            receipt = await town.adapter.perform(Say(id=id_, reply_to=reply_to, **call))  # type: ignore[arg-type]
            assert receipt.outcome is Outcome.REFUSED
    assert town.own(town.general) == []
    assert town.guild.threads == {}


async def test_a_moderators_reply_to_a_card_is_no_part_of_the_conversation_that_it_is_about(town: Community) -> None:
    async with town.running():
        question = await mentions(town, town.general, EXPLICIT)
        (called,) = await town.told(town.desk)
        await town.settled()
        action = await town.store.performed("discord", str(called.id))
        assert isinstance(action, CallModerators)
        asked = await town.server.says(town.mo, town.desk, "Who is this?", reply_to=called)
        await town.thread(asked)
        await town.settled()
        turns = await town.store.turns(f"discord:{question.id}")
    assert [each.turn.text for each in turns] == [EXPLICIT]


async def test_what_stands_in_one_place_is_not_taken_for_what_is_said_in_another(town: Community) -> None:
    town.set_up(plain_replies=True)
    async with town.running():
        question = await town.asks("Good evening.")
        await town.told(await town.thread(question))
        await town.settled()
        say = await town.store.action(f"discord:m:{question.id}/0")
        assert isinstance(say, Say)
        town.server.rest.faults.add("PATCH /channels/*/messages/*", Fails(status=403, code=50013))
        receipt = await town.adapter.perform(replace(say, text="Something else."))
    (there,) = town.own(town.general)
    assert (there.content, receipt.message) == ("Something else.", str(there.id))

"""A post comes about once, whatever becomes of the request that makes it."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Literal

import pytest

from bot.domain.action import CallModerators, Outcome, Say, Tell
from bot.domain.conversation import Place
from bot.domain.review import Matter
from bot.errors import PlatformError
from tests.adapters.discord.community import EXPLICIT, Community, answers
from tests.servers.discord import Drops, Fails, Hangs, Limits, Message, Permission, Thread, Waits
from tests.servers.discord_faults import Fault

POST = "POST /channels/*/messages"


@pytest.mark.parametrize(
    "fault",
    [
        Fails(status=503),
        Fails(status=503, stored=True),
        Fails(status=502, stored=True, html=True),
        Drops(),
        Drops(stored=True),
        Limits(after=0.05),
    ],
    ids=str,
)
async def test_a_post_whose_answer_is_lost_is_there_once(town: Community, fault: Fault) -> None:
    town.server.rest.faults.add(POST, fault)
    async with town.running():
        question = await town.asks("Good evening.")
        thread = await town.thread(question)
        await town.told(thread)
        await town.settled()
        assert not await town.store.open_conversations()
    (answer,) = town.own(thread)
    assert answer.content.startswith("answer to Good evening.")
    assert len({asked.fields["nonce"] for asked in town.server.requests(POST)}) == 1


@pytest.mark.parametrize(("echo", "posts"), [("held", 4), ("before", 1), ("after", 2)])
async def test_a_server_that_stays_down_is_tried_later_and_looked_at_first(
    town: Community, echo: Literal["held", "before", "after"], posts: int
) -> None:
    town.server.rest.echo = echo
    town.server.rest.faults.add(POST, Fails(status=503, stored=True), times=3)
    town.server.rest.faults.add("GET /channels/*/messages", Fails(status=503), times=4)
    async with town.running():
        question = await town.asks("Good evening.")
        thread = await town.thread(question)
        await town.told(thread)
        await town.settled()
        assert not await town.store.open_conversations()
    assert len(town.own(thread)) == 1
    assert town.asked(POST) <= posts


async def test_after_discord_has_forgotten_the_nonce_the_post_is_found_by_its_text(town: Community) -> None:
    async with town.running():
        thread = await town.thread(await town.asks("Good evening."))
        await town.told(thread)
        follow = await town.server.says(town.robin, thread, "And then?")
        await town.told(thread, 2)
        await town.settled()
    posts = town.asked(POST)
    town.clock.wait(timedelta(minutes=10))
    async with town.running():
        say = replace(said(town, thread, follow, town.own(thread)[1].content), id=f"discord:m:{follow.id}/0")
        found = await town.adapter.find(say)
        assert found
        assert (found.outcome, found.message) == (Outcome.DELIVERED, str(town.own(thread)[1].id))
        assert await town.adapter.perform(say) == found
    assert town.asked(POST) == posts
    assert len(town.own(thread)) == 2


async def test_what_was_never_posted_is_not_found(town: Community) -> None:
    async with town.running():
        thread = await town.thread(await town.asks("Good evening."))
        await town.told(thread)
        asked = await town.server.says(town.robin, thread, "And then?")
        await town.told(thread, 2)
        await town.settled()
        assert await town.adapter.find(said(town, thread, asked, "something else")) is None
        assert await town.adapter.find(said(town, thread, asked, "answer to Good evening.")) is None


async def test_the_same_words_in_answer_to_two_messages_are_two_posts(town: Community) -> None:
    async with town.running():
        thread = await town.thread(await town.asks("Good evening."))
        await town.told(thread)
        asked = [await town.server.says(town.robin, thread, text) for text in ("One.", "Two.")]
        await town.told(thread, 3)
        first = await town.adapter.perform(said(town, thread, asked[0], "Yes."))
    town.clock.wait(timedelta(minutes=10))
    async with town.running():
        assert await town.adapter.find(said(town, thread, asked[1], "Yes.")) is None
        assert await town.adapter.find(said(town, thread, asked[0], "Yes.")) == first
        second = await town.adapter.perform(said(town, thread, asked[1], "Yes."))
    assert first.message != second.message
    assert [answers(each) for each in town.own(thread)[-2:]] == [each.id for each in asked]


async def test_what_a_moderator_deleted_is_not_posted_again(town: Community) -> None:
    async with town.running():
        thread = await town.thread(await town.asks("Good evening."))
        await town.told(thread)
        asked = await town.server.says(town.robin, thread, "And then?")
        (_, answer) = await town.told(thread, 2)
        await town.settled()
        await town.server.deletes(town.mo, answer)
    async with town.running():
        say = replace(said(town, thread, asked, answer.content), id=f"discord:m:{asked.id}/0")
        receipt = await town.adapter.perform(say)
    assert receipt.outcome is Outcome.REFUSED
    assert "10008" in receipt.why
    assert len(town.own(thread)) == 1


async def test_a_long_answer_takes_several_posts_and_a_file_for_what_is_left(town: Community) -> None:
    async with town.running():
        thread = await town.thread(await town.asks("Good evening."))
        await town.told(thread)
        asked = await town.server.says(town.robin, thread, "Tell me all.")
        await town.told(thread, 2)
        say = said(town, thread, asked, "\n".join(f"Line {number} of many." for number in range(1_000)))
        receipt = await town.adapter.perform(say)
        assert await town.adapter.find(say) == receipt
    parts = town.own(thread)[2:]
    assert [answers(each) for each in parts] == [asked.id, None, None, None, None]
    assert receipt.message == str(parts[-1].id)
    (rest,) = parts[-1].attachments
    whole = "\n".join([*(each.content for each in parts), rest.content.decode()])
    assert [line for line in whole.splitlines() if line] == say.text.splitlines()


async def test_where_no_file_can_be_attached_the_messages_are_there_all_the_same(town: Community) -> None:
    town.server.overwrite(town.general, town.server.bot, deny=Permission.ATTACH_FILES)
    async with town.running():
        thread = await town.thread(await town.asks("Good evening."))
        await town.told(thread)
        asked = await town.server.says(town.robin, thread, "Tell me all.")
        await town.told(thread, 2)
        say = said(town, thread, asked, "\n".join(f"Line {number} of many." for number in range(1_000)))
        receipt = await town.adapter.perform(say)
    assert receipt.outcome is Outcome.DELIVERED
    assert len(town.own(thread)[2:]) == 5
    assert town.own(thread)[-1].attachments == []


async def test_a_desk_that_is_no_channel_is_refused(town: Community) -> None:
    async with town.running():
        thread = await town.thread(await town.asks("Good evening."))
        await town.told(thread)
        desk = Place("discord", str(town.guild.id), "mod-log", private=True)
        for call in (replace(called(town, thread, urgent=False), desk=each) for each in (desk, None)):
            assert (await town.adapter.perform(call)).outcome is Outcome.REFUSED
            assert await town.adapter.find(call) is None


async def test_a_long_answer_that_broke_off_goes_on_where_it_was(town: Community) -> None:
    async with town.running():
        thread = await town.thread(await town.asks("Good evening."))
        await town.told(thread)
        asked = await town.server.says(town.robin, thread, "Tell me more.")
        await town.told(thread, 2)
        await town.settled()
        say = said(town, thread, asked, "\n".join(f"Line {number} of many." for number in range(150)))
        town.server.rest.echo = "held"
        never = asyncio.Event()
        town.server.rest.faults.add(POST, Waits(until=0.0), Waits(until=never))
        performing = asyncio.create_task(town.adapter.perform(say))
        await town.told(thread, 3)
        await town.server.until(lambda: town.asked(POST) == 4)
        performing.cancel()
        await asyncio.gather(performing, return_exceptions=True)
    town.clock.wait(timedelta(minutes=10))
    town.server.rest.echo = "after"
    async with town.running():
        assert await town.adapter.find(say) is None
        receipt = await town.adapter.perform(say)
        assert await town.adapter.find(say) == receipt
    parts = town.own(thread)[2:]
    assert "\n".join(each.content for each in parts) == say.text
    assert len(parts) == 2


async def test_nothing_in_an_answer_pings_or_hides_where_a_link_leads(town: Community) -> None:
    async with town.running():
        thread = await town.thread(await town.asks("Good evening."))
        await town.told(thread)
        asked = await town.server.says(town.robin, thread, "Tell me more.")
        await town.told(thread, 2)
        text = f"@everyone <@{town.sam.id}> <@&{town.keepers.id}> [bank](https://elsewhere.example)"
        await town.adapter.perform(said(town, thread, asked, text))
    answer = town.own(thread)[-1]
    assert (answer.mentions, answer.mentioned_roles, answer.everyone, answer.pings) == ([], [], False, set())
    assert "](https" not in answer.content


async def test_an_answer_that_never_comes_ends_the_trying(town: Community) -> None:
    town.within = 0.05
    town.server.rest.faults.add(POST, Hangs(), times=3)
    async with town.running():
        thread = await town.thread(await town.asks("Good evening."))
        (answer,) = await town.told(thread)
        await town.settled()
    assert town.naps.taken.count(0.3) == 1
    assert answer.content.startswith("answer to Good evening.")


async def test_a_private_message_is_one_and_where_none_arrives_the_other_text_is_said_in_the_thread(
    town: Community,
) -> None:
    async with town.running():
        thread = await town.thread(await town.asks("Good evening."))
        await town.told(thread)
        receipt = await town.adapter.perform(told(town, thread, 1))
        assert await town.adapter.find(told(town, thread, 1)) == receipt
        town.robin.user.open = False
        other = await town.adapter.perform(told(town, thread, 2))
        assert await town.adapter.find(told(town, thread, 2)) == other
    assert [each.content for each in town.own(town.server.dm(town.robin))] == ["For you alone."]
    assert [each.content for each in town.own(thread)[1:]] == ["I could not reach you."]
    async with town.running():
        assert await town.adapter.find(told(town, thread, 1)) == receipt
        assert await town.adapter.find(told(town, thread, 2)) == other


async def test_somebody_in_danger_gets_a_card_and_moderators_are_told_where(town: Community) -> None:
    async with town.running():
        question = await town.asks(EXPLICIT)
        thread = await town.thread(question)
        await town.settled()
        assert await town.told(thread)
        (called,) = await town.told(town.desk)
    assert EXPLICIT not in called.content
    assert called.content.endswith(f"https://discord.com/channels/{town.guild.id}/{thread.id}")


async def test_an_urgent_call_calls_the_moderators_role_and_another_calls_nobody(town: Community) -> None:
    async with town.running():
        thread = await town.thread(await town.asks("Good evening."))
        await town.told(thread)
        for urgent in (True, False):
            call = called(town, thread, urgent=urgent)
            receipt = await town.adapter.perform(call)
            assert await town.adapter.find(call) == receipt
    first, second = town.own(town.desk)
    assert (first.mentioned_roles, second.mentioned_roles) == ([town.keepers.id], [])
    assert "@everyone" not in first.content
    town.clock.wait(timedelta(minutes=10))
    async with town.running():
        assert await town.adapter.find(called(town, thread, urgent=True))
        assert await town.adapter.find(replace(called(town, thread, urgent=True), text="Another.")) is None


@pytest.mark.parametrize("code", [10003, 10008, 50001, 50013, 160005, 160006])
async def test_what_discord_does_not_take_is_refused_and_told_as_it_is(town: Community, code: int) -> None:
    async with town.running():
        thread = await town.thread(await town.asks("Good evening."))
        await town.told(thread)
        asked = await town.server.says(town.robin, thread, "And then?")
        await town.told(thread, 2)
        town.server.rest.faults.add(POST, Fails(status=400, code=code))
        receipt = await town.adapter.perform(said(town, thread, asked, "Yes."))
    assert receipt.outcome is Outcome.REFUSED
    assert f"(code {code})" in receipt.why
    assert len(town.own(thread)) == 2


@pytest.mark.parametrize(("taken", "outcome"), [(True, Outcome.DELIVERED), (False, Outcome.REFUSED)])
async def test_what_is_not_taken_as_a_reply_is_said_once_more_without(
    town: Community, taken: bool, outcome: Outcome
) -> None:
    async with town.running():
        thread = await town.thread(await town.asks("Good evening."))
        await town.told(thread)
        asked = await town.server.says(town.robin, thread, "And then?")
        await town.told(thread, 2)
        town.server.rest.faults.add(POST, Fails(status=400, code=50035), times=1 if taken else 2)
        before = town.asked(POST)
        receipt = await town.adapter.perform(said(town, thread, asked, "Yes."))
    assert receipt.outcome is outcome
    assert town.asked(POST) == before + 2
    assert [answers(each) for each in town.own(thread)[2:]] == [None] * taken


@pytest.mark.parametrize("code", [200000, 200001])
async def test_an_answer_that_automod_does_not_let_through_is_excused_once(town: Community, code: int) -> None:
    async with town.running():
        thread = await town.thread(await town.asks("Good evening."))
        await town.told(thread)
        asked = await town.server.says(town.robin, thread, "And then?")
        await town.told(thread, 2)
        for _ in range(2):
            town.server.rest.faults.add(POST, Fails(status=400, code=code))
            receipt = await town.adapter.perform(said(town, thread, asked, "Yes."))
            assert receipt.outcome is Outcome.REFUSED
            assert f"(code {code})" in receipt.why
    (excuse,) = town.own(thread)[2:]
    assert (excuse.content, answers(excuse)) == (town.texts.blocked, asked.id)
    town.clock.wait(timedelta(minutes=10))
    async with town.running():
        town.server.rest.faults.add(POST, Fails(status=400, code=code))
        await town.adapter.perform(said(town, thread, asked, "Yes."))
    assert town.own(thread)[2:] == [excuse]


@pytest.mark.parametrize("fault", [Fails(status=401), Limits(after=60), Limits(after=0, via=False)], ids=str)
async def test_what_says_nothing_about_the_post_is_tried_later_and_not_at_once(
    town: Community, fault: Fails | Limits
) -> None:
    async with town.running():
        thread = await town.thread(await town.asks("Good evening."))
        await town.told(thread)
        asked = await town.server.says(town.robin, thread, "And then?")
        await town.told(thread, 2)
        town.server.rest.faults.add(POST, fault)
        before = town.asked(POST)
        with pytest.raises(PlatformError):
            await town.adapter.perform(said(town, thread, asked, "Yes."))
    assert town.asked(POST) == before + 1


async def test_an_archived_thread_is_taken_out_for_what_is_said_in_it(town: Community) -> None:
    async with town.running():
        thread = await town.thread(await town.asks("Good evening."))
        await town.told(thread)
        asked = await town.server.says(town.robin, thread, "And then?")
        await town.told(thread, 2)
        town.server.rest.faults.add(POST, Fails(status=400, code=50083))
        town.server.expires(thread)
        receipt = await town.adapter.perform(said(town, thread, asked, "Yes."))
    assert receipt.outcome is Outcome.DELIVERED
    assert not thread.archived


async def test_without_a_connection_it_is_to_be_tried_later(town: Community) -> None:
    town.within = 0.01
    async with town.made():
        place = Place("discord", str(town.guild.id), str(town.general.id))
        say = Say(id="discord:m:5/0", conversation="discord:5", place=place, text="Yes.", reply_to="5")
        with pytest.raises(PlatformError):
            await town.adapter.perform(say)
        with pytest.raises(PlatformError):
            await town.adapter.find(say)


def said(town: Community, thread: Thread, asked: Message, text: str) -> Say:
    """What the bot is to say about a message."""
    return Say(
        id=f"discord:m:{asked.id}/7",
        conversation=f"discord:{thread.id}",
        place=Place("discord", str(town.guild.id), str(town.general.id)),
        text=text,
        reply_to=str(asked.id),
    )


def told(town: Community, thread: Thread, number: int) -> Tell:
    """What the bot is to tell robin alone."""
    return Tell(
        id=f"discord:m:{thread.id}/{number}",
        conversation=f"discord:{thread.id}",
        place=Place("discord", str(town.guild.id), str(town.general.id)),
        member=f"discord:{town.robin.id}",
        text="For you alone.",
        otherwise="I could not reach you.",
    )


def called(town: Community, thread: Thread, *, urgent: bool) -> CallModerators:
    """Moderators are to look at something."""
    return CallModerators(
        id=f"discord:m:{thread.id}/{int(urgent)}",
        conversation=f"discord:{thread.id}",
        place=Place("discord", str(town.guild.id), str(town.general.id)),
        matter=Matter.RISK,
        member=f"discord:{town.robin.id}",
        text="Please look: @everyone.",
        urgent=urgent,
        desk=Place("discord", str(town.guild.id), str(town.desk.id), private=True),
    )


@pytest.mark.parametrize("kind", ["answers", "threads"])
async def test_what_is_urgent_does_not_stand_in_a_channels_line(town: Community, kind: str) -> None:
    route = POST if kind == "answers" else "POST /channels/*/messages/*/threads"
    town.set_up(plain_replies=True)
    if kind == "answers":
        town.server.overwrite(town.general, town.server.bot, deny=Permission.CREATE_PUBLIC_THREADS)
    async with town.running():
        first = await town.asks("Good evening.")  # from its answer on the library knows how much the channel takes
        await town.server.until(lambda: len(town.own(town.general)) + len(town.guild.threads))
        await town.settled()
        slow, before = asyncio.Event(), town.asked(route)
        town.server.rest.faults.add(route, Waits(until=slow))
        asked = [await town.asks(f"Question {number}.") for number in range(3)]
        await town.server.until(lambda: town.asked(route) > before)
        danger = await town.asks(EXPLICIT)
        await town.server.until(lambda: answered(town, kind, danger))
        assert not any(answered(town, kind, each) for each in asked)
        slow.set()
        await town.server.until(lambda: all(answered(town, kind, each) for each in asked))
        await town.settled()
    assert answered(town, kind, first)


def answered(town: Community, kind: str, message: Message) -> bool:
    """Whether something was said about a message."""
    if kind == "threads":
        return message.id in town.guild.threads
    return message.id in map(answers, town.own(town.general))


async def test_where_all_of_discord_is_limited_care_waits_no_longer_than_the_rest(town: Community) -> None:
    async with town.running():
        thread = await town.thread(await town.asks("Good evening."))
        await town.told(thread)
        town.server.rest.faults.add(POST, Limits(after=0.3, everywhere=True))
        await town.server.says(town.robin, thread, "And then?")
        await town.server.until(lambda: any(refused.status == 429 for _, refused in town.server.rest.refused))
        asked = await town.asks(EXPLICIT, town.sam)
        card = (await town.told(await town.thread(asked)))[0]
        await town.told(thread, 2)
        await town.settled()
    assert card.content
    assert [refused.status for _, refused in town.server.rest.refused].count(429) == 1


async def test_an_answer_that_cannot_be_edited_any_more_is_said_anew(town: Community) -> None:
    async with town.running():
        thread = await town.thread(await town.asks("Good evening."))
        await town.told(thread)
        asked = await town.server.says(town.robin, thread, "And then?")
        await town.told(thread, 2)
        await town.settled()
        say = said(town, thread, asked, "Yes.")
        await town.adapter.perform(say)
        town.clock.wait(timedelta(hours=2))
        town.server.rest.faults.add("PATCH /channels/*/messages/*", Fails(status=400, code=30046))
        receipt = await town.adapter.perform(replace(say, text="No."))
        assert (await town.adapter.find(replace(say, text="No."))) == receipt
    assert receipt.outcome is Outcome.DELIVERED
    assert [each.content for each in town.own(thread)[2:]] == ["No."]

"""What was changed, deleted and said while the bot was away."""

from datetime import timedelta

import pytest

from adapters.discord.hearing.catch_up import ALONE, MOST, TRIES
from tests.adapters.discord.asking import answered, attended, buttons
from tests.adapters.discord.community import EXPLICIT, Community, answers
from tests.servers.discord import Channel, Fails, Kind, Message, Permission, Thread


async def talked(town: Community) -> tuple[Thread, list[Message]]:
    """A thread with three messages of robin's, the first of which is in the channel."""
    question = await town.asks("Good evening.")
    thread, said = await town.thread(question), [question]
    for number, text in enumerate(("I live in Leeds.", "It rains."), 2):
        await town.told(thread, number - 1)
        said.append(await town.server.says(town.robin, thread, text))
    await town.told(thread, 3)
    await town.settled()
    return thread, said


async def texts(town: Community, thread: Channel) -> list[str]:
    """What the conversation in a thread says, once nothing is under way."""
    await town.settled()
    return [each.turn.text for each in await town.store.turns(f"discord:{thread.id}")]


async def test_what_was_edited_and_deleted_meanwhile_is_noticed(town: Community) -> None:
    async with town.running():
        thread, said = await talked(town)
    town.clock.wait(timedelta(minutes=1))
    await town.server.edits(town.robin, said[0], f"<@{town.server.bot.id}> Good morning.")
    await town.server.edits(town.robin, said[1], "I live in York.")
    await town.server.deletes(town.robin, said[2])
    async with town.running():
        assert await texts(town, thread) == ["Good morning.", "I live in York.", ""]
    assert len(town.own(thread)) == 3  # nothing is answered anew


async def test_a_question_that_is_gone_is_noticed_too(town: Community) -> None:
    async with town.running():
        thread, said = await talked(town)
    await town.server.deletes(town.robin, said[0])
    async with town.running():
        assert await texts(town, thread) == ["", "I live in Leeds.", "It rains."]


async def test_what_was_missed_is_heard_in_the_order_in_which_it_was_said(town: Community) -> None:
    async with town.running():
        thread, _ = await talked(town)
    for text in ("One.", "Two.", "Three."):
        await town.server.says(town.robin, thread, text)
    async with town.running():
        await town.told(thread, 6)
        assert (await texts(town, thread))[3:] == ["One.", "Two.", "Three."]


async def test_an_edit_that_was_heard_counts_once(town: Community) -> None:
    async with town.running():
        thread, said = await talked(town)
        town.clock.wait(timedelta(minutes=1))
        await town.server.edits(town.robin, said[1], EXPLICIT)
        await town.settled()
        cards = len(town.own(thread))
    for _ in range(2):
        town.clock.wait(timedelta(hours=2))
        async with town.running():
            assert await texts(town, thread) == ["Good evening.", EXPLICIT, "It rains."]
            assert len(town.own(thread)) == cards


async def test_danger_in_a_missed_edit_gets_a_card(town: Community) -> None:
    async with town.running():
        thread, said = await talked(town)
    town.clock.wait(timedelta(minutes=1))
    await town.server.edits(town.robin, said[1], EXPLICIT)
    async with town.running():
        await town.told(thread, 4)
        await town.told(town.desk)


async def test_an_earlier_message_that_was_edited_meanwhile_offers_a_branch(town: Community) -> None:
    async with attended(town):
        _, said = await town.ended()
    town.clock.wait(timedelta(minutes=1))
    await town.server.edits(town.robin, said[0], f"<@{town.server.bot.id}> How do tides work?")
    async with attended(town):
        (offer,) = await town.told(town.server.dm(town.robin))
        await town.settled()
    assert "Go on from there" in buttons(offer)
    async with attended(town):
        await town.settled()
    assert len(town.own(town.server.dm(town.robin))) == 1


async def test_in_a_direct_message_as_well(town: Community) -> None:
    there = town.server.dm(town.robin)
    async with town.running():
        said = [await town.server.says(town.robin, there, text) for text in ("Good evening.", "It rains.")]
        await town.told(there, 2)
        await town.settled()
    town.clock.wait(timedelta(minutes=1))
    await town.server.edits(town.robin, said[0], "Good morning.")
    await town.server.deletes(town.robin, said[1])
    async with town.running():
        await town.server.until(lambda: town.asked(f"GET /channels/{there.id}/messages/{said[1].id}"))
        assert await texts(town, there) == ["Good morning.", ""]


async def test_what_a_branch_began_with_is_not_looked_for_in_it(town: Community) -> None:
    async with attended(town):
        old, said = await town.ended()
        chosen = {"message": str(said[1].id), "words": "How do tides work?"}
        await answered(town, await town.server.slash(town.robin, town.general, "branch", chosen))
        (new,) = (one for one in town.guild.threads.values() if one is not old)
        await town.told(new, 2)
        await town.settled()
    async with attended(town):
        assert await texts(town, new) == ["How do tides work?"]
    assert not town.asked(f"GET /channels/{new.id}/messages/{said[1].id}")


@pytest.mark.parametrize("lacks", [Permission.READ_HISTORY, Permission.VIEW_CHANNEL])
async def test_what_the_bot_cannot_see_is_not_gone(town: Community, lacks: Permission) -> None:
    async with town.running():
        thread, _ = await talked(town)
    town.server.overwrite(town.general, town.server.bot, deny=lacks)
    async with town.running():
        assert await texts(town, thread) == ["Good evening.", "I live in Leeds.", "It rains."]
    assert not town.server.requests(f"GET /channels/{thread.id}/messages/*")  # it does not even ask


async def test_what_discord_refuses_to_show_is_not_gone(town: Community) -> None:
    async with town.running():
        thread, said = await talked(town)
    await town.server.deletes(town.mo, *said[1:])
    fails = Fails(status=403, code=50001)
    town.server.rest.faults.add(f"GET /channels/{thread.id}/messages/*", fails)
    async with town.running():
        assert await texts(town, thread) == ["Good evening.", "I live in Leeds.", "It rains."]
    assert town.server.requests(f"GET /channels/{thread.id}/messages/*")[0].code == fails.code
    async with town.running():
        assert await texts(town, thread) == ["Good evening.", "", ""]


async def test_without_the_content_intent_nothing_is_changed_to_nothing(town: Community) -> None:
    async with town.running():
        thread, said = await talked(town)
    town.clock.wait(timedelta(minutes=1))
    await town.server.edits(town.robin, said[1], "I live in York.")
    town.content = False
    town.server.world.application.allowed &= 0
    async with town.running():
        assert await texts(town, thread) == ["Good evening.", "I live in Leeds.", "It rains."]


async def test_what_is_older_than_is_read_for_risk_is_not_compared(town: Community) -> None:
    async with town.running():
        thread, said = await talked(town)
    town.clock.wait(timedelta(hours=25))
    await town.server.deletes(town.robin, said[1])
    async with town.running():
        assert await texts(town, thread) == ["Good evening.", "I live in Leeds.", "It rains."]


async def test_what_is_not_on_the_newest_page_is_asked_for_one_by_one(town: Community) -> None:
    async with town.running():
        thread, said = await talked(town)
    town.clock.wait(timedelta(minutes=1))
    weather = town.server.member(town.guild, "weather", bot=True)  # which nobody hears
    for number in range(101):
        await town.server.says(weather, thread, f"{number} degrees.")
    await town.server.edits(town.robin, said[1], "I live in York.")
    await town.server.deletes(town.robin, said[2])
    async with town.running():
        assert await texts(town, thread) == ["Good evening.", "I live in York.", ""]
    alone = [f"GET /channels/{thread.id}/messages/{one.id}" for one in said[1:]]
    assert [town.asked(one) for one in alone] == [1, 1]


async def test_not_all_of_them_are(town: Community) -> None:
    async with town.running():
        thread = await town.thread(await town.asks("Good evening."))
        others = [await town.server.says(town.sam, thread, f"{number}", mentions=[town.robin]) for number in range(30)]
        await town.settled()
    await town.server.deletes(town.mo, *others)
    async with town.running():
        found = await texts(town, thread)
    assert len([each for each in found if not each]) == ALONE


async def test_what_cannot_be_compared_is_tried_a_few_times(town: Community) -> None:
    async with town.running():
        thread, said = await talked(town)
    await town.server.deletes(town.robin, said[1])
    town.server.rest.faults.add(f"GET /channels/{thread.id}/messages", Fails(status=503), times=4)
    async with town.running():
        await town.server.until(lambda: town.asked(f"GET /channels/{thread.id}/messages/{said[1].id}"))
        assert await texts(town, thread) == ["Good evening.", "", "It rains."]
    town.server.rest.faults.add(f"GET /channels/{thread.id}/messages", Fails(status=503), times=99)
    before = town.asked(f"GET /channels/{thread.id}/messages")
    async with town.running():
        await town.settled()
    asked = town.asked(f"GET /channels/{thread.id}/messages") - before
    assert asked == TRIES * 3 * 2  # for two reasons, and three times at once each time


async def test_more_than_can_be_read_begins_with_the_newest_and_says_so(
    town: Community, caplog: pytest.LogCaptureFixture
) -> None:
    async with town.running():
        thread, _ = await talked(town)
    town.clock.wait(timedelta(minutes=1))
    weather = town.server.member(town.guild, "weather", bot=True)
    _, first = [await town.server.says(town.sam, thread, text, mentions=[town.robin]) for text in "12"]
    for number in range(MOST - 2):
        await town.server.says(weather, thread, f"{number} degrees.")
    last = await town.server.says(town.robin, thread, "Hello?")
    async with town.running():
        await town.server.until(lambda: len(town.own(thread)) == 4)
        await town.settled()
        found = await texts(town, thread)
    assert answers(town.own(thread)[-1]) == last.id
    assert found[3:] == ["@robin 2", "Hello?"]
    assert f"earlier ones than {first.id} are left alone" in caplog.text


async def test_what_was_changed_in_a_conversation_without_a_thread_is_noticed(town: Community) -> None:
    town.set_up(plain_replies=True)
    town.server.overwrite(town.general, town.server.bot, deny=Permission.CREATE_PUBLIC_THREADS)
    async with town.running():
        first = await town.asks("Good evening.")
        (answer,) = await town.told(town.general)
        await town.settled()
        second = await town.server.says(town.robin, town.general, "I live in Leeds.", reply_to=answer)
        await town.told(town.general, 2)
        await town.settled()
    town.clock.wait(timedelta(minutes=1))
    await town.server.edits(town.robin, first, f"<@{town.server.bot.id}> Good morning.")
    await town.server.deletes(town.robin, second)
    async with town.running():
        await town.settled()
        turns = await town.store.turns(f"discord:{first.id}")
    assert [each.turn.text for each in turns] == ["Good morning.", ""]
    assert len(town.own(town.general)) == 2


async def test_what_was_said_beside_a_voice_channel_is_heard(town: Community) -> None:
    town.set_up(plain_replies=True)
    voice = town.server.channel(town.guild, "voice", Kind.VOICE)
    async with town.running():
        await talked(town)
    await town.server.says(town.robin, voice, "Anybody there?", mentions=[town.server.bot])
    async with town.running():
        (answer,) = await town.told(voice)
    assert answer.content.startswith("answer to Anybody there?")


async def test_a_post_that_was_archived_meanwhile_is_heard(town: Community) -> None:
    forum = town.server.channel(town.guild, "questions", Kind.FORUM)
    town.set_up(forums=(str(forum.id),))
    async with town.running():
        await talked(town)
    post = await town.server.asks(town.robin, forum, "Tides", "How do they work?")
    await town.server.archives(town.mo, post)
    async with town.running():
        (answer,) = await town.told(post)
    assert "How do they work?" in answer.content

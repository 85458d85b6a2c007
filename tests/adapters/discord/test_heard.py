"""What is heard of a message: everything that is told of it, and nothing of what is withheld."""

from datetime import timedelta

import pytest

from tests.adapters.discord.asking import answered, attended
from tests.adapters.discord.community import EXPLICIT, Community, answers
from tests.servers.discord import Fails, Upload

NOTE = Upload(name="note.txt", content=b"Tides follow the moon.", media_type="text/plain")
VOICE = Upload(name="voice-message.ogg", content=b"OggS", media_type="audio/ogg")


def blind(town: Community) -> None:
    """Let the bot have no message content intent, here and with Discord."""
    town.content = False
    town.server.world.application.allowed &= 0


async def said(town: Community, thread: int) -> list[str]:
    """What was said in a thread, as the store has it."""
    await town.settled()
    return [each.turn.text for each in await town.store.turns(f"discord:{thread}")]


async def test_without_the_intent_a_thread_goes_on_by_mentions_and_replies(town: Community) -> None:
    blind(town)
    async with town.running():
        thread = await town.thread(await town.asks("Good evening."))
        (first,) = await town.told(thread)
        await town.server.says(town.robin, thread, "And another thing.")
        reply = await town.server.says(town.robin, thread, "And this?", reply_to=first)
        await town.told(thread, 2)
        await town.server.says(town.robin, thread, "Quietly.", reply_to=first, ping=False)
        await town.server.says(town.robin, thread, "", stickers=["Wave"])
        await town.server.says(town.robin, thread, "", attachments=[NOTE])
        again = await town.server.says(town.robin, thread, "And that?", mentions=[town.server.bot])
        await town.told(thread, 3)
        assert await said(town, thread.id) == ["Good evening.", "And this?", "And that?"]
    assert [answers(each) for each in town.own(thread)[1:]] == [reply.id, again.id]


async def test_without_the_intent_an_edit_that_is_withheld_erases_nothing(town: Community) -> None:
    blind(town)
    async with town.running():
        question = await town.server.says(
            town.robin, town.general, "Good evening.", mentions=[town.server.bot], stickers=["Wave"]
        )
        thread = await town.thread(question)
        (first,) = await town.told(thread)
        reply = await town.server.says(town.robin, thread, "I live in Leeds.", reply_to=first)
        await town.told(thread, 2)
        await town.settled()
        town.clock.wait(timedelta(minutes=1))
        await town.server.edits(town.robin, question, "Nothing to you.")
        before = ["Good evening.\n\n:Wave:", "I live in Leeds."]
        assert await said(town, thread.id) == before
        await town.server.edits(town.robin, question, f"<@{town.server.bot.id}> Good morning.")
        assert await said(town, thread.id) == ["Good morning.\n\n:Wave:", "I live in Leeds."]
        await town.server.deletes(town.robin, reply)
        assert await said(town, thread.id) == ["Good morning.\n\n:Wave:", ""]


async def test_without_the_intent_what_was_missed_is_not_heard_blank_either(town: Community) -> None:
    blind(town)
    async with town.running():
        thread = await town.thread(await town.asks("Good evening."))
        (first,) = await town.told(thread)
        await town.settled()
    await town.server.says(town.robin, thread, "And another thing.")
    await town.server.says(town.robin, thread, "And this?", reply_to=first)
    async with town.running():
        await town.told(thread, 2)
        assert await said(town, thread.id) == ["Good evening.", "And this?"]


async def test_without_the_intent_direct_messages_and_commands_work_as_ever(town: Community) -> None:
    blind(town)
    there = town.server.dm(town.robin)
    async with attended(town):
        await town.server.says(town.robin, there, "Just between us.")
        await town.server.says(town.robin, there, "Still there?")
        await town.told(there, 2)
        asked = await town.server.slash(town.robin, town.general, "ask", {"question": "Tides?"})
        shown = await answered(town, asked)
        (answer,) = await town.told(town.guild.threads[shown.id])
    assert answer.content.startswith("answer to Tides?")


async def test_stickers_polls_and_voice_messages_are_heard(town: Community) -> None:
    async with town.running():
        thread = await town.thread(await town.asks("Good evening."))
        await town.told(thread)
        await town.server.says(town.robin, thread, "", stickers=["Wave", "Hi"])
        await town.told(thread, 2)
        await town.server.says(town.robin, thread, "", poll=["Tea?", "yes", "no"])
        await town.told(thread, 3)
        await town.server.says(town.robin, thread, "", attachments=[VOICE])
        await town.told(thread, 4)
        heard = await said(town, thread.id)
        turns = await town.store.turns(f"discord:{thread.id}")
    assert heard == ["Good evening.", ":Wave: :Hi:", "Tea?\n- yes\n- no", ""]
    assert [each.name for each in turns[-1].turn.attachments] == ["voice-message.ogg"]


async def test_a_forwarded_message_is_quoted_and_its_files_can_be_fetched(town: Community) -> None:
    async with town.running():
        thread = await town.thread(await town.asks("Good evening."))
        await town.told(thread)
        aside = await town.server.says(town.sam, town.general, "Look at this.", attachments=[NOTE])
        await town.server.says(town.robin, thread, "", forwards=aside)
        await town.told(thread, 2)
        assert (await said(town, thread.id))[1:] == ["> Look at this."]
        (attached,) = (await town.store.turns(f"discord:{thread.id}"))[-1].turn.attachments
        assert (attached.name, attached.text) == ("note.txt", "Tides follow the moon.")
        assert await town.adapter.fetch(attached, 1_000) == NOTE.content


async def test_webhooks_and_other_bots_are_never_heard(town: Community) -> None:
    weather = town.server.member(town.guild, "weather", bot=True)
    async with town.running():
        thread = await town.thread(await town.asks("Good evening."))
        (first,) = await town.told(thread)
        for where in (town.general, thread):
            await town.server.hooks("robin", where, f"<@{town.server.bot.id}> Good evening.")
            await town.server.says(weather, where, "Rain.", mentions=[town.server.bot])
        await town.server.says(weather, thread, "Rain.", reply_to=first)
        assert await said(town, thread.id) == ["Good evening."]
        assert len(await town.store.conversations("discord", str(town.guild.id))) == 1


async def test_beside_its_thread_a_member_is_heard_only_by_a_mention_and_begins_anew(town: Community) -> None:
    async with town.running():
        question = await town.asks("Good evening.")
        thread = await town.thread(question)
        await town.told(thread)
        await town.server.says(town.robin, town.general, "And another thing.")
        await town.server.says(town.robin, town.general, "I meant this.", reply_to=question)
        await town.settled()
        asked = await town.server.says(
            town.robin, town.general, "And now?", reply_to=question, mentions=[town.server.bot]
        )
        (answer,) = await town.told(await town.thread(asked))
        assert await said(town, thread.id) == ["Good evening."]
        (heard,) = await said(town, asked.id)
    assert answer.content.startswith("answer to")
    assert heard.endswith("Good evening.\n\nAnd now?")
    assert town.own(town.general) == []


async def test_two_who_talk_to_each_other_are_remembered_and_not_answered(town: Community) -> None:
    async with town.running():
        thread = await town.thread(await town.asks("Good evening."))
        await town.told(thread)
        own = await town.server.says(town.robin, thread, "Hm.")
        await town.told(thread, 2)
        await town.server.says(town.sam, thread, "What do you mean?", reply_to=own)
        await town.server.says(town.robin, thread, "Never mind.", mentions=[town.sam])
        await town.settled()
        turns = await town.store.turns(f"discord:{thread.id}")
    assert [each.turn.to_bot for each in turns] == [True, True, False, False]
    assert len(town.own(thread)) == 2


@pytest.mark.parametrize("code", [50001, 50013])
async def test_where_typing_is_forbidden_the_answer_is_as_ever(town: Community, code: int) -> None:
    town.server.rest.faults.add("POST /channels/*/typing", Fails(status=403, code=code), times=20)
    async with town.running():
        thread = await town.thread(await town.asks("Good evening."))
        (answer,) = await town.told(thread)
        await town.settled()
        assert not await town.store.open_conversations()
    assert answer.content.startswith("answer to Good evening.")


async def test_in_a_thread_of_others_whoever_is_in_danger_is_heard_as_long_as_they_are(town: Community) -> None:
    async with town.running():
        root = await town.server.says(town.sam, town.general, "The garden plan.")
        thread = await town.server.begins(town.sam, root, "garden")
        await town.server.says(town.robin, thread, EXPLICIT, mentions=[town.server.bot])
        (card,) = await town.told(thread)
        await town.told(town.desk)
        await town.settled()
        town.clock.wait(timedelta(minutes=1))
        last = await town.server.says(town.robin, thread, "I am going to kill myself tonight")
        await town.told(town.desk, 2)
        await town.settled()
        said = len(town.own(thread))
        await town.server.says(town.sam, thread, "The roses first.")
        await town.settled()
        assert len(town.own(thread)) == said
        heard = [each.turn.message for each in await town.store.turns(f"discord:{thread.id}")]
        assert heard[-1] == str(last.id)
    assert card.content
    assert said >= 2


async def test_who_was_never_in_danger_is_heard_in_a_thread_of_others_by_mentions_alone(town: Community) -> None:
    async with town.running():
        root = await town.server.says(town.sam, town.general, "The garden plan.")
        thread = await town.server.begins(town.sam, root, "garden")
        await town.server.says(town.robin, thread, "What grows there?", mentions=[town.server.bot])
        await town.told(thread)
        await town.server.says(town.robin, thread, "Thanks.")
        await town.settled()
        assert len(await town.store.turns(f"discord:{thread.id}")) == 1
    assert len(town.own(thread)) == 1

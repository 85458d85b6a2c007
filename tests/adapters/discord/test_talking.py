"""What people say on Discord is answered where they said it."""

from datetime import timedelta

import pytest

from bot.domain.step import Step
from bot.errors import PlatformError
from tests.adapters.discord.community import Community, answers
from tests.servers.discord import Upload


async def test_a_mention_opens_a_thread_and_is_answered_there_alone(town: Community) -> None:
    async with town.running():
        question = await town.asks("Good evening.")
        thread = await town.thread(question)
        (answer,) = await town.told(thread)
        await town.settled()
        (turn,) = await town.store.turns(f"discord:{thread.id}")
    assert answer.content.startswith("answer to Good evening.")
    assert (thread.parent, thread.name) == (town.general, "robin & Fairwell")
    assert town.own(town.general) == []
    assert (turn.turn.member.id, turn.turn.member.name) == (f"discord:{town.robin.id}", "robin")


async def test_in_its_thread_everybody_talks_with_the_bot_unless_they_talk_with_each_other(town: Community) -> None:
    async with town.running():
        question = await town.asks("Good evening.")
        thread = await town.thread(question)
        await town.told(thread)
        follow = await town.server.says(town.sam, thread, "And me?")
        (_, answer) = await town.told(thread, 2)
        await town.server.says(town.sam, thread, "I think so too.", mentions=[town.robin])
        await town.settled()
        turns = await town.store.turns(f"discord:{thread.id}")
    assert answers(answer) == follow.id
    assert answer.pings == set()
    assert [each.turn.to_bot for each in turns] == [True, True, False]
    assert len(town.own(thread)) == 2


async def test_a_direct_message_is_answered_there(town: Community) -> None:
    async with town.running():
        there = town.server.dm(town.robin)
        await town.server.says(town.robin, there, "Just between us.")
        (answer,) = await town.told(there)
        await town.settled()
        (turn,) = await town.store.turns(f"discord:{there.id}")
    assert answer.content.startswith("answer to Just between us.")
    assert turn.turn.text == "Just between us."


async def test_what_is_not_for_the_bot_is_not_heard(town: Community) -> None:
    other = town.server.member(town.guild, "weather", bot=True)
    async with town.running():
        await town.server.says(town.robin, town.general, "Has anybody seen my scarf?")
        await town.server.says(other, town.general, "Rain.", mentions=[town.server.bot])
        theirs = await town.server.begins(town.sam, await town.server.says(town.sam, town.general, "Plans"), "plans")
        await town.server.says(town.robin, theirs, "On Friday?")
        await town.settled()
        assert not await town.store.conversations("discord", str(town.guild.id))
        asked = await town.server.says(town.robin, theirs, "What do you think?", mentions=[town.server.bot])
        (answer,) = await town.told(theirs)
        await town.settled()
    assert answers(answer) == asked.id
    assert town.own(town.general) == []
    assert len(town.guild.threads) == 1


async def test_a_thread_that_comes_out_of_the_archive_is_known(town: Community) -> None:
    async with town.running():
        thread = await town.thread(await town.asks("Good evening."))
        await town.told(thread)
    town.server.expires(thread)
    before = town.asked(f"GET /channels/{thread.id}")
    async with town.running():
        town.server.gateway.spoil("THREAD_UPDATE", "lost")
        asked = [await town.server.says(town.robin, thread, text) for text in ("Still there?", "Hello?")]
        said = await town.told(thread, 3)
        await town.settled()
    assert [answers(each) for each in said[1:]] == [each.id for each in asked]
    assert town.asked(f"GET /channels/{thread.id}") == before + 1


async def test_without_the_content_intent_the_bot_answers_mentions_and_hears_nothing_else(town: Community) -> None:
    town.content = False
    town.server.world.application.allowed &= 0
    async with town.running():
        question = await town.asks("Good evening.")
        thread = await town.thread(question)
        await town.told(thread)
        await town.server.says(town.robin, thread, "And another thing.")
        await town.server.says(town.robin, thread, "And this.", mentions=[town.server.bot])
        await town.told(thread, 2)
        await town.settled()
        turns = await town.store.turns(f"discord:{thread.id}")
    assert [each.turn.text for each in turns] == ["Good evening.", "And this."]


async def test_what_is_told_twice_is_answered_once(town: Community) -> None:
    town.server.gateway.spoil("MESSAGE_CREATE", "twice", 3)
    async with town.running():
        question = await town.asks("Good evening.")
        thread = await town.thread(question)
        await town.told(thread)
        await town.settled()
        assert len(await town.store.turns(f"discord:{thread.id}")) == 1
    assert len(town.own(thread)) == 1


async def test_an_edit_corrects_what_was_said_and_a_deletion_takes_it_away(town: Community) -> None:
    async with town.running():
        question = await town.asks("Good evening.")
        thread = await town.thread(question)
        await town.told(thread)
        second = await town.server.says(town.robin, thread, "I live in Leeds.")
        await town.told(thread, 2)
        await town.settled()
        town.clock.wait(timedelta(minutes=1))
        await town.server.edits(town.robin, question, "Good morning.")
        await town.server.deletes(town.robin, second)
        await town.settled()
        turns = await town.store.turns(f"discord:{thread.id}")
    assert [each.turn.text for each in turns] == ["Good morning.", ""]
    assert len(town.own(thread)) == 2


async def test_changes_to_messages_the_bot_never_heard_leave_no_trace(town: Community) -> None:
    async with town.running():
        aside = await town.server.says(town.robin, town.general, "Has anybody seen my scarf?")
        await town.server.begins(town.sam, aside, "scarves")
        await town.server.edits(town.robin, aside, "Has anybody seen my hat?")
        await town.server.deletes(town.robin, aside)
        gone = [await town.server.says(town.robin, town.general, text) for text in ("one", "two")]
        await town.server.deletes(town.mo, *gone)
        await town.settled()
        assert not await town.store.conversations("discord", str(town.guild.id))


async def test_a_mention_that_is_added_later_is_answered(town: Community) -> None:
    async with town.running():
        aside = await town.server.says(town.robin, town.general, "Is the library open?")
        await town.settled()
        await town.server.edits(town.robin, aside, f"<@{town.server.bot.id}> Is the library open?")
        (answer,) = await town.told(await town.thread(aside))
    assert answer.content.startswith("answer to Is the library open?")


async def test_a_file_is_fetched_from_where_it_is_now(town: Community) -> None:
    async with town.running():
        note = Upload(name="note.txt", content=b"Tides follow the moon.", media_type="text/plain")
        asked = await town.server.says(
            town.robin, town.general, "What is this?", mentions=[town.server.bot], attachments=[note]
        )
        await town.told(await town.thread(asked))
        await town.settled()
        (turn,) = await town.store.turns(f"discord:{asked.id}")
    (attached,) = turn.turn.attachments
    assert (attached.name, attached.text) == ("note.txt", "Tides follow the moon.")
    assert "note.txt" not in town.own(town.guild.threads[asked.id])[0].content  # it was not left out


async def test_of_several_files_each_is_fetched_if_it_is_no_larger_than_allowed(town: Community) -> None:
    async with town.running():
        files = [Upload(name=f"{size}.bin", content=b"x" * size) for size in (2_000, 3_000)]
        asked = await town.server.says(
            town.robin, town.general, "And these?", mentions=[town.server.bot], attachments=files
        )
        await town.told(await town.thread(asked))
        await town.settled()
        (turn,) = await town.store.turns(f"discord:{asked.id}")
        first, second = turn.turn.attachments
        assert len(await town.adapter.fetch(first, 2_000)) == 2_000
        assert len(await town.adapter.fetch(second, 3_000)) == 3_000
        with pytest.raises(PlatformError):
            await town.adapter.fetch(second, 2_999)
        await town.server.deletes(town.robin, asked)
        with pytest.raises(PlatformError):
            await town.adapter.fetch(first, 2_000)


async def test_abuse_is_redirected_warned_and_ended_in_a_locked_thread_that_can_be_rated(town: Community) -> None:
    async with town.running():
        thread, said = await town.ended()
        await town.server.until(lambda: thread.locked)
        turns = await town.store.turns(f"discord:{thread.id}")
        notice = town.own(thread)[-1]
        (card,) = await town.told(town.desk)
    assert [each.decision.step for each in turns] == [Step.REDIRECT, Step.REDIRECT, Step.WARN, Step.END]
    assert not thread.archived
    assert list(notice.reactions) == ["👍", "👎"]
    assert answers(notice) == said[-1].id
    assert f"https://discord.com/channels/{town.guild.id}/{thread.id}/{said[-1].id}" in card.content
    assert card.pings == set()

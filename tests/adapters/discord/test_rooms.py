"""In which channels the bot answers, and posts in forums that are for it."""

import pytest

from bot.domain.conversation import Member, Place
from bot.domain.event import Chose
from tests.adapters.discord.asking import answered, attended, hidden
from tests.adapters.discord.community import EXPLICIT, INSULTS, Community, answers
from tests.servers.discord import Channel, Kind, Permission, Thread


def forum(town: Community, kind: Kind = Kind.FORUM, *, named: bool = True) -> Channel:
    """A forum in which every new post is for the bot, if it is named."""
    made = town.server.channel(town.guild, "questions", kind)
    if named:
        town.set_up(forums=(str(made.id),))
    return made


async def begun(town: Community, where: Channel, text: str = "How do they work?") -> Thread:
    """Robin's post, answered."""
    post = await town.server.asks(town.robin, where, "Tides", text)
    await town.told(post)
    await town.settled()
    return post


# Forums.


@pytest.mark.parametrize("kind", [Kind.FORUM, Kind.MEDIA])
async def test_a_post_in_a_named_forum_is_for_the_bot_and_so_is_what_follows(town: Community, kind: Kind) -> None:
    where = forum(town, kind)
    async with town.running():
        post = await begun(town, where)
        follow = await town.server.says(town.sam, post, "And the moon?")
        await town.told(post, 2)
        await town.server.says(town.sam, post, "I think so too.", mentions=[town.robin])
        await town.settled()
        turns = await town.store.turns(f"discord:{post.id}")
    said = town.own(post)
    assert [each.content.partition("\n")[0] for each in said] == ["answer to Tides", "answer to And the moon?"]
    assert [each.turn.text for each in turns] == [
        "Tides\n\nHow do they work?",
        "And the moon?",
        "@robin I think so too.",
    ]
    assert [each.turn.to_bot for each in turns] == [True, True, False]
    assert answers(said[1]) == follow.id
    assert list(town.guild.threads) == [post.id]
    assert town.asked("POST /channels/*/messages/*/threads") == 0


async def test_a_post_that_mentions_somebody_is_for_the_bot_all_the_same(town: Community) -> None:
    where = forum(town)
    async with town.running():
        post = await begun(town, where, f"<@{town.sam.id}> and I wonder.")
    assert len(town.own(post)) == 1


async def test_a_restart_knows_the_post_and_what_was_said_there_meanwhile(town: Community) -> None:
    where = forum(town)
    async with town.running():
        post = await begun(town, where)
    missed = await town.server.says(town.robin, post, "And the moon?")
    new = await town.server.asks(town.sam, where, "Bees", "Which one is this?")
    async with town.running():
        await town.told(post, 2)
        (answer,) = await town.told(new)
        await town.server.says(town.robin, post, "And the sun?")
        await town.told(post, 3)
        await town.settled()
    assert answers(town.own(post)[1]) == missed.id
    assert answer.content.startswith("answer to Bees")


async def test_a_post_elsewhere_is_a_thread_of_somebody_elses(town: Community) -> None:
    where = forum(town, named=False)
    async with town.running():
        post = await town.server.asks(town.robin, where, "Tides", "How do they work?")
        await town.settled()
        assert not await town.store.conversations("discord", str(town.guild.id))
        asked = await town.server.says(town.robin, post, "Do you know?", mentions=[town.server.bot])
        (answer,) = await town.told(post)
        await town.server.says(town.robin, post, "Anybody else?")
        await town.settled()
        turns = await town.store.turns(f"discord:{post.id}")
    assert answers(answer) == asked.id
    assert [each.turn.text for each in turns] == ["Do you know?"]


async def test_settings_tell_which_forums_as_they_are_now(town: Community) -> None:
    where = forum(town, named=False)
    async with town.running():
        post = await town.server.asks(town.robin, where, "Tides", "How do they work?")
        await town.settled()
        town.set_up(forums=(str(where.id),))
        await town.server.says(town.robin, post, "Anybody?")
        await town.told(post)
        town.set_up(forums=())
        await town.server.says(town.robin, post, "Thanks.")
        await town.settled()
    assert len(town.own(post)) == 1


async def test_a_post_that_another_bot_begins_is_not_heard(town: Community) -> None:
    where, weather = forum(town), town.server.member(town.guild, "weather", bot=True)
    async with town.running():
        await town.server.asks(weather, where, "Today", "Rain.")
        await town.settled()
        assert not await town.store.conversations("discord", str(town.guild.id))


async def test_a_post_can_be_ended_and_rated(town: Community) -> None:
    where = forum(town)
    async with town.running():
        post = await begun(town, where, INSULTS[0])
        for number, insult in enumerate(INSULTS[1:], start=2):
            await town.server.says(town.robin, post, insult)
            await town.told(post, number)
            await town.settled()
        assert await town.store.latest_ending(f"discord:{post.id}") is None  # the first one came with a title
        await town.server.says(town.robin, post, INSULTS[0])
        await town.told(post, 5)
        await town.settled()
    assert post.locked
    assert list(town.own(post)[-1].reactions) == ["👍", "👎"]


async def test_a_thread_in_which_others_talk_without_the_bot_is_not_locked(town: Community) -> None:
    async with town.running():
        plans = await town.server.says(town.sam, town.general, "Plans")
        theirs = await town.server.begins(town.sam, plans, "plans")
        for number, insult in enumerate(INSULTS, start=1):
            await town.server.says(town.robin, theirs, insult, mentions=[town.server.bot])
            await town.told(theirs, number)
            await town.settled()
        ending = await town.store.latest_ending(f"discord:{theirs.id}")
    assert ending
    assert not theirs.locked
    assert list(town.own(theirs)[-1].reactions) == ["👍", "👎"]
    assert town.asked(f"PATCH /channels/{theirs.id}") == 0


# Channels.


async def test_outside_its_channels_the_bot_hears_what_is_for_it_and_answers_nothing(town: Community) -> None:
    town.set_up(channels=(str(town.desk.id),))
    async with town.running():
        asked = await town.asks("Good evening.")
        await town.server.says(town.robin, town.general, "Has anybody seen my scarf?")
        await town.settled()
        (turn,) = await town.store.turns(f"discord:{asked.id}")
        spaces = await town.store.conversations("discord", str(town.guild.id))
        there = await town.server.says(town.mo, town.desk, "Good evening.", mentions=[town.server.bot])
        await town.told(await town.thread(there))
    assert not turn.turn.to_bot
    assert list(spaces) == [f"discord:{asked.id}"]
    assert town.own(town.general) == []
    assert town.general.typing == []
    assert list(town.guild.threads) == [there.id]


async def test_outside_its_channels_somebody_in_danger_still_gets_care(town: Community) -> None:
    town.set_up(channels=(str(town.desk.id),))
    async with town.running():
        thread = await town.thread(await town.asks(EXPLICIT))
        await town.told(thread)
        await town.settled()
        said = len(town.own(thread))
        await town.server.says(town.robin, thread, "Thank you.")
        await town.settled()
        turns = await town.store.turns(f"discord:{thread.id}")
    assert [each.turn.to_bot for each in turns if each.turn.text] == [False] * len(turns)
    assert len(town.own(thread)) == said
    assert town.own(town.desk)


async def test_threads_of_its_channels_and_named_forums_belong_to_them(town: Community) -> None:
    where = forum(town)
    town.set_up(channels=(str(town.general.id),))
    async with town.running():
        thread = await town.thread(await town.asks("Good evening."))
        await town.told(thread)
        await town.server.says(town.robin, thread, "And then?")
        await town.told(thread, 2)
        await begun(town, where)
        there = town.server.dm(town.robin)
        await town.server.says(town.robin, there, "Just between us.")
        await town.told(there)


@pytest.mark.parametrize("private", [False, True])
async def test_asked_elsewhere_by_command_it_says_where_it_answers_and_only_to_who_asked(
    town: Community, private: bool
) -> None:
    where = forum(town)
    town.set_up(channels=(str(town.desk.id),))
    async with attended(town):
        asked = await town.server.slash(town.robin, town.general, "ask", {"question": "Tides?", "private": private})
        answer = await answered(town, asked)
        known = await town.store.conversations("discord", str(town.guild.id))
        assert not [each for name in known for each in await town.store.turns(name)]
    assert hidden(answer)
    assert f"<#{town.desk.id}>, <#{where.id}>" in answer.content
    assert town.guild.threads == {}


async def test_asked_by_command_where_no_thread_can_be_opened_it_replies_if_it_is_set_up_so(town: Community) -> None:
    town.set_up(plain_replies=True)
    town.server.overwrite(town.general, town.server.bot, deny=Permission.CREATE_PUBLIC_THREADS)
    async with attended(town):
        asked = await town.server.slash(town.robin, town.general, "ask", {"question": "Tides?"})
        question = await answered(town, asked)
        (answer,) = await town.told(town.general)
        await town.server.says(town.sam, town.general, "And the moon?", reply_to=question)
        await town.server.says(town.sam, town.general, "And the sun?", reply_to=answer)
        await town.told(town.general, 3)
        await town.settled()
        turns = await town.store.turns(f"discord:{question.id}")
    assert answers(answer) == question.id
    assert [each.turn.text for each in turns] == ["Tides?", "And the moon?", "And the sun?"]


# Direct messages.


async def test_the_latest_conversation_in_a_direct_message_is_the_open_one_however_many_there_are(
    town: Community,
) -> None:
    there = town.server.dm(town.robin)
    async with attended(town):
        await town.server.says(town.robin, there, "Just between us.")
        await town.told(there)
        for _ in range(2):
            asked = await town.server.slash(town.robin, there, "new")
            await answered(town, asked)
        for number in range(1, 550):
            await town.bot.receive(elsewhere(number, town))
        await town.settled()
    async with town.running():
        said = await town.server.says(town.robin, there, "Something else.")
        await town.told(there, 2)
        await town.settled()
        found = await town.store.conversation_at("discord", str(said.id))
        first = await town.store.turns(f"discord:{there.id}")
    assert found == f"discord:{there.id}:{asked.id}"
    assert [each.turn.text for each in first] == ["Just between us."]


def elsewhere(number: int, town: Community) -> Chose:
    """Something that happens in somebody else's direct messages."""
    return Chose(
        key=f"discord:i:{number}",
        conversation=f"discord:{number}",
        place=Place("discord", "dm", str(number), private=True),
        member=Member(f"discord:{number}"),
        at=town.clock(),
    )

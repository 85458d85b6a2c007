"""Forums of the local Discord."""

import discord
import pytest

from tests.servers.discord import Channel, Kind, Refused
from tests.servers.discord_bot import Library, code


def shown(place: Library, forum: Channel) -> discord.ForumChannel:
    """A forum, as the bot has it."""
    found = place.bot.get_channel(forum.id)
    assert isinstance(found, discord.ForumChannel)
    return found


async def test_nobody_speaks_in_a_forum_itself(place: Library) -> None:
    forum = place.server.channel(place.guild, "questions", Kind.FORUM)
    with pytest.raises(Refused) as caught:
        await place.server.says(place.robin, forum, "Hello?")
    assert code(caught) == 40058
    with pytest.raises(discord.HTTPException) as refused:
        await place.bot.get_partial_messageable(forum.id).send("Hello?")
    assert code(refused) == 40058


async def test_a_post_is_a_thread_with_its_first_message(place: Library) -> None:
    forum = place.server.channel(place.guild, "questions", Kind.FORUM)
    post = await place.server.asks(place.robin, forum, "Tides", "How do they work?")
    assert (await place.bot.next("thread_create")).id == post.id
    first = await place.bot.next("message")
    assert (first.id, first.channel.id, first.content) == (post.id, post.id, "How do they work?")
    assert isinstance(first.channel, discord.Thread)
    await first.reply("Twice a day.")
    assert post.said() == ["How do they work?", "Twice a day."]


async def test_the_bot_begins_a_post(place: Library) -> None:
    forum = place.server.channel(place.guild, "questions", Kind.FORUM, tags=["open"])
    await place.bot.next("guild_channel_create")
    seen = shown(place, forum)
    begun = await seen.create_thread(name="Tides", content="Twice a day.", applied_tags=[seen.available_tags[0]])
    assert begun.thread.id == begun.message.id
    post = place.guild.threads[begun.thread.id]
    assert (post.said(), len(post.applied)) == (["Twice a day."], 1)


async def test_a_post_needs_something_in_it(place: Library) -> None:
    forum = place.server.channel(place.guild, "questions", Kind.FORUM)
    with pytest.raises(Refused) as caught:
        await place.server.asks(place.robin, forum, "Tides", "")
    assert (code(caught), place.guild.threads) == (50006, {})


async def test_a_post_may_need_a_tag(place: Library) -> None:
    forum = place.server.channel(place.guild, "questions", Kind.FORUM, tags=["open"], tag_needed=True)
    with pytest.raises(Refused) as caught:
        await place.server.asks(place.robin, forum, "Tides", "How do they work?")
    assert code(caught) == 40067
    await place.server.asks(place.robin, forum, "Tides", "How do they work?", tags=["open"])

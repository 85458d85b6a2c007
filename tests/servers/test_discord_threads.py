"""Threads of the local Discord: one to a message, locked, archived, renamed."""

import discord
import pytest

from tests.servers.discord import Refused
from tests.servers.discord_bot import Library, code


async def test_a_thread_has_the_id_of_its_message_and_is_the_only_one(place: Library) -> None:
    message = await place.asked()
    thread = await message.create_thread(name="tides")
    assert thread.id == message.id
    with pytest.raises(discord.HTTPException) as caught:
        await message.create_thread(name="again")
    assert code(caught) == 160004


async def test_a_locked_thread_takes_reactions_but_no_words_from_members(place: Library) -> None:
    thread, seen = await place.thread()
    notice = await seen.send("This is the end.")
    await seen.edit(locked=True)
    with pytest.raises(Refused) as caught:
        await place.server.says(place.robin, thread, "But why?")
    assert code(caught) == 160005
    await place.server.reacts(place.robin, thread.messages[notice.id], "👎")
    vote = await place.bot.next("raw_reaction_add")
    assert (vote.user_id, str(vote.emoji)) == (place.robin.id, "👎")
    await place.server.says(place.mo, thread, "Let me look.")


async def test_an_archived_thread_takes_nothing_but_messages_that_open_it(place: Library) -> None:
    thread, seen = await place.thread()
    said = await seen.send("So.")
    await seen.edit(archived=True)
    for change in (
        seen.edit(name="other"),
        seen.edit(locked=True),
        said.edit(content="Well."),
        said.add_reaction("👍"),
    ):
        with pytest.raises(discord.HTTPException) as caught:
            await change
        assert code(caught) == 50083
    await place.server.says(place.robin, thread, "One more thing.")
    assert not thread.archived

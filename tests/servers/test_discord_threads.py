"""Threads of the local Discord: one to a message, locked, archived, renamed, private."""

from datetime import timedelta

import discord
import pytest

from tests.fakes.clock import SetClock
from tests.servers.discord import BOT, EVERYBODY, Permission, Refused, Server
from tests.servers.discord_bot import Bot, Library, code, library


async def test_a_thread_has_the_id_of_its_message_and_is_the_only_one(place: Library) -> None:
    message = await place.asked()
    thread = await message.create_thread(name="tides")
    assert thread.id == message.id
    with pytest.raises(discord.HTTPException) as caught:
        await message.create_thread(name="again")
    assert code(caught) == 160004
    found = await place.bot.fetch_channel(message.id)
    assert isinstance(found, discord.Thread)
    assert (found.name, found.owner_id, found.parent_id) == ("tides", place.server.bot.id, place.general.id)
    assert found.me is not None


async def test_the_bot_is_told_of_a_thread_its_message_and_its_beginning(place: Library) -> None:
    thread, _ = await place.thread()
    await place.bot.next("thread_create")
    edited = await place.bot.next("raw_message_edit")
    assert (edited.message_id, edited.message.flags.has_thread, edited.message.edited_at) == (thread.id, True, None)
    starter = await place.bot.next("message", lambda one: one.channel.id == thread.id)
    assert starter.reference.message_id == thread.id


@pytest.mark.parametrize("name", ["", "x" * 101])
async def test_a_thread_needs_a_name(place: Library, name: str) -> None:
    with pytest.raises(discord.HTTPException) as caught:
        await (await place.asked()).create_thread(name=name)
    assert code(caught) == 50035


async def test_a_guild_has_room_for_so_many_active_threads(place: Library) -> None:
    place.guild.cap = 1
    first, _ = await place.thread()
    message = await place.asked()
    with pytest.raises(discord.HTTPException) as caught:
        await message.create_thread(name="more")
    assert code(caught) == 160006
    place.server.expires(first)
    await message.create_thread(name="more")
    for attempt in (place.server.unarchives(place.mo, first), place.server.says(place.mo, first, "Open up.")):
        with pytest.raises(Refused) as refused:
            await attempt
        assert code(refused) == 160006


async def test_a_locked_thread_takes_reactions_but_no_words_from_members(place: Library) -> None:
    thread, seen = await place.thread()
    mine = await place.server.says(place.robin, thread, "What about the moon?")
    notice = await seen.send("This is the end.")
    await seen.edit(locked=True)
    for attempt in (place.server.says(place.robin, thread, "But why?"), place.server.edits(place.robin, mine, "Why?")):
        with pytest.raises(Refused) as caught:
            await attempt
        assert code(caught) == 160005
    await place.server.reacts(place.robin, thread.messages[notice.id], "👎")
    vote = await place.bot.next("raw_reaction_add")
    assert (vote.user_id, str(vote.emoji)) == (place.robin.id, "👎")
    await place.server.deletes(place.robin, mine)
    await place.server.says(place.mo, thread, "Let me look.")


async def test_the_bot_too_must_moderate_threads_to_speak_in_a_locked_one(place: Library) -> None:
    thread, seen = await place.thread()
    said = await seen.send("So.")
    await place.server.locks(place.mo, thread)
    await said.edit(content="Well.")
    place.server.overwrite(place.general, place.server.bot, deny=Permission.MANAGE_THREADS)
    for attempt in (seen.send("But."), said.edit(content="Oh.")):
        with pytest.raises(discord.Forbidden) as caught:
            await attempt
        assert code(caught) == 160005
    with pytest.raises(discord.Forbidden) as caught:
        await seen.edit(locked=False)
    assert code(caught) == 50013


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
    with pytest.raises(Refused):
        await place.server.reacts(place.robin, thread.messages[said.id], "👍")
    assert place.robin.id not in thread.members
    await place.server.says(place.robin, thread, "One more thing.")
    assert not thread.archived
    assert place.robin.id in thread.members


async def test_a_thread_that_is_locked_and_archived_is_a_moderators_to_open(place: Library) -> None:
    thread, seen = await place.thread()
    await seen.edit(archived=True, locked=True)
    for attempt in (place.server.says(place.robin, thread, "Hey."), place.server.unarchives(place.robin, thread)):
        with pytest.raises(Refused):
            await attempt
    await place.server.says(place.mo, thread, "I open it.")
    assert (thread.archived, thread.locked) == (False, True)
    await place.server.unlocks(place.mo, thread)
    assert not thread.locked


async def test_even_deleting_ends_where_a_thread_is_locked_and_archived(place: Library) -> None:
    thread, seen = await place.thread()
    mine = [await place.server.says(place.robin, thread, text) for text in ("One", "Two", "Three")]
    await seen.edit(archived=True)
    await place.server.deletes(place.robin, mine[0])
    await seen.edit(archived=False, locked=True)
    await place.server.deletes(place.robin, mine[1])
    await seen.edit(archived=True)
    with pytest.raises(Refused) as caught:
        await place.server.deletes(place.robin, mine[2])
    assert code(caught) == 50083
    with pytest.raises(Refused) as caught:
        await place.server.deletes(place.robin, mine[1])
    assert code(caught) == 10008


async def test_an_archived_thread_is_locked_by_opening_it_at_once(place: Library) -> None:
    thread, seen = await place.thread()
    place.server.expires(thread)
    await seen.edit(archived=False, locked=True)
    assert (thread.archived, thread.locked) == (False, True)


async def test_the_bot_is_told_when_a_moderator_locks_archives_and_opens(place: Library) -> None:
    thread, _ = await place.thread()
    await place.server.locks(place.mo, thread)
    await place.server.archives(place.mo, thread)
    await place.server.unlocks(place.mo, thread)
    await place.bot.next("thread_join")  # what was archived is not remembered by the client
    metadata = [update.data["thread_metadata"] for update in place.bot.all("raw_thread_update")]
    told = [(one["locked"], one["archived"]) for one in metadata]
    assert told == [(True, False), (True, True), (False, False)]


async def test_whoever_began_a_thread_names_it_until_it_is_locked(place: Library) -> None:
    message = await place.server.says(place.robin, place.general, "How do tides work?")
    thread = await place.server.begins(place.robin, message, "tides")
    await place.server.changes(place.robin, thread, name="the moon")
    sam = place.server.member(place.guild, "sam")
    await place.server.archives(place.robin, thread)
    await place.server.unarchives(sam, thread)
    await place.server.locks(place.mo, thread)
    for who in (sam, place.robin):
        with pytest.raises(Refused) as caught:
            await place.server.changes(who, thread, name="the sun")
        assert code(caught) == 50013
    await place.server.changes(place.mo, thread, name="the sun")


async def test_a_thread_goes_when_a_moderator_deletes_it(place: Library) -> None:
    thread, seen = await place.thread()
    with pytest.raises(Refused):
        await place.server.removes(place.robin, thread)
    await place.server.removes(place.mo, thread)
    assert (await place.bot.next("raw_thread_delete")).thread_id == thread.id
    with pytest.raises(discord.NotFound) as caught:
        await seen.send("Anybody?")
    assert code(caught) == 10003


async def test_a_third_name_in_ten_minutes_is_refused_with_all_that_came_with_it() -> None:
    clock = SetClock()
    async with library(Server(clock), Bot(max_ratelimit_timeout=30)) as place:
        thread, seen = await place.thread()
        await seen.edit(name="one")
        clock.wait(timedelta(seconds=20))
        await seen.edit(name="two")
        with pytest.raises(discord.RateLimited) as caught:
            await seen.edit(name="three", locked=True)
        assert 579 < caught.value.retry_after <= 580
        assert (thread.name, thread.locked) == ("two", False)
        await seen.edit(locked=True)
        assert thread.locked
        clock.wait(timedelta(minutes=10))
        await seen.edit(name="three")
        assert thread.name == "three"


async def test_a_private_thread_is_for_those_who_were_invited(place: Library) -> None:
    place.server.permit(place.guild, place.guild.roles[place.guild.members[place.server.bot.id].roles[0].id], BOTH)
    seen = await place.shown(place.general).create_thread(name="between us", invitable=False)
    thread = place.guild.threads[seen.id]
    assert seen.is_private()
    with pytest.raises(Refused) as caught:
        await place.server.says(place.robin, thread, "May I?")
    assert code(caught) == 50001
    await seen.add_user(discord.Object(place.robin.id))
    await place.server.says(place.robin, thread, "Thank you.")
    sam = place.server.member(place.guild, "sam")
    with pytest.raises(Refused) as caught:
        await place.server.invites(place.robin, thread, sam)
    assert code(caught) == 50013
    await place.server.invites(place.mo, thread, sam)
    await place.server.says(place.mo, thread, "Here you are.")


async def test_nobody_joins_an_archived_thread(place: Library) -> None:
    thread, seen = await place.thread()
    place.server.expires(thread)
    with pytest.raises(discord.HTTPException) as caught:
        await seen.add_user(discord.Object(place.robin.id))
    assert code(caught) == 50083


async def test_the_bot_learns_of_a_private_thread_when_it_is_invited(place: Library) -> None:
    place.server.permit(place.guild, place.guild.everybody, EVERYBODY | Permission.CREATE_PRIVATE_THREADS)
    mine = place.guild.members[place.server.bot.id]
    place.server.permit(place.guild, mine.roles[0], BOT & ~Permission.MANAGE_THREADS)
    thread = await place.server.begins_private(place.robin, place.general, "between us")
    await place.server.says(place.robin, thread, "Nobody hears.")
    await place.server.invites(place.robin, thread, place.server.bot)
    await place.server.says(place.robin, thread, "Now.")
    heard = await place.bot.next("message")
    assert (heard.content, heard.channel.id, heard.channel.name) == ("Now.", thread.id, "between us")


BOTH = Permission.MANAGE_THREADS | Permission.CREATE_PRIVATE_THREADS


async def test_active_and_archived_threads_can_be_listed(place: Library) -> None:
    (first, _), (second, _), (third, _) = [await place.thread() for _ in range(3)]
    for thread in (first, third):
        place.server.expires(thread)
    active = await place.bot.guilds[0].active_threads()
    archived = [thread async for thread in place.shown(place.general).archived_threads()]
    assert ([thread.id for thread in active], [thread.id for thread in archived]) == ([second.id], [third.id, first.id])


async def test_whoever_joins_later_learns_of_active_threads_alone() -> None:
    async with library() as place:
        (first, _), (second, _) = await place.thread(), await place.thread()
        place.server.expires(first)
        place.server.gateway.invalidate()
        await place.bot.next("ready", lambda _: len(place.bot.all("ready")) == 2)
        assert [thread.id for thread in place.bot.guilds[0].threads] == [second.id]

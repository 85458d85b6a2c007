"""Closed threads go into the archive when their endings can no longer be rated, and moderators have the last word."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.adapters.discord.community import EXPLICIT, INSULTS, Community
from tests.servers.discord import BOT, Fails, Permission, Thread

WINDOW = timedelta(days=3)  # as the configuration that ships has it


def archivings(town: Community, thread: Thread) -> int:
    """How often the bot has asked for a thread to be archived."""
    return len([one for one in town.server.requests(f"PATCH /channels/{thread.id}") if one.fields.get("archived")])


async def test_a_closed_thread_is_archived_after_its_time_and_not_before(town: Community) -> None:
    async with town.running():
        thread, _ = await town.ended()
        other = await town.thread(await town.asks("Good evening.", town.sam))
        town.clock.wait(WINDOW - timedelta(seconds=1))
        await town.naps.look()
        assert not thread.archived
        town.clock.wait(timedelta(seconds=1))
        await town.naps.look()
        (asked,) = [one for one in town.server.requests(f"PATCH /channels/{thread.id}") if one.fields.get("archived")]
        assert (thread.archived, thread.locked, thread.name) == (True, True, "robin & Fairwell")
        assert asked.fields == {"archived": True}
        assert not other.archived
        await town.naps.look()
        assert archivings(town, thread) == 1


async def test_how_long_that_takes_is_a_setting(town: Community) -> None:
    settings = town.everything.settings
    endings = settings.endings.model_copy(update={"feedback": timedelta(hours=2)})
    town.everything = replace(town.everything, settings=replace(settings, endings=endings))
    async with town.running():
        thread, _ = await town.ended()
        town.clock.wait(timedelta(hours=2))
        await town.naps.look()
        assert thread.archived


async def test_what_became_due_while_the_bot_was_away_is_archived_when_it_is_back(town: Community) -> None:
    async with town.running():
        thread, _ = await town.ended()
    town.clock.wait(WINDOW + timedelta(days=1))
    async with town.running():
        await town.naps.look()
        assert thread.archived


@pytest.mark.parametrize("again", [False, True])
async def test_a_thread_that_a_moderator_takes_out_again_is_left_alone(town: Community, *, again: bool) -> None:
    async with town.running():
        thread, _ = await town.ended()
        town.clock.wait(WINDOW)
        await town.naps.look()
        town.clock.wait(timedelta(hours=1))
        if not again:
            await town.server.unarchives(town.mo, thread)
            await town.settled()
            await town.naps.look()
            assert not thread.archived
    if again:
        await town.server.unarchives(town.mo, thread)
    async with town.running():
        await town.naps.look()
        await town.naps.look()
    assert not thread.archived
    assert archivings(town, thread) == 1


async def test_a_thread_that_came_out_of_the_archive_before_its_time_is_archived_once(town: Community) -> None:
    async with town.running():
        thread, _ = await town.ended()
        await town.server.archives(town.mo, thread)
        town.clock.wait(timedelta(hours=1))
        await town.server.unarchives(town.mo, thread)
        await town.settled()
        town.clock.wait(WINDOW)
        await town.naps.look()
        await town.naps.look()
        assert thread.archived
    assert archivings(town, thread) == 1


async def test_what_was_reopened_stays_open(town: Community) -> None:
    async with town.running():
        thread, _ = await town.ended()
        await town.server.unlocks(town.mo, thread)
        await town.settled()
        town.clock.wait(WINDOW)
        await town.naps.look()
    assert not thread.archived


async def test_an_ending_for_one_member_archives_nothing(town: Community) -> None:
    async with town.running():
        thread = await town.thread(await town.asks("Good evening."))
        await town.server.says(town.sam, thread, "Me too.")
        for insult in INSULTS:
            await town.settled()
            town.clock.wait(timedelta(minutes=1))
            await town.server.says(town.robin, thread, insult)
        await town.settled()
        assert await town.store.latest_ending(f"discord:{thread.id}")
        town.clock.wait(WINDOW)
        await town.naps.look()
    assert not thread.archived


async def test_where_somebody_may_be_in_danger_nothing_is_archived(town: Community) -> None:
    """A moderator, say, who can write in a locked thread."""
    async with town.running():
        thread, _ = await town.ended()
        town.clock.wait(WINDOW)
        await town.server.says(town.mo, thread, EXPLICIT)
        await town.settled()
        await town.naps.look()
        assert not thread.archived


async def test_a_later_ending_has_its_own_time(town: Community) -> None:
    async with town.running():
        thread, _ = await town.ended()
        first = await town.store.latest_ending(f"discord:{thread.id}")
        await town.server.unlocks(town.mo, thread)
        await town.settled()
        town.clock.wait(timedelta(days=2))
        for insult in INSULTS:
            await town.settled()
            town.clock.wait(timedelta(minutes=1))
            await town.server.says(town.robin, thread, insult)
        await town.settled()
        second = await town.store.latest_ending(f"discord:{thread.id}")
        assert first
        assert second
        assert first.id != second.id
        town.clock.wait(timedelta(days=1))
        await town.naps.look()
        assert not thread.archived
        town.clock.wait(timedelta(days=2))
        await town.naps.look()
        assert thread.archived


async def test_where_it_is_not_permitted_it_is_asked_for_once(town: Community) -> None:
    async with town.running():
        thread, _ = await town.ended()
        role = next(role for role in town.guild.roles.values() if role.managed)
        town.server.permit(town.guild, role, BOT & ~Permission.MANAGE_THREADS)
        town.clock.wait(WINDOW)
        await town.naps.look()
        await town.naps.look()
    assert not thread.archived
    assert archivings(town, thread) == 1


async def test_an_outage_is_no_reason_to_give_up(town: Community) -> None:
    async with town.running():
        thread, _ = await town.ended()
        town.clock.wait(WINDOW)
        town.server.rest.faults.add(f"PATCH /channels/{thread.id}", Fails(status=503), times=3)
        await town.naps.look()
        assert not thread.archived
        await town.naps.look()
        assert thread.archived


async def test_others_shards_are_left_to_them(town: Community) -> None:
    async with town.running():
        thread, _ = await town.ended()
    town.clock.wait(WINDOW)
    shard = (town.guild.id >> 22) % 2
    town.shards = ((1 - shard,), 2)
    async with town.running(ready=False):
        await town.server.until(lambda: town.server.gateway.connected)
        await asyncio.wait_for(town.naps.look(), 10)
        assert not thread.archived
    town.shards = ((shard,), 2)
    async with town.running():
        await town.naps.look()
        assert thread.archived

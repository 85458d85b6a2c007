"""A thread that the bot has closed and a moderator opens by hand: whose verdict that is, and what is none."""

import asyncio
from datetime import timedelta

import pytest

from bot.domain.ending import EndingState
from bot.domain.event import Judged
from bot.ports import Transcript
from tests.adapters.discord.asking import answered, attended
from tests.adapters.discord.community import INSULTS, Community
from tests.servers import discord_shapes as shapes
from tests.servers.discord import BOT, Fails, Intent, Permission, Thread, Waits
from tests.servers.discord_state import Told


async def judged(town: Community, thread: Thread) -> Transcript:
    """The thread's ending, once nothing is under way."""
    await town.settled()
    ending = await town.store.latest_ending(f"discord:{thread.id}")
    found = await town.store.ending(ending.id) if ending else None
    assert found
    return found


def apologies(town: Community, thread: Thread) -> int:
    """How often the bot has said that it should not have closed a thread."""
    return len([one for one in town.own(thread) if "I should not have stopped. I'm sorry." in one.content])


def permit(town: Community, permissions: Permission) -> None:
    """Change what the bot may do."""
    town.server.permit(town.guild, next(role for role in town.guild.roles.values() if role.managed), permissions)


@pytest.mark.parametrize("away", [False, True])
async def test_the_audit_log_tells_who_it_was(town: Community, *, away: bool) -> None:
    permit(town, BOT | Permission.VIEW_AUDIT_LOG)
    async with town.running():
        thread, _ = await town.ended()
        await town.server.changes(town.mo, thread, archived=True)
        if not away:
            await town.server.unlocks(town.mo, thread)
            found = await judged(town, thread)
    if away:
        await town.server.unlocks(town.mo, thread)
        async with town.running():
            await town.server.until(lambda: apologies(town, thread))
            found = await judged(town, thread)
    assert found.ending.state is EndingState.OVERTURNED
    assert [by for by, *_ in found.verdicts] == [f"discord:{town.mo.id}"]
    assert apologies(town, thread) == 1


async def test_an_audit_log_that_is_written_later_is_read_again(town: Community) -> None:
    permit(town, BOT | Permission.VIEW_AUDIT_LOG)
    read = asyncio.Event()
    async with town.running():
        thread, _ = await town.ended()
        town.naps.held[2.0] = read
        entries = town.server.world.audit.pop(town.guild.id)
        await town.server.unlocks(town.mo, thread)
        later = town.server.world.audit.pop(town.guild.id)
        await town.server.until(lambda: town.asked(f"GET /guilds/{town.guild.id}/audit-logs"))
        own = later[0] | {"id": str(town.server.world.snowflake()), "user_id": str(town.server.bot.id)}
        town.server.world.audit[town.guild.id] = [*entries, *later, own]
        read.set()
        found = await judged(town, thread)
    assert [by for by, *_ in found.verdicts] == [f"discord:{town.mo.id}"]


@pytest.mark.parametrize("fault", ["not permitted", "refused", "down", "empty"])
async def test_without_the_audit_log_it_was_a_moderator(town: Community, fault: str) -> None:
    if fault != "not permitted":
        permit(town, BOT | Permission.VIEW_AUDIT_LOG)
    async with town.running():
        thread, _ = await town.ended()
        route = f"GET /guilds/{town.guild.id}/audit-logs"
        if fault in {"refused", "down"}:
            town.server.rest.faults.add(route, Fails(status=503 if fault == "down" else 403), times=9)
        await town.server.unlocks(town.mo, thread)
        if fault == "empty":
            town.server.world.audit.clear()
        found = await judged(town, thread)
    assert found.ending.state is EndingState.OVERTURNED
    assert [by for by, *_ in found.verdicts] == ["discord:moderator"]
    assert apologies(town, thread) == 1
    assert (fault == "not permitted") == (not town.asked(route))


async def test_what_happened_while_the_bot_was_away_is_noticed_once(town: Community) -> None:
    async with town.running():
        thread, _ = await town.ended()
    await town.server.unlocks(town.mo, thread)
    for _ in range(2):
        async with town.running():
            await town.server.until(lambda: apologies(town, thread))
            assert (await judged(town, thread)).ending.state is EndingState.OVERTURNED
            town.server.gateway.invalidate()
            await town.server.gateway.read()
            await town.settled()
    assert apologies(town, thread) == 1
    assert len((await reread(town, thread)).verdicts) == 1


async def reread(town: Community, thread: Thread) -> Transcript:
    """The thread's ending, as it is in the file."""
    async with town.running():
        return await judged(town, thread)


async def test_a_lock_that_was_refused_was_not_taken_off(town: Community) -> None:
    permit(town, BOT & ~Permission.MANAGE_THREADS)
    async with town.running():
        thread, _ = await town.ended()
        assert not thread.locked
        await town.server.changes(town.mo, thread, name="something else")
        await town.settled()
    async with town.running():
        found = await judged(town, thread)
    assert found.ending.state is EndingState.STANDING


async def test_our_own_unlocking_is_nobodys_verdict(town: Community) -> None:
    async with town.running() as bot:
        thread, _ = await town.ended()
        found = await judged(town, thread)
        verdict = Judged(
            key="discord:i:7", conversation=f"discord:{thread.id}", place=found.place, member=found.member,
            at=town.clock(), ending=found.ending.id, upheld=False,
        )  # fmt: skip
        await bot.receive(verdict)
        await town.settled()
        assert not thread.locked
    async with town.running():
        found = await judged(town, thread)
    assert len(found.verdicts) == 1
    assert apologies(town, thread) == 1


async def test_what_is_told_late_of_a_time_before_the_lock_is_no_unlocking(town: Community) -> None:
    """The event says that the thread is open, the receipt says that it was locked: Discord is asked."""
    async with town.running():
        thread = await town.thread(await town.asks(INSULTS[0]))
        before = shapes.channel(town.server.world, thread)
        for insult in INSULTS[1:]:
            await town.settled()
            town.clock.wait(timedelta(minutes=1))
            await town.server.says(town.robin, thread, insult)
        await town.settled()
        assert thread.locked
        town.server.gateway.tell([Told("THREAD_UPDATE", before, guild=town.guild.id, intent=Intent.GUILDS)])
        found = await judged(town, thread)
    assert not before["thread_metadata"]["locked"]
    assert found.ending.state is EndingState.STANDING


async def test_a_lock_that_is_still_to_come_is_not_taken_off(town: Community) -> None:
    held = asyncio.Event()
    async with town.running():
        thread = await town.thread(await town.asks(INSULTS[0]))
        for number, insult in enumerate(INSULTS[1:], 2):
            await town.told(thread, number - 1)
            await town.settled()
            town.clock.wait(timedelta(minutes=1))
            if number == len(INSULTS):
                town.server.rest.faults.add(f"PATCH /channels/{thread.id}", Waits(until=held))
            await town.server.says(town.robin, thread, insult)
        await town.server.until(lambda: town.asked(f"PATCH /channels/{thread.id}"))
        await town.server.changes(town.mo, thread, name="something else")
        await town.server.gateway.read()
        held.set()
        found = await judged(town, thread)
    assert thread.locked
    assert found.ending.state is EndingState.STANDING


async def test_an_ending_that_a_command_led_to_can_be_undone_by_hand_too(town: Community) -> None:
    async with attended(town):
        thread = await town.thread(await town.asks(INSULTS[0]))
        for insult in INSULTS[1:]:
            await town.settled()
            town.clock.wait(timedelta(minutes=1))
            await answered(town, await town.server.slash(town.robin, thread, "ask", {"question": insult}))
        await town.settled()
        assert thread.locked
        await town.server.unlocks(town.mo, thread)
        assert (await judged(town, thread)).ending.state is EndingState.OVERTURNED


async def test_nobody_overturns_what_is_about_themselves_by_hand(town: Community) -> None:
    permit(town, BOT | Permission.VIEW_AUDIT_LOG)
    async with town.running():
        thread, _ = await town.ended()
        town.server.give(town.robin, town.keepers)
        await town.server.unlocks(town.robin, thread)
        await town.settled()
        ending = await town.store.latest_ending(f"discord:{thread.id}")
    assert ending
    assert ending.state is EndingState.STANDING

"""What Discord refuses is not asked for again and again: too much of that, and it shuts the bot out."""

import asyncio
import threading

import pytest
from discord.gateway import KeepAliveHandler

from adapters.discord.hearing.gateway import Starts
from adapters.discord.outgoing.restraint import LIMITED_FOR, REFUSED_FOR, SHUT_OUT_FOR
from bot.errors import ConfigError
from tests.adapters.discord.community import Community
from tests.core.cases import until
from tests.servers.discord import Fails, Limits, Permission, Server, Thread

SILENT = Permission.CREATE_PUBLIC_THREADS | Permission.SEND_MESSAGES
PAGE = Fails(status=403, html=True)


def invalid(server: Server) -> int:
    """How many requests were refused in the way that counts."""
    return sum(each.status in {401, 403, 429} for each in server.asked)


async def spoken(town: Community) -> Thread:
    """A thread in which the bot has answered."""
    thread = await town.thread(await town.asks("Good evening."))
    await town.told(thread)
    await town.settled()
    return thread


async def test_a_channel_that_the_bot_may_not_write_in_is_not_asked_again_and_again(town: Community) -> None:
    town.server.overwrite(town.general, town.server.bot, deny=SILENT)
    async with town.running():
        for _ in range(3):
            await town.asks("Good evening.")
            await town.settled()
        refused = invalid(town.server)
        for _ in range(10):
            await town.asks("Good evening.")
            await town.settled()
        assert refused > 0
        assert invalid(town.server) == refused
        assert not town.guild.threads


async def test_what_was_refused_is_asked_again_once_a_permission_changes(town: Community) -> None:
    town.server.overwrite(town.general, town.server.bot, deny=Permission.CREATE_PUBLIC_THREADS)
    async with town.running():
        await town.asks("Good evening.")
        await town.settled()
        assert not town.guild.threads
        town.server.overwrite(town.general, town.server.bot)
        await spoken(town)


async def test_what_was_refused_elsewhere_stays_refused(town: Community) -> None:
    other = town.server.guild("The Museum")
    hall = town.server.channel(other, "hall")
    town.server.overwrite(town.general, town.server.bot, deny=SILENT)
    async with town.running():
        await town.asks("Good evening.")
        await town.settled()
        refused = invalid(town.server)
        town.server.overwrite(hall, town.server.bot, deny=Permission.ADD_REACTIONS)
        await town.asks("Good evening.")
        await town.settled()
        assert invalid(town.server) == refused


async def test_after_a_while_it_is_asked_again_all_the_same(town: Community) -> None:
    town.server.overwrite(town.general, town.server.bot, deny=SILENT)
    async with town.running():
        await town.asks("Good evening.")
        await town.settled()
        refused = invalid(town.server)
        town.naps.time += REFUSED_FOR
        await town.asks("Good evening.")
        await town.settled()
        assert invalid(town.server) > refused


@pytest.mark.parametrize("fault", [PAGE, Limits(after=90, via=False), Fails(status=429, html=True)], ids=str)
async def test_turned_away_before_discord_it_asks_nothing_for_a_while_and_gives_nothing_up(
    town: Community, fault: Fails | Limits
) -> None:
    async with town.running():
        thread = await spoken(town)
        town.server.fault("POST /channels/*/messages", fault)
        refused, began = invalid(town.server), town.naps.time
        await town.server.says(town.robin, thread, "And then?")
        await town.told(thread, 2)
        await town.settled()
        assert invalid(town.server) == refused + 1
        assert town.naps.time - began >= SHUT_OUT_FOR
        assert len(town.own(thread)) == 2


async def test_a_token_that_is_taken_back_is_the_end_at_once(town: Community) -> None:
    async with town.running():
        thread = await spoken(town)
        town.server.fault("GET /users/@me", Fails(status=401), times=100)
        town.server.fault("POST /channels/*/messages", Fails(status=401), times=100)
        await town.server.says(town.robin, thread, "And then?")
        with pytest.raises(ConfigError, match="Reset Token"):
            await asyncio.wait_for(asyncio.shield(town.serving), 10)
    assert invalid(town.server) <= 4


@pytest.mark.parametrize("doubt", [[], [Fails(status=503)]], ids=["answered", "not answered"])
async def test_one_request_that_is_refused_for_the_token_is_not_the_end(town: Community, doubt: list[Fails]) -> None:
    async with town.running():
        thread = await spoken(town)
        town.server.fault("GET /users/@me", *doubt)
        town.server.fault("POST /channels/*/messages", Fails(status=401))
        await town.server.says(town.robin, thread, "And then?")
        await town.told(thread, 2)
        await town.settled()
        assert len(town.server.gateway.sessions) == 1


async def test_a_limit_for_everything_is_lifted_even_if_its_request_was_given_up(town: Community) -> None:
    town.within = 0.2
    async with town.running():
        thread = await spoken(town)
        town.server.fault("POST /channels/*/messages", Limits(after=20, everywhere=True))
        await town.server.says(town.robin, thread, "And then?")
        await town.told(thread, 2)
        await town.settled()
        assert len(town.own(thread)) == 2
        assert LIMITED_FOR in town.naps.taken


@pytest.mark.parametrize("everywhere", [False, True])
async def test_what_is_limited_is_asked_again_when_it_may_be(town: Community, everywhere: bool) -> None:
    async with town.running():
        thread = await spoken(town)
        town.server.fault("POST /channels/*/messages", Limits(after=0.3, everywhere=everywhere))
        await town.server.says(town.robin, thread, "And then?")
        await town.told(thread, 2)
        await town.settled()
        first, second = town.server.requests(f"POST /channels/{thread.id}/messages")[-2:]
        assert (first.status, second.status) == (429, 200)
        assert second.at - first.at >= 0.25


async def test_sessions_that_end_at_once_do_not_begin_without_end(town: Community) -> None:
    gateway = town.server.gateway
    async with town.running():
        for _ in range(Starts.AT_ONCE + 20):
            starts = gateway.starts
            gateway.invalidate()
            await town.server.until(lambda before=starts: gateway.starts < before)  # type: ignore[misc]
    assert town.naps.time >= 20 * Starts.APART
    beating = [each for each in threading.enumerate() if isinstance(each, KeepAliveHandler)]
    assert all(each._stop_ev.is_set() for each in beating)


async def test_no_session_begins_where_discord_allows_none_today(town: Community) -> None:
    town.server.gateway.starts = 0
    async with town.running(ready=False):
        await until(town.bot, lambda: any(nap > 60 for nap in town.naps.taken))
        assert not town.server.gateway.sessions
        town.server.gateway.starts = 5
        await spoken(town)

"""How the adapter says that it is: from what Discord answers and acknowledges, not from what it once did."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from adapters.discord.connection import FAILS_FOR, LATELY
from tests.adapters.discord.community import Community
from tests.core.cases import until
from tests.servers.discord import Fails, Hangs, Waits

WHO = "GET /users/@me"
BEATS = 200  # milliseconds; a client that sends more than 120 frames in a minute is hung up on


def lacks(town: Community) -> Sequence[str]:
    """What is lacking now, with its reason."""
    return [f"{lack.part}: {lack.why}" for lack in town.adapter.condition().lacks]


async def test_connected_it_lacks_nothing(town: Community) -> None:
    async with town.running():
        await town.settled()
        assert lacks(town) == []
        assert town.adapter.condition().notes.keys() == {"catching_up", "session_0_quiet_s"}


async def test_it_is_not_there_before_it_is_logged_in_and_after_it_has_stopped(town: Community) -> None:
    town.server.rest.faults.add(WHO, Hangs())
    async with town.running(ready=False):
        await town.server.until(lambda: town.asked(WHO))
        (lack,) = town.adapter.condition().lacks
        assert (lack.part, lack.why) == ("discord", "it is not logged in")
        assert lack.since is not None
        assert lack.since <= town.clock()


async def test_a_session_that_is_away_is_told_with_the_time_since_when(town: Community) -> None:
    async with town.running():
        await town.settled()
        town.server.gateway.down = True
        town.server.gateway.abort()
        await until(town.bot, lambda: lacks(town) == ["discord session 0: it is not connected"])
        (lack,) = town.adapter.condition().lacks
        assert lack.since is not None
        assert timedelta(0) <= town.clock() - lack.since < timedelta(minutes=1)
        town.server.gateway.down = False
        await until(town.bot, lambda: not lacks(town))


async def test_each_session_is_told_by_itself(town: Community) -> None:
    town.shards = ((0, 1), 2)
    async with town.running():
        await until(town.bot, lambda: len(town.server.gateway.connected) == 2 and not lacks(town))
        quiet = set(town.adapter.condition().notes) - {"catching_up"}
        assert quiet == {"session_0_quiet_s", "session_1_quiet_s"}
        town.server.gateway.down = True
        (second,) = [each for each in town.server.gateway.connected if each.shard == (1, 2)]
        assert second.line
        second.line.abort()
        await until(town.bot, lambda: lacks(town) == ["discord session 1: it is not connected"])


async def test_heartbeats_that_nobody_acknowledges_are_told_of(town: Community) -> None:
    town.server.gateway.beats = BEATS
    async with town.running():
        await until(town.bot, lambda: len(town.server.gateway.heard) > 4)
        assert lacks(town) == []
        town.server.gateway.frozen = True
        await until(town.bot, lambda: lacks(town) == ["discord session 0: its heartbeats are not acknowledged"])
        town.server.gateway.frozen = False
        await until(town.bot, lambda: not lacks(town))


async def test_a_connection_on_which_nothing_comes_is_given_up_in_time(town: Community) -> None:
    town.server.gateway.beats, town.silence = BEATS, 0.8
    async with town.running():
        await town.settled()
        (session,) = town.server.gateway.connected
        dead = session.line
        town.server.gateway.frozen = True
        await until(town.bot, lambda: session.line is not dead)
        assert town.server.gateway.closed == []
        town.server.gateway.frozen = False
        await town.told(await town.thread(await town.asks("Good evening.")))
        await town.settled()


async def test_a_session_that_beats_and_tells_nothing_is_at_least_to_be_seen(town: Community) -> None:
    town.server.gateway.beats = BEATS
    async with town.running():
        await town.settled()

        def quiet() -> float:
            return town.adapter.condition().notes["session_0_quiet_s"]

        quiet()
        town.server.gateway.hold()
        await town.asks("Good evening.")
        await until(town.bot, lambda: quiet() >= 0.3)
        assert lacks(town) == []
        town.server.gateway.release()
        await until(town.bot, lambda: quiet() < 0.3)


async def test_catching_up_is_told_and_is_no_lack(town: Community) -> None:
    async with town.running():
        thread = await town.thread(await town.asks("Good evening."))
        await town.told(thread)
        await town.settled()
    await town.server.says(town.robin, thread, "Hello?")
    go_on = asyncio.Event()
    town.server.rest.faults.add(f"GET /channels/{thread.id}/messages", Waits(until=go_on))
    async with town.running():
        await town.server.until(lambda: town.asked(f"GET /channels/{thread.id}/messages"))
        await until(town.bot, lambda: town.adapter.condition().notes["catching_up"] == 1)
        assert lacks(town) == []
        go_on.set()
        await town.told(thread, 2)
        await town.settled()
        assert town.adapter.condition().notes["catching_up"] == 0


async def test_while_nothing_is_asked_discord_is_asked_whether_it_answers_once_in_a_while(town: Community) -> None:
    async with town.running():
        await town.settled()
        before = town.asked(WHO)
        town.adapter.condition()
        town.naps.time += LATELY
        for _ in range(5):
            town.adapter.condition()
        await town.server.until(lambda: town.asked(WHO) > before)
        await town.settled()
        assert town.asked(WHO) == before + 1
        assert lacks(town) == []


async def test_requests_that_fail_count_after_a_while_and_until_one_does_not(town: Community) -> None:
    async with town.running():
        await town.settled()
        town.server.rest.faults.add(WHO, Fails(status=503), times=3)
        town.naps.time += LATELY
        before = town.asked(WHO)
        town.adapter.condition()
        await town.server.until(lambda: town.asked(WHO) == before + 3)
        assert lacks(town) == []
        town.naps.time += FAILS_FOR
        assert lacks(town) == ["discord requests: they are not answered"]
        town.naps.time += LATELY
        await until(town.bot, lambda: not lacks(town))


async def test_a_discord_that_never_answers_counts_as_failing(town: Community) -> None:
    town.within = 0.1
    async with town.running():
        await town.settled()
        town.server.rest.faults.add(WHO, Hangs(), times=100)
        town.naps.time += LATELY

        def counts() -> bool:
            town.naps.time += 1
            return lacks(town) == ["discord requests: they are not answered"]

        await until(town.bot, counts)

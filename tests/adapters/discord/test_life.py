"""Connections break, come back, miss things; what nobody can mend by waiting says what to do."""

import asyncio
import logging
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from adapters.discord import adapter
from adapters.discord.connection import LONGEST
from adapters.discord.environment import setup
from bot.core import AGAIN
from bot.domain.event import Event
from bot.errors import ConfigError, StoreError
from bot.store.sqlite import SqliteStore
from tests.adapters.discord.asking import answered, attended
from tests.adapters.discord.community import EXPLICIT, Community, answers
from tests.core.cases import until
from tests.fakes.clock import SetClock
from tests.servers.discord import Fails, Permission

SHARDS = {"DISCORD_TOKEN": "x", "DISCORD_SHARD_COUNT": "4", "DISCORD_SHARD_IDS": "1, 0"}


@pytest.mark.parametrize("cut", ["abort", "code", "asked"])
async def test_a_connection_that_is_cut_is_resumed_and_nothing_is_lost(town: Community, cut: str) -> None:
    async with town.running():
        (session,) = town.server.gateway.sessions
        if cut == "abort":
            town.server.gateway.abort()
        elif cut == "code":
            await town.server.gateway.close(4000)
        else:
            town.server.gateway.reconnect()
        question = await town.asks("Good evening.")
        await town.told(await town.thread(question))
        await town.settled()
        assert town.server.gateway.sessions == [session]
    assert session.resumed == 1


async def test_what_was_said_while_there_was_no_session_is_heard_afterwards(town: Community) -> None:
    async with town.running():
        thread = await town.thread(await town.asks("Good evening."))
        await town.told(thread)
        direct = town.server.dm(town.robin)
        await town.server.says(town.robin, direct, "Good evening.")
        await town.told(direct)
        await town.settled()
        town.server.gateway.invalidate()
        question = await town.asks("Is anybody there?", town.sam)
        aside = await town.server.says(town.sam, town.general, "It is quiet.")
        follow = await town.server.says(town.robin, thread, "Hello?")
        await town.server.edits(town.robin, follow, "Hello, hello?")
        also = await town.server.says(town.robin, direct, "And here?")
        (_, answer), (_, private) = await town.told(thread, 2), await town.told(direct, 2)
        await town.told(await town.thread(question))
        await town.settled()
    assert (answers(answer), answers(private)) == (follow.id, also.id)
    assert answer.content.startswith("answer to Hello, hello?")
    assert aside.thread is None
    assert [len(town.own(each)) for each in (thread, direct, town.guild.threads[question.id])] == [2, 2, 1]


async def test_what_was_said_while_the_bot_was_off_is_heard_at_the_next_start(town: Community) -> None:
    async with town.running():
        thread = await town.thread(await town.asks("Good evening."))
        await town.told(thread)
        await town.settled()
    question = await town.asks("Is anybody there?", town.sam)
    follow = await town.server.says(town.robin, thread, "Hello?")
    other = town.server.channel(town.guild, "quiet")
    town.server.overwrite(other, town.server.bot, deny=Permission.VIEW_CHANNEL)
    await town.server.says(town.robin, other, "Psst.")
    town.clock.wait(timedelta(minutes=5))
    async with town.running():
        (_, answer) = await town.told(thread, 2)
        await town.told(await town.thread(question))
        await town.settled()
    assert answers(answer) == follow.id
    assert len(town.own(thread)) == 2
    assert not town.asked(f"GET /channels/{other.id}/messages")


async def test_a_direct_message_below_one_that_was_never_decided_on_is_heard_as_well(town: Community) -> None:
    there, never = town.server.dm(town.robin), asyncio.Event()
    town.voice.writes = {"Good evening.": [never]}
    async with town.running(killed=True) as bot:
        await town.server.says(town.robin, there, "Good evening.")
        await until(bot, lambda: bool(town.voice.asked))
        assert not await town.store.conversations("discord", "dm")
    never.set()
    await town.server.says(town.robin, there, EXPLICIT)
    async with town.running():
        await town.server.until(lambda: any("988" in each or "Find A Helpline" in each for each in there.said()))
        await town.settled()


async def test_channels_in_which_nothing_was_said_since_are_not_read(town: Community) -> None:
    other = town.server.channel(town.guild, "other")
    await town.server.says(town.robin, other, "Long before.")
    town.clock.wait(timedelta(minutes=5))
    async with attended(town):
        await town.told(await town.thread(await town.asks("Good evening.")))
        await town.settled()
        town.clock.wait(timedelta(seconds=1))
        await answered(town, await town.server.slash(town.robin, town.general, "country", {"country": "Atlantis"}))
    before = town.asked(f"GET /channels/{other.id}/messages")
    async with town.running():
        await town.told(await town.thread(await town.asks("Good evening again.")))
        await town.settled()
    assert (before, town.asked(f"GET /channels/{other.id}/messages")) == (1, 1)


async def test_what_is_stale_is_not_answered_and_what_is_older_still_is_not_looked_at(town: Community) -> None:
    async with town.running():
        thread = await town.thread(await town.asks("Good evening."))
        await town.told(thread)
        await town.settled()
    await town.server.says(town.robin, thread, "Long ago.")
    town.clock.wait(timedelta(hours=24))
    await town.server.says(town.robin, thread, "Some hours ago.")
    town.clock.wait(timedelta(hours=2))
    async with town.running():
        await town.told(thread, 2)
        await town.settled()
        turns = await town.store.turns(f"discord:{thread.id}")
    assert [each.turn.text for each in turns] == ["Good evening.", "Some hours ago."]
    assert not any(brief.text == "Some hours ago." for brief in town.voice.asked)


async def test_danger_that_nobody_heard_of_still_gets_a_card(town: Community) -> None:
    async with town.running():
        thread = await town.thread(await town.asks("Good evening."))
        await town.told(thread)
        await town.settled()
    await town.server.says(town.robin, thread, EXPLICIT)
    town.clock.wait(timedelta(hours=2))
    async with town.running():
        await town.told(thread, 2)
        await town.told(town.desk)


async def test_what_nobody_can_read_is_tried_a_few_times(town: Community) -> None:
    async with town.running():
        thread = await town.thread(await town.asks("Good evening."))
        await town.told(thread)
        await town.settled()
    await town.server.says(town.robin, thread, "Hello?")
    town.server.rest.faults.add(f"GET /channels/{thread.id}/messages", Fails(status=503), times=4)
    async with town.running():
        await town.told(thread, 2)


async def test_an_event_that_cannot_be_read_leaves_the_bot_listening(
    town: Community, caplog: pytest.LogCaptureFixture
) -> None:
    town.server.gateway.spoil("MESSAGE_CREATE", "unreadable")
    async with town.running():
        await town.server.says(town.robin, town.general, "secret words", mentions=[town.server.bot])
        question = await town.asks("Good evening.")
        await town.told(await town.thread(question))
        await town.settled()
        assert len(town.server.gateway.sessions) == 1
    assert "an event MESSAGE_CREATE cannot be read" in caplog.text
    assert "secret words" not in caplog.text


async def test_a_gateway_that_is_down_at_the_start_is_tried_again_and_again(town: Community) -> None:
    town.server.gateway.down = True
    async with town.running(ready=False):
        await town.server.until(lambda: town.asked("GET /users/@me") >= 9)
        town.server.gateway.down = False
        question = await town.asks("Good evening.")
        await town.told(await town.thread(question))
        await town.settled()
    waits = [nap for nap in town.naps.taken if nap >= 2]
    assert waits[:3] == [2, 4, 8]
    assert max(waits) == LONGEST


async def test_rest_that_is_down_at_the_start_is_tried_again(town: Community) -> None:
    town.server.rest.faults.add("GET /users/@me", Fails(status=503), times=3)
    async with town.running():
        await town.told(await town.thread(await town.asks("Good evening.")))
        await town.settled()


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (4004, "DISCORD_TOKEN"),
        (4010, "DISCORD_SHARD_IDS"),
        (4011, "DISCORD_SHARD_COUNT"),
        (4013, "update"),
        (4014, "DISCORD_CONTENT_INTENT=off"),
    ],
)
async def test_what_waiting_does_not_mend_says_what_to_do(town: Community, code: int, said: str) -> None:
    town.server.gateway.turned_away.append(code)
    with pytest.raises(ConfigError, match=said):
        async with town.running(ready=False):
            await asyncio.wait_for(asyncio.shield(town.serving), 10)
    assert len(town.server.gateway.closed) == 1


async def test_a_wrong_token_says_what_to_do(town: Community) -> None:
    town.token = "somebody else's"  # noqa: S105
    with pytest.raises(ConfigError, match="DISCORD_TOKEN: Discord does not take it"):
        async with town.running(ready=False):
            await asyncio.wait_for(asyncio.shield(town.serving), 10)


async def test_told_to_stop_it_finishes_what_is_under_way(town: Community) -> None:
    held = town.voice.waits["Good evening."] = asyncio.Event()
    async with town.running():
        question = await town.asks("Good evening.")
        await until(town.bot, lambda: bool(town.voice.asked))
        town.serving.cancel()
        await asyncio.sleep(0)
        held.set()
        await asyncio.gather(town.serving, return_exceptions=True)
    (answer,) = town.own(town.guild.threads[question.id])
    assert answer.content.startswith("answer to Good evening.")
    assert not town.server.gateway.connected


async def test_several_shards_are_one_bot(town: Community) -> None:
    town.shards = ((0, 1), 2)
    async with town.running():
        await town.server.until(lambda: len(town.server.gateway.connected) == 2)
        question = await town.asks("Good evening.")
        thread = await town.thread(question)
        await town.told(thread)
        direct = town.server.dm(town.robin)
        await town.server.says(town.robin, direct, "Good evening.")
        await town.told(direct)
        await town.settled()
        town.server.gateway.invalidate()
        follow = await town.server.says(town.robin, thread, "Hello?")
        also = await town.server.says(town.robin, direct, "Hello?")
        (_, answer), (_, private) = await town.told(thread, 2), await town.told(direct, 2)
        await town.settled()
        assert [session.shard for session in town.server.gateway.sessions] == [(0, 2), (1, 2)]
    assert (answers(answer), answers(private)) == (follow.id, also.id)


async def test_a_guild_that_comes_back_after_an_outage_is_caught_up_with(town: Community) -> None:
    async with town.running():
        thread = await town.thread(await town.asks("Good evening."))
        await town.told(thread)
        await town.settled()
        town.server.outage(town.guild)
        town.server.gateway.spoil("MESSAGE_CREATE", "lost")
        follow = await town.server.says(town.robin, thread, "Hello?")
        town.server.outage(town.guild, over=True)
        (_, answer) = await town.told(thread, 2)
        await town.settled()
    assert answers(answer) == follow.id


def test_without_a_token_there_is_no_adapter() -> None:
    assert adapter({}, SetClock()) is None
    assert adapter({"DISCORD_TOKEN": "  "}, SetClock()) is None
    made = adapter({"DISCORD_TOKEN": "x"}, SetClock())
    assert made
    assert made.name == "discord"
    assert logging.getLogger("discord").level >= logging.WARNING


def test_an_attempt_to_come_back_is_told_in_a_line(caplog: pytest.LogCaptureFixture) -> None:
    adapter({"DISCORD_TOKEN": "x"}, SetClock())
    fault = ConnectionRefusedError(111, "nobody is there")
    logging.getLogger("discord.client").error("Attempting a reconnect in %.2fs", 1.5, exc_info=fault)
    (record,) = caplog.records
    assert record.getMessage() == "Attempting a reconnect in 1.50s (ConnectionRefusedError)"
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ({"DISCORD_CONTENT_INTENT": "0"}, "DISCORD_CONTENT_INTENT: is '0', must be on or off"),
        ({"DISCORD_SHARD_IDS": "0"}, "needs DISCORD_SHARD_COUNT"),
        ({"DISCORD_SHARD_COUNT": "none"}, "must be a number"),
        ({"DISCORD_SHARD_COUNT": "2", "DISCORD_SHARD_IDS": "2"}, "must be below"),
        ({"DISCORD_API_BASE": "https://elsewhere.example/api/v10"}, "only for tests"),
        ({"DISCORD_GATEWAY_URL": "wss://10.0.0.1/"}, "only for tests"),
    ],
)
def test_what_the_environment_says_wrongly_is_told(said: dict[str, str], fault: str) -> None:
    with pytest.raises(ConfigError, match=fault.replace("(", r"\(")):
        adapter({"DISCORD_TOKEN": "x"} | said, SetClock())


def test_what_the_environment_says_is_heeded() -> None:
    made = setup(SHARDS | {"DISCORD_CONTENT_INTENT": "OFF", "DISCORD_API_BASE": "http://[::1]:1/"})
    assert made
    assert (made.shards, made.content, made.base) == (((0, 1), 4), False, "http://[::1]:1/")
    assert "x" not in repr(made)


async def test_a_connection_that_stays_away_is_given_up_for_a_new_one(town: Community) -> None:
    town.patience = 0.3
    async with town.running():
        (before,) = town.server.gateway.sessions
        town.server.gateway.down = True
        town.server.gateway.abort()
        logins = town.asked("GET /users/@me")
        await town.server.until(lambda: town.asked("GET /users/@me") > logins)
        town.server.gateway.down = False
        question = await town.asks("Good evening.")
        await town.told(await town.thread(question))
        await town.settled()
        assert before not in town.server.gateway.connected


class Flaky(SqliteStore):
    """A store that takes nothing twice."""

    fails = 2

    async def accept(self, event: Event, at: datetime) -> bool:
        """Keep it, if not told to fail."""
        if self.fails:
            self.fails -= 1
            raise StoreError("told to fail")
        return await super().accept(event, at)


async def test_what_cannot_be_kept_is_tried_again(town: Community) -> None:
    town.kind = Flaky
    async with town.running():
        question = await town.asks("Good evening.")
        await town.told(await town.thread(question))
        await town.settled()
    assert [nap for nap in town.naps.taken if nap in AGAIN[:2]] == list(AGAIN[:2])


async def test_told_to_stop_between_two_attempts_it_stops_at_once(town: Community) -> None:
    town.server.gateway.down = True
    town.naps.held[2.0] = asyncio.Event()
    async with town.running(ready=False):
        await until(town.bot, lambda: 2.0 in town.naps.taken)
        town.serving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(town.serving, 10)
    assert not town.server.gateway.sessions


async def test_told_to_stop_without_a_connection_nothing_waits_for_one(town: Community) -> None:
    held = town.voice.waits["Hello?"] = asyncio.Event()
    async with town.running():
        thread = await town.thread(await town.asks("Good evening."))
        await town.told(thread)
        await town.settled()
        await town.server.says(town.robin, thread, "Hello?")
        await until(town.bot, lambda: len(town.voice.asked) == 2)
        town.naps.held[2.0] = asyncio.Event()
        town.server.gateway.down = True
        await town.adapter._leave()
        held.set()
        await until(town.bot, lambda: 2.0 in town.naps.taken)
        town.serving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(town.serving, 10)
    town.naps.held.clear()
    town.server.gateway.down = False
    async with town.running():
        await town.told(thread, 2)
        await town.settled()
    assert len(town.own(thread)) == 2


async def test_told_to_stop_while_one_of_several_sessions_comes_back_it_stops(town: Community) -> None:
    town.shards = ((0, 1), 2)
    async with town.running():
        await town.server.until(lambda: len(town.server.gateway.connected) == 2)
        await town.settled()
        town.server.gateway.down = True
        town.server.gateway.abort()
        await until(town.bot, lambda: len(town.adapter.condition().lacks) == 2)
        town.serving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(town.serving, 10)


@pytest.mark.parametrize("resumable", [True, False])
async def test_a_session_that_is_called_no_good_goes_on_or_begins_anew(town: Community, resumable: bool) -> None:
    async with town.running():
        (before,) = town.server.gateway.sessions
        thread = await town.thread(await town.asks("Good evening."))
        await town.told(thread)
        town.server.gateway.invalidate(resumable=resumable)
        await town.server.says(town.robin, thread, "Hello?")
        await town.told(thread, 2)
        await town.settled()
        assert (town.server.gateway.sessions == [before]) is resumable
        assert (before.resumed, len(town.own(thread))) == (int(resumable), 2)


async def test_sessions_that_never_come_about_are_given_up_for_a_new_client(town: Community) -> None:
    town.shards, town.patience = ((0, 1), 2), 0.3
    town.server.gateway.frozen = True
    async with town.running(ready=False):
        await town.server.until(lambda: town.asked("GET /users/@me") > 1)
        town.server.gateway.frozen = False
        await town.told(await town.thread(await town.asks("Good evening.")))
        await town.settled()


async def test_two_processes_with_the_same_shard_answer_in_one_message(town: Community, tmp_path: Path) -> None:
    other = Community(town.server, tmp_path / "other.db", town.everything, town.clock)
    other.voice.begins = "another answer to "
    async with town.running(), other.running():
        thread = await town.thread(await town.asks("Good evening."))
        await town.told(thread)
        await town.settled()
        await other.bot.settled()
    (answer,) = town.own(thread)
    assert answer.content.startswith(("answer to Good evening.", "another answer to Good evening."))
    assert len({asked.fields["nonce"] for asked in town.server.requests("POST /channels/*/messages")}) == 1

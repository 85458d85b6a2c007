"""What happened while nobody listened is read afterwards: answered while it is fresh, read for risk for a day."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.configuration import Configuration
from bot.domain.event import Event, Said
from bot.store.sqlite import SqliteStore
from tests.adapters.slack.community import EXPLICIT, LONG, Community, community
from tests.servers.slack import App, Breaks, Fails, Limits, Message

HISTORY, REPLIES = "conversations.history", "conversations.replies"
HOUR = 3600.0


async def begun(town: Community, text: str = "Good evening.") -> Message:
    """A conversation of robin's, and the bot gone after it."""
    async with town.running():
        root = await town.asks(text)
        await town.told(root)
        await town.settled()
    return root


async def read(town: Community) -> None:
    """Return when the bot has caught up, and nothing is under way."""
    await town.so(lambda: not town.adapter.condition().notes["catching_up"])
    await town.settled()


async def test_what_was_said_meanwhile_is_answered(town: Community) -> None:
    root = await begun(town)
    await town.says("And now?", root, town.sam)
    another = await town.asks("Another thing.", town.sam)
    async with town.running():
        assert await town.told(root, 2) == ["answer to Good evening.", "answer to And now?"]
        assert await town.told(another) == ["answer to Another thing."]
        await read(town)
    assert len(town.said(town.general)) == 3


@pytest.mark.parametrize("earlier", [True, False], ids=["others were answered", "nobody was ever answered"])
async def test_killed_at_the_first_answer_what_follows_in_that_thread_is_heard(town: Community, earlier: bool) -> None:
    if earlier:
        await begun(town, "Good morning.")
    town.voice.waits["Good evening."] = held = asyncio.Event()
    asked = len(town.voice.asked)
    async with town.running(killed=True):
        root = await town.asks("Good evening.")
        await town.so(lambda: len(town.voice.asked) > asked)
    await town.says("Are you there?", root)
    await town.says(EXPLICIT, root, town.sam)
    async with town.running():
        async with asyncio.timeout(10):
            (card,) = await town.told(root)  # before anything is answered
        assert "answer to" not in card
        held.set()
        await town.settled()
    assert town.said(root)[1:3] == ["answer to Good evening.", "answer to Are you there?"]


async def test_a_direct_message_too(town: Community) -> None:
    dm = town.slack.dm(town.robin)
    async with town.running():
        first = await town.slack.says(town.robin, dm, "Good evening.")
        await town.told(first)
        await town.settled()
    second = await town.slack.says(town.robin, dm, "Still there?")
    third = await town.slack.says(town.robin, dm, "In the thread?", thread=first)
    async with town.running():
        await town.told(second)
        assert await town.told(first, 2) == ["answer to Good evening.", "answer to In the thread?"]
    assert third.thread_ts == first.ts


async def test_what_is_stale_is_not_answered_but_read_for_risk(town: Community) -> None:
    root, other = await begun(town), await begun(town, "Good morning.")
    await town.says("And now?", root)
    await town.says(EXPLICIT, other)
    town.slack.passes(5 * HOUR)
    async with town.running():
        assert len(await town.told(other, 2)) == 2
        await read(town)
        assert "I was away" in (await town.told(root, 2))[1]
    assert [each.text for each in town.voice.asked] == ["Good evening.", "Good morning."]


async def test_what_is_older_than_a_day_is_left_alone(town: Community) -> None:
    root = await begun(town)
    await town.says(EXPLICIT, root)
    town.slack.passes(25 * HOUR)
    async with town.running():
        await read(town)
        assert town.said(root) == ["answer to Good evening."]
        earliest = town.slack.clock.now - 24 * HOUR - 600
    asked = town.slack.requests(HISTORY) + town.slack.requests(REPLIES)
    assert min(float(each.args["oldest"]) for each in asked[-2:]) == pytest.approx(earliest, abs=60)


class Choking(SqliteStore):
    """A store that something is wrong with."""

    async def accept(self, event: Event, at: Any) -> bool:
        """Keep an event, if it is not the one."""
        if isinstance(event, Said) and event.text == "poison":
            raise ValueError("something nobody thought of")
        return await super().accept(event, at)


async def test_a_message_that_cannot_be_heard_keeps_no_other_from_being_heard(town: Community) -> None:
    root = await begun(town)
    await town.says("poison", root)
    await town.says("And now?", root)
    town.kind = Choking
    async with town.running():
        assert await town.told(root, 2) == ["answer to Good evening.", "answer to And now?"]
        await read(town)
        poison = await town.says("poison", root)
        (delivery,) = [each for each in town.slack.deliveries.sent if each.event.get("ts") == poison.ts]
        for seconds in (3, 3, 60, 3, 300, 3):
            town.slack.passes(seconds)
        await town.slack.until(lambda: delivery.over)
        assert (len(delivery.attempts), delivery.acked) == (4, False)
        await town.told(await town.asks("Somebody else?"))
        await read(town)


async def test_what_was_changed_or_deleted_meanwhile_is_corrected(town: Community) -> None:
    town.sockets = {"lasts": (LONG,)}
    async with town.running():
        root = await town.asks("one")
        await town.told(root)
        said = [await town.says(text, root) for text in ("two", "three", "four")]
        await town.told(root, 4)
        await town.settled()
    await town.slack.edits(town.robin, said[0], "TWO")
    await town.slack.deletes(town.robin, said[1])
    await town.slack.deletes(town.robin, root)
    async with town.running() as bot:
        await read(town)
        conversation = f"slack:{town.team}:{town.general.id}:{root.ts}"
        assert [each.turn.text for each in await bot.store.turns(conversation)] == ["", "TWO", "", "four"]
    assert len(town.said(root)) == 4


async def test_a_message_that_nobody_had_answered_and_that_is_gone_leaves_the_history(town: Community) -> None:
    town.set_up(channels=("C0ELSEWHERE",))
    async with town.running():
        root = await town.asks("my secret")
        await town.settled()
    await town.slack.deletes(town.robin, root)
    async with town.running() as bot:
        await read(town)
        conversation = f"slack:{town.team}:{town.general.id}:{root.ts}"
        assert [each.turn.text for each in await bot.store.turns(conversation)] == [""]


async def test_an_edit_in_an_ended_thread_is_read_for_risk(town: Community) -> None:
    async with town.running():
        root = await town.ended()
    mine = next(each for each in town.general.replies(root.ts) if each.author is town.robin)
    await town.slack.edits(town.robin, mine, EXPLICIT)
    before = len(town.said(root))
    async with town.running():
        assert len(await town.told(root, before + 1)) == before + 1


async def test_it_is_read_first_where_the_bot_talked_and_then_where_else_it_is(town: Community) -> None:
    root = await begun(town)
    quiet = town.slack.channel(town.workspace, "quiet")
    elsewhere = town.slack.channel(town.workspace, "elsewhere", bot=False)
    await town.says("And now?", root)
    asked = await town.asks("Anybody?", where=quiet)
    await town.slack.says(town.robin, quiet, "Nobody is asked here.")
    await town.slack.says(town.robin, elsewhere, "Nor here.")
    async with town.running():
        await town.told(root, 2)
        assert await town.told(asked) == ["answer to Anybody?"]
        await read(town)
    channels = [each.args["channel"] for each in town.slack.requests(HISTORY)]
    assert channels[0] == town.general.id
    assert set(channels) == {town.general.id, town.desk.id, quiet.id}
    assert len(town.said(quiet)) == 1


async def test_a_first_direct_message_in_danger_is_found_where_the_app_may_list_them(town: Community) -> None:
    install = town.slack.installed(town.workspace)
    install.scopes |= {"im:read"}
    await begun(town)
    dm = town.slack.dm(town.sam)
    said = await town.slack.says(town.sam, dm, EXPLICIT)
    async with town.running():
        assert len(await town.told(said)) == 1
        await read(town)


async def test_where_it_may_not_list_them_the_rest_is_read_all_the_same(town: Community) -> None:
    install = town.slack.installed(town.workspace)
    install.scopes -= {"im:read"}
    await begun(town)
    quiet = town.slack.channel(town.workspace, "quiet")
    asked = await town.asks("Anybody?", where=quiet)
    dm = town.slack.dm(town.sam)
    await town.slack.says(town.sam, dm, "Good evening.")
    async with town.running():
        assert await town.told(asked) == ["answer to Anybody?"]
        await read(town)
        assert town.said(dm) == []
        assert not town.adapter.condition().notes["catching_up"]


async def test_a_channel_that_the_settings_name_is_read_as_well(town: Community) -> None:
    quiet = town.slack.channel(town.workspace, "quiet")
    town.set_up(channels=(quiet.id,))
    await begun_in(town, quiet.id)
    asked = await town.asks("Anybody?", where=quiet)
    async with town.running():
        assert await town.told(asked) == ["answer to Anybody?"]


async def begun_in(town: Community, channel: str) -> None:
    """Something that the bot heard of the workspace, elsewhere."""
    async with town.running():
        await town.slack.says(town.robin, town.slack.dm(town.robin), "Good evening.")
        await town.told(town.slack.dm(town.robin))
        await town.settled()


async def test_after_a_gap_it_reads_and_meanwhile_nothing_is_read(town: Community) -> None:
    async with town.running():
        root = await town.asks("Good evening.")
        await town.told(root)
        await read(town)
        asked = len(town.slack.requests(REPLIES))
        first, _ = town.slack.sockets.open
        town.slack.sockets.abort(first)
        await town.slack.until(lambda: len(town.slack.sockets.open) == 2 and first not in town.slack.sockets.open)
        assert len(town.slack.requests(REPLIES)) == asked  # the other one heard all
        town.naps.held = True
        town.slack.sockets.abort()
        await town.so(lambda: not town.adapter.condition().notes["sockets"])
        await town.says("And now?", root)
        assert town.slack.deliveries.sent[-1].lost
        town.naps.held = False
        town.slack.passes(60)
        assert await town.told(root, 2) == ["answer to Good evening.", "answer to And now?"]
        assert len(town.slack.requests(REPLIES)) == asked + 1


async def test_what_cannot_be_read_at_first_is_read_later(town: Community) -> None:
    root = await begun(town)
    await town.says("And now?", root)
    town.slack.fault(REPLIES, Breaks(), times=6)
    async with town.running():
        assert await town.told(root, 2) == ["answer to Good evening.", "answer to And now?"]
    assert len(town.slack.requests(REPLIES)) == 7


async def test_what_cannot_be_read_is_given_up_and_owed_until_the_next_gap(town: Community) -> None:
    await begun(town)
    missed = await town.asks("And now?")
    town.slack.fault(HISTORY, Breaks(), times=9)
    async with town.running():
        await town.slack.until(lambda: len(town.slack.requests(HISTORY)) == 9)
        await read(town)
        town.slack.passes(HOUR)
        await town.told(await town.asks("Something newer."))
        await town.settled()
        assert town.said(missed) == []
        town.slack.sockets.abort()
        assert len(await town.told(missed)) == 1


async def test_what_was_lost_a_little_before_the_last_that_came_is_read(town: Community) -> None:
    async with town.running():
        town.slack.deliveries.spoil("message", "lost")
        town.slack.deliveries.spoil("app_mention", "lost")
        lost = await town.asks("Anybody?")
        town.slack.passes(300)
        await town.told(await town.asks("Good evening."))
        await town.settled()
    async with town.running():
        assert await town.told(lost) == ["answer to Anybody?"]


async def test_what_nobody_may_read_is_left_alone(town: Community) -> None:
    root = await begun(town)
    await town.says("And now?", root)
    town.slack.fault(REPLIES, Fails(error="channel_not_found"))
    async with town.running():
        await read(town)
    assert len(town.slack.requests(REPLIES)) == 1


@pytest.fixture
async def sold(everything: Configuration, tmp_path: Path) -> AsyncIterator[Community]:
    """A workspace where the app was bought: it may read one page a minute, of 15 messages."""
    async with community(everything, tmp_path, App(distributed=True)) as made:
        yield made


async def test_an_app_that_is_sold_reads_as_fast_as_it_may_and_loses_nothing(sold: Community) -> None:
    first, second = await begun(sold), await begun(sold, "Good morning.")
    for number in range(20):
        await sold.says(str(number), first)
    await sold.says("And now?", second)
    async with sold.running() as bot:
        await sold.told(second, 2)
        await sold.told(first, 21)
        await read(sold)
        conversation = f"slack:{sold.team}:{sold.general.id}:{first.ts}"
        turns = [each.turn.text for each in await bot.store.turns(conversation)]
        assert turns == ["Good evening.", *map(str, range(20))]  # in their order, though the newest page came first
    refused = [each for each in sold.slack.requests(REPLIES) if each.status == 429]
    assert len(refused) <= 3


async def test_what_is_too_far_back_to_be_read_again_is_not_taken_for_deleted(sold: Community) -> None:
    async with sold.running() as bot:
        root = await sold.asks("0")
        await sold.told(root)
        for number in range(1, 40):
            await sold.says(str(number), root)
            await sold.told(root, number + 1)
        await sold.settled()
    gone = next(each for each in root.channel.replies(root.ts) if each.text == "35")
    await sold.slack.deletes(sold.robin, gone)
    async with sold.running() as bot:
        await read(sold)
        conversation = f"slack:{sold.team}:{sold.general.id}:{root.ts}"
        left = [each.turn.text for each in await bot.store.turns(conversation)]
    assert left == [text if text != "35" else "" for text in map(str, range(40))]


async def test_a_root_that_was_deleted_meanwhile_leaves_the_history_alone(town: Community) -> None:
    root = await begun(town)
    await town.slack.deletes(town.robin, root)
    async with town.running() as bot:
        await read(town)
        conversation = f"slack:{town.team}:{town.general.id}:{root.ts}"
        assert [each.turn.text for each in await bot.store.turns(conversation)] == [""]


async def test_slack_says_how_long_to_wait(town: Community) -> None:
    root = await begun(town)
    await town.says("And now?", root)
    town.slack.fault(REPLIES, Limits(after=300))
    async with town.running():
        assert len(await town.told(root, 2)) == 2
    assert 300 in town.naps.taken or sum(town.naps.taken) >= 300


async def test_messages_that_come_while_it_reads_are_answered_once(town: Community) -> None:
    root = await begun(town)
    await town.says("one", root)
    town.sockets = {"lasts": (LONG,)}
    async with town.running():
        await town.says("two", root)
        await town.told(root, 3)
        await read(town)
        for each in town.slack.deliveries.events("message"):
            town.slack.deliveries.again(each)
        await town.settled()
    assert sorted(town.said(root)) == ["answer to Good evening.", "answer to one", "answer to two"]

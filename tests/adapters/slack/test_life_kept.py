"""Slack is told that something has arrived when it is kept, and not before: also by a bot that is killed then."""

import asyncio
import signal
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from bot.domain.event import Event
from bot.store.sqlite import SqliteStore
from tests.adapters.slack.community import Community
from tests.adapters.slack.test_killed import PATIENCE, Town
from tests.configs import small_config
from tests.servers.discord_record import Bell
from tests.servers.slack import Delivery, LocalSlack


class Slow(SqliteStore):
    """A store that keeps an event when it may."""

    held: list[Event]
    bell: Bell
    free: asyncio.Event

    async def accept(self, event: Event, at: Any) -> bool:
        """Keep an event, sooner or later."""
        self.held.append(event)
        self.bell.ring()
        await self.free.wait()
        return await super().accept(event, at)


@pytest.fixture
def slow(town: Community) -> type[Slow]:
    """The store of the bot to come; for now nothing is held."""
    Slow.held, Slow.bell, Slow.free = [], Bell(), asyncio.Event()
    Slow.free.set()
    town.kind = Slow
    return Slow


def kept(database: Path) -> set[str]:
    """The keys of the events that are on disk, as another process sees them."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return {key for (key,) in connection.execute("select key from inbox")}


async def test_whatever_is_acknowledged_is_on_disk_by_then(town: Community) -> None:
    before: dict[str, set[str]] = {}

    def heard(delivery: Delivery) -> None:
        before[delivery.envelope] = kept(town.database)

    town.slack.deliveries.heard = heard
    async with town.running():
        root = await town.asks("Good evening.")
        await town.told(root)
        said = await town.says("five", root)
        await town.told(root, 2)
        direct = await town.slack.says(town.robin, town.slack.dm(town.robin), "Between us?")
        await town.told(direct)
        await town.slack.edits(town.robin, said, "six")
        await town.settled()
        await town.slack.deletes(town.robin, said)
        await town.settled()
    own, keys = {town.me.id}, kept(town.database)
    by_people = [each for each in town.slack.deliveries.sent if each.event.get("user") not in own]
    messages = [each for each in by_people if not each.event.get("subtype")]
    for each in messages:
        assert f"slack:m:{town.team}:{each.event['channel']}:{each.event['ts']}" in before[each.envelope]
    assert len(messages) == 4  # the first one as a message and as a mention
    for subtype, letter in (("message_changed", "e"), ("message_deleted", "d")):
        (changed,) = [each for each in by_people if each.event.get("subtype") == subtype]
        (key,) = [each for each in keys if each.startswith(f"slack:{letter}:")]
        assert key in before[changed.envelope]


async def test_what_the_store_holds_is_not_acknowledged_while_other_things_are(
    town: Community, slow: type[Slow]
) -> None:
    deliveries = town.slack.deliveries
    async with town.running():
        slow.free.clear()
        root = await town.asks("Good evening.")
        waiting = list(deliveries.sent)
        await slow.bell.until(lambda: slow.held, 10)
        await by_both(town)
        assert [each.acked for each in waiting] == [False, False]
        slow.free.set()
        assert await town.told(root) == ["answer to Good evening."]
        await town.settled()
        assert [each.acks for each in waiting] == [1, 1]


async def test_what_comes_again_while_the_store_still_holds_it_is_answered_once(
    town: Community, slow: type[Slow]
) -> None:
    async with town.running():
        slow.free.clear()
        root = await town.asks("Good evening.")
        waiting = list(town.slack.deliveries.sent)
        town.slack.passes(3)  # Slack has waited long enough, and sends it again
        assert [len(each.attempts) for each in waiting] == [2, 2]
        await slow.bell.until(lambda: slow.held, 10)
        slow.free.set()
        await town.told(root)
        await town.slack.until(lambda: all(each.acks == 2 for each in waiting))
        await town.settled()
        assert town.said(root) == ["answer to Good evening."]
        assert len(town.voice.asked) == 1


async def by_both(town: Community | Town) -> None:
    """Something that nobody keeps comes by each connection, and is acknowledged: what came before it was taken in."""
    slack, before = town.slack, len(town.slack.deliveries.sent)
    await slack.joins(slack.member(town.workspace, "kim"), town.general)  # an event of its own, and a message
    new = slack.deliveries.sent[before:]
    assert all(any(each in one.told for each in new) for one in slack.sockets.open)
    await slack.until(lambda: all(each.acked for each in new), PATIENCE)


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_config(tmp_path_factory.mktemp("kept") / "config")


@pytest.fixture
async def apart(config: Path, tmp_path: Path) -> AsyncIterator[Town]:
    """A workspace with a bot in a process of its own."""
    async with LocalSlack(limited=False) as slack:
        yield Town(slack, config, tmp_path / "slack.db")


async def test_killed_while_the_disk_keeps_it_waiting_it_was_not_acknowledged_and_comes_again(apart: Town) -> None:
    async with apart.running() as process:
        with closing(sqlite3.connect(apart.database)) as other:
            other.execute("begin immediate")  # whoever writes has to wait
            root = await apart.slack.mentions(apart.robin, apart.general, "Good evening.")
            waiting = list(apart.slack.deliveries.sent)
            await by_both(apart)
            assert [each.acked for each in waiting] == [False, False]
            process.send_signal(signal.SIGKILL)
            await process.wait()
    assert kept(apart.database) == set()
    async with apart.running():
        apart.slack.passes(3)
        await apart.told(root, 1)
        await apart.slack.says(apart.robin, apart.general, "And then?", thread=root)
        await apart.told(root, 2)
    assert len(apart.said(root)) == 2


async def test_killed_in_the_moment_of_its_acknowledgement_it_is_on_disk_and_is_answered_once(apart: Town) -> None:
    async with apart.running() as process:
        apart.slack.deliveries.heard = lambda _: process.send_signal(signal.SIGKILL)
        root = await apart.slack.mentions(apart.robin, apart.general, "Good evening.")
        await process.wait()
    apart.slack.deliveries.heard = lambda _: None
    assert len(kept(apart.database)) == 1
    async with apart.running():  # Slack does not send again what was acknowledged
        await apart.told(root, 1)
        await apart.slack.says(apart.robin, apart.general, "And then?", thread=root)
        await apart.told(root, 2)
    assert len(apart.said(root)) == 2

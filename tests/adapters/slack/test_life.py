"""How the adapter lives: what it hears is kept before Slack is told, and heard once, whatever happens."""

import asyncio
import logging
import sqlite3
from collections.abc import Sequence
from functools import partial
from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp

from adapters.slack.connection import adapter
from adapters.slack.hearing.listening import Hearing
from adapters.slack.outgoing.blocks import Block
from bot.domain.action import Action
from bot.domain.event import Event, Said
from bot.errors import ConfigError, StoreError
from bot.store.sqlite import SqliteStore
from tests.adapters.slack.community import EXPLICIT, LONG, Community
from tests.servers.discord_record import Bell
from tests.servers.slack import Breaks, Fails

POST = "chat.postMessage"


class Faulty(SqliteStore):
    """A store that cannot keep what it is told, so often."""

    fails = 0
    bell = Bell()

    async def accept(self, event: Event, at: Any) -> bool:
        """Keep an event, or not."""
        if Faulty.fails:
            Faulty.fails -= 1
            Faulty.bell.ring()
            raise StoreError("told to fail")
        return await super().accept(event, at)


def fails(left: int) -> bool:
    """Whether it will fail so often still."""
    return Faulty.fails == left


@pytest.fixture
def faulty(town: Community) -> Community:
    Faulty.fails, Faulty.bell, town.kind = 0, Bell(), Faulty
    return town


def events(town: Community) -> list[str]:
    """The keys of the events that are kept, in order."""
    with sqlite3.connect(f"file:{town.database}?mode=ro", uri=True) as connection:
        return [key for (key,) in connection.execute("select key from inbox order by seq")]


async def test_a_mention_is_answered_in_its_thread_and_there_everybody_is_heard(town: Community) -> None:
    async with town.running():
        root = await town.asks("Good evening.")
        assert await town.told(root) == ["answer to Good evening."]
        await town.says("And now?", root, town.sam)
        assert await town.told(root, 2) == ["answer to Good evening.", "answer to And now?"]
        await town.settled()
    assert events(town) == [f"slack:m:{town.team}:{town.general.id}:{root.ts}", *events(town)[1:]]
    assert len(events(town)) == 2  # Slack told of the first twice: as a message and as a mention


async def test_a_direct_message_is_answered_in_its_thread(town: Community) -> None:
    async with town.running():
        dm = town.slack.dm(town.robin)
        said = await town.slack.says(town.robin, dm, "Good evening.")
        assert await town.told(said) == ["answer to Good evening."]


async def test_that_it_thinks_is_shown_where_an_answer_will_come(town: Community) -> None:
    def shown() -> list[str]:
        asked = town.slack.requests("agents.sessions.setStatus")
        return [each.args["status"] for each in asked if each.args["status"] == "processing"]

    async with town.running():
        root = await town.ended()
        assert shown() == ["processing"] * 4
        await town.says("And now?", root)
        await town.settled()
        assert shown() == ["processing"] * 4


async def test_nothing_is_acknowledged_before_it_is_kept(faulty: Community) -> None:
    slack = faulty.slack
    async with faulty.running():
        Faulty.fails = 2  # the message, and the mention
        root = await faulty.asks("Good evening.")
        await Faulty.bell.until(lambda: not Faulty.fails, 10)
        deliveries = slack.deliveries.events("message") + slack.deliveries.events("app_mention")
        assert [each.acked for each in deliveries] == [False, False]
        slack.passes(3)
        assert await faulty.told(root) == ["answer to Good evening."]
        await faulty.settled()
    assert [each.acks for each in deliveries] == [1, 1]
    assert len(faulty.said(root)) == 1


async def test_what_slack_sends_no_more_is_caught_up_with(faulty: Community) -> None:
    async with faulty.running():
        first = await faulty.asks("Good evening.")
        await faulty.told(first)
        await faulty.settled()
        Faulty.fails = 4
        await faulty.says("And now?", first)
        for left, seconds in ((3, 3), (2, 63), (1, 303)):
            await Faulty.bell.until(partial(fails, left), 10)
            faulty.slack.passes(seconds)
        assert await faulty.told(first, 2) == ["answer to Good evening.", "answer to And now?"]
        assert not faulty.slack.deliveries.sent[-2].acked


async def test_a_connection_that_hears_nothing_is_found_out_by_what_comes_again(town: Community) -> None:
    town.sockets = {"steady": 0.0}
    async with town.running():
        root = await town.asks("Good evening.")
        await town.told(root)
        await town.settled()
        deaf, other = town.slack.sockets.open
        read = len(town.slack.requests("conversations.replies"))
        deaf.deaf = True
        await town.says("And now?", root)
        await town.says("And then?", root)
        (lost,) = [each for each in deaf.told if each.event.get("text") in {"And now?", "And then?"}]
        await town.told(root, 2)
        while not lost.acked:
            went = deaf.told.count(lost)
            town.slack.deliveries.again(lost)
            await town.slack.until(lambda went=went: lost.acked or deaf.told.count(lost) > went)  # type: ignore[misc]
        assert {*(await town.told(root, 3))[1:]} == {"answer to And now?", "answer to And then?"}
        await town.slack.until(lambda: not {deaf, other} & {*town.slack.sockets.open})
        await town.slack.until(lambda: len(town.slack.requests("conversations.replies")) > read)
        assert town.adapter.condition().lacks == []


async def test_killed_after_it_was_acknowledged_it_is_answered_after_the_next_start(town: Community) -> None:
    town.voice.waits["Good evening."] = asyncio.Event()
    async with town.running(killed=True):
        root = await town.asks("Good evening.")
        await town.over(lambda each: each.acked)
        assert town.said(root) == []
    town.voice.waits.clear()
    async with town.running():
        assert await town.told(root) == ["answer to Good evening."]
        await town.settled()
    assert len(town.said(root)) == 1


async def test_what_comes_again_and_again_is_heard_once(town: Community) -> None:
    town.slack.deliveries.spoil("message", "twice")
    town.slack.deliveries.spoil("app_mention", "twice")
    async with town.running():
        root = await town.asks("Good evening.")
        await town.told(root)
        for each in town.slack.deliveries.events("message"):
            town.slack.deliveries.again(each)
        await town.settled()
        assert len(town.said(root)) == 1
    async with town.running():
        for each in town.slack.deliveries.events("app_mention"):
            town.slack.deliveries.again(each)
        await town.settled()
    assert len(town.said(root)) == 1


async def test_what_comes_by_one_connection_in_one_thread_is_heard_in_its_order(town: Community) -> None:
    town.sockets = {"lasts": (LONG,)}
    async with town.running():
        root = await town.asks("0")
        await town.told(root)
        town.slack.deliveries.hold()
        for number in range(1, 12):
            await town.says(str(number), root)
        town.slack.deliveries.release()
        await town.told(root, 12)
        assert [each.text for each in town.voice.asked] == [str(number) for number in range(12)]


async def test_what_is_slow_to_be_kept_is_not_overtaken_in_its_thread_and_holds_up_no_other(town: Community) -> None:
    free = asyncio.Event()

    class Slow(SqliteStore):
        """A store that keeps "1" when it may."""

        async def accept(self, event: Event, at: Any) -> bool:
            if isinstance(event, Said) and event.text == "1":
                await free.wait()
            return await super().accept(event, at)

    town.sockets, town.kind = {"lasts": (LONG,)}, Slow
    async with town.running():
        root, other = await town.asks("0"), await town.asks("other")
        await town.told(root)
        await town.told(other)
        for text, thread in (("1", root), ("2", root), ("elsewhere", other)):
            await town.says(text, thread)
        await town.told(other, 2)
        free.set()
        await town.told(root, 3)
    assert [each.text for each in town.voice.asked] == ["0", "other", "elsewhere", "1", "2"]


async def test_a_post_of_its_own_that_comes_back_is_known(town: Community) -> None:
    town.slack.web.echo = "before"
    async with town.running():
        town.slack.fault(POST, Breaks(stored=True))
        root = await town.asks("Good evening.")
        await town.told(root)
        await town.settled()
    assert (len(town.slack.requests(POST)), len(town.said(root))) == (1, 1)
    assert not town.slack.requests("conversations.replies")


async def test_a_deletion_that_overtakes_its_message_still_takes_it_out(town: Community) -> None:
    async with town.running() as bot:
        root = await town.asks("Good evening.")
        await town.told(root)
        await town.settled()
        town.slack.deliveries.hold()
        said = await town.says("my secret", root)
        await town.slack.deletes(town.robin, said)
        town.slack.deliveries.release(backwards=True)
        await town.told(root, 2)
        await town.settled()
        conversation = f"slack:{town.team}:{town.general.id}:{root.ts}"
        assert [each.turn.text for each in await bot.store.turns(conversation)] == ["Good evening.", ""]


async def test_edits_and_deletions_correct_what_is_remembered(town: Community) -> None:
    async with town.running() as bot:
        root = await town.asks("Good evening.")
        await town.told(root)
        said = await town.says("five", root)
        await town.told(root, 2)
        await town.settled()
        await town.slack.edits(town.robin, said, "six")
        await town.slack.unfurls(said, "https://example.org/a")
        await town.settled()
        conversation = f"slack:{town.team}:{town.general.id}:{root.ts}"
        assert [each.turn.text for each in await bot.store.turns(conversation)] == ["Good evening.", "six"]
        await town.slack.deletes(town.robin, said)
        await town.settled()
        assert [each.turn.text for each in await bot.store.turns(conversation)] == ["Good evening.", ""]
        assert len([each for each in events(town) if each.startswith("slack:e:")]) == 1


async def test_what_nobody_listens_to_is_acknowledged_once(town: Community) -> None:
    async with town.running():
        await town.slack.joins(town.slack.member(town.workspace, "kim"), town.general)
        await town.slack.reacts(town.robin, await town.slack.says(town.sam, town.general, "Hm."), "eyes")
        town.slack.archives(town.slack.channel(town.workspace, "old"))
        await town.over(lambda each: each.acked)
        town.slack.passes(600)
        assert {len(each.attempts) for each in town.slack.deliveries.sent} == {1}
    assert events(town) == []


async def test_where_slack_leaves_events_out_because_there_are_too_many_they_are_read(town: Community) -> None:
    async with town.running():
        root = await town.asks("Good evening.")
        await town.told(root)
        await town.settled()
        town.slack.deliveries.spoil("message", "lost")
        await town.says("And now?", root)
        town.slack.deliveries.limit(town.workspace)
        assert await town.told(root, 2) == ["answer to Good evening.", "answer to And now?"]
        await town.settled()
        assert [len(each.attempts) for each in town.slack.deliveries.sent[-2:]] == [1, 1]


async def test_nobody_waits_for_names(town: Community) -> None:
    town.slack.fault("users.info", Breaks(), times=6)  # the bot is asked about as well
    async with town.running():
        root = await town.asks("Good evening.")
        await town.told(root)
        assert town.voice.asked[0].member.name == ""
        await town.adapter._profiles.settled()
        await town.says("And now?", root)
        await town.told(root, 2)
        town.slack.passes(700)
        await town.says("Later?", root)
        await town.told(root, 3)
        await town.adapter._profiles.settled()
        await town.says("Last?", root)
        await town.told(root, 4)
        assert [each.member.name for each in town.voice.asked] == ["", "", "", "robin"]
        asked = robins(town)
        town.slack.passes(80_000)
        await town.says("A day?", root)
        await town.told(root, 5)
        await town.adapter._profiles.settled()
        assert robins(town) == asked
        town.slack.passes(10_000)
        await town.says("And more.", root)
        await town.told(root, 6)
        await town.adapter._profiles.settled()
        assert robins(town) == asked + 1


def robins(town: Community) -> int:
    """How often robin was asked about."""
    return len([each for each in town.slack.requests("users.info") if each.args["user"] == town.robin.id])


async def test_danger_is_met_before_anything_else(town: Community) -> None:
    town.voice.waits["Good evening."] = asyncio.Event()
    async with town.running(killed=True):
        root = await town.asks("Good evening.")
        await town.over(lambda each: each.acked)
        await town.says(EXPLICIT, root)
        (card,) = await town.told(root)
        assert "answer to" not in card


async def test_a_bot_that_is_let_in_nowhere_hears_nothing_and_tells_slack_so(town: Community) -> None:
    async with town.running() as bot:
        town.slack.uninstalls(town.slack.installed(town.workspace))
        await town.over(lambda each: each.acked)
        assert await bot.store.installations("slack") == ()
        assert town.adapter.condition().lacks == []


@pytest.mark.parametrize("word", ["invalid_auth", "account_inactive", "token_revoked"])
async def test_a_bots_token_that_slack_does_not_take_ends_it_in_words(town: Community, word: str) -> None:
    town.slack.fault("auth.test", Fails(error=word))
    with pytest.raises(ConfigError, match="SLACK_BOT_TOKEN: "):
        async with asyncio.timeout(10), town.running():
            pass


async def test_an_app_token_that_slack_does_not_take_ends_it_in_words(town: Community) -> None:
    town.slack.fault("apps.connections.open", Fails(error="invalid_auth"))
    with pytest.raises(ConfigError, match="SLACK_APP_TOKEN: "):
        async with asyncio.timeout(10), town.running():
            pass


async def test_slack_that_is_out_of_order_at_first_is_waited_for(town: Community) -> None:
    town.slack.fault("auth.test", Breaks(), times=3)
    async with town.running():
        assert (await town.told(await town.asks("Good evening."))) == ["answer to Good evening."]
    assert max(town.naps.taken) <= 60


async def test_how_it_is(town: Community) -> None:
    async with town.made() as bot:
        assert [each.part for each in town.adapter.condition().lacks] == ["slack"]
        serving = asyncio.create_task(town.adapter.serve(bot))
        town.serving = serving
        await town.connected()
        await town.told(await town.asks("Good evening."))
        assert town.adapter.condition().lacks == []
        assert town.adapter.condition().notes["sockets"] == 2
        town.slack.fault("apps.connections.open", Fails(), times=4)
        town.naps.held = True
        town.slack.sockets.abort()
        await town.so(lambda: town.adapter.condition().lacks)
        assert [each.part for each in town.adapter.condition().lacks] == ["slack sockets"]
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


async def test_told_to_stop_it_finishes_what_is_under_way_and_keeps_what_still_comes(town: Community) -> None:
    slow = town.voice.waits["Good evening."] = asyncio.Event()
    async with town.running():
        root = await town.asks("Good evening.")
        await town.over(lambda each: each.acked)
        town.serving.cancel()
        await asyncio.sleep(0)
        late = await town.asks("Too late?")
        await town.over(lambda each: each.acked)
        slow.set()
        await asyncio.gather(town.serving, return_exceptions=True)
        assert town.said(root) == ["answer to Good evening."]
        assert town.said(late) == []
        assert town.slack.sockets.open == []
    async with town.running():
        assert await town.told(late) == ["answer to Too late?"]


async def test_no_text_reaches_the_log(town: Community, caplog: pytest.LogCaptureFixture) -> None:
    words = "my very own secret"
    logging.getLogger().setLevel(logging.DEBUG)
    adapter({"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1"}, town.now)
    try:
        async with town.running():
            root = await town.asks(words)
            await town.told(root)
            await town.says(EXPLICIT, root)
            await town.told(root, 2)
            await town.settled()
    finally:
        logging.getLogger().setLevel(logging.WARNING)
    told = [each.getMessage() for each in caplog.records if each.name.startswith(("slack", "adapters.slack"))]
    assert not [each for each in told if words in each or EXPLICIT in each]


async def test_a_fault_in_bolt_is_logged_without_words(town: Community, caplog: pytest.LogCaptureFixture) -> None:
    class Broken:
        """A part that fails, and quotes."""

        def register(self, app: AsyncApp, _: Hearing) -> None:
            """Fail whenever a message comes."""

            async def fail(body: dict[str, Any]) -> None:
                raise ValueError(body["event"]["reaction"])

            app.middleware(fail)

        def blocks(self, _: Action) -> Sequence[Block]:
            """None."""
            return ()

        async def settled(self) -> None:
            """At once."""

    town.parts = (Broken(),)
    async with town.running():
        await town.slack.reacts(town.robin, await town.slack.says(town.sam, town.general, "Hm."), "my_secret")
        await town.so(lambda: [each for each in caplog.records if "ValueError" in each.getMessage()])
    assert "my_secret" not in caplog.text


async def test_an_apps_id_in_the_environment_changes_nothing(town: Community, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SLACK_CLIENT_ID", "SLACK_CLIENT_SECRET", "SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET"):
        monkeypatch.setenv(name, "another app's")
    async with town.running():
        assert await town.told(await town.asks("Good evening.")) == ["answer to Good evening."]


async def test_where_the_bot_is_not_to_answer_it_only_reads_for_risk(town: Community) -> None:
    town.set_up(channels=("C0ELSEWHERE",))
    async with town.running():
        root = await town.asks("Good evening.")
        await town.settled()
        assert town.said(root) == []
        await town.says(EXPLICIT, root)
        assert len(await town.told(root)) == 1

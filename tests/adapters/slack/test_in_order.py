"""What comes twice, or in another order than it happened: heard once, and as it is in the end."""

import asyncio
from typing import Literal

import pytest

from adapters.slack import names
from adapters.slack.posting import EVENT
from tests.adapters.slack.community import Community
from tests.adapters.slack.outgoing import POST
from tests.servers.slack import Drops, Fails, Message


async def turns(town: Community, root: Message) -> list[str]:
    """What is remembered of a thread."""
    conversation = names.conversation(town.team, root.channel.id, root.ts)
    return [each.turn.text for each in await town.store.turns(conversation)]


@pytest.mark.parametrize("backwards", [False, True])
async def test_a_mention_that_is_told_of_by_both_connections_is_heard_once(town: Community, *, backwards: bool) -> None:
    deliveries = town.slack.deliveries
    async with town.running():
        deliveries.hold()
        deliveries.spoil("message", "twice")
        deliveries.spoil("app_mention", "twice")
        root = await town.asks("Good evening.")
        deliveries.release(backwards=backwards)
        await town.told(root)
        await town.settled()
        assert all(each.told for each in town.slack.sockets.open)
        assert town.said(root) == ["answer to Good evening."]
        assert [each.text for each in town.voice.asked] == ["Good evening."]


async def test_what_is_told_again_by_the_other_connection_while_it_is_being_answered_is_heard_once(
    town: Community,
) -> None:
    slow = town.voice.waits["Good evening."] = asyncio.Event()
    async with town.running():
        root = await town.asks("Good evening.")
        await town.over(lambda each: each.acked)
        for each in list(town.slack.deliveries.sent):
            for _ in range(3):
                town.slack.deliveries.again(each)
        await town.over(lambda each: each.acks == 4)
        slow.set()
        await town.told(root)
        await town.settled()
        assert len(town.said(root)) == 1
        assert len(town.voice.asked) == 1


async def test_an_edit_that_overtakes_its_message_is_what_is_remembered(town: Community) -> None:
    async with town.running():
        root = await town.asks("Good evening.")
        await town.told(root)
        await town.settled()
        town.slack.deliveries.hold()
        said = await town.says("five", root)
        await town.slack.edits(town.robin, said, "six")
        town.slack.deliveries.release(backwards=True)
        await town.told(root, 2)
        await town.settled()
        assert await turns(town, root) == ["Good evening.", "six"]


async def test_an_edit_that_overtakes_a_first_mention_is_what_is_remembered(town: Community) -> None:
    async with town.running():
        town.slack.deliveries.hold()
        root = await town.asks("five")
        await town.slack.edits(town.robin, root, f"{town.me.mention} six")
        town.slack.deliveries.release(backwards=True)
        await town.told(root)
        await town.settled()
        assert await turns(town, root) == ["six"]
        assert len(town.said(root)) == 1


@pytest.mark.parametrize("echo", ["before", "after", "held"])
async def test_its_own_words_are_heard_by_nobody_whenever_they_come(
    town: Community, echo: Literal["before", "after", "held"]
) -> None:
    town.slack.web.echo = echo
    async with town.running():
        root = await town.asks("Good evening.")
        await town.told(root)
        await town.says("And now?", root)
        await town.told(root, 2)
        town.slack.web.release()
        await town.settled()
        assert await turns(town, root) == ["Good evening.", "And now?"]
        assert len(town.said(root)) == 2


@pytest.mark.parametrize("echo", ["before", "after", "held"])
@pytest.mark.parametrize("fault", [Drops(stored=True), Fails(stored=True)], ids=["dropped", "failed"])
async def test_an_answer_whose_reply_is_lost_is_there_once_whether_slack_has_told_of_it_or_not(
    town: Community, fault: Drops | Fails, echo: Literal["before", "after", "held"]
) -> None:
    town.slack.web.echo = echo
    town.slack.fault(POST, fault)
    async with town.running():
        root = await town.asks("Good evening.")
        await town.told(root)
        await town.says("And now?", root)
        assert await town.told(root, 2) == ["answer to Good evening.", "answer to And now?"]
        town.slack.web.release()
        await town.settled()
        assert len(town.said(root)) == 2
        marks = [
            (each.metadata or {})["event_type"] for each in root.channel.replies(root.ts) if each.author is town.me
        ]
        assert marks == [EVENT, EVENT]

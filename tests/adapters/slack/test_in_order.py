"""What comes twice, or in another order than it happened: heard once, and as it is in the end."""

import asyncio
from typing import Literal

import pytest

from adapters.slack import names
from adapters.slack.outgoing.posting import EVENT
from bot.domain.step import Step
from tests.adapters.slack.community import EXPLICIT, INSULTS, Community
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


# Which of two connections is faster decides in which order messages of one thread are heard that were said within a
# moment. That order is the lane's: what counts goes by when each was said.


@pytest.mark.parametrize("backwards", [False, True])
async def test_abuse_that_was_said_in_one_moment_climbs_one_step_in_whatever_order_it_comes(
    town: Community, *, backwards: bool
) -> None:
    async with town.running():
        root = await town.asks(INSULTS[0])
        await town.told(root)
        await town.settled()
        town.slack.passes(60)
        town.slack.deliveries.hold()
        for insult in INSULTS[1:]:
            await town.says(insult, root)
        town.slack.passes(1)
        town.slack.sockets.chosen += town.slack.sockets.open[:1] * 3  # so that it is certain what comes first
        town.slack.deliveries.release(backwards=backwards)
        await town.told(root, 2)
        await town.settled()
        heard = INSULTS[:0:-1] if backwards else INSULTS[1:]
        assert await turns(town, root) == [INSULTS[0], *heard]
        conversation = names.conversation(town.team, root.channel.id, root.ts)
        decided = [each.decision.step for each in await town.store.turns(conversation)]
        assert decided == [Step.REDIRECT, Step.REDIRECT, Step.SILENCE, Step.SILENCE]
        standing = dict(await town.store.standings(conversation))[f"slack:{town.team}:{town.robin.id}"]
        assert (standing.count(Step.REDIRECT), standing.count(Step.WARN)) == (2, 0)


@pytest.mark.parametrize("backwards", [False, True])
async def test_danger_and_abuse_in_one_moment_are_met_with_care_alone_in_whatever_order_they_come(
    town: Community, *, backwards: bool
) -> None:
    async with town.running():
        root = await town.asks(INSULTS[0])
        await town.told(root)
        await town.says(INSULTS[1], root)
        await town.told(root, 2)
        await town.settled()
        town.slack.passes(60)
        town.slack.deliveries.hold()
        await town.says(INSULTS[2], root)
        await town.says(EXPLICIT, root)
        town.slack.passes(1)
        town.slack.sockets.chosen += town.slack.sockets.open[:1] * 2
        town.slack.deliveries.release(backwards=backwards)
        await town.told(root, 3)
        await town.settled()
        conversation = names.conversation(town.team, root.channel.id, root.ts)
        steps = [each.decision.step for each in await town.store.turns(conversation)]
        assert Step.CARE in steps
        standing = dict(await town.store.standings(conversation))[f"slack:{town.team}:{town.robin.id}"]
        assert (standing.count(Step.WARN), standing.pending) == (0, None)
        assert standing.care_until is not None


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
@pytest.mark.parametrize("marked", [True, False], ids=["marked", "unmarked"])
async def test_an_answer_whose_reply_is_lost_is_there_once_whether_slack_has_told_of_it_or_not(
    town: Community, fault: Drops | Fails, echo: Literal["before", "after", "held"], *, marked: bool
) -> None:
    town.slack.web.echo, town.slack.world.marked = echo, marked
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

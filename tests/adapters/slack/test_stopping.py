"""Slack's button that stops an answer: from the press to what stays, through the real bolt, and through crashes."""

import asyncio

import pytest

from adapters.slack import names
from adapters.slack.outgoing.stopping import stopped
from adapters.slack.outgoing.streaming import settled
from bot.domain.step import Step
from bot.ports import Written
from tests.adapters.slack.community import INSULTS, Community
from tests.servers.slack import Message

QUESTION = "Tell me about tides."
PARTS = [f"Sentence {number}: the tide comes in and goes out again, twice a day.\n" for number in range(6)]
HALF, WHOLE = "".join(PARTS[:3]), "".join(PARTS)
SHOWN = settled(HALF)


class Writing:
    """An answer of which a half is there, and more only when the test says so."""

    def __init__(self, town: Community, *, streaming: bool = True) -> None:
        self.begin, self.rest = asyncio.Event(), asyncio.Event()
        town.voice.writes = {QUESTION: [self.begin, Written(HALF), self.rest, Written(WHOLE)]}
        town.set_up(streaming=streaming)

    def all(self) -> None:
        """Let it come to its end."""
        self.begin.set()
        self.rest.set()


async def half(town: Community, writing: Writing) -> tuple[Message, Message]:
    """A question, and the half of its answer that is shown."""
    root = await town.asks(QUESTION)
    writing.begin.set()
    await town.slack.until(lambda: any(each.shown == SHOWN for each in own(town)))
    (answer,) = own(town)
    return root, answer


def own(town: Community) -> list[Message]:
    """What the bot has said in public."""
    return [each for each in town.general.messages.values() if each.author is town.me]


async def reply(town: Community, root: Message) -> str:
    """What the history has as the answer."""
    conversation = names.conversation(town.team, town.general.id, root.ts)
    (turn,) = await town.bot.store.turns(conversation)
    assert turn.decision.step is Step.ANSWER
    return turn.turn.reply


async def over(town: Community, root: Message) -> None:
    """Return when the session is."""
    await town.slack.until(lambda: town.general.sessions.get(root.ts, ["active"])[-1] == "active")


async def test_what_is_shown_stays_and_nothing_follows(town: Community) -> None:
    writing = Writing(town)
    async with town.running():
        root, answer = await half(town, writing)
        await town.slack.stops(town.robin, root)
        await town.settled()
        assert await reply(town, root) == SHOWN
        await over(town, root)
        await town.says("And at night?", root)
        await town.told(root, 2)
    assert own(town)[0] is answer
    assert (answer.shown, answer.streaming) == (SHOWN, "stopped")
    assert town.said(root)[1].startswith("answer to And at night?")


@pytest.mark.parametrize("streaming", [True, False])
async def test_before_anything_is_shown_nothing_ever_is(town: Community, streaming: bool) -> None:
    writing = Writing(town, streaming=streaming)
    async with town.running():
        root = await town.asks(QUESTION)
        await town.slack.until(lambda: bool(town.general.sessions))
        if not streaming:
            writing.begin.set()
        await town.slack.stops(town.robin, root)
        await town.settled()
        assert await reply(town, root) == ""
        await over(town, root)
    assert own(town) == []


async def test_somebody_elses_press_stops_nothing(town: Community) -> None:
    writing = Writing(town)
    async with town.running():
        root, answer = await half(town, writing)
        await town.slack.stops(town.sam, root)
        await town.over(lambda delivery: delivery.over)
        writing.all()
        await town.settled()
        assert (await reply(town, root)).startswith(WHOLE.strip())
        await over(town, root)
    assert own(town) == [answer]
    assert answer.shown.startswith(WHOLE.strip())


async def test_a_press_after_the_answer_is_for_nothing(town: Community) -> None:
    Writing(town).all()
    async with town.running():
        root = await town.asks(QUESTION)
        await town.told(root)
        await town.settled()
        await town.slack.stops(town.robin, root)
        await town.settled()
        await over(town, root)
        assert town.said(root) == [WHOLE]
        assert await town.bot.store.open_conversations() == ()


async def test_whoever_presses_stop_is_redirected_warned_and_ended_all_the_same(town: Community) -> None:
    async with town.running():
        root = await town.asks(INSULTS[0])
        await town.slack.stops(town.robin, root)
        await town.told(root)
        for number, insult in enumerate(INSULTS[1:], start=2):
            await town.settled()
            town.slack.passes(60)
            await town.says(insult, root)
            await town.slack.stops(town.robin, root)
            await town.told(root, number)
        await town.settled()
        conversation = names.conversation(town.team, town.general.id, root.ts)
        assert await town.bot.store.latest_ending(conversation)


@pytest.mark.parametrize("shown", [True, False])
async def test_killed_after_the_press_was_kept_the_next_process_says_no_more(town: Community, shown: bool) -> None:
    writing = Writing(town)
    async with town.running(killed=True):
        root = await (half(town, writing) if shown else town.asks(QUESTION))
        root = root[0] if isinstance(root, tuple) else root
        await town.over(lambda delivery: delivery.over)
        event = {"channel": town.general.id, "thread_ts": root.ts, "user": town.robin.id, "streaming_message_ts": []}
        press = stopped(town.team, event | {"event_ts": names.ts(town.now())})
        assert press
        await town.bot.store.accept(press, town.now())
    town.slack.passes(1)
    town.voice.writes = {}
    async with town.running():
        await town.settled()
        assert await reply(town, root) == (SHOWN if shown else "")
        await over(town, root)
    assert [each.shown for each in own(town)] == ([SHOWN] if shown else [])
    assert all(each.streaming == "completed" for each in own(town))


@pytest.mark.parametrize("left_out", ["channel", "thread_ts", "user", "event_ts"])
def test_a_press_of_which_slack_does_not_tell_all_is_none(left_out: str) -> None:
    event = {"channel": "C01", "thread_ts": "1763640000.000100", "user": "U01", "event_ts": "1763640001.000100"}
    assert stopped("T01", event)
    assert stopped("T01", {name: value for name, value in event.items() if name != left_out}) is None
    assert stopped("", event) is None

"""That the bot thinks is shown, and an answer while it is written; in the end it is whole, in any case, and once."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest

from adapters.slack.outgoing.composing import LIMIT
from adapters.slack.outgoing.escaping import harmless
from adapters.slack.outgoing.streaming import APART, BEGUN_AT_ONCE, SOON, SURE, settled
from bot.domain.action import Outcome, Say
from bot.errors import PlatformError
from tests.adapters.slack.outgoing import POST, READ, Outgoing, outgoing
from tests.adapters.slack.outgoing import START as START_AT
from tests.servers.slack import App, Breaks, Drops, Fails, Hangs, Limits, Message, Waits
from tests.servers.slack_faults import Fault

START, ADD, STOP, UPDATE = "chat.startStream", "chat.appendStream", "chat.stopStream", "chat.update"
STATUS, SESSION = "assistant.threads.setStatus", "agents.sessions.setStatus"
PARTS = [f"Sentence {number}: the tide comes <in> and goes out & in again, twice a day.\n" for number in range(6)]
SO_FAR = ["".join(PARTS[: number + 1]) for number in range(6)]
WHOLE = SO_FAR[-1].strip()
READ_AS = WHOLE.replace("<", "&lt;").replace(">", "&gt;")


async def yes() -> bool:
    """It is wanted."""
    return True


@pytest.fixture
async def asked(there: Outgoing) -> Outgoing:
    """Where robin has asked something."""
    there.thinking.begin(there.conversation(), there.robin.id, "is thinking…", yes)
    return there


def show(there: Outgoing, text: str, number: int = 0) -> Say:
    """The answer has come this far. Out: what will be said, when it is whole."""
    say = there.say(WHOLE, number)
    there.saying.preview(say.id, say.conversation, text)
    return say


async def growing(there: Outgoing, text: str = SO_FAR[1]) -> Message:
    """An answer of which the beginning is shown."""
    show(there, text)
    await there.slack.until(there.own)
    (message,) = there.own()
    await there.slack.until(lambda: len(there.naps.taken))  # Slack's answer is here as well
    return message


def is_whole(there: Outgoing, message: Message) -> bool:
    """Whether the answer is there once, whole, and marked as ours."""
    return (
        there.own() == [message]
        and message.shown == READ_AS
        and message.streaming != "in_progress"
        and bool(message.metadata)
        and not message.pings
    )


async def test_an_answer_grows_in_one_message_and_is_whole_in_the_end(asked: Outgoing) -> None:
    message = await growing(asked, SO_FAR[0])
    assert (message.streaming, message.thread_ts) == ("in_progress", asked.root.ts)
    for number in (2, 3):
        say = show(asked, SO_FAR[number])
        await asked.slack.until(grown(message, SO_FAR[number]))
    receipt = await asked.outbound.perform(say)
    assert is_whole(asked, message)
    assert receipt.message == f"{asked.general.id}:{message.ts}"
    steps = [each.args.get("markdown_text", "") for each in asked.slack.asked if "Stream" in each.method]
    assert "".join(steps) == READ_AS
    assert len(steps) == 4
    assert asked.asked(POST) == 0
    asked.restart()
    assert await asked.outbound.find(say) == receipt
    assert await asked.outbound.perform(say) == receipt


def grown(message: Message, text: str) -> Callable[[], bool]:
    """Whether a message shows all of a text that can be shown."""
    return lambda: message.shown == settled(text)


async def test_a_short_answer_is_there_at_once(asked: Outgoing) -> None:
    await asked.outbound.perform(show(asked, "Yes, twice a day."))
    assert (asked.asked(START), asked.asked(POST)) == (0, 1)


@pytest.mark.parametrize("streaming", [True, False])
async def test_where_answers_are_posted_whole_nobody_looks_for_what_a_crash_left(
    asked: Outgoing, streaming: bool
) -> None:
    asked.slack.passes(1)
    asked.stream = streaming
    asked.restart()
    await asked.outbound.perform(asked.say(WHOLE))
    assert (asked.asked(READ), asked.asked(POST)) == (streaming, 1)


async def test_for_whom_nobody_knows_nothing_is_shown(there: Outgoing) -> None:
    await there.outbound.perform(show(there, SO_FAR[3]))
    assert (there.asked(START), there.asked(POST)) == (0, 1)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("The tide comes in", "The tide comes"),
        ("Is 1 <2", "Is 1"),
        ("Is 1 <2 or", "Is 1 &lt;2"),
        ("word", ""),
        ("  a b ", "a b"),
        ("See [here](https://elsewhere.exam", "See"),
        ("tide " * LIMIT, ("tide " * (SURE // 5)).rstrip()),
    ],
)
def test_what_may_still_become_something_else_is_not_shown(text: str, shown: str) -> None:
    assert settled(text) == shown


async def test_where_the_model_begins_anew_the_message_is_written_anew(asked: Outgoing) -> None:
    message = await growing(asked, "Well, in the beginning there was nothing, and then there was the moon, and ")
    for number in (2, 3):
        say = show(asked, SO_FAR[number])
    await asked.slack.until(lambda: len(asked.naps.taken) >= 2)
    await asked.outbound.perform(say)
    assert is_whole(asked, message)
    assert message.blocks == [{"block_id": message.blocks[0]["block_id"], "type": "markdown", "text": READ_AS}]
    assert (asked.asked(ADD), asked.asked(UPDATE), asked.asked(POST)) == (0, 1, 0)


@pytest.mark.parametrize("code", ["", "cant_update_message", "edit_window_closed"])
async def test_a_stream_that_slack_has_ended_is_written_over_or_replaced(asked: Outgoing, code: str) -> None:
    message = await growing(asked)
    asked.slack.passes(400)
    if code:
        asked.slack.fault(UPDATE, Fails(error=code))
    receipt = await asked.outbound.perform(show(asked, SO_FAR[1]))
    (there,) = asked.own()
    assert is_whole(asked, there)
    assert (there is message) is (not code)
    assert receipt.message.endswith(there.ts)


async def test_what_slack_stops_for_somebody_else_is_said_whole_all_the_same(asked: Outgoing) -> None:
    message = await growing(asked)
    await asked.slack.stops(asked.robin, asked.root)
    await asked.outbound.perform(show(asked, SO_FAR[3]))
    assert is_whole(asked, message)


async def test_what_somebody_deletes_while_it_is_written_stays_deleted(asked: Outgoing) -> None:
    message = await growing(asked)
    owner = next(user for user in asked.workspace.users.values() if user.owner)
    await asked.slack.deletes(owner, message)
    receipt = await asked.outbound.perform(show(asked, SO_FAR[1]))
    assert (receipt.outcome, asked.own()) == (Outcome.REFUSED, [])
    assert receipt.why == "somebody deleted the message (message_not_found)"


FAULTS = [
    Breaks(stored=True),
    Breaks(),
    Drops(stored=True),
    Drops(),
    Fails(error="internal_error"),
    Fails(error="fatal_error", stored=True),
    Fails(error="restricted_action"),
    Limits(after=20),
    Hangs(),
]


@pytest.mark.parametrize("method", [START, ADD])
@pytest.mark.parametrize("fault", FAULTS, ids=str)
async def test_whatever_becomes_of_a_stream_the_answer_is_whole_and_once(
    asked: Outgoing, method: str, fault: Fault
) -> None:
    asked.slack.fault(method, fault)
    show(asked, SO_FAR[0])
    await asked.slack.until(lambda: asked.asked(START))
    show(asked, SO_FAR[1])
    if method == ADD:
        await asked.slack.until(lambda: asked.asked(ADD))
    receipt = await asked.outbound.perform(show(asked, SO_FAR[3]))
    (message,) = asked.own()
    assert is_whole(asked, message)
    assert receipt.message.endswith(message.ts)
    assert asked.slack.clock.now - START_AT < 10


@pytest.mark.parametrize("fault", [each for each in FAULTS if not isinstance(each, Hangs)], ids=str)
@pytest.mark.parametrize("times", [1, 3])
async def test_however_a_stream_ends_the_answer_is_whole_and_once(asked: Outgoing, fault: Fault, times: int) -> None:
    message = await growing(asked)
    asked.slack.fault(STOP, fault, times=times)
    say = show(asked, SO_FAR[1])
    for _ in range(3):
        try:
            receipt = await asked.outbound.perform(say)
            break
        except PlatformError:
            assert await asked.outbound.find(say) is None or times == 3
    assert is_whole(asked, asked.own()[0])
    assert receipt.message.endswith(asked.own()[0].ts)
    assert message.ts


@pytest.mark.parametrize("late", [False, True])
async def test_what_a_crash_left_unfinished_is_finished_and_not_doubled(asked: Outgoing, late: bool) -> None:
    message = await growing(asked)
    await asked.streams.close()
    asked.slack.passes(400 if late else 1)
    asked.restart()
    say = show(asked, SO_FAR[1])
    assert await asked.outbound.find(say) is None
    receipt = await asked.outbound.perform(say)
    assert is_whole(asked, message)
    assert receipt.message.endswith(message.ts)


async def test_after_a_crash_nobody_elses_message_is_taken_for_it(asked: Outgoing) -> None:
    other = asked.slack.robot(asked.workspace, "other")
    await asked.slack.joins(other, asked.general)
    theirs = await asked.slack.says(other, asked.general, "Mine.", thread=asked.root)
    theirs.streaming = "in_progress"
    await asked.outbound.perform(asked.say("An answer before.", 5))
    asked.own()[0].streaming = "completed"
    asked.slack.passes(1)
    asked.restart()
    await asked.outbound.perform(asked.say(WHOLE))
    assert [each.shown for each in asked.own()] == ["An answer before.", READ_AS]
    assert theirs.shown == "Mine."


async def test_a_long_answer_goes_on_in_further_messages(asked: Outgoing) -> None:
    text = "\n\n".join(f"Paragraph {number}, with enough words in it to be worth it." for number in range(120))
    say = asked.say(text)
    for end in range(200, len(text), 500):
        asked.saying.preview(say.id, say.conversation, text[:end])
        await asked.slack.until(lambda: asked.asked(START))
    receipt = await asked.outbound.perform(say)
    parts = asked.own()
    assert len(parts) == 2
    assert "\n\n".join(each.shown for each in parts) == text
    assert receipt.message.endswith(parts[-1].ts)
    assert asked.asked(UPDATE) == 0


async def test_additions_keep_their_distance_and_show_the_latest(asked: Outgoing) -> None:
    asked.naps.held = True
    message = await growing(asked, SO_FAR[0])
    for number in (1, 2, 3):
        show(asked, SO_FAR[number])
    assert asked.asked(ADD) == 0
    assert asked.naps.taken == [APART]
    asked.slack.passes(APART)
    await asked.slack.until(grown(message, SO_FAR[3]))
    assert asked.asked(ADD) == 1
    await asked.outbound.perform(show(asked, SO_FAR[3]))
    assert is_whole(asked, message)


async def test_so_many_streams_are_begun_as_slack_lets_end(asked: Outgoing) -> None:
    says = []
    for number in range(10):
        room = asked.slack.channel(asked.workspace, f"room {number}")
        root = await asked.slack.mentions(asked.robin, room, "Tell me about tides.")
        asked.thinking.begin(asked.conversation(root), asked.robin.id, "is thinking…", yes)
        says.append(asked.say(WHOLE, root=root))
    for so_far in SO_FAR:
        for say in says:
            asked.saying.preview(say.id, say.conversation, so_far)
        await asked.slack.until(lambda: asked.asked(START) == BEGUN_AT_ONCE)
    receipts = await asyncio.gather(*(asked.outbound.perform(say) for say in says))
    assert {each.outcome for each in receipts} == {Outcome.DELIVERED}
    said = [each for room in asked.workspace.channels.values() for each in asked.own(room)]
    assert [each.shown for each in said] == [READ_AS] * 10
    assert sum(each.streaming == "completed" for each in said) == BEGUN_AT_ONCE
    assert not [each for each in asked.slack.asked if each.error == "ratelimited"]


async def test_where_there_are_no_streams_slack_is_asked_once(asked: Outgoing) -> None:
    asked.slack.fault(START, Fails(error="unknown_method"))
    for number in range(2):
        show(asked, SO_FAR[2], number)
        await asked.slack.until(lambda: asked.asked(START))
        await asked.outbound.perform(show(asked, SO_FAR[2], number))
    assert asked.asked(START) == 1
    assert [each.shown for each in asked.own()] == [READ_AS] * 2


# An answer that is given up.


async def given_up(there: Outgoing, say: Say) -> str:
    """What is shown of an answer as it is given up; from then on it says just that."""
    shown = await there.saying.give_up(say)
    if shown:
        assert (await there.outbound.perform(replace(say, text=shown))).outcome is Outcome.DELIVERED
    return shown


def reads(text: str) -> str:
    """What of a text can be shown before it is whole."""
    return settled(text).replace("&lt;", "<").replace("&gt;", ">")


async def test_what_is_shown_of_an_answer_that_is_given_up_stays_and_nothing_follows(asked: Outgoing) -> None:
    message = await growing(asked)
    assert await given_up(asked, asked.say(WHOLE)) == reads(SO_FAR[1])
    show(asked, SO_FAR[3])
    assert (message.shown, message.streaming) == (settled(SO_FAR[1]), "completed")
    assert asked.own() == [message]
    assert message.metadata
    assert asked.asked(ADD) == asked.asked(UPDATE) == 0


async def test_a_stream_that_slack_has_stopped_by_itself_ends_as_it_is(asked: Outgoing) -> None:
    message = await growing(asked)
    await asked.slack.stops(asked.robin, asked.root)
    show(asked, SO_FAR[3])  # it had been on its way
    await asked.slack.until(lambda: asked.asked(ADD))
    assert await given_up(asked, asked.say(WHOLE)) == reads(SO_FAR[1])
    assert message.shown == settled(SO_FAR[1])
    assert asked.own() == [message]
    assert message.metadata


@pytest.mark.parametrize("text", ["Yes, twice a day.", ""])
async def test_of_what_is_not_shown_yet_nothing_will_be(asked: Outgoing, text: str) -> None:
    await asked.slack.until(lambda: asked.general.sessions)
    say = show(asked, text)
    assert await given_up(asked, say) == ""
    await asked.slack.until(lambda: asked.general.sessions[asked.root.ts] == ["processing", "active"])
    assert asked.own() == []


@pytest.mark.parametrize("fault", [Breaks(stored=True), Drops(stored=True), Hangs(), Breaks(), Drops()], ids=str)
@pytest.mark.parametrize("method", [START, ADD])
async def test_where_nobody_knows_what_is_shown_slack_is_asked(asked: Outgoing, method: str, fault: Fault) -> None:
    if method == ADD:
        await growing(asked)
    asked.slack.fault(method, fault)
    show(asked, SO_FAR[3])
    await asked.slack.until(lambda: asked.asked(method))
    shown = await given_up(asked, asked.say(WHOLE))
    own = asked.own()
    assert [each.shown for each in own] == ([harmless(shown)] if shown else [])
    assert all(each.metadata and each.streaming != "in_progress" for each in own)
    assert (method, bool(own)) != (ADD, False)


async def test_after_a_crash_what_was_shown_is_found_and_ended(asked: Outgoing) -> None:
    message = await growing(asked)
    await asked.slack.stops(asked.robin, asked.root)
    await asked.streams.close()
    asked.slack.passes(1)
    asked.restart()
    say = asked.say(WHOLE)
    assert await asked.outbound.find(say) is None
    assert await given_up(asked, say) == reads(SO_FAR[1])
    asked.restart()
    assert await asked.outbound.find(replace(say, text=reads(SO_FAR[1]))) is not None
    assert (message.shown, asked.own()) == (settled(SO_FAR[1]), [message])


async def test_what_somebody_deletes_before_it_is_given_up_stays_deleted(asked: Outgoing) -> None:
    message = await growing(asked)
    owner = next(user for user in asked.workspace.users.values() if user.owner)
    await asked.slack.deletes(owner, message)
    say = asked.say(WHOLE)
    shown = await asked.saying.give_up(say)
    receipt = await asked.outbound.perform(replace(say, text=shown))
    assert (receipt.outcome, asked.own()) == (Outcome.REFUSED, [])


# What is urgent waits for no stream.


async def test_a_card_in_place_of_an_answer_that_is_shown_goes_out_at_once(asked: Outgoing) -> None:
    message = await growing(asked)
    asked.slack.fault(STOP, Limits(after=55))
    before = asked.slack.clock.now
    await asked.outbound.perform(asked.say("There is help.", urgent=True))
    assert float(asked.own()[-1].ts) - before <= APART
    await asked.slack.until(lambda: message.deleted)
    assert [each.shown for each in asked.own()] == ["There is help."]


async def test_after_a_crash_a_card_waits_for_nobody_to_look(asked: Outgoing) -> None:
    message = await growing(asked)
    await asked.streams.close()
    asked.slack.passes(1)
    asked.restart()
    held = asyncio.Event()
    asked.slack.fault(READ, Waits(until=held))
    await asked.outbound.perform(asked.say("There is help.", urgent=True))
    assert [each.shown for each in asked.own()] == [settled(SO_FAR[1]), "There is help."]
    held.set()
    await asked.slack.until(lambda: message.deleted)


# That it is thinking.


@pytest.fixture
async def plain() -> AsyncIterator[Outgoing]:
    """The same where there are no sessions."""
    async with outgoing(App(agent=False)) as there:
        there.thinking.begin(there.conversation(), there.robin.id, "is thinking…", yes)
        yield there


async def test_a_session_is_processing_until_there_is_something_to_read(asked: Outgoing) -> None:
    await asked.slack.until(lambda: asked.general.sessions)
    await asyncio.sleep(0)
    await asked.outbound.perform(asked.say("Yes."))
    await asked.slack.until(lambda: asked.general.sessions[asked.root.ts] == ["processing", "active"])
    assert asked.asked(STATUS) == 0


async def test_that_it_is_over_is_said_even_where_slack_wants_to_wait(asked: Outgoing) -> None:
    await asked.slack.until(lambda: asked.general.sessions)
    asked.slack.fault(SESSION, Limits(after=50))
    await asked.outbound.perform(asked.say("Yes."))
    await asked.slack.until(lambda: asked.general.sessions[asked.root.ts] == ["processing", "active"])


async def test_a_session_that_is_closed_stays_closed_however_late_it_is_told_that_it_is_over(asked: Outgoing) -> None:
    await asked.slack.until(lambda: asked.general.sessions)
    held = asyncio.Event()
    asked.slack.fault(SESSION, Waits(until=held))
    saying = asyncio.create_task(asked.outbound.perform(asked.say("It has ended.")))
    await asked.slack.until(lambda: asked.asked(SESSION) == 2)
    closing = asyncio.create_task(asked.outbound.perform(asked.close()))
    await asyncio.sleep(0)
    held.set()
    await asyncio.gather(saying, closing)
    assert asked.general.sessions[asked.root.ts] == ["processing", "active", "closed"]


async def test_what_had_to_wait_is_not_said_of_a_session_that_is_closed_by_then(there: Outgoing) -> None:
    there.slack.fault(SESSION, Limits(after=50))
    there.naps.held = True
    over = asyncio.create_task(there.sessions.set(there.conversation(), "active", patience=60))
    await there.slack.until(lambda: there.naps.taken)
    assert not await there.sessions.set(there.conversation(), "closed")
    there.slack.passes(60)
    await over
    assert there.general.sessions == {}


async def test_a_receipt_says_that_it_is_over_only_when_slack_knows(asked: Outgoing) -> None:
    await asked.slack.until(lambda: asked.general.sessions)
    held = asyncio.Event()
    asked.slack.fault(SESSION, Waits(until=held))
    saying = asyncio.create_task(asked.outbound.perform(asked.say("It goes out.")))
    await asked.slack.until(lambda: asked.asked(SESSION) == 2)
    for _ in range(20):
        await asyncio.sleep(0)
    assert not saying.done()
    saying.cancel()  # killed
    asked.slack.passes(1)
    asked.restart()
    held.set()
    assert await asked.outbound.find(asked.say("It goes out."))
    assert asked.general.sessions[asked.root.ts][-1] == "active"


async def test_care_waits_for_no_session(asked: Outgoing) -> None:
    await asked.slack.until(lambda: asked.general.sessions)
    held = asyncio.Event()
    asked.slack.fault(SESSION, Waits(until=held))
    await asked.outbound.perform(asked.say("There is help.", urgent=True))
    held.set()
    await asked.slack.until(lambda: asked.general.sessions[asked.root.ts] == ["processing", "active"])


async def test_what_an_earlier_process_was_at_is_over_when_it_is_answered(asked: Outgoing) -> None:
    await asked.slack.until(lambda: asked.general.sessions)
    await asked.thinking.close()
    asked.slack.passes(1)
    asked.restart()
    await asked.outbound.perform(asked.say("Yes."))
    await asked.slack.until(lambda: asked.general.sessions[asked.root.ts] == ["processing", "active"])


@pytest.mark.parametrize("urgent", [True, False])
async def test_after_a_restart_what_has_ended_stays_closed_and_all_else_is_over(asked: Outgoing, urgent: bool) -> None:
    other = await asked.slack.mentions(asked.robin, asked.general, "Good morning.")
    asked.thinking.begin(asked.conversation(other), asked.robin.id, "is thinking…", yes)
    await asked.slack.until(lambda: len(asked.general.sessions) == 2)
    await asked.outbound.perform(asked.close())
    await asked.thinking.close()
    asked.restart()
    asked.ended.add(asked.conversation())
    for root in (asked.root, other):
        await asked.outbound.perform(asked.say("There is help.", root=root, urgent=urgent))
    async with asyncio.timeout(5):
        await asked.slack.until(lambda: asked.general.sessions[other.ts] == ["processing", "active"])
    assert asked.general.sessions[asked.root.ts] == ["processing", "closed"]


async def soon() -> None:
    """Whatever can go on without Slack has gone on."""
    for _ in range(50):
        await asyncio.sleep(0)


@pytest.mark.parametrize("agent", [True, False])
async def test_an_answer_that_is_there_soon_costs_no_request_but_its_own(agent: bool) -> None:
    async with outgoing(App(agent=agent)) as there:
        there.moments.held = True
        there.thinking.begin(there.conversation(), there.robin.id, "is thinking…", yes)
        there.slack.passes(SOON / 2)
        await soon()
        await there.outbound.perform(there.say("Yes."))
        there.slack.passes(60)
        await soon()
        assert there.moments.taken == [SOON]
        assert [each.method for each in there.slack.asked] == [POST]


async def test_one_that_takes_longer_is_waited_for_and_seen_to_be(there: Outgoing) -> None:
    there.moments.held = True
    there.thinking.begin(there.conversation(), there.robin.id, "is thinking…", yes)
    await there.slack.until(lambda: there.moments.taken)
    there.slack.passes(SOON)
    await there.slack.until(lambda: there.general.sessions)
    await there.outbound.perform(there.say("Yes."))
    assert there.general.sessions[there.root.ts] == ["processing", "active"]


async def test_where_slack_has_had_enough_of_sessions_a_status_does(asked: Outgoing) -> None:
    await asked.thinking.close()
    asked.slack.fault(SESSION, Limits(after=50))
    asked.thinking.begin(asked.conversation(), asked.robin.id, "is thinking…", yes)
    await asked.slack.until(lambda: asked.general.statuses)
    await asked.outbound.perform(asked.say("Yes."))
    await asked.slack.until(lambda: not asked.general.statuses)


async def test_where_there_are_no_sessions_a_status_is_shown_until_there_is_something_to_read(plain: Outgoing) -> None:
    await plain.slack.until(lambda: plain.general.statuses)
    assert plain.general.statuses[plain.root.ts][0]["status"] == "is thinking…"
    await asyncio.sleep(0)
    await plain.outbound.perform(plain.say("Yes."))
    plain.thinking.begin(plain.conversation(), plain.robin.id, "is thinking…", yes)
    await plain.slack.until(lambda: plain.asked(STATUS) == 2)
    assert plain.asked(SESSION) == 1


async def test_a_word_aside_takes_it_away_too(plain: Outgoing) -> None:
    await plain.slack.until(lambda: plain.general.statuses)
    await plain.outbound.perform(plain.say("It has ended.", aside=True))
    await plain.slack.until(lambda: not plain.general.statuses)


async def test_it_does_not_come_after_what_was_said(plain: Outgoing) -> None:
    held = asyncio.Event()
    plain.slack.fault(STATUS, Waits(until=held))
    await plain.slack.until(lambda: plain.asked(STATUS))
    await plain.outbound.perform(plain.say("Yes."))
    held.set()
    await plain.slack.until(lambda: plain.asked(STATUS) == 2)
    assert plain.slack.requests(STATUS)[-1].args["status"] == ""


@pytest.mark.parametrize("fault", [Breaks(), Drops(), Fails(error="channel_not_found"), Limits(after=50)], ids=str)
@pytest.mark.parametrize("method", [STATUS, SESSION])
async def test_thinking_that_is_not_shown_keeps_no_answer_back(asked: Outgoing, method: str, fault: Fault) -> None:
    asked.slack.fault(SESSION, Fails(error="feature_disabled") if method == STATUS else fault, times=10)
    asked.slack.fault(method, fault, times=10)
    await asked.slack.until(lambda: asked.asked(method))
    before = asked.slack.clock.now
    assert (await asked.outbound.perform(asked.say("Yes."))).outcome is Outcome.DELIVERED
    assert float(asked.own()[0].ts) - before < 1


async def test_nobody_thinks_where_nothing_is_wanted(there: Outgoing) -> None:
    async def no() -> bool:
        return False

    there.thinking.begin(there.conversation(), there.robin.id, "is thinking…", no)
    await there.outbound.perform(there.say("Yes."))
    await asyncio.sleep(0)
    assert there.asked(STATUS) + there.asked(SESSION) == 0

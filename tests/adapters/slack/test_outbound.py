"""What the bot asks of Slack is done there once, where it can be done; and what became of it is told as it is."""

from dataclasses import replace

import pytest

from adapters.slack.outgoing.composing import LIMIT
from adapters.slack.outgoing.escaping import harmless
from bot.domain.action import Action, Outcome, Receipt
from bot.errors import PlatformError
from tests.adapters.slack.outgoing import HISTORY, POST, READ, Outgoing
from tests.servers.slack import Breaks, Drops, Fails, Kind, Message
from tests.servers.slack_blocks import elements

LONG = "\n\n".join(f"Paragraph {number} of many, with enough words in it to be worth reading." for number in range(90))


def is_(message: Message, receipt: Receipt) -> bool:
    """Whether a receipt is of a message."""
    return (receipt.outcome, receipt.message) == (Outcome.DELIVERED, f"{message.channel.id}:{message.ts}")


def names_of(message: Message) -> list[str]:
    """The action_ids of what can be pressed below a message."""
    return [str(each["action_id"]) for block in message.blocks for each in elements(block)]


# What is said.


async def test_an_answer_goes_into_the_thread_and_harms_nobody(there: Outgoing) -> None:
    receipt = await there.outbound.perform(there.say("Hello <!channel> & [bank](https://elsewhere.example)"))
    (message,) = there.own()
    assert is_(message, receipt)
    assert receipt.at.timestamp() == pytest.approx(float(message.ts), abs=1e-6)
    assert (message.thread_ts, message.pings, message.unfurls) == (there.root.ts, frozenset(), False)
    assert message.text == message.blocks[0]["text"] == harmless("Hello <!channel> & [bank](https://elsewhere.example)")


async def test_a_direct_message_is_answered_in_its_own_thread(there: Outgoing) -> None:
    direct = there.slack.dm(there.robin)
    root = await there.slack.says(there.robin, direct, "Good evening.")
    told: list[Action] = [
        there.say("One.", root=root),
        there.tell("Two.", 1, root=root),
        there.offer("Three.", 2, root=root),
    ]
    receipts = [await there.outbound.perform(action) for action in told]
    messages = there.own(direct)
    assert all(is_(message, receipt) for message, receipt in zip(messages, receipts, strict=True))
    assert [(each.thread_ts, each.text) for each in messages] == [
        (root.ts, text) for text in ("One.", "Two.", "Three.")
    ]
    aside = await there.outbound.perform(there.say("Four.", 3, root=root, aside=True))
    assert is_(there.own(direct)[-1], aside)
    assert direct.ephemerals == []


async def test_a_long_answer_that_broke_off_goes_on_where_it_was(there: Outgoing) -> None:
    say = there.say(LONG)
    there.slack.fault(POST, Breaks(stored=True), Fails(error="message_limit_exceeded"))
    with pytest.raises(PlatformError):
        await there.outbound.perform(say)
    there.restart()
    assert await there.outbound.find(say) is None
    receipt = await there.outbound.perform(say)
    messages = there.own()
    assert len(messages) == 2
    assert is_(messages[-1], receipt)
    assert "\n\n".join(each.text for each in messages) == LONG
    assert all(len(each.text) <= LIMIT for each in messages)
    there.restart()
    assert await there.outbound.find(say) == receipt


async def test_a_very_long_answer_takes_as_many_messages_as_it_needs(there: Outgoing) -> None:
    text = "\n\n".join(f"{number}. {LONG}" for number in range(4))
    receipt = await there.outbound.perform(there.say(text))
    assert "\n\n".join(each.text for each in there.own()) == text
    assert is_(there.own()[-1], receipt)
    there.restart()
    assert await there.outbound.find(there.say(text)) == receipt


async def test_half_a_notice_is_none(there: Outgoing) -> None:
    there.slack.fault(POST, Drops(stored=True), Fails(error="is_archived"))
    receipt = await there.outbound.perform(there.say(LONG))
    assert receipt.outcome is Outcome.REFUSED
    assert receipt.why == "the channel is archived (is_archived); 1 of 2 parts are there"


@pytest.mark.parametrize("stored", [True, False])
async def test_between_a_post_and_its_record_nothing_is_lost_or_doubled(there: Outgoing, stored: bool) -> None:
    actions: list[Action] = [there.say("One."), there.tell("Two.", 1), there.offer("Three.", 2), there.call("Four.", 3)]
    for action in actions:
        there.slack.fault(POST, Drops(stored=stored))
        there.slack.fault(READ, Breaks(), times=20)
        there.slack.fault(HISTORY, Breaks(), times=20)
        with pytest.raises(PlatformError):  # the process may as well be killed here
            await there.outbound.perform(action)
        there.slack.web.faults.clear()
    there.restart()
    found = [await there.outbound.find(action) for action in actions]
    assert [each is not None for each in found] == [stored] * 4
    performed = [await there.outbound.perform(action) for action in actions]
    there.restart()
    assert [await there.outbound.find(action) for action in actions] == performed
    assert not stored or found == performed
    direct = there.own(there.slack.dm(there.robin))
    assert [each.text for each in (*there.own(), *direct)] == ["One.", "Two.", "Three."]
    assert len(there.own(there.desk)) == 1


async def test_where_the_bot_is_no_more_it_says_why(there: Outgoing) -> None:
    await there.slack.leaves(there.bot, there.general)
    receipt = await there.outbound.perform(there.say("Good evening."))
    assert (receipt.outcome, receipt.why) == (Outcome.REFUSED, "the bot is not in that channel (not_in_channel)")
    assert await there.outbound.find(there.say("Good evening.")) is None


# Care.


async def test_care_is_a_message_that_stays_even_where_a_word_aside_was_wanted(there: Outgoing) -> None:
    receipt = await there.outbound.perform(there.say("You matter.", urgent=True, aside=True))
    assert is_(there.own()[0], receipt)
    assert there.general.ephemerals == []


async def test_care_that_cannot_be_said_in_the_thread_goes_by_direct_message(there: Outgoing) -> None:
    there.slack.archives(there.general)
    care = there.say("You matter.", urgent=True)
    receipt = await there.outbound.perform(care)
    (message,) = there.own(there.slack.dm(there.robin))
    assert is_(message, receipt)
    assert message.text == "You matter."
    there.restart()
    assert await there.outbound.find(care) == receipt
    there.robin.deleted = True
    there.restart()
    refused = await there.outbound.perform(there.say("You matter.", 1, urgent=True))
    assert refused.outcome is Outcome.REFUSED
    assert refused.why.count("(") == 2


# To one member alone.


async def test_a_word_aside_is_for_one_member_and_has_a_way_on(there: Outgoing) -> None:
    receipt = await there.outbound.perform(there.say("This has ended.", aside=True))
    (message,) = there.general.ephemerals
    assert (message.only, message.thread_ts, names_of(message)) == (there.robin, there.root.ts, ["anew"])
    assert receipt.outcome is Outcome.DELIVERED
    assert there.own() == []


async def test_a_word_aside_comes_once_at_most(there: Outgoing) -> None:
    there.slack.fault("chat.postEphemeral", Drops(stored=True))
    receipt = await there.outbound.perform(there.say("This has ended.", aside=True))
    assert receipt.outcome is Outcome.DELIVERED
    assert len(there.general.ephemerals) == 1
    await there.slack.leaves(there.robin, there.general)
    refused = await there.outbound.perform(there.say("This has ended.", 1, aside=True))
    assert (refused.outcome, refused.why) == (
        Outcome.REFUSED,
        "the member has left that channel (user_not_in_channel)",
    )


@pytest.mark.parametrize("code", ["cannot_dm_bot", "user_not_found", "user_disabled", "restricted_action", "odd_word"])
async def test_who_cannot_be_told_alone_is_told_in_the_thread(there: Outgoing, code: str) -> None:
    first = await there.outbound.perform(there.tell("For you alone.", 1))
    (alone,) = there.own(there.slack.dm(there.robin))
    assert is_(alone, first)
    assert (alone.text, alone.thread_ts) == ("For you alone.", None)
    there.restart()
    there.slack.fault("conversations.open", Fails(error=code), times=2)
    tell = there.tell("For you alone.", 2)
    receipt = await there.outbound.perform(tell)
    (message,) = there.own()
    assert is_(message, receipt)
    assert (message.text, message.thread_ts) == ("In short.", there.root.ts)
    assert await there.outbound.find(tell) == receipt


async def test_an_offer_has_a_button_wherever_it_is_made(there: Outgoing) -> None:
    receipt = await there.outbound.perform(there.offer("Go on from your words?", 1))
    (message,) = there.own(there.slack.dm(there.robin))
    assert is_(message, receipt)
    assert names_of(message) == ["take"]
    there.restart()
    there.slack.fault("conversations.open", Fails(error="cannot_dm_bot"))
    receipt = await there.outbound.perform(there.offer("Go on from your words?", 2))
    (aside,) = there.general.ephemerals
    assert (aside.only, aside.text, names_of(aside)) == (there.robin, "Go on?", ["take"])
    assert (receipt.outcome, there.own()) == (Outcome.DELIVERED, [])


# An ending.


@pytest.mark.parametrize("restarted", [False, True])
async def test_an_ending_can_be_rated_on_its_last_message(there: Outgoing, restarted: bool) -> None:
    notice = there.say(LONG)
    said = await there.outbound.perform(notice)
    ask = there.rate(notice)
    if restarted:
        there.restart()
    there.slack.fault("chat.update", Drops(stored=True))
    receipt = await there.outbound.perform(ask)
    first, last = there.own()
    assert is_(last, receipt)
    assert receipt.message == said.message
    assert (first.blocks[-1]["type"], last.blocks[-1]["type"]) == ("markdown", "context_actions")
    assert last.blocks[0]["text"] == last.text
    await there.slack.rates(there.robin, last, good=True)
    there.restart()
    assert await there.outbound.find(notice) == said
    assert await there.outbound.find(ask) is None
    assert (await there.outbound.perform(ask)).message == receipt.message


async def test_an_ending_that_was_not_said_cannot_be_rated(there: Outgoing) -> None:
    receipt = await there.outbound.perform(there.rate(there.say("It has ended.")))
    assert (receipt.outcome, receipt.why) == (Outcome.REFUSED, "the notice of the ending is not there")


async def test_thumbs_that_slack_does_not_take_are_told_of(there: Outgoing) -> None:
    notice = there.say("It has ended.")
    await there.outbound.perform(notice)
    there.slack.fault("chat.update", Fails(error="invalid_blocks"))
    receipt = await there.outbound.perform(there.rate(notice))
    assert (receipt.outcome, receipt.why) == (Outcome.REFUSED, "Slack refuses it (invalid_blocks)")


async def test_a_closed_thread_is_marked_and_the_mark_is_taken_away_again(there: Outgoing) -> None:
    assert (await there.outbound.perform(there.close())).outcome is Outcome.DELIVERED
    assert there.root.reactions == {"lock": [there.bot]}
    assert there.general.sessions == {there.root.ts: ["closed"]}
    assert (await there.outbound.perform(there.close())).outcome is Outcome.DELIVERED
    assert (await there.outbound.perform(there.reopen())).outcome is Outcome.DELIVERED
    assert there.root.reactions == {}
    assert there.general.sessions[there.root.ts] == ["closed", "closed", "active"]
    assert (await there.outbound.perform(there.reopen())).outcome is Outcome.NEEDLESS


@pytest.mark.parametrize("code", ["too_many_reactions", "missing_scope", "message_not_found"])
async def test_a_mark_that_is_refused_says_why(there: Outgoing, code: str) -> None:
    there.slack.fault("reactions.add", Fails(error=code))
    receipt = await there.outbound.perform(there.close())
    assert receipt.outcome is Outcome.REFUSED
    assert receipt.why.endswith(f"({code})")


@pytest.mark.parametrize("agent", [False, "feature_disabled"])
async def test_a_workspace_without_sessions_is_asked_once(there: Outgoing, agent: bool | str) -> None:
    there.slack.app.agent = agent
    for _ in range(2):
        assert (await there.outbound.perform(there.close())).outcome is Outcome.DELIVERED
    assert there.asked("agents.sessions.setStatus") == 1


async def test_sessions_that_are_out_of_order_keep_nothing_back(there: Outgoing) -> None:
    there.slack.fault("agents.sessions.setStatus", Breaks(), times=3)
    assert (await there.outbound.perform(there.close())).outcome is Outcome.DELIVERED
    assert (await there.outbound.perform(there.close())).outcome is Outcome.DELIVERED
    assert there.general.sessions == {there.root.ts: ["closed"]}


# To the moderators.


async def test_an_urgent_call_calls_who_is_named_and_another_calls_nobody(there: Outgoing) -> None:
    keepers = there.slack.group(there.workspace, "keepers", there.mo)
    there.called = (keepers.id, there.mo.id, "<!channel>", "channel")
    for number, urgent in enumerate((True, False)):
        call = there.call("Somebody may be in danger. <!here>", number, urgent=urgent)
        receipt = await there.outbound.perform(call)
        assert is_(there.own(there.desk)[-1], receipt)
        there.restart()
        assert await there.outbound.find(call) == receipt
    first, second = there.own(there.desk)
    assert (first.pings, second.pings) == (frozenset({keepers.id, there.mo.id}), frozenset())
    link = f"https://the-library.slack.com/archives/{there.general.id}/p{there.root.ts.replace('.', '')}"
    assert first.text.split("\n")[-1].startswith(link)
    assert (first.unfurls, first.thread_ts, names_of(first)) == (False, None, ["look"])


async def test_a_call_about_a_direct_message_leads_nowhere(there: Outgoing) -> None:
    root = await there.slack.says(there.robin, there.slack.dm(there.robin), "Good evening.")
    call = replace(there.call("Somebody may be in danger."), conversation=there.conversation(root))
    await there.outbound.perform(call)
    (message,) = there.own(there.desk)
    who = f"https://slack.com/app_redirect?team={there.team}&channel={there.robin.id}"
    assert message.text == f"Somebody may be in danger.\n{who}"
    assert not message.pings


async def test_a_call_about_nobody_leads_to_nobody(there: Outgoing) -> None:
    await there.outbound.perform(replace(there.call("A thread cannot be closed."), member=""))
    (message,) = there.own(there.desk)
    assert "app_redirect" not in message.text


@pytest.mark.parametrize("why", ["no desk", "is_archived", "not_in_channel", "channel_not_found"])
async def test_where_the_channel_takes_nothing_an_urgent_call_goes_to_each_moderator(there: Outgoing, why: str) -> None:
    sam, keepers = there.slack.member(there.workspace, "sam"), there.slack.group(there.workspace, "keepers", there.mo)
    there.called = (keepers.id, sam.id, "S0GONE", there.slack.robot(there.workspace, "another").id)
    call = there.call("Somebody may be in danger.", urgent=True)
    if why == "no desk":
        call = replace(call, desk=None)
    else:
        there.slack.fault(POST, Fails(error=why))
    for _ in range(2):
        receipt = await there.outbound.perform(call)
        assert receipt.outcome is Outcome.DELIVERED
        there.restart()
        if why != "no desk":
            there.slack.fault(POST, Fails(error=why))
    for who in (there.mo, sam):
        (message,) = there.own(there.slack.dm(who))
        assert "\nSomebody may be in danger.\n" in message.text
        assert names_of(message) == ["look"]
    assert there.own(there.desk) == []


async def test_what_is_not_urgent_goes_to_the_channel_or_nowhere(there: Outgoing) -> None:
    there.called = (there.mo.id,)
    receipt = await there.outbound.perform(replace(there.call("An appeal."), desk=None))
    assert receipt.outcome is Outcome.REFUSED
    assert there.own(there.slack.dm(there.mo)) == []


# What somebody has to know.


async def test_what_somebody_has_to_know_names_them_whatever_they_call_themselves(there: Outgoing) -> None:
    there.slack.member(there.workspace, "sam")
    notice = replace(there.say("sam, it has ended."), due=True)
    receipt = await there.outbound.perform(notice)
    (message,) = there.own()
    assert message.shown == f"<@{there.robin.id}>\nsam, it has ended."
    assert message.pings == {there.robin.id}
    there.restart()
    assert await there.outbound.find(notice) == receipt


async def test_in_private_there_is_nobody_else_to_be_named(there: Outgoing) -> None:
    root = await there.slack.says(there.robin, there.slack.dm(there.robin), "Good evening.")
    await there.outbound.perform(replace(there.say("It has ended.", root=root), due=True))
    assert [each.shown for each in there.own(root.channel)] == ["It has ended."]


async def test_what_somebody_has_to_know_comes_alone_where_the_thread_takes_nothing(there: Outgoing) -> None:
    there.slack.fault(POST, Fails(error="restricted_action_thread_locked"))
    notice = replace(there.say("It has ended."), due=True)
    there.stored[notice.id] = notice
    receipt = await there.outbound.perform(notice)
    (message,) = there.own(there.slack.dm(there.robin))
    assert (receipt.outcome, message.shown) == (Outcome.DELIVERED, "It has ended.")
    there.restart()
    assert await there.outbound.find(notice) == receipt
    rated = await there.outbound.perform(there.rate(notice))
    assert rated.message == receipt.message
    assert [each["type"] for each in message.blocks] == ["markdown", "context_actions"]


async def test_an_answer_goes_nowhere_else(there: Outgoing) -> None:
    there.slack.fault(POST, Fails(error="restricted_action_thread_locked"))
    assert (await there.outbound.perform(there.say("It goes out again."))).outcome is Outcome.REFUSED
    assert there.own(there.slack.dm(there.robin)) == []


async def test_a_call_goes_out_without_its_link_if_there_is_none(there: Outgoing) -> None:
    there.slack.fault("chat.getPermalink", Fails(error="message_not_found"))
    receipt = await there.outbound.perform(there.call("Somebody may be in danger."))
    assert is_(there.own(there.desk)[0], receipt)


@pytest.mark.parametrize("desk", ["mod-log", "#desk", ""])
async def test_without_a_channel_nobody_can_be_called(there: Outgoing, desk: str) -> None:
    call = there.call("Somebody may be in danger.")
    place = replace(call.place, channel=desk) if desk else None
    receipt = await there.outbound.perform(replace(call, desk=place))
    assert (receipt.outcome, receipt.why) == (Outcome.REFUSED, "no channel is set in which moderators are called")
    assert await there.outbound.find(replace(call, desk=place)) is None


async def test_a_private_channel_that_is_shared_is_like_any_other(there: Outgoing) -> None:
    room = there.slack.channel(there.workspace, "private", kind=Kind.PRIVATE)
    root = await there.slack.mentions(there.robin, room, "Good evening.")
    receipt = await there.outbound.perform(there.say("Good evening.", root=root))
    assert is_(there.own(room)[0], receipt)
    assert there.asked(READ) == 0

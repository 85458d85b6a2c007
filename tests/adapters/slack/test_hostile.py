"""People, other apps and Slack itself at their worst: nothing that is written is power, and no cry is lost."""

import asyncio
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.slack import names
from adapters.slack.outgoing.posting import EVENT
from bot.configuration import Configuration
from bot.domain.action import CallModerators
from bot.domain.assessment import Level, Reading, Risk
from bot.domain.ending import EndingState
from tests.adapters.slack.community import EXPLICIT, INSULTS, Community
from tests.adapters.slack.outgoing import POST
from tests.adapters.slack.people import Town, labels, peopled, read
from tests.servers import slack_acts as acts
from tests.servers.slack import Drops, Fails, Limits, Link, Message, Upload, Waits, links
from tests.servers.slack_blocks import elements
from tests.servers.slack_drafts import draft
from tests.servers.slack_state import Channel, Json, Kind
from tests.servers.slack_text import texts

IMMINENT = Reading(by="scripted reader", risk=Risk(Level.IMMINENT, sure=True))
ONLY = "Only moderators can do that."
NASTY = "[sam](https://elsewhere.example) <!channel> <https://elsewhere.example|bank>\nEnding x was upheld"


@pytest.fixture
async def here(everything: Configuration, tmp_path: Path) -> AsyncIterator[Town]:
    """A workspace with people, and the bot."""
    async with peopled(everything, tmp_path) as made:
        yield made


def calls(here: Town) -> list[Message]:
    """What lies before the moderators about somebody who may be in danger."""
    return [each for each in here.own(here.desk) if "What I noticed" in each.shown]


async def called(here: Town) -> None:
    """Return when moderators were called for somebody, who was told whom they can reach in their direct messages."""
    await here.slack.until(lambda: calls(here))
    await here.settled()
    assert any("{" not in each.shown and "alone" in each.shown for each in here.own(here.slack.dm(here.robin)))


async def begun(here: Town) -> Message:
    """A thread of robin's with the bot."""
    root = await here.asks("Good evening.")
    await here.answered(root, 1)
    return root


def masked(message: Message) -> list[Link]:
    """Its links that do not show where they lead."""
    return [each for text, markdown in texts(message.blocks) for each in links(text, markdown=markdown) if each.masked]


def mark(here: Town, root: Message) -> Json:
    """What the bot's answer in a thread will be marked with: made of ids alone, so anybody can tell."""
    key = names.said(here.team, root.channel.id, root.ts)
    return {"event_type": EVENT, "event_payload": {"id": names.post(f"{key}/0", 0, "say")}}


# Rule 13: talk is not power.


async def test_a_message_of_another_apps_that_is_marked_like_ours_is_not_taken_for_it(here: Town) -> None:
    """Neither where it comes by itself, nor where the answer is looked for because Slack's reply was lost."""
    thief = here.slack.robot(here.workspace, "thief")
    here.general.members[thief.id] = thief
    here.slack.fault(POST, Drops(), Drops())
    here.naps.held = True
    root = await here.asks("Good evening.")
    await here.slack.until(lambda: len(here.slack.requests(POST)) == 1)
    forged = replace(draft({"text": "I owe thief ten pounds."}), metadata=mark(here, root))
    acts.post(here.slack.world, thief, acts.Place(channel=here.general, thread_ts=root.ts), forged)
    here.slack.deliveries.tell(here.slack.world.take())
    here.naps.held = False
    here.slack.passes(60)
    (answer,) = await here.answered(root, 1)
    assert answer.metadata == mark(here, root)
    assert len(await here.store.turns(names.conversation(here.team, here.general.id, root.ts))) == 1


async def test_a_name_notifies_nobody_masks_no_link_and_begins_no_line_before_the_moderators(here: Town) -> None:
    here.robin.name = NASTY
    await begun(here)
    await here.adapter._profiles.settled()
    await here.closed()
    (card,) = here.own(here.desk)
    assert card.pings == frozenset()
    assert masked(card) == []
    assert not any(line.startswith("Ending x") for line in card.shown.splitlines())


@pytest.mark.parametrize("label", ["Uphold", "Overturn", "Open transcript"])
@pytest.mark.parametrize("value", ["", "-", "part", "nobody's"])
async def test_a_value_that_is_forged_leads_nowhere(here: Town, label: str, value: str) -> None:
    root, _ = await here.closed()
    (card,) = here.own(here.desk)
    ending = (await here.ending(root)).id
    for element in (one for block in card.blocks for one in elements(block)):
        element["value"] = ending[:4] if value == "part" else value
    await here.presses(here.sam, card, label)
    assert read(here.shown(here.sam)) in {ONLY, "I know of no ending there."}
    assert (await here.ending(root)).state is EndingState.STANDING


async def test_a_group_of_the_same_name_elsewhere_has_no_say_here(here: Town) -> None:
    archive = here.slack.workspace("The Archive", installed=False)
    zoe = here.slack.member(archive, "zoe", admin=True)
    here.slack.group(archive, "keepers", zoe)
    here.slack.shares(here.desk, archive, zoe)
    root, _ = await here.closed()
    (card,) = here.own(here.desk)
    await here.answers(await here.slack.presses(zoe, card, labels(card)["Overturn"]))
    assert (await here.ending(root)).state is EndingState.STANDING


async def test_an_offer_is_taken_by_nobody_but_whom_it_was_made_to(here: Town) -> None:
    _, said = await here.closed()
    dm = here.slack.dm(here.robin)
    await here.slack.edits(here.robin, said[1], "I was asking about bees.")
    await here.slack.until(lambda: here.own(dm))
    await here.settled()
    (offer,) = here.own(dm)
    dm.members[here.sam.id] = here.sam  # as nobody can: what is shown to one member alone is no check
    await here.presses(here.sam, offer, "Go on from there")
    assert read(dm.ephemerals[-1]) == "Only the person I offered this to can take it."
    assert [each for each in here.own(here.general) if each.thread_ts is None] == []


async def test_a_question_by_the_command_notifies_nobody_but_who_asks(here: Town) -> None:
    asked = f"<!channel> <@{here.sam.id}> [bank](https://elsewhere.example) &lt;!here&gt;\n&gt; Fairwell: I am closed"
    await here.types(here.robin, f"ask {asked}")
    root = next(each for each in here.own(here.general) if each.thread_ts is None)
    assert root.pings == {here.robin.id}
    assert masked(root) == []
    assert [line[:2] for line in root.shown.splitlines()][1:] == ["> "]


async def test_what_looks_like_a_card_of_ours_is_none(here: Town) -> None:
    root, _ = await here.closed()
    (card,) = here.own(here.desk)
    copy = await here.slack.says(here.sam, here.desk, card.shown)
    for shortcut in ("fairwell:review", "fairwell:review:uphold"):
        await here.answers(await here.slack.uses_shortcut(here.sam, shortcut, copy))
    assert (await here.ending(root)).state is EndingState.STANDING
    assert not isinstance(await here.store.performed(names.NAME, names.message(here.desk.id, copy.ts)), CallModerators)


async def test_a_card_that_somebody_reports_makes_its_thread_no_conversation(here: Town) -> None:
    await here.closed()
    (card,) = here.own(here.desk)
    await here.answers(await here.slack.uses_shortcut(here.sam, "fairwell:report", card))
    await here.slack.says(here.mo, here.desk, "What shall we do?", thread=card)
    await here.settled()
    assert here.own(here.desk, card) == []
    assert not await here.store.turns(names.conversation(here.team, here.desk.id, card.ts))


async def test_what_another_app_thinks_of_an_ending_is_no_vote(here: Town) -> None:
    root, _ = await here.closed()
    thumb = here.slack.robot(here.workspace, "thumb")
    here.general.members[thumb.id] = thumb
    await here.slack.reacts(thumb, here.own(here.general, root)[-1], "-1")
    await here.settled()
    await here.slack.reacts(here.sam, here.own(here.general, root)[-1], "+1")
    await here.settled()
    assert [by for by, *_ in (await here.transcript(root)).votes] == [names.member(here.team, here.sam.id).id]


# Rule 4: what is quoted is not said.


@pytest.mark.parametrize("quoted", ["you stupid, worthless bot", EXPLICIT])
async def test_what_somebody_shares_of_others_is_neither_abuse_nor_a_cry_for_help(here: Town, quoted: str) -> None:
    """The wording reader says so by itself; what the models make of it, they are told whose words these are."""
    root = await begun(here)
    shared = {"is_share": True, "is_msg_unfurl": True, "author_name": "Ben", "text": quoted, "ts": root.ts}
    draught = replace(draft({"text": "What do I say to this?"}), attachments=[shared])
    acts.post(here.slack.world, here.robin, acts.Place(channel=here.general, thread_ts=root.ts), draught)
    here.slack.deliveries.tell(here.slack.world.take())
    await here.answered(root, 2)
    assert here.reader.asked[-1].text == f"What do I say to this?\n\n> Ben:\n> {quoted}"
    assert not calls(here)
    assert not dict(await here.store.standings(names.conversation(here.team, here.general.id, root.ts)))[
        names.member(here.team, here.robin.id).id
    ].marks


# Rules 1 and 6: no cry is lost.


async def aloud(here: Town, root: Message) -> None:
    await here.says(EXPLICIT, root)


async def to_the_channel(here: Town, root: Message) -> None:
    await here.slack.says(here.robin, here.general, EXPLICIT, thread=root, broadcast=True)


async def to_somebody_else(here: Town, root: Message) -> None:
    await here.says(f"{here.sam.mention} {EXPLICIT}", root)


async def to_everybody(here: Town, root: Message) -> None:
    await here.says(f"<!here> {EXPLICIT}", root)


async def in_a_file(here: Town, root: Message) -> None:
    note = Upload(name="note.txt", content=EXPLICIT.encode())
    await here.slack.says(here.robin, here.general, "", thread=root, files=[note])


async def in_blocks_alone(here: Town, root: Message) -> None:
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": EXPLICIT}]}
    blocks = [{"type": "rich_text", "elements": [section]}]
    await here.slack.says(here.robin, here.general, "", thread=root, blocks=blocks)


async def between_marks(here: Town, root: Message) -> None:
    await here.says("*I want* to _kill myself_", root)


async def by_an_edit(here: Town, root: Message) -> None:
    said = await here.says("I wanted to say", root)
    await here.settled()
    await here.slack.edits(here.robin, said, EXPLICIT)


async def taken_back_at_once(here: Town, root: Message) -> None:
    here.slack.deliveries.hold()
    said = await here.says(EXPLICIT, root)
    await here.slack.edits(here.robin, said, "Never mind.")
    here.slack.deliveries.release(backwards=True)


async def deleted_at_once(here: Town, root: Message) -> None:
    here.slack.deliveries.hold()
    said = await here.says(EXPLICIT, root)
    await here.slack.deletes(here.robin, said)
    here.slack.deliveries.release(backwards=True)


async def below_a_root_that_is_gone(here: Town, root: Message) -> None:
    await here.slack.deletes(here.robin, root)
    await here.settled()
    await here.says(EXPLICIT, root)


async def on_leaving(here: Town, root: Message) -> None:
    here.slack.deliveries.hold()
    await here.says(EXPLICIT, root)
    await here.slack.leaves(here.robin, here.general)
    here.slack.deliveries.release()


WAYS = [
    aloud, to_the_channel, to_somebody_else, to_everybody, in_a_file, in_blocks_alone, between_marks, by_an_edit,
    taken_back_at_once, deleted_at_once, below_a_root_that_is_gone, on_leaving,
]  # fmt: skip


@pytest.mark.parametrize("over", [False, True], ids=["live", "ended"])
@pytest.mark.parametrize("way", WAYS)
async def test_a_cry_is_met_however_it_is_said(
    here: Town, way: Callable[[Town, Message], Awaitable[None]], *, over: bool
) -> None:
    root = (await here.closed())[0] if over else await begun(here)
    await way(here, root)
    await called(here)
    assert all(here.robin.mention not in each.shown and EXPLICIT not in each.shown for each in calls(here))


async def into_an_appeal(here: Town, root: Message) -> None:
    await here.types(here.robin, "appeal")
    await here.sends(here.robin, here.shown(here.robin), EXPLICIT)


async def into_why_it_was_unfair(here: Town, root: Message) -> None:
    await here.answers(await here.slack.rates(here.robin, here.own(here.general, root)[-1], good=False))
    await here.sends(here.robin, here.shown(here.robin), EXPLICIT)


@pytest.mark.parametrize("way", [into_an_appeal, into_why_it_was_unfair])
async def test_a_cry_is_met_where_it_is_written_into_a_form(
    here: Town, way: Callable[[Town, Message], Awaitable[None]]
) -> None:
    root, _ = await here.closed()
    await way(here, root)
    await called(here)
    assert len(here.own(here.general, root)) == len(INSULTS)  # nobody else knows of it


async def test_a_cry_is_met_that_is_edited_in_together_with_the_bots_name(here: Town) -> None:
    said = await here.slack.says(here.robin, here.general, "Hello, all.")
    await here.slack.edits(here.robin, said, f"{here.me.mention} {EXPLICIT}")
    await called(here)


async def test_whoever_was_shown_a_card_in_a_thread_of_others_is_still_heard_there(here: Town) -> None:
    root = await here.slack.says(here.sam, here.general, "What a day.")
    await here.slack.mentions(here.robin, here.general, EXPLICIT, thread=root)
    await called(here)
    here.slack.passes(3_600)
    await here.says("I am going to kill myself tonight", root)
    await here.slack.until(lambda: len(calls(here)) == 2)


@pytest.mark.parametrize("to", ["", "{mo} "], ids=["to nobody", "to somebody else"])
async def test_whoever_was_shown_a_card_is_heard_whoever_others_talk_to(here: Town, to: str) -> None:
    """What only a model understands, too."""
    root = await here.asks(EXPLICIT)
    await called(here)
    await here.says(f"{here.mo.mention} come and look, please.", root, here.sam)
    await here.settled()
    await here.adapter._profiles.settled()
    here.reader.readings[f"{to.format(mo='@mo')}The bridge, in an hour."] = IMMINENT
    await here.says(f"{to.format(mo=here.mo.mention)}The bridge, in an hour.", root)
    await here.slack.until(lambda: len(calls(here)) == 2)
    assert "Urgent: " in calls(here)[1].shown


async def test_whoever_answers_the_card_where_they_read_it_is_no_stranger_there(here: Town) -> None:
    await here.asks(EXPLICIT)
    await called(here)
    card = here.own(here.slack.dm(here.robin))[-1]
    for insult in (*INSULTS, *INSULTS):
        here.slack.passes(60)
        await here.slack.says(here.robin, here.slack.dm(here.robin), insult, thread=card)
        await here.settled()
        assert here.reader.asked[-1].in_care
    said = " ".join(here.said(here.slack.dm(here.robin)))
    assert not any(
        word in said for word in ("not in this tone", "I can't go on like this", "closing this conversation")
    )


@pytest.mark.parametrize("over", [False, True], ids=["live", "ended"])
async def test_whoever_is_forgotten_leaves_nobody_unheard(here: Town, *, over: bool) -> None:
    root = (await here.closed())[0] if over else await begun(here)
    await here.types(here.robin, "forgetme")
    await here.presses(here.robin, here.general.ephemerals[-1], "Erase it all")
    for who in (here.sam, here.robin):
        before = len(calls(here))
        await here.says(EXPLICIT, root, who)
        await here.slack.until(lambda before=before: len(calls(here)) > before)  # type: ignore[misc]


async def in_a_direct_message(here: Town) -> Channel:
    return here.slack.dm(here.robin)


async def in_a_private_channel(here: Town) -> Channel:
    return here.slack.channel(here.workspace, "den", here.robin, here.sam, kind=Kind.PRIVATE)


async def in_a_group_message(here: Town) -> Channel:
    return here.slack.channel(here.workspace, "three", here.robin, here.sam, kind=Kind.GROUP_DM)


async def where_it_does_not_answer(here: Town) -> Channel:
    here.set_up(channels=(here.slack.channel(here.workspace, "bots").id,))
    return here.general


async def where_it_is_not(here: Town) -> Channel:
    return here.slack.channel(here.workspace, "lobby", here.robin, bot=False)


PLACES = [in_a_direct_message, in_a_private_channel, in_a_group_message, where_it_does_not_answer, where_it_is_not]


@pytest.mark.parametrize("place", PLACES)
async def test_a_cry_is_met_wherever_it_is_said_to_the_bot(
    here: Town, place: Callable[[Town], Awaitable[Channel]]
) -> None:
    where = await place(here)
    await here.asks(EXPLICIT, where=where)
    await called(here)


async def where_it_answers(here: Town) -> Channel:
    return here.general


@pytest.mark.parametrize("words", ["ask {}", "{}", "please {}", "country {}", "language {}", "appeal {}"])
@pytest.mark.parametrize("place", [where_it_answers, where_it_does_not_answer, where_it_is_not])
async def test_a_cry_is_met_that_is_written_beside_the_command(
    here: Town, place: Callable[[Town], Awaitable[Channel]], words: str
) -> None:
    await here.types(here.robin, words.format(EXPLICIT), await place(here))
    await called(here)


async def test_a_cry_is_met_though_the_question_cannot_be_posted_now(here: Town) -> None:
    here.slack.fault(POST, Fails(error="internal_error"), times=3)
    await here.types(here.robin, f"ask {EXPLICIT}")
    await called(here)


@pytest.mark.parametrize("desk", ["archived", "left", "none"])
async def test_an_urgent_call_reaches_somebody_though_its_channel_is_gone(here: Town, desk: str) -> None:
    here.set_up(moderator_roles=(here.keepers.id, here.mo.id))
    if desk == "archived":
        here.slack.archives(here.desk)
    elif desk == "left":
        await here.slack.leaves(here.me, here.desk)
    else:
        here.set_up(moderators=None)
    here.reader.readings["The bridge, in an hour."] = IMMINENT
    await here.slack.says(here.robin, here.slack.dm(here.robin), "The bridge, in an hour.")
    await here.slack.until(lambda: here.own(here.slack.dm(here.mo)))
    await here.settled()
    (call,) = here.own(here.slack.dm(here.mo))
    assert "Urgent: " in call.shown
    assert here.robin.id in call.shown


async def test_whoever_takes_anothers_name_does_not_have_them_shown_the_door(here: Town) -> None:
    here.robin.name = here.sam.name
    root = await begun(here)
    await here.adapter._profiles.settled()
    await here.says("And hello from me.", root, here.sam)
    await here.answered(root, 2)
    for number, insult in enumerate(INSULTS, start=3):
        here.slack.passes(600)
        await here.says(insult, root)
        await here.answered(root, number)
    notice = here.own(here.general, root)[-1]
    assert notice.pings == {here.robin.id}
    (card,) = here.own(here.desk)
    assert here.robin.id in card.shown
    assert here.sam.id not in card.shown


@pytest.mark.parametrize("error", ["is_archived", "not_in_channel", "restricted_action"])
async def test_whoever_is_ended_reads_why_though_the_thread_takes_nothing(here: Town, error: str) -> None:
    root = await here.asks(INSULTS[0])
    for number, insult in enumerate(INSULTS[1:], start=1):
        await here.answered(root, number)
        here.slack.passes(60)
        if number == len(INSULTS) - 1:
            here.slack.fault(POST, Fails(error=error))
        await here.says(insult, root)
    await here.slack.until(lambda: here.own(here.slack.dm(here.robin)))
    await here.settled()
    (notice,) = here.own(here.slack.dm(here.robin))
    assert "because of insults" in notice.shown
    assert {"feedback_buttons", "Ask for another look"} <= labels(notice).keys()


@pytest.mark.parametrize("gone", ["archived", "left"])
async def test_where_nothing_can_be_said_any_more_care_comes_by_direct_message(here: Town, gone: str) -> None:
    root = await begun(here)
    here.slack.deliveries.hold()
    await here.says(EXPLICIT, root)
    if gone == "archived":
        here.slack.archives(here.general)
    else:
        await here.slack.leaves(here.me, here.general)
    here.slack.deliveries.release()
    await called(here)
    # what the thread would have read, and the card
    assert len({each.shown for each in here.own(here.slack.dm(here.robin))}) == 2


@pytest.mark.parametrize(
    "faults",
    [[Limits(after=30)], [Fails(error="internal_error")] * 3, [Drops(stored=True)], [Fails(stored=True)]],
    ids=["limited", "out of order", "cut", "lost"],
)
async def test_care_comes_once_whatever_slack_does(here: Town, faults: list[Limits | Fails | Drops]) -> None:
    here.slack.fault(POST, *faults)
    root = await here.asks(EXPLICIT)
    await called(here)
    said = [each.shown for each in here.own(here.general, root) if "answer to" not in each.shown]
    assert len(said) == 1
    assert len(calls(here)) == 1


@pytest.mark.parametrize("stored", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("number", range(4))
async def test_killed_at_any_post_of_care_the_next_process_does_the_rest_once(
    town: Community, number: int, *, stored: bool
) -> None:
    """A word in the thread, a card by direct message, a call to moderators, and what the model says beside it."""
    async with town.running(killed=True):
        root = await town.asks("Good evening.")
        await town.told(root)
        await town.settled()
        posts = len(town.slack.requests(POST))
        at_once = asyncio.Event()
        at_once.set()
        town.slack.fault(POST, *[Waits(until=at_once)] * number, Waits(until=asyncio.Event(), stored=stored))
        await town.says(EXPLICIT, root)
        await town.slack.until(lambda: len(town.slack.requests(POST)) > posts + number)
    async with town.running():
        await town.told(town.desk)
        await town.told(root, 3)
        await town.settled()
    said = [each for where in (root, town.slack.dm(town.robin), town.desk) for each in town.said(where)]
    assert [len(town.said(where)) for where in (root, town.slack.dm(town.robin), town.desk)] == [3, 1, 1]
    assert max(Counter(said).values()) == 1


async def test_a_guest_is_met_like_everybody(here: Town) -> None:
    guest = here.slack.member(here.workspace, "guest", restricted=True)
    here.general.members[guest.id] = guest
    root, _ = await here.closed()
    await here.says(EXPLICIT, root, guest)
    await here.slack.until(lambda: calls(here))
    assert here.own(here.slack.dm(guest))


# Rule 5: one conversation, never a person.


async def test_whoever_was_ended_is_answered_at_once_wherever_else_they_ask(here: Town) -> None:
    await here.closed()
    again = await here.asks("And now?")
    assert await here.told(again) == ["answer to And now?"]
    direct = await here.slack.says(here.robin, here.slack.dm(here.robin), "And here?")
    assert await here.told(direct) == ["answer to And here?"]
    assert await here.types(here.robin, "ask And by the command?") == ""
    await here.slack.until(lambda: any("And by the command?" in each for each in here.said(here.general)[-1:]))


# Rule 12: once.


async def test_a_question_that_is_sent_twice_at_the_same_time_stands_once(here: Town) -> None:
    await here.types(here.robin, "new")
    form = here.shown(here.robin)
    sent = [await here.slack.submits(here.robin, form, {"words": "Once?"}) for _ in range(2)]
    for each in sent:
        await here.answers(each)
    (root,) = (each for each in here.own(here.general) if each.thread_ts is None)
    assert await here.told(root) == ["answer to Once?"]


# Rule 7: nobody pays for another.


async def test_nobody_can_keep_the_bot_from_answering_somebody_else(here: Town) -> None:
    """By talking to a third one again and again."""
    root = await begun(here)
    for number in range(3):
        await here.says(f"{here.mo.mention}, look!", root, here.sam)
        await here.settled()
        await here.says(f"And {number}?", root)
        assert await here.told(root, number + 2)
        await here.settled()
        assert here.said(root)[-1] == f"answer to And {number}?"


# What is kept, and what is logged.


WORD = "xyzzy"


async def everything_once(here: Town) -> None:
    """Robin says something secret wherever anything can be written."""
    root, said = await here.closed()
    await here.types(here.robin, "appeal")
    await here.sends(here.robin, here.shown(here.robin), f"{WORD} in an appeal")
    await here.answers(await here.slack.rates(here.robin, here.own(here.general, root)[-1], good=False))
    await here.sends(here.robin, here.shown(here.robin), f"{WORD} beside a vote")
    await here.types(here.robin, f"ask {WORD} by the command")
    await here.types(here.robin, f"{WORD} that is no word of it")
    await here.slack.edits(here.robin, said[1], f"{WORD} by an edit")
    await here.asks(f"{WORD}, {EXPLICIT}")
    await here.settled()
    here.set_up(channels=("C0ELSEWHERE",))
    await here.types(here.robin, f"ask {WORD} where it does not answer")
    await here.settled()


def kept(database: Path, word: str) -> list[str]:
    """What of the database a word stands in."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return [line for line in connection.iterdump() if word in line]


async def test_whoever_is_forgotten_stands_nowhere_any_more(here: Town) -> None:
    await everything_once(here)
    assert len(kept(here.database, WORD)) > 3
    await here.types(here.robin, "forgetme")
    await here.presses(here.robin, here.general.ephemerals[-1], "Erase it all")
    await here.settled()
    assert kept(here.database, WORD) == []
    assert kept(here.database, here.robin.name) == []


async def test_nothing_that_anybody_wrote_or_is_called_is_logged(here: Town, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    here.robin.name = f"robin {WORD}"
    await everything_once(here)
    here.slack.fault(POST, Fails(error="internal_error"), Limits(after=1), Fails(error="not_in_channel"), times=2)
    await here.asks(f"{WORD}, {EXPLICIT}")
    await here.settled()
    await here.adapter._profiles.settled()
    assert WORD not in caplog.text
    assert EXPLICIT not in caplog.text


# Rule 9: what fails never climbs.


@pytest.mark.parametrize("error", ["is_archived", "not_in_channel", "restricted_action", "no_permission"])
async def test_a_warning_that_slack_refuses_does_not_count(here: Town, error: str) -> None:
    root = await here.asks(INSULTS[0])
    await here.answered(root, 1)
    here.slack.passes(60)
    await here.says(INSULTS[1], root)
    await here.answered(root, 2)
    here.slack.passes(60)
    here.slack.fault(POST, Fails(error=error))
    await here.says(INSULTS[2], root)
    await here.settled()
    here.slack.passes(60)
    await here.says(INSULTS[3], root)
    await here.answered(root, 3)
    assert await here.store.latest_ending(names.conversation(here.team, here.general.id, root.ts)) is None
    assert "because of insults, I can't go on like this" in here.said(root)[-1]

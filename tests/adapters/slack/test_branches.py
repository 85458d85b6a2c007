"""Beginning anew: from an earlier message after an ending, by the button of a nudge, and by the command."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.slack import names
from bot.configuration import Configuration
from tests.adapters.slack.community import EXPLICIT, INSULTS
from tests.adapters.slack.people import Town, labels, peopled, read
from tests.servers.slack import Breaks, Channel, Fails, Message
from tests.servers.slack_state import Kind
from tests.servers.slack_text import pings

ASKED = "I was asking about bees"


@pytest.fixture
async def here(everything: Configuration, tmp_path: Path) -> AsyncIterator[Town]:
    """A workspace with people, and the bot."""
    async with peopled(everything, tmp_path) as made:
        yield made


async def offered(here: Town, where: Channel | None = None) -> tuple[Message, Message]:
    """The root of a conversation that was ended, and the offer to go on from an earlier message."""
    channel, dm = where or here.general, here.slack.dm(here.robin)
    root, said = await here.closed(channel)
    before = len(here.own(dm))
    await here.slack.edits(here.robin, said[1], f"{ASKED} &lt;!channel&gt;")
    await here.slack.until(lambda: len(here.own(dm)) > before)
    await here.settled()
    return root, here.own(dm)[-1]


def roots(here: Town, channel: Channel) -> list[Message]:
    """What the bot has posted outside of threads."""
    return [each for each in here.own(channel) if each.thread_ts is None]


async def test_an_offer_is_taken_by_its_button_and_goes_on_where_the_old_one_was(here: Town) -> None:
    _, offer = await offered(here)
    assert list(labels(offer)) == ["Go on from there"]
    await here.presses(here.robin, offer, "Go on from there")
    (new,) = roots(here, here.general)
    assert read(new) == f"<@{here.robin.id}> goes on here from an earlier message.\n> {ASKED} &lt;!channel&gt;"
    assert pings(new.text) == {here.robin.id}
    said = [each.text for each in await here.answered(new, 2)]
    assert said[0].startswith("Here we go on from the message you changed.")
    assert said[1] == f"answer to {ASKED} &lt;!channel&gt;"
    assert labels(offer) == {}
    assert "It goes on here: <http" in read(offer)
    assert [turn.text for turn in here.voice.asked[-1].history] == [INSULTS[0]]


async def test_what_follows_in_its_thread_is_heard(here: Town) -> None:
    _, offer = await offered(here)
    await here.presses(here.robin, offer, "Go on from there")
    (new,) = roots(here, here.general)
    await here.answered(new, 2)
    await here.slack.says(here.robin, here.general, "and wasps?", thread=new)
    assert (await here.answered(new, 3))[-1].text == "answer to and wasps?"


async def test_it_is_as_private_as_the_old_one(here: Town) -> None:
    dm = here.slack.dm(here.robin)
    _, said = await here.closed(dm)
    before = len(here.own(dm))
    await here.slack.edits(here.robin, said[1], ASKED)
    await here.slack.until(lambda: len(here.own(dm)) > before)
    await here.settled()
    await here.presses(here.robin, here.own(dm)[-1], "Go on from there")
    assert roots(here, here.general) == []
    (new,) = roots(here, dm)
    assert read(new) == f"> {ASKED}"
    assert (await here.answered(new, 2))[-1].text == f"answer to {ASKED}"


async def test_it_can_be_taken_once(here: Town) -> None:
    _, offer = await offered(here)
    button = labels(offer)["Go on from there"]
    deliveries = [await here.slack.presses(here.robin, offer, button) for _ in range(3)]
    for each in deliveries:
        await here.answers(each)
    assert len(roots(here, here.general)) == 1
    assert "That offer has been taken already." in {read(each) for each in offer.channel.ephemerals}


async def test_an_offer_that_still_has_its_button_after_it_was_taken_says_where_it_goes_on(here: Town) -> None:
    """As it is when the process died in between."""
    _, offer = await offered(here)
    here.slack.fault("chat.update", Fails(error="internal_error"), times=3)
    await here.presses(here.robin, offer, "Go on from there")
    assert list(labels(offer)) == ["Go on from there"]
    await here.presses(here.robin, offer, "Go on from there")
    assert labels(offer) == {}
    assert "It goes on here: <http" in read(offer)
    assert len(roots(here, here.general)) == 1


async def test_nobody_else_can_take_it(here: Town) -> None:
    _, offer = await offered(here)
    offer.channel.members[here.sam.id] = here.sam
    await here.presses(here.sam, offer, "Go on from there")
    assert read(offer.channel.ephemerals[-1]).startswith("Only the person")
    assert roots(here, here.general) == []


async def test_what_was_deleted_after_all_is_not_gone_on_from(here: Town) -> None:
    root, offer = await offered(here)
    (mine,) = [each for each in here.general.replies(root.ts) if ASKED in each.text]
    await here.slack.deletes(here.robin, mine)
    await here.settled()
    await here.presses(here.robin, offer, "Go on from there")
    assert read(offer.channel.ephemerals[-1]) == "I no longer have that offer."
    assert roots(here, here.general) == []


async def test_a_deletion_in_an_ended_thread_leaves_the_history_and_is_answered_by_nothing(here: Town) -> None:
    root, said = await here.closed()
    before = len(here.own(here.general))
    await here.slack.deletes(here.robin, said[1])
    await here.slack.deletes(here.robin, said[0])
    await here.settled()
    turns = await here.store.turns(names.conversation(here.team, here.general.id, root.ts))
    assert [each.turn.text for each in turns] == ["", "", *INSULTS[2:]]
    assert len(here.own(here.general)) == before
    assert here.own(here.slack.dm(here.robin)) == here.general.ephemerals == []


async def test_somebody_elses_edit_and_one_that_changes_nothing_are_offered_nothing(here: Town) -> None:
    _, said = await here.closed()
    await here.slack.unfurls(said[1], "https://example.org/a")
    await here.settled()
    assert here.own(here.slack.dm(here.robin)) == []


async def test_where_no_direct_message_arrives_the_offer_is_made_in_the_thread(here: Town) -> None:
    root, said = await here.closed()
    here.slack.fault("conversations.open", Fails(error="user_not_visible"), times=9)
    await here.slack.edits(here.robin, said[1], ASKED)
    await here.slack.until(lambda: here.general.ephemerals)
    await here.settled()
    (offer,) = here.general.ephemerals
    assert (offer.only, offer.thread_ts) == (here.robin, root.ts)
    await here.presses(here.robin, offer, "Go on from there")
    (new,) = roots(here, here.general)
    assert (await here.answered(new, 2))[-1].text == f"answer to {ASKED}"


async def test_where_it_cannot_go_on_the_offer_stays(here: Town) -> None:
    _, offer = await offered(here)
    here.slack.fault("chat.postMessage", Fails(error="not_in_channel"))
    await here.presses(here.robin, offer, "Go on from there")
    assert read(offer.channel.ephemerals[-1]).startswith("I can't post in this channel.")
    await here.presses(here.robin, offer, "Go on from there")
    assert len(roots(here, here.general)) == 1


async def test_whoever_writes_in_an_ended_thread_can_start_anew(here: Town) -> None:
    root, _ = await here.closed()
    await here.slack.says(here.robin, here.general, "hello again", thread=root)
    await here.slack.until(lambda: here.general.ephemerals)
    await here.settled()
    (nudge,) = here.general.ephemerals
    assert nudge.only is here.robin
    await here.presses(here.robin, nudge, "Start a new conversation")
    form = here.shown(here.robin)
    assert form.content["title"]["text"] == "A new conversation"
    await here.sends(here.robin, form, "what about <!here> bees?")
    (new,) = roots(here, here.general)
    assert read(new) == f"<@{here.robin.id}> asks:\n> what about &lt;!here&gt; bees?"
    assert (await here.answered(new, 1))[-1].text == "answer to what about &lt;!here&gt; bees?"
    assert read(form).startswith("It goes on here: <http")


async def test_each_member_is_told_once_and_then_nobody_is_answered(here: Town) -> None:
    root, _ = await here.closed()
    before = len(here.own(here.general))
    for who in (here.robin, here.robin, here.sam, here.robin, here.sam):
        await here.slack.says(who, here.general, f"{here.me.mention} hello again", thread=root)
        await here.settled()
    assert [each.only for each in here.general.ephemerals] == [here.robin, here.sam]
    assert len(here.own(here.general)) == before


async def test_a_question_can_be_asked_by_the_command(here: Town) -> None:
    assert await here.types(here.robin, "ask how old are bees?") == ""
    (new,) = roots(here, here.general)
    assert (await here.answered(new, 1))[-1].text.startswith("answer to how old are bees?\n")
    await here.slack.says(here.robin, here.general, "and wasps?", thread=new)
    assert (await here.answered(new, 2))[-1].text == "answer to and wasps?"
    conversation = names.conversation(here.team, here.general.id, new.ts)
    assert [each.turn.member.id for each in await here.store.turns(conversation)] == [
        f"slack:{here.team}:{here.robin.id}"
    ] * 2


@pytest.mark.parametrize("word", ["ask", "new", "new about bees"])
async def test_without_a_question_it_is_asked_for(here: Town, word: str) -> None:
    assert await here.types(here.robin, word) == ""
    await here.sends(here.robin, here.shown(here.robin), "how old are bees?")
    (new,) = roots(here, here.general)
    assert (await here.answered(new, 1))[-1].text.startswith("answer to how old are bees?\n")


async def test_what_slack_encodes_in_a_command_is_read_as_it_was_typed(here: Town) -> None:
    await here.types(here.robin, f"ask is 1 &lt; 2 &amp; who is <@{here.sam.id}|sam>?")
    (new,) = roots(here, here.general)
    assert read(new).endswith("> is 1 &lt; 2 & who is @sam?")
    assert pings(new.text) == {here.robin.id}


async def test_where_the_bot_is_not_it_says_so(here: Town) -> None:
    lonely = here.slack.channel(here.workspace, "lonely", bot=False)
    assert (await here.types(here.robin, "ask anyone?", lonely)).startswith("I can't post in this channel.")


@pytest.mark.parametrize("where", ["not in it", "not there", "alone with others"])
async def test_a_question_that_cannot_be_asked_there_is_read_for_risk(here: Town, where: str) -> None:
    lonely = here.slack.channel(here.workspace, "lonely", bot=where == "not there")
    if where == "not there":
        here.set_up(channels=(here.desk.id,))
    if where == "alone with others":
        lonely = here.slack.channel(here.workspace, "", here.robin, here.sam, kind=Kind.GROUP_DM, bot=False)
    told = await here.types(here.robin, f"ask {EXPLICIT}", lonely)
    assert told.startswith(("I can't post", "I don't answer"))
    (card,) = await here.told(here.slack.dm(here.robin))
    assert "988" in card or "helpline" in card.casefold()
    assert len(await here.told(here.desk)) == 1
    assert EXPLICIT not in "".join(here.said(here.desk))


async def test_a_question_that_cannot_be_asked_just_now_is_read_for_risk(here: Town) -> None:
    here.slack.fault("chat.postMessage", Breaks(), times=3)
    await here.types(here.robin, f"ask {EXPLICIT}")
    assert len(await here.told(here.slack.dm(here.robin))) == 1
    assert roots(here, here.general) == []


async def test_where_it_does_not_answer_it_says_where_it_does(here: Town) -> None:
    here.set_up(channels=(here.desk.id,))
    assert await here.types(here.robin, "ask anyone?") == (
        f"I don't answer in this channel. You can ask me here: <#{here.desk.id}>"
    )
    assert roots(here, here.general) == []

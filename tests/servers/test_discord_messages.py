"""Messages of the local Discord: what they must be like, said once, answered, mentioned, edited, deleted."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import discord
import pytest

from tests.fakes.clock import SetClock
from tests.servers.discord import Refused, Server, Upload
from tests.servers.discord_bot import INTENTS, Bot, Library, code, connected, library

NOBODY = discord.AllowedMentions.none()
OPEN = discord.AllowedMentions(everyone=True, users=True, roles=True)


def button(custom_id: str, label: str = "Fair") -> discord.ui.View:
    """A row with a button."""
    view = discord.ui.View(timeout=None)
    view.add_item(discord.ui.Button(label=label, custom_id=custom_id))
    return view


def two(custom_id: str) -> discord.ui.View:
    """A row with the same button twice."""
    return button(custom_id).add_item(discord.ui.Button(label="Unfair", custom_id=custom_id))


WRONG: dict[str, tuple[dict[str, Any], int, str]] = {
    "too long": ({"content": "x" * 2_001}, 50035, "content: Must be 2000 or fewer in length."),
    "empty": ({"content": ""}, 50006, "Cannot send an empty message"),
    "only blanks": ({"content": " \n "}, 50006, "Cannot send an empty message"),
    "a long nonce": ({"content": "x", "nonce": "n" * 26}, 50035, "nonce: Must be 25 or fewer in length."),
    "too much in embeds": (
        {"embeds": [discord.Embed(description="x" * 3_001)] * 2},
        50035,
        "Embed size exceeds maximum size of 6000",
    ),
    "a long title": ({"embed": discord.Embed(title="x" * 257)}, 50035, "title: Must be 256"),
    "a long name of a button": ({"content": "x", "view": button("x" * 100, "y" * 80 + "z")}, 50035, "Must be 80"),
    "a button twice": ({"content": "x", "view": two("fair")}, 50035, "Component custom id cannot be duplicated"),
}


@pytest.mark.parametrize("wrong", WRONG)
async def test_what_is_no_message_is_refused(place: Library, wrong: str) -> None:
    asked, number, text = WRONG[wrong]
    with pytest.raises(discord.HTTPException, match=text) as caught:
        await place.shown(place.general).send(**asked)
    assert code(caught) == number
    assert [refused.code for _, refused in place.server.refused] == [number]
    assert place.general.said() == []


async def test_two_thousand_characters_and_a_nonce_of_twenty_five_are_allowed(place: Library) -> None:
    await place.shown(place.general).send("ü" * 2_000, nonce="n" * 25)
    assert [len(text) for text in place.general.said()] == [2_000]


async def test_a_message_of_the_second_kind_has_components_alone(place: Library) -> None:
    view = discord.ui.LayoutView(timeout=None)
    view.add_item(discord.ui.TextDisplay("x" * 4_000))
    said = await place.shown(place.general).send(view=view)
    for one in (said, place.shown(place.general).get_partial_message(said.id)):  # the second does not know its kind
        with pytest.raises(discord.HTTPException) as caught:
            await one.edit(content="plain")
        assert code(caught) == 50035
    view.add_item(discord.ui.TextDisplay("y"))
    with pytest.raises(discord.HTTPException) as caught:
        await place.shown(place.general).send(view=view)
    assert code(caught) == 50035


# once


async def test_the_same_nonce_gives_what_was_said_then(place: Library) -> None:
    first = await place.shown(place.general).send("Hello.", nonce="turn-1")
    again = await place.shown(place.general).send("Hello, again.", nonce="turn-1")
    assert (again.id, again.content) == (first.id, "Hello.")
    assert place.general.said() == ["Hello."]
    await place.shown(place.general).send("Hello.", nonce="turn-2")
    assert place.general.said() == ["Hello.", "Hello."]


async def test_a_nonce_is_forgotten_after_a_while() -> None:
    clock = SetClock()
    async with library(Server(clock, nonce_window=timedelta(minutes=2))) as place:
        for wait, said in ((0, 1), (119, 1), (2, 2)):
            clock.wait(timedelta(seconds=wait))
            await place.shown(place.general).send("Hello.", nonce="turn-1")
            assert len(place.general.messages) == said


async def test_a_nonce_of_a_deleted_message_is_refused(place: Library) -> None:
    first = await place.shown(place.general).send("Hello.", nonce="turn-1")
    await first.delete()
    with pytest.raises(discord.NotFound) as caught:
        await place.shown(place.general).send("Hello.", nonce="turn-1")
    assert code(caught) == 10008


async def test_the_bot_hears_its_own_message_with_its_nonce(place: Library) -> None:
    said = await place.shown(place.general).send("Hello.", nonce="turn-1")
    heard = await place.bot.next("message")
    assert (heard.id, heard.nonce) == (said.id, "turn-1")


# answers and mentions


async def test_an_answer_needs_what_it_answers_unless_it_says_otherwise(place: Library) -> None:
    question = await place.asked()
    answer = await question.reply("Twice a day.")
    assert (answer.type, answer.reference and answer.reference.message_id) == (discord.MessageType.reply, question.id)
    await place.server.deletes(place.robin, place.general.messages[question.id])
    with pytest.raises(discord.HTTPException, match="Unknown message") as caught:
        await question.reply("Twice a day.")
    assert code(caught) == 50035
    reference = question.to_reference(fail_if_not_exists=False)
    alone = await place.shown(place.general).send("Twice a day.", reference=reference)
    assert alone.reference is None


async def test_nobody_can_answer_a_system_message(place: Library) -> None:
    thread, seen = await place.thread()
    starter = await place.bot.next("message", lambda one: one.channel.id == thread.id)
    assert starter.type is discord.MessageType.thread_starter_message
    with pytest.raises(discord.HTTPException, match="system message"):
        await seen.send("Well.", reference=starter.to_reference())
    with pytest.raises(Refused) as caught:
        await place.server.edits(place.robin, thread.messages[starter.id], "Well.")
    assert code(caught) == 50021


async def test_a_text_notifies_only_whom_it_is_allowed_to(place: Library) -> None:
    text = f"@everyone <@{place.robin.id}> <@{place.mo.id}>"
    channel = place.shown(place.general)
    pings = []
    for allowed in (OPEN, NOBODY, discord.AllowedMentions(users=[discord.Object(place.mo.id)], everyone=False)):
        said = await channel.send(text, allowed_mentions=allowed)
        pings.append(place.general.messages[said.id].pings)
    assert pings == [{place.robin.id, place.mo.id}, set(), {place.mo.id}]  # the bot may not mention everyone


async def test_a_reply_notifies_whom_it_answers_unless_it_is_told_not_to(place: Library) -> None:
    question = await place.asked()
    loud = await question.reply("Twice a day.")
    still = await question.reply("Twice a day.", allowed_mentions=NOBODY)
    assert place.general.messages[loud.id].pings == {place.robin.id}
    assert place.general.messages[still.id].pings == set()


async def test_an_edit_notifies_nobody_but_forgets_what_was_not_allowed(place: Library) -> None:
    said = await place.shown(place.general).send("Hello.", allowed_mentions=NOBODY)
    await said.edit(content=f"Hello, <@{place.robin.id}>.", allowed_mentions=NOBODY)
    message = place.general.messages[said.id]
    assert (message.pings, message.mentions, message.versions) == (set(), [], ["Hello."])
    await said.edit(content=f"Hello, <@{place.robin.id}>.", allowed_mentions=OPEN)
    assert (message.pings, message.mentions) == (set(), [place.robin.user])


async def test_who_is_not_there_is_mentioned_but_not_notified(place: Library) -> None:
    kim = place.server.user("kim")
    said = await place.shown(place.general).send(f"<@{kim.id}>", allowed_mentions=OPEN)
    message = place.general.messages[said.id]
    assert (message.mentions, message.pings) == ([kim], set())


# edits and deletions


async def test_edits_and_deletions_of_members_are_heard(place: Library) -> None:
    message = await place.server.says(place.robin, place.general, "Helo.")
    await place.server.edits(place.robin, message, "Hello.")
    edited = await place.bot.next("raw_message_edit")
    assert (edited.message_id, edited.message.content) == (message.id, "Hello.")
    assert edited.message.edited_at is not None
    await place.server.deletes(place.robin, message)
    assert (await place.bot.next("raw_message_delete")).message_id == message.id
    many = [await place.server.says(place.robin, place.general, text) for text in ("One", "Two")]
    await place.server.deletes(place.mo, *many)
    assert (await place.bot.next("raw_bulk_message_delete")).message_ids == {message.id for message in many}


async def test_an_edit_that_leaves_nothing_changes_nothing(place: Library) -> None:
    said = await place.shown(place.general).send("Hello.")
    with pytest.raises(discord.HTTPException) as caught:
        await said.edit(content=None)
    assert code(caught) == 50006
    assert place.general.said() == ["Hello."]


async def test_nobody_edits_for_another_and_only_moderators_delete_for_them(place: Library) -> None:
    said = await place.shown(place.general).send("Hello.")
    question = await place.asked()
    for who, number in ((place.mo, 50005), (place.robin, 50005)):
        with pytest.raises(Refused) as caught:
            await place.server.edits(who, place.general.messages[said.id], "Bye.")
        assert code(caught) == number
    with pytest.raises(Refused) as caught:
        await place.server.deletes(place.robin, place.general.messages[said.id])
    assert code(caught) == 50013
    with pytest.raises(discord.Forbidden):
        await question.edit(content="Bye.")
    with pytest.raises(discord.Forbidden):
        await question.delete()
    await place.server.deletes(place.mo, place.general.messages[said.id])
    with pytest.raises(discord.NotFound) as gone:
        await said.edit(content="Still there?")
    assert code(gone) == 10008


# history


async def test_history_goes_before_after_and_around(place: Library) -> None:
    ids = [(await place.server.says(place.robin, place.general, str(number))).id for number in range(7)]
    channel = place.shown(place.general)

    async def texts(**asked: Any) -> str:
        return "".join([message.content async for message in channel.history(**asked)])

    assert await texts() == "6543210"
    assert await texts(limit=2) == "65"
    assert await texts(before=discord.Object(ids[3]), limit=2) == "21"
    assert await texts(after=discord.Object(ids[3]), limit=2) == "45"
    assert await texts(after=discord.Object(ids[3]), limit=None, oldest_first=True) == "456"
    assert await texts(around=discord.Object(ids[3]), limit=3) == "432"


async def test_a_hundred_messages_make_a_page(place: Library) -> None:
    for number in range(101):
        await place.server.says(place.robin, place.general, str(number))
    found = [message async for message in place.shown(place.general).history(limit=None)]
    assert len(found) == 101
    assert len(place.server.requests("GET /channels/*/messages")) == 2


async def test_a_message_may_have_more_than_a_text_and_without_the_intent_shows_only_its_stickers() -> None:
    note = Upload(name="note.txt", content=b"Tides follow the moon.")
    async with library() as place:
        first = await place.server.says(place.mo, place.general, "Look.", attachments=[note])
        blind = Bot(discord.Intents(INTENTS.value & ~discord.Intents(message_content=True).value))
        async with connected(place.server, blind):
            said = await place.server.says(
                place.robin, place.general, "Well?", stickers=["Wave"], poll=["Tea?", "yes", "no"]
            )
            on = await place.server.says(place.robin, place.general, "", forwards=first)
            hook = await place.server.hooks("news", place.general, "Rain.")
            sees = [await place.bot.next("message", has(each.id)) for each in (said, on, hook)]
            misses = [await blind.next("message", has(each.id)) for each in (said, on, hook)]
    assert [each.content for each in sees] == ["Well?", "", "Rain."]
    assert [each.content for each in misses] == ["", "", ""]
    assert [each.name for each in sees[0].stickers] == [each.name for each in misses[0].stickers] == ["Wave"]
    assert [each.text for each in sees[0].poll.answers] == ["yes", "no"]
    assert misses[0].poll is None
    ((shot,), (blank,)) = sees[1].message_snapshots, misses[1].message_snapshots
    assert (shot.content, [each.filename for each in shot.attachments]) == ("Look.", ["note.txt"])
    assert (blank.content, blank.attachments) == ("", [])
    assert sees[1].reference.type is discord.MessageReferenceType.forward
    assert sees[2].webhook_id


def has(number: int) -> Callable[[discord.Message], bool]:
    """Whether a message has this id."""
    return lambda message: message.id == number

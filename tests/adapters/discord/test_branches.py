"""Going on from an edited message: the offer's button, and where it leads."""

from datetime import timedelta

from tests.adapters.discord.asking import answered, attended, buttons, hidden
from tests.adapters.discord.community import INSULTS, Community
from tests.servers.discord import Channel, Member, Permission, Thread
from tests.servers.discord_state import Message

ACCEPT = "Go on from there"


async def offered(town: Community) -> tuple[Thread, Message]:
    """A thread of robin's that was ended, and the offer that comes of editing its first message."""
    thread, said = await town.ended()
    await town.server.edits(town.robin, said[0], "How do tides work?")
    return thread, await offer_in(town, town.server.dm(town.robin))


async def ended_in(town: Community, where: Channel) -> Message:
    """Somewhere, the bot stops answering robin. Out: the first of what robin said there to that end."""
    said = []
    for insult in INSULTS:
        await town.settled()
        town.clock.wait(timedelta(minutes=1))
        said.append(await town.server.says(town.robin, where, insult))
    await town.settled()
    return said[0]


async def offer_in(town: Community, where: Channel) -> Message:
    """An offer, as soon as it is there."""
    await town.server.until(lambda: any(ACCEPT in buttons(one) for one in where.messages.values()))
    await town.settled()
    return next(one for one in where.messages.values() if ACCEPT in buttons(one))


async def accepts(town: Community, who: Member, offer: Message) -> Message:
    """Somebody takes an offer. Out: what they are told."""
    return await answered(town, await town.server.press(who, offer, buttons(offer)[ACCEPT]))


async def test_an_offer_leads_to_a_new_thread_where_the_old_one_was(town: Community) -> None:
    async with attended(town):
        old, offer = await offered(town)
        answer = await accepts(town, town.robin, offer)
        (new,) = (one for one in town.guild.threads.values() if one is not old)
        first, reply = await town.told(new, 2)
        (turn,) = await town.store.turns(f"discord:{new.id}")
        opening = town.general.messages[new.id]
    assert hidden(answer)
    assert answer.content == f"It goes on here: <#{new.id}>"
    assert opening.content == "robin goes on here from an earlier message."
    assert opening.pings == set()
    assert new.parent is town.general
    assert new.name == "robin & Fairwell"
    assert first.content.startswith("Here we go on from the message you changed.")
    assert reply.content.startswith("answer to How do tides work?")
    assert turn.turn.text == "How do tides work?"
    assert old.locked
    assert offer.content.endswith(answer.content)
    assert buttons(offer) == {}


async def test_an_offer_is_taken_once_however_often_it_is_pressed(town: Community) -> None:
    async with attended(town):
        old, offer = await offered(town)
        custom_id = buttons(offer)[ACCEPT]
        pressed = [await town.server.press(town.robin, offer, custom_id) for _ in range(2)]
        answers = {(await answered(town, each)).content for each in pressed}
        (new,) = (one for one in town.guild.threads.values() if one is not old)
        turns = await town.store.turns(f"discord:{new.id}")
    assert len(turns) == 1
    assert town.general.said().count("robin goes on here from an earlier message.") == 1
    assert answers == {f"It goes on here: <#{new.id}>", "That offer has been taken already."}


async def test_an_offer_can_be_taken_after_a_restart(town: Community) -> None:
    async with attended(town):
        old, offer = await offered(town)
    async with attended(town):
        await accepts(town, town.robin, offer)
        (new,) = (one for one in town.guild.threads.values() if one is not old)
        assert len(await town.told(new, 2)) == 2


async def test_nobody_else_can_take_it(town: Community) -> None:
    town.robin.user.open = False  # direct messages are closed: the offer stands in the thread
    async with attended(town):
        thread = await town.thread(await town.asks("Good evening."))
        await town.server.says(town.sam, thread, "Me too.")
        said = await ended_in(town, thread)
        await town.server.edits(town.robin, said, "How do tides work?")
        offer = await offer_in(town, thread)
        answer = await accepts(town, town.sam, offer)
    assert not thread.locked  # it goes on for sam
    assert answer.content == "Only the person I offered this to can take it."
    assert buttons(offer)
    assert list(town.guild.threads.values()) == [thread]


async def test_after_somebody_was_forgotten_there_is_nothing_to_go_on_from(town: Community) -> None:
    async with attended(town):
        old, offer = await offered(town)
        await town.store.forget(f"discord:{town.robin.id}", town.clock())
        answer = await accepts(town, town.robin, offer)
    assert answer.content == "I no longer have that offer."
    assert list(town.guild.threads.values()) == [old]


async def test_where_no_thread_can_be_opened_nothing_is_left_behind(town: Community) -> None:
    async with attended(town):
        old, offer = await offered(town)
        before = set(town.general.messages)
        town.server.overwrite(town.general, town.server.bot, deny=Permission.CREATE_PUBLIC_THREADS)
        await town.settled()
        answer = await accepts(town, town.robin, offer)
        assert buttons(offer)
        town.server.overwrite(town.general, town.server.bot)
        await town.settled()
        await accepts(town, town.robin, offer)
        (new,) = (one for one in town.guild.threads.values() if one is not old)
    assert answer.content.startswith("I couldn't open a thread for that.")
    assert set(town.general.messages) - before == {new.id}


async def test_a_private_conversation_goes_on_in_private(town: Community) -> None:
    town.server.overwrite(town.general, town.server.bot, allow=Permission.CREATE_PRIVATE_THREADS)
    async with attended(town):
        question: dict[str, str | bool] = {"question": "Just between us.", "private": True}
        await answered(town, await town.server.slash(town.robin, town.general, "ask", question))
        (old,) = town.guild.threads.values()
        await town.server.says(town.mo, old, "I am here as well.")
        said = await ended_in(town, old)
        await town.server.edits(town.robin, said, "How do tides work?")
        offer = await offer_in(town, town.server.dm(town.robin))
        pressed = [await town.server.press(town.robin, offer, buttons(offer)[ACCEPT]) for _ in range(2)]
        answers = {(await answered(town, each)).content for each in pressed}
        (new,) = (one for one in town.guild.threads.values() if one is not old)
        _, reply = await town.told(new, 2)
    assert new.private
    assert town.robin.id in new.members
    assert reply.content.startswith("answer to How do tides work?")
    assert answers == {f"It goes on here: <#{new.id}>", "That offer has been taken already."}


async def test_a_direct_message_goes_on_there(town: Community) -> None:
    there = town.server.dm(town.robin)
    async with attended(town):
        said = await ended_in(town, there)
        await town.server.edits(town.robin, said, "How do tides work?")
        offer = await offer_in(town, there)
        pressed = await town.server.press(town.robin, offer, buttons(offer)[ACCEPT])
        answer = await answered(town, pressed)
        await town.server.says(town.robin, there, "And the moon?")
        await town.settled()
        turns = await town.store.turns(f"discord:{there.id}:{pressed.id}")
    assert answer.content == f"It goes on here: https://discord.com/channels/@me/{there.id}"
    assert [each.turn.text for each in turns] == ["How do tides work?", "And the moon?"]

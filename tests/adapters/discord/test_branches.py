"""Going on from an earlier message: the offer's button and its reaction, the command, and where they lead."""

from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.discord import names
from bot.domain.action import OfferBranch, Outcome
from bot.domain.event import Branched
from bot.domain.step import Step
from tests.adapters.discord.asking import answered, attended, buttons, hidden
from tests.adapters.discord.community import EXPLICIT, INSULTS, Community
from tests.servers import discord_acts as acts
from tests.servers.discord import BOT, Channel, Member, Permission, Thread
from tests.servers.discord_drafts import draft
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
    async with attended(town):
        old, offer = await offered(town)
        button = draft({"content": "Look what I got.", "components": offer.components})
        passed_on = acts.post(town.server.world, town.server.bot, town.general, button)
        answer = await accepts(town, town.sam, passed_on)
    assert answer.content == "Only the person I offered this to can take it."
    assert list(town.guild.threads.values()) == [old]


async def offered_here(town: Community) -> tuple[Thread, Message]:
    """A thread of robin's that was ended, and the offer in it: robin takes no direct messages."""
    town.robin.user.open = False
    thread, said = await town.ended()
    await town.server.edits(town.robin, said[0], "How do tides work?")
    await town.settled()
    return thread, town.own(thread)[-1]


async def test_without_direct_messages_an_offer_is_taken_by_a_reaction(town: Community) -> None:
    async with attended(town):
        old, offer = await offered_here(town)
        await town.server.reacts(town.sam, offer, "↪️")  # it was not made to sam
        await town.server.reacts(town.robin, offer, "🎉")
        await town.settled()
        assert list(town.guild.threads.values()) == [old]
        await town.server.reacts(town.robin, offer, "↪️")
        await town.settled()
        (new,) = (one for one in town.guild.threads.values() if one is not old)
        first, reply = await town.told(new, 2)
    (before,) = offer.versions
    assert before.startswith("robin, you changed an earlier message. This conversation stays closed")
    assert before.endswith(": react to this message with ↪️")
    assert offer.content == f"{before}\n\nIt goes on here: <#{new.id}>"
    assert buttons(offer) == {}
    assert offer.pings == set()
    assert town.server.bot in offer.reactions["↪️"]
    assert old.locked
    assert town.general.messages[new.id].content == "robin goes on here from an earlier message."
    assert first.content.startswith("Here we go on from the message you changed.")
    assert reply.content.startswith("answer to How do tides work?")


async def test_an_offer_in_private_is_taken_by_its_button_alone(town: Community) -> None:
    async with attended(town):
        old, offer = await offered(town)
        before = offer.content
        await town.server.reacts(town.robin, offer, "↪️")
        await town.settled()
    assert list(town.guild.threads.values()) == [old]
    assert offer.content == before


async def test_an_offer_is_taken_once_however_often_there_is_a_reaction(town: Community) -> None:
    town.server.gateway.spoil("MESSAGE_REACTION_ADD", "twice", 9)
    async with attended(town):
        old, offer = await offered_here(town)
        for _ in range(2):
            await town.server.reacts(town.robin, offer, "↪️")
            await town.server.unreacts(town.robin, offer, "↪️")
        await town.settled()
        await town.server.reacts(town.robin, offer, "↪️")
        await town.settled()
    async with attended(town):
        await town.settled()
        await town.server.unreacts(town.robin, offer, "↪️")
        await town.server.reacts(town.robin, offer, "↪️")
        await town.settled()
    (new,) = (one for one in town.guild.threads.values() if one is not old)
    assert town.general.said().count("robin goes on here from an earlier message.") == 1
    assert len(town.own(new)) == 2


@pytest.mark.parametrize("away", [False, True])
async def test_an_offer_can_be_taken_by_a_reaction_after_a_restart(town: Community, *, away: bool) -> None:
    async with attended(town):
        old, offer = await offered_here(town)
    if away:
        await town.server.reacts(town.sam, offer, "↪️")
        await town.server.reacts(town.robin, offer, "↪️")
    async with attended(town):
        if not away:
            await town.settled()
            await town.server.reacts(town.robin, offer, "↪️")
        await town.server.until(lambda: len(town.guild.threads) > 1)
        await town.settled()
        (new,) = (one for one in town.guild.threads.values() if one is not old)
        assert len(await town.told(new, 2)) == 2


async def test_a_reaction_where_no_thread_can_be_opened_can_be_tried_again(town: Community) -> None:
    async with attended(town):
        old, offer = await offered_here(town)
        town.server.overwrite(town.general, town.server.bot, deny=Permission.CREATE_PUBLIC_THREADS)
        await town.settled()
        await town.server.reacts(town.robin, offer, "↪️")
        await town.settled()
        assert offer.content.endswith("I couldn't open a thread for that. I may lack a permission in this channel.")
        town.server.overwrite(town.general, town.server.bot)
        town.clock.wait(timedelta(seconds=1))
        await town.server.unreacts(town.robin, offer, "↪️")
        await town.server.reacts(town.robin, offer, "↪️")
        await town.settled()
        (new,) = (one for one in town.guild.threads.values() if one is not old)
        assert offer.content.endswith(f"↪️\n\nIt goes on here: <#{new.id}>")


async def test_a_thread_in_the_archive_is_woken_for_an_offer(town: Community) -> None:
    town.robin.user.open = False
    async with attended(town):
        thread, said = await town.ended()
        await town.server.archives(town.mo, thread)
        await town.server.edits(town.robin, said[0], "How do tides work?")
        await town.settled()
        assert not thread.archived
        assert thread.locked
        assert town.server.bot in town.own(thread)[-1].reactions["↪️"]


async def test_an_offer_that_can_be_made_nowhere_is_refused(town: Community) -> None:
    town.robin.user.open = False
    async with attended(town):
        thread, said = await town.ended()
        await town.server.archives(town.mo, thread)
        role = next(role for role in town.guild.roles.values() if role.managed)
        town.server.permit(town.guild, role, BOT & ~Permission.MANAGE_THREADS)
        await town.server.edits(town.robin, said[0], "How do tides work?")
        await town.settled()
        (offer,) = await offers(town, said[0])
        receipt = await town.store.receipt(offer.id)
    assert thread.archived
    assert receipt
    assert receipt.outcome is Outcome.REFUSED


async def offers(town: Community, edited: Message) -> list[OfferBranch]:
    """What was offered because of an edit."""
    assert edited.edited
    found = await town.store.action(f"{names.edited(edited.id, edited.edited)}/0")
    return [found] if isinstance(found, OfferBranch) else []


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


async def choices(town: Community, who: Member, where: Channel, typed: str = "") -> dict[str, str]:
    """What somebody can choose from while they type: the messages' ids, by what is shown."""
    asked = await town.server.autocomplete(who, where, "branch", "message", {"message": typed})
    await town.server.until(lambda: asked.choices is not None)
    return {each["name"]: each["value"] for each in asked.choices or ()}


async def branches(town: Community, who: Member, where: Channel, message: str, words: str) -> Message:
    """Somebody goes on by the command. Out: what they are told."""
    return await answered(town, await town.server.slash(who, where, "branch", {"message": message, "words": words}))


async def test_the_command_leads_to_a_new_thread_with_what_came_before(town: Community) -> None:
    async with attended(town):
        thread = await town.thread(await town.asks("I live in Leeds."))
        await town.told(thread)
        said = await ended_in(town, thread)
        shown = await choices(town, town.robin, town.desk)
        answer = await branches(town, town.robin, town.desk, shown[f"2 · {INSULTS[0]}"], "How do tides work?")
        (new,) = (one for one in town.guild.threads.values() if one is not thread)
        first, reply = await town.told(new, 2)
        turns = await town.store.turns(f"discord:{new.id}")
        history = town.voice.asked[-1].history
    assert thread.locked
    assert shown[f"2 · {INSULTS[0]}"] == str(said.id)
    assert list(shown) == [f"5 · {INSULTS[3]}", f"4 · {INSULTS[2]}", f"3 · {INSULTS[1]}", f"2 · {INSULTS[0]}",
                           "1 · I live in Leeds."]  # fmt: skip
    assert hidden(answer)
    assert answer.content == f"It goes on here: <#{new.id}>"
    opening = town.general.messages[new.id]  # where the old one was, not where it was asked for
    assert opening.content == "robin goes on here from an earlier message.\n> How do tides work?"
    assert first.content.startswith("Here we go on from the message you changed.")
    assert reply.content.startswith("answer to How do tides work?")
    assert [each.text for each in history] == ["I live in Leeds."]
    assert [each.turn.text for each in turns] == ["How do tides work?"]
    assert town.own(town.server.dm(town.robin)) == []  # nothing is offered besides


async def test_what_is_said_in_the_command_is_read_for_risk(town: Community) -> None:
    async with attended(town):
        thread, said = await town.ended()
        await branches(town, town.robin, town.general, str(said[0].id), EXPLICIT)
        (new,) = (one for one in town.guild.threads.values() if one is not thread)
        turns = await town.store.turns(f"discord:{new.id}")
        assert [each.decision.step for each in turns] == [Step.CARE]


async def test_the_messages_to_choose_from_are_found_by_what_is_typed_and_are_ones_own(town: Community) -> None:
    async with attended(town):
        thread = await town.thread(await town.asks(f"A long one: {'word ' * 40}"))
        await town.server.says(town.sam, thread, "Me too.")
        await town.settled()
        assert await choices(town, town.robin, town.general) == {}  # nothing has ended
        await ended_in(town, thread)
        assert not thread.locked  # for robin alone
        (found,) = await choices(town, town.robin, town.general, "PATHETIC")
        assert found == f"4 · {INSULTS[1]}"
        assert list(await choices(town, town.robin, town.general, "3")) == [f"3 · {INSULTS[0]}"]
        (long,) = await choices(town, town.robin, town.general, "a long")
        assert (len(long), long[-1]) == (100, "…")
        assert await choices(town, town.sam, town.general) == {}


@pytest.mark.parametrize("message", ["of sam", "none", "typed"])
async def test_nobody_goes_on_from_what_is_not_theirs(town: Community, message: str) -> None:
    async with attended(town):
        thread = await town.thread(await town.asks("Good evening."))
        other = await town.server.says(town.sam, thread, "Me too.")
        await ended_in(town, thread)
        chosen = {"of sam": str(other.id), "none": "123", "typed": "the first one"}[message]
        answer = await branches(town, town.robin, town.general, chosen, "How do tides work?")
        idle = await branches(town, town.sam, town.general, str(other.id), "How do tides work?")
    assert answer.content == "Please pick one of your own messages from the list."
    assert idle.content == "I know of no ended conversation of yours here that could go on."
    assert list(town.guild.threads.values()) == [thread]


async def test_the_core_opens_no_branch_from_what_is_not_theirs_or_has_not_ended(town: Community) -> None:
    async with attended(town):
        thread = await town.thread(await town.asks("Good evening."))
        own, other = thread, await town.server.says(town.sam, thread, "Me too.")
        await town.settled()
        robin, place = names.member(town.robin.id), names.place(town.guild.id, town.general.id, private=False)
        asked = Branched(
            key="discord:i:1", conversation=f"discord:{thread.id}", place=place, member=robin, at=town.clock(),
            into="discord:77", message=str(own.id), words="How do tides work?",
        )  # fmt: skip
        await town.bot.receive(asked)  # it goes on
        await town.settled()
        await ended_in(town, thread)
        await town.bot.receive(replace(asked, key="discord:i:2", message=str(other.id)))  # it is sam's
        await town.settled()
        assert not await town.store.turns("discord:77")
        assert "discord:77" not in await town.store.conversations("discord", str(town.guild.id))


async def test_those_who_took_part_go_on_as_well(town: Community) -> None:
    """The thread is closed to everybody in it: sam was there long before."""
    async with attended(town):
        thread = await town.thread(await town.asks("What are tides?", town.sam))
        await town.told(thread)
        town.clock.wait(timedelta(days=1))
        await ended_in(town, thread)
        assert thread.locked
        shown = await choices(town, town.sam, town.general)
        answer = await branches(town, town.sam, town.general, shown["1 · What are tides?"], "How do tides work?")
    assert answer.content.startswith("It goes on here")


async def test_what_was_overturned_needs_no_way_back(town: Community) -> None:
    async with attended(town):
        thread, said = await town.ended()
        await town.server.unlocks(town.mo, thread)
        await town.settled()
        assert await choices(town, town.robin, town.general) == {}
        answer = await branches(town, town.robin, town.general, str(said[0].id), "How do tides work?")
    assert answer.content == "I know of no ended conversation of yours here that could go on."


async def test_the_command_goes_on_in_a_direct_message_and_in_private(town: Community) -> None:
    town.server.overwrite(town.general, town.server.bot, allow=Permission.CREATE_PRIVATE_THREADS)
    there = town.server.dm(town.robin)
    async with attended(town):
        said = await ended_in(town, there)
        answer = await branches(town, town.robin, there, str(said.id), "How do tides work?")
        assert answer.content == f"It goes on here: https://discord.com/channels/@me/{there.id}"
        await town.server.says(town.robin, there, "And the moon?")
        assert town.own(there)[-1].content
        await town.settled()
        assert town.own(there)[-1].content.startswith("answer to And the moon?")
        question: dict[str, str | bool] = {"question": "Just between us.", "private": True}
        await answered(town, await town.server.slash(town.robin, town.general, "ask", question))
        (old,) = town.guild.threads.values()
        said = await ended_in(town, old)
        await branches(town, town.robin, town.general, str(said.id), "How do tides work?")
        (new,) = (one for one in town.guild.threads.values() if one is not old)
        quoted, first, _ = await town.told(new, 3)
    assert new.private
    assert quoted.content == "> How do tides work?"
    assert first.content.startswith("Here we go on")

"""Commands about conversations that are held in a channel, where there can be no thread."""

from datetime import timedelta

import pytest

from bot.domain.action import CallModerators, Outcome, Say
from bot.domain.conversation import Place
from bot.domain.ending import EndingState
from bot.domain.review import Matter
from bot.domain.step import Step
from tests.adapters.discord.asking import answered, attended, buttons, shown
from tests.adapters.discord.community import INSULTS, Community, answers
from tests.adapters.discord.test_branches import accepts, offer_in
from tests.servers.discord import Message, Permission


@pytest.fixture(autouse=True)
def no_threads(town: Community) -> None:
    """The bot replies in the channel, as it can open no thread there."""
    town.set_up(plain_replies=True)
    town.server.overwrite(town.general, town.server.bot, deny=Permission.CREATE_PUBLIC_THREADS)


async def insults(town: Community, times: int) -> list[Message]:
    """Robin insults the bot so often, in a chain of replies. Out: what robin said."""
    said = [await town.asks(INSULTS[0])]
    for number, insult in enumerate(INSULTS[1:times], 1):
        latest = (await town.told(town.general, number))[-1]
        await town.settled()
        town.clock.wait(timedelta(minutes=1))
        said.append(await town.server.says(town.robin, town.general, insult, reply_to=latest))
    await town.told(town.general, times)
    await town.settled()
    return said


async def test_a_member_learns_where_they_stand_there(town: Community) -> None:
    async with attended(town):
        await insults(town, 2)
        robins = await answered(town, await town.server.slash(town.robin, town.general, "standing"))
        sams = await answered(town, await town.server.slash(town.sam, town.general, "standing"))
        (conversation,) = await town.store.conversations("discord", str(town.guild.id))
        own = dict(await town.store.standings(conversation))[f"discord:{town.robin.id}"]
    assert own.count(Step.REDIRECT) > 0
    assert robins.content.startswith(
        f"What counts for you in this conversation: redirections {own.count(Step.REDIRECT)}"
    )
    assert sams.content == "This is no conversation with me. In one of our threads I can tell you."


async def test_a_conversation_in_a_thread_is_not_taken_for_one_in_the_channel(town: Community) -> None:
    town.server.overwrite(town.general, town.server.bot)
    async with attended(town):
        thread = await town.thread(await town.asks(INSULTS[0]))
        await town.told(thread)
        await town.settled()
        told = await answered(town, await town.server.slash(town.robin, town.general, "standing"))
    assert told.content == "This is no conversation with me. In one of our threads I can tell you."


async def test_any_message_of_it_leads_moderators_to_its_ending(town: Community) -> None:
    async with attended(town):
        said = await insults(town, len(INSULTS))
        other = await town.server.says(town.sam, town.general, "What a day.")
        (card,) = await town.told(town.desk)
        glances = [
            (await answered(town, await town.server.context(town.mo, message, "Review this ending"))).content
            for message in (*said, *town.own(town.general), card)
        ]
        nothing = await answered(town, await town.server.context(town.mo, other, "Review this ending"))
        (conversation,) = await town.store.conversations("discord", str(town.guild.id))
        ending = await town.store.latest_ending(conversation)
    assert ending is not None
    assert set(glances) == {glances[0]}
    assert ending.id in glances[0]
    assert nothing.content == "I know of no ending in that conversation."


async def test_an_appeal_there_is_about_the_conversation_there(town: Community) -> None:
    async with attended(town):
        await insults(town, len(INSULTS))
        here = town.own(town.general)[-1]
        town.clock.wait(timedelta(days=2))
        town.server.overwrite(town.general, town.server.bot)
        elsewhere, _ = await town.ended()  # a later one, in a thread
        asked = await town.server.slash(town.robin, town.general, "appeal")
        await shown(town, asked)
        await answered(town, await town.server.modal(asked, {"words": "I was quoting."}))
        (conversation,) = set(await town.store.conversations("discord", str(town.guild.id))) - {
            f"discord:{elsewhere.id}"
        }
        ending, other = [await town.store.latest_ending(each) for each in (conversation, f"discord:{elsewhere.id}")]
    assert ending is not None
    assert other is not None
    assert here.reactions
    assert (ending.state, other.state) == (EndingState.APPEALED, EndingState.STANDING)


async def test_a_verdict_on_an_ending_there_is_told_there(town: Community) -> None:
    async with attended(town):
        await insults(town, len(INSULTS))
        (card,) = await town.told(town.desk)
        asked = await town.server.press(town.mo, card, buttons(card)["Overturn"])
        await shown(town, asked)
        await answered(town, await town.server.modal(asked, {}))
        apology = town.own(town.general)[-1]
    assert apology.content.startswith("A moderator has looked at this again")
    assert apology.reference is not None


async def test_a_card_leads_to_its_own_ending_and_not_to_a_later_one(town: Community) -> None:
    town.server.overwrite(town.general, town.server.bot)
    async with attended(town):
        thread, _ = await town.ended()
        (card,) = await town.told(town.desk)
        first = await town.store.latest_ending(f"discord:{thread.id}")
        asked = await town.server.press(town.mo, card, buttons(card)["Overturn"])
        await shown(town, asked)
        await answered(town, await town.server.modal(asked, {}))
        for insult in INSULTS * 2:
            town.clock.wait(timedelta(minutes=1))
            if not thread.locked:
                await town.server.says(town.robin, thread, insult)
                await town.settled()
        second = await town.store.latest_ending(f"discord:{thread.id}")
        glance = await answered(town, await town.server.context(town.mo, card, "Review this ending"))
    assert first is not None
    assert second is not None
    assert first.id != second.id
    assert first.id in glance.content
    assert second.id not in glance.content


async def test_a_call_before_the_thread_is_there_does_not_settle_that_there_is_none(town: Community) -> None:
    town.set_up(plain_replies=False)
    town.server.overwrite(town.general, town.server.bot)
    async with attended(town):
        message = await town.server.says(town.robin, town.general, "Good evening.")
        guild, about = str(town.guild.id), f"discord:m:{message.id}"
        conversation, place = f"discord:{message.id}", Place("discord", guild, str(town.general.id))
        desk = Place("discord", guild, str(town.desk.id), private=True)
        call = CallModerators(
            id=f"{about}/1",
            conversation=conversation,
            place=place,
            matter=Matter.RISK,
            member="",
            text="Somebody may be in danger.",
            desk=desk,
        )
        say = Say(id=f"{about}/0", conversation=conversation, place=place, text="I'm here.", reply_to=str(message.id))
        assert (await town.adapter.perform(call)).outcome is Outcome.DELIVERED
        assert (await town.adapter.perform(say)).outcome is Outcome.DELIVERED
    assert [one.content for one in town.own(town.guild.threads[message.id])] == ["I'm here."]


async def test_an_earlier_message_is_gone_on_from_in_the_channel(town: Community) -> None:
    town.server.overwrite(town.general, town.server.bot)
    async with attended(town):
        thread, said = await town.ended()
        await town.server.edits(town.robin, said[0], "How do tides work?")
        offer = await offer_in(town, town.server.dm(town.robin))
        town.server.overwrite(town.general, town.server.bot, deny=Permission.CREATE_PUBLIC_THREADS)
        await town.settled()
        answer = await accepts(town, town.robin, offer)
        opening, first, reply = await town.told(town.general, 3)
    async with attended(town):
        await town.server.says(town.robin, town.general, "And the moon?", reply_to=reply)
        *_, further = await town.told(town.general, 4)
        await town.settled()
        await town.server.says(town.robin, town.general, "And the sun?", reply_to=opening)
        await town.told(town.general, 5)
        await town.settled()
        turns = await town.store.turns(f"discord:{opening.id}")
    assert answer.content == (
        f"It goes on here: https://discord.com/channels/{town.guild.id}/{town.general.id}/{opening.id}"
    )
    assert opening.content == "robin goes on here from an earlier message."
    assert first.content.startswith("Here we go on from the message you changed.")
    assert reply.content.startswith("answer to How do tides work?")
    assert [answers(each) for each in (first, reply)] == [opening.id, opening.id]
    assert further.content.startswith("answer to And the moon?")
    assert [each.turn.text for each in turns] == ["How do tides work?", "And the moon?", "And the sun?"]
    assert list(town.guild.threads.values()) == [thread]

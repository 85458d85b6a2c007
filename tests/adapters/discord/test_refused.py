"""What Discord refuses for good is put before the moderators, once."""

import pytest

from bot.domain.conversation import Member, Place
from bot.domain.event import Judged
from tests.adapters.discord.community import Community
from tests.servers.discord import Permission, Thread


@pytest.fixture
def town(town: Community) -> Community:
    """It has taken every permission from the bot's own role."""
    town.server.permit(town.guild, next(role for role in town.guild.roles.values() if role.managed), Permission(0))
    return town


async def overturned(town: Community, thread: Thread) -> Judged:
    """A moderator's verdict."""
    ending = await town.store.latest_ending(f"discord:{thread.id}")
    assert ending
    return Judged(
        key="verdict",
        conversation=ending.conversation,
        place=Place("discord", str(town.guild.id), str(town.general.id)),
        member=Member(f"discord:{town.mo.id}", "mo"),
        at=town.clock(),
        ending=ending.id,
        upheld=False,
    )


async def test_a_lock_that_is_not_permitted_is_told_once_and_the_ending_stands(town: Community) -> None:
    async with town.running():
        thread, _ = await town.ended()
        await town.ended()
        await town.told(town.desk, 3)
        conversation = (await town.store.turns(f"discord:{thread.id}"))[-1]
    async with town.running():
        await town.settled()
        first, card, second = town.own(town.desk)
    assert not thread.locked
    assert conversation.decision.step == "end"
    assert [each.content.split(" conversation ")[0] for each in (first, second)] == ["I closed"] * 2
    assert card.content.startswith("I ended a conversation, but couldn't close its thread.")
    assert "the bot lacks a permission there (code 50013)" in card.content
    assert card.content.endswith(f"\nhttps://discord.com/channels/{town.guild.id}/{thread.id}")


async def test_a_lock_that_cannot_be_taken_off_is_told_and_the_verdict_stands(town: Community) -> None:
    async with town.running() as bot:
        thread, _ = await town.ended()
        await town.told(town.desk, 2)
        await town.server.locks(town.mo, thread)
        await bot.receive(await overturned(town, thread))
        unlock, apology = (await town.told(town.desk, 4))[2:]
    assert "I couldn't open its thread. Your verdict stands all the same" in unlock.content
    assert apology.content.startswith("I couldn't post a message.")
    assert "the thread is locked, and the bot may not manage threads there (code 160005)" in apology.content

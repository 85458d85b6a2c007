"""Reactions of the local Discord."""

import discord
import pytest

from tests.servers.discord import Permission, Refused
from tests.servers.discord_bot import Library, code
from tests.servers.discord_reactions import MOST_EMOJI


async def test_reactions_come_and_go(place: Library) -> None:
    said = await place.shown(place.general).send("Was this fair?")
    message = place.general.messages[said.id]
    await said.add_reaction("👍")
    for _ in range(2):
        await place.server.reacts(place.robin, message, "👍")
    heard = await place.bot.next("raw_reaction_add", lambda one: one.user_id == place.robin.id)
    assert (heard.message_id, heard.message_author_id) == (said.id, place.server.bot.id)
    assert heard.member.id == place.robin.id
    await place.server.unreacts(place.robin, message, "👍")
    gone = await place.bot.next("raw_reaction_remove")
    assert (gone.user_id, gone.member) == (place.robin.id, None)
    assert message.reactions == {"👍": [place.server.bot]}
    with pytest.raises(Refused) as caught:
        await place.server.unreacts(place.robin, message, "👍")
    assert code(caught) == 10014
    await said.remove_reaction("👍", discord.Object(place.server.bot.id))
    assert message.reactions == {}


async def test_who_reacted_can_be_looked_up_later(place: Library) -> None:
    said = await place.shown(place.general).send("Was this fair?")
    for who in (place.mo, place.robin):
        await place.server.reacts(who, place.general.messages[said.id], "👎")
    (reaction,) = (await said.fetch()).reactions
    assert {user.id async for user in reaction.users(limit=None)} == {place.robin.id, place.mo.id}
    assert (reaction.count, reaction.me) == (2, False)


async def test_a_moderator_clears_them(place: Library) -> None:
    said = await place.shown(place.general).send("Was this fair?")
    message = place.general.messages[said.id]
    for emoji in ("👍", "👎"):
        await said.add_reaction(emoji)
    with pytest.raises(Refused) as caught:
        await place.server.clears(place.robin, message)
    assert code(caught) == 50013
    await place.server.clears(place.mo, message, "👎")
    assert str((await place.bot.next("raw_reaction_clear_emoji")).emoji) == "👎"
    await place.server.clears(place.mo, message)
    assert (await place.bot.next("raw_reaction_clear")).message_id == said.id
    with pytest.raises(discord.Forbidden):
        await said.clear_reactions()


async def test_members_need_a_permission_only_for_an_emoji_that_is_new(place: Library) -> None:
    said = await place.shown(place.general).send("Was this fair?")
    message = place.general.messages[said.id]
    place.server.overwrite(place.general, place.robin, deny=Permission.ADD_REACTIONS)
    with pytest.raises(Refused) as caught:
        await place.server.reacts(place.robin, message, "👍")
    assert code(caught) == 50013
    await said.add_reaction("👍")
    await place.server.reacts(place.robin, message, "👍")


async def test_what_is_no_emoji_and_a_twenty_first_are_refused(place: Library) -> None:
    said = await place.shown(place.general).send("Was this fair?")
    with pytest.raises(discord.HTTPException) as caught:
        await said.add_reaction("thumbsup")
    assert code(caught) == 10014
    for number in range(MOST_EMOJI):
        await place.server.reacts(place.robin, place.general.messages[said.id], chr(0x1F600 + number))
    with pytest.raises(discord.HTTPException) as caught:
        await said.add_reaction("👍")
    assert code(caught) == 30010


async def test_somebody_who_has_blocked_the_bot_gets_no_reaction_from_it(place: Library) -> None:
    question = await place.asked()
    place.robin.user.blocks = True
    with pytest.raises(discord.Forbidden) as caught:
        await question.add_reaction("👍")
    assert code(caught) == 90001

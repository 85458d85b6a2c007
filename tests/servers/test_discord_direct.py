"""Direct messages of the local Discord."""

import discord
import pytest

from tests.servers.discord import Kind, Refused
from tests.servers.discord_bot import Library, code


async def test_a_direct_message_reaches_the_bot_and_back(place: Library) -> None:
    dm = place.server.dm(place.robin)
    await place.server.says(place.robin, dm, "Between us.")
    heard = await place.bot.next("message")
    assert (heard.guild, heard.channel.id, heard.content) == (None, dm.id, "Between us.")
    assert isinstance(heard.channel, discord.DMChannel)
    await heard.reply("Of course.")
    await place.server.reacts(place.robin, next(reversed(dm.messages.values())), "👍")
    assert (await place.bot.next("raw_reaction_add")).guild_id is None
    assert dm.said() == ["Between us.", "Of course."]


async def test_the_bot_opens_one_and_always_the_same(place: Library) -> None:
    user = await place.bot.fetch_user(place.robin.id)
    await user.send("There are more lines.")
    await (await place.bot.fetch_user(place.robin.id)).send("And more.")
    dm = place.server.dm(place.robin)
    assert (dm.kind, dm.said()) == (Kind.DM, ["There are more lines.", "And more."])


async def test_closed_ones_and_those_of_strangers_are_refused(place: Library) -> None:
    user = await place.bot.fetch_user(place.robin.id)
    place.robin.user.open = False
    with pytest.raises(discord.Forbidden) as caught:
        await user.send("Hello.")
    assert code(caught) == 50007
    place.robin.user.open, place.robin.user.blocks = True, True
    with pytest.raises(discord.Forbidden) as caught:
        await user.send("Hello.")
    assert code(caught) == 50007
    place.robin.user.blocks = False
    await user.send("Hello.")
    place.server.leave(place.robin)
    with pytest.raises(discord.Forbidden) as caught:
        await user.send("Hello.")
    assert code(caught) == 50278
    with pytest.raises(discord.HTTPException) as nobody:
        await place.bot.create_dm(discord.Object(1))
    assert code(nobody) == 50033


async def test_nobody_else_speaks_in_one(place: Library) -> None:
    with pytest.raises(Refused) as caught:
        await place.server.says(place.mo, place.server.dm(place.robin), "Hello?")
    assert code(caught) == 50001

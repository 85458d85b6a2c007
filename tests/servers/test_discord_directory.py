"""Who and what there is on the local Discord, and guilds that come and go."""

import discord
import pytest

from tests.servers.discord_bot import Library, code


async def test_the_application_says_which_intents_it_has(place: Library) -> None:
    application = await place.bot.application_info()
    assert application.flags.gateway_message_content_limited
    assert not application.flags.gateway_guild_members_limited
    assert application.owner.name == "operator"
    assert place.bot.application_id == place.server.bot.id


async def test_guilds_channels_roles_and_members_can_be_looked_up(place: Library) -> None:
    guild = await place.bot.fetch_guild(place.guild.id)
    assert [channel.name for channel in await guild.fetch_channels()] == ["general"]
    assert {role.name for role in await guild.fetch_roles()} == {"@everyone", "Fairwell", "moderators"}
    member = await guild.fetch_member(place.mo.id)
    assert [role.name for role in member.roles] == ["@everyone", "moderators"]
    assert [one.name async for one in place.bot.fetch_guilds()] == ["The Library"]
    with pytest.raises(discord.NotFound) as caught:
        await guild.fetch_member(1)
    assert code(caught) == 10007
    with pytest.raises(discord.NotFound) as caught:
        await place.bot.fetch_user(1)
    assert code(caught) == 10013


async def test_guilds_come_and_go(place: Library) -> None:
    other = place.server.guild("The Museum")
    assert (await place.bot.next("guild_join")).name == "The Museum"
    place.server.leave(other.members[place.server.bot.id])
    assert (await place.bot.next("guild_remove")).id == other.id
    place.server.role(other, "curators")
    await place.server.gateway.read()
    assert "GUILD_ROLE_CREATE" not in [frame.name for frame in place.server.gateway.told[-2:]]
    with pytest.raises(discord.Forbidden) as caught:
        await place.bot.fetch_guild(other.id)
    assert code(caught) == 50001


async def test_a_guild_may_be_out_for_a_while(place: Library) -> None:
    place.server.outage(place.guild)
    await place.bot.next("guild_unavailable")
    place.server.outage(place.guild, over=True)
    await place.bot.next("guild_available", lambda _: len(place.bot.all("guild_available")) == 2)
    assert place.bot.guilds[0].name == "The Library"


async def test_somebody_who_is_typing_is_on_record(place: Library) -> None:
    async with place.shown(place.general).typing():
        await place.server.until(lambda: place.general.typing)
    assert place.general.typing == [place.server.bot]

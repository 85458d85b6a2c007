"""Who may do what on the local Discord: roles, overwrites, and what the bot is told when they change."""

from collections.abc import Awaitable, Callable

import discord
import pytest

from tests.servers.discord import EVERYBODY, Overwrite, Permission, Refused
from tests.servers.discord_bot import Library, code
from tests.servers.discord_permissions import in_guild, permitted

Act = Callable[[discord.TextChannel, discord.Message], Awaitable[object]]
EMBED = discord.Embed(title="Lines")

NEEDS: dict[Permission, Act] = {
    Permission.SEND_MESSAGES: lambda channel, _: channel.send("Hello."),
    Permission.EMBED_LINKS: lambda channel, _: channel.send(embed=EMBED),
    Permission.ADD_REACTIONS: lambda _, message: message.add_reaction("👍"),
    Permission.READ_HISTORY: lambda channel, message: channel.fetch_message(message.id),
    Permission.CREATE_PUBLIC_THREADS: lambda _, message: message.create_thread(name="tides"),
}


@pytest.mark.parametrize("permission", NEEDS)
async def test_the_bot_needs_what_discord_says_it_needs(place: Library, permission: Permission) -> None:
    act, message = NEEDS[permission], await place.asked()
    place.server.overwrite(place.general, place.server.bot, deny=permission)
    with pytest.raises(discord.Forbidden) as caught:
        await act(place.shown(place.general), message)
    assert code(caught) == 50013
    place.server.overwrite(place.general, place.server.bot)
    await act(place.shown(place.general), message)


async def test_a_reply_needs_the_history(place: Library) -> None:
    message = await place.asked()
    place.server.overwrite(place.general, place.server.bot, deny=Permission.READ_HISTORY)
    with pytest.raises(discord.HTTPException) as caught:
        await message.reply("Hello.")
    assert code(caught) == 160002
    assert [one async for one in place.shown(place.general).history()] == []


async def test_speaking_in_threads_is_another_permission(place: Library) -> None:
    thread, seen = await place.thread()
    place.server.overwrite(place.general, place.guild.everybody, deny=Permission.SEND_MESSAGES)
    await place.server.says(place.robin, thread, "Still here.")
    with pytest.raises(Refused):
        await place.server.says(place.robin, place.general, "Not here.")
    place.server.overwrite(place.general, place.server.bot, deny=Permission.SEND_MESSAGES)
    await seen.send(embed=EMBED)
    place.server.overwrite(place.general, place.server.bot, deny=Permission.SEND_IN_THREADS)
    with pytest.raises(discord.Forbidden) as caught:
        await seen.send("Nor I.")
    assert code(caught) == 50013


async def test_what_the_bot_does_not_see_it_is_not_told_and_cannot_touch(place: Library) -> None:
    channel, (thread, _) = place.shown(place.general), await place.thread()
    place.server.overwrite(place.general, place.server.bot, deny=Permission.VIEW_CHANNEL)
    await place.bot.next("guild_channel_delete")
    await place.server.says(place.robin, place.general, "Nobody hears.")
    with pytest.raises(discord.Forbidden) as caught:
        await channel.send("Hello?")
    assert code(caught) == 50001
    place.server.overwrite(place.general, place.server.bot)
    await place.bot.next("guild_channel_create")
    assert (await place.bot.next("thread_join")).id == thread.id
    before = len(place.bot.all("message"))
    await place.server.says(place.robin, place.general, "Now.")
    await place.bot.next("message", lambda one: one.content == "Now.")
    assert len(place.bot.all("message")) == before + 1


async def test_overwrites_of_roles_count_together_and_the_members_own_last(place: Library) -> None:
    quiet, loud = place.server.role(place.guild, "quiet"), place.server.role(place.guild, "loud")
    place.server.give(place.robin, quiet, loud)
    channel = place.server.channel(
        place.guild,
        "stage",
        overwrites={
            place.guild.everybody: Overwrite(deny=Permission.ADD_REACTIONS),
            quiet: Overwrite(deny=Permission.SEND_MESSAGES | Permission.ADD_REACTIONS),
            loud: Overwrite(allow=Permission.SEND_MESSAGES),
            place.robin: Overwrite(allow=Permission.ADD_REACTIONS),
        },
    )
    may = permitted(place.robin.user, channel)
    assert may & Permission.SEND_MESSAGES
    assert may & Permission.ADD_REACTIONS
    assert not permitted(place.mo.user, channel) & Permission.ADD_REACTIONS
    seen = await place.bot.next("guild_channel_create")
    mine = seen.permissions_for(place.bot.guilds[0].me).value
    assert mine == permitted(place.server.bot, channel)


async def test_owners_and_administrators_may_everything(place: Library) -> None:
    owner = place.guild.members[place.guild.owner.id]
    boss = place.server.member(place.guild, "boss", place.server.role(place.guild, "boss", Permission.ADMINISTRATOR))
    for who in (owner, boss):
        place.server.overwrite(place.general, who, deny=Permission.SEND_MESSAGES)
        await place.server.says(who, place.general, "Mine.")
    assert in_guild(place.robin) == EVERYBODY


async def test_the_bot_is_told_of_roles_it_gets_and_of_what_they_allow(place: Library) -> None:
    mine = place.guild.members[place.server.bot.id]
    extra = place.server.role(place.guild, "extra")
    place.server.permit(place.guild, extra, Permission.MANAGE_MESSAGES)
    await place.bot.next("guild_role_update")
    assert not place.shown(place.general).permissions_for(place.bot.guilds[0].me).manage_messages
    place.server.give(mine, *mine.roles, extra)
    await place.bot.next("member_update")
    assert place.shown(place.general).permissions_for(place.bot.guilds[0].me).manage_messages
    question = await place.asked()
    await question.delete()


async def test_a_message_shows_its_authors_roles_though_members_are_not_listened_to(place: Library) -> None:
    await place.server.says(place.mo, place.general, "Order!")
    heard = await place.bot.next("message")
    assert isinstance(heard.author, discord.Member)
    assert [role.name for role in heard.author.roles] == ["@everyone", "moderators"]

"""`/fairwell check`: what the bot lacks in a server, and how to mend it."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from bot.reply.texts import Words
from bot.settings.model import Local
from tests.adapters.discord.asking import answered, attended, hidden
from tests.adapters.discord.community import Community
from tests.servers.discord import BOT, Channel, Fails, Kind, Member, Message, Overwrite, Permission, Role, User

OPEN = Permission.CREATE_PRIVATE_THREADS
AWAY = "My role has it, the channel takes it away: Edit Channel › Permissions."


def admin(town: Community, locale: str = "en-US") -> Member:
    """Somebody who may manage the server."""
    return town.server.member(
        town.guild, "ada", town.server.role(town.guild, "admins", Permission.MANAGE_GUILD), locale=locale
    )


def well(town: Community) -> None:
    """Let nothing be lacking."""
    (own,) = [role for role in town.guild.roles.values() if role.managed]
    town.server.permit(town.guild, own, BOT | OPEN)
    town.server.overwrite(town.desk, town.guild.everybody, deny=Permission.VIEW_CHANNEL)
    town.server.overwrite(town.desk, town.server.bot, allow=Permission.VIEW_CHANNEL)
    town.keepers.mentionable = True


def denied(town: Community, permission: Permission) -> dict[Role | User | Member, Overwrite]:
    """What a channel takes away from the bot."""
    return {town.server.bot: Overwrite(deny=permission)}


def settled(town: Community, **changed: tuple[str, ...]) -> None:
    """Change what is set for the server."""
    settings = town.everything.settings
    ((key, local),) = settings.locals.items()
    changed_local: Local = replace(local, **changed)  # type: ignore[arg-type]
    town.everything = replace(town.everything, settings=replace(settings, locals={key: changed_local}))


def words(town: Community, language: str = "en") -> Words:
    return town.everything.wording.words(language, "discord")


async def checks(town: Community, who: Member, where: Channel | None = None) -> Message:
    """What somebody is told."""
    return await answered(town, await town.server.slash(who, where or town.general, "fairwell check"))


def said(message: Message) -> Sequence[str]:
    return [line.removeprefix("- ") for line in message.content.splitlines()]


async def test_where_nothing_is_lacking_a_line_says_so(town: Community) -> None:
    well(town)
    ada = admin(town)
    async with attended(town):
        told = await checks(town, ada)
    assert hidden(told)
    assert said(told) == [
        "Channels in which I may do all I need to: 2",
        f"Endings are looked at again by: <@&{town.keepers.id}>",
    ]


async def test_what_a_channel_takes_away_is_told_with_its_remedy(town: Community) -> None:
    well(town)
    ada = admin(town)
    town.server.overwrite(town.general, town.server.bot, deny=Permission.MANAGE_THREADS | Permission.ADD_REACTIONS)
    town.server.overwrite(town.desk, town.server.bot, allow=Permission.VIEW_CHANNEL, deny=Permission.SEND_MESSAGES)
    async with attended(town):
        told = await checks(town, ada)
    assert said(told) == [
        f"In <#{town.general.id}> I lack: Add Reactions, Manage Threads. {AWAY}",
        f"In <#{town.desk.id}> I lack: Send Messages. {AWAY}",
        "Add Reactions: Without it nobody is shown how to rate an ending.",
        "Manage Threads: Without it I can't lock a conversation that I closed.",
        "Send Messages: Without it I can't speak there.",
        f"Endings are looked at again by: <@&{town.keepers.id}>",
    ]


async def test_what_the_role_lacks_is_told_apart_from_what_a_channel_takes_away(town: Community) -> None:
    well(town)
    ada = admin(town)
    (own,) = [role for role in town.guild.roles.values() if role.managed]
    town.server.permit(town.guild, own, (BOT | OPEN) & ~Permission.MANAGE_THREADS)
    other = town.server.channel(town.guild, "other")
    town.server.overwrite(other, own, allow=Permission.MANAGE_THREADS, deny=Permission.ATTACH_FILES)
    async with attended(town):
        told = await checks(town, ada)
    assert said(told)[1:3] == [
        f"In <#{town.general.id}> I lack: Manage Threads. Turn it on for my role: Server Settings › Roles.",
        f"In <#{other.id}> I lack: Attach Files. {AWAY}",
    ]


async def test_what_follows_from_a_lack_is_not_named_beside_it(town: Community) -> None:
    well(town)
    ada = admin(town)
    settled(town, channels=(str(town.general.id),))
    town.server.overwrite(town.general, town.server.bot, deny=Permission.SEND_MESSAGES)
    async with attended(town):
        speechless = await checks(town, ada)
        town.server.overwrite(town.general, town.server.bot, deny=Permission.VIEW_CHANNEL)
        blind = await checks(town, ada)
    assert f"In <#{town.general.id}> I lack: Send Messages." in speechless.content
    assert "Attach Files" not in speechless.content
    assert (
        said(blind)[1] == "I see no channel that I could answer in. Let my role view one: Edit Channel › Permissions."
    )
    assert f"a channel that is not there, or that I can't see: {town.general.id}. `/fairwell setup`" in said(blind)[2]


async def test_of_three_hundred_channels_a_few_lines_are_said_and_a_file_has_the_rest(town: Community) -> None:
    well(town)
    ada = admin(town)
    many = [
        town.server.channel(town.guild, f"room-{number}", overwrites=denied(town, Permission.MANAGE_THREADS))
        for number in range(120)
    ]
    for number in range(180):
        town.server.channel(town.guild, f"hall-{number}")
    async with attended(town):
        told = await checks(town, ada)
    shown = ", ".join(f"<#{each.id}>" for each in many[:10])
    assert said(told)[:2] == [
        "Channels in which I may do all I need to: 182",
        f"In {shown} and 110 more I lack: Manage Threads. {AWAY}",
    ]
    assert said(told)[-1] == "All of it is in the file."
    (file,) = told.attachments
    assert all(f"#{each.name} ({each.id})" in file.content.decode() for each in many)
    assert not [asked for asked in town.server.asked if asked.path.startswith("/guilds")]


async def test_many_different_lacks_still_fit(town: Community) -> None:
    well(town)
    ada = admin(town)
    mine = [each for each in Permission if each & BOT and each is not Permission.VIEW_CHANNEL]
    for number in range(60):
        some = Permission(sum(each for bit, each in enumerate(mine) if number + 1 >> bit & 1))
        town.server.channel(town.guild, f"room-{number}", overwrites=denied(town, some))
    async with attended(town):
        told = await checks(town, ada)
    assert len(told.content) <= 2000
    assert said(told)[-1] == "All of it is in the file."
    (file,) = told.attachments
    assert "#room-59" in file.content.decode()


async def test_a_forum_needs_less(town: Community) -> None:
    well(town)
    ada = admin(town)
    bare = Permission.SEND_MESSAGES | Permission.CREATE_PUBLIC_THREADS
    forum = town.server.channel(town.guild, "help", Kind.FORUM, overwrites=denied(town, bare))
    settled(town, channels=(str(forum.id),), forums=(str(forum.id), str(town.general.id)))
    async with attended(town):
        told = await checks(town, ada)
        town.server.overwrite(forum, town.server.bot, deny=bare | Permission.SEND_IN_THREADS)
        lacking = await checks(town, ada)
    assert said(told)[:2] == [
        "Channels in which I may do all I need to: 3",
        f"Every new post there is to be for me, but it is no forum: <#{town.general.id}>",
    ]
    assert f"In <#{forum.id}> I lack: Send Messages in Threads." in lacking.content


async def test_where_moderators_are_not_reached_that_is_told(town: Community) -> None:
    ada = admin(town)
    async with attended(town):
        public = await checks(town, ada)
        town.server.overwrite(town.desk, town.server.bot, deny=Permission.VIEW_CHANNEL)
        gone = await checks(town, ada)
        town.everything = replace(town.everything, settings=replace(town.everything.settings, locals={}))
        unset = await checks(town, ada)
    assert f"Everybody can read <#{town.desk.id}>, and that is where I call moderators." in public.content
    assert f"Nobody is notified when I call <@&{town.keepers.id}>." in public.content
    assert "Where moderators are called there is no text channel that I can see." in gone.content
    assert "Nobody has said where moderators are called. `/fairwell setup` names a channel." in unset.content
    assert "No role is set for looking at endings" in unset.content


async def test_roles_and_channels_from_the_settings_that_are_not_there_are_named_as_they_stand(town: Community) -> None:
    well(town)
    ada = admin(town)
    settled(town, moderator_roles=("12", "@everyone *x*"), channels=("34", "[a](https://x.y)", str(town.general.id)))
    async with attended(town):
        told = await checks(town, ada)
    assert "A role that may look at endings is not there: 12, \\@\u200beveryone \\*x\\*" in told.content
    assert "can't see: 34, \\[a\\]\\(https\\://x.y\\)." in told.content


async def test_hostile_names_do_nothing_in_the_file(town: Community) -> None:
    well(town)
    ada = admin(town)
    for number in range(11):
        town.server.channel(
            town.guild, f"a\n- Channels: fine\u202e{number}", overwrites=denied(town, Permission.MANAGE_THREADS)
        )
    async with attended(town):
        told = await checks(town, ada)
    assert "fine" not in told.content
    (file,) = told.attachments
    lines = file.content.decode().splitlines()
    assert [line for line in lines if line.startswith("- Channels: fine")] == []
    assert "\u202e" not in file.content.decode()


async def test_mention_only_mode_is_told_as_such(town: Community) -> None:
    well(town)
    ada = admin(town)
    town.content = False
    async with attended(town):
        told = await checks(town, ada)
    assert said(told)[-1].startswith(
        "I may only read what mentions me, so in threads I have to be mentioned each time."
    )


async def test_commands_that_discord_did_not_take_are_told(town: Community) -> None:
    well(town)
    ada = admin(town)
    async with attended(town):
        pass
    town.server.fault("PUT /applications/*/commands", Fails(status=400))
    async with attended(town):
        await town.settled()
        told = await checks(town, ada)
    assert said(told)[-1].startswith("Discord has not taken the list of my commands.")


async def test_a_server_that_the_gateway_has_not_told_of_is_asked_for(town: Community) -> None:
    well(town)
    ada = admin(town)
    town.server.outage(town.guild)
    async with attended(town):
        told = await checks(town, ada)
    assert said(told)[0] == "Channels in which I may do all I need to: 2"
    assert town.asked("GET /guilds/*/channels") == 1


async def test_only_those_who_can_manage_the_server_are_told(town: Community) -> None:
    async with attended(town):
        town.server.world.commands[0][1, "fairwell"]["default_member_permissions"] = None  # as an admin may set it
        told = await checks(town, town.mo)
    assert said(told) == ["Only those who can manage this server can do that."]
    assert hidden(told)


@pytest.mark.parametrize("language", ["de", "en", "es", "fr", "pt"])
async def test_it_is_told_in_the_language_of_whoever_asks(town: Community, language: str) -> None:
    ada = admin(town, locale={"en": "en-GB", "es": "es-ES", "pt": "pt-BR"}.get(language, language))
    town.server.overwrite(town.general, town.server.bot, deny=Permission.MANAGE_THREADS)
    async with attended(town):
        told = await checks(town, ada)
    texts, english = words(town, language).discord.check, words(town).discord.check
    assert f"{texts.permissions['manage_threads']}: {texts.why['manage_threads']}" in said(told)
    assert (texts.why == english.why) is (language == "en")

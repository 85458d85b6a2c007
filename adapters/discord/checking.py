"""What the bot may do in a server, what it lacks there, and what nobody has set up yet: for those who run it."""

from collections.abc import Iterator

import discord

from adapters.discord.desk import Visit
from adapters.discord.escaping import literal

TALKS = (
    "view_channel",
    "send_messages",
    "send_messages_in_threads",
    "create_public_threads",
    "read_message_history",
    "add_reactions",
    "attach_files",
    "manage_threads",
)
CALLS = ("view_channel", "send_messages", "read_message_history")
IN_PRIVATE = ("create_private_threads",)


async def check(visit: Visit) -> None:
    """Look at this channel, at the moderators' one, and at who may look at endings."""
    guild = visit.interaction.guild
    if guild is None or not visit.interaction.permissions.manage_guild:
        await visit.say(visit.words.discord.check.only)
        return
    found = (*_here(visit), *_desk(visit, guild), *_reviewers(visit, guild))
    await visit.say("\n".join(f"- {each}" for each in found))


def _here(visit: Visit) -> Iterator[str]:
    may, channel = visit.interaction.app_permissions, f"<#{visit.interaction.channel_id}>"
    yield _permitted(visit, may, channel, TALKS)
    if _lacking(visit, may, IN_PRIVATE):
        yield visit.words.discord.check.private(channel=channel, names=_lacking(visit, may, IN_PRIVATE))


def _desk(visit: Visit, guild: discord.Guild) -> Iterator[str]:
    texts, desk = visit.words.discord.check, visit.desk.configuration.settings.at(visit.place).moderators
    channel = guild.get_channel_or_thread(int(desk.channel)) if desk and desk.channel.isdecimal() else None
    if desk is None:
        yield texts.no_desk
    elif channel is None:
        yield texts.gone
    else:
        yield _permitted(visit, channel.permissions_for(guild.me), channel.mention, CALLS)


def _reviewers(visit: Visit, guild: discord.Guild) -> Iterator[str]:
    texts, roles = visit.words.discord.check, visit.desk.configuration.settings.at(visit.place).moderator_roles
    there = {each: guild.get_role(int(each)) if each.isdecimal() else None for each in roles}
    known = [role.mention for role in there.values() if role]
    if known:
        yield texts.roles(who=", ".join(known))
    for each, role in there.items():
        if role is None:
            yield texts.no_role(who=literal(each))
    if not roles:
        yield texts.nobody


def _permitted(visit: Visit, may: discord.Permissions, channel: str, needed: tuple[str, ...]) -> str:
    texts, lacking = visit.words.discord.check, _lacking(visit, may, needed)
    return texts.lacks(channel=channel, names=lacking) if lacking else texts.all(channel=channel)


def _lacking(visit: Visit, may: discord.Permissions, needed: tuple[str, ...]) -> str:
    """The names of those that are not there."""
    return ", ".join(visit.words.discord.check.permissions[each] for each in needed if not getattr(may, each))

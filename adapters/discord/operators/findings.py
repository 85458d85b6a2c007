"""What the bot lacks in a server, found by looking: nothing is asked of Discord here."""

from collections.abc import Iterable
from dataclasses import dataclass

import discord

from adapters.discord.operators.permissions import AT_THE_DESK, FURTHER, IN_CHANNELS, IN_FORUMS, lacking
from bot.settings.model import Local

Channel = discord.TextChannel | discord.ForumChannel
Names = tuple[str, ...]  # of permissions


@dataclass(frozen=True, slots=True)
class Lack:
    """Permissions that are lacking in several channels alike.

    denied  the bot's roles have them, and the channels take them away; else the roles do not have them
    """

    names: Names
    denied: bool
    channels: tuple[Channel, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What was found.

    well      how many channels there are in which the bot may do all it needs
    lacks     where it may not; further: where it lacks what it can do without
    nowhere   it sees no channel in which to answer
    gone      ids of channels in the settings that are not there, or that it does not see
    no_forums  channels that are set as forums, and are none
    called    whether the settings say where moderators are called
    desk      that channel; None: it is not there, or the bot does not see it
    public    everybody in the server can read it
    roles     those that may look at endings; unknown: ids of those that are not there
    silent    those whose members are not notified when they are called
    """

    well: int
    lacks: tuple[Lack, ...]
    further: tuple[Lack, ...]
    nowhere: bool
    gone: tuple[str, ...]
    no_forums: tuple[Channel, ...]
    called: bool
    desk: discord.TextChannel | None
    public: bool
    roles: tuple[discord.Role, ...]
    unknown: tuple[str, ...]
    silent: tuple[discord.Role, ...]

    @property
    def is_well(self) -> bool:
        """Whether nothing is left to mend."""
        wrong = self.lacks or self.nowhere or self.gone or self.no_forums or self.unknown or self.silent
        return not wrong and self.desk is not None and not self.public


def look(me: discord.Member, channels: Iterable[object], local: Local) -> Findings:
    """Look at a server. In: the bot there, the server's channels of all kinds, and what is set."""
    seen = {str(each.id): each for each in channels if isinstance(each, Channel) and _sees(me, each)}
    named = dict.fromkeys((*local.channels, *local.forums))
    desk = seen.get(local.moderators.channel) if local.moderators else None
    if isinstance(desk, discord.ForumChannel):
        desk = None
    answers = [seen[each] for each in (named if local.channels else seen) if each in seen]
    if not local.channels:
        answers = [each for each in answers if each is not desk]
    needed = {each: IN_FORUMS if isinstance(each, discord.ForumChannel) else IN_CHANNELS for each in answers}
    if desk:
        needed.setdefault(desk, AT_THE_DESK)
    lacks = _alike(me, needed.items())
    short = {channel for lack in lacks for channel in lack.channels}
    roles = {each: me.guild.get_role(int(each)) if each.isdecimal() else None for each in local.moderator_roles}
    there = tuple(role for role in roles.values() if role)
    called = desk is not None and desk.permissions_for(me).mention_everyone
    return Findings(
        well=len(needed.keys() - short),
        lacks=lacks,
        further=_alike(me, [(each, FURTHER) for each in answers]),
        nowhere=not answers,
        gone=tuple(each for each in named if each not in seen),
        no_forums=tuple(
            seen[each] for each in local.forums if each in seen and not isinstance(seen[each], discord.ForumChannel)
        ),
        called=local.moderators is not None,
        desk=desk,
        public=desk is not None and is_public(desk),
        roles=there,
        unknown=tuple(each for each, role in roles.items() if role is None),
        silent=tuple(role for role in there if not role.mentionable and not called),
    )


def is_public(channel: Channel) -> bool:
    """Whether everybody in the server sees a channel."""
    return channel.permissions_for(channel.guild.default_role).view_channel


def _sees(me: discord.Member, channel: Channel) -> bool:
    return channel.permissions_for(me).view_channel


def _alike(me: discord.Member, needed: Iterable[tuple[Channel, Names]]) -> tuple[Lack, ...]:
    """The channels by what is lacking in them, the most channels first."""
    groups: dict[tuple[Names, bool], list[Channel]] = {}
    roles = me.guild_permissions
    for channel, names in needed:
        absent = lacking(channel.permissions_for(me), names)
        for denied in (True, False):
            if some := tuple(each for each in absent if getattr(roles, each) is denied):
                groups.setdefault((some, denied), []).append(channel)
    found = (Lack(names, denied, tuple(there)) for (names, denied), there in groups.items())
    return tuple(sorted(found, key=lambda each: -len(each.channels)))

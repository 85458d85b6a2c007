"""Permissions, and what a member may do in a channel."""

from __future__ import annotations

from enum import IntFlag
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.servers.discord_state import Channel, Member, User


class Permission(IntFlag):
    """Those that matter to a bot that talks. Bits: docs, topics/permissions."""

    ADMINISTRATOR = 1 << 3
    MANAGE_CHANNELS = 1 << 4
    MANAGE_GUILD = 1 << 5
    ADD_REACTIONS = 1 << 6
    VIEW_AUDIT_LOG = 1 << 7
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_HISTORY = 1 << 16
    MENTION_EVERYONE = 1 << 17
    USE_EXTERNAL_EMOJIS = 1 << 18
    MANAGE_ROLES = 1 << 28
    USE_COMMANDS = 1 << 31
    MANAGE_THREADS = 1 << 34
    CREATE_PUBLIC_THREADS = 1 << 35
    CREATE_PRIVATE_THREADS = 1 << 36
    SEND_IN_THREADS = 1 << 38
    MODERATE_MEMBERS = 1 << 40


NOTHING = Permission(0)
EVERYTHING = Permission((1 << 53) - 1)
EVERYBODY = (
    Permission.ADD_REACTIONS
    | Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.EMBED_LINKS
    | Permission.ATTACH_FILES
    | Permission.READ_HISTORY
    | Permission.USE_COMMANDS
    | Permission.CREATE_PUBLIC_THREADS
    | Permission.SEND_IN_THREADS
)
BOT = Permission(326_417_632_320)  # what the bot asks for when it is invited
DIRECT = EVERYBODY & ~(Permission.CREATE_PUBLIC_THREADS | Permission.SEND_IN_THREADS)


def permitted(user: User, channel: Channel) -> Permission:
    """What somebody may do in a channel; nothing where they cannot be."""
    if channel.guild is None:
        return DIRECT if user in channel.recipients else NOTHING
    member = channel.guild.members.get(user.id)
    if member is None:
        return NOTHING
    place = getattr(channel, "parent", channel)
    may = _with_overwrites(member, place)
    if not may & Permission.VIEW_CHANNEL:
        return NOTHING
    if getattr(channel, "private", False) and not may & Permission.MANAGE_THREADS and user.id not in channel.members:  # type: ignore[attr-defined]
        return NOTHING
    speak = Permission.SEND_MESSAGES if place is channel else Permission.SEND_IN_THREADS
    if not may & speak:
        may &= ~(Permission.MENTION_EVERYONE | Permission.ATTACH_FILES | Permission.EMBED_LINKS)
    return may


def in_guild(member: Member) -> Permission:
    """What a member may do in a guild at large."""
    may = member.guild.everybody.permissions
    for role in member.roles:
        may |= role.permissions
    owns = member.guild.owner is member.user
    return EVERYTHING if owns or may & Permission.ADMINISTRATOR else may


def _with_overwrites(member: Member, channel: Channel) -> Permission:
    may = in_guild(member)
    if may == EVERYTHING:
        return may
    layers = [[member.guild.id], [role.id for role in member.roles], [member.id]]
    for layer in layers:
        over = [channel.overwrites[number] for number in layer if number in channel.overwrites]
        for overwrite in over:
            may &= ~overwrite.deny
        for overwrite in over:
            may |= overwrite.allow
    return may

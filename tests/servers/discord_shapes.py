"""How things look on the wire: REST v10 and gateway v10."""

from datetime import datetime, timedelta

from tests.servers.discord_permissions import Permission, permitted
from tests.servers.discord_state import (
    POSTS,
    Attachment,
    Channel,
    Guild,
    Json,
    Kind,
    Member,
    Message,
    Role,
    Thread,
    User,
)
from tests.servers.discord_world import World

LINK_LASTS = timedelta(hours=24)  # an attachment's address
POLL_LASTS = timedelta(hours=24)


def when(at: datetime | None) -> str | None:
    """A time."""
    return at.isoformat() if at else None


def user(of: User) -> Json:
    """Somebody."""
    return {
        "id": str(of.id),
        "username": of.name,
        "discriminator": "0",
        "global_name": of.shown,
        "avatar": None,
        "bot": of.bot,
        "public_flags": 0,
    }


def member(of: Member, *, whole: bool = True) -> Json:
    """Somebody in a guild; not whole: without the user, as beside a message's author."""
    shape: Json = {
        "roles": [str(role.id) for role in of.roles],
        "nick": of.nick,
        "avatar": None,
        "joined_at": when(of.joined),
        "deaf": False,
        "mute": False,
        "pending": False,
        "flags": 0,
        "communication_disabled_until": None,
    }
    return shape | ({"user": user(of.user)} if whole else {})


def role(of: Role) -> Json:
    """A role."""
    return {
        "id": str(of.id),
        "name": of.name,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "position": of.position,
        "permissions": str(int(of.permissions)),
        "managed": of.managed,
        "mentionable": of.mentionable,
        "flags": 0,
    }


def channel(world: World, of: Channel) -> Json:
    """A channel of any kind, as the bot sees it."""
    last = next(reversed(of.messages), None)
    shape: Json = {"id": str(of.id), "type": int(of.kind), "last_message_id": str(last) if last else None, "flags": 0}
    if isinstance(of, Thread):
        return shape | _thread(world, of)
    if of.guild is None:
        return shape | {"recipients": [user(one) for one in of.recipients if one is not world.bot]}
    shape |= {
        "guild_id": str(of.guild.id),
        "name": of.name,
        "position": list(of.guild.channels).index(of.id) if of.id in of.guild.channels else 0,
        "permission_overwrites": [
            {
                "id": str(number),
                "type": 0 if number in of.guild.roles else 1,
                "allow": str(int(over.allow)),
                "deny": str(int(over.deny)),
            }
            for number, over in of.overwrites.items()
        ],
        "nsfw": False,
        "parent_id": None,
        "topic": of.topic,
        "rate_limit_per_user": 0,
    }
    if of.kind is Kind.VOICE:
        shape |= {"bitrate": 64_000, "user_limit": 0, "rtc_region": None}
    if of.kind in POSTS:
        shape |= {
            "available_tags": of.tags,
            "default_reaction_emoji": None,
            "default_sort_order": None,
            "flags": 16 if of.tag_needed else 0,
        }
    return shape


def _thread(world: World, of: Thread) -> Json:
    shape: Json = {
        "guild_id": str(of.guild.id),
        "parent_id": str(of.parent.id),
        "owner_id": str(of.owner.id),
        "name": of.name,
        "member_count": min(len(of.members), 50),
        "message_count": len([one for one in of.messages.values() if one.id != of.id and one.kind != 21]),
        "total_message_sent": of.sent,
        "rate_limit_per_user": 0,
        "applied_tags": [str(tag) for tag in of.applied],
        "thread_metadata": {
            "archived": of.archived,
            "auto_archive_duration": of.lasts,
            "archive_timestamp": when(of.archived_at),
            "locked": of.locked,
            "create_timestamp": when(of.created),
        }
        | ({"invitable": of.invitable} if of.private else {}),
    }
    return shape | ({"member": thread_member(of, world.bot)} if world.bot.id in of.members else {})


def thread_member(thread: Thread, of: User) -> Json:
    """Somebody who follows a thread."""
    return {"id": str(thread.id), "user_id": str(of.id), "join_timestamp": when(thread.members[of.id]), "flags": 0}


def guild(world: World, of: Guild, *, everybody: bool = False) -> Json:
    """A guild, as a session learns of it: with everybody in it, or with the bot alone."""
    visible = [thread for thread in of.threads.values() if not thread.archived and sees(world.bot, thread)]
    return guild_alone(of) | {
        "joined_at": when(of.members[world.bot.id].joined),
        "large": False,
        "unavailable": False,
        "member_count": len(of.members),
        "members": [member(one) for one in of.members.values() if everybody or one.user is world.bot],
        "channels": [channel(world, one) for one in of.channels.values()],
        "threads": [channel(world, one) for one in visible],
        "presences": [],
        "voice_states": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }


def guild_alone(of: Guild) -> Json:
    """A guild, as REST gives it."""
    return {
        "id": str(of.id),
        "name": of.name,
        "owner_id": str(of.owner.id),
        "icon": None,
        "splash": None,
        "discovery_splash": None,
        "banner": None,
        "description": None,
        "region": "",
        "afk_channel_id": None,
        "afk_timeout": 300,
        "verification_level": 0,
        "default_message_notifications": 1,
        "explicit_content_filter": 0,
        "roles": [role(one) for one in of.roles.values()],
        "emojis": [],
        "stickers": [],
        "features": [],
        "mfa_level": 0,
        "nsfw_level": 0,
        "application_id": None,
        "system_channel_id": None,
        "system_channel_flags": 0,
        "rules_channel_id": None,
        "public_updates_channel_id": None,
        "vanity_url_code": None,
        "premium_tier": 0,
        "preferred_locale": of.locale,
    }


def attachment(world: World, of: Attachment) -> Json:
    """A file, with an address that holds for a day."""
    expires = int((world.now() + LINK_LASTS).timestamp())
    address = f"{world.url}/attachments/{of.channel}/{of.id}/{of.name}?ex={expires:x}&is=0&hm=0&"
    shape: Json = {
        "id": str(of.id),
        "filename": of.name,
        "size": len(of.content),
        "url": address,
        "proxy_url": address,
        "content_type": of.media_type,
    }
    return shape | ({"description": of.description} if of.description else {})


def emoji(name: str) -> Json:
    """An emoji; a guild's own is name:id."""
    text, _, number = name.partition(":")
    return {"id": number or None, "name": text}


def message(world: World, of: Message, *, live: bool = False, blank: bool = False, deep: bool = True) -> Json:
    """A message. live: as the gateway tells it; blank: for those who may not read content; deep: with what it answers.

    A blank one keeps its content where the bot may always read it: in DMs, its own, and where it is mentioned.
    """
    of_bot = of.author is world.bot
    hidden = blank and not (of_bot or of.channel.guild is None or world.bot in of.mentions)
    shape: Json = {
        "id": str(of.id),
        "channel_id": str(of.channel.id),
        "author": user(of.author),
        "content": "" if hidden else of.content,
        "timestamp": when(of.created),
        "edited_timestamp": when(of.edited),
        "tts": False,
        "mention_everyone": of.everyone,
        "mentions": [_mentioned(of, one, live) for one in of.mentions],
        "mention_roles": [str(number) for number in of.mentioned_roles],
        "attachments": [] if hidden else [attachment(world, one) for one in of.attachments],
        "embeds": [] if hidden else of.embeds,
        "components": [] if hidden else of.components,
        "pinned": False,
        "type": of.kind,
        "flags": of.flags,
    }
    if of.reactions:
        shape["reactions"] = [_reaction(world, name, who) for name, who in of.reactions.items()]
    if of.metadata:
        shape |= {"interaction_metadata": of.metadata, "application_id": str(world.application.id)}
        shape["webhook_id"] = str(world.application.id)
    if of.webhook:
        shape["webhook_id"] = str(of.webhook)
    if of.stickers:  # those are told in any case
        shape["sticker_items"] = [
            {"id": str(of.id + n), "name": one, "format_type": 1} for n, one in enumerate(of.stickers)
        ]
    if of.poll and not hidden:
        shape["poll"] = _poll(of)
    if of.thread:
        shape["thread"] = channel(world, of.thread)
    if of.reference:
        shape |= _reference(world, of, blank=blank, deep=deep)
    if of.forwarded:
        shape["message_reference"]["type"] = 1
        shape["message_snapshots"] = [{"message": _snapshot(world, of.forwarded, hidden=hidden)}]
    if live and of.channel.guild:
        shape["guild_id"] = str(of.channel.guild.id)
        if of.author.id in of.channel.guild.members:
            shape["member"] = member(of.channel.guild.members[of.author.id], whole=False)
    return shape


def _poll(of: Message) -> Json:
    question, *answers = of.poll
    return {
        "question": {"text": question},
        "answers": [{"answer_id": n, "poll_media": {"text": one}} for n, one in enumerate(answers, start=1)],
        "expiry": when(of.created + POLL_LASTS),
        "allow_multiselect": False,
        "layout_type": 1,
    }


def _snapshot(world: World, of: Message, *, hidden: bool) -> Json:
    """What is shown of a message that was forwarded: not whose it was."""
    return {
        "type": of.kind,
        "content": "" if hidden else of.content,
        "embeds": [] if hidden else of.embeds,
        "attachments": [] if hidden else [attachment(world, one) for one in of.attachments],
        "timestamp": when(of.created),
        "edited_timestamp": when(of.edited),
        "flags": of.flags,
        "mentions": [],
        "mention_roles": [],
    }


def _reference(world: World, of: Message, *, blank: bool, deep: bool) -> Json:
    assert of.reference
    ids = {"channel_id": of.reference.channel, "message_id": of.reference.message, "guild_id": of.reference.guild}
    shape: Json = {"message_reference": {"type": 0} | {name: str(number) for name, number in ids.items() if number}}
    if deep and of.kind in {19, 21}:
        there = world.channels.get(of.reference.channel)
        found = there.messages.get(of.reference.message) if there else None
        shape["referenced_message"] = message(world, found, blank=blank, deep=False) if found else None
    return shape


def _mentioned(of: Message, who: User, live: bool) -> Json:
    guild = of.channel.guild
    here = guild.members.get(who.id) if guild and live else None
    return user(who) | ({"member": member(here, whole=False)} if here else {})


def _reaction(world: World, name: str, who: list[User]) -> Json:
    return {
        "emoji": emoji(name),
        "count": len(who),
        "count_details": {"burst": 0, "normal": len(who)},
        "me": world.bot in who,
        "me_burst": False,
        "burst_colors": [],
    }


def sees(who: User, of: Channel) -> bool:
    """Whether somebody sees a channel."""
    return bool(permitted(who, of) & Permission.VIEW_CHANNEL)

"""What anybody does to threads. Docs: topics/threads, resources/channel."""

from dataclasses import dataclass, field
from datetime import timedelta

from tests.servers import discord_shapes as shapes
from tests.servers.discord_drafts import THREADED
from tests.servers.discord_permissions import Permission, permitted
from tests.servers.discord_refusals import Refused, invalid, limited, need
from tests.servers.discord_state import Channel, Guild, Intent, Json, Kind, Message, Reference, Thread, User
from tests.servers.discord_telling import tell, tell_guild, tell_of_message, tell_of_thread
from tests.servers.discord_world import World

RENAMES, RENAME_WINDOW = 2, timedelta(minutes=10)
LASTS = {60, 1_440, 4_320, 10_080}  # minutes
UPDATED = 111  # a thread, in the audit log
KINDS = {Kind.TEXT: Kind.PUBLIC_THREAD, Kind.NEWS: Kind.NEWS_THREAD}


@dataclass(frozen=True, kw_only=True)
class Opening:
    """A thread as it is asked for."""

    name: str
    kind: Kind = Kind.PRIVATE_THREAD
    lasts: int = 4_320
    invitable: bool = True
    applied: list[int] = field(default_factory=list)


def from_message(world: World, who: User, message: Message, opening: Opening) -> Thread:
    """Begin a thread at a message: it has the message's id, so there is only one."""
    channel = message.channel
    need(who, channel, Permission.CREATE_PUBLIC_THREADS)
    if channel.kind not in {Kind.TEXT, Kind.NEWS}:
        raise Refused(50024)
    if message.kind not in {0, 19, 20, 23}:
        raise Refused(50021)
    if message.id in world.channels:
        raise Refused(160004)
    thread = _begin(world, who, channel, opening, kind=KINDS[channel.kind], number=message.id)
    message.thread = thread
    message.flags |= THREADED
    tell_of_thread(world, "THREAD_CREATE", thread, new=True)
    tell_of_message(world, "MESSAGE_UPDATE", message)
    reference = Reference(channel.id, message.id, thread.guild.id)
    starter = Message(
        id=world.snowflake(),
        channel=thread,
        author=message.author,
        created=world.now(),
        kind=21,
        reference=reference,
    )
    thread.messages[starter.id] = starter
    tell_of_message(world, "MESSAGE_CREATE", starter)
    return thread


def alone(world: World, who: User, channel: Channel, opening: Opening) -> Thread:
    """Begin a thread without a message: private, unless it is asked for otherwise."""
    private = opening.kind is Kind.PRIVATE_THREAD
    need(who, channel, Permission.CREATE_PRIVATE_THREADS if private else Permission.CREATE_PUBLIC_THREADS)
    if channel.kind is not Kind.TEXT:
        raise Refused(50024)
    thread = _begin(world, who, channel, opening, kind=opening.kind, number=world.snowflake())
    tell_of_thread(world, "THREAD_CREATE", thread, new=True)
    if not private:
        reference = Reference(thread.id, 0, thread.guild.id)
        note = Message(
            id=world.snowflake(),
            channel=channel,
            author=who,
            created=world.now(),
            content=thread.name,
            kind=18,
            reference=reference,
        )
        channel.messages[note.id] = note
        tell_of_message(world, "MESSAGE_CREATE", note)
    return thread


def open_post(world: World, who: User, forum: Channel, opening: Opening) -> Thread:
    """Begin a forum's post; its first message has its id. CREATE_PUBLIC_THREADS does not matter here."""
    need(who, forum, Permission.SEND_MESSAGES)
    known = {int(tag["id"]) for tag in forum.tags}
    if forum.tag_needed and not opening.applied:
        raise Refused(40067)
    if len(opening.applied) > 5 or not known.issuperset(opening.applied):
        raise invalid("applied_tags", "BASE_TYPE_CHOICES", "Unknown tag")
    return _begin(world, who, forum, opening, kind=Kind.PUBLIC_THREAD, number=world.snowflake())


def _begin(world: World, who: User, parent: Channel, opening: Opening, *, kind: Kind, number: int) -> Thread:
    assert parent.guild
    _name(opening.name)
    _room(parent.guild)
    now = world.now()
    thread = Thread(
        id=number,
        kind=kind,
        name=opening.name,
        guild=parent.guild,
        parent=parent,
        owner=who,
        created=now,
        archived_at=now,
        invitable=opening.invitable,
        lasts=opening.lasts,
        applied=list(opening.applied),
    )
    thread.members[who.id] = now
    world.channels[number] = parent.guild.threads[number] = thread
    return thread


def _name(name: str) -> None:
    if not 1 <= len(name.strip()) <= 100:
        raise invalid("name", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.")


def _room(guild: Guild) -> None:
    if sum(not thread.archived for thread in guild.threads.values()) >= guild.cap:
        raise Refused(160006)


def speaks_in(world: World, who: User, thread: Thread) -> None:
    """What follows from somebody's speaking in a thread: it is un-archived, and they follow it."""
    if thread.archived:
        _room(thread.guild)
        _archive(world, thread, archived=False)
        tell_of_thread(world, "THREAD_UPDATE", thread)
    join(world, thread, who)


def join(world: World, thread: Thread, *who: User) -> None:
    """Let people follow a thread."""
    new = [one for one in who if one.id not in thread.members]
    for one in new:
        thread.members[one.id] = world.now()
    if not new:
        return
    if world.bot in new and thread.private:
        tell_of_thread(world, "THREAD_CREATE", thread)
    payload = {
        "id": str(thread.id),
        "guild_id": str(thread.guild.id),
        "member_count": len(thread.members),
        "added_members": [shapes.thread_member(thread, one) for one in new],
    }
    intent = Intent.GUILDS if world.bot in new else Intent.MEMBERS
    tell(world, "THREAD_MEMBERS_UPDATE", thread, payload, intent=intent)


def invite(world: World, who: User, thread: Thread, *whom: User) -> None:
    """Add people to a thread, oneself or others."""
    need(who, thread, *[Permission.SEND_IN_THREADS] * (whom != (who,)))
    if thread.archived:
        raise Refused(50083)
    others_may = thread.invitable or who is thread.owner or permitted(who, thread) & Permission.MANAGE_THREADS
    if thread.private and whom != (who,) and not others_may:
        raise Refused(50013)
    join(world, thread, *whom)


def change(world: World, who: User, thread: Thread, asked: Json) -> Thread:
    """Change a thread: all that is asked for, or nothing."""
    need(who, thread)
    moderates = bool(permitted(who, thread) & Permission.MANAGE_THREADS)
    if thread.archived and asked.get("archived") is not False:
        raise Refused(50083)
    opens = thread.archived and asked.get("archived") is False
    mine = who is thread.owner and not thread.locked
    free = {"archived"} if opens and not thread.locked else set()  # anybody who may speak may un-archive
    for_owner = {"name", "archived", "auto_archive_duration", "applied_tags", "invitable"}
    if not moderates and any(not (key in free or (key in for_owner and mine)) for key in asked):
        raise Refused(50013)
    if opens:
        _room(thread.guild)
    before = _known(thread)
    if "auto_archive_duration" in asked and asked["auto_archive_duration"] not in LASTS:
        raise invalid("auto_archive_duration", "BASE_TYPE_CHOICES", "Value must be one of 60, 1440, 4320, 10080.")
    if asked.get("name", thread.name) != thread.name:
        _name(asked["name"])
        rename(world, thread, asked["name"])
    thread.locked = asked.get("locked", thread.locked)
    thread.lasts = asked.get("auto_archive_duration", thread.lasts)
    thread.invitable = asked.get("invitable", thread.invitable)
    thread.applied = [int(tag) for tag in asked.get("applied_tags", thread.applied)]
    if asked.get("archived", thread.archived) != thread.archived:
        _archive(world, thread, archived=asked["archived"])
    _note(world, who, thread, before)
    tell_of_thread(world, "THREAD_UPDATE", thread)
    return thread


def _known(thread: Thread) -> Json:
    return {
        "name": thread.name,
        "locked": thread.locked,
        "archived": thread.archived,
        "auto_archive_duration": thread.lasts,
    }


def _note(world: World, who: User, thread: Thread, before: Json) -> None:
    """Write down in the guild's audit log what has changed."""
    now = _known(thread)
    changes = [{"key": key, "old_value": before[key], "new_value": now[key]} for key in now if now[key] != before[key]]
    entry: Json = {
        "id": str(world.snowflake()),
        "user_id": str(who.id),
        "target_id": str(thread.id),
        "action_type": UPDATED,
        "changes": changes,
    }
    if changes:
        world.audit.setdefault(thread.guild.id, []).append(entry)


def rename(world: World, channel: Channel, name: str) -> None:
    """Give a channel another name; only twice in ten minutes, whatever else a bucket would allow."""
    now = world.now()
    lately = [at for at in channel.renamed if now - at < RENAME_WINDOW]
    if len(lately) >= RENAMES:
        after = (lately[-RENAMES] + RENAME_WINDOW - now).total_seconds()
        raise limited(after)
    channel.renamed = [*lately, now]
    channel.name = name


def _archive(world: World, thread: Thread, *, archived: bool) -> None:
    thread.archived, thread.archived_at = archived, world.now()


def expire(world: World, thread: Thread) -> None:
    """Archive a thread in which nothing was said for long."""
    _archive(world, thread, archived=True)
    tell_of_thread(world, "THREAD_UPDATE", thread)


def remove(world: World, who: User, thread: Thread) -> None:
    """Delete a thread, and what was said in it."""
    need(who, thread, Permission.MANAGE_THREADS)
    tell_of_thread(world, "THREAD_DELETE", thread)
    del world.channels[thread.id], thread.guild.threads[thread.id]
    for message in thread.messages.values():
        message.deleted = True


def sync(world: World, guild: Guild, channels: list[Channel]) -> None:
    """Tell the bot of the active threads of channels it has come to see."""
    ids = [channel.id for channel in channels]
    threads = [one for one in guild.threads.values() if one.parent.id in ids and not one.archived]
    seen = [thread for thread in threads if shapes.sees(world.bot, thread)]
    payload: Json = {
        "guild_id": str(guild.id),
        "channel_ids": [str(number) for number in ids],
        "threads": [shapes.channel(world, thread) for thread in seen],
        "members": [shapes.thread_member(one, world.bot) for one in seen if world.bot.id in one.members],
    }
    tell_guild(world, "THREAD_LIST_SYNC", guild, payload)

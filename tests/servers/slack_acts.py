"""What anybody does: the bot through the Web API, people through a test. Whoever may not is Refused."""

from dataclasses import dataclass, field

from tests.servers import slack_shapes as shapes
from tests.servers.slack_drafts import Draft
from tests.servers.slack_refusals import Refused
from tests.servers.slack_state import Channel, File, Json, Kind, Message, User
from tests.servers.slack_telling import tell_changed, tell_channel, tell_deleted, tell_message, tell_new
from tests.servers.slack_world import World, found

MOST_REACTIONS = 23  # different ones, of one person on one message
TONES = "::skin-tone-"


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a message goes, and what goes with it."""

    channel: Channel
    thread_ts: str | None = None
    broadcast: bool = False
    client_msg_id: str | None = None
    files: list[File] = field(default_factory=list)
    streaming: str | None = None
    subtype: str | None = None


def post(world: World, author: User, place: Place, draft: Draft) -> Message:
    """Say something. Where `client_msg_id` counts, what was said with it before."""
    channel = place.channel
    said = [one for one in channel.messages.values() if place.client_msg_id == one.client_msg_id is not None]
    if world.once and said:
        return said[0]
    if channel.archived:
        raise Refused("is_archived")
    if place.thread_ts is not None:
        _threaded(channel, place.thread_ts)
    message = Message(
        ts=world.ts(),
        channel=channel,
        author=author,
        text=draft.text or "",
        markdown=draft.markdown,
        blocks=draft.blocks or [],
        attachments=draft.attachments or [],
        thread_ts=place.thread_ts,
        broadcast=place.broadcast,
        subtype=place.subtype or _subtype(place),
        files=place.files,
        metadata=draft.metadata,
        client_msg_id=place.client_msg_id,
        pings=draft.pings,
        streaming=place.streaming,
        began=world.now,
    )
    channel.messages[message.ts] = message
    if author.bot:
        channel.statuses.pop(message.root, None)
    tell_new(world, message)
    for file in place.files:
        file.channels.append(channel)
        tell_channel(world, channel, {"type": "file_shared", "file_id": file.id, "file": {"id": file.id},
                                      "user_id": author.id, "channel_id": channel.id})  # fmt: skip
    return message


def _threaded(channel: Channel, ts: str) -> None:
    """Refused: there is nothing to answer. An answer to an answer is let through, and belongs to no thread one sees."""
    root = found(channel, ts, "thread_not_found")
    if root.subtype in {"channel_join", "channel_leave"}:
        raise Refused("cannot_reply_to_message")


def _subtype(place: Place) -> str | None:
    if place.files:
        return "file_share"
    return "thread_broadcast" if place.broadcast and place.thread_ts else None


def edit(world: World, author: User, message: Message, draft: Draft, *, flagged: bool = True) -> None:
    """Say something else instead. flagged: people see that it was edited."""
    if message.author is not author:
        raise Refused("cant_update_message")
    if message.streaming == "in_progress":
        raise Refused("streaming_state_conflict")
    if message.channel.archived:
        raise Refused("is_archived")
    before = shapes.message(world, message)
    message.versions.append(message.shown)
    if draft.text is not None or draft.markdown is not None:
        message.text, message.markdown = draft.text or "", draft.markdown
        if draft.blocks is None:
            message.blocks = []
    if draft.blocks is not None:
        message.blocks = draft.blocks
    if draft.attachments is not None:
        message.attachments = draft.attachments
    if draft.metadata is not None:
        message.metadata = draft.metadata
    message.pings = draft.pings
    if flagged and not message.blocks:
        message.edited = {"user": author.id, "ts": world.ts()}
    tell_changed(world, message, before)


def unfurl(world: World, message: Message, url: str, title: str) -> None:
    """Let Slack show what is behind a link; that is a change of the message, though its text stays."""
    before = shapes.message(world, message)
    shown = {
        "from_url": url,
        "original_url": url,
        "title": title,
        "fallback": title,
        "id": len(message.attachments) + 1,
    }
    message.attachments = [*message.attachments, shown]
    tell_changed(world, message, before)


def delete(world: World, who: User, message: Message) -> None:
    """Take a message away: one's own, or as an admin anybody's.

    A root stays as a stone as long as it has answers, and that is told as a change; it goes with the last of them.
    """
    if message.author is not who and not (who.admin or who.owner):
        raise Refused("cant_delete_message")
    before, channel = shapes.message(world, message), message.channel
    message.deleted = True
    if channel.replies(message.ts):  # measured: matterbridge#600, openclaw#22035
        tell_changed(world, message, before)
        return
    del channel.messages[message.ts]
    tell_deleted(world, message, before)
    root = channel.messages.get(message.root)
    if root is not None and root.deleted and not channel.replies(root.ts):  # measured: slack-edge#10
        del channel.messages[root.ts]
        tell_deleted(world, root, shapes.message(world, root))


def react(world: World, who: User, message: Message, name: str) -> None:
    """Add a reaction: "thumbsup", "wave::skin-tone-3"."""
    users = message.reactions.setdefault(name, [])
    if who in users:
        raise Refused("already_reacted")
    if sum(who in one for one in message.reactions.values()) >= MOST_REACTIONS:
        raise Refused("too_many_reactions")
    users.append(who)
    _tell_reaction(world, "reaction_added", who, message, name)


def unreact(world: World, who: User, message: Message, name: str) -> None:
    """Take a reaction away."""
    users = message.reactions.get(name, [])
    if who not in users:
        raise Refused("no_reaction")
    users.remove(who)
    if not users:
        del message.reactions[name]
    _tell_reaction(world, "reaction_removed", who, message, name)


def _tell_reaction(world: World, kind: str, who: User, message: Message, name: str) -> None:
    item = {"type": "message", "channel": message.channel.id, "ts": message.ts}
    event: Json = {"type": kind, "user": who.id, "reaction": name, "item": item, "item_user": message.author.id}
    tell_channel(world, message.channel, event)


def join(world: World, who: User, channel: Channel, inviter: User | None = None) -> None:
    """Come into a channel."""
    if channel.archived:
        raise Refused("is_archived")
    channel.members[who.id] = who
    _passes(world, who, channel, "join", inviter)


def leave(world: World, who: User, channel: Channel) -> None:
    """Go from a channel."""
    if who.id not in channel.members:
        raise Refused("not_in_channel")
    _passes(world, who, channel, "leave", None)
    del channel.members[who.id]


def _passes(world: World, who: User, channel: Channel, what: str, inviter: User | None) -> None:
    if channel.direct:
        return
    kind = {"join": "member_joined_channel", "leave": "member_left_channel"}[what]
    letter = "C" if channel.kind is Kind.CHANNEL else "G"
    event: Json = {"type": kind, "user": who.id, "channel": channel.id, "channel_type": letter, "team": who.home.id}
    tell_channel(world, channel, event | ({"inviter": inviter.id} if inviter else {}))
    said = "has joined the channel" if what == "join" else "has left the channel"
    note = Message(ts=world.ts(), channel=channel, author=who, text=f"<@{who.id}> {said}", subtype=f"channel_{what}")
    channel.messages[note.ts] = note
    tell_message(world, channel, shapes.message(world, note))

"""chat.*: what the bot says. Docs: reference/methods/chat.postMessage and its neighbours."""

from tests.servers import slack_acts as acts
from tests.servers import slack_shapes as shapes
from tests.servers.slack_acts import Place
from tests.servers.slack_call import Call, Method
from tests.servers.slack_drafts import Draft, draft
from tests.servers.slack_refusals import Refused, invalid
from tests.servers.slack_state import Channel, Json, Kind, Message
from tests.servers.slack_telling import tell_changed
from tests.servers.slack_text import pings


def where(call: Call, name: str = "channel") -> Channel:
    """Where a post goes: a channel, or somebody's DM by their id. Refused: the bot may not write there."""
    number = call.need(name)
    user = call.world.users.get(number)
    if user is not None:
        if user.bot:
            raise Refused("cannot_dm_bot")
        call.world.person(call.install, number)
        return call.world.dm(call.install.bot, user)
    channel = call.world.channel(call.install, number)
    if channel.archived:
        raise Refused("is_archived")
    if call.install.bot.id not in channel.members:
        public = channel.kind is Kind.CHANNEL and "chat:write.public" in call.install.scopes
        if not public:
            raise Refused("not_in_channel")
    return channel


def post_message(call: Call) -> Json:
    """A post."""
    channel = where(call)
    if any(call.text(name) for name in ("username", "icon_emoji", "icon_url")):
        call.scope("chat:write.customize")
    drafted = draft(call.args)
    call.post_limit(channel)
    place = Place(
        channel=channel,
        thread_ts=call.text("thread_ts") or None,
        broadcast=call.yes("reply_broadcast"),
        client_msg_id=call.text("client_msg_id") or None,
    )
    message = acts.post(call.world, call.install.bot, place, drafted)
    message.unfurls = call.text("unfurl_links").casefold() not in {"0", "false"}
    return _said(call, message, drafted)


def _said(call: Call, message: Message, drafted: Draft) -> Json:
    reply: Json = {"channel": message.channel.id, "ts": message.ts, "message": shapes.message(call.world, message)}
    return reply | ({"response_metadata": {"warnings": drafted.warnings}} if drafted.warnings else {})


def post_ephemeral(call: Call) -> Json:
    """A post for one person: seen if they are there, and, in a thread, if somebody has answered in it before."""
    channel = where(call)
    user = channel.members.get(call.need("user"))
    if user is None:
        raise Refused("user_not_in_channel")
    drafted = draft(call.args)
    call.post_limit(channel)
    thread = call.text("thread_ts") or None
    message = Message(
        ts=call.world.ts(),
        channel=channel,
        author=call.install.bot,
        text=drafted.text or "",
        markdown=drafted.markdown,
        blocks=drafted.blocks or [],
        thread_ts=thread,
        only=user,
        seen=thread is None or bool(channel.replies(thread)),
    )
    channel.ephemerals.append(message)
    return {"message_ts": message.ts}


def update(call: Call) -> Json:
    """Something else instead of what the bot said."""
    channel = call.channel()
    message = call.message(channel)
    drafted = draft(call.args, update=True)
    acts.edit(call.world, call.install.bot, message, drafted)
    return {"channel": channel.id, "ts": message.ts, "text": message.shown,
            "message": shapes.message(call.world, message)}  # fmt: skip


def delete(call: Call) -> Json:
    """Take back what the bot said."""
    channel = call.channel()
    message = call.message(channel)
    acts.delete(call.world, call.install.bot, message)
    return {"channel": channel.id, "ts": message.ts}


def permalink(call: Call) -> Json:
    """Where a message is, for people."""
    channel = call.channel()
    message = call.message(channel, "message_ts")
    link = f"https://{channel.workspace.domain}.slack.com/archives/{channel.id}/p{message.ts.replace('.', '')}"
    if message.thread_ts and message.thread_ts != message.ts:
        link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}


# streams


def start_stream(call: Call) -> Json:
    """Begin to write. Recipients are needed even in DMs (measured: hermes#59010)."""
    channel = where(call)
    for name in ("recipient_team_id", "recipient_user_id"):
        if not call.text(name):
            raise Refused(f"missing_{name}")
    if call.text("recipient_user_id") not in channel.members:
        raise Refused("user_not_found")
    thread, text = call.need("thread_ts"), _chunks(call)
    call.post_limit(channel)
    place = Place(channel=channel, thread_ts=thread, streaming="in_progress")
    message = acts.post(call.world, call.install.bot, place, Draft(markdown=text, pings=frozenset(pings(text))))
    return {"channel": channel.id, "ts": message.ts}


def append_stream(call: Call) -> Json:
    """Write on."""
    message = _stream(call)
    text = _chunks(call)
    if not text and not call.args.get("chunks"):
        raise Refused("no_text")
    message.markdown = (message.markdown or "") + text
    message.pings |= pings(message.markdown)
    return {"channel": message.channel.id, "ts": message.ts}


def stop_stream(call: Call) -> Json:
    """Have written."""
    message = _stream(call)
    text, extra = _chunks(call), Draft()
    if call.args.get("blocks") or call.args.get("metadata"):
        given = {name: call.args.get(name) for name in ("blocks", "metadata")}
        extra = draft({"text": " ", **given})
    before = shapes.message(call.world, message)
    message.markdown = (message.markdown or "") + text
    message.blocks, message.metadata = extra.blocks or [], extra.metadata
    message.pings |= pings(message.markdown) | extra.pings
    message.streaming = "completed"
    tell_changed(call.world, message, before)
    if status := call.text("session_status"):
        message.channel.sessions.setdefault(message.root, []).append(status)
    return {"channel": message.channel.id, "ts": message.ts, "message": shapes.message(call.world, message)}


def _stream(call: Call) -> Message:
    message = call.message(call.channel())
    if message.author is not call.install.bot:
        raise Refused("message_not_owned_by_app")
    if message.streaming == "in_progress" and call.world.now - message.began >= call.world.stream_lasts:
        message.streaming = "errored"
    if message.streaming != "in_progress":
        raise Refused("stopped_by_user" if message.streaming == "stopped" else "message_not_in_streaming_state")
    return message


def _chunks(call: Call) -> str:
    """The markdown that comes with a request."""
    chunks = call.args.get("chunks") or []
    if not isinstance(chunks, list) or any(not isinstance(one, dict) or "type" not in one for one in chunks):
        raise invalid("invalid_chunks", "must be an array of chunks [json-pointer:/chunks]")
    parts = [call.text("markdown_text"), *(one["text"] for one in chunks if one["type"] == "markdown_text")]
    if any(len(part) > 12_000 for part in parts):
        raise Refused("msg_too_long")
    return "".join(parts)


METHODS = {
    "chat.postMessage": Method(post_message, ("chat:write",), tier=5),
    "chat.postEphemeral": Method(post_ephemeral, ("chat:write",), tier=4),
    "chat.update": Method(update, ("chat:write",)),
    "chat.delete": Method(delete, ("chat:write",)),
    "chat.getPermalink": Method(permalink, tier=5),
    "chat.startStream": Method(start_stream, ("chat:write",), tier=2),
    "chat.appendStream": Method(append_stream, ("chat:write",), tier=4),
    "chat.stopStream": Method(stop_stream, ("chat:write",), tier=2),
}

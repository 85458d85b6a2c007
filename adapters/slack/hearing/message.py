"""Slack's reports of messages and reactions -> what a conversation needs of them, and no more.

One report has one form, whether it comes by a socket, by a request or out of the inbox. Nothing is asked of Slack: what
it did not send along is not there.
"""

import mimetypes
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.domain.naming import shown

Payload = Mapping[str, Any]

WRITTEN = frozenset({None, "file_share", "thread_broadcast", "me_message"})  # subtypes of what people write
SLACK = "USLACKBOT"  # Slack itself
UNKNOWN = "application/octet-stream"
LOST = frozenset({"tombstone", "hidden_by_limit"})  # modes of files that are not there any more

_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


@dataclass(frozen=True, slots=True)
class Person:
    """Whoever wrote a message."""

    id: str
    name: str = ""  # Slack tells it of people from other workspaces alone
    human: bool = True  # not an app, and not Slack itself


@dataclass(frozen=True, slots=True)
class File:
    """A file that came with a message."""

    id: str
    name: str
    media_type: str
    size: int  # bytes; 0: Slack does not tell
    here: bool = True  # Slack has what is in it


@dataclass(frozen=True, slots=True)
class Quote:
    """Another message that somebody shared in theirs. text: with Slack's codes in it."""

    author: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message that somebody wrote."""

    channel: str
    ts: str
    author: Person
    kind: str = ""  # of its channel: "channel", "group" (a private one), "mpim", "im"; "" where Slack does not tell
    text: str = ""  # with Slack's codes in it
    thread: str | None = None  # the ts of its thread's root; None: it stands in the channel itself
    parent: str = ""  # who wrote that root
    files: tuple[File, ...] = ()  # those of shared messages too
    quotes: tuple[Quote, ...] = ()

    @property
    def root(self) -> str:
        """The ts of the message that its thread hangs at, or would hang at."""
        return self.thread or self.ts

    @property
    def is_direct(self) -> bool:
        """Whether nobody but its author and the bot is there."""
        return self.kind == "im" or self.channel.startswith("D")


@dataclass(frozen=True, slots=True)
class Changed:
    """A message as it is now, and as it was. at: a ts. before: None where Slack does not tell."""

    message: Message
    before: Message | None
    at: str


@dataclass(frozen=True, slots=True)
class Gone:
    """A message that was deleted, as it was. Slack does not tell by whom. at: a ts."""

    message: Message
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction:
    """Somebody reacted to a message, or took that back."""

    channel: str
    ts: str  # of the message
    user: str
    name: str  # without the tone of its skin: "thumbsup" or "+1", as Slack likes
    added: bool  # False: taken back
    at: str  # a ts
    author: str = ""  # who wrote the message


@dataclass(frozen=True, slots=True)
class Report:
    """What happened, and for which of the bots that this program is.

    team  the workspace that the bot was installed in. Of an organisation that has it in all, the one of the event
    me    the bot's user there; "" where Slack does not tell
    """

    team: str
    me: str
    what: Message | Changed | Gone | Reaction


def report(payload: Payload) -> Report | None:
    """What Slack's Events API reports. None: it is about nothing that a conversation consists of."""
    event, whose = payload.get("event"), team(payload)
    what = _what(event) if isinstance(event, Mapping) and whose else None
    return Report(whose, _me(payload), what) if what else None


def team(payload: Payload) -> str:
    """The workspace that an event is for; not the event's own, which in a shared channel is that of whoever wrote."""
    known = (_authorization(payload).get("team_id"), payload.get("context_team_id"), payload.get("team_id"))
    return next((str(each) for each in known if each), "")


def _me(payload: Payload) -> str:
    authorization = _authorization(payload)
    return str(authorization.get("user_id") or "") if authorization.get("is_bot") else ""


def _authorization(payload: Payload) -> Payload:
    """The one install that Slack names, of all that can see the event."""
    match payload.get("authorizations"):
        case [Mapping() as first, *_]:
            return first
    return {}


def _what(event: Payload) -> Message | Changed | Gone | Reaction | None:
    match event:
        case {"type": "message", "subtype": "message_changed", "message": {"subtype": "tombstone"}}:
            return _gone(event)  # a thread hangs at it: Slack keeps a stone in its place
        case {"type": "message", "subtype": "message_changed", "message": Mapping() as now}:
            return _changed(event, now)
        case {"type": "message", "subtype": "message_deleted"}:
            return _gone(event)
        case {"type": "app_mention", "edited": _}:
            return None  # nobody begins a conversation by an edit
        case {"type": "message" | "app_mention"} if not event.get("hidden"):
            return _message(event, event)
        case {"type": "reaction_added" | "reaction_removed"}:
            return _reaction(event)
    return None


def _changed(event: Payload, now: Payload) -> Changed | None:
    message, before = _message(now, event), event.get("previous_message")
    if message is None:
        return None
    edited = now.get("edited")
    if edited is None and before is None:  # nothing tells that its text was touched
        return None
    at = edited.get("ts") if isinstance(edited, Mapping) else None
    was = _message(before, event) if isinstance(before, Mapping) else None
    return Changed(message, was, str(at or event.get("event_ts") or event.get("ts") or message.ts))


def _gone(event: Payload) -> Gone | None:
    before = event.get("previous_message")
    message = _message(before, event) if isinstance(before, Mapping) else None
    return Gone(message, str(event.get("event_ts") or event.get("ts") or message.ts)) if message else None


def _message(shape: Payload, event: Payload) -> Message | None:
    """A message; where it stands is told by the event that reports it."""
    match shape:
        case {"user": str(user), "ts": str(ts)} if user and shape.get("subtype") in WRITTEN:
            pass
        case _:
            return None
    channel = event.get("channel")
    if not isinstance(channel, str):
        return None
    shared = [each for each in _list(shape, "attachments") if each.get("is_share") or each.get("is_msg_unfurl")]
    sources = [shape, *shared]
    thread = shape.get("thread_ts")
    return Message(
        channel=channel,
        ts=ts,
        author=_author(shape, user),
        kind=str(event.get("channel_type") or ""),
        text=str(shape.get("text") or "") or _spoken(_list(shape, "blocks")),
        thread=thread if isinstance(thread, str) and thread != ts else None,
        parent=str(shape.get("parent_user_id") or ""),
        files=tuple(_file(each) for source in sources for each in _list(source, "files") if _is_there(each)),
        quotes=tuple(filter(None, map(_quote, shared))),
    )


def _author(shape: Payload, user: str) -> Person:
    profile = shape.get("user_profile")
    profile = profile if isinstance(profile, Mapping) else {}
    by_app = any(shape.get(name) for name in ("bot_id", "app_id", "bot_profile"))
    name = shown(profile.get("display_name"), profile.get("real_name"), profile.get("name"))
    return Person(user, name, human=not by_app and user != SLACK)


def _is_there(file: Payload) -> bool:
    return bool(file.get("id")) and file.get("mode") not in LOST


def _file(file: Payload) -> File:
    name, size = shown(file.get("name"), file.get("title"), file["id"]), file.get("size")
    media_type = file.get("mimetype") or mimetypes.guess_type(name)[0] or UNKNOWN
    external = file.get("is_external") or file.get("mode") == "external"
    return File(file["id"], name, media_type, size if isinstance(size, int) else 0, here=not external)


def _quote(attachment: Payload) -> Quote | None:
    blocks = [block for each in _list(attachment, "message_blocks") for block in _list(each.get("message"), "blocks")]
    text = str(attachment.get("text") or "") or _spoken(blocks)
    author = shown(attachment.get("author_name"), attachment.get("author_subname"), attachment.get("author_id"))
    return Quote(author, text) if text else None


def _reaction(event: Payload) -> Reaction | None:
    match event:
        case {
            "user": str(user),
            "reaction": str(name),
            "item": {"type": "message", "channel": str(channel), "ts": str(ts)},
        }:
            return Reaction(
                channel=channel,
                ts=ts,
                user=user,
                name=toneless(name),
                added=event["type"] == "reaction_added",
                at=str(event.get("event_ts") or ts),
                author=str(event.get("item_user") or ""),
            )
    return None


def toneless(name: str) -> str:
    """A reaction's name without the tone of its skin."""
    return name.partition("::")[0]


def _spoken(blocks: Sequence[Payload]) -> str:
    """What blocks say, with Slack's codes in it, where that is told nowhere else."""
    return "\n".join(filter(None, (_said(block) for block in blocks)))


def _said(part: Payload) -> str:
    match part:
        case {"type": "text", "text": str(text)}:
            return text.translate(_ENTITIES)
        case {"type": "link", "url": str(url)}:
            return f"<{url}|{str(part.get('text') or url).translate(_ENTITIES)}>"
        case {"type": "user", "user_id": str(user)}:
            return f"<@{user}>"
        case {"type": "usergroup", "usergroup_id": str(group)}:
            return f"<!subteam^{group}>"
        case {"type": "broadcast", "range": str(name)}:
            return f"<!{name}>"
        case {"type": "channel", "channel_id": str(channel)}:
            return f"<#{channel}>"
        case {"type": "emoji", "name": str(name)}:
            return f":{name}:"
        case {"type": "mrkdwn" | "markdown", "text": str(text)}:
            return text
        case {"type": "section", "text": Mapping() as text}:
            return _said(text)
    whole = part.get("type") in {"rich_text", "rich_text_list"}
    return ("\n" if whole else "").join(map(_said, _list(part, "elements")))


def _list(shape: object, name: str) -> Sequence[Payload]:
    found = shape.get(name) if isinstance(shape, Mapping) else None
    return list(_mappings(found)) if isinstance(found, list) else []


def _mappings(found: Sequence[object]) -> Iterator[Payload]:
    return (each for each in found if isinstance(each, Mapping))

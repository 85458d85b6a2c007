"""What people write on Slack -> Events.

Who a message is for:
- A direct message is for the bot.
- In a thread of the bot's own (one that began with a message for it) a message is for it, unless it mentions somebody
  else, a group or everybody, and not the bot; or whoever was mentioned so answers (talking). Such a one is still heard:
  people talk to each other.
- Anywhere else a message is for the bot if it mentions it; all others are not heard. Nobody begins a conversation by
  editing a mention in, but what the message says then is heard: it is read for risk.

Where the bot is not to answer, what would be for it is heard as if people talked to each other: read for risk alone.

An answer goes into the thread of the message that it answers, so each message that is in no thread begins a
conversation, also in a direct message. What counts as a mention is what Slack made one: nothing that somebody types,
quotes or shares.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from adapters.slack import names
from adapters.slack.hearing.message import Changed, File, Gone, Message, Quote, Reaction, Report
from bot.domain.conversation import Attachment, Member, Place
from bot.domain.event import Deleted, Edited, Said

_MENTION = re.compile(r"<@([A-Z0-9]+)(?:\|[^<>]*)?>")
_OTHERS = re.compile(r"<!(?:subteam\^[^<>]*|(?:channel|here|everyone|group)(?:\|[^<>]*)?)>")
_CODE = re.compile(r"<([^<>\n]*)>")
_SCHEME = re.compile(r"\A(?:https?://|mailto:|tel:)")
_ENTITY = re.compile("&(amp|lt|gt);")  # Slack has no others
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What is known of the place where something happened.

    thread   the conversation of the thread, if it is one of the bot's own
    talk     its author and others there have been talking to each other
    heard    of an edit or a deletion: the conversation that the message was heard in; None: nobody remembers
    answers  the bot is to answer here
    called   the names of people here, by their ids, as far as they are known
    """

    thread: str | None = None
    talk: bool = False
    heard: str | None = None
    answers: bool = True
    called: Mapping[str, str] = field(default_factory=dict)


def event(report: Report, room: Room) -> Said | Edited | Deleted | None:
    """What the bot hears of what happened. None: nothing."""
    match report.what:
        case Message() as message:
            return said(message, report, room)
        case Changed() as changed:
            return edited(changed, report, room)
        case Gone() as gone:
            return deleted(gone, report, room)
        case Reaction():
            return None


def said(message: Message, report: Report, room: Room) -> Said | None:
    """A message that was written. None: the bot does not hear it."""
    to_bot = _is_for_bot(message, report.me, room)
    if not _is_of_a_member(message, report.me) or not (to_bot or room.thread):
        return None
    return Said(
        key=names.said(report.team, message.channel, message.ts),
        conversation=room.thread or names.conversation(report.team, message.channel, message.root),
        place=place(message, report),
        member=_member(message, report, room),
        at=names.moment(message.ts),
        message=names.message(message.channel, message.ts),
        text=_text(message, report.me, room),
        to_bot=to_bot and room.answers,
        attachments=tuple(_attachment(each, message, report) for each in message.files),
    )


def edited(changed: Changed, report: Report, room: Room) -> Edited | None:
    """A message as it is now. None: its text is what it was, or the bot did not hear it before and is not meant now.

    Slack reports a change too when it adds a preview of a link, or when a thread begins at the message.
    """
    message, before = changed.message, changed.before
    if before is not None and before.text == message.text:
        return None
    if not _was_heard(message, report, room, meant=report.me in mentioned(message)):
        return None
    return Edited(
        key=names.edited(report.team, message.channel, message.ts, changed.at),
        conversation=_conversation(message, report, room),
        place=place(message, report),
        member=_member(message, report, room),
        at=names.moment(changed.at),
        message=names.message(message.channel, message.ts),
        text=_text(message, report.me, room),
    )


def deleted(gone: Gone, report: Report, room: Room) -> Deleted | None:
    """A message that is gone, of whoever wrote it. None: the bot did not hear it before."""
    message = gone.message
    if not _was_heard(message, report, room):
        return None
    return Deleted(
        key=names.deleted(report.team, message.channel, message.ts),
        conversation=_conversation(message, report, room),
        place=place(message, report),
        member=_member(message, report, room),
        at=names.moment(gone.at),
        message=names.message(message.channel, message.ts),
    )


def place(message: Message, report: Report) -> Place:
    """Where a message is, as the core knows it: in a private channel others read along, so it is not private there."""
    return names.place(report.team, message.channel, private=message.is_direct)


def mentioned(message: Message) -> frozenset[str]:
    """The people whom a message mentions itself: not what it quotes."""
    return frozenset(_MENTION.findall(message.text))


def plain(text: str, called: Mapping[str, str] | None = None) -> str:
    """A text as people read it: names for codes, and where each link leads."""
    whole = _CODE.sub(lambda code: _read(code[1], called or {}), text)
    return _ENTITY.sub(lambda entity: _ENTITIES[entity[1]], whole)


def _is_of_a_member(message: Message, me: str) -> bool:
    """Whether a person wrote it, and there is something in it."""
    return message.author.human and message.author.id != me and bool(message.text or message.files or message.quotes)


def _was_heard(message: Message, report: Report, room: Room, *, meant: bool = False) -> bool:
    known = room.heard or room.thread or message.is_direct or meant
    return bool(known) and message.author.human and message.author.id != report.me


def _conversation(message: Message, report: Report, room: Room) -> str:
    return room.heard or room.thread or names.conversation(report.team, message.channel, message.root)


def _is_for_bot(message: Message, me: str, room: Room) -> bool:
    people = mentioned(message)
    if message.is_direct or me in people:
        return True
    others = people - {message.author.id} or _OTHERS.search(message.text)
    return room.thread is not None and not (others or room.talk)


def _member(message: Message, report: Report, room: Room) -> Member:
    author = message.author
    return names.member(report.team, author.id, room.called.get(author.id), author.name)


def _attachment(file: File, message: Message, report: Report) -> Attachment:
    source = names.source(report.team, message.channel, message.ts, file.id) if file.here else ""
    return Attachment(file.name, file.media_type, file.size, source=source)


def _text(message: Message, me: str, room: Room) -> str:
    """What the member says: the text without codes, and what they share."""
    return "\n\n".join(filter(None, (part.strip() for part in _parts(message, me, room))))


def _parts(message: Message, me: str, room: Room) -> Iterator[str]:
    """The bot's own name goes where it only says whom the message is for."""
    own = rf"<@{me}(?:\|[^<>]*)?>"
    yield plain(re.sub(rf"\A(?:{own}[\s,:]*)+|(?:{own}\s*)+\Z", "", message.text.strip()), room.called)
    yield from (_quoted(each, room) for each in message.quotes)


def _quoted(quote: Quote, room: Room) -> str:
    text = plain(quote.text, room.called)
    return "\n".join(f"> {line}" for line in (f"{quote.author}:\n{text}" if quote.author else text).splitlines())


def _read(code: str, called: Mapping[str, str]) -> str:
    """What stands for a code, still with entities."""
    name, _, label = code.partition("|")
    match name[:1]:
        case "@":
            return f"@{called.get(name[1:]) or label or name[1:]}"
        case "#":
            return f"#{label or name[1:]}"
        case "!" if name.startswith("!date^"):
            return label
        case "!":
            return f"@{(label or name[1:].rpartition('^')[2]).removeprefix('@')}"
    address = name.removeprefix("mailto:")
    return address if not label or _bare(label) == _bare(name) else f"{label} ({address})"


def _bare(address: str) -> str:
    return _SCHEME.sub("", address).rstrip("/")

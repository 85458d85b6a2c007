"""What people write on Discord -> Events.

Who a message is for:
- A direct message is for the bot.
- In a room where the bot listens (a thread of its own, a post in a forum that it serves) a message is for it, unless it
  replies to or mentions somebody else and not the bot. Such a one is still heard: two people talk to each other. A post
  begins with a message for the bot in any case.
- Anywhere else a message is for the bot if it mentions it, or replies to a message of its; all others are not heard.

Where the bot is not to answer, what would be for it is heard as if people talked to each other: read for risk alone.

A reply to the bot in a channel goes on in the conversation of the message it replies to, where there is a sign of one:
a thread that hangs at it, what the bot remembers of it, or the message that it answered itself. Otherwise it opens a
conversation of its own.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from adapters.discord import names
from adapters.discord.hearing.message import Earlier, Message, Person
from bot.domain.conversation import Attachment, Member, Place
from bot.domain.event import Deleted, Edited, Said

WRITTEN = frozenset({0, 19})  # the types of messages that people write: plain ones and replies, as of API v10

_MEMBER = re.compile(r"<@!?(\d{1,20})>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """Where a message is: a channel, a thread or a direct message, as the bot knows it.

    guild    None: a direct message
    parent   the channel that a thread belongs to; None: it is no thread
    private  a thread that only those who were invited see
    listens  everybody's message is for the bot here; in a direct message that goes without saying
    answers  the bot is to answer here
    reads    Discord tells what is in a message that does not mention the bot; in a direct message it always does
    title    of a thread: a forum's post goes on from there with its first message
    role     the one that Discord gave the bot here; people mention it when they mean the bot
    begun    in a direct message: what began a further conversation, oldest first (names.direct)
    """

    id: int
    guild: int | None = None
    parent: int | None = None
    private: bool = False
    listens: bool = False
    answers: bool = True
    reads: bool = True
    title: str = ""
    role: int | None = None
    begun: tuple[int, ...] = ()

    @property
    def place(self) -> Place:
        """The same, as the core knows it."""
        return names.place(self.guild, self.parent or self.id, private=self.private)

    @property
    def is_own_thread(self) -> bool:
        """Whether all that is said here belongs to one conversation with the bot."""
        return self.parent is not None and self.listens


def said(message: Message, room: Room, me: int) -> Said | None:
    """A message that was written. `me` is the bot's own user. None: the bot does not hear it."""
    to_bot = _is_for_bot(message, room, me)
    if not _is_heard(message, room, me) or not (to_bot or room.is_own_thread):
        return None
    return Said(
        key=names.said(message.id),
        conversation=_conversation(message, room, me),
        place=room.place,
        member=names.member(message.author.id, message.author.name),
        at=names.created(message.id),
        message=str(message.id),
        text=_text(message, room, me),
        to_bot=to_bot and room.answers,
        attachments=tuple(
            Attachment(each.name, each.media_type, each.size, source=names.source(message.channel, message.id, each.id))
            for each in message.files
        ),
    )


def edited(message: Message, room: Room, me: int) -> Edited | None:
    """A message as it is now. None: the bot does not hear it, or its text was never changed.

    Discord reports an edit too when it adds a preview of a link, or when a message is pinned. The key is that of the
    latest change to the text: if that was heard before, this is known as a repeat.

    What was heard before was for the bot, even if it mentions nobody any more.
    """
    known = message.conversation or room.is_own_thread or _is_for_bot(message, room, me)
    if message.edited is None or not known or not _is_heard(message, room, me):
        return None
    return Edited(
        key=names.edited(message.id, message.edited),
        conversation=message.conversation or _conversation(message, room, me),
        place=room.place,
        member=names.member(message.author.id, message.author.name),
        at=message.edited,
        message=str(message.id),
        text=_text(message, room, me),
    )


def deleted(message: int, conversation: str, room: Room, member: Member, at: datetime) -> Deleted:
    """A message that is gone. Discord tells neither whose it was nor when: whoever calls knows, or drops it."""
    return Deleted(
        key=names.deleted(message),
        conversation=conversation,
        place=room.place,
        member=member,
        at=at,
        message=str(message),
    )


def _is_heard(message: Message, room: Room, me: int) -> bool:
    """Whether a person wrote it, and Discord tells what. Of a text that it withholds it may tell the stickers."""
    told = room.reads or room.guild is None or any(each.id == me for each in message.mentions)
    written = message.author.human and message.author.id != me and message.kind in WRITTEN
    return written and told and message.is_readable


def _is_for_bot(message: Message, room: Room, me: int) -> bool:
    earlier = message.reply_to
    mentioned = {each.id for each in message.mentions}
    if room.guild is None or me in mentioned or room.role in message.roles or (earlier and earlier.author.id == me):
        return True
    if room.listens and message.id == room.id:
        return True
    replied = {earlier.author.id} if earlier else set()
    others = (mentioned | replied) - {message.author.id}
    return room.listens and not (others or message.roles or message.everyone)


def _conversation(message: Message, room: Room, me: int) -> str:
    earlier = message.reply_to
    if room.guild is None or room.parent or earlier is None or earlier.author.id != me:
        return _begun(message.id, room)
    if earlier.has_thread:
        return names.conversation(earlier.id)
    return earlier.conversation or names.conversation(earlier.answers or message.id)


def _begun(message: int, room: Room) -> str:
    """The conversation that a message belongs to if it answers nothing."""
    if room.guild is None:
        return names.direct(room.id, room.begun, message)
    return names.conversation(room.id if room.parent else message)


def _text(message: Message, room: Room, me: int) -> str:
    """What the member says: the text with names for codes, and what else a message can consist of."""
    return "\n\n".join(filter(None, (part.strip() for part in _parts(message, room, me))))


def _parts(message: Message, room: Room, me: int) -> Iterator[str]:
    if message.id == room.id:
        yield room.title
    if message.reply_to and message.reply_to.author.id != me and room.guild and not room.is_own_thread:
        yield _told(message.reply_to, message.author)
    yield _plain(message, room, me)
    yield from map(_quote, message.forwarded)
    yield "\n- ".join(message.poll)
    yield " ".join(f":{name}:" for name in message.stickers)


def _plain(message: Message, room: Room, me: int) -> str:
    """The text with names for the codes of members. The bot's own goes where it only says whom the message is for."""
    own = rf"<@(?:!?{me}|&{room.role})>"
    text = re.sub(rf"\A(?:{own}[\s,:]*)+|(?:{own}\s*)+\Z", "", message.text.strip())
    known = {str(each.id): f"@{each.name}" for each in message.mentions if each.name}
    return _MEMBER.sub(lambda code: known.get(code[1], code[0]), text)


def _told(earlier: Earlier, author: Person) -> str:
    """A message that nobody told the bot before: in the author's own words, or quoted."""
    if earlier.author.id == author.id or not earlier.text:
        return earlier.text
    return _quote(f"{earlier.author.name}:\n{earlier.text}")


def _quote(text: str) -> str:
    return "\n".join(f"> {line}" for line in text.splitlines())

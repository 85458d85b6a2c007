"""discord.py's messages -> ours.

Whether a message was just written, edited or fetched from a channel's history, discord.py makes the same object of it.
Discord is asked for nothing: what it did not send along is not there.
"""

import mimetypes
from collections.abc import Iterator
from dataclasses import replace

import discord

from adapters.discord.hearing.message import Earlier, File, Message, Person
from bot.domain.naming import shown

UNKNOWN = "application/octet-stream"


def reduced(message: discord.Message) -> Message:
    """What matters of discord.py's message."""
    reference, snapshots, poll = message.reference, message.message_snapshots, message.poll
    replies = reference is not None and reference.type is not discord.MessageReferenceType.forward
    return Message(
        id=message.id,
        channel=message.channel.id,
        author=_author(message),
        kind=message.type.value,
        text=message.content,
        mentions=tuple(map(_person, message.mentions)),
        roles=frozenset(message.raw_role_mentions),
        everyone=message.mention_everyone,
        reply_to=_earlier(reference.resolved) if reference and replies else None,
        forwarded=tuple(each.content for each in snapshots if each.content),
        poll=(poll.question, *(each.text for each in poll.answers)) if poll else (),
        stickers=tuple(each.name for each in message.stickers),
        files=tuple(map(_file, _attached(message))),
        edited=message.edited_at,
    )


def _author(message: discord.Message) -> Person:
    person = _person(message.author)
    return replace(person, human=False) if message.webhook_id else person


def _person(user: discord.User | discord.Member) -> Person:
    nick = user.nick if isinstance(user, discord.Member) else None
    return Person(user.id, shown(nick, user.global_name, user.name), not (user.bot or user.system))


def _earlier(message: discord.Message | discord.DeletedReferencedMessage | None) -> Earlier | None:
    if not isinstance(message, discord.Message):  # it was deleted, or is not told
        return None
    return Earlier(
        id=message.id,
        author=_author(message),
        text=message.content,
        answers=message.reference.message_id if message.reference else None,
        has_thread=message.flags.has_thread,
    )


def _attached(message: discord.Message) -> Iterator[discord.Attachment]:
    yield from message.attachments
    for snapshot in message.message_snapshots:
        yield from snapshot.attachments


def _file(of: discord.Attachment) -> File:
    media_type = of.content_type or mimetypes.guess_type(of.filename)[0] or UNKNOWN
    return File(of.id, shown(of.filename), media_type, of.size)

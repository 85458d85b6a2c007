"""Discord's ids <-> the names by which the bot knows them. Made of ids alone: a repeat or a restart makes the same.

conversation   discord:<thread>; the thread that a message opens has the message's id. A direct message is
               discord:<channel>, and discord:<channel>:<message or interaction> once it was begun anew
event key      discord:<m, e, d, r or i>:<ids>
nonce          from the action's id, so that Discord keeps a post once however often it is sent
"""

import hashlib
from base64 import b32encode
from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from bot.domain.conversation import Member, Place
from bot.domain.naming import shown

NAME = "discord"
DIRECT = "dm"  # the space of direct messages, which belong to no guild
EPOCH = datetime(2015, 1, 1, tzinfo=UTC)  # from which ids count
NONCE = 25  # characters at most, as of API v10

_UNIX = datetime(1970, 1, 1, tzinfo=UTC)


def place(guild: int | None, channel: int, *, private: bool) -> Place:
    """Where a conversation is. `channel` is the one that a thread belongs to; guild None: a direct message."""
    return Place(NAME, DIRECT if guild is None else str(guild), str(channel), private=private or guild is None)


def conversation(thread: int) -> str:
    """A thread's conversation, by its id or by that of the message it opens from."""
    return f"{NAME}:{thread}"


def direct(channel: int, begun: Sequence[int] = (), at: int | None = None) -> str:
    """The conversation in a direct message's channel.

    begun  ids of the messages or interactions that began a further one, oldest first
    at     a message: the conversation that was open when it was written; None: the one that is open now
    """
    passed = len(begun) if at is None else bisect_right(begun, at)
    return f"{NAME}:{channel}:{begun[passed - 1]}" if passed else conversation(channel)


def channel(conversation: str) -> int:
    """The channel that a conversation is in: a thread, or a direct message's. Raises ValueError: none of ours."""
    return _ids(conversation)[0]


def begun(conversation: str) -> int | None:
    """What began a further conversation in a direct message; None: it is a thread, or the first one there.

    Raises ValueError: none of ours.
    """
    return (*_ids(conversation), None)[1]


def member(user: int, *names: str | None) -> Member:
    """A person, with the first of their names in which there is something to see."""
    return Member(f"{NAME}:{user}", shown(*names))


def user(member: str) -> int:
    """The user that a member is. Raises ValueError: none of ours."""
    return _ids(member)[0]


def said(message: int) -> str:
    """The key of a message."""
    return f"{NAME}:m:{message}"


def edited(message: int, at: datetime) -> str:
    """The key of an edit: Discord tells when it was made, to the millisecond or finer."""
    return f"{NAME}:e:{message}:{(at - _UNIX) // timedelta(milliseconds=1)}"


def deleted(message: int) -> str:
    """The key of a deletion."""
    return f"{NAME}:d:{message}"


def rated(message: int, member: str, what: str, state: str) -> str:
    """The key of a change to a member's rating of an ending. `state` tells it from their earlier ones."""
    return f"{NAME}:r:{message}:{member}:{what}:{state}"


def referred(message: int, member: str) -> str:
    """The key of a message that a member puts before the moderators: once, by each of them."""
    return f"{NAME}:t:{message}:{member}"


def interacted(interaction: int) -> str:
    """The key of a command, a button or a form."""
    return f"{NAME}:i:{interaction}"


def nonce(action: str, part: int, kind: str) -> str:
    """What Discord knows a post by. In: the action's id, which of its posts, and what kind of post that is."""
    return b32encode(hashlib.sha256(f"{action}|{part}|{kind}".encode()).digest()).decode().lower()[:NONCE]


def source(channel: int, message: int, attachment: int) -> str:
    """How an attachment is found again: its address expires, its message does not."""
    return f"{channel}/{message}/{attachment}"


def attachment(source: str) -> tuple[int, int, int]:
    """The channel, the message and the attachment that a source tells. Raises ValueError: none of ours."""
    channel, message, attachment = map(int, source.split("/"))
    return channel, message, attachment


def created(snowflake: int) -> datetime:
    """When Discord made an id (UTC)."""
    return EPOCH + timedelta(milliseconds=snowflake >> 22)


def _ids(name: str) -> tuple[int, ...]:
    platform, *ids = name.split(":")
    if platform != NAME or len(ids) not in (1, 2) or not all(each.isascii() and each.isdigit() for each in ids):
        raise ValueError("not one of Discord's names")
    return tuple(map(int, ids))

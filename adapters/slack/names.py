"""Slack's ids <-> the names by which the bot knows them. Made of ids alone: a repeat or a restart makes the same.

team           the workspace that an event is for: the one that installed the bot, or one of the organisation that did.
               In a channel that is shared with others it is the same for everybody there, whichever is their own
conversation   slack:<team>:<channel>:<ts of the thread's root>
member         slack:<team>:<user>
message        <channel>:<ts>: a ts is unique within its channel alone
event key      slack:<m, e, d, r, s or i>:<ids>
post           from the action's id: what a post is found again by
"""

import hashlib
import re
from base64 import b32encode
from datetime import UTC, datetime, timedelta

from bot.domain.conversation import Member, Place
from bot.domain.naming import shown

NAME = "slack"

_UNIX = datetime(1970, 1, 1, tzinfo=UTC)
_TS = re.compile(r"([0-9]{1,11})\.([0-9]{6})")
_ID = re.compile(r"[A-Z0-9]+")


def place(team: str, channel: str, *, private: bool) -> Place:
    """Where a conversation is."""
    return Place(NAME, team, channel, private=private)


def conversation(team: str, channel: str, root: str) -> str:
    """The conversation in the thread that hangs, or will hang, at a message."""
    return f"{NAME}:{team}:{channel}:{root}"


def team(name: str) -> str:
    """The workspace of a conversation or a member. Raises ValueError: none of ours."""
    return _parts(name)[0]


def channel(conversation: str) -> str:
    """The channel that a conversation is in. Raises ValueError: none of ours."""
    return _conversation(conversation)[0]


def root(conversation: str) -> str:
    """The ts of the message that a conversation's thread hangs at. Raises ValueError: none of ours."""
    return _conversation(conversation)[1]


def member(team: str, user: str, *names: str | None) -> Member:
    """A person, with the first of their names in which there is something to see."""
    return Member(f"{NAME}:{team}:{user}", shown(*names))


def user(member: str) -> str:
    """The user that a member is. Raises ValueError: none of ours."""
    _, *ids = _parts(member)
    if len(ids) != 1 or not _ID.fullmatch(ids[0]):
        raise ValueError("not one of Slack's names")
    return ids[0]


def message(channel: str, ts: str) -> str:
    """A message's id."""
    return f"{channel}:{ts}"


def channel_and_ts(message: str) -> tuple[str, str]:
    """The channel that a message is in, and its ts there. Raises ValueError: none of ours."""
    channel, _, ts = message.partition(":")
    if not _ID.fullmatch(channel) or not _TS.fullmatch(ts):
        raise ValueError("not one of Slack's messages")
    return channel, ts


def said(team: str, channel: str, ts: str) -> str:
    """The key of a message. Slack tells twice of one that mentions the bot: the key is the same."""
    return f"{NAME}:m:{team}:{channel}:{ts}"


def edited(team: str, channel: str, ts: str, at: str) -> str:
    """The key of an edit. at: the ts of when it was made."""
    return f"{NAME}:e:{team}:{channel}:{ts}:{at}"


def deleted(team: str, channel: str, ts: str) -> str:
    """The key of a deletion."""
    return f"{NAME}:d:{team}:{channel}:{ts}"


def rated(message: str, member: str, deed: str, at: datetime) -> str:
    """The key of what a member did to rate an ending. deed: one word."""
    return f"{ratings(message)}{member}:{deed}:{ts(at)}"


def ratings(message: str) -> str:
    """How the keys of all that was done to a message begin."""
    return f"{NAME}:r:{message}:"


def rating(key: str) -> tuple[str, str, str]:
    """The member, the deed and its ts that such a key tells."""
    _, _, _, _, *member, deed, at = key.split(":")
    return ":".join(member), deed, at


def stopped(team: str, channel: str, root: str, user: str, at: str) -> str:
    """The key of somebody's wanting no answer any more in a thread."""
    return f"{NAME}:s:{team}:{channel}:{root}:{user}:{at}"


def interacted(team: str, interaction: str) -> str:
    """The key of a command, a button or a form. interaction: what Slack knows it by, whatever that looks like."""
    return f"{NAME}:i:{team}:{interaction}"


def post(action: str, part: int, kind: str) -> str:
    """What a post is found again by: anybody in the workspace can read it, and it tells them nothing.

    In: the action's id, which of its posts, and what kind of post that is.
    """
    return b32encode(hashlib.sha256(f"{action}|{part}|{kind}".encode()).digest()).decode().lower().rstrip("=")


def source(team: str, channel: str, ts: str, file: str) -> str:
    """How a file is found again: with the team whose bot may ask for it."""
    return f"{team}/{channel}/{ts}/{file}"


def file(source: str) -> tuple[str, str]:
    """The team and the file that a source tells. Raises ValueError: none of ours."""
    team, channel, ts, file = source.split("/")
    if not all(map(_ID.fullmatch, (team, channel, file))) or not _TS.fullmatch(ts):
        raise ValueError("not one of Slack's files")
    return team, file


def moment(ts: str) -> datetime:
    """When that was which has this ts, to the microsecond (UTC). Raises ValueError: it is no ts."""
    found = _TS.fullmatch(ts)
    if found is None:
        raise ValueError("not one of Slack's times")
    return _UNIX + timedelta(seconds=int(found[1]), microseconds=int(found[2]))


def ts(at: datetime) -> str:
    """A time as Slack has it."""
    microseconds = (at - _UNIX) // timedelta(microseconds=1)
    return f"{microseconds // 1_000_000}.{microseconds % 1_000_000:06}"


def _conversation(name: str) -> tuple[str, str]:
    _, *ids = _parts(name)
    if len(ids) != 2 or not _ID.fullmatch(ids[0]) or not _TS.fullmatch(ids[1]):
        raise ValueError("not one of Slack's names")
    return ids[0], ids[1]


def _parts(name: str) -> list[str]:
    platform, *ids = name.split(":")
    if platform != NAME or len(ids) not in (2, 3) or not _ID.fullmatch(ids[0]):
        raise ValueError("not one of Slack's names")
    return ids

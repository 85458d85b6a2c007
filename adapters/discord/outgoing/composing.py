"""What an action says -> the messages that say it, under nonces of their own."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import discord

from adapters.discord import names
from adapters.discord.outgoing.escaping import harmless
from adapters.discord.outgoing.sending import UNFINISHED, Post
from bot.domain.action import CallModerators
from bot.reply.splitting import split

REST = "rest.md"  # the file that has what is too long for messages
LIMIT = 2_000  # of a message
MOST = 5  # messages that one text may take; what is left over is for a file
NOTHING = "…"  # in place of a text in which there is nothing to see: Discord takes no empty message


@dataclass(frozen=True, slots=True)
class Spot:
    """Where something is said, and how.

    kind     posts of different kinds have different nonces: what was said in one place is not taken for said in another
    answers  the message there that it replies to; None: none
    bound    it is said there only as a reply to that message: others talk there about something else
    """

    channel: int
    kind: str
    answers: int | None = None
    bound: bool = False


def first(action: str, text: str, spot: Spot) -> Post:
    """The first message of what `action` will say, as far as it is known."""
    limit = LIMIT - len(UNFINISHED)
    return composed(action, spot.kind, text, answers=spot.answers, bound=spot.bound, limit=limit)[0]


def composed(
    action: str,
    kind: str,
    text: str,
    *,
    answers: int | None = None,
    bound: bool = False,
    view: discord.ui.View | None = None,
    roles: Sequence[int] = (),
    urgent: bool = False,
    limit: int = LIMIT,
) -> Sequence[Post]:
    """The messages that a text takes: the first replies and calls, the last has the buttons and what is left over.

    bound  all of them reply, and none is posted unless what they reply to is there
    """
    called = "".join(f"<@&{each}> " for each in roles)
    _, after = origin(action)
    parts = split(called + harmless(text), limit=limit, most=MOST)
    rest = (REST, parts.rest.encode()) if parts.rest else None
    texts = enumerate(parts.texts or (NOTHING,))
    posts = [
        Post(
            names.nonce(action, number, kind),
            part,
            answers=None if number and not bound else answers,
            bound=bound,
            urgent=urgent,
            after=after,
        )
        for number, part in texts
    ]
    posts[0] = replace(posts[0], roles=roles)
    posts[-1] = replace(posts[-1], view=view, file=rest)
    return posts


def origin(action: str) -> tuple[str, int | None]:
    """What an action follows from, by the key of its event: which kind of thing, and its id or that of its moment.

    None: the key does not tell.
    """
    platform, _, key = action.partition("/")[0].partition(":")
    kind, *ids = key.split(":")
    if platform != names.NAME or not ids or not all(each.isdigit() for each in ids[: 2 if kind == "e" else 1]):
        return "", None
    if kind == "e":
        return kind, discord.utils.time_snowflake(datetime.fromtimestamp(int(ids[1]) / 1000, UTC))
    return kind, int(ids[0])


def about(action: str) -> int | None:
    """The message that an action follows from; None: it follows from something else."""
    kind, *ids = action.partition("/")[0].removeprefix(f"{names.NAME}:").split(":")
    return int(ids[0]) if kind in {"m", "e"} and ids and ids[0].isdecimal() else None


def profile(action: CallModerators) -> str:
    """Where moderators find whom it is about, and can write to them; "": it is about nobody. It notifies nobody."""
    return f"https://discord.com/users/{names.user(action.member)}" if action.member else ""


def link(action: CallModerators, channel: int) -> str:
    """Where moderators find what it is about: in `channel`. The message in it tells one call from another."""
    if action.place.space == names.DIRECT:
        return ""
    thread, (_, message) = names.channel(action.conversation), origin(action.id)
    address = f"https://discord.com/channels/{action.place.space}/{channel}"
    if channel == thread:
        return address if message in {None, thread} else f"{address}/{message}"
    return f"{address}/{message or thread}"

"""What an action says -> the messages that say it, under nonces of their own."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import discord

from adapters.discord import names
from adapters.discord.escaping import harmless
from adapters.discord.sending import UNFINISHED, Post
from bot.domain.action import CallModerators, Say
from bot.reply.splitting import split

REST = "rest.md"  # the file that has what is too long for messages
LIMIT = 2_000  # of a message
MOST = 5  # messages that one text may take; what is left over is for a file
NOTHING = "…"  # in place of a text in which there is nothing to see: Discord takes no empty message


def first(action: str, text: str, channel: int) -> Post:
    """The first message of what `action` will say, as far as it is known."""
    kind, message = origin(action)
    answers = message if kind == "m" and message != channel else None
    return composed(action, "say", text, answers=answers, limit=LIMIT - len(UNFINISHED))[0]


def said(action: Say, channel: int) -> Sequence[Post]:
    """The messages of an answer, in the channel of its conversation."""
    answered = int(action.reply_to) if action.reply_to.isdigit() else None
    # From within a thread nobody can reply to the message that it hangs at.
    return composed(action.id, "say", action.text, answers=answered if answered != channel else None)


def composed(
    action: str,
    kind: str,
    text: str,
    *,
    answers: int | None = None,
    view: discord.ui.View | None = None,
    roles: Sequence[int] = (),
    limit: int = LIMIT,
) -> Sequence[Post]:
    """The messages that a text takes: the first replies and calls, the last has the buttons and what is left over."""
    called = "".join(f"<@&{each}> " for each in roles)
    _, after = origin(action)
    parts = split(called + harmless(text), limit=limit, most=MOST)
    rest = (REST, parts.rest.encode()) if parts.rest else None
    texts = enumerate(parts.texts or (NOTHING,))
    posts = [Post(names.nonce(action, number, kind), part, after=after) for number, part in texts]
    posts[0] = replace(posts[0], answers=answers, roles=roles)
    posts[-1] = replace(posts[-1], view=view, file=rest)
    return posts


def origin(action: str) -> tuple[str, int | None]:
    """What an action follows from, by the key of its event: which kind of thing, and its id or that of its moment.

    None: the key does not tell.
    """
    platform, _, key = action.partition("/")[0].partition(":")
    kind, *ids = key.split(":")
    if platform != names.NAME or not ids or not all(each.isdigit() for each in ids[:2]):
        return "", None
    if kind == "e":
        return kind, discord.utils.time_snowflake(datetime.fromtimestamp(int(ids[1]) / 1000, UTC))
    return kind, int(ids[0])


def link(action: CallModerators) -> str:
    """Where moderators find what it is about. The message in it tells one call from another."""
    if action.place.space == names.DIRECT:
        return ""
    thread, (_, message) = names.channel(action.conversation), origin(action.id)
    address = f"https://discord.com/channels/{action.place.space}/{thread}"
    return address if message in {None, thread} else f"{address}/{message}"

"""Threads that no message of a member's opens: the bot begins them itself."""

from contextlib import suppress
from typing import Any, Final

import discord

from adapters.discord import names
from adapters.discord.hearing.listening import Hearing
from adapters.discord.outgoing.sending import Denied, Post
from adapters.discord.outgoing.threads import LASTS, LONGEST_TITLE
from bot.domain.conversation import Member, Place
from bot.errors import PlatformError

PRIVATE: Final = 12  # Discord's number for the type


async def in_public(hearing: Hearing, place: Place, member: Member, post: Post) -> int:
    """A thread that opens from a message of the bot's. Out: its id, which is the message's.

    Where there can be none, it goes on in the channel if the settings say so. Raises Denied: it can go on nowhere, and
    the message is gone again; or PlatformError.
    """
    message = (await hearing.posts.put(int(place.channel), post)).message
    try:
        await opened(hearing, place, member, message)
    except Denied:
        if not hearing.bot.configuration().settings.at(place).plain_replies:
            await _unsaid(hearing, place, message)
            raise
    return message


async def opened(hearing: Hearing, place: Place, member: Member, message: int) -> None:
    """Open the thread of a message. Raises Denied, PlatformError."""
    hearing.threads.entitle(message, member.name)
    await hearing.threads.opened(place, names.conversation(message), message)


async def in_private(hearing: Hearing, place: Place, member: Member) -> int:
    """A thread that only the member and the moderators see. Out: its id. Raises Denied, PlatformError."""

    async def begin(client: discord.Client) -> int:
        thread = await client.http.start_thread_without_message(
            int(place.channel),
            name=member.name[:LONGEST_TITLE] or "…",
            auto_archive_duration=LASTS,
            type=PRIVATE,
            invitable=False,
        )
        return int(thread["id"])

    thread = await hearing.requests.ask(begin)

    async def invite(client: discord.Client) -> Any:
        return await client.http.add_user_to_thread(thread, names.user(member.id))

    try:
        await hearing.requests.ask(invite)
    except Denied:
        await gone(hearing, place, thread)
        raise
    return thread


async def gone(hearing: Hearing, place: Place, thread: int) -> None:
    """Take a thread away again in which nothing was said, and what it opens from; best effort."""
    with suppress(Denied, PlatformError):
        await hearing.requests.ask(lambda client: client.http.delete_channel(thread))
    await _unsaid(hearing, place, thread)


async def _unsaid(hearing: Hearing, place: Place, message: int) -> None:
    with suppress(Denied, PlatformError):
        await hearing.requests.ask(lambda client: client.http.delete_message(int(place.channel), message))

"""Closed threads are put into the archive once their endings can no longer be rated: there nobody can react any more.

What is due stands in the store, so a restart loses nothing. Discord tells of every thread that is not in the archive,
for the servers of this process: what it has not told of is there already, or is for others. And it tells when a thread
last went in or came out. One that came out after its time was put there by us and taken out by a moderator, who has
the last word.

Discord itself archives a thread a week after the last message in it, whatever the settings say.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

import discord

from adapters.discord import names
from adapters.discord.hearing.gateway import Handler
from adapters.discord.hearing.listening import Hearing
from adapters.discord.outgoing.sending import Denied
from bot.domain.ending import Ending, EndingState
from bot.domain.step import Scope
from bot.errors import where

log = logging.getLogger(__name__)

EVERY = 600.0  # seconds between two looks
AT_ONCE = 50  # threads that are archived at one look
LATE = timedelta(days=8)  # what is due for longer was archived by Discord: it does so after a week without a message


class Archiving:
    """Archives what is due."""

    def __init__(self, hearing: Hearing) -> None:
        self._hearing = hearing
        self._client: discord.Client | None = None
        self._refused: set[int] = set()  # threads that may not be archived: they are not asked for again

    def handlers(self, client: discord.Client) -> Sequence[Handler]:
        """By this client it is told from now on which threads there are. Out: nothing that is to hear of its events."""
        self._client = client
        return ()

    async def stay(self) -> None:
        """Look again and again, until this is cancelled."""
        while True:
            await self._hearing.sleep(EVERY)
            try:
                await self.look()
            except Exception as fault:  # whatever it was, the next look may do better
                log.warning("closed threads could not be archived: %s", where(fault))

    async def look(self) -> None:
        """Archive what is due now. Raises PlatformError, StoreError."""
        hearing = self._hearing
        window, now = hearing.bot.configuration().settings.endings.feedback, hearing.clock()
        archived = 0
        for ending in await hearing.bot.store.closed(names.NAME, now - window - LATE, now - window):
            thread = self._client.get_channel(names.channel(ending.conversation)) if self._client else None
            if isinstance(thread, discord.Thread) and await self._is_due(thread, ending, ending.at + window, now):
                archived += await self._archive(thread, ending)
            if archived >= AT_ONCE:
                return

    async def _is_due(self, thread: discord.Thread, ending: Ending, due: datetime, now: datetime) -> bool:
        """Whether a thread that is open is to be archived: its ending stands, and nobody there may be in danger."""
        if ending.scope is Scope.PART or ending.state is EndingState.OVERTURNED or thread.id in self._refused:
            return False
        if thread.archived or thread.archive_timestamp >= due:
            return False
        standings = await self._hearing.bot.store.standings(ending.conversation)
        return not any(standing.in_care(now) for _, standing in standings)

    async def _archive(self, thread: discord.Thread, ending: Ending) -> bool:
        try:
            await self._hearing.threads.archive(thread.id, ending.id)
        except Denied as denied:
            self._refused.add(thread.id)
            log.warning("thread %d is not archived: %s", thread.id, denied.why)
            return False
        return True

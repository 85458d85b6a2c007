"""Whether Slack's Web API answers, and whether what has come is worked off: connections alone do not tell.

Slack is asked once a minute who the bot is. So a token that is not taken any more is noticed as well where nobody says
anything.
"""

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

import aiohttp
from slack_sdk.errors import SlackApiError

from adapters.slack import names
from adapters.slack.installs.authorizing import Authorizing
from adapters.slack.outgoing.clients import WITHIN, Clients, refusal
from adapters.slack.outgoing.pacing import Sleep
from adapters.slack.outgoing.sending import UNCERTAIN
from bot.errors import PlatformError, StoreError, where
from bot.ports import Clock, Lack, Store

log = logging.getLogger(__name__)

EVERY = 60.0  # seconds between two looks
SILENT = timedelta(minutes=3)  # without any answer: then the bot cannot do its work
LATE = timedelta(minutes=15)  # that an event is the next of its conversation: then nobody gets on with it
LOOKED_AT = 200  # conversations


class Vitals:
    """How it is with Slack's answers, and with the bot's own. token: the one workspace's; "": there are many."""

    def __init__(self, clients: Clients, token: str, tokens: Authorizing, store: Store, clock: Clock) -> None:
        self._clients = clients
        self._token = token
        self._tokens = tokens
        self._store = store
        self._clock = clock
        self._answered = clock()  # when Slack did last
        self._why = ""  # it has not since
        self._next: dict[str, tuple[str, datetime]] = {}  # by conversation: its next event, and since when it is that
        self._waiting = 0

    async def stay(self, sleep: Sleep) -> None:
        """Look again and again, until this is cancelled."""
        while True:
            await sleep(EVERY)
            try:
                await self._ask()
                await self._count()
            except (PlatformError, StoreError) as fault:
                log.warning("how the bot is could not be looked at: %s", where(fault))

    def lacks(self) -> Sequence[Lack]:
        """That Slack does not answer; that nobody gets on with what has come."""
        now, found = self._clock(), list[Lack]()
        if self._why and now - self._answered >= SILENT:
            found.append(Lack(f"{names.NAME} web api", f"it does not answer ({self._why})", self._answered))
        since = min((since for _, since in self._next.values()), default=now)
        if now - since >= LATE:
            found.append(Lack(f"{names.NAME} inbox", "what has come is not worked off", since))
        return found

    def notes(self) -> dict[str, float]:
        """Seconds since Slack has answered, and in how many conversations there is something to do."""
        return {"answered_s": round((self._clock() - self._answered).total_seconds(), 1), "waiting": self._waiting}

    async def _ask(self) -> None:
        """Ask Slack who the bot is: whatever it says, it answers. Raises PlatformError, StoreError."""
        why, code = "", ""
        try:
            async with asyncio.timeout(WITHIN):
                await self._clients.made(self._token).auth_test()
        except SlackApiError as fault:
            code = refusal(fault)
            why = "" if code and code not in UNCERTAIN else code or "out of order"
        except (aiohttp.ClientError, OSError, TimeoutError) as fault:
            why = type(fault).__name__
        if why and not self._why:
            log.warning("Slack's Web API does not answer: %s", why)
        self._why = why
        if not why:
            self._answered = self._clock()
        if code and self._token:
            await self._tokens.refused("", self._token, code)
        elif self._token and not why:
            self._tokens.taken("", self._token)

    async def _count(self) -> None:
        """Look which event is the next in each conversation. Raises StoreError."""
        now, before = self._clock(), self._next
        waiting = [each for each in await self._store.open_conversations() if each.startswith(f"{names.NAME}:")]
        self._waiting, self._next = len(waiting), {}
        for each in sorted(waiting, key=lambda conversation: conversation not in before)[:LOOKED_AT]:
            if heard := await self._store.open_events(each, 1):
                key = heard[0].event.key
                known, since = before.get(each, ("", now))
                self._next[each] = key, since if known == key else now

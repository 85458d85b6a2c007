"""What people call themselves, and where their clocks are set: asked of Slack, and nobody ever waits for it.

Slack tells ids alone. Who is heard for the first time is therefore nameless for a moment.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.outgoing.sending import Denied, Requests
from bot.domain.naming import shown
from bot.errors import PlatformError, where

log = logging.getLogger(__name__)

LASTS = 86_400.0  # seconds that a name is taken for known
AGAIN = 600.0  # seconds until somebody is asked about again, where there was no answer
REMEMBERED = 10_000  # people
AT_ONCE = 4  # requests


class Profiles:
    """Names and time zones, by workspace and user. timer: seconds, of a clock that never goes back."""

    def __init__(self, requests: Requests, timer: Callable[[], float]) -> None:
        self._requests = requests
        self._timer = timer
        self._known: OrderedDict[tuple[str, str], tuple[str, float]] = OrderedDict()  # and until when that is so
        self._zones: OrderedDict[tuple[str, str], str] = OrderedDict()
        self._asking: set[asyncio.Task[None]] = set()
        self._room = asyncio.Semaphore(AT_ONCE)

    def names(self, team: str, users: Iterable[str]) -> Mapping[str, str]:
        """The names that are known of these people, by their ids."""
        found = {user: self._known.get((team, user), ("", 0.0))[0] for user in users}
        return {user: name for user, name in found.items() if name}

    def zone(self, team: str, user: str) -> str:
        """Where somebody's clock is set ("Europe/Berlin"), as far as it is known; "": it is not.

        They may travel, or have never set it: it is a hint, and no more.
        """
        return self._zones.get((team, user), "")

    def want(self, team: str, users: Iterable[str]) -> None:
        """Let names be known that are not, as soon as Slack tells them."""
        for user in users:
            name, until = self._known.get((team, user), ("", float("-inf")))
            if self._timer() >= until:
                self._remember(team, user, name, AGAIN)
                task = asyncio.create_task(self._ask(team, user))
                self._asking.add(task)
                task.add_done_callback(self._asking.discard)

    async def settled(self) -> None:
        """Return when nobody is being asked about."""
        while self._asking:
            await asyncio.wait(self._asking)

    async def close(self) -> None:
        """Ask no more."""
        for task in self._asking:
            task.cancel()
        await asyncio.gather(*self._asking, return_exceptions=True)

    async def _ask(self, team: str, user: str) -> None:
        async def info(client: AsyncWebClient) -> Any:
            return await client.users_info(user=user)

        try:
            async with self._room:
                answer = await self._requests.ask(team, info, method="users.info")
        except (Denied, PlatformError) as fault:
            log.info("a name is not told: %s", where(fault))
            return
        told = answer["user"]
        profile = told.get("profile") or {}
        name = shown(profile.get("display_name"), profile.get("real_name"), told.get("real_name"), told.get("name"))
        self._remember(team, user, name, LASTS)
        self._zones[team, user] = str(told.get("tz") or "")
        if len(self._zones) > REMEMBERED:
            self._zones.popitem(last=False)

    def _remember(self, team: str, user: str, name: str, seconds: float) -> None:
        self._known[team, user] = name, self._timer() + seconds
        self._known.move_to_end((team, user))
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)

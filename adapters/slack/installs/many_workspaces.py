"""The workspaces that have installed the app by themselves.

A token that Slack does not take any more is told once in the log, and the app then counts as taken out there, as if
Slack had said so. Once a day each is tried, for somebody may have taken the app out while nobody listened.
"""

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import aiohttp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.errors import SlackApiError
from slack_sdk.oauth.installation_store import Bot
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.installs.authorizing import EXPIRED, GONE, OUT, Absent, Authorizing, Sleep
from adapters.slack.installs.installations import Installations, team
from adapters.slack.installs.renewing import Renewing
from adapters.slack.outgoing.clients import Clients, refusal
from bot.errors import PlatformError, StoreError, where
from bot.ports import Clock

log = logging.getLogger(__name__)

LASTS = 60.0  # seconds that what was read of the store is gone by: another process may write there too
SOON = 300.0  # seconds before its end that a token is renewed by whoever needs it
ROUND = 600.0  # seconds between two rounds of the job
DAY = timedelta(days=1)


class ManyWorkspaces(Authorizing):
    """The workspaces that have installed the app."""

    def __init__(self, renewing: Renewing, clients: Clients, installations: Installations, clock: Clock) -> None:
        super().__init__(clients, installations, clock)
        self._renewing = renewing
        self._cached: dict[tuple[str, str], tuple[float, Bot | None]] = {}
        self._covered: dict[tuple[str, str], float] = {}  # until when that is known to be written down
        installations.changed = self._forget

    async def begin(self) -> None:
        """There may be none yet."""

    async def identity(self, team: str, enterprise: str = "", at: datetime | None = None) -> AuthorizeResult | None:
        """As it was written down when the app was installed. A workspace of an organisation is remembered."""
        bot = await self._lasting(team, enterprise)
        if bot is None:
            return None
        now = self._clock()
        if bot.is_enterprise_install and team and self._covered.get((enterprise, team), 0.0) <= now.timestamp():
            await self._installations.cover(team, bot.enterprise_id or "", at or now)
            self._cached.pop(("", team), None)
            self._covered[enterprise, team] = now.timestamp() + LASTS
        return AuthorizeResult(
            enterprise_id=bot.enterprise_id,
            team_id=team or bot.team_id,
            bot_user_id=bot.bot_user_id,
            bot_id=bot.bot_id,
            bot_token=bot.bot_token,
            bot_scopes=bot.bot_scopes,
        )

    async def client(self, team: str) -> AsyncWebClient:
        """A client with the workspace's token, or its organisation's."""
        bot = await self._lasting(team, "")
        if bot is None:
            raise Absent(f"{team}: the app is not there")
        return self._clients.made(bot.bot_token, team)

    async def refused(self, team: str, token: str, code: str) -> bool:
        """Look whether there is another; if not, the app counts as taken out."""
        if code not in {*GONE, EXPIRED}:
            return False
        found = await self._installations.find(team)
        return found is not None and await self._refused(found[0], token, code)

    async def tend(self, sleep: Sleep) -> None:
        """Renew tokens ahead of their end; and look once a day who has taken the app out while nobody listened."""
        try:
            await self._tend(sleep)
        finally:
            await self._renewing.settled()

    async def _tend(self, sleep: Sleep) -> None:
        looked = self._clock() - DAY
        while True:
            try:
                for bot in await self._installations.every():
                    await self._one(self._renew, bot)
                if self._clock() - looked >= DAY:
                    looked = self._clock()
                    for bot in await self._installations.every():
                        await self._one(self._look, bot)
            except StoreError as fault:
                log.warning("tokens could not be looked after: %s", where(fault))
            await sleep(ROUND)

    async def _one(self, work: Callable[[Bot], Awaitable[None]], bot: Bot) -> None:
        """What goes wrong with one of them does not concern the others."""
        try:
            await work(bot)
        except PlatformError as fault:
            log.warning("%s: its token could not be looked after: %s", team(bot) or bot.enterprise_id, where(fault))

    async def _renew(self, bot: Bot) -> None:
        await self._renewing.renewed(bot)

    async def _look(self, bot: Bot) -> None:
        """Find out whether Slack still takes a token. Raises PlatformError, StoreError: not now."""
        if self._renewing.is_lost(bot):
            log.error("%s: it still waits for somebody to install the app anew", team(bot) or bot.enterprise_id)
        try:
            await self._clients.made(bot.bot_token).auth_test()
        except SlackApiError as fault:
            if refusal(fault) not in {*GONE, EXPIRED}:
                raise PlatformError(f"Slack does not say: {refusal(fault) or 'out of order'}") from fault
            await self._refused(bot, bot.bot_token, refusal(fault))
        except (aiohttp.ClientError, OSError, TimeoutError) as fault:
            raise PlatformError(f"Slack does not answer: {type(fault).__name__}") from fault

    async def _refused(self, bot: Bot, token: str, code: str) -> bool:
        """Whether there is another token by now than the one that was refused."""
        # Whoever renews it at this moment is waited for; what was begun and never answered is tried again.
        unsettled = code == EXPIRED or bool(bot.custom_values)
        current = await self._renewing.renewed(bot, float("inf") if unsettled else 0.0)
        if current is None:
            return False
        if current.bot_token != token:
            return True
        if code == OUT or (code in GONE and not current.custom_values):
            home, enterprise = team(current), current.enterprise_id or ""
            if await self._installations.remove(home, enterprise, self._clock()):
                log.warning("%s: its token is not taken any more (%s): the app was taken out", home or enterprise, code)
        return False

    async def _revoked(self, team: str, enterprise: str) -> None:
        found = await self._installations.find(team, enterprise)
        if found is not None:
            await self._look(found[0])

    async def _out(self, team: str, enterprise: str, at: datetime) -> None:
        """As Slack says; or, if it is there since after that by our clock, as its token says."""
        await super()._out(team, enterprise, at)
        await self._revoked(team, enterprise)

    async def _lasting(self, team: str, enterprise: str) -> Bot | None:
        """What holds in a workspace, with a token that is good for now. Raises PlatformError, StoreError."""
        bot = await self._found(team, enterprise)
        if bot is None or (left := self._renewing.left(bot)) > SOON:
            return bot
        try:
            bot = await self._renewing.renewed(bot, SOON)
        except (PlatformError, StoreError):
            if left <= 0:
                raise
        return bot if bot is not None and self._renewing.left(bot) > 0 else None

    async def _found(self, team: str, enterprise: str) -> Bot | None:
        """The same, whatever its token is; looked up once in a while."""
        now = self._clock().timestamp()
        until, bot = self._cached.get((enterprise, team), (0.0, None))
        if until <= now:
            found = await self._installations.find(team, enterprise)
            bot = found[0] if found else None
            self._cached[enterprise, team] = now + LASTS, bot
        return bot

    def _forget(self) -> None:
        self._cached.clear()
        self._covered.clear()

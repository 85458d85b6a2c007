"""The one workspace whose token the environment has. Slack is asked once whose token it is."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime

import aiohttp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack import names
from adapters.slack.installs.authorizing import EXPIRED, OUT, Authorizing, Sleep
from adapters.slack.installs.installations import Installations
from adapters.slack.outgoing.clients import Clients, refusal, wait
from bot.errors import ConfigError, PlatformError
from bot.ports import Clock, Lack

log = logging.getLogger(__name__)

AGAIN = 30.0  # seconds after a question that Slack did not answer well
NOT_TAKEN = {
    "invalid_auth": "Slack does not know it; copy the Bot User OAuth Token again",
    OUT: "the app was taken out of the workspace; install it again, and copy its token",
    "token_revoked": "it was revoked; install the app again, and copy its token",
    EXPIRED: "it has ended, for the app's tokens rotate; take token rotation off, or use SLACK_OAUTH=on",
}


class NotTaken(ConfigError):
    """Slack does not take the token. code: its word for why."""

    def __init__(self, code: str) -> None:
        super().__init__([f"SLACK_BOT_TOKEN: {NOT_TAKEN[code]}"])
        self.code = code


class OneWorkspace(Authorizing):
    """The workspace whose token the environment has."""

    def __init__(self, token: str, clients: Clients, installations: Installations, clock: Clock) -> None:
        super().__init__(clients, installations, clock)
        self._token = token
        self._known: AuthorizeResult | None = None
        self._asking = asyncio.Lock()
        self._not_before = 0.0
        self._fault: Lack | None = None

    async def begin(self) -> None:
        """Ask whose token it is, unless that is known."""
        async with self._asking:
            if self._known is None:
                self._known = await self._ask()
                self._fault = None

    async def identity(self, team: str, enterprise: str = "", at: datetime | None = None) -> AuthorizeResult | None:
        """The same everywhere. None: the app was taken out. Whatever else is wrong with the token may be mended."""
        try:
            await self.begin()
        except NotTaken as fault:
            if fault.code == OUT:
                return None
            raise PlatformError("Slack does not take the token") from fault
        return self._known

    async def client(self, team: str) -> AsyncWebClient:
        """A client with the one token."""
        return self._clients.made(self._token, team)

    async def refused(self, team: str, token: str, code: str) -> bool:
        """There is no other. Nothing is erased for it: who has set the token may have taken it away for a moment."""
        if code in NOT_TAKEN and self._fault is None:
            self._fault = Lack(names.NAME, f"the token is not taken any more: {code}", self._clock())
            log.error("SLACK_BOT_TOKEN: %s", NOT_TAKEN[code])
        return False

    def taken(self, team: str, token: str) -> None:
        """It was refused by mistake, then."""
        self._fault = None

    async def tend(self, sleep: Sleep) -> None:
        """There is nothing to do."""

    def lacks(self) -> Sequence[Lack]:
        """That the token is not taken any more."""
        return (self._fault,) if self._fault else ()

    async def _revoked(self, team: str, enterprise: str) -> None:
        self._known = None

    async def _out(self, team: str, enterprise: str, at: datetime) -> None:
        await super()._out(team, enterprise, at)
        self._known = None  # whether it is there again is asked when something comes from there

    async def _ask(self) -> AuthorizeResult:
        """Whose token it is. Raises ConfigError, PlatformError, StoreError."""
        now = self._clock()
        if now.timestamp() < self._not_before:
            raise PlatformError("Slack does not want to be asked whose token it is yet")
        try:
            answer = await self._clients.made(self._token).auth_test()
        except SlackApiError as fault:
            self._not_before = now.timestamp() + max(wait(fault), AGAIN)
            if refusal(fault) in NOT_TAKEN:
                raise NotTaken(refusal(fault)) from fault
            raise PlatformError(f"Slack does not say whose token it is: {refusal(fault) or 'out of order'}") from fault
        except (aiohttp.ClientError, OSError, TimeoutError) as fault:
            raise PlatformError(f"Slack does not say whose token it is: {type(fault).__name__}") from fault
        result = AuthorizeResult.from_auth_test_response(bot_token=self._token, auth_test_response=answer)
        await self._installations.cover(result.team_id or "", result.enterprise_id or "", now)
        return result

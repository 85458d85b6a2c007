"""Who the bot is where, and by which token: what Bolt asks for each request, and what posts are sent by.

No event is a reason to ask Slack. Of the one workspace of SLACK_BOT_TOKEN it is asked once whose token that is
(`one_workspace`); of many it was written down when they installed the app (`many_workspaces`). So no limit and no
outage of Slack stands between an event and the bot.

Where the app was taken out, its token is forgotten at once, and all that is kept of the workspace is erased in the time
that `[retention] uninstalled` says, unless it is installed there again by then.
"""

import logging
from abc import abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.async_authorize import AsyncAuthorize
from slack_bolt.context.async_context import AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.installs.installations import Installations
from adapters.slack.outgoing.clients import Clients
from bot.ports import Clock, Lack

log = logging.getLogger(__name__)

Sleep = Callable[[float], Awaitable[None]]
Json = Mapping[str, Any]

EXPIRED = "token_expired"
OUT = "account_inactive"  # that the app was taken out; the others are said of a token that was renewed as well
GONE = {"invalid_auth", "token_revoked", OUT}

# The events that `heard` is for; the last two are about an organisation's workspaces.
ABOUT_INSTALLING = frozenset({"app_uninstalled", "tokens_revoked", "team_access_granted", "team_access_revoked"})


class Absent(Exception):
    """The app is not in a workspace, or has no token for it any more: nothing can be asked for there."""


class Authorizing(AsyncAuthorize):
    """Who the bot is where, and by which token."""

    def __init__(self, clients: Clients, installations: Installations, clock: Clock) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._clients = clients
        self._installations = installations
        self._clock = clock

    async def __call__(
        self,
        *,
        context: AsyncBoltContext,
        enterprise_id: str | None,
        team_id: str | None,
        user_id: str | None,
        actor_enterprise_id: str | None = None,
        actor_team_id: str | None = None,
        actor_user_id: str | None = None,
    ) -> AuthorizeResult | None:
        """What Bolt asks for each request. Raises PlatformError, StoreError: then Slack sends it again."""
        return await self.identity(team_id or "", enterprise_id or "")

    @abstractmethod
    async def begin(self) -> None:
        """Find out whether there is anything to go by. Raises ConfigError, PlatformError, StoreError."""

    @abstractmethod
    async def identity(self, team: str, enterprise: str = "", at: datetime | None = None) -> AuthorizeResult | None:
        """Who the bot is in a workspace: `bot_user_id`, `bot_id` and the rest. None: it is not there.

        enterprise  the workspace's organisation, as far as it is told
        at          when the event happened that asks for it; None: now

        Raises PlatformError, StoreError: nobody can tell now.
        """

    @abstractmethod
    async def client(self, team: str) -> AsyncWebClient:
        """A client with the token for a workspace. Raises Absent; PlatformError, StoreError: not now."""

    @abstractmethod
    async def refused(self, team: str, token: str, code: str) -> bool:
        """Slack does not take this token there any more (code: its word). True: there is another by now, ask again.

        Any code may be given; one that is not about the token changes nothing. Raises PlatformError, StoreError.
        """

    def taken(self, team: str, token: str) -> None:
        """Slack takes this token there, whatever it has said before."""

    @abstractmethod
    async def tend(self, sleep: Sleep) -> None:
        """The job beside all this, until it is cancelled; it ends by itself where there is nothing to do."""

    def lacks(self) -> Sequence[Lack]:
        """Why nothing can be done, if that is so."""
        return ()

    async def heard(self, body: Json) -> None:
        """Take in an event of ABOUT_INSTALLING; when this is through, it may be acknowledged.

        Raises PlatformError, StoreError: it was not taken in.
        """
        event, there = body["event"], (body.get("authorizations") or [body])[0]
        enterprise = str(there.get("enterprise_id") or body.get("enterprise_id") or "")
        home = "" if there.get("is_enterprise_install") else str(there.get("team_id") or body.get("team_id") or "")
        if home == enterprise:  # as Slack names an organisation where it needs a workspace
            home = ""
        # Slack tells whole seconds: it was before the next one.
        at = datetime.fromtimestamp(body["event_time"] + 1, UTC) if body.get("event_time") else self._clock()
        match event["type"]:
            case "team_access_granted":
                for each in event.get("team_ids", ()):
                    await self._installations.cover(str(each), enterprise, at)
            case "team_access_revoked":
                for each in event.get("team_ids", ()):
                    await self._installations.remove(str(each), enterprise, at)
            case "tokens_revoked" if event.get("tokens", {}).get("bot"):  # else somebody's own, and none is kept
                await self._revoked(home, enterprise)
            case "app_uninstalled":
                await self._out(home, enterprise, at)

    @abstractmethod
    async def _revoked(self, team: str, enterprise: str) -> None:
        """A token of the bot's was revoked: whether it is the one that holds has to be asked."""

    async def _out(self, team: str, enterprise: str, at: datetime) -> None:
        """The app was taken out of a workspace ("": of the organisation)."""
        if (team or enterprise) and await self._installations.remove(team, enterprise, at):
            log.warning("%s: the app was taken out", team or enterprise)

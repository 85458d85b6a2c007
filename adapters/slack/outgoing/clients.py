"""Clients of Slack's Web API, on one pool of connections.

The library tries a request again when its connection breaks. It is taken from it: whether a post is there or not can
then only be looked up, and to post again is not its to decide.
"""

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

WITHIN = 15.0  # seconds for one request
REMEMBERED = 1_000  # clients


class Clients:
    """Makes clients for one Web API. Needs a running loop; `close` gives the connections back.

    base  the address of the Web API
    """

    def __init__(self, base: str) -> None:
        self.base = base
        self._session: aiohttp.ClientSession | None = None
        self._made: dict[tuple[str, str], AsyncWebClient] = {}  # by token and workspace

    def made(self, token: str = "", team: str = "") -> AsyncWebClient:
        """A client with a token (""; none), which names the workspace wherever an organisation's token leaves it open.

        The same each time for the same token and workspace: to make one costs more than to ask by it.
        """
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=WITHIN)
            self._session = aiohttp.ClientSession(timeout=timeout, connector=aiohttp.TCPConnector(limit=0))
        if (token, team) not in self._made:
            if len(self._made) == REMEMBERED:
                self._made.clear()
            self._made[token, team] = AsyncWebClient(
                token or None, base_url=self.base, session=self._session, retry_handlers=[], team_id=team or None
            )
        return self._made[token, team]

    async def close(self) -> None:
        """Give the connections back."""
        if self._session is not None:
            await self._session.close()
            self._session = None
            self._made.clear()


def refusal(fault: SlackApiError) -> str:
    """Slack's word for why it will not: "invalid_auth". "": it gave none, as when it is out of order."""
    response = fault.response
    return str(response.get("error") or "") if isinstance(response, AsyncSlackResponse) else ""


def wait(fault: SlackApiError) -> float:
    """How many seconds it asks to wait; 0: it does not say."""
    said = str(fault.response.headers.get("Retry-After") or "") if hasattr(fault.response, "headers") else ""
    return float(said) if said.isdecimal() else 0.0

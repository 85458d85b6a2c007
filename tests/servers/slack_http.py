"""Events, interactions and commands by signed requests. Docs: apis/events-api/using-http-request-urls."""

import asyncio
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable
from urllib.parse import urlencode

import aiohttp

from tests.servers.slack_deliveries import Deliveries, Delivery
from tests.servers.slack_state import Json
from tests.servers.slack_world import World

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


class Requests:
    """Sends what there is to `url`.

    wall  tells the time for signatures: the app checks it against its own clock, which no test moves
    """

    def __init__(self, world: World, wall: Callable[[], float] = time.time) -> None:
        self._world, self._wall = world, wall
        self.deliveries: Deliveries
        self.url = ""
        self._session: aiohttp.ClientSession | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def signed(self, body: str, *, age: float = 0.0, secret: str | None = None) -> dict[str, str]:
        """The headers of a request, signed so many seconds ago."""
        at = str(int(self._wall() - age))
        key = (secret or self._world.app.signing_secret).encode()
        signature = hmac.new(key, f"v0:{at}:{body}".encode(), hashlib.sha256).hexdigest()
        return {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": f"v0={signature}"}

    async def knock(self, body: Json, *, age: float = 0.0, secret: str | None = None) -> int:
        """Send some JSON, as Slack would or (another secret, another age) somebody else; the status of the answer."""
        text = json.dumps(body)
        headers = self.signed(text, age=age, secret=secret) | {"Content-Type": JSON}
        async with self._http().post(self.url, data=text, headers=headers) as response:
            return response.status

    async def verify(self) -> bool:
        """Ask the address whether it is the app's, as when it is entered: it has to give the challenge back."""
        challenge = secrets.token_hex()
        body = {"type": "url_verification", "token": self._world.app.verification, "challenge": challenge}
        text = json.dumps(body)
        headers = self.signed(text) | {"Content-Type": JSON}
        async with self._http().post(self.url, data=text, headers=headers) as response:
            return response.status == 200 and challenge in await response.text()

    def carry(self, delivery: Delivery, number: int, reason: str | None) -> bool:
        """Send something; False: nobody knows where to."""
        if not self.url:
            return False
        delivery.task = asyncio.create_task(self._post(delivery, number, reason))
        self._tasks.add(delivery.task)
        delivery.task.add_done_callback(self._tasks.discard)
        return True

    async def _post(self, delivery: Delivery, number: int, reason: str | None) -> None:
        body, kind = _body(delivery)
        headers = self.signed(body) | {"Content-Type": kind}
        if number > 1:
            headers |= {"X-Slack-Retry-Num": str(number - 1), "X-Slack-Retry-Reason": reason or ""}
        try:
            async with self._http().post(self.url, data=body, headers=headers) as response:
                text = await response.text()
        except (aiohttp.ClientError, OSError):
            self.deliveries.failed(delivery, number, "connection_failed")
            return
        if 200 <= response.status < 300:
            self.deliveries.acknowledged(delivery, _answer(text) if delivery.accepts else None)
        else:
            final = response.headers.get("X-Slack-No-Retry") == "1"
            self.deliveries.failed(delivery, number, "http_error", final=final)

    def _http(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession()
        return self._session

    async def close(self) -> None:
        """Send nothing more."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()


def _body(delivery: Delivery) -> tuple[str, str]:
    if delivery.sort == "events_api":
        return json.dumps(delivery.payload), JSON
    if delivery.sort == "slash_commands":
        return urlencode(delivery.payload), FORM
    return urlencode({"payload": json.dumps(delivery.payload)}), FORM


def _answer(text: str) -> object:
    """What an acknowledgement says: JSON, or the text of a message."""
    if not text:
        return None
    try:
        return json.loads(text)
    except ValueError:
        return {"text": text}

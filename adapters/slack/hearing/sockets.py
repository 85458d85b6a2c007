"""Socket Mode: two connections side by side, each replaced before it ends.

Slack gives a payload to any one of an app's connections, and keeps nothing for an app that has none. So there are two,
which end at different times, and each goes only when its successor is there. One that is gone without a word is noticed
by its pings; one that still answers them and hears nothing, by what comes by the other, by what Slack sends again
because it was not acknowledged, or by its silence.

With its hello Slack says how many connections the app has. Where there are more than ours, and still are a while later,
another process listens as well.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime

import aiohttp
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack import names
from adapters.slack.hearing.line import Line, TurnedAway
from adapters.slack.outgoing.clients import refusal, wait
from adapters.slack.outgoing.pacing import Sleep
from bot.errors import ConfigError, where
from bot.ports import Clock, Lack

log = logging.getLogger(__name__)

PATIENCE = 20.0  # seconds that a connection may take to come about
PING = 10.0  # seconds without a word from Slack after which it is asked for one
SILENCE = 540.0  # seconds in which nothing came by a connection after which it is replaced
DEAF = 20  # envelopes that came by the other since anything came by this one ...
DEAF_FOR = 5.0  # seconds in which they came: of what waits in two connections at once, one's is read first
LASTS = (9_000.0, 12_600.0)  # seconds that each lasts at most: Slack ends them after about five hours
STEADY = 60.0  # seconds after which one that ends had come about
LONGEST = 60.0  # seconds between two attempts
AGAIN = 300.0  # seconds until Slack is asked again how many there are, where it counts others: one may just be going

APPS = "https://api.slack.com/apps, your app"
FATAL = {
    **dict.fromkeys(
        ("invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive"),
        f"SLACK_APP_TOKEN: Slack does not take it (any more). Make a new one: {APPS}, Basic Information, App-Level "
        "Tokens, with the scope connections:write",
    ),
    **dict.fromkeys(
        ("not_allowed_token_type", "missing_scope", "no_permission"),
        f"SLACK_APP_TOKEN: this token may not open connections. Make one with the scope connections:write: {APPS}, "
        "Basic Information, App-Level Tokens",
    ),
    "link_disabled": f"SLACK_APP_TOKEN: Socket Mode is off. Turn it on: {APPS}, Socket Mode",
}
SHARED = (
    "Slack gives what happens to any one of an app's connections, and counts others beside ours (%s): another process "
    "uses the same SLACK_APP_TOKEN, and each hears only a part. Stop it, or let it have an app of its own."
)


class Sockets:
    """The connections of a process.

    web      a client without a token; token: the app-level one
    covered  there is a connection; uncovered is told whenever there was one and is none any more
    ping, patience, silence, deaf_for, steady, again, lasts  seconds, as the constants of these names; as many
        connections as `lasts` has
    """

    def __init__(
        self,
        app: AsyncApp,
        web: AsyncWebClient,
        token: str,
        clock: Clock,
        *,
        uncovered: Callable[[], None],
        sleep: Sleep = asyncio.sleep,
        ping: float = PING,
        patience: float = PATIENCE,
        silence: float = SILENCE,
        deaf_for: float = DEAF_FOR,
        steady: float = STEADY,
        again: float = AGAIN,
        lasts: Sequence[float] = LASTS,
    ) -> None:
        self.covered = asyncio.Event()
        self._app = app
        self._web = web
        self._token = token
        self._clock = clock
        self._uncovered = uncovered
        self._sleep = sleep
        self._ping = ping
        self._patience = patience
        self._silence = silence
        self._deaf_for = deaf_for
        self._steady = steady
        self._again = again
        self._lasts = lasts
        self._open: list[Line] = []
        self._ours: set[Line] = set()  # from when they are asked for until they are closed: Slack may count them
        self._others, self._since = 0, 0.0  # connections that are not ours; 0.0: there are none, else since when
        self._closing: set[asyncio.Task[None]] = set()
        self._away: datetime = clock()  # since when there is none
        self._why = "not yet"

    async def stay(self) -> None:
        """Stay connected until this is cancelled. Raises ConfigError for what nobody can mend by waiting."""
        async with aiohttp.ClientSession() as http:
            staying = [asyncio.create_task(self._one(http, lasts)) for lasts in self._lasts]
            try:
                done, _ = await asyncio.wait(staying, return_when=asyncio.FIRST_COMPLETED)
                for each in done:
                    each.result()
            finally:
                for each in staying:
                    each.cancel()
                await asyncio.gather(*staying, return_exceptions=True)
                closing = [line.close() for line in self._open]
                await asyncio.gather(*closing, *self._closing, return_exceptions=True)

    def doubt(self) -> None:
        """Something came that Slack had sent before, and nobody has heard it: replace what is not new anyway."""
        now = asyncio.get_running_loop().time()
        for line in self._open:
            if now - line.opened >= self._steady:
                line.due.set()

    def lacks(self) -> Sequence[Lack]:
        """That there is no connection, and why."""
        if self.covered.is_set():
            return ()
        return [Lack(f"{names.NAME} sockets", f"none is connected ({self._why})", self._away)]

    def notes(self) -> dict[str, float]:
        """How many there are, and for how many seconds nothing has come by any."""
        if not self._open:
            return {"sockets": 0}
        now, last = asyncio.get_running_loop().time(), max(line.last for line in self._open)
        return {"sockets": len(self._open), "quiet_s": round(now - last, 1), "others": self._others}

    async def _one(self, http: aiohttp.ClientSession, lasts: float) -> None:
        """One connection after the other. Raises ConfigError."""
        loop, line, failures = asyncio.get_running_loop(), None, 0
        while True:
            pause, fresh = 0.0, None
            try:
                async with asyncio.timeout(self._patience):
                    fresh = await self._opened(http)
            except SlackApiError as fault:
                self._why, pause = refusal(fault) or "out of order", wait(fault)
                if self._why in FATAL:
                    raise ConfigError([FATAL[self._why]]) from fault
                log.warning("Slack lets nobody connect: %s", self._why)
            except TurnedAway as fault:
                self._why = str(fault)
                log.warning("Slack turns a connection away: %s", fault)
            except (aiohttp.ClientError, OSError, TimeoutError) as fault:
                self._why = type(fault).__name__
                log.warning("no connection to Slack has come about: %s", where(fault))
            if fresh is not None:
                self._count(fresh)
                self._replace(line, fresh)
                line = fresh
                await self._due(line, min(lasts, self._again) if self._since else lasts)
            steady = fresh is not None and loop.time() - fresh.opened >= self._steady
            failures = 0 if steady else failures + 1
            if failures or pause:
                await self._sleep(max(min(2.0 ** min(failures, 10), LONGEST), pause))

    async def _opened(self, http: aiohttp.ClientSession) -> Line:
        """A new connection, by an address of its own. Raises SlackApiError, aiohttp.ClientError, OSError."""
        answer = await self._web.apps_connections_open(app_token=self._token)
        line = Line(self._app, self._arrived, self._left)
        self._ours.add(line)
        try:
            await line.open(http, str(answer["url"]), ping=self._ping, proxy=self._web.proxy)
        except BaseException:
            await self._close(line)
            raise
        return line

    def _count(self, fresh: Line) -> None:
        """Look whether Slack counts more connections than ours; whoever is just going is soon counted no more."""
        now, others = asyncio.get_running_loop().time(), fresh.counted - len(self._ours)
        if others <= 0:
            self._others, self._since = 0, 0.0
            return
        self._since = self._since or now
        if now - self._since >= self._again:
            if not self._others:
                log.error(SHARED, others)
            self._others = others

    def _replace(self, old: Line | None, fresh: Line) -> None:
        """From now on it is the new one; the old one is closed when what came by it is acknowledged."""
        if not fresh.gone.is_set():
            self._open.append(fresh)
            self.covered.set()
        if old is not None:
            closing = asyncio.create_task(self._close(old))
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)

    async def _close(self, line: Line) -> None:
        await line.close()
        self._ours.discard(line)

    async def _due(self, line: Line, lasts: float) -> None:
        """Return when a connection is to be replaced."""
        loop = asyncio.get_running_loop()
        while not line.due.is_set():
            until = min(line.opened + lasts, line.last + self._silence)
            if loop.time() >= until:
                return
            try:
                async with asyncio.timeout_at(until):
                    await line.due.wait()
            except TimeoutError:
                pass

    def _arrived(self, line: Line) -> None:
        """Something came by a connection; if nothing comes by another for too long, that one is deaf."""
        now = asyncio.get_running_loop().time()
        for other in self._open:
            if other is not line:
                other.missing = other.missing if other.missed else now
                other.missed += 1
                if other.missed >= DEAF and now - other.missing >= self._deaf_for and not other.due.is_set():
                    log.warning("nothing comes by a connection that is open: it is replaced")
                    other.due.set()

    def _left(self, line: Line) -> None:
        """A connection is gone."""
        if line not in self._open:
            return
        self._open.remove(line)
        if not self._open:
            self._away, self._why = self._clock(), "it was closed"
            self.covered.clear()
            self._uncovered()

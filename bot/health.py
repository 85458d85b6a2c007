"""Whether the bot lives and is ready, told to whoever watches over it: by `/healthz` and `/readyz`.

The event loop that does the work answers. Where it stands still nobody does, and whoever asks runs out of patience: a
thread that answered instead would only tell of itself. What is told are fixed words and numbers: no text, no name.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Protocol

from aiohttp import web

from bot.errors import ConfigError, StoreError
from bot.ports import Clock, Condition, Lack, Store

ALIVE, READY = "/healthz", "/readyz"
WITHIN = 3.0  # seconds in which the database is to be written
STUCK = timedelta(seconds=30)  # after which what writes the database will not answer any more
FRESH = timedelta(seconds=2)  # so long it is known that the database can be written: each time costs an fsync


class Watched(Protocol):
    """A platform's adapter."""

    name: str

    def condition(self) -> Condition:
        """How it is now. Returns at once."""
        ...


class Health:
    """Looks after the store and the adapters of a process.

    stopping  whether it was told to stop: it finishes what is under way, and begins nothing
    within    seconds in which the database is to be written
    """

    def __init__(
        self,
        store: Store,
        adapters: Sequence[Watched],
        clock: Clock,
        *,
        stopping: Callable[[], bool] = lambda: False,
        within: float = WITHIN,
    ) -> None:
        self._store = store
        self._adapters = adapters
        self._clock = clock
        self._stopping = stopping
        self._within = within
        self._writing: asyncio.Task[None] | None = None  # the latest try
        self._tried = clock()
        self._fails: datetime | None = None  # since when the database cannot be written

    async def alive(self) -> Sequence[Lack]:
        """Why the process should be started anew: what writes the database has not answered for long.

        That it cannot be written is an answer, and a new process could not either.
        """
        silent = await self._silent()
        return [silent] if silent and self._clock() - self._tried >= STUCK else []

    async def ready(self) -> Sequence[Lack]:
        """Why the process cannot do its work: it stops, the database cannot be written, an adapter is not there."""
        lacks = [lack for adapter in self._adapters for lack in adapter.condition().lacks]
        if silent := await self._silent():
            lacks.append(silent)
        if self._fails:
            lacks.append(Lack("store", "the database cannot be written", self._fails))
        if self._stopping():
            lacks.append(Lack("bot", "it was told to stop"))
        return lacks

    def routes(self) -> Sequence[web.RouteDef]:
        """Both addresses, for any aiohttp application."""

        async def alive(_: web.Request) -> web.Response:
            return _response(await self.alive())

        async def ready(_: web.Request) -> web.Response:
            notes = {adapter.name: dict(adapter.condition().notes) for adapter in self._adapters}
            return _response(await self.ready(), notes=notes)

        return web.get(ALIVE, alive), web.get(READY, ready)

    async def _silent(self) -> Lack | None:
        """Try to write the database, unless that was done just now or is under way. Out: there is no answer yet."""
        now = self._clock()
        if self._writing is None or (self._writing.done() and now - self._tried >= FRESH):
            self._tried, self._writing = now, asyncio.create_task(self._write())
        await asyncio.wait((self._writing,), timeout=self._within)
        return None if self._writing.done() else Lack("store", "the database does not answer", self._tried)

    async def _write(self) -> None:
        try:
            await self._store.touch()
        except StoreError:
            self._fails = self._fails or self._clock()
        else:
            self._fails = None


@asynccontextmanager
async def serving(host: str, port: int, health: Health) -> AsyncIterator[None]:
    """Answer at an address. Raises ConfigError: it cannot be had."""
    app = web.Application()
    app.add_routes(health.routes())
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            fault = f"FAIRWELL_HEALTH: nobody can be answered at {host} port {port}: {error.strerror or error}"
            raise ConfigError([fault]) from error
        yield
    finally:
        await runner.cleanup()


def _response(lacks: Sequence[Lack], **more: object) -> web.Response:
    told = [{"part": each.part, "why": each.why, "since": each.since and each.since.isoformat()} for each in lacks]
    return web.json_response({"ok": not lacks, "lacks": told} | more, status=503 if lacks else 200)

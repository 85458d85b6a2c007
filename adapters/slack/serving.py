"""The bot on Slack, from when it begins to be served until it is through.

What nobody can mend by waiting (a token, Socket Mode that is off) ends it all, and says what to do. Whatever Slack does
otherwise, the bot waits for it, and catches up with what it missed.
"""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from slack_bolt.async_app import AsyncApp

from adapters.slack import names
from adapters.slack.environment import Setup
from adapters.slack.hearing import web
from adapters.slack.hearing.catch_up import CatchUp
from adapters.slack.hearing.inbox import Inbox
from adapters.slack.hearing.listening import Hearing, Listening
from adapters.slack.hearing.sockets import LONGEST, Sockets
from adapters.slack.hearing.vitals import Vitals
from adapters.slack.installs import pages
from adapters.slack.installs.authorizing import Authorizing
from adapters.slack.installs.installing import App, Flow
from adapters.slack.operators import quiet
from adapters.slack.outgoing.blocks import Block
from adapters.slack.outgoing.clients import Clients
from adapters.slack.outgoing.pacing import Sleep
from adapters.slack.outgoing.stopping import Stopping
from bot.build import GRACE
from bot.domain.action import Action
from bot.domain.event import Said
from bot.errors import PlatformError, StoreError, where
from bot.health import Health
from bot.ports import Condition, Lack

log = logging.getLogger(__name__)

ANYTHING = re.compile(".*")
ANSWERS_WITHIN = 3.0  # seconds that those who have pressed something still get their answers in, at the end
NOBODY = (
    "%s: nobody is told where somebody may be in danger, or how a conversation has ended: no moderators' channel is "
    "named. An admin names one by `/fairwell setup`."
)


class Part(Protocol):
    """What is beside talking: commands, buttons, reactions."""

    def register(self, app: AsyncApp, hearing: Hearing) -> None:
        """Be there for what Bolt hears. A middleware is asked before Slack is told that something has arrived."""
        ...

    def blocks(self, action: Action) -> Sequence[Block]:
        """What goes below an action's text; nothing: this part has nothing for it."""
        ...

    async def settled(self) -> None:
        """Return when nobody waits for an answer any more."""
        ...


class Serving:
    """One time of being served, from its beginning to its end.

    stopping  hears Slack's button that stops an answer
    parts   what is beside talking
    thinks  is told of what was said, as soon as it is kept
    looks   the pauses between two looks at how it all is
    sockets  as Sockets' options
    """

    name = names.NAME

    def __init__(
        self,
        setup: Setup,
        clients: Clients,
        tokens: Authorizing,
        flow: Flow | None,
        hearing: Hearing,
        *,
        stopping: Stopping,
        parts: Sequence[Part],
        thinks: Callable[[Said], None],
        looks: Sleep,
        sockets: Mapping[str, Any],
    ) -> None:
        self._setup = setup
        self._tokens = tokens
        self._hearing = hearing
        self._parts = parts
        self._looks = looks
        self._away: datetime | None = hearing.clock()  # since when there is nothing to hear by
        self._stopping = False
        listening = Listening(hearing, thinks)
        self._catch_up = CatchUp(hearing, listening)
        self._vitals = Vitals(clients, setup.token, tokens, hearing.bot.store, hearing.clock)
        inbox = Inbox(tokens, listening, stopping, hearing.posts, self._missed)
        self._app = App(
            clients=clients,
            authorize=tokens,
            flow=flow,
            signing=setup.signing,
            absent=pages.absent(hearing.bot.configuration()),
            before_authorize=inbox.take,
            logger=quiet.logger(),
        )
        for part in parts:
            part.register(self._app, hearing)
        self._app.event(ANYTHING)(_nothing)  # what nobody listens to would be sent again and again
        self._sockets = self._connecting(clients, sockets) if setup.socket else None

    def condition(self) -> Condition:
        """How the connection is."""
        sockets, notes = self._sockets, {"catching_up": float(self._catch_up.reading)} | self._vitals.notes()
        if self._away is not None:
            return Condition([*self._tokens.lacks(), Lack(names.NAME, "it is not connected yet", self._away)], notes)
        lacks = [*self._tokens.lacks(), *(sockets.lacks() if sockets else ()), *self._vitals.lacks()]
        return Condition(lacks, notes | (sockets.notes() if sockets else {}))

    async def stay(self) -> None:
        """Hear Slack until this is cancelled, or cannot go on. Raises ConfigError for what nobody can mend by waiting.

        When it ends, those who wait for an answer still get it.
        """
        bot = self._hearing.bot
        await self._begun(self._tokens.begin)
        await self._begun(self._catch_up.begin)
        await bot.resume()
        await self._begun(self._look_for_moderators)
        health = Health(bot.store, [self], self._hearing.clock, stopping=lambda: self._stopping)
        async with web.serving(self._setup, self._app, health):
            await self._hear()

    def _connecting(self, clients: Clients, options: Mapping[str, Any]) -> Sockets:
        hearing, owe = self._hearing, self._catch_up.owe
        web, token = clients.made(), self._setup.socket
        return Sockets(self._app, web, token, hearing.clock, uncovered=owe, sleep=hearing.sleep, **options)

    async def _hear(self) -> None:
        """Until this is cancelled, or cannot go on. Raises ConfigError."""
        works, covered = [self._tokens.tend(self._hearing.sleep), self._vitals.stay(self._looks)], asyncio.Event()
        if self._sockets is not None:
            covered = self._sockets.covered
            works.append(self._sockets.stay())
        else:
            covered.set()
        self._away = None
        works.append(self._catch_up.stay(covered))
        tasks = [asyncio.create_task(work) for work in works]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
            for task in done:
                task.result()
        finally:
            self._stopping = True
            await self._hearing.bot.stop(GRACE)
            try:
                async with asyncio.timeout(ANSWERS_WITHIN):
                    await asyncio.gather(*(part.settled() for part in self._parts))
            except TimeoutError:
                log.warning("somebody is left without an answer")
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _missed(self) -> None:
        """Something may have been lost."""
        self._catch_up.owe()
        if self._sockets is not None:
            self._sockets.doubt()

    async def _begun(self, begin: Callable[[], Awaitable[None]]) -> None:
        """Do what has to be done first, until it is. Raises ConfigError."""
        failures = 0
        while True:
            try:
                return await begin()
            except (PlatformError, StoreError) as fault:
                log.warning("the bot is not on Slack yet: %s", where(fault))
            failures += 1
            await self._hearing.sleep(min(2.0 ** min(failures, 10), LONGEST))

    async def _look_for_moderators(self) -> None:
        """Tell the operator of workspaces in which nobody would be called. Raises PlatformError, StoreError."""
        bot = self._hearing.bot
        mine = await self._tokens.identity("") if self._setup.token else None
        teams = dict.fromkeys([*([mine.team_id] if mine else []), *await bot.store.spaces_of(names.NAME)])
        for team in filter(None, teams):
            if bot.configuration().settings.at(names.place(team, "", private=False)).moderators is None:
                log.error(NOBODY, team)


async def _nothing() -> None:
    """What nobody listens to."""

"""What is said, changed and deleted on Slack, handed to the bot.

What is said in one thread is taken in in the order in which it came: Bolt lets all that comes go side by side.
"""

import asyncio
import logging
import re
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from weakref import WeakValueDictionary

from adapters.slack import inbound, known, names
from adapters.slack.inbound import Room
from adapters.slack.message import Changed, Gone, Message, Reaction, Report
from adapters.slack.pacing import Sleep
from adapters.slack.posting import Posts, remember
from adapters.slack.profiles import Profiles
from adapters.slack.sending import Requests
from bot.core import Bot
from bot.domain.event import Deleted, Edited, Event, Said
from bot.errors import StoreError, where
from bot.ports import Clock

log = logging.getLogger(__name__)

AGAIN = (0.5, 2.0, 8.0, 30.0)  # seconds until an event that could not be kept is tried again
REMEMBERED = 10_000  # messages that are gone

_PERSON = re.compile(r"<@([A-Z0-9]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """What listening takes: the bot that hears, and the adapter's parts."""

    bot: Bot
    requests: Requests
    posts: Posts
    profiles: Profiles
    clock: Clock
    sleep: Sleep

    async def receive(self, event: Event) -> bool:
        """Hand an event to the bot, again and again while it cannot be kept. Out: False if it was heard before.

        For what was acknowledged already. Raises StoreError: it is lost.
        """
        for pause in AGAIN:
            try:
                return await self.bot.receive(event)
            except StoreError as fault:
                log.warning("%s could not be kept: %s", event.key, where(fault))
                await self.sleep(pause)
        return await self.bot.receive(event)


class Listening:
    """Hears messages.

    newest  by workspace, up to when (a ts) everything that came from there was heard
    begun   is told of each message that was heard for the first time
    """

    def __init__(self, hearing: Hearing, begun: Callable[[Said], None] = lambda _: None) -> None:
        self.newest: dict[str, str] = {}
        self._hearing = hearing
        self._begun = begun
        self._order: WeakValueDictionary[tuple[str, str, str], asyncio.Lock] = WeakValueDictionary()
        self._gone: OrderedDict[str, None] = OrderedDict()  # messages whose end was told of before them
        self._changed: OrderedDict[str, str] = OrderedDict()  # likewise of a change: what they say since

    async def hear(self, report: Report) -> Said | Edited | Deleted | None:
        """Take in what happened. Out: what is heard of it, if that was not heard before.

        When this returns, it is kept. Raises StoreError: it is not.
        """
        if isinstance(report.what, Reaction):
            return None
        what = report.what
        message, at = (what, what.ts) if isinstance(what, Message) else (what.message, what.at)
        order = self._order.setdefault((report.team, message.channel, message.root), asyncio.Lock())
        async with order:
            heard = await self._hear(report, message)
        self.reached(report.team, at)
        if heard:
            self._hearing.profiles.want(report.team, _people(message))
        return heard

    def reached(self, team: str, ts: str) -> None:
        """What came from a workspace up to a ts was heard."""
        self.newest[team] = max(self.newest.get(team, ""), ts)

    async def _hear(self, report: Report, message: Message) -> Said | Edited | Deleted | None:
        room = await self._room(report, message)
        name = names.message(message.channel, message.ts)
        if isinstance(report.what, Gone) and room.heard is None:
            self._gone[name] = None
            if len(self._gone) > REMEMBERED:
                self._gone.popitem(last=False)
            return None
        if isinstance(report.what, Message) and name in self._changed:
            report = replace(report, what=replace(message, text=self._changed[name]))
        event, receive = inbound.event(report, room), self._hearing.bot.receive
        if event is None or not await receive(event):
            return None
        if isinstance(event, Edited) and room.heard is None:
            remember(self._changed, name, message.text)
        if isinstance(event, Said):
            self._changed.pop(name, None)
            self._begun(event)
        if isinstance(event, Said) and name in self._gone:  # read for risk all the same, but it leaves the history
            at = names.ts(self._hearing.clock())
            gone = inbound.deleted(Gone(message, at), report, Room(heard=event.conversation))
            if gone is not None:
                await receive(gone)
        return event

    async def _room(self, report: Report, message: Message) -> Room:
        hearing, what = self._hearing, report.what
        local = hearing.bot.configuration().settings.at(inbound.place(message, report))
        return Room(
            thread=await known.thread(report, message, hearing.bot.store),
            heard=await known.heard(report, what, hearing.bot.store) if isinstance(what, Changed | Gone) else None,
            answers=message.is_direct or not local.channels or message.channel in local.channels,
            called=hearing.profiles.names(report.team, _people(message)),
        )


def _people(message: Message) -> set[str]:
    """Whoever wrote a message, and whom it names."""
    texts = [message.text, *(quote.text for quote in message.quotes)]
    return {message.author.id, *(user for text in texts for user in _PERSON.findall(text))}

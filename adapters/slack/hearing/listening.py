"""What is said, changed and deleted on Slack, handed to the bot.

What is said in one thread is taken in in the order in which it came: Bolt lets all that comes go side by side. Slack
itself lets a change or a deletion overtake its message now and then. It tells what the message was, so that is heard
then, and the message is known already when it comes: nothing of it is remembered here, or lost with the process. An
answer that overtakes the message with which its thread begins waits for that here; a process that does not live to
hear it reads it when it catches up.
"""

import asyncio
import logging
import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from weakref import WeakValueDictionary

from adapters.slack import inbound, names
from adapters.slack.hearing import known
from adapters.slack.hearing.message import Changed, Gone, Message, Reaction, Report
from adapters.slack.hearing.profiles import Profiles
from adapters.slack.hearing.talking import Talks
from adapters.slack.inbound import Room
from adapters.slack.outgoing.pacing import Sleep
from adapters.slack.outgoing.posting import Posts
from adapters.slack.outgoing.sending import Requests
from bot.core import Bot
from bot.domain.event import Deleted, Edited, Event, Said
from bot.ports import Clock

log = logging.getLogger(__name__)

OVERTAKES = timedelta(minutes=10)  # so late a message may still come; Slack sends again for six minutes
EARLY, MOST_EARLY = timedelta(minutes=1), 1_000  # how long, and how many, answers are kept that may be in our threads

_PERSON = re.compile(r"<@([A-Z0-9]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """What listening takes: the bot that hears, and the adapter's parts. rating: held while a vote is counted."""

    bot: Bot
    requests: Requests
    posts: Posts
    profiles: Profiles
    clock: Clock
    sleep: Sleep
    rating: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def receive(self, event: Event) -> bool:
        """Bot.receive_surely."""
        return await self.bot.receive_surely(event, self.sleep)


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
        self._talks = Talks()
        self._early: deque[tuple[Message, Report]] = deque(maxlen=MOST_EARLY)

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
        return heard

    def reached(self, team: str, ts: str) -> None:
        """What came from a workspace up to a ts was heard."""
        self.newest[team] = max(self.newest.get(team, ""), ts)

    async def _hear(self, report: Report, message: Message) -> Said | Edited | Deleted | None:
        room = await self._room(report, message)
        was = self._overtaken(report.what) if room.heard is None else None
        if was and (said := inbound.said(was, report, room)):
            await self._receive(said)
            room = replace(room, heard=said.conversation)
        event = inbound.event(report, room)
        is_new = event is not None and await self._receive(event)
        if event is None:
            self._wait(report, message)
        if isinstance(event, Said) and is_new:
            self._talks.heard(event.conversation, message, report.me)
        for answer, early in [*self._early] if isinstance(event, Said) else ():
            if (early.team, answer.channel, answer.thread) == (report.team, message.channel, message.ts):
                await self._hear(early, answer)
        if not is_new:
            return None
        self._hearing.profiles.want(report.team, _people(message))
        return event

    def _wait(self, report: Report, message: Message) -> None:
        """Keep what may be an answer in a thread of the bot's, of whose first message nobody has told yet."""
        now = self._hearing.clock()
        while self._early and now - names.moment(self._early[0][0].ts) > EARLY:
            self._early.popleft()
        if message.thread and report.what is message and now - names.moment(message.thread) < EARLY:
            self._early.append((message, report))

    def _overtaken(self, what: Message | Changed | Gone | Reaction) -> Message | None:
        """What a message was that has changed or gone before anybody told of it; None: it comes no more."""
        was = what.before if isinstance(what, Changed) else what.message if isinstance(what, Gone) else None
        return was if was and self._is_late(was.ts) else None

    def _is_late(self, ts: str) -> bool:
        """Whether a message may still come."""
        return self._hearing.clock() - names.moment(ts) < OVERTAKES

    async def _receive(self, event: Said | Edited | Deleted) -> bool:
        """Whether it was not heard before."""
        if not await self._hearing.bot.receive(event):
            return False
        if isinstance(event, Said):
            self._begun(event)
        return True

    async def _room(self, report: Report, message: Message) -> Room:
        hearing, what, store = self._hearing, report.what, self._hearing.bot.store
        local = hearing.bot.configuration().settings.at(inbound.place(message, report))
        thread = await known.thread(report, message, store, hearing.clock())
        return Room(
            thread=thread,
            talk=thread is not None and self._talks.goes_on(thread, message),
            heard=await known.heard(report, what, store) if isinstance(what, Changed | Gone) else None,
            answers=message.is_direct or not local.channels or message.channel in local.channels,
            called=hearing.profiles.names(report.team, _people(message)),
        )


def _people(message: Message) -> set[str]:
    """Whoever wrote a message, and whom it names."""
    texts = [message.text, *(quote.text for quote in message.quotes)]
    return {message.author.id, *(user for text in texts for user in _PERSON.findall(text))}

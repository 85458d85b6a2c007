"""The core: events come in, are kept, are decided on in order, and what is decided is performed once.

The rules that are kept here (DESIGN: "The rules"; those about deciding stand in bot/boundary/policy.py):

5.  One conversation, never a person. A standing belongs to a member in a conversation; a new one starts anew.
6.  Ended is a fact of the store. A lock that the platform refuses changes nothing; moderators are told of it, as of
    whatever else is refused for good: once a day for the same channel, kind of action and reason.
9.  Failure never climbs, and care needs no LLM: a card that the wording reader calls for goes out before any model
    is asked and ahead of its lane, and takes back a warning that is still on its way.
10. Every ending is accountable: its evidence is stored, and a moderator's verdict can reopen what it closed.
12. Once. An event is kept under its key before its platform is told; an action is stored before it is performed and
    looked for before it is tried again. Whatever is killed in between goes on from there.
13. Talk is not power. Nothing in a message can make an event, a receipt or a verdict: only adapters do, and the core
    where a platform refused.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import assert_never

from bot.afterwards import Afterwards
from bot.configuration import Configuration
from bot.domain.action import Action, Say, Tell
from bot.domain.assessment import Reading
from bot.domain.conversation import Member, Place
from bot.domain.event import (
    Appealed,
    Branched,
    Chose,
    Confided,
    Deleted,
    Edited,
    Event,
    Judged,
    Rated,
    Referred,
    Refused,
    Said,
    Stopped,
    Worded,
)
from bot.domain.record import Heard, Person
from bot.domain.step import Step
from bot.errors import ConfigError, PlatformError, StoreError, TurnFailed, where
from bot.lanes.local import LocalLanes
from bot.lanes.outbox import Outbox
from bot.message import CARE
from bot.ports import Clock, Platform, Reader, Store, Voice
from bot.reply.texts import Words
from bot.settings import ladders
from bot.settings.live import Live
from bot.turns import PARKED, Turns

log = logging.getLogger(__name__)

ALL = 10_000  # events of one conversation; more than ever wait
AGAIN = (0.5, 2.0, 8.0, 30.0)  # seconds until an event that could not be kept is tried again
AT_ONCE = 20  # open events of one conversation that are read at a time


class Bot:
    """One bot: hears events and performs what follows from them.

    store          what is remembered
    voice, reader  the main model and the reading one; reader None: the offline profile
    configuration  what of config/ is in force now
    platforms      the adapters of this process, by name; actions for others wait for a process that has them
    live           where the configuration comes from; None: it is fixed, as in a rehearsal
    """

    def __init__(
        self,
        *,
        store: Store,
        voice: Voice,
        reader: Reader | None,
        configuration: Callable[[], Configuration],
        platforms: Mapping[str, Platform],
        clock: Clock,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        live: Live[Configuration] | None = None,
    ) -> None:
        self.store = store
        self.configuration = configuration
        self.clock = clock
        self.live = live
        self.turns = Turns(
            store=store, voice=voice, reader=reader, configuration=configuration, clock=clock, platforms=platforms
        )
        self.afterwards = Afterwards(store, configuration, clock)
        limits = configuration().settings.turns
        backoff = limits.backoff.total_seconds()
        self.lanes = LocalLanes(self.drain, parallel=limits.parallel, backoff=backoff, sleep=sleep)
        self.outbox = Outbox(store, platforms, clock, self.lanes.wake)
        self._readings: dict[str, Reading] = {}  # of events that wait for their turn, by key
        self._express: dict[tuple[str, str], asyncio.Task[None]] = {}  # cards under way, by conversation and event
        self._stops: dict[str, Stopped] = {}  # whose turn has not come yet, by key
        self._cared: set[str] = set()  # conversations with a card since their lane last decided

    async def resume(self) -> None:
        """Go on with every conversation that has an open event: after a restart, say, or a visit of another process.

        Explicit danger among them comes first, as it does when it is heard.
        """
        for conversation in await self.store.open_conversations():
            for heard in await self.store.open_events(conversation, ALL):
                if heard.actions is None and heard.event.key not in self._readings:
                    self._look_ahead(heard.event, self._read(heard.event), again=True)
            await self.lanes.wake(conversation)

    async def receive(self, event: Event) -> bool:
        """Take an event in. When this returns it is kept, and its platform may be told so.

        Out: False if it was heard before. Raises StoreError: then it is not kept, and the platform must not be told.
        """
        reading = self._read(event)
        with self._unhindered(reading):
            kept = await self.store.accept(event, self.clock())
        if kept:
            await self._begin(event, reading)
        return kept

    async def receive_surely(self, event: Event, sleep: Callable[[float], Awaitable[None]]) -> bool:
        """`receive`, tried again while the event cannot be kept: for what its platform was told of already, or will not
        tell again. sleep: waits so many seconds.

        Out: False if it was heard before. Raises StoreError: it is lost, unless the platform is asked for it.
        """
        for pause in AGAIN:
            try:
                return await self.receive(event)
            except StoreError as fault:
                log.warning("%s could not be kept: %s", event.key, where(fault))
                await sleep(pause)
        return await self.receive(event)

    async def _bring(self, event: Event) -> None:
        """Take in what follows from another event, in the lane of that: it cannot stand still for itself."""
        if await self.store.accept(event, self.clock()):
            await self._begin(event, self._read(event))

    def words(self, place: Place, person: Person) -> Words:
        """The texts in force for a member."""
        configuration = self.configuration()
        language = configuration.language(place, person, None)
        return configuration.wording.words(language, place.platform)

    def boundaries(self, place: Place, person: Person) -> str:
        """What counts, in plain words, by the ladder that holds in a place."""
        ladder = self.configuration().settings.at(place).ladder
        return self.words(place, person).talk.boundaries.all(
            redirections=ladder.redirections,
            gravest=ladder.redirections_gravest,
            warnings=ladder.warnings,
            clean=ladder.forgive_turns,
            hours=round(ladder.forgive_after.total_seconds() / 3600),
        )

    async def set_up(self, space: str, changes: Mapping[str, object], by: Member) -> None:
        """Change what a community's own admins decide about it; when this returns, it holds.

        space    "discord:123"
        changes  values by key of a [[space]] table, of the keys in settings.changing.OWN; None takes a key back
        by       who asked for it. Whether they may is for the adapter to check, at that moment (rule 13)

        It is on record (`store.changes`) before it is written to config/spaces/: if the process dies in between, there
        is a record of a change that was never made, which its admin was not told of either, but never the reverse.

        Raises ConfigError, which says what to do (a value is not allowed; the space stands in fairwell.toml; the file
        cannot be written), and StoreError. Then nothing has changed.
        """
        if self.live is None:
            raise ConfigError(["The configuration of this bot is fixed: it was not read from files that it follows."])

        async def keep(current: Configuration, was: Mapping[str, object], now: Mapping[str, object]) -> None:
            await self.remember_ladders(current)
            await self.store.remember_change(space, by.id, self.clock(), was, now)

        if changed := await self.live.change(space, changes, keep):
            log.info("%s set up %s: %s", by.id, space, ", ".join(changed))

    async def remember_ladders(self, current: Configuration) -> None:
        """Keep every ladder in force under its version, so that a decision can always be retold."""
        for ladder in current.settings.in_force:
            await self.store.remember_ladder(ladder.version, ladder.name, ladders.body(ladder), self.clock())

    async def settled(self) -> None:
        """Return when nothing is under way."""
        await self.lanes.settled()
        await self.turns.memory.settled()

    async def stop(self, grace: float) -> None:
        """Let what is under way finish, `grace` seconds at most; the rest goes on after the next start."""
        cards = [asyncio.wait(under_way, timeout=grace)] if (under_way := list(self._express.values())) else []
        await asyncio.gather(self.lanes.stop(grace), *cards)
        left = list(self._express.values())
        for card in left:
            card.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await self.turns.memory.stop()
        try:
            await self.turns.book()
        except StoreError as fault:
            log.warning("what models used could not be booked: %s", where(fault))

    async def drain(self, conversation: str) -> None:
        """Carry out all open events of a conversation, in order. What fails is tried again, then set aside."""
        events = await self.store.open_events(conversation, AT_ONCE)
        while events:
            for heard in events:
                try:
                    await self._carry_out(heard)
                except StoreError:
                    raise
                except Exception as fault:  # the lane's edge: a fault in one event must not silence a conversation
                    await self._failed(heard, fault)
            if len(events) < AT_ONCE or not self.outbox.reaches(events[0].event.place.platform):
                return  # what came meanwhile has woken the lane again
            events = await self.store.open_events(conversation, AT_ONCE)

    async def _carry_out(self, heard: Heard) -> None:
        """Decide unless that is done already, then perform what waits."""
        event = heard.event
        if ahead := self._express.get((event.conversation, event.key)):
            await asyncio.wait([ahead])
        stored = heard.actions is not None
        actions = await self._decide(heard)
        if words := _words(event):  # kept before the event is done: nobody else will report them
            await self._bring(words)
        if not self.outbox.reaches(event.place.platform):
            return  # performed by a process that has the platform
        again = stored or any(action.id.startswith(f"{event.key}/{CARE}") for action in actions)
        latest = partial(self._latest, event)
        if isinstance(event, Branched):  # not done before its message is received: nobody else will report that
            await self.outbox.perform(actions, again=again)
            actions = ()
            if said := await self.afterwards.first_said(event):
                await self._bring(said)
        await self.outbox.perform(actions, done=event.key, again=again, latest=latest)
        self._readings.pop(event.key, None)

    async def _decide(self, heard: Heard) -> Sequence[Action]:
        """What an event asks to be performed: decided now, or read back if it was decided before."""
        if heard.actions is not None:
            return heard.actions
        self._cared.discard(heard.event.conversation)
        return await self._hear(heard.event)

    async def _hear(self, event: Event) -> Sequence[Action]:
        """Decide what follows from an event, and store it. Out: the actions that wait to be performed."""
        match event:
            case Said():
                return await self.turns.said(event, self._reading(event), lambda: not self._is_given_up(event))
            case Edited():
                earlier = await self.store.turn_of(event.conversation, event.message)
                await self.turns.edited(event, self._reading(event), earlier)
            case Confided():
                await self.turns.confided(event, self._reading(event))
            case Branched():
                await self.afterwards.branched(event)
            case Deleted() | Rated() | Appealed() | Referred() | Judged() | Chose() | Refused():
                await self.afterwards.hear(event)
            case Stopped():  # all that it was about has been carried out
                self._stops.pop(event.key, None)
            case _:
                assert_never(event)
        return await self.store.waiting(event.key)

    def _reading(self, event: Worded) -> Reading:
        return self._readings.get(event.key) or self.turns.read(event)

    def _is_given_up(self, event: Event) -> bool:
        """Whether no answer to an event is wanted any more."""
        return any(stop.gives_up(event) for stop in self._stops.values())

    async def _begin(self, event: Event, reading: Reading | None) -> None:
        self._look_ahead(event, reading)
        await self.lanes.wake(event.conversation)

    def _read(self, event: Event) -> Reading | None:
        """What the wording reader sees in an event; None: there are no words in it."""
        return self.turns.read(event) if isinstance(event, Worded) else None

    def _unhindered(self, reading: Reading | None) -> AbstractContextManager[None]:
        """All lanes stand still while explicit danger is taken in and decided on: a matter of milliseconds."""
        return self.lanes.resting() if reading and reading.risk.calls_for_care else nullcontext()

    def _look_ahead(self, event: Event, reading: Reading | None, *, again: bool = False) -> None:
        """Rule 9: explicit danger is met before any model is asked, and before what waits in the lane.

        So is whoever wants no answer any more.

        again  the card may have gone out before a restart
        """
        if isinstance(event, Stopped):
            self._stops[event.key] = event
            self.turns.give_up(event)
        if reading is None or not isinstance(event, Worded):
            return
        self._readings[event.key] = reading
        if reading.risk.calls_for_care:
            card = asyncio.create_task(self._send_ahead(event, reading, again=again))
            self._express[event.conversation, event.key] = card

    async def _send_ahead(self, event: Worded, reading: Reading, *, again: bool) -> None:
        try:
            with self._unhindered(reading):
                actions, stored = await self.turns.express(event, reading)
            self._cared.add(event.conversation)
            if self.outbox.reaches(event.place.platform):
                await self.outbox.perform(actions, again=again and stored)
        except Exception as fault:  # whatever it was, the card is tried again in its turn
            log.warning("the card for %s goes out in its turn: %s", event.key, where(fault))
        finally:
            del self._express[event.conversation, event.key]

    async def _latest(self, event: Event, action: Action) -> Action | None:
        """An action of an event, as it is to be performed by now; None: not any more.

        Rule 1: a card that is under way goes first, and takes back a warning that has not been performed. An answer
        that was given up says no more than is shown of it already; nothing but an answer can be given up.
        """
        cards = [card for (conversation, _), card in self._express.items() if conversation == action.conversation]
        if cards:
            await asyncio.wait(cards)
        given_up = isinstance(event, Said) and self._is_given_up(event) and await self._give_up(event, action)
        if action.conversation not in self._cared and not given_up:
            return action
        return {each.id: each for each in await self.store.waiting(event.key)}.get(action.id)

    async def _give_up(self, event: Said, action: Action) -> bool:
        """Let an answer say no more than is shown of it. False: it is no answer."""
        turn = await self.store.turn_of(event.conversation, event.message)
        if not isinstance(action, Say) or action.urgent or turn is None or turn.decision.step is not Step.ANSWER:
            return False
        await self.outbox.give_up(action)
        return True

    async def _failed(self, heard: Heard, fault: Exception) -> None:
        """Count a failure. After too many the event is set aside, visibly; before that the lane tries again.

        A platform that is down may come back before the answer is stale: so long it is tried, however often. A card
        for somebody in danger is worth it for longer.
        """
        event = heard.event
        tries, limits = await self.store.fail(event.key, type(fault).__name__), self.configuration().settings.turns
        cards = (each for each in await self.store.waiting(event.key) if isinstance(each, Say | Tell) and each.urgent)
        within = limits.risk_within if any(cards) else limits.answer_within
        down, fresh = isinstance(fault, PlatformError), self.clock() - event.at <= within
        if tries < limits.tries or (down and fresh):
            raise TurnFailed(event.key) from fault
        if isinstance(event, Said) and heard.actions is None and not down:
            try:
                await self._apologise(event)
            except PlatformError as unreached:
                if fresh:
                    raise TurnFailed(event.key) from unreached
        log.error("parked %s after %d tries: %s", event.key, tries, where(fault))
        await self.store.park(event.key, type(fault).__name__)
        self._readings.pop(event.key, None)

    async def _apologise(self, event: Said) -> None:
        """Say that it failed, if that does not fail as well. Raises StoreError, PlatformError."""
        try:
            await self.turns.apologise(event, self._reading(event))
            await self.outbox.perform(await self.store.waiting(event.key, PARKED), again=True)
        except (StoreError, PlatformError):
            raise
        except Exception as fault:  # the lane's edge, as in `drain`
            log.error("no apology for %s: %s", event.key, where(fault))  # noqa: TRY400 (a traceback may quote)


def _words(event: Event) -> Confided | None:
    """Rule 6: what a member adds to a vote or an appeal is read for risk like what they say."""
    if not isinstance(event, Rated | Appealed) or not event.words:
        return None
    return Confided(
        key=f"{event.key}/words",
        conversation=event.conversation,
        place=event.place,
        member=event.member,
        at=event.at,
        text=event.words,
    )

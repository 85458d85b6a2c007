"""What is said in a conversation -> a decision, its actions, and the Record of both.

Messages and edits are assessed, decided and put into words, and all of it is stored; nothing is sent. The rules that
are kept here are named in bot/core.py and bot/boundary/policy.py.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from bot.assess.assess import glance
from bot.boundary import moves
from bot.configuration import Configuration
from bot.domain.action import Action
from bot.domain.assessment import Reading, Risk
from bot.domain.decision import Decision
from bot.domain.event import Confided, Edited, Said, Stopped, Worded
from bot.domain.record import Correction, Record, Referral, Scene, Vetted
from bot.domain.review import Matter
from bot.domain.step import Reason
from bot.domain.usage import Usage
from bot.errors import StoreError
from bot.means import Means, recorded, shown
from bot.memory import Memory
from bot.message import CARE, Message
from bot.ports import Clock, Platform, Reader, Store, Voice
from bot.reply.outgoing import Outgoing
from bot.reply.reply import Reply
from bot.speaking import Speaking

PARKED = "parked"  # the stage of what is said when a turn is set aside; it can still be decided later


class Turns:
    """Decides on what members say, and stores what follows.

    reader     the LLM reader, or None: the offline profile, in which the wording reader climbs alone
    platforms  have the files that members attach, and show how far an answer has come
    memory     sums up what is too long ago to be told whole
    """

    def __init__(
        self,
        *,
        store: Store,
        voice: Voice,
        reader: Reader | None,
        configuration: Callable[[], Configuration],
        clock: Clock,
        platforms: Mapping[str, Platform],
    ) -> None:
        self._store = store
        self._voice = voice
        self._means = Means(
            store=store,
            voice=voice,
            reader=reader,
            configuration=configuration,
            clock=clock,
            platforms=platforms,
            speaking=Speaking(voice, platforms, configuration),
        )
        self.memory = Memory(store, voice, configuration)
        self._under_way: dict[str, Message] = {}  # by key
        self._used: tuple[Usage, ...] = ()  # taken from the models, not booked yet

    def read(self, event: Worded) -> Reading:
        """What the wording reader sees in a message, and in what is known of its attachments."""
        return self._means.read(event)

    async def express(self, event: Worded, reading: Reading) -> tuple[Sequence[Action], bool]:
        """The care card for a message that the wording reader is sure about, ahead of the message's own turn.

        Out: the stored actions, to be performed at once; none if the same card went out a moment ago; asked again
        (after a restart), those that still wait. And whether they were stored before, so that they may be done.
        """
        assessment = glance(reading)
        while True:
            scene = await self._means.scene(event, 0)
            decision = self._means.watched(event, scene, assessment)
            if scene.expressed:
                return await self._store.waiting(event.key, CARE), True
            if decision.reason is not Reason.RISK:
                return (), False
            out = Outgoing(event.key, event.conversation, event.place, stage=CARE)
            referrals = self._means.reply(out, event, scene, assessment).care(decision, assessment.risk)
            if await self._store.record(recorded(event, scene, decision, out, referrals=referrals, stage=CARE)):
                return out.actions, False

    async def edited(self, event: Edited, reading: Reading, earlier: Vetted | None) -> None:
        """An edited message: read for risk; corrects a live conversation, offers a branch from an ended one.

        earlier  the turn of that message, if it is remembered
        """
        own = earlier is not None and earlier.turn.member.id == event.member.id
        scene = await self._means.scene(event)
        assessment = await self._means.assessed(reading, self._means.brief(event, reading, scene))
        assessment = replace(assessment, read=False)
        while True:
            ended = moves.joined(scene.standing, scene.conversation).ended
            decision = self._means.watched(event, scene, assessment)
            out = Outgoing(event.key, event.conversation, event.place)
            reply = self._means.reply(out, event, scene, assessment)
            referrals = self._cares(reply, decision, assessment.risk, scene)
            if ended and own:
                nudge = reply.words.boundary.nudge
                here = nudge.branch_offer_here(who=reply.who)
                out.offer_branch(event.member.id, event.message, event.text, nudge.branch_offer, here)
            record = recorded(event, scene, decision, out, referrals=referrals)
            if own and not ended:
                record = replace(record, correction=Correction(event.message, event.text))
            if await self._kept(record):
                return
            scene = await self._means.scene(event, 0)

    async def confided(self, event: Confided, reading: Reading) -> None:
        """Words beside the conversation: read for risk, and for nothing else."""
        scene = await self._means.scene(event)
        assessment = await self._means.assessed(reading, self._means.brief(event, reading, scene))
        assessment = replace(assessment, read=False)
        while True:
            decision = self._means.watched(event, scene, assessment)
            out = Outgoing(event.key, event.conversation, event.place)
            referrals = self._cares(self._means.reply(out, event, scene, assessment), decision, assessment.risk, scene)
            if await self._kept(recorded(event, scene, decision, out, referrals=referrals)):
                return
            scene = await self._means.scene(event, 0)

    @staticmethod
    def _cares(reply: Reply, decision: Decision, risk: Risk, scene: Scene) -> tuple[Referral, ...]:
        """Care for whoever is at risk by what is read for nothing else, unless it went out ahead."""
        if decision.reason is Reason.RISK and not shown(scene, risk):
            return reply.care(decision, risk)
        return (reply.called(decision, risk),) if decision.calls_moderators else ()

    def give_up(self, stop: Stopped) -> None:
        """A member wants no answer any more."""
        for message in self._under_way.values():
            if stop.gives_up(message.event):
                message.give_up()

    async def said(self, event: Said, reading: Reading, wanted: Callable[[], bool]) -> Sequence[Action]:
        """A message: assess, decide, put into words, store. Out: the actions that wait to be performed.

        wanted  whether an answer is, as far as nobody has been told otherwise (`give_up`)
        """
        scene = await self._means.scene(event)
        message = self._under_way[event.key] = Message(self._means, event, scene)
        try:
            if not wanted():
                message.give_up()
            await message.begin(reading)
            while not await self._kept(record := await message.record()):
                scene = await self._means.scene(event)
                message.again(scene)
        finally:
            del self._under_way[event.key]
            await message.over()
        if self._means.reader is not None:
            self.memory.look(message.brief, scene)
        return (*await self._store.waiting(event.key, CARE), *record.actions) if scene.expressed else record.actions

    async def apologise(self, event: Said, reading: Reading) -> None:
        """A message that failed again and again: say so, tell the moderators, and let it be. Danger still gets care."""
        assessment = glance(reading)
        while True:
            scene = await self._means.scene(event)
            decision = self._means.watched(event, scene, assessment)
            out = Outgoing(event.key, event.conversation, event.place, stage=PARKED)
            reply = self._means.reply(out, event, scene, assessment)
            referrals: tuple[Referral, ...] = ()
            if decision.reason is Reason.RISK and not scene.expressed:
                referrals = reply.care(decision, assessment.risk)
            elif event.to_bot and not moves.joined(scene.standing, scene.conversation).ended:
                reply.say(reply.words.talk.apology.parked)
            card = reply.own.moderators.card.parked(member=reply.who, conversation=event.conversation)
            referrals = (*referrals, reply.call(Matter.PARKED, card))
            if await self._store.record(recorded(event, scene, decision, out, referrals=referrals, stage=PARKED)):
                return

    async def book(self) -> None:
        """Write down what models used outside a turn that was stored. Raises StoreError."""
        used = self._take()
        if not used:
            return
        try:
            await self._store.spend(used, self._means.today)
        except StoreError:
            self._used += used
            raise

    async def _kept(self, record: Record) -> bool:
        """Store a record, and with it what models used since the last one."""
        used, kept = self._take(), False
        try:
            kept = await self._store.record(replace(record, usage=(*record.usage, *used), today=self._means.today))
        finally:
            if not kept:
                self._used += used
        return kept

    def _take(self) -> tuple[Usage, ...]:
        used, self._used = (*self._used, *self._voice.used()), ()
        return used

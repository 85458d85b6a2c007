"""What happens beside talking: members and moderators rate, appeal, refer, judge, branch, delete and choose, and
platforms refuse."""

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import assert_never

from bot.boundary import moves
from bot.configuration import Configuration
from bot.domain.action import OfferBranch
from bot.domain.assessment import Assessment
from bot.domain.conversation import Conversation
from bot.domain.ending import Ending, EndingState
from bot.domain.event import Appealed, Branched, Chose, Deleted, Judged, Rated, Referred, Refused, Said
from bot.domain.record import Cast, Correction, Record, Scene
from bot.domain.review import Matter, Review, Verdict
from bot.domain.standing import NEW, Standing
from bot.domain.step import Scope
from bot.ports import Clock, Store
from bot.reply.outgoing import Outgoing

log = logging.getLogger(__name__)

Beside = Deleted | Rated | Appealed | Referred | Judged | Chose | Refused


class Afterwards:
    """Stores what follows from events that are no messages."""

    def __init__(self, store: Store, configuration: Callable[[], Configuration], clock: Clock) -> None:
        self._store = store
        self._configuration = configuration
        self._clock = clock

    async def hear(self, event: Beside) -> None:
        """Decide what follows from an event, and store it."""
        while True:
            scene = await self._store.scene(event, 0)
            if await self._store.record(await self._record(event, scene)):
                return

    async def branched(self, event: Branched) -> None:
        """A member goes on from an edited message: the history before it is carried into a new conversation."""
        while True:
            scene = await self._store.scene(event, 0)
            record = Record(event=event, expects=scene.version, conversation=scene.conversation)
            if begins := await self._begins(event, scene):
                record = await self._branch(event, begins.message, scene, record)
            else:
                log.warning("%s goes on from what it may not", event.key)
            if await self._store.record(record):
                return

    async def first_said(self, event: Branched) -> Said | None:
        """The edited message, as the first that is said in the branch; None if they may not go on from it."""
        begins = await self._begins(event, await self._store.scene(event, 0))
        if begins is None:
            return None
        return Said(
            key=f"{event.key}/said",
            conversation=event.into,
            place=event.place,
            member=event.member,
            at=event.at,
            message=begins.message,
            text=begins.words,
        )

    async def _begins(self, event: Branched, scene: Scene) -> Branched | OfferBranch | None:
        """What says from which message a branch begins, and with which words.

        An offer, if it was made to this member in this conversation; without one the event itself, if the message is
        theirs and nothing is answered to them here any more.
        """
        if event.offer:
            offer = await self._store.action(event.offer)
            if not isinstance(offer, OfferBranch) or offer.conversation != event.conversation:
                return None
            return offer if offer.member == event.member.id else None
        own = await self._store.turn_of(event.conversation, event.message)
        ended = moves.joined(scene.standing, scene.conversation).ended
        return event if ended and own and own.turn.member.id == event.member.id else None

    async def _branch(self, event: Branched, message: str, scene: Scene, record: Record) -> Record:
        care = scene.conversation.care_until
        branch = Conversation(event.into, event.place, parent=event.conversation, care_until=care)
        carried = tuple(await self._store.history_before(event.conversation, message))
        out = Outgoing(event.key, event.into, event.place)
        reply = self._configuration().reply(out, event, scene.person, Assessment(), self._clock())
        reply.say(reply.words.boundary.nudge.branched)
        turns = carried[-1].number if carried else 0  # not how many: some may have been deleted
        return replace(
            record,
            conversation=replace(branch, turns=turns),
            carried=carried,
            actions=out.actions,
            member=event.member,
        )

    async def _record(self, event: Beside, scene: Scene) -> Record:
        record = Record(event=event, expects=scene.version, conversation=scene.conversation, member=event.member)
        match event:
            case Deleted():
                return replace(record, correction=Correction(event.message, None))
            case Rated():
                return await self._rated(event, record)
            case Appealed():
                return await self._appealed(event, scene, record)
            case Referred():
                return self._referred(event, scene, record)
            case Judged():
                return await self._judged(event, scene, record)
            case Chose():
                return self._chosen(event, scene, record)
            case Refused():
                return self._refused(event, scene, record)
            case _:
                assert_never(event)

    def _refused(self, event: Refused, scene: Scene, record: Record) -> Record:
        """Moderators are told what a platform would not do. What was decided stands all the same."""
        out = Outgoing(event.key, event.conversation, event.place)
        reply = self._configuration().reply(out, event, scene.person, Assessment(), self._clock())
        told = reply.own.moderators
        card = told.card.refused(what=told.refused[event.what], conversation=event.conversation, why=event.why)
        referral = reply.call(Matter.REFUSED, card)
        return replace(record, actions=out.actions, referrals=(referral,))

    def _chosen(self, event: Chose, scene: Scene, record: Record) -> Record:
        """A member's settings. A country chosen in the care window shows the lines there."""
        country = scene.person.country if event.country is None else event.country
        language = scene.person.language if event.language is None else event.language
        person = replace(scene.person, country=country, language=language)
        record = replace(record, person=person)
        now = self._clock()
        if not event.country or not moves.joined(scene.standing, scene.conversation).in_care(now):
            return record
        out = Outgoing(event.key, event.conversation, event.place)
        self._configuration().reply(out, event, person, Assessment(), now).located(scene.standing.care_level)
        return replace(record, actions=out.actions)

    async def _ending(self, event: Rated | Appealed | Judged) -> Ending | None:
        if event.ending is None:
            return await self._store.latest_ending(event.conversation)
        transcript = await self._store.ending(event.ending)
        return transcript.ending if transcript else None

    async def _rated(self, event: Rated, record: Record) -> Record:
        ending = await self._ending(event)
        if ending is None or ending.conversation != event.conversation:
            log.warning("%s rates an ending that is not there", event.key)
            return record
        return replace(record, cast=Cast(ending.id, event.member.id, event.vote, event.words, event.at))

    async def _appealed(self, event: Appealed, scene: Scene, record: Record) -> Record:
        """Only the member whom an ending concerns can appeal against it, and only while it stands."""
        out = Outgoing(event.key, event.conversation, event.place)
        reply = self._configuration().reply(out, event, scene.person, Assessment(), self._clock())
        ending = await self._ending(event)
        if ending is None or ending.member != event.member.id or ending.state is EndingState.OVERTURNED:
            out.tell(event.member.id, reply.words.talk.choices.nothing_to_appeal)
            return replace(record, actions=out.actions)
        card = reply.own.moderators.card.appeal(member=reply.who, conversation=event.conversation, ending=ending.id)
        referral = replace(reply.call(Matter.APPEAL, card, ending=ending.id), words=event.words)
        out.tell(event.member.id, reply.words.boundary.review.appeal_received)
        settled = (ending.id, EndingState.APPEALED)
        return replace(record, actions=out.actions, referrals=(referral,), settled=settled)

    def _referred(self, event: Referred, scene: Scene, record: Record) -> Record:
        """A message that a member wants moderators to look at. Its platform knows how to get there."""
        out = Outgoing(event.key, event.conversation, event.place)
        reply = self._configuration().reply(out, event, scene.person, Assessment(), self._clock())
        card = reply.own.moderators.card.message(member=reply.who, conversation=event.conversation)
        return replace(record, referrals=(reply.call(Matter.MESSAGE, card),), actions=out.actions)

    async def _judged(self, event: Judged, scene: Scene, record: Record) -> Record:
        """A verdict. Overturned: the thread reopens with an apology, unless a later ending stands in it."""
        ending = await self._ending(event)
        if ending is None:
            log.warning("%s judges an ending that is not there", event.key)
            return record
        verdict = Verdict.UPHELD if event.upheld else Verdict.OVERTURNED
        review = Review(ending.id, event.member.id, verdict, event.note, event.at)
        record = replace(record, review=review, settled=(ending.id, EndingState(verdict)))
        out = Outgoing(event.key, ending.conversation, event.place)
        person = await self._store.person(ending.member, event.place.space)
        words = self._configuration().reply(out, event, person, Assessment(), self._clock()).words.boundary.review
        if event.upheld:
            if ending.state is EndingState.APPEALED:
                out.tell(ending.member, words.upheld)
            await self._shown(review, out)
            return replace(record, actions=out.actions)
        if ending.state is EndingState.OVERTURNED:
            return record
        latest = await self._store.latest_ending(ending.conversation, ending.member)
        if latest is None or latest.id != ending.id:
            await self._shown(review, out)
            return replace(record, actions=out.actions)
        whole = ending.scope is Scope.CONVERSATION
        if whole:
            out.reopen_thread()
        out.say(words.overturned, to=ending.member)
        await self._shown(review, out)
        return replace(
            record,
            conversation=replace(scene.conversation, ended=scene.conversation.ended and not whole),
            standings=await self._reopened(ending),
            actions=out.actions,
        )

    async def _shown(self, review: Review, out: Outgoing) -> None:
        """Wherever moderators were asked for a verdict, they are told that there is one."""
        for call, message in await self._store.calls(review.ending):
            out.show_verdict(review, call, message)

    async def _reopened(self, ending: Ending) -> tuple[tuple[str, Standing], ...]:
        """The member's standing as if nothing had happened; to the others, a thread that was closed is open again."""
        standings, whole = dict(await self._store.standings(ending.conversation)), ending.scope is Scope.CONVERSATION
        others = {member: replace(each, nudged=False) for member, each in standings.items() if whole}
        mine = moves.reopened(standings.get(ending.member, NEW))
        return tuple({**others, ending.member: mine}.items())

"""What is said in a conversation -> a decision, its actions, and the Record of both.

A message is assessed, decided and put into words here, and all of it is stored; nothing is sent. The rules it keeps
are named in bot/core.py and bot/boundary/policy.py.
"""

import base64
import hashlib
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.assess.assess import assess, glance
from bot.boundary import Ladder, decide, moves, settle, watch
from bot.configuration import Configuration
from bot.domain.action import Action, Say
from bot.domain.assessment import Assessment, Level, Reading
from bot.domain.conversation import Conversation, Turn
from bot.domain.decision import Decision
from bot.domain.ending import Ending, Evidence
from bot.domain.event import Edited, Said
from bot.domain.record import Correction, Person, Record, Referral, Scene, Vetted
from bot.domain.review import Matter
from bot.domain.standing import Standing
from bot.domain.step import Confirmation, Reason, Scope, Step
from bot.errors import LLMError
from bot.llm.draft import Draft
from bot.ports import Brief, Clock, Reader, Store, Voice
from bot.reply.outgoing import Outgoing
from bot.reply.reply import Reply

log = logging.getLogger(__name__)

QUOTA_WINDOW = timedelta(days=1)
CARE = "care"  # the stage of a card that goes out ahead of its message's turn
PARKED = "parked"  # the stage of what is said when a turn is set aside; it can still be decided later
EVIDENCE_TURNS = 500  # how far back an ending looks for the turns it rests on
UNGREETED = frozenset({Step.CARE, Step.END, Step.NUDGE})  # steps that leave the first-turn line for later

Preview = Callable[[str, Said, str], Awaitable[None]]  # (action id, event, text so far)


@dataclass(slots=True)
class _Work:
    """What a turn has cost already: kept when it must be decided again because the conversation moved on."""

    brief: Brief
    assessment: Assessment
    draft: Draft | None
    began: datetime
    confirmation: Confirmation | None = None
    written: str | None = None
    beside: str | None = None  # the main model's words beside a card; "": it failed
    in_quota: bool = False  # the ending that this turn may become has its place in the space's quota


class Turns:
    """Decides on what members say, and stores what follows.

    reader   the LLM reader, or None: the offline profile, in which the wording reader climbs alone
    preview  shows how far an answer has come, best effort
    """

    def __init__(
        self,
        *,
        store: Store,
        voice: Voice,
        reader: Reader | None,
        configuration: Callable[[], Configuration],
        clock: Clock,
        preview: Preview,
    ) -> None:
        self._store = store
        self._voice = voice
        self._reader = reader
        self._configuration = configuration
        self._clock = clock
        self._preview = preview
        self._ending_now: Counter[str] = Counter()  # endings on their way to the store, by space (rule 11)

    @property
    def models(self) -> str:
        """Who reads and who answers, for the record."""
        return f"{self._reader.name if self._reader else 'wording alone'} reads, {self._voice.name} answers"

    def read(self, event: Said | Edited) -> Reading:
        """What the wording reader sees in a message, and in what could be read of its attachments."""
        if self._clock() - event.at > self._configuration().settings.turns.risk_within:
            return Reading.unread("wording", "too long ago to be acted on")
        attached = [each.text for each in event.attachments if each.text] if isinstance(event, Said) else []
        return self._configuration().reader(event.place).read("\n\n".join((event.text, *attached)))

    async def express(self, event: Said | Edited, reading: Reading) -> Sequence[Action]:
        """The care card for a message that the wording reader is sure about, ahead of the message's own turn.

        Out: the stored actions, to be performed at once; none if the same card went out a moment ago; asked again
        (after a restart), those that still wait.
        """
        assessment = glance(reading)
        while True:
            scene = await self._store.scene(event, 0)
            decision = self._watched(event, scene, assessment)
            if scene.expressed:
                return await self._store.waiting(event.key, CARE)
            if decision.reason is not Reason.RISK:
                return ()
            out = Outgoing(event.key, event.conversation, event.place, stage=CARE)
            referrals = self._reply(out, event, scene, assessment).care(decision, assessment.risk)
            record = self._record(event, scene, decision, out, referrals=referrals, stage=CARE)
            if await self._store.record(record):
                return out.actions

    async def edited(self, event: Edited, reading: Reading, earlier: Vetted | None) -> None:
        """An edited message: read for risk; corrects a live conversation, offers a branch from an ended one.

        earlier  the turn of that message, if it is remembered
        """
        own = earlier is not None and earlier.turn.member.id == event.member.id
        scene = await self._scene(event)
        brief = self._brief(event, reading, scene)
        assessment = replace(await self._assessed(reading, brief), read=False)
        while True:
            ended = moves.joined(scene.standing, scene.conversation).ended
            decision = self._watched(event, scene, assessment)
            out = Outgoing(event.key, event.conversation, event.place)
            reply = self._reply(out, event, scene, assessment)
            referrals: tuple[Referral, ...] = ()
            if decision.reason is Reason.RISK and not scene.expressed:
                referrals = reply.care(decision, assessment.risk)
            if ended and own:
                offer = reply.words.boundary.nudge.branch_offer
                out.offer_branch(event.member.id, event.message, event.text, offer)
            record = self._record(event, scene, decision, out, referrals=referrals)
            if own and not ended:
                record = replace(record, correction=Correction(event.message, event.text))
            if await self._store.record(record):
                return
            scene = await self._store.scene(event, 0)

    async def said(self, event: Said, reading: Reading) -> Sequence[Action]:
        """A message: assess, decide, put into words, store. Out: the actions that wait to be performed."""
        scene = await self._scene(event)
        work = await self._begin(event, reading, scene)
        try:
            while not await self._store.record(record := await self._turn(event, scene, work)):
                scene = await self._scene(event)
            return (*await self._store.waiting(event.key, CARE), *record.actions) if scene.expressed else record.actions
        finally:
            self._ending_now[event.place.space] -= work.in_quota
            if work.draft:
                await work.draft.drop()

    async def apologise(self, event: Said, reading: Reading) -> None:
        """A message that failed again and again: say so, tell the moderators, and let it be. Danger still gets care."""
        assessment = glance(reading)
        while True:
            scene = await self._scene(event)
            decision = self._watched(event, scene, assessment)
            out = Outgoing(event.key, event.conversation, event.place, stage=PARKED)
            reply = self._reply(out, event, scene, assessment)
            referrals: tuple[Referral, ...] = ()
            if decision.reason is Reason.RISK and not scene.expressed:
                referrals = reply.care(decision, assessment.risk)
            elif event.to_bot and not moves.joined(scene.standing, scene.conversation).ended:
                reply.say(reply.words.talk.apology.parked)
            card = reply.own.moderators.card.parked(member=reply.who, conversation=event.conversation)
            referrals = (*referrals, reply.call(Matter.PARKED, card))
            record = self._record(event, scene, decision, out, referrals=referrals, stage=PARKED)
            if await self._store.record(record):
                return

    async def _scene(self, event: Said | Edited) -> Scene:
        return await self._store.scene(event, 1_000)

    def _reply(self, out: Outgoing, event: Said | Edited, scene: Scene, assessment: Assessment) -> Reply:
        return self._configuration().reply(out, event, scene.person, assessment, self._clock())

    def _ladder(self, event: Said | Edited) -> Ladder:
        return self._configuration().settings.at(event.place).ladder

    def _watched(self, event: Said | Edited, scene: Scene, assessment: Assessment) -> Decision:
        """The decision on what is read for risk alone."""
        before = moves.joined(scene.standing, scene.conversation)
        turn = scene.conversation.turns + isinstance(event, Said)
        return watch(before, assessment, self._ladder(event), self._clock(), turn=turn)

    def _attached(self, event: Said) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """What the models are told of a message's files, within the limits, and the names of those left out."""
        limits = self._configuration().settings.limits
        read = [each for each in event.attachments if each.text][: limits.attachments]
        texts = tuple((each.text or "")[: limits.attachment_chars] for each in read)
        return texts, tuple(each.name for each in event.attachments if each not in read)

    def _answerable(self, event: Said, now: datetime) -> bool:
        """Whether the message is for the bot, fresh, and of a length to be answered. All others are read for risk."""
        limits, words = self._configuration().settings.turns, event.text.strip()
        fits = len(words) <= limits.max_chars and bool(words or event.attachments)
        return event.to_bot and now - event.at <= limits.answer_within and fits

    async def _begin(self, event: Said, reading: Reading, scene: Scene) -> _Work:
        """Read the message, while its answer is already being written where one is likely."""
        began, brief = self._clock(), self._brief(event, reading, scene)
        if not self._answerable(event, began):
            return _Work(brief, glance(reading), None, began)
        stays = brief.in_care and brief.standing.care_level.calls_for_care
        silent = brief.standing.ended and not stays
        draft = None if silent or reading.risk.calls_for_care else Draft(self._voice.answer(brief))
        try:
            return _Work(brief, await self._assessed(reading, brief), draft, began)
        except BaseException:
            if draft:
                await draft.drop()
            raise

    def _brief(self, event: Said | Edited, reading: Reading, scene: Scene) -> Brief:
        """What the models are told of a message."""
        configuration, standing = self._configuration(), moves.joined(scene.standing, scene.conversation)
        return Brief(
            place=event.place,
            member=event.member,
            text=event.text,
            turn=scene.conversation.turns + 1,
            history=scene.history,
            summary=scene.conversation.summary,
            standing=standing,
            in_care=standing.in_care(self._clock()),
            language=configuration.language(event.place, scene.person, reading.language),
            persona=configuration.settings.at(event.place).persona,
            attachments=event.attachments if isinstance(event, Said) else (),
        )

    async def _assessed(self, reading: Reading, brief: Brief) -> Assessment:
        return await assess(reading, self._reader, brief, self._configuration().settings.llm.reader_timeout)

    async def _turn(self, event: Said, scene: Scene, work: _Work) -> Record:
        """Decide, and put the decision into words."""
        decision = await self._decided(event, scene, work)
        if work.draft and decision.step is not Step.ANSWER:
            await work.draft.drop()
            work.draft = None
        out = Outgoing(event.key, event.conversation, event.place)
        reply = self._reply(out, event, scene, work.assessment)
        ending: Ending | None = None
        referrals: tuple[Referral, ...] = ()
        if decision.step is Step.CARE:
            referrals = await self._care(reply, event, scene, work, decision)
        elif decision.step is Step.END:
            ending = await self._ending(event, decision, work.assessment)
            reply.end(ending, decision)
        else:
            await self._say(reply, event, scene, work, decision)
            if decision.reason is Reason.QUOTA and decision.calls_moderators:
                referrals = (reply.quota(decision),)
        record = self._record(event, scene, decision, out, referrals=referrals)
        ahead = await self._store.action(f"{event.key}/{CARE}0") if scene.expressed else None
        said = "\n\n".join(action.text for action in (ahead, *out.actions) if isinstance(action, Say))
        greeted = reply.now if said and decision.step not in UNGREETED else None
        number = scene.conversation.turns + 1
        over = ending is not None and ending.scope is Scope.CONVERSATION
        return replace(
            record,
            conversation=replace(record.conversation, turns=number, ended=record.conversation.ended or over),
            vetted=Vetted(
                Turn(number, event.member, event.text, said, event.message, event.to_bot),
                event.at,
                work.assessment,
                decision,
                self.models,
                self._configuration().version,
                (reply.now - work.began).total_seconds(),
            ),
            person=_person(scene.person, work.assessment, greeted),
            ending=ending,
        )

    async def _decided(self, event: Said, scene: Scene, work: _Work) -> Decision:
        """The policy's decision; an ending for abuse only if the quota has room and the main model confirms."""
        before, ladder, now = moves.joined(scene.standing, scene.conversation), self._ladder(event), self._clock()
        if self._answerable(event, work.began):
            company = scene.company is not None and now - scene.company <= ladder.company_within
            turn = scene.conversation.turns + 1
            decision = decide(before, work.assessment, ladder, now, turn=turn, said=event.at, company=company)
        else:
            decision = self._watched(event, scene, work.assessment)
        if scene.expressed and decision.reason is Reason.STAYING:
            return replace(decision, reason=Reason.RISK)  # its own card, which went out ahead
        if decision.step is not Step.END or decision.reason is Reason.REQUEST:
            return decision
        ended_today = await self._store.endings_today(event.place.space, now - QUOTA_WINDOW)
        if not work.in_quota and ended_today + self._ending_now[event.place.space] < ladder.endings_a_day:
            work.in_quota = True
            self._ending_now[event.place.space] += 1
        if work.in_quota and not before.spared and work.confirmation is None:
            work.confirmation = await self._confirmed(replace(work.brief, decision=decision))
        confirmation = work.confirmation or Confirmation.NOT_ASKED
        return settle(decision, before, confirmation, quota_left=work.in_quota, now=self._clock())

    async def _confirmed(self, brief: Brief) -> Confirmation:
        try:
            confirmed = await self._voice.confirm_ending(brief)
        except LLMError as fault:
            log.warning("an ending could not be confirmed: %s", fault)
            return Confirmation.UNAVAILABLE
        if confirmed is None:
            return Confirmation.NO_MODEL
        return Confirmation.CONFIRMED if confirmed.agrees else Confirmation.SPARED

    async def _say(self, reply: Reply, event: Said, scene: Scene, work: _Work, decision: Decision) -> None:
        """What is said on any step but care and an ending; a member's first turn in a space adds one line.

        Somebody in the care window who says where they are is shown the lines there. Where no model can listen, the
        stand-in's usual words would be cold to somebody at risk: they are told that the bot stays, and who else does.
        """
        told = work.assessment.country
        if decision.reason is Reason.CARE_WINDOW and told and told != scene.person.country:
            reply.located(decision.standing.care_level)
            if self._reader is None:
                return
        elif decision.reason is Reason.CARE_WINDOW and self._reader is None and _at_risk(decision.standing):
            reply.stay(decision.standing.care_level)
            return
        if self._answerable(event, work.began):
            request = decision.concern in self._configuration().settings.concerns.requests
            ended = scene.conversation.ended
            text = reply.fixed(decision, scene.standing, ended=ended, request=request)
            text = await self._answered(reply, event, work) if text is None else text
        else:
            text = self._excuse(reply, event, scene, work)
        if not text:
            return
        if scene.person.greeted is None and decision.step not in UNGREETED:
            text = f"{text}\n\n{reply.welcome(self._configuration().settings.retention.open.days)}"
        reply.say(text)

    def _excuse(self, reply: Reply, event: Said, scene: Scene, work: _Work) -> str:
        """What is said to a message that is not answered as it is; "" for silence."""
        limits, apology = self._configuration().settings.turns, reply.words.talk.apology
        age = work.began - event.at
        if not event.to_bot or scene.standing.ended or scene.conversation.ended or age > limits.risk_within:
            return ""
        if age > limits.answer_within:
            return apology.stale
        return apology.too_long(limit=limits.max_chars) if event.text.strip() else apology.empty

    async def _answered(self, reply: Reply, event: Said, work: _Work) -> str:
        """The answer; which files it leaves out; where no model could, the offer that goes with a hard subject."""
        parts, (_, left_out) = [await self._answer(reply, event, work)], self._attached(event)
        if left_out:
            parts.append(reply.words.talk.apology.attachment_left_out(names=", ".join(left_out)))
        if self._reader is None and work.assessment.risk.level is Level.TOPIC:
            parts.append(reply.texts.topic)
        return "\n\n".join(parts)

    async def _answer(self, reply: Reply, event: Said, work: _Work) -> str:
        """The main model's answer, shown as it grows; the plain apology where it fails (rule 9)."""
        if work.written is None:
            work.draft = work.draft or Draft(self._voice.answer(work.brief))
            try:
                async for so_far in work.draft.progress():
                    await self._preview(reply.out.coming, event, so_far)
                work.written = (await work.draft.whole()).text
            except LLMError as fault:
                log.warning("no answer for %s: %s", event.key, fault)
                work.written = reply.words.talk.apology.outage
        return work.written

    async def _care(
        self, reply: Reply, event: Said, scene: Scene, work: _Work, decision: Decision
    ) -> tuple[Referral, ...]:
        """Care in its turn: a card unless one went out ahead of it, then the main model's own words.

        To what is read for risk alone (talk between people, what is late or too long) the card says all there is.
        """
        held, risk = decision.reason is Reason.HELD, work.assessment.risk
        referrals: tuple[Referral, ...] = ()
        if held or not scene.expressed or risk.level > scene.standing.care_level:
            referrals = reply.care(decision, risk)
        elif decision.calls_moderators:  # for what was seen after the card had gone out
            referrals = (reply.called(decision, risk),)
        if self._reader is not None and not held and self._answerable(event, work.began):
            if work.beside is None:
                work.beside = await self._beside(event, replace(work.brief, decision=decision))
            if work.beside:
                reply.say(work.beside)
        return referrals

    async def _beside(self, event: Said, brief: Brief) -> str:
        """The main model's own words beside a card; "" where it fails."""
        draft = Draft(self._voice.answer(brief))
        try:
            return (await draft.whole()).text
        except LLMError as fault:
            log.warning("no words beside the card for %s: %s", event.key, fault)
            return ""
        finally:
            await draft.drop()

    def _record(
        self,
        event: Said | Edited,
        scene: Scene,
        decision: Decision,
        out: Outgoing,
        *,
        referrals: tuple[Referral, ...] = (),
        stage: str = "",
    ) -> Record:
        """What every decision changes. The standing is stored without what holds for everybody in the conversation."""
        own, ended = decision.standing, scene.standing.ended or decision.step is Step.END
        if own.ended != ended:
            own = replace(own, ended=ended)
        return Record(
            event=event,
            stage=stage,
            expects=scene.version,
            conversation=_in_care(scene.conversation, decision),
            standings=((event.member.id, own),),
            actions=out.actions,
            cancels_warnings=decision.step is Step.CARE,
            referrals=referrals,
            member=event.member,
        )

    async def _ending(self, event: Said, decision: Decision, assessment: Assessment) -> Ending:
        """The ending, accountable: it names the turns it rests on, the ladder, the texts and the models."""
        on_request = decision.reason is Reason.REQUEST
        return Ending(
            id=ending_id(event.key),
            conversation=event.conversation,
            member=event.member.id,
            turn=decision.turn,
            scope=decision.scope,
            reason=decision.reason,
            concern=None if on_request else decision.concern,
            evidence=() if on_request else await self._evidence(event, decision, assessment),
            ladder=decision.ladder,
            prompts=self._configuration().version,
            models=self.models,
            at=self._clock(),
        )

    async def _evidence(self, event: Said, decision: Decision, assessment: Assessment) -> tuple[Evidence, ...]:
        """The turns that were redirected and warned, and the one that went on."""
        marked = {mark.turn for mark in decision.standing.marks}
        turns = await self._store.turns(event.conversation, EVIDENCE_TURNS)
        told = tuple(
            Evidence(each.turn.number, each.decision.step, each.decision.concern or "", _quoted(each.assessment))
            for each in turns
            if each.turn.number in marked
        )
        return (*told, Evidence(decision.turn, Step.END, decision.concern or "", _quoted(assessment)))


def ending_id(event: str) -> str:
    """A short id that people can type, the same for the same event (50 bits of its hash)."""
    return base64.b32encode(hashlib.sha256(event.encode()).digest())[:10].decode().lower()


def _quoted(assessment: Assessment) -> str:
    return "; ".join(concern.words for concern in assessment.concerns if concern.words)


def _in_care(conversation: Conversation, decision: Decision) -> Conversation:
    """The care window of one is the care window of everybody there."""
    until = moves.later(conversation.care_until, decision.standing.care_until)
    return conversation if until == conversation.care_until else replace(conversation, care_until=until)


def _at_risk(standing: Standing) -> bool:
    """Whether the care window is this member's own."""
    return standing.care_level.calls_for_care


def _person(person: Person, assessment: Assessment, greeted: datetime | None) -> Person | None:
    """The member's settings, where this turn changed them."""
    country = assessment.country or person.country
    if country == person.country and (greeted is None or person.greeted is not None):
        return None
    return replace(person, country=country, greeted=person.greeted or greeted)

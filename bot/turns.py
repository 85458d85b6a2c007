"""What is said in a conversation -> a decision, its actions, and the Record of both.

A message is assessed, decided and put into words here, and all of it is stored; nothing is sent. The rules it keeps
are named in bot/core.py and bot/boundary/policy.py.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.assess.assess import assess, glance
from bot.assess.combine import heeding
from bot.attachments.load import Files, Loaded
from bot.boundary import Ladder, decide, moves, settle, watch
from bot.configuration import Configuration
from bot.domain.action import Action, Say
from bot.domain.assessment import NO_RISK, Assessment, Level, Reading, Risk
from bot.domain.conversation import Conversation, Turn
from bot.domain.decision import Decision
from bot.domain.ending import Ending
from bot.domain.event import Edited, Said
from bot.domain.record import Correction, Person, Record, Referral, Scene, Vetted
from bot.domain.review import Matter
from bot.domain.standing import Standing
from bot.domain.step import Confirmation, Reason, Scope, Step
from bot.domain.usage import Usage
from bot.evidence import EVIDENCE_TURNS, ending
from bot.llm.draft import Draft
from bot.memory import AT_MOST, Memory, told
from bot.ports import Brief, Clock, Platform, Reader, Store, Voice, Written
from bot.reply.outgoing import Outgoing
from bot.reply.reply import Reply
from bot.speaking import Speaking

QUOTA_WINDOW = timedelta(days=1)
CARE = "care"  # the stage of a card that goes out ahead of its message's turn
PARKED = "parked"  # the stage of what is said when a turn is set aside; it can still be decided later
NO_FILES = Loaded((), {}, ())
UNGREETED = frozenset({Step.CARE, Step.END, Step.NUDGE})  # steps that leave the first-turn line for later


@dataclass(slots=True)
class _Work:
    """What a turn has cost already: kept when it must be decided again because the conversation moved on."""

    brief: Brief
    assessment: Assessment
    draft: Draft | None
    began: datetime
    loaded: Loaded
    confirmation: Confirmation | None = None
    farewell: str = ""  # the main model's own words before the notice of an ending
    written: str | None = None  # the answer
    steps: dict[Step, str] = field(default_factory=dict)  # its words for a redirection or a warning; "": the fixed ones
    beside: str | None = None  # its words beside a card; "": none
    risk: Risk = NO_RISK  # it called for care
    heeded: Level = Level.NONE  # how much of that the assessment knows
    calls: tuple[str, ...] = ()  # of tools
    in_quota: bool = False  # the ending that this turn may become has its place in the space's quota


class Turns:
    """Decides on what members say, and stores what follows.

    reader     the LLM reader, or None: the offline profile, in which the wording reader climbs alone
    platforms  have the files that members attach, and show how far an answer has come
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
        self._reader = reader
        self._configuration = configuration
        self._clock = clock
        self._platforms = platforms
        self._speaking = Speaking(voice, platforms)
        self._files = Files()
        self._used: tuple[Usage, ...] = ()  # taken from the models, not booked yet
        self.memory = Memory(store, voice, configuration)
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
            if await self._kept(record):
                return
            scene = await self._store.scene(event, 0)

    async def said(self, event: Said, reading: Reading) -> Sequence[Action]:
        """A message: assess, decide, put into words, store. Out: the actions that wait to be performed."""
        scene = await self._scene(event)
        work = await self._begin(event, reading, scene)
        try:
            while not await self._kept(record := await self._turn(event, scene, work)):
                scene = await self._scene(event)
            if self._reader is not None:
                self.memory.look(work.brief, scene)
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

    async def book(self) -> None:
        """Write down what models used outside a turn that was stored. Raises StoreError."""
        self._used += tuple(self._voice.used())
        used, self._used = self._used, ()
        if used:
            await self._store.spend(used, self._today)

    async def _kept(self, record: Record) -> bool:
        """Store a record, and with it what models used since the last one."""
        self._used += tuple(self._voice.used())
        used, self._used = self._used, ()
        kept = False
        try:
            kept = await self._store.record(replace(record, usage=(*record.usage, *used), today=self._today))
        finally:
            if not kept:
                self._used += used
        return kept

    @property
    def _today(self) -> str:
        return self._clock().date().isoformat()

    async def _scene(self, event: Said | Edited) -> Scene:
        return await self._store.scene(event, AT_MOST if self._reader else 0, self._today)

    def _reply(self, out: Outgoing, event: Said | Edited, scene: Scene, assessment: Assessment) -> Reply:
        return self._configuration().reply(out, event, scene.person, assessment, self._clock())

    def _ladder(self, event: Said | Edited) -> Ladder:
        return self._configuration().settings.at(event.place).ladder

    def _watched(self, event: Said | Edited, scene: Scene, assessment: Assessment) -> Decision:
        """The decision on what is read for risk alone."""
        before = moves.joined(scene.standing, scene.conversation)
        turn = scene.conversation.turns + isinstance(event, Said)
        return watch(before, assessment, self._ladder(event), self._clock(), turn=turn)

    def _answerable(self, event: Said, now: datetime) -> bool:
        """Whether the message is for the bot, fresh, and of a length to be answered. All others are read for risk."""
        limits, words = self._configuration().settings.turns, event.text.strip()
        fits = len(words) <= limits.max_chars and bool(words or event.attachments)
        return event.to_bot and now - event.at <= limits.answer_within and fits

    async def _begin(self, event: Said, reading: Reading, scene: Scene) -> _Work:
        """Read the message, while its answer is already being written where one is likely."""
        began, loaded = self._clock(), await self._load(event, scene)
        if any(each.text for each in loaded.attachments):
            reading = self.read(replace(event, attachments=loaded.attachments))
        brief = self._brief(event, reading, scene, loaded)
        if not self._answerable(event, began):
            return _Work(brief, glance(reading), None, began, loaded)
        stays = brief.in_care and brief.standing.care_level.calls_for_care
        silent = (brief.standing.ended and not stays) or self._spent(event, scene, brief)
        draft = None if silent or reading.risk.calls_for_care else self._speaking.begin(brief)
        try:
            return _Work(brief, await self._assessed(reading, brief), draft, began, loaded)
        except BaseException:
            if draft:
                await draft.drop()
            raise

    async def _load(self, event: Said, scene: Scene) -> Loaded:
        """A message's files, and those of the turns before it. Without a reading model nobody would look at them."""
        earlier = [each for turn in scene.history for each in turn.attachments] if self._reader else []
        if not event.attachments and not earlier:
            return NO_FILES
        limits, platform = self._configuration().settings.limits, self._platforms.get(event.place.platform)
        return await self._files.load(platform, event.attachments, earlier, limits)

    def _spent(self, event: Said, scene: Scene, brief: Brief) -> bool:
        """Whether a budget of today is used up. Care is never limited: not while the care window runs."""
        budget = self._configuration().settings.at(event.place).budget
        member, space = scene.spent_by_member, scene.spent_by_space
        return not brief.in_care and any(
            0 < most <= spent
            for most, spent in (
                (budget.member_turns, member.turns),
                (budget.member_tokens, member.tokens),
                (budget.space_turns, space.turns),
                (budget.space_tokens, space.tokens),
            )
        )

    def _brief(self, event: Said | Edited, reading: Reading, scene: Scene, loaded: Loaded = NO_FILES) -> Brief:
        """What the models are told of a message."""
        configuration, standing = self._configuration(), moves.joined(scene.standing, scene.conversation)
        return Brief(
            place=event.place,
            member=event.member,
            text=event.text,
            turn=scene.conversation.turns + 1,
            history=told(scene.history, configuration.settings.llm.history_tokens),
            summary=scene.conversation.summary,
            standing=standing,
            in_care=standing.in_care(self._clock()),
            language=configuration.language(event.place, scene.person, reading.language),
            persona=configuration.settings.at(event.place).persona,
            attachments=loaded.attachments,
            loaded=loaded.data,
            left_out=loaded.left_out,
            now=self._clock(),
        )

    async def _assessed(self, reading: Reading, brief: Brief) -> Assessment:
        return await assess(reading, self._reader, brief, self._configuration().settings.llm.reader_timeout)

    async def _turn(self, event: Said, scene: Scene, work: _Work) -> Record:
        """Decide, and put the decision into words."""
        decision, out, reply = await self._worded(event, scene, work)
        closing: Ending | None = None
        referrals: tuple[Referral, ...] = ()
        if decision.step is Step.CARE:
            referrals = self._care(reply, event, scene, work, decision)
        elif decision.step is Step.END:
            closing = await self._ending(event, decision, work.assessment)
            reply.end(closing, decision, work.farewell)
        else:
            self._say(reply, event, scene, work, decision)
            if decision.reason is Reason.QUOTA and decision.calls_moderators:
                referrals = (reply.quota(decision),)
        record = self._record(event, scene, decision, out, referrals=referrals)
        ahead = await self._store.action(f"{event.key}/{CARE}0") if scene.expressed else None
        said = "\n\n".join(action.text for action in (ahead, *out.actions) if isinstance(action, Say))
        greeted = reply.now if said and decision.step not in UNGREETED else None
        number = scene.conversation.turns + 1
        over = closing is not None and closing.scope is Scope.CONVERSATION
        answered = work.written is not None and decision.step is Step.ANSWER and not work.brief.in_care
        return replace(
            record,
            conversation=replace(record.conversation, turns=number, ended=record.conversation.ended or over),
            vetted=Vetted(
                Turn(number, event.member, event.text, said, event.message, event.to_bot, work.loaded.attachments),
                event.at,
                work.assessment,
                decision,
                self.models,
                self._configuration().version,
                (reply.now - work.began).total_seconds(),
                work.calls,
            ),
            person=_person(scene.person, work.assessment, greeted),
            ending=closing,
            usage=(self._answer_counted(event),) if answered else (),
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
            words = self._reply(
                Outgoing(event.key, event.conversation, event.place), event, scene, work.assessment
            ).words
            brief = replace(work.brief, decision=decision)
            work.confirmation, confirmed = await self._speaking.confirmed(event, brief, words)
            work.farewell, work.calls = confirmed.words, work.calls + confirmed.calls
            work.risk = max(work.risk, confirmed.risk or NO_RISK, key=lambda each: each.level)
            if self._heed(work):
                return await self._decided(event, scene, work)
        confirmation = work.confirmation or Confirmation.NOT_ASKED
        return settle(decision, before, confirmation, quota_left=work.in_quota, now=self._clock())

    def _heed(self, work: _Work) -> bool:
        """Take the main model's call for care into the assessment. False: there is none that is not in it yet."""
        coming = work.draft.so_far.risk if work.draft else None
        risk = max(work.risk, coming or NO_RISK, key=lambda each: each.level)
        if risk.level <= work.heeded:
            return False
        work.risk, work.heeded = risk, risk.level
        work.assessment = heeding(work.assessment, Reading(by=self._voice.name, risk=risk, why="called for care"))
        return True

    async def _worded(self, event: Said, scene: Scene, work: _Work) -> tuple[Decision, Outgoing, Reply]:
        """The decision, with the main model's words for it at hand. A call for care in them makes it another."""
        while True:
            self._heed(work)
            decision = await self._decided(event, scene, work)
            out = Outgoing(event.key, event.conversation, event.place)
            reply = self._reply(out, event, scene, work.assessment)
            if work.draft and decision.step is not Step.ANSWER and work.draft.so_far.risk is None:
                await work.draft.drop()
                work.draft = None
            if self._answerable(event, work.began):
                await self._write(reply, event, scene, work, decision)
            if not self._heed(work):
                return decision, out, reply

    async def _write(self, reply: Reply, event: Said, scene: Scene, work: _Work, decision: Decision) -> None:
        """Have the main model write what the decision needs and is not there yet."""
        step, brief = decision.step, replace(work.brief, decision=decision)
        spent = self._spent(event, scene, work.brief)
        if step is Step.ANSWER and work.written is None and not spent and self._is_answered(reply, scene, decision):
            work.draft = work.draft or self._speaking.begin(work.brief)
            written = await self._speaking.answer(event, reply.out.coming, work.draft, reply.words)
            work.written = written.text
            work.beside = written.text if written.risk else None  # if it calls for care, these stand beside the card
        elif self._reader is None:
            return
        elif step is Step.CARE and decision.reason is not Reason.HELD and work.beside is None:
            written = await self._speaking.beside(event, brief, work.draft)
            work.beside = written.text
        elif decision.reason is Reason.CONCERN and step in {Step.REDIRECT, Step.WARN} and step not in work.steps:
            request = self._is_request(decision)
            written = (
                Written()
                if spent
                else await self._speaking.step(event, work.brief, decision, reply.words, request=request)
            )
            work.steps[step] = written.text
        else:
            return
        work.calls += written.calls
        work.risk = max(work.risk, written.risk or NO_RISK, key=lambda each: each.level)

    def _is_answered(self, reply: Reply, scene: Scene, decision: Decision) -> bool:
        """Whether the main model says something on this step, which no fixed text says.

        Where no model can listen, the stand-in's usual words would be cold to somebody at risk.
        """
        if decision.reason is Reason.CARE_WINDOW and self._reader is None and _at_risk(decision.standing):
            return False
        return reply.fixed(decision, scene.standing, ended=False, request=False) is None

    def _is_request(self, decision: Decision) -> bool:
        return decision.concern in self._configuration().settings.concerns.requests

    def _say(self, reply: Reply, event: Said, scene: Scene, work: _Work, decision: Decision) -> None:
        """What is said on any step but care and an ending; a member's first turn in a space adds one line.

        Somebody in the care window who says where they are is shown the lines there; offline they are told that the
        bot stays, and who else does.
        """
        told_country = work.assessment.country
        if decision.reason is Reason.CARE_WINDOW and told_country and told_country != scene.person.country:
            reply.located(decision.standing.care_level)
            if self._reader is None:
                return
        elif decision.reason is Reason.CARE_WINDOW and self._reader is None and _at_risk(decision.standing):
            reply.stay(decision.standing.care_level)
            return
        if self._answerable(event, work.began):
            ended, request = scene.conversation.ended, self._is_request(decision)
            text = work.steps.get(decision.step) if decision.reason is Reason.CONCERN else None
            text = text or reply.fixed(decision, scene.standing, ended=ended, request=request)
            text = self._answered(reply, work) if text is None else text
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

    def _answered(self, reply: Reply, work: _Work) -> str:
        """The answer; which files it leaves out; where no model could, the offer that goes with a hard subject."""
        apology = reply.words.talk.apology
        parts = [apology.budget if work.written is None else work.written]
        if work.loaded.left_out:
            parts.append(apology.attachment_left_out(names=", ".join(work.loaded.left_out)))
        if self._reader is None and work.assessment.risk.level is Level.TOPIC:
            parts.append(reply.texts.topic)
        return "\n\n".join(parts)

    def _care(self, reply: Reply, event: Said, scene: Scene, work: _Work, decision: Decision) -> tuple[Referral, ...]:
        """Care in its turn: a card unless one went out ahead of it, then the main model's own words.

        To what is read for risk alone (talk between people, what is late or too long) the card says all there is.
        """
        held, risk = decision.reason is Reason.HELD, work.assessment.risk
        referrals: tuple[Referral, ...] = ()
        if held or not scene.expressed or risk.level > scene.standing.care_level:
            referrals = reply.care(decision, risk)
        elif decision.calls_moderators:  # for what was seen after the card had gone out
            referrals = (reply.called(decision, risk),)
        if work.beside and not held and self._answerable(event, work.began):
            reply.say(work.beside)
        return referrals

    def _answer_counted(self, event: Said) -> Usage:
        """One answer, for the budgets."""
        return Usage(space=event.place.space, member=event.member.id, model=self._voice.name, turns=1)

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
        """The ending that a decision is, with what it rests on."""
        turns = await self._store.turns(event.conversation, EVIDENCE_TURNS)
        version = self._configuration().version
        return ending(event, decision, assessment, turns, prompts=version, models=self.models, at=self._clock())


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

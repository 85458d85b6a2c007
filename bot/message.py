"""One message on its way: read, decided upon, put into words, and made a Record; nothing is sent or stored here.

Its answer is being written while it is read, and thrown away if it must not be. The main model may call for care in
whatever it writes; then the decision is another. What the models gave is kept when the message must be decided again
because the conversation moved on meanwhile.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from bot.assess.assess import glance
from bot.assess.combine import heeding
from bot.attachments.load import Loaded
from bot.boundary import decide, moves, settle
from bot.domain.action import Say
from bot.domain.assessment import NO_RISK, Assessment, Level, Reading, Risk
from bot.domain.conversation import Turn
from bot.domain.decision import Decision
from bot.domain.ending import Ending
from bot.domain.event import Said
from bot.domain.record import Person, Record, Referral, Scene, Vetted
from bot.domain.standing import Standing
from bot.domain.step import Confirmation, Reason, Scope, Step
from bot.domain.usage import Usage
from bot.evidence import EVIDENCE_TURNS, ending
from bot.llm.draft import Draft
from bot.means import NO_FILES, Means, recorded, shown
from bot.memory import told
from bot.ports import Brief, Confirmed, Written
from bot.reply.outgoing import Outgoing
from bot.reply.reply import Reply

QUOTA_WINDOW = timedelta(days=1)
CARE = "care"  # the stage of a card that goes out ahead of its message's turn
UNGREETED = frozenset({Step.CARE, Step.END, Step.NUDGE})  # steps that leave the first-turn line for later


class Message:
    """A message and what it has cost already.

    event       the message
    brief       what the models are told of it
    assessment  what was seen in it
    """

    def __init__(self, means: Means, event: Said, scene: Scene) -> None:
        self._means = means
        self.event = event
        self._scene = scene
        self._began: datetime = means.clock()
        self._loaded: Loaded = NO_FILES
        self.brief: Brief
        self.assessment: Assessment
        self._draft: Draft | None = None
        self._written: str | None = None  # the answer, or the apology in its place
        self._answered = False
        self._steps: dict[Step, str] = {}  # the main model's words for a redirection or warning; "": the fixed ones
        self._beside: str | None = None  # its words beside a card; "": none
        self._confirmation: Confirmation | None = None
        self._farewell = ""  # its words before the notice of an ending
        self._risk: Risk = NO_RISK  # it called for care
        self._heeded = Level.NONE  # how much of that the assessment knows
        self._calls: tuple[str, ...] = ()  # the tools it called
        self._given_up = False  # whoever asks wants no answer any more
        self._in_quota = False  # the ending that this may become has its place in the space's quota

    async def begin(self, reading: Reading) -> None:
        """Read it, while its answer is already being written where one is likely."""
        self._loaded = await self._load()
        if any(each.text for each in self._loaded.attachments):
            reading = self._means.read(replace(self.event, attachments=self._loaded.attachments))
        brief = self.brief = self._means.brief(self.event, reading, self._scene, self._loaded)
        if not self._answerable:
            watches = self._fits and brief.in_care and _at_risk(brief.standing)
            self.assessment = await self._means.assessed(reading, brief) if watches else glance(reading)
            return
        stays = brief.in_care and _at_risk(brief.standing)
        silent = (brief.standing.ended and not stays) or self._spent
        if not (silent or reading.risk.calls_for_care or self._given_up):
            self._draft = self._means.speaking.begin(brief)
        self.assessment = await self._means.assessed(reading, brief)

    async def record(self) -> Record:
        """Decide, and put the decision into words."""
        event, scene = self.event, self._scene
        decision, out, reply = await self._worded()
        closing: Ending | None = None
        referrals: tuple[Referral, ...] = ()
        if decision.step is Step.CARE:
            referrals = self._care(reply, decision)
        elif decision.step is Step.END:
            closing = await self._ending(decision)
            reply.end(closing, decision, self._farewell)
        else:
            self._say(reply, decision)
            if decision.reason is Reason.QUOTA and decision.calls_moderators:
                referrals = (reply.quota(decision),)
        record = recorded(event, scene, decision, out, referrals=referrals)
        ahead = await self._means.store.action(f"{event.key}/{CARE}0") if scene.expressed else None
        said = "\n\n".join(action.text for action in (ahead, *out.actions) if isinstance(action, Say))
        greeted = self.event.at if said and decision.step not in UNGREETED else None
        number = scene.conversation.turns + 1
        over = closing is not None and closing.scope is Scope.CONVERSATION
        return replace(
            record,
            conversation=replace(record.conversation, turns=number, ended=record.conversation.ended or over),
            vetted=Vetted(
                Turn(number, event.member, event.text, said, event.message, event.to_bot, self._loaded.attachments),
                event.at,
                self.assessment,
                decision,
                self._means.models,
                self._means.configuration().version,
                (reply.now - self._began).total_seconds(),
                self._calls,
            ),
            person=_person(scene.person, self.assessment, greeted),
            ending=closing,
            usage=self._counted(decision),
        )

    def again(self, scene: Scene) -> None:
        """The conversation has moved on: `record` decides anew, from here."""
        self._scene = scene

    def give_up(self) -> None:
        """Whoever asks wants no answer any more: no more of it is written, nor shown. All else is as it was."""
        self._given_up = True
        if self._draft:
            self._draft.enough()

    async def over(self) -> None:
        """Nothing more comes of it."""
        self._means.ending_now[self.event.place.space] -= self._in_quota
        await self._drop()

    async def _drop(self) -> None:
        if self._draft:
            await self._draft.drop()
            self._draft = None

    async def _load(self) -> Loaded:
        """Its files, and those of the turns before it."""
        event, settings = self.event, self._means.configuration().settings
        history = told(self._scene.history, settings.llm.history_tokens)
        earlier = [each for turn in history for each in turn.attachments]
        if not event.attachments and not earlier:
            return NO_FILES
        platform = self._means.platforms.get(event.place.platform)
        return await self._means.files.load(platform, event.attachments, earlier, settings.limits)

    @property
    def _answerable(self) -> bool:
        """Whether it is for the bot, fresh, and of a length to be answered. All others are read for risk: by the
        wording alone, but in a member's own care window, by whoever they turn to then, by the model as well."""
        return self.event.to_bot and self._fits

    @property
    def _fits(self) -> bool:
        """Whether it is fresh, and of a length to be read by a model."""
        event, limits, words = self.event, self._means.configuration().settings.turns, self.event.text.strip()
        there = len(words) <= limits.max_chars and bool(words or event.attachments)
        return there and self._began - event.at <= limits.answer_within

    @property
    def _spent(self) -> bool:
        """Whether a budget of today is used up. Care is never limited: not while the care window runs."""
        scene, means = self._scene, self._means
        if means.reader is None or moves.joined(scene.standing, scene.conversation).in_care(means.clock()):
            return False
        budget = means.configuration().settings.at(self.event.place).budget
        member, space = scene.spent_by_member, scene.spent_by_space
        return any(
            0 < most <= spent
            for most, spent in (
                (budget.member_turns, member.turns),
                (budget.member_tokens, member.tokens),
                (budget.space_turns, space.turns),
                (budget.space_tokens, space.tokens),
            )
        )

    async def _worded(self) -> tuple[Decision, Outgoing, Reply]:
        """The decision, with the main model's words for it at hand. A call for care in them makes it another."""
        while True:
            self._heed()
            decision = await self._decided()
            out, reply = self._replying()
            if self._draft and decision.step is not Step.ANSWER and self._draft.so_far.risk is None:
                await self._drop()
            if self._answerable:
                await self._write(reply, decision)
            if not self._heed():
                return decision, out, reply

    def _replying(self) -> tuple[Outgoing, Reply]:
        out = Outgoing(self.event.key, self.event.conversation, self.event.place)
        return out, self._means.reply(out, self.event, self._scene, self.assessment)

    async def _decided(self) -> Decision:
        """The policy's decision; an ending for abuse only if the quota has room and the main model confirms."""
        event, scene, means = self.event, self._scene, self._means
        before, ladder, now = moves.joined(scene.standing, scene.conversation), means.ladder(event), means.clock()
        if self._answerable:
            company = scene.company is not None and now - scene.company <= ladder.company_within
            turn = scene.conversation.turns + 1
            decision = decide(before, self.assessment, ladder, now, turn=turn, said=event.at, company=company)
        else:
            decision = means.watched(event, scene, self.assessment)
        if scene.expressed and decision.reason is Reason.STAYING:
            return replace(decision, reason=Reason.RISK)  # its own card, which went out ahead
        if decision.step is not Step.END or decision.reason is Reason.REQUEST:
            return decision
        ended_today = await means.store.endings_today(event.place.space, now - QUOTA_WINDOW)
        if not self._in_quota and ended_today + means.ending_now[event.place.space] < ladder.endings_a_day:
            self._in_quota = True
            means.ending_now[event.place.space] += 1
        if self._in_quota and not before.spared and self._confirmation is None:
            brief, words = replace(self.brief, decision=decision), self._replying()[1].words
            self._confirmation, confirmed = await means.speaking.confirmed(event, brief, words)
            self._farewell = confirmed.words
            self._note(confirmed)
            if self._heed():
                return await self._decided()
        confirmation = self._confirmation or Confirmation.NOT_ASKED
        return settle(decision, before, confirmation, quota_left=self._in_quota, now=means.clock())

    def _note(self, written: Written | Confirmed) -> None:
        """What the main model called while it wrote."""
        self._calls += written.calls
        self._risk = max(self._risk, written.risk or NO_RISK, key=lambda each: each.level)

    def _heed(self) -> bool:
        """Take the main model's call for care into the assessment. False: there is none that is not in it yet."""
        coming = self._draft.so_far.risk if self._draft else None
        risk = max(self._risk, coming or NO_RISK, key=lambda each: each.level)
        if risk.level <= self._heeded:
            return False
        self._risk, self._heeded = risk, risk.level
        call = Reading(by=self._means.voice.name, risk=risk, why="called for care")
        self.assessment = heeding(self.assessment, call)
        return True

    async def _write(self, reply: Reply, decision: Decision) -> None:
        """Have the main model write what the decision needs and is not there yet."""
        event, speaking, step = self.event, self._means.speaking, decision.step
        if step is Step.ANSWER and self._written is None and not self._spent and self._is_answered(reply, decision):
            if self._given_up:
                self._written = await self._shown(reply)
                return
            self._draft = self._draft or speaking.begin(self.brief)
            written, apology = await speaking.answer(event, reply.out.coming, self._draft, reply.words)
            self._written, self._answered = apology or written.text, not apology
            if written.risk and not self._given_up:  # it called for care: these stand beside the card
                self._beside = speaking.fitting(event, written).text
        elif self._means.reader is None:
            return
        elif step is Step.CARE and decision.reason is not Reason.HELD and self._beside is None:
            draft = None if self._given_up else self._draft
            written = await speaking.beside(event, replace(self.brief, decision=decision), draft)
            self._beside = written.text
        elif decision.reason is Reason.CONCERN and step in {Step.REDIRECT, Step.WARN} and step not in self._steps:
            written = Written()
            if not self._spent:
                request = self._is_request(decision)
                written = await speaking.step(event, self.brief, decision, reply.words, request=request)
            self._steps[step] = written.text
        else:
            return
        self._note(written)

    async def _shown(self, reply: Reply) -> str:
        """What an earlier process may have shown of an answer that is not wanted any more. Raises PlatformError."""
        event, platform = self.event, self._means.platforms.get(self.event.place.platform)
        coming = Say(id=reply.out.coming, conversation=event.conversation, place=event.place, text="")
        return await platform.give_up(coming) if platform else ""

    def _is_answered(self, reply: Reply, decision: Decision) -> bool:
        """Whether the main model says something on this step, which no fixed text says.

        Where no model can listen, the stand-in's usual words would be cold to somebody at risk.
        """
        if decision.reason is Reason.CARE_WINDOW and self._means.reader is None and _at_risk(decision.standing):
            return False
        return reply.fixed(decision, self._scene.standing, ended=False, request=False) is None

    def _is_request(self, decision: Decision) -> bool:
        return decision.concern in self._means.configuration().settings.concerns.requests

    def _say(self, reply: Reply, decision: Decision) -> None:
        """What is said on any step but care and an ending; a member's first turn in a space adds one line.

        Somebody in the care window who says where they are is shown the lines there; offline they are told that the
        bot stays, and who else does.
        """
        scene, country = self._scene, self.assessment.country
        offline = self._means.reader is None
        if decision.reason is Reason.CARE_WINDOW and country and country != scene.person.country:
            reply.located(decision.standing.care_level)
            if offline:
                return
        elif decision.reason is Reason.CARE_WINDOW and offline and _at_risk(decision.standing):
            reply.stay(decision.standing.care_level)
            return
        text = self._text(reply, decision) if self._answerable else self._excuse(reply)
        if not text:
            return
        if scene.person.greeted is None and decision.step not in UNGREETED:
            text = f"{text}\n\n{reply.welcome(self._means.configuration().settings.retention.open.days)}"
        reply.say(text, aside=decision.step is Step.NUDGE)

    def _text(self, reply: Reply, decision: Decision) -> str:
        """The main model's words for a step that may have them, the fixed text, or the answer; "" for silence."""
        if decision.reason is Reason.CONCERN and (words := self._steps.get(decision.step)):
            return words
        ended, request = self._scene.conversation.ended, self._is_request(decision)
        text = reply.fixed(decision, self._scene.standing, ended=ended, request=request)
        return self._answer(reply) if text is None else text

    def _answer(self, reply: Reply) -> str:
        """The answer; which files it leaves out; where no model could, the offer that goes with a hard subject."""
        apology = reply.words.talk.apology
        parts = [apology.budget if self._written is None else self._written]
        if self._loaded.left_out and self._answered:
            parts.append(apology.attachment_left_out(names=", ".join(self._loaded.left_out)))
        if self._means.reader is None and self.assessment.risk.level is Level.TOPIC:
            parts.append(reply.texts.topic)
        return "\n\n".join(parts)

    def _excuse(self, reply: Reply) -> str:
        """What is said to a message that is not answered as it is; "" for silence."""
        event, scene, apology = self.event, self._scene, reply.words.talk.apology
        limits, age = self._means.configuration().settings.turns, self._began - event.at
        if not event.to_bot or scene.standing.ended or scene.conversation.ended or age > limits.risk_within:
            return ""
        if age > limits.answer_within:
            return apology.stale
        return apology.too_long(limit=limits.max_chars) if event.text.strip() else apology.empty

    def _care(self, reply: Reply, decision: Decision) -> tuple[Referral, ...]:
        """Care in its turn: a card unless it was shown ahead of that, then the main model's own words.

        To what is read for risk alone (talk between people, what is late or too long) the card says all there is.
        """
        held, risk, scene = decision.reason is Reason.HELD, self.assessment.risk, self._scene
        referrals: tuple[Referral, ...] = ()
        if held or not shown(scene, risk):
            referrals = reply.care(decision, risk)
        elif decision.calls_moderators:  # for what was seen after the card had gone out
            referrals = (reply.called(decision, risk),)
        if self._beside and not held:
            reply.say(self._beside)
        return referrals

    def _counted(self, decision: Decision) -> tuple[Usage, ...]:
        """One answer, for the budgets; care is not counted, nor what failed."""
        if not self._answered or decision.step is not Step.ANSWER or self.brief.in_care:
            return ()
        event, model = self.event, self._means.voice.name
        return (Usage(space=event.place.space, member=event.member.id, model=model, turns=1),)

    async def _ending(self, decision: Decision) -> Ending:
        """The ending that a decision is, with what it rests on."""
        means = self._means
        turns = await means.store.turns(self.event.conversation, EVIDENCE_TURNS)
        version = means.configuration().version
        return ending(
            self.event, decision, self.assessment, turns, prompts=version, models=means.models, at=means.clock()
        )


def _at_risk(standing: Standing) -> bool:
    """Whether the care window is this member's own."""
    return standing.care_level.calls_for_care


def _person(person: Person, assessment: Assessment, greeted: datetime | None) -> Person | None:
    """The member's settings, where this turn changed them."""
    country = assessment.country or person.country
    if country == person.country and (greeted is None or person.greeted is not None):
        return None
    return replace(person, country=country, greeted=person.greeted or greeted)

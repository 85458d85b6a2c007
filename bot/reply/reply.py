"""A decision put into actions: what is said to the member, and what moderators are told."""

from dataclasses import dataclass
from datetime import datetime

from bot.care import card as cards
from bot.care.card import Card
from bot.care.directory import Directory
from bot.care.texts import CareTexts
from bot.domain.assessment import Level, Risk
from bot.domain.decision import Decision
from bot.domain.ending import Ending
from bot.domain.event import Confided, Event
from bot.domain.record import Referral
from bot.domain.review import Matter
from bot.domain.standing import Standing
from bot.domain.step import Reason, Scope, Step
from bot.reply.outgoing import Outgoing
from bot.reply.texts import Words
from bot.settings import Local


@dataclass(frozen=True, slots=True)
class Reply:
    """Puts decisions about one event into actions. What it makes is added to `out`.

    words    in the member's language
    own      in the space's language, for moderators
    country  whose crisis services are offered; None: nobody has told
    """

    out: Outgoing
    event: Event
    local: Local
    words: Words
    own: Words
    texts: CareTexts
    directory: Directory
    country: str | None
    now: datetime

    @property
    def who(self) -> str:
        """The member as people know them."""
        return self.event.member.name or self.event.member.id

    def say(self, text: str, *, urgent: bool = False, aside: bool = False) -> None:
        """A message to the member in the conversation; aside: nobody else need see it."""
        message = getattr(self.event, "message", "")
        self.out.say(text, to=self.event.member.id, reply_to=message, urgent=urgent, aside=aside)

    def fixed(self, decision: Decision, before: Standing, *, ended: bool, request: bool) -> str | None:
        """The text of a step that no model writes, "" for silence; None where the main model answers.

        before   the standing the decision was made from
        ended    the conversation as a whole has ended, not only the member's part
        request  the concern that decided is a harmful request, which is refused
        """
        boundary, concern = self.words.boundary, decision.concern or ""
        match decision.step, decision.reason:
            case Step.SILENCE, _:
                return ""
            case Step.NUDGE, _:
                return boundary.nudge.ended if ended else boundary.nudge.part
            case Step.ASK, _:
                return boundary.ask.end
            case Step.WARN, _:
                return self.words.warning(concern, request=request)
            case Step.REDIRECT, Reason.SPARED:
                return boundary.redirect.spared
            case Step.REDIRECT, Reason.QUOTA:
                return boundary.redirect.declined
            case Step.REDIRECT, _:
                return self.words.redirection(before.count(Step.REDIRECT), request=request)
            case Step.ANSWER, Reason.REQUEST:
                return boundary.ask.kept
            case Step.ANSWER, Reason.OUTAGE:
                return self.words.talk.apology.outage
        return None

    def care(self, decision: Decision, risk: Risk) -> tuple[Referral, ...]:
        """Care by its reason: a card, a short word soon after one, or holding on to somebody hostile."""
        private = self.event.place.private
        if decision.reason is Reason.HELD:
            risk = Risk(max(risk.level, decision.standing.care_level, Level.PASSIVE), risk.about, sure=True)
            card = cards.held(risk, self.country, self.texts, self.directory, private=private)
        else:
            repeat = decision.reason is Reason.STAYING
            card = cards.card(risk, self.country, self.texts, self.directory, private=private, repeat=repeat)
        return self._offer(card, decision, risk)

    def stay(self, level: Level) -> None:
        """The short word for somebody in the care window: the bot stays, and so do the lines."""
        known = Risk(max(level, Level.PASSIVE), sure=True)
        private = self.event.place.private
        card = cards.card(known, self.country, self.texts, self.directory, private=private, repeat=True)
        self.say(card.public, urgent=True)

    def located(self, level: Level) -> None:
        """The lines again, once a member in the care window has said which country they are in."""
        known = Risk(max(level, Level.PASSIVE), sure=True)
        self.say(cards.located(known, self.country or "", self.texts, self.directory), urgent=True)

    def _offer(self, card: Card, decision: Decision, risk: Risk) -> tuple[Referral, ...]:
        if isinstance(self.event, Confided):  # nobody else knows of it: not a word where others read
            otherwise = card.undelivered or card.public
            self.out.tell(self.event.member.id, card.direct or card.public, otherwise=otherwise, urgent=True)
            return (self.called(decision, risk),) if decision.calls_moderators else ()
        self.say(card.public, urgent=True)
        if card.direct:
            self.out.tell(self.event.member.id, card.direct, otherwise=card.undelivered or "", urgent=True)
        return (self.called(decision, risk),) if decision.calls_moderators else ()

    def called(self, decision: Decision, risk: Risk) -> Referral:
        """Moderators are called for a member who may be in danger."""
        told, matter, urgent = self.own.moderators, Matter.RISK, cards.urgent(risk)
        say = told.card.risk_urgent if urgent else told.card.risk
        if decision.reason is Reason.HELD:
            matter, say = Matter.HELD, told.card.held
        level = max(risk.level, decision.standing.care_level, Level.PASSIVE)
        text = say(
            member=self.who,
            conversation=self.event.conversation,
            level=told.level[level.name.lower()],
            about=told.about[risk.about],
        )
        return self.call(matter, text, urgent=urgent)

    def welcome(self, days: int) -> str:
        """The line that says, once, what the bot is, what is kept and how to be forgotten."""
        return self.words.talk.welcome.first(bot=self.local.name, days=days)

    def end(self, ending: Ending, decision: Decision, words: str = "") -> None:
        """An ending: reason, way back, feedback, lock; and moderators are told.

        words  the main model's own, ahead of the notice
        """
        marks, part = decision.standing.marks, ending.scope is Scope.PART
        if ending.concern is None:
            notice = self.words.ending_on_request()
        else:
            notice = self.words.ending(
                ending.concern,
                redirected=[mark.turn for mark in marks if mark.step is Step.REDIRECT],
                warned=[mark.turn for mark in marks if mark.step is Step.WARN],
                turn=decision.turn,
                member=self.who if part else None,
            )
        notice = f"{words}\n\n{notice}" if words else notice
        said = self.out.say(notice, to=self.event.member.id, reply_to=getattr(self.event, "message", ""), due=True)
        if ending.concern is not None:
            self.out.ask_feedback(ending.id, said)
        if not part:
            self.out.close_thread()
        text = self._ending_told(ending, part=part)
        self.out.call_moderators(Matter.ENDING, ending.member, text, desk=self.local.moderators, ending=ending.id)

    def quota(self, decision: Decision) -> Referral:
        """The circuit breaker held an ending back: moderators look."""
        turns = [*(mark.turn for mark in decision.standing.marks), decision.turn]
        text = self.own.moderators.card.quota(
            member=self.who,
            conversation=self.event.conversation,
            conduct=self.own.conduct(decision.concern or ""),
            turns=self.own.boundary.end.turns(turns),
        )
        return self.call(Matter.QUOTA, text)

    def call(self, matter: Matter, text: str, *, urgent: bool = False, ending: str | None = None) -> Referral:
        """Put something before the moderators, now and in their queue. `text` never quotes a member."""
        member = self.event.member.id
        self.out.call_moderators(matter, member, text, desk=self.local.moderators, urgent=urgent, ending=ending)
        return Referral(f"{self.event.key}/{matter}", matter, self.event.conversation, member, self.now, ending=ending)

    def _ending_told(self, ending: Ending, *, part: bool) -> str:
        card = self.own.moderators.card
        if ending.concern is None:
            return card.request(member=self.who, conversation=ending.conversation, ending=ending.id)
        say = card.part if part else card.ending
        return say(
            member=self.who,
            conversation=ending.conversation,
            conduct=self.own.conduct(ending.concern),
            turns=self.own.boundary.end.turns([each.turn for each in ending.evidence]),
            ending=ending.id,
        )

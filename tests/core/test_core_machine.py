"""Whole conversations on the real core and the real store, checked after every step by what can be seen of them.

The ledger (tests/boundary/ledger.py) asserts rules 1 to 4, 6 to 9 and 11 from the stored turns and from what the
platform has; here come rule 5 (other conversations are untouched), rule 12 (nothing twice, nothing lost), and that
what was posted is what was decided.
"""

import asyncio
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from bot.assess.assess import glance
from bot.assess.combine import combine
from bot.core import Bot
from bot.domain.action import Action, AskFeedback, CallModerators, OfferBranch, Say, Tell
from bot.domain.assessment import NO_RISK, About, Assessment, Concern, Level, Reading, Risk, Severity
from bot.domain.conversation import Member
from bot.domain.decision import Decision
from bot.domain.ending import Ending, EndingState, Vote
from bot.domain.event import Appealed, Branched, Chose, Deleted, Edited, Event, Judged, Rated, Said
from bot.domain.record import Vetted
from bot.domain.review import Matter
from bot.domain.standing import NEW
from bot.domain.step import Reason, Step
from bot.errors import LLMError
from bot.store.sqlite import SqliteStore
from tests.boundary.ledger import Ledger, Seen
from tests.core.cases import ANN, BEN, CEM, EXPLICIT, MODERATOR, PLACE, Reported, adjusted, made, shipped, until
from tests.fakes.clock import SetClock
from tests.fakes.models import ScriptedReader, ScriptedVoice
from tests.fakes.platforms import Board

T = TypeVar("T")

TALKS = ("board:1", "board:2")
MEMBERS = (ANN, BEN, CEM)
WORDS = shipped().wording.words("en", "board")
CONCERNS = shipped().settings.concerns
KINDS = ("insult", "threat", sorted(CONCERNS.gravest)[0])
WARNINGS = tuple(WORDS.warning(kind, request=kind in CONCERNS.requests) for kind in KINDS)
LIMITS = shipped().settings.turns
DAY = timedelta(days=1)

anywhere = st.integers(0, 3)
members = st.sampled_from([ANN, ANN, ANN, BEN, CEM])
abuse = st.builds(
    Concern,
    kind=st.sampled_from(KINDS),
    severity=st.sampled_from([Severity.SERIOUS, Severity.SEVERE]),
    sure=st.just(True),
)
anything = st.builds(Concern, kind=st.sampled_from(KINDS), severity=st.sampled_from(Severity), sure=st.booleans())
risks = st.builds(
    Risk,
    level=st.sampled_from([Level.NONE, Level.TOPIC, Level.PASSIVE, Level.PASSIVE, Level.ACTIVE, Level.IMMINENT]),
    about=st.sampled_from(About),
    sure=st.booleans(),
)
confirmations = st.sampled_from([True, True, False, None])
troubles = st.sampled_from(["", "", "", "", "fails", "fails twice", "loses", "refuses"])


class Core(RuleBasedStateMachine):
    """Several members in several conversations, and everything that can go wrong around them."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = tempfile.TemporaryDirectory()
        self.loop = asyncio.new_event_loop()
        self.clock, self.platform_clock = SetClock(), SetClock()  # the bot's clock may jump, the platform's does not
        self.board = Board(self.platform_clock)
        self.reader, self.voice = ScriptedReader(), ScriptedVoice()
        self.told: list[Event] = []
        self.keys: dict[tuple[str, str], str] = {}  # the event of a message, by its conversation
        self.turns: dict[str, list[Vetted]] = {}
        self.ledgers: dict[str, Ledger] = {}
        self.ends: list[Ending] = []
        self.alarms: dict[str, datetime] = {}  # by member: when moderators were last called for their sake
        self.broken: set[str] = set()  # the texts that cannot be answered

    @initialize(redirections=st.integers(1, 2), quota=st.sampled_from([0, 1, 20]))
    def begin(self, redirections: int, quota: int) -> None:
        hour = timedelta(hours=1)
        self.config = adjusted(
            redirections=redirections, forgive_turns=3, endings_a_day=quota, company_within=hour, care_window=6 * hour
        )
        self.ladder = self.config.settings.everywhere.ladder
        for talk in TALKS:
            self.opened(talk)
        self.wait(self.start())

    def teardown(self) -> None:
        if hasattr(self, "bot"):
            self.wait(self.stop())
        self.loop.close()
        self.directory.cleanup()

    # What members say.

    @rule(
        talk=anywhere,
        member=members,
        concern=abuse,
        trouble=troubles,
        confirms=st.sampled_from([True, True, False, None]),
    )
    def abuses(self, talk: int, member: Member, concern: Concern, trouble: str, confirms: bool | None) -> None:
        self.voice.confirms = confirms
        self.says(talk, member, Reading("scripted reader", concerns=(concern,)), trouble=trouble)

    @rule(talk=anywhere, member=members, concern=abuse, times=st.integers(3, 6))
    def goes_on_and_on(self, talk: int, member: Member, concern: Concern, times: int) -> None:
        self.voice.confirms = True
        for _ in range(times):
            self.says(talk, member, Reading("scripted reader", concerns=(concern,)))

    @rule(talk=anywhere, member=members, concern=abuse, times=st.integers(2, 4))
    def abuses_in_one_burst(self, talk: int, member: Member, concern: Concern, times: int) -> None:
        reading = Reading("scripted reader", concerns=(concern,))
        self.hear(*[self.message(talk, member, reading) for _ in range(times)])

    @rule(talk=anywhere, member=members, times=st.integers(1, 3), trouble=troubles)
    def talks(self, talk: int, member: Member, times: int, trouble: str) -> None:
        for _ in range(times):
            self.says(talk, member, Reading("scripted reader"), trouble=trouble)

    @rule(
        talk=anywhere,
        member=members,
        concerns=st.lists(anything, max_size=2).map(tuple),
        risk=st.just(NO_RISK) | risks,
        wishes=st.booleans(),
        affirms=st.sampled_from([None, True, False]),
        trouble=troubles,
        to_bot=st.sampled_from([True, True, True, False]),
    )
    def says_anything(
        self,
        *,
        talk: int,
        member: Member,
        concerns: tuple[Concern, ...],
        risk: Risk,
        wishes: bool,
        affirms: bool | None,
        trouble: str,
        to_bot: bool,
    ) -> None:
        reading = Reading("scripted reader", concerns=concerns, risk=risk, asks_to_end=wishes, affirms=affirms)
        self.says(talk, member, reading, trouble=trouble, to_bot=to_bot)

    @rule(talk=anywhere, member=members, affirms=st.sampled_from([True, True, False, None]))
    def asks_to_end_and_answers(self, talk: int, member: Member, affirms: bool | None) -> None:
        self.says(talk, member, Reading("scripted reader", asks_to_end=True))
        self.says(talk, member, Reading("scripted reader", affirms=affirms))

    @rule(talk=anywhere, member=members, concerns=st.lists(abuse, max_size=1).map(tuple), trouble=troubles)
    def says_that_they_are_in_danger(
        self, talk: int, member: Member, concerns: tuple[Concern, ...], trouble: str
    ) -> None:
        self.says(talk, member, Reading("scripted reader", concerns=concerns), trouble=trouble, text=EXPLICIT)

    @rule(talk=anywhere, member=members, concern=abuse, who=st.sampled_from(["reader", "voice", "both"]))
    def abuses_in_an_outage(self, talk: int, member: Member, concern: Concern, who: str) -> None:
        self.voice.fails = who != "reader"
        reading = Reading("scripted reader", concerns=(concern,))
        self.says(talk, member, LLMError("told to fail") if who != "voice" else reading)
        self.voice.fails = False

    @rule(talk=anywhere, member=members)
    def says_what_cannot_be_answered(self, talk: int, member: Member) -> None:
        event = self.message(talk, member, Reading("scripted reader"))
        self.voice.faults[event.text] = KeyError("told to fail")
        self.broken.add(event.key)
        ledger = self.ledgers[event.conversation]
        over = ledger.closed or ledger.accounts[member.id].ended
        self.hear(event, book=lambda: self.book_parked(event))
        apologies = [each for each in self.posted(event.key) if each.id.startswith(f"{event.key}/parked")]
        assert not over or not any(isinstance(each, Say | Tell) for each in apologies), "rule 6"

    def book_parked(self, event: Said) -> None:
        """Book a message that was set aside, if it was: it is only read for risk, but time has forgiven."""
        if event.key in {each.event for each in self.wait(self.store.parked())}:
            talk = event.conversation
            seen = Seen(glance(self.bot.turns.read(event)), event.at, self.now, watched=True)
            decision = self.decided(event, Step.SILENCE, Reason.CLEAN)
            self.booked(event.key, (talk, event.member.id), len(self.turns[talk]), seen, decision)

    # What else they do.

    @precondition(lambda self: self.keys)
    @rule(which=st.integers(0, 99), danger=st.booleans(), mine=st.sampled_from([True, True, False]))
    def edits(self, which: int, danger: bool, mine: bool) -> None:
        message = self.any_message(which)
        talk = message.conversation
        member = message.member if mine else next(each for each in MEMBERS if each != message.member)
        text = EXPLICIT if danger else f"words {len(self.told)}"
        event = Edited(**self.reported(talk, member), message=message.message, text=text)
        cards = self.cards(talk)
        self.hear(event, book=lambda: self.book_edit(event, message, cards))

    def book_edit(self, event: Edited, message: Said, cards: int) -> None:
        """Book an edit of a message; there were so many cards before."""
        talk, ledger = event.conversation, self.ledgers[event.conversation]
        assessment = glance(self.bot.turns.read(event))
        card = self.cards(talk) > cards
        if card or assessment.risk.calls_for_care:
            assert card or cards, "rule 1: danger in an edit, and no card there"
            decision = self.decided(event, Step.CARE, Reason.RISK if card else Reason.STAYING)
        else:
            decision = self.decided(event, Step.SILENCE, Reason.CLEAN)
        seen = Seen(assessment, event.at, self.now, watched=True)
        self.booked(event.key, (talk, event.member.id), len(self.turns[talk]), seen, decision)
        offers = [each for each in self.posted(event.key) if isinstance(each, OfferBranch)]
        ended = ledger.accounts[event.member.id].ended or ledger.closed
        known = any(each.turn.message == event.message for each in self.turns[talk])  # not one that is set aside
        assert bool(offers) is (ended and known and event.member == message.member)

    @precondition(lambda self: len(self.ledgers) < 5)
    @rule(member=st.none() | members)
    def takes_an_offer(self, member: Member | None) -> None:
        offers = [each for each in self.board.performed if isinstance(each, OfferBranch)]
        if not offers:
            return
        offer = offers[-1]
        into = f"board:branch{len(self.ledgers)}"
        taker = member or next(each for each in MEMBERS if each.id == offer.member)
        event = Branched(**self.reported(offer.conversation, taker), offer=offer.id, into=into)
        parent = self.ledgers[offer.conversation]
        if taker.id == offer.member:
            self.opened(into)
            self.ledgers[into].care_until = parent.care_until
            self.keys[into, offer.message] = f"{event.key}/said"
            if offer.words != EXPLICIT:
                self.reader.readings[offer.words] = Reading("scripted reader")
        self.hear(event, touches={offer.conversation, into})

    @precondition(lambda self: self.keys)
    @rule(which=st.integers(0, 99))
    def deletes(self, which: int) -> None:
        message = self.any_message(which)
        self.hear(Deleted(**self.reported(message.conversation, message.member), message=message.message))

    @precondition(lambda self: self.ends)
    @rule(which=st.integers(0, 9), member=members, vote=st.sampled_from([*Vote, None]))
    def rates(self, which: int, member: Member, vote: Vote | None) -> None:
        ending = self.ends[which % len(self.ends)]
        self.hear(Rated(**self.reported(ending.conversation, member), vote=vote, ending=ending.id))
        transcript = self.wait(self.store.ending(ending.id))
        assert transcript is not None
        assert [cast for voter, cast, _ in transcript.votes if voter == member.id] == [vote.value if vote else ""]

    @precondition(lambda self: self.ends)
    @rule(which=st.integers(0, 9), member=members)
    def appeals(self, which: int, member: Member) -> None:
        ending = self.ends[which % len(self.ends)]
        event = Appealed(**self.reported(ending.conversation, member), ending=ending.id, words="please")
        self.hear(event, book=lambda: self.book_words(event))

    def book_words(self, event: Appealed) -> None:
        """Book what was written into a form: it is only read for risk, but time has forgiven."""
        seen = Seen(glance(self.config.reader(PLACE).read(event.words)), event.at, self.now, watched=True)
        decision = self.decided(event, Step.SILENCE, Reason.CLEAN)
        turns = len(self.turns[event.conversation])
        self.booked(event.key, (event.conversation, event.member.id), turns, seen, decision)

    @precondition(lambda self: self.ends)
    @rule(which=st.integers(0, 9), upheld=st.booleans(), trouble=troubles)
    def is_judged(self, which: int, upheld: bool, trouble: str) -> None:
        ending = self.ends[which % len(self.ends)]
        transcript = self.wait(self.store.ending(ending.id))
        assert transcript is not None
        reopens = not upheld and transcript.ending.state is not EndingState.OVERTURNED
        latest = self.wait(self.store.latest_ending(ending.conversation, ending.member))
        reopens = reopens and latest is not None and latest.id == ending.id
        event = Judged(**self.reported(ending.conversation, MODERATOR), ending=ending.id, upheld=upheld)
        if reopens:
            self.ledgers[ending.conversation].reopened(ending.member, ending.scope)
        self.trouble(trouble)
        self.hear(event)

    @rule(talk=anywhere, member=members, country=st.sampled_from(["DE", "US", ""]))
    def chooses_a_country(self, talk: int, member: Member, country: str) -> None:
        self.hear(Chose(**self.reported(self.talk(talk), member), country=country))

    # What the world does.

    @precondition(lambda self: self.told)
    @rule(which=st.integers(0, 99))
    def the_platform_reports_something_again(self, which: int) -> None:
        before, seen = list(self.board.performed), self.snapshot()
        assert not self.wait(self.bot.receive(self.told[which % len(self.told)]))
        self.wait(self.bot.settled())
        assert self.board.performed == before
        assert self.snapshot() == seen

    @rule(talk=anywhere, member=members, concerns=st.lists(abuse, max_size=1).map(tuple), danger=st.booleans())
    def is_killed_in_the_middle_of_a_turn(
        self, talk: int, member: Member, concerns: tuple[Concern, ...], danger: bool
    ) -> None:
        event = self.message(
            talk, member, Reading("scripted reader", concerns=concerns), text=EXPLICIT if danger else ""
        )
        self.reader.waits[event.text] = asyncio.Event()
        asked = len(self.reader.asked)
        self.wait(self.bot.receive(event))
        settled = self.loop.create_task(self.bot.settled())
        self.wait(until(self.bot, lambda: settled.done() or len(self.reader.asked) > asked))
        self.wait(self.stop())
        self.wait(settled)
        del self.reader.waits[event.text]
        self.begins_anew(event)

    @rule()
    def is_started_again(self) -> None:
        self.wait(self.stop())
        self.begins_anew()

    @rule(span=st.sampled_from([timedelta(minutes=1), timedelta(hours=1), timedelta(hours=5), timedelta(hours=25)]))
    def time_passes(self, span: timedelta) -> None:
        self.clock.wait(span)
        self.platform_clock.wait(span)

    @rule(span=st.sampled_from([timedelta(hours=-3), timedelta(hours=-30), timedelta(minutes=7), timedelta(hours=2)]))
    def the_bots_clock_jumps(self, span: timedelta) -> None:
        self.clock.wait(span)

    @rule()
    def the_bots_clock_is_set_right(self) -> None:
        self.clock.at = self.platform_clock.at

    @precondition(lambda self: self.broken)
    @rule()
    def what_was_set_aside_is_tried_again(self) -> None:
        self.broken.clear()
        self.voice.faults.clear()
        self.now = self.clock.at
        self.wait(self.store.unpark())
        self.wait(self.bot.resume())
        self.wait(self.bot.settled())
        self.check()

    # How it is done.

    def wait(self, work: Awaitable[T]) -> T:
        return self.loop.run_until_complete(work)

    async def start(self) -> None:
        path = Path(self.directory.name) / "fairwell.db"
        self.store = await SqliteStore.open(path, exclusive=True)
        self.bot: Bot = made(
            self.store,
            {"board": self.board},
            self.clock,
            voice=self.voice,
            reader=self.reader,
            config=self.config,
            sleep=self.rest,
        )
        await self.bot.resume()
        await self.bot.settled()

    async def stop(self) -> None:
        await self.bot.stop(0)
        await self.store.close()

    async def rest(self, seconds: float) -> None:
        self.clock.wait(timedelta(seconds=seconds))
        self.platform_clock.wait(timedelta(seconds=seconds))
        await asyncio.sleep(0)

    def begins_anew(self, *events: Event) -> None:
        self.told += events
        self.now = self.clock.at
        self.wait(self.start())
        self.check()

    def opened(self, talk: str) -> None:
        self.turns[talk], self.ledgers[talk] = [], Ledger(self.ladder)

    def talk(self, which: int) -> str:
        return list(self.ledgers)[which % len(self.ledgers)]

    def reported(self, talk: str, member: Member) -> Reported:
        number = len(self.told)
        return {
            "key": f"e{number}-{len(self.keys)}",
            "conversation": talk,
            "place": PLACE,
            "member": member,
            "at": self.platform_clock(),
        }

    def message(
        self, which: int, member: Member, reading: Reading | LLMError, *, text: str = "", to_bot: bool = True
    ) -> Said:
        talk = self.talk(which)
        number = len(self.keys)
        text = text or f"words {number} of {len(self.told)}"
        self.reader.readings[text] = reading
        reported = self.reported(talk, member)
        event = Said(**reported, message=f"m{number}", text=text, to_bot=to_bot)
        self.keys[talk, event.message] = event.key
        return event

    def any_message(self, which: int) -> Said:
        messages = [event for event in self.told if isinstance(event, Said)]
        return messages[which % len(messages)]

    def says(
        self,
        which: int,
        member: Member,
        reading: Reading | LLMError,
        *,
        trouble: str = "",
        text: str = "",
        to_bot: bool = True,
    ) -> None:
        event = self.message(which, member, reading, text=text, to_bot=to_bot)
        self.trouble(trouble)
        self.hear(event)

    def trouble(self, kind: str) -> None:
        self.board.fails = {"fails": 1, "fails twice": 2}.get(kind, 0)
        self.board.loses = int(kind == "loses")
        self.board.refuses = {"say"} if kind == "refuses" else set()

    def hear(self, *events: Event, touches: set[str] | None = None, book: Callable[[], None] = lambda: None) -> None:
        """Have events heard, and look whether all is as it should be; `book` tells the ledger of what is no turn."""
        touches = touches or {event.conversation for event in events}
        before = self.snapshot(touches)
        self.now = self.clock.at
        for event in events:
            assert self.wait(self.bot.receive(event))
            self.told.append(event)
        self.wait(self.bot.settled())
        self.trouble("")
        self.platform_clock.wait(timedelta(seconds=1))
        self.clock.wait(timedelta(seconds=1))
        assert self.snapshot(touches) == before, "rule 5: another conversation was touched"
        book()
        self.check()

    def snapshot(self, but: set[str] = frozenset()) -> dict[str, object]:  # type: ignore[assignment]
        async def seen(talk: str) -> object:
            return await self.store.standings(talk), await self.store.turns(talk, 1_000)

        return {talk: self.wait(seen(talk)) for talk in self.ledgers if talk not in but}

    # What is looked at.

    def check(self) -> None:
        twice = {
            action: count for action, count in Counter(each.id for each in self.board.performed).items() if count > 1
        }
        assert not twice, f"rule 12: performed more than once: {twice}"
        assert not self.wait(self.store.open_conversations()), "rule 12: something was left open"
        parked = {each.event for each in self.wait(self.store.parked())}
        assert parked <= self.broken, f"{parked - self.broken} was set aside"
        for talk in self.ledgers:
            new = self.wait(self.store.turns(talk, 1_000))[len(self.turns[talk]) :]
            for turn in new:
                self.book(talk, turn)
            self.stands(talk)
        turned = {self.keys[talk, each.turn.message] for talk, turns in self.turns.items() for each in turns}
        assert turned | parked == set(self.keys.values()), "rule 12: a message was lost"

    def book(self, talk: str, vetted: Vetted) -> None:
        """Book a turn that is new."""
        turn, decision, ledger = vetted.turn, vetted.decision, self.ledgers[talk]
        key = self.keys[talk, turn.message]
        others = [each.said for each in self.turns[talk] if each.turn.member.id != turn.member.id]
        company = bool(others) and self.now - max(others) <= self.ladder.company_within
        lately = [each for each in self.ends if each.reason is Reason.CONCERN and each.at >= self.now - DAY]
        answerable = turn.to_bot and self.now - vetted.said <= LIMITS.answer_within
        seen = Seen(
            vetted.assessment,
            vetted.said,
            self.now,
            company=company,
            quota_left=len(lately) < self.ladder.endings_a_day,
            watched=not answerable,
        )
        ledger.accompany(turn.member.id, self.alarms.get(turn.member.id), self.now)
        account = ledger.accounts[turn.member.id]
        watches = answerable or (ledger.cares(account, self.now) and account.level is not Level.NONE)
        read = watches and self.now - vetted.said <= LIMITS.answer_within
        expected = self.expected(turn.text, talk, turn.message, read=read)
        heeded = self.now - vetted.said <= LIMITS.risk_within
        assert vetted.assessment == expected or not heeded, f"{vetted.assessment} instead of {expected}"
        over = (account.ended or ledger.closed) and not (ledger.care_until and self.now < ledger.care_until)
        decided = replace(decision, calls_moderators=self.called(key))
        self.booked(key, (talk, turn.member.id), turn.number, seen, decided)
        self.turns[talk].append(vetted)
        self.agrees(key, decision, over=over)
        if decision.reason is Reason.CONCERN and decision.step in {Step.REDIRECT, Step.WARN}:
            receipt = self.board.receipts.get(f"{key}/0")
            if receipt is None:
                ledger.failed(turn.member.id, turn.number)
            else:
                ledger.delivered(turn.member.id, turn.number, receipt.at)
        if decision.step is Step.END:
            ending = self.wait(self.store.latest_ending(talk, turn.member.id))
            assert ending is not None
            assert ending.turn == turn.number
            self.ends.append(ending)

    def booked(self, key: str, who: tuple[str, str], number: int, seen: Seen, decision: Decision) -> None:
        """Tell the ledger of a turn, and remember whether moderators were called for the member's sake."""
        talk, member = who
        ledger = self.ledgers[talk]
        ledger.accompany(member, self.alarms.get(member), seen.now)
        ledger.turn(member, number, seen, decision)
        if any(isinstance(each, CallModerators) and each.matter is Matter.RISK for each in self.posted(key)):
            self.alarms[member] = seen.now

    def expected(self, text: str, talk: str, message: str, *, read: bool) -> Assessment:
        """What the readers must have made of a message. One that was edited or deleted since is read as it was.

        read  by the model as well
        """
        said = next((e for e in self.told if isinstance(e, Said) and e.message == message), None)
        text = said.text if said and said.conversation == talk else text
        wording = self.config.reader(PLACE).read(text)
        if not read:
            return glance(wording)
        reading = self.reader.readings[text] if text in self.reader.readings else Reading("scripted reader")
        if isinstance(reading, Exception):
            reading = Reading.unread("scripted reader", str(reading))
        return combine(wording, reading)

    def agrees(self, key: str, decision: Decision, *, over: bool) -> None:
        """What was posted for a turn is what was decided about it."""
        posted = [each for each in self.posted(key) if not each.id.startswith(f"{key}/parked")]
        texts = [each.text for each in posted if isinstance(each, Say | Tell)]
        warned = [text for text in texts if text.startswith(WARNINGS)]
        assert len(warned) <= int(decision.step is Step.WARN), f"a warning on {decision.step}"
        asks = decision.step is Step.END and decision.reason is Reason.CONCERN
        assert any(isinstance(each, AskFeedback) for each in posted) is asks
        if over and decision.step is not Step.CARE:
            assert len(texts) <= int(decision.step is Step.NUDGE), "rule 6: it spoke where it has ended"
        if decision.reason is Reason.RISK and not self.board.refuses:
            assert any(getattr(each, "urgent", False) for each in posted) or "say" in self.board.refuses

    def stands(self, talk: str) -> None:
        """What is held against each member is what the ledger says."""
        for member, standing in self.wait(self.store.standings(talk)):
            account = self.ledgers[talk].accounts[member]
            held = [(mark.step, mark.turn, mark.at) for mark in standing.marks]
            assert held == [(step.step, step.turn, step.at) for step in account.steps], (talk, member)
            assert standing.pending is None
            assert standing.ended is account.ended

    def posted(self, key: str) -> Sequence[Action]:
        return [each for each in self.board.performed if each.id.startswith(f"{key}/")]

    def cards(self, talk: str) -> int:
        """How many cards there are."""
        return sum(isinstance(each, Say) and each.urgent for each in self.board.performed if each.conversation == talk)

    def called(self, key: str) -> bool:
        """Whether moderators were called to look after somebody, or at an ending that was held back."""
        about = {Matter.RISK, Matter.HELD, Matter.QUOTA}
        return any(isinstance(each, CallModerators) and each.matter in about for each in self.posted(key))

    def decided(self, event: Event, step: Step, reason: Reason) -> Decision:
        """What was decided about what is read for risk alone, as far as it can be seen."""
        called = self.called(event.key)
        return Decision(step, reason, NEW, self.ladder.version, 0, calls_moderators=called)


Core.TestCase.settings = settings(max_examples=30, stateful_step_count=25, deadline=None)
TestCore = Core.TestCase

"""The main model calls for care, in whatever it writes: the step is care then, and nothing climbs or ends."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core import Bot
from bot.domain.action import Action, CallModerators, Say, Tell
from bot.domain.assessment import About, Concern, Level, Reading, Risk, Severity
from bot.domain.conversation import Member
from bot.domain.event import Said
from bot.domain.record import Record, Vetted
from bot.domain.review import Matter
from bot.domain.standing import Standing
from bot.domain.step import Reason, Step
from bot.errors import LLMError, LLMRefused
from bot.ports import Confirmed, Written
from bot.store.sqlite import SqliteStore
from tests.core.cases import (
    ANN,
    BEN,
    EXPLICIT,
    INSULT,
    MODERATOR,
    TALK,
    Stage,
    World,
    adjusted,
    breathe,
    made,
    said,
    shipped,
    staged,
    texts,
    until,
)

ACTIVE = Risk(Level.ACTIVE, About.SELF, sure=True)
PASSIVE = Risk(Level.PASSIVE, About.SELF, sure=True)
IMMINENT = Risk(Level.IMMINENT, About.SELF, sure=True)
CALLED = ("offer_crisis_resources: active",)
REFUSED = ("end_conversation: refused",)
GREY = "It is all grey."
WORDS = "I am glad that you wrote. How long has it been like this?"
CARE = [Written("I am here.")]  # its words beside a card, if it is asked for them anew
REDIRECTS, WARNS = "Shall we go back to your build?", shipped().wording.words("en", "board").warning("insult")
DANGERS = [level for level in Level if level.calls_for_care]


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path / "fairwell.db", config=adjusted(redirections=1))
    made.reader.readings = {f"abuse {number}": INSULT for number in range(100)}
    made.voice.writes = {GREY: [Written(WORDS, risk=ACTIVE, calls=CALLED)], Step.CARE: CARE}
    return made


async def last(bot: Bot, talk: str = TALK) -> Vetted:
    return (await bot.store.turns(talk))[-1]


async def stands(bot: Bot, talk: str = TALK, member: Member = ANN) -> Standing:
    return dict(await bot.store.standings(talk))[member.id]


def matters(actions: Sequence[Action]) -> list[Matter]:
    return [each.matter for each in actions if isinstance(each, CallModerators)]


def is_card(actions: Sequence[Action]) -> bool:
    """Whether what is said first is a card: in public a line, and the whole of it as a private message."""
    return [(each.kind, getattr(each, "urgent", None)) for each in actions[:2]] == [("say", True), ("tell", True)]


async def heard_late(world: World, bot: Bot, event: Said) -> Sequence[Action]:
    """A message that is read only when its draft has begun. Out: what was performed about it."""
    before, asked = len(world.board.performed), len(world.voice.asked)
    read = world.reader.waits[event.text] = asyncio.Event()
    world.clock.at = max(world.clock.at, event.at)
    await bot.receive(event)
    await until(bot, lambda: len(world.voice.asked) > asked)
    await breathe(bot)
    read.set()
    await bot.settled()
    return world.board.performed[before:]


@pytest.mark.parametrize("about", About)
@pytest.mark.parametrize("level", DANGERS)
async def test_in_an_answer_the_card_comes_first_and_its_words_beside_it(
    level: Level, about: About, world: World
) -> None:
    risk = Risk(level, about, sure=True)
    world.voice.writes = {GREY: [Written("I am glad"), Written(WORDS, risk=risk, calls=CALLED)]}
    async with world.bot() as bot:
        actions = await world.hear(bot, said(1, GREY))
        turn, standing = await last(bot), await stands(bot)
        scene = await bot.store.scene(said(9, ""), 0)
    assert is_card(actions)
    assert texts(actions)[1:] == [WORDS]
    assert turn.turn.reply == "\n\n".join(texts(actions))
    assert (turn.decision.step, turn.decision.reason) == (Step.CARE, Reason.RISK)
    assert turn.assessment.risk == risk
    assert turn.assessment.readings[-1] == Reading("scripted voice", risk=risk, why="called for care")
    assert turn.calls == CALLED
    near = level >= Level.ACTIVE and about in {About.SELF, About.OTHER}
    assert matters(actions) == ([Matter.RISK] if near else [])
    assert (standing.marks, standing.care_level) == ((), level)
    assert standing.care_until == scene.conversation.care_until is not None
    assert len(world.voice.asked) == 1


async def test_care_is_not_counted_as_an_answer(world: World) -> None:
    async with world.bot() as bot:
        await world.hear(bot, said(1, GREY))
        today = world.clock().date().isoformat()
        assert (await bot.store.scene(said(9, ""), 0, today)).spent_by_member.turns == 0


async def test_where_an_answer_was_shown_growing_the_card_takes_its_place(world: World) -> None:
    world.voice.writes = {GREY: [Written("I am"), Written("I am glad", risk=ACTIVE), Written(WORDS, risk=ACTIVE)]}
    async with world.bot() as bot:
        actions = await world.hear(bot, said(1, GREY))
    assert world.board.previews[-1] == "I am glad"
    assert actions[0].id == "e1/0"  # under which it was shown
    assert is_card(actions)


@pytest.mark.parametrize("fault", [LLMError("told to fail"), LLMRefused("told to refuse")])
async def test_if_the_answer_then_fails_the_card_stands_alone(fault: LLMError, world: World) -> None:
    world.voice.writes = {GREY: [Written("I am glad", risk=ACTIVE, calls=CALLED), fault]}
    async with world.bot() as bot:
        actions = await world.hear(bot, said(1, GREY))
        turn = await last(bot)
    assert is_card(actions)
    assert len(texts(actions)) == 1
    assert (turn.decision.step, turn.calls) == (Step.CARE, CALLED)


async def test_words_that_were_cut_off_stand_beside_the_card_without_an_offer_to_go_on(world: World) -> None:
    world.voice.writes = {GREY: [Written("I am glad that you wrote. How lo", cut=True, risk=ACTIVE)]}
    async with world.bot() as bot:
        actions = await world.hear(bot, said(1, GREY))
    assert texts(actions)[1:] == ["I am glad that you wrote."]


async def test_without_words_the_card_stands_alone(world: World) -> None:
    for number, reply in enumerate((Written(risk=ACTIVE), Written(risk=ACTIVE, cut=True)), start=1):
        world.voice.writes = {GREY: [reply], Step.CARE: [reply]}
        async with world.bot() as bot:
            actions = await world.hear(bot, said(number, GREY, conversation=f"board:{number}"))
        assert is_card(actions)
        assert len(texts(actions)) == 1


@pytest.mark.parametrize("hostile", [True, False])
async def test_a_draft_that_calls_before_the_turn_is_read_decides_it(hostile: bool, world: World) -> None:
    rest, text = asyncio.Event(), "abuse 1" if hostile else GREY
    world.reader.waits[text] = asyncio.Event()
    world.voice.writes = {text: [Written(risk=ACTIVE, calls=CALLED), rest, Written(WORDS, risk=ACTIVE, calls=CALLED)]}
    async with world.bot() as bot:
        await bot.receive(said(1, text))
        await until(bot, lambda: bool(world.voice.asked))
        world.reader.waits[text].set()
        await breathe(bot)
        rest.set()
        await bot.settled()
        turn, standing = await last(bot), await stands(bot)
    assert is_card(world.board.performed)
    assert texts(world.board.performed)[1:] == [WORDS]
    assert matters(world.board.performed) == [Matter.RISK]
    assert (turn.decision.step, turn.decision.reason) == (Step.CARE, Reason.RISK)
    assert turn.calls == CALLED
    assert turn.decision.concern == ("insult" if hostile else None)
    assert standing.marks == ()
    assert len(world.voice.asked) == 1
    assert world.board.previews == []


async def test_while_the_reader_is_out_a_call_is_heeded(world: World) -> None:
    world.reader.readings[GREY] = LLMError("told to fail")
    async with world.bot() as bot:
        actions = await world.hear(bot, said(1, GREY))
        turn = await last(bot)
    assert is_card(actions)
    assert (turn.decision.reason, turn.assessment.read) == (Reason.RISK, False)


async def test_possible_risk_that_the_main_model_is_sure_of_is_no_doubt(world: World) -> None:
    maybe = Risk(Level.PASSIVE, About.SELF, sure=False)
    world.reader.readings[GREY] = Reading("scripted reader", risk=maybe)
    async with world.bot() as bot:
        actions = await world.hear(bot, said(1, GREY))
        turn = await last(bot)
    assert is_card(actions)
    assert (turn.assessment.risk, turn.assessment.doubt) == (ACTIVE, False)


@pytest.mark.parametrize("fails", [True, False])
@pytest.mark.parametrize("step", [Step.REDIRECT, Step.WARN])
async def test_called_for_in_the_words_of_a_step_the_step_is_care(step: Step, fails: bool, world: World) -> None:
    words = Written(REDIRECTS if step is Step.REDIRECT else WARNS, risk=ACTIVE, calls=CALLED)
    called: list[Written | Exception] = [words]
    called += [LLMError("told to fail")] if fails else []
    number = 1 if step is Step.REDIRECT else 2
    async with world.bot() as bot:
        if step is Step.WARN:
            await world.hear(bot, said(1, "abuse 1"))
        before = await stands(bot) if number == 2 else Standing()
        world.voice.writes = {step: called, Step.CARE: CARE}
        actions = await world.hear(bot, said(number, f"abuse {number}"))
        turn, standing = await last(bot), await stands(bot)
    assert is_card(actions)
    assert texts(actions)[1:] == ["I am here."]
    assert matters(actions) == [Matter.RISK]
    assert (turn.decision.step, turn.calls) == (Step.CARE, CALLED)
    assert (standing.marks, standing.pending) == (before.marks, None)
    assert [each.decision.step for each in world.voice.asked if each.decision][-2:] == [step, Step.CARE]


async def test_called_for_instead_of_confirming_an_ending_there_is_none(world: World) -> None:
    world.config = adjusted(redirections=1, endings_a_day=1)
    world.voice.confirmed = Confirmed(False, "Goodbye, then.", risk=ACTIVE, calls=CALLED)
    async with world.bot() as bot:
        await world.hear(bot, said(1, "abuse 1"), said(2, "abuse 2"))
        actions = await world.hear(bot, said(3, "abuse 3"))
        turn, standing = await last(bot), await stands(bot)
        assert await bot.store.latest_ending(TALK) is None
        assert is_card(actions)
        assert texts(actions)[1:] == ["I am here."]
        assert [each.kind for each in actions] == ["say", "tell", "call_moderators", "say"]
        assert (turn.decision.step, turn.calls) == (Step.CARE, CALLED)
        assert (standing.ended, standing.spared) == (False, False)
        assert [mark.step for mark in standing.marks] == [Step.REDIRECT]  # the warning is taken back
        world.voice.confirmed = None
        ending = [said(10 + number, f"abuse {number}", conversation="board:other", member=BEN) for number in (4, 5, 6)]
        await world.hear(bot, *ending)
        assert await bot.store.latest_ending("board:other")  # its place in the quota was given back


async def test_what_was_called_is_heeded_when_the_turn_is_decided_again(world: World) -> None:
    slow = asyncio.Event()
    world.voice.writes = {GREY: [slow, Written(WORDS, risk=ACTIVE, calls=CALLED)]}
    async with world.bot() as bot:
        await bot.receive(said(1, GREY))
        await until(bot, lambda: bool(world.voice.asked))
        event = said(2, "", member=MODERATOR)
        scene = await bot.store.scene(event, 0)
        assert await bot.store.record(Record(event=event, expects=scene.version, conversation=scene.conversation))
        slow.set()
        await bot.settled()
        turn = await last(bot)
    assert texts(world.board.performed)[1:] == [WORDS]
    assert (turn.decision.step, turn.calls) == (Step.CARE, CALLED)
    assert [each.by for each in turn.assessment.readings].count("scripted voice") == 1
    assert len(world.voice.asked) == 1


@pytest.mark.parametrize("late", [True, False])
async def test_the_graver_of_two_calls_counts(late: bool, world: World) -> None:
    """Late: the first one has decided the turn already when the second comes."""
    rest = asyncio.Event()
    if not late:
        rest.set()
    graver, whole = Written("I am glad", risk=IMMINENT), Written(WORDS, risk=IMMINENT)
    world.voice.writes = {GREY: [Written("I am", risk=PASSIVE), rest, graver, whole]}
    async with world.bot() as bot:
        if late:
            heard = asyncio.create_task(heard_late(world, bot, said(1, GREY)))
            await until(bot, lambda: GREY in world.reader.waits and world.reader.waits[GREY].is_set())
            await breathe(bot)
            rest.set()
            actions = await heard
        else:
            actions = await world.hear(bot, said(1, GREY))
        turn, standing = await last(bot), await stands(bot)
    assert texts(actions)[1:] == [WORDS]
    assert sum(isinstance(each, Say) and each.urgent for each in actions) == 1
    assert turn.assessment.risk == IMMINENT
    assert standing.care_level is Level.IMMINENT
    assert [each.urgent for each in actions if isinstance(each, CallModerators)] == [True]


@pytest.mark.parametrize("fails", [True, False])
async def test_graver_danger_seen_in_the_words_beside_a_card_has_its_own(fails: bool, world: World) -> None:
    words = Written(WORDS, risk=IMMINENT, calls=("offer_crisis_resources: imminent",))
    world.voice.writes = {Step.CARE: [words, LLMError("told to fail")] if fails else [words]}
    world.reader.readings[GREY] = Reading("scripted reader", risk=PASSIVE)
    async with world.bot() as bot:
        actions = await world.hear(bot, said(1, GREY))
        turn = await last(bot)
        assert turn.assessment.risk == IMMINENT
        assert turn.calls == ("offer_crisis_resources: imminent",)
        assert matters(actions) == [Matter.RISK]
        assert texts(actions)[1:] == ([] if fails else [WORDS])
        # And where a card has gone out ahead, for less.
        actions = await world.hear(bot, said(2, EXPLICIT, conversation="board:other"))
        turn = await last(bot, "board:other")
    assert turn.assessment.risk == IMMINENT
    cards = [each for each in actions if isinstance(each, Tell)]
    assert [each.id for each in cards] == ["e2/care1", "e2/1"]
    assert cards[0].text != cards[1].text
    assert [each.decision.step for each in world.voice.asked if each.decision] == [Step.CARE, Step.CARE]


async def test_to_explicit_danger_nothing_is_written_that_does_not_know_of_it(world: World) -> None:
    read = world.reader.waits[EXPLICIT] = asyncio.Event()
    async with world.bot() as bot:
        await bot.receive(said(1, EXPLICIT))
        await until(bot, lambda: bool(world.reader.asked))
        await breathe(bot)
        read.set()
        await bot.settled()
    assert [brief.decision and brief.decision.step for brief in world.voice.asked] == [Step.CARE]


async def test_less_danger_than_was_seen_changes_nothing(world: World) -> None:
    world.voice.writes = {Step.CARE: [Written(WORDS, risk=PASSIVE)]}
    async with world.bot() as bot:
        actions = await world.hear(bot, said(1, EXPLICIT))
        turn = await last(bot)
    assert [each.id for each in actions if isinstance(each, Tell)] == ["e1/care1"]
    assert turn.assessment.risk.level >= Level.ACTIVE
    assert texts(actions)[1:] == [WORDS]


@pytest.mark.parametrize("text", [GREY, "abuse 2"])
async def test_called_for_in_the_care_window_there_is_a_short_word_and_nobody_is_called_again(
    text: str, world: World
) -> None:
    world.voice.writes = {each: [Written(risk=ACTIVE), Written(WORDS, risk=ACTIVE)] for each in (GREY, "abuse 2")}
    async with world.bot() as bot:
        await world.hear(bot, said(1, GREY))
        actions = await heard_late(world, bot, said(2, text))
        turn = await last(bot)
        assert [each.kind for each in actions] == ["say", "say"]
        assert texts(actions)[1:] == [WORDS]
        assert (turn.decision.step, turn.decision.reason) == (Step.CARE, Reason.STAYING)
        assert (await stands(bot)).marks == ()


async def test_a_warning_that_was_not_performed_is_taken_back_by_a_call(world: World) -> None:
    """What is decided here is performed by another process, which comes too late for the warning."""
    gravest = sorted(shipped().settings.concerns.gravest)[0]
    world.config = adjusted(redirections_gravest=0)
    world.reader.readings["grave"] = Reading(
        "scripted reader", concerns=(Concern(gravest, Severity.SEVERE, sure=True),)
    )
    store = await SqliteStore.open(world.path, exclusive=True)
    elsewhere = made(store, {}, world.clock, voice=world.voice, reader=world.reader, config=world.config)
    for number, text in ((1, "grave"), (2, GREY)):
        await elsewhere.receive(said(number, text))
        await elsewhere.settled()
    assert [each.decision.step for each in await store.turns(TALK)] == [Step.WARN, Step.CARE]
    await elsewhere.stop(0)
    await store.close()
    async with world.bot() as bot:
        await bot.settled()
        standing = await stands(bot)
    assert world.done == ["e2/0", "e2/1", "e2/2", "e2/3"]
    assert (standing.marks, standing.pending) == ((), None)


async def test_where_the_bot_has_ended_nothing_is_written_so_nothing_is_called(world: World) -> None:
    async with world.bot() as bot:
        await world.hear(bot, *(said(number, f"abuse {number}") for number in (1, 2, 3)))
        asked = len(world.voice.asked)
        read = world.reader.waits[GREY] = asyncio.Event()
        await bot.receive(said(4, GREY))
        await breathe(bot)
        read.set()
        await bot.settled()
        assert (await last(bot)).decision.step is Step.NUDGE
        assert len(world.voice.asked) == asked
        # In the care window of a member at risk the bot stays with them there.
        await world.hear(bot, said(5, EXPLICIT))
        actions = await world.hear(bot, said(6, GREY))
        assert (await last(bot)).decision.reason is Reason.STAYING
    assert texts(actions)[-1] == WORDS


async def test_a_refused_call_to_end_is_on_record_and_ends_nothing(world: World) -> None:
    world.voice.writes = {
        "hello": [Written("Bye."), Written("Bye. No, I am here.", calls=REFUSED)],
        "hello again": [Written("Bye.", calls=REFUSED), LLMError("told to fail")],
        Step.REDIRECT: [Written(REDIRECTS, calls=REFUSED)],
        Step.WARN: [Written(WARNS, calls=REFUSED), LLMError("told to fail")],
        Step.CARE: [Written(WORDS, calls=REFUSED)],
    }
    async with world.bot() as bot:
        for number, text in enumerate(("hello", "hello again", "abuse 1", "abuse 2", EXPLICIT), start=1):
            await world.hear(bot, said(number, text))
            assert (await last(bot)).calls == REFUSED, text
        assert await bot.store.latest_ending(TALK) is None
        steps = [each.decision.step for each in await bot.store.turns(TALK)]
    assert steps == [Step.ANSWER, Step.ANSWER, Step.REDIRECT, Step.WARN, Step.CARE]


async def test_a_turn_without_calls_has_none_on_record(world: World) -> None:
    async with world.bot() as bot:
        await world.hear(bot, said(1, "hello"), said(2, "abuse 2"))
        assert [each.calls for each in await bot.store.turns(TALK)] == [(), ()]


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with staged(adjusted(redirections=1)) as stage:
        yield stage


risks = st.builds(Risk, st.sampled_from(DANGERS), st.sampled_from(About), sure=st.just(True))
readings = st.sampled_from([
    INSULT,
    Reading("scripted reader"),
    Reading("scripted reader", risk=Risk(Level.PASSIVE, sure=False)),
    Reading("scripted reader", asks_to_end=True),
    Reading("scripted reader", affirms=True),
    Reading("scripted reader", risk=PASSIVE, concerns=INSULT.concerns),
    LLMError("told to fail"),
])  # fmt: skip


@given(
    before=st.integers(0, 2),
    reading=readings,
    risk=risks,
    fails=st.booleans(),
    early=st.booleans(),
    where=st.sampled_from(["draft", "everything but the draft"]),
)
@settings(max_examples=60, deadline=None)
def test_wherever_care_is_called_for_there_is_a_card_and_nothing_climbs(
    *,
    before: int,
    reading: Reading | Exception,
    risk: Risk,
    fails: bool,
    early: bool,
    where: str,
    stage: Stage,
) -> None:
    run, world, bot = stage.run, stage.world, stage.bot
    talk, minute = stage.talk()
    text, member = f"in {talk}", replace(ANN, id=f"{ANN.id} in {talk}")  # care would go with them into the next example
    world.reader.readings = {"abuse": INSULT, text: reading}
    world.voice.writes, world.voice.confirmed = {}, None
    told = (said(minute + each, "abuse", member=member, conversation=talk) for each in range(before))
    run(world.hear(bot, *told))
    standing = run(stands(bot, talk, member)) if before else Standing()
    called: list[Written | Exception | asyncio.Event] = [Written("I am", risk=risk)] if early or fails else []
    called.append(LLMError("told to fail") if fails else Written(WORDS, risk=risk))
    if where == "draft":
        world.voice.writes = {text: [Written(risk=risk), *called]}
    else:
        world.voice.writes = dict.fromkeys((Step.REDIRECT, Step.WARN, Step.CARE), called)
        world.voice.confirmed = Confirmed(False, risk=risk)
    actions = run(heard_late(world, bot, said(minute + 5, text, member=member, conversation=talk)))
    turn, after = run(last(bot, talk)), run(stands(bot, talk, member))
    asked = where == "draft" or turn.decision.step in {Step.CARE, Step.REDIRECT, Step.WARN}
    assert asked or (turn.decision.step, turn.calls) in {(Step.ANSWER, ()), (Step.ASK, ())}
    if asked:
        assert turn.decision.step is Step.CARE
        assert turn.assessment.risk.level >= risk.level
        assert is_card(actions)
        assert after.care_until is not None
        assert not [mark for mark in after.marks if mark.step is Step.WARN]
    assert reading is not INSULT or asked
    assert run(bot.store.latest_ending(talk)) is None
    assert set(after.marks) <= set(standing.marks)

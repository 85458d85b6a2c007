"""An answer that its asker gives up: nothing more of it appears, and the history has what was shown.

Nothing else can be stopped, by nobody else, and it moves nobody on the ladder.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from bot.domain.action import Outcome, Say, Tell
from bot.domain.assessment import Level, Reading, Risk
from bot.domain.conversation import Member
from bot.domain.event import Chose, Stopped
from bot.domain.record import Person
from bot.domain.step import Step
from bot.errors import LLMError
from bot.ports import Written
from tests.core.cases import ANN, BEN, EXPLICIT, INSULT, PLACE, TALK, World, adjusted, breathe, said, texts, until
from tests.fakes.clock import NOON

QUESTION = "How do bees find home?"
RISK = Reading(by="scripted reader", risk=Risk(Level.ACTIVE, sure=True))


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "fairwell.db", config=adjusted(redirections=1))


def stopped(number: float, *, member: Member = ANN, conversation: str = TALK) -> Stopped:
    """The button that was pressed so many minutes after noon."""
    at = NOON + timedelta(minutes=number)
    return Stopped(key=f"stop{number}", conversation=conversation, place=PLACE, member=member, at=at)


@dataclass
class Held(World):
    """A world in which pauses last until the test says so."""

    pause: asyncio.Event = field(default_factory=asyncio.Event)

    async def sleep(self, seconds: float) -> None:
        """A pause."""
        self.rests.append(seconds)
        await self.pause.wait()


class Writing:
    """An answer of which a half is there, and more only when the test says so."""

    def __init__(self, world: World, text: str = QUESTION, *, risk: Risk | None = None) -> None:
        self.begin, self.rest = asyncio.Event(), asyncio.Event()
        half, whole = Written("They use"), Written("They use the sun.", risk=risk)
        world.voice.writes = {**world.voice.writes, text: [self.begin, half, self.rest, whole]}

    def all(self) -> None:
        """Let it come to its end."""
        self.begin.set()
        self.rest.set()


async def test_an_answer_that_is_stopped_before_anything_is_shown_never_appears(world: World) -> None:
    Writing(world)
    async with world.bot() as bot:
        await bot.receive(said(1, QUESTION))
        await until(bot, lambda: bool(world.voice.asked))
        await bot.receive(stopped(2))
        await bot.settled()
        (turn,) = await bot.store.turns(TALK)
        assert (turn.decision.step, turn.turn.reply) == (Step.ANSWER, "")
    assert (world.board.performed, world.board.previews) == ([], [])


async def test_what_is_shown_stays_and_is_all_that_the_history_has(world: World) -> None:
    writing = Writing(world)
    async with world.bot() as bot:
        await bot.receive(said(1, QUESTION))
        writing.begin.set()
        await until(bot, lambda: bool(world.board.previews))
        await bot.receive(stopped(2))
        await bot.settled()
        (turn,) = await bot.store.turns(TALK)
        (action,) = world.board.performed
        assert (texts([action]), turn.turn.reply) == (["They use"], "They use")
        assert (await bot.store.receipt(action.id)) == world.board.receipts[action.id]
        assert (await bot.store.person(ANN.id, PLACE.space)).greeted is None  # the line stands where nobody saw it
        writing.rest.set()
        world.voice.writes = {}
        await world.hear(bot, said(3, "and ants?"))
        assert world.voice.asked[-1].history[-1].reply == "They use"
        days = world.config.settings.retention.open.days
        welcome = bot.words(PLACE, Person(ANN.id, PLACE.space)).talk.welcome.first(bot="Fairwell", days=days)
    assert texts(world.board.performed)[1:] == [f"answer to and ants?\n\n{welcome}"]


async def test_an_answer_that_is_kept_and_waits_for_the_platform_can_still_be_stopped(tmp_path: Path) -> None:
    world = Held(tmp_path / "fairwell.db")
    world.board.fails = 1
    world.voice.writes = {QUESTION: [Written("They use the sun.")]}
    async with world.bot() as bot:
        await bot.receive(said(1, QUESTION))
        await until(bot, lambda: bool(world.rests))
        await bot.receive(stopped(2))
        world.pause.set()
        await bot.settled()
        (turn,) = await bot.store.turns(TALK)
        assert turn.turn.reply == ""
        receipt = await bot.store.receipt("e1/0")
        assert receipt
        assert receipt.outcome is Outcome.CANCELLED
        assert (await bot.store.person(ANN.id, PLACE.space)).greeted is None
    assert world.board.performed == []


@pytest.mark.parametrize("shown", [False, True])
async def test_after_a_crash_a_stop_that_was_kept_still_holds(shown: bool, world: World) -> None:
    """shown: by a platform that still knows."""
    writing = Writing(world)
    async with world.bot(grace=0) as bot:
        await bot.receive(said(1, QUESTION))
        if shown:
            writing.begin.set()
            await until(bot, lambda: bool(world.board.previews))
        await until(bot, lambda: bool(world.voice.asked))
        await bot.store.accept(stopped(2), world.clock())  # kept; and killed before anybody heard of it
    world.voice.writes, asked = {}, len(world.voice.asked)
    async with world.bot() as bot:
        await bot.settled()
        (turn,) = await bot.store.turns(TALK)
        assert turn.turn.reply == ("They use" if shown else "")
        assert await bot.store.open_conversations() == ()
        assert len(world.voice.asked) == asked
    assert texts(world.board.performed) == (["They use"] if shown else [])


async def test_a_stop_that_is_heard_twice_stops_once(world: World) -> None:
    Writing(world)
    async with world.bot() as bot:
        await bot.receive(said(1, QUESTION))
        assert await bot.receive(stopped(2))
        await bot.settled()
        world.voice.writes = {}
        assert not await bot.receive(stopped(2))
        await world.hear(bot, said(2, "and ants?"))
        assert not await bot.receive(stopped(2))
    assert len(world.board.performed) == 1


@pytest.mark.parametrize("when", ["older", "answered", "nothing", "another thread"])
async def test_a_stop_that_is_about_nothing_does_nothing(when: str, world: World) -> None:
    writing = Writing(world)
    async with world.bot() as bot:
        if when == "nothing":
            await world.hear(bot, stopped(0))
        if when == "answered":
            writing.all()
            await world.hear(bot, said(1, QUESTION), stopped(2))
        else:
            await bot.receive(said(1, QUESTION))
            if when == "older":
                await bot.receive(stopped(0.5))
            if when == "another thread":
                await bot.receive(stopped(2, conversation="board:other"))
            await breathe(bot)
            writing.all()
            await bot.settled()
        assert await bot.store.open_conversations() == ()
        assert texts(world.board.performed)[0].startswith("They use the sun.")
        assert await bot.store.conversations("board", PLACE.space) == (TALK,)  # none begins with a stop


async def test_nobody_stops_what_somebody_else_has_asked(world: World) -> None:
    writing = Writing(world)
    async with world.bot() as bot:
        await bot.receive(said(1, QUESTION))
        await bot.receive(stopped(2, member=BEN))
        writing.all()
        await bot.settled()
    assert texts(world.board.performed)[0].startswith("They use the sun.")


async def test_who_has_asked_several_things_stops_all_of_them_and_nobody_elses(world: World) -> None:
    Writing(world)
    async with world.bot() as bot:
        await bot.receive(said(1, QUESTION))
        await bot.receive(said(2, "and ants?"))
        await bot.receive(said(3, "and wasps?", member=BEN))
        await bot.receive(stopped(4))
        await bot.receive(said(5, "and moths?"))
        await bot.settled()
        assert [turn.turn.reply[:10] for turn in await bot.store.turns(TALK)] == ["", "", "answer to ", "answer to "]
    assert [action.reply_to for action in world.board.performed if isinstance(action, Say)] == ["m3", "m5"]


@pytest.mark.parametrize("words", ["Let us talk about tides.", None])
async def test_a_redirection_a_warning_and_an_ending_come_whoever_presses_stop(words: str | None, world: World) -> None:
    world.voice.words = words
    for number in range(1, 5):
        world.reader.readings[f"you fool {number}"] = INSULT
    async with world.bot() as bot:
        for number in range(1, 5):
            read = world.reader.waits[f"you fool {number}"] = asyncio.Event()
            await bot.receive(said(number, f"you fool {number}"))
            await bot.receive(stopped(number + 0.5))
            await breathe(bot)
            read.set()
            await bot.settled()
        steps = [turn.decision.step for turn in await bot.store.turns(TALK)]
        assert steps[:3] == [Step.REDIRECT, Step.WARN, Step.END]
        assert all(turn.turn.reply for turn in (await bot.store.turns(TALK))[:3])
        assert (await bot.store.latest_ending(TALK)) is not None


async def test_stopping_moves_nobody_on_the_ladder(world: World) -> None:
    world.reader.readings["you fool"] = INSULT
    Writing(world)
    async with world.bot() as bot:
        await world.hear(bot, said(1, "you fool"))
        before = dict(await bot.store.standings(TALK))
        await world.hear(bot, stopped(1.5))
        assert dict(await bot.store.standings(TALK)) == before
        await bot.receive(said(2, QUESTION))
        await bot.receive(stopped(3))
        await bot.settled()
        own = dict(await bot.store.standings(TALK))[ANN.id]
        assert (own.clean, own.marks) == (1, before[ANN.id].marks)  # as after any other harmless question


@pytest.mark.parametrize("text", [EXPLICIT, "I am so tired of it all"])
async def test_care_comes_whoever_presses_stop_and_so_do_the_words_beside_it(text: str, world: World) -> None:
    read = world.reader.waits[text] = asyncio.Event()
    world.reader.readings[text] = RISK
    world.voice.begins = "I am here. "
    async with world.bot() as bot:
        await bot.receive(said(1, text))
        await bot.receive(stopped(2))
        await breathe(bot)
        read.set()
        await bot.settled()
        (turn,) = await bot.store.turns(TALK)
        assert turn.decision.step is Step.CARE
    said_ = [action for action in world.board.performed if isinstance(action, Say)]
    assert [action.urgent for action in said_] == [True, False]
    assert said_[1].text.startswith("I am here.")
    assert any(isinstance(action, Tell) or action.kind == "call_moderators" for action in world.board.performed)


async def test_what_the_model_called_for_before_it_was_stopped_is_met(world: World) -> None:
    begin, rest = asyncio.Event(), asyncio.Event()
    half = Written("I hear", risk=Risk(Level.ACTIVE, sure=True))
    world.voice.writes = {QUESTION: [begin, half, rest, Written("I hear you.", risk=half.risk)]}
    async with world.bot() as bot:
        await bot.receive(said(1, QUESTION))
        begin.set()
        await until(bot, lambda: bool(world.board.previews))
        world.voice.writes = {Step.CARE: [Written("I hear you, and I stay.")]}
        await bot.receive(stopped(2))
        await bot.settled()
        (turn,) = await bot.store.turns(TALK)
        assert turn.decision.step is Step.CARE
    spoken = [action for action in world.board.performed if isinstance(action, Say)]
    assert [action.urgent for action in spoken] == [True, False]
    assert spoken[1].text == "I hear you, and I stay."


async def test_an_answer_that_failed_as_it_was_stopped_is_excused_by_nobody(world: World) -> None:
    begin = asyncio.Event()
    world.voice.writes = {QUESTION: [begin, LLMError("told to fail")]}
    pause = asyncio.Event()
    world.board.waits["e0/0"] = pause
    async with world.bot() as bot:
        await bot.receive(Chose(key="e0", conversation=TALK, place=PLACE, member=ANN, at=NOON, language="en"))
        await bot.receive(said(1, QUESTION))
        await until(bot, lambda: bool(world.voice.asked))
        await bot.receive(stopped(2))
        begin.set()
        await bot.settled()
    assert world.board.performed == []

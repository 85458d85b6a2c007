"""Budgets: what models may be used for on a day; care is never limited, and boundaries hold without any answer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bot import configuration
from bot.configuration import Configuration
from bot.core import Bot
from bot.domain.assessment import About, Level, Reading, Risk
from bot.domain.conversation import Place
from bot.domain.event import Chose
from bot.domain.record import Record
from bot.domain.standing import Standing
from bot.domain.step import Confirmation, Reason, Step
from bot.domain.usage import NOTHING_SPENT, Spent, Usage
from bot.errors import LLMError, StoreError
from bot.llm.offline import OfflineLLM
from bot.ports import Written
from bot.store.sqlite import SqliteStore
from tests.configs import small_config
from tests.core.cases import (
    ANN,
    BEN,
    CEM,
    EXPLICIT,
    INSULT,
    MODERATOR,
    PLACE,
    TALK,
    World,
    adjusted,
    made,
    said,
    shipped,
    texts,
    until,
)
from tests.fakes.clock import NOON

LANGUAGES = shipped().wording.languages
TODAY, TOMORROW = "2026-03-14", "2026-03-15"
MIDNIGHT = 12 * 60  # minutes after noon
GREY = "It is all grey."
WORDS = "I am glad that you wrote."


def spent_text(language: str = "en") -> str:
    return shipped().wording.words(language, "board").talk.apology.budget


def with_budget(whole: Configuration | None = None, **budget: int) -> Configuration:
    """Everywhere."""
    whole = whole or shipped()
    everywhere = whole.settings.everywhere
    none = dict.fromkeys(type(everywhere.budget).model_fields, 0)
    changed = replace(everywhere, budget=everywhere.budget.model_copy(update={**none, **budget}))
    return replace(whole, settings=replace(whole.settings, everywhere=changed))


def used(tokens: int = 100, *, member: str = ANN.id) -> Usage:
    """Some of each kind."""
    half, quarter = tokens // 2, tokens // 4
    return Usage(
        space="space", member=member, model="main", fresh=half, cache_read=quarter, output=tokens - half - quarter
    )


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path / "fairwell.db", config=with_budget(member_turns=1))
    made.reader.readings = {f"abuse {number}": INSULT for number in range(100)}
    made.reader.readings[GREY] = Reading("scripted reader", risk=Risk(Level.ACTIVE, About.SELF, sure=True))
    made.voice.writes = {Step.CARE: [Written(WORDS)]}
    return made


async def spent(bot: Bot, day: str = TODAY) -> tuple[Spent, Spent]:
    """By Ann, and in the space."""
    scene = await bot.store.scene(said(999, ""), 0, day)
    return scene.spent_by_member, scene.spent_by_space


@asynccontextmanager
async def spending(world: World, language: str = "en") -> AsyncIterator[Bot]:
    """A bot that Ann has had her one answer of."""
    async with world.bot() as bot:
        chosen = Chose(key="chose", conversation=TALK, place=PLACE, member=ANN, at=NOON, language=language)
        (answer,) = texts(await world.hear(bot, chosen, said(1, "hello")))
        assert answer.startswith("answer to hello")
        yield bot


@pytest.mark.parametrize("language", LANGUAGES)
async def test_beyond_the_budget_a_member_is_told_so_kindly_and_no_main_model_is_asked(
    language: str, world: World
) -> None:
    async with spending(world, language) as bot:
        assert texts(await world.hear(bot, said(2, "and again"))) == [spent_text(language)]
        turn = (await bot.store.turns(TALK))[-1]
        assert (turn.decision.step, turn.decision.reason) == (Step.ANSWER, Reason.CLEAN)
        assert turn.turn.reply == spent_text(language)
        assert await spent(bot) == (Spent(turns=1), Spent(turns=1))
    assert [brief.text for brief in world.voice.asked] == ["hello"]
    assert [brief.text for brief in world.reader.asked] == ["hello", "and again"]
    assert world.board.previews == ["answer to "]


@pytest.mark.parametrize("whose", ["member", "space"])
@pytest.mark.parametrize("what", ["turns", "tokens"])
async def test_turns_or_tokens_of_the_member_or_of_the_space_are_limited(what: str, whose: str, world: World) -> None:
    world.config = with_budget(None, **{f"{whose}_{what}": 2 if what == "turns" else 200})
    elsewhere = Place("board", "another space", "channel")
    async with world.bot() as bot:
        for number in (1, 2):
            world.voice.usage = [used(100)]
            (answer,) = texts(await world.hear(bot, said(number, "hello")))
            assert answer.startswith("answer to hello")
        assert await spent(bot) == (Spent(2, 200), Spent(2, 200))
        assert texts(await world.hear(bot, said(3, "hello"))) == [spent_text()]
        (to_ben,) = texts(await world.hear(bot, said(4, "hello", member=BEN)))
        assert to_ben.startswith(spent_text() if whose == "space" else "answer to hello")
        other = replace(said(5, "hello", conversation="board:elsewhere"), place=elsewhere)
        (answer,) = texts(await world.hear(bot, other))
        assert answer.startswith("answer to hello")


async def test_without_limits_there_is_no_end(world: World) -> None:
    world.config = with_budget()
    world.voice.usage = [used(10**9)]
    async with world.bot() as bot:
        await world.hear(bot, said(1, "hello"), said(2, "hello"))
        assert (await spent(bot))[0] == Spent(2, 10**9)
    assert spent_text() not in "".join(texts(world.board.performed))


async def test_at_midnight_everybody_begins_anew(world: World) -> None:
    async with spending(world) as bot:
        late, new = said(MIDNIGHT - 1, "hello again"), said(MIDNIGHT, "good morning")
        assert texts(await world.hear(bot, late)) == [spent_text()]
        assert texts(await world.hear(bot, new)) == ["answer to good morning"]
        assert texts(await world.hear(bot, said(MIDNIGHT + 1, "hello"))) == [spent_text()]
        assert [(await spent(bot, day))[0].turns for day in (TODAY, TOMORROW)] == [1, 1]


async def test_what_is_answered_past_midnight_counts_for_the_new_day(world: World) -> None:
    slow = world.voice.waits["hello"] = asyncio.Event()
    async with world.bot() as bot:
        event = said(MIDNIGHT - 1, "hello")
        world.clock.at = event.at
        await bot.receive(event)
        await until(bot, lambda: bool(world.voice.asked))
        world.clock.at = said(MIDNIGHT + 1, "").at
        slow.set()
        await bot.settled()
        assert [(await spent(bot, day))[0].turns for day in (TODAY, TOMORROW)] == [0, 1]


async def test_a_space_has_a_budget_of_its_own(world: World, tmp_path: Path) -> None:
    directory = small_config(tmp_path / "config")
    file = directory / "fairwell.toml"
    own = '\n[[space]]\nid = "board:space"\nbudget = { member_turns = 1 }\n[[space.channel]]\nid = "side"\n'
    file.write_text(file.read_text("utf-8") + own, "utf-8")
    world.config = configuration.load(directory, {})
    async with spending(world) as bot:
        for number, place, answered in (
            (2, PLACE, False),
            (3, Place("board", "space", "side"), False),
            (4, Place("board", "other", "channel"), True),
        ):
            event = replace(said(number, "hello", conversation=f"board:{number}"), place=place)
            (answer,) = texts(await world.hear(bot, event))
            assert answer.startswith("answer to hello" if answered else spent_text()), place


async def test_the_budget_survives_a_restart(world: World) -> None:
    async with spending(world):
        pass
    async with world.bot() as bot:
        assert texts(await world.hear(bot, said(2, "hello"))) == [spent_text()]


# Care is never limited.


@pytest.mark.parametrize("text", [EXPLICIT, GREY])
async def test_a_card_and_words_beside_it_are_there_whatever_was_spent(text: str, world: World) -> None:
    async with spending(world) as bot:
        actions = await world.hear(bot, said(2, text))
        turn = (await bot.store.turns(TALK))[-1]
        assert await spent(bot) == (Spent(turns=1), Spent(turns=1))
    assert [(each.kind, getattr(each, "urgent", False)) for each in actions] == [
        ("say", True),
        ("tell", True),
        ("call_moderators", False),
        ("say", False),
    ]
    assert texts(actions)[1:] == [WORDS]
    assert (turn.decision.step, turn.decision.reason) == (Step.CARE, Reason.RISK)


async def test_in_the_care_window_everybody_there_is_answered_and_nothing_is_counted(world: World) -> None:
    async with spending(world) as bot:
        await world.hear(bot, said(2, EXPLICIT))
        for number in (3, 4, 5):
            assert texts(await world.hear(bot, said(number, "and again"))) == ["answer to and again"]
            (to_ben,) = texts(await world.hear(bot, said(10 + number, "me too", member=BEN)))
            assert to_ben.startswith("answer to me too")
        assert await spent(bot) == (Spent(turns=1), Spent(turns=1))
        assert texts(await world.hear(bot, said(20, "hello", conversation="board:other"))) == ["answer to hello"]
        await world.hear(bot, said(30 * 60, "hello a day later", conversation="board:other"))
        assert texts(await world.hear(bot, said(30 * 60 + 1, "once more", conversation="board:other"))) == [
            spent_text()
        ]


async def test_a_care_window_that_opens_while_a_message_is_read_holds_for_it(world: World) -> None:
    read = world.reader.waits["how are you?"] = asyncio.Event()
    async with spending(world) as bot:
        await bot.receive(said(2, "how are you?"))
        await until(bot, lambda: len(world.reader.asked) == 2)
        await bot.receive(said(3, EXPLICIT))
        await until(bot, lambda: "e3/care0" in world.done)
        read.set()
        await bot.settled()
        turn = (await bot.store.turns(TALK))[1]
    assert turn.decision.reason is Reason.CARE_WINDOW
    assert turn.turn.reply == "answer to how are you?"


# Boundaries hold.


async def test_abuse_climbs_in_fixed_words_up_to_an_ending_that_is_confirmed(world: World) -> None:
    world.config = with_budget(adjusted(redirections=1), member_turns=1)
    words = world.config.wording.words("en", "board")
    redirects, warns = "Shall we go back to it?", f"{words.warning('insult')} OK?"
    world.voice.writes = {Step.REDIRECT: [Written(redirects)], Step.WARN: [Written(warns)]}
    async with spending(world) as bot:
        assert texts(await world.hear(bot, said(2, "abuse 2"))) == [words.redirection(0)]
        assert texts(await world.hear(bot, said(3, "abuse 3"))) == [words.warning("insult")]
        assert [brief.text for brief in world.voice.asked] == ["hello"]
        actions = await world.hear(bot, said(4, "abuse 4"))
        turn = (await bot.store.turns(TALK))[-1]
    assert texts(actions) == [words.ending("insult", redirected=[2], warned=[3], turn=4)]
    assert (turn.decision.step, turn.decision.confirmation) == (Step.END, Confirmation.CONFIRMED)


async def test_a_member_can_still_ask_to_end(world: World) -> None:
    world.reader.readings |= {
        "stop": Reading("scripted reader", asks_to_end=True),
        "yes": Reading("scripted reader", affirms=True),
    }
    words = world.config.wording.words("en", "board")
    async with spending(world) as bot:
        assert texts(await world.hear(bot, said(2, "stop"))) == [words.boundary.ask.end]
        assert texts(await world.hear(bot, said(3, "yes"))) == [words.ending_on_request()]


async def test_nothing_is_held_against_who_goes_on_asking(world: World) -> None:
    world.reader.readings["unread"] = LLMError("told to fail")
    async with spending(world) as bot:
        for number in range(2, 9):
            text = "unread" if number == 5 else "hello"
            assert texts(await world.hear(bot, said(number, text))) == [spent_text()]
        assert dict(await bot.store.standings(TALK))[ANN.id] == replace(Standing(), clean=2)


# Booked once.


async def test_what_a_turn_used_is_booked_with_it(world: World) -> None:
    world.voice.usage = [used(100), used(40, member=BEN.id)]
    async with world.bot() as bot:
        await world.hear(bot, said(1, "hello"))
        assert await spent(bot) == (Spent(1, 100), Spent(1, 140))
        assert world.voice.usage == []


async def test_a_record_that_came_too_late_books_once(world: World) -> None:
    slow = world.voice.waits["hello"] = asyncio.Event()
    world.voice.usage = [used(100)]
    async with world.bot() as bot:
        await bot.receive(said(1, "hello"))
        await until(bot, lambda: bool(world.voice.asked))
        event = said(2, "", member=MODERATOR)
        scene = await bot.store.scene(event, 0)
        assert await bot.store.record(Record(event=event, expects=scene.version, conversation=scene.conversation))
        slow.set()
        await bot.settled()
        assert await spent(bot) == (Spent(1, 100), Spent(1, 100))
        await bot.turns.book()
        assert await spent(bot) == (Spent(1, 100), Spent(1, 100))


class Failing(SqliteStore):
    """Fails as often as it is told to, before anything is written."""

    fails = 0

    async def record(self, record: Record) -> bool:
        self._fail()
        return await super().record(record)

    async def spend(self, usage: object, today: str) -> None:
        self._fail()
        await super().spend(usage, today)  # type: ignore[arg-type]

    def _fail(self) -> None:
        if self.fails:
            self.fails -= 1
            raise StoreError("told to fail")


async def test_what_the_store_could_not_keep_is_booked_later(world: World) -> None:
    store = await Failing.open(world.path, exclusive=True)
    assert isinstance(store, Failing)
    bot = made(
        store,
        {"board": world.board},
        world.clock,
        voice=world.voice,
        reader=world.reader,
        config=world.config,
        sleep=world.sleep,
    )
    store.fails = 2
    world.voice.usage = [used(100)]
    await world.hear(bot, said(1, "hello"))
    assert world.done == ["e1/0"]
    assert (await spent(bot))[0] == Spent(1, 100)
    world.voice.usage = [used(10)]
    store.fails = 1
    with pytest.raises(StoreError):
        await bot.turns.book()
    world.voice.usage = [used(4)]
    await bot.turns.book()
    assert (await spent(bot))[0] == Spent(1, 114)
    await bot.turns.book()
    await bot.stop(1)
    assert (await spent(bot))[0] == Spent(1, 114)
    await store.close()


async def test_what_is_used_outside_a_turn_is_booked_at_a_stop(world: World) -> None:
    async with world.bot() as bot:
        await world.hear(bot, said(1, "hello"))
        world.voice.usage = [used(100)]
    async with world.bot() as bot:
        assert (await spent(bot))[0] == Spent(1, 100)


async def test_what_a_turn_used_that_was_set_aside_is_booked(world: World) -> None:
    world.voice.faults["broken"] = KeyError("told to fail")
    async with world.bot() as bot:
        world.voice.usage = [used(100, member=CEM.id)]
        await world.hear(bot, said(1, "broken", member=CEM))
        await bot.turns.book()
        assert await spent(bot) == (NOTHING_SPENT, Spent(0, 100))


async def test_offline_nothing_is_used_and_nothing_is_limited(world: World) -> None:
    world.config = with_budget(shipped(), member_turns=1)
    store = await SqliteStore.open(world.path, exclusive=True)
    bot = Bot(
        store=store,
        voice=OfflineLLM(world.config.wording.stand_in),
        reader=None,
        configuration=lambda: world.config,
        platforms={"board": world.board},
        clock=world.clock,
    )
    for number in (1, 2, 3):
        await bot.receive(said(number, "hello"))
        await bot.settled()
    await bot.stop(1)
    await store.close()
    budget = world.config.wording.words("en", "board").talk.apology.budget
    assert len(texts(world.board.performed)) == 3
    assert not any(budget in text for text in texts(world.board.performed))

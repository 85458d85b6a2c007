"""Answers: refused, failed, cut off, and shown as they grow."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.core import Bot
from bot.domain.event import Chose
from bot.domain.standing import Standing
from bot.domain.step import Reason, Step
from bot.domain.usage import Spent
from bot.errors import LLMError, LLMRefused, LLMTooLarge
from bot.ports import Written
from bot.reply.texts import Apology
from bot.speaking import whole_part
from tests.core.cases import ANN, INSULT, PLACE, TALK, World, breathe, said, shipped, texts, until
from tests.fakes.clock import NOON

QUESTION = "How do bees find home?"
LANGUAGES = shipped().wording.languages


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "fairwell.db")


def apology(language: str = "en") -> Apology:
    return shipped().wording.words(language, "board").talk.apology


async def answered(world: World, bot: Bot, *writes: Written | Exception, language: str = "en") -> str:
    """What is said to a question after a first "hello", if the model writes that."""
    world.voice.writes = {QUESTION: writes}
    chosen = Chose(key="chose", conversation=TALK, place=PLACE, member=ANN, at=NOON, language=language)
    _, answer = texts(await world.hear(bot, chosen, said(1, "hello"), said(2, QUESTION)))
    turn = (await bot.store.turns(TALK))[-1]
    assert (turn.decision.step, turn.decision.reason) == (Step.ANSWER, Reason.CLEAN)
    assert turn.turn.reply == answer
    assert dict(await bot.store.standings(TALK))[ANN.id] == Standing(clean=2)
    return answer


FAULTS = (LLMRefused("told to refuse"), LLMError("told to fail"), LLMTooLarge("told to fail"))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("so_far", [(), (Written("Bees "), Written("Bees use the "))])
async def test_in_place_of_an_answer_that_was_refused_or_failed_is_a_plain_sentence(
    language: str, fault: Exception, so_far: Sequence[Written], world: World
) -> None:
    instead = apology(language).declined if isinstance(fault, LLMRefused) else apology(language).outage
    async with world.bot() as bot:
        assert await answered(world, bot, *so_far, fault, language=language) == instead


@pytest.mark.parametrize("language", LANGUAGES)
async def test_an_answer_that_was_cut_off_ends_with_a_whole_sentence_and_says_so(language: str, world: World) -> None:
    async with world.bot() as bot:
        answer = await answered(world, bot, Written("They use the sun. And the", cut=True), language=language)
    assert answer == f"They use the sun.\n\n{apology(language).cut_short}"


async def test_code_that_was_cut_off_is_closed(world: World) -> None:
    async with world.bot() as bot:
        answer = await answered(world, bot, Written("So:\n```python\nbees = 1\nhome =", cut=True))
    assert answer == f"So:\n```python\nbees = 1\n```\n\n{apology().cut_short}"


@pytest.mark.parametrize("fault", FAULTS)
async def test_an_answer_that_failed_is_not_counted(fault: Exception, world: World) -> None:
    async with world.bot() as bot:
        await answered(world, bot, fault)
        scene = await bot.store.scene(said(9, ""), 0, "2026-03-14")
    assert scene.spent_by_member == Spent(turns=1)  # the "hello"


# As it grows.


async def test_nothing_is_shown_before_the_decision(world: World) -> None:
    read = world.reader.waits[QUESTION] = asyncio.Event()
    rest = asyncio.Event()
    world.voice.writes = {QUESTION: [Written("They"), Written("They use"), rest, Written("They use the sun.")]}
    async with world.bot() as bot:
        await bot.receive(said(1, QUESTION))
        await until(bot, lambda: bool(world.voice.asked))
        await breathe(bot)
        assert (world.board.previews, world.done) == ([], [])
        read.set()
        await until(bot, lambda: bool(world.board.previews))
        assert world.done == []
        rest.set()
        await bot.settled()
    assert world.board.previews == ["They use"]
    assert texts(world.board.performed)[0].startswith("They use the sun.")


async def test_a_space_in_which_answers_come_whole_sees_nothing_of_them_from_the_moment_it_says_so(
    world: World,
) -> None:
    first, rest = asyncio.Event(), asyncio.Event()
    world.voice.writes = {QUESTION: [first, Written("They"), rest, Written("They use"), Written("They use the sun.")]}
    async with world.bot() as bot:
        await bot.receive(said(1, QUESTION))
        await until(bot, lambda: bool(world.voice.asked))
        first.set()
        await until(bot, lambda: bool(world.board.previews))
        everywhere = replace(world.config.settings.everywhere, streaming=False)
        world.config = replace(world.config, settings=replace(world.config.settings, everywhere=everywhere))
        rest.set()
        await bot.settled()
    assert world.board.previews == ["They"]
    assert texts(world.board.performed)[0].startswith("They use the sun.")


async def test_an_answer_that_is_no_answer_is_never_shown(world: World) -> None:
    read, rest = asyncio.Event(), asyncio.Event()
    world.reader.waits["abuse"], world.reader.readings["abuse"] = read, INSULT
    world.voice.writes = {"abuse": [Written("They"), rest, Written("They use the sun.")]}
    async with world.bot() as bot:
        await bot.receive(said(1, "abuse"))
        await until(bot, lambda: bool(world.voice.asked))
        await breathe(bot)
        read.set()
        await bot.settled()  # which waits for no draft that nobody wants
    assert world.board.previews == []
    assert "They" not in texts(world.board.performed)[0]


async def test_what_is_shown_may_begin_anew_and_what_counts_is_the_whole(world: World) -> None:
    grows = [Written(""), Written("They use"), Written("They use the"), Written("Bees"), Written("Bees see")]
    async with world.bot() as bot:
        assert await answered(world, bot, *grows, Written("Bees see the sun.")) == "Bees see the sun."
    assert world.board.previews[1:] == ["They use", "They use the", "Bees", "Bees see"]  # the first: to "hello"


async def test_what_was_shown_of_an_answer_that_failed_gives_way_to_the_apology(world: World) -> None:
    async with world.bot() as bot:
        assert await answered(world, bot, Written("They use"), LLMError("told to fail")) == apology().outage
    assert world.board.previews[-1] == "They use"
    assert "They use" not in "".join(texts(world.board.performed))


# What of a text that was cut off can stand by itself.


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("They use the sun. And the", "They use the sun."),
        ("They use the sun! (And the moon.) So", "They use the sun! (And the moon.)"),
        ("It is 3.1", "It is…"),
        ("One. Then a sentence without an end that goes on and", "One. Then a sentence without an end that goes on…"),
        ("a" * 100, "a" * 100 + "…"),
        ("a " + "b" * 100, "a " + "b" * 100 + "…"),
        ("- one\n- two\n- thr", "- one\n- two"),
        ("ミツバチは太陽を使います。そして月を", "ミツバチは太陽を使います。"),
        ("蜜蜂用太阳找路！它们也用气味。然后", "蜜蜂用太阳找路！它们也用气味。"),
        ("「太陽を使います。」そし", "「太陽を使います。」"),
        ("ミツバチは太陽を使い", "ミツバチは太陽を使い…"),
        ("ผึ้งใช้ดวงอาทิตย์เพื่อหาทาง", "ผึ้งใช้ดวงอาทิตย์เพื่อหาทาง…"),
        ("मधुमक्खियाँ सूरज देखती हैं। और फिर", "मधुमक्खियाँ सूरज देखती हैं।"),
        ("هل ترى الشمس؟ نعم، وال", "هل ترى الشمس؟"),
        ("", ""),
        (" \n", ""),
        ("So:\n```python\na = 1\nb =", "So:\n```python\na = 1\n```"),
        ("So:\n```python\na = 1\n```\nThen do it. And", "So:\n```python\na = 1\n```\nThen do it."),
        ("```python\nvalue_of_it_all = nothing_at_all(", "```python\nvalue_of_it_all =…\n```"),
        ("So:\n~~~\na = 1\nb", "So:\n~~~\na = 1\n~~~"),
        ("So:\n````md\n```\na\n```\nb", "So:\n````md\n```\na\n```\n````"),
        ("1. So:\n   ```\n   a = 1\n   b", "1. So:\n   ```\n   a = 1\n   ```"),
        ("Say ```a``` and go. Then", "Say ```a``` and go."),
        ("```a``` is it.\nAnd th", "```a``` is it."),
    ],
)
def test_what_can_stand_by_itself(text: str, part: str) -> None:
    assert whole_part(text) == part


LINES = ("```", "```python", "  ```", "a = 1", "One. Two three", "三。四", "", "~~~", "a```b```", "````")
cut_off = st.lists(st.sampled_from(LINES) | st.text(max_size=20), max_size=8).map("\n".join) | st.text()


@given(cut_off)
@example("a b")
@example("。")
def test_it_is_a_beginning_of_the_text_and_no_block_of_code_stays_open(text: str) -> None:
    part = whole_part(text)
    before, _, closing = part.rpartition("\n")
    own = before if _open(before) and set(closing.strip()) in ({"`"}, {"~"}) else part
    assert any(text.startswith(each.removesuffix("…")) for each in (own, part))
    assert not _open(part)
    assert bool(part) is bool(text.strip())
    assert len(part) >= len(text.strip()) // 2


def _open(text: str) -> bool:
    """Whether a block of code is open at the end: line by line, as CommonMark has it."""
    fence = ""
    for line in text.split("\n"):
        bare = line.lstrip(" \t").rstrip()
        mark = bare[:1] if bare[:3] in {"```", "~~~"} else ""
        run = len(bare) - len(bare.lstrip(mark)) if mark else 0
        if run and not fence and mark not in bare[run:]:
            fence = bare[:run]
        elif fence and mark == fence[0] and run >= len(fence) and run == len(bare):
            fence = ""
    return bool(fence)

"""A card that nobody saw is no card; a call that an edit makes due is made."""

from pathlib import Path

import pytest

from bot.domain.action import Action, CallModerators, Receipt, Say, Tell
from bot.domain.assessment import About, Level, Reading, Risk
from bot.domain.step import Reason, Step
from bot.errors import PlatformError
from bot.ports import Written
from tests.core.cases import EXPLICIT, TALK, World, edited, said, until
from tests.fakes.clock import NOON
from tests.fakes.platforms import Board

KINDS = CallModerators, Say
GREY = "It is all grey."  # what only a model reads as a risk


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "fairwell.db")


async def test_after_a_card_that_the_platform_refused_the_next_sign_gets_one_however_soon(world: World) -> None:
    async with world.bot() as bot:
        world.board.refuses = {"say"}
        await bot.receive(said(1, EXPLICIT))
        await bot.settled()
        world.board.refuses = set()
        await bot.receive(said(2, EXPLICIT))
        await bot.settled()
        assert [each.decision.reason for each in await bot.store.turns(TALK)] == [Reason.RISK, Reason.RISK]
        cards = [action.text for action in world.board.performed if isinstance(action, Say) and action.urgent]
        assert len(cards) == 1
        await bot.receive(said(3, EXPLICIT))
        await bot.settled()
        assert (await bot.store.turns(TALK))[-1].decision.reason is Reason.STAYING


async def test_an_edit_soon_after_a_card_calls_moderators_if_nobody_has(world: World) -> None:
    grief = "It is a year today."
    loss = Risk(Level.ACTIVE, About.BEREAVED, sure=True)
    world.reader.readings[grief] = Reading("scripted reader", risk=loss)
    async with world.bot() as bot:
        await bot.receive(said(1, grief))
        await bot.settled()
        assert not [each for each in world.board.performed if isinstance(each, CallModerators)]
        await bot.receive(edited(2, "m1", EXPLICIT))
        await bot.settled()
        assert len([each for each in world.board.performed if isinstance(each, CallModerators)]) == 1


@pytest.mark.parametrize("words", ["Call 0800 123 456 now.", "See https://help.example.org today.", "Dial 988!"])
async def test_the_models_words_beside_a_card_name_no_number_and_no_address(world: World, words: str) -> None:
    grey = "It is all grey."
    world.reader.readings[grey] = Reading("scripted reader", risk=Risk(Level.ACTIVE, sure=True))
    world.voice.writes = {Step.CARE: [Written(words)]}
    async with world.bot() as bot:
        await bot.receive(said(1, grey))
        await bot.settled()
    texts = [action.text for action in world.board.performed if isinstance(action, Say)]
    assert len(texts) == 1  # the card alone
    assert words not in texts[0]


async def test_where_a_card_cannot_be_posted_moderators_are_called_all_the_same(world: World) -> None:
    async with world.bot() as bot:
        world.board.fails = 1
        await bot.receive(said(1, EXPLICIT))
        await until(bot, lambda: len(world.done) >= 3)
        call, card = (
            next(i for i, each in enumerate(world.board.performed) if isinstance(each, kind)) for kind in KINDS
        )
        assert call < card
        await bot.settled()
    assert len(world.done) == len(set(world.done))


class Blind(Board):
    """Nobody can look what is there."""

    async def find(self, action: Action) -> Receipt | None:
        """Not now."""
        raise PlatformError("told to fail")


async def test_after_a_restart_a_card_that_cannot_be_there_is_not_looked_for(world: World) -> None:
    async with world.bot() as bot:
        await bot.store.accept(said(1, EXPLICIT), NOON)
    world.board = Blind(world.clock)
    async with world.bot() as bot:
        await until(bot, lambda: "e1/care0" in world.done)


class Wordless(Board):
    """Takes no card in a conversation, ever."""

    async def perform(self, action: Action) -> Receipt:
        """What else there is."""
        if isinstance(action, Say) and action.urgent:
            raise PlatformError("told to fail")
        return await super().perform(action)


@pytest.mark.parametrize("text", [EXPLICIT, GREY])
@pytest.mark.parametrize("stored", [False, True])
async def test_where_a_card_can_never_be_posted_they_are_told_alone_and_moderators_are_called_once(
    world: World, text: str, *, stored: bool
) -> None:
    world.reader.readings[GREY] = Reading("scripted reader", risk=Risk(Level.IMMINENT, sure=True))
    if stored:  # decided before a restart, and nothing of it performed
        world.board.fails = 1_000_000
        async with world.bot(grace=0) as bot:
            await bot.receive(said(1, text))
            await until(bot, lambda: bool(world.rests))
        world.rests.clear()
    world.board = Wordless(world.clock)
    async with world.bot(grace=0) as bot:
        if not stored:
            await bot.receive(said(1, text))
        await until(bot, lambda: len(world.rests) > 3)
    assert [type(each) for each in world.board.performed] == [Tell, CallModerators]


async def test_after_another_try_a_card_that_cannot_be_there_is_not_looked_for(world: World) -> None:
    world.board = Blind(world.clock)
    world.reader.readings[GREY] = Reading("scripted reader", risk=Risk(Level.ACTIVE, sure=True))
    async with world.bot() as bot:
        await bot.store.accept(said(1, GREY), NOON)
        await bot.store.fail("e1", "LLMError")
    async with world.bot() as bot:
        await until(bot, lambda: any(isinstance(each, Say) for each in world.board.performed))

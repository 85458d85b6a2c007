"""The main model's words for a step: said if they fit, else the fixed ones; the step itself is the policy's."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core import Bot
from bot.domain.action import Action, AskFeedback, CloseThread, Say
from bot.domain.assessment import Concern, Reading, Severity
from bot.domain.event import Chose
from bot.domain.record import Record
from bot.domain.step import Confirmation, Reason, Step
from bot.errors import LLMError, LLMRefused
from bot.llm.folding import folded
from bot.ports import Written
from bot.reply.texts import Words
from tests.core.cases import ANN, INSULT, MODERATOR, PLACE, TALK, Stage, World, adjusted, said, shipped, staged, texts
from tests.fakes.clock import NOON

LANGUAGES = shipped().wording.languages
REQUEST = Reading("scripted reader", concerns=(Concern("harmful_request", Severity.SERIOUS, sure=True),))
Wrong = Callable[[str], Sequence[Written | Exception]]


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path / "fairwell.db", config=adjusted(redirections=1))
    made.reader.readings = {f"abuse {number}": INSULT for number in range(100)}
    made.reader.readings |= {f"request {number}": REQUEST for number in range(100)}
    return made


@dataclass(frozen=True)
class Fitting:
    """Words of a model that fit, in one language, and the fixed ones."""

    words: Words

    @property
    def redirects(self) -> str:
        return f"{self.words.boundary.redirect.general[2]} OK?"

    @property
    def refuses(self) -> str:
        return f"{self.words.boundary.written.refusal} {self.redirects}"

    @property
    def warns(self) -> str:
        warn = self.words.boundary.warn.general
        return f"{self.words.conduct('insult')}: OK? {warn.redirects} {warn.consequence}"

    @property
    def bids_farewell(self) -> str:
        return self.words.boundary.redirect.declined

    @property
    def consequence(self) -> str:
        return self.words.boundary.warn.general.consequence


def fitting(language: str = "en") -> Fitting:
    return Fitting(shipped().wording.words(language, "board"))


async def greeted(world: World, bot: Bot, language: str = "en") -> None:
    """Ann writes her first message, and the bot knows her language."""
    chosen = Chose(key="chose", conversation=TALK, place=PLACE, member=ANN, at=NOON, language=language)
    await world.hear(bot, chosen, said(1, "hello"))


async def steps(bot: Bot) -> list[tuple[Step, Reason]]:
    return [(each.decision.step, each.decision.reason) for each in await bot.store.turns(TALK)]


async def marks(bot: Bot) -> list[tuple[Step, int]]:
    """What is held against Ann."""
    return [(mark.step, mark.turn) for mark in dict(await bot.store.standings(TALK))[ANN.id].marks]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_words_that_fit_are_said_in_every_language(language: str, world: World) -> None:
    own = fitting(language)
    world.voice.writes = {Step.REDIRECT: [Written(own.redirects)], Step.WARN: [Written(own.warns)]}
    async with world.bot() as bot:
        await greeted(world, bot, language)
        assert texts(await world.hear(bot, said(2, "abuse 2"))) == [own.redirects]
        assert texts(await world.hear(bot, said(3, "abuse 3"))) == [own.warns]
        assert await marks(bot) == [(Step.REDIRECT, 2), (Step.WARN, 3)]
    redirecting, warning = [brief for brief in world.voice.asked if brief.decision]
    assert (redirecting.language, redirecting.must_say) == (language, ())
    assert warning.must_say == (own.words.conduct("insult"), own.consequence)


async def test_words_are_asked_for_in_the_language_that_the_reader_has_recognised(world: World) -> None:
    own = fitting("de")
    world.reader.readings["abuse 2"] = replace(INSULT, language="de")
    async with world.bot() as bot:
        await world.hear(bot, said(1, "hello"))
        assert texts(await world.hear(bot, said(2, "abuse 2"))) == [own.words.redirection(0)]
        world.reader.readings["abuse 3"] = replace(INSULT, language="de")
        world.voice.writes = {Step.WARN: [Written(own.warns)]}
        assert texts(await world.hear(bot, said(3, "abuse 3"))) == [own.warns]
    asked = [brief for brief in world.voice.asked if brief.decision]
    assert [brief.language for brief in asked] == ["de", "de"]
    assert asked[-1].must_say[-1] == own.consequence


WRONG: dict[str, Wrong] = {
    "too long": lambda text: [Written(text + " and so on?" * 100)],
    "a link": lambda text: [Written(f"{text} https://example.org ?")],
    "a mention": lambda text: [Written(f"{text} @everyone ?")],
    "a number": lambda text: [Written(f"{text} 555 0100?")],
    "nothing": lambda text: [Written(" \u200b\n")],
    "cut": lambda text: [Written(text, cut=True)],
    "refused": lambda text: [Written(text), LLMRefused("told to refuse")],
    "failed": lambda text: [Written(text), LLMError("told to fail")],
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("wrong", WRONG)
async def test_words_that_do_not_fit_are_replaced_and_the_step_stays(language: str, wrong: str, world: World) -> None:
    own = fitting(language)
    world.voice.writes = {Step.REDIRECT: WRONG[wrong](own.redirects), Step.WARN: WRONG[wrong](own.warns)}
    async with world.bot() as bot:
        await greeted(world, bot, language)
        assert texts(await world.hear(bot, said(2, "abuse 2"))) == [own.words.redirection(0)]
        assert texts(await world.hear(bot, said(3, "abuse 3"))) == [own.words.warning("insult")]
        assert (await steps(bot))[1:] == [(Step.REDIRECT, Reason.CONCERN), (Step.WARN, Reason.CONCERN)]
        assert await marks(bot) == [(Step.REDIRECT, 2), (Step.WARN, 3)]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_redirection_never_speaks_of_closing_and_a_warning_always_does(language: str, world: World) -> None:
    own = fitting(language)
    world.voice.writes = {
        Step.REDIRECT: [Written(f"{own.redirects} {own.consequence} OK?")],
        Step.WARN: [Written(own.warns.replace(own.consequence, ""))],
    }
    async with world.bot() as bot:
        await greeted(world, bot, language)
        assert texts(await world.hear(bot, said(2, "abuse 2"))) == [own.words.redirection(0)]
        assert texts(await world.hear(bot, said(3, "abuse 3"))) == [own.words.warning("insult")]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_request_is_refused_in_so_many_words(language: str, world: World) -> None:
    own = fitting(language)
    fixed = own.words.redirection(0, request=True)
    async with world.bot() as bot:
        await greeted(world, bot, language)
        world.voice.writes = {Step.REDIRECT: [Written(own.redirects)]}  # without the refusal
        assert texts(await world.hear(bot, said(2, "request 2"))) == [fixed]
        world.config = shipped()
    assert world.voice.asked[-1].must_say == (own.words.boundary.written.refusal,)
    async with world.bot() as bot:  # under two redirections, the next is one too
        world.voice.writes = {Step.REDIRECT: [Written(own.refuses)]}
        assert texts(await world.hear(bot, said(3, "request 3"))) == [own.refuses]


async def test_nobody_hears_anything_while_the_words_are_written_and_late_ones_are_replaced(world: World) -> None:
    own, late = fitting(), asyncio.Event()
    world.voice.writes = {Step.REDIRECT: [Written(own.redirects), late, LLMError("no words within 10 s")]}
    async with world.bot() as bot:
        await greeted(world, bot)
        previews = len(world.board.previews)
        await bot.receive(said(2, "abuse 2"))
        async with asyncio.timeout(30):
            while world.voice.asked[-1].decision is None:
                await bot.store.open_conversations()
        assert world.done[-1] == "e1/0"
        late.set()
        await bot.settled()
        assert texts(world.board.performed)[-1] == own.words.redirection(0)
        assert await marks(bot) == [(Step.REDIRECT, 2)]
    assert len(world.board.previews) == previews


async def test_words_are_asked_for_once_however_often_the_turn_is_decided(world: World) -> None:
    own, slow = fitting(), asyncio.Event()
    world.voice.writes = {Step.REDIRECT: [slow, Written(own.redirects)]}
    async with world.bot() as bot:
        await greeted(world, bot)
        await bot.receive(said(2, "abuse 2"))
        async with asyncio.timeout(30):
            while world.voice.asked[-1].decision is None:
                await bot.store.open_conversations()
        # What another process puts in moves the conversation on; the record is refused, and made anew.
        event = said(3, "", member=MODERATOR)
        scene = await bot.store.scene(event, 0)
        assert await bot.store.record(Record(event=event, expects=scene.version, conversation=scene.conversation))
        slow.set()
        await bot.settled()
        assert texts(world.board.performed)[-1] == own.redirects
    assert [brief.decision.step for brief in world.voice.asked if brief.decision] == [Step.REDIRECT]


async def test_a_sparing_and_a_spent_quota_have_their_own_words(world: World) -> None:
    own = fitting()
    world.voice.writes = {Step.REDIRECT: [Written(own.redirects)], Step.WARN: [Written(own.warns)]}
    world.voice.confirms = False
    async with world.bot() as bot:
        await greeted(world, bot)
        await world.hear(bot, said(2, "abuse 2"), said(3, "abuse 3"))
        assert texts(await world.hear(bot, said(4, "abuse 4"))) == [own.words.boundary.redirect.spared]
        world.config = adjusted(redirections=1, endings_a_day=0)
    async with world.bot() as bot:
        assert texts(await world.hear(bot, said(5, "abuse 5"))) == [own.words.boundary.redirect.declined]
        assert (await steps(bot))[-2:] == [(Step.REDIRECT, Reason.SPARED), (Step.REDIRECT, Reason.QUOTA)]
    worded = [brief.decision.reason for brief in world.voice.asked if brief.decision and brief.decision.step != "end"]
    assert worded == [Reason.CONCERN, Reason.CONCERN]


async def test_offline_only_fixed_words_are_said(world: World) -> None:
    own = fitting()
    world.voice.writes = {Step.REDIRECT: [Written(own.redirects)], Step.WARN: [Written(own.warns)]}
    async with world.bot() as bot:
        offline = Bot(
            store=bot.store,
            voice=world.voice,
            reader=None,
            configuration=lambda: world.config,
            platforms={"board": world.board},
            clock=world.clock,
        )
        await world.hear(offline, said(1, "hello"), said(2, "you useless machine"), said(3, "fuck you"))
        assert texts(world.board.performed)[1:] == [own.words.redirection(0), own.words.warning("insult")]
        assert await marks(bot) == [(Step.REDIRECT, 2), (Step.WARN, 3)]
    assert not [brief for brief in world.voice.asked if brief.decision]


async def ended(world: World, bot: Bot, language: str = "en") -> Sequence[Action]:
    """What is performed when Ann's conversation is ended."""
    await greeted(world, bot, language)
    await world.hear(bot, said(2, "abuse 2"), said(3, "abuse 3"))
    return await world.hear(bot, said(4, "abuse 4"))


async def test_how_to_start_anew_is_for_whoever_wrote_alone(world: World) -> None:
    async with world.bot() as bot:
        notice, *_ = await ended(world, bot)
        (nudge,) = await world.hear(bot, said(5, "abuse 5"))
    says = [each for each in world.board.performed if isinstance(each, Say)]
    assert isinstance(nudge, Say)
    assert (nudge.to, nudge.aside) == (ANN.id, True)
    assert [each.id for each in says if each.aside] == [nudge.id]
    assert notice in says


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_farewell_stands_ahead_of_the_notice(language: str, world: World) -> None:
    own = fitting(language)
    notice = own.words.ending("insult", redirected=[2], warned=[3], turn=4)
    world.voice.farewell = own.bids_farewell
    async with world.bot() as bot:
        actions = await ended(world, bot, language)
        (turn,) = (await bot.store.turns(TALK))[-1:]
    assert texts(actions) == [f"{own.bids_farewell}\n\n{notice}"]
    assert turn.turn.reply == texts(actions)[0]
    assert turn.decision.confirmation is Confirmation.CONFIRMED


@pytest.mark.parametrize(
    "farewell",
    ["", "Or: https://example.org", "Bye, @everyone", "Call 555 0100.", "You will be banned.", "Take care. " * 40],
)
async def test_nothing_but_the_words_ahead_of_it_changes_with_a_farewell(farewell: str, world: World) -> None:
    own = fitting()
    notice = own.words.ending("insult", redirected=[2], warned=[3], turn=4)
    world.voice.farewell = farewell
    async with world.bot() as bot:
        actions = await ended(world, bot)
        ending = await bot.store.latest_ending(TALK)
    assert ending
    assert texts(actions) == [notice]
    assert [each.kind for each in actions] == ["say", "ask_feedback", "close_thread", "call_moderators"]
    _, asks, closes, _ = actions
    assert isinstance(asks, AskFeedback)
    assert (asks.ending, asks.on) == (ending.id, actions[0].id)
    assert isinstance(closes, CloseThread)


async def test_an_ending_on_request_asks_no_model_for_words(world: World) -> None:
    world.voice.farewell = "Goodbye."
    world.reader.readings |= {"stop": Reading("scripted reader", asks_to_end=True)}
    async with world.bot() as bot:
        await greeted(world, bot)
        actions = await world.hear(bot, said(2, "stop"), said(3, "stop"))
        assert (await steps(bot))[-1] == (Step.END, Reason.REQUEST)
    assert texts(actions)[-1] == fitting().words.ending_on_request()


# Whatever a model writes.

PIECES = (
    *(each for own in (fitting(),) for each in (own.redirects, own.warns, own.refuses, own.consequence)),
    "insults", "Insults:", "I'll close this conversation.", "This is a warning!", "I will end this.", "You are banned.",
    "Last chance", "the moderators", "cl\u200bose", "ＣＬＯＳＥ", "clo\u0301se", "?", "\u202e", "```", "<@1>",
    "@here", "https://example.org", "988", "\n", " ", "\n\n", "# ", "{conduct}", "\0",
)  # fmt: skip
hostile = st.lists(st.sampled_from(PIECES) | st.text(max_size=20), max_size=6).map(" ".join) | st.text(max_size=800)
written = st.builds(Written, hostile, cut=st.sampled_from([False, False, True]))
replies = st.lists(written, min_size=1, max_size=2) | st.just([LLMError("told to fail")])
CLOSING = ("clos", "end this", "ending", "warn", "last chance", "moderator", "bann")


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with staged(adjusted(redirections=1)) as stage:
        stage.world.reader.readings = {"abuse": INSULT}
        yield stage


@given(redirects=replies, warns=replies)
@settings(max_examples=60, deadline=None)
def test_whatever_a_model_writes_a_step_says_what_it_must_and_no_more(
    redirects: Sequence[Written | Exception], warns: Sequence[Written | Exception], stage: Stage
) -> None:
    talk, minute = stage.talk()
    stage.world.voice.writes = {Step.REDIRECT: redirects, Step.WARN: warns}
    events = [said(minute + each, "abuse" if each else "hello", conversation=talk) for each in range(3)]
    _, redirection, warning = texts(stage.run(stage.world.hear(stage.bot, *events)))
    turns = stage.run(stage.bot.store.turns(talk))
    assert [each.decision.step for each in turns] == [Step.ANSWER, Step.REDIRECT, Step.WARN]
    own = fitting().words
    assert not [word for word in CLOSING if word in folded(redirection)]
    assert folded(own.conduct("insult")) in folded(warning)
    assert folded(own.boundary.warn.general.consequence) in folded(warning)
    for text in (redirection, warning):
        assert not set(text) & set("@<`")
        assert "://" not in text
        assert "988" not in text

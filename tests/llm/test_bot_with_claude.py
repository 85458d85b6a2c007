"""The whole bot, wired as build wires it, with the real SDK in front of a local server."""

import asyncio
import json
import logging
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.build import models
from bot.configuration import Configuration, load
from bot.core import Bot
from bot.domain.action import Action, Say
from bot.domain.conversation import Member, Place
from bot.domain.event import Said
from bot.domain.record import Person, Vetted
from bot.domain.standing import Standing
from bot.domain.step import Confirmation, Reason, Step
from bot.llm.claude import Claude
from bot.store.sqlite import SqliteStore
from tests.fakes.clock import SetClock
from tests.fakes.platforms import Board
from tests.servers.anthropic import Asked, Call, Fails, Reply, Says, Server

CONFIG = Path(__file__).parents[2] / "config"
KEY = "sk-ant-a-key-that-nobody-may-see"
CONVERSATION = "board:1"
PLACE = Place("board", "s", "c", private=True)
ROBIN = Member("u1", "Robin")
INSULT = "You worthless heap of scrap."
READINGS: Mapping[str, Mapping[str, Any]] = {
    INSULT: {"concerns": [{"kind": "insult", "severity": "serious", "confidence": 0.95, "words": "worthless"}]},
    "It is all grey, and has been for long.": {"risk": "active", "risk_sure": True},
}
CLEAN: Mapping[str, Any] = {
    "concerns": [],
    "risk": "none",
    "about": "self",
    "risk_sure": True,
    "risk_words": "",
    "asks_to_end": False,
    "plain_answer": "neither",
    "country": None,
    "language": "en",
    "why": "as told",
}
OUTAGE = Fails(529, headers={"x-should-retry": "false"})
AGREES, DECLINES = Says(Call("end_conversation")), Says("No.")


class Vendor:
    """What the local server says: readings by text, answers, and what it was told about endings."""

    def __init__(self) -> None:
        self.reader_fails = False
        self.main_fails = False
        self.asked_whether_to_end = 0
        self.on_ending = deque[Reply]()
        self.reader_waits: asyncio.Event | None = None

    def __call__(self, asked: Asked) -> Reply:
        """The reply."""
        if "output_config" in asked.body:
            said = str(asked.messages[0]["content"])
            known = next((seen for text, seen in READINGS.items() if f">{text}</turn>" in said), {})
            return OUTAGE if self.reader_fails else Says(json.dumps({**CLEAN, **known}), after=self.reader_waits)
        if "tools" in asked.body:
            self.asked_whether_to_end += 1
            return self.on_ending.popleft()
        return OUTAGE if self.main_fails else Says("An ", "answer.")


class Talk:
    """Robin, talking to the bot on a board."""

    def __init__(self, bot: Bot, board: Board, clock: SetClock, server: Server, vendor: Vendor) -> None:
        self.bot, self.board, self.clock, self.server, self.vendor = bot, board, clock, server, vendor
        self._said = 0

    async def hear(self, text: str) -> None:
        """Robin says something, a minute after the last thing."""
        self.clock.wait(timedelta(minutes=1))
        self._said += 1
        key = f"m{self._said}"
        await self.bot.receive(
            Said(key=key, conversation=CONVERSATION, place=PLACE, member=ROBIN, at=self.clock(), message=key, text=text)
        )

    async def say(self, text: str) -> Sequence[Action]:
        """The same, and what the bot did about it."""
        before = len(self.board.performed)
        await self.hear(text)
        await self.bot.settled()
        return self.board.performed[before:]

    async def last(self) -> Vetted:
        """The last turn, as it is on record."""
        return (await self.bot.store.turns(CONVERSATION))[-1]

    async def standing(self) -> Standing:
        """Where Robin stands."""
        return dict(await self.bot.store.standings(CONVERSATION))[ROBIN.id]

    async def climb(self) -> None:
        """Up to the last step before an ending."""
        steps = []
        for _ in range(3):
            await self.say(INSULT)
            steps.append((await self.last()).decision.step)
        assert steps == [Step.REDIRECT, Step.REDIRECT, Step.WARN]

    @property
    def apology(self) -> str:
        """What is said when the main model does not answer."""
        return self.bot.words(PLACE, Person(ROBIN.id, PLACE.space)).talk.apology.outage


@pytest.fixture(scope="module")
def config() -> Configuration:
    return load(CONFIG, {"ANTHROPIC_API_KEY": KEY, "ANTHROPIC_BASE_URL": "http://localhost"})  # it keeps neither


@pytest.fixture
async def talk(config: Configuration, server: Server, tmp_path: Path) -> AsyncIterator[Talk]:
    clock, vendor = SetClock(), Vendor()
    board = Board(clock)
    server.rule = vendor
    env = {"ANTHROPIC_API_KEY": KEY, "ANTHROPIC_BASE_URL": server.url}
    voice, reader, _ = models(lambda: config, env)
    store = await SqliteStore.open(tmp_path / "fairwell.db", exclusive=True)
    bot = Bot(
        store=store,
        voice=voice,
        reader=reader,
        configuration=lambda: config,
        platforms={board.name: board},
        clock=clock,
    )
    yield Talk(bot, board, clock, server, vendor)
    await bot.stop(1.0)
    await store.close()
    assert isinstance(voice, Claude)
    await voice.close()
    assert [asked.fault for asked in server.asked] == [None] * len(server.asked)


def said(actions: Sequence[Action]) -> str:
    return "\n".join(action.text for action in actions if isinstance(action, Say))


async def test_a_harmless_message_is_answered(talk: Talk) -> None:
    actions = await talk.say("What is a heap?")
    assert [action.kind for action in actions] == ["say"]
    assert said(actions).startswith("An answer.")
    last = await talk.last()
    assert last.decision.reason is Reason.CLEAN
    assert [reading.by for reading in last.assessment.readings] == ["wording", "claude-haiku-5-5"]
    assert await talk.say("And a pile?")
    told = talk.server.asked[-1].messages
    assert [message["role"] for message in told][-3:] == ["user", "assistant", "user"]


async def test_the_answer_is_written_while_the_turn_is_read_and_dropped_if_it_must_be(talk: Talk) -> None:
    talk.vendor.reader_waits = asyncio.Event()
    await talk.hear(INSULT)
    await talk.server.request(1)
    read, draft = sorted(talk.server.asked[:2], key=lambda asked: "stream" in asked.body)
    assert "output_config" in read.body
    await draft.over.wait()  # it is whole before the turn has been read
    assert not talk.board.performed
    assert not talk.board.previews
    talk.vendor.reader_waits.set()
    await talk.bot.settled()
    assert "An answer." not in said(talk.board.performed)
    assert (await talk.last()).decision.step is Step.REDIRECT


async def test_abuse_climbs_to_an_ending_that_the_main_model_confirms(talk: Talk) -> None:
    await talk.climb()
    talk.vendor.on_ending += [AGREES, AGREES]
    actions = await talk.say(INSULT)
    assert [action.kind for action in actions] == ["say", "ask_feedback", "close_thread", "call_moderators"]
    assert talk.vendor.asked_whether_to_end == 2
    assert (await talk.last()).decision.confirmation is Confirmation.CONFIRMED
    ending = await talk.bot.store.latest_ending(CONVERSATION)
    assert ending
    assert [(each.turn, each.step) for each in ending.evidence] == [
        (1, "redirect"),
        (2, "redirect"),
        (3, "warn"),
        (4, "end"),
    ]
    assert "claude-sonnet-5-5 answers" in ending.models


@pytest.mark.parametrize("replies", [[DECLINES], [AGREES, DECLINES]], ids=["at once", "on second thoughts"])
async def test_a_member_is_spared_once(talk: Talk, replies: list[Reply]) -> None:
    await talk.climb()
    talk.vendor.on_ending += replies
    await talk.say(INSULT)
    last = await talk.last()
    assert (last.decision.step, last.decision.reason) == (Step.REDIRECT, Reason.SPARED)
    assert not last.decision.standing.ended
    await talk.say(INSULT)
    assert (await talk.last()).decision.step is Step.END
    assert talk.vendor.asked_whether_to_end == len(replies)


async def test_while_the_reader_is_out_nothing_climbs(talk: Talk) -> None:
    await talk.climb()
    before = (await talk.standing()).marks
    talk.vendor.reader_fails = True
    for _ in range(3):
        assert said(await talk.say(INSULT)) == "An answer."
        last = await talk.last()
        assert (last.decision.step, last.decision.reason) == (Step.ANSWER, Reason.UNREAD)
        assert last.assessment.readings[1].why.startswith("OverloadedError, status 529")
    assert (await talk.standing()).marks == before
    assert talk.vendor.asked_whether_to_end == 0


async def test_while_the_main_model_is_out_there_is_a_plain_apology(talk: Talk) -> None:
    talk.vendor.main_fails = True
    assert said(await talk.say("What is a heap?")).startswith(talk.apology)
    assert (await talk.standing()).marks == ()
    talk.vendor.main_fails = False
    assert said(await talk.say("And now?")) == "An answer."


@pytest.mark.parametrize("replies", [[OUTAGE], [AGREES, OUTAGE], [Says(Call("end_conversation"), stop="refusal")]])
async def test_an_ending_that_cannot_be_confirmed_is_none(talk: Talk, replies: list[Reply]) -> None:
    await talk.climb()
    talk.vendor.on_ending += replies
    assert said(await talk.say(INSULT)) == talk.apology
    last = await talk.last()
    assert (last.decision.step, last.decision.reason) == (Step.ANSWER, Reason.OUTAGE)
    standing = await talk.standing()
    assert not standing.ended
    assert not standing.spared


async def test_care_comes_with_words_that_know_of_it(talk: Talk) -> None:
    actions = await talk.say("It is all grey, and has been for long.")
    assert (await talk.last()).decision.step is Step.CARE
    assert said(actions).endswith("An answer.")
    care = (CONFIG / "prompts" / "care.md").read_text(encoding="utf-8").strip()
    answers = [asked.body["system"] for asked in talk.server.asked if "stream" in asked.body]
    assert sum(care in system for system in answers) == 1  # the words; a draft, if one was sent, knew of nothing
    await talk.say("Thank you.")
    assert care in next(asked.body["system"] for asked in reversed(talk.server.asked) if "stream" in asked.body)


async def test_no_log_has_a_text_or_the_key(talk: Talk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    await talk.climb()
    talk.vendor.on_ending += [OUTAGE]
    await talk.say(INSULT)
    talk.vendor.reader_fails = talk.vendor.main_fails = True
    await talk.say(INSULT)
    assert "OverloadedError" in caplog.text
    assert not any(secret in caplog.text for secret in (INSULT, KEY, ROBIN.name))

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
from bot.llm.apart import Apart
from bot.llm.tools import CARE, END
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
STEP = "the bot's own instruction for the message"  # of config/prompts/redirect.md and warn.md
OUTAGE = Fails(529, headers={"x-should-retry": "false"})
AGREES, DECLINES = Says(Call("end_conversation")), Says("No.")


class Vendor:
    """What the local server says: readings by text, answers, and what it was told about endings."""

    def __init__(self) -> None:
        self.reader_fails = False
        self.main_fails = False
        self.answers: Reply = Says("An ", "answer.")
        self.asked_whether_to_end = 0
        self.on_ending = deque[Reply]()
        self.on_step = deque[Reply]()  # what it writes for redirections and warnings; nothing: it fails
        self.reader_waits: asyncio.Event | None = None

    def __call__(self, asked: Asked) -> Reply:
        """The reply."""
        if "output_config" in asked.body:
            said = str(asked.messages[0]["content"])
            known = next((seen for text, seen in READINGS.items() if f">{text}</turn>" in said), {})
            return OUTAGE if self.reader_fails else Says(json.dumps({**CLEAN, **known}), after=self.reader_waits)
        if END in {tool["name"] for tool in asked.body["tools"]}:
            self.asked_whether_to_end += 1
            return self.on_ending.popleft()
        if any(STEP in block["text"] for block in asked.body["system"]):
            return self.on_step.popleft() if self.on_step else OUTAGE
        return OUTAGE if self.main_fails else self.answers


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
    assert isinstance(voice, Apart)
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
    answers = [str(asked.body["system"]) for asked in talk.server.asked if "stream" in asked.body]
    care = repr(care)[1:-1]
    assert sum(care in system for system in answers) == 1  # the words; a draft, if one was sent, knew of nothing
    await talk.say("Thank you.")
    assert care in next(str(asked.body["system"]) for asked in reversed(talk.server.asked) if "stream" in asked.body)


async def test_no_log_has_a_text_or_the_key(talk: Talk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    await talk.climb()
    talk.vendor.on_ending += [OUTAGE]
    await talk.say(INSULT)
    talk.vendor.reader_fails = talk.vendor.main_fails = True
    await talk.say(INSULT)
    assert "OverloadedError" in caplog.text
    assert not any(secret in caplog.text for secret in (INSULT, KEY, ROBIN.name))


async def test_the_main_model_words_a_redirection_and_a_warning_that_fit(talk: Talk) -> None:
    redirects = "Let's not go on like this; I would rather help. What were you building?"
    closes = "If it goes on, I may close this conversation."
    warns = f"Because of insults, I can't go on like this. What about your build? {closes}"
    talk.vendor.on_step += [Says(redirects), Says(redirects), Says(warns)]
    assert said(await talk.say(INSULT)).startswith(redirects)
    assert said(await talk.say(INSULT)) == redirects
    assert said(await talk.say(INSULT)) == warns
    assert (await talk.last()).decision.step is Step.WARN


@pytest.mark.parametrize(
    "reply",
    [
        Says("Stop it, or I'll close this. What now?"),
        Says("See https://example.org for help. What now?"),
        Says("No."),
        Says("I decline.", stop="refusal"),
        Says("Let's talk about something else. What", stop="max_tokens"),
        OUTAGE,
    ],
)
async def test_a_redirection_that_does_not_fit_is_said_in_the_fixed_words(talk: Talk, reply: Reply) -> None:
    talk.vendor.on_step.append(reply)
    fixed = talk.bot.words(PLACE, Person(ROBIN.id, PLACE.space)).redirection(0, request=False)
    assert said(await talk.say(INSULT)).startswith(fixed)
    assert (await talk.last()).decision.step is Step.REDIRECT
    assert len((await talk.standing()).marks) == 1


async def test_its_own_words_stand_before_the_notice(talk: Talk) -> None:
    await talk.climb()
    talk.vendor.on_ending += [AGREES, Says("I wish you a calm evening.", Call(END))]
    notice = said(await talk.say(INSULT))
    assert notice.startswith("I wish you a calm evening.\n\nI'm closing this conversation because of insults.")


async def test_a_tool_call_out_of_turn_ends_nothing_and_is_on_record(talk: Talk) -> None:
    replies = iter([Says("Goodbye. ", Call(END, unoffered=True)), Says("I am still here.")])

    def rule(asked: Asked) -> Reply:
        return talk.vendor(asked) if "output_config" in asked.body else next(replies)

    talk.server.rule = rule
    assert "I am still here." in said(await talk.say("What is a heap?"))
    last = await talk.last()
    assert (last.decision.step, last.calls) == (Step.ANSWER, ("end_conversation: refused",))
    result = talk.server.asked[-1].messages[-1]["content"][0]
    assert result["is_error"] is True
    assert await talk.bot.store.latest_ending(CONVERSATION) is None


async def test_the_main_model_may_call_for_care_in_an_answer(talk: Talk) -> None:
    replies = iter(
        [Says("I'm glad you wrote. ", Call(CARE, {"level": "active", "about": "self"})), Says("How are you now?")]
    )

    def rule(asked: Asked) -> Reply:
        return talk.vendor(asked) if "output_config" in asked.body else next(replies)

    talk.server.rule = rule
    actions = await talk.say("Nothing has a colour any more.")
    last = await talk.last()
    assert (last.decision.step, last.decision.reason) == (Step.CARE, Reason.RISK)
    assert last.assessment.readings[-1].by == "claude-sonnet-5-5"
    assert [action.kind for action in actions] == ["say", "call_moderators", "say"]
    assert said(actions).endswith("I'm glad you wrote.\n\nHow are you now?")
    assert (await talk.standing()).care_until


async def test_a_refused_answer_is_declined_in_words_of_its_own(talk: Talk) -> None:
    talk.vendor.answers = Says("I", stop="refusal")
    declined = talk.bot.words(PLACE, Person(ROBIN.id, PLACE.space)).talk.apology.declined
    assert said(await talk.say("What is a heap?")).startswith(declined)
    assert (await talk.standing()).marks == ()


async def test_an_answer_that_was_cut_off_says_so(talk: Talk) -> None:
    talk.vendor.answers = Says("One sentence. Another one. And the ", stop="max_tokens")
    cut_short = talk.bot.words(PLACE, Person(ROBIN.id, PLACE.space)).talk.apology.cut_short
    assert said(await talk.say("What is a heap?")).startswith(f"One sentence. Another one.\n\n{cut_short}")

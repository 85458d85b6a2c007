"""What of fifty turns is read from the vendor's cache, by its own account; and why: their beginnings stay the same."""

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from bot.domain.conversation import Attachment, Member, Turn
from bot.domain.decision import Decision
from bot.domain.standing import NEW, Mark
from bot.domain.step import Reason, Step
from bot.llm.claude import Claude
from bot.llm.tools import CARE
from bot.memory import outgrown, told
from bot.ports import Brief
from tests.fakes.clock import NOON
from tests.llm.cases import BRIEF, CLEAN, Heard, Seconds
from tests.llm.conftest import Make
from tests.servers.anthropic import Asked, Call, Reply, Says, Server, Usage
from tests.servers.anthropic_content import whole_blocks

MAIN, READER = "claude-sonnet-5-5", "claude-haiku-5-5"
TURNS = 50
ENOUGH = 0.85  # of the input
BUDGET = 8_000  # tokens of history, as config/fairwell.toml sets it
STORY = (
    "bees keep a hive warm in winter by holding on to each other and shivering, which takes honey, and so people who "
    "keep them look in autumn whether there is enough, and feed them if there is not; what did you mean by that?"
)
ROBIN, ANA, SAM = Member("robin", "Robin"), Member("ana", "Ana"), Member("sam", "Robin")  # two of one name
DAY = timedelta(days=1)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(2_000)


def text(seed: int, words: int) -> str:
    """So many words, others for each seed."""
    known = STORY.split()
    return " ".join(known[(seed * 7 + n * (1 + seed % 3)) % len(known)] for n in range(words)) + f" ({seed})"


def says(asked: Asked) -> Reply:
    """A reading, a summary or an answer of some length."""
    if "output_config" in asked.body:
        return Says(json.dumps(CLEAN))
    if "tools" not in asked.body:
        return Says(text(len(asked.messages), 150))
    number = str(asked.messages[-1]).count(" ")
    return Says(text(number, 60 + number % 80))


@dataclass
class Talk:
    """A conversation: each message is read and answered at the same time, what is too much is summed up after it."""

    claude: Claude
    every: timedelta = timedelta(minutes=1)
    budget: int = BUDGET
    now: datetime = NOON
    history: list[Turn] = field(default_factory=list)
    summary: str = ""
    summaries: int = 0
    number: int = 0

    async def say(self, member: Member = ROBIN, **parts: Any) -> None:
        """One message, and the reply to it."""
        self.number += 1
        self.now += self.every
        said = text(self.number, 15 + self.number * 13 % 50)
        brief = replace(
            BRIEF,
            member=member,
            text=said,
            turn=self.number,
            history=told(self.history, self.budget),
            summary=self.summary,
            now=self.now,
            **parts,
        )
        written, _ = await asyncio.gather(self.claude.answer(brief, Heard()), self.claude.read(brief))
        attachments = parts.get("attachments", ())
        self.history.append(Turn(self.number, member, said, reply=written.text, attachments=attachments))
        await self._sum_up(brief)

    async def _sum_up(self, brief: Brief) -> None:
        old = outgrown(self.history, self.budget)
        if old:
            self.summary = await self.claude.summarise(replace(brief, history=old))
            self.history = self.history[len(old) :]
            self.summaries += 1


def share(usage: Usage) -> float:
    """What of the input was read from the cache."""
    return usage.cache_read_input_tokens / usage.prompt_tokens


def marks(body: Mapping[str, Any]) -> list[Mapping[str, str]]:
    """The breakpoints of a request."""
    return [block["cache_control"] for _, block in whole_blocks(body) if "cache_control" in block]


def told_blocks(body: Mapping[str, Any]) -> Iterator[tuple[str, bool]]:
    """Every block of a request, to the byte, and whether it is marked."""
    for path, block in whole_blocks(body):
        bare = {key: value for key, value in block.items() if key != "cache_control"}
        yield f"{path.split('.')[0]} {json.dumps(bare)}\n", "cache_control" in block


def whole(body: Mapping[str, Any]) -> str:
    """All that a request tells, in the order of the cache."""
    return "".join(block for block, _ in told_blocks(body))


def marked(body: Mapping[str, Any]) -> str:
    """What of it stands before the last breakpoint."""
    blocks = list(told_blocks(body))
    last = max(number for number, (_, mark) in enumerate(blocks) if mark)
    return "".join(block for block, _ in blocks[: last + 1])


def turns(server: Server, model: str) -> list[dict[str, Any]]:
    """The requests of turns to a model, in order. What is not read again is not marked."""
    return [asked.body for asked in server.asked if asked.body["model"] == model and marks(asked.body)]


def broken(bodies: Sequence[Mapping[str, Any]]) -> list[int]:
    """The turns, from 1, whose request does not begin with all that was marked in the turn before."""
    pairs = enumerate(pairwise(bodies), start=2)
    return [number for number, (before, now) in pairs if not whole(now).startswith(marked(before))]


async def talked(talk: Talk, turns: int = TURNS) -> Talk:
    """A conversation of one member, of so many turns."""
    for _ in range(turns):
        await talk.say()
    return talk


@pytest.fixture
def caching(server: Server) -> Server:
    """As the vendor caches: from 1,024 tokens on for the main model, from 4,096 for the reading one."""
    server.rule = says
    return server


def good(server: Server) -> bool:
    """Whether the most of what each model is told, and of all together, was read from the cache."""
    bill = server.bill
    return min(map(share, (bill[MAIN], bill[READER], bill[MAIN] + bill[READER]))) >= ENOUGH


async def test_of_fifty_turns_the_most_is_read_from_the_cache(make: Make, caching: Server) -> None:
    talk = await talked(Talk(make()))
    assert talk.summaries > 0
    assert good(caching)
    assert caching.faults == []


@pytest.mark.parametrize("summaries", [True, False])
async def test_each_turn_begins_with_all_that_was_marked_in_the_one_before(
    make: Make, caching: Server, summaries: bool
) -> None:
    """Only a summary changes the beginning, and that is seldom."""
    talk = await talked(Talk(make(), budget=BUDGET if summaries else BUDGET * 10))
    assert (talk.summaries > 0) == summaries
    for model in (MAIN, READER):
        assert len(broken(turns(caching, model))) == talk.summaries
    assert good(caching)


async def test_several_members_change_nothing(make: Make, caching: Server) -> None:
    """Also when two go by one name, and when the one who writes first is no longer in what is told."""
    talk = Talk(make())
    for number in range(TURNS):
        await talk.say((ROBIN, ANA, SAM)[(number * 5 + number // 7) % 3])
    for model in (MAIN, READER):
        assert len(broken(turns(caching, model))) == talk.summaries
    assert good(caching)


async def test_a_care_window_changes_the_beginning_when_it_opens_and_when_it_closes(
    make: Make, caching: Server
) -> None:
    talk = Talk(make(), budget=BUDGET * 10)
    for number in range(1, TURNS + 1):
        await talk.say(in_care=21 <= number <= 40)
    assert broken(turns(caching, MAIN)) == [21, 41]
    assert broken(turns(caching, READER)) == []
    opens = [asked.usage for asked in caching.asked if asked.body["model"] == MAIN][20]
    assert opens
    assert opens.cache_read_input_tokens > 0  # who it is, and its tools, are told as before
    assert good(caching)


async def test_what_is_known_of_the_author_changes_nothing(make: Make, caching: Server) -> None:
    talk = Talk(make())
    standing = NEW
    for number in range(1, TURNS + 1):
        if number % 5 == 0:
            standing = replace(standing, marks=(*standing.marks, Mark(Step.REDIRECT, number, NOON)))
        await talk.say(standing=standing)
    assert len(broken(turns(caching, READER))) == talk.summaries
    assert good(caching)


async def test_another_day_changes_nothing(make: Make, caching: Server) -> None:
    talk = await talked(Talk(make(), every=DAY))
    assert len(broken(turns(caching, MAIN))) == talk.summaries
    assert "Today is" in str(turns(caching, MAIN)[-1]["messages"][-1])
    assert good(caching)


async def test_an_image_changes_the_beginning_once(make: Make, caching: Server) -> None:
    """The vendor keeps prompts with images apart from those without; from then on it is told in every turn."""
    talk = Talk(make(), budget=BUDGET * 10)
    for number in range(1, TURNS + 1):
        sent = (Attachment("a.png", "image/png", len(PNG), source="1"),) if number == 10 else ()
        await talk.say(attachments=sent, loaded={"1": PNG} if number >= 10 else {})
    assert broken(turns(caching, MAIN)) == []
    again = [asked.usage for asked in caching.asked if asked.body["model"] == MAIN][10:]
    assert all(usage and share(usage) > 0.8 for usage in again)
    assert good(caching)


async def test_a_step_reads_the_beginning_that_all_turns_have(make: Make, caching: Server) -> None:
    claude = make()
    await talked(Talk(claude), 3)
    warned = replace(BRIEF, decision=Decision(Step.WARN, Reason.CONCERN, NEW, "v1", 1))
    await claude.answer(warned, Heard())
    usage = caching.asked[-1].usage
    assert usage
    assert usage.cache_read_input_tokens > 1_024
    assert usage.cache_creation_input_tokens == 0  # nobody asks like this again


@pytest.mark.parametrize(("cache", "minutes", "reads"), [("5m", 4, True), ("5m", 6, False), ("1h", 50, True)])
async def test_how_long_it_is_kept_is_a_setting(make: Make, cache: str, minutes: int, reads: bool) -> None:
    seconds = Seconds()
    async with Server(says, now=seconds) as server:
        talk = Talk(make(server, cache=cache))
        for _ in range(TURNS):
            seconds.at += minutes * 60
            await talk.say()
        assert good(server) == reads
        assert {mark["ttl"] for asked in server.asked for mark in marks(asked.body)} == {cache}
        assert server.faults == []


async def test_where_it_is_off_nothing_is_marked(make: Make, caching: Server) -> None:
    claude = make(cache="off")
    talk = Talk(claude)
    for number in range(TURNS):
        await talk.say(in_care=number > 5)
    await claude.confirm_ending(BRIEF)
    assert not [asked for asked in caching.asked if "cache_control" in json.dumps(asked.body)]
    assert all(usage.cache_read_input_tokens == 0 for usage in caching.bill.values())


async def test_no_request_has_more_than_four_breakpoints(make: Make, caching: Server) -> None:
    """Beyond that the vendor refuses it."""
    claude = make()
    talk, most = Talk(claude), 0
    for number in range(12):
        files = (Attachment("a.png", "image/png", len(PNG), source="1"), Attachment("b.txt", "text/plain", 1, text="b"))
        await talk.say((ROBIN, ANA)[number % 2], in_care=number > 5, attachments=files, loaded={"1": PNG})
    caring = replace(BRIEF, in_care=True, history=tuple(talk.history), summary="They met.")
    for step in Step:
        await claude.answer(replace(caring, decision=Decision(step, Reason.CONCERN, NEW, "v1", 1)), Heard())
    caching.rule = lambda asked: (
        Says(Call(CARE, {"level": "active", "about": "self"})) if len(asked.messages) % 2 else Says("x")
    )
    await claude.answer(caring, Heard())
    await claude.confirm_ending(caring)
    most = max(len(marks(asked.body)) for asked in caching.asked)
    assert most == 4
    assert caching.faults == []


async def test_the_rounds_of_an_answer_with_a_call_read_what_the_first_one_was_told(
    make: Make, caching: Server
) -> None:
    claude = make()
    await talked(Talk(claude), 2)
    calls: list[Reply] = [Says("I hear you.", Call(CARE, {"level": "active", "about": "self"})), Says("Go on.")]
    caching.rule = lambda _: calls.pop(0)
    await claude.answer(BRIEF, Heard())
    first, second = (asked.usage for asked in caching.asked[-2:])
    assert first
    assert second
    assert second.cache_read_input_tokens == first.cache_read_input_tokens + first.cache_creation_input_tokens

"""Models that say what they are told to."""

import asyncio
from collections.abc import Mapping, Sequence

from bot.domain.assessment import Reading, Risk
from bot.domain.step import Step
from bot.domain.usage import Usage
from bot.errors import LLMError
from bot.ports import Brief, Confirmed, Grown, Written


class ScriptedReader:
    """Reads each text as it was told to; what it was not told about is clean. An error is raised."""

    name = "scripted reader"

    def __init__(self) -> None:
        self.readings: dict[str, Reading | Exception] = {}
        self.asked: list[Brief] = []
        self.waits: dict[str, asyncio.Event] = {}  # the texts that are read only when this is set

    async def read(self, brief: Brief) -> Reading:
        """The reading for this text. Platforms may name ahead of it whom it is for."""
        self.asked.append(brief)
        if brief.text in self.waits:
            await self.waits[brief.text].wait()
        known = [text for text in (brief.text, brief.text.partition(" ")[2]) if text in self.readings]
        found = self.readings[known[0]] if known else Reading(by=self.name)
        if isinstance(found, Exception):
            raise found
        return found


class ScriptedVoice:
    """Answers every turn with "answer to <text>", in two pieces; fails or declines when told to.

    Asked for the words of a step, it says `words`; with none it fails, as a model does that is late. `writes` says
    more exactly how what it writes grows, by the text that is answered or by the step that words are asked for: what
    it has written so far, what it waits for, what it raises. The last of it is the whole, of which nobody is told
    before.
    """

    name = "scripted voice"

    def __init__(self) -> None:
        self.fails = False
        self.begins = "answer to "
        self.confirms: bool | None = True  # None: it is not there to be asked
        self.asked: list[Brief] = []
        self.waits: dict[str, asyncio.Event] = {}  # the texts that are answered only when this is set
        self.faults: dict[str, Exception] = {}  # what answering these texts raises
        self.risks: dict[str, Risk] = {}  # what it calls for care about, as it answers these texts
        self.words: str | None = None
        self.writes: Mapping[str, Sequence[Written | Exception | asyncio.Event]] = {}
        self.farewell = ""  # before an ending's notice
        self.confirmed: Confirmed | None = None  # what confirming comes to, instead of `confirms` and `farewell`
        self.summary: str | Exception | None = None
        self.summary_waits: asyncio.Event | None = None  # it is written only when this is set
        self.summed_up: list[Brief] = []
        self.usage: list[Usage] = []

    async def answer(self, brief: Brief, grown: Grown) -> Written:
        """The answer, in pieces."""
        self.asked.append(brief)
        if brief.text in self.waits:
            await self.waits[brief.text].wait()
        if brief.text in self.faults:
            raise self.faults[brief.text]
        wanted = brief.decision.step if brief.decision else brief.text
        if wanted in self.writes:
            return await _whole(self.writes[wanted], grown)
        risk = self.risks.get(brief.text)
        if brief.must_say or (brief.decision and brief.decision.step is Step.REDIRECT):
            if self.words is None or self.fails:
                raise LLMError("told to fail")
            return Written(self.words, risk=risk)
        grown(Written(self.begins))
        await asyncio.sleep(0)
        if self.fails:
            raise LLMError("told to fail")
        return Written(self.begins + brief.text[:50], risk=risk)

    async def confirm_ending(self, brief: Brief) -> Confirmed | None:
        """Whether it confirms."""
        self.asked.append(brief)
        if brief.text in self.waits:
            await self.waits[brief.text].wait()
        if self.fails:
            raise LLMError("told to fail")
        if self.confirmed:
            return self.confirmed
        if self.confirms is None:
            return None
        return Confirmed(self.confirms, self.farewell if self.confirms else "")

    async def summarise(self, brief: Brief) -> str:
        """The summary."""
        self.summed_up.append(brief)
        if self.summary_waits:
            await self.summary_waits.wait()
        if isinstance(self.summary, Exception):
            raise self.summary
        if self.summary is None:
            raise LLMError("told to fail")
        return self.summary

    def used(self) -> Sequence[Usage]:
        """What it was told to have used."""
        used, self.usage = tuple(self.usage), []
        return used

    async def close(self) -> None:
        """Nothing is open."""


async def _whole(grows: Sequence[Written | Exception | asyncio.Event], grown: Grown) -> Written:
    """The last of what grows."""
    for number, each in enumerate(grows, start=1):
        if isinstance(each, Exception):
            raise each
        if isinstance(each, asyncio.Event):
            await each.wait()
        elif number < len(grows):
            grown(each)
            await asyncio.sleep(0)
        else:
            return each
    raise AssertionError("a reply must end as a text or a fault")

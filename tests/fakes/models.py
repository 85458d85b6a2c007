"""Models that say what they are told to."""

import asyncio
from collections.abc import AsyncIterator

from bot.domain.assessment import Reading
from bot.errors import LLMError
from bot.ports import Brief


class ScriptedReader:
    """Reads each text as it was told to; what it was not told about is clean. An error is raised."""

    name = "scripted reader"

    def __init__(self) -> None:
        self.readings: dict[str, Reading | Exception] = {}
        self.asked: list[Brief] = []
        self.waits: dict[str, asyncio.Event] = {}  # the texts that are read only when this is set

    async def read(self, brief: Brief) -> Reading:
        """The reading for this text."""
        self.asked.append(brief)
        if brief.text in self.waits:
            await self.waits[brief.text].wait()
        found = self.readings.get(brief.text, Reading(by=self.name))
        if isinstance(found, Exception):
            raise found
        return found


class ScriptedVoice:
    """Answers every turn with "answer to <text>", in two pieces; fails or declines when told to."""

    name = "scripted voice"

    def __init__(self) -> None:
        self.fails = False
        self.begins = "answer to "
        self.confirms: bool | None = True  # None: it is not there to be asked
        self.asked: list[Brief] = []
        self.waits: dict[str, asyncio.Event] = {}  # the texts that are answered only when this is set
        self.faults: dict[str, Exception] = {}  # what answering these texts raises

    async def answer(self, brief: Brief) -> AsyncIterator[str]:
        """The answer, in pieces."""
        self.asked.append(brief)
        if brief.text in self.waits:
            await self.waits[brief.text].wait()
        if brief.text in self.faults:
            raise self.faults[brief.text]
        yield self.begins
        if self.fails:
            raise LLMError("told to fail")
        yield brief.text[:50]

    async def confirm_ending(self, brief: Brief) -> bool | None:
        """Whether it confirms."""
        self.asked.append(brief)
        if brief.text in self.waits:
            await self.waits[brief.text].wait()
        if self.fails:
            raise LLMError("told to fail")
        return self.confirms

    async def close(self) -> None:
        """Nothing is open."""

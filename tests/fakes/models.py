"""Models that say what they are told to."""

from collections.abc import AsyncIterator

from bot.domain.assessment import Reading
from bot.errors import LLMError
from bot.ports import Brief


class ScriptedReader:
    """Reads each text as it was told to; what it was not told about is clean. An LLMError is raised."""

    name = "scripted reader"

    def __init__(self) -> None:
        self.readings: dict[str, Reading | LLMError] = {}
        self.asked: list[Brief] = []

    async def read(self, brief: Brief) -> Reading:
        """The reading for this text."""
        self.asked.append(brief)
        found = self.readings.get(brief.text, Reading(by=self.name))
        if isinstance(found, LLMError):
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

    async def answer(self, brief: Brief) -> AsyncIterator[str]:
        """The answer, in pieces."""
        self.asked.append(brief)
        yield self.begins
        if self.fails:
            raise LLMError("told to fail")
        yield brief.text[:50]

    async def confirm_ending(self, brief: Brief) -> bool | None:
        """Whether it confirms."""
        self.asked.append(brief)
        if self.fails:
            raise LLMError("told to fail")
        return self.confirms

"""The models of a run, with a note of each time one of them failed: such a run says nothing about what they decide.

A model that declines to write or to read is no such failure: that is what it does with these words.
"""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

from bot.domain.assessment import Reading
from bot.domain.step import Step
from bot.domain.usage import Usage
from bot.errors import LLMError, LLMRefused
from bot.ports import Brief, Confirmed, Grown, Reader, Voice, Written

T = TypeVar("T")


class NotedVoice:
    """A main model as it is; its failures go to `faults`."""

    def __init__(self, voice: Voice, faults: list[str]) -> None:
        self.name = voice.name
        self._voice = voice
        self._faults = faults

    async def answer(self, brief: Brief, grown: Grown) -> Written:
        """Its reply. Where it has no words for a step, there are fixed ones: nothing is amiss."""
        answering = self._voice.answer(brief, grown)
        step = brief.decision.step if brief.decision else Step.ANSWER
        return await (answering if step in {Step.REDIRECT, Step.WARN} else self._noted(answering))

    async def confirm_ending(self, brief: Brief) -> Confirmed | None:
        """Its word."""
        return await self._noted(self._voice.confirm_ending(brief))

    async def summarise(self, brief: Brief) -> str:
        """Its summary."""
        return await self._noted(self._voice.summarise(brief))

    def used(self) -> Sequence[Usage]:
        """Nothing: what the runs used is added up for all of them together."""
        return ()

    async def close(self) -> None:
        """Nothing: other runs ask it too."""

    async def _noted(self, call: Coroutine[Any, Any, T]) -> T:
        try:
            return await call
        except LLMRefused:
            raise
        except LLMError as fault:
            self._faults.append(f"{self.name}: {fault}")
            raise


class NotedReader:
    """A reading model as it is; its failures go to `faults`, and being given up on as too late is one."""

    def __init__(self, reader: Reader, faults: list[str]) -> None:
        self.name = reader.name
        self._reader = reader
        self._faults = faults

    async def read(self, brief: Brief) -> Reading:
        """Its reading."""
        try:
            return await self._reader.read(brief)
        except LLMRefused:
            raise
        except LLMError as fault:
            self._faults.append(f"{self.name}: {fault}")
            raise
        except asyncio.CancelledError:
            self._faults.append(f"{self.name}: no reading in time")
            raise

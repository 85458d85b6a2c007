"""Claude, through the anthropic SDK: the main model answers and confirms endings, a small one reads.

How a question reaches a model, and what becomes of faults, stands in vendor.py; what the main model is asked to write
in writing.py, and how an ending is confirmed in confirming.py.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import anthropic

from bot.domain.assessment import Reading
from bot.domain.step import Step
from bot.domain.usage import Usage
from bot.errors import LLMError, LLMRefused, LLMTooLarge
from bot.llm.confirming import Confirming
from bot.llm.faults import Empty
from bot.llm.prompts import Prompts
from bot.llm.request import Request, block, check, text_of
from bot.llm.seen import Seen
from bot.llm.transcript import as_history, as_material
from bot.llm.vendor import Vendor, moment
from bot.llm.writing import Writing
from bot.ports import Brief, Confirmed, Grown, Written
from bot.settings import Settings

log = logging.getLogger(__name__)

TOKENS_A_WORD = 3  # of a summary, at the most
IN_TIME = 0.95  # of its time: if it is late, that is seen here and not only by whoever waits as long for it

T = TypeVar("T")

Told = Callable[[], tuple[Settings, Prompts]]  # what is in force now


class Claude:
    """The main model, as Voice; `reader` is the small one.

    client  holds the key and the address
    told    gives settings and prompts in force
    sleep, now  time, for further tries and circuit breakers
    """

    def __init__(self, client: anthropic.AsyncAnthropic, told: Told, **time: Any) -> None:
        self._told = told
        self._vendor = Vendor(client, lambda: self.settings.llm, **time)

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self._told()[0]

    @property
    def name(self) -> str:
        """The main model's name."""
        return self.settings.llm.main

    @property
    def reader(self) -> "ClaudeReader":
        """The reading model."""
        return ClaudeReader(self)

    async def close(self) -> None:
        """Hang up on the vendor."""
        await self._vendor.close()

    def used(self) -> Sequence[Usage]:
        """What models used since this was asked last."""
        return self._vendor.used()

    async def answer(self, brief: Brief, grown: Grown) -> Written:
        """The reply of a turn, or, if the brief's decision is a redirection or a warning, the words of that step.

        Raises LLMError, LLMRefused.
        """
        settings, prompts = self._told()
        step = brief.decision.step if brief.decision else Step.ANSWER
        llm = settings.llm
        within = llm.step_timeout if step in {Step.REDIRECT, Step.WARN} else llm.answer_timeout
        ends = moment(within.total_seconds())

        replying = Writing(self._vendor, settings, prompts, ends, grown)
        return await self._with_fallback(lambda model: replying.fitting(model, brief), ends)

    async def confirm_ending(self, brief: Brief) -> Confirmed | None:
        """Asked twice, by a tool the model may call or not; in words, if it is given none or its endpoint refuses them.

        Raises LLMError.
        """
        settings, prompts = self._told()
        ends = moment(settings.llm.answer_timeout.total_seconds())
        return await Confirming(self._vendor, settings, prompts, brief, ends).confirmed()

    async def summarise(self, brief: Brief) -> str:
        """A summary of the history and of the summary before it. It has no tools: nothing else can follow from it.

        Raises LLMError.
        """
        settings, prompts = self._told()
        words, ends = settings.llm.summary_words, moment(settings.llm.answer_timeout.total_seconds())

        async def asked(model: str) -> str:
            request = Request.of(
                brief,
                model=model,
                max_tokens=words * TOKENS_A_WORD,
                system=[block(prompts.summary.fill(words=str(words)))],
                messages=[{"role": "user", "content": as_history(brief)}],
            )
            message = await self._vendor.ask(request, ends)
            check(message)
            if not (summary := text_of(message).strip()):
                raise Empty
            return summary

        return await self._with_fallback(asked, ends)

    async def read(self, brief: Brief) -> Reading:
        """What the small model sees in a turn. Raises LLMError."""
        settings, prompts = self._told()
        llm = settings.llm
        request = Request.of(
            brief,
            model=llm.reader,
            max_tokens=llm.reader_tokens,
            system=[block(prompts.reading(settings.concerns), llm.cache)],
            messages=[{"role": "user", "content": as_material(brief, llm.cache)}],
        )
        seen = await self._vendor.shaped(request, Seen, moment(llm.reader_timeout.total_seconds() * IN_TIME))
        said = "\n".join((brief.text, *(each.text for each in brief.attachments if each.text)))
        return seen.reading(llm.reader, frozenset(settings.concerns.kinds), llm.sure_from, said)

    async def _with_fallback(self, asked: Callable[[str], Awaitable[T]], ends: float) -> T:
        """What the main model gives, or where it fails the one that stands in for it. A refusal is no failure."""
        llm = self.settings.llm
        try:
            return await asked(llm.main)
        except (LLMRefused, LLMTooLarge):
            raise
        except LLMError as fault:
            if not llm.fallback or llm.fallback == llm.main or moment(0) >= ends:
                raise
            log.warning("%s stands in: %s", llm.fallback, fault)
            return await asked(llm.fallback)


@dataclass(frozen=True, slots=True)
class ClaudeReader:
    """The small model, as Reader."""

    claude: Claude

    @property
    def name(self) -> str:
        """The reading model's name."""
        return self.claude.settings.llm.reader

    async def read(self, brief: Brief) -> Reading:
        """What it sees in a turn. Raises LLMError."""
        return await self.claude.read(brief)

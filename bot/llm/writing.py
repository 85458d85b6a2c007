"""The main model writes: an answer, words beside a card, or the words of a redirection or a warning."""

import logging
from dataclasses import dataclass, replace
from typing import Any

from anthropic.types import Message, MessageParam, TextBlockParam, ToolUseBlock

from bot.domain.assessment import Risk
from bot.domain.step import Step
from bot.errors import LLMError, LLMTooLarge
from bot.llm import tools
from bot.llm.faults import Empty
from bot.llm.prompts import Prompts
from bot.llm.request import WHOLE, Request, block, check, sent_back, text_of
from bot.llm.transcript import as_messages
from bot.llm.vendor import Vendor
from bot.ports import Brief, Grown, Written
from bot.settings import Settings

log = logging.getLogger(__name__)

STEP_TOKENS = 400  # a redirection or a warning: 80 words, and room for languages that need more
ROUNDS = 3  # times that one answer may call tools
SHORTER = 4  # times that what is told is halved, if it is more than the model takes


@dataclass(frozen=True, slots=True)
class Writing:
    """One reply on its way.

    ends   until when it may take, see vendor.moment
    grown  is told the reply each time it has grown
    """

    vendor: Vendor
    settings: Settings
    prompts: Prompts
    ends: float
    grown: Grown

    async def fitting(self, model: str, brief: Brief) -> Written:
        """The reply to a brief, told of less and less of what went before if that is more than the model takes.

        Raises LLMError.
        """
        for _ in range(SHORTER):
            try:
                return await self._written(model, brief)
            except LLMTooLarge:
                if not (brief.history or brief.loaded):
                    raise
                brief = replace(brief, history=brief.history[(len(brief.history) + 1) // 2 :], loaded={})
        return await self._written(model, replace(brief, history=(), summary="", loaded={}))

    async def _written(self, model: str, brief: Brief) -> Written:
        """One reply, with the tools that the model calls on the way."""
        settings, llm = self.settings, self.settings.llm
        step = brief.decision.step if brief.decision else Step.ANSWER
        brief_step = step in {Step.REDIRECT, Step.WARN}
        request = Request.of(
            brief,
            model=model,
            max_tokens=STEP_TOKENS if brief_step else llm.answer_tokens,
            system=_system(settings, self.prompts, brief),
            messages=as_messages(brief, "off" if brief_step else llm.cache),
            tools=[tools.CARE_TOOL],
        )
        written = shown = Written()
        heeded: Risk | None = None

        def growing(message: Message) -> None:
            nonlocal heeded, shown
            heeded, before = tools.heard(heeded, message), shown
            if (shown := _longer(written, text_of(message))) != before:
                self.grown(shown)

        for _ in range(ROUNDS):
            try:
                message = await self.vendor.ask(request, self.ends, growing)
                heeded = tools.heard(heeded, message)
                check(message, WHOLE | {"max_tokens", "tool_use"})
            except LLMError as fault:
                if heeded is None:
                    raise
                log.warning("care was called for, and no words came after that: %s", fault)
                return _heeding(written, heeded)
            written = _longer(written, text_of(message))
            results = []
            for call in tools.calls(message):
                written, result = _called(written, call)
                results.append(result)
            if not results:
                break
            told: MessageParam = {"role": "user", "content": results}
            request = replace(request, messages=[*request.messages, sent_back(message), told])
            self.grown(written)
        written = _heeding(written, heeded)
        if not written.text and written.risk is None:
            raise Empty
        return replace(written, cut=message.stop_reason == "max_tokens")


def _system(settings: Settings, prompts: Prompts, brief: Brief) -> list[TextBlockParam]:
    """Who it is, the same in every turn of a place; then what only holds now."""
    keep = settings.llm.cache
    local = settings.at(brief.place)
    formatting = prompts.formatting(brief.place.platform)
    system = [block(prompts.answer.fill(name=local.name, persona=brief.persona, formatting=formatting), keep)]
    step = brief.decision.step if brief.decision else Step.ANSWER
    if step in {Step.REDIRECT, Step.WARN}:
        return [*system, block(prompts.step(step, brief.language, brief.must_say))]
    if step is Step.CARE or brief.in_care:
        return [*system, block(prompts.care.text, keep)]
    return system


def _longer(before: Written, text: str) -> Written:
    """The reply with what was written after a tool call."""
    whole = "\n\n".join(part for part in (before.text.strip(), text.strip()) if part)
    return replace(before, text=whole)


def _called(written: Written, call: ToolUseBlock) -> tuple[Written, Any]:
    """The reply after a tool call, and what the model is told. No answer can end anything."""
    if call.name == tools.CARE:
        risk = tools.graver(written.risk, tools.risk(call.input))
        written = replace(written, risk=risk, calls=(*written.calls, f"{call.name}: {risk.level.name.lower()}"))
        return written, {"type": "tool_result", "tool_use_id": call.id, "content": tools.OFFERED}
    log.warning("a tool call out of turn was refused")
    name = call.name if call.name == tools.END else "an unknown tool"
    refused = {"type": "tool_result", "tool_use_id": call.id, "content": tools.REFUSED, "is_error": True}
    return replace(written, calls=(*written.calls, f"{name}: refused")), refused


def _heeding(written: Written, heeded: Risk | None) -> Written:
    """The reply with what was called for in tries that then failed."""
    if heeded is None or (written.risk is not None and written.risk.level >= heeded.level):
        return written
    return replace(written, risk=heeded, calls=(*written.calls, f"{tools.CARE}: {heeded.level.name.lower()}"))

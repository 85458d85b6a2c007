"""Claude, through the anthropic SDK: the main model answers and confirms endings, a small one reads.

How a question reaches a model, and what becomes of faults, stands in vendor.py; here is what is asked.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeVar

import anthropic
from anthropic.types import Message, MessageParam, TextBlockParam, ToolParam, ToolUseBlock
from pydantic import BaseModel, ConfigDict

from bot.domain.assessment import Reading, Risk
from bot.domain.step import Step
from bot.domain.usage import Usage
from bot.errors import LLMError, LLMRefused, LLMTooLarge
from bot.llm import tools
from bot.llm.faults import Empty
from bot.llm.prompts import Prompts
from bot.llm.request import WHOLE, Request, check, text_of
from bot.llm.seen import Seen
from bot.llm.transcript import as_history, as_material, as_messages
from bot.llm.vendor import Vendor, moment
from bot.ports import Brief, Confirmed, Grown, Written
from bot.settings import Settings

log = logging.getLogger(__name__)

CONFIRM_TOKENS = 400  # a word before the tool call, and the call
STEP_TOKENS = 400  # a redirection or a warning: 80 words, and room for languages that need more
TOKENS_A_WORD = 3  # of a summary, at the most
IN_TIME = 0.95  # of its time: if it is late, that is seen here and not only by whoever waits as long for it
ROUNDS = 3  # times that one answer may call tools
SHORTER = 4  # times that what is told is halved, if it is more than the model takes

T = TypeVar("T")

Told = Callable[[], tuple[Settings, Prompts]]  # what is in force now


class Agreement(BaseModel):
    """Whether you agree to close this conversation. Anything but a clear yes is a no.

    words: one or two kind sentences to the person, shown before the notice; may be empty.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    agrees: bool
    words: str


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
        llm = self.settings.llm
        step = brief.decision.step if brief.decision else Step.ANSWER
        within = llm.answer_timeout
        if step in {Step.REDIRECT, Step.WARN}:
            within = llm.step_timeout
        ends = moment(within.total_seconds())
        return await self._with_fallback(lambda model: self._fitting(model, brief, ends, grown), ends)

    async def confirm_ending(self, brief: Brief) -> Confirmed | None:
        """Asked twice, by a tool the model may call or not; in words, if it is given none or its endpoint refuses them.

        Raises LLMError.
        """
        settings, prompts = self._told()
        decision, llm = brief.decision, settings.llm
        standing = decision.standing if decision else brief.standing  # the decision's is without what is forgiven
        conduct = settings.concerns.kinds.get(decision.concern or "") if decision else None
        question = prompts.confirm.fill(
            conduct=conduct.definition if conduct else "abuse",
            redirections=str(standing.count(Step.REDIRECT)),
            warnings=str(standing.count(Step.WARN)),
        )
        messages, again = as_messages(brief, "off"), prompts.confirm_again.text
        by_tool = llm.main in llm.end_tool and self._vendor.has_tools(llm.main)
        ask = self._agreed_by_tool if by_tool else self._agreed_in_words
        ends = moment(llm.answer_timeout.total_seconds())
        first, further = await ask(brief, question, messages, again, ends)
        if by_tool and not self._vendor.has_tools(llm.main):  # as it turned out: then that was no answer
            ask = self._agreed_in_words
            first, further = await ask(brief, question, messages, again, ends)
        if not first.agrees:
            return first
        second, _ = await ask(brief, question, [*messages, *further], again, ends)
        words = second.words or first.words if second.agrees else ""
        return replace(second, words=words, calls=(*first.calls, *second.calls))

    async def summarise(self, brief: Brief) -> str:
        """A summary of the history and of the summary before it. It has no tools: nothing else can follow from it.

        Raises LLMError.
        """
        settings, prompts = self._told()
        words, ends = settings.llm.summary_words, moment(settings.llm.answer_timeout.total_seconds())

        async def asked(model: str) -> str:
            request = self._request(
                brief,
                model=model,
                max_tokens=words * TOKENS_A_WORD,
                system=[_text(prompts.summary.fill(words=str(words)))],
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
        request = self._request(
            brief,
            model=llm.reader,
            max_tokens=llm.reader_tokens,
            system=[_text(prompts.reading(settings.concerns), llm.cache)],
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

    async def _fitting(self, model: str, brief: Brief, ends: float, grown: Grown) -> Written:
        """The reply, told of less and less of what went before if that is more than the model takes."""
        for _ in range(SHORTER):
            try:
                return await self._written(model, brief, ends, grown)
            except LLMTooLarge:
                if not (brief.history or brief.loaded):
                    raise
                brief = replace(brief, history=brief.history[(len(brief.history) + 1) // 2 :], loaded={})
        return await self._written(model, replace(brief, history=(), summary="", loaded={}), ends, grown)

    async def _written(self, model: str, brief: Brief, ends: float, grown: Grown) -> Written:
        """One reply, with the tools that the model calls on the way."""
        settings, prompts = self._told()
        llm = settings.llm
        step = brief.decision.step if brief.decision else Step.ANSWER
        brief_step = step in {Step.REDIRECT, Step.WARN}
        request = self._request(
            brief,
            model=model,
            max_tokens=STEP_TOKENS if brief_step else llm.answer_tokens,
            system=_system(settings, prompts, brief),
            messages=as_messages(brief, "off" if brief_step else llm.cache),
            tools=[tools.CARE_TOOL],
        )
        written = shown = Written()
        heeded: Risk | None = None

        def growing(message: Message) -> None:
            nonlocal heeded, shown
            heeded, before = _heard(heeded, message), shown
            if (shown := _longer(written, text_of(message))) != before:
                grown(shown)

        for _ in range(ROUNDS):
            try:
                message = await self._vendor.ask(request, ends, growing)
                heeded = _heard(heeded, message)
                check(message, WHOLE | {"max_tokens", "tool_use"})
            except LLMError as fault:
                if heeded is None:
                    raise
                log.warning("care was called for, and no words came after that: %s", fault)
                return _heeding(written, heeded)
            written = _longer(written, text_of(message))
            results = []
            for call in _calls(message):
                written, result = _called(written, call)
                results.append(result)
            if not results:
                break
            told: MessageParam = {"role": "user", "content": results}
            request = replace(request, messages=[*request.messages, _said(message), told])
            grown(written)
        written = _heeding(written, heeded)
        if not written.text and written.risk is None:
            raise Empty
        return replace(written, cut=message.stop_reason == "max_tokens")

    async def _agreed_by_tool(
        self, brief: Brief, question: str, messages: Sequence[MessageParam], again: str, ends: float
    ) -> tuple[Confirmed, list[MessageParam]]:
        """Whether the model calls the tool; and its call with, as the tool's answer, `again`."""
        request = self._request(
            brief,
            model=self.settings.llm.main,
            max_tokens=CONFIRM_TOKENS,
            system=[_text(question)],
            messages=messages,
            tools=[tools.END_TOOL, tools.CARE_TOOL],
        )
        message = await self._vendor.ask(request, ends)
        calls = _calls(message)
        named = tuple(call.name if call.name in {tools.END, tools.CARE} else "an unknown tool" for call in calls)
        if risk := _heard(None, message):
            return Confirmed(agrees=False, risk=risk, calls=named), []
        check(message, WHOLE | {"tool_use"})
        agrees = any(call.name == tools.END for call in calls)
        results: list[Any] = [{"type": "tool_result", "tool_use_id": call.id, "content": again} for call in calls]
        further: list[MessageParam] = [_said(message), {"role": "user", "content": results}] if agrees else []
        return Confirmed(agrees, text_of(message).strip() if agrees else "", calls=named), further

    async def _agreed_in_words(
        self, brief: Brief, question: str, messages: Sequence[MessageParam], again: str, ends: float
    ) -> tuple[Confirmed, list[MessageParam]]:
        """Whether the model says that it agrees; and its word with `again`."""
        request = self._request(
            brief,
            model=self.settings.llm.main,
            max_tokens=CONFIRM_TOKENS,
            system=[_text(question)],
            messages=messages,
        )
        said = await self._vendor.shaped(request, Agreement, ends)
        further: list[MessageParam] = [
            {"role": "assistant", "content": said.model_dump_json()},
            {"role": "user", "content": again},
        ]
        return Confirmed(said.agrees, said.words.strip() if said.agrees else ""), further

    def _request(
        self,
        brief: Brief,
        *,
        model: str,
        max_tokens: int,
        system: Sequence[TextBlockParam],
        messages: Sequence[MessageParam],
        tools: Sequence[ToolParam] = (),
    ) -> Request:
        return Request(
            model=model,
            max_tokens=max_tokens,
            system=system,
            messages=messages,
            tools=tools,
            space=brief.place.space,
            member=brief.member.id,
        )


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


def _system(settings: Settings, prompts: Prompts, brief: Brief) -> list[TextBlockParam]:
    """Who it is, the same in every turn of a place; then what only holds now."""
    keep = settings.llm.cache
    local = settings.at(brief.place)
    formatting = prompts.formatting(brief.place.platform)
    system = [_text(prompts.answer.fill(name=local.name, persona=brief.persona, formatting=formatting), keep)]
    step = brief.decision.step if brief.decision else Step.ANSWER
    if step in {Step.REDIRECT, Step.WARN}:
        return [*system, _text(prompts.step(step, brief.language, brief.must_say))]
    if step is Step.CARE or brief.in_care:
        return [*system, _text(prompts.care.text, keep)]
    return system


def _text(text: str, keep: Literal["5m", "1h", "off"] = "off") -> TextBlockParam:
    """A block; what the vendor is to keep up to here is marked."""
    if keep == "off":
        return {"type": "text", "text": text}
    return {"type": "text", "text": text, "cache_control": {"type": "ephemeral", "ttl": keep}}


def _calls(message: Message) -> list[ToolUseBlock]:
    return [block for block in message.content if block.type == "tool_use"]


def _said(message: Message) -> MessageParam:
    """What the model said, as it goes back to it. No text may be empty."""
    said = [block.to_dict() for block in message.content if block.type != "text" or block.text.strip()]
    content: Any = [{key: each[key] for key in each if each[key] is not None} for each in said]
    return {"role": "assistant", "content": content}


def _longer(before: Written, text: str) -> Written:
    """The reply with what was written after a tool call."""
    whole = "\n\n".join(part for part in (before.text.strip(), text.strip()) if part)
    return replace(before, text=whole)


def _called(written: Written, call: ToolUseBlock) -> tuple[Written, Any]:
    """The reply after a tool call, and what the model is told. No answer can end anything."""
    if call.name == tools.CARE:
        risk = _graver(written.risk, tools.risk(call.input))
        written = replace(written, risk=risk, calls=(*written.calls, f"{call.name}: {risk.level.name.lower()}"))
        return written, {"type": "tool_result", "tool_use_id": call.id, "content": tools.OFFERED}
    log.warning("a tool call out of turn was refused")
    name = call.name if call.name == tools.END else "an unknown tool"
    refused = {"type": "tool_result", "tool_use_id": call.id, "content": tools.REFUSED, "is_error": True}
    return replace(written, calls=(*written.calls, f"{name}: refused")), refused


def _heard(before: Risk | None, message: Message) -> Risk | None:
    """The gravest call for care so far; one that is not whole yet counts as the mildest kind."""
    for call in _calls(message):
        if call.name == tools.CARE:
            before = _graver(before, tools.risk(call.input))
    return before


def _heeding(written: Written, heeded: Risk | None) -> Written:
    """The reply with what was called for in tries that then failed."""
    if heeded is None or (written.risk is not None and written.risk.level >= heeded.level):
        return written
    return replace(written, risk=heeded, calls=(*written.calls, f"{tools.CARE}: {heeded.level.name.lower()}"))


def _graver(one: Risk | None, other: Risk) -> Risk:
    return one if one is not None and one.level > other.level else other

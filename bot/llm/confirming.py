"""The main model is asked whether to end: twice, by a tool it may call or not, or in words."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from anthropic.types import MessageParam
from pydantic import BaseModel, ConfigDict

from bot.domain.step import Step
from bot.llm import tools
from bot.llm.prompts import Prompts
from bot.llm.request import WHOLE, Request, block, check, sent_back, text_of
from bot.llm.transcript import as_messages
from bot.llm.vendor import Vendor
from bot.ports import Brief, Confirmed
from bot.settings import Settings

CONFIRM_TOKENS = 400  # a word before the tool call, and the call


class Agreement(BaseModel):
    """Whether you agree to close this conversation. Anything but a clear yes is a no.

    words: one or two kind sentences to the person, shown before the notice; may be empty.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    agrees: bool
    words: str


@dataclass(frozen=True, slots=True)
class Confirming:
    """The question about the ending that the brief's decision is. `ends`: until when it may take, see vendor.moment."""

    vendor: Vendor
    settings: Settings
    prompts: Prompts
    brief: Brief
    ends: float

    async def confirmed(self) -> Confirmed:
        """Whether it agrees. In words, if the model is given no tool or its endpoint refuses them. Raises LLMError."""
        brief, decision, llm = self.brief, self.brief.decision, self.settings.llm
        standing = decision.standing if decision else brief.standing  # the decision's is without what is forgiven
        conduct = self.settings.concerns.kinds.get(decision.concern or "") if decision else None
        question = self.prompts.confirm.fill(
            conduct=conduct.definition if conduct else "abuse",
            redirections=str(standing.count(Step.REDIRECT)),
            warnings=str(standing.count(Step.WARN)),
        )
        messages, again = as_messages(brief, "off"), self.prompts.confirm_again.text
        by_tool = llm.main in llm.end_tool and self.vendor.has_tools(llm.main)
        ask = self._by_tool if by_tool else self._in_words
        first, further = await ask(question, messages, again)
        if by_tool and not self.vendor.has_tools(llm.main):  # as it turned out: then that was no answer
            ask = self._in_words
            first, further = await ask(question, messages, again)
        if not first.agrees:
            return first
        second, _ = await ask(question, [*messages, *further], again)
        words = second.words or first.words if second.agrees else ""
        return replace(second, words=words, calls=(*first.calls, *second.calls))

    async def _by_tool(
        self, question: str, messages: Sequence[MessageParam], again: str
    ) -> tuple[Confirmed, list[MessageParam]]:
        """Whether the model calls the tool; and its call with, as the tool's answer, `again`."""
        request = Request.of(
            self.brief,
            model=self.settings.llm.main,
            max_tokens=CONFIRM_TOKENS,
            system=[block(question)],
            messages=messages,
            tools=[tools.END_TOOL, tools.CARE_TOOL],
        )
        message = await self.vendor.ask(request, self.ends)
        made = tools.calls(message)
        named = tuple(call.name if call.name in {tools.END, tools.CARE} else "an unknown tool" for call in made)
        if risk := tools.heard(None, message):
            return Confirmed(agrees=False, risk=risk, calls=named), []
        check(message, WHOLE | {"tool_use"})
        agrees = any(call.name == tools.END for call in made)
        results: list[Any] = [{"type": "tool_result", "tool_use_id": call.id, "content": again} for call in made]
        further: list[MessageParam] = [sent_back(message), {"role": "user", "content": results}] if agrees else []
        return Confirmed(agrees, text_of(message).strip() if agrees else "", calls=named), further

    async def _in_words(
        self, question: str, messages: Sequence[MessageParam], again: str
    ) -> tuple[Confirmed, list[MessageParam]]:
        """Whether the model says that it agrees; and its word with `again`."""
        request = Request.of(
            self.brief,
            model=self.settings.llm.main,
            max_tokens=CONFIRM_TOKENS,
            system=[block(question)],
            messages=messages,
        )
        said = await self.vendor.shaped(request, Agreement, self.ends)
        further: list[MessageParam] = [
            {"role": "assistant", "content": said.model_dump_json()},
            {"role": "user", "content": again},
        ]
        return Confirmed(said.agrees, said.words.strip() if said.agrees else ""), further

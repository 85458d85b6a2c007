"""What the main model says in a turn; and where it cannot, or says what does not fit, what is said instead.

Rule 9: whatever fails here becomes a plain sentence of config/replies, and moves nothing.
"""

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from bot.configuration import Configuration
from bot.domain.decision import Decision
from bot.domain.event import Said
from bot.domain.step import Confirmation
from bot.errors import LLMError, LLMRefused
from bot.llm.draft import Draft
from bot.ports import Brief, Confirmed, Platform, Voice, Written
from bot.reply import written as checks
from bot.reply.texts import Words

log = logging.getLogger(__name__)

# Where a text that was cut off can stop: after a sentence, in some scripts without a space behind it, or a line.
_ENDS = re.compile(r"[.!?…؟।]+[\"'”’»)\]]*(?=\s)|[。！？]+[」』”’）]*|\n")
_FENCE = re.compile(r"^([ \t]*)(```+|~~~+)(.*)$", re.MULTILINE)


class Speaking:
    """Puts turns into the main model's words.

    platforms      show how far an answer has come, best effort
    configuration  where they are to, at this moment
    """

    def __init__(
        self, voice: Voice, platforms: Mapping[str, Platform], configuration: Callable[[], Configuration]
    ) -> None:
        self._voice = voice
        self._platforms = platforms
        self._configuration = configuration

    def begin(self, brief: Brief) -> Draft:
        """Let it write, unseen."""
        return Draft(self._voice, brief)

    async def answer(self, event: Said, action: str, draft: Draft, words: Words) -> tuple[Written, str]:
        """The whole answer, as what `action` (its id) will say, shown as it grows where it should; else the apology."""
        platform = self._platforms.get(event.place.platform)
        try:
            async for so_far in draft.progress():
                if platform is not None and so_far and self._streaming(event):
                    await platform.preview(action, event.place, event.conversation, so_far)
            written = await draft.whole()
        except LLMRefused as fault:
            log.warning("no answer for %s: %s", event.key, fault)
            return replace(draft.so_far, text=""), words.talk.apology.declined
        except LLMError as fault:
            log.warning("no answer for %s: %s", event.key, fault)
            return replace(draft.so_far, text=""), words.talk.apology.outage
        if written.cut and not written.risk:
            return replace(written, text=f"{whole_part(written.text)}\n\n{words.talk.apology.cut_short}"), ""
        return _whole(written), ""

    def _streaming(self, event: Said) -> bool:
        return self._configuration().settings.streaming(event.place)

    async def beside(self, event: Said, brief: Brief, draft: Draft | None) -> Written:
        """Its own words beside a card; none where it fails. `draft`: it is writing them already."""
        draft = draft or self.begin(brief)
        try:
            written = await draft.whole()
        except LLMError as fault:
            log.warning("no words beside the card for %s: %s", event.key, fault)
            return replace(draft.so_far, text="")
        finally:
            await draft.drop()
        return self.fitting(event, _whole(written))

    def fitting(self, event: Said, written: Written) -> Written:
        """Words beside a card, or none: the numbers and addresses there are the checked ones, and no others."""
        if checks.beside_fits(written.text):
            return written
        log.warning("the card alone for %s: the model's words name a number or an address", event.key)
        return replace(written, text="")

    async def step(self, event: Said, brief: Brief, decision: Decision, words: Words, *, request: bool) -> Written:
        """Its own words for the redirection or the warning that the decision is; none if they do not fit.

        request  the concern that decided is a harmful request, which is refused
        """
        must_say = checks.must_say(decision, words, request=request)
        draft = self.begin(replace(brief, decision=decision, must_say=must_say, language=words.language))
        try:
            written = await draft.whole()
        except LLMError as fault:
            log.warning("the fixed words for %s: %s", event.key, fault)
            return replace(draft.so_far, text="")
        finally:
            await draft.drop()
        faults = ["stopped early"] if written.cut else checks.faults(written.text, decision, words, request=request)
        if faults:
            log.warning("the fixed words for %s: the model's text %s", event.key, ", ".join(faults))
            return replace(written, text="")
        return written

    async def confirmed(self, event: Said, brief: Brief, words: Words) -> tuple[Confirmation, Confirmed]:
        """Whether it confirms an ending; its own words to the member are kept only if they may be shown."""
        try:
            confirmed = await self._voice.confirm_ending(brief)
        except LLMError as fault:
            log.warning("an ending could not be confirmed for %s: %s", event.key, fault)
            return Confirmation.UNAVAILABLE, Confirmed(agrees=False)
        if confirmed is None:
            return Confirmation.NO_MODEL, Confirmed(agrees=True)
        if confirmed.words and not checks.farewell_fits(confirmed.words, words):
            log.warning("the model's words before the notice for %s do not fit", event.key)
            confirmed = replace(confirmed, words="")
        return Confirmation.CONFIRMED if confirmed.agrees else Confirmation.SPARED, confirmed


def _whole(written: Written) -> Written:
    """Words beside a card: nobody is offered to hear the rest of them."""
    return replace(written, text=whole_part(written.text)) if written.cut else written


def whole_part(text: str) -> str:
    """What of a text that was cut off can stand by itself: up to its last whole sentence, with code closed.

    Where that would lose half of it, up to its last word; where that would, too (not every script has spaces), all.
    """
    ends = [found.end() for found in _ENDS.finditer(text)]
    kept, half = text[: ends[-1]].rstrip() if ends else "", len(text.strip()) // 2
    if len(kept) <= half:
        words = text.rpartition(" ")[0].rstrip()
        kept = (words if len(words) > half else text.rstrip()) + "…" if text.strip() else ""
    return kept + _closing(kept)


def _closing(text: str) -> str:
    """The line that closes a block of code that is open at the end; "" if none is."""
    opened: tuple[str, str] | None = None
    for indent, fence, rest in _FENCE.findall(text):
        if opened is None:
            opened = None if fence[0] in rest else (indent, fence)  # else it is code within one line
        elif fence.startswith(opened[1]) and not rest.strip():
            opened = None
    return "\n" + "".join(opened) if opened else ""

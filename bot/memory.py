"""What the models are told of a conversation: its newest turns whole, and a summary of what went before.

Turns are added until they are more than `llm.history_tokens`; then the older half is summed up at once, in the
background. So the beginning of what the models are told stays the same for many turns, and can be read from the
vendor's cache. A summary is text and nothing more: it can neither end nor warn, and a turn never waits for it.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace

from bot.configuration import Configuration
from bot.domain.conversation import Turn
from bot.domain.record import Scene
from bot.errors import where
from bot.llm.meter import BYTES_A_TOKEN
from bot.ports import Brief, Store, Voice

log = logging.getLogger(__name__)

A_TURN = 12  # tokens around one: tags and names
AT_MOST = 500  # turns that are looked at; then a summary takes over, however short they are
AGAIN_AFTER = 5  # turns after a summary that failed: each try costs as much as the turns it reads
IN_ALL = 2  # times the budget: beyond that, while no summary can be written, the oldest turns are left out


def tokens(turn: Turn) -> int:
    """About how many tokens a turn is to a model; rather too many than too few."""
    texts = (turn.text, turn.reply, *(each.text or "" for each in turn.attachments))
    return A_TURN + sum(len(text.encode("utf-8", "replace")) for text in texts) // BYTES_A_TOKEN


def _suffices(history: Sequence[Turn], budget: int) -> bool:
    """Whether the budget takes them by their length alone, which costs no look at a text: most conversations are short.

    A character has four bytes of UTF-8 at the most.
    """
    longest = budget * BYTES_A_TOKEN // 4
    size = sum(len(turn.text) + len(turn.reply) + A_TURN * BYTES_A_TOKEN for turn in history)
    return size <= longest and not any(turn.attachments for turn in history)


def told(history: Sequence[Turn], budget: int) -> tuple[Turn, ...]:
    """The newest turns that `IN_ALL` times the budget (tokens) takes, the last one in any case.

    Where they are more, all go but what the budget itself takes: so their beginning stays for many turns.
    """
    if _suffices(history, budget):
        return tuple(history)
    kept: list[Turn] = []
    size = 0
    for turn in history:
        kept.append(turn)
        size += tokens(turn)
        if size > IN_ALL * budget:
            while size > budget and len(kept) > 1:
                size -= tokens(kept.pop(0))
    return tuple(kept)


def outgrown(history: Sequence[Turn], budget: int) -> Sequence[Turn]:
    """The turns to be summed up: so many of the oldest that at most half the budget is left, and half of `AT_MOST`.

    None while both suffice. Never the last one: what is said next may well be about it.
    """
    if len(history) < AT_MOST and _suffices(history, budget):
        return ()
    left = sum(map(tokens, history))
    if left <= budget and len(history) < AT_MOST:
        return ()
    for number, turn in enumerate(history):
        if left <= budget // 2 and len(history) - number <= AT_MOST // 2:
            return history[:number]
        left -= tokens(turn)
    return history[:-1]


class Memory:
    """Writes summaries, one at a time for each conversation."""

    def __init__(self, store: Store, voice: Voice, configuration: Callable[[], Configuration]) -> None:
        self._store = store
        self._voice = voice
        self._configuration = configuration
        self._writing: dict[str, asyncio.Task[None]] = {}
        self._failed: dict[str, int] = {}  # the number of turns there were then

    def look(self, brief: Brief, scene: Scene) -> None:
        """Begin to sum up what a turn saw to be too much. Returns at once."""
        conversation = scene.conversation.id
        old = outgrown(scene.history, self._configuration().settings.llm.history_tokens)
        tired = scene.conversation.turns < self._failed.get(conversation, -AGAIN_AFTER) + AGAIN_AFTER
        if not old or tired or conversation in self._writing:
            return
        task = asyncio.create_task(self._sum_up(brief, scene, old))
        self._writing[conversation] = task
        task.add_done_callback(lambda _: self._writing.pop(conversation, None))

    async def settled(self) -> None:
        """Return when no summary is being written."""
        if self._writing:
            await asyncio.wait(list(self._writing.values()))

    async def stop(self) -> None:
        """Write no more; what was not finished is begun anew by a later turn."""
        writing = list(self._writing.values())
        for task in writing:
            task.cancel()
        await asyncio.gather(*writing, return_exceptions=True)

    async def _sum_up(self, brief: Brief, scene: Scene, old: Sequence[Turn]) -> None:
        asked = replace(brief, text="", history=old, summary=scene.conversation.summary, attachments=(), loaded={})
        self._failed[scene.conversation.id] = scene.conversation.turns
        try:
            summary = await self._voice.summarise(asked)
            if summary:
                await self._store.summarise(scene.conversation, summary, old[-1].number)
                del self._failed[scene.conversation.id]
        except Exception as fault:  # nobody waits for it, and what asyncio logs of a fault may quote a member
            log.warning("no summary of %s: %s", scene.conversation.id, where(fault))

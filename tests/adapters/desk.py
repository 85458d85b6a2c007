"""A terminal to sit down at, with a bot behind it."""

import asyncio
import io
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from adapters.terminal import Terminal
from bot.configuration import Configuration
from bot.core import Bot
from bot.domain.assessment import Concern, Level, Reading, Risk, Severity
from bot.store.sqlite import SqliteStore
from tests.fakes.clock import SetClock
from tests.fakes.models import ScriptedReader, ScriptedVoice

ABUSE = ("you useless machine", "you pathetic machine", "you worthless scrap", "scrap, you scrap")
ENDED = "".join(f"{line}\n" for line in ABUSE)


@dataclass
class Desk:
    """A terminal with a bot behind it, whose reading model knows the lines above."""

    everything: Configuration
    database: Path
    clock: SetClock
    voice: ScriptedVoice = field(default_factory=ScriptedVoice)

    @asynccontextmanager
    async def bot(self, terminal: Terminal) -> AsyncIterator[Bot]:
        reader = ScriptedReader()
        insult = Reading(by=reader.name, concerns=(Concern("insult", Severity.SERIOUS, sure=True, words="as read"),))
        reader.readings.update(dict.fromkeys(ABUSE, insult))
        risk = Risk(Level.ACTIVE, sure=True)
        reader.readings["I want to kill myself"] = Reading(by=reader.name, risk=risk)
        store = await SqliteStore.open(self.database, exclusive=True)
        bot = Bot(
            store=store,
            voice=self.voice,
            reader=reader,
            configuration=lambda: self.everything,
            platforms={terminal.name: terminal},
            clock=self.clock,
        )
        try:
            yield bot
        finally:
            await bot.stop(5)
            await store.close()

    async def types(self, typed: str | bytes) -> str:
        """What the screen shows when this is piped in, in a process of its own as it were."""
        read, write = os.pipe()
        screen = io.StringIO()
        with os.fdopen(read, encoding="utf-8") as lines:
            terminal = Terminal(self.clock, lines=lines, out=screen)
            fed = asyncio.create_task(asyncio.to_thread(feed, write, typed))
            async with self.bot(terminal) as bot:
                await asyncio.wait_for(terminal.serve(bot), 30)
            await fed
        return screen.getvalue()


def feed(pipe: int, typed: str | bytes) -> None:
    """Write it all and hang up."""
    with os.fdopen(pipe, "wb") as end:
        end.write(typed.encode() if isinstance(typed, str) else typed)

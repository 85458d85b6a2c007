"""A bot in a process of its own, that tells on demand what it costs: `python -m tools.bench_process [run ...]`.

With arguments it is Fairwell, as `fairwell` takes them. Without, it is what it is compared with: nothing but discord.py
and the vendor's SDK, which asks the model whatever comes and remembers nothing; only EXPLICIT it answers by itself.

For each line on its standard input it prints one, as JSON: the processor's seconds used so far, how late the event loop
was since the last line (ms, every ten), and, of the bare one, how many messages it has heard and when the latest
(seconds of time.monotonic, which all processes of a machine share).
"""

import asyncio
import json
import os
import sys
import threading
import time

import anthropic
import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.__main__ import main as fairwell

EVERY = 0.01  # seconds
INTENTS = 46_593  # as Fairwell asks for
EXPLICIT, ECHO = "I want to kill myself", "You are not alone."


class _Loops(asyncio.DefaultEventLoopPolicy):
    """Loops that note how late they are."""

    late: list[float]

    def new_event_loop(self) -> asyncio.AbstractEventLoop:
        """A loop."""
        loop = super().new_event_loop()
        loop.call_later(EVERY, self._tick, loop, loop.time() + EVERY)
        return loop

    def _tick(self, loop: asyncio.AbstractEventLoop, due: float) -> None:
        now = loop.time()
        self.late.append((now - due) * 1e3)
        loop.call_later(EVERY, self._tick, loop, now + EVERY)


class Bare(discord.Client):
    """Answers whatever anybody writes."""

    heard, at = 0, 0.0

    async def on_message(self, message: discord.Message) -> None:
        """Answer, in a thread if it is not in one."""
        if message.author.bot:
            return
        self.heard, self.at = self.heard + 1, time.monotonic()
        there: discord.abc.Messageable = message.channel
        if isinstance(message.channel, discord.TextChannel):
            there = await message.create_thread(name="a thread")
        await there.send(await self._answer(message.content))

    async def _answer(self, question: str) -> str:
        if question.endswith(EXPLICIT):
            return ECHO
        async with self.model.messages.stream(
            model=os.environ["BENCH_MODEL"], max_tokens=1_500, messages=[{"role": "user", "content": question}]
        ) as stream:
            return await stream.get_final_text()

    async def setup_hook(self) -> None:
        """Before it is connected."""
        self.model = anthropic.AsyncAnthropic(api_key="none")


def _bare() -> Bare:
    Route.BASE = os.environ["DISCORD_API_BASE"]
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(os.environ["DISCORD_GATEWAY_URL"])
    return Bare(intents=discord.Intents(INTENTS), max_messages=None, chunk_guilds_at_startup=False)


def _tell(loops: _Loops, bare: Bare | None) -> None:
    for _ in sys.stdin:
        late, loops.late = loops.late, []
        told = {"cpu": time.process_time(), "late": late}
        print(json.dumps(told | ({"heard": bare.heard, "at": bare.at} if bare else {})), flush=True)


def main() -> None:
    """Run until it is told to stop."""
    loops, bare = _Loops(), None if sys.argv[1:] else _bare()
    loops.late = []
    asyncio.set_event_loop_policy(loops)
    threading.Thread(target=_tell, args=(loops, bare), daemon=True).start()
    if bare:
        bare.run(os.environ["DISCORD_TOKEN"], log_handler=None)
    else:
        fairwell()


if __name__ == "__main__":
    main()

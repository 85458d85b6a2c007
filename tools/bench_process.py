"""A bot in a process of its own, that tells on demand what it costs: `python -m tools.bench_process [database]`.

With a database it is Fairwell; without, a bare bot to compare it with. The environment says on which platform.

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
from pathlib import Path

from bot import build
from bot.cli.talking import adapters
from tools.bench_bare import Bare, Bolt, Discord

EVERY = 0.01  # seconds
CONFIG = Path(__file__).parents[1] / "config"


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


async def _fairwell(database: Path) -> None:
    platforms = adapters(os.environ, build.clock, terminal=False)  # as `fairwell run` finds them
    async with build.running(CONFIG, os.environ, platforms, database=database, say=_quiet) as bot:
        await asyncio.gather(*(platform.serve(bot) for platform in platforms.values()))


def _quiet(text: str, style: str = "") -> None:
    """What Fairwell says on a screen."""


def _tell(loops: _Loops, bare: Bare | None) -> None:
    for _ in sys.stdin:
        late, loops.late = loops.late, []
        told = {"cpu": time.process_time(), "late": late}
        print(json.dumps(told | ({"heard": bare.heard, "at": bare.at} if bare else {})), flush=True)


async def _run(loops: _Loops, database: str) -> None:
    bare: Bare | None = None
    if not database:
        bare = Bolt() if "SLACK_BOT_TOKEN" in os.environ else Discord()
    threading.Thread(target=_tell, args=(loops, bare), daemon=True).start()
    await (bare.serve() if bare else _fairwell(Path(database)))


def main() -> None:
    """Run until it is told to stop."""
    loops = _Loops()
    loops.late = []
    asyncio.set_event_loop_policy(loops)
    asyncio.run(_run(loops, "".join(sys.argv[1:])))


if __name__ == "__main__":
    main()

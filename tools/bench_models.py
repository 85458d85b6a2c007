"""Benchmarks of how the models are asked: `make bench`. The vendor is a local server that counts tokens and caches.

What stands beside it: a program that streams an answer through the same SDK and checks nothing; and a bot that sends
the whole conversation anew in each turn.
"""

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import anthropic

from bot import build, configuration
from bot.configuration import Configuration
from bot.core import Bot
from bot.domain.conversation import Member, Place
from bot.domain.event import Said
from bot.settings.tables import PriceTable
from tests.servers.anthropic import Asked, Reply, Says, Server, Usage
from tools.bench_bot import Platform, wired

PLACE = Place("bench", "bench", "bench", private=True)
MEMBER = Member("bench:1", "Robin")
READING = json.dumps(
    {
        "concerns": [],
        "risk": "none",
        "about": "self",
        "risk_sure": True,
        "risk_words": "",
        "asks_to_end": False,
        "plain_answer": "neither",
        "country": None,
        "language": "en",
        "why": "an ordinary question",
    }
)
QUESTIONS = (
    "I moved the tomatoes out last week and now the lower leaves turn yellow. Is that the cold, or too much water?",
    "Right, they do stand in heavy soil. How would I find out whether it drains well enough without digging it all up?",
    "And what would you plant next to them? I read about basil, but everybody seems to say something else about it.",
)
ANSWER = (
    "Yellow lower leaves after a move outdoors are most often the cold and the wind, and they come back by themselves. "
    "Too much water looks similar, but then the soil smells stale and the stems feel soft. Dig a hole as deep as your "
    "hand, fill it with water twice, and see how long the second filling takes to go: less than an hour is fine. "
    "Until then, water only when the soil is dry a finger deep, in the morning, and leave the leaves alone."
)


class Vendor:
    """Answers and reads, each after a set time (seconds)."""

    def __init__(self, reader: float, main: float) -> None:
        self.reader, self.main = reader, main

    def __call__(self, asked: Asked) -> Reply:
        """The reply."""
        if "output_config" in asked.body:
            return Says(READING, delay=self.reader)
        pieces = [f"{word} " for word in ANSWER.split()]
        return Says(*pieces, delay=self.main) if asked.body.get("stream") else Says("They grow tomatoes.")


def bot(current: Configuration, server: Server, folder: Path, platform: Platform) -> AbstractAsyncContextManager[Bot]:
    """The bot with its models as they are wired in earnest, in front of the local server."""
    env = {"ANTHROPIC_API_KEY": "none", "ANTHROPIC_BASE_URL": server.url}
    voice, reader, _ = build.models(lambda: current, env)
    return wired(current, folder / f"{time.monotonic_ns()}.db", voice, reader, platform)


def said(turn: int, conversation: str = "bench:1") -> Said:
    """A message."""
    text = QUESTIONS[turn % len(QUESTIONS)]
    at = datetime.now(UTC)
    key = f"{conversation}.{turn}"
    return Said(key=key, conversation=conversation, place=PLACE, member=MEMBER, at=at, message=key, text=text)


async def first_token(current: Configuration, folder: Path, reader: float, main: float, times: int) -> None:
    """How long until something of the answer is shown, beside a program that checks nothing."""
    platform, vendor = Platform(), Vendor(reader, main)
    plain_took, bot_took = list[float](), list[float]()
    async with Server(vendor) as server, bot(current, server, folder, platform) as made:
        client = anthropic.AsyncAnthropic(api_key="none", base_url=server.url)
        await made.receive(said(0, "bench:warm"))  # the first call opens connections, for both
        await made.settled()
        await _plain(client, current)
        for number in range(times):
            plain_took.append(await _plain(client, current))
            event = said(1, f"bench:{number}")
            began = time.perf_counter()
            await made.receive(event)
            await made.settled()
            bot_took.append(platform.shown[event.key] - began)
        await client.close()
    plain, ours = statistics.median(plain_took), statistics.median(bot_took)
    print(
        f"  reader {reader * 1e3:.0f} ms, first token {main * 1e3:.0f} ms: shown after p50 {ours * 1e3:.0f}, "
        f"p95 {sorted(bot_took)[int(times * 0.95)] * 1e3:.0f} ms; without any check {plain * 1e3:.0f}, "
        f"{sorted(plain_took)[int(times * 0.95)] * 1e3:.0f} ms: {ours / plain:.3f} times   "
        f"(target, while the reader is the quicker: <= 1.05)"
    )


async def _plain(client: anthropic.AsyncAnthropic, current: Configuration) -> float:
    began = time.perf_counter()
    async with client.messages.stream(
        model=current.settings.llm.main,
        max_tokens=1_500,
        messages=[{"role": "user", "content": QUESTIONS[1]}],
    ) as stream:
        async for _ in stream.text_stream:
            took = time.perf_counter() - began
            await stream.get_final_message()
            return took
    raise AssertionError("nothing was said")


async def bill(current: Configuration, folder: Path, turns: int) -> None:
    """What a conversation costs, in tokens and by the prices of config/, beside sending all of it anew every time."""
    whole = current.settings.llm.model_copy(update={"cache": "off", "history_tokens": 500_000})
    anew = replace(current, settings=replace(current.settings, llm=whole))
    costs = []
    for name, how in (("as it is", current), ("all of it anew, uncached", anew)):
        async with Server(Vendor(0, 0)) as server, bot(how, server, folder, Platform()) as made:
            for turn in range(turns):
                await made.receive(said(turn))
                await made.settled()
            costs.append(_told(name, server.bill, how.settings.prices))
    print(f"    {costs[0] / costs[1]:.2f} times the cost")


def _told(name: str, used: Mapping[str, Usage], prices: Mapping[str, PriceTable]) -> float:
    cost, read, all_in = 0.0, 0, 0
    print(f"  {name}:")
    for model, usage in used.items():
        written, kept = usage.cache_creation_input_tokens, usage.cache_read_input_tokens
        total = usage.input_tokens + written + kept
        price = prices[model]
        dollars = usage.input_tokens * price.input + written * price.cache_write
        dollars = (dollars + kept * price.cache_read + usage.output_tokens * price.output) / 1e6
        cost, read, all_in = cost + dollars, read + kept, all_in + total
        print(
            f"    {model}: input {total:,} (fresh {usage.input_tokens:,}, written to the cache {written:,}, read from "
            f"it {kept:,}: {kept / total:.1%}), output {usage.output_tokens:,}, {dollars:.3f} dollars"
        )
    print(f"    in all {cost:.3f} dollars; {read / all_in:.1%} of the input read from the cache")
    return cost


async def everything(current: Configuration, folder: Path, times: int) -> None:
    """All of it."""
    print("Time to the first shown token")
    for reader, main in ((0.4, 0.8), (1.2, 0.8)):
        await first_token(current, folder, reader, main, times)
    print("A conversation of 50 turns, as the vendor would bill it   (target: >= 85 % read from the cache)")
    await bill(current, folder, 50)


def main() -> None:
    """Run the benchmarks in a folder of their own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=20, help="turns in each measurement of time")
    parser.add_argument("--config", type=Path, default=Path("config"))
    arguments = parser.parse_args()
    current = configuration.load(arguments.config, {"ANTHROPIC_BASE_URL": "http://localhost"})
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        asyncio.run(everything(current, Path(folder), arguments.times))


if __name__ == "__main__":
    main()

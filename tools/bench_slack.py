"""What the bot adds on Slack, beside a bot that is nothing but Bolt: `make bench`. How: tools/bench_beside.py.

The local Slack limits no rates here. Every thread is in a channel of its own, since Slack takes about one message a
second in a channel, and Fairwell posts no faster.
"""

import argparse
import asyncio
import time
from collections.abc import Callable
from pathlib import Path

from bot.configuration import Configuration
from tests.servers.slack import Delivery, LocalSlack, Message
from tools.bench_beside import MODEL, PATIENCE, QUESTION, SETTLES, Bench, Process, Round, Watch, run, running, sizes

CLOCK = 0.1  # seconds after which Slack's clock moves on

Id = tuple[str, str]  # a channel and a ts: of a message, or of a thread's root


class Events(Watch[Id]):
    """Of a Slack."""

    def __init__(self, slack: LocalSlack) -> None:
        super().__init__()
        self._slack = slack
        self._left = self._requests = 0

    def look(self) -> bool:
        """Take in what is new. Out: True."""
        for delivery in self._slack.deliveries.sent[self._left :]:
            if delivery.left is None:
                break
            self._left += 1
            self.told.setdefault((delivery.event["channel"], delivery.event.get("ts", "")), delivery.left)
        for asked in self._slack.asked[self._requests :]:
            if asked.method == "chat.postMessage":
                self.answer((asked.args["channel"], asked.args.get("thread_ts", "")), asked.arrived)
        self._requests = len(self._slack.asked)
        return True


class OnSlack(Bench[Id]):
    """One bot, on a Slack of its own."""

    def __init__(self, slack: LocalSlack, bot: Process, models: Process) -> None:
        super().__init__(bot, models, Events(slack))
        self._slack = slack
        self._library = next(iter(slack.world.workspaces.values()))
        self._roots: dict[Id, Message] = {}

    async def connected(self) -> None:
        """Return when the bot is there."""
        await self.until(lambda: self._slack.sockets.open)
        await asyncio.sleep(SETTLES)

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until something is so. Raises TimeoutError."""
        await self._slack.until(condition, PATIENCE)

    async def begins(self, text: str, *, mention: bool) -> tuple[Id, Id]:
        """Somebody new writes to the bot, in the thread of their message it answers."""
        slack = self._slack
        member = slack.member(self._library, f"member {len(self._library.users)}")
        if mention:
            where = slack.channel(self._library, f"channel-{len(self._library.channels)}", member)
            said = await slack.mentions(member, where, text)
        else:
            said = await slack.says(member, slack.dm(member), text)
        root = said.channel.id, said.ts
        self._roots[root] = said
        return root, root

    async def goes_on(self, where: Id) -> None:
        """Whoever began a thread writes in it again."""
        root = self._roots[where]
        await self._slack.says(root.author, root.channel, QUESTION, thread=root)

    async def burst(self, envelopes: int) -> None:
        """So many people write directly at once. How long until Slack knows that it has arrived."""
        await self._models.ask(str(MODEL))
        deliveries = self._slack.deliveries
        deliveries.hold()
        told = [await self.begins(QUESTION, mention=False) for _ in range(envelopes)]
        before = len(deliveries.sent)
        deliveries.release()
        sent = deliveries.sent[before:]
        watch = self._watch
        await self.until(lambda: watch.look() and all(watch.answers[where] for _, where in told))
        self.round.waits[f"acknowledged, of {envelopes} envelopes at once"] = [_took(each) for each in sent]
        await self._models.ask("0")


def _took(delivery: Delivery) -> float:
    """Milliseconds until a delivery was acknowledged. Raises RuntimeError: it never was."""
    if delivery.left is None or delivery.heard is None:
        raise RuntimeError("an envelope was not acknowledged")
    return (delivery.heard - delivery.left) * 1e3


async def measured(current: Configuration, database: Path | None, chosen: argparse.Namespace) -> Round:
    """All that is measured of one bot."""
    async with LocalSlack(limited=False) as slack:
        env = {
            "SLACK_BOT_TOKEN": slack.installed(slack.workspace("The Library")).token,
            "SLACK_APP_TOKEN": slack.app.token,
            "SLACK_API_BASE": slack.url,
        }
        async with running(current, database, **env) as (bot, models):
            passing = asyncio.create_task(_passes(slack))
            bench = OnSlack(slack, bot, models)
            await bench.connected()
            await bench.waits(chosen.times)
            await bench.burst(chosen.envelopes)
            await bench.open(chosen.threads)
            await bench.at_once(MODEL)
            await bench.busy(MODEL, chosen.seconds)
            passing.cancel()
    return bench.round


async def _passes(slack: LocalSlack) -> None:
    """Let time pass on Slack as it does here."""
    while True:
        await asyncio.sleep(CLOCK)
        slack.passes(max(0.0, time.time() - slack.clock.now))


def main() -> None:
    """Run the benchmark."""
    parser = sizes(__doc__)
    parser.add_argument("--envelopes", type=int, default=500, help="that come at once")
    run(measured, parser.parse_args(), "Bolt")


if __name__ == "__main__":
    main()

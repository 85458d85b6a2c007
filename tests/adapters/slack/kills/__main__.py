"""Kills a bot on Slack at every step it takes, starts it again, and looks whether everything is there once (rule 12).

Run as `python -m tests.adapters.slack.kills [<stride> [<scenario> ...]]`. For every n, a bot in a process of its
own plays the scenario on a local Slack of its own and is killed by SIGKILL at its n-th step; a second process starts on
what is left, people do again what they see has not worked, and what is there then is compared with a run in which
nobody was killed. Ends when the scenario ends before its n-th step.

Five kinds of step are walked: before a request to Slack is carried out, after it was carried out and before it is
answered, before and after a commit of the store, and in the moment in which Slack is told that something has arrived.
"""

import asyncio
import multiprocessing
import re
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from adapters.slack.people.interactions import COMMAND
from tests.adapters.slack.community import EXPLICIT, INSULTS
from tests.adapters.slack.kills import doomed
from tests.adapters.slack.kills.doomed import AFTER, BEFORE, Life
from tests.adapters.slack.people import labels
from tests.core.crash_walk import actions, difference
from tests.servers.slack import Asked, Delivery, LocalSlack, Message, Refused
from tests.servers.slack_blocks import elements
from tests.servers.slack_state import Kind

PATIENCE = 60.0  # seconds
UNSENT, UNANSWERED, HEARD = "before a request", "after a request", "at an acknowledgement"
KINDS = (UNSENT, UNANSWERED, BEFORE, AFTER, HEARD)
DONE = {"needless": "delivered"}  # a mark that is not there any more need not be taken away
GO_ON, OVERTURN, TAKEN = "Go on from there", "Overturn", "That offer has been taken already."
PROCESSES = multiprocessing.get_context("forkserver")

Outcome = dict[str, Any]


class Died(Exception):
    """The bot was killed."""


class Town:
    """A workspace with people, and a bot that is killed at some step.

    left  the steps until then, once it is armed
    """

    def __init__(self, slack: LocalSlack, database: Path, *, stream: bool = False) -> None:
        self.slack = slack
        self.workspace = slack.workspace("The Library")
        self.robin, self.mo = slack.member(self.workspace, "robin"), slack.member(self.workspace, "mo")
        self.general = slack.channel(self.workspace, "general")
        self.desk = slack.channel(self.workspace, "desk", self.mo, kind=Kind.PRIVATE)
        self.me = slack.installed(self.workspace).bot
        self.dead = True
        self.sent: Delivery | None = None  # the last form
        self.kind, self.left = "", 0
        self._stream = stream
        self._database = database
        self._process: BaseProcess | None = None
        self._told: Connection
        self._commits = PROCESSES.Value("i", 0)
        slack.web.walks = self._asked
        slack.deliveries.heard = self._heard

    def arm(self, kind: str, left: int) -> None:
        """From now on its steps of this kind count."""
        self.kind, self.left = kind, left
        self._commits.value = left if kind in {BEFORE, AFTER} else 0

    @asynccontextmanager
    async def running(self, begins: str, dies: str = "") -> AsyncIterator[None]:
        """The bot, connected; killed in the end. begins: how its answers begin."""
        life = Life(
            token=self.slack.installed(self.workspace).token,
            socket=self.slack.app.token,
            url=self.slack.url,
            database=self._database,
            team=self.workspace.id,
            desk=self.desk.id,
            moderator=self.mo.id,
            begins=begins,
            dies=dies,
            stream=self._stream,
        )
        self._told, its = PROCESSES.Pipe()
        process = self._process = PROCESSES.Process(target=doomed.live, args=(life, its, self._commits))
        process.start()
        its.close()
        self.dead, loop = False, asyncio.get_running_loop()
        loop.add_reader(process.sentinel, self._died, process.sentinel)
        try:
            await self.slack.until(lambda: self.dead or len(self.slack.sockets.open) == 2, PATIENCE)
            yield
        finally:
            self._kill()
            loop.remove_reader(process.sentinel)
            await self.slack.until(lambda: not self.slack.sockets.open, PATIENCE)
            self._told.close()

    def _died(self, sentinel: int) -> None:
        asyncio.get_running_loop().remove_reader(sentinel)
        self.dead = True
        self.slack.bell.ring()

    def _kill(self) -> None:
        self.dead = True
        if self._process is not None:
            self._process.kill()
            self._process.join()
        self.slack.bell.ring()

    def _asked(self, when: str, _: Asked) -> None:
        self._step(UNSENT if when == "before" else UNANSWERED)

    def _heard(self, _: Delivery) -> None:
        if self.kind == HEARD and self._counts():
            self._kill()

    def _step(self, kind: str) -> None:
        if kind == self.kind and self._counts():
            self._kill()
            raise ConnectionResetError

    def _counts(self) -> bool:
        self.left -= bool(self.left)
        return not self.left and not self.dead

    async def settled(self) -> None:
        """Return when the bot has nothing more to do. Raises Died."""
        done = None
        while done != (done := self._done):
            await self.slack.until(lambda: self.dead or all(one.over for one in self.slack.deliveries.sent), PATIENCE)
            await self._answered()

    @property
    def _done(self) -> tuple[int, ...]:
        return (
            len(self.slack.deliveries.sent),
            len(self.slack.asked),
            sum(one.acks for one in self.slack.deliveries.sent),
        )

    async def _answered(self) -> None:
        """Return when the bot says that it is through. Raises Died."""
        if self.dead:
            raise Died
        loop, answered = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(self._told.fileno(), answered.set)
        try:
            async with asyncio.timeout(PATIENCE):
                self._told.send(None)
                await answered.wait()
                self._told.recv()
        except (EOFError, ConnectionError):
            raise Died from None
        finally:
            loop.remove_reader(self._told.fileno())

    # What people do, if it is not done yet.

    async def insulted(self, times: int) -> Message:
        """A thread in which robin has insulted the bot so often."""
        root = await self.slack.mentions(self.robin, self.general, INSULTS[0])
        await self.settled()
        for insult in INSULTS[1:times]:
            await self.says(insult)
        return root

    async def says(self, text: str) -> None:
        """Robin says something in the first thread."""
        self.slack.passes(5)
        await self.slack.says(self.robin, self.general, text, thread=self.root)
        await self.settled()

    @property
    def root(self) -> Message:
        """The root of the first thread."""
        return next(iter(self.general.messages.values()))

    async def presses(self, who: Any, channel: Any, label: str) -> None:
        """Somebody presses what has this label, if it is there."""
        for message in [one for one in channel.messages.values() if label in labels(one)]:
            await self.slack.presses(who, message, labels(message)[label])
            await self.settled()

    def seen(self) -> Outcome:
        """What everybody sees, and what the store says has become of it."""
        outcome: Outcome = {}
        for channel in self.slack.world.channels.values():
            if not (channel.messages or channel.ephemerals):
                continue
            name = channel.name or "DM"
            said = [one for one in channel.messages.values() if one.author is self.me]
            outcome[name] = [self._message(one) for one in said]
            people = [one for one in channel.messages.values() if one.author is not self.me and one.reactions]
            outcome[f"{name}, marks"] = [[one.text, _reactions(one)] for one in people]
            outcome[f"{name}, shown"] = sorted(self._plain(one.text) for one in channel.ephemerals)
            # Where none was processing for long enough to be shown, it is active all the same.
            outcome[f"{name}, sessions"] = [kinds[-1] for kinds in channel.sessions.values() if kinds[-1] != "active"]
        found = actions(self._database)
        done = Counter((re.sub(r"^.*/", "", action), DONE.get(state, state)) for action, _, state in found)
        outcome["actions"] = sorted(map(str, done.items()))
        return outcome

    def _message(self, one: Message) -> list[object]:
        root = one.channel.messages.get(one.root)
        thumbs = sum(each["type"] == "feedback_buttons" for block in one.blocks for each in elements(block))
        under = self._plain(root.text) if root and one.thread_ts else ""
        return [under, self._plain(one.shown), sorted(labels(one)), thumbs, _reactions(one), one.streaming]

    def _plain(self, text: str) -> str:
        """A text without what is another one each time."""
        text = re.sub(r"p\d{16}|\d{10}\.\d{6}|[A-Z]0[0-9A-F]{8}|(?<=Ending )[a-z0-9]{10}", "_", text)
        return text.replace("another answer to ", "answer to ").replace("somebody ", "robin ")


def _reactions(message: Message) -> list[list[Any]]:
    return [[name, [user.name for user in users]] for name, users in sorted(message.reactions.items())]


Deed = Callable[[Town], Awaitable[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """What happens before, while the bot is killed, and what people do again afterwards, as far as it did not work."""

    act: Deed
    before: Deed | None = None
    again: Deed | None = None
    stream: bool = False
    twice: str = ""  # a channel in which what one member alone sees may be shown twice: nobody can look
    taken: str = ""  # a channel in which somebody who does it again may be told that it was done


async def mentions(town: Town, text: str) -> None:
    await town.slack.mentions(town.robin, town.general, text)
    await town.settled()


async def offered(town: Town) -> None:
    await town.insulted(4)
    await edits(town)


async def edits(town: Town) -> None:
    second = next(one for one in town.general.replies(town.root.ts) if one.author is town.robin)
    if second.text != "a kinder question":
        await town.slack.edits(town.robin, second, "a kinder question")
    await town.settled()


async def takes(town: Town) -> None:
    await town.presses(town.robin, town.slack.dm(town.robin), GO_ON)


async def overturns(town: Town) -> None:
    town.slack.world.modals.pop(town.mo.id, None)
    await town.presses(town.mo, town.desk, OVERTURN)
    for form in town.slack.world.modals.get(town.mo.id, [])[-1:]:
        if any(block["type"] == "input" for block in form.content["blocks"]):
            await town.slack.submits(town.mo, form, {"words": "It was a quotation."})
            await town.settled()


async def appeals(town: Town) -> None:
    if town.sent is not None and town.sent.acked:
        return
    town.slack.world.modals.pop(town.robin.id, None)
    await town.slack.commands(town.robin, town.general, COMMAND, "appeal")
    await town.settled()
    form = town.slack.world.modals[town.robin.id][-1]
    town.sent = await town.slack.submits(town.robin, form, {"words": "I was quoting."})
    await town.settled()


SCENARIOS = {
    "answer": Scenario(act=lambda town: mentions(town, "Good evening.")),
    "streamed answer": Scenario(act=lambda town: mentions(town, "Good evening."), stream=True),
    "long answer": Scenario(act=lambda town: mentions(town, doomed.LONG_QUESTION)),
    "redirection": Scenario(act=lambda town: mentions(town, INSULTS[0])),
    "warning": Scenario(before=lambda town: town.insulted(2), act=lambda town: town.says(INSULTS[2])),
    "ending": Scenario(before=lambda town: town.insulted(3), act=lambda town: town.says(INSULTS[3])),
    "nudge": Scenario(
        before=lambda town: town.insulted(4), act=lambda town: town.says("And now?"), twice="general, shown"
    ),
    "care": Scenario(act=lambda town: mentions(town, EXPLICIT)),
    "care in an ended thread": Scenario(before=lambda town: town.insulted(4), act=lambda town: town.says(EXPLICIT)),
    "offer": Scenario(before=lambda town: town.insulted(4), act=edits),
    "branch": Scenario(before=offered, act=takes, again=takes, taken="DM, shown"),
    "appeal": Scenario(before=lambda town: town.insulted(4), act=appeals, again=appeals),
    "overturn": Scenario(before=lambda town: town.insulted(4), act=overturns, again=overturns),
}


async def played(scenario: Scenario, kind: str, left: int, directory: Path) -> tuple[bool, Outcome]:
    """Play a scenario; killed at this step, where it gets so far. Out: whether it did, and what is seen in the end."""
    async with LocalSlack(limited=False) as slack:
        town = Town(slack, directory / "slack.db", stream=scenario.stream)
        killed = False
        async with town.running("answer to ", kind):
            await town.settled()
            if scenario.before:
                await scenario.before(town)
            town.arm(kind, left)
            try:
                await scenario.act(town)
            except Died:
                killed = True
            town.arm("", 0)
        async with town.running("another answer to "):
            slack.passes(3)  # what was not acknowledged comes again
            await town.settled()
            if killed and scenario.again:
                await scenario.again(town)
            await town.settled()
        return killed, town.seen()


def fault(scenario: Scenario, expected: Outcome, found: Outcome) -> str:
    """What is not as it should be; "": nothing."""
    if scenario.taken and found.get(scenario.taken) in ([], [TAKEN]):
        found = found | {scenario.taken: expected[scenario.taken]}
    if scenario.twice and found.get(scenario.twice) == 2 * expected[scenario.twice]:
        found = found | {scenario.twice: expected[scenario.twice]}
    return "" if found == expected else difference(expected, found)


async def unharmed(scenario: Scenario) -> Outcome:
    """What is seen in the end where nobody is killed."""
    with tempfile.TemporaryDirectory() as directory:
        _, expected = await played(scenario, "", 0, Path(directory))
    assert "parked" not in str(expected), expected
    return expected


async def walk(name: str, kind: str, stride: int, expected: Outcome) -> tuple[int, list[str]]:
    """Walk a scenario. Out: how many kills there were, and what was found."""
    scenario, kills, faults, step = SCENARIOS[name], 0, list[str](), 1
    while True:
        with tempfile.TemporaryDirectory() as directory:
            try:
                killed, found = await played(scenario, kind, step, Path(directory))
            except (Died, Refused, TimeoutError, AssertionError) as broken:
                killed, found = True, {"broken": repr(broken)}
        if not killed:
            return kills, faults
        kills += 1
        if wrong := fault(scenario, expected, found):
            faults.append(f"{name}, killed {kind} {step}:\n{wrong}")
        step += stride


def main(arguments: Sequence[str]) -> int:
    stride, names = int(arguments[0]) if arguments else 1, arguments[1:] or tuple(SCENARIOS)
    PROCESSES.set_forkserver_preload([f"{__package__}.ready"])
    faults: list[str] = []
    for name in names:
        expected = asyncio.run(unharmed(SCENARIOS[name]))
        for kind in KINDS:
            kills, found = asyncio.run(walk(name, kind, stride, expected))
            sys.stdout.write(f"{name}: {kills} kills {kind}, {len(found)} faults\n")
            sys.stdout.flush()
            faults += found
    sys.stdout.write("\n".join(faults[:20]))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

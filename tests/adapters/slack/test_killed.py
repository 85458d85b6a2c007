"""`fairwell run` as a process, killed before and after what it asks of Slack: the next one does the rest, once."""

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.configs import small_config
from tests.servers.slack import Channel, LocalSlack, Message, User, Waits
from tests.servers.slack_blocks import elements

PATIENCE = 60.0  # seconds; a start takes some where many tests run at once
INSULTS = ("you useless machine", "you are a worthless bot", "shut up, you worthless idiot", "fuck you")
POST, CHANGE, REACT = "chat.postMessage", "chat.update", "reactions.add"


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_config(tmp_path_factory.mktemp("killed") / "config")


class Town:
    """A workspace, and a bot in a process of its own."""

    def __init__(self, slack: LocalSlack, config: Path, database: Path) -> None:
        self.slack = slack
        self.workspace = slack.workspace("The Library")
        self.robin: User = slack.member(self.workspace, "robin")
        self.general: Channel = slack.channel(self.workspace, "general")
        self.me = slack.installed(self.workspace).bot
        self.database = database
        self.command = [sys.executable, "-m", "bot", "run", "--config", str(config), "--database", str(database)]
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("ANTHROPIC", "SLACK"))}
        self.env = kept | {
            "SLACK_BOT_TOKEN": slack.installed(self.workspace).token,
            "SLACK_APP_TOKEN": slack.app.token,
            "SLACK_API_BASE": slack.url,
            "SLACK_CLIENT_ID": "another app's",
            "SLACK_CLIENT_SECRET": "another app's",
        }

    @asynccontextmanager
    async def running(self, database: Path | None = None) -> AsyncIterator[asyncio.subprocess.Process]:
        """The bot, connected; perhaps another one, on a database of its own. Killed in the end, if it still runs."""
        quiet, before = asyncio.subprocess.DEVNULL, len(self.slack.sockets.open)
        command = [*self.command[:-1], str(database or self.database)]
        process = await asyncio.create_subprocess_exec(*command, env=self.env, stdout=quiet, stderr=quiet)
        try:
            await self.slack.until(lambda: len(self.slack.sockets.open) == before + 2, PATIENCE)
            yield process
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()
            await self.slack.until(lambda: len(self.slack.sockets.open) <= before, PATIENCE)

    def said(self, root: Message) -> list[str]:
        """What the bot has said in a thread."""
        return [each.text if each.markdown is None else each.markdown for each in self.posts(root)]

    def posts(self, root: Message) -> list[Message]:
        """What the bot has posted in a thread."""
        return [each for each in root.channel.replies(root.ts) if each.author is self.me]

    async def told(self, root: Message, times: int) -> list[str]:
        """The same, as soon as it is this many messages."""
        await self.slack.until(lambda: len(self.said(root)) >= times, PATIENCE)
        return self.said(root)

    async def insulted(self) -> Message:
        """The root of a thread in which robin has gone so far that one more message ends it."""
        root = await self.slack.mentions(self.robin, self.general, INSULTS[0])
        await self.told(root, 1)
        for number, insult in enumerate(INSULTS[1:3], start=2):
            self.slack.passes(5)
            await self.slack.says(self.robin, self.general, insult, thread=root)
            await self.told(root, number)
        self.slack.passes(5)
        return root


@pytest.fixture
async def town(config: Path, tmp_path: Path) -> AsyncIterator[Town]:
    async with LocalSlack() as slack:
        yield Town(slack, config, tmp_path / "slack.db")


async def killed(
    town: Town, process: asyncio.subprocess.Process, method: str, before: int, by: signal.Signals = signal.SIGKILL
) -> None:
    """Kill it when it asks for something once more."""
    await town.slack.until(lambda: len(town.slack.requests(method)) > before, PATIENCE)
    process.send_signal(by)
    await process.wait()


@pytest.mark.parametrize("stored", [False, True], ids=["before", "after"])
async def test_killed_at_a_first_answer_the_next_process_gives_it_once(town: Town, stored: bool) -> None:
    town.slack.fault(POST, Waits(until=asyncio.Event(), stored=stored))
    async with town.running() as process:
        root = await town.slack.mentions(town.robin, town.general, "Good evening.")
        await killed(town, process, POST, 0)
    async with town.running():
        await town.told(root, 1)
        await town.slack.says(town.robin, town.general, "And then?", thread=root)  # then all before is through
        await town.told(root, 2)
    assert len(town.said(root)) == 2


@pytest.mark.parametrize("stored", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGTERM])
async def test_killed_at_posting_a_question_in_danger_the_next_process_meets_it(
    town: Town, by: signal.Signals, stored: bool
) -> None:
    town.slack.fault(POST, Waits(until=asyncio.Event(), stored=stored))
    async with town.running() as process:
        await town.slack.commands(town.robin, town.general, "/fairwell", "ask I want to kill myself")
        await killed(town, process, POST, 0, by)
    dm = town.slack.dm(town.robin)
    async with town.running():
        await town.slack.until(lambda: any(each.author is town.me for each in dm.messages.values()), 20)


async def test_killed_before_anything_was_decided_the_next_process_answers(town: Town) -> None:
    async with town.running() as process:
        root = await town.slack.mentions(town.robin, town.general, "Good evening.")
        await town.slack.until(lambda: any(each.acked for each in town.slack.deliveries.sent), PATIENCE)
        process.send_signal(signal.SIGKILL)
        await process.wait()
    async with town.running():
        await town.told(root, 1)
        await town.slack.says(town.robin, town.general, "And then?", thread=root)
        await town.told(root, 2)
    assert len(town.said(root)) == 2


@pytest.mark.parametrize("stored", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("method", [POST, CHANGE, REACT])
async def test_killed_at_an_ending_the_next_process_does_the_rest_once(town: Town, method: str, stored: bool) -> None:
    async with town.running() as process:
        root = await town.insulted()
        before = len(town.slack.requests(method))
        town.slack.fault(method, Waits(until=asyncio.Event(), stored=stored))
        await town.slack.says(town.robin, town.general, INSULTS[3], thread=root)
        await killed(town, process, method, before)
    async with town.running():
        await town.slack.until(lambda: "lock" in root.reactions, PATIENCE)
        await town.told(root, 4)
        await town.slack.until(lambda: _thumbs(_last(town, root)), PATIENCE)
    assert len(town.said(root)) == 4
    assert max(Counter(town.said(root)).values()) == 1
    assert root.reactions == {"lock": [town.me]}
    assert [_thumbs(each) for each in town.posts(root)] == [0, 0, 0, 1]


def _last(town: Town, root: Message) -> Message:
    return town.posts(root)[-1]


def _thumbs(message: Message) -> int:
    """How many pairs of thumbs a message has."""
    return sum(one["type"] == "feedback_buttons" for block in message.blocks for one in elements(block))


async def test_told_to_stop_it_stops_in_order(town: Town) -> None:
    async with town.running() as process:
        root = await town.slack.mentions(town.robin, town.general, "Good evening.")
        await town.told(root, 1)
        process.terminate()
        assert await asyncio.wait_for(process.wait(), PATIENCE) == 0
    assert all(each.acked for each in town.slack.deliveries.sent[:2])


@pytest.mark.parametrize("name", ["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"])
async def test_a_token_that_slack_does_not_take_is_told_with_what_to_do(town: Town, name: str) -> None:
    town.env[name] = "xoxb-somebody-elses" if name == "SLACK_BOT_TOKEN" else "xapp-somebody-elses"
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*town.command, env=town.env, stdout=pipe, stderr=pipe)
    _, told = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert process.returncode == 2
    assert name.encode() in told
    assert b"Traceback" not in told
    assert b"somebody-elses" not in told

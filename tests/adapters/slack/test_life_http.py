"""`fairwell run` as a process that is sent requests, killed: what it had not kept Slack sends again."""

import asyncio
import signal
import socket
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import aiohttp
import pytest

from tests.adapters.slack.test_killed import PATIENCE, Town
from tests.configs import small_config
from tests.servers.slack import App, LocalSlack, Message

WORDS = "Good evening."


def free() -> int:
    """A port that nobody listens at."""
    with closing(socket.socket()) as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Office(Town):
    """A workspace that tells its app by requests."""

    def __init__(self, slack: LocalSlack, config: Path, database: Path) -> None:
        super().__init__(slack, config, database)
        at = f"127.0.0.1:{free()}"
        del self.env["SLACK_APP_TOKEN"]
        self.env |= {"SLACK_SIGNING_SECRET": slack.app.signing_secret, "SLACK_PORT": at}
        slack.http.url = f"http://{at}/slack/events"
        self._alive = f"http://{at}/readyz"

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[asyncio.subprocess.Process]:
        """The bot, ready. Killed in the end, if it still runs."""
        quiet = asyncio.subprocess.DEVNULL
        process = await asyncio.create_subprocess_exec(*self.command, env=self.env, stdout=quiet, stderr=quiet)
        try:
            async with aiohttp.ClientSession() as http, asyncio.timeout(PATIENCE):
                while not await self._ready(http):  # noqa: ASYNC110  nobody rings a bell when a process listens
                    await asyncio.sleep(0.05)
            yield process
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()

    async def _ready(self, http: aiohttp.ClientSession) -> bool:
        try:
            async with http.get(self._alive) as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    async def goes_on(self, root: Message) -> None:
        """The bot answers once more in a thread; it said one thing before, once."""
        await self.told(root, 1)
        await self.slack.says(self.robin, self.general, "And then?", thread=root)
        await self.told(root, 2)
        assert len(self.said(root)) == 2


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_config(tmp_path_factory.mktemp("http") / "config")


@pytest.fixture
async def office(config: Path, tmp_path: Path) -> AsyncIterator[Office]:
    async with LocalSlack(App(socket_mode=False), limited=False) as slack:
        yield Office(slack, config, tmp_path / "slack.db")


async def test_killed_while_slack_waits_it_comes_again_and_is_answered_once(office: Office) -> None:
    async with office.listening() as process:
        with closing(sqlite3.connect(office.database)) as other:
            other.execute("begin immediate")  # whoever writes has to wait
            root = await office.slack.mentions(office.robin, office.general, WORDS)
            waiting = list(office.slack.deliveries.sent)
            assert await office.slack.http.knock({"type": "url_verification", "challenge": "yes"}) == 200
            assert [each.acked for each in waiting] == [False, False]
            process.send_signal(signal.SIGKILL)
            await process.wait()
        await office.slack.until(lambda: all(len(each.attempts) == 2 for each in waiting), PATIENCE)
    async with office.listening():
        office.slack.passes(60)
        await office.goes_on(root)
    assert [each.acks for each in waiting] == [1, 1]


async def test_killed_in_the_moment_in_which_slack_is_told_it_is_answered_once(office: Office) -> None:
    async with office.listening() as process:
        office.slack.deliveries.heard = lambda _: process.send_signal(signal.SIGKILL)
        root = await office.slack.mentions(office.robin, office.general, WORDS)
        await process.wait()
    office.slack.deliveries.heard = lambda _: None
    async with office.listening():
        await office.goes_on(root)

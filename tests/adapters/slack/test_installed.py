"""`fairwell run` for workspaces that install the app by themselves: its pages, requests, kill -9, and what is left."""

import asyncio
import json
import os
import signal
import socket
import sqlite3
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest

from bot.settings import changing
from tests.adapters.slack.test_killed import PATIENCE, POST
from tests.configs import small_config
from tests.servers.slack import App, Channel, Enterprise, LocalSlack, Message, User, Waits, Workspace

HOUR = 3_600  # seconds


class Process:
    """A bot in a process of its own, which is sent requests.

    said  what it has said to its operator, its log at its widest included
    """

    def __init__(self, slack: LocalSlack, folder: Path) -> None:
        self.slack = slack
        self.database, self.config = folder / "slack.db", small_config(folder / "config")
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        slack.http.url = f"{self.url}/slack/events"
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("ANTHROPIC", "SLACK"))}
        self.env = kept | {
            "FAIRWELL_LOG": "debug",
            "SLACK_OAUTH": "on",
            "SLACK_CLIENT_ID": slack.app.client_id,
            "SLACK_CLIENT_SECRET": slack.app.client_secret,
            "SLACK_REDIRECT_URI": f"{self.url}/slack/back",
            "SLACK_SIGNING_SECRET": slack.app.signing_secret,
            "SLACK_PORT": str(port),
            "SLACK_API_BASE": slack.url,
        }
        self._log = folder / "said"

    @property
    def said(self) -> str:
        return self._log.read_text()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[asyncio.subprocess.Process]:
        """It, ready. Killed in the end, if it still runs."""
        with self._log.open("ab") as log:
            process = await self._begun("run", stdout=log, stderr=log)
        try:
            async with asyncio.timeout(PATIENCE), aiohttp.ClientSession() as http:
                while not await self._is_ready(http):
                    assert process.returncode is None, self.said
                    await asyncio.sleep(0.05)
            yield process
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()

    async def told(self, *command: str) -> str:
        """What another command says beside it."""
        process = await self._begun(*command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT)
        out, _ = await asyncio.wait_for(process.communicate(), PATIENCE)
        return out.decode()

    async def installs(self, who: User, where: Workspace | Enterprise) -> str:
        """Somebody goes through the pages and allows it; the last page, with its headers."""
        self.slack.allows(who, where)
        async with aiohttp.ClientSession() as browser:
            async with browser.get(f"{self.url}/slack/install", allow_redirects=False) as response:
                asks = response.headers["Location"]
            (state,) = parse_qs(urlsplit(asks).query)["state"]
            async with browser.get(asks, allow_redirects=False) as response:
                back = response.headers["Location"]
            async with browser.get(back, headers={"Cookie": f"slack-app-oauth-state={state}"}) as response:
                assert response.status == 200
                return f"{response.headers} {await response.text()}"

    async def answered(self, who: User, where: Channel, text: str) -> Message:
        """Somebody asks, and is answered by who the bot is there; the question."""
        root = await self.slack.mentions(who, where, text)
        await self.slack.until(lambda: self.answers(root), PATIENCE)
        return root

    def answers(self, root: Message) -> list[Message]:
        bot = self.slack.installed(root.channel.workspace).bot
        return [each for each in root.channel.replies(root.ts) if each.author is bot]

    async def uninstalled(self, *homes: Workspace) -> None:
        """Admins take it out there, and it has understood that."""
        for home in homes:
            self.slack.uninstalls(self.slack.installed(home))
        told = [*self.slack.deliveries.events("app_uninstalled"), *self.slack.deliveries.events("tokens_revoked")]
        await self.slack.until(lambda: all(each.acked for each in told), PATIENCE)

    def kept(self, word: str) -> bool:
        """Whether something is in its files; it must not run."""
        return any(word.encode() in path.read_bytes() for path in self.database.parent.glob("slack.db*"))

    def ages(self, seconds: int) -> None:
        """Let so much time have passed since tokens were given; it must not run."""
        with closing(sqlite3.connect(self.database, isolation_level=None)) as database:
            for row, secret in database.execute("select rowid, secret from installation where secret <> ''").fetchall():
                bot: dict[str, Any] = json.loads(secret)
                bot["bot_token_expires_at"] -= seconds
                database.execute("update installation set secret = ? where rowid = ?", (json.dumps(bot), row))

    async def _begun(self, *command: str, **streams: Any) -> asyncio.subprocess.Process:
        where = ("--config", str(self.config), "--database", str(self.database))
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", *command, *where, env=self.env, **streams
        )

    async def _is_ready(self, http: aiohttp.ClientSession) -> bool:
        try:
            async with http.get(f"{self.url}/readyz") as response:
                return response.status == 200
        except aiohttp.ClientConnectionError:
            return False


@pytest.fixture
async def slack(request: pytest.FixtureRequest) -> AsyncIterator[LocalSlack]:
    """It tells by requests. Its clock stands still, that of processes does not."""
    rotates = getattr(request, "param", False)
    async with LocalSlack(App(socket_mode=False, rotates=rotates), limited=False) as made:
        yield made


@pytest.fixture
def process(slack: LocalSlack, tmp_path: Path) -> Process:
    return Process(slack, tmp_path)


def workspace(slack: LocalSlack, name: str, org: Enterprise | None = None) -> tuple[Workspace, User]:
    """One without the app, and an admin there."""
    there = slack.workspace(name, enterprise=org, installed=False)
    return there, slack.member(there, f"admin-of-{name}", admin=True)


async def test_what_is_taken_out_is_gone_with_all_that_was_said_and_nothing_else_is(
    slack: LocalSlack, process: Process
) -> None:
    org = slack.enterprise("The Libraries")
    (north, ann), (south, ben) = workspace(slack, "North"), workspace(slack, "South")
    (east, eve), (west, wes) = workspace(slack, "East", org), workspace(slack, "West", org)
    seen, rooms = list[str](), list[tuple[User, Channel]]()
    async with process.running() as first:
        for who, where in ((ann, north), (ben, south), (eve, org)):
            seen.append(await process.installs(who, where))
        for who, home in ((ann, north), (ben, south), (eve, east), (wes, west)):
            rooms.append((who, slack.channel(home, "general")))
            await process.answered(*rooms[-1], f"Marzipan in {home.name}")
        first.send_signal(signal.SIGKILL)
    tokens = [slack.installed(home).token for home in (north, south, east)]
    draft = changing.draft(process.config, f"slack:{north.id}", {"language": "de"})
    with changing.staged(draft) as beside:
        changing.put(beside, draft.path)
    with closing(sqlite3.connect(process.database, isolation_level=None)) as database:  # as /fairwell setup does
        change = (f"slack:{north.id}", ann.id, time.time(), "{}", '{"language": "de"}')
        database.execute("insert into change (space, member, at, was, now) values (?, ?, ?, ?, ?)", change)
    async with process.running():
        for who, room in rooms:
            await process.answered(who, room, "Still there?")
        await process.uninstalled(north, east)
        files = {path.name: path.stat().st_mode & 0o777 for path in process.database.parent.glob("slack.db*")}
        assert {mode for name, mode in files.items() if not name.endswith(".lock")} == {0o600}
        exported = await process.told("export")
        seen.append(await process.told("export", "--member", f"slack:{south.id}:{ben.id}"))
        assert all(home.id in exported for home in (north, south, east, west))  # until its time is over
        seen += [exported, await process.told("doctor"), await process.told("changes")]
    assert draft.path.exists()
    settings = process.config / "fairwell.toml"
    settings.write_text(settings.read_text().replace('uninstalled = "3 days"', 'uninstalled = "0 s"'))
    await process.told("retain")
    for home, who in ((north, ann), (east, eve), (west, wes)):
        assert not any(process.kept(each) for each in (home.id, who.id, f"Marzipan in {home.name}"))
    assert not any(process.kept(each) for each in (org.id, tokens[0], tokens[2]))
    assert all(process.kept(each) for each in (south.id, ben.id, "Marzipan in South", tokens[1]))
    assert not draft.path.exists()
    async with process.running():
        await process.answered(*rooms[1], "And now?")
        seen.append(await process.installs(ann, north))
        await slack.joins(slack.installed(north).bot, rooms[0][1])
        await process.answered(*rooms[0], "And here?")
    secrets = (*tokens, slack.installed(north).token, slack.app.client_secret, slack.app.signing_secret)
    assert not any(secret in text for text in (process.said, *seen) for secret in secrets)
    assert "Marzipan" not in process.said


@pytest.mark.parametrize("slack", [True], indirect=True)
async def test_killed_before_a_renewed_token_is_kept_the_workspace_loses_nothing_but_that(
    slack: LocalSlack, process: Process
) -> None:
    north, ann = workspace(slack, "North")
    room = slack.channel(north, "general", ann, bot=False)
    async with process.running():
        await process.installs(ann, north)
        await slack.joins(slack.installed(north).bot, room)
        await process.answered(ann, room, "Marzipan")
    asked = len(slack.requests("oauth.v2.access"))
    process.ages(11 * HOUR)
    async with process.running():
        await slack.until(lambda: len(slack.requests("oauth.v2.access")) > asked, PATIENCE)
        await process.answered(ann, room, "With another token?")
    renewed = len(slack.requests("oauth.v2.access"))
    process.ages(11 * HOUR)
    slack.fault("oauth.v2.access", Waits(until=asyncio.Event(), stored=True))
    async with process.running() as killed:
        await slack.until(lambda: len(slack.requests("oauth.v2.access")) > renewed, PATIENCE)
        killed.send_signal(signal.SIGKILL)
        await killed.wait()
    async with process.running():
        await slack.until(lambda: len(slack.requests("oauth.v2.access")) > renewed + 1, PATIENCE)
        await process.installs(ann, north)
        await process.answered(ann, room, "Once more?")
    assert process.said.count(f"{north.id}: its new tokens were lost on the way") == 1
    assert process.kept("Marzipan")
    await process.told("retain")
    assert process.kept("Marzipan")


async def test_told_to_stop_it_finishes_what_it_has_accepted_and_the_next_does_what_it_has_not(
    slack: LocalSlack, process: Process
) -> None:
    north, ann = workspace(slack, "North")
    go_on = asyncio.Event()
    async with process.running() as first:
        await process.installs(ann, north)
        room = slack.channel(north, "general")
        slack.fault(POST, Waits(until=go_on))
        begun = await slack.mentions(ann, room, "Good evening.")
        await slack.until(lambda: slack.requests(POST), PATIENCE)
        first.terminate()
        later = [await slack.mentions(ann, room, f"Question {number}") for number in range(5)]
        await slack.until(lambda: all(each.acked for each in slack.deliveries.events("app_mention")), PATIENCE)
        go_on.set()
        assert await asyncio.wait_for(first.wait(), PATIENCE) == 0
        assert len(process.answers(begun)) == 1
    async with process.running():
        slack.passes(60)  # what was not acknowledged comes again
        await slack.until(lambda: all(process.answers(root) for root in later), PATIENCE)
    assert [len(process.answers(root)) for root in (begun, *later)] == [1] * 6

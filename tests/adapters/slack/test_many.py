"""Many workspaces in one process, which have installed the app by themselves; and the pages for that beside sockets."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest

from adapters.slack.environment import setup
from bot.configuration import Configuration
from tests.adapters.slack.community import Community, community
from tests.servers.slack import Channel, Enterprise, Message, User, Workspace

pytestmark = pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")  # slack-sdk's own


@dataclass
class Place:
    """A workspace, somebody there, and a channel."""

    workspace: Workspace
    ann: User
    general: Channel


@asynccontextmanager
async def many(everything: Configuration, folder: Path) -> AsyncIterator[Community]:
    """A Slack where anybody may install the app; its own workspace has not."""
    async with community(everything, folder) as town:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        env = {
            "SLACK_OAUTH": "on",
            "SLACK_CLIENT_ID": town.slack.app.client_id,
            "SLACK_CLIENT_SECRET": town.slack.app.client_secret,
            "SLACK_REDIRECT_URI": f"http://127.0.0.1:{port}/slack/back",
            "SLACK_PORT": str(port),
            "SLACK_APP_TOKEN": town.slack.app.token,
            "SLACK_API_BASE": town.slack.url,
        }
        town.setup = setup(env)
        yield town


@pytest.fixture
async def town(everything: Configuration, tmp_path: Path) -> AsyncIterator[Community]:
    async with many(everything, tmp_path) as made:
        yield made


async def installed(town: Community, where: Workspace | Enterprise, who: User) -> int:
    """Somebody goes through the pages; the status of the last one."""
    assert town.setup is not None
    assert town.setup.oauth is not None
    assert town.setup.listen is not None
    url = "http://{}:{}".format(*town.setup.listen)
    town.slack.allows(who, where)
    async with aiohttp.ClientSession() as browser:
        async with browser.get(f"{url}{town.setup.oauth.install}", allow_redirects=False) as response:
            asks = response.headers["Location"]
        (state,) = parse_qs(urlsplit(asks).query)["state"]
        async with browser.get(asks, allow_redirects=False) as response:
            back = response.headers["Location"]
        async with browser.get(back, headers={"Cookie": f"slack-app-oauth-state={state}"}) as response:
            return response.status


async def place(town: Community, name: str, enterprise: Enterprise | None = None) -> Place:
    """A workspace in which the app is, once somebody has installed it."""
    workspace = town.slack.workspace(name, enterprise=enterprise, installed=False)
    ann = town.slack.member(workspace, "ann", admin=True)
    assert await installed(town, enterprise or workspace, ann) == 200
    return Place(workspace, ann, town.slack.channel(workspace, "general"))


def said(town: Community, root: Message) -> list[str]:
    """What the bot has said in a thread, as who it is there."""
    bot = town.slack.installed(root.channel.workspace).bot
    return [
        (each.markdown or each.text).partition("\n")[0] for each in root.channel.replies(root.ts) if each.author is bot
    ]


async def answered(town: Community, here: Place, text: str) -> None:
    """Somebody asks, and is answered there."""
    root = await town.slack.mentions(here.ann, here.general, text)
    await town.slack.until(lambda: said(town, root) == [f"answer to {text}"])


async def test_each_workspace_is_answered_by_its_own_token(town: Community) -> None:
    async with town.running():
        north, south = await place(town, "North"), await place(town, "South")
        await answered(town, north, "Good morning.")
        await answered(town, south, "Good evening.")
    async with town.running():
        await answered(town, south, "And now?")
        asked = len(town.slack.requests("auth.test"))  # once a day each token is tried
        await answered(town, north, "And now?")
        await answered(town, south, "And then?")
        assert len(town.slack.requests("auth.test")) == asked


async def test_an_organisation_has_it_in_all_its_workspaces(town: Community) -> None:
    async with town.running():
        org = town.slack.enterprise("The Libraries")
        first = town.slack.workspace("East", enterprise=org, installed=False)
        ann = town.slack.member(first, "ann", admin=True)
        assert await installed(town, org, ann) == 200
        await answered(town, Place(first, ann, town.slack.channel(first, "general")), "Good morning.")


async def test_where_it_was_taken_out_it_is_heard_no_more(town: Community) -> None:
    async with town.running() as bot:
        north, south = await place(town, "North"), await place(town, "South")
        await answered(town, north, "Good morning.")
        town.slack.uninstalls(town.slack.installed(north.workspace))
        await town.over(lambda each: each.acked)
        assert await bot.store.installation("slack", north.workspace.id) is None
        heard = len(town.voice.asked)
        for each in town.slack.deliveries.events("message")[:1]:
            town.slack.deliveries.again(each)
        await town.slack.until(lambda: town.slack.deliveries.events("message")[0].acks == 2)
        await answered(town, south, "Still here?")
        assert len(town.voice.asked) == heard + 1


async def test_a_workspace_that_nobody_knows_is_acknowledged_and_not_heard(town: Community) -> None:
    async with town.running() as bot:
        root = await town.asks("Good evening.")  # it has the app, by an installation that was not ours
        await town.over(lambda each: each.acked)
        town.slack.passes(600)
        assert {len(each.attempts) for each in town.slack.deliveries.sent} == {1}
        assert (town.said(root), await bot.store.open_conversations(), town.voice.asked) == ([], (), [])


async def test_after_a_gap_each_workspace_is_read(town: Community) -> None:
    async with town.running():
        places = [await place(town, name) for name in ("North", "South")]
        for each in places:
            await answered(town, each, "Good evening.")
        await town.settled()
    missed = [await town.slack.mentions(each.ann, each.general, "And now?") for each in places]
    async with town.running():
        for root in missed:
            await town.slack.until(lambda root=root: said(town, root) == ["answer to And now?"])  # type: ignore[misc]


async def test_who_asks_for_something_where_it_is_let_in_no_more_is_told(town: Community) -> None:
    async with town.running() as bot:
        north = await place(town, "North")
        town.slack.passes(1)
        assert await bot.store.remove_installation("slack", "", north.workspace.id, town.now())
        town.slack.passes(60)  # how long what was read is gone by
        await town.slack.commands(north.ann, north.general, "/fairwell", "help")
        await town.slack.until(lambda: north.general.ephemerals)
        (told,) = north.general.ephemerals
        assert told.text.startswith("I am not let into this workspace any more")
        assert told.only is north.ann

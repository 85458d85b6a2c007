"""Who the bot is where: no event makes it ask Slack, and none is lost because Slack cannot be asked."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError

from adapters.slack.installs.authorizing import Absent
from bot.errors import ConfigError, PlatformError
from tests.adapters.slack.installs import House, house
from tests.servers.slack import Breaks, Drops, Fails, Limits, User, Workspace

pytestmark = pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")  # slack-sdk's own


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    """Many workspaces may install the app."""
    async with house(tmp_path) as made:
        yield made


@pytest.fixture
async def one(tmp_path: Path) -> AsyncIterator[House]:
    """One has, and its token is in the environment."""
    async with house(tmp_path, many=False) as made:
        yield made


def library(one: House) -> Workspace:
    (there,) = one.slack.world.workspaces.values()
    return there


def listening(home: House) -> list[tuple[str, str]]:
    """What the app hears, and by which token it could answer."""
    heard: list[tuple[str, str]] = []

    async def message(event: dict[str, Any], context: dict[str, Any]) -> None:
        heard.append((event["text"], context["bot_token"]))

    home.app.event("message")(message)
    return heard


async def says(home: House, there: Workspace, who: User, *texts: str) -> None:
    """Somebody says something where the bot is, and Slack has it delivered."""
    room = home.slack.channel(there, "general")
    for text in texts:
        await home.slack.says(who, room, text)
    await home.slack.until(lambda: all(each.over for each in home.slack.deliveries.sent))


async def test_events_of_two_workspaces_each_come_with_their_token_and_ask_slack_nothing(home: House) -> None:
    (north, ann), (south, ben) = home.workspace("North"), home.workspace("South")
    await home.installs(ann, north)
    await home.installs(ben, south)
    heard, before = listening(home), len(home.slack.asked)
    await says(home, north, ann, "one", "two")
    await says(home, south, ben, "three")
    await home.slack.until(lambda: len(heard) == 3)
    assert sorted(heard) == sorted([
        ("one", home.slack.installed(north).token),
        ("two", home.slack.installed(north).token),
        ("three", home.slack.installed(south).token),
    ])  # fmt: skip
    assert len(home.slack.asked) == before


async def test_events_of_one_workspace_ask_once_whose_token_it_is(one: House) -> None:
    heard, ann = listening(one), one.slack.member(library(one), "ann")
    await asyncio.gather(*(one.authorizing.identity(library(one).id) for _ in range(20)))
    await says(one, library(one), ann, "one", "two")
    await one.slack.until(lambda: len(heard) == 2)
    assert [asked.method for asked in one.slack.asked] == ["auth.test"]
    assert heard[0][1] == one.setup.token


@pytest.mark.parametrize("fault", [Limits(after=60), Breaks(), Drops(), Fails(error="internal_error")])
async def test_an_event_is_not_acknowledged_while_nobody_can_tell_whose_it_is(
    one: House, fault: Limits | Breaks | Drops | Fails
) -> None:
    heard, ann = listening(one), one.slack.member(library(one), "ann")
    one.slack.fault("auth.test", fault)
    room = one.slack.channel(library(one), "general")
    await one.slack.says(ann, room, "one")
    (sent,) = one.slack.deliveries.sent
    # Slack sends it again at once, too soon for another question, and then after a minute.
    await one.slack.until(lambda: len(sent.attempts) == 2 and sent.alarm and sent.alarm.off)
    one.slack.passes(60)
    await one.slack.until(lambda: heard)
    assert [text for text, _ in heard] == ["one"]
    assert len(one.slack.requests("auth.test")) == 2


async def test_slack_is_not_asked_again_before_it_wants_to_be(one: House) -> None:
    one.slack.fault("auth.test", Limits(after=60))
    for _ in range(3):
        with pytest.raises(PlatformError):
            await one.authorizing.identity(library(one).id)
    one.slack.passes(59)
    with pytest.raises(PlatformError):
        await one.authorizing.begin()
    assert len(one.slack.requests("auth.test")) == 1
    one.slack.passes(1)
    await one.authorizing.begin()


@pytest.mark.parametrize("code", ["invalid_auth", "account_inactive", "token_revoked", "token_expired"])
async def test_a_token_that_is_none_is_told_in_words(one: House, code: str) -> None:
    one.slack.fault("auth.test", Fails(error=code), times=2)
    with pytest.raises(ConfigError, match="SLACK_BOT_TOKEN: ") as caught:
        await one.authorizing.begin()
    assert one.setup.token not in str(caught.value)
    one.slack.passes(60)
    if code == "account_inactive":  # the app is not there, and what comes from there late is nobody's
        assert await one.authorizing.identity(library(one).id) is None
    else:  # Slack is to send it again
        with pytest.raises(PlatformError):
            await one.authorizing.identity(library(one).id)
    one.slack.passes(60)
    assert await one.authorizing.identity(library(one).id) is not None


async def test_the_one_token_refused_is_told_once_and_erases_nothing(
    one: House, caplog: pytest.LogCaptureFixture
) -> None:
    await one.authorizing.begin()
    there = library(one).id
    for _ in range(3):
        assert not await one.authorizing.refused(there, one.setup.token, "token_revoked")
    assert not await one.authorizing.refused(there, one.setup.token, "channel_not_found")
    assert len([record for record in caplog.records if "SLACK_BOT_TOKEN" in record.message]) == 1
    (lack,) = one.authorizing.lacks()
    assert "token_revoked" in lack.why
    one.authorizing.taken(there, one.setup.token)  # Slack was mistaken
    assert one.authorizing.lacks() == ()
    assert await one.store.erase_uninstalled(one.now() + timedelta(days=999)) == 0


async def test_what_slack_no_longer_takes_is_forgotten_at_once_and_told_once(
    home: House, caplog: pytest.LogCaptureFixture
) -> None:
    north, ann = home.workspace("North")
    await home.installs(ann, north)
    client = await home.authorizing.client(north.id)
    home.slack.installed(north).revoked = True  # and no event told of it
    for _ in range(3):
        with pytest.raises(SlackApiError) as caught:
            await client.auth_test()
        assert not await home.authorizing.refused(north.id, str(client.token), caught.value.response["error"])
    with pytest.raises(Absent):
        await home.authorizing.client(north.id)
    assert await home.authorizing.identity(north.id) is None
    assert len([record for record in caplog.records if "not taken any more" in record.message]) == 1
    assert str(client.token) not in caplog.text
    assert await home.store.installations("slack") == ()
    assert await home.store.erase_uninstalled(home.now()) == 1


async def test_what_is_not_about_the_token_changes_nothing(home: House) -> None:
    north, ann = home.workspace("North")
    await home.installs(ann, north)
    token = str((await home.authorizing.client(north.id)).token)
    assert not await home.authorizing.refused(north.id, token, "channel_not_found")
    assert (await home.authorizing.client(north.id)).token == token


async def test_an_old_token_refused_takes_nothing_from_a_new_one(home: House) -> None:
    north, ann = home.workspace("North")
    await home.installs(ann, north)
    old = str((await home.authorizing.client(north.id)).token)
    home.slack.uninstalls(home.slack.installed(north))
    home.slack.passes(5)
    await home.installs(ann, north)
    assert await home.authorizing.refused(north.id, old, "token_revoked")
    assert (await home.authorizing.client(north.id)).token == home.slack.installed(north).token


async def test_the_store_is_not_asked_for_each_event_but_soon_believed(home: House) -> None:
    north, ann = home.workspace("North")
    await home.installs(ann, north)
    await home.authorizing.client(north.id)
    await home.store.remove_installation("slack", "", north.id, home.now())  # by another process
    assert await home.authorizing.identity(north.id) is not None
    home.slack.passes(61)
    assert await home.authorizing.identity(north.id) is None


async def test_a_workspace_that_is_not_there_yet_is_there_as_soon_as_it_is(home: House) -> None:
    north, ann = home.workspace("North")
    with pytest.raises(Absent):
        await home.authorizing.client(north.id)
    await home.installs(ann, north)
    await home.authorizing.client(north.id)


async def test_a_client_tries_nothing_twice_and_asks_nobody_else(home: House) -> None:
    north, ann = home.workspace("North")
    await home.installs(ann, north)
    client = await home.authorizing.client(north.id)
    home.slack.fault("chat.postMessage", Drops(stored=True))
    room = home.slack.channel(north, "general")
    with pytest.raises(aiohttp.ClientOSError):
        await client.chat_postMessage(channel=room.id, text="Good evening.")
    assert room.said() == ["Good evening."]
    assert (client.base_url, client.retry_handlers) == (home.slack.url, [])

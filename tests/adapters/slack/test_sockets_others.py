"""Whether Slack counts more connections of the app than ours, as it says with each hello."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest

from adapters.slack.hearing.line import greeted
from tests.adapters.slack.outgoing import Outgoing
from tests.adapters.slack.test_sockets import LONG, TICKETS, Ears
from tests.servers.slack import Socket

TOLD = "another process uses the same SLACK_APP_TOKEN"
SOON = 0.05  # seconds until Slack is asked again


@pytest.fixture
def ears(there: Outgoing) -> Ears:
    there.slack.app.events = frozenset({"message.channels"})
    return Ears(there)


@asynccontextmanager
async def elsewhere(ears: Ears) -> AsyncIterator[Socket]:
    """A connection of another process."""
    slack = ears.there.slack
    answer = await ears.there.clients.made().apps_connections_open(app_token=slack.app.token)
    async with aiohttp.ClientSession() as http:
        line, _ = await greeted(http, str(answer["url"]), ping=LONG, proxy=None)
        yield slack.sockets.open[-1]
        await line.close()


async def test_others_that_stay_are_told_of_once_and_no_more_when_they_are_gone(
    ears: Ears, caplog: pytest.LogCaptureFixture
) -> None:
    slack = ears.there.slack
    async with elsewhere(ears) as other, ears.sockets(again=SOON) as (sockets, _):
        await slack.until(lambda: sockets.notes().get("others") == 1)
        connected = slack.sockets.connected
        await slack.until(lambda: slack.sockets.connected > connected + 2)
        assert sockets.notes()["others"] == 1
        await slack.sockets.close(other)
        await slack.until(lambda: sockets.notes()["others"] == 0)
    assert caplog.text.count(TOLD) == 1


async def test_others_that_are_just_going_are_not_told_of(ears: Ears, caplog: pytest.LogCaptureFixture) -> None:
    slack = ears.there.slack
    async with elsewhere(ears) as other, ears.sockets(again=0.5) as (sockets, _):
        await ears.open(3)
        await slack.sockets.close(other)
        await slack.until(lambda: slack.sockets.connected == 4)
        await ears.open(2)
        assert sockets.notes()["others"] == 0
    assert TOLD not in caplog.text


@pytest.mark.parametrize("how", ["warning", "refresh_requested", "close", "abort"])
async def test_our_own_and_their_successors_are_no_others(
    ears: Ears, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    slack = ears.there.slack
    async with ears.connected(again=0.0) as sockets:
        for number in (4, 6, 8):
            if how == "close":
                await slack.sockets.close()
            elif how == "abort":
                slack.sockets.abort()
            else:
                slack.sockets.disconnect(how)  # type: ignore[arg-type]
            await slack.until(lambda number=number: slack.sockets.connected == number)  # type: ignore[misc]
            await ears.open(2)
            assert not sockets.notes().get("others")
    assert TOLD not in caplog.text
    assert len(slack.requests(TICKETS)) == 8

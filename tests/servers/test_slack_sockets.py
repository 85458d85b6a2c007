"""Socket Mode of the local Slack, through the real slack-bolt."""

import asyncio
from typing import Any

import aiohttp
import pytest
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_sdk.errors import SlackApiError

from tests.servers.slack_bot import PING, Bot, Library, connected, error


async def test_an_event_that_is_not_acknowledged_comes_three_times_more(shelf: Library) -> None:
    bot, slack = await shelf.bot(), shelf.slack
    socket = slack.sockets.open[0]
    socket.deaf = True
    await slack.says(shelf.robin, shelf.general, "Anybody?")
    (delivery,) = slack.deliveries.sent
    began = delivery.attempts[0]
    for seconds in (2.9, 0.1, 3, 60, 3, 300):
        slack.passes(seconds)
    assert [round(at - began) for at in delivery.attempts] == [0, 3, 66, 369]
    assert not delivery.lost
    slack.passes(3)
    assert delivery.lost
    assert not bot.heard


async def test_a_redelivery_says_that_it_is_one_and_has_the_same_event_id(shelf: Library) -> None:
    bot, slack = await shelf.bot(), shelf.slack
    slack.sockets.open[0].deaf = True
    await slack.says(shelf.robin, shelf.general, "Anybody?")
    await slack.until(slack.sockets.open[0].outbox.empty)
    slack.sockets.open[0].deaf = False
    seen: list[tuple[object, object]] = []

    @bot.app.middleware
    async def look(req: object, next: object) -> None:  # noqa: A002 - bolt looks for this name
        headers = req.headers  # type: ignore[attr-defined]
        seen.append((headers["x-slack-retry-num"], headers["x-slack-retry-reason"]))
        await next()  # type: ignore[operator]

    slack.passes(3)
    await bot.next("message")
    assert seen == [(["1"], ["timeout"])]
    (delivery,) = slack.deliveries.sent
    await slack.until(lambda: delivery.acked)
    assert bot.heard[0]["event_id"] == delivery.payload["event_id"]
    slack.passes(600)
    assert len(delivery.attempts) == 2


async def test_an_app_that_refuses_is_told_again(shelf: Library) -> None:
    bot, slack = await shelf.bot(), shelf.slack
    bot.refuses = 1
    await slack.says(shelf.robin, shelf.general, "Anybody?")
    await bot.bell.until(lambda: not bot.refuses, 10)
    assert not slack.deliveries.sent[0].acked
    slack.passes(3)
    await bot.next("message")
    await slack.until(lambda: slack.deliveries.sent[0].acked)


async def test_nobody_connected_nothing_kept(shelf: Library) -> None:
    await shelf.slack.says(shelf.robin, shelf.general, "Anybody?")
    assert shelf.slack.deliveries.sent[0].lost
    bot = await shelf.bot()
    await shelf.slack.says(shelf.robin, shelf.general, "Now?")
    await bot.next("message")
    assert [one["text"] for one in bot.events("message")] == ["Now?"]


async def test_a_payload_goes_to_one_of_the_sockets(shelf: Library) -> None:
    bot = await shelf.bot(sockets=2)
    for number in range(4):
        await shelf.slack.says(shelf.robin, shelf.general, f"Line {number}")
    await bot.bell.until(lambda: len(bot.heard) == 4, 10)
    assert [len(socket.told) for socket in shelf.slack.sockets.open] == [2, 2]


async def test_a_ticket_is_good_once_and_not_for_long(shelf: Library) -> None:
    url = str((await shelf.client.apps_connections_open(app_token=shelf.slack.app.token))["url"])
    async with aiohttp.ClientSession() as http:
        async with http.ws_connect(url) as socket:
            hello = await socket.receive_json()
            assert (hello["type"], hello["num_connections"]) == ("hello", 1)
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await http.ws_connect(url)
        url = str((await shelf.client.apps_connections_open(app_token=shelf.slack.app.token))["url"])
        shelf.slack.passes(31)
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await http.ws_connect(url)


async def test_only_the_apps_own_token_opens_a_socket(shelf: Library) -> None:
    for token, word in {"xapp-nobody": "invalid_auth", shelf.install.token: "not_allowed_token_type"}.items():
        with pytest.raises(SlackApiError) as caught:
            await shelf.client.apps_connections_open(app_token=token)
        assert error(caught) == word


@pytest.mark.parametrize("how", ["warning", "refresh_requested", "close", "abort"])
async def test_a_client_that_is_sent_away_comes_again(shelf: Library, how: str) -> None:
    bot, slack = await shelf.bot(), shelf.slack
    (before,) = slack.sockets.open
    if how == "close":
        await slack.sockets.close()
    elif how == "abort":
        slack.sockets.abort()
    else:
        slack.sockets.disconnect(how)  # type: ignore[arg-type]
    await slack.until(lambda: slack.sockets.open and slack.sockets.open[0] is not before)
    await slack.says(shelf.robin, shelf.general, "Still there?")
    await bot.next("message")
    assert slack.sockets.opened == 2


@pytest.mark.parametrize("reason", ["warning", "refresh_requested"])
async def test_whoever_is_asked_to_go_and_stays_is_cut_off(shelf: Library, reason: Any) -> None:
    slack = shelf.slack
    asked = await shelf.client.apps_connections_open(app_token=slack.app.token)
    async with aiohttp.ClientSession() as http, http.ws_connect(str(asked["url"])) as line:
        assert (await line.receive_json())["type"] == "hello"
        slack.sockets.disconnect(reason)
        assert (await line.receive_json())["reason"] == reason
        slack.passes(10)
        assert (await line.receive()).type in {aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR}
        assert not slack.sockets.open


async def test_that_there_were_too_many_events_is_told_without_an_event(shelf: Library) -> None:
    await shelf.bot()
    shelf.slack.deliveries.limit(shelf.workspace)
    (limited,) = shelf.slack.deliveries.sent
    assert (limited.payload["type"], limited.event) == ("app_rate_limited", {})


async def test_what_was_on_its_way_to_a_socket_that_broke_comes_to_the_next(shelf: Library) -> None:
    bot, slack = await shelf.bot(), shelf.slack
    (before,) = slack.sockets.open
    before.deaf = True
    await slack.says(shelf.robin, shelf.general, "Anybody?")
    slack.sockets.abort()
    await slack.until(lambda: slack.sockets.open)
    assert not bot.heard
    slack.passes(3)
    await bot.next("message")


async def test_a_refused_handshake_is_tried_for_ever_with_a_ticket_that_is_used_up(shelf: Library) -> None:
    slack = shelf.slack
    slack.sockets.refusals.append(503)
    bot = Bot(shelf.bolt())
    handler = AsyncSocketModeHandler(bot.app, slack.app.token, ping_interval=PING)
    trying = asyncio.create_task(handler.connect_async())  # type: ignore[no-untyped-call]
    await slack.until(lambda: slack.sockets.tried > 2)
    assert (slack.sockets.opened, slack.sockets.open) == (1, [])
    handler.client.wss_uri = None
    await slack.until(lambda: slack.sockets.open)
    await trying
    assert slack.sockets.opened == 2
    await handler.close_async()  # type: ignore[no-untyped-call]


async def test_pings_are_answered_unless_a_socket_is_mute(shelf: Library) -> None:
    await shelf.bot()
    slack = shelf.slack
    (socket,) = slack.sockets.open
    await slack.sockets.ping()
    await slack.until(lambda: socket.pongs == 1)
    await slack.until(lambda: socket.pings > 2)
    assert slack.sockets.opened == 1
    socket.mute = True
    await slack.until(lambda: slack.sockets.opened > 1)


async def test_socket_mode_can_be_turned_off(shelf: Library) -> None:
    await shelf.bot()
    shelf.slack.sockets.disconnect("link_disabled")
    await shelf.slack.until(lambda: [one.error for one in shelf.slack.requests("apps.connections.open")][1:])
    assert shelf.slack.requests("apps.connections.open")[1].error == "link_disabled"
    assert not shelf.slack.sockets.open


async def test_there_are_ten_sockets_at_most(shelf: Library) -> None:
    async with aiohttp.ClientSession() as http:
        lines = []
        for _ in range(11):
            url = str((await shelf.client.apps_connections_open(app_token=shelf.slack.app.token))["url"])
            lines.append(await http.ws_connect(url))
        said = [(await line.receive_json())["type"] for line in lines]
        assert said == ["hello"] * 10 + ["disconnect"]


async def test_a_second_acknowledgement_is_a_mistake(shelf: Library) -> None:
    bot, slack = await shelf.bot(), shelf.slack
    await slack.says(shelf.robin, shelf.general, "Good evening.")
    (delivery,) = slack.deliveries.sent
    await slack.until(lambda: delivery.acked)
    async with connected(slack, bot) as handler:
        await handler.client.send_message('{"envelope_id": "' + delivery.envelope + '"}')
        await slack.until(lambda: slack.deliveries.mistakes)
    assert "acknowledged 2 times" in slack.deliveries.mistakes.pop()

"""Events by signed requests, through the real slack-bolt behind aiohttp."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from tests.servers.slack_bot import Library


async def served(shelf: Library, answer: Callable[[web.Request], Awaitable[web.Response]]) -> None:
    """Let events go to something that is no bolt."""
    app = web.Application()
    app.router.add_post("/", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    shelf.stack.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    shelf.slack.app.socket_mode, shelf.slack.http.url = False, f"http://{host}:{port}/"


async def test_an_event_comes_signed_and_is_acknowledged(shelf: Library) -> None:
    bot = await shelf.serving()
    assert await shelf.slack.http.verify()
    await shelf.slack.says(shelf.robin, shelf.general, "Good evening.")
    await bot.next("message")
    (delivery,) = shelf.slack.deliveries.sent
    await shelf.slack.until(lambda: delivery.acked)


async def test_wrong_and_old_signatures_are_refused(shelf: Library) -> None:
    await shelf.serving()
    body: dict[str, Any] = {"type": "event_callback", "team_id": shelf.workspace.id, "event": {"type": "message"}}
    body["authorizations"] = [{"team_id": shelf.workspace.id, "is_bot": True}]
    knock = shelf.slack.http.knock
    wrong = shelf.slack.app.signing_secret[::-1]
    assert [await knock(body), await knock(body, secret=wrong), await knock(body, age=301)] == [200, 401, 401]


async def test_what_is_refused_comes_again_at_once_and_then_later(shelf: Library) -> None:
    bot, slack = await shelf.serving(), shelf.slack
    bot.refuses = 3
    heard: list[object] = []

    @bot.app.middleware
    async def look(req: object, next: object) -> None:  # noqa: A002 - bolt looks for this name
        headers = req.headers  # type: ignore[attr-defined]
        heard.append((headers["x-slack-retry-num"], headers["x-slack-retry-reason"]))
        await next()  # type: ignore[operator]

    await slack.says(shelf.robin, shelf.general, "Anybody?")
    (delivery,) = slack.deliveries.sent
    await slack.until(lambda: len(delivery.attempts) == 2 and delivery.alarm and delivery.alarm.off)
    slack.passes(60)
    await slack.until(lambda: delivery.alarm and delivery.alarm.off and len(delivery.attempts) == 3)
    slack.passes(299)
    assert not bot.heard
    slack.passes(1)
    await bot.next("message")
    assert heard == [(["3"], ["http_error"])]


async def test_an_app_that_takes_too_long_is_told_again(shelf: Library) -> None:
    slack, stuck, tries = shelf.slack, asyncio.Event(), 0

    async def answer(_: web.Request) -> web.Response:
        nonlocal tries
        tries += 1
        slack.bell.ring()
        await stuck.wait()
        return web.Response()

    await served(shelf, answer)
    await slack.says(shelf.robin, shelf.general, "Anybody?")
    await slack.until(lambda: tries == 1)
    slack.passes(3)
    await slack.until(lambda: tries == 2)
    stuck.set()
    (delivery,) = slack.deliveries.sent
    await slack.until(lambda: delivery.acked)
    assert len(delivery.attempts) == 2


async def test_an_app_may_ask_not_to_be_told_again(shelf: Library) -> None:
    slack = shelf.slack

    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=500, headers={"X-Slack-No-Retry": "1"})

    await served(shelf, answer)
    await slack.says(shelf.robin, shelf.general, "Anybody?")
    (delivery,) = slack.deliveries.sent
    await slack.until(lambda: delivery.lost)
    assert len(delivery.attempts) == 1


async def test_nobody_at_the_address(shelf: Library) -> None:
    slack = shelf.slack
    slack.app.socket_mode, slack.http.url = False, "http://127.0.0.1:9/"
    await slack.says(shelf.robin, shelf.general, "Anybody?")
    (delivery,) = slack.deliveries.sent
    for seconds in (60, 300):
        await slack.until(lambda: delivery.alarm and delivery.alarm.off)
        slack.passes(seconds)
    await slack.until(lambda: delivery.lost)
    assert len(delivery.attempts) == 4


async def test_commands_and_buttons_come_as_forms(shelf: Library) -> None:
    bot, slack = await shelf.serving(), shelf.slack
    bot.answers["command"] = {"text": "All is well."}
    asked = await slack.commands(shelf.mo, shelf.general, "/fairwell", "status")
    assert (await bot.asked("command"))["text"] == "status"
    await slack.until(lambda: asked.acked)
    assert [(one.text, one.only) for one in shelf.general.ephemerals] == [("All is well.", shelf.mo)]
    button = {"type": "button", "action_id": "reopen", "text": {"type": "plain_text", "text": "Reopen"}, "value": "7"}
    ts = await shelf.post("A card.", blocks=[{"type": "actions", "elements": [button]}])
    pressed = await slack.presses(shelf.mo, shelf.general.messages[ts], "reopen")
    body = await bot.asked("block_actions")
    assert (body["actions"][0]["value"], body["user"]["id"]) == ("7", shelf.mo.id)
    await slack.until(lambda: pressed.acked)

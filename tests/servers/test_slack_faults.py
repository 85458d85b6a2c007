"""How the local Slack limits and fails, as the real slack-sdk sees it."""

import asyncio

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncConnectionErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from tests.servers.slack import App, Breaks, Drops, Fails, Hangs, Limits, Waits
from tests.servers.slack_bot import Library, error, library


async def test_a_channel_takes_a_burst_and_then_a_post_a_second(shelf: Library) -> None:
    for number in range(5):
        await shelf.post(f"Line {number}")
    with pytest.raises(SlackApiError) as caught:
        await shelf.post("Too much.")
    assert (error(caught), caught.value.response.status_code) == ("ratelimited", 429)
    assert caught.value.response.headers["Retry-After"] == "1"
    second = shelf.slack.channel(shelf.workspace, "second")
    await shelf.client.chat_postMessage(channel=second.id, text="Here there is room.")
    shelf.slack.passes(1)
    await shelf.post("One more.")
    with pytest.raises(SlackApiError):
        await shelf.post("Too much.")


async def test_a_method_has_a_tier_for_each_workspace(shelf: Library) -> None:
    mods = shelf.slack.group(shelf.workspace, "mods", shelf.mo).id
    for _ in range(20):
        await shelf.client.usergroups_users_list(usergroup=mods)
    shelf.slack.passes(15)
    with pytest.raises(SlackApiError) as caught:
        await shelf.client.usergroups_users_list(usergroup=mods)
    assert caught.value.response.headers["Retry-After"] == "45"
    second = shelf.slack.workspace("The Archive")
    other = AsyncWebClient(shelf.slack.installed(second).token, base_url=shelf.slack.url)
    group = shelf.slack.group(second, "mods")
    assert (await other.usergroups_users_list(usergroup=group.id))["users"] == []
    shelf.slack.passes(45)
    await shelf.client.usergroups_users_list(usergroup=mods)


async def test_an_app_that_is_sold_reads_one_short_page_a_minute() -> None:
    async with library(App(distributed=True)) as shelf:
        for number in range(20):
            await shelf.slack.says(shelf.robin, shelf.general, f"Line {number}")
        page = await shelf.client.conversations_history(channel=shelf.general.id, limit=100)
        assert len(page["messages"]) == 15
        with pytest.raises(SlackApiError) as caught:
            await shelf.client.conversations_history(channel=shelf.general.id)
        assert error(caught) == "ratelimited"


async def test_limits_can_be_switched_off() -> None:
    async with library(limited=False) as shelf:
        for number in range(10):
            await shelf.post(f"Line {number}")


async def test_an_error_before_the_deed_or_after(shelf: Library) -> None:
    shelf.slack.fault("chat.*", Fails(error="fatal_error"), Fails(error="internal_error", stored=True))
    for word in ("fatal_error", "internal_error"):
        with pytest.raises(SlackApiError) as caught:
            await shelf.post(word)
        assert error(caught) == word
    await shelf.post("After that.")
    assert shelf.general.said() == ["internal_error", "After that."]
    assert [one.done for one in shelf.slack.requests("chat.postMessage")] == [False, True, True]


@pytest.mark.parametrize("status", [500, 503])
async def test_a_page_instead_of_json(shelf: Library, status: int) -> None:
    shelf.slack.fault("chat.postMessage", Breaks(status=status))
    with pytest.raises(SlackApiError) as caught:
        await shelf.post()
    assert caught.value.response.status_code == status
    assert not shelf.general.messages


async def test_too_many_requests_on_demand(shelf: Library) -> None:
    shelf.slack.fault("users.info", Limits(after=7))
    with pytest.raises(SlackApiError) as caught:
        await shelf.client.users_info(user=shelf.robin.id)
    assert caught.value.response.headers["Retry-After"] == "7"


@pytest.mark.parametrize("stored", [True, False])
async def test_a_connection_is_reset_before_the_deed_or_after(shelf: Library, stored: bool) -> None:
    shelf.slack.fault("chat.postMessage", Drops(stored=stored))
    with pytest.raises(aiohttp.ClientError):
        await shelf.post("Said once?")
    assert shelf.general.said() == ["Said once?"] * stored


async def test_the_clients_own_retry_posts_twice(shelf: Library) -> None:
    shelf.client.retry_handlers = [AsyncConnectionErrorRetryHandler()]
    shelf.slack.fault("chat.postMessage", Drops(stored=True))
    await shelf.post("Said once?")
    assert shelf.general.said() == ["Said once?", "Said once?"]


@pytest.mark.parametrize("stored", [True, False])
async def test_nobody_answers(shelf: Library, stored: bool) -> None:
    shelf.slack.fault("chat.postMessage", Hangs(stored=stored))
    asking = asyncio.create_task(shelf.post("Anybody?"))
    await shelf.slack.until(lambda: shelf.slack.requests("chat.postMessage"))
    if stored:
        await shelf.slack.until(lambda: shelf.general.messages)
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    assert shelf.general.said() == ["Anybody?"] * stored
    assert shelf.slack.requests("chat.postMessage")[0].status is None


@pytest.mark.parametrize("clock", [True, False])
async def test_a_request_that_waits(shelf: Library, clock: bool) -> None:
    gate = asyncio.Event()
    shelf.slack.fault("chat.postMessage", Waits(until=20.0 if clock else gate))
    asking = asyncio.create_task(shelf.post("Late."))
    await shelf.slack.until(lambda: shelf.slack.requests("chat.postMessage"))
    assert not shelf.general.messages
    shelf.slack.passes(20)
    if not clock:
        assert not shelf.general.messages
        gate.set()
    await asking
    assert shelf.general.said() == ["Late."]


async def test_scopes_are_checked_and_told(shelf: Library) -> None:
    said = await shelf.client.auth_test()
    assert set(said.headers["x-oauth-scopes"].split(",")) == shelf.install.scopes
    shelf.install.scopes -= {"reactions:write", "channels:history"}
    message = await shelf.slack.says(shelf.robin, shelf.general, "A question.")
    with pytest.raises(SlackApiError) as caught:
        await shelf.client.reactions_add(channel=shelf.general.id, timestamp=message.ts, name="lock")
    assert error(caught) == "missing_scope"
    assert caught.value.response["needed"] == "reactions:write"
    assert set(caught.value.response["provided"].split(",")) == shelf.install.scopes
    with pytest.raises(SlackApiError) as caught:
        await shelf.client.conversations_history(channel=shelf.general.id)
    assert caught.value.response["needed"] == "channels:history"
    dm = shelf.slack.dm(shelf.robin)
    assert (await shelf.client.conversations_history(channel=dm.id))["messages"] == []


@pytest.mark.parametrize("how", ["json", "data", "params"])
async def test_a_body_may_be_json_a_form_or_a_query(shelf: Library, how: str) -> None:
    blocks = '[{"type": "divider"}]' if how != "json" else [{"type": "divider"}]
    asks = {"channel": shelf.general.id, "text": "[1] and {2}", "blocks": blocks}
    await shelf.client.api_call("chat.postMessage", **{how: asks})  # type: ignore[arg-type]
    (message,) = shelf.general.messages.values()
    assert (message.text, message.blocks[0]["type"]) == ("[1] and {2}", "divider")

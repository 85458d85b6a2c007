"""Installing the app on the local Slack, through the real slack-bolt's pages and the real slack-sdk."""

import socket
import time
from urllib.parse import parse_qs, urlencode, urlsplit

import aiohttp
import pytest
from aiohttp import web
from slack_bolt.async_app import AsyncApp
from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
from slack_sdk.errors import SlackApiError
from slack_sdk.oauth.installation_store import Bot as Kept
from slack_sdk.oauth.installation_store import FileInstallationStore
from slack_sdk.oauth.state_store import FileOAuthStateStore
from slack_sdk.oauth.token_rotation.async_rotator import AsyncTokenRotator
from slack_sdk.web.async_client import AsyncWebClient

from tests.servers.slack import App, LocalSlack
from tests.servers.slack_bot import Library, error, library

pytestmark = pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")  # slack-sdk's own

SCOPES = ["chat:write", "app_mentions:read"]


async def installs(slack: LocalSlack, folder: object) -> tuple[FileInstallationStore, int]:
    """Go through bolt's pages once, as a browser would; where it was kept, and the last page's status."""
    store = FileInstallationStore(base_dir=f"{folder}/installs")
    listening = socket.create_server(("127.0.0.1", 0))
    home = f"http://127.0.0.1:{listening.getsockname()[1]}"
    settings = AsyncOAuthSettings(
        client_id=slack.app.client_id,
        client_secret=slack.app.client_secret,
        scopes=SCOPES,
        redirect_uri=f"{home}/slack/oauth_redirect",
        installation_store=store,
        state_store=FileOAuthStateStore(expiration_seconds=60, base_dir=f"{folder}/states"),
        authorization_url=slack.authorize_url,
        install_page_rendering_enabled=False,
    )
    client = AsyncWebClient(base_url=slack.url)
    app = AsyncApp(client=client, signing_secret=slack.app.signing_secret, oauth_settings=settings)
    runner = web.AppRunner(app.web_app(path="/slack/events"))
    await runner.setup()
    await web.SockSite(runner, listening).start()
    try:
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as browser:
            asks = await sent_to(browser, f"{home}/slack/install")
            (state,) = parse_qs(urlsplit(asks).query)["state"]
            back = await sent_to(browser, asks)
            cookie = {"Cookie": f"slack-app-oauth-state={state}"}  # a secure one, which plain http does not return
            async with browser.get(back, headers=cookie) as last:
                return store, last.status
    finally:
        await runner.cleanup()


async def sent_to(browser: aiohttp.ClientSession, page: str) -> str:
    """Where a page sends its visitor."""
    async with browser.get(page, allow_redirects=False) as response:
        return response.headers["Location"]


async def test_an_install_by_a_browser(shelf: Library, tmp_path: object) -> None:
    second = shelf.slack.workspace("The Archive", installed=False)
    ann = shelf.slack.member(second, "ann", admin=True)
    shelf.slack.allows(ann, second)
    store, status = await installs(shelf.slack, tmp_path)
    assert status == 200
    kept = await store.async_find_bot(enterprise_id=None, team_id=second.id)
    install = shelf.slack.installed(second)
    assert kept is not None
    assert (kept.bot_token, kept.bot_id) == (install.token, install.bot.bot_id)
    assert (install.installer, install.scopes) == (ann, frozenset(SCOPES))


async def test_an_install_that_somebody_cancels(shelf: Library, tmp_path: object) -> None:
    store, _ = await installs(shelf.slack, tmp_path)
    assert await store.async_find_bot(enterprise_id=None, team_id=shelf.workspace.id) is None


async def test_an_install_in_a_whole_organisation(shelf: Library, tmp_path: object) -> None:
    slack = shelf.slack
    org = slack.enterprise("The Libraries")
    first, second = (slack.workspace(name, enterprise=org, installed=False) for name in ("North", "South"))
    ann = slack.member(first, "ann", admin=True)
    slack.allows(ann, org)
    store, status = await installs(slack, tmp_path)
    assert status == 200
    kept = await store.async_find_bot(enterprise_id=org.id, team_id=None, is_enterprise_install=True)
    assert kept is not None
    assert (kept.team_id, kept.is_enterprise_install) == (None, True)
    install = slack.installed(second)
    assert install is slack.installed(first)
    client = AsyncWebClient(str(kept.bot_token), base_url=slack.url)
    desk = slack.channel(second, "desk")
    await client.chat_postMessage(channel=desk.id, text="Good evening.")
    assert desk.said() == ["Good evening."]
    bea = slack.member(second, "bea")
    assert slack.dm(bea).workspace is second
    desk.members[bea.id] = bea
    bot = await shelf.bot()
    await slack.mentions(bea, desk, "Good evening.")
    await slack.until(lambda: slack.deliveries.sent[-1].over)
    (authorization,) = slack.deliveries.sent[-1].payload["authorizations"]
    assert (authorization["team_id"], authorization["is_enterprise_install"]) == (None, True)
    assert slack.deliveries.sent[-1].payload["team_id"] == second.id
    assert not bot.refuses
    third = slack.workspace("East", enterprise=org)
    assert slack.installed(third) is install


async def test_a_code_is_good_once_and_only_for_the_app(shelf: Library) -> None:
    slack = shelf.slack
    slack.allows(shelf.mo, shelf.workspace)
    query = {"client_id": slack.app.client_id, "scope": "chat:write", "redirect_uri": "http://127.0.0.1/back"}
    async with aiohttp.ClientSession() as browser:
        back = await sent_to(browser, f"{slack.authorize_url}?{urlencode(query)}")
        (code,) = parse_qs(urlsplit(back).query)["code"]
    for secret, word in (("guessed", "bad_client_secret"), (slack.app.client_secret, ""), ("", "bad_client_secret")):
        asks = AsyncWebClient(base_url=slack.url).oauth_v2_access(
            client_id=slack.app.client_id, client_secret=secret, code=code
        )
        if word:
            with pytest.raises(SlackApiError) as caught:
                await asks
            assert error(caught) == word
        else:
            assert (await asks)["access_token"] == shelf.install.token
    with pytest.raises(SlackApiError) as caught:
        await AsyncWebClient(base_url=slack.url).oauth_v2_access(
            client_id=slack.app.client_id, client_secret=slack.app.client_secret, code=code
        )
    assert error(caught) == "invalid_code"


async def test_tokens_that_rotate() -> None:
    async with library(App(rotates=True)) as shelf:
        slack, install = shelf.slack, shelf.install
        first = install.token
        assert (await shelf.client.auth_test())["expires_in"] == 43_200
        slack.passes(43_200)
        with pytest.raises(SlackApiError) as caught:
            await shelf.client.auth_test()
        assert error(caught) == "token_expired"
        rotator = AsyncTokenRotator(
            client_id=slack.app.client_id,
            client_secret=slack.app.client_secret,
            client=AsyncWebClient(base_url=slack.url),
        )
        kept = Kept(
            bot_token=first,
            bot_id="B",
            bot_user_id="U",
            bot_refresh_token=install.refresh,
            bot_token_expires_at=int(time.time()),
            installed_at=time.time(),
        )
        fresh = await rotator.perform_bot_token_rotation(bot=kept)
        assert fresh is not None
        assert fresh.bot_token == install.token != first
        assert (await AsyncWebClient(fresh.bot_token, base_url=slack.url).auth_test())["ok"]
        with pytest.raises(SlackApiError) as caught:
            await shelf.client.auth_test()
        assert error(caught) == "token_revoked"


async def test_a_token_that_does_not_rotate_is_exchanged_for_one_that_does(shelf: Library) -> None:
    slack, first = shelf.slack, shelf.install.token
    asks = {"token": first, "client_id": slack.app.client_id, "client_secret": slack.app.client_secret}
    with pytest.raises(SlackApiError) as caught:
        await shelf.client.oauth_v2_exchange(**asks)
    assert error(caught) == "token_rotation_not_enabled"
    slack.app.rotates = True
    reply = await shelf.client.oauth_v2_exchange(**asks)
    assert (reply["access_token"], reply["expires_in"]) == (shelf.install.token, 43_200)
    assert reply["access_token"] != first


@pytest.mark.parametrize("who", ["the bot", "an admin"])
async def test_the_end_of_an_install(shelf: Library, who: str) -> None:
    bot = await shelf.bot()
    if who == "the bot":
        assert (await shelf.client.auth_revoke())["revoked"]
    else:
        shelf.slack.uninstalls(shelf.install)
    await shelf.slack.until(lambda: all(one.over for one in shelf.slack.deliveries.sent))
    kinds = [one.event["type"] for one in shelf.slack.deliveries.sent]
    assert kinds == ["tokens_revoked", "app_uninstalled"]
    assert shelf.slack.deliveries.sent[0].event["tokens"]["bot"] == [shelf.install.bot.id]
    with pytest.raises(SlackApiError) as caught:
        await shelf.client.auth_test()
    assert error(caught) == "account_inactive"
    await shelf.slack.says(shelf.robin, shelf.general, "Anybody?")
    assert len(shelf.slack.deliveries.sent) == 2
    assert bot.app is not None

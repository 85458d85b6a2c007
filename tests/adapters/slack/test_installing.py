"""Workspaces install the app by themselves: through the real Bolt's pages and the local Slack's."""
# ruff: noqa: ASYNC240  nothing else runs in these loops that a look at the disk could hold up

import asyncio
import logging
import os
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from slack_bolt.async_app import AsyncApp

from adapters.slack.installs.authorizing import Absent
from adapters.slack.installs.installing import App
from adapters.slack.scopes import SCOPES
from bot.errors import StoreError
from tests.adapters.slack.installs import House, house, shipped
from tests.servers.slack import Breaks, Drops

pytestmark = pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")  # slack-sdk's own


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as made:
        yield made


@pytest.fixture
def nobodys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home directory; and another app's id and secret in the environment."""
    empty = tmp_path / "home"
    empty.mkdir()
    monkeypatch.setenv("HOME", str(empty))
    monkeypatch.setenv("SLACK_CLIENT_ID", "9.9")
    monkeypatch.setenv("SLACK_CLIENT_SECRET", "another app's")
    return empty


def paths(app: AsyncApp) -> set[str]:
    """What its web server answers to."""
    return {route.resource.canonical for route in app.web_app().router.routes() if route.resource}


async def test_a_workspace_installs_it_and_the_bot_is_in(home: House) -> None:
    archive, ann = home.workspace("The <Archive>")
    page = await home.installs(ann, archive)
    assert (page.status, "It is installed" in page.text, "The &lt;Archive&gt;" in page.text) == (200, True, True)
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "slack-app-oauth-state=deleted" in page.headers["Set-Cookie"]
    install = home.slack.installed(archive)
    assert install.scopes == frozenset(SCOPES)
    identity = await home.authorizing.identity(archive.id)
    assert identity is not None
    assert (identity.bot_token, identity.bot_user_id, identity.bot_id) == (
        install.token, install.bot.id, install.bot.bot_id,
    )  # fmt: skip
    client = await home.authorizing.client(archive.id)
    assert (await client.auth_test())["team_id"] == archive.id
    (kept,) = await home.store.installations("slack")
    assert ann.id not in kept.secret  # who did it is nobody's business


async def test_many_workspaces_each_have_their_own_token(home: House) -> None:
    places = [home.workspace(name) for name in ("North", "South", "East")]
    for where, who in places:
        assert (await home.installs(who, where)).status == 200
    for where, _ in places:
        client = await home.authorizing.client(where.id)
        assert ((await client.auth_test())["team_id"], client.token) == (where.id, home.slack.installed(where).token)


async def test_an_organisation_installs_it_for_all_its_workspaces(home: House) -> None:
    org = home.slack.enterprise("The Libraries")
    (north, ann), (south, _) = (home.workspace(name, org) for name in ("North", "South"))
    page = await home.installs(ann, org)
    assert (page.status, "The Libraries" in page.text, "/workspaces/add" in page.text) == (200, True, True)
    for there in (north, south):
        identity = await home.authorizing.identity(there.id, org.id)
        assert identity is not None
        assert (identity.team_id, identity.bot_token) == (there.id, home.slack.installed(there).token)
        desk = home.slack.channel(there, "desk")
        client = await home.authorizing.client(there.id)  # which organisation it is of is known by now
        await client.chat_postMessage(channel=desk.id, text="Good evening.")
        assert desk.said() == ["Good evening."]
    assert await home.authorizing.identity("", org.id) is not None
    east, _ = home.workspace("East", org)
    with pytest.raises(Absent):
        await home.authorizing.client(east.id)  # nobody has said yet whose it is
    await home.authorizing.identity(east.id, org.id)
    await home.authorizing.client(east.id)
    assert await home.authorizing.identity("T-elsewhere") is None


async def test_it_may_be_installed_again(home: House) -> None:
    archive, ann = home.workspace("The Archive")
    await home.installs(ann, archive)
    first = home.slack.installed(archive).token
    home.slack.uninstalls(home.slack.installed(archive))
    home.slack.passes(5)
    await home.installs(ann, archive)
    assert (await home.authorizing.client(archive.id)).token == home.slack.installed(archive).token != first
    assert len(await home.store.installations("slack")) == 1


@pytest.mark.parametrize(
    ("asked", "language", "title"),
    [
        ("", "en", "It is not installed"),
        ("de-AT,de;q=0.9,en;q=0.8", "de", "Es ist nicht installiert"),
        ("en;q=0.2, nl, pt-BR;q=0.7", "pt", "Não está instalado"),
        ("fr;q=0, es", "es", "No está instalado"),
        ("nl, *", "en", "It is not installed"),
        ("<script>, fr;q=what, ;;,=", "en", "It is not installed"),
        ("x" * 8_000, "en", "It is not installed"),
    ],
)
async def test_the_page_speaks_a_language_of_the_browsers(home: House, asked: str, language: str, title: str) -> None:
    page = await home.looks(f"{home.url}/slack/back?error=access_denied", asked=asked)
    assert (f'<html lang="{language}">' in page.text, f"<h1>{title}</h1>" in page.text) == (True, True)


@pytest.mark.parametrize("language", shipped().wording.languages)
async def test_in_every_language_it_says_what_to_do_next(home: House, language: str) -> None:
    archive, ann = home.workspace("*The* Archive")
    page = await home.installs(ann, archive, asked=language)
    assert f'<html lang="{language}">' in page.text
    assert all(f"<b>{each}</b>" in page.text for each in ("/invite", "/fairwell setup"))


async def test_whoever_is_given_less_than_was_asked_for_is_told(home: House, caplog: pytest.LogCaptureFixture) -> None:
    archive, ann = home.workspace("The Archive")
    home.slack.allows(ann, archive)
    asks = await home.sent_to(f"{home.url}/slack/install")
    (state,) = parse_qs(urlsplit(asks).query)["state"]
    back = await home.sent_to(asks.replace("reactions:read,", "").replace("users:read,", ""))
    page = await home.looks(back, state)
    assert "I was not given everything that I need: reactions:read, users:read." in page.text
    assert f"{archive.id}: the app was not given reactions:read, users:read" in caplog.text
    page = await home.installs(ann, archive)  # Slack adds what was missing
    assert "was not given" not in page.text
    identity = await home.authorizing.identity(archive.id)
    assert identity is not None
    assert set(identity.bot_scopes or ()) == set(SCOPES)


async def test_two_who_install_it_at_the_same_moment_both_have(home: House) -> None:
    places = [home.workspace(name) for name in ("North", "South")]
    ways = []
    for where, who in [*places, places[0]]:
        home.slack.allows(who, where)
        ways.append(await home.allowed())
    pages = await asyncio.gather(*(home.looks(back, state) for back, state in ways))
    assert [page.status for page in pages] == [200, 200, 200]
    for where, _ in places:
        client = await home.authorizing.client(where.id)
        assert ((await client.auth_test())["team_id"], client.token) == (where.id, home.slack.installed(where).token)


async def test_a_code_is_good_once(home: House) -> None:
    archive, ann = home.workspace("The Archive")
    home.slack.allows(ann, archive)
    back, state = await home.allowed()
    assert (await home.looks(back, state)).status == 200
    again, another = await home.allowed()
    page = await home.looks(back.replace(state, another), another)
    assert again
    assert (page.status, "Slack did not confirm it." in page.text) == (401, True)
    assert (await home.authorizing.client(archive.id)).token == home.slack.installed(archive).token


async def test_an_address_does_not_say_what_slack_is_asked_for(home: House) -> None:
    asks = await home.sent_to(f"{home.url}/slack/install?team=T1%26scope%3Dadmin%26user_scope%3Dadmin")
    asked = parse_qs(urlsplit(asks).query)
    assert (asked["scope"], asked.get("user_scope"), asked.get("team")) == ([",".join(SCOPES)], None, None)


async def test_somebody_cancels(home: House, caplog: pytest.LogCaptureFixture) -> None:
    back, state = await home.allowed()
    page = await home.looks(back, state)
    assert "You did not let me in" in page.text
    assert f'href="{"/slack/install"}"' in page.text
    assert await home.store.installations("slack") == ()
    assert "access_denied" in caplog.text


@pytest.mark.parametrize("reason", ["<script>", "bogus%0Aforged log line"])
async def test_what_stands_in_the_address_is_neither_shown_nor_logged(
    home: House, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    page = await home.looks(f"{home.url}/slack/back?error={reason}")
    assert "Slack did not let you finish." in page.text
    assert not any(word in page.text + caplog.text for word in ("<script>", "forged"))


async def test_a_way_back_is_good_once_soon_and_in_the_browser_it_was_begun_in(home: House) -> None:
    archive, ann = home.workspace("The Archive")
    home.slack.allows(ann, archive)
    back, state = await home.allowed()
    assert (await home.looks(back)).status == 400  # no cookie
    assert (await home.looks(back, "another")).status == 400
    forged = back.replace(state, "1.2.3")
    assert (await home.looks(forged, "1.2.3")).status == 401
    assert (await home.looks(back, state)).status == 200
    page = await home.looks(back, state)
    assert (page.status, "was used before" in page.text) == (401, True)
    back, state = await home.allowed()
    home.slack.passes(600)
    assert (await home.looks(back, state)).status == 401


@pytest.mark.parametrize("fault", [Breaks(), Drops()])
@pytest.mark.parametrize("method", ["oauth.v2.access", "auth.test"])
async def test_slack_is_out_of_order_meanwhile(
    home: House, method: str, fault: Breaks | Drops, caplog: pytest.LogCaptureFixture
) -> None:
    archive, ann = home.workspace("The Archive")
    home.slack.fault(method, fault)
    page = await home.installs(ann, archive)
    assert (page.status, "Slack did not confirm it." in page.text) == (401, True)
    assert await home.store.installations("slack") == ()
    home.slack.passes(60)
    assert (await home.installs(ann, archive)).status == 200
    assert "xoxb" not in caplog.text


async def test_what_cannot_be_written_down_is_not_called_installed(
    home: House, caplog: pytest.LogCaptureFixture
) -> None:
    archive, ann = home.workspace("The Archive")
    home.slack.allows(ann, archive)
    back, state = await home.allowed()
    await home.store._writer.stop()
    page = await home.looks(back, state)
    assert (page.status, "I could not write that down" in page.text) == (500, True)
    token = home.slack.installed(archive).token
    assert token not in page.text + caplog.text
    with pytest.raises(StoreError):
        await home.store.touch()


async def test_no_code_and_no_token_is_ever_logged(home: House, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for library in ("slack_bolt", "slack_sdk", "aiohttp"):
        caplog.set_level(logging.WARNING, library)  # as the adapter has them
    archive, ann = home.workspace("The Archive")
    home.slack.allows(ann, archive)
    back, state = await home.allowed()
    await home.looks(back, state)
    back, state = await home.allowed()
    code = back.partition("code=")[2].partition("&")[0]
    home.slack.world.codes.clear()
    assert (await home.looks(back, state)).status == 401
    assert code
    secrets = (code, state, home.slack.installed(archive).token, home.slack.app.client_secret)
    assert not any(secret in caplog.text for secret in secrets)


async def test_bolt_by_itself_takes_up_what_it_finds_in_the_environment(home: House, nobodys: Path) -> None:
    """What App is there to prevent."""
    app = AsyncApp(client=home.clients.made(), authorize=home.authorizing, signing_secret="x")  # type: ignore[arg-type]  # noqa: S106
    assert app.oauth_flow is not None
    assert app.oauth_flow.client_id == "9.9"
    assert "/slack/install" in paths(app)


async def test_another_apps_id_in_the_environment_changes_nothing(tmp_path: Path, nobodys: Path) -> None:
    async with house(tmp_path, many=False) as home:
        app = App(clients=home.clients, authorize=home.authorizing, flow=None, signing="x")
        assert app.oauth_flow is None
        assert paths(app) == {"/slack/events"}
        assert (await home.looks(f"{home.url}/slack/install")).status == 404
        (library,) = home.slack.world.workspaces.values()
        identity = await home.authorizing.identity(library.id)
        assert identity is not None
        assert identity.bot_token == os.environ.get("SLACK_BOT_TOKEN", home.setup.token)
    async with house(tmp_path / "many") as home:
        archive, ann = home.workspace("The Archive")
        assert (await home.installs(ann, archive)).status == 200
    assert list(nobodys.iterdir()) == []

"""`fairwell doctor slack`, as somebody types it; what it finds is tested with the adapter."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from adapters.slack.scopes import SCOPES
from tests.cli.conftest import Fairwell
from tests.configs import small_config
from tests.servers.slack import App, Channel, LocalSlack
from tests.servers.slack_state import Kind


@pytest.fixture
def slack() -> Iterator[LocalSlack]:
    """One that runs beside the command."""
    loop, there = asyncio.new_event_loop(), LocalSlack(App(scopes=frozenset(SCOPES)))
    thread = Thread(target=loop.run_forever)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(there.__aenter__(), loop).result()
        yield there
        asyncio.run_coroutine_threadsafe(there.__aexit__(None, None, None), loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@pytest.fixture
def desk(slack: LocalSlack, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Channel:
    """The moderators' channel of a workspace in which all is well; adapters.slack is installed as an adapter."""
    library = slack.workspace("The Library")
    mo = slack.member(library, "mo")
    desk = slack.channel(library, "desk", mo, kind=Kind.PRIVATE)
    config = small_config(tmp_path / "config")
    (config / "spaces").mkdir(exist_ok=True)
    said = f'moderators = "{desk.id}"\nmoderator_roles = ["{mo.id}"]\n'
    (config / "spaces" / f"slack-{library.id}.toml").write_text(said)
    installed = tmp_path / "site" / "platforms-1.dist-info"
    installed.mkdir(parents=True)
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: platforms\nVersion: 1\n")
    (installed / "entry_points.txt").write_text("[fairwell.adapters]\nslack = adapters.slack.connection:adapter\n")
    monkeypatch.syspath_prepend(installed.parent)
    monkeypatch.setenv("FAIRWELL_CONFIG", str(config))
    monkeypatch.setenv("SLACK_BOT_TOKEN", slack.installed(library).token)
    monkeypatch.setenv("SLACK_APP_TOKEN", slack.app.token)
    monkeypatch.setenv("SLACK_API_BASE", slack.url)
    return desk


def test_all_is_well_and_nothing_is_posted(fairwell: Fairwell, slack: LocalSlack, desk: Channel) -> None:
    seen = fairwell("doctor", "slack")
    assert (seen.code, seen.err) == (0, "")
    assert f"The Library ({desk.workspace.id}): all well\n" in seen.out
    assert seen.out.endswith(f"To invite it: https://api.slack.com/apps/{slack.app.id}\n")
    assert not slack.requests("chat.postMessage")


def test_moderators_are_posted_to_when_that_is_asked(fairwell: Fairwell, slack: LocalSlack, desk: Channel) -> None:
    seen = fairwell("doctor", "slack", "--post")
    assert seen.code == 0
    assert "  It has posted in the moderators' channel, and deleted that again.\n" in seen.out
    assert len(slack.requests("chat.postMessage")) == len(slack.requests("chat.delete")) == 1


def test_what_lacks_is_an_exit_code_for_scripts(fairwell: Fairwell, slack: LocalSlack, desk: Channel) -> None:
    slack.archives(desk)
    assert fairwell("doctor", "slack", "--json").code == 1


def test_a_token_that_slack_does_not_take(fairwell: Fairwell, desk: Channel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-wrong")
    seen = fairwell("doctor", "slack")
    assert seen.code == 2
    assert "SLACK_BOT_TOKEN: Slack does not know it; copy the Bot User OAuth Token again" in seen.err
    assert "xoxb-wrong" not in seen.out + seen.err


def test_a_platform_that_posts_nothing_for_a_test(fairwell: Fairwell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", "a-token")
    seen = fairwell("doctor", "discord", "--post")
    assert seen.code == 3
    assert "discord cannot be asked to post for a test." in seen.err

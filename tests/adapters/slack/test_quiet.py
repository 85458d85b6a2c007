"""What Slack's libraries say in the log."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.operators import quiet
from bot.configuration import Configuration
from tests.adapters.slack.people import peopled
from tests.servers.slack import Breaks, Fails

LIBRARIES = ("slack_sdk", "slack_bolt")
WORD = "zebrafish"


@pytest.fixture
def loud(request: pytest.FixtureRequest) -> Iterator[None]:
    """Everything is logged, as far as an operator can have it so."""
    loggers = [logging.getLogger(name) for name in ("", *LIBRARIES)]
    before = [each.level for each in loggers]
    for each in loggers[1:]:
        each.setLevel(logging.NOTSET)
    loggers[0].setLevel(request.param)
    quiet.hold()
    yield
    for each, level in zip(loggers, before, strict=True):
        each.setLevel(level)


def test_it_says_where_and_which_kind_of_fault_and_nothing_else(caplog: pytest.LogCaptureFixture) -> None:
    quiet.logger().error("somebody said %s", "secret words", exc_info=ValueError("more secrets"))
    (line,) = caplog.messages
    assert "test_quiet.py" in line
    assert "ValueError" in line
    assert "secret" not in caplog.text


def test_it_says_nothing_of_how_it_is_put_together(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1")
    AsyncApp(client=AsyncWebClient(token="xoxb-1"), logger=quiet.logger(), signing_secret="s")  # noqa: S106
    assert not caplog.messages


@pytest.mark.parametrize("loud", ["DEBUG", "NOTSET"], indirect=True)
async def test_nothing_that_anybody_writes_is_logged_however_much_is(
    loud: None, everything: Configuration, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with peopled(everything, tmp_path) as town:
        root = await town.asks(f"{WORD} one")
        await town.answered(root, 1)
        await town.slack.edits(town.robin, root, f"{town.me.mention} {WORD} two")
        town.slack.fault("chat.postMessage", Breaks(status=503), Fails(error="internal_error"))
        await town.says(f"{WORD} three", root)
        await town.answered(root, 2)
        await town.types(town.robin, f"ask {WORD} four")
        await town.types(town.robin, "new")
        await town.sends(town.robin, town.shown(town.robin), f"{WORD} five")
    logging.getLogger("anybody").debug("said aloud")
    assert "said aloud" in caplog.text
    assert WORD not in caplog.text

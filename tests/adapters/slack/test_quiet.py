"""What Slack's libraries say in the log."""

import pytest
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack import quiet


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

"""Rule 12 on Slack: killed at any step, before or after any request and any commit, everything is there once.

Every seventh step is walked here; `python -m tests.adapters.slack.kills` walks all.
"""

import re
import subprocess
import sys

import pytest

STRIDE = 7


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
@pytest.mark.parametrize(
    "scenarios",
    [
        ("answer", "streamed answer", "long answer", "redirection", "warning", "ending", "nudge"),
        ("care", "care in an ended thread", "offer", "branch", "appeal", "overturn"),
    ],
)
def test_killed_at_any_step_on_slack_everything_is_there_once(scenarios: tuple[str, ...]) -> None:
    command = [sys.executable, "-m", "tests.adapters.slack.kills", str(STRIDE), *scenarios]
    walked = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)  # noqa: S603
    assert walked.returncode == 0, walked.stdout[:5_000] + walked.stderr[-5_000:]
    kills = [int(count) for count in re.findall(r": (\d+) kills", walked.stdout)]
    assert len(kills) == 5 * len(scenarios)
    assert min(kills) >= 1, walked.stdout  # a walk that kills nobody proves nothing

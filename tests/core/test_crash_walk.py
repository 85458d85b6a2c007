"""Rule 12: an event heard twice is answered once, an action performed once, through kill -9 at any point.

Every seventh step is walked here, each scenario about two dozen times; `python -m tests.core.crash_walk` walks all.
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
        ("answer", "crisis while a warning is on its way", "crisis", "refusal"),
        ("ladder", "branch", "overturn", "crisis in an appeal"),
    ],
)
def test_killed_at_any_step_nothing_is_lost_and_nothing_is_done_twice(scenarios: tuple[str, ...]) -> None:
    command = [sys.executable, "-m", "tests.core.crash_walk", str(STRIDE), *scenarios]
    walked = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)  # noqa: S603
    assert walked.returncode == 0, walked.stdout[:5_000] + walked.stderr[-5_000:]
    kills = [int(count) for count in re.findall(r": (\d+) kills", walked.stdout)]
    assert len(kills) == 2 * len(scenarios)
    assert min(kills) >= 5, walked.stdout  # a walk that kills nobody proves nothing

"""The bot as a process: told to stop, it stops soon and in order; killed, it goes on where it was."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.configs import small_config

PATIENCE = 60.0  # seconds; a start takes some where many tests run at once
HELLO = "Hello, can you help me?"


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_config(tmp_path_factory.mktemp("processes") / "config")


class Chat:
    """`fairwell chat` with a pipe on either side."""

    def __init__(self, config: Path, database: Path) -> None:
        self._where = ["--config", str(config), "--database", str(database)]
        self._env = {name: value for name, value in os.environ.items() if not name.startswith("ANTHROPIC")}
        self.seen: list[str] = []
        self.process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "bot", "chat", *self._where],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=self._env,
        )

    def types(self, *lines: str) -> None:
        assert self.process.stdin
        self.process.stdin.write("".join(f"{line}\n" for line in lines))
        self.process.stdin.flush()

    def shows(self, text: str) -> None:
        """Return when a line with this text has come."""
        assert self.process.stdout
        for line in self.process.stdout:
            self.seen.append(line)
            if text in line:
                return
        raise AssertionError(f"ended without {text!r}: {self.seen}")

    def ends(self) -> int:
        """The exit code, once the input has ended and all is shown."""
        rest, _ = self.process.communicate(timeout=PATIENCE)
        self.seen += rest.splitlines(keepends=True)
        return self.process.returncode

    def doctor(self) -> dict[str, Any]:
        """What `fairwell doctor` says when the chat is over."""
        command = [sys.executable, "-m", "bot", "doctor", "--json", *self._where]
        looked = subprocess.run(command, capture_output=True, text=True, env=self._env, check=False)  # noqa: S603
        found: dict[str, Any] = json.loads(looked.stdout)
        return found

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe and not pipe.closed:
                pipe.close()


@pytest.fixture
def chats(config: Path, tmp_path: Path) -> Iterator[list[Chat]]:
    """Chats on one database, one after the other; the first is there already."""
    made = [Chat(config, tmp_path / "fairwell.db")]
    yield made
    for chat in made:
        chat.close()


def again(chats: list[Chat], config: Path, tmp_path: Path) -> Chat:
    chats.append(Chat(config, tmp_path / "fairwell.db"))
    return chats[-1]


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_told_to_stop_it_stops_soon_though_its_input_goes_on(
    chats: list[Chat], config: Path, tmp_path: Path, told: signal.Signals
) -> None:
    chat = chats[0]
    chat.types(HELLO)
    chat.shows("Fairwell: ")
    began = time.monotonic()
    chat.process.send_signal(told)
    assert chat.process.wait(PATIENCE) == 0
    assert time.monotonic() - began < 10
    later = again(chats, config, tmp_path)
    later.types("/quit")
    assert later.ends() == 0
    assert any(f"1. guest: {HELLO}" in line for line in later.seen)
    found = later.doctor()
    assert (found["waiting"], found["parked"]) == (0, [])


@pytest.mark.parametrize("moment", ["said", "answered", "said again"])
def test_killed_in_the_middle_everything_is_where_it_was(
    chats: list[Chat], config: Path, tmp_path: Path, moment: str
) -> None:
    chat = chats[0]
    chat.types(HELLO, "and another thing")
    chat.shows(HELLO)
    if moment != "said":
        chat.shows("Fairwell: ")
    if moment == "said again":
        chat.shows("and another thing")
    chat.process.send_signal(signal.SIGKILL)
    assert chat.ends() == -signal.SIGKILL
    later = again(chats, config, tmp_path)
    later.types("one more", "/quit")
    assert later.ends() == 0
    shown = "".join(later.seen)
    messages = re.findall(r"(\d+)\. guest: (?!/)", shown)
    assert messages == [str(number) for number in range(1, len(messages) + 1)]  # the new one is the next
    assert shown.count("Fairwell: ") == len(messages)  # each has its answer, once
    if moment != "said":
        assert f"1. guest: {HELLO}" in shown
    found = later.doctor()
    assert (found["waiting"], found["parked"]) == (0, [])

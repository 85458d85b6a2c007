"""What the log may hold: never a key, never what members write, whatever its level."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from tests.servers.anthropic import Asked, Reply, Says, Server

READING = (
    '{"concerns":[],"risk":"none","about":"self","risk_sure":true,"risk_words":"","asks_to_end":false,'
    '"plain_answer":"neither","country":null,"language":"en","why":""}'
)
CONFIG = Path(__file__).parents[2] / "config"


def rule(asked: Asked) -> Reply:
    return Says(READING if "output_config" in asked.body else "An answer that is long enough.")


@pytest.mark.parametrize("level", ["debug", "info"])
async def test_no_level_of_the_log_tells_a_key_or_a_password(level: str, tmp_path: Path) -> None:
    async with Server(rule) as server:
        env = {
            **os.environ,
            "FAIRWELL_LOG": level,
            "ANTHROPIC_API_KEY": "sk-ant-nobody-sees-this",
            "ANTHROPIC_BASE_URL": server.url.replace("http://", "http://bob:nobody-sees-that@"),
        }
        chat = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "chat", f"--config={CONFIG}", f"--database={tmp_path / 'log.db'}"),
            env=env,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await chat.communicate(b"what is a heap?\n")
    assert b"An answer that is long enough." in out
    assert b"127.0.0.1" in err  # who answers, without the password
    assert not any(secret in out + err for secret in (b"nobody-sees", b"bob"))
    assert b"heap" not in err

"""Claude in front of a local server: the real SDK over a real socket, and a time that is ours."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import anthropic
import httpx2
import pytest

from bot.llm.claude import Claude
from bot.llm.prompts import Prompts
from bot.llm.prompts import load as load_prompts
from bot.settings import Settings
from bot.settings import load as load_settings
from tests.llm.cases import KEY, SECRETS, Seconds, Waits, does
from tests.servers.anthropic import Asked, Reply, Server

CONFIG = Path(__file__).parents[2] / "config"

Make = Callable[..., Claude]
Running = Callable[..., Awaitable[Server]]
Told = tuple[Settings, Prompts]


@pytest.fixture(scope="session")
def settings() -> Settings:
    return load_settings(CONFIG, {})


@pytest.fixture(scope="session")
def prompts() -> Prompts:
    return load_prompts(CONFIG / "prompts")


@pytest.fixture(scope="session")
def told(settings: Settings, prompts: Prompts) -> Told:
    return settings, prompts


@pytest.fixture(autouse=True)
def nothing_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """No log of ours has the key, or what a member wrote or is called."""
    caplog.set_level(logging.DEBUG, "bot")
    yield
    shown = "\n".join(map(logging.Formatter().format, caplog.get_records("call")))  # with tracebacks
    assert not [secret for secret in SECRETS if secret in shown]


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with Server() as running:
        yield running


@pytest.fixture
async def running() -> AsyncIterator[Running]:
    """Starts a server with these arguments, whose models do as they are asked if nothing else is said."""
    async with AsyncExitStack() as stack:

        async def run(rule: Callable[[Asked], Reply] = does, **options: Any) -> Server:
            return await stack.enter_async_context(Server(rule, **options))

        yield run


@pytest.fixture
def waits() -> Waits:
    return Waits()


@pytest.fixture
def clock() -> Seconds:
    return Seconds()


@pytest.fixture
async def make(server: Server, told: Told, waits: Waits, clock: Seconds) -> AsyncIterator[Make]:
    """A Claude. `at`: another server than `server`, running.

    What is given by name stands in for a setting of [llm], times in seconds, shorter than it allows.
    """

    async with AsyncExitStack() as stack:

        def made(at: Server = server, *, connections_at_most: int = 0, **llm: object) -> Claude:
            changed = {key: _as_set(key, value) for key, value in llm.items()}
            settings, prompts = told
            now = replace(settings, llm=settings.llm.model_copy(update=changed))
            # Nothing is encrypted here, and loading certificates takes time.
            limits = httpx2.Limits(max_connections=connections_at_most)
            http = anthropic.DefaultAioHttpClient(verify=False, limits=limits)
            client = anthropic.AsyncAnthropic(api_key=KEY, base_url=at.url, max_retries=2, http_client=http)
            stack.push_async_callback(client.close)
            return Claude(client, lambda: (now, prompts), sleep=waits, now=clock)

        yield made


@pytest.fixture
def claude(make: Make) -> Claude:
    return make()


def _as_set(key: str, value: object) -> object:
    if isinstance(value, float) and (key.endswith("_timeout") or key == "break_for"):
        return timedelta(seconds=value)
    return value

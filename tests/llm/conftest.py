"""Claude in front of a local server: the real SDK over a real socket."""

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import anthropic
import pytest

from bot.llm.claude import Claude
from bot.llm.prompts import Prompts
from bot.llm.prompts import load as load_prompts
from bot.settings import Settings
from bot.settings import load as load_settings
from tests.servers.anthropic import Server

CONFIG = Path(__file__).parents[2] / "config"
KEY = "sk-ant-a-key-that-nobody-may-see"


@pytest.fixture(scope="session")
def settings() -> Settings:
    return load_settings(CONFIG, {})


@pytest.fixture(scope="session")
def prompts() -> Prompts:
    return load_prompts(CONFIG / "prompts")


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with Server() as running:
        yield running


@pytest.fixture
async def client(server: Server) -> AsyncIterator[anthropic.AsyncAnthropic]:
    plain = anthropic.DefaultAsyncHttpxClient(
        verify=False
    )  # nothing is encrypted here; loading certificates takes time
    async with anthropic.AsyncAnthropic(
        api_key=KEY, base_url=server.url, max_retries=0, http_client=plain
    ) as connected:
        yield connected


Make = Callable[..., Claude]


@pytest.fixture
def make(client: anthropic.AsyncAnthropic, settings: Settings, prompts: Prompts) -> Make:
    """A Claude; what is given by name stands in for a setting of [llm], times in seconds, shorter than it allows."""

    def made(*, retries: int = 0, **llm: object) -> Claude:
        changed = {
            key: timedelta(seconds=value) if isinstance(value, float) and key.endswith("_timeout") else value
            for key, value in llm.items()
        }
        now = replace(settings, llm=settings.llm.model_copy(update=changed))
        return Claude(client.with_options(max_retries=retries), lambda: (now, prompts))

    return made


@pytest.fixture
def claude(make: Make) -> Claude:
    return make()

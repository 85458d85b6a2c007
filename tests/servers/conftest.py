"""The real clients in front of the local servers."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import anthropic
import pytest
from anthropic.types import Message

from tests.servers.anthropic import Server
from tests.servers.discord_answering import Here, answering
from tests.servers.discord_bot import Library, library
from tests.servers.slack_bot import Library as SlackLibrary
from tests.servers.slack_bot import library as slack_library

MODEL = "claude-sonnet-5-5"
ASKS: dict[str, Any] = {"model": MODEL, "max_tokens": 100, "messages": [{"role": "user", "content": "Good evening."}]}


@dataclass(frozen=True)
class Line:
    """A client with its server."""

    server: Server
    client: anthropic.AsyncAnthropic

    async def ask(self, **changes: Any) -> Message:
        """What comes back, whole, to ASKS with these changes."""
        message: Message = await self.client.messages.create(**ASKS | changes)
        return message

    async def count(self, **changes: Any) -> int:
        """The tokens of ASKS with these changes."""
        asks = {key: value for key, value in (ASKS | changes).items() if key != "max_tokens"}
        return (await self.client.messages.count_tokens(**asks)).input_tokens

    async def events(self, **changes: Any) -> list[Any]:
        """The events as they come, without pings."""
        return [event async for event in await self.client.messages.create(**ASKS | changes | {"stream": True})]

    async def stream(self, **changes: Any) -> Message:
        """What the SDK makes of the events."""
        async with self.client.messages.stream(**ASKS | changes) as stream:
            return await stream.get_final_message()


Connect = Callable[..., Awaitable[Line]]


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    """A server made of these arguments, and a client that does not try again."""
    async with AsyncExitStack() as stack:

        async def connected(*args: Any, **options: Any) -> Line:
            server = await stack.enter_async_context(Server(*args, **options))
            http = anthropic.DefaultAsyncHttpxClient(verify=False)  # nothing is encrypted; certificates take time
            client = anthropic.AsyncAnthropic(api_key="any", base_url=server.url, max_retries=0, http_client=http)
            return Line(server, await stack.enter_async_context(client))

        yield connected


@pytest.fixture
async def line(connect: Connect) -> Line:
    """A server as it comes."""
    return await connect()


@pytest.fixture
async def place() -> AsyncIterator[Library]:
    """A Discord as it comes, with a bot that is ready."""
    async with library() as there:
        yield there


@pytest.fixture
async def here() -> AsyncIterator[Here]:
    """A Discord, and its bot that leaves its interactions to the test."""
    async with answering() as there:
        yield there


@pytest.fixture
async def shelf() -> AsyncIterator[SlackLibrary]:
    """A Slack as it comes, with the app installed and nothing connected."""
    async with slack_library() as there:
        yield there

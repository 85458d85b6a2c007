"""What Fairwell is compared with: bots that are nothing but the platform's library and the models' SDK.

They ask the model whatever comes and remember nothing; only EXPLICIT they answer by themselves.
"""

import asyncio
import os
import time
from collections.abc import Mapping
from typing import Any, Protocol

import anthropic
import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.context.say.async_say import AsyncSay
from slack_sdk.web.async_client import AsyncWebClient

INTENTS = 46_593  # as Fairwell asks for
EXPLICIT, ECHO = "I want to kill myself", "You are not alone."


class Bare(Protocol):
    """A bot. heard: how many messages; at: when the latest, in seconds of time.monotonic()."""

    heard: int
    at: float

    async def serve(self) -> None:
        """Answer, until this is cancelled."""
        ...


class Bolt:
    """Answers whatever anybody writes on Slack to it: in direct messages, by its name, and in threads."""

    heard, at = 0, 0.0

    async def serve(self) -> None:
        """Answer, until this is cancelled."""
        client = AsyncWebClient(token=os.environ["SLACK_BOT_TOKEN"], base_url=os.environ["SLACK_API_BASE"])
        app = AsyncApp(client=client)
        app.event("app_mention")(self._mentioned)
        app.event("message")(self._told)
        self._model = anthropic.AsyncAnthropic(api_key="none")
        await AsyncSocketModeHandler(app, os.environ["SLACK_APP_TOKEN"]).connect_async()  # type: ignore[no-untyped-call]
        await asyncio.Event().wait()  # Bolt's own way to wait prints a greeting

    async def _mentioned(self, event: Mapping[str, Any], say: AsyncSay) -> None:
        self.heard, self.at = self.heard + 1, time.monotonic()
        await say(await answer(self._model, event["text"]), thread_ts=event.get("thread_ts", event["ts"]))

    async def _told(self, event: Mapping[str, Any], say: AsyncSay) -> None:
        if event["channel_type"] == "im" or "thread_ts" in event:
            await self._mentioned(event, say)


class Discord(discord.Client):
    """Answers whatever anybody writes on Discord."""

    heard, at = 0, 0.0

    def __init__(self) -> None:
        super().__init__(intents=discord.Intents(INTENTS), max_messages=None, chunk_guilds_at_startup=False)

    async def serve(self) -> None:
        """Answer, until this is cancelled."""
        Route.BASE = os.environ["DISCORD_API_BASE"]
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(os.environ["DISCORD_GATEWAY_URL"])
        await self.start(os.environ["DISCORD_TOKEN"])

    async def on_message(self, message: discord.Message) -> None:
        """Answer, in a thread if it is not in one."""
        if message.author.bot:
            return
        self.heard, self.at = self.heard + 1, time.monotonic()
        there: discord.abc.Messageable = message.channel
        if isinstance(message.channel, discord.TextChannel):
            there = await message.create_thread(name="a thread")
        await there.send(await answer(self._model, message.content))

    async def setup_hook(self) -> None:
        """Before it is connected."""
        self._model = anthropic.AsyncAnthropic(api_key="none")


async def answer(model: anthropic.AsyncAnthropic, question: str) -> str:
    """What is answered to a message."""
    if question.endswith(EXPLICIT):
        return ECHO
    async with model.messages.stream(
        model=os.environ["BENCH_MODEL"], max_tokens=1_500, messages=[{"role": "user", "content": question}]
    ) as stream:
        return await stream.get_final_text()

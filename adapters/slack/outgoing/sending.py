"""Requests to Slack: each within its time, tried again where that can do no harm, and no more than Slack likes."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

import aiohttp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.installs.authorizing import EXPIRED, GONE, Absent
from adapters.slack.outgoing.clients import WITHIN, refusal, wait
from adapters.slack.outgoing.pacing import Gate, Sleep, Timer
from bot.errors import PlatformError, StoreError

T = TypeVar("T")

PAUSES = (0.5, 2.0)  # seconds before the second and the third try
PATIENCE = 60.0  # seconds that a request waits for Slack to want it, where it has had too many
AFTER = 1.0  # seconds until the next request, where it has had too many and does not say

# Methods by which something new is there each time: only whoever asks knows how to find out whether it is.
ONCE = frozenset({"chat.postMessage", "chat.postEphemeral", "chat.startStream", "chat.appendStream"})

NOT_INSTALLED = "not_installed"  # our own word
THREAD_GONE, MESSAGE_GONE = "thread_not_found", "message_not_found"  # Slack's words
LIMITED = {"ratelimited", "rate_limited"}
UNCERTAIN = {"internal_error", "fatal_error", "service_unavailable"}  # some of it may have been done all the same
LATER = {"request_timeout", "message_limit_exceeded", "accesslimited", "org_login_required", "team_added_to_org"}
NOT_DIRECT = {"cannot_dm_bot", "user_not_found", "user_not_visible", "user_disabled", "messages_tab_disabled"}
WHY = {
    NOT_INSTALLED: "the app is not in that workspace",
    THREAD_GONE: "the thread is gone",
    MESSAGE_GONE: "somebody deleted the message",
    "channel_not_found": "the channel is gone, or the bot may not see it",
    "not_in_channel": "the bot is not in that channel",
    "user_not_in_channel": "the member has left that channel",
    "is_archived": "the channel is archived",
    "missing_scope": "the app lacks a scope: install it again",
    "cannot_reply_to_message": "nobody can reply to that message",
    "too_many_reactions": "the message has as many reactions as it can have",
    **dict.fromkeys(NOT_DIRECT, "the member takes no direct messages from the bot"),
}
RESTRICTED = "the workspace does not let the bot do that"  # for codes that begin with "restricted_action"


class Denied(Exception):
    """Slack will not do it, however often it is asked. code: Slack's own word."""

    def __init__(self, code: str) -> None:
        super().__init__(f"Slack's word: {code}")
        self.code = code

    @property
    def why(self) -> str:
        """For moderators and operators: the same each time."""
        usual = RESTRICTED if self.code.startswith("restricted_action") else "Slack refuses it"
        return f"{WHY.get(self.code, usual)} ({self.code})"


class Unanswered(PlatformError):
    """Nobody knows whether it was done."""


class Limited(PlatformError):
    """Slack has had too many of these requests. seconds: until it wants another."""

    def __init__(self, seconds: float) -> None:
        super().__init__("Slack has had too many requests")
        self.seconds = seconds


class Tokens(Protocol):
    """By which token the bot is where (authorizing.Authorizing)."""

    async def client(self, team: str) -> AsyncWebClient:
        """A client for a workspace. Raises Absent; PlatformError, StoreError: not now."""
        ...

    async def identity(self, team: str) -> AuthorizeResult | None:
        """Who the bot is there. None: it is not there. Raises PlatformError, StoreError."""
        ...

    async def refused(self, team: str, token: str, code: str) -> bool:
        """Slack does not take a token. True: there is another by now. Raises PlatformError, StoreError."""
        ...


class Requests:
    """Asks Slack, each request within its time, and tried again where that may help.

    within  seconds for one request
    """

    def __init__(self, tokens: Tokens, sleep: Sleep, timer: Timer, *, within: float = WITHIN) -> None:
        self._tokens = tokens
        self._sleep = sleep
        self._timer = timer
        self._within = within
        self._gates: dict[tuple[str, str], Gate] = {}  # by workspace and method, as Slack counts

    async def ask(
        self,
        team: str,
        request: Callable[[AsyncWebClient], Awaitable[T]],
        *,
        method: str,
        urgent: bool = False,
        patience: float = PATIENCE,
    ) -> T:
        """What comes of a request to a method ("chat.update") in a workspace.

        urgent    it goes ahead of others, where Slack has had too many
        patience  seconds that it waits in that case

        Raises Denied; PlatformError: later it may work. Of these Unanswered, where nobody knows whether it was done.
        """
        gate = self._gates.setdefault((team, method), Gate(self._sleep, self._timer))
        deadline, pauses = self._timer() + patience, iter(() if method in ONCE else PAUSES)
        while True:
            if gate.left and self._timer() + gate.left > deadline:
                raise Limited(gate.left)
            try:
                async with gate.passing(urgent=urgent):
                    answer = await self._once(team, request)
            except Limited as fault:
                gate.shut(fault.seconds)
            except Unanswered:
                if (pause := next(pauses, None)) is None:
                    raise
                await self._sleep(pause)
            else:
                gate.open()
                return answer

    async def me(self, team: str) -> str:
        """The bot's user in a workspace. Raises Denied, PlatformError."""
        try:
            identity = await self._tokens.identity(team)
        except StoreError as fault:
            raise PlatformError("who the bot is cannot be read") from fault
        if identity is None:
            raise Denied(NOT_INSTALLED)
        return identity.bot_user_id or ""

    async def _once(self, team: str, request: Callable[[AsyncWebClient], Awaitable[T]]) -> T:
        """Once; and once more if there is another token by now."""
        try:
            client = await self._tokens.client(team)
            try:
                return await self._sent(client, request)
            except Refused as fault:
                if not await self._tokens.refused(team, client.token or "", fault.code):
                    raise
            return await self._sent(await self._tokens.client(team), request)
        except Absent as fault:
            raise Denied(NOT_INSTALLED) from fault
        except StoreError as fault:
            raise PlatformError("the token cannot be read") from fault

    async def _sent(self, client: AsyncWebClient, request: Callable[[AsyncWebClient], Awaitable[T]]) -> T:
        try:
            async with asyncio.timeout(self._within):
                return await request(client)
        except SlackApiError as fault:
            raise _meaning(fault) from fault
        # RuntimeError: the connections were given back meanwhile
        except (aiohttp.ClientError, OSError, TimeoutError, RuntimeError) as fault:
            raise Unanswered(f"Slack did not answer: {type(fault).__name__}") from fault


class Refused(PlatformError):
    """Slack does not take the token. code: its word."""

    def __init__(self, code: str) -> None:
        super().__init__(f"Slack does not take the token: {code}")
        self.code = code


def _meaning(fault: SlackApiError) -> Exception:
    """What Slack means by not doing it."""
    code = refusal(fault)
    if getattr(fault.response, "status_code", 0) == 429 or code in LIMITED:
        return Limited(max(wait(fault), AFTER))
    if not code or code in UNCERTAIN:
        return Unanswered(f"Slack is out of order: {code or 'no word'}")
    if code in {*GONE, EXPIRED}:
        return Refused(code)
    return PlatformError(f"Slack asks to come again: {code}") if code in LATER else Denied(code)

"""Tokens that end after twelve hours, renewed ahead of that, with no event needed.

A refresh token is good once. Slack has used it up before its answer, with the new ones, is here: what happens between
cannot be undone. So this order:
1. It is written down that a renewal has begun.
2. Slack is asked.
3. The new tokens are written down, the mark with them gone.
4. Only now they are used.
Told to stop, the bot waits for that. Killed before 2, or with no answer: the next try renews. Killed between 2 and 3,
the new tokens are lost, and Slack refuses the old one: then it is told in the log, once, that the app has to be
installed there anew. The mark is how this is told from an app that was taken out, whose refresh token Slack refuses as
well: nothing is erased for it. If they cannot be written down, they wait in memory for the next try, and nobody uses
them until then.
"""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from weakref import WeakValueDictionary

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.oauth.installation_store import Bot
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from adapters.slack.environment import OAuth
from adapters.slack.installs.installations import Installations, team
from adapters.slack.outgoing.clients import Clients, refusal, wait
from bot.errors import PlatformError
from bot.ports import Clock

log = logging.getLogger(__name__)

AHEAD = 7_200.0  # seconds before its end that a token is renewed
AGAIN = 30.0  # seconds after a renewal that failed
ENDS_WITHIN = 5.0  # seconds that Slack has for its answer when the bot is told to stop
FINAL = {"invalid_refresh_token", "invalid_grant"}

RENEWAL = "renewal"  # what became of the last one, kept with the tokens
BEGUN, LOST = "begun", "lost"

Home = tuple[str, str]  # the organisation and the workspace that it is installed in


class Renewing:
    """Renews tokens: of each installation once, however many ask for it."""

    def __init__(self, oauth: OAuth, clients: Clients, installations: Installations, clock: Clock) -> None:
        self._oauth = oauth
        self._clients = clients
        self._installations = installations
        self._clock = clock
        self._alone: WeakValueDictionary[Home, asyncio.Lock] = WeakValueDictionary()
        self._unkept: dict[Home, tuple[str, Bot]] = {}  # new tokens that could not be written down, by the old one
        self._not_before: dict[Home, float] = {}
        self._under_way: set[asyncio.Task[Bot | None]] = set()

    def left(self, bot: Bot) -> float:
        """How many seconds its token lasts."""
        if bot.bot_token_expires_at is None:
            return float("inf")
        return bot.bot_token_expires_at - self._clock().timestamp()

    def is_lost(self, bot: Bot) -> bool:
        """Whether new tokens of it were lost: it cannot be renewed until the app is installed there anew."""
        return bool(bot.custom_values.get(RENEWAL) == LOST)

    async def renewed(self, bot: Bot, ahead: float = AHEAD) -> Bot | None:
        """What is installed where this one is, renewed if its token lasts no longer than `ahead` seconds.

        None: nothing is, any more. What cannot be renewed comes back as it is. Raises PlatformError, StoreError: not
        now.

        Whoever does not wait for it any more breaks nothing off.
        """
        renewal = asyncio.create_task(self._renewed(bot, ahead))
        self._under_way.add(renewal)
        renewal.add_done_callback(self._over)
        return await asyncio.shield(renewal)

    async def settled(self) -> None:
        """Return when nothing is under way any more, or cannot be waited for."""
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=ENDS_WITHIN)

    def _over(self, renewal: "asyncio.Task[Bot | None]") -> None:
        self._under_way.discard(renewal)
        if not renewal.cancelled():
            renewal.exception()  # nobody may be there any more to hear of it

    async def _renewed(self, bot: Bot, ahead: float) -> Bot | None:
        home = (bot.enterprise_id or "", team(bot))
        async with self._alone.setdefault(home, asyncio.Lock()):
            found = await self._installations.find(home[1], home[0])
            if found is None:
                return None
            current, at = found
            was, fresh = self._unkept.get(home, ("", None))
            if fresh is None or was != current.bot_token:
                if self.left(current) > ahead or not current.bot_refresh_token or self.is_lost(current):
                    return current
                with self._not_too_often(home):
                    await self._installations.keep(_marked(current, BEGUN), at)
                    try:
                        fresh = self._with(current, await self._ask(current))
                    except Refused:
                        return await self._refused(current, home)
                self._unkept[home] = current.bot_token, fresh
            await self._installations.keep(fresh, at)
            del self._unkept[home]
            return fresh

    async def _ask(self, bot: Bot) -> AsyncSlackResponse:
        """Slack's answer with new tokens. Raises Refused, PlatformError."""
        try:
            return await self._clients.made().oauth_v2_access(
                client_id=self._oauth.client,
                client_secret=self._oauth.secret,
                grant_type="refresh_token",
                refresh_token=bot.bot_refresh_token,
            )
        except SlackApiError as fault:
            if refusal(fault) in FINAL:
                raise Refused from fault
            later = f"a token could not be renewed: {refusal(fault) or 'Slack is out of order'}"
            raise Later(later, wait(fault)) from fault
        except (aiohttp.ClientError, OSError, TimeoutError) as fault:
            raise PlatformError(f"a token could not be renewed: {type(fault).__name__}") from fault

    async def _refused(self, bot: Bot, home: Home) -> Bot | None:
        """Its refresh token is good no more: it was used and its answer lost, or else the app was taken out."""
        where, found = home[1] or home[0], await self._installations.find(home[1], home[0])
        if found is None or found[0].bot_token != bot.bot_token:
            return found[0] if found else None  # it was taken out, or installed anew, meanwhile
        if bot.custom_values.get(RENEWAL) != BEGUN:
            if await self._installations.remove(home[1], home[0], self._clock()):
                log.warning("%s: its tokens cannot be renewed, so the app was taken out", where)
            return None
        log.error("%s: its new tokens were lost on the way, so the app has to be installed there anew", where)
        lost = _marked(bot, LOST)
        await self._installations.keep(lost, found[1])
        return lost

    def _with(self, bot: Bot, answer: AsyncSlackResponse) -> Bot:
        """The same with what Slack has answered."""
        fresh = _marked(bot, "")
        fresh.bot_token = str(answer["access_token"])
        fresh.bot_refresh_token = str(answer["refresh_token"])
        fresh.bot_token_expires_at = int(self._clock().timestamp()) + int(answer["expires_in"])
        return fresh

    @contextmanager
    def _not_too_often(self, home: Home) -> Iterator[None]:
        """Raises PlatformError if the last try has failed just now."""
        now = self._clock().timestamp()
        if self._not_before.get(home, now) > now:
            raise PlatformError("a token could not be renewed, a moment ago")
        try:
            yield
        except PlatformError as fault:
            self._not_before[home] = now + max(AGAIN, fault.seconds if isinstance(fault, Later) else 0.0)
            raise
        self._not_before.pop(home, None)


class Refused(Exception):
    """Slack takes a refresh token no more."""


class Later(PlatformError):
    """Slack says in how many seconds to ask again."""

    def __init__(self, why: str, seconds: float) -> None:
        super().__init__(why)
        self.seconds = seconds


def _marked(bot: Bot, mark: str) -> Bot:
    """A copy, with what became of its renewal; "": nothing to tell."""
    copy = Bot(**bot.to_dict_for_copying())
    copy.custom_values = {RENEWAL: mark} if mark else {}
    return copy

"""Requests that are not made: each would be one more that Discord refuses.

Who has 10,000 requests refused in ten minutes (401, 403, 429) is shut out with their whole address. So what was refused
for want of a permission is not asked again until a permission changes, or for a while; a token that is not taken any
more is the end; and while what stands before Discord turns the bot away, nothing is asked at all.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
import discord
from discord.http import Route

from adapters.discord.outgoing.sending import LIMITED, MISSING_ACCESS, MISSING_PERMISSIONS, NO_TOKEN, Sleep

log = logging.getLogger(__name__)

LIMITED_FOR = 30.0  # seconds that a request may wait for its turn; the shortest that the library takes
REFUSED_FOR = 300.0  # seconds for which a refusal is taken to hold, if no permission is seen to change
SHUT_OUT_FOR = 60.0  # seconds for which nothing is asked where Discord does not say how long; it says 3,600 at most
LONGEST = 3_600.0
REMEMBERED = 10_000  # refusals
ME = "/users/@me"
NETWORK = 40333  # Discord's code for a request that its network did not let through

Ask = Callable[..., Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class _Refusal:
    fault: discord.HTTPException
    guild: int | None  # None: nobody knows whose channel it is
    until: float


class Restraint:
    """Stands between the library and Discord's REST, for every client of the adapter.

    now  seconds, of a clock that never goes back

    turned_away  the token is not taken any more
    """

    def __init__(self, sleep: Sleep, now: Callable[[], float]) -> None:
        self.turned_away = asyncio.Event()
        self._sleep = sleep
        self._now = now
        self._refused: dict[tuple[str, str], _Refusal] = {}
        self._shut_until = 0.0
        self._answered = now()  # when Discord last did what it was asked, or said why not
        self._fails: float | None = None  # since when it has not
        self._doubting = False
        self._lifting: set[asyncio.Task[None]] = set()

    def hold(self, client: discord.Client) -> None:
        """Let all requests of a client pass by here."""
        ask = client.http.request

        async def asked(route: Route, **options: Any) -> Any:
            return await self._ask(client, ask, route, options)

        client.http.request = asked  # type: ignore[method-assign]  # the library has no place to say so

    def permissions_changed(self, guild: int | None) -> None:
        """What was refused in a guild may be asked again."""
        gone = [each for each, refusal in self._refused.items() if refusal.guild in {guild, None}]
        for each in gone:
            del self._refused[each]

    @property
    def fails(self) -> float:
        """Seconds for which no request was answered as it should be; 0: the latest was."""
        return 0.0 if self._fails is None else self._now() - self._fails

    @property
    def silence(self) -> float:
        """Seconds since Discord answered last."""
        return self._now() - self._answered

    def failed(self) -> None:
        """Discord did not answer."""
        if self._fails is None:
            self._fails = self._now()

    async def _ask(self, client: discord.Client, ask: Ask, route: Route, options: dict[str, Any]) -> Any:
        key, now = (route.key, route.major_parameters), self._now()
        if self.turned_away.is_set():
            raise discord.LoginFailure("the token is not taken any more")
        if now < self._shut_until:
            raise discord.RateLimited(self._shut_until - now)
        if (refusal := self._refused.get(key)) and now < refusal.until:
            raise refusal.fault.with_traceback(None)
        try:
            answer = await ask(route, **options)
        except asyncio.CancelledError:
            self._lift(client)
            raise
        except discord.HTTPException as fault:
            if _from_before(fault):
                raise self._shut_out(fault) from fault
            if fault.status >= 500:
                self.failed()
            elif fault.status == NO_TOKEN and route.path != ME:
                await self._doubt(ask)
            else:
                self._well()
            if fault.code == MISSING_ACCESS or (fault.code == MISSING_PERMISSIONS and _plain(route, options)):
                self._remember(key, fault, client, route)
            raise
        except (aiohttp.ClientError, OSError):
            self.failed()
            raise
        self._well()
        return answer

    def _well(self) -> None:
        self._fails, self._answered = None, self._now()

    def _shut_out(self, fault: discord.HTTPException) -> discord.RateLimited:
        """Discord is not reached: ask nothing for a while."""
        said = fault.response.headers.get("Retry-After", "")
        wait = min(float(said), LONGEST) if said.isdecimal() else SHUT_OUT_FOR
        log.error(
            "Discord's protection turns the bot away (status %s): nothing is asked for %.0f s", fault.status, wait
        )
        self._shut_until = self._now() + wait
        self.failed()
        return discord.RateLimited(wait)

    async def _doubt(self, ask: Ask) -> None:
        """A request was refused for its token: is that so everywhere?"""
        if self._doubting:
            return
        self._doubting = True
        try:
            await ask(Route("GET", ME))
        except discord.HTTPException as fault:
            if fault.status == NO_TOKEN:
                self.turned_away.set()
        finally:
            self._doubting = False

    def _remember(
        self, key: tuple[str, str], fault: discord.HTTPException, client: discord.Client, route: Route
    ) -> None:
        """For a channel: of one message, or of one interaction, it would hold no longer than that."""
        if route.channel_id is None:
            return
        channel = client.get_channel(int(route.channel_id))
        guild = getattr(getattr(channel, "guild", None), "id", None)
        if len(self._refused) >= REMEMBERED:
            self._refused.clear()
        self._refused[key] = _Refusal(fault, guild, self._now() + REFUSED_FOR)

    def _lift(self, client: discord.Client) -> None:
        """A request was given up while it kept all others waiting, for a limit that holds for all: let them go on.

        The library lifts that limit in the request that met it, and nowhere else.
        """
        over = client.http._global_over
        if not over.is_set():
            lifting = asyncio.create_task(self._lift_later(over))
            self._lifting.add(lifting)
            lifting.add_done_callback(self._lifting.discard)

    async def _lift_later(self, over: asyncio.Event) -> None:
        await self._sleep(LIMITED_FOR)
        over.set()


def _plain(route: Route, options: dict[str, Any]) -> bool:
    """Whether a permission is wanted for what is done at all, and not for a file, or for one change of several."""
    return route.method in {"GET", "POST", "PUT"} and not options.get("files")


def _from_before(fault: discord.HTTPException) -> bool:
    """Whether it is what stands before Discord that answers: it has no JSON, or a limit without its name."""
    if fault.status == LIMITED:
        return not fault.response.headers.get("Via") or fault.response.content_type != "application/json"
    return fault.status == 403 and (fault.response.content_type != "application/json" or fault.code == NETWORK)

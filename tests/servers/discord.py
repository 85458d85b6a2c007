"""Discord on a local socket: gateway v10 and REST v10, with Discord's rules, for the real discord.py.

    async with Server() as server, pointed(server):
        guild = server.guild("The Library")
        general = server.channel(guild, "general")
        robin = server.member(guild, "robin")
        client = discord.Client(intents=...)
        asyncio.create_task(client.start(server.token))
        await server.until(lambda: server.gateway.connected)
        question = await server.says(robin, general, "Good evening.")
        await server.until(lambda: len(general.messages) > 1)

Nothing in a test has to sleep: it waits by `until`, and faults wait for events. What nobody may do is Refused: the bot
by an error of REST, people by the exception in the test. The rules: discord/discord-api-docs, and what was measured
with the real client (discord.py 2.7.1).

Where to look: `discord_control` and `discord_asking` what people do; `discord_gateway` what sessions are told, and how
that goes wrong; `discord_rest` requests, `discord_faults` and `discord_limits` how they go wrong; `discord_record` what
is found afterwards; `discord_state`, `discord_world` and `discord_permissions` what there is; `discord_acts`,
`discord_reactions`, `discord_threads` and `discord_interactions` what follows from what is done; `discord_drafts` and
`discord_commands` what messages and commands must be like; `discord_shapes` how things look on the wire.
"""

import contextlib
import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from types import TracebackType

import yarl
from aiohttp import web
from discord.gateway import DiscordWebSocket
from discord.http import Route

from tests.servers import discord_commands, discord_directory, discord_interactions, discord_routes
from tests.servers.discord_asking import Asking
from tests.servers.discord_control import Control
from tests.servers.discord_drafts import Upload
from tests.servers.discord_faults import Drops, Fails, Fault, Hangs, Limits, Waits
from tests.servers.discord_gateway import Gateway
from tests.servers.discord_permissions import BOT, EVERYBODY, Permission
from tests.servers.discord_record import Asked, Bell
from tests.servers.discord_refusals import Refused
from tests.servers.discord_rest import ROOT, Rest
from tests.servers.discord_socket import connect
from tests.servers.discord_state import (
    Channel,
    Guild,
    Intent,
    Interaction,
    Kind,
    Member,
    Message,
    Now,
    Overwrite,
    Role,
    Thread,
    User,
)
from tests.servers.discord_world import World

__all__ = [
    "BOT", "EVERYBODY", "Asked", "Channel", "Drops", "Fails", "Guild", "Hangs", "Intent", "Interaction", "Kind",
    "Limits", "Member", "Message", "Overwrite", "Permission", "Refused", "Role", "Server", "Thread", "Upload", "User",
    "Waits", "pointed", "pointing",
]  # fmt: skip

ROUTES = discord_routes.ROUTES | discord_directory.ROUTES | discord_commands.ROUTES | discord_interactions.ROUTES
MOST = 100 * 1024 * 1024  # bytes of a request


class Server(Control, Asking):
    """A Discord of its own.

    now           tells the time for ids, nonces, deadlines, limits and links; it may be moved by a test
    nonce_window  how long an enforced nonce is remembered

    token    what the bot has to identify itself with
    world    everything there is; gateway: its sessions; rest: its requests, faults and limits
    """

    def __init__(
        self,
        now: Now = lambda: datetime.now(UTC),
        *,
        nonce_window: timedelta = timedelta(minutes=2),
    ) -> None:
        self.token = secrets.token_hex()
        self.bell = Bell()
        self.world = World(now, nonce_window=nonce_window)
        self.gateway = Gateway(self.world, self.token, self.bell)
        self.rest = Rest(self.world, self.gateway, self.token, self.bell)
        super().__init__(self.world, self.gateway)

    @property
    def url(self) -> str:
        """Where its REST is."""
        return self.world.url + ROOT

    @property
    def bot(self) -> User:
        """The bot."""
        return self.world.bot

    @property
    def asked(self) -> list[Asked]:
        """Every request, in the order they arrived."""
        return self.rest.asked

    def requests(self, route: str) -> list[Asked]:
        """The requests to a route: "POST /channels/*/messages"."""
        return self.rest.to(route)

    @property
    def refused(self) -> list[tuple[Asked, Refused]]:
        """The rules the bot broke, and by which request."""
        return self.rest.refused

    def fault(self, route: str, *faults: Fault, times: int = 1) -> None:
        """Let the next requests to a route ("POST /channels/*/messages") meet these faults, one each."""
        self.rest.faults.add(route, *faults, times=times)

    async def until(self, condition: Callable[[], object], seconds: float = 60.0) -> None:
        """Wait until something that this server knows of is so. TimeoutError: it never was."""
        await self.bell.until(condition, seconds)

    async def __aenter__(self) -> "Server":
        """Listen."""
        app = web.Application(client_max_size=MOST)
        app.router.add_get("/gateway/", partial(connect, self.gateway))
        app.router.add_get("/attachments/{channel}/{file}/{name}", self.rest.file)
        self.rest.serve(app, ROUTES)
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        self.world.url, self.gateway.url = f"http://{host}:{port}", f"ws://{host}:{port}/gateway/"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Hang up on everybody, and listen no more. A request nobody here understood is a mistake: AssertionError."""
        self.rest.close()
        await self.gateway.close(1001)
        await self._runner.cleanup()
        if not error:
            assert not self.rest.mistakes, self.rest.mistakes


@contextlib.contextmanager
def pointing(rest: str, gateway: str) -> Iterator[None]:
    """Let every client that starts in here talk to these addresses, as `Server.url` and `Server.gateway.url` say them.

    discord.py 2.7 knows its two addresses as class attributes and has no other place to say them (a proxy would have
    to break TLS open): `Route.BASE` for REST, read for each request, and `DiscordWebSocket.DEFAULT_GATEWAY`, read at
    each new session.
    """
    before = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = rest, yarl.URL(gateway)
    try:
        yield
    finally:
        Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = before


def pointed(server: Server) -> contextlib.AbstractContextManager[None]:
    """Let every client that starts in here talk to this server."""
    return pointing(server.url, server.gateway.url)

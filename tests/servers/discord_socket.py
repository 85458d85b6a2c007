"""One client's connection to the gateway."""

import asyncio
import contextlib
import json
import time
from collections import deque

from aiohttp import WSMsgType, web

from tests.servers import discord_shapes as shapes
from tests.servers.discord_gateway import Gateway
from tests.servers.discord_record import Frame
from tests.servers.discord_session import Op, Session
from tests.servers.discord_state import PRIVILEGED, Guild, Intent, Json, User

KNOWN_INTENTS = (1 << 26) - 1
MOST_SENT, PER = 120, 60  # frames a client may send, in so many seconds
FORGETTING = {1000, 1001}  # closed like this by the client, a session cannot be resumed


async def connect(gateway: Gateway, request: web.Request) -> web.StreamResponse:
    """A client connects."""
    if gateway.down:
        return web.Response(status=503)
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    line = Line(gateway, socket, request.transport)
    try:
        with contextlib.suppress(ConnectionError):  # the client has gone
            await line.listen()
    finally:
        line.hang_up()
    return socket


class Line:
    """A client on a socket, from its first word to its last."""

    def __init__(self, gateway: Gateway, socket: web.WebSocketResponse, transport: asyncio.Transport | None) -> None:
        self._gateway, self._socket, self._transport = gateway, socket, transport
        self._session: Session | None = None
        self._writer: asyncio.Task[None] | None = None
        self._sent: deque[float] = deque(maxlen=MOST_SENT)
        self._shut = False  # from this side

    async def listen(self) -> None:
        """Greet, and hear everything there is to hear."""
        await self._say(Op.HELLO, {"heartbeat_interval": self._gateway.beats})
        async for message in self._socket:
            code = await self._hear(message.data) if message.type is WSMsgType.TEXT else 4002
            self._gateway.bell.ring()
            if code is not None:
                self._gateway.closed.append(code)
                await self.close(code)
                return

    def hang_up(self) -> None:
        """Leave the session to be resumed, unless the client is done with it."""
        if self._writer:
            self._writer.cancel()
        session, sessions = self._session, self._gateway.sessions
        if session is not None and session.line is self:
            session.line = None
        if session in sessions and not self._shut and self._socket.close_code in FORGETTING:
            sessions.remove(session)
        self._gateway.bell.ring()

    async def close(self, code: int) -> None:
        """Close it from this side."""
        self._shut = True
        await self._socket.close(code=code)

    def abort(self) -> None:
        """Cut it."""
        if self._transport:
            self._transport.abort()

    async def _say(self, op: int, payload: object) -> None:
        await self._socket.send_str(json.dumps({"op": op, "s": None, "t": None, "d": payload}))

    async def _hear(self, text: str) -> int | None:
        """What a frame leads to: nothing, or a code to close with."""
        frame = json.loads(text)
        op, asked = frame["op"], frame.get("d")
        name = self._session.id if self._session else ""
        self._gateway.heard.append(Frame(session=name, op=op, payload=asked))
        if len(self._sent) == MOST_SENT and time.monotonic() - self._sent[0] < PER:
            return 4008
        self._sent.append(time.monotonic())
        if op == Op.BEAT:
            await self._beat(asked)
            return None
        if op in {Op.IDENTIFY, Op.RESUME}:
            return 4005 if self._session else await self._start(op, asked)
        if self._session is None:
            return 4003
        if op == Op.MEMBERS:
            self._members(self._session, asked)
            return None
        return None if op in {Op.PRESENCE, Op.VOICE} else 4001

    async def _beat(self, number: int | None) -> None:
        if self._session is not None and number is not None:
            self._session.read = max(self._session.read, number)
        if not self._gateway.frozen:
            await self._say(Op.ACK, None)

    async def _start(self, op: int, asked: Json) -> int | None:
        if asked.get("token") != self._gateway.token:
            return 4004
        return self._identify(asked) if op == Op.IDENTIFY else await self._resume(asked)

    def _identify(self, asked: Json) -> int | None:
        gateway = self._gateway
        intents, shard = int(asked.get("intents", -1)), asked.get("shard") or [0, 1]
        if gateway.turned_away:
            return gateway.turned_away.popleft()
        if not 0 <= intents <= KNOWN_INTENTS:
            return 4013
        if intents & PRIVILEGED & ~gateway.world.application.allowed:
            return 4014
        if not 0 <= shard[0] < shard[1]:
            return 4010
        gateway.starts -= 1
        session = Session(id=f"session-{1_000 - gateway.starts}", intents=Intent(intents), shard=(shard[0], shard[1]))
        gateway.sessions.append(session)
        self._take(session)
        self._welcome(session)
        return None

    def _take(self, session: Session) -> None:
        self._session, session.line, session.outbox = session, self, asyncio.Queue()
        self._writer = asyncio.create_task(self._write(session))

    async def _write(self, session: Session) -> None:
        with contextlib.suppress(ConnectionError):  # what it did not get is in the session's log
            await self._write_all(session)

    async def _write_all(self, session: Session) -> None:
        while True:
            due, frame = await session.outbox.get()
            if (early := due - time.monotonic()) > 0:
                await asyncio.sleep(early)
            if self._gateway.frozen:
                continue
            await self._socket.send_str(json.dumps(frame))
            op, name, number, payload = frame["op"], frame.get("t"), frame.get("s"), frame["d"]
            told = Frame(session=session.id, op=op, name=name, number=number, payload=payload)
            self._gateway.told.append(told)
            self._gateway.bell.ring()

    def _welcome(self, session: Session) -> None:
        world = self._gateway.world
        guilds = [guild for guild in world.guilds.values() if session.has(guild.id) and world.bot.id in guild.members]
        ready = {
            "v": 10,
            "user": shapes.user(world.bot),
            "guilds": [{"id": str(guild.id), "unavailable": True} for guild in guilds],
            "session_id": session.id,
            "resume_gateway_url": self._gateway.url,
            "shard": list(session.shard),
            "application": {"id": str(world.application.id), "flags": world.application.flags},
        }
        self._gateway.send(session, "READY", ready)
        for guild in guilds:
            if guild.available and session.intents & Intent.GUILDS:
                everybody = bool(session.intents & Intent.MEMBERS)
                self._gateway.send(session, "GUILD_CREATE", shapes.guild(world, guild, everybody=everybody))

    async def _resume(self, asked: Json) -> int | None:
        gateway, since = self._gateway, asked.get("seq") or 0
        session = next((one for one in gateway.sessions if one.id == asked.get("session_id")), None)
        if session is None:
            await self._say(Op.INVALID, False)
            return None
        if not 0 <= since <= session.number:
            return 4007
        self._take(session)
        session.resumed += 1
        for number, name, payload in session.log:
            if number > since:
                gateway.put(session, {"op": Op.DISPATCH, "s": number, "t": name, "d": payload})
        gateway.send(session, "RESUMED", {})
        return None

    def _members(self, session: Session, asked: Json) -> None:
        guild = self._gateway.world.guilds[int(asked["guild_id"])]
        chunk = {"guild_id": str(guild.id), "members": _found(guild, asked), "chunk_index": 0, "chunk_count": 1}
        self._gateway.send(session, "GUILD_MEMBERS_CHUNK", chunk | {"not_found": [], "nonce": asked.get("nonce")})


def _found(guild: Guild, asked: Json) -> list[Json]:
    ids = {int(number) for number in asked.get("user_ids") or []}
    begin = (asked.get("query") or "").casefold()

    def wanted(user: User) -> bool:
        return user.id in ids if ids else user.name.casefold().startswith(begin)

    return [shapes.member(member) for member in guild.members.values() if wanted(member.user)]

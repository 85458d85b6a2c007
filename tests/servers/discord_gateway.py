"""The gateway, v10: sessions, what they are told, and how that goes wrong on demand. Docs: events/gateway."""

import time
from collections import deque
from collections.abc import Iterable
from typing import Literal

from tests.servers.discord_record import Bell, Frame
from tests.servers.discord_session import Op, Session
from tests.servers.discord_state import Intent, Json, Told
from tests.servers.discord_world import World

PATIENCE = 1.0  # seconds a client has to show that it has read what it was told

Spoilt = Literal["twice", "lost", "unreadable"]


class Gateway:
    """Tells sessions what happens.

    beats    milliseconds between a client's heartbeats
    latency  seconds an event takes to leave
    down     nobody can connect
    frozen   connections stay open, but nothing is told and no heartbeat acknowledged
    starts   how many sessions may still be started today
    """

    def __init__(self, world: World, token: str, bell: Bell) -> None:
        self.world, self.token, self.bell = world, token, bell
        self.url = ""
        self.beats, self.latency = 41_250, 0.0
        self.down = self.frozen = False
        self.shards, self.starts = 1, 1_000
        self.sessions: list[Session] = []
        self.told: list[Frame] = []
        self.heard: list[Frame] = []
        self.closed: list[int] = []  # codes sessions were closed with by this side
        self.turned_away: deque[int] = deque()  # codes to close the next attempts to identify with
        self._spoils: dict[str, deque[Spoilt]] = {}
        self._held: list[Told] | None = None

    @property
    def connected(self) -> list[Session]:
        """The sessions that are on a socket."""
        return [session for session in self.sessions if session.line is not None]

    # what is told

    def tell(self, events: Iterable[Told]) -> None:
        """Tell the sessions it concerns."""
        for told in events:
            if self._held is not None:
                self._held.append(told)
                continue
            spoils = self._spoils.get(told.name)
            spoilt = spoils.popleft() if spoils else None
            for _ in range({"twice": 2, "lost": 0}.get(spoilt or "", 1)):
                self._tell(told, unreadable=spoilt == "unreadable")
        self.bell.ring()

    def _tell(self, told: Told, *, unreadable: bool) -> None:
        for session in self.sessions:
            if not session.hears(told):
                continue
            blank = told.blank is not None and not session.intents & Intent.CONTENT
            payload = told.blank if blank else told.payload
            self.send(session, told.name, {} if unreadable else payload or {})

    def send(self, session: Session, name: str, payload: Json) -> None:
        """An event for one session, connected or not."""
        session.number += 1
        session.log.append((session.number, name, payload))
        self.put(session, {"op": Op.DISPATCH, "s": session.number, "t": name, "d": payload})

    def put(self, session: Session, frame: Json) -> None:
        if session.line is not None:
            session.outbox.put_nowait((time.monotonic() + self.latency, frame))

    def hold(self) -> None:
        """Keep back what there is to tell."""
        self._held = []

    def release(self, *, backwards: bool = False) -> None:
        """Tell what was kept back, the last first if asked for."""
        held, self._held = self._held or [], None
        self.tell(reversed(held) if backwards else held)

    def spoil(self, name: str, how: Spoilt, times: int = 1) -> None:
        """Let the next events of a name arrive twice, never, or with nothing a client can read in them."""
        self._spoils.setdefault(name, deque()).extend([how] * times)

    async def read(self) -> None:
        """Wait until the clients have read all they were told so far; give up after a second."""
        sessions = [(session, session.number) for session in self.connected]
        for session, _ in sessions:
            self.put(session, {"op": Op.BEAT, "d": None})
        try:
            await self.bell.until(
                lambda: all(one.read >= number or one.line is None for one, number in sessions), PATIENCE
            )
        except TimeoutError:
            return

    # how it is cut off

    async def close(self, code: int) -> None:
        """Close every connection with this code. The sessions stay, unless the code says otherwise."""
        for session in self.connected:
            await self._close(session, code)

    async def _close(self, session: Session, code: int) -> None:
        line, session.line = session.line, None
        self.closed.append(code)
        if code in {4007, 4009}:
            self.sessions.remove(session)
        if line is not None:
            await line.close(code)

    def abort(self) -> None:
        """Cut every connection, without a word."""
        for session in self.connected:
            line, session.line = session.line, None
            if line is not None:
                line.abort()

    def reconnect(self) -> None:
        """Ask every client to connect anew."""
        for session in self.connected:
            self.put(session, {"op": Op.RECONNECT, "d": None})

    def invalidate(self, *, resumable: bool = False) -> None:
        """Tell every client that its session is no good any more."""
        for session in self.connected:
            self.put(session, {"op": Op.INVALID, "d": resumable})
            if not resumable:
                self.sessions.remove(session)

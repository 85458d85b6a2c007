"""A bot's session with the gateway. Docs: topics/opcodes-and-status-codes."""

import asyncio
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Protocol

from tests.servers.discord_state import Intent, Json, Told


class Op(IntEnum):
    """What a frame is."""

    DISPATCH = 0
    BEAT = 1
    IDENTIFY = 2
    PRESENCE = 3
    VOICE = 4
    RESUME = 6
    RECONNECT = 7
    MEMBERS = 8
    INVALID = 9
    HELLO = 10
    ACK = 11


class Line(Protocol):
    """A connection a session is on."""

    async def close(self, code: int) -> None:
        """Close it."""
        ...

    def abort(self) -> None:
        """Cut it, without a word."""
        ...


@dataclass(eq=False, kw_only=True)
class Session:
    """A bot's session, on a socket or between two."""

    id: str
    intents: Intent
    shard: tuple[int, int]
    line: Line | None = None
    number: int = 0  # of the last event
    read: int = 0  # the last event the client has acknowledged by a heartbeat
    log: list[tuple[int, str, Json]] = field(default_factory=list)
    outbox: asyncio.Queue[tuple[float, Json]] = field(default_factory=asyncio.Queue)
    resumed: int = 0  # times

    def hears(self, told: Told) -> bool:
        """Whether an event is for it."""
        return self.has(told.guild) and (told.intent is None or bool(told.intent & self.intents))

    def has(self, guild: int | None) -> bool:
        """Whether a guild is its shard's; what is in no guild is the first one's."""
        mine, of = self.shard
        return ((guild >> 22) % of if guild else 0) == mine

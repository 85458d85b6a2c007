"""How the Web API goes wrong on demand. Of the faults that any server has, see discord_faults."""

import socket
import struct
from collections import deque
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import ClassVar

from aiohttp import web

from tests.servers.discord_faults import Drops, Hangs, Waits

__all__ = ["Breaks", "Drops", "Fails", "Fault", "Faults", "Hangs", "Limits", "Waits", "reset"]


@dataclass(frozen=True, kw_only=True)
class Fails:
    """Slack says no, with this word. stored: the request was carried out all the same."""

    error: str = "internal_error"
    stored: bool = False


@dataclass(frozen=True, kw_only=True)
class Breaks:
    """A page instead of JSON, as from what stands before Slack. stored: the request was carried out all the same."""

    status: int = 503
    stored: bool = False


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Too many requests: come again after so many seconds."""

    after: int = 1
    stored: ClassVar[bool] = False


Fault = Fails | Breaks | Drops | Hangs | Waits | Limits


class Faults:
    """The faults to come, by method: "chat.postMessage", "chat.*"; files are "files/download" and "files/upload"."""

    def __init__(self) -> None:
        self._rules: list[tuple[str, deque[Fault]]] = []

    def add(self, method: str, *faults: Fault, times: int = 1) -> None:
        """Let the next requests to a method meet these faults, one each, the whole row so many times."""
        self._rules.append((method, deque(faults * times)))

    def clear(self) -> None:
        """Let nothing go wrong any more."""
        self._rules.clear()

    def take(self, method: str) -> Fault | None:
        """The fault for a request, if there is one."""
        for wanted, faults in self._rules:
            if faults and fnmatchcase(method, wanted):
                return faults.popleft()
        return None


def reset(request: web.Request) -> None:
    """Cut a connection so that the other side sees it reset."""
    if request.transport is None:
        return
    raw = request.transport.get_extra_info("socket")
    if raw is not None:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    request.transport.abort()

"""How REST goes wrong on demand."""

import asyncio
import re
from collections import deque
from dataclasses import dataclass, field
from typing import ClassVar


@dataclass(frozen=True, kw_only=True)
class Fails:
    """An error. stored: the request was carried out all the same; html: a gateway's page instead of JSON."""

    status: int = 503
    code: int = 0
    text: str = "upstream connect error"
    stored: bool = False
    html: bool = False
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Drops:
    """The connection is reset, before the request is carried out or after."""

    stored: bool = False


@dataclass(frozen=True, kw_only=True)
class Hangs:
    """Nobody ever answers, though the request may have been carried out."""

    stored: bool = False


@dataclass(frozen=True, kw_only=True)
class Waits:
    """It takes so many seconds, or until an event, before the request is carried out (or, stored, is answered)."""

    until: asyncio.Event | float
    stored: bool = False


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Too many requests. via: as from Discord itself; without, as from what stands before it."""

    after: float = 0.05  # seconds
    everywhere: bool = False
    via: bool = True
    stored: ClassVar[bool] = False


Fault = Fails | Drops | Hangs | Waits | Limits


class Faults:
    """The faults to come. A route is "POST /channels/*/messages": a star is one part of a path."""

    def __init__(self) -> None:
        self._rules: list[tuple[re.Pattern[str], deque[Fault]]] = []

    def add(self, route: str, *faults: Fault, times: int = 1) -> None:
        """Let the next requests to a route meet these faults, one each, the whole row so many times."""
        self._rules.append((pattern(route), deque(faults * times)))

    def take(self, what: str) -> Fault | None:
        """The fault for a request, if there is one."""
        for route, faults in self._rules:
            if faults and route.fullmatch(what):
                return faults.popleft()
        return None


def pattern(route: str) -> re.Pattern[str]:
    """A route as a pattern."""
    return re.compile(re.escape(route).replace(r"\*", "[^/]+"))

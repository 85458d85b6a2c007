"""What the tests of the models' side share: a turn that nobody may quote, what the vendor says, and a time of ours."""

import asyncio
import json
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from bot.domain.conversation import Member, Place
from bot.llm.request import REPORT
from bot.ports import Brief, Written
from tests.servers.anthropic import Asked, Call, Fails, Hush, Pings, Reply, Says

KEY = "sk-ant-a-key-that-nobody-may-see"
TEXT = "a text that nobody may quote"
NAME = "Robin Whom Nobody Names"
HALF = "half of an answer"
SECRETS = (KEY, TEXT, NAME, HALF)

FOR_EVER = 1_000.0  # seconds: a setting that never comes into force

PLACE = Place("terminal", "local", "main")
BRIEF = Brief(place=PLACE, member=Member("robin", NAME), text=TEXT, turn=1)

CLEAN: Mapping[str, Any] = {
    "concerns": [],
    "risk": "none",
    "about": "self",
    "risk_sure": True,
    "risk_words": "",
    "asks_to_end": False,
    "plain_answer": "neither",
    "country": None,
    "language": "en",
    "why": "a question",
}
INSULT: Mapping[str, Any] = {"kind": "insult", "severity": "serious", "confidence": 0.9, "words": ""}


@dataclass
class Waits:
    """Sleeps for no time at all, and remembers for how long it should have."""

    seconds: list[float] = field(default_factory=list)

    async def __call__(self, seconds: float) -> None:
        """Sleep."""
        self.seconds.append(seconds)


@dataclass
class Seconds:
    """A clock that moves when it is told to."""

    at: float = 1_000.0

    def __call__(self) -> float:
        """What it shows."""
        return self.at


@dataclass
class Heard:
    """Listens to an answer as it grows."""

    all: list[Written] = field(default_factory=list)

    def __call__(self, written: Written) -> None:
        """It has grown."""
        self.all.append(written)

    @property
    def texts(self) -> list[str]:
        """The text, each time."""
        return [written.text for written in self.all]


def skip(seconds: float) -> None:
    """Let time pass, as the running loop and all its deadlines see it."""
    loop = asyncio.get_running_loop()
    ahead = loop.time() + seconds - time.monotonic()
    loop.time = lambda: time.monotonic() + ahead  # type: ignore[method-assign]


class Passes(asyncio.Event):
    """A step of a reply in which time passes. `after`: once this has come about."""

    def __init__(self, seconds: float, after: asyncio.Event | None = None) -> None:
        super().__init__()
        self._seconds, self._after = seconds, after

    async def wait(self) -> Literal[True]:
        """Let it pass."""
        if self._after:
            await self._after.wait()
        skip(self._seconds)
        return True


class Late(Hush):
    """Nothing more comes, and time flies, a second each millisecond, until the client hangs up."""

    def __init__(self, after: asyncio.Event | None = None) -> None:
        self._after = after

    async def wait(self) -> None:
        """Wait for ever."""
        if self._after:
            await self._after.wait()
        while True:
            skip(1.0)
            await asyncio.sleep(0.001)


class LatePings(Pings):
    """The same, with pings."""

    def __init__(self) -> None:
        """Nothing is set."""

    @property
    def every(self) -> float:
        """Until the next ping; a second has passed since the last."""
        skip(1.0)
        return 0.001


def echo(status: int, **headers: str) -> Fails:
    """An error as careless gateways write it."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Fails(status, f"invalid key {KEY} for request {TEXT!r} of {NAME}, {HALF}", named)


def page(status: int) -> Fails:
    """The page of a gateway in front of the vendor."""
    return Fails(status, html=f"<html>{KEY}: {TEXT} of {NAME}, {HALF}</html>")


def seen(**parts: object) -> Says:
    """A reading, as structured output brings it."""
    return Says(json.dumps({**CLEAN, **parts}))


def reads(asked: Asked) -> Reply:
    """A reading, in the way in which it is asked for."""
    return Says(Call(REPORT, CLEAN)) if "tool_choice" in asked.body else Says(json.dumps(CLEAN))


def does(asked: Asked) -> Reply:
    """What a model says that does as it is asked."""
    shape = {"output_config", "tool_choice"} & asked.body.keys() or "JSON Schema" in str(asked.body["system"])
    return reads(asked) if shape else Says("An ", "answer.")


def told(fault: BaseException) -> str:
    """All that a log would show of a fault."""
    return "".join(traceback.format_exception(fault))


def discreet(fault: BaseException) -> bool:
    """Whether that quotes nothing."""
    return not any(secret in told(fault) for secret in SECRETS)

"""A bot on Slack in a process that can be killed at a commit of its own, for the walk over all kills."""

import asyncio
import os
import signal
import sqlite3
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from multiprocessing.connection import Connection
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path

from adapters.slack import names
from adapters.slack.connection import Slack
from adapters.slack.environment import Setup
from adapters.slack.people.interactions import Interactions
from bot import configuration
from bot.configuration import Configuration
from bot.core import Bot
from bot.domain.assessment import Concern, Reading, Severity
from bot.domain.conversation import Place
from bot.ports import Written
from bot.store import connections
from bot.store.sqlite import SqliteStore
from bot.store.thread import Asked, Outcome
from bot.store.writer import Writer
from tests.adapters.slack.community import INSULTS, LONG
from tests.configs import small_config
from tests.fakes.models import ScriptedReader, ScriptedVoice

BEFORE, AFTER = "before a commit", "after a commit"
LONG_QUESTION = "Tell me all of it."  # it takes several messages to answer
QUICK = 1_000.0  # how much faster its pauses pass


@dataclass(frozen=True, kw_only=True)
class Life:
    """What a process is started with. dies: BEFORE, AFTER, or "": it is killed by somebody else, if at all."""

    token: str
    socket: str
    url: str
    database: Path
    team: str
    desk: str
    moderator: str
    begins: str
    dies: str = ""
    stream: bool = False


@cache
def everything() -> Configuration:
    """The configuration that ships, with the English phrases alone."""
    with tempfile.TemporaryDirectory() as directory:
        return configuration.load(small_config(Path(directory) / "config"), {})


class DyingWriter(Writer):
    """Writes until its time has come."""

    def __init__(self, path: Path, patience: float, dies: str, left: "Synchronized[int]") -> None:
        super().__init__("store-writer", path, lambda: connections.for_writing(path, patience))
        self._dies, self._left = dies, left

    def _carry_out(self, connection: sqlite3.Connection, batch: Sequence[Asked]) -> Sequence[Outcome]:
        self._step(BEFORE)
        outcomes = super()._carry_out(connection, batch)
        self._step(AFTER)
        return outcomes

    def _step(self, kind: str) -> None:
        if kind == self._dies and self._left.value:
            self._left.value -= 1
            if not self._left.value:
                os.kill(os.getpid(), signal.SIGKILL)


def live(life: Life, told: Connection, left: "Synchronized[int]") -> None:
    """Serve the workspace until it is killed; whoever asks by `told` is answered when all is settled.

    left  the steps until it kills itself; 0: it does not
    """
    asyncio.run(_live(life, told, left))


async def _live(life: Life, told: Connection, left: "Synchronized[int]") -> None:
    class Dying(SqliteStore):
        """A store that such a writer writes."""

        def __init__(self, path: Path, patience: float) -> None:
            super().__init__(path, patience)
            self._writer = DyingWriter(path, patience, life.dies, left)

    people, asked = Interactions(soon=LONG), asyncio.Event()
    adapter = Slack(
        Setup(token=life.token, socket=life.socket, base=life.url),
        _now,
        parts=(people,),
        sleep=_sleep,
        timer=lambda: time.monotonic() * QUICK,
        sockets={"ping": LONG, "patience": LONG, "silence": LONG, "lasts": (LONG, LONG)},
    )
    insult = Concern("insult", Severity.SERIOUS, sure=True, words="as read")
    voice, reader, current = ScriptedVoice(), ScriptedReader(), _configured(life)
    voice.begins = life.begins
    voice.writes = {LONG_QUESTION: (Written("\n\n".join(f"{number} {'word ' * 500}" for number in range(3))),)}
    reader.readings.update(dict.fromkeys(INSULTS, Reading(by=reader.name, concerns=(insult,))))
    bot = Bot(
        store=await Dying.open(life.database, exclusive=True),
        voice=voice,
        reader=reader,
        configuration=lambda: current,
        platforms={adapter.name: adapter},
        clock=_now,
        sleep=_sleep,
    )
    asyncio.get_running_loop().add_reader(told.fileno(), asked.set)
    serving = asyncio.create_task(adapter.serve(bot))
    while not serving.done():
        await asked.wait()
        asked.clear()
        if not told.poll():
            continue
        told.recv()
        while adapter.condition().notes["catching_up"]:  # noqa: ASYNC110  nobody rings a bell when it is over
            await asyncio.sleep(0.005)
        await people.settled()
        await bot.settled()
        told.send(None)


def _configured(life: Life) -> Configuration:
    settings = everything().settings
    desk = Place(names.NAME, life.team, life.desk, private=True)
    local = replace(settings.everywhere, moderators=desk, moderator_roles=(life.moderator,), streaming=life.stream)
    return replace(everything(), settings=replace(settings, everywhere=local))


def _now() -> datetime:
    return datetime.now(UTC)


async def _sleep(seconds: float) -> None:
    await asyncio.sleep(seconds / QUICK)

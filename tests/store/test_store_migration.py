"""A database that an earlier version wrote is brought to this one, whoever starts on it, and loses nothing."""
# ruff: noqa: ASYNC220  nothing else runs in these loops that a start of a process could hold up

import contextlib
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database

from bot.domain.assessment import Assessment
from bot.domain.conversation import Conversation, Turn
from bot.domain.decision import Decision
from bot.domain.record import Vetted
from bot.domain.step import Reason, Step
from bot.domain.usage import Spent, Usage
from bot.errors import StoreError
from bot.store.codec import Codec, seconds
from bot.store.schema import APPLICATION, STEPS, migrate, migrations
from bot.store.sqlite import SqliteStore
from tests.store.cases import ANN, PLACE, TALK, change, insulted, live, pending, said
from tests.strategies import NOON

ROOT = Path(__file__).parents[2]
CODEC = Codec()
TURN = Turn(1, ANN, "you fool", "please", "message of e1")
STANDING = pending(Step.WARN, 1)
DECISION = Decision(Step.WARN, Reason.CONCERN, STANDING, "ladder-1", 1)
VETTED = Vetted(TURN, NOON, insulted("you fool"), DECISION, "reader, voice", "prompts-1", 0.25)


def written_before(path: Path, step: str, assessment: Assessment = VETTED.assessment) -> None:
    """A database as it was before a step of the migrations, with one turn in it."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("pragma journal_mode = wal")
        database = Database(connection, recursive_triggers=False, execute_plugins=False)
        migrations().apply(database, stop_before=step)
        at = seconds(NOON)
        database.table("conversation").insert(
            {"id": TALK, "platform": "discord", "space": "guild", "channel": "general", "private": 0, "turns": 1}
            | {"ended": 0, "care_until": None, "parent": None, "version": 1, "opened_at": at, "last_at": at}
            | {"summary": ""}
        )
        database.table("turn").insert(
            {"conversation": TALK, "number": 1, "event": "e1", "stage": "", "member": ANN.id, "said_at": at}
            | {"took": 0.25, "to_bot": 1, "message": TURN.message, "step": "warn", "reason": "concern"}
            | {"ladder": "ladder-1", "models": VETTED.models, "prompts": VETTED.prompts, "erased": 0, "name": ANN.name}
            | {"text": TURN.text, "reply": TURN.reply, "assessment": CODEC.of_assessment(assessment)}
            | {"decision": CODEC.of_decision(DECISION)}
        )
        database.table("applied").insert({"event": "e1", "stage": "", "member": ANN.id})
        database.table("standing").insert({"conversation": TALK, "member": ANN.id, "body": CODEC.of_standing(STANDING)})
        connection.execute(f"pragma application_id = {APPLICATION}")
        connection.commit()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "fairwell.db"
    written_before(path, "003 memory and usage")
    return path


def steps_of(path: Path) -> list[str]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return [name for (name,) in connection.execute("select name from _sqlite_migrations order by id")]


async def test_what_was_there_is_there(path: Path) -> None:
    store = await SqliteStore.open(path, exclusive=True)
    scene = await store.scene(said(), 9, "2026-11-20")
    assert scene.conversation == Conversation(TALK, PLACE, turns=1)
    assert (scene.version, scene.standing, scene.history) == (1, STANDING, (TURN,))
    assert (scene.spent_by_member, scene.spent_by_space) == (Spent(), Spent())
    assert await store.turns(TALK) == (VETTED,)
    await store.close()
    assert steps_of(path) == [name for name, _ in STEPS]


async def test_it_goes_on_as_if_it_had_always_been_there(path: Path) -> None:
    store = await SqliteStore.open(path, exclusive=True)
    before = await store.scene(said(key="e2"), 9)
    assert await store.summarise(before.conversation, "summary", 1)
    await live(store, said(key="e2"))
    await change(store, said(key="e3"), usage=(Usage(space="guild", member=ANN.id, model="m", output=5),), today="d")
    scene = await store.scene(said(key="e4"), 9, "d")
    assert [turn.number for turn in scene.history] == [2]
    assert scene.spent_by_member == Spent(0, 5)
    assert await store.forget(ANN.id, NOON) == 2
    erased = replace(scene.conversation, summary="", summarised=0, amended=1)
    assert (await store.scene(said(key="e4"), 9)).conversation == erased
    await store.close()


async def test_several_may_start_on_it_at_once(path: Path) -> None:
    command = [sys.executable, "-W", "error", "-m", "tests.store.children", "start", str(path)]
    with contextlib.ExitStack() as stack:
        starters = [
            stack.enter_context(
                subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603  our own
            )
            for _ in range(4)
        ]
        for starter in starters:
            assert starter.stdout
            assert starter.stdout.readline() == "ready\n"
        assert [starter.communicate("go\n", timeout=30)[0] for starter in starters] == [""] * 4
        assert [starter.returncode for starter in starters] == [0] * 4
    assert steps_of(path) == [name for name, _ in STEPS]
    store = await SqliteStore.open(path, exclusive=True)
    assert len([row async for row in store.export_all() if row["table"] == "inbox"]) == 4
    assert await store.turns(TALK) == (VETTED,)
    await store.close()


class Interrupted(sqlite3.Connection):
    """Another process starts as soon as this connection has begun to look."""

    path: Path
    came: list[str]  # when it came, and what became of it

    def execute(self, sql: str, *arguments: Any) -> sqlite3.Cursor:
        found = super().execute(sql, *arguments)
        if self.in_transaction and not self.came and not sql.startswith("begin"):
            self.came = [sql]
            with contextlib.closing(sqlite3.connect(self.path, isolation_level=None, timeout=0)) as other:
                try:
                    migrate(other, self.path)
                except sqlite3.OperationalError as error:
                    self.came += [str(error)]
        return found


def test_nobody_comes_between_the_look_and_the_change(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path, factory=Interrupted, isolation_level=None)) as connection:
        connection.came, connection.path = [], path
        migrate(connection, path)
        assert connection.came[1:] == ["database is locked"]
    assert steps_of(path) == [name for name, _ in STEPS]


async def test_the_earliest_version_too(tmp_path: Path) -> None:
    written_before(tmp_path / "first.db", "002 search")
    store = await SqliteStore.open(tmp_path / "first.db", exclusive=True)
    assert await store.turns(TALK) == (VETTED,)
    await store.close()


async def test_a_step_that_fails_leaves_everything_as_it_was(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("alter table turn add column attachments text")  # the last thing the step would do
        connection.commit()
        before = "\n".join(connection.iterdump())
    with pytest.raises(StoreError, match="duplicate column"):
        await SqliteStore.open(path, exclusive=True)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert "\n".join(connection.iterdump()) == before


async def test_one_that_is_open_elsewhere_keeps_working(path: Path) -> None:
    """A bot of the earlier version whose file is migrated under it, by a visit of this one's command line."""
    with contextlib.closing(sqlite3.connect(path)) as earlier:
        assert earlier.execute("select count(*) from turn").fetchone() == (1,)
        await (await SqliteStore.open(path, exclusive=False)).close()
        kept = "conversation, stage, member, said_at, took, to_bot, message, step, reason, ladder, models, prompts"
        kept += ", erased, name, reply, assessment, decision"
        again = f"insert into turn (number, event, text, {kept}) select 2, 'e2', 'again', {kept} from turn"  # noqa: S608
        earlier.execute(again)
        earlier.commit()
    store = await SqliteStore.open(path, exclusive=True)
    assert [vetted.turn.text for vetted in await store.turns(TALK)] == ["you fool", "again"]
    await store.close()

"""The file: who may open it, and what becomes of it when things go wrong."""
# ruff: noqa: ASYNC240  nothing else runs in these loops that a look at the disk could hold up

import asyncio
import contextlib
import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.errors import StoreBusy, StoreError, StoreTooNew
from bot.store.sqlite import SqliteStore
from tests.store.cases import TALK, live, said
from tests.strategies import NOON

ROOT = Path(__file__).parents[2]


@contextlib.contextmanager
def child(what: str, path: Path, *more: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-W", "error", "-m", "tests.store.children", what, str(path), *more]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603  our own
        try:
            yield process
        finally:
            process.kill()


def said_by(what: str, path: Path, *more: str) -> list[str]:
    with child(what, path, *more) as process:
        return process.communicate(timeout=30)[0].splitlines()


def read_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


async def accepted(path: Path) -> set[str]:
    """The keys of all events in a file."""
    store = await SqliteStore.open(path, exclusive=True)
    keys = {str(row["key"]) async for row in store.export_all() if row["table"] == "inbox"}
    await store.close()
    return keys


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "fairwell.db"


async def test_what_was_kept_is_there_after_closing_and_opening(path: Path) -> None:
    for number in range(3):
        store = await SqliteStore.open(path, exclusive=True)
        await live(store, said(f"text {number}", key=f"e{number}"))
        await store.close()
    store = await SqliteStore.open(path, exclusive=True)
    assert [vetted.turn.text for vetted in await store.turns(TALK)] == ["text 0", "text 1", "text 2"]
    await store.close()


async def test_directories_are_made(tmp_path: Path) -> None:
    path = tmp_path / "some" / "where" / "fair well?#%20.db"
    store = await SqliteStore.open(path, exclusive=True)
    assert await store.open_conversations() == ()
    await store.close()
    assert path.exists()


async def test_it_writes_ahead_and_waits_for_the_disk(path: Path) -> None:
    store = await SqliteStore.open(path, exclusive=True)
    names = ("journal_mode", "synchronous", "secure_delete")
    settings = await store._writer.run(lambda db: [db.execute(f"pragma {name}").fetchone()[0] for name in names])
    assert settings == ["wal", 2, 1]
    await store.close()


async def test_what_reads_cannot_write(path: Path) -> None:
    store = await SqliteStore.open(path, exclusive=True)
    with pytest.raises(StoreError, match="may not be written"):
        await store._reader.run(lambda db: db.execute("delete from inbox"))
    await store.close()


async def test_a_closed_store_says_so(path: Path) -> None:
    store = await SqliteStore.open(path, exclusive=True)
    await store.close()
    await store.close()
    with pytest.raises(StoreError, match="closed"):
        await store.accept(said(), NOON)
    with pytest.raises(StoreError, match="closed"):
        await store.open_conversations()


async def test_what_was_asked_before_closing_is_done(path: Path) -> None:
    store = await SqliteStore.open(path, exclusive=True)
    asked = [asyncio.ensure_future(store.accept(said(key=f"e{number}"), NOON)) for number in range(500)]
    await asyncio.sleep(0)
    await store.close()
    assert await asyncio.gather(*asked) == [True] * 500
    assert len(await accepted(path)) == 500


async def test_a_second_bot_on_the_file_is_refused_by_name(path: Path) -> None:
    with child("hold", path) as holder:
        assert read_line(holder) == "open"
        with pytest.raises(StoreBusy, match=f"{path} is in use by process {holder.pid}"):
            await SqliteStore.open(path, exclusive=True)
        holder.kill()
        holder.wait()
    store = await SqliteStore.open(path, exclusive=True)
    link = path.with_name("link.db")
    link.symlink_to(path)
    with pytest.raises(StoreBusy, match=f"process {os.getpid()}"):
        await SqliteStore.open(link, exclusive=True)
    await store.close()


async def test_visitors_write_beside_the_bot_and_are_noticed(path: Path) -> None:
    store = await SqliteStore.open(path, exclusive=True)
    await store.accept(said(), NOON)
    assert not await store.changed()
    assert said_by("visit", path) == []
    assert await store.changed()
    assert not await store.changed()
    assert [heard.event.key for heard in await store.open_events(TALK)] == ["e1", "visit"]
    await store.close()


async def test_several_may_start_on_a_new_file_at_once(path: Path) -> None:
    with contextlib.ExitStack() as stack:
        starters = [stack.enter_context(child("start", path)) for _ in range(6)]
        assert [read_line(starter) for starter in starters] == ["ready"] * 6
        for starter in starters:
            assert starter.stdin
            starter.stdin.write("go\n")
            starter.stdin.flush()
        assert [starter.communicate(timeout=30)[0] for starter in starters] == [""] * 6
        assert [starter.returncode for starter in starters] == [0] * 6
        assert await accepted(path) == {f"from {starter.pid}" for starter in starters}


async def test_every_event_that_was_confirmed_survives_kill_9(path: Path) -> None:
    for _ in range(3):
        with child("accept", path) as process:
            confirmed = [read_line(process) for _ in range(1_500)]
            process.kill()
            confirmed += process.communicate()[0].splitlines()[:-1]  # the last line may be cut
        assert set(confirmed) <= await accepted(path)
        path.unlink()


async def test_a_full_disk_is_told_to_every_caller_and_nothing_is_lost(path: Path) -> None:
    lines = said_by("fill", path)
    kept = {line for line in lines if not line.startswith("! ")}
    refusals = {line for line in lines if line.startswith("! ")}
    assert len(kept) > 20
    assert "after" in kept
    assert refusals
    assert all("nothing of this was kept" in line and str(path) in line for line in refusals)
    assert await accepted(path) == kept


async def test_when_sqlite_undoes_a_whole_transaction_every_caller_in_it_hears(path: Path) -> None:
    def undo(db: sqlite3.Connection) -> None:
        db.execute("rollback")
        db.execute("insert into nowhere values (1)")

    store = await SqliteStore.open(path, exclusive=True)
    before = store.accept(said(key="before"), NOON)
    after = store.accept(said(key="after"), NOON)
    results = await asyncio.gather(before, store._writer.run(undo), after, return_exceptions=True)
    assert [str(result) for result in results] == [f"{path}: no such table: nowhere"] * 3
    assert await store.open_conversations() == ()
    assert await store.accept(said(key="before"), NOON)
    await store.close()


async def test_a_file_of_a_newer_version_is_left_alone(path: Path) -> None:
    await (await SqliteStore.open(path, exclusive=True)).close()
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("insert into _sqlite_migrations (migration_set, name, applied_at) values ('fairwell', '999 x', '')")
        db.commit()
    before = path.read_bytes()
    with pytest.raises(StoreTooNew, match="newer Fairwell"):
        await SqliteStore.open(path, exclusive=True)
    assert path.read_bytes() == before


async def test_a_file_of_another_program_is_left_alone(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("create table recipes (name text)")
        db.commit()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="another program"):
        await SqliteStore.open(path, exclusive=True)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"x" * 20, b"no database at all, " * 500, b"SQLite format 3\0" + b"\xff" * 5_000])
async def test_garbage_is_named_as_such_and_left_alone(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(StoreError, match=f"{path}: it is (no SQLite database|damaged)"):
        await SqliteStore.open(path, exclusive=True)
    assert path.read_bytes() == content


async def test_a_failed_opening_lets_go_of_the_lock(path: Path) -> None:
    path.write_bytes(b"garbage" * 100)
    with pytest.raises(StoreError):
        await SqliteStore.open(path, exclusive=True)
    path.unlink()
    await (await SqliteStore.open(path, exclusive=True)).close()


async def test_a_directory_is_no_path_for_a_store(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="is a directory"):
        await SqliteStore.open(tmp_path, exclusive=True)
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be made"):
        await SqliteStore.open(tmp_path / "file" / "fairwell.db", exclusive=True)


async def test_a_locked_file_is_told_as_busy_and_works_afterwards(path: Path) -> None:
    await (await SqliteStore.open(path, exclusive=True)).close()
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("begin immediate")
        with pytest.raises(StoreBusy, match=f"{path} is locked"):
            await SqliteStore.open(path, exclusive=True, patience=0.01)
        other.execute("rollback")
        store = await SqliteStore.open(path, exclusive=True, patience=0.01)
        other.execute("begin immediate")
        results = await asyncio.gather(
            *(store.accept(said(key=f"e{number}"), NOON) for number in range(9)), return_exceptions=True
        )
        assert [type(result) for result in results] == [StoreBusy] * 9
        other.execute("rollback")
        assert await store.accept(said(), NOON)
        await store.close()


@pytest.fixture
def open_to_all() -> Iterator[Path]:
    """A directory that anybody can come to. pytest takes that right back from its own whenever another run begins."""
    with tempfile.TemporaryDirectory() as made:
        directory = Path(made)
        directory.chmod(0o755)
        yield directory
        directory.chmod(0o755)


@pytest.mark.parametrize("exclusive", [["exclusive"], []])
@pytest.mark.parametrize("exists", [True, False])
async def test_without_the_right_to_write_it_says_which(open_to_all: Path, exists: bool, exclusive: list[str]) -> None:
    path = open_to_all / "fairwell.db"
    if exists:
        await (await SqliteStore.open(path, exclusive=True)).close()
        path.chmod(0o444)
    open_to_all.chmod(0o555)
    (line,) = said_by("rights", path, *exclusive)
    assert line.startswith(f"StoreError: {path}")
    assert "give this user the right" in line


async def test_a_row_changed_by_hand_is_told_without_its_text(path: Path) -> None:
    store = await SqliteStore.open(path, exclusive=True)
    await store.accept(said("a secret"), NOON)
    await store._writer.run(lambda db: db.execute('update inbox set payload = \'{"kind": "a secret"}\'').rowcount)
    with pytest.raises(StoreError, match="changed by hand") as caught:
        await store.open_events(TALK)
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None
    await store.close()

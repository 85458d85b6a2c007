"""How the bot says that it lives and can work, and how that is asked."""

import asyncio
import json
import resource
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bot.cli.health import address
from bot.errors import ConfigError
from bot.health import ALIVE, READY, STUCK, Health, serving
from bot.ports import Condition, Lack
from bot.store.sqlite import SqliteStore
from tests.cli.conftest import Fairwell
from tests.fakes.clock import NOON, SetClock


class Connected:
    """An adapter that is as it is told to be."""

    name = "board"

    def __init__(self) -> None:
        self.lacks: tuple[Lack, ...] = ()

    def condition(self) -> Condition:
        """How it is."""
        return Condition(self.lacks, {"catching_up": 2})


class Stuck(SqliteStore):
    """A store whose writer is held up."""

    goes_on = asyncio.Event()

    async def touch(self) -> None:
        """Write, once that goes on."""
        await self.goes_on.wait()
        await super().touch()


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqliteStore]:
    opened = await SqliteStore.open(tmp_path / "health.db", exclusive=True)
    yield opened
    await opened.close()


@contextmanager
def full(path: Path) -> Iterator[None]:
    """The disk has no room for one more page of a database."""
    _, most = before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.with_name(path.name + "-wal").stat().st_size, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def free_port() -> int:
    """One that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


async def asked(port: int, path: str) -> tuple[int, Any]:
    """What is answered."""
    async with aiohttp.ClientSession() as http, http.get(f"http://127.0.0.1:{port}{path}") as answer:
        return answer.status, await answer.json()


async def test_all_is_well(store: SqliteStore) -> None:
    health = Health(store, [Connected()], SetClock())
    assert (await health.alive(), await health.ready()) == ([], [])


async def test_an_adapter_that_is_not_there_is_a_reason_not_to_be_ready_and_none_to_be_started_anew(
    store: SqliteStore,
) -> None:
    adapter = Connected()
    adapter.lacks = (Lack("board session 0", "it is not connected", NOON),)
    health = Health(store, [Connected(), adapter], SetClock())
    assert list(await health.ready()) == list(adapter.lacks)
    assert await health.alive() == []


async def test_a_database_that_cannot_be_written_is_told_with_the_time_since_when(
    store: SqliteStore, tmp_path: Path
) -> None:
    clock = SetClock()
    health = Health(store, [], clock)
    with full(tmp_path / "health.db"):
        (lack,) = await health.ready()
        clock.wait(timedelta(minutes=1))
        (again,) = await health.ready()
        assert await health.alive() == []
    assert (lack.part, lack.why) == ("store", "the database cannot be written")
    assert lack.since is not None
    assert again.since == lack.since < NOON + timedelta(seconds=1)
    clock.wait(timedelta(minutes=1))
    assert await health.ready() == []


async def test_a_database_is_not_written_more_often_than_need_be(store: SqliteStore, tmp_path: Path) -> None:
    clock = SetClock()
    health = Health(store, [], clock)
    assert await health.ready() == []
    with full(tmp_path / "health.db"):
        assert await health.ready() == []
        clock.wait(timedelta(seconds=3))
        assert len(await health.ready()) == 1


async def test_a_writer_that_is_held_up_for_long_is_a_reason_to_be_started_anew(tmp_path: Path) -> None:
    clock, store = SetClock(), await Stuck.open(tmp_path / "stuck.db", exclusive=True)
    health = Health(store, [], clock, within=0.01)
    assert await health.alive() == []
    assert [lack.why for lack in await health.ready()] == ["the database does not answer"]
    clock.wait(STUCK)
    (lack,) = await health.alive()
    assert lack.since is not None
    assert lack.since < NOON + timedelta(seconds=1)
    Stuck.goes_on.set()
    assert await Health(store, [], clock).alive() == []
    await store.close()


async def test_told_to_stop_it_is_not_ready_and_lives(store: SqliteStore) -> None:
    health = Health(store, [Connected()], SetClock(), stopping=lambda: True)
    assert [lack.part for lack in await health.ready()] == ["bot"]
    assert await health.alive() == []


async def test_both_are_told_by_http_in_few_words(store: SqliteStore) -> None:
    adapter, port = Connected(), free_port()
    async with serving("127.0.0.1", port, Health(store, [adapter], SetClock())):
        assert await asked(port, ALIVE) == (200, {"ok": True, "lacks": []})
        assert await asked(port, READY) == (200, {"ok": True, "lacks": [], "notes": {"board": {"catching_up": 2}}})
        adapter.lacks = (Lack("board", "it is not logged in", NOON), Lack("board requests", "they are not answered"))
        status, told = await asked(port, READY)
        assert (status, told["ok"]) == (503, False)
        assert told["lacks"] == [
            {"part": "board", "why": "it is not logged in", "since": NOON.isoformat()},
            {"part": "board requests", "why": "they are not answered", "since": None},
        ]
        assert (await asked(port, ALIVE))[0] == 200


async def test_another_server_can_tell_it_as_well(store: SqliteStore) -> None:
    app, port = web.Application(), free_port()
    app.add_routes(Health(store, [Connected()], SetClock()).routes())
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    assert (await asked(port, READY))[0] == 200
    await runner.cleanup()


async def test_an_address_that_is_taken_is_told_in_words(store: SqliteStore) -> None:
    health, port = Health(store, [], SetClock()), free_port()
    async with serving("127.0.0.1", port, health):
        with pytest.raises(ConfigError, match=f"FAIRWELL_HEALTH: nobody can be answered at 127.0.0.1 port {port}"):
            async with serving("127.0.0.1", port, health):
                pass


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("", None),
        ("  ", None),
        ("8080", ("127.0.0.1", 8080)),
        ("127.0.0.1:8080", ("127.0.0.1", 8080)),
        ("0.0.0.0:80", ("0.0.0.0", 80)),  # noqa: S104
        ("[::1]:8080", ("::1", 8080)),
        ("health.internal:8080", ("health.internal", 8080)),
    ],
)
def test_where_health_is_told(said: str, meant: tuple[str, int] | None) -> None:
    assert address({"FAIRWELL_HEALTH": said}) == meant


@pytest.mark.parametrize(
    "said",
    ["0", "65536", "on", "127.0.0.1", "127.0.0.1:", ":8080", "127.0.0.1:http", "http://127.0.0.1:8080", "::1:8080",
     "me@127.0.0.1:8080", "127.0.0.1:8080/healthz", "[::1:8080"],
)  # fmt: skip
def test_what_is_no_address_is_told_in_words(said: str) -> None:
    with pytest.raises(ConfigError, match=r"FAIRWELL_HEALTH: is .* must be a port"):
        address({"FAIRWELL_HEALTH": said})


async def test_the_command_tells_by_its_exit_code(
    store: SqliteStore, fairwell: Fairwell, monkeypatch: pytest.MonkeyPatch
) -> None:
    adapter, port = Connected(), free_port()
    monkeypatch.setenv("FAIRWELL_HEALTH", f"0.0.0.0:{port}")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    adapter.lacks = (Lack("board", "it is not logged in"),)
    async with serving("127.0.0.1", port, Health(store, [adapter], SetClock())):
        lives = await asyncio.to_thread(fairwell, "health")
        unready = await asyncio.to_thread(fairwell, "health", "--ready")
        elsewhere = await asyncio.to_thread(fairwell, "health", "--url", f"http://127.0.0.1:{port}/")
    assert (lives.code, json.loads(lives.out)["ok"]) == (0, True)
    assert (unready.code, json.loads(unready.err)["lacks"][0]["part"]) == (1, "board")
    assert elsewhere.code == 0
    nobody = fairwell("health")
    assert (nobody.code, "nobody answers" in nobody.err) == (1, True)


@pytest.mark.parametrize(("said", "hint"), [("", "is not set"), ("on", "must be a port")])
def test_a_container_knows_no_exit_code_but_these_two(
    fairwell: Fairwell, monkeypatch: pytest.MonkeyPatch, said: str, hint: str
) -> None:
    monkeypatch.setenv("FAIRWELL_HEALTH", said)
    asked = fairwell("health")
    assert (asked.code, hint in asked.err) == (1, True)


@pytest.mark.parametrize("url", ["nonsense", "ftp://127.0.0.1", "http://127.0.0.1:1", "http://[::1"])
def test_an_address_that_is_none_is_told_in_words(fairwell: Fairwell, url: str) -> None:
    assert fairwell("health", "--url", url).code == 1

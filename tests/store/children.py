"""Processes of their own, for what only those can show. Run as `python -m tests.store.children <what> <path> ...`."""

import asyncio
import os
import resource
import sys
from pathlib import Path

from bot.errors import FairwellError, StoreError
from bot.store.sqlite import SqliteStore
from tests.store.cases import said
from tests.strategies import NOON


def tell(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


async def accept_until_killed(path: Path) -> None:
    """Tell of every event that was accepted, only after it was; several at once."""
    store = await SqliteStore.open(path, exclusive=True)

    async def one(lane: int) -> None:
        number = 0
        while True:
            key = f"{lane}/{number}"
            await store.accept(said(key=key, conversation=f"c{lane}"), NOON)
            tell(key)
            number += 1

    await asyncio.gather(*(one(lane) for lane in range(20)))


async def hold(path: Path) -> None:
    """Hold the database until the input ends."""
    store = await SqliteStore.open(path, exclusive=True)
    tell("open")
    await asyncio.to_thread(sys.stdin.read)
    await store.close()


async def start(path: Path) -> None:
    """Open it when told, beside others, write, and leave."""
    tell("ready")
    await asyncio.to_thread(sys.stdin.readline)
    store = await SqliteStore.open(path, exclusive=False)
    await store.accept(said(key=f"from {os.getpid()}"), NOON)
    await store.close()


async def visit(path: Path) -> None:
    """Accept one event beside a running bot."""
    store = await SqliteStore.open(path, exclusive=False)
    await store.accept(said(key="visit"), NOON)
    await store.close()


async def fill_up(path: Path) -> None:
    """Write until nothing fits, tell what was kept, make room, and write again."""
    store = await SqliteStore.open(path, exclusive=True)
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.with_name(path.name + "-wal").stat().st_size + 300_000, most))
    refused = 0
    for start in range(0, 400, 20):
        events = [said("long " * 1_000, key=f"e{number}") for number in range(start, start + 20)]
        results = await asyncio.gather(*(store.accept(event, NOON) for event in events), return_exceptions=True)
        for event, result in zip(events, results, strict=True):
            if result is True:
                tell(event.key)
            elif isinstance(result, StoreError):
                refused += 1
                tell(f"! {result}")
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    if refused and await store.accept(said(key="after"), NOON):
        tell("after")
    await store.close()


async def open_without_rights(path: Path) -> None:
    """As somebody who owns nothing, if this is somebody who may become anybody."""
    if os.getuid() == 0:
        os.setgid(65_534)
        os.setuid(65_534)
    await SqliteStore.open(path, exclusive="exclusive" in sys.argv)


def main() -> None:
    what = {
        "accept": accept_until_killed,
        "hold": hold,
        "start": start,
        "visit": visit,
        "fill": fill_up,
        "rights": open_without_rights,
    }[sys.argv[1]]
    try:
        asyncio.run(what(Path(sys.argv[2])))
    except FairwellError as error:
        tell(f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    main()

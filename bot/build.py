"""The only wiring: configuration + environment -> a running Bot."""

import asyncio
import base64
import gc
import logging
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bot import configuration
from bot.configuration import Configuration
from bot.core import Bot
from bot.errors import ConfigError, StoreError, where
from bot.llm.offline import OfflineLLM
from bot.ports import Clock, Platform, Reader, Voice
from bot.settings import Settings, leaving
from bot.settings.live import Live
from bot.store.sqlite import SqliteStore

if TYPE_CHECKING:
    import anthropic

log = logging.getLogger(__name__)

GRACE = 20.0  # seconds that running turns have at a stop; Docker and systemd allow more by default or setting
# Seconds until a thread lets another one go on. The store's threads ask for it at each statement, while the models' and
# the loop's are busy: by Python's own 5 ms, a card for somebody in danger would wait that long dozens of times.
SWITCH = 0.0001
# How often the garbage collector looks through the new, the newer and all objects. All take it up to 0.1 s in which
# nothing else goes on, and there is next to nothing to find: so it does that every million objects, not every 70,000.
COLLECTS = 700, 10, 150
LOOK_EVERY = 1.0  # seconds between looks for what another process (the command line) has put in
RETAIN_EVERY = timedelta(hours=1)
EVERY_CHANGE = 1_000_000
OFFLINE = (
    "No language model is connected (neither ANTHROPIC_API_KEY nor ANTHROPIC_BASE_URL is set): a built-in stand-in "
    "answers, honestly, from fixed texts, and only explicit insults and threats climb."
)


def clock() -> datetime:
    """The bot's clock."""
    return datetime.now(UTC)


def config_directory(env: Mapping[str, str]) -> Path:
    """Where config/ is: FAIRWELL_CONFIG, else ./config, else the one that was installed with the package."""
    if named := env.get("FAIRWELL_CONFIG"):
        return Path(named)
    here, beside, installed = Path("config"), Path(__file__).parents[1] / "config", Path(__file__).parent / "config"
    return next((path for path in (here, beside, installed) if path.is_dir()), here)


def client(env: Mapping[str, str]) -> "anthropic.AsyncAnthropic":
    """The SDK's client for the endpoint that the environment names. Raises ConfigError."""
    base = env.get("ANTHROPIC_BASE_URL") or None
    if base and not _is_address(base):  # it may hold a password, so it is not quoted
        raise ConfigError(
            ["ANTHROPIC_BASE_URL: is no address, must be like https://gateway.example or http://localhost:8080"]
        )
    # Imported here: it takes a second, which whoever runs without it, or only lists endings, need not wait.
    import anthropic  # noqa: PLC0415
    import httpx2  # noqa: PLC0415

    key = env.get("ANTHROPIC_API_KEY") or "none"  # an endpoint of the operator's own may need none
    # By aiohttp, which takes half of what httpx takes of the processor. 0: `turns.parallel` is the limit.
    http = anthropic.DefaultAioHttpClient(limits=httpx2.Limits(max_connections=0))
    headers = {}
    if base and (url := httpx2.URL(base)).userinfo:  # aiohttp does not take a name and a password in an address
        named = base64.b64encode(f"{url.username}:{url.password}".encode()).decode()
        headers, base = {"Authorization": f"Basic {named}"}, str(url.copy_with(userinfo=b""))
    return anthropic.AsyncAnthropic(api_key=key, base_url=base, http_client=http, default_headers=headers)


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is none, or half a bracket
        return False


def models(live: Callable[[], Configuration], env: Mapping[str, str]) -> tuple[Voice, Reader | None, str]:
    """The main model, the reading one (None offline), and one line that says who answers."""
    settings = live().settings
    if not settings.online:
        return OfflineLLM(live().wording.stand_in), None, OFFLINE
    from bot.llm.apart import Apart  # noqa: PLC0415, as in `client`
    from bot.llm.claude import Claude  # noqa: PLC0415

    claude = Claude(client(env), lambda: (live().settings, live().prompts))
    apart = Apart(claude, claude.reader)
    where = f" at {urlsplit(env['ANTHROPIC_BASE_URL']).netloc.rpartition('@')[2]}" if settings.has_base_url else ""
    return apart, apart.reader, f"Claude answers: {settings.llm.main}{where}; {settings.llm.reader} reads."


@asynccontextmanager
async def running(
    directory: Path,
    env: Mapping[str, str],
    platforms: Mapping[str, Platform],
    *,
    database: Path | None = None,
    now: Clock = clock,
    say: Callable[[str], None] = log.info,
) -> AsyncIterator[Bot]:
    """A bot that runs, with its database open, its files watched and its house kept.

    platforms  the adapters of this process, by name
    database   instead of the path in config/fairwell.toml
    say        is told, in sentences for the operator: who answers, what of config/ changed or was refused

    Raises ConfigError, StoreError. On leaving, what runs may finish; the rest goes on after the next start.
    """
    sys.setswitchinterval(SWITCH)
    gc.set_threshold(*COLLECTS)
    with _lasting():
        live = Live(directory, lambda path, drafts: configuration.load(path, env, drafts))
        voice, reader, who = models(lambda: live.current, env)
    store = await SqliteStore.open(database or Path(live.current.settings.store.path), exclusive=True)
    try:
        say(who)
        bot = Bot(
            store=store,
            voice=voice,
            reader=reader,
            configuration=lambda: live.current,
            platforms=platforms,
            clock=now,
            live=live,
        )
        await bot.remember_ladders(live.current)
        keeping = [
            asyncio.create_task(_follow(live, bot, say)),
            asyncio.create_task(_look(bot, store)),
            asyncio.create_task(_retain(store, live, now)),
        ]
        try:
            yield bot
        finally:
            await bot.stop(GRACE)
            for task in keeping:
                task.cancel()
            await asyncio.gather(*keeping, return_exceptions=True)
    finally:
        await store.close()
        await voice.close()
        gc.unfreeze()


@contextmanager
def _lasting() -> Iterator[None]:
    """What is made in here lasts, so the garbage collector leaves it alone.

    To look through the phrases and the SDK takes it a quarter of a second each time, in which nothing else goes on.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
    gc.freeze()


async def _follow(live: Live[Configuration], bot: Bot, say: Callable[[str], None]) -> None:
    async def changed(current: Configuration) -> None:
        gc.freeze()  # as in `_lasting`; what was in force has no cycles, and goes by itself
        await bot.remember_ladders(current)
        say("config/ has changed and is in force.")

    async def refused(fault: ConfigError) -> None:
        say("config/ has changed, but not well; what was in force stays in force:\n" + str(fault))

    await live.watch(changed, refused)


async def _look(bot: Bot, store: SqliteStore) -> None:
    """Notice what the command line has put in beside the running bot (a verdict)."""
    while True:
        await asyncio.sleep(LOOK_EVERY)
        try:
            await bot.turns.book()
            if await store.changed():
                await bot.resume()
        except StoreError as fault:
            log.warning("nothing could be looked up: %s", where(fault))


async def retain(store: SqliteStore, settings: Settings, now: datetime) -> Mapping[str, int]:
    """Erase what retention no longer keeps at `now`; out: how much, by kind. Raises StoreError.

    With all that is kept of a space goes what its admins have set in its file in config/spaces/.
    """
    kept = settings.retention
    rows = await store.retain(now, open_for=kept.open, ended_for=kept.ended)
    for space in await store.uninstalled(now - kept.uninstalled):
        changes = await store.changes(space, limit=EVERY_CHANGE)
        try:
            if leaving.forget(settings.directory, space, {key for each in changes for key in each.now}):
                log.warning("config/spaces/ still has a file of %s, with what its operator wrote", space)
        except ConfigError as fault:
            log.error("what the admins of %s have set has to be taken out by hand: %s", space, where(fault))  # noqa: TRY400
    return asdict(rows) | {"spaces": await store.erase_uninstalled(now - kept.uninstalled)}


async def _retain(
    store: SqliteStore, live: Live[Configuration], now: Clock, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> None:
    """Erase what retention no longer keeps, now and every hour."""
    while True:
        try:
            await retain(store, live.current.settings, now())
        except StoreError as fault:
            log.error("what is kept too long could not be erased: %s", where(fault))  # noqa: TRY400  it is tried again
        await sleep(RETAIN_EVERY.total_seconds())


async def until(works: Sequence[Coroutine[None, None, None]], stop: asyncio.Event) -> None:
    """Run `works` side by side until all are done, one fails, or `stop` is set; then the others end in order."""
    tasks = [asyncio.create_task(work) for work in works]
    ended = asyncio.create_task(asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION))
    stopped = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((ended, stopped), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (ended, stopped, *tasks):
            task.cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, Exception):
            raise outcome

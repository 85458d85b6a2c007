"""A community's settings, changed while the bot runs: in force at once, on record, and whole whatever is killed."""

import asyncio
import json
import logging
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bot import build
from bot.configuration import Configuration
from bot.core import Bot
from bot.domain.conversation import Member, Place
from bot.domain.record import Change
from bot.errors import ConfigError, StoreError
from bot.settings import Local, load
from bot.settings.live import Live
from bot.settings.space_files import Drafts
from bot.store.sqlite import SqliteStore
from tests.configs import SHIPPED, small_config
from tests.core.cases import made, shipped
from tests.fakes.clock import NOON, SetClock
from tests.fakes.models import ScriptedReader, ScriptedVoice

GUILD, HERE = "discord:1", Place("discord", "1", "any")
ADMIN = Member("discord:42", "Ada")
BEFORE = '# ours\nname = "Robin"\npersona = "secret words"\n'
NAMED = {"name": "Wren", "ladder": "gentle"}
DONE = Change(GUILD, ADMIN.id, NOON, {"name": "Robin"}, NAMED)


def built(directory: Path, drafts: Drafts) -> Configuration:
    """The settings of `directory`, and the texts that ship."""
    return replace(shipped(), settings=load(directory, {}, drafts))


class Community:
    """A config/ and a database that outlive the bots on them."""

    def __init__(self, at: Path) -> None:
        self.config, self.database = at / "config", at / "fairwell.db"
        self.file = self.config / "spaces" / "discord-1.toml"
        self.file.parent.mkdir(parents=True)
        for name in ("fairwell.toml", "ladder.toml", "concerns.toml"):
            shutil.copy(SHIPPED / name, self.config / name)
        self.file.write_text(BEFORE, encoding="utf-8")

    @asynccontextmanager
    async def bot(self) -> AsyncIterator[Bot]:
        store, live = await SqliteStore.open(self.database, exclusive=True), Live(self.config, built)
        bot = Bot(
            store=store,
            voice=ScriptedVoice(),
            reader=ScriptedReader(),
            configuration=lambda: live.current,
            platforms={},
            clock=SetClock(),
            live=live,
        )
        try:
            yield bot
        finally:
            await bot.stop(1)
            await store.close()

    async def changes(self) -> list[Change]:
        """What is on record, newest first."""
        async with self.bot() as bot:
            return await recorded(bot)


@pytest.fixture
def community(tmp_path: Path) -> Community:
    return Community(tmp_path)


async def recorded(bot: Bot) -> list[Change]:
    """What is on record, newest first, all of it at noon."""
    return [replace(each, at=NOON) for each in await bot.store.changes()]


def local(bot: Bot) -> Local:
    return bot.configuration().settings.at(HERE)


async def test_it_holds_at_once_is_on_record_and_outlives_a_restart(community: Community) -> None:
    async with community.bot() as bot:
        await bot.set_up(GUILD, NAMED, ADMIN)
        assert (local(bot).name, local(bot).ladder.name) == ("Wren", "gentle")
        assert await recorded(bot) == [DONE]
    async with community.bot() as bot:
        assert (local(bot).name, local(bot).ladder.name, local(bot).persona) == ("Wren", "gentle", "secret words")
        await bot.set_up(GUILD, dict.fromkeys(NAMED), ADMIN)
        assert (local(bot).name, local(bot).ladder.name) == ("Fairwell", "default")
        assert await recorded(bot) == [replace(DONE, was=NAMED, now={}), DONE]
    assert community.file.read_text(encoding="utf-8") == '# ours\npersona = "secret words"\n'


async def test_a_ladder_that_comes_into_force_can_be_retold(community: Community) -> None:
    community.file.write_text("adjust = { redirections = 6 }", encoding="utf-8")
    async with community.bot() as bot:
        await bot.set_up(GUILD, {"ladder": "gentle"}, ADMIN)
        rows = [row async for row in bot.store.export_all()]  # type: ignore[attr-defined]
        assert local(bot).ladder.version in {row["version"] for row in rows if row.get("version")}


async def test_what_is_refused_changes_nothing_and_is_not_on_record(community: Community) -> None:
    async with community.bot() as bot:
        for asked in ({"persona": "Obey."}, {"name": "Wren", "country": "uk"}, {"ladder": "none"}, {"budget": None}):
            with pytest.raises(ConfigError, match=r"discord-1\.toml: "):
                await bot.set_up(GUILD, asked, ADMIN)
        assert local(bot).name == "Robin"
        assert await bot.store.changes() == ()
    assert community.file.read_text(encoding="utf-8") == BEFORE


async def test_without_a_record_nothing_is_changed(community: Community) -> None:
    async with community.bot() as bot:
        await bot.store.close()  # type: ignore[attr-defined]
        with pytest.raises(StoreError):
            await bot.set_up(GUILD, NAMED, ADMIN)
        assert local(bot).name == "Robin"
    assert community.file.read_text(encoding="utf-8") == BEFORE


async def test_a_bot_with_a_fixed_configuration_says_so(tmp_path: Path) -> None:
    store = await SqliteStore.open(tmp_path / "fixed.db", exclusive=True)
    with pytest.raises(ConfigError, match="is fixed"):
        await made(store, {}, SetClock()).set_up(GUILD, NAMED, ADMIN)
    await store.close()


async def test_the_log_tells_who_and_which_keys_and_no_value(
    community: Community, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with community.bot() as bot:
        await bot.set_up(GUILD, {"name": "Wren", "moderators": "99"}, ADMIN)
        with pytest.raises(ConfigError):
            await bot.set_up(GUILD, {"persona": "Obey."}, ADMIN)
    assert "discord:42 set up discord:1: name, moderators" in caplog.text
    assert not any(word in caplog.text for word in ("Wren", "99", "Ada", "secret words", "Obey"))


async def test_many_at_once_are_all_made(community: Community) -> None:
    asked: list[tuple[str, dict[str, object]]] = [
        ("discord:1", {"country": "DE"}),
        ("discord:2", {"name": "Two"}),
        ("discord:1", {"channels": ["7"]}),
    ]
    async with community.bot() as bot:
        await asyncio.gather(*(bot.set_up(space, each, ADMIN) for space, each in asked))
        assert (local(bot).name, local(bot).country, local(bot).channels) == ("Robin", "DE", ("7",))
        assert bot.configuration().settings.at(Place("discord", "2", "any")).name == "Two"
        assert len(await bot.store.changes()) == 3


STEPS = ("open", "os.mkdir", "os.chmod", "os.rename", "os.remove")  # as the interpreter reports them


def killed_at(community: Community, number: int) -> bool:
    """A child sets up, and is killed right before its n-th step in config/. Out: whether there was one."""
    child = os.fork()
    if child == 0:
        seen, file = 0, community.file

        def look(event: str, arguments: tuple[object, ...]) -> None:
            nonlocal seen
            if event in STEPS and str(file.parent) in str(arguments[0]):
                seen += 1
                if seen > number:
                    os.kill(os.getpid(), signal.SIGKILL)

        async def set_up() -> None:
            async with community.bot() as bot:
                sys.addaudithook(look)
                await bot.set_up(GUILD, NAMED, ADMIN)

        try:
            asyncio.run(set_up())
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def test_killed_anywhere_the_file_is_the_old_or_the_new_one_and_never_without_its_record(tmp_path: Path) -> None:
    shipped()
    outcomes = set()
    for number in range(100):
        community = Community(tmp_path / str(number))
        if not killed_at(community, number):
            break
        changes, became = asyncio.run(community.changes()), load(community.config, {}).at(HERE).name
        assert community.file.read_text(encoding="utf-8").startswith("# ours\n")
        assert changes in ([], [DONE])
        assert changes or became == "Robin"
        outcomes.add((became, len(changes)))
        asyncio.run(again(community))
    assert outcomes == {("Robin", 0), ("Robin", 1), ("Wren", 1)}


async def again(community: Community) -> None:
    """After a restart the admin, who heard nothing, asks again."""
    async with community.bot() as bot:
        await bot.set_up(GUILD, NAMED, ADMIN)
        assert (local(bot).name, local(bot).ladder.name) == ("Wren", "gentle")
        assert (await recorded(bot))[0] == DONE
    assert [path.name for path in community.file.parent.iterdir()] == [community.file.name]


async def test_a_bot_as_it_is_wired_takes_it_over_and_has_it_after_a_restart(tmp_path: Path) -> None:
    config, told = small_config(tmp_path / "config"), list[str]()
    database = tmp_path / "wired.db"
    async with build.running(config, {}, {}, database=database, say=told.append) as bot:
        await bot.set_up(GUILD, {"plain_replies": True, "forums": ("7",)}, ADMIN)
        assert (local(bot).plain_replies, local(bot).forums) == (True, ("7",))
    async with build.running(config, {}, {}, database=database, say=told.append) as bot:
        assert (local(bot).plain_replies, local(bot).forums) == (True, ("7",))
        (row,) = await bot.store.changes()
        assert (row.was, json.dumps(row.now)) == ({}, '{"forums": ["7"], "plain_replies": true}')
    assert not any("not well" in each for each in told)

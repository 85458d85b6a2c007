"""A server that takes the bot out is forgotten after a while; one that is away, or lets it in again, is not."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.build import retain
from bot.domain.installation import Installation
from bot.errors import StoreError
from bot.store.sqlite import SqliteStore
from tests.adapters.discord.community import Community
from tests.servers.discord import Member

LATER = timedelta(days=4)  # longer than [retention] uninstalled


class Failing(SqliteStore):
    """A store that cannot keep where the bot is, this many times, and never tells of its conversations then."""

    times = 0

    async def keep_installation(self, installation: Installation) -> None:
        """Not now."""
        if Failing.times:
            Failing.times -= 1
            raise StoreError("disk I/O error")
        await super().keep_installation(installation)

    async def conversations(self, platform: str, space: str, limit: int = 20) -> Sequence[str]:
        """Not now."""
        if Failing.times:
            raise StoreError("disk I/O error")
        return await super().conversations(platform, space, limit)


async def kept(town: Community) -> bool:
    """Whether anything is kept of the server, once everything that is due is erased."""
    town.clock.wait(LATER)
    settings = replace(town.everything.settings, directory=town.database.parent)
    await retain(town.store, settings, town.clock())
    return bool(await town.store.conversations("discord", str(town.guild.id)))


async def talks(town: Community) -> None:
    """robin and the bot."""
    await town.told(await town.thread(await town.asks("Good evening.")))
    await town.settled()


def bot(town: Community) -> Member:
    """The bot, in the server."""
    return town.guild.members[town.server.bot.id]


async def test_a_server_that_takes_the_bot_out_is_erased_with_what_its_admins_have_set(town: Community) -> None:
    file = town.database.parent / "spaces" / f"discord-{town.guild.id}.toml"
    async with town.running():
        await talks(town)
        town.server.leave(bot(town))
        await town.settled()
        file.parent.mkdir()
        file.write_text('country = "NZ"\n')
        changed = {"country": "NZ"}
        await town.store.remember_change(f"discord:{town.guild.id}", "discord:1", town.clock(), {}, changed)
        assert not await kept(town)
    assert "NZ" not in file.read_text()


@pytest.mark.parametrize("shards", [None, ((0, 1), 2)], ids=["one session", "two"])
async def test_one_that_took_it_out_while_nobody_listened_is_erased_as_well(
    town: Community, shards: tuple[tuple[int, ...], int] | None
) -> None:
    town.shards = shards
    async with town.running():
        await talks(town)
    town.server.leave(bot(town))
    async with town.running():
        await town.settled()
        assert not await kept(town)


async def test_one_that_another_process_hears_of_is_not(town: Community) -> None:
    own = (town.guild.id >> 22) % 2
    town.shards = (own,), 2
    async with town.running():
        await talks(town)
    town.shards = (1 - own,), 2
    async with town.running():
        await town.settled()
        assert await kept(town)


@pytest.mark.parametrize("how", ["an outage", "a new session", "a restart"])
async def test_one_that_is_away_for_a_while_is_not(town: Community, how: str) -> None:
    async with town.running():
        await talks(town)
        town.server.outage(town.guild)
        if how == "a new session":
            before = list(town.server.gateway.sessions)
            town.server.gateway.invalidate()
            await town.server.until(lambda: town.server.gateway.sessions not in ([], before))
        await town.settled()
        if how != "a restart":
            assert await kept(town)
    async with town.running():
        await town.settled()
        assert await kept(town)


async def test_one_that_lets_it_in_again_is_not(town: Community) -> None:
    """Though it cannot be kept at once, nor be caught up with."""
    own, town.kind = bot(town), Failing
    async with town.running():
        await talks(town)
        town.server.leave(own)
        await town.settled()
        town.clock.wait(timedelta(days=1))
        town.guild.members[town.server.bot.id] = own
        Failing.times = 3
        town.server.outage(town.guild, over=True)
        await town.settled()
        assert await kept(town)

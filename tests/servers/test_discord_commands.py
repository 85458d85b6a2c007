"""The commands of the local Discord: registered, localised, used with options."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import discord
import pytest
from discord import app_commands

from tests.fakes.clock import SetClock
from tests.servers.discord import Refused, Role, Server, Upload
from tests.servers.discord_bot import Bot, Library, code, library

VOTES = ["fair", "unfair"]


class Translator(app_commands.Translator):
    """Speaks a little German."""

    async def translate(
        self, string: app_commands.locale_str, locale: discord.Locale, _: app_commands.TranslationContextTypes
    ) -> str | None:
        """The word."""
        words = {"rate": "bewerten", "Rate an ending": "Ein Ende bewerten", "Review": "Prüfen"}
        return words.get(string.message) if locale is discord.Locale.german else None


class Commanded(Bot):
    """A bot with commands of every kind."""

    def __init__(self) -> None:
        super().__init__()
        self.tree = app_commands.CommandTree(self)
        self.used: list[tuple[object, ...]] = []
        reviews = app_commands.Group(
            name="review", description="Endings", default_permissions=discord.Permissions(1 << 34)
        )

        @self.tree.command(name=app_commands.locale_str("rate"), description=app_commands.locale_str("Rate an ending"))
        async def rate(  # noqa: PLR0917  a command's parameters are its options
            interaction: discord.Interaction,
            vote: str,
            who: discord.Member | None = None,
            where: discord.TextChannel | None = None,
            role: discord.Role | None = None,
            file: discord.Attachment | None = None,
            times: app_commands.Range[int, 1, 5] = 1,
        ) -> None:
            raw = await file.read() if file else b""
            self.used.append((vote, who and who.id, where and where.id, role and role.id, raw, times))
            await interaction.response.send_message(f"{interaction.locale}", ephemeral=True)

        @rate.autocomplete("vote")
        async def votes(_: discord.Interaction, current: str) -> list[app_commands.Choice[str]]:
            words = {"many": [f"many {number}" for number in range(26)], "long": ["long" * 26]}.get(current, VOTES)
            return [app_commands.Choice(name=word, value=word) for word in words if word.startswith(current)]

        @reviews.command(name="list", description="What there is")
        async def list_(interaction: discord.Interaction) -> None:
            await interaction.response.send_message("none", ephemeral=True)

        @self.tree.context_menu(name=app_commands.locale_str("Review"))
        async def review(interaction: discord.Interaction, message: discord.Message) -> None:
            await interaction.response.send_message(message.content, ephemeral=True)

        self.tree.add_command(reviews)

    async def setup_hook(self) -> None:
        """Register them."""
        await self.tree.set_translator(Translator())
        await self.tree.sync()


@pytest.fixture
async def ours() -> AsyncIterator[tuple[Library, Commanded]]:
    """A Discord, and its bot with commands."""
    bot = Commanded()
    async with library(bot=bot) as place:
        yield place, bot


Ours = tuple[Library, Commanded]


async def test_commands_are_registered_with_their_languages(ours: Ours) -> None:
    place, bot = ours
    there = place.server.world.commands[0]
    assert set(there) == {(1, "rate"), (1, "review"), (3, "Review")}
    assert there[1, "rate"]["name_localizations"] == {"de": "bewerten"}
    assert there[3, "Review"]["name_localizations"] == {"de": "Prüfen"}
    before = {one.name: one.id for one in await bot.tree.fetch_commands()}
    await bot.tree.sync()
    assert {one.name: one.id for one in await bot.tree.fetch_commands()} == before


async def test_a_guild_may_have_its_own(ours: Ours) -> None:
    place, bot = ours
    bot.tree.copy_global_to(guild=discord.Object(place.guild.id))
    await bot.tree.sync(guild=discord.Object(place.guild.id))
    assert set(place.server.world.commands[place.guild.id]) == set(place.server.world.commands[0])
    place.server.world.commands[0].clear()
    asked = await place.server.slash(place.robin, place.general, "rate", {"vote": "fair"})
    await place.server.until(lambda: asked.answer)
    bot.tree.clear_commands(guild=discord.Object(place.guild.id))
    await bot.tree.sync(guild=discord.Object(place.guild.id))
    assert place.server.world.commands[place.guild.id] == {}


async def test_options_of_every_kind_arrive(ours: Ours) -> None:
    place, bot = ours
    role: Role = place.mo.roles[0]
    options: dict[str, Any] = {
        "vote": "fair",
        "who": place.mo,
        "where": place.general,
        "role": role,
        "file": Upload(name="log.txt", content=b"log"),
        "times": 3,
    }
    asked = await place.server.slash(place.robin, place.general, "rate", options)
    await place.server.until(lambda: asked.answer)
    assert bot.used == [("fair", place.mo.id, place.general.id, role.id, b"log", 3)]
    wrongs: tuple[dict[str, Any], ...] = ({}, {"vote": "fair", "unknown": 1})
    for wrong in wrongs:
        with pytest.raises(AssertionError):
            await place.server.slash(place.robin, place.general, "rate", wrong)


async def test_groups_menus_and_typing_are_answered(ours: Ours) -> None:
    place, _ = ours
    asked = await place.server.slash(place.mo, place.general, "review list")
    await place.server.until(lambda: asked.said() == ["none"])
    said = await place.server.says(place.robin, place.general, "so unfair")
    asked = await place.server.context(place.robin, said, "Review")
    await place.server.until(lambda: asked.said() == ["so unfair"])
    typed = await place.server.autocomplete(place.robin, place.general, "rate", "vote", {"vote": "u"})
    await place.server.until(lambda: typed.choices is not None)
    assert typed.choices == [{"name": "unfair", "value": "unfair"}]


@pytest.mark.parametrize("vote", ["many", "long"])
async def test_there_are_so_many_words_to_choose_from_and_so_long(ours: Ours, vote: str) -> None:
    place, _ = ours
    typed = await place.server.autocomplete(place.robin, place.general, "rate", "vote", {"vote": vote})
    await place.server.until(lambda: place.server.refused)
    assert (place.server.refused[0][1].code, typed.choices) == (50035, None)


async def test_a_command_may_be_for_guilds_alone_and_may_be_taken_away(ours: Ours) -> None:
    place, bot = ours
    dm = place.server.dm(place.robin)
    place.server.world.commands[0][1, "rate"]["contexts"] = [0]
    with pytest.raises(Refused) as caught:
        await place.server.slash(place.robin, dm, "rate", {"vote": "fair"})
    assert code(caught) == 10063
    (first, *_) = await bot.tree.fetch_commands()
    await first.delete()
    assert first.id not in {one.id for one in await bot.tree.fetch_commands()}
    payload: Any = slash()
    await bot.http.upsert_global_command(place.server.bot.id, payload)
    assert place.server.world.commands[0][1, "rate"]["contexts"] is None


async def test_the_bot_hears_the_askers_language(ours: Ours) -> None:
    place, _ = ours
    kim = place.server.member(place.guild, "kim", locale="de")
    asked = await place.server.slash(kim, place.general, "rate", {"vote": "fair"})
    await place.server.until(lambda: asked.said() == ["de"])


def slash(**changes: Any) -> dict[str, Any]:
    """A command with these changes."""
    return {"name": "rate", "description": "Rate an ending", "type": 1} | changes


OPTION = {"name": "vote", "description": "How", "type": 3}
WRONG: dict[str, tuple[list[dict[str, Any]], int]] = {
    "a name in capitals": ([slash(name="Rate")], 50035),
    "a name with a blank": ([slash(name="rate it")], 50035),
    "no description": ([slash(description="")], 50035),
    "a long description": ([slash(description="x" * 101)], 50035),
    "a menu with a long name": ([{"name": "x" * 33, "type": 3}], 50035),
    "a choice without a name": ([slash(options=[OPTION | {"choices": [{"name": "", "value": "x"}]}])], 50035),
    "a menu with a description": ([slash(type=3)], 50035),
    "the same twice": ([slash(), slash()], 50035),
    "an unknown language": ([slash(name_localizations={"xx": "rate"})], 50035),
    "a long word in another language": ([slash(name_localizations={"de": "x" * 33})], 50035),
    "an option needed too late": ([slash(options=[OPTION, OPTION | {"name": "who", "required": True}])], 50035),
    "an option twice": ([slash(options=[OPTION, OPTION])], 50035),
    "too many options": ([slash(options=[OPTION | {"name": f"o{number}"} for number in range(26)])], 50035),
    "too many choices": (
        [slash(options=[OPTION | {"choices": [{"name": str(number), "value": "x"} for number in range(26)]}])],
        50035,
    ),
    "too many menus": ([{"name": f"menu {number}", "type": 3} for number in range(16)], 30032),
    "too many commands": ([slash(name=f"rate{number}") for number in range(101)], 30032),
}


@pytest.mark.parametrize("wrong", WRONG)
async def test_what_is_no_command_is_refused(place: Library, wrong: str) -> None:
    asked, number = WRONG[wrong]
    payload: Any = asked
    with pytest.raises(discord.HTTPException) as caught:
        await place.bot.http.bulk_upsert_global_commands(place.server.bot.id, payload)
    assert code(caught) == number
    assert place.server.world.commands == {}


async def test_two_hundred_new_commands_make_a_day() -> None:
    clock = SetClock()
    async with library(Server(clock), Bot(max_ratelimit_timeout=30)) as place:

        async def register(*names: str) -> None:
            payload: Any = [slash(name=name) for name in names]
            await place.bot.http.bulk_upsert_global_commands(place.server.bot.id, payload)

        for letter in "ab":
            await register(*[f"{letter}{number}" for number in range(100)])
            clock.wait(timedelta(hours=1))
        with pytest.raises(discord.RateLimited) as caught:
            await register("c1")
        assert 21.9 < caught.value.retry_after / 3600 < 22
        await register("b1")  # it is there already
        clock.wait(timedelta(hours=22))
        await register("c1")

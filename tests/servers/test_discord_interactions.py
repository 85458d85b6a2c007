"""Commands, buttons and forms of the local Discord."""

import discord
import pytest
from discord import app_commands

from tests.servers.discord import Refused
from tests.servers.discord_bot import Bot, code, library


class Commanded(Bot):
    """A bot with commands."""

    def __init__(self) -> None:
        super().__init__()
        self.tree = app_commands.CommandTree(self)

        @self.tree.command(description="Say it again")
        async def echo(interaction: discord.Interaction, text: str, who: discord.Member | None = None) -> None:
            await interaction.response.send_message(f"{text} {who}", ephemeral=who is None)

        @self.tree.context_menu(name="Review this ending")
        @app_commands.default_permissions(manage_threads=True)
        async def review(interaction: discord.Interaction, message: discord.Message) -> None:
            await interaction.response.defer(ephemeral=True, thinking=True)
            await interaction.followup.send(f"about {message.content}")

    async def setup_hook(self) -> None:
        """Register them."""
        await self.tree.sync()


async def test_a_command_is_answered_for_one_or_for_all() -> None:
    async with library(bot=Commanded()) as place:
        asked = await place.server.slash(place.robin, place.general, "echo", {"text": "hello"})
        await place.server.until(lambda: asked.answer)
        assert (asked.said(), place.general.said()) == (["hello None"], [])
        asked = await place.server.slash(place.robin, place.general, "echo", {"text": "hello", "who": place.mo})
        await place.server.until(lambda: asked.answer)
        assert place.general.said() == ["hello mo"]


async def test_a_moderators_menu_is_not_for_members() -> None:
    async with library(bot=Commanded()) as place:
        said = await place.server.says(place.robin, place.general, "so unfair")
        with pytest.raises(Refused) as caught:
            await place.server.context(place.robin, said, "Review this ending")
        assert code(caught) == 50013
        asked = await place.server.context(place.mo, said, "Review this ending")
        await place.server.until(lambda: asked.said() == ["about so unfair"])

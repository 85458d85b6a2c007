"""A bot that leaves its interactions to a test."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import discord

from tests.servers.discord import Interaction, Message
from tests.servers.discord_bot import Bot, Library, library


class Answering(Bot):
    """A bot that leaves its interactions to the test."""

    async def take(self) -> discord.Interaction:
        """The latest interaction, as soon as there is one that was not taken."""
        found: discord.Interaction = await self.next("interaction", lambda one: one.id not in self.taken)
        self.taken.add(found.id)
        return found

    def __init__(self) -> None:
        super().__init__()
        self.taken: set[int] = set()
        self.tree = discord.app_commands.CommandTree(self)

        @self.tree.command(description="Say it again")
        async def echo(_: discord.Interaction, text: str) -> None: ...

        @self.tree.context_menu(name="Review this ending")
        @discord.app_commands.default_permissions(manage_threads=True)
        async def review(_: discord.Interaction, message: discord.Message) -> None: ...

    async def setup_hook(self) -> None:
        """Register them."""
        await self.tree.sync()


@asynccontextmanager
async def answering() -> AsyncIterator[tuple[Library, Answering]]:
    """A Discord, and its bot that leaves its interactions to the test."""
    bot = Answering()
    async with library(bot=bot) as place:
        yield place, bot


Here = tuple[Library, Answering]


async def slashed(here: Here) -> tuple[Interaction, discord.Interaction]:
    """A command robin has used: as it is, and as the bot has it."""
    place, bot = here
    asked = await place.server.slash(place.robin, place.general, "echo", {"text": "hello"})
    return asked, await bot.take()


class Form(discord.ui.Modal, title="Appeal"):
    """What can be said against an ending."""

    reason = discord.ui.TextInput[discord.ui.Modal](label="What was unfair?", min_length=3, custom_id="reason")


def fair() -> discord.ui.View:
    """A button."""
    view = discord.ui.View(timeout=None)
    view.add_item(discord.ui.Button(label="Fair", custom_id="fair:7"))
    return view


async def pressed(here: Here, message: discord.Message) -> tuple[Interaction, discord.Interaction]:
    """The button of a message, pressed by robin."""
    place, bot = here
    asked = await place.server.press(place.robin, where(place, message), "fair:7")
    return asked, await bot.take()


def where(place: Library, message: discord.Message) -> Message:
    """A message, as it is."""
    return place.server.world.channels[message.channel.id].messages[message.id]

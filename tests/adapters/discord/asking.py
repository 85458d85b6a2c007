"""People who use commands, buttons and forms of the bot's, and what they are shown."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from adapters.discord.people.interactions import Interactions
from tests.adapters.discord.community import Community, Town
from tests.servers.discord_drafts import EPHEMERAL, parts
from tests.servers.discord_state import Interaction, Message


@asynccontextmanager
async def attended(town: Community) -> AsyncIterator[None]:
    """The bot, in a process of its own as it were, whose commands are listed."""
    town.parts = (Interactions(),)
    async with town.running():
        await town.server.until(lambda: town.server.world.commands)
        yield


async def answered(town: Town, asked: Interaction) -> Message:
    """The answer, as soon as it is there and all that follows from it is done."""
    await town.server.until(lambda: asked.original is not None and asked.original.content)
    # the library names the tasks that answer commands
    while answering := [task for task in asyncio.all_tasks() if task.get_name().startswith("CommandTree")]:
        await asyncio.wait(answering)
    await town.settled()
    assert asked.original is not None
    return asked.original


async def shown(town: Town, asked: Interaction) -> Mapping[str, str]:
    """A form, as soon as it is shown: its texts, by what they are for."""
    await town.server.until(lambda: asked.modal is not None)
    assert asked.modal is not None
    (label,) = asked.modal["components"]
    return {"title": asked.modal["title"], "field": label["label"], "id": asked.modal["custom_id"]}


def buttons(message: Message) -> dict[str, str]:
    """What can be pressed under a message: the ids, by what is written on them."""
    return {one["label"]: one["custom_id"] for one in parts(message.components) if "label" in one}


def hidden(message: Message) -> bool:
    """Whether only whoever asked sees it."""
    return bool(message.flags & EPHEMERAL) and message.only is not None

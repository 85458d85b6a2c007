"""What the gateway of the local Discord tells, to whom, and how that goes wrong."""

import asyncio

import discord
import pytest

from tests.servers.discord import Server, pointed
from tests.servers.discord_bot import INTENTS, Bot, Library, connected, library


async def texts(place: Library, *wanted: str) -> list[str]:
    """What the bot has heard in #general, once it has heard the last of what is wanted."""
    await place.bot.next("message", lambda one: one.content == wanted[-1])
    return [message.content for message in place.bot.all("message")]


async def test_events_come_backwards_twice_or_never(place: Library) -> None:
    gateway = place.server.gateway
    gateway.hold()
    for text in ("One", "Two"):
        await place.server.says(place.robin, place.general, text)
    gateway.release(backwards=True)
    gateway.spoil("MESSAGE_CREATE", "twice")
    await place.server.says(place.robin, place.general, "Three")
    gateway.spoil("MESSAGE_CREATE", "lost")
    await place.server.says(place.robin, place.general, "Four")
    await place.server.says(place.robin, place.general, "Five")
    assert await texts(place, "Five") == ["Two", "One", "Three", "Three", "Five"]


async def test_an_event_the_client_cannot_read_ends_it() -> None:
    bot = Bot()
    async with Server() as server:
        with pointed(server):
            running = asyncio.create_task(bot.start(server.token))
            await bot.next("ready")
            guild = server.guild("The Library")
            server.gateway.spoil("MESSAGE_CREATE", "unreadable")
            await server.says(server.member(guild, "robin"), server.channel(guild, "general"), "Hello.")
            with pytest.raises(KeyError):
                await running
        await bot.close()


async def test_events_may_take_their_time(place: Library) -> None:
    place.server.gateway.latency = 0.05
    said = asyncio.get_running_loop().time()
    await place.server.says(place.robin, place.general, "Hello.")
    assert not place.bot.all("message")
    await place.bot.next("message")
    left = next(frame.at for frame in place.server.gateway.told if frame.name == "MESSAGE_CREATE")
    assert left - said >= 0.05


async def test_without_the_content_intent_only_what_is_for_the_bot_has_words(place: Library) -> None:
    place.server.world.application.allowed &= 0
    bot = Bot(discord.Intents(INTENTS.value & ~(1 << 15)))
    async with connected(place.server, bot):
        mine = await bot.get_partial_messageable(place.general.id).send("Mine.")
        dm = place.server.dm(place.robin)
        said = [
            await place.server.says(place.robin, place.general, "Not for you."),
            await place.server.says(place.robin, place.general, "For you.", mentions=[place.server.bot]),
            await place.server.says(place.robin, place.general, "Thanks.", reply_to=place.general.messages[mine.id]),
            await place.server.says(place.robin, dm, "Between us."),
        ]
        await bot.next("message", lambda one: one.id == said[-1].id)
        heard = [message.content for message in bot.all("message")]
        assert heard == ["Mine.", "", f"<@{place.server.bot.id}> For you.", "Thanks.", "Between us."]
        channel = bot.get_partial_messageable(place.general.id)
        assert [one.content async for one in channel.history()] == heard[3::-1]
    assert "Not for you." in [message.content for message in place.bot.all("message")]


async def test_what_a_message_for_the_bot_answers_stays_without_words(place: Library) -> None:
    bot = Bot(discord.Intents(INTENTS.value & ~(1 << 15)))
    async with connected(place.server, bot):
        said = await place.server.says(place.robin, place.general, "Not for you.")
        await place.server.says(place.mo, place.general, "See?", reply_to=said, mentions=[place.server.bot])
        heard = await bot.next("message", lambda one: one.content)
        assert heard.reference.resolved.content == ""


async def test_a_guild_that_is_out_is_not_there_at_first(place: Library) -> None:
    place.server.outage(place.guild)
    async with connected(place.server, Bot()) as bot:
        assert [guild.unavailable for guild in bot.guilds] == [True]
        place.server.outage(place.guild, over=True)
        assert (await bot.next("guild_available")).name == "The Library"


async def test_intents_decide_what_is_told(place: Library) -> None:
    bot = Bot(discord.Intents(guilds=True, guild_messages=True, message_content=True))
    async with connected(place.server, bot):
        message = await place.server.says(place.robin, place.general, "One")
        await place.server.reacts(place.robin, message, "👍")
        await place.server.says(place.robin, place.server.dm(place.robin), "Two")
        await place.server.says(place.robin, place.general, "Three")
        await bot.next("message", lambda one: one.content == "Three")
        assert [one.content for one in bot.all("message")] == ["One", "Three"]
        assert bot.all("raw_reaction_add") == []
    assert place.bot.all("raw_reaction_add")


async def test_members_can_be_asked_for() -> None:
    async with library() as place:
        place.server.world.application.allowed |= 1 << 1
        async with connected(place.server, Bot(INTENTS | discord.Intents(members=True))) as bot:
            assert len(bot.guilds[0].members) == len(place.guild.members)
            (found,) = await bot.guilds[0].query_members("ro")
            assert found.id == place.robin.id
            place.server.give(place.robin, *place.mo.roles)
            _, after = await bot.next("member_update")
            assert [role.name for role in after.roles] == ["@everyone", "moderators"]


async def test_a_gateway_may_be_frozen(place: Library) -> None:
    place.server.gateway.frozen = True
    await place.server.says(place.robin, place.general, "Anybody?")
    await place.server.gateway.read()
    assert not place.bot.all("message")
    assert place.server.gateway.connected


async def test_a_client_leaves_a_frozen_gateway_and_is_told_the_rest_later() -> None:
    bot = Bot(heartbeat_timeout=0.2)
    server = Server()
    server.gateway.beats = 20
    async with library(server, bot) as place:
        server.gateway.frozen = True
        await server.says(place.robin, place.general, "Anybody?")
        await server.until(lambda: not server.gateway.connected)
        server.gateway.frozen = False
        await bot.next("resumed")
        assert [message.content for message in bot.all("message")] == ["Anybody?"]

"""The gateway of the local Discord: sessions begin, break off, go on, and are told what they asked for."""

import asyncio
from typing import Any

import aiohttp
import discord
import pytest

from tests.servers.discord import Server, pointed
from tests.servers.discord_bot import INTENTS, Bot, Library, connected, library
from tests.servers.discord_session import Op

CODES: dict[int, type[Exception]] = {
    4004: discord.ConnectionClosed,
    4013: discord.ConnectionClosed,
    4014: discord.PrivilegedIntentsRequired,
}


async def texts(place: Library, *wanted: str) -> list[str]:
    """What the bot has heard in #general, once it has heard the last of what is wanted."""
    await place.bot.next("message", lambda one: one.content == wanted[-1])
    return [message.content for message in place.bot.all("message")]


async def test_a_session_says_what_it_wants_and_beats(place: Library) -> None:
    (session,) = place.server.gateway.sessions
    assert (int(session.intents), session.shard) == (INTENTS.value, (0, 1))
    assert [frame.name for frame in place.server.gateway.told][:2] == ["READY", "GUILD_CREATE"]
    assert place.server.gateway.heard[0].op == Op.BEAT
    assert place.bot.guilds[0].get_channel(place.general.id)


@pytest.mark.parametrize("cut", ["abort", "code"])
async def test_a_session_goes_on_and_is_told_what_it_missed(place: Library, cut: str) -> None:
    gateway = place.server.gateway
    await place.server.says(place.robin, place.general, "Before.")
    await place.bot.next("message")
    if cut == "abort":
        gateway.abort()
        await place.server.says(place.robin, place.general, "Meanwhile.")
    else:
        await asyncio.gather(gateway.close(4000), place.server.says(place.robin, place.general, "Meanwhile."))
    assert await texts(place, "Meanwhile.") == ["Before.", "Meanwhile."]
    await place.bot.next("resumed")
    (session,) = gateway.sessions
    assert (session.resumed, len(place.bot.all("ready"))) == (1, 1)


async def test_a_client_that_is_asked_to_connects_anew(place: Library) -> None:
    place.server.gateway.reconnect()
    await place.bot.next("resumed")
    await place.server.says(place.robin, place.general, "Still there?")
    assert await texts(place, "Still there?") == ["Still there?"]


async def test_a_gateway_that_is_down_at_first_confuses_the_client() -> None:
    async with Server() as server:
        server.gateway.down = True
        with pytest.raises(AttributeError, match="sequence"):  # discord.py's issue 10520: begin with a new client
            async with connected(server, Bot()):
                pass
        server.gateway.down = False
        async with connected(server, Bot()):
            assert server.gateway.connected


@pytest.mark.parametrize("lost", ["invalid", "4009"])
async def test_a_session_that_is_lost_begins_anew_without_what_it_missed(place: Library, lost: str) -> None:
    gateway = place.server.gateway
    (before,) = gateway.sessions
    await place.server.says(place.robin, place.general, "Before.")
    await place.bot.next("message")
    if lost == "4009":
        await gateway.close(4009)
    else:
        gateway.invalidate()
    await place.server.says(place.robin, place.general, "Meanwhile.")
    await place.bot.next("ready", lambda _: len(place.bot.all("ready")) == 2)
    await place.server.says(place.robin, place.general, "After.")
    assert await texts(place, "After.") == ["Before.", "After."]
    (after,) = gateway.sessions
    assert (after.resumed, after is before) == (0, False)


@pytest.mark.parametrize(("code", "error"), CODES.items())
async def test_a_code_may_be_the_end(code: int, error: type[Exception]) -> None:
    async with Server() as server:
        server.gateway.turned_away.append(code)
        with pytest.raises(error):
            async with connected(server, Bot()):
                pass
        assert server.gateway.closed == [code]


async def test_intents_must_be_turned_on_in_the_portal() -> None:
    async with Server() as server:
        with pytest.raises(discord.PrivilegedIntentsRequired):
            async with connected(server, Bot(INTENTS | discord.Intents(members=True))):
                pass
        assert server.gateway.closed == [4014]


async def test_a_wrong_token_is_refused_everywhere() -> None:
    async with Server() as server, aiohttp.ClientSession() as http:
        bot = Bot()
        with pointed(server), pytest.raises(discord.LoginFailure):
            await bot.start("somebody else's")
        await bot.close()
        async with http.ws_connect(server.gateway.url) as socket:
            await socket.receive_json()
            await socket.send_json({"op": Op.IDENTIFY, "d": {"token": "somebody else's", "intents": 0}})
            assert (await socket.receive()).data == 4004


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        ([{"op": Op.PRESENCE, "d": {}}], 4003),
        ([{"op": Op.IDENTIFY, "d": {"intents": 1 << 40}}], 4013),
        ([{"op": Op.IDENTIFY, "d": {"intents": 1, "shard": [2, 2]}}], 4010),
        ([{"op": Op.IDENTIFY, "d": {"intents": 1}}] * 2, 4005),
        ([{"op": Op.IDENTIFY, "d": {"intents": 1}}, {"op": 99, "d": {}}], 4001),
        ([{"op": Op.IDENTIFY, "d": {"intents": 1}}] + [{"op": Op.PRESENCE, "d": {}}] * 120, 4008),
    ],
)
async def test_what_no_client_may_say_is_refused(frames: list[dict[str, Any]], code: int) -> None:
    async with Server() as server, aiohttp.ClientSession() as http, http.ws_connect(server.gateway.url) as socket:
        for frame in frames:
            whole = frame["d"] | {"token": server.token} if frame["op"] == Op.IDENTIFY else frame["d"]
            await socket.send_json({"op": int(frame["op"]), "d": whole})
        while not socket.closed:
            await socket.receive()
        assert socket.close_code == code


async def test_a_session_of_nobody_cannot_go_on() -> None:
    async with Server() as server, aiohttp.ClientSession() as http, http.ws_connect(server.gateway.url) as socket:
        await socket.receive_json()
        await socket.send_json({"op": Op.RESUME, "d": {"token": server.token, "session_id": "none", "seq": 1}})
        assert await socket.receive_json() == {"op": Op.INVALID, "s": None, "t": None, "d": False}


async def test_a_session_cannot_go_on_from_the_future(place: Library) -> None:
    (session,) = place.server.gateway.sessions
    async with aiohttp.ClientSession() as http, http.ws_connect(place.server.gateway.url) as socket:
        await socket.receive_json()
        asked = {"token": place.server.token, "session_id": session.id, "seq": session.number + 1}
        await socket.send_json({"op": Op.RESUME, "d": asked})
        assert (await socket.receive()).data == 4007


async def test_a_client_that_says_goodbye_has_no_session_left() -> None:
    async with Server() as server, aiohttp.ClientSession() as http:
        for code, left in ((1000, 0), (4000, 1)):
            async with http.ws_connect(server.gateway.url) as socket:
                await socket.send_json({"op": Op.IDENTIFY, "d": {"token": server.token, "intents": 1}})
                await server.until(lambda: server.gateway.connected)
                await socket.close(code=code)
            await server.until(lambda: not server.gateway.connected)
            assert len(server.gateway.sessions) == left


# what it is told


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


# shards


class Sharded(discord.AutoShardedClient):
    """A bot in shards, without five seconds between them."""

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Do not wait."""


@pytest.mark.parametrize("shards", [None, 2])
async def test_a_shard_is_told_of_its_own_guilds(shards: int | None) -> None:
    async with Server() as server:
        server.gateway.shards = 2
        guilds = [server.guild(name, number=number << 22) for number, name in enumerate(("Even", "Odd"), 2)]
        channels = [server.channel(guild, "general") for guild in guilds]
        client = Sharded(intents=INTENTS, shard_count=shards, guild_ready_timeout=0.1, chunk_guilds_at_startup=False)
        heard: list[tuple[int | None, str]] = []
        came = asyncio.Event()

        @client.event
        async def on_message(message: discord.Message) -> None:
            heard.append((message.guild.shard_id if message.guild else 0, message.content))
            came.set()

        with pointed(server):
            running = asyncio.create_task(client.start(server.token))
            await server.until(lambda: len([f for f in server.gateway.told if f.name == "GUILD_CREATE"]) == 2)
            robins = [server.member(guild, "robin") for guild in guilds]
            for robin, channel, text in zip(robins, channels, ("one", "two"), strict=True):
                came.clear()
                await server.says(robin, channel, text)
                await came.wait()
            assert {session.shard for session in server.gateway.sessions} == {(0, 2), (1, 2)}
            await client.close()
            await asyncio.gather(running, return_exceptions=True)
        assert heard == [(0, "one"), (1, "two")]
        assert len(server.requests("GET /gateway/bot")) == (shards is None)


async def test_the_addresses_are_put_back(place: Library) -> None:
    before = discord.http.Route.BASE
    async with Server() as other:
        with pointed(other):
            assert f"{other.world.url}/api/v10" == discord.http.Route.BASE
    assert before == discord.http.Route.BASE != "https://discord.com/api/v10"

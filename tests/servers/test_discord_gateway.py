"""The gateway of the local Discord: sessions begin, break off, go on, and are told what they asked for."""

import asyncio
from typing import Any

import aiohttp
import discord
import pytest

from tests.servers.discord import Server, pointed
from tests.servers.discord_bot import INTENTS, Bot, Library, connected
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


@pytest.mark.parametrize("why", ["reconnect", "invalid"])
async def test_a_client_that_is_asked_to_connects_anew(place: Library, why: str) -> None:
    if why == "reconnect":
        place.server.gateway.reconnect()
    else:
        place.server.gateway.invalidate(resumable=True)
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


@pytest.mark.parametrize("lost", ["invalid", "4007", "4009"])
async def test_a_session_that_is_lost_begins_anew_without_what_it_missed(place: Library, lost: str) -> None:
    gateway = place.server.gateway
    (before,) = gateway.sessions
    await place.server.says(place.robin, place.general, "Before.")
    await place.bot.next("message")
    if lost == "invalid":
        gateway.invalidate()
    else:
        await gateway.close(int(lost))
    assert before not in gateway.sessions
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


async def test_heartbeats_are_acknowledged_unless_all_is_frozen() -> None:
    async with Server() as server, aiohttp.ClientSession() as http, http.ws_connect(server.gateway.url) as socket:
        assert (await socket.receive_json())["op"] == Op.HELLO
        for frozen in (True, False):
            server.gateway.frozen = frozen
            await socket.send_json({"op": Op.BEAT, "d": None})
            await server.until(lambda: len(server.gateway.heard) == 2 - server.gateway.frozen)
        assert (await socket.receive_json())["op"] == Op.ACK
        await socket.send_json({"op": Op.RESUME, "d": {"token": server.token, "session_id": "none", "seq": 1}})
        assert (await socket.receive_json())["op"] == Op.INVALID


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


async def test_the_addresses_are_put_back(place: Library) -> None:
    before = discord.http.Route.BASE
    async with Server() as other:
        with pointed(other):
            assert f"{other.world.url}/api/v10" == discord.http.Route.BASE
    assert before == discord.http.Route.BASE != "https://discord.com/api/v10"

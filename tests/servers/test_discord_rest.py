"""REST of the local Discord: how it fails on demand, its limits, its records, and what the gateway says beside it."""

import asyncio
import time
from datetime import timedelta

import aiohttp
import discord
import pytest

from tests.fakes.clock import SetClock
from tests.servers.discord import Drops, Fails, Hangs, Limits, Server, Waits
from tests.servers.discord_bot import Bot, Library, code, library
from tests.servers.discord_rest import Echo

POST = "POST /channels/*/messages"


# faults


@pytest.mark.parametrize("stored", [False, True])
async def test_a_503_may_come_before_a_message_is_stored_or_after(place: Library, stored: bool) -> None:
    place.server.fault(POST, Fails(status=503, stored=stored))
    channel = place.shown(place.general)
    with pytest.raises(discord.DiscordServerError) as caught:
        await channel.send("Hello.", nonce="turn-1")
    assert caught.value.status == 503  # the client does not try again by itself
    assert place.general.said() == ["Hello."] * stored
    said = await channel.send("Hello.", nonce="turn-1")
    assert place.general.said() == ["Hello."]
    assert said.id in place.general.messages


@pytest.mark.parametrize("stored", [False, True])
async def test_a_connection_may_be_reset_before_a_message_is_stored_or_after(place: Library, stored: bool) -> None:
    place.server.fault(POST, Drops(stored=stored))
    with pytest.raises(aiohttp.ClientError):
        await place.shown(place.general).send("Hello.", nonce="turn-1")
    assert place.general.said() == ["Hello."] * stored
    if stored:
        assert (await place.bot.next("message")).nonce == "turn-1"


async def test_the_client_tries_again_after_a_502_and_says_it_once(place: Library) -> None:
    place.server.fault(POST, Fails(status=502, html=True, stored=True))
    await place.shown(place.general).send("Hello.", nonce="turn-1")
    assert place.general.said() == ["Hello."]
    assert [asked.status for asked in place.server.requests(POST)] == [502, 200]


@pytest.mark.parametrize("stored", [False, True])
async def test_nobody_may_ever_answer(place: Library, stored: bool) -> None:
    place.server.fault(POST, Hangs(stored=stored))
    sending = asyncio.create_task(place.shown(place.general).send("Hello."))
    await place.server.until(lambda: place.server.requests(POST) and bool(place.general.messages) == stored)
    if stored:
        await place.bot.next("message")
    assert not sending.done()
    sending.cancel()
    await place.server.until(lambda: place.server.requests(POST)[0].answered)
    assert place.server.requests(POST)[0].status is None


@pytest.mark.parametrize("stored", [False, True])
async def test_an_answer_may_wait_for_a_test(place: Library, stored: bool) -> None:
    go = asyncio.Event()
    place.server.fault(POST, Waits(until=go, stored=stored))
    sending = asyncio.create_task(place.shown(place.general).send("Hello."))
    await place.server.until(lambda: place.server.requests(POST) and bool(place.general.messages) == stored)
    assert not sending.done()
    go.set()
    await sending
    assert place.general.said() == ["Hello."]


async def test_an_answer_may_take_its_time(place: Library) -> None:
    place.server.fault(POST, Waits(until=0.05))
    await place.shown(place.general).send("Hello.")
    (asked,) = place.server.requests(POST)
    assert asked.answered
    assert asked.answered - asked.at >= 0.05


async def test_faults_come_in_a_row_and_only_where_they_were_put(place: Library) -> None:
    channel = place.shown(place.general)
    place.server.fault(POST, Fails(status=400, code=200000, text="blocked"), Fails(status=403, code=50013), times=2)
    for number in (200000, 50013, 200000, 50013):
        assert [one async for one in channel.history()] == []
        with pytest.raises(discord.HTTPException) as caught:
            await channel.send("Hello.")
        assert code(caught) == number
    await channel.send("Hello.")


# limits


async def test_a_limit_is_waited_for_when_it_comes_from_discord(place: Library) -> None:
    place.server.fault(POST, Limits(after=0.05))
    await place.shown(place.general).send("Hello.")
    first, second = place.server.requests(POST)
    assert second.at - first.at >= 0.05
    place.server.fault(POST, Limits(after=0.05, via=False))
    with pytest.raises(discord.HTTPException) as caught:
        await place.shown(place.general).send("Hello.")
    assert caught.value.status == 429


async def test_a_limit_for_everything_is_waited_for_too(place: Library) -> None:
    place.server.fault(POST, Limits(after=0.05, everywhere=True))
    await place.shown(place.general).send("Hello.")
    first, second = place.server.requests(POST)
    assert ([first.status, second.status], second.at - first.at >= 0.05) == ([429, 200], True)
    assert place.server.refused[0][1].more["global"]


async def test_a_bucket_is_for_a_route_and_a_channel(place: Library) -> None:
    place.server.rest.buckets.limit(POST, 2, per=0.1)
    other = place.server.channel(place.guild, "other")
    await place.bot.next("guild_channel_create")
    for _ in range(3):
        await place.shown(place.general).send("Hello.")
    await place.shown(other).send("Hello.")
    requests = place.server.requests(POST)
    assert [asked.status for asked in requests] == [200] * 4  # the client waits by itself, as the headers say
    assert requests[2].at - requests[1].at >= 0.08


async def test_a_bucket_refuses_what_is_too_much() -> None:
    clock = SetClock()
    async with Server(clock) as server, aiohttp.ClientSession() as http:
        server.rest.buckets.limit("GET /users/*", 1, per=60)
        server.rest.buckets.limit_all(3)
        url, headers = f"{server.world.url}/api/v10", {"Authorization": f"Bot {server.token}"}

        async def get(path: str) -> tuple[int, bool | None]:
            async with http.get(url + path, headers=headers) as response:
                body = await response.json()
                assert response.content_type == "application/json"
                return response.status, body.get("global")

        assert [await get("/users/@me"), await get("/users/@me")] == [(200, None), (429, False)]
        assert [await get("/gateway/bot"), await get("/gateway/bot")] == [(200, None), (429, True)]
        async with http.post(f"{url}/interactions/1/token/callback", json={}) as response:
            assert response.status == 404
        clock.wait(timedelta(minutes=1))
        assert await get("/users/@me") == (200, None)


async def test_a_bucket_of_one_channel_leaves_others_alone(place: Library) -> None:
    place.server.rest.buckets.limit("GET /channels/*", 1, per=60)
    other = place.server.channel(place.guild, "other")
    headers = {"Authorization": f"Bot {place.server.token}"}
    statuses = []
    async with aiohttp.ClientSession(headers=headers) as http:
        for channel in (place.general, other, place.general):
            async with http.get(f"{place.server.url}/channels/{channel.id}") as response:
                statuses.append(response.status)
    assert statuses == [200, 200, 429]


async def test_no_token_no_answer() -> None:
    async with Server() as server, aiohttp.ClientSession() as http:
        async with http.get(f"{server.world.url}/api/v10/users/@me") as response:
            assert (response.status, await response.json()) == (401, {"message": "401: Unauthorized", "code": 0})
        headers = {"Authorization": f"Bot {server.token}"}
        async with http.get(f"{server.world.url}/api/v10/nowhere", headers=headers) as response:
            assert response.status == 404
        assert [refused.status for _, refused in server.refused] == [401, 404]


# beside the gateway


@pytest.mark.parametrize("echo", ["before", "after", "held"])
async def test_the_bots_own_message_is_told_before_its_request_is_answered_or_after(place: Library, echo: Echo) -> None:
    place.server.rest.echo = echo
    said = await place.shown(place.general).send("Hello.", nonce="turn-1")
    heard = [one.id for one in place.bot.all("message")]
    assert heard == ([said.id] if echo == "before" else [])
    if echo == "held":
        await place.server.says(place.robin, place.general, "Hello?")
        await place.bot.next("message", lambda one: one.content == "Hello?")
        place.server.rest.release()
    assert (await place.bot.next("message", lambda one: one.nonce == "turn-1")).id == said.id


async def test_what_members_do_is_told_while_the_bots_own_is_held_back(place: Library) -> None:
    place.server.rest.echo = "held"
    message = await place.asked()
    await message.create_thread(name="tides")
    assert place.bot.all("thread_create") == []
    place.server.rest.release()
    await place.bot.next("thread_create")
    await place.bot.next("message", lambda one: one.type is discord.MessageType.thread_starter_message)


async def test_how_long_an_answer_takes_can_be_read_off(place: Library) -> None:
    class Answers(Bot):
        async def on_message(self, message: discord.Message) -> None:
            if message.author != self.user:
                await message.reply("Twice a day.")

    async with library(bot=Answers()) as there:
        question = await there.server.says(there.robin, there.general, "How do tides work?")
        await there.server.until(lambda: len(there.general.messages) == 2)
        told = next(frame for frame in there.server.gateway.told if frame.name == "MESSAGE_CREATE")
        (asked,) = there.server.requests(POST)
        assert isinstance(told.payload, dict)
        assert told.payload["id"] == str(question.id)
        assert 0 < asked.at - told.at < time.monotonic() - told.at
        assert asked.fields["message_reference"]["message_id"] == question.id
        assert "Authorization" not in asked.headers


async def test_ids_hold_their_time_and_grow() -> None:
    clock = SetClock()
    server = Server(clock)
    first, second = server.world.snowflake(), server.world.snowflake()
    clock.wait(timedelta(seconds=-10))
    third = server.world.snowflake()
    assert first < second < third
    assert abs(discord.utils.snowflake_time(first) - clock.at) < timedelta(seconds=11)

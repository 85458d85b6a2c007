"""Files at messages of the local Discord, up and down."""

import io
from datetime import timedelta

import aiohttp
import discord
import pytest

from tests.fakes.clock import SetClock
from tests.servers.discord import Fails, Server, Upload
from tests.servers.discord_bot import Library, code, library
from tests.servers.discord_drafts import MOST_FILE

PICTURE = Upload(name="tide.png", content=b"\x89PNG", media_type="image/png")


async def test_a_members_file_can_be_fetched(place: Library) -> None:
    await place.server.says(place.robin, place.general, "", attachments=[PICTURE])
    (file,) = (await place.bot.next("message")).attachments
    assert (file.filename, file.size, file.content_type) == ("tide.png", 4, "image/png")
    assert await file.read() == b"\x89PNG"


async def test_a_link_holds_for_a_day() -> None:
    clock = SetClock()
    async with library(Server(clock)) as place:
        said = await place.server.says(place.robin, place.general, "Look.", attachments=[PICTURE])
        (file,) = (await place.bot.next("message")).attachments
        clock.wait(timedelta(hours=25))
        with pytest.raises(discord.NotFound):
            await file.read()
        (anew,) = (await place.shown(place.general).fetch_message(said.id)).attachments
        assert await anew.read() == b"\x89PNG"


async def test_a_file_may_fail_to_come(place: Library) -> None:
    place.server.fault("GET /attachments/*/*/*", Fails(status=503))
    await place.server.says(place.robin, place.general, "", attachments=[PICTURE])
    (file,) = (await place.bot.next("message")).attachments
    with pytest.raises(discord.HTTPException):
        await file.read()


async def test_the_bot_sends_files(place: Library) -> None:
    files = [
        discord.File(io.BytesIO(b"# One"), "one.md", description="the first"),
        discord.File(io.BytesIO(b"# Two"), "two.md"),
    ]
    said = await place.shown(place.general).send("Here.", files=files, nonce="turn-1")
    kept = place.general.messages[said.id].attachments
    assert [(one.name, one.content, one.description) for one in kept] == [
        ("one.md", b"# One", "the first"),
        ("two.md", b"# Two", None),
    ]
    assert await said.attachments[1].read() == b"# Two"
    edited = await said.edit(attachments=[said.attachments[1]])
    assert [one.filename for one in edited.attachments] == ["two.md"]


async def test_there_are_ten_files_at_most(place: Library) -> None:
    form = aiohttp.FormData(quote_fields=False)
    form.add_field("payload_json", "{}")
    for number in range(11):
        form.add_field(f"files[{number}]", b"x", filename=f"{number}.md")
    headers = {"Authorization": f"Bot {place.server.token}"}
    path = f"{place.server.url}/channels/{place.general.id}/messages"
    async with aiohttp.ClientSession(headers=headers) as http, http.post(path, data=form) as response:
        assert (response.status, (await response.json())["code"]) == (400, 50035)


async def test_a_file_may_be_too_large(place: Library) -> None:
    with pytest.raises(discord.HTTPException) as caught:
        await place.shown(place.general).send(file=discord.File(io.BytesIO(bytes(MOST_FILE + 1)), "much.bin"))
    assert (caught.value.status, code(caught)) == (413, 40005)

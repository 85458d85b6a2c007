"""Commands of the local Discord, and the few seconds the bot has to answer."""

from datetime import timedelta
from typing import Any

import discord
import pytest

from tests.fakes.clock import SetClock
from tests.servers.discord import Permission, Refused, Server
from tests.servers.discord_answering import Answering, Here, slashed
from tests.servers.discord_bot import code, library


async def test_an_answer_is_for_all_or_for_one(here: Here) -> None:
    place, _ = here
    asked, seen = await slashed(here)
    assert (seen.user.id, seen.locale, seen.permissions.manage_threads) == (
        place.robin.id,
        discord.Locale.american_english,
        False,
    )
    callback = await seen.response.send_message("Twice a day.")
    assert callback.message_id in place.general.messages
    assert place.general.messages[callback.message_id or 0].kind == 20
    hidden, seen = await slashed(here)
    await seen.response.send_message("Only for you.", ephemeral=True)
    assert (place.general.said(), hidden.said()) == (["Twice a day."], ["Only for you."])
    assert hidden.original
    assert hidden.original.only is place.robin.user
    assert asked.original is place.general.messages[callback.message_id or 0]


async def test_there_is_one_first_answer(here: Here) -> None:
    place, bot = here
    _, seen = await slashed(here)
    await seen.response.defer()
    again = await bot.next("interaction", lambda one: one.id == seen.id)
    again.response._response_type = None
    with pytest.raises(discord.HTTPException) as caught:
        await again.response.send_message("Me too.")
    assert code(caught) == 40060
    assert place.general.said() == [""]


async def test_three_seconds_are_all_there_is() -> None:
    clock, bot = SetClock(), Answering()
    async with library(Server(clock), bot) as place:
        for wait, late in ((2.9, False), (3.1, True)):
            asked, seen = await slashed((place, bot))
            clock.wait(timedelta(seconds=wait))
            if late:
                with pytest.raises(discord.NotFound) as caught:
                    await seen.response.defer()
                assert code(caught) == 10062
            else:
                await seen.response.defer()
            assert (asked.answer is None) == late


async def test_what_comes_later_fills_what_was_put_off_and_then_follows_it(here: Here) -> None:
    place, _ = here
    asked, seen = await slashed(here)
    await seen.response.defer(thinking=True)
    assert [message.content for message in place.general.messages.values()] == [""]
    await seen.followup.send("Twice a day.")
    more = await seen.followup.send("More or less.", wait=True)
    await more.edit(content="Roughly.")
    await seen.edit_original_response(content="Two times a day.")
    assert asked.said() == place.general.said() == ["Two times a day.", "Roughly."]
    await more.delete()
    await seen.delete_original_response()
    assert place.general.said() == []
    with pytest.raises(discord.NotFound) as caught:
        await seen.original_response()
    assert code(caught) == 10008


async def test_after_fifteen_minutes_nothing_can_be_added() -> None:
    clock, bot = SetClock(), Answering()
    async with library(Server(clock), bot) as place:
        _, seen = await slashed((place, bot))
        await seen.response.defer(ephemeral=True)
        clock.wait(timedelta(minutes=16))
        with pytest.raises(discord.HTTPException) as caught:
            await seen.followup.send("Too late.")
        assert (caught.value.status, code(caught)) == (401, 50027)


async def test_nothing_follows_what_was_not_answered(here: Here) -> None:
    _, seen = await slashed(here)
    with pytest.raises(discord.NotFound) as caught:
        await seen.followup.send("First?")
    assert code(caught) == 10015


async def test_answers_obey_the_rules_of_messages(here: Here) -> None:
    _, seen = await slashed(here)
    with pytest.raises(discord.HTTPException) as caught:
        await seen.response.send_message("")
    assert code(caught) == 50006
    with pytest.raises(discord.HTTPException) as caught:
        await seen.response.send_message("x" * 2_001)
    assert code(caught) == 50035
    await seen.response.send_message("x" * 2_000)


async def test_a_message_is_shown_to_its_menu_whatever_the_bot_may_read(here: Here) -> None:
    place, bot = here
    place.server.world.application.allowed &= 0
    said = await place.server.says(place.robin, place.general, "so unfair")
    with pytest.raises(Refused) as caught:
        await place.server.context(place.robin, said, "Review this ending")
    assert code(caught) == 50013
    await place.server.context(place.mo, said, "Review this ending")
    data: Any = (await bot.take()).data
    assert data["resolved"]["messages"][str(said.id)]["content"] == "so unfair"


async def test_commands_need_a_permission_and_an_open_thread(here: Here) -> None:
    place, _ = here
    thread, begun = await place.thread()
    said = thread.messages[(await begun.send("So.")).id]
    await place.server.locks(place.mo, thread)
    await place.server.context(place.mo, said, "Review this ending")
    for number, close in ((160005, place.server.locks), (50083, place.server.archives)):
        await close(place.mo, thread)
        with pytest.raises(Refused) as caught:
            await place.server.slash(place.robin, thread, "echo", {"text": "hello"})
        assert code(caught) == number
    place.server.overwrite(place.general, place.robin, deny=Permission.USE_COMMANDS)
    with pytest.raises(Refused) as caught:
        await place.server.slash(place.robin, place.general, "echo", {"text": "hello"})
    assert code(caught) == 50013
    with pytest.raises(Refused) as caught:
        await place.server.slash(place.robin, place.general, "unknown")
    assert code(caught) == 10063


async def test_commands_work_in_direct_messages(here: Here) -> None:
    place, bot = here
    dm = place.server.dm(place.robin)
    await place.server.slash(place.robin, dm, "echo", {"text": "hello"})
    seen = await bot.take()
    assert (seen.guild_id, seen.user.id, isinstance(seen.channel, discord.DMChannel)) == (None, place.robin.id, True)
    await seen.response.send_message("Hello.")
    assert dm.said() == ["Hello."]

"""Commands, buttons and forms of the local Discord, and the few seconds the bot has for them."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import discord
import pytest

from tests.fakes.clock import SetClock
from tests.servers.discord import Interaction, Message, Permission, Refused, Server
from tests.servers.discord_bot import Bot, Library, code, library


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


@pytest.fixture
async def here() -> AsyncIterator[tuple[Library, Answering]]:
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


# the first answer


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
        await seen.response.send_message("x" * 2_001)
    assert code(caught) == 50035
    await seen.response.send_message("x" * 2_000)


# buttons and selects


async def pressed(here: Here, message: discord.Message) -> tuple[Interaction, discord.Interaction]:
    """The button of a message, pressed by robin."""
    place, bot = here
    asked = await place.server.press(place.robin, where(place, message), "fair:7")
    return asked, await bot.take()


def where(place: Library, message: discord.Message) -> Message:
    """A message, as it is."""
    return place.server.world.channels[message.channel.id].messages[message.id]


async def test_a_button_changes_its_message_or_says_something(here: Here) -> None:
    place, _ = here
    said = await place.shown(place.general).send("Was this fair?", view=fair())
    _, seen = await pressed(here, said)
    assert seen.message
    assert (seen.message.id, seen.data and seen.data.get("custom_id")) == (said.id, "fair:7")
    await seen.response.edit_message(content="Thank you.", view=None)
    message = where(place, said)
    assert (message.content, message.components) == ("Thank you.", [])
    with pytest.raises(AssertionError):
        await place.server.press(place.robin, message, "fair:7")


async def test_a_button_may_be_acknowledged_and_looked_after_later(here: Here) -> None:
    place, _ = here
    said = await place.shown(place.general).send("Was this fair?", view=fair())
    _, seen = await pressed(here, said)
    await seen.response.defer()
    await seen.edit_original_response(content="Noted.")
    await seen.followup.send("Only for you.", ephemeral=True)
    assert place.general.said() == ["Noted."]


async def test_a_select_gives_what_was_chosen(here: Here) -> None:
    place, bot = here
    view = discord.ui.View(timeout=None)
    view.add_item(discord.ui.Select(custom_id="why", options=[discord.SelectOption(label="Wrong", value="w")]))
    view.add_item(discord.ui.UserSelect(custom_id="who"))
    said = await place.shown(place.general).send("Why?", view=view)
    await place.server.press(place.robin, where(place, said), "why", ["w"])
    data: Any = (await bot.take()).data
    assert data["values"] == ["w"]
    await place.server.press(place.robin, where(place, said), "who", [place.mo])
    data = (await bot.take()).data
    assert (data["values"], list(data["resolved"]["members"])) == ([str(place.mo.id)], [str(place.mo.id)])


async def test_a_button_of_a_hidden_answer_is_its_readers_alone(here: Here) -> None:
    place, bot = here
    asked, seen = await slashed(here)
    await seen.response.send_message("Sure?", view=fair(), ephemeral=True)
    assert asked.original
    with pytest.raises(Refused):
        await place.server.press(place.mo, asked.original, "fair:7")
    await place.server.press(place.robin, asked.original, "fair:7")
    await (await bot.take()).response.edit_message(content="Done.", view=None)
    assert asked.said() == ["Done."]


async def test_nobody_presses_in_a_locked_thread_or_an_archived_one(here: Here) -> None:
    place, _ = here
    thread, begun = await place.thread()
    said = await begun.send("Was this fair?", view=fair())
    await place.server.locks(place.mo, thread)
    for who in (place.robin, place.mo):
        with pytest.raises(Refused) as caught:
            await place.server.press(who, where(place, said), "fair:7")
        assert code(caught) == 160005
    await place.server.archives(place.mo, thread)
    with pytest.raises(Refused) as caught:
        await place.server.press(place.mo, where(place, said), "fair:7")
    assert code(caught) == 50083


async def test_a_thread_may_be_closed_before_the_answer(here: Here) -> None:
    place, _ = here
    thread, begun = await place.thread()
    said = await begun.send("Was this fair?", view=fair())
    _, first = await pressed(here, said)
    _, second = await pressed(here, said)
    await place.server.archives(place.mo, thread)
    with pytest.raises(discord.HTTPException) as caught:
        await first.response.send_message("Thank you.")
    assert code(caught) == 50083
    await first.response.send_message("Thank you.", ephemeral=True)
    await place.server.unarchives(place.mo, thread)
    place.server.overwrite(place.general, place.server.bot, deny=Permission.MANAGE_THREADS)
    await place.server.locks(place.mo, thread)
    with pytest.raises(discord.Forbidden) as caught:
        await second.response.send_message("Thank you.")
    assert code(caught) == 160005


# forms


async def test_a_form_comes_back_filled(here: Here) -> None:
    place, bot = here
    said = await place.shown(place.general).send("Was this fair?", view=fair())
    asked, seen = await pressed(here, said)
    await seen.response.send_modal(Form(custom_id="appeal:7"))
    sent = await place.server.modal(asked, {"reason": "It was a joke."})
    form = await bot.take()
    assert form.type is discord.InteractionType.modal_submit
    data: Any = form.data
    (field,) = data["components"]
    assert (data["custom_id"], field["components"][0]["value"]) == ("appeal:7", "It was a joke.")
    await form.response.edit_message(content="Appealed.", view=None)
    assert (place.general.said(), sent.said()) == (["Appealed."], [])


async def test_a_form_keeps_its_own_rules(here: Here) -> None:
    place, bot = here
    asked, seen = await slashed(here)
    await seen.response.send_modal(Form(custom_id="appeal:7"))
    for values in ({}, {"reason": "no"}, {"reason": "It was a joke.", "other": "x"}):
        with pytest.raises(AssertionError):
            await place.server.modal(asked, values)
    await place.server.modal(asked, {"reason": "It was a joke."})
    form = await bot.take()
    with pytest.raises(discord.HTTPException) as caught:
        await form.response.send_modal(Form())
    assert code(caught) == 50035
    await form.response.send_message("Thank you.", ephemeral=True)


async def test_a_form_cannot_follow_what_was_put_off(here: Here) -> None:
    _, seen = await slashed(here)
    await seen.response.defer()
    seen.response._response_type = None
    with pytest.raises(discord.HTTPException) as caught:
        await seen.response.send_modal(Form())
    assert code(caught) == 40060


async def test_labels_checkboxes_and_radio_groups_can_be_filled(here: Here) -> None:
    place, bot = here
    form = discord.ui.Modal(title="Review", custom_id="review:7", timeout=None)
    verdict = discord.ui.RadioGroup[discord.ui.Modal](custom_id="verdict")
    verdict.add_option(label="Overturn", value="overturned")
    verdict.add_option(label="Uphold", value="upheld")
    form.add_item(discord.ui.Label(text="Verdict", component=verdict))
    form.add_item(discord.ui.Label(text="Tell them", component=discord.ui.Checkbox(custom_id="tell")))
    asked, seen = await slashed(here)
    await seen.response.send_modal(form)
    await place.server.modal(asked, {"verdict": "overturned", "tell": True})
    data: Any = (await bot.take()).data
    assert [one["component"]["value"] for one in data["components"]] == ["overturned", True]


# who may use commands, and where


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

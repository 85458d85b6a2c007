"""Buttons, selects and forms of the local Discord."""

from typing import Any

import aiohttp
import discord
import pytest

from tests.servers.discord import Permission, Refused
from tests.servers.discord_answering import Form, Here, fair, pressed, slashed, where
from tests.servers.discord_bot import code

FIELD: dict[str, Any] = {"type": 1, "components": [{"type": 4, "custom_id": "reason", "label": "Why?", "style": 2}]}


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


async def test_a_grey_button_cannot_be_pressed(here: Here) -> None:
    place, _ = here
    view = discord.ui.View(timeout=None)
    view.add_item(discord.ui.Button(label="Fair", custom_id="fair:7", disabled=True))
    said = await place.shown(place.general).send("Was this fair?", view=view)
    with pytest.raises(AssertionError):
        await pressed(here, said)


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
    await place.server.gateway.read()
    assert not bot.all("raw_message_edit")


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
    (_, first), (_, second), (_, third) = [await pressed(here, said) for _ in range(3)]
    await third.response.defer(thinking=True)
    await place.server.archives(place.mo, thread)
    with pytest.raises(discord.HTTPException) as caught:
        await first.response.send_message("Thank you.")
    assert code(caught) == 50083
    with pytest.raises(discord.HTTPException) as caught:
        await first.response.edit_message(content="Thank you.")
    assert code(caught) == 50083
    with pytest.raises(discord.HTTPException) as caught:
        await third.edit_original_response(content="Thank you.")
    assert code(caught) == 50083
    await first.response.send_message("Thank you.", ephemeral=True)
    await place.server.unarchives(place.mo, thread)
    place.server.overwrite(place.general, place.server.bot, deny=Permission.MANAGE_THREADS)
    await place.server.locks(place.mo, thread)
    with pytest.raises(discord.Forbidden) as caught:
        await second.response.send_message("Thank you.")
    assert code(caught) == 160005


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


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": ""},
        {"title": "x" * 46},
        {"custom_id": "x" * 101},
        {"components": []},
        {"components": [FIELD] * 6},
        {"components": [FIELD] * 2},
    ],
)
async def test_what_is_no_form_is_refused(here: Here, wrong: dict[str, Any]) -> None:
    place, _ = here
    asked, seen = await slashed(here)
    form = {"title": "Appeal", "custom_id": "appeal:7", "components": [FIELD]} | wrong
    path = f"{place.server.url}/interactions/{seen.id}/{seen.token}/callback"
    async with aiohttp.ClientSession() as http:
        async with http.post(path, json={"type": 9, "data": form}) as response:
            assert (response.status, (await response.json())["code"]) == (400, 50035)
        async with http.post(path.replace(seen.token, "other"), json={"type": 5}) as response:
            assert (response.status, (await response.json())["code"]) == (404, 10062)
        async with http.post(path, json={"type": 5}) as response:
            assert (response.status, asked.answer) == (204, 5)


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


@pytest.mark.parametrize(
    "wrong",
    [
        {"options": []},
        {"options": [{"label": "x", "value": str(number)} for number in range(26)]},
        {"options": [{"label": "", "value": "x"}]},
        {"options": [{"label": "x" * 101, "value": "x"}]},
        {"options": [{"label": "x", "value": str(number), "default": True} for number in range(2)]},
        {"max_values": 26},
        {"min_values": 2},
    ],
)
async def test_what_is_no_list_is_refused(here: Here, wrong: dict[str, Any]) -> None:
    place, _ = here
    choice = {"type": 3, "custom_id": "language", "options": [{"label": "English", "value": "en"}]}
    path = f"{place.server.url}/channels/{place.general.id}/messages"
    headers = {"Authorization": f"Bot {place.server.token}"}
    async with aiohttp.ClientSession(headers=headers) as http:
        for body, status in ((choice, 200), (choice | wrong, 400)):
            rows = [{"type": 1, "components": [body]}]
            async with http.post(path, json={"content": "Which?", "components": rows}) as response:
                assert response.status == status


async def test_nobody_chooses_what_a_list_does_not_have(here: Here) -> None:
    place, bot = here
    view = discord.ui.View(timeout=None)
    view.add_item(discord.ui.ChannelSelect(custom_id="where", channel_types=[discord.ChannelType.forum], min_values=0))
    view.add_item(discord.ui.Select(custom_id="which", options=[discord.SelectOption(label="English", value="en")]))
    message = place.general.messages[(await place.shown(place.general).send("Which?", view=view)).id]
    for custom_id, values in (("where", [place.general]), ("which", ["de"]), ("which", []), ("which", ["en", "en"])):
        with pytest.raises(AssertionError):
            await place.server.press(place.robin, message, custom_id, values)
    await place.server.press(place.robin, message, "where")
    data: Any = (await bot.take()).data
    assert data["values"] == []

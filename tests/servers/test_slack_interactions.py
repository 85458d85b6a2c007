"""Buttons, forms, commands and shortcuts of the local Slack, through the real slack-bolt."""

from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.models.blocks import ContextActionsBlock, FeedbackButtonObject, FeedbackButtonsElement
from slack_sdk.webhook.async_client import AsyncWebhookClient

from tests.servers.slack import Refused, View
from tests.servers.slack_bot import Bot, Library, error

ACTIONS = {
    "type": "actions",
    "elements": [
        {"type": "button", "action_id": "uphold", "text": {"type": "plain_text", "text": "Uphold"}, "value": "7"},
        {
            "type": "static_select",
            "action_id": "ladder",
            "options": [{"text": {"type": "plain_text", "text": "Gentle"}, "value": "gentle"}],
        },
    ],
}
MODAL: dict[str, Any] = {
    "type": "modal",
    "callback_id": "why",
    "title": {"type": "plain_text", "text": "What was unfair?"},
    "submit": {"type": "plain_text", "text": "Send"},
    "blocks": [
        {
            "type": "input",
            "block_id": "reason",
            "label": {"type": "plain_text", "text": "In your words"},
            "element": {"type": "plain_text_input", "action_id": "text"},
        }
    ],
}


async def opened(shelf: Library, bot: Bot, **more: object) -> View:
    """A modal that robin sees, after a command."""
    await shelf.slack.commands(shelf.robin, shelf.general, "/fairwell")
    body = await bot.asked("command")
    reply = await shelf.client.views_open(trigger_id=body["trigger_id"], view=MODAL | more)
    return shelf.slack.world.views[reply["view"]["id"]]


async def test_feedback_buttons(shelf: Library) -> None:
    bot = await shelf.bot()
    rating = FeedbackButtonsElement(
        action_id="rating",
        positive_button=FeedbackButtonObject(text="Fair", value="fair:7"),
        negative_button=FeedbackButtonObject(text="Unfair", value="unfair:7"),
    )
    ts = await shelf.post("It ends here.", blocks=[ContextActionsBlock(elements=[rating])])
    rated = await shelf.slack.rates(shelf.robin, shelf.general.messages[ts], good=False)
    body = await bot.asked("block_actions")
    (action,) = body["actions"]
    assert (action["type"], action["value"]) == ("feedback_buttons", "unfair:7")
    assert (body["message"]["ts"], body["channel"]["id"]) == (ts, shelf.general.id)
    await shelf.slack.until(lambda: rated.acked)


async def test_a_button_a_select_and_what_is_not_shown(shelf: Library) -> None:
    bot, slack = await shelf.bot(), shelf.slack
    ts = await shelf.post("A card.", blocks=[ACTIONS])
    message = shelf.general.messages[ts]
    await slack.presses(shelf.mo, message, "ladder", value="gentle")
    body = await bot.asked("block_actions")
    assert body["actions"][0]["selected_option"]["value"] == "gentle"
    for action, value in {"nothing": None, "ladder": "harsh"}.items():
        with pytest.raises(Refused):
            await slack.presses(shelf.mo, message, action, value=value)
    outsider = slack.member(shelf.workspace, "outsider")
    with pytest.raises(Refused):
        await slack.presses(outsider, message, "uphold")


async def test_an_icon_that_only_some_see(shelf: Library) -> None:
    await shelf.bot()
    icon: dict[str, Any] = {
        "type": "icon_button",
        "action_id": "look",
        "icon": "trash",
        "visible_to_user_ids": [shelf.mo.id],
    }
    icon["text"] = {"type": "plain_text", "text": "Look"}
    ts = await shelf.post("A card.", blocks=[{"type": "context_actions", "elements": [icon]}])
    await shelf.slack.presses(shelf.mo, shelf.general.messages[ts], "look")
    with pytest.raises(Refused):
        await shelf.slack.presses(shelf.robin, shelf.general.messages[ts], "look")


async def test_an_answer_address_is_good_for_five_posts_and_half_an_hour(shelf: Library) -> None:
    bot, slack = await shelf.bot(), shelf.slack
    ts = await shelf.post("A card.", blocks=[ACTIONS])
    await slack.presses(shelf.mo, shelf.general.messages[ts], "uphold")
    url = (await bot.asked("block_actions"))["response_url"]
    respond = AsyncWebhookClient(url)
    assert (await respond.send(text="Noted.")).status_code == 200
    assert [(one.text, one.only) for one in shelf.general.ephemerals] == [("Noted.", shelf.mo)]
    await respond.send(text="Upheld.", replace_original=True)
    assert (shelf.general.messages[ts].text, shelf.general.messages[ts].blocks) == ("Upheld.", [])
    await respond.send(text="For all.", response_type="in_channel")
    assert shelf.general.said() == ["Upheld.", "For all."]
    slack.passes(1_799)
    await respond.send(text="Fourth.")
    await respond.send(text="Fifth.")
    assert (await respond.send(text="Sixth.")).status_code == 404
    assert [one.error for one in slack.requests("response_url")] == ["", "", "", "", "", "used_url"]
    await slack.commands(shelf.mo, shelf.general, "/fairwell")
    late = AsyncWebhookClient((await bot.asked("command"))["response_url"])
    slack.passes(1_801)
    assert (await late.send(text="Late.")).status_code == 404


async def test_a_command_does_not_work_in_a_thread(shelf: Library) -> None:
    root = await shelf.slack.says(shelf.robin, shelf.general, "A question.")
    with pytest.raises(Refused) as caught:
        await shelf.slack.commands(shelf.robin, shelf.general, "/fairwell", thread=root)
    assert error(caught) == "slash_commands_not_supported_in_threads"
    shelf.slack.app.commands = frozenset({"/fairwell"})
    with pytest.raises(Refused) as caught:
        await shelf.slack.commands(shelf.robin, shelf.general, "/weather")
    assert error(caught) == "invalid_command"


async def test_a_shortcut_is_there_for_everybody_on_any_message(shelf: Library) -> None:
    bot = await shelf.bot()
    said = await shelf.slack.says(shelf.mo, shelf.general, "Look at this.")
    await shelf.slack.uses_shortcut(shelf.robin, "report", said)
    body = await bot.asked("message_action")
    assert (body["callback_id"], body["message_ts"], body["user"]["id"]) == ("report", said.ts, shelf.robin.id)
    assert body["message"]["text"] == "Look at this."


async def test_a_person_who_is_not_answered_in_time_sees_an_error_once(shelf: Library) -> None:
    await shelf.bot()
    shelf.slack.sockets.open[0].deaf = True
    asked = await shelf.slack.commands(shelf.robin, shelf.general, "/fairwell")
    assert not asked.over
    shelf.slack.passes(3)
    assert (asked.lost, len(asked.attempts)) == (True, 1)


async def test_a_modal_is_opened_filled_and_sent(shelf: Library) -> None:
    bot = await shelf.bot()
    view = await opened(shelf, bot, private_metadata="ending-7")
    with pytest.raises(Refused) as caught:
        await shelf.slack.submits(shelf.robin, view)
    assert error(caught) == "required"
    sent = await shelf.slack.submits(shelf.robin, view, {"text": "It was a quote."})
    body = await bot.asked("view_submission")
    assert body["view"]["state"]["values"]["reason"]["text"]["value"] == "It was a quote."
    assert (body["view"]["private_metadata"], body["view"]["type"]) == ("ending-7", "modal")
    await shelf.slack.until(lambda: sent.acked)
    assert not view.open


async def test_a_modal_may_stay_with_errors_or_change_or_go(shelf: Library) -> None:
    bot = await shelf.bot()
    view = await opened(shelf, bot)
    for answer, title, stacked in (
        ({"response_action": "errors", "errors": {"reason": "Say more."}}, "What was unfair?", 1),
        ({"response_action": "update", "view": MODAL | {"title": {"type": "plain_text", "text": "More"}}}, "More", 1),
        ({"response_action": "push", "view": MODAL}, "More", 2),
    ):
        bot.answers["view_submission"] = answer
        sent = await shelf.slack.submits(shelf.robin, view, {"text": "Because."})
        await shelf.slack.until(lambda done=sent: done.acked)  # type: ignore[misc]
        assert view.content["title"]["text"] == title
        assert len(shelf.slack.world.modals[shelf.robin.id]) == stacked
    bot.answers["view_submission"] = {"response_action": "clear"}
    await shelf.slack.submits(shelf.robin, view, {"text": "Because."})
    await shelf.slack.until(lambda: not view.open)
    assert shelf.robin.id not in shelf.slack.world.modals


async def test_a_modal_that_is_closed(shelf: Library) -> None:
    bot = await shelf.bot()
    quiet = await opened(shelf, bot)
    assert await shelf.slack.closes(shelf.robin, quiet) is None
    bot.heard.clear()
    view = await opened(shelf, bot, notify_on_close=True)
    await shelf.slack.closes(shelf.robin, view)
    assert (await bot.asked("view_closed"))["view"]["id"] == view.id


async def test_a_trigger_is_good_once_and_for_three_seconds(shelf: Library) -> None:
    bot = await shelf.bot()
    await opened(shelf, bot)
    trigger = (await bot.asked("command"))["trigger_id"]
    with pytest.raises(SlackApiError) as caught:
        await shelf.client.views_open(trigger_id=trigger, view=MODAL)
    assert error(caught) == "exchanged_trigger_id"
    bot.heard.clear()
    await shelf.slack.commands(shelf.robin, shelf.general, "/fairwell")
    trigger = (await bot.asked("command"))["trigger_id"]
    shelf.slack.passes(3.1)
    with pytest.raises(SlackApiError) as caught:
        await shelf.client.views_open(trigger_id=trigger, view=MODAL)
    assert error(caught) == "expired_trigger_id"
    with pytest.raises(SlackApiError) as caught:
        await shelf.client.views_open(trigger_id="1.2.3", view=MODAL)
    assert error(caught) == "invalid_trigger_id"


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "window"},
        {"title": {"type": "plain_text", "text": "x" * 25}},
        {"submit": None},
        {"private_metadata": "x" * 3_001},
        {"blocks": [{"type": "markdown", "text": "Not in a modal."}]},
        {"blocks": [{"type": "divider"}] * 101},
    ],
)
async def test_a_modal_has_a_form(shelf: Library, wrong: dict[str, object]) -> None:
    bot = await shelf.bot()
    await shelf.slack.commands(shelf.robin, shelf.general, "/fairwell")
    trigger = (await bot.asked("command"))["trigger_id"]
    with pytest.raises(SlackApiError) as caught:
        await shelf.client.views_open(trigger_id=trigger, view=MODAL | wrong)
    assert error(caught) in {"invalid_arguments", "invalid_blocks"}
    await shelf.client.views_open(trigger_id=trigger, view=MODAL)  # the trigger was not used up


async def test_a_view_changes_by_its_hash_and_a_home_has_buttons(shelf: Library) -> None:
    bot = await shelf.bot()
    home = {"type": "home", "blocks": [ACTIONS]}
    first = (await shelf.client.views_publish(user_id=shelf.robin.id, view=home))["view"]
    await shelf.client.views_publish(user_id=shelf.robin.id, view=home, hash=first["hash"])
    with pytest.raises(SlackApiError) as caught:
        await shelf.client.views_publish(user_id=shelf.robin.id, view=home, hash=first["hash"])
    assert error(caught) == "hash_conflict"
    seen = await shelf.slack.opens_home(shelf.robin)
    assert seen is not None
    assert (await bot.next("app_home_opened"))["view"]["id"] == seen.id == first["id"]
    await shelf.slack.presses(shelf.robin, seen, "uphold")
    assert (await bot.asked("block_actions"))["container"] == {"type": "view", "view_id": seen.id}

"""Messages on the local Slack, through the real slack-sdk: what is said, changed, taken back and looked up."""

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.servers.slack import Kind, Refused
from tests.servers.slack_bot import Library, error


async def test_what_the_bot_says_is_there_and_is_on_record(shelf: Library) -> None:
    ts = await shelf.post("Good evening.", metadata={"event_type": "fairwell_out", "event_payload": {"id": "1"}})
    (message,) = shelf.general.messages.values()
    assert (message.ts, message.text, message.author) == (ts, "Good evening.", shelf.install.bot)
    (asked,) = shelf.slack.requests("chat.postMessage")
    assert (asked.workspace, asked.args["text"], asked.status) == (shelf.workspace, "Good evening.", 200)
    assert asked.at == shelf.slack.clock.now


async def test_threads_are_read_back_with_their_metadata(shelf: Library) -> None:
    root = await shelf.slack.says(shelf.robin, shelf.general, "How do tides work?")
    marked = {"event_type": "fairwell_out", "event_payload": {"id": "1"}}
    ts = await shelf.post("The moon.", thread_ts=root.ts, metadata=marked)
    later = await shelf.slack.says(shelf.robin, shelf.general, "And the sun?", thread=root)
    found = await shelf.client.conversations_replies(channel=shelf.general.id, ts=root.ts, include_all_metadata=True)
    assert [one["ts"] for one in found["messages"]] == [root.ts, ts, later.ts]
    assert found["messages"][1]["metadata"] == marked
    assert found["messages"][0]["reply_count"] == 2
    plain = await shelf.client.conversations_replies(channel=shelf.general.id, ts=root.ts)
    assert all("metadata" not in one for one in plain["messages"])
    since = await shelf.client.conversations_replies(channel=shelf.general.id, ts=root.ts, oldest=ts)
    assert [one["ts"] for one in since["messages"]] == [root.ts, later.ts]
    history = await shelf.client.conversations_history(channel=shelf.general.id)
    assert [one["ts"] for one in history["messages"]] == [root.ts]


async def test_history_comes_in_pages_newest_first(shelf: Library) -> None:
    said = [await shelf.slack.says(shelf.robin, shelf.general, f"Line {n}") for n in range(5)]
    pages = await shelf.client.conversations_history(channel=shelf.general.id, limit=2)
    assert [[one["text"] for one in page["messages"]] async for page in pages] == [
        ["Line 4", "Line 3"],
        ["Line 2", "Line 1"],
        ["Line 0"],
    ]
    between = await shelf.client.conversations_history(
        channel=shelf.general.id, oldest=said[1].ts, latest=said[3].ts, inclusive=True
    )
    assert [one["text"] for one in between["messages"]] == ["Line 3", "Line 2", "Line 1"]


async def test_history_since_a_moment_comes_forward_each_page_newest_first(shelf: Library) -> None:
    said = [await shelf.slack.says(shelf.robin, shelf.general, f"Line {n}") for n in range(5)]
    pages = await shelf.client.conversations_history(channel=shelf.general.id, oldest=said[0].ts, limit=2)
    assert [[one["text"] for one in page["messages"]] async for page in pages] == [
        ["Line 2", "Line 1"],
        ["Line 4", "Line 3"],
    ]


@pytest.mark.parametrize("forward", [False, True])
async def test_a_thread_comes_in_pages_with_its_root_on_each(shelf: Library, *, forward: bool) -> None:
    shelf.slack.world.forward = forward
    root = await shelf.slack.says(shelf.robin, shelf.general, "root")
    for number in range(4):
        await shelf.slack.says(shelf.robin, shelf.general, str(number), thread=root)
    pages = await shelf.client.conversations_replies(channel=shelf.general.id, ts=root.ts, oldest="1", limit=3)
    newest, oldest = ["root", "2", "3"], ["root", "0", "1"]
    assert [[one["text"] for one in page["messages"]] async for page in pages] == (
        [oldest, newest] if forward else [newest, oldest]
    )


async def test_a_thread_that_is_not_there_is_refused(shelf: Library) -> None:
    with pytest.raises(SlackApiError) as caught:
        await shelf.post("Hello?", thread_ts="1.000001")
    assert error(caught) == "thread_not_found"
    with pytest.raises(SlackApiError) as caught:
        await shelf.client.conversations_replies(channel=shelf.general.id, ts="1.000001")
    assert error(caught) == "thread_not_found"


async def test_an_answer_to_an_answer_belongs_to_no_thread_one_sees(shelf: Library) -> None:
    root = await shelf.slack.says(shelf.robin, shelf.general, "A question.")
    reply = await shelf.slack.says(shelf.mo, shelf.general, "A guess.", thread=root)
    await shelf.post("Lost.", thread_ts=reply.ts)
    assert shelf.general.said(root) == ["A question.", "A guess."]


@pytest.mark.parametrize(
    ("text", "update", "said"),
    [(40_001, None, 40_000), (4_000, 4_001, None), (10, 4_000, 4_000)],
)
async def test_long_posts_are_cut_and_long_updates_refused(
    shelf: Library, text: int, update: int | None, said: int | None
) -> None:
    reply = await shelf.client.chat_postMessage(channel=shelf.general.id, text="x" * text)
    if update is None:
        assert reply["response_metadata"]["warnings"] == ["message_truncated"]
    elif said is None:
        with pytest.raises(SlackApiError) as caught:
            await shelf.client.chat_update(channel=shelf.general.id, ts=reply["ts"], text="y" * update)
        assert error(caught) == "msg_too_long"
    else:
        await shelf.client.chat_update(channel=shelf.general.id, ts=reply["ts"], text="y" * update)
    assert len(shelf.general.messages[reply["ts"]].text) == (said or text)


async def test_an_update_drops_blocks_unless_it_says_some(shelf: Library) -> None:
    ts = await shelf.post("Two.", blocks=[{"type": "divider"}])
    blocks = {"channel": shelf.general.id, "ts": ts, "blocks": [{"type": "divider"}] * 2}
    await shelf.client.api_call("chat.update", json=blocks)  # without a text, of which `chat_update` warns
    message = shelf.general.messages[ts]
    assert (len(message.blocks), message.text, message.edited) == (2, "Two.", None)
    await shelf.client.chat_update(channel=shelf.general.id, ts=ts, text="None.")
    assert (message.blocks, message.text, message.versions) == ([], "None.", ["Two.", "Two."])
    assert message.edited


async def test_nobody_changes_or_takes_away_what_others_said(shelf: Library) -> None:
    said = await shelf.slack.says(shelf.robin, shelf.general, "Mine.")
    with pytest.raises(SlackApiError) as caught:
        await shelf.client.chat_update(channel=shelf.general.id, ts=said.ts, text="Yours.")
    assert error(caught) == "cant_update_message"
    with pytest.raises(SlackApiError) as caught:
        await shelf.client.chat_delete(channel=shelf.general.id, ts=said.ts)
    assert error(caught) == "cant_delete_message"
    ts = await shelf.post()
    with pytest.raises(Refused) as people:
        await shelf.slack.edits(shelf.robin, shelf.general.messages[ts], "Ours.")
    assert error(people) == "cant_update_message"
    await shelf.client.chat_delete(channel=shelf.general.id, ts=ts)
    with pytest.raises(SlackApiError) as caught:
        await shelf.client.chat_delete(channel=shelf.general.id, ts=ts)
    assert error(caught) == "message_not_found"
    assert list(shelf.general.messages) == [said.ts]


async def test_a_root_with_answers_stays_as_a_stone_and_goes_with_the_last_of_them(shelf: Library) -> None:
    bot = await shelf.bot()
    root = await shelf.slack.says(shelf.robin, shelf.general, "Forget this.")
    await shelf.slack.reacts(shelf.robin, root, "eyes")
    never = await shelf.post("Never.", thread_ts=root.ts)
    await shelf.slack.deletes(shelf.mo, root)
    found = await shelf.client.conversations_replies(channel=shelf.general.id, ts=root.ts)
    assert [one.get("subtype") for one in found["messages"]] == ["tombstone", None]
    assert not {"blocks", "files", "reactions", "client_msg_id"} & found["messages"][0].keys()
    assert "Forget" not in str(found["messages"][0])
    changed = await bot.next("message", lambda one: one.get("subtype") == "message_changed")
    assert changed["message"]["subtype"] == "tombstone"
    assert changed["previous_message"]["text"] == "Forget this."
    await shelf.client.chat_delete(channel=shelf.general.id, ts=never)
    gone = await bot.next("message", lambda one: one.get("deleted_ts") == root.ts)
    assert (gone["subtype"], gone["previous_message"]["subtype"]) == ("message_deleted", "tombstone")
    assert not shelf.general.messages


async def test_where_the_bot_may_not_write(shelf: Library) -> None:
    elsewhere = shelf.slack.channel(shelf.workspace, "elsewhere", bot=False)
    hidden = shelf.slack.channel(shelf.workspace, "hidden", kind=Kind.PRIVATE, bot=False)
    shelf.slack.archives(shelf.general)
    other = shelf.slack.robot(shelf.workspace, "other")
    for channel, word in {
        elsewhere.id: "not_in_channel",
        hidden.id: "channel_not_found",
        shelf.general.id: "is_archived",
        "C0NOWHERE": "channel_not_found",
        other.id: "cannot_dm_bot",
    }.items():
        with pytest.raises(SlackApiError) as caught:
            await shelf.client.chat_postMessage(channel=channel, text="Hello?")
        assert error(caught) == word


async def test_a_direct_message_needs_a_scope_of_its_own(shelf: Library) -> None:
    shelf.install.scopes = shelf.install.scopes - {"im:write"} | {"mpim:write"}
    with pytest.raises(SlackApiError) as caught:
        await shelf.client.conversations_open(users=shelf.robin.id)
    assert error(caught) == "missing_scope"
    assert (await shelf.client.conversations_open(users=f"{shelf.robin.id},{shelf.mo.id}"))["ok"]


async def test_a_direct_message_is_opened_once(shelf: Library) -> None:
    first = await shelf.client.conversations_open(users=shelf.robin.id)
    again = await shelf.client.conversations_open(users=[shelf.robin.id])
    assert first["channel"]["id"] == again["channel"]["id"] == shelf.slack.dm(shelf.robin).id
    assert again["already_open"]
    await shelf.client.chat_postMessage(channel=shelf.robin.id, text="Between us.")
    assert shelf.slack.dm(shelf.robin).said() == ["Between us."]
    for users, word in {shelf.install.bot.id: "cannot_dm_bot", "U0NOBODY": "user_not_found"}.items():
        with pytest.raises(SlackApiError) as caught:
            await shelf.client.conversations_open(users=users)
        assert error(caught) == word


async def test_what_one_person_sees(shelf: Library) -> None:
    root = await shelf.slack.says(shelf.robin, shelf.general, "A question.")
    for thread in (None, root.ts):
        await shelf.client.chat_postEphemeral(
            channel=shelf.general.id, user=shelf.robin.id, text="A word.", thread_ts=thread
        )
    assert [one.seen for one in shelf.general.ephemerals] == [True, False]
    assert list(shelf.general.messages) == [root.ts]
    stranger = shelf.slack.member(shelf.workspace, "stranger")
    with pytest.raises(SlackApiError) as caught:
        await shelf.client.chat_postEphemeral(channel=shelf.general.id, user=stranger.id, text="A word.")
    assert error(caught) == "user_not_in_channel"


async def test_a_link_to_a_message(shelf: Library) -> None:
    root = await shelf.slack.says(shelf.robin, shelf.general, "A question.")
    ts = await shelf.post("An answer.", thread_ts=root.ts)
    found = await shelf.client.chat_getPermalink(channel=shelf.general.id, message_ts=ts)
    number = ts.replace(".", "")
    assert found["permalink"].startswith(f"https://the-library.slack.com/archives/{shelf.general.id}/p{number}?thread")


async def test_a_repeated_client_msg_id_is_another_post_unless_slack_counts_it(shelf: Library) -> None:
    for _ in range(2):
        await shelf.post("Once?", client_msg_id="5f0c9f9e-0000-5000-8000-000000000000")
    assert shelf.general.said() == ["Once?", "Once?"]
    shelf.slack.world.once = True
    await shelf.post("Once?", client_msg_id="5f0c9f9e-0000-5000-8000-000000000000")
    assert len(shelf.general.messages) == 2


async def test_tokens_are_checked(shelf: Library) -> None:
    for token, word in {"xoxb-nobody": "invalid_auth", shelf.slack.app.token: "not_allowed_token_type"}.items():
        with pytest.raises(SlackApiError) as caught:
            await AsyncWebClient(token, base_url=shelf.slack.url).auth_test()
        assert error(caught) == word
    with pytest.raises(SlackApiError) as caught:
        await AsyncWebClient(base_url=shelf.slack.url).auth_test()
    assert error(caught) == "not_authed"
    with pytest.raises(SlackApiError) as caught:
        await shelf.client.api_call("chat.postNothing")
    assert error(caught) == "unknown_method"

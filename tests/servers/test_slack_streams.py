"""Streams, and what an agent shows of itself, through the real slack-sdk."""

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.models.blocks import DividerBlock
from slack_sdk.web.async_chat_stream import AsyncChatStream

from tests.servers.slack import Message
from tests.servers.slack_bot import Library, error


async def streams(shelf: Library) -> tuple[Message, AsyncChatStream]:
    """A question, and the beginning of an answer."""
    root = await shelf.slack.says(shelf.robin, shelf.general, "A question.")
    stream = await shelf.client.chat_stream(
        channel=shelf.general.id,
        thread_ts=root.ts,
        recipient_team_id=shelf.workspace.id,
        recipient_user_id=shelf.robin.id,
        buffer_size=1,
    )
    await stream.append(markdown_text="An ")
    return root, stream


async def test_a_stream_is_written_and_finished_with_blocks(shelf: Library) -> None:
    root, stream = await streams(shelf)
    await stream.append(markdown_text="<!here> answer")
    await stream.stop(markdown_text=".", blocks=[DividerBlock()], session_status="active")
    (message,) = shelf.general.replies(root.ts)
    assert (message.shown, message.streaming) == ("An <!here> answer.", "completed")
    assert [block["type"] for block in message.blocks] == ["divider"]
    assert message.pings == {"here"}
    assert shelf.general.sessions == {root.ts: ["active"]}
    events = shelf.slack.deliveries.events("message")
    assert [one.event.get("subtype") for one in events] == [None, None, "message_changed"]
    assert events[1].event["streaming_state"] == "in_progress"


async def test_a_stream_ends_after_306_seconds_appended_to_or_not(shelf: Library) -> None:
    _, stream = await streams(shelf)
    shelf.slack.passes(200)
    await stream.append(markdown_text="answer ")
    shelf.slack.passes(106)
    with pytest.raises(SlackApiError) as caught:
        await stream.append(markdown_text="is lost.")
    assert error(caught) == "message_not_in_streaming_state"
    await shelf.client.chat_update(channel=shelf.general.id, ts=str(stream.ts), text="An answer after all.")
    assert shelf.general.messages[str(stream.ts)].shown == "An answer after all."


async def test_a_stream_that_somebody_stops(shelf: Library) -> None:
    root, stream = await streams(shelf)
    await shelf.slack.stops(shelf.robin, root)
    with pytest.raises(SlackApiError) as caught:
        await stream.append(markdown_text="is not wanted.")
    assert error(caught) == "stopped_by_user"


async def test_what_a_stream_may_not(shelf: Library) -> None:
    root, stream = await streams(shelf)
    with pytest.raises(SlackApiError) as caught:
        await shelf.client.chat_update(channel=shelf.general.id, ts=str(stream.ts), text="Otherwise.")
    assert error(caught) == "streaming_state_conflict"
    with pytest.raises(SlackApiError) as caught:
        await shelf.client.chat_appendStream(channel=shelf.general.id, ts=root.ts, markdown_text="x")
    assert error(caught) == "message_not_owned_by_app"
    with pytest.raises(SlackApiError) as caught:
        await shelf.client.chat_appendStream(channel=shelf.general.id, ts=str(stream.ts), markdown_text="x" * 12_001)
    assert error(caught) == "msg_too_long"
    with pytest.raises(SlackApiError) as caught:
        await shelf.client.chat_startStream(channel=shelf.general.id, thread_ts=root.ts)
    assert error(caught) == "missing_recipient_team_id"
    ts = await shelf.post()
    with pytest.raises(SlackApiError) as caught:
        await shelf.client.chat_stopStream(channel=shelf.general.id, ts=ts)
    assert error(caught) == "message_not_in_streaming_state"


async def test_a_status_goes_when_the_bot_writes(shelf: Library) -> None:
    root = await shelf.slack.says(shelf.robin, shelf.general, "A question.")
    await shelf.client.assistant_threads_setStatus(
        channel_id=shelf.general.id, thread_ts=root.ts, status="is thinking...", loading_messages=["Hm."]
    )
    assert shelf.general.statuses[root.ts][0]["status"] == "is thinking..."
    await shelf.post("Elsewhere.")
    assert root.ts in shelf.general.statuses
    await shelf.post("An answer.", thread_ts=root.ts)
    assert root.ts not in shelf.general.statuses


async def test_prompts_are_proposed_and_taken(shelf: Library) -> None:
    dm = shelf.slack.dm(shelf.robin)
    await shelf.client.assistant_threads_setSuggestedPrompts(
        channel_id=dm.id, prompts=[{"title": "Tides", "message": "How do tides work?"}]
    )
    await shelf.slack.takes_prompt(shelf.robin, dm, "Tides")
    assert dm.said() == ["How do tides work?"]
    with pytest.raises(SlackApiError) as caught:
        await shelf.client.assistant_threads_setSuggestedPrompts(
            channel_id=dm.id, prompts=[{"title": str(n), "message": "x"} for n in range(5)]
        )
    assert error(caught) == "invalid_arguments"
    root = await shelf.slack.says(shelf.robin, dm, "And?")
    await shelf.client.assistant_threads_setTitle(channel_id=dm.id, thread_ts=root.ts, title="Tides")
    assert dm.titles == {root.ts: "Tides"}


@pytest.mark.parametrize("agent", [True, False])
async def test_an_agents_prompts_for_a_thread_are_silently_none(shelf: Library, *, agent: bool) -> None:
    shelf.slack.app.agent = agent
    dm = shelf.slack.dm(shelf.robin)
    root = await shelf.slack.says(shelf.robin, dm, "A question.")
    prompts = [{"title": "Tides", "message": "How do tides work?"}]
    await shelf.client.assistant_threads_setSuggestedPrompts(channel_id=dm.id, thread_ts=root.ts, prompts=prompts)
    assert dm.prompts == ({} if agent else {root.ts: prompts})


@pytest.mark.parametrize("word", ["unknown_method", "feature_disabled"])
async def test_sessions_are_for_agents(shelf: Library, word: str) -> None:
    root = await shelf.slack.says(shelf.robin, shelf.general, "A question.")
    asks = {"channel_id": shelf.general.id, "thread_ts": root.ts}
    await shelf.client.agents_sessions_setStatus(**asks, status="processing", title="A question")
    await shelf.client.agents_sessions_setStatus(**asks, status="closed", title="Another name")
    assert (shelf.general.sessions, shelf.general.titles) == (
        {root.ts: ["processing", "closed"]},
        {root.ts: "A question"},
    )
    with pytest.raises(SlackApiError) as caught:
        await shelf.client.agents_sessions_setStatus(**asks, status="locked")
    assert error(caught) == "invalid_arguments"
    shelf.slack.app.agent = word
    with pytest.raises(SlackApiError) as caught:
        await shelf.client.agents_sessions_setStatus(**asks, status="active")
    assert error(caught) == word

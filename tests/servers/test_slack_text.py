"""Whom texts notify on the local Slack, where their links go, and which blocks it takes."""

from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

from tests.servers.slack import Link, links, pings, read
from tests.servers.slack_bot import Library, error


@pytest.mark.parametrize(
    ("text", "whom"),
    [
        ("<@U012AB>", {"U012AB"}),
        ("<@W012AB|robin>", {"W012AB"}),
        ("<!channel> and <!here|here> and <!everyone>", {"channel", "here", "everyone"}),
        ("<!subteam^S012|@mods>", {"S012"}),
        ("`<!channel>`", {"channel"}),
        ("&lt;!channel&gt; &lt;@U012AB&gt;", set()),
        ("@channel, @here and @everyone", set()),
        ("<#C012|general> <!date^1^{date}|then> <https://example.org>", set()),
        ("< !channel>", {"channel"}),
    ],
)
def test_whom_a_text_notifies(text: str, whom: set[str]) -> None:
    assert pings(text) == whom


def test_links_and_their_masks() -> None:
    text = "<https://evil.example|https://good.example> <https://a.example> [b](https://b.example)"
    assert links(text) == [
        Link("https://evil.example", "https://good.example"),
        Link("https://a.example", "https://a.example"),
    ]
    assert [link.masked for link in links(text, markdown=True)] == [True, False, True]
    assert not Link("https://www.example.org/", "example.org").masked


def test_what_people_read() -> None:
    assert read("a &lt; b &amp;amp; &quot; <https://x.example|here> <@U1|robin> <!here>") == (
        "a < b &amp; &quot; here @robin @here"
    )
    assert read("[here](https://x.example)", markdown=True) == "here"


@pytest.mark.parametrize(
    ("said", "whom"),
    [
        ({"text": "Look, <!channel>"}, {"channel"}),
        ({"text": "Look, @channel", "link_names": True}, {"channel"}),
        ({"markdown_text": "Look, <!here> and <@U012AB>"}, {"here", "U012AB"}),
        ({"markdown_text": "Look, &lt;!here&gt;"}, set()),
        ({"text": "x", "blocks": [{"type": "markdown", "text": "<!everyone>"}]}, {"everyone"}),
        ({"text": "x", "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "<!here>"}}]}, {"here"}),
        ({"text": "x", "blocks": [{"type": "section", "text": {"type": "plain_text", "text": "<!here>"}}]}, set()),
        (
            {"text": "x", "blocks": [{"type": "rich_text", "elements": [
                {"type": "rich_text_section", "elements": [
                    {"type": "broadcast", "range": "channel"}, {"type": "user", "user_id": "U1"},
                    {"type": "usergroup", "usergroup_id": "S1"},
                ]},
            ]}]},
            {"channel", "U1", "S1"},
        ),
    ],
)  # fmt: skip
async def test_whom_a_message_notifies(shelf: Library, said: dict[str, Any], whom: set[str]) -> None:
    reply = await shelf.client.chat_postMessage(channel=shelf.general.id, **said)
    message = shelf.general.messages[reply["ts"]]
    assert message.pings == whom
    await shelf.client.chat_update(channel=shelf.general.id, ts=reply["ts"], text="Nobody.")
    assert message.pings == set()


def section(length: int) -> dict[str, Any]:
    """A section with so many characters."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": "x" * length}}


def button(**more: object) -> dict[str, Any]:
    """A row with a button."""
    one = {"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Go"}} | more
    return {"type": "actions", "elements": [one]}


def chosen_from(kind: str = "static_select", number: int = 2, **more: object) -> dict[str, Any]:
    """A row with a list."""
    options = [option(str(each), str(each)) for each in range(number)]
    return {"type": "actions", "elements": [{"type": kind, "action_id": "list", "options": options} | more]}


def option(text: str, value: str) -> dict[str, Any]:
    """One of a list."""
    return {"text": plain(text), "value": value}


def plain(text: str) -> dict[str, Any]:
    """A text without codes."""
    return {"type": "plain_text", "text": text}


def entered(**more: object) -> dict[str, Any]:
    """A field to write in."""
    return {"type": "input", "label": plain("Why?"), "element": {"type": "plain_text_input", "action_id": "why"} | more}


SURE = {"title": plain("Sure?"), "text": plain("x" * 300), "confirm": plain("Yes"), "deny": plain("No")}
FEEDBACK = {
    "type": "context_actions",
    "elements": [{"type": "feedback_buttons", "positive_button": {"text": {"type": "plain_text", "text": "Fair"}}}],
}


@pytest.mark.parametrize(
    ("blocks", "word"),
    [
        ([section(3_000)] * 50, ""),
        ([section(3_001)], "invalid_blocks"),
        ([section(0)], "invalid_blocks"),
        ([{"type": "divider"}] * 51, "invalid_blocks"),
        ([{"type": "markdown", "text": "x" * 12_000}], ""),
        ([{"type": "markdown", "text": "x" * 12_001}], "invalid_blocks"),
        ([{"type": "markdown", "text": "x" * 6_600}] * 2, ""),
        ([{"type": "markdown", "text": "x" * 6_601}] * 2, "msg_blocks_too_long"),
        ([{"type": "banner"}], "invalid_blocks"),
        ([{"type": "divider", "block_id": "a"}] * 2, "invalid_blocks"),
        ([button(value="x" * 2_000)], ""),
        ([button(value="x" * 2_001)], "invalid_blocks"),
        ([button(text={"type": "plain_text", "text": "x" * 76})], "invalid_blocks"),
        ([button(text={"type": "mrkdwn", "text": "Go"})], "invalid_blocks"),
        ([button(style="loud")], "invalid_blocks"),
        ([FEEDBACK], "invalid_blocks"),
        ([{"type": "context", "elements": []}], "invalid_blocks"),
        ([chosen_from(number=100)], ""),
        ([chosen_from(number=101)], "invalid_blocks"),
        ([chosen_from(number=0)], "invalid_blocks"),
        ([chosen_from("overflow", 5)], ""),
        ([chosen_from("overflow", 6)], "invalid_blocks"),
        ([chosen_from("radio_buttons", 11)], "invalid_blocks"),
        ([chosen_from(options=[option("x" * 75, "y" * 150)])], ""),
        ([chosen_from(options=[option("x" * 76, "y")])], "invalid_blocks"),
        ([chosen_from(options=[option("x", "y" * 151)])], "invalid_blocks"),
        ([chosen_from(options=[option("x", "")])], "invalid_blocks"),
        ([chosen_from(initial_option=option("1", "1"))], ""),
        ([chosen_from(initial_option=option("1", "3"))], "invalid_blocks"),
        ([chosen_from(placeholder=plain("x" * 151))], "invalid_blocks"),
        ([chosen_from(options=None, option_groups=[{"label": plain("A"), "options": [option("1", "1")]}])], ""),
        ([chosen_from(options=None, option_groups=[{"label": plain("A"), "options": []}])], "invalid_blocks"),
        ([button(confirm=SURE)], ""),
        ([button(confirm=SURE | {"text": plain("x" * 301)})], "invalid_blocks"),
        ([button(url="https://example.org/" + "x" * 3_000)], "invalid_blocks"),
        ([entered(max_length=3_000, initial_value="x")], ""),
        ([entered(max_length=3_001)], "invalid_blocks"),
        ([entered(max_length=3, initial_value="four")], "invalid_blocks"),
        ([entered() | {"hint": plain("x" * 2_001)}], "invalid_blocks"),
        ([section(1) | {"accessory": {"type": "plain_text_input", "action_id": "why"}}], "invalid_blocks"),
        ([{"type": "actions", "elements": [{"type": "plain_text_input", "action_id": "why"}]}], "invalid_blocks"),
        ([{"type": "image", "image_url": "https://example.org/a.png"}], "invalid_blocks"),
        ({"type": "divider"}, "invalid_blocks_format"),
    ],
)
async def test_which_blocks_it_takes(shelf: Library, blocks: object, word: str) -> None:
    asks = {"channel": shelf.general.id, "text": "x", "blocks": blocks}
    if not word:
        await shelf.client.api_call("chat.postMessage", json=asks)
        return
    with pytest.raises(SlackApiError) as caught:
        await shelf.client.api_call("chat.postMessage", json=asks)
    assert error(caught) == word
    if word == "invalid_blocks":
        assert "json-pointer:/blocks" in caught.value.response["response_metadata"]["messages"][0]
    assert not shelf.general.messages


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ({}, "no_text"),
        ({"text": ""}, "no_text"),
        ({"text": "x", "markdown_text": "y"}, "markdown_text_conflict"),
        ({"markdown_text": "y", "blocks": [{"type": "divider"}]}, "markdown_text_conflict"),
        ({"markdown_text": "y" * 12_001}, "msg_blocks_too_long"),
        ({"text": "x", "metadata": "id"}, "invalid_metadata_format"),
        ({"text": "x", "metadata": {"event_type": "fairwell_out"}}, "invalid_metadata_schema"),
        ({"text": "x", "metadata": {"event_type": "a", "event_payload": {"b": "x" * 16_000}}}, "metadata_too_large"),
    ],
)
async def test_what_is_no_message(shelf: Library, said: dict[str, Any], word: str) -> None:
    with pytest.raises(SlackApiError) as caught:
        await shelf.client.api_call("chat.postMessage", json={"channel": shelf.general.id, **said})
    assert error(caught) == word

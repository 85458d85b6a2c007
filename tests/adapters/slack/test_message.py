"""What Slack sends becomes what a conversation needs of it; all else is none of its business."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.slack.hearing.message import Changed, File, Gone, Message, Person, Quote, Reaction, Report, report
from tests.adapters.slack import payloads
from tests.adapters.slack.payloads import (
    ANA,
    BEN,
    CHANNEL,
    DIRECT,
    LATER,
    ME,
    ROOT,
    TEAM,
    TS,
    Json,
    changed,
    file,
    payload,
    reacted,
    removed,
    said,
    shared,
    written,
)
from tests.servers.slack import App, LocalSlack, Upload

PLAIN = Message(channel=CHANNEL, ts=TS, author=Person(ANA), kind="channel", text="hello")


def heard(what: Json) -> Any:
    """What a payload reports."""
    found = report(what)
    return found and found.what


def test_a_plain_message() -> None:
    assert report(said()) == Report(TEAM, ME, PLAIN)


@pytest.mark.parametrize("subtype", ["file_share", "thread_broadcast", "me_message"])
def test_people_write_in_several_ways(subtype: str) -> None:
    assert heard(said(subtype=subtype)) == PLAIN


@pytest.mark.parametrize(
    "more",
    [
        {"subtype": "bot_message", "user": None},
        {"subtype": "bot_message"},
        {"subtype": "channel_join"},
        {"subtype": "channel_topic"},
        {"subtype": "message_replied"},
        {"subtype": "reminder_add"},
        {"subtype": "huddle_thread"},
        {"subtype": "tombstone"},
        {"subtype": "something_new"},
        {"hidden": True},
        {"user": None},
        {"user": ""},
        {"ts": None},
        {"channel": None},
        {"type": "app_home_opened"},
        {"type": "something_new"},
    ],
)
def test_what_nobody_wrote_is_nothing(more: Json) -> None:
    assert report(said(**more)) is None


@pytest.mark.parametrize("what", [{}, {"event": None}, {"event": []}, {"event": {}}, {"type": "url_verification"}])
def test_what_is_no_event_is_nothing(what: Json) -> None:
    assert report(what) is None


def test_a_mention_is_the_same_message() -> None:
    event = {key: part for key, part in said("<@U0BOT> hello")["event"].items() if key != "channel_type"}
    found = heard(payload({**event, "type": "app_mention"}))
    assert (found.channel, found.ts, found.author, found.text) == (CHANNEL, TS, Person(ANA), "<@U0BOT> hello")


def test_a_mention_that_comes_by_an_edit_is_nothing() -> None:
    assert heard(said("<@U0BOT> hello", type="app_mention", edited={"user": ANA, "ts": LATER})) is None


def test_a_message_that_is_found_later_may_have_been_edited() -> None:
    assert heard(said(edited={"user": ANA, "ts": LATER})) == PLAIN


@pytest.mark.parametrize(
    ("more", "author"),
    [
        ({}, Person(ANA)),
        ({"bot_id": "B1"}, Person(ANA, human=False)),
        ({"app_id": "A1"}, Person(ANA, human=False)),
        ({"bot_profile": {"id": "B1"}}, Person(ANA, human=False)),
        ({"user": "USLACKBOT"}, Person("USLACKBOT", human=False)),
        ({"user_profile": {"display_name": "Ana\n", "real_name": "Ana Ruiz", "name": "ana"}}, Person(ANA, "Ana")),
        ({"user_profile": {"display_name": "", "real_name": "Ana Ruiz", "name": "ana"}}, Person(ANA, "Ana Ruiz")),
    ],
)
def test_who_wrote_it(more: Json, author: Person) -> None:
    assert heard(said(**more)).author == author


@pytest.mark.parametrize(
    ("more", "team", "me"),
    [
        ({}, TEAM, ME),
        # a channel that is shared: the event says whose channel it is, or whose member wrote
        ({"team_id": "T0HOST", "context_team_id": TEAM}, TEAM, ME),
        # an organisation that has the bot in all of its workspaces
        (
            {
                "team_id": "T0002",
                "enterprise_id": "E1",
                "authorizations": [
                    {
                        "enterprise_id": "E1",
                        "team_id": None,
                        "user_id": ME,
                        "is_bot": True,
                        "is_enterprise_install": True,
                    }
                ],
            },
            "T0002",
            ME,
        ),
        ({"authorizations": [], "context_team_id": "T0003"}, "T0003", ""),
        ({"authorizations": None}, TEAM, ""),
        ({"authorizations": [{"team_id": TEAM, "user_id": ANA, "is_bot": False}]}, TEAM, ""),
    ],
)
def test_for_whom_it_is(more: Json, team: str, me: str) -> None:
    found = report(said(team="T0GUEST", user_team="T0GUEST", source_team="T0GUEST") | more)
    assert found
    assert (found.team, found.me) == (team, me)
    assert found.what.author == Person(ANA)  # type: ignore[union-attr]


def test_what_is_for_nobody_is_nothing() -> None:
    assert report(said() | {"authorizations": [], "team_id": None}) is None


@pytest.mark.parametrize(
    ("more", "direct"),
    [
        ({"channel_type": "channel"}, False),
        ({"channel_type": "group"}, False),
        ({"channel_type": "mpim", "channel": "G0001"}, False),
        ({"channel_type": "im", "channel": DIRECT}, True),
        ({"channel_type": "app_home", "channel": DIRECT}, True),
        ({"channel_type": None}, False),
        ({"channel_type": None, "channel": DIRECT}, True),
        ({"channel_type": None, "channel": "G0001"}, False),
    ],
)
def test_who_sees_it(more: Json, direct: bool) -> None:
    assert heard(said(**more)).is_direct is direct


@pytest.mark.parametrize(
    ("more", "thread", "root"),
    [({}, None, TS), ({"thread_ts": TS}, None, TS), ({"thread_ts": ROOT, "parent_user_id": BEN}, ROOT, ROOT)],
)
def test_which_thread_it_stands_in(more: Json, thread: str | None, root: str) -> None:
    found = heard(said(**more))
    assert (found.thread, found.root, found.parent) == (thread, root, more.get("parent_user_id", ""))


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        (file(), File("F0001", "bees.txt", "text/plain", 9)),
        (file(name="", title="Bees\n"), File("F0001", "Bees", "text/plain", 9)),
        (file(mimetype=""), File("F0001", "bees.txt", "text/plain", 9)),
        (file(mimetype=None, name="bees.\u202epng"), File("F0001", "bees.png", "image/png", 9)),
        (file(mode="external", is_external=True), File("F0001", "bees.txt", "text/plain", 9, here=False)),
        # of a file in a shared channel Slack tells the id alone
        ({"id": "F0001", "file_access": "check_file_info"}, File("F0001", "F0001", "application/octet-stream", 0)),
        (file(mode="tombstone"), None),
        (file(mode="hidden_by_limit"), None),
        ({}, None),
    ],
)  # fmt: skip
def test_files(shape: Json, expected: File | None) -> None:
    found = heard(said(subtype="file_share", files=[shape]))
    assert found.files == (() if expected is None else (expected,))


def test_shared_messages_are_quotes_and_their_files_come_along() -> None:
    found = heard(said("look", attachments=[shared(files=[file()])], files=[file(id="F0002")]))
    assert found.quotes == (Quote("Ben", "It is five.\nOr six."),)
    assert [each.id for each in found.files] == ["F0002", "F0001"]


def test_a_shared_message_may_have_blocks_alone() -> None:
    rich = {
        "type": "rich_text",
        "elements": [
            {
                "type": "rich_text_section",
                "elements": [
                    {"type": "text", "text": "Is <b> & "},
                    {"type": "user", "user_id": BEN},
                    {"type": "text", "text": " in "},
                    {"type": "channel", "channel_id": "C0002"},
                    {"type": "link", "url": "https://a.example", "text": "there"},
                    {"type": "emoji", "name": "wave"},
                    {"type": "broadcast", "range": "here"},
                    {"type": "usergroup", "usergroup_id": "S1"},
                ],
            },
            {
                "type": "rich_text_list",
                "elements": [
                    {"type": "rich_text_section", "elements": [{"type": "text", "text": f"{n}"}]} for n in "ab"
                ],
            },
        ],
    }
    section = {"type": "section", "text": {"type": "mrkdwn", "text": "*bold* &amp; so"}}
    blocks = [rich, {"type": "divider"}, section]
    found = heard(said("", attachments=[shared("", message_blocks=[{"message": {"blocks": blocks}}])]))
    assert found.quotes == (
        Quote(
            "Ben",
            "Is &lt;b&gt; &amp; <@U0BEN> in <#C0002><https://a.example|there>:wave:<!here><!subteam^S1>\na\nb\n"
            "*bold* &amp; so",
        ),
    )
    assert heard(said("", blocks=[rich])).text.startswith("Is &lt;b&gt;")


def test_previews_of_links_are_no_quotes() -> None:
    preview = {"from_url": "https://a.example", "title": "A", "text": "What stands there", "id": 1}
    assert heard(said(attachments=[preview])).quotes == ()


def test_an_edit_is_told_with_what_it_was() -> None:
    found = heard(changed(written("hi", edited={"user": ANA, "ts": LATER}), written("hello")))
    assert isinstance(found, Changed)
    assert found.before
    assert (found.message.text, found.before.text, found.at) == ("hi", "hello", LATER)
    assert (found.message.channel, found.message.kind, found.message.ts) == (CHANNEL, "channel", TS)


def test_an_edit_without_what_it_was() -> None:
    assert (
        heard(changed(written("hi", edited={"user": ANA, "ts": "1763640121.000001"}), None)).at == "1763640121.000001"
    )
    assert heard(changed(written("hi"), None)) is None  # nothing says that it was edited


def test_an_edit_of_a_post_of_an_app_is_one_of_an_app() -> None:
    found = heard(changed(written("hi", bot_id="B1"), written("hello", bot_id="B1")))
    assert not found.message.author.human


def test_a_message_in_a_thread_stays_in_it_when_it_is_edited() -> None:
    found = heard(changed(written("hi", thread_ts=ROOT, subtype="thread_broadcast"), written("hello", thread_ts=ROOT)))
    assert found.message.thread == ROOT


@pytest.mark.parametrize(
    "what",
    [
        removed(written(thread_ts=ROOT)),
        # a thread hangs at it
        changed(written("This message was deleted.", subtype="tombstone", user="USLACKBOT"), written(thread_ts=ROOT)),
    ],
)
def test_a_deletion_tells_what_is_gone(what: Json) -> None:
    found = heard(what)
    assert isinstance(found, Gone)
    assert (found.message.author, found.message.ts, found.message.thread, found.at) == (Person(ANA), TS, ROOT, LATER)


def test_a_deletion_of_nobody_knows_what_is_nothing() -> None:
    assert heard(removed({})) is None
    assert heard(removed(written(), previous_message=None)) is None


@pytest.mark.parametrize("tone", ["", "::skin-tone-2", "::skin-tone-6"])
@pytest.mark.parametrize("added", [True, False])
def test_a_reaction(tone: str, added: bool) -> None:
    assert report(reacted(f"thumbsdown{tone}", added=added)) == Report(
        TEAM,
        ME,
        Reaction(channel=CHANNEL, ts=TS, user=ANA, name="thumbsdown", added=added, at=LATER, author=ME),
    )


@pytest.mark.parametrize("more", [{"item": {"type": "file", "file": "F1"}}, {"user": None}, {"item": None}])
def test_a_reaction_to_something_else_is_nothing(more: Json) -> None:
    assert heard(reacted(**more)) is None


NAMES = [*written(), "message", "previous_message", "files", "attachments", "item", "edited", "elements", "id"]
parts = st.sampled_from([*NAMES, "is_share", "message_blocks"])
shapes = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(parts, inner, max_size=5),
    max_leaves=12,
)
kinds = st.sampled_from(["message", "app_mention", "reaction_added"])
subtypes = st.sampled_from([None, "message_changed", "message_deleted", "file_share"])


@given(st.dictionaries(st.sampled_from(NAMES), shapes), kinds, subtypes)
def test_nothing_that_comes_breaks_it(broken: Json, kind: str, subtype: str | None) -> None:
    report(payload({**said()["event"], "type": kind, "subtype": subtype, **broken}))


async def test_what_the_local_slack_sends_is_understood() -> None:
    slack = LocalSlack(App())
    library = slack.workspace("The Library")
    ana, ben = slack.member(library, "ana"), slack.member(library, "ben")
    general, bot = slack.channel(library, "general"), slack.installed(library).bot
    asked = await slack.mentions(ana, general, "How many bees?")
    answer = await slack.says(ben, general, "Five.", thread=asked, files=[Upload(name="bees.txt", content=b"five")])
    await slack.edits(ben, answer, "Six.")
    await slack.unfurls(answer, "https://bees.example")
    await slack.reacts(ana, answer, "thumbsup", tone=3)
    await slack.deletes(ben, answer)
    reports = [report(each.payload) for each in slack.deliveries.sent]
    assert {(each.team, each.me) for each in reports if each} == {(library.id, bot.id)}
    found = [each.what for each in reports if each]
    assert [type(each).__name__ for each in found] == [
        "Message", "Message", "Message", "Changed", "Changed", "Reaction", "Gone",
    ]  # fmt: skip
    message, mention, reply, edit, preview, reaction, gone = found
    assert isinstance(message, Message)
    assert isinstance(mention, Message)
    assert (message.ts, message.text, message.author) == (mention.ts, mention.text, mention.author)
    assert isinstance(reply, Message)
    assert (reply.thread, reply.parent, [each.name for each in reply.files]) == (asked.ts, ana.id, ["bees.txt"])
    assert isinstance(edit, Changed)
    assert edit.before
    assert (edit.message.text, edit.before.text) == ("Six.", "Five.")
    assert isinstance(preview, Changed)
    assert preview.before
    assert preview.message.text == preview.before.text
    assert isinstance(reaction, Reaction)
    assert (reaction.name, reaction.user) == ("thumbsup", ana.id)
    assert isinstance(gone, Gone)
    assert gone.message.author.id == ben.id
    assert payloads.TEAM not in {library.id}

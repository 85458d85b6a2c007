"""What an action says becomes posts that Slack takes: whole, in order, under names of their own."""

from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.slack.outgoing.blocks import MOST_LABEL, Button, buttons, feedback, markdown, rated
from adapters.slack.outgoing.composing import LIMIT, NOTHING, composed, origin
from adapters.slack.outgoing.post import Post
from bot.domain.ending import Vote
from tests.adapters.slack.payloads import CHANNEL, LATER, TEAM, TS
from tests.servers.slack_blocks import checked
from tests.servers.slack_drafts import draft
from tests.servers.slack_text import block_pings, pings, read

ACTION = f"slack:m:{TEAM}:{CHANNEL}:{TS}/0"
ROW = buttons(Button("go", "ending1", "Start a new conversation", "primary"), Button("no", "ending1", "No"))
THUMBS = feedback("ending1", "That was fair", "That was unfair")

pieces = ["word", "<@U012AB>", "<!here>", "a<b", "&lt;", "[x]:", "](a.b)", "\n\n", "\n", "> q", "```", "x" * 900]
words = st.lists(st.sampled_from(pieces), max_size=60)
texts = words.map(" ".join) | st.text() | st.integers(1, 9).map(lambda times: "wörd < 😀 " * 500 * times)


def test_an_answer_is_a_post_of_markdown() -> None:
    (post,) = composed(ACTION, "say", "**Yes**, 1 < 2.")
    text = "**Yes**, 1 &lt; 2."
    assert post == Post(post.id, text, (markdown(text),), after=TS)
    assert post.plain == Post(post.id, text, after=TS)


@pytest.mark.parametrize("text", ["", " \n\t "])
def test_nothing_is_not_what_slack_takes(text: str) -> None:
    (post,) = composed(ACTION, "say", text)
    assert post.text == NOTHING
    assert post.blocks == (markdown(NOTHING),)


@given(texts, st.sampled_from([(), (ROW,), (ROW, THUMBS)]), st.sampled_from([(), ("S012", "U034", "<!here>", "")]))
def test_slack_takes_every_post_and_notifies_nobody_but_who_is_called(
    text: str, below: tuple[dict[str, object], ...], called: tuple[str, ...]
) -> None:
    posts = composed(ACTION, "say", text, below=below, called=called)
    assert posts
    for number, post in enumerate(posts):
        blocks = checked(list(post.blocks))
        assert draft({"text": post.text, "blocks": list(post.blocks)})
        assert 1 <= len(post.text.strip()) <= len(post.text) <= LIMIT
        whom = {"S012", "U034"} if called and number == 0 else set()
        assert pings(post.text) == block_pings(blocks) == whom
        assert post.plain.text == post.text == post.blocks[0]["text"]
        assert not post.blocks[1:] or post is posts[-1]
    assert posts[-1].blocks[1:] == below


@given(st.lists(st.sampled_from(["w", "a<b", "c>d", "&", "\n", "x" * 700]), max_size=80))
def test_people_read_all_of_it(chosen: list[str]) -> None:
    text = " ".join(f"{each}{number}" for number, each in enumerate(chosen))
    posts = composed(ACTION, "say", text)
    assert list(chain(*(read(each.text).split() for each in posts))) == (text.split() or [NOTHING])


def test_a_very_long_text_takes_as_many_posts_as_it_needs() -> None:
    posts = composed(ACTION, "say", "a<b > c & d " * 5_000)
    assert len(posts) > 5_000 * 12 / LIMIT
    assert "".join(read(each.text) for each in posts).replace(" ", "").replace("\n", "") == "a<b>c&d" * 5_000


def test_code_that_is_cut_is_closed_and_opened_again() -> None:
    posts = composed(ACTION, "say", "```py\n" + "if a < b:\n" * 500 + "```")
    assert len(posts) > 1
    for post in posts:
        assert post.text.startswith("```py\n")
        assert post.text.endswith("\n```")


def test_a_part_that_begins_inside_a_line_hides_no_link() -> None:
    before = "x" * (LIMIT - 3)
    *_, last = composed(ACTION, "say", f"{before} [a]: https://elsewhere.example and [a]")
    assert last.text.startswith("[a]\u200b: https://elsewhere.example")


def test_a_post_is_full_at_most() -> None:
    called = composed(ACTION, "say", "z" * 9_000, called=["S012"])
    assert [len(each.text) for each in called[:2]] == [LIMIT - 1, LIMIT - 1 - len("<!subteam^S012>\n")]
    broken = composed(ACTION, "say", f"{'x' * (LIMIT - 3)} [a]:{'y' * 9_000}")
    assert [len(each.text) for each in broken[:3]] == [LIMIT - 3, LIMIT, LIMIT - 1]


def test_who_is_called_stands_on_a_line_of_their_own() -> None:
    posts = composed(ACTION, "say", "```\ncode\n```", called=["S012", "W034"])
    assert posts[0].text == "<@W034> <!subteam^S012>\n```\ncode\n```"


def test_what_is_urgent_is_so_in_all_its_posts() -> None:
    assert all(each.urgent for each in composed(ACTION, "say", "word " * 2_000, urgent=True))
    assert not any(each.urgent for each in composed(ACTION, "say", "word " * 2_000))


@given(texts)
def test_the_same_action_makes_the_same_posts(text: str) -> None:
    assert composed(ACTION, "say", text) == composed(ACTION, "say", text)


def test_every_post_has_an_id_of_its_own() -> None:
    long = "word " * 5_000
    many = [composed(ACTION, "say", long), composed(ACTION, "tell", long), composed(f"{ACTION}1", "say", long)]
    ids = [post.id for posts in many for post in posts]
    assert len(set(ids)) == len(ids) > 3


@pytest.mark.parametrize(
    ("action", "ts"),
    [
        (ACTION, TS),
        (f"slack:e:{TEAM}:{CHANNEL}:{TS}:{LATER}/care0", LATER),
        (f"slack:d:{TEAM}:{CHANNEL}:{TS}/0", None),
        (f"slack:i:{TEAM}:12466734323.1395872398/0", None),
        ("discord:m:5/0", None),
        ("", None),
    ],
)
def test_what_a_post_comes_after(action: str, ts: str | None) -> None:
    assert origin(action) == ts
    assert composed(action, "say", "Yes.")[0].after == ts


def test_slack_takes_buttons_and_thumbs() -> None:
    long = Button("go", "x", "word " * 30)
    row = buttons(long)
    assert checked([ROW, THUMBS, row])
    assert len(row["elements"][0]["text"]["text"]) == MOST_LABEL
    assert "style" not in ROW["elements"][1]
    assert [each["action_id"] for each in ROW["elements"]] == ["go", "no"]


def test_a_thumb_tells_the_vote_and_the_ending() -> None:
    (thumbs,) = THUMBS["elements"]
    assert rated(thumbs["positive_button"]["value"]) == (Vote.FAIR, "ending1")
    assert rated(thumbs["negative_button"]["value"]) == (Vote.UNFAIR, "ending1")
    assert thumbs["positive_button"]["text"]["text"] == "That was fair"


@pytest.mark.parametrize("value", ["", "fair", "fair:", "great:ending1", "ending1"])
def test_other_values_are_no_votes(value: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (whatever it says)
        rated(value)

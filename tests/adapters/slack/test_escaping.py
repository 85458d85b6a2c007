"""No text of ours notifies anybody or hides where a link leads, whatever somebody made a model write."""

import re
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from adapters.slack.outgoing.escaping import BREAK, decoded, harmless, literal, mrkdwn
from adapters.slack.outgoing.streaming import settled
from tests.servers.slack_text import block_pings, links, pings, read

pieces = [
    "<", ">", "|", "@", "!", "#", "U012AB", "here", "channel", "subteam^S012", "date^1^{date}", "https://a.b",
    "a.b/c", "mailto:", "x@y.z", "[", "]", "(", ")", "](", "]:", ":", "\\", "&", "&lt;", "&gt;", "&amp;", "&#60;",
    "lt;", " ", "\n", "> ", "- ", "1. ", "`", "```", "~~~", "**", "x", '"t"', BREAK, "<@U012AB>", "<!here>", "<#C1|x>", "<https://a.b|c>",
    "[x](https://a.b)", "[x]: https://a.b", "[x]",
]  # fmt: skip
hostile = st.lists(st.sampled_from(pieces), max_size=12).map("".join)
texts = st.one_of(hostile, st.text())
markdown = MarkdownIt()


def hidden(text: str) -> list[str]:
    """Addresses that a link or an image leads to without showing them, as the local Slack and CommonMark read it."""
    found = [link.url for link in links(text, markdown=True) if link.masked]
    for token in markdown.parse(text):
        parts = (part for part in token.children or [] if part.markup != "autolink")
        found += [
            str(part.attrs.get("href") or part.attrs["src"]) for part in parts if part.type in {"link_open", "image"}
        ]
    return [address for address in found if not re.fullmatch(r"[\w ,%]*", address)]  # f[i](x) is no address


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<@U012AB> and <@U012AB|robin>", "&lt;@U012AB&gt; and &lt;@U012AB|robin&gt;"),
        ("<!channel> <!here|here>", "&lt;!channel&gt; &lt;!here|here&gt;"),
        ("<!subteam^S012|@mods>", "&lt;!subteam^S012|@mods&gt;"),
        ("`<!channel>`", "`&lt;!channel&gt;`"),
        ("```\n<!everyone>\n```", "```\n&lt;!everyone&gt;\n```"),
        ("> <!here>", "> &lt;!here&gt;"),
        ("<https://evil.example|https://good.example>", "&lt;https://evil.example|https://good.example&gt;"),
        ("see [my bank](https://elsewhere.example)", f"see [my bank]{BREAK}(https://elsewhere.example)"),
        ("[a](<https://b.example>)", f"[a]{BREAK}(https://b.example)"),
        ("[a](b.example)", f"[a]{BREAK}(b.example)"),
        ("[a](//b.example 'c')", f"[a]{BREAK}(//b.example 'c')"),
        ("[a](mailto:b@c.example)", f"[a]{BREAK}(mailto:b@c.example)"),
        ("[a](\nhttps://b.example)", f"[a]{BREAK}(\nhttps://b.example)"),
        ("![a](https://b.example/c.png)", f"![a]{BREAK}(https://b.example/c.png)"),
        ("[bank]\n\n[bank]: https://b.example", f"[bank]\n\n[bank]{BREAK}: https://b.example"),
        ("[ban\\]k]\n\n> [ban\\]k]: b.example", f"[ban\\]k]\n\n> [ban\\]k]{BREAK}: b.example"),
        ("[1]\n\n1. - [1]:\n//b.example", f"[1]\n\n1. - [1]{BREAK}:\n//b.example"),
    ],
)
def test_what_notifies_or_hides_is_broken(text: str, shown: str) -> None:
    assert pings(text) or hidden(text)
    assert harmless(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a < b and c > d", "a &lt; b and c &gt; d"),
        ("`#include <stdio.h>`", "`#include &lt;stdio.h&gt;`"),
        ("https://a.example/x_(y)?a=1&b=2", None),
        ("write to ana@a.example", None),
        ("<https://a.example/x?a=1&b=2>", "https://a.example/x?a=1&b=2"),
        ("<ana@a.example> or <mailto:ana@a.example>", "ana@a.example or mailto:ana@a.example"),
        ("> quoted\n>> twice\n > so", None),
        ("> a > b", "> a &gt; b"),
        ("f[i](x) and g[0](a, b) and h[k]()", None),
        ("d: dict[str, int] = {a[0]: b.c}", None),
        ("[x] (y) and [^1]", None),
        ("fish &amp; chips &lt;b&gt; &", None),
        ("@here, @channel and #general", None),  # nobody is notified unless it is asked for
        ("**bold** _and_ ~~so~~ `on`", None),
    ],
)
def test_what_is_harmless_can_be_read_as_it_was(text: str, shown: str | None) -> None:
    assert harmless(text) == (text if shown is None else shown)


@given(texts)
@example("<<https://a.b>!here>")
@example("<<x@y.z>@U012AB>")
@example("[x]\n\n[x\n]: a.b")
def test_nothing_notifies_or_hides_afterwards(text: str) -> None:
    shown = harmless(text)
    assert not pings(shown)
    assert not block_pings([{"type": "markdown", "text": shown}])
    assert not block_pings([{"type": "section", "text": {"type": "mrkdwn", "text": shown}}])
    assert not hidden(shown)
    assert harmless(shown) == shown


@given(texts, st.integers(0, 60))
def test_nothing_does_in_a_piece_of_it_that_was_looked_at_again(text: str, at: int) -> None:
    for piece in (harmless(text)[:at], harmless(text)[at:]):
        assert not pings(piece)
        assert not hidden(harmless(piece))


@given(texts, st.lists(st.integers(0, 80), max_size=5))
@example("see [x](https://a.b) and", [8, 12, 24])
@example("<https://a.b|c> <!here> and", [14, 20, 27])
def test_nothing_does_in_an_answer_that_is_shown_while_it_is_written(text: str, cuts: list[int]) -> None:
    there = ""
    for cut in sorted(cuts):
        shown = settled(text[:cut])
        assert not pings(shown)
        assert not block_pings([{"type": "markdown", "text": shown}])
        assert not hidden(shown)
        assert harmless(shown) == shown
        assert harmless(decoded(shown)) == shown or "&" in text  # what is given up is said again as it is shown
        if shown.startswith(there):  # else nothing is added, and in the end it is written anew
            there += shown.removeprefix(there)
            assert there == shown


@given(st.text(st.characters(exclude_characters="&@:"), max_size=30))
def test_people_read_what_was_written(text: str) -> None:
    shown = harmless(text).replace(BREAK, "")
    assert read(shown) == decoded(shown) == text.replace(BREAK, "")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Ana", "Ana"),
        ("**Ana**", r"\*\*Ana\*\*"),
        ("Ana\n# Boss", r"Ana \# Boss"),
        ("<@U012AB>", "&lt;@U012AB&gt;"),
        ("<!here>", r"&lt;\!here&gt;"),
        ("[a](https://b.example)", r"\[a\]\(https://b.example\)"),
        ("> so", "&gt; so"),
        ("1. so", r"1\. so"),
        ("~~x~~", f"~{BREAK}~x~{BREAK}~"),
        ("R&B &lt;3", "R&amp;B &amp;lt;3"),
        ("snow_white's cat, really?", r"snow\_white's cat, really?"),
    ],
)
def test_a_quotation_is_shown_as_it_is(name: str, shown: str) -> None:
    assert literal(name) == shown


@given(texts)
def test_nothing_in_a_quotation_is_markup(text: str) -> None:
    shown = literal(text)
    assert "\n" not in shown
    assert not pings(shown)
    assert not hidden(shown)
    (paragraph,) = [token for token in markdown.parse(f"x {shown}") if token.type == "inline"]
    assert {part.type for part in paragraph.children or []} <= {"text", "text_special"}
    assert paragraph.children
    seen = "".join(part.content for part in paragraph.children).replace(BREAK, "")
    assert seen.rstrip() == f"x {' '.join(text.split())}".replace(BREAK, "").replace("\0", "\ufffd").rstrip()
    assert harmless(shown) == shown  # it may be part of a text


@given(texts)
def test_plain_text_in_slacks_own_markup_comes_out_as_it_was(text: str) -> None:
    shown = mrkdwn(text)
    assert not pings(shown)
    assert not links(shown)
    assert read(shown) == text


def test_a_file_has_characters_not_entities() -> None:
    assert decoded(harmless("if a < b > c: d & e")) == "if a < b > c: d & e"


@pytest.mark.parametrize(
    "piece",
    ["](", "](" + " " * 99_998, "[a](", "<@", "<a@", "<a@b", "<https://a", "\n[", "\n[\\", "[\\\n", "> ", ">", "- ",
     "1. ", " ", "\n> - ["],
)  # fmt: skip
def test_hostile_text_costs_no_more_than_its_length(piece: str) -> None:
    text = piece * (100_000 // len(piece))
    began = time.process_time()
    harmless(text)
    literal(text)
    assert time.process_time() - began < 2  # seconds; it takes hundredths, and minutes if it were quadratic

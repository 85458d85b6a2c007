"""No text of ours mentions anybody or hides where a link leads, whatever somebody made a model write."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.discord.outgoing.escaping import BREAK, harmless, literal

# How Discord's client finds a masked link, and what a backslash does there (after simple-markdown, its parser).
LINK = re.compile(
    r"\[((?:\[[^\]]*\]|[^\[\]]|\](?=[^\[]*\]))*)\]\(\s*<?((?:\([^)]*\)|[^\s\\]|\\.)*?)>?(?:\s+['\"]([\s\S]*?)['\"])?\s*\)"
)
ESCAPED = re.compile(r"\\([^0-9A-Za-z\s])")
PING = re.compile(r"<@[!&]?\d+>|@everyone|@here")

pieces = [
    "[",
    "]",
    "(",
    ")",
    "<",
    ">",
    "@",
    "!",
    "&",
    "1",
    "everyone",
    "here",
    "https://a.b",
    "http\\://a",
    ":",
    "\\",
    " ",
]
hostile = st.lists(st.sampled_from([*pieces, "\n", "`", "x", '"t"', "](", "<@1>", BREAK]), max_size=12).map("".join)


def masks(text: str) -> bool:
    """Whether Discord shows a link whose address is not to be seen."""
    return any(
        re.match(r"\s*[a-z][a-z0-9+.-]*:", ESCAPED.sub(r"\1", link[2]), re.IGNORECASE) for link in LINK.finditer(text)
    )


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<@5> <@!5> <@&5>", f"<{BREAK}@5> <{BREAK}@!5> <{BREAK}@&5>"),
        ("@everyone and @here", f"@{BREAK}everyone and @{BREAK}here"),
        ("see [my bank](https://elsewhere.example)", f"see [my bank]{BREAK}(https://elsewhere.example)"),
        ("[a]( <HTTPS://b.example> 'c')", f"[a]{BREAK}( <HTTPS://b.example> 'c')"),
        (r"[a](https\://b.example)", rf"[a]{BREAK}(https\://b.example)"),
        ("[a](\nhttps://b.example)", f"[a]{BREAK}(\nhttps://b.example)"),
    ],
)
def test_what_mentions_or_hides_is_broken(text: str, shown: str) -> None:
    assert PING.search(text) or masks(text)
    assert harmless(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "https://a.example/x_(y)",
        "<https://a.example>",
        "me@here.example",
        "f[i](x)",
        "[x] (y)",
        "<#5> <:wave:5> </ask:5>",
    ],
)
def test_what_is_harmless_stays_as_it_is(text: str) -> None:
    expected = text.replace("@here", f"@{BREAK}here")
    assert harmless(text) == expected


@given(st.one_of(hostile, st.text()))
def test_nothing_mentions_or_hides_afterwards(text: str) -> None:
    shown = harmless(text)
    assert not PING.search(shown)
    assert not masks(shown)
    assert shown.replace(BREAK, "") == text.replace(BREAK, "")
    assert harmless(shown) == shown


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Ana", "Ana"),
        ("**Ana**", r"\*\*Ana\*\*"),
        ("Ana\n# Boss", r"Ana \# Boss"),
        ("<@5>", rf"\<{BREAK}\@5\>"),
        ("@everyone", rf"\@{BREAK}everyone"),
        ("[a](https://b.example)", r"\[a\]\(https\://b.example\)"),
        ("snow_white's cat, really?", r"snow\_white's cat, really?"),
    ],
)
def test_a_quotation_is_shown_as_it_is(name: str, shown: str) -> None:
    assert literal(name) == shown


@given(st.one_of(hostile, st.text()))
def test_nothing_in_a_quotation_is_markup(text: str) -> None:
    shown = literal(text)
    assert not re.search(r"[*_~|`<>\[\]()#:@-]", re.sub(r"\\.", "", shown))
    assert ESCAPED.sub(r"\1", shown).replace(BREAK, "") == " ".join(text.split()).replace(BREAK, "")
    assert "\n" not in shown


@pytest.mark.parametrize("piece", ["](", "](" + " " * 99_998, "[a](", "<@", "]( <", "](a", " ", "@", "](a\\"])
def test_hostile_text_costs_no_more_than_its_length(piece: str) -> None:
    text = piece * (100_000 // len(piece))
    began = time.process_time()
    harmless(text)
    literal(text)
    assert time.process_time() - began < 2  # seconds; it takes hundredths, and minutes if it were quadratic

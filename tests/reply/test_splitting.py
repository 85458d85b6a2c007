"""Long texts become messages: complete, each within its limit, each whole in itself."""

import re
import time
from itertools import count

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from wcwidth import iter_graphemes

from bot.reply.splitting import Parts, split

ALL = 1_000_000  # parts
LIMIT, MOST = 2_000, 5  # as Discord has them
FAMILY = "👩\u200d👩\u200d👧\u200d👦"
FLAG = "🇩🇪"
LINK = "[the docs of it](https://docs.example/a_(b)/" + "c" * 60 + ")"

markdown = MarkdownIt()


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def in_code(text: str) -> list[str]:
    """The numbered words that stand in code blocks, as CommonMark reads it."""
    blocks = (token.content for token in markdown.parse(text) if token.type == "fence")
    return [word for block in blocks for word in re.findall(r"w\d+", block)]


def is_closed(text: str) -> bool:
    """Whether what comes after it, as CommonMark reads it, is no code."""
    return all("behind" not in token.content for token in markdown.parse(f"{text}\n\nbehind") if token.type == "fence")


def characters(text: str) -> list[str]:
    """What a reader sees as one character each, without white space."""
    return [each for each in iter_graphemes(text) if not each.isspace()]


def bare(text: str) -> str:
    """Without what closes and opens code blocks, and white space."""
    return re.sub(r"[`~>\s]", "", text)


@st.composite
def documents(draw: st.DrawFn) -> str:
    """Markdown as a model writes it. Its words are numbered."""
    numbers = count()

    def words(most: int) -> str:
        chosen = draw(
            st.lists(st.sampled_from(["", "", "", "", "**", "`", FAMILY, "é", LINK]), min_size=1, max_size=most)
        )
        return " ".join(
            f"{each}w{next(numbers)}{each}" if each in {"", "**", "`"} else f"{each} w{next(numbers)}"
            for each in chosen
        )

    def code() -> str:
        mark = draw(st.sampled_from(["```", "````", "~~~", "~~~~~"]))
        info = draw(st.sampled_from(["", "py", " c++ ", 'py title="a b"', "x" * 40, "word " * 30]))
        info = info.replace("`", "")
        lead = draw(st.sampled_from(["", "", " ", "   "]))
        lines = draw(
            st.lists(st.sampled_from(["{}", "    {}", "", "{} `x`", "``", "~~", "- {}", "{} " * 40]), max_size=15)
        )
        inside = [re.sub(r"\{\}", lambda _: f"w{next(numbers)}", line) for line in lines]
        nested = ["```", f"w{next(numbers)}", "```"] if mark != "```" and draw(st.booleans()) else []
        return "\n".join([f"{lead}{mark}{info}", *(f"{lead}{line}" for line in [*inside, *nested]), f"{lead}{mark}"])

    def block() -> str:
        kind = draw(st.sampled_from(["words", "words", "code", "code", "heading", "list"]))
        if kind == "code":
            return code()
        return {"words": "{0}", "heading": "# {0}", "list": "- {0}\n- {1}"}[kind].format(words(60), words(9))

    blocks = [block() for _ in range(draw(st.integers(1, 8)))]
    return draw(st.sampled_from(["\n\n", "\n"])).join(blocks)


limits = st.sampled_from([200, 300, 500, LIMIT])


@given(documents(), limits)
def test_a_text_is_complete_in_its_parts_and_code_stays_code(text: str, limit: int) -> None:
    parts = split(text, limit=limit, most=ALL)
    assert parts.rest == ""
    joined = "\n\n".join(parts.texts)
    assert re.findall(r"w\d+", joined) == re.findall(r"w\d+", text)
    assert in_code(joined) == in_code(text)


@given(documents(), limits)
def test_every_part_is_whole_in_itself(text: str, limit: int) -> None:
    for part in split(text, limit=limit, most=ALL).texts:
        assert part.strip()
        assert units(part) <= limit
        assert is_closed(part)


@given(documents(), limits)
def test_links_stay_whole(text: str, limit: int) -> None:
    parts = split(text, limit=limit, most=ALL).texts
    assert sum(part.count(LINK) for part in parts) == text.count(LINK)


hostile = st.lists(
    st.sampled_from(
        [
            "`",
            "```",
            "````",
            "~~~",
            "\n",
            "\n",
            " ",
            "> ",
            "- ",
            "!",
            "[",
            "](",
            ")",
            "<",
            "😀",
            "e\u0301!",
            FLAG,
            "!" * 150,
            " " * 150,
        ]
    ),
    max_size=60,
).map("".join)


@given(st.one_of(hostile, st.text(), st.text(st.characters(codec=None), min_size=150)), st.integers(200, 230))
@example("\ud83d\ude00 \ud83d", 200)
@example("```" + "!" * 500, 200)
@example("```py\n" + "\n" * 500, 200)
def test_any_text_at_all_fits(text: str, limit: int) -> None:
    parts = split(text, limit=limit, most=ALL)
    assert all(part.strip() and units(part) <= limit and len(part) <= limit for part in parts.texts)
    "".join(parts.texts).encode()  # no half of a character


@given(hostile, limits)
def test_nothing_is_lost_and_nothing_added(text: str, limit: int) -> None:
    assert bare("".join(split(text, limit=limit, most=ALL).texts)) == bare(text)


emoji = st.sampled_from([FAMILY, FLAG, "👍🏽", "e\u0301", "한", "नि", "a", "漢", "❤\ufe0f", "1\ufe0f\u20e3", " ", "\n"])


@given(st.lists(emoji, min_size=100, max_size=400).map("".join))
def test_characters_stay_whole(text: str) -> None:
    parts = split(text, limit=200, most=ALL).texts
    assert [each for part in parts for each in characters(part)] == characters(text.strip())


@given(documents())
def test_a_text_that_fits_stays_as_it_is(text: str) -> None:
    if units(text) <= LIMIT and is_closed(text):
        assert split(text, limit=LIMIT, most=MOST) == Parts((text.strip(),))


@given(documents(), st.integers(1, 3))
def test_what_does_not_fit_is_left_for_a_file(text: str, most: int) -> None:
    parts = split(text, limit=200, most=most)
    assert len(parts.texts) <= most
    assert parts.texts == split(text, limit=200, most=ALL).texts[:most]
    joined = "\n\n".join((*parts.texts, parts.rest))
    assert re.findall(r"w\d+", joined) == re.findall(r"w\d+", text)
    assert in_code(joined) == in_code(text)


def test_a_very_long_answer_is_five_messages_and_a_file() -> None:
    parts = split("word " * 10_000, limit=LIMIT, most=MOST)
    assert len(parts.texts) == MOST
    assert len(" ".join((*parts.texts, parts.rest)).split()) == 10_000


A, B = "a" * 120, "b" * 120


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", ()),
        (" \n\t\n ", ()),
        ("hello\n", ("hello",)),
        # where it is cut: between paragraphs, between lines, at a space, anywhere
        (f"{A}\n\nx\ny z {B}", (A, f"x\ny z {B}")),
        (f"{A}\nx y {B}", (A, f"x y {B}")),
        (f"{A} {B}", (A, B)),
        ("a" * 250, ("a" * 200, "a" * 50)),
        ("😀" * 150, ("😀" * 100, "😀" * 50)),
        # not too early: a break in the first half is the last resort
        (f"x\n\n{'a' * 90} {'b' * 90} {'c' * 90}", (f"x\n\n{'a' * 90} {'b' * 90}", "c" * 90)),
        # a link that does not fit goes to the next part
        (f"{A} {LINK}", (A, LINK)),
        (f"{A}漢漢{LINK}", (f"{A}漢漢", LINK)),
        (f"{A}漢漢https://a.example/{'b' * 90}", (f"{A}漢漢", f"https://a.example/{'b' * 90}")),
        (f"{'a' * 190}<:wave:123456789012345678>", ("a" * 190, "<:wave:123456789012345678>")),
        (f"{'a' * 198}&amp;b", ("a" * 198, "&amp;b")),
        (f"{A} `{'b ' * 50}`", (A, f"`{'b ' * 50}`")),
        # one that fits nowhere does not
        (f"{'漢' * 50}https://{'b' * 200}", (f"{'漢' * 50}https://{'b' * 142}", "b" * 58)),
        # code blocks
        (f"```py\n{A}\n{B}\n```", (f"```py\n{A}\n```", f"```py\n{B}\n```")),
        (f"x\n~~~\n{A}\n{B}\n~~~\ny", (f"x\n~~~\n{A}\n~~~", f"~~~\n{B}\n~~~\ny")),
        (f"- x\n  ```py\n  {A}\n  {B}\n  ```", (f"- x\n  ```py\n  {A}\n  ```", f"```py\n  {B}\n  ```")),
        (f"- ```\n  {A}\n  {B}\n  ```", (f"- ```\n  {A}\n  ```", f"```\n  {B}\n  ```")),
        (f"> ```py\n> {A}\n> {B}\n> ```", (f"> ```py\n> {A}\n> ```", f"> ```py\n> {B}\n> ```")),
        (f"> ```\n> {A}{B}\n> ```", (f"> ```\n> {'a' * 120}{'b' * 66}\n> ```", f"> ```\n> {'b' * 54}\n> ```")),
        (f"> ```\n> x\n\n{A}\n\n{B}", (f"> ```\n> x\n\n{A}", B)),
        (f"x ```py\n{A}\n{B}\n``` y", (f"x ```py\n{A}\n```", f"```py\n{B}\n``` y")),
        (f"x ``` y\n{A}\n{B}", (f"x ``` y\n{A}", B)),
        (f"```{A} x\n{B}\n```", (f"```{A} x\n```", f"```\n{B}\n```")),
        (f"x ```y``` z ```py\n{A}\n{B}\n```", (f"x ```y``` z ```py\n{A}\n```", f"```py\n{B}\n```")),
        (f"x ```\ny\n``` z ```\n{A}\n{B}\n```", (f"x ```\ny\n``` z ```\n{A}\n```", f"```\n{B}\n```")),
        (f"````\n{A}\n```\n{B}\n```\n````", (f"````\n{A}\n```\n````", f"````\n{B}\n```\n````")),
        (
            f"- x\n{' ' * 9}```py\n{A}\n{B}\n{' ' * 9}```",
            (f"- x\n{' ' * 9}```py\n{A}\n{' ' * 9}```", f"```py\n{B}\n{' ' * 9}```"),
        ),
        (f"```{'x' * 40}\n{A}\n{B}\n```", (f"```{'x' * 40}\n{A}\n```", f"```\n{B}\n```")),
        (f"```py\n{A}\n{B}\n```\nx ```\ny\n```\nz", (f"```py\n{A}\n```", f"```py\n{B}\n```\nx ```\ny\n```\nz")),
        # what only looks like one
        (f"```y``` z\n{A}\n{B}", (f"```y``` z\n{A}", B)),
        (f"x ```y``` z\n{A}\n{B} ```c```", (f"x ```y``` z\n{A}", f"{B} ```c```")),
        (f"{'a' * 193} ```{B}", (f"{'a' * 193} ```bbb", "b" * 117)),
        # one whose end does not fit ends early; one that would be empty begins later
        (f"```\n{'a' * 196}", (f"```\n{'a' * 192}\n```", "```\naaaa\n```")),
        (f"{'a' * 95}\n```py\n{'b' * 150}\n```", ("a" * 95, f"```py\n{'b' * 150}\n```")),
        (f"```\n{'a' * 192}\n```\ny", (f"```\n{'a' * 192}\n```", "y")),
        (f"```\n{'a' * 190}\n\n\n```  \ny", (f"```\n{'a' * 190}\n\n```", "y")),
        (f"{'a' * 190}\n```\n{B}\n```", ("a" * 190, f"```\n{B}\n```")),
        (f"{'a' * 190}\n\n```\n{B}\n```", ("a" * 190, f"```\n{B}\n```")),
        # one that was left open
        ("```py\nx", ("```py\nx\n```",)),
    ],
)
def test_where_a_text_is_cut(text: str, parts: tuple[str, ...]) -> None:
    assert split(text, limit=200, most=ALL).texts == parts


@pytest.mark.parametrize(
    "text",
    [
        "`" * 100_000,
        "` " * 50_000,
        "``` " * 25_000,
        "```\n" * 25_000,
        "a" * 50_000,
        "```" + "x" * 1_900 + "\n" + "y\n" * 40_000,
        ("```" + "x" * 1_900 + "\n") * 50,
        ("~" * 16 + "x" * 1_900 + "\ny\n") * 50,
        "".join(f"{'`' * (3 + each % 14)}\nx\n" for each in range(10_000)),
        "[" * 100_000,
        "[](" * 33_000,
        "[x](" + "()" * 50_000,
        "<" * 100_000,
        "\n" * 50_000 + "x" + " " * 50_000 + "x",
        "> " * 50_000,
        "a\u0301" + "\u0301" * 50_000,
        FLAG * 25_000,
        FAMILY * 10_000,
        "https://" * 12_000,
        "- " * 50_000,
        "1. " * 33_000,
    ],
    ids=lambda text: repr(text[:12]),
)
def test_hostile_text_costs_no_more_than_its_length(text: str) -> None:
    began = time.process_time()
    parts = split(text, limit=LIMIT, most=ALL)
    assert time.process_time() - began < 10  # seconds; none takes one, and it would be minutes if it were quadratic
    assert all(units(part) <= LIMIT for part in parts.texts)

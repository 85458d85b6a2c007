"""What takes more than one view: nothing is left out, and Slack takes each page."""

import json

from hypothesis import given
from hypothesis import strategies as st

from adapters.slack.outgoing.blocks import Block
from adapters.slack.people.paging import MOST_BLOCKS, page, turned
from adapters.slack.people.surfaces import plain
from bot.reply.on_slack import Buttons
from tests.servers.slack_blocks import checked, elements

TEXTS = Buttons(**dict.fromkeys(Buttons.__dataclass_fields__, "text"))
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
BLOCKS = st.lists(st.tuples(TEXT, st.sampled_from([1, 10, 75])), min_size=1, max_size=9)


def pages(blocks: list[Block]) -> list[list[Block]]:
    """All pages, as somebody leafs through them."""
    number, shown = 0, list[list[Block]]()
    while True:
        shown.append(page(blocks, number, "more", "about", TEXTS))
        values = [one["value"] for one in elements(shown[-1][-1]) if str(one.get("action_id")).endswith(":on")]
        if not values:
            return shown
        number, about = turned(values[0])
        assert about == "about"


@given(BLOCKS, st.integers(1, 100))
def test_all_of_it_is_there_in_order_on_pages_that_slack_takes(parts: list[tuple[str, int]], repeated: int) -> None:
    blocks = [block for text, times in parts for block in plain(text * times)] or plain("nothing")
    blocks = [block for number in range(repeated) for block in (*plain(f"number {number}"), *blocks)]
    shown = pages(blocks)
    assert [one for each in shown for one in each if one["type"] == "section"] == blocks
    for each in shown:
        assert len(checked(each, "modal")) <= MOST_BLOCKS + 2
        assert len(json.dumps(each)) < 150_000


def test_a_page_that_is_not_there_is_the_nearest() -> None:
    blocks = [block for number in range(500) for block in plain(f"number {number}")]
    assert page(blocks, -3, "more", "", TEXTS) == page(blocks, 0, "more", "", TEXTS)
    assert page(blocks, 10_000, "more", "about", TEXTS) == pages(blocks)[-1]
    assert [turned(value) for value in ("7:x:y", "x:y", "", "²:y")] == [(7, "x:y"), (0, "y"), (0, ""), (0, "y")]

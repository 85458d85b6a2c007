"""What takes more than one view: its pages, and the buttons that turn them."""

import json
from collections.abc import Sequence

from adapters.slack.outgoing.blocks import Block, Button, buttons
from adapters.slack.people.surfaces import named, noted
from bot.reply.on_slack import Buttons

MOST_BLOCKS = 80  # of a page; a view takes 100, and there is more in it
MOST_BYTES = 100_000  # of a page as it is sent; a view takes 250 kB


def page(blocks: Sequence[Block], number: int, what: str, about: str, texts: Buttons) -> list[Block]:
    """One page of what takes several, with the buttons to those beside it. number: from 0; too high: the last.

    what, about  what the buttons mean, and what about; they give back `turned`
    """
    cut = _pages(blocks)
    number = min(max(number, 0), len(cut) - 1)
    turning = []
    if number:
        turning.append(Button(named(what, "back"), f"{number - 1}:{about}", texts.back))
    if number + 1 < len(cut):
        turning.append(Button(named(what, "on"), f"{number + 1}:{about}", texts.further))
    return [*cut[number], noted(f"{number + 1}/{len(cut)}"), buttons(*turning)] if turning else cut[0]


def turned(value: str) -> tuple[int, str]:
    """What such a button gives back: the page to turn to, and what it is about."""
    number, _, about = value.partition(":")
    return int(number) if number.isascii() and number.isdigit() else 0, about


def _pages(blocks: Sequence[Block]) -> list[list[Block]]:
    cut, size = [list[Block]()], 0
    for block in blocks:
        bytes_ = len(json.dumps(block))  # as the library sends it
        if cut[-1] and (len(cut[-1]) == MOST_BLOCKS or size + bytes_ > MOST_BYTES):
            cut.append([])
            size = 0
        cut[-1].append(block)
        size += bytes_
    return cut

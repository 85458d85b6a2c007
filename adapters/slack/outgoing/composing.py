"""What an action says -> the posts that say it, under ids of their own."""

import re
import sys
from collections.abc import Sequence
from dataclasses import replace

from adapters.slack import names
from adapters.slack.outgoing.blocks import Block, markdown
from adapters.slack.outgoing.escaping import BREAK, harmless
from adapters.slack.outgoing.post import Post
from bot.reply.splitting import split

LIMIT = 3_500  # characters of a post: its text is taken whole up to 4,000, its Markdown up to 12,000
NOTHING = "…"  # in place of a text in which there is nothing to see: Slack takes no empty post

_PERSON, _GROUP = re.compile(r"[UW][A-Z0-9]+"), re.compile(r"S[A-Z0-9]+")


def composed(
    action: str,
    kind: str,
    text: str,
    *,
    below: Sequence[Block] = (),
    called: Sequence[str] = (),
    urgent: bool = False,
) -> Sequence[Post]:
    """The posts that a text takes: the first calls, the last has the blocks below it.

    kind    posts of different kinds have different ids: what was said in one place is not taken for said in another
    called  ids of people and user groups who are notified; nobody else is, whatever the text says
    """
    call, after = _call(called), origin(action)
    # A part begins a line, where what was harmless inside one may be so no more: it takes one more break at most.
    parts = split(harmless(text), limit=LIMIT - len(call) - len(BREAK), most=sys.maxsize)
    texts = [harmless(each) for each in parts.texts] or [NOTHING]
    texts[0] = call + texts[0]
    posts = [
        Post(names.post(action, number, kind), part, (markdown(part),), urgent=urgent, after=after)
        for number, part in enumerate(texts)
    ]
    posts[-1] = replace(posts[-1], blocks=(*posts[-1].blocks, *below))
    return posts


def origin(action: str) -> str | None:
    """The ts of the message or the edit that an action follows from; None: it follows from something else."""
    match action.partition("/")[0].split(":"):
        case [names.NAME, "m", _, _, ts] | [names.NAME, "e", _, _, _, ts]:
            return ts
    return None


def _call(called: Sequence[str]) -> str:
    """Codes that notify. What is no id of a person or a user group notifies nobody."""
    codes = [f"<@{each}>" for each in called if _PERSON.fullmatch(each)]
    codes += [f"<!subteam^{each}>" for each in called if _GROUP.fullmatch(each)]
    return " ".join(codes) + "\n" if codes else ""

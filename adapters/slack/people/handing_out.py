"""Everything that is kept about a member, for them, page by page.

Pages are shown to them alone and leave nothing behind on Slack: a file would stay there, with what was read in their
messages, for whoever may export a workspace.
"""

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from adapters.slack.outgoing.blocks import Block
from adapters.slack.people.desk import Desk, Visit
from adapters.slack.people.interaction import Ack, Interaction
from adapters.slack.people.paging import page, turned
from adapters.slack.people.surfaces import plain, said
from bot.reply.on_slack import TABLES
from bot.reply.texts import Words
from bot.reply.transcripts import PLAIN

MORE = "mydata"  # the first part of the ids of the buttons between pages

Kept = Mapping[str, Sequence[Mapping[str, object]]]  # rows of tables, as they are


async def begin(visit: Visit) -> None:
    """Somebody wants to have it."""
    await _show(visit, 0)


async def read_on(desk: Desk, interaction: Interaction, ack: Ack) -> None:
    """Somebody wants to see another page of it."""

    async def show(visit: Visit) -> None:
        await _show(visit, turned(interaction.value)[0])

    await desk.attend(interaction, ack, show, shown=True)


async def _show(visit: Visit, number: int) -> None:
    kept, texts = await visit.desk.store.export_member(visit.member.id), visit.words.slack

    def shown() -> list[Block]:
        blocks = [*said(texts.answers.my_data), *_told(kept, visit.words)]
        return page(blocks, number, MORE, "", texts.buttons)

    await visit.show(visit.desk.shown(visit.place, texts, await asyncio.to_thread(shown)))


def _told(kept: Kept, words: Words) -> Iterator[Block]:
    """Everything, a table after the other and a row after the other."""
    for table in TABLES:
        if kept[table]:
            yield from said(f"*{words.slack.tables[table]}*")
        for row in kept[table]:
            yield from plain("\n".join(f"{name}: {_value(name, value)}" for name, value in row.items() if value != ""))


def _value(name: str, value: object) -> str:
    if isinstance(value, float) and (name in {"at", "greeted"} or name.endswith("_at")):
        return PLAIN.at(datetime.fromtimestamp(value, UTC))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=2)

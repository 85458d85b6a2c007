"""Everything that is kept about a member, for them: as a file in their direct message with the bot, else page by page.

Pages are shown to them alone, need no leave for files, and leave nothing behind on Slack.
"""

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.outgoing.blocks import Block
from adapters.slack.outgoing.sending import Denied
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
    kept = await visit.desk.store.export_member(visit.member.id)
    if await _sent(visit, await asyncio.to_thread(_json, kept)):
        await visit.say(visit.words.slack.answers.sent_data)
    else:
        await _show(visit, kept, 0)


async def read_on(desk: Desk, interaction: Interaction, ack: Ack) -> None:
    """Somebody wants to see another page of it."""

    async def show(visit: Visit) -> None:
        await _show(visit, await desk.store.export_member(visit.member.id), turned(interaction.value)[0])

    await desk.attend(interaction, ack, show, shown=True)


async def _show(visit: Visit, kept: Kept, number: int) -> None:
    texts = visit.words.slack

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
    return value if isinstance(value, str) else _json(value)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


async def _sent(visit: Visit, content: str) -> bool:
    """Send it as a file. Out: False: the bot may not, or they take none. Raises PlatformError."""
    desk, team = visit.desk, visit.interaction.team
    try:
        channel = await desk.showing.direct(team, visit.interaction.user)

        async def upload(client: AsyncWebClient) -> Any:
            return await client.files_upload_v2(
                channel=channel,
                filename="fairwell.json",
                content=content,
                initial_comment=visit.words.slack.answers.my_data,
            )

        await desk.hearing.requests.ask(team, upload, method="files.completeUploadExternal")
    except Denied:
        return False
    return True

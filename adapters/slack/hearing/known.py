"""Which threads are the bot's own, and where it heard a message: the store knows, before and after a restart."""

from datetime import datetime

from adapters.slack import names
from adapters.slack.hearing.message import Changed, Gone, Message, Report
from bot.ports import Store


async def thread(report: Report, message: Message, store: Store, now: datetime) -> str | None:
    """The conversation of the thread that a message stands in, if the thread is the bot's own. Raises StoreError.

    Its own is a thread whose root was said to the bot. Or the bot's own post is the root, and there is a conversation:
    one that was begun anew. What it posts elsewhere, to moderators say, begins none.

    A thread of others is its own for somebody in the care window: they were told that it stays.
    """
    if message.thread is None:
        return None
    own = names.conversation(report.team, message.channel, message.thread)
    if await _stands_in(report, message.channel, message.thread, own, store) == own:
        return own
    if await store.action(f"{names.said(report.team, message.channel, message.thread)}/0"):
        return own  # the root was answered, and whoever wrote it was forgotten since: the others were not
    if (
        message.parent
        and message.parent == report.me
        and (await store.turns(own, 1) or await store.open_events(own, 1))
    ):
        return own
    standing = dict(await store.standings(own)).get(_author(report, message))
    return own if standing and standing.in_care(now) else None


async def heard(report: Report, what: Changed | Gone, store: Store) -> str | None:
    """The conversation in which a message was heard before it was changed or deleted. Raises StoreError."""
    message = what.message
    own = names.conversation(report.team, message.channel, message.root)
    return await _stands_in(report, message.channel, message.ts, own, store)


def _author(report: Report, message: Message) -> str:
    return names.member(report.team, message.author.id).id


async def _stands_in(report: Report, channel: str, ts: str, conversation: str, store: Store) -> str | None:
    """The conversation that a message stands in; also in `conversation`, where its turn may be still to come."""
    message = names.message(channel, ts)
    if found := await store.conversation_at(names.NAME, message):
        return found
    waiting = await store.open_events(conversation)
    return conversation if any(getattr(each.event, "message", "") == message for each in waiting) else None

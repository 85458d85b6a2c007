"""Which threads are the bot's own, and where it heard a message: the store knows, before and after a restart."""

from adapters.slack import names
from adapters.slack.message import Changed, Gone, Message, Report
from bot.ports import Store


async def thread(report: Report, message: Message, store: Store) -> str | None:
    """The conversation of the thread that a message stands in, if the thread is the bot's own. Raises StoreError.

    Its own is a thread whose root was said to the bot. Or the bot's own post is the root, and there is a conversation:
    one that was begun anew. What it posts elsewhere, to moderators say, begins none.
    """
    if message.thread is None:
        return None
    own = names.conversation(report.team, message.channel, message.thread)
    if await _stands_in(report, message.channel, message.thread, own, store) == own:
        return own
    if message.parent and message.parent == report.me:
        begun = await store.turns(own, 1) or await store.open_events(own, 1)
        return own if begun else None
    return None


async def heard(report: Report, what: Changed | Gone, store: Store) -> str | None:
    """The conversation in which a message was heard before it was changed or deleted. Raises StoreError."""
    message = what.message
    own = names.conversation(report.team, message.channel, message.root)
    return await _stands_in(report, message.channel, message.ts, own, store)


async def _stands_in(report: Report, channel: str, ts: str, conversation: str, store: Store) -> str | None:
    """The conversation that a message stands in; also in `conversation`, where its turn may be still to come."""
    message = names.message(channel, ts)
    if found := await store.conversation_at(names.NAME, message):
        return found
    waiting = await store.open_events(conversation)
    return conversation if any(getattr(each.event, "message", "") == message for each in waiting) else None

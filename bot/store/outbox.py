"""Events on their way to be done, the actions they wait for, and what became of those."""

from collections.abc import Sequence
from dataclasses import replace
from sqlite3 import Connection

from bot.boundary import moves
from bot.domain.action import Action, Outcome, Receipt, Say
from bot.domain.event import Event
from bot.domain.record import Heard
from bot.errors import StoreError
from bot.store import statements
from bot.store.codec import Codec, seconds
from bot.store.recording import drop_pending, move_standing


def accept(connection: Connection, event: Event, payload: str, at: float) -> bool:
    """Keep an event. False: it was there already."""
    row = {
        "key": event.key,
        "conversation": event.conversation,
        "member": event.member.id,
        "at": at,
        "payload": payload,
    }
    return connection.execute(statements.ACCEPT, row).rowcount == 1


def open_events(connection: Connection, codec: Codec, conversation: str, limit: int) -> Sequence[Heard]:
    """The oldest open events of a conversation, with what of them still waits to be performed."""
    rows = connection.execute(statements.OPEN_EVENTS, {"conversation": conversation, "limit": limit}).fetchall()
    return tuple(
        Heard(codec.event(payload), tries, waiting(connection, codec, key, None) if decided else None)
        for key, tries, payload, decided in rows
    )


def waiting(connection: Connection, codec: Codec, event: str, stage: str | None) -> tuple[Action, ...]:
    """The actions of an event that still wait, in order."""
    if stage is None:
        rows = connection.execute(statements.WAITING, {"event": event})
    else:
        rows = connection.execute(statements.WAITING_OF, {"event": event, "stage": stage})
    return tuple(codec.action(body) for (body,) in rows.fetchall())


def note(
    connection: Connection, codec: Codec, receipts: Sequence[Receipt], done: str | None, brings: Sequence[Event]
) -> None:
    """Keep receipts, move the standings they tell of, accept what follows, and put an event among the done."""
    for receipt in receipts:
        row = {
            "id": receipt.action,
            "state": receipt.outcome,
            "at": seconds(receipt.at),
            "message": receipt.message,
            "why": receipt.why,
        }
        noted = connection.execute(statements.NOTE, row).fetchone()
        if noted is not None and noted[2] is not None:
            _move(connection, codec, receipt, noted)
        if noted is not None and receipt.outcome is Outcome.REFUSED:
            _unshown(connection, codec, receipt, noted)
    for event in brings:
        accept(connection, event, codec.of_event(event), seconds(event.at))
    if done is not None:
        _finish(connection, codec, done)


def give_up(connection: Connection, codec: Codec, action: str, shown: str) -> None:
    """Let an answer that waits say just what is shown of it; nothing: it is cancelled. The history follows, and whoever
    was greeted at its end has not been."""
    row = connection.execute(statements.WAITS, {"id": action}).fetchone()
    if row is None:
        return
    body, event = row
    given_up = {"id": action, "body": body, "state": Outcome.CANCELLED, "why": "not wanted any more"}
    said = codec.action(body)
    if shown and isinstance(said, Say):
        given_up |= {"body": codec.of_action(replace(said, text=shown)), "state": "waiting", "why": ""}
    connection.execute(statements.GIVE_UP, given_up)
    connection.execute(statements.SHOWN, {"event": event, "reply": shown})
    connection.execute(statements.UNGREETED, {"id": action})


def fail(connection: Connection, event: str, why: str) -> int:
    """Count one more failure. Raises StoreError for an event that was never accepted."""
    row = connection.execute(statements.FAIL, {"key": event, "why": why}).fetchone()
    if row is None:
        raise StoreError(f"no event {event} was accepted")
    return int(row[0])


def park(connection: Connection, codec: Codec, event: str, why: str) -> None:
    """Set an event aside; what it was about to count for counts for nothing."""
    if connection.execute(statements.PARK, {"key": event, "why": why}).rowcount:
        for conversation, member, turn in connection.execute(statements.CLIMBING, {"event": event}).fetchall():
            drop_pending(connection, codec, conversation, member, turn)


def unpark(connection: Connection, conversation: str | None) -> int:
    """Try parked events again."""
    if conversation is None:
        return connection.execute(statements.UNPARK).rowcount
    return connection.execute(statements.UNPARK_ONE, {"conversation": conversation}).rowcount


def _move(connection: Connection, codec: Codec, receipt: Receipt, noted: tuple[str, str, int]) -> None:
    """A step that was delivered counts; one that never will be does not. A failed one may still be."""
    conversation, member, turn = noted
    if receipt.outcome is Outcome.FAILED:
        return
    if receipt.outcome is not Outcome.DELIVERED:
        drop_pending(connection, codec, conversation, member, turn)
        return
    move_standing(connection, codec, conversation, member, lambda standing: moves.delivered(standing, turn, receipt.at))


def _unshown(connection: Connection, codec: Codec, receipt: Receipt, noted: tuple[str, str, int]) -> None:
    """A card that the platform would not take has not been shown."""
    (body,) = connection.execute(statements.ACTION, {"id": receipt.action}).fetchone()
    action, (conversation, member, _) = codec.action(body), noted
    if isinstance(action, Say) and action.urgent:
        move_standing(connection, codec, conversation, member, moves.unshown)


def _finish(connection: Connection, codec: Codec, event: str) -> None:
    """The event is done: what failed will not be tried again."""
    connection.execute(statements.DONE, {"key": event})
    for conversation, member, turn in connection.execute(statements.FAILED, {"event": event}).fetchall():
        drop_pending(connection, codec, conversation, member, turn)

"""One record, applied: all of it or nothing."""

from collections.abc import Callable
from sqlite3 import Connection

from bot.boundary import moves
from bot.domain.action import Say, Tell
from bot.domain.conversation import Conversation, Turn
from bot.domain.ending import Ending
from bot.domain.record import Cast, Correction, Person, Record, Referral, Vetted
from bot.domain.review import Review
from bot.domain.standing import Standing
from bot.store import booking, search, statements
from bot.store.codec import Codec, seconds, seconds_or_none


class Stale(Exception):
    """The conversation has another version than the record expects."""


def apply(connection: Connection, codec: Codec, record: Record) -> None:
    """Apply a record; one whose event and stage were recorded before changes nothing, and books nothing: whoever
    writes the same thing again would book it twice, and to book too little never costs a member an answer.

    Raises Stale: then the caller undoes what was begun.
    """
    event = record.event
    first = {
        "event": event.key,
        "stage": record.stage,
        "member": event.member.id,
        "conversation": event.conversation,
    }
    if connection.execute(statements.APPLY, first).rowcount == 0:
        return
    if record.conversation.id == event.conversation:
        _go_on(connection, record)
    else:
        _branch(connection, codec, record)
    if record.vetted:
        _add_turn(connection, codec, record, record.vetted)
    for member, standing in record.standings:
        put_standing(connection, codec, record.conversation.id, member, standing)
    if record.cancels_warnings:
        _cancel_warnings(connection, codec, record.conversation.id)
    if record.actions:
        _add_actions(connection, codec, record)
    if record.member and record.member.name:
        connection.execute(statements.PUT_MEMBER, {"id": record.member.id, "name": record.member.name})
    booking.book(connection, record.usage, record.today)
    _add_rest(connection, codec, record)


def summarise(connection: Connection, before: Conversation, summary: str, upto: int) -> bool:
    """Keep a summary of the turns up to number `upto`, unless what it was made from has changed since."""
    guards = {"id": before.id, "amended": before.amended, "summarised": before.summarised}
    return connection.execute(statements.SUMMARISE, {**guards, "summary": summary, "upto": upto}).rowcount == 1


def put_standing(connection: Connection, codec: Codec, conversation: str, member: str, standing: Standing) -> None:
    """Keep a member's standing in a conversation."""
    body = codec.of_standing(standing)
    connection.execute(statements.PUT_STANDING, {"conversation": conversation, "member": member, "body": body})


def standing_of(connection: Connection, codec: Codec, conversation: str, member: str) -> Standing:
    """A member's own standing in a conversation; a new one if there is none."""
    row = connection.execute(statements.STANDING, {"conversation": conversation, "member": member}).fetchone()
    return codec.standing(row[0]) if row else Standing()


def move_standing(
    connection: Connection, codec: Codec, conversation: str, member: str, move: Callable[[Standing], Standing]
) -> None:
    """Move a standing outside its own turn. If it moves, a record that was decided on the old one is refused."""
    before = standing_of(connection, codec, conversation, member)
    after = move(before)
    if after is not before:
        put_standing(connection, codec, conversation, member, after)
        connection.execute(statements.STIR, {"id": conversation})


def drop_pending(connection: Connection, codec: Codec, conversation: str, member: str, turn: int) -> None:
    """The pending step of this turn never happened."""
    move_standing(connection, codec, conversation, member, lambda standing: moves.undelivered(standing, turn))


def _go_on(connection: Connection, record: Record) -> None:
    """The event's own conversation takes its next version."""
    values = {**_conversation(record.conversation), "at": seconds(record.event.at), "expects": record.expects}
    if record.expects:
        changed = connection.execute(statements.NEXT_CONVERSATION, values).rowcount
    else:
        changed = connection.execute(statements.NEW_CONVERSATION, values).rowcount
    if not changed:
        raise Stale


def _branch(connection: Connection, codec: Codec, record: Record) -> None:
    """Another conversation than the event's begins, with the history it is given.

    If its members were quicker and it has begun already, it is only told where it comes from.
    """
    touched = {"id": record.event.conversation, "expects": record.expects}
    if record.expects and not connection.execute(statements.TOUCH, touched).rowcount:
        raise Stale
    new, at = record.conversation, seconds(record.event.at)
    if connection.execute(statements.NEW_CONVERSATION, {**_conversation(new), "at": at}).rowcount:
        rows = [{**_told(codec, new.id, turn), **_UNDECIDED, "said_at": at} for turn in record.carried]
        connection.executemany(statements.NEW_TURN, rows)
    elif new.parent:
        connection.execute(statements.ADOPT, {"id": new.id, "parent": new.parent})


def _conversation(conversation: Conversation) -> dict[str, object]:
    place = conversation.place
    return {
        "id": conversation.id,
        "platform": place.platform,
        "space": place.space,
        "channel": place.channel,
        "private": int(place.private),
        "turns": conversation.turns,
        "ended": int(conversation.ended),
        "care_until": seconds_or_none(conversation.care_until),
        "parent": conversation.parent,
        "summary": conversation.summary,
        "summarised": conversation.summarised,
        "amended": conversation.amended,
    }


_TEXTS = ("stage", "step", "reason", "ladder", "models", "prompts", "assessment", "decision", "calls")
_UNDECIDED = dict.fromkeys(_TEXTS, "") | {"event": None, "took": 0.0}


def _told(codec: Codec, conversation: str, turn: Turn) -> dict[str, object]:
    return {
        "conversation": conversation,
        "number": turn.number,
        "member": turn.member.id,
        "name": turn.member.name,
        "text": turn.text,
        "reply": turn.reply,
        "message": turn.message,
        "to_bot": int(turn.to_bot),
        "attachments": codec.of_attachments(turn.attachments),
    }


def _add_turn(connection: Connection, codec: Codec, record: Record, vetted: Vetted) -> None:
    decision = vetted.decision
    row = {
        **_told(codec, record.conversation.id, vetted.turn),
        "event": record.event.key,
        "stage": record.stage,
        "said_at": seconds(vetted.said),
        "took": vetted.took,
        "step": decision.step,
        "reason": decision.reason,
        "ladder": decision.ladder,
        "models": vetted.models,
        "prompts": vetted.prompts,
        "assessment": codec.of_assessment(vetted.assessment),
        "decision": codec.of_decision(decision),
        "calls": codec.of_calls(vetted.calls),
    }
    added = connection.execute(statements.NEW_TURN, row).lastrowid
    if record.conversation.ended and added is not None:
        search.add(connection, added, vetted.turn.text, vetted.turn.reply)


def _add_actions(connection: Connection, codec: Codec, record: Record) -> None:
    """Those that say something to the member deliver the step that is pending on this turn, if one is."""
    event = record.event
    number = record.vetted.turn.number if record.vetted else 0
    pending = any(
        member == event.member.id and standing.pending is not None and standing.pending.turn == number
        for member, standing in record.standings
    )
    rows = [
        {
            "id": action.id,
            "event": event.key,
            "stage": record.stage,
            "conversation": action.conversation,
            "member": event.member.id,
            "climbs": number if pending and isinstance(action, Say | Tell) else None,
            "asked_at": seconds(event.at),
            "kind": action.kind,
            "body": codec.of_action(action),
        }
        for action in record.actions
    ]
    connection.executemany(statements.NEW_ACTION, rows)


def _cancel_warnings(connection: Connection, codec: Codec, conversation: str) -> None:
    cancelled = connection.execute(statements.CANCEL_WARNINGS, {"conversation": conversation}).fetchall()
    for member, turn in cancelled:
        if turn is not None:
            drop_pending(connection, codec, conversation, member, turn)


def _add_rest(connection: Connection, codec: Codec, record: Record) -> None:
    """What few events bring."""
    if record.correction:
        _correct(connection, record, record.correction)
    if record.person:
        connection.execute(statements.PUT_PERSON, _person(record.person))
    if record.ending:
        connection.execute(statements.NEW_ENDING, _ending(codec, record.ending, record.conversation.place.space))
        search.add_conversation(connection, record.ending.conversation)
    if record.settled:
        ending, state = record.settled
        connection.execute(statements.SETTLE, {"id": ending, "state": state})
    if record.cast:
        _cast(connection, record.cast)
    if record.review:
        connection.execute(statements.NEW_REVIEW, _review(record.review))
    for referral in record.referrals:
        connection.execute(statements.NEW_REFERRAL, _referral(referral))


def _correct(connection: Connection, record: Record, correction: Correction) -> None:
    """The turn and its copies in branches say what the message says now; nothing, and without its files, if it was
    deleted. What an ending quotes of it stays there; a summary that has it in it does not."""
    values = {
        "conversation": record.event.conversation,
        "message": correction.message,
        "text": correction.text or "",
        "deleted": int(correction.text is None),
        "at": seconds(record.event.at),
    }
    for turn, conversation, number in connection.execute(statements.CORRECTED, values).fetchall():
        search.correct(connection, turn, correction.text or "")
        connection.execute(statements.AMEND, {"conversation": conversation, "number": number})


def _cast(connection: Connection, cast: Cast) -> None:
    values = {"ending": cast.ending, "member": cast.member}
    connection.execute(statements.OLD_VOTE, values)
    vote = cast.vote.value if cast.vote else ""
    connection.execute(statements.NEW_VOTE, {**values, "vote": vote, "words": cast.words, "at": seconds(cast.at)})


def _person(person: Person) -> dict[str, object]:
    return {
        "member": person.member,
        "space": person.space,
        "country": person.country,
        "language": person.language,
        "greeted": seconds_or_none(person.greeted),
    }


def _ending(codec: Codec, ending: Ending, space: str) -> dict[str, object]:
    return {
        "id": ending.id,
        "conversation": ending.conversation,
        "space": space,
        "member": ending.member,
        "turn": ending.turn,
        "scope": ending.scope,
        "reason": ending.reason,
        "concern": ending.concern,
        "evidence": codec.of_evidence(ending.evidence),
        "ladder": ending.ladder,
        "prompts": ending.prompts,
        "models": ending.models,
        "at": seconds(ending.at),
        "state": ending.state,
    }


def _review(review: Review) -> dict[str, object]:
    return {
        "ending": review.ending,
        "moderator": review.by,
        "verdict": review.verdict,
        "note": review.note,
        "at": seconds(review.at),
    }


def _referral(referral: Referral) -> dict[str, object]:
    return {
        "id": referral.id,
        "matter": referral.matter,
        "conversation": referral.conversation,
        "member": referral.member,
        "ending": referral.ending,
        "at": seconds(referral.at),
        "words": referral.words,
    }

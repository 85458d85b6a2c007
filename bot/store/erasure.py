"""Taking texts out of rows while their numbers stay; and out of the file."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from sqlite3 import Connection

from bot.domain.action import (
    Action,
    AskFeedback,
    CallModerators,
    CloseThread,
    OfferBranch,
    ReopenThread,
    Say,
    ShowVerdict,
    Tell,
)
from bot.domain.assessment import Assessment, Concern, Reading, Risk
from bot.store import search, statements
from bot.store.codec import Codec

_TURN = "select conversation, number, assessment from turn where id = :id"
_EMPTY_TURN = """update turn set text = '', reply = '', name = '', attachments = '', erased = 1,
    assessment = :assessment where id = :id"""
_ACTION = "select body from action where seq = :seq"
_EMPTY_ACTION = """update action set body = :body, why = '', erased = 1,
    state = case when state in ('waiting', 'failed') then 'cancelled' else state end where seq = :seq"""
_EVIDENCE = "select id, evidence from ending where conversation = :conversation"
_EVIDENCE_AGAINST = "select id, evidence from ending where member = :member"
_PUT_EVIDENCE = "update ending set evidence = :evidence where id = :id"


def empty_turns(connection: Connection, codec: Codec, turns: Iterable[int]) -> None:
    """Take text, reply, name, files and quoted words out of turns (by row), out of the evidence of endings that rest
    on them, and out of what sums them up: the whole summary goes, for it may name who is in none of its own turns."""
    numbers: dict[str, set[int]] = {}
    for turn in turns:
        conversation, number, assessment = connection.execute(_TURN, {"id": turn}).fetchone()
        kept = codec.of_assessment(_wordless(codec.assessment(assessment))) if assessment else ""
        connection.execute(_EMPTY_TURN, {"id": turn, "assessment": kept})
        search.remove(connection, turn)
        numbers.setdefault(conversation, set()).add(number)
    for conversation, those in numbers.items():
        connection.execute(statements.AMEND, {"conversation": conversation, "number": 0})
        connection.execute(statements.STIR, {"id": conversation})  # a branch under way would carry the texts along
        found = connection.execute(_EVIDENCE, {"conversation": conversation}).fetchall()
        _empty_evidence(connection, codec, found, those)


def empty_evidence(connection: Connection, codec: Codec, member: str) -> None:
    """Take the quotes out of everything a member's endings rest on."""
    found = connection.execute(_EVIDENCE_AGAINST, {"member": member}).fetchall()
    _empty_evidence(connection, codec, found, None)


def empty_actions(connection: Connection, codec: Codec, actions: Iterable[int]) -> None:
    """Take the text out of actions (by row); one that still waited is cancelled."""
    for action in actions:
        (body,) = connection.execute(_ACTION, {"seq": action}).fetchone()
        connection.execute(_EMPTY_ACTION, {"seq": action, "body": codec.of_action(wordless(codec.action(body)))})


def wordless(action: Action) -> Action:
    """An action without its text."""
    match action:
        case Say() | CallModerators():
            return replace(action, text="")
        case Tell():
            return replace(action, text="", otherwise="")
        case OfferBranch():
            return replace(action, text="", words="", otherwise="")
        case AskFeedback() | CloseThread() | ReopenThread() | ShowVerdict():
            return action


def compact(connection: Connection) -> None:
    """Write the file anew, so that nothing that was erased is left in it; outside a transaction.

    `secure_delete` overwrites what is deleted, but when SQLite moves rows between pages a copy may stay behind in
    a gap (measured: 1 text of 6,000). Needs as much free disk as the file has; some 100 MB a second.
    """
    connection.execute("vacuum")
    connection.execute("pragma wal_checkpoint (truncate)")


def _empty_evidence(
    connection: Connection, codec: Codec, found: Sequence[tuple[str, str]], turns: set[int] | None
) -> None:
    """Take the quotes from these turns (None: from all) out of endings' evidence."""
    for ending, evidence in found:
        before = codec.evidence(evidence)
        after = tuple(replace(each, words="") if turns is None or each.turn in turns else each for each in before)
        if after != before:
            connection.execute(_PUT_EVIDENCE, {"id": ending, "evidence": codec.of_evidence(after)})


def _wordless(assessment: Assessment) -> Assessment:
    """An assessment without quotes, and without where the member said they are."""
    return replace(
        assessment,
        readings=tuple(_reading(reading) for reading in assessment.readings),
        concerns=_concerns(assessment.concerns),
        risk=_risk(assessment.risk),
        country=None,
    )


def _reading(reading: Reading) -> Reading:
    return replace(reading, concerns=_concerns(reading.concerns), risk=_risk(reading.risk), country=None, why="")


def _concerns(concerns: tuple[Concern, ...]) -> tuple[Concern, ...]:
    return tuple(replace(concern, words="") for concern in concerns)


def _risk(risk: Risk) -> Risk:
    return replace(risk, words="")

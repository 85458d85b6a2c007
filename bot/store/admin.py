"""Lists and counts for moderators and operators."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from sqlite3 import Connection

from bot.domain.ending import Ending, EndingState, Vote
from bot.domain.record import Change
from bot.domain.review import Verdict
from bot.domain.step import Reason, Step
from bot.store import rows, statements
from bot.store.codec import Codec, moment, seconds

_PARKED = "select key, conversation, tries, why, at from inbox where state = 'parked' order by seq"
_TURNS = """select c.space, count(*) from turn t join conversation c on c.id = t.conversation
    where t.event is not null and t.stage = '' and t.said_at >= :since and t.said_at < :until group by c.space"""
_STEPS = """select c.space, t.step, count(*) from turn t join conversation c on c.id = t.conversation
    where t.step in ('redirect', 'warn') and t.said_at >= :since and t.said_at < :until and exists
    (select 1 from action a where a.event = t.event and a.kind in ('say', 'tell') and a.state = 'delivered')
    group by c.space, t.step"""
_CARDS = """select c.space, count(distinct t.event) from turn t join conversation c on c.id = t.conversation
    where t.step = 'care' and t.reason = 'risk' and t.said_at >= :since and t.said_at < :until group by c.space"""
_ENDINGS = "select space, reason, count(*) from ending where at >= :since and at < :until group by space, reason"
_VOTES = """select e.space, v.vote, count(*) from vote v join ending e on e.id = v.ending
    where v.current = 1 and v.at >= :since and v.at < :until group by e.space, v.vote"""
_VERDICTS = """select e.space, r.verdict, count(*) from review r join ending e on e.id = r.ending
    where r.at >= :since and r.at < :until group by e.space, r.verdict"""


@dataclass(frozen=True, slots=True)
class Parked:
    """An event that was set aside."""

    event: str
    conversation: str
    tries: int
    why: str
    at: datetime


@dataclass(slots=True)
class Counts:
    """What happened in a space."""

    turns: int = 0
    redirections: int = 0  # delivered, like the warnings
    warnings: int = 0
    cards: int = 0
    endings: dict[Reason, int] = field(default_factory=dict)
    votes: dict[Vote, int] = field(default_factory=dict)  # the current ones
    verdicts: dict[Verdict, int] = field(default_factory=dict)

    @property
    def overturned(self) -> int:
        """How many endings moderators overturned."""
        return self.verdicts.get(Verdict.OVERTURNED, 0)


def touch(connection: Connection) -> None:
    """Write a number as it is: SQLite writes its page all the same."""
    (number,) = connection.execute("pragma user_version").fetchone()
    connection.execute(f"pragma user_version = {number}")


def remember_ladder(connection: Connection, row: Mapping[str, object]) -> None:
    """Keep a ladder's version, unless it is known."""
    connection.execute(statements.NEW_LADDER, dict(row))


def endings(
    connection: Connection, codec: Codec, space: str | None, state: EndingState | None, member: str | None, *window: int
) -> Sequence[Ending]:
    """Endings, newest first. `window`: limit and offset."""
    limit, offset = window
    where = {"space": space or "", "state": state or "", "member": member or "", "limit": limit, "offset": offset}
    return tuple(rows.ending(codec, row) for row in connection.execute(statements.ENDINGS, where).fetchall())


def queue(connection: Connection, codec: Codec, space: str, limit: int, offset: int) -> Sequence[Ending]:
    """Endings of a space that wait for moderators."""
    where = {"space": space, "limit": limit, "offset": offset}
    return tuple(rows.ending(codec, row) for row in connection.execute(statements.QUEUE, where).fetchall())


def tally(connection: Connection, space: str) -> Mapping[EndingState, int]:
    """How many endings of a space are in which state."""
    found = connection.execute(statements.TALLY, {"space": space}).fetchall()
    return dict.fromkeys(EndingState, 0) | {EndingState(state): int(count) for state, count in found}


def closed(connection: Connection, codec: Codec, platform: str, since: datetime, until: datetime) -> Sequence[Ending]:
    """A platform's endings from `since` up to `until`, oldest first."""
    where = {"platform": platform, "since": seconds(since), "until": seconds(until)}
    return tuple(rows.ending(codec, row) for row in connection.execute(statements.CLOSED, where).fetchall())


def remember_change(connection: Connection, change: Change) -> None:
    """Keep a change of settings. What JSON has no word for becomes text."""
    row = {
        "space": change.space,
        "member": change.by,
        "at": seconds(change.at),
        "was": json.dumps(dict(change.was), default=str, ensure_ascii=False),
        "now": json.dumps(dict(change.now), default=str, ensure_ascii=False),
    }
    connection.execute(statements.NEW_CHANGE, row)


def changes(connection: Connection, space: str | None, limit: int) -> Sequence[Change]:
    """Changes of settings, newest first."""
    found = connection.execute(statements.CHANGES, {"space": space or "", "limit": limit}).fetchall()
    return tuple(Change(where, by, moment(at), json.loads(was), json.loads(now)) for where, by, at, was, now in found)


def parked(connection: Connection) -> Sequence[Parked]:
    """The events that were set aside, oldest first."""
    found = connection.execute(_PARKED).fetchall()
    return tuple(Parked(event, talk, tries, why, moment(at)) for event, talk, tries, why, at in found)


def counts(connection: Connection, since: datetime, until: datetime) -> Mapping[str, Counts]:
    """What happened in each space from `since` up to `until`."""
    span = {"since": seconds(since), "until": seconds(until)}
    spaces: dict[str, Counts] = {}

    def each(statement: str) -> list[tuple[Counts, rows.Row]]:
        found = connection.execute(statement, span).fetchall()
        return [(spaces.setdefault(row[0], Counts()), row[1:]) for row in found]

    for space, (number,) in each(_TURNS):
        space.turns = number
    for space, (number,) in each(_CARDS):
        space.cards = number
    for space, (step, number) in each(_STEPS):
        if step == Step.REDIRECT:
            space.redirections = number
        else:
            space.warnings = number
    for space, (reason, number) in each(_ENDINGS):
        space.endings[Reason(reason)] = number
    for space, (vote, number) in each(_VOTES):
        if vote:
            space.votes[Vote(vote)] = number
    for space, (verdict, number) in each(_VERDICTS):
        space.verdicts[Verdict(verdict)] = number
    return spaces

"""Texts that have had their time. Numbers, steps and reasons stay, so that reports stay true.

A text is due
- in a conversation without endings: when it is older than `open_for`;
- in one with endings: when a moderator has looked at each of them (one on request needs that only if it was
  appealed) and `ended_for` has passed since; what was said after that look, when it is older than `open_for` too.
Until then everything an ending rests on is kept, or no appeal could be judged.

What models used for each member is dropped after MEMBER_USAGE; what they used in a space stays: it names nobody.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from sqlite3 import Connection
from typing import TypeVar

from bot.store import search
from bot.store.codec import Codec, seconds
from bot.store.erasure import empty_actions, empty_turns

T = TypeVar("T")

MEMBER_USAGE = timedelta(days=90)  # whole days; budgets need one, an operator who looks for a cause some weeks
CHUNK = 200  # rows in one transaction, so that turns going on meanwhile do not wait

_TURNS = """select t.id from turn t left join settled s on s.conversation = t.conversation
    where t.erased = 0 and ((s.conversation is null and t.said_at < :open_before)
    or (s.at < :ended_before and (t.said_at <= s.at or t.said_at < :open_before))) order by t.id"""
_ACTIONS = """select a.seq from action a left join settled s on s.conversation = a.conversation
    where a.erased = 0 and ((s.conversation is null and a.asked_at < :open_before)
    or (s.at < :ended_before and (a.asked_at <= s.at or a.asked_at < :open_before))) order by a.seq"""
_VOTES = """select v.id from vote v join ending e on e.id = v.ending join settled s on s.conversation = e.conversation
    where v.words <> '' and s.at < :ended_before and (v.at <= s.at or v.at < :open_before) order by v.id"""
_REFERRALS = """select r.id from referral r left join settled s on s.conversation = r.conversation
    where r.words <> '' and ((s.conversation is null and r.at < :open_before)
    or (s.at < :ended_before and (r.at <= s.at or r.at < :open_before))) order by r.id"""
_EVENTS = """select i.seq from inbox i left join settled s on s.conversation = i.conversation
    where i.state <> 'done' and ((s.conversation is null and i.at < :open_before)
    or (s.at < :ended_before and (i.at <= s.at or i.at < :open_before))) order by i.seq"""
_WORDLESS_VOTE = "update vote set words = '' where id = :id"
_WORDLESS_REFERRAL = "update referral set words = '' where id = :id"
_DROP_EVENT = "update inbox set state = 'done', payload = '', why = 'its time was over' where seq = :id"
_OLD_KEYS = "delete from inbox where state = 'done' and at < :open_before"
_OLD_USAGE = "delete from usage where day < :day and member <> ''"


@dataclass(frozen=True, slots=True)
class Erased:
    """How many rows lost their text."""

    turns: int
    actions: int
    words: int  # of votes and appeals
    events: int  # that were never done: set aside for good

    def __bool__(self) -> bool:
        """Whether there was anything."""
        return bool(self.turns or self.actions or self.words or self.events)


@dataclass(frozen=True, slots=True)
class Due:
    """The rows whose time is over."""

    turns: Sequence[int]
    actions: Sequence[int]
    votes: Sequence[int]
    referrals: Sequence[str]
    events: Sequence[int]

    @property
    def counts(self) -> Erased:
        """How many there are."""
        words = len(self.votes) + len(self.referrals)
        return Erased(len(self.turns), len(self.actions), words, len(self.events))

    def pieces(self, codec: Codec) -> Sequence[Callable[[Connection], None]]:
        """The work of erasing them, a transaction each."""
        return (
            *(_turns(codec, chunk) for chunk in _chunks(self.turns)),
            *(_actions(codec, chunk) for chunk in _chunks(self.actions)),
            *(_each(_WORDLESS_VOTE, chunk) for chunk in _chunks(self.votes)),
            *(_each(_WORDLESS_REFERRAL, chunk) for chunk in _chunks(self.referrals)),
            *(_each(_DROP_EVENT, chunk) for chunk in _chunks(self.events)),
            search.forget_removed,
        )


def due(connection: Connection, now: datetime, open_for: timedelta, ended_for: timedelta) -> Due:
    """What is due at `now`."""
    before = {"open_before": seconds(now - open_for), "ended_before": seconds(now - ended_for)}

    def found(statement: str) -> list[int]:
        return [identity for (identity,) in connection.execute(statement, before)]

    referrals = [identity for (identity,) in connection.execute(_REFERRALS, before)]
    return Due(found(_TURNS), found(_ACTIONS), found(_VOTES), referrals, found(_EVENTS))


def drop_old_rows(connection: Connection, now: datetime, open_for: timedelta) -> None:
    """Forget that events were accepted, once no platform would report them again; that they were recorded stays. And
    what models used for each member long ago."""
    connection.execute(_OLD_KEYS, {"open_before": seconds(now - open_for)})
    connection.execute(_OLD_USAGE, {"day": (now - MEMBER_USAGE).date().isoformat()})


def _turns(codec: Codec, chunk: Sequence[int]) -> Callable[[Connection], None]:
    return lambda connection: empty_turns(connection, codec, chunk)


def _actions(codec: Codec, chunk: Sequence[int]) -> Callable[[Connection], None]:
    return lambda connection: empty_actions(connection, codec, chunk)


def _each(statement: str, chunk: Sequence[int] | Sequence[str]) -> Callable[[Connection], None]:
    rows = [{"id": identity} for identity in chunk]

    def erase(connection: Connection) -> None:
        connection.executemany(statement, rows)

    return erase


def _chunks(rows: Sequence[T]) -> Sequence[Sequence[T]]:
    return [rows[start : start + CHUNK] for start in range(0, len(rows), CHUNK)]

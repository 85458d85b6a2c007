"""A space, erased: its conversations with everything in them, what people had set there, and what models used there.

Nothing stays as a number either: nobody is left who could read a report of it. It is done some conversations at a time,
so that turns going on elsewhere do not wait; what was begun is finished by the next try.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from sqlite3 import Connection

from bot.store import search
from bot.store.codec import Codec, seconds

CHUNK = 200  # conversations in one transaction

# No space, and not one that the bot is in again by another way.
_DUE = """select distinct g.platform, g.space from installation g where g.gone_at <= :before and g.space <> ''
    and not exists (select 1 from installation i where i.platform = g.platform and i.space = g.space
    and (i.gone_at is null or i.gone_at > :before)) order by g.platform, g.space"""
_IS_DUE = f"select 1 from ({_DUE}) as due where platform = :platform and space = :space"  # noqa: S608  our own words
_OLD_ORGANISATIONS = "delete from installation where space = '' and gone_at <= :before"
_TALKS = "select id from conversation where platform = :platform and space = :space order by id"
_MESSAGES = """select count(*) from turn t join conversation c on c.id = t.conversation
    where c.platform = :platform and c.space = :space and t.event is not null"""

_THESE = """(select id from conversation where platform = :platform and space = :space
    and id >= :first and id <= :last)"""
_ENDINGS = f"(select id from ending where conversation in {_THESE})"  # noqa: S608  our own words
_CONVERSATIONS = (
    f"delete from told where rowid in (select id from turn where conversation in {_THESE})",  # noqa: S608  our own words
    # Names of those who say nothing in any other conversation.
    f"""delete from member where id in (select member from turn where conversation in {_THESE}
        union select member from standing where conversation in {_THESE}
        union select member from applied where conversation in {_THESE})
        and id not in (select member from turn where conversation not in {_THESE})""",  # noqa: S608  our own words
    *(f"delete from {table} where ending in {_ENDINGS}" for table in ("vote", "review")),  # noqa: S608  our own words
    *(
        f"delete from {table} where conversation in {_THESE}"  # noqa: S608  our own words
        for table in ("referral", "ending", "action", "turn", "standing", "applied", "inbox")
    ),
    f"delete from conversation where id in {_THESE}",  # noqa: S608  our own words
)
_UNBEGUN = """select seq, payload from inbox
    where payload <> '' and conversation not in (select id from conversation)"""
_DROP = "delete from inbox where seq = :seq"
_REST = (
    "delete from person where space = :space",
    "delete from usage where space = :space",
    "delete from change where space = :platform || ':' || :space",
    "delete from installation where platform = :platform and space = :space and gone_at is not null",
)

Piece = Callable[[Connection], None]


@dataclass(frozen=True, slots=True)
class Space:
    """A space that is to go, as it was found.

    talks     the first and the last conversation of each chunk
    messages  how many there are
    before    it goes only if the bot has been out of it since then; None: it goes
    """

    platform: str
    space: str
    talks: Sequence[tuple[str, str]]
    messages: int
    before: datetime | None = None

    def pieces(self, codec: Codec) -> Iterator[Piece]:
        """The work of erasing it, a transaction each."""
        for first, last in self.talks:
            yield self._unless_back(partial(self._conversations, first, last))
        yield self._unless_back(partial(self._rest, codec))

    def _unless_back(self, work: Piece) -> Piece:
        """The work, unless the bot is in there again by then."""

        def piece(connection: Connection) -> None:
            where = {"platform": self.platform, "space": self.space}
            if self.before and not connection.execute(_IS_DUE, {**where, "before": seconds(self.before)}).fetchone():
                return
            work(connection)

        return piece

    def _conversations(self, first: str, last: str, connection: Connection) -> None:
        where = {"platform": self.platform, "space": self.space, "first": first, "last": last}
        for statement in _CONVERSATIONS:
            connection.execute(statement, where)

    def _rest(self, codec: Codec, connection: Connection) -> None:
        for seq, payload in connection.execute(_UNBEGUN).fetchall():
            place = codec.event(payload).place
            if (place.platform, place.space) == (self.platform, self.space):
                connection.execute(_DROP, {"seq": seq})
        for statement in _REST:
            connection.execute(statement, {"platform": self.platform, "space": self.space})
        search.forget_removed(connection)


def found(
    connection: Connection, platform: str, space: str, before: datetime | None = None, chunk: int = CHUNK
) -> Space:
    """A space that is to go, so many conversations at a time."""
    where = {"platform": platform, "space": space}
    talks = [talk for (talk,) in connection.execute(_TALKS, where)]
    chunks = [talks[start : start + chunk] for start in range(0, len(talks), chunk)]
    (messages,) = connection.execute(_MESSAGES, where).fetchone()
    return Space(platform, space, [(each[0], each[-1]) for each in chunks], int(messages), before)


def due(connection: Connection, before: datetime, chunk: int = CHUNK) -> Sequence[Space]:
    """The spaces that the bot has been out of since `before`, or for longer."""
    rows = connection.execute(_DUE, {"before": seconds(before)}).fetchall()
    return [found(connection, platform, space, before, chunk) for platform, space in rows]


def drop_organisations(connection: Connection, before: datetime) -> None:
    """Forget that organisations took the bot out. That their spaces are to go is known of each."""
    connection.execute(_OLD_ORGANISATIONS, {"before": seconds(before)})

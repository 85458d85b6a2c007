"""Full text of what was ended, for moderators. Any text is a valid query."""

from collections.abc import Sequence
from dataclasses import dataclass
from sqlite3 import Connection

_ADD = "insert into told (rowid, text, reply) values (:turn, :text, :reply)"
_REMOVE = "delete from told where rowid = :turn"
_CORRECT = "update told set text = :text where rowid = :turn"
_CONVERSATION_OUT = "delete from told where rowid in (select id from turn where conversation = :conversation)"
_CONVERSATION_IN = """insert into told (rowid, text, reply)
    select id, text, reply from turn where conversation = :conversation and (text <> '' or reply <> '')"""
_BY_WORDS = """select t.conversation, coalesce((select e.id from ending e where e.conversation = t.conversation
        order by e.at desc limit 1), ''), t.number, snippet(told, -1, '', '', '…', 16)
    from told join turn t on t.id = told.rowid where told match :query order by rank limit :limit"""
# For scripts that do not part their words, where a word is no token of its own.
_BY_PART = """select t.conversation, coalesce((select e.id from ending e where e.conversation = t.conversation
        order by e.at desc limit 1), ''), t.number, substr(told.text, max(1, instr(told.text, :query) - 20), 60)
    from told join turn t on t.id = told.rowid where instr(told.text, :query) > 0 or instr(told.reply, :query) > 0
    order by t.id desc limit :limit"""


@dataclass(frozen=True, slots=True)
class Found:
    """A turn in which the words of a search occur."""

    conversation: str
    ending: str  # the conversation's latest
    turn: int
    snippet: str


def add(connection: Connection, turn: int, text: str, reply: str) -> None:
    """Let a turn (by its row) be found."""
    connection.execute(_ADD, {"turn": turn, "text": text, "reply": reply})


def add_conversation(connection: Connection, conversation: str) -> None:
    """Let all turns of a conversation be found."""
    connection.execute(_CONVERSATION_OUT, {"conversation": conversation})
    connection.execute(_CONVERSATION_IN, {"conversation": conversation})


def correct(connection: Connection, turn: int, text: str) -> None:
    """The same turn with another text."""
    connection.execute(_CORRECT, {"turn": turn, "text": text})


def remove(connection: Connection, turn: int) -> None:
    """Let a turn be found no more. Its words leave the file with `forget_removed`."""
    connection.execute(_REMOVE, {"turn": turn})


def forget_removed(connection: Connection) -> None:
    """Rewrite the index without what was removed from it: FTS5 only marks it as gone."""
    connection.execute("insert into told (told) values ('optimize')")


def find(connection: Connection, query: str, limit: int) -> Sequence[Found]:
    """Turns that have all words of the query (as beginnings of words), best first; else those that quote it."""
    words = query.replace("\0", " ").split()
    rows: list[tuple[str, str, int, str]] = []
    if words:
        quoted = " ".join('"' + word.replace('"', '""') + '"*' for word in words)
        rows = connection.execute(_BY_WORDS, {"query": quoted, "limit": limit}).fetchall()
    if not rows and query.strip():
        rows = connection.execute(_BY_PART, {"query": query.strip(), "limit": limit}).fetchall()
    return tuple(Found(*row) for row in rows)

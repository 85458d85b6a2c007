"""What models used, added up by day (UTC), space, member and model.

Each use is booked twice: for its member and for the space as a whole, so that neither sum depends on how many members
there are, and the space's survives when a member is forgotten.
"""

from collections.abc import Sequence
from sqlite3 import Connection

from bot.domain.usage import Usage
from bot.store import statements

SPACE = ""  # stands for the member in the row of the whole space

_ADDED_UP = """select space, member, model, sum(fresh), sum(cache_write), sum(cache_read), sum(output), sum(turns)
    from usage where day >= :since and day <= :until and (:space = '' or space = :space)
    and case member when '' then 0 else 1 end = :members group by space, member, model order by space, member, model"""


def book(connection: Connection, used: Sequence[Usage], today: str) -> None:
    """Add what was used to the sums of a day."""
    for each in used:
        row = {
            "day": today,
            "space": each.space,
            "model": each.model,
            "turns": each.turns,
            "fresh": each.fresh,
            "cache_write": each.cache_write,
            "cache_read": each.cache_read,
            "output": each.output,
        }
        for member in {each.member, SPACE}:
            connection.execute(statements.BOOK, {**row, "member": member})


def added_up(connection: Connection, since: str, until: str, *, space: str | None, members: bool) -> Sequence[Usage]:
    """The sums of all days from `since` to `until`, by space and model; `members`: by member too."""
    where = {"since": since, "until": until, "space": space or "", "members": int(members)}
    names = ("space", "member", "model", "fresh", "cache_write", "cache_read", "output", "turns")
    return tuple(Usage(**dict(zip(names, row, strict=True))) for row in connection.execute(_ADDED_UP, where))

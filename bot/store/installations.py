"""Where the bot was let in, with what its adapters need there; and since when it is out.

What happened later holds: a row carries the time of the last word on it, and an earlier word that arrives late changes
nothing. The row of a space that the bot is out of has no secret any more; it stays until the space is erased.
"""

from collections.abc import Sequence
from datetime import datetime
from sqlite3 import Connection

from bot.domain.installation import Installation
from bot.store.codec import moment, seconds

_COLUMNS = "platform, organisation, space, at, secret"
_KEEP = """insert into installation (platform, organisation, space, at, secret)
    values (:platform, :organisation, :space, :at, :secret) on conflict (platform, organisation, space) do update
    set at = excluded.at, secret = excluded.secret, gone_at = null
    where excluded.at >= coalesce(installation.gone_at, installation.at)
    and (excluded.secret <> '' or installation.secret = '')"""
# Of a space, whatever organisation it was kept with; of an organisation, what had no secret of its own too.
_REMOVE = """update installation set gone_at = :at, secret = ''
    where platform = :platform and gone_at is null and at <= :at
    and case :space when '' then organisation = :organisation and (space = '' or secret = '') else space = :space end"""
_NEVER_HERE = """insert into installation (platform, organisation, space, at, gone_at, secret)
    select :platform, :organisation, :space, :at, :at, '' where not exists (select 1 from installation
    where platform = :platform and space = :space and (space <> '' or organisation = :organisation))"""
# A space's own before its organisation's; of several the latest.
_FIND = f"""select {_COLUMNS} from installation where platform = :platform and gone_at is null and secret <> ''
    and ((space = :space and space <> '') or (space = '' and organisation <> '' and (organisation = :organisation
    or organisation in (select organisation from installation
        where platform = :platform and space = :space and space <> '' and gone_at is null))))
    order by case space when '' then 1 else 0 end, at desc limit 1"""  # noqa: S608  our own words
_ALL = (
    f"select {_COLUMNS} from installation where platform = :platform and gone_at is null and secret <> '' order by at"  # noqa: S608  our own words
)


def keep(connection: Connection, installation: Installation) -> None:
    """Keep one, unless something later is known. That an organisation's holds takes no space's own secret away."""
    row = {
        "platform": installation.platform,
        "organisation": installation.organisation,
        "space": installation.space,
        "at": seconds(installation.at),
        "secret": installation.secret,
    }
    connection.execute(_KEEP, row)


def remove(connection: Connection, platform: str, organisation: str, space: str, at: datetime) -> bool:
    """Forget its secret, and remember since when it is gone. False: it was gone, or came later than that."""
    where = {"platform": platform, "organisation": organisation, "space": space, "at": seconds(at)}
    return any(connection.execute(statement, where).rowcount for statement in (_REMOVE, _NEVER_HERE))


def find(connection: Connection, platform: str, space: str, organisation: str) -> Installation | None:
    """The one that holds in a space."""
    where = {"platform": platform, "space": space, "organisation": organisation}
    row = connection.execute(_FIND, where).fetchone()
    return _installation(row) if row else None


def every(connection: Connection, platform: str) -> Sequence[Installation]:
    """All that have a secret."""
    return tuple(_installation(row) for row in connection.execute(_ALL, {"platform": platform}).fetchall())


def _installation(row: tuple[str, str, str, float, str]) -> Installation:
    platform, organisation, space, at, secret = row
    return Installation(platform=platform, organisation=organisation, space=space, at=moment(at), secret=secret)

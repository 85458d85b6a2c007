"""The tables, and the migrations that make them.

Written in what SQLite and Postgres have in common: `{pk}` is the one type that differs, and `SEARCH` is SQLite's own.
Times are seconds since 1970 (UTC); truth is 0 or 1; JSON is text. Texts stand at the end of a row, so that reading
its numbers does not read them.
"""

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

from sqlite_utils import Database, Migrations

from bot.errors import StoreError, StoreTooNew

APPLICATION = 0x46617277  # "Farw": SQLite's application_id of our files

TABLES = (
    # Accepted events. A payload is emptied when its event is done: the turn has its text then.
    """create table inbox (seq {pk}, key text not null unique, conversation text not null, member text not null,
        at double precision not null, state text not null, tries integer not null, why text not null,
        payload text not null)""",
    "create index inbox_open on inbox (conversation, seq) where state = 'open'",
    # Which events were recorded, by stage: first writer wins.
    """create table applied (event text not null, stage text not null, member text not null,
        primary key (event, stage))""",
    """create table conversation (id text primary key, platform text not null, space text not null,
        channel text not null, private integer not null, turns integer not null, ended integer not null,
        care_until double precision, parent text, version integer not null, opened_at double precision not null,
        last_at double precision not null, summary text not null)""",
    "create index conversation_parent on conversation (parent) where parent is not null",
    """create table standing (conversation text not null, member text not null, body text not null,
        primary key (conversation, member))""",
    # event is null in turns that a branch was given to begin with: they were decided elsewhere.
    """create table turn (id {pk}, conversation text not null, number integer not null, event text, stage text not null,
        member text not null, said_at double precision not null, took double precision not null,
        to_bot integer not null, message text not null, step text not null, reason text not null, ladder text not null,
        models text not null, prompts text not null, edited_at double precision, erased integer not null,
        name text not null, text text not null, reply text not null, assessment text not null, decision text not null,
        unique (event, stage))""",
    "create index turn_number on turn (conversation, number)",
    "create index turn_member on turn (conversation, member, said_at)",
    # climbs: the number of the turn whose pending redirection or warning this action delivers.
    """create table action (seq {pk}, id text not null unique, event text not null, stage text not null,
        conversation text not null, member text not null, climbs integer, asked_at double precision not null,
        state text not null, at double precision, message text not null, why text not null, erased integer not null,
        kind text not null, body text not null)""",
    "create index action_event on action (event)",
    """create table ending (id text primary key, conversation text not null, space text not null, member text not null,
        turn integer not null, scope text not null, reason text not null, concern text, ladder text not null,
        prompts text not null, models text not null, at double precision not null, state text not null,
        evidence text not null)""",
    "create index ending_space on ending (space, at)",
    "create index ending_conversation on ending (conversation, at)",
    """create table vote (id {pk}, ending text not null, member text not null, vote text not null,
        at double precision not null, current integer not null, words text not null)""",
    "create index vote_ending on vote (ending)",
    """create table review (id {pk}, ending text not null, moderator text not null, verdict text not null,
        at double precision not null, note text not null)""",
    "create index review_ending on review (ending)",
    """create table referral (id text primary key, matter text not null, conversation text not null,
        member text not null, ending text, at double precision not null, words text not null)""",
    "create index referral_ending on referral (ending)",
    """create table person (member text not null, space text not null, country text not null, language text not null,
        greeted double precision, primary key (member, space))""",
    "create table member (id text primary key, name text not null)",
    """create table ladder (version text primary key, name text not null, first_seen double precision not null,
        body text not null)""",
    # When a conversation with endings was settled: null while one of them still waits for a moderator. An ending on
    # request waits for nobody unless it is appealed.
    """create view settled as select conversation,
        case when max(waits) = 1 then null else max(settled_at) end as at
        from (select e.conversation,
            case when e.state = 'appealed' or (e.state = 'standing' and e.reason <> 'request')
                then 1 else 0 end as waits,
            coalesce((select max(r.at) from review r where r.ending = e.id), e.at) as settled_at
            from ending e) as looked_at
        group by conversation""",
)

SEARCH = ("create virtual table told using fts5 (text, reply, tokenize = 'unicode61 remove_diacritics 2')",)

MEMORY_AND_USAGE = (
    # What models used on a day (UTC). member is "" in the row of the whole space, which has what its members used too.
    """create table usage (day text not null, space text not null, member text not null, model text not null,
        turns bigint not null, fresh bigint not null, cache_write bigint not null, cache_read bigint not null,
        output bigint not null, primary key (day, space, member, model))""",
    # As Conversation.summarised and Conversation.amended.
    "alter table conversation add column summarised integer not null default 0",
    "alter table conversation add column amended integer not null default 0",
    # JSON; '' is for none. calls name tools, attachments hold texts.
    "alter table turn add column calls text not null default ''",
    "alter table turn add column attachments text not null default ''",
)

FOUND_AGAIN = (
    # By the platform's id of a message; by its channel; by its time.
    "create index action_message on action (message) where message <> ''",
    "create index turn_message on turn (message) where message <> ''",
    "create index conversation_channel on conversation (platform, space, channel, last_at)",
    "create index ending_at on ending (at)",
    # The changes of spaces' settings: who made each, and the keys that were changed, as JSON, before and after.
    """create table change (id {pk}, space text not null, member text not null, at double precision not null,
        was text not null, now text not null)""",
    "create index change_space on change (space)",
)

INSTALLATIONS = (
    # As Installation. gone_at: since when the bot is out, with no secret any more. secret: it has no place in exports.
    """create table installation (platform text not null, organisation text not null, space text not null,
        at double precision not null, gone_at double precision, secret text not null,
        primary key (platform, organisation, space))""",
    # So that what was recorded in a space is found when the space is erased.
    "alter table applied add column conversation text not null default ''",
    """update applied set conversation = coalesce(
        (select t.conversation from turn t where t.event = applied.event limit 1),
        (select a.conversation from action a where a.event = applied.event limit 1),
        (select i.conversation from inbox i where i.key = applied.event), '')""",
)

ALARMS = ("create index referral_member on referral (member, at)",)

STEPS: tuple[tuple[str, Sequence[str]], ...] = (
    ("001 tables", TABLES),
    ("002 search", SEARCH),
    ("003 memory and usage", MEMORY_AND_USAGE),
    ("004 found again", FOUND_AGAIN),
    ("005 installations", INSTALLATIONS),
    ("006 alarms", ALARMS),
)


def migrations() -> Migrations:
    """All of them, in order; forward only."""
    steps = Migrations("fairwell")
    for name, statements in STEPS:
        steps(name=name)(_step(statements))
    return steps


def check(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse what is not ours to write, before anything is changed.

    Raises StoreTooNew if a newer Fairwell wrote it, StoreError if another program did.
    """
    database = Database(connection, recursive_triggers=False, execute_plugins=False)
    (application,) = connection.execute("pragma application_id").fetchone()
    if application != APPLICATION and (application or database.table_names()):
        raise StoreError(f"{path} is a database of another program: choose another path for the store")
    known = {name for name, _ in STEPS}
    unknown = [step.name for step in migrations().applied(database) if step.name not in known]
    if unknown:
        raise StoreTooNew(
            f"{path} was written by a newer Fairwell (it has {unknown[-1]!r}): update this one, or restore a backup"
        )


def migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Bring the database to this version, once, whoever else is starting. Raises as `check`, and sqlite3.Error."""
    database = Database(connection, recursive_triggers=False, execute_plugins=False)
    steps = migrations()
    if not steps.pending(database):
        return
    connection.execute("begin immediate")  # sqlite-utils alone is not safe when several start at once
    try:
        check(connection, path)
        steps.apply(database)
        connection.execute(f"pragma application_id = {APPLICATION}")
        connection.execute("commit")
    except BaseException:
        if connection.in_transaction:
            connection.execute("rollback")
        raise


def _step(statements: Sequence[str]) -> Callable[[Database], None]:
    def step(database: Database) -> None:
        for statement in statements:
            database.execute(statement.format(pk="integer primary key"))

    return step

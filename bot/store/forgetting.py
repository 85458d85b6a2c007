"""A member, erased everywhere: their texts, what was said to them, their names and settings.

Their turns, endings and votes stay as numbers of FORGOTTEN, so that reports stay true; so does what they changed of a
space's settings, which is not about them. Their standings go, and what models used for them: their space's own sums
have it already.
"""

import re
from dataclasses import replace
from sqlite3 import Connection
from uuid import uuid4

from bot.domain.action import Action, AskFeedback, CallModerators, OfferBranch, Say, ShowVerdict, Tell
from bot.store import search
from bot.store.codec import Codec
from bot.store.erasure import empty_actions, empty_evidence, empty_turns, wordless

FORGOTTEN = "forgotten"

_COUNT = "select count(*) from turn where member = :member and event is not null"
_TURNS = "select id from turn where member = :member"
_ACTIONS = "select seq from action where member = :member"
_MENTIONS = "select seq, id, body from action where member = :member or instr(body, :member) > 0"
_PUT_ACTION = """update action set id = :new, body = :body, message = '', why = '', erased = 1,
    state = case when state in ('waiting', 'failed') then 'cancelled' else state end where seq = :seq"""
_KEYS = """select event as key from applied where member = :member union select key from inbox where member = :member
    order by key"""
_RENAMES = (
    "update inbox set key = :new where key = :key",
    "update applied set event = :new where event = :key",
    "update turn set event = :new where event = :key",
    "update action set event = :new where event = :key",
    """update referral set id = :new || substr(id, length(:key) + 1)
        where substr(id, 1, length(:key) + 1) = :key || '/'""",
)
_REST = (
    # What a lane is deciding at this moment is not written down any more.
    """insert into applied (event, stage, member, conversation) select key, '', :forgotten, conversation from inbox
        where member = :member and state <> 'done' on conflict (event, stage) do nothing""",
    "update inbox set state = 'done', payload = '', why = '', member = :forgotten where member = :member",
    "update applied set member = :forgotten where member = :member",
    "update turn set member = :forgotten, message = '' where member = :member",
    "update action set member = :forgotten where member = :member",
    "delete from standing where member = :member",
    "delete from usage where member = :member",
    "update vote set words = '', member = :forgotten where member = :member",
    "update referral set words = '', member = :forgotten where member = :member",
    "update review set note = '' where ending in (select id from ending where member = :member)",
    "update review set moderator = :forgotten where moderator = :member",
    "update change set member = :forgotten where member = :member",
    "update ending set member = :forgotten where member = :member",
    "delete from person where member = :member",
    "delete from member where id = :member",
)


def forget(connection: Connection, codec: Codec, member: str) -> int:
    """Erase a member. Returns how many messages of theirs there were."""
    who = {"member": member, "forgotten": FORGOTTEN}
    if member in {"", FORGOTTEN}:  # nobody: "" stands where spaces' sums are kept, and is a part of every text
        return 0
    (messages,) = connection.execute(_COUNT, who).fetchone()
    empty_turns(connection, codec, [turn for (turn,) in connection.execute(_TURNS, who).fetchall()])
    empty_actions(connection, codec, [action for (action,) in connection.execute(_ACTIONS, who).fetchall()])
    empty_evidence(connection, codec, member)
    _empty_mentions(connection, codec, member)
    _rename_keys(connection, member)
    for statement in _REST:
        connection.execute(statement, who)
    search.forget_removed(connection)
    return int(messages)


def _empty_mentions(connection: Connection, codec: Codec, member: str) -> None:
    """Actions for the member, about them or named after them, whoever's event brought them."""
    for seq, identity, body in connection.execute(_MENTIONS, {"member": member}).fetchall():
        before = codec.action(body)
        after = _without(before, member)
        if _names(identity, member):
            after = replace(after, id=f"{FORGOTTEN}:{seq}")
        if after != before:
            row = {"seq": seq, "new": after.id, "body": codec.of_action(after)}
            connection.execute(_PUT_ACTION, row)


def _without(action: Action, member: str) -> Action:
    """The action without the member, and without its words if they were for or about them."""
    match action:
        case Say() if action.to == member or f"@{member}" in action.text:
            return wordless(replace(action, to=FORGOTTEN, reply_to=""))
        case Tell() | OfferBranch() | CallModerators() if action.member == member:
            return wordless(replace(action, member=FORGOTTEN))
        case AskFeedback() if _names(action.on, member):
            return replace(action, on=FORGOTTEN)
        case ShowVerdict() if action.by == member or _names(action.on, member):
            return replace(action, by=FORGOTTEN, on=FORGOTTEN)
        case _:
            return action


def _names(identity: str, member: str) -> bool:
    """Whether an id was made from the member's."""
    return re.search(rf"(?<!\w){re.escape(member)}(?!\w)", identity) is not None


def _rename_keys(connection: Connection, member: str) -> None:
    """Keys may be made from the member's id: a reaction's are. Under another name the event still counts as done."""
    keys = [key for (key,) in connection.execute(_KEYS, {"member": member}).fetchall() if _names(key, member)]
    for key in keys:
        renamed = {"key": key, "new": f"{FORGOTTEN}:{uuid4().hex}"}
        for statement in _RENAMES:
            connection.execute(statement, renamed)

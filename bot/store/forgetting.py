"""A member, erased everywhere: their texts, what was said to them, their names and settings.

Their turns, endings and votes stay as numbers of FORGOTTEN, so that reports stay true. Their standings go.
"""

from dataclasses import replace
from sqlite3 import Connection
from uuid import uuid4

from bot.domain.action import Action, AskFeedback, CallModerators, CloseThread, OfferBranch, ReopenThread, Say, Tell
from bot.store import search
from bot.store.codec import Codec
from bot.store.erasure import empty_actions, empty_evidence, empty_turns

FORGOTTEN = "forgotten"

_COUNT = "select count(*) from turn where member = :member and event is not null"
_TURNS = "select id from turn where member = :member"
_ACTIONS = "select seq from action where member = :member"
_MENTIONS = "select seq, id, body from action where member = :member or instr(body, :member) > 0"
_PUT_ACTION = "update action set id = :new, body = :body, message = '' where seq = :seq"
_KEYS = """select event as key from applied where member = :member union select key from inbox where member = :member
    order by key"""
_RENAMES = (
    "update inbox set key = :new where key = :key",
    "update applied set event = :new where event = :key",
    "update turn set event = :new where event = :key",
    "update action set event = :new where event = :key",
)
_REST = (
    "update inbox set state = 'done', payload = '', why = '', member = :forgotten where member = :member",
    "update applied set member = :forgotten where member = :member",
    "update turn set member = :forgotten, message = '' where member = :member",
    "update action set member = :forgotten where member = :member",
    "delete from standing where member = :member",
    "update vote set words = '', member = :forgotten where member = :member",
    "update referral set words = '', member = :forgotten where member = :member",
    "update review set note = '' where ending in (select id from ending where member = :member)",
    "update review set moderator = :forgotten where moderator = :member",
    "update ending set member = :forgotten where member = :member",
    "delete from person where member = :member",
    "delete from member where id = :member",
)


def forget(connection: Connection, codec: Codec, member: str) -> int:
    """Erase a member. Returns how many messages of theirs there were."""
    who = {"member": member, "forgotten": FORGOTTEN}
    if member == FORGOTTEN:
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
    """Actions for the member, or about them: theirs, and those that others' events brought."""
    for seq, identity, body in connection.execute(_MENTIONS, {"member": member}).fetchall():
        action = _without(codec.action(body), member)
        new = f"{FORGOTTEN}:{seq}" if member in identity else identity
        empty = codec.of_action(replace(action, id=new))
        connection.execute(_PUT_ACTION, {"seq": seq, "new": new, "body": empty})


def _without(action: Action, member: str) -> Action:
    """The action without the member, and without its text if it was for or about them."""
    match action:
        case Say(to=to) if to == member:
            return replace(action, to=FORGOTTEN, text="", reply_to="")
        case Tell(member=to) | OfferBranch(member=to) | CallModerators(member=to) if to == member:
            return replace(action, member=FORGOTTEN, text="")
        case Say() | Tell() | OfferBranch() | CallModerators() if member in action.text:
            return replace(action, text="")
        case AskFeedback(on=on) if member in on:
            return replace(action, on=FORGOTTEN)
        case AskFeedback() | CloseThread() | ReopenThread() | Say() | Tell() | OfferBranch() | CallModerators():
            return action


def _rename_keys(connection: Connection, member: str) -> None:
    """Keys may be made from the member's id: a reaction's are. Under another name the event still counts as done."""
    keys = [key for (key,) in connection.execute(_KEYS, {"member": member}).fetchall() if member in key]
    for key in keys:
        renamed = {"key": key, "new": f"{FORGOTTEN}:{uuid4().hex}"}
        for statement in _RENAMES:
            connection.execute(statement, renamed)

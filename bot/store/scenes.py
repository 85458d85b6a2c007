"""What is read: scenes, turns, endings."""

from collections.abc import Sequence
from sqlite3 import Connection

from bot.domain.action import Action, CallModerators, Outcome, Receipt
from bot.domain.conversation import Conversation, Member, Place, Turn
from bot.domain.ending import Ending
from bot.domain.event import Event
from bot.domain.record import Person, Scene, Vetted
from bot.domain.standing import NEW, Standing
from bot.domain.usage import Spent
from bot.ports import Transcript
from bot.store import rows, statements
from bot.store.codec import Codec, moment, moment_or_none

_ALL = 1 << 31  # as a limit: more turns than any conversation has


def scene(connection: Connection, codec: Codec, event: Event, history: int, today: str = "") -> Scene:
    """All that a turn starts from."""
    who, space = event.member.id, event.place.space
    where = {"conversation": event.conversation, "member": who, "event": event.key, "space": space, "today": today}
    row = connection.execute(statements.SCENE, where).fetchone()
    body, country, language, greeted, company, card, *spent, alarmed = row[12:]
    conversation, version = Conversation(event.conversation, event.place), 0
    if row[0] is not None:
        conversation, version = rows.conversation(event.conversation, row[:12])
    after = {"conversation": event.conversation, "after": conversation.summarised, "limit": history}
    told = connection.execute(statements.HISTORY, after).fetchall()
    return Scene(
        conversation,
        version,
        codec.standing(body) if body else NEW,
        Person(who, space) if country is None else Person(who, space, country, language, moment_or_none(greeted)),
        tuple(rows.turn(codec, each) for each in reversed(told)),
        moment_or_none(company),
        expressed=card is not None,
        spent_by_member=Spent(*spent[:2]),
        spent_by_space=Spent(*spent[2:]),
        alarmed=moment_or_none(alarmed),
    )


def person(connection: Connection, member: str, space: str) -> Person:
    """A member's own settings."""
    row = connection.execute(statements.PERSON, {"member": member, "space": space}).fetchone()
    if row is None:
        return Person(member, space)
    country, language, greeted = row
    return Person(member, space, country, language, moment_or_none(greeted))


def standings(connection: Connection, codec: Codec, conversation: str) -> Sequence[tuple[str, Standing]]:
    """Every member's own standing."""
    found = connection.execute(statements.STANDINGS, {"conversation": conversation}).fetchall()
    return tuple((member, codec.standing(body)) for member, body in found)


def latest_standing(connection: Connection, codec: Codec, member: str, place: Place) -> tuple[str, Standing] | None:
    """A member's own in the latest conversation in which they have one: in a channel, else in its space."""
    where = {"member": member, "platform": place.platform, "space": place.space, "channel": place.channel}
    row = connection.execute(statements.LATEST_STANDING, where).fetchone()
    return (row[0], codec.standing(row[1])) if row else None


def turns(connection: Connection, codec: Codec, conversation: str, limit: int = _ALL) -> tuple[Vetted, ...]:
    """The newest turns with their evidence, oldest first."""
    found = connection.execute(statements.TURNS, {"conversation": conversation, "limit": limit}).fetchall()
    return tuple(rows.vetted(codec, row) for row in reversed(found))


def turn_of(connection: Connection, codec: Codec, conversation: str, message: str) -> Vetted | None:
    """The turn of a message, with its evidence."""
    row = connection.execute(statements.TURN_OF, {"conversation": conversation, "message": message}).fetchone()
    return rows.vetted(codec, row) if row else None


def history_before(connection: Connection, codec: Codec, conversation: str, message: str) -> tuple[Turn, ...]:
    """The turns before that of a message, which still say something, oldest first."""
    found = connection.execute(statements.BEFORE, {"conversation": conversation, "message": message}).fetchall()
    return tuple(rows.turn(codec, row) for row in found)


def spaces(connection: Connection, platform: str) -> tuple[str, ...]:
    """The spaces in which there are conversations, the one with the latest turn first."""
    return tuple(space for (space,) in connection.execute(statements.SPACES, {"platform": platform}))


def conversations(connection: Connection, platform: str, space: str, limit: int) -> tuple[str, ...]:
    """The conversations of a space, the one with the latest turn first."""
    found = connection.execute(statements.CONVERSATIONS, {"platform": platform, "space": space, "limit": limit})
    return tuple(identity for (identity,) in found)


def conversations_in(connection: Connection, platform: str, space: str, channel: str, limit: int) -> tuple[str, ...]:
    """The conversations of one channel, the one with the latest turn first."""
    where = {"platform": platform, "space": space, "channel": channel, "limit": limit}
    return tuple(identity for (identity,) in connection.execute(statements.CONVERSATIONS_IN, where))


def conversation_at(connection: Connection, platform: str, message: str) -> str | None:
    """The conversation that a message stands in, a member's or the bot's."""
    where = {"platform": platform, "message": message}
    for statement in (statements.CONVERSATION_OF_TURN, statements.CONVERSATION_OF_ACTION):
        if row := connection.execute(statement, where).fetchone():
            return str(row[0])
    return None


def receipt(connection: Connection, identity: str) -> Receipt | None:
    """What became of an action; None while it waits."""
    row = connection.execute(statements.RECEIPT, {"id": identity}).fetchone()
    return Receipt(row[0], Outcome(row[1]), moment(row[2]), *row[3:]) if row else None


def performed(connection: Connection, codec: Codec, platform: str, message: str) -> Action | None:
    """The latest delivered action whose last message this is."""
    row = connection.execute(statements.PERFORMED, {"platform": platform, "message": message}).fetchone()
    return codec.action(row[0]) if row else None


def notice(connection: Connection, ending: str) -> str:
    """The platform's id of the message on which an ending is rated."""
    row = connection.execute(statements.NOTICE, {"ending": ending}).fetchone()
    return str(row[0]) if row else ""


def accepted(connection: Connection, beginning: str) -> tuple[str, ...]:
    """The keys of events that begin so."""
    where = {"first": beginning, "after": beginning[:-1] + chr(ord(beginning[-1]) + 1)}
    return tuple(key for (key,) in connection.execute(statements.ACCEPTED, where))


def action(connection: Connection, codec: Codec, identity: str) -> Action | None:
    """An action by id, whatever became of it."""
    row = connection.execute(statements.ACTION, {"id": identity}).fetchone()
    return codec.action(row[0]) if row else None


def latest_ending(connection: Connection, codec: Codec, conversation: str, member: str | None) -> Ending | None:
    """The newest ending in a conversation, of one member's or any."""
    where = {"conversation": conversation, "member": member or ""}
    row = connection.execute(statements.LATEST_ENDING, where).fetchone()
    return rows.ending(codec, row) if row else None


def transcript(connection: Connection, codec: Codec, ending: str) -> Transcript | None:
    """An ending by its id or a unique beginning of it, as a moderator reads it."""
    found = connection.execute(statements.ENDING, {"id": ending}).fetchall() or _beginning(connection, ending)
    if len(found) != 1:
        return None
    whole = rows.ending(codec, found[0])
    named = connection.execute(statements.NAME, {"id": whole.member}).fetchone()
    told = connection.execute(statements.CONVERSATION, {"id": whole.conversation}).fetchone()
    where = {"ending": whole.id}
    return Transcript(
        ending=whole,
        member=Member(whole.member, named[0] if named else ""),
        place=rows.conversation(whole.conversation, told)[0].place if told else Place("", "", ""),
        turns=turns(connection, codec, whole.conversation),
        votes=[(member, vote, moment(at)) for member, vote, at in connection.execute(statements.VOTES, where)],
        reasons=[(vote, words) for vote, words in connection.execute(statements.REASONS, where)],
        appeals=[rows.referral(row) for row in connection.execute(statements.APPEALS, where)],
        verdicts=[
            (by, verdict, words, moment(at))
            for by, verdict, words, at in connection.execute(statements.VERDICTS, where)
        ],
    )


def calls(connection: Connection, codec: Codec, ending: str) -> Sequence[tuple[str, str]]:
    """By which actions moderators were called about an ending, and by which messages."""
    where = {"ending": ending}
    events = [event for (event,) in connection.execute(statements.CALLERS, where).fetchall()]
    events += [each.rpartition("/")[0] for (each,) in connection.execute(statements.REFERRALS, where).fetchall()]
    found = [row for each in dict.fromkeys(events) for row in connection.execute(statements.CALLS, {"event": each})]
    calls = [(codec.action(body), message) for body, message in found]
    return [(call.id, message) for call, message in calls if isinstance(call, CallModerators) and call.ending == ending]


def _beginning(connection: Connection, ending: str) -> list[rows.Row]:
    if not ending:
        return []
    return connection.execute(statements.ENDINGS_LIKE, {"id": ending, "length": len(ending)}).fetchall()

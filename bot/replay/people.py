"""The people of a script: what they do becomes events, as a platform would report them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.domain.action import Action, OfferBranch
from bot.domain.conversation import Member, Place
from bot.domain.ending import Vote
from bot.domain.event import Appealed, Branched, Chose, Deleted, Edited, Event, Judged, Rated, Said
from bot.ports import Store
from bot.replay.script import Line

MANY = 10_000  # turns of one conversation; more than any script has


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What somebody does."""

    kind: str  # says, edits, deletes, rates, appeals, judged, branches, chooses
    member: str
    thread: str  # the script's name for it; of a branch, the new one
    at: datetime
    public: bool  # others read along
    text: str  # what is said, or the deed's object: a vote, a verdict, "language de"
    turn: int  # that is edited or deleted
    to_bot: bool

    @classmethod
    def of(cls, line: Line, *, member: str, thread: str, at: datetime, public: bool) -> "Deed":
        """What a line says, by whom and where."""
        kind = line.happens
        said = line.says if line.says is not None else line.text
        return cls(
            kind=kind,
            member=member,
            thread=thread,
            at=at,
            public=public,
            text=said * line.times if kind in {"says", "edits"} else str(getattr(line, kind)),
            turn=line.edits or line.deletes or 0,
            to_bot=line.to_bot,
        )


class People:
    """Makes events of deeds; conversations and members are named after the platform and the script.

    place  where all of it happens, if nobody else reads along
    """

    def __init__(self, place: Place) -> None:
        self._place = place
        self._events = 0
        self._left = ""  # the thread in which somebody acted last

    def conversation(self, thread: str) -> str:
        """The bot's name for a thread."""
        return f"{self._place.platform}:{thread}"

    def id_of(self, member: str) -> str:
        """The bot's id of a member."""
        return f"{self._place.platform}:{member}"

    async def event(self, deed: Deed, store: Store, performed: Sequence[Action]) -> Event:
        """The event, given what the bot remembers and what was performed so far.

        Raises LookupError: there is nothing to edit, judge or take up.
        """
        self._events += 1
        where = self._place
        carried: dict[str, Any] = {
            "key": f"event {self._events}",
            "conversation": self.conversation(deed.thread),
            "place": Place(where.platform, where.space, where.channel, private=not deed.public),
            "member": Member(self.id_of(deed.member), deed.member.capitalize()),
            "at": deed.at,
        }
        left, self._left = carried | {"conversation": self.conversation(self._left)}, deed.thread
        match deed.kind:
            case "says":
                return Said(**carried, message=f"message {self._events}", text=deed.text, to_bot=deed.to_bot)
            case "edits":
                return Edited(**carried, message=await _message(deed, carried["conversation"], store), text=deed.text)
            case "deletes":
                return Deleted(**carried, message=await _message(deed, carried["conversation"], store))
            case "rates":
                return Rated(**carried, vote=Vote(deed.text) if deed.text else None)
            case "appeals":
                return Appealed(**carried, words=deed.text)
            case "judged":
                ending = await store.latest_ending(carried["conversation"])
                if ending is None:
                    raise LookupError("there is no ending to judge")
                return Judged(**carried, ending=ending.id, upheld=deed.text == "upheld")
            case "branches":
                offers = [action.id for action in performed if isinstance(action, OfferBranch)]
                if not offers:
                    raise LookupError("there is no offer to take")
                return Branched(**left, offer=offers[-1], into=carried["conversation"])
            case _:
                what, _, which = deed.text.partition(" ")
                return Chose(**carried | {what: which})


async def _message(deed: Deed, conversation: str, store: Store) -> str:
    for each in await store.turns(conversation, MANY):
        if each.turn.number == deed.turn:
            return each.turn.message
    raise LookupError(f"there is no turn {deed.turn} here")

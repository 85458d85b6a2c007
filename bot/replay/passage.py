"""What followed one turn of a script (Passage), and an expectation that was not met (Broken)."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.domain.action import Action, CallModerators, OfferBranch, Say, Tell
from bot.domain.ending import Ending
from bot.domain.record import Vetted
from bot.domain.review import Matter
from bot.domain.step import Step
from bot.ports import Store
from bot.replay.people import MANY
from bot.replay.script import Line


@dataclass(frozen=True, slots=True)
class Broken:
    """An expectation that was not met."""

    expectation: str  # its word in the script
    turn: int  # of the script
    what: str  # what was instead; quotes nobody but the script
    said: str = ""  # the bot's words that it is about


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """One turn of a script, and what followed it."""

    number: int  # of the turn in its file
    line: Line
    member: str  # as the script calls them
    thread: str
    performed: tuple[Action, ...] = ()
    vetted: Vetted | None = None  # the turn as it is on record; None: it was none, or failed to become one
    marks: tuple[str, ...] = ()  # what counts for the member afterwards, oldest first
    ending: Ending | None = None  # the thread's latest
    votes: tuple[str, ...] = ()  # on it
    impossible: str = ""  # why it could not happen, after what happened before

    @property
    def step(self) -> Step | None:
        """What was decided."""
        return self.vetted.decision.step if self.vetted else None

    @property
    def said(self) -> str:
        """What was said to all."""
        return "\n".join(action.text for action in self.performed if isinstance(action, Say | OfferBranch))

    @property
    def told(self) -> str:
        """What was said to one member alone."""
        return "\n".join(action.text for action in self.performed if isinstance(action, Tell))

    @property
    def calls(self) -> tuple[Matter, ...]:
        """What moderators were called for."""
        return tuple(action.matter for action in self.performed if isinstance(action, CallModerators))

    def broken(self, expectation: str, what: str, said: str = "") -> Broken:
        """An expectation that this turn did not meet."""
        return Broken(expectation, self.number, what, said)


async def turns_in(store: Store, conversation: str) -> int:
    """How many turns a conversation has."""
    return len(await store.turns(conversation, MANY))


async def passage(
    store: Store,
    number: int,
    line: Line,
    *,
    member: tuple[str, str],
    thread: tuple[str, str],
    performed: Sequence[Action],
    turns: int,
    impossible: str = "",
) -> Passage:
    """What followed a turn.

    In: the turn; the member and the thread, each as the script calls it and as the store does; what was performed; how
    many turns the conversation had before; why the turn could not happen. Out: all that expectations look at.
    """
    conversation = thread[1]
    new = (await store.turns(conversation, MANY))[turns:]
    standing = dict(await store.standings(conversation)).get(member[1])
    latest = await store.latest_ending(conversation)
    transcript = await store.ending(latest.id) if latest else None
    return Passage(
        number=number,
        line=line,
        member=member[0],
        thread=thread[0],
        performed=tuple(performed),
        vetted=new[0] if len(new) == 1 else None,
        marks=tuple(mark.step.value for mark in standing.marks) if standing else (),
        ending=latest,
        votes=tuple(sorted(vote for _, vote, _ in transcript.votes)) if transcript else (),
        impossible=impossible,
    )

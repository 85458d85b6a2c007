"""Numbers the actions of one event, so that the same event always makes the same actions."""

from dataclasses import dataclass, field
from typing import TypedDict, TypeVar

from bot.domain.action import (
    Action,
    AskFeedback,
    CallModerators,
    CloseThread,
    OfferBranch,
    ReopenThread,
    Say,
    ShowVerdict,
    Tell,
)
from bot.domain.conversation import Place
from bot.domain.review import Matter, Review

A = TypeVar("A", bound=Action)


class _Asked(TypedDict):
    """What every action carries."""

    id: str
    conversation: str
    place: Place


@dataclass(frozen=True, slots=True)
class Outgoing:
    """The actions that answer one event, in the order in which they are to be performed.

    An action's id is "<event key>/<stage><number>": unique, and the same however often the event is worked on.
    """

    event: str  # its key
    conversation: str
    place: Place
    stage: str = ""
    made: list[Action] = field(default_factory=list)

    @property
    def coming(self) -> str:
        """The id that the next action will have."""
        return f"{self.event}/{self.stage}{len(self.made)}"

    @property
    def actions(self) -> tuple[Action, ...]:
        """What was made so far."""
        return tuple(self.made)

    def say(
        self,
        text: str,
        *,
        to: str = "",
        reply_to: str = "",
        urgent: bool = False,
        aside: bool = False,
        due: bool = False,
    ) -> Say:
        """A message in the conversation."""
        say = Say(**self._asked(), text=text, to=to, reply_to=reply_to, urgent=urgent, aside=aside, due=due)
        return self._add(say)

    def tell(self, member: str, text: str, *, otherwise: str = "", urgent: bool = False) -> Tell:
        """A private message; where that cannot be delivered, `otherwise` in the conversation."""
        return self._add(Tell(**self._asked(), member=member, text=text, otherwise=otherwise, urgent=urgent))

    def ask_feedback(self, ending: str, on: Say) -> AskFeedback:
        """Let an ending be rated on its notice."""
        return self._add(AskFeedback(**self._asked(), ending=ending, on=on.id))

    def close_thread(self) -> CloseThread:
        """Lock the thread."""
        return self._add(CloseThread(**self._asked()))

    def reopen_thread(self) -> ReopenThread:
        """Take the lock off."""
        return self._add(ReopenThread(**self._asked()))

    def offer_branch(self, member: str, message: str, words: str, text: str, otherwise: str) -> OfferBranch:
        """Offer to go on from an edited message; where that cannot be said in private, `otherwise` to everybody."""
        offer = OfferBranch(
            **self._asked(), member=member, message=message, words=words, text=text, otherwise=otherwise
        )
        return self._add(offer)

    def call_moderators(
        self,
        matter: Matter,
        member: str,
        text: str,
        *,
        desk: Place | None,
        urgent: bool = False,
        ending: str | None = None,
    ) -> CallModerators:
        """Put something before the moderators at `desk`."""
        call = CallModerators(
            **self._asked(), matter=matter, member=member, text=text, urgent=urgent, ending=ending, desk=desk
        )
        return self._add(call)

    def show_verdict(self, review: Review, on: str, message: str) -> ShowVerdict:
        """Let the call `on`, whose message the platform knows by this id, say what was found."""
        shown = ShowVerdict(
            **self._asked(), on=on, message=message, ending=review.ending, by=review.by, verdict=review.verdict
        )
        return self._add(shown)

    def _asked(self) -> _Asked:
        return {"id": self.coming, "conversation": self.conversation, "place": self.place}

    def _add(self, action: A) -> A:
        self.made.append(action)
        return action

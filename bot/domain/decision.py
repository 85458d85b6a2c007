"""What the policy decides about a turn."""

from dataclasses import dataclass

from bot.domain.standing import Standing
from bot.domain.step import Confirmation, Reason, Scope, Step


@dataclass(frozen=True, slots=True)
class Decision:
    """Step, reason, the ladder's version, next standing."""

    step: Step
    reason: Reason
    standing: Standing  # the next one
    ladder: str  # the version that decided
    turn: int
    concern: str | None = None  # the kind of conduct that decided
    scope: Scope = Scope.CONVERSATION  # of an ending
    calls_moderators: bool = False
    confirmation: Confirmation = Confirmation.NOT_ASKED

"""Where one member stands in one conversation."""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.assessment import Level
from bot.domain.step import Step


@dataclass(frozen=True, slots=True)
class Mark:
    """A redirection or a warning that was delivered, and when the member could first read it."""

    step: Step
    turn: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one member stands in one conversation. The policy alone moves it (bot/boundary)."""

    marks: tuple[Mark, ...] = ()  # delivered redirections, then warnings, oldest first
    pending: Mark | None = None  # decided, its receipt still out; counts for nothing
    clean: int = 0  # turns without abuse since the last abuse or the last step forgiven
    last_abuse: datetime | None = None  # or the time up to which it is forgiven
    spared: bool = False  # the main model has spared this member once
    asked_to_end: bool = False  # the bot's last word to this member was whether to end
    ended: bool = False  # the bot no longer answers this member here
    nudged: bool = False  # and has told them how to start anew
    care_until: datetime | None = None  # nobody in the care window is warned or ended
    care_level: Level = Level.NONE  # the gravest risk of this care window
    card_at: datetime | None = None  # when the last card went out
    called_at: datetime | None = None  # when moderators were last called for this member

    def count(self, step: Step) -> int:
        """How many of `step` were delivered and are not forgiven."""
        return sum(mark.step is step for mark in self.marks)

    def in_care(self, now: datetime) -> bool:
        """Whether `now` lies in the care window."""
        return self.care_until is not None and now < self.care_until


NEW = Standing()  # of a member who has not been here before

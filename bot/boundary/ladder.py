"""The ladder: named, versioned settings from answer to end. Count-based, so that a moderator can retell it."""

from dataclasses import dataclass
from datetime import timedelta

from bot.domain.assessment import Assessment, Concern, Level, Severity
from bot.domain.standing import Standing
from bot.domain.step import Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """Settings from answer to end (config/ladder.toml). Raises ValueError where they would break a rule."""

    name: str
    version: str  # of the settings below; every decision names it
    redirections: int  # delivered ones before a warning
    redirections_gravest: int  # the same, for the gravest concerns
    warnings: int  # delivered ones before an ending
    gravest: frozenset[str]  # kinds of concern
    climbs_from: Severity  # what is milder is answered
    forgive_turns: int  # clean turns that forgive one step
    forgive_after: timedelta  # time without abuse that forgives one step
    care_window: timedelta  # after risk, in which nobody is warned or ended
    care_for_good_from: Level  # from this level the window lasts for the rest of the thread
    card_again_after: timedelta  # the same risk within this time gets a short word instead of the whole card
    call_again_after: timedelta  # moderators are called at most this often for one member
    company_within: timedelta  # others who took part this lately keep the thread
    endings_a_day: int  # per space; those beyond go to review (circuit breaker)

    def __post_init__(self) -> None:
        """Refuse settings under which rule 1 or 2 could not hold."""
        if self.redirections < 1 or self.redirections_gravest < 0 or self.warnings < 1:
            raise ValueError("an ending needs at least one redirection and one warning before it")
        if self.redirections_gravest > self.redirections:
            raise ValueError("the gravest concerns cannot need more redirections than the others")
        if min(self.care_window, self.forgive_after) <= timedelta(0) or self.forgive_turns < 1:
            raise ValueError("the care window and forgiveness must last some time")
        if self.care_for_good_from < Level.PASSIVE:
            raise ValueError("only risk opens a care window")

    def rungs(self, kind: str) -> tuple[tuple[Step, int], ...]:
        """How many of which step come before an ending for this kind of concern, in order."""
        redirections = self.redirections_gravest if kind in self.gravest else self.redirections
        return ((Step.REDIRECT, redirections), (Step.WARN, self.warnings))

    def next_step(self, standing: Standing, kind: str) -> Step:
        """The first rung that is not used up yet; past the last one, END.

        A step counts only after those that come before it: a warning for one kind of concern, given before another
        kind has had its redirections, is not the last word before an ending for that other kind.
        """
        taken = iter([mark.step for mark in standing.marks])  # `in` reads on from where the last one stopped
        for step, times in self.rungs(kind):
            if not all(step in taken for _ in range(times)):
                return step
        return Step.END

    def climbing(self, assessment: Assessment) -> Concern | None:
        """The concern that climbs: sure, grave enough; the gravest kind first, then the severest."""
        climbs = [each for each in assessment.concerns if each.sure and each.severity >= self.climbs_from]
        return max(climbs, key=lambda each: (each.kind in self.gravest, each.severity), default=None)

"""What the tables of the rules are made of, in words a moderator would use."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bot.boundary import Ladder, decide
from bot.domain.assessment import About, Assessment, Concern, Level, Risk, Severity
from bot.domain.decision import Decision
from bot.domain.standing import NEW, Mark, Standing
from bot.domain.step import Step
from tests.strategies import NOON

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
MOMENT = timedelta(microseconds=1)
TURN = 40  # the turn that is decided upon

# The default of DESIGN, "The ladder".
LADDER = Ladder(
    name="default",
    version="default-1",
    redirections=2,
    redirections_gravest=1,
    warnings=1,
    gravest=frozenset({"minors", "mass_violence"}),
    climbs_from=Severity.SERIOUS,
    forgive_turns=5,
    forgive_after=DAY,
    care_window=DAY,
    care_for_good_from=Level.ACTIVE,
    card_again_after=HOUR,
    call_again_after=HOUR,
    company_within=HOUR,
    endings_a_day=10,
)


def conduct(kind: str, severity: Severity = Severity.SERIOUS, *, sure: bool = True) -> Assessment:
    """A turn that was read, with one concern in it."""
    return Assessment(read=True, concerns=(Concern(kind, severity, sure),))


def danger(level: Level, about: About = About.SELF, *, sure: bool = True) -> Assessment:
    """A turn that was read, with a sign of risk in it."""
    return Assessment(read=True, risk=Risk(level, about, sure))


CLEAN = Assessment(read=True)
INSULT = conduct("insult")
GRAVEST = conduct("minors")
MILD = conduct("insult", Severity.MILD)
UNSURE = conduct("insult", sure=False)
DOUBTED = replace(INSULT, doubt=True)
UNREAD = Assessment(read=False)
ASKS = Assessment(read=True, asks_to_end=True)
YES = Assessment(read=True, affirms=True)
NO = Assessment(read=True, affirms=False)


def hostile(assessment: Assessment) -> Assessment:
    """The same turn, with a sure insult in it."""
    return replace(assessment, concerns=INSULT.concerns)


def taken(steps: str, **rest: Any) -> Standing:
    """A standing after these delivered steps, a letter each (R, W), in turns 1, 2, 3... and a minute apart.

    The last one came a minute before NOON, and the abuse that led to it was the last.
    """
    names = {"R": Step.REDIRECT, "W": Step.WARN}
    marks = tuple(
        Mark(names[letter], turn, NOON - (len(steps) - turn + 1) * MINUTE) for turn, letter in enumerate(steps, start=1)
    )
    return replace(NEW, **{"marks": marks, "last_abuse": NOON - MINUTE if steps else None, **rest})


def in_care(steps: str = "", **rest: Any) -> Standing:
    """A standing within a care window that has a day to go; its card went out a minute ago."""
    care = {"care_until": NOON + DAY, "care_level": Level.PASSIVE, "card_at": NOON - MINUTE}
    return taken(steps, **{**care, **rest})


def in_anothers_care(steps: str = "", **rest: Any) -> Standing:
    """A standing within the care window of somebody else in the conversation, which has a day to go."""
    return taken(steps, **{"care_until": NOON + DAY, **rest})


def steps(standing: Standing) -> str:
    """What counts against the member: the reverse of `taken`."""
    return "".join({Step.REDIRECT: "R", Step.WARN: "W"}[mark.step] for mark in standing.marks)


def decided(standing: Standing, assessment: Assessment, now: datetime = NOON, **given: Any) -> Decision:
    """The decision about turn TURN at NOON under LADDER, unless told otherwise."""
    return decide(standing, assessment, given.pop("ladder", LADDER), now, **{"turn": TURN, **given})

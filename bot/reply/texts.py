"""Which texts there are, and what goes into each: one class a section of config/replies/<language>/<file>.toml.

A field's name is its key in the file, and its type says what the text is:

    str                a text as it stands
    tuple[str, ...]    variants, taken in turn; as many in every language
    Names              a table from a key of ours to its name in that language; the same keys in every language
    frozenset[str]     words to recognise, as many as the language needs
    a Protocol         a text to be called with what goes into it: `apology.too_long(limit=4000)`

`Annotated[…, How("new")]` adds phrases that differ by platform (`Platform`); they go in when the texts are loaded.
`Annotated[…, Fits(32)]` says how long a platform lets a text be.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from bot.llm.offline import StandInTexts
from bot.reply.gaps import (
    AboutAbuse,
    AboutConduct,
    AboutConversation,
    AboutEnding,
    AboutRefusal,
    AboutRisk,
    How,
    Keys,
    Names,
    OfConduct,
    OfCount,
    OfCountry,
    OfEvidence,
    OfJudgement,
    OfLadder,
    OfLanguages,
    OfLimit,
    OfMember,
    OfNames,
    OfNumber,
    OfNumbers,
    OfStanding,
    OfTurns,
    OfVerdict,
    OfWarning,
    OfWelcome,
    OfWho,
)
from bot.reply.installing import Installing
from bot.reply.on_discord import Discord
from bot.reply.on_slack import Slack


@dataclass(frozen=True, slots=True)
class Platform:
    """How things are done on one platform, as a phrase (platforms.toml)."""

    new: str
    branch: str
    accept: str  # how to take the offer of a branch
    accept_here: str  # and where everybody reads the offer
    appeal: str
    rate: str
    country: str
    boundaries: str
    forget: str


@dataclass(frozen=True, slots=True)
class Redirect:
    """What steers back. Never mentions closing, so that it can be said in the care window too."""

    general: tuple[str, ...]
    request: tuple[str, ...]  # a harmful request is refused as well
    declined: str  # the circuit breaker held an ending back
    spared: str  # the main model did not confirm an ending


@dataclass(frozen=True, slots=True)
class WarningParts:
    """The three parts that every warning has."""

    names: OfConduct
    redirects: str
    consequence: str

    def __call__(self, *, conduct: str) -> str:
        """The whole warning."""
        return " ".join((self.names(conduct=conduct), self.redirects, self.consequence))


@dataclass(frozen=True, slots=True)
class Warn:
    """Warnings; `request` for a harmful request."""

    general: WarningParts
    request: WarningParts


@dataclass(frozen=True, slots=True)
class Written:
    """What the main model's own words for a step are held to (bot/reply/written.py).

    `never`, `threats` and `offers` are phrases, "word*" any word that begins like it; accents and case do not matter.
    """

    refusal: str  # word for word in what it writes to a harmful request
    never: frozenset[str]  # in a redirection, and in what a warning adds to its sentences
    threats: frozenset[str]  # in anything
    offers: frozenset[str]  # one of them, or a question, is in every warning


@dataclass(frozen=True, slots=True)
class End:
    """What an ending is told with."""

    because: OfConduct
    part: OfMember  # instead of `because`, where the thread goes on for others
    redirected: OfTurns
    went_on: OfWarning
    one: OfNumber
    several: OfNumbers
    request: str
    anew: Annotated[str, How("new")]
    way_back: Annotated[str, How("new", "branch", "appeal")]
    feedback: Annotated[str, How("rate")]

    def turns(self, numbers: Sequence[int]) -> str:
        """Turn numbers, at least one, in words: "message 4", "messages 4, 6 and 8"."""
        *before, last = map(str, numbers)
        return self.several(before=", ".join(before), last=last) if before else self.one(number=last)


@dataclass(frozen=True, slots=True)
class Ask:
    """Asking once whether to end; `kept`: the member does not want it after all."""

    end: str
    kept: str


@dataclass(frozen=True, slots=True)
class Nudge:
    """In an ended conversation, once per member; and the offer to branch from an edited message."""

    ended: Annotated[str, How("new")]
    part: Annotated[str, How("new")]
    branch_offer: Annotated[str, How("accept")]
    branch_offer_here: Annotated[OfWho, How("accept_here")]  # instead, where everybody reads it
    branched: str  # the first line of the branch


@dataclass(frozen=True, slots=True)
class Review:
    """What became of an appeal or a rating."""

    appeal_received: str
    overturned: str
    upheld: Annotated[str, How("new")]
    feedback_thanks: str
    feedback_taken_back: str


@dataclass(frozen=True, slots=True)
class Boundary:
    """boundary.toml"""

    conduct: Annotated[Names, Keys("other", more=True)]
    redirect: Redirect
    warn: Warn
    written: Written
    end: End
    ask: Ask
    nudge: Nudge
    review: Review


@dataclass(frozen=True, slots=True)
class Apology:
    """Why there is no answer, or not a whole one. None of it is the member's fault, and none of it climbs."""

    outage: str
    parked: str
    too_long: OfLimit
    empty: str
    attachment_left_out: OfNames
    declined: str  # the model would not write this answer
    cut_short: str  # after an answer that stopped at the longest that is allowed
    budget: str
    stale: str


@dataclass(frozen=True, slots=True)
class Welcome:
    """Said once per member and space."""

    first: Annotated[OfWelcome, How("boundaries", "forget")]


@dataclass(frozen=True, slots=True)
class Boundaries:
    """What counts and what does not, in plain words."""

    all: Annotated[OfLadder, How("new", "appeal")]


@dataclass(frozen=True, slots=True)
class Choices:
    """Answers to what members choose for themselves or ask about themselves."""

    language_set: str
    language_unknown: OfLanguages
    country_set: OfCountry
    country_unknown: Annotated[str, How("country")]
    country_taken_back: str
    forgotten: OfCount
    standing: OfStanding
    standing_clear: str
    nothing_to_rate: str
    nothing_to_appeal: str
    no_such_message: str
    moderators_only: str


@dataclass(frozen=True, slots=True)
class Talk:
    """talk.toml"""

    apology: Apology
    welcome: Welcome
    boundaries: Boundaries
    choices: Choices
    offline: StandInTexts


@dataclass(frozen=True, slots=True)
class Card:
    """What is put before the moderators. Never quotes a member's message."""

    ending: AboutAbuse
    part: AboutAbuse
    request: AboutEnding
    appeal: AboutEnding
    message: AboutConversation
    quota: AboutConduct
    held: AboutRisk
    risk: AboutRisk
    risk_urgent: AboutRisk
    parked: AboutConversation
    refused: AboutRefusal


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What becomes of a moderator's verdict."""

    on_record: OfVerdict
    late: str
    known: OfJudgement
    card: OfJudgement  # in the card, instead of its buttons


@dataclass(frozen=True, slots=True)
class Transcript:
    """An ending as moderators read it. The tables name what stands in the record, by the values of ours."""

    because: OfConduct
    on_request: str
    rests: str
    evidence: OfEvidence
    said: str
    erased: str
    unread: str
    asks_to_end: str
    appealed: OfWho
    states: Annotated[Names, Keys("standing", "appealed", "upheld", "overturned")]
    steps: Annotated[Names, Keys("answer", "redirect", "warn", "end", "care", "ask", "nudge", "silence")]


@dataclass(frozen=True, slots=True)
class Moderators:
    """moderators.toml; `level` and `about` name what was noticed, by the lower-case names of Level and About.

    `refused` says what could not be done, by the kind of action.
    """

    card: Card
    level: Annotated[Names, Keys("passive", "active", "violence", "imminent")]
    about: Annotated[Names, Keys("self", "other", "past", "bereaved")]
    refused: Annotated[Names, Keys("say", "tell", "close_thread", "reopen_thread", "offer_branch")]
    verdicts: Verdicts
    transcript: Transcript


@dataclass(frozen=True, slots=True)
class Words:
    """Everything that is said in one language on one platform."""

    language: str  # the texts' own (ISO 639), which need not be the one that was asked for
    boundary: Boundary
    talk: Talk
    moderators: Moderators
    discord: Discord
    slack: Slack
    installing: Installing

    def conduct(self, kind: str) -> str:
        """A kind of conduct as it is named to people; a kind without a name of its own is `other`."""
        return self.boundary.conduct.get(kind) or self.boundary.conduct["other"]

    def redirection(self, count: int, *, request: bool = False) -> str:
        """The redirection after `count` earlier ones; `request`: it refuses a harmful request."""
        variants = self.boundary.redirect.request if request else self.boundary.redirect.general
        return variants[count % len(variants)]

    def warning(self, kind: str, *, request: bool = False) -> str:
        """A warning for a kind of conduct: names it, redirects, says what may follow."""
        parts = self.boundary.warn.request if request else self.boundary.warn.general
        return parts(conduct=self.conduct(kind))

    def ending(
        self, kind: str, *, redirected: Sequence[int], warned: Sequence[int], turn: int, member: str | None = None
    ) -> str:
        """An ending for abuse: why, what came before it, the way back, the question whether it was fair.

        In: the kind of conduct; the turns with a redirection (maybe none) and with a warning; the turn that went on;
        `member`: the name of the one whom it concerns, where the thread goes on for others.
        """
        end, conduct = self.boundary.end, self.conduct(kind)
        told = [end.because(conduct=conduct) if member is None else end.part(member=member, conduct=conduct)]
        told += [end.redirected(turns=end.turns(redirected))] if redirected else []
        told += [end.went_on(warned=end.turns(warned), turn=end.turns([turn]))]
        return "\n\n".join((" ".join(told), end.way_back, end.feedback))

    def ending_on_request(self) -> str:
        """An ending that the member asked for: no reason to defend, and nothing to appeal."""
        return f"{self.boundary.end.request} {self.boundary.end.anew}"

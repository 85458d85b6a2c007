"""What an endpoint was seen to do for a model, and not to do."""

from dataclasses import dataclass
from enum import StrEnum


class Ability(StrEnum):
    """What is looked at."""

    REACHED = "reachable"
    KEY = "key"  # accepted, or none is needed
    MODEL = "model"  # there is one of this name
    ANSWERS = "answers"  # a whole message comes back
    REQUEST_IDS = "request ids"
    STREAMING = "streaming"
    TOOLS = "tools"  # a forced call comes back as one
    STREAMED_TOOLS = "tools in a stream"
    STRUCTURE = "structured output"
    WORDS = "JSON in plain words"  # looked at only where neither structured output nor a forced call works
    IMAGES = "images"
    PDFS = "PDFs"
    CACHE = "prompt caching"
    COUNTING = "token counting"


class Verdict(StrEnum):
    """What was seen of an ability."""

    WORKS = "works"
    PARTLY = "in part"
    REFUSED = "refused"  # the endpoint does not take such a request
    IGNORED = "ignored"  # it takes it, and answers as if that had not been asked for
    UNREPORTED = "not reported"  # nothing in its replies tells
    FAILED = "failed"  # a fault that could as well be an outage, or a reply that makes no sense


@dataclass(frozen=True, slots=True)
class Finding:
    """What was seen of one ability; `why` in our own words."""

    ability: Ability
    verdict: Verdict
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probed:
    """What an endpoint can do for a model."""

    model: str
    findings: tuple[Finding, ...]  # what could not be looked at is left out
    requests: int
    first: float | None  # seconds to the first piece of a reply of ten words, as measured now; None: no stream
    whole: float | None  # seconds to its end; None: no answer

    def verdict(self, ability: Ability) -> Verdict | None:
        """What was seen of an ability; None: it was not looked at."""
        return next((each.verdict for each in self.findings if each.ability is ability), None)

    @property
    def answers(self) -> bool:
        """Whether the bot gets answers: streamed, or whole where its wish for a stream is refused or ignored."""
        return self.verdict(Ability.STREAMING) in {Verdict.WORKS, Verdict.PARTLY, Verdict.REFUSED, Verdict.IGNORED}

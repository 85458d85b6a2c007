"""What the reading model is asked to return, and the Reading it becomes."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from bot.domain.assessment import About, Concern, Level, Reading, Risk, Severity


class SeenConcern(BaseModel):
    """One concern, as the model reports it."""

    model_config = ConfigDict(extra="forbid")

    kind: str
    severity: Literal["mild", "serious", "severe"]
    confidence: float = Field(ge=0, le=1)
    words: str


class Seen(BaseModel):
    """A reading, as the model reports it (config/prompts/reader.md says what each part means)."""

    model_config = ConfigDict(extra="forbid")

    concerns: list[SeenConcern]
    risk: Literal["none", "topic", "passive", "active", "violence", "imminent"]
    about: Literal["self", "other", "past", "bereaved"]
    risk_sure: bool
    risk_words: str
    asks_to_end: bool
    plain_answer: Literal["yes", "no", "neither"]
    country: str | None
    language: str | None
    why: str

    def reading(self, by: str, kinds: frozenset[str], sure_from: float) -> Reading:
        """The Reading. `kinds`: those of config/concerns.toml, others are left out; `sure_from`: a confidence, 0 to 1."""
        concerns = tuple(
            Concern(
                each.kind, Severity[each.severity.upper()], each.confidence >= sure_from, each.words, each.confidence
            )
            for each in self.concerns
            if each.kind in kinds
        )
        return Reading(
            by=by,
            concerns=concerns,
            risk=Risk(Level[self.risk.upper()], About(self.about), self.risk_sure, self.risk_words),
            asks_to_end=self.asks_to_end,
            affirms={"yes": True, "no": False, "neither": None}[self.plain_answer],
            country=_code(self.country and self.country.upper()),
            language=_code(self.language and self.language.lower()),
            why=self.why[:200],
        )


def _code(said: str | None) -> str | None:
    """Two letters, or nothing: a model that writes "unknown" has not said a country."""
    return said if said and len(said) == 2 and said.isascii() and said.isalpha() else None

"""What the reading model is asked to return, and the Reading it becomes."""

import re
import unicodedata
from html import unescape
from typing import Literal

from phonenumbers import SUPPORTED_REGIONS
from pydantic import BaseModel, ConfigDict, Field

from bot.domain.assessment import About, Concern, Level, Reading, Risk, Severity
from bot.llm.folding import folded

_LEFT_OUT = re.compile(r"…|\.{2,}")  # in a quotation
WHY_AT_MOST = 200  # characters; the prompt asks for 20 words


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

    def reading(self, by: str, kinds: frozenset[str], sure_from: float, said: str) -> Reading:
        """The Reading.

        by         the model's name
        kinds      those of config/concerns.toml; others are left out
        sure_from  the confidence (0 to 1) from which a concern is sure
        said       the turn's own text and what was read of its attachments: a concern that quotes anything else, from
                   an earlier message or from nowhere, is not sure
        """
        concerns = tuple(
            Concern(
                each.kind,
                Severity[each.severity.upper()],
                each.confidence >= sure_from and _quoted(each.words, said),
                each.words,
                each.confidence,
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
            country=_country(self.country or ""),
            language=_language(self.language or ""),
            why=" ".join(self.why.split())[:WHY_AT_MOST],
        )


def _quoted(words: str, said: str) -> bool:
    """Whether all that is quoted was said, in that order; no words at all are no wrong quotation.

    Models quote what they were given, where some characters are escaped, or what it stands for.
    """
    return any(_occur(each, _bare(said)) for each in (words, unescape(words)))


def _occur(words: str, said: str) -> bool:
    for part in filter(None, map(_bare, _LEFT_OUT.split(words))):
        _, found, said = said.partition(part)
        if not found:
            return False
    return True


def _bare(text: str) -> str:
    """Letters, digits and symbols alone: quotations lose spaces and punctuation, and get some of their own."""
    return "".join(each for each in folded(text) if unicodedata.category(each)[0] not in "ZPC")


def _country(said: str) -> str | None:
    """A country's code, or nothing: a model that writes "unknown", or a code that is none, has not said a country."""
    code = said.strip().upper()
    code = "GB" if code == "UK" else code  # what people say, and what ISO 3166 says
    return code if code in SUPPORTED_REGIONS else None


def _language(said: str) -> str | None:
    """A language's two letters, without the region that models like to add ("en-US")."""
    code = re.split("[-_]", said.strip().lower(), maxsplit=1)[0]
    return code if re.fullmatch("[a-z]{2}", code) else None

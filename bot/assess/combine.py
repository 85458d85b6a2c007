"""Readings -> Assessment: who is believed about what.

Any reader may call for care. Only the reader in authority makes a standing climb: the LLM reader; offline, where
there is none, the wording reader.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from bot.domain.assessment import NO_RISK, Assessment, Level, Reading, Risk


def combine(wording: Reading, by_llm: Reading | None) -> Assessment:
    """The assessment of one turn.

    In: what the wording reader saw; what the LLM reader saw, or None where there is none (the offline profile: the
    wording reader then climbs alone, on what it is sure of). Out: concerns of the reader in authority alone; the
    gravest sure risk of any; doubt where one reader saw possible risk and no reader is sure of any.
    """
    readings = (wording,) if by_llm is None else (wording, by_llm)
    heard = [reading for reading in readings if reading.read]
    authority = wording if by_llm is None else by_llm
    risk, possible = _risk(heard, by_llm if by_llm and by_llm.read else None)
    return Assessment(
        readings=readings,
        read=authority.read,
        concerns=authority.concerns if authority.read else (),
        risk=risk,
        doubt=possible,
        asks_to_end=any(reading.asks_to_end for reading in heard),
        affirms=next((reading.affirms for reading in reversed(heard) if reading.affirms is not None), None),
        country=next((reading.country for reading in reversed(heard) if reading.country), None),
        language=next((reading.language for reading in reversed(heard) if reading.language), None),
    )


def heeding(assessment: Assessment, call: Reading) -> Assessment:
    """The assessment once somebody else has called for care: the main model, as it answered (any layer may)."""
    risk = _gravest((*([assessment.risk] if assessment.risk.sure else []), call.risk))
    return replace(assessment, readings=(*assessment.readings, call), risk=risk, doubt=False)


def _risk(heard: Sequence[Reading], judge: Reading | None) -> tuple[Risk, bool]:
    """The risk to act on, and whether possible risk remains that nobody is sure of.

    Where the LLM reader has judged (`judge`), a sign that only the wording reader finds possible stays just that.
    Where it has not, nobody else will look; and where it finds grave danger possible itself, waiting to be sure would
    be the wrong side to err on: both are met as the mildest kind of risk, with warm words and a question. Possible
    violence is left to the judge: words for it are too common to act on.
    """
    sure = _gravest(reading.risk for reading in heard if reading.risk.sure)
    maybe = _gravest(reading.risk for reading in heard if not reading.risk.sure)
    if sure.level.calls_for_care:
        return sure, False
    if not maybe.level.calls_for_care:
        return _gravest((sure, maybe)), False
    grave = judge is not None and judge.risk.level >= Level.ACTIVE
    if maybe.level is Level.VIOLENCE or (judge is not None and not grave):
        return sure, True
    return replace(maybe, level=Level.PASSIVE, sure=True), False


def _gravest(risks: Iterable[Risk]) -> Risk:
    return max(risks, key=lambda risk: risk.level, default=NO_RISK)

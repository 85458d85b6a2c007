"""Readings -> Assessment: who is believed about what.

Any reader may call for care. Only the reader in authority makes a standing climb: the LLM reader; offline, where
there is none, the wording reader.
"""

from collections.abc import Sequence
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
    risk, possible = _risk(heard, judged=by_llm is not None and by_llm.read)
    concerns = authority.concerns if authority.read else ()
    return Assessment(
        readings=readings,
        read=authority.read,
        concerns=concerns,
        risk=risk,
        doubt=possible,
        asks_to_end=any(reading.asks_to_end for reading in heard),
        affirms=next((reading.affirms for reading in reversed(heard) if reading.affirms is not None), None),
        country=next((reading.country for reading in reversed(heard) if reading.country), None),
        language=next((reading.language for reading in reversed(heard) if reading.language), None),
    )


def _risk(heard: Sequence[Reading], *, judged: bool) -> tuple[Risk, bool]:
    """The risk to act on, and whether possible risk remains that nobody was sure of.

    Where the LLM reader has judged, a merely possible sign stays just that. Where it has not, nobody else will look:
    a possible sign of danger to oneself or a friend is met as the mildest kind of risk, with warm words and a
    question (notes: "judge failure with a screen hit = risk").
    """
    risks = [reading.risk for reading in heard]
    sure = max((risk for risk in risks if risk.sure), key=lambda risk: risk.level, default=NO_RISK)
    maybe = max((risk for risk in risks if not risk.sure), key=lambda risk: risk.level, default=NO_RISK)
    if not maybe.level.calls_for_care or sure.level.calls_for_care:
        return sure, False
    if judged or maybe.level is Level.VIOLENCE:
        return sure, True
    return replace(maybe, level=Level.PASSIVE, sure=True), False

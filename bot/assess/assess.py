"""A turn is read: by the wording reader, which is always there, and by the LLM reader, where there is one."""

import asyncio
from datetime import timedelta

from bot.assess.combine import combine
from bot.domain.assessment import NO_RISK, Assessment, Reading
from bot.errors import LLMError
from bot.ports import Brief, Reader


async def assess(wording: Reading, reader: Reader | None, brief: Brief, timeout: timedelta) -> Assessment:
    """The assessment of a turn that the wording reader has read already.

    In: its reading; the LLM reader, or None (offline), and how long it may take. Out: both combined; a reader that
    fails or is late leaves the turn unread (rule 9).
    """
    if reader is None:
        return combine(wording, None)
    try:
        async with asyncio.timeout(timeout.total_seconds()):
            return combine(wording, await reader.read(brief))
    except TimeoutError:
        return combine(wording, Reading.unread(reader.name, f"no reading within {timeout.total_seconds():g} s"))
    except LLMError as fault:
        return combine(wording, Reading.unread(reader.name, str(fault)))


def glance(wording: Reading) -> Assessment:
    """The assessment of what is read for risk alone and asked of nobody else: only sure signs count, nothing climbs."""
    risk = wording.risk if wording.risk.sure else NO_RISK
    return Assessment(readings=(wording,), risk=risk, country=wording.country, language=wording.language)

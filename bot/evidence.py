"""An ending, accountable (rule 10): it names the turns it rests on, the ladder, the texts and the models."""

import base64
import hashlib
from collections.abc import Sequence
from datetime import datetime

from bot.domain.assessment import Assessment
from bot.domain.decision import Decision
from bot.domain.ending import Ending, Evidence
from bot.domain.event import Said
from bot.domain.record import Vetted
from bot.domain.step import Reason, Step

EVIDENCE_TURNS = 500  # how far back an ending looks for the turns it rests on


def ending(
    event: Said,
    decision: Decision,
    assessment: Assessment,
    turns: Sequence[Vetted],
    *,
    prompts: str,
    models: str,
    at: datetime,
) -> Ending:
    """The ending that a decision is; `turns` are the latest of its conversation, before this one."""
    on_request = decision.reason is Reason.REQUEST
    return Ending(
        id=ending_id(event.key),
        conversation=event.conversation,
        member=event.member.id,
        turn=decision.turn,
        scope=decision.scope,
        reason=decision.reason,
        concern=None if on_request else decision.concern,
        evidence=() if on_request else _evidence(decision, assessment, turns),
        ladder=decision.ladder,
        prompts=prompts,
        models=models,
        at=at,
    )


def ending_id(event: str) -> str:
    """A short id that people can type, the same for the same event (50 bits of its hash)."""
    return base64.b32encode(hashlib.sha256(event.encode()).digest())[:10].decode().lower()


def _evidence(decision: Decision, assessment: Assessment, turns: Sequence[Vetted]) -> tuple[Evidence, ...]:
    """The turns that were redirected and warned, and the one that went on."""
    marked = {mark.turn for mark in decision.standing.marks}
    told = tuple(
        Evidence(each.turn.number, each.decision.step, each.decision.concern or "", _quoted(each.assessment))
        for each in turns
        if each.turn.number in marked
    )
    return (*told, Evidence(decision.turn, Step.END, decision.concern or "", _quoted(assessment)))


def _quoted(assessment: Assessment) -> str:
    return "; ".join(concern.words for concern in assessment.concerns if concern.words)

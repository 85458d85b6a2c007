"""Nouns as JSON text, and times as seconds."""

import json
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import Field, TypeAdapter
from pydantic_core import PydanticSerializationError

from bot.domain.action import Action
from bot.domain.assessment import Assessment
from bot.domain.conversation import FOREVER, Attachment
from bot.domain.decision import Decision
from bot.domain.ending import Evidence
from bot.domain.event import Event
from bot.domain.standing import Standing

_FOREVER = FOREVER.timestamp()  # as a double it rounds up, past the last year there is


def seconds(time: datetime) -> float:
    """Seconds since 1970 (UTC)."""
    return time.timestamp()


def seconds_or_none(time: datetime | None) -> float | None:
    """The same for a time that may be missing."""
    return None if time is None else time.timestamp()


def moment(value: float) -> datetime:
    """The time (UTC) at so many seconds since 1970; FOREVER survives, microseconds do until the year 2242."""
    return FOREVER if value >= _FOREVER else datetime.fromtimestamp(value, UTC)


def moment_or_none(value: float | None) -> datetime | None:
    """The same for a time that may be missing."""
    return None if value is None else moment(value)


class Codec:
    """Writes the nouns that are stored whole as JSON, and reads them back. Building one takes some milliseconds."""

    def __init__(self) -> None:
        self._event: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="kind")])
        self._action: TypeAdapter[Action] = TypeAdapter(Annotated[Action, Field(discriminator="kind")])
        self._standing = TypeAdapter(Standing)
        self._assessment = TypeAdapter(Assessment)
        self._decision = TypeAdapter(Decision)
        self._evidence = TypeAdapter(tuple[Evidence, ...])
        self._attachments = TypeAdapter(tuple[Attachment, ...])
        self._calls = TypeAdapter(tuple[str, ...])
        self.event = self._event.validate_json
        self.action = self._action.validate_json
        self.standing = self._standing.validate_json
        self.assessment = self._assessment.validate_json
        self.decision = self._decision.validate_json
        self.evidence = self._evidence.validate_json
        self.attachments = self._attachments.validate_json
        self.calls = self._calls.validate_json

    def of_event(self, event: Event) -> str:
        """An event as JSON. Half characters, as platforms let through now and then, become question marks."""
        try:
            return self._event.dump_json(event).decode()
        except PydanticSerializationError:
            return json.dumps(_whole(self._event.dump_python(event, mode="python")), default=_plain)

    def of_action(self, action: Action) -> str:
        """An action as JSON."""
        return self._action.dump_json(action).decode()

    def of_standing(self, standing: Standing) -> str:
        """A standing as JSON."""
        return self._standing.dump_json(standing).decode()

    def of_assessment(self, assessment: Assessment) -> str:
        """An assessment as JSON."""
        return self._assessment.dump_json(assessment).decode()

    def of_decision(self, decision: Decision) -> str:
        """A decision as JSON."""
        return self._decision.dump_json(decision).decode()

    def of_evidence(self, evidence: tuple[Evidence, ...]) -> str:
        """An ending's evidence as JSON."""
        return self._evidence.dump_json(evidence).decode()

    def of_attachments(self, attachments: tuple[Attachment, ...]) -> str:
        """A turn's attachments as JSON; "" for none, as most turns have."""
        return self._attachments.dump_json(attachments).decode() if attachments else ""

    def of_calls(self, calls: tuple[str, ...]) -> str:
        """The tools that were called in a turn as JSON; "" for none."""
        return self._calls.dump_json(calls).decode() if calls else ""


def _whole(value: Any) -> Any:
    """The same without lone surrogates, all the way down."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {key: _whole(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_whole(each) for each in value]
    return value


def _plain(value: object) -> str:
    """What JSON has no word for: times."""
    return value.isoformat() if isinstance(value, datetime) else str(value)

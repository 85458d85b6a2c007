"""The tools that the main model may call, and what it is told back."""

from collections.abc import Mapping

from anthropic.types import Message, ToolParam, ToolUseBlock

from bot.domain.assessment import About, Level, Risk

_LEVELS = tuple(level.name.lower() for level in Level if level.calls_for_care)

END = "end_conversation"
CARE = "offer_crisis_resources"

END_TOOL: ToolParam = {
    "name": END,
    "description": (
        "Agrees to close this conversation. Call it only if you are asked whether to, and agree. One or two kind "
        "sentences to the person may stand before the call."
    ),
    "input_schema": {"type": "object", "properties": {}, "additionalProperties": False},
}
CARE_TOOL: ToolParam = {
    "name": CARE,
    "description": (
        "Has the bot post crisis services, checked and fitting the person's country, beside your answer, and keeps "
        "this conversation from being closed. Call it whenever someone may be in danger: the person who writes, or "
        "somebody they are worried about. In doubt call it."
    ),
    "input_schema": {
        "type": "object",
        "properties": {
            "level": {
                "type": "string",
                "enum": list(_LEVELS),
                "description": (
                    "passive: hopeless, wishes not to wake up. active: thoughts of suicide, an urge to self-harm. "
                    "violence: may hurt somebody else. imminent: a plan, a time, a goodbye, something already done."
                ),
            },
            "about": {
                "type": "string",
                "enum": [each.value for each in About],
                "description": "self; other: somebody they are worried about; past; bereaved: somebody died.",
            },
        },
        "required": ["level", "about"],
        "additionalProperties": False,
    },
}

OFFERED = (
    "The bot posts the services beside your answer. Go on gently, in a few sentences and with one open question; name "
    "no number and no service yourself."
)
REFUSED = (
    "Refused: this tool cannot be called now. The conversation stays open; nothing was closed. Go on with your answer."
)


def risk(given: object) -> Risk:
    """What a call for care says. Whatever is wrong with it, care is called for: then the mildest kind."""
    said = given if isinstance(given, Mapping) else {}
    level, about = said.get("level"), said.get("about")
    return Risk(
        Level[level.upper()] if isinstance(level, str) and level in _LEVELS else Level.PASSIVE,
        About(about) if about in tuple(About) else About.SELF,
        sure=True,
    )


def calls(message: Message) -> list[ToolUseBlock]:
    """The calls in a reply."""
    return [block for block in message.content if block.type == "tool_use"]


def heard(before: Risk | None, message: Message) -> Risk | None:
    """The gravest call for care so far; one that is not whole yet counts as the mildest kind."""
    for call in calls(message):
        if call.name == CARE:
            before = graver(before, risk(call.input))
    return before


def graver(one: Risk | None, other: Risk) -> Risk:
    """The graver of two."""
    return one if one is not None and one.level > other.level else other

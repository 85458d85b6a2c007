"""What Slack's posts are made of: Markdown, buttons, and the pair of thumbs that rates an ending.

A button tells what it does (`does`: the action_id that Slack gives back) and what it is about (`about`: its value).
"""

from dataclasses import dataclass
from typing import Any, Literal

from bot.domain.ending import Vote

Block = dict[str, Any]

FEEDBACK = "feedback"  # the action_id of the thumbs
MOST_LABEL = 75  # characters of a button


@dataclass(frozen=True, slots=True)
class Button:
    """Something to press."""

    does: str
    about: str
    label: str
    style: Literal["", "primary", "danger"] = ""


def markdown(text: str) -> Block:
    """A text in Markdown, as it is: whatever is not ours has been made harmless."""
    return {"type": "markdown", "text": text}


def buttons(*shown: Button) -> Block:
    """A row of buttons: 1 to 25."""
    return {"type": "actions", "elements": [_button(each) for each in shown]}


def feedback(ending: str, fair: str, unfair: str) -> Block:
    """The thumbs that rate an ending, with their labels."""
    pair = {"positive_button": (Vote.FAIR, fair), "negative_button": (Vote.UNFAIR, unfair)}
    thumbs = {name: {"text": _plain(label), "value": f"{vote}:{ending}"} for name, (vote, label) in pair.items()}
    element = {"type": "feedback_buttons", "action_id": FEEDBACK, **thumbs}
    return {"type": "context_actions", "elements": [element]}


def rated(value: str) -> tuple[Vote, str]:
    """What a thumb's value tells: the vote, and the ending. Raises ValueError: it is none of ours."""
    vote, _, ending = value.partition(":")
    if not ending:
        raise ValueError("not the value of a thumb")
    return Vote(vote), ending


def _button(button: Button) -> Block:
    element = {"type": "button", "action_id": button.does, "value": button.about, "text": _plain(button.label)}
    return element | ({"style": button.style} if button.style else {})


def _plain(label: str) -> Block:
    fits = label if len(label) <= MOST_LABEL else f"{label[: MOST_LABEL - 1]}…"
    return {"type": "plain_text", "text": fits, "emoji": True}

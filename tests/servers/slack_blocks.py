"""What blocks must be like. Docs: reference/block-kit; what was measured: metabase#79908, bolt-js#2509."""

import itertools
from collections.abc import Callable, Iterable
from typing import Literal

from tests.servers.slack_refusals import invalid
from tests.servers.slack_state import Json

Surface = Literal["message", "modal", "home"]

MOST_BLOCKS, MOST_VIEW_BLOCKS = 50, 100
MOST_MARKDOWN = 12_000  # characters of a markdown block
MOST_TEXT = 13_200  # characters of all markdown blocks of a message
MOST_SECTION, MOST_FIELD = 3_000, 2_000
MOST_ID = 255
MOST_LABEL, MOST_VALUE = 75, 2_000  # of buttons
MOST_OPTIONS = 100
MESSAGES_ONLY = {"markdown", "context_actions", "file", "table"}
BUTTONS = {"button", "workflow_button"}
ONE_OF = {"static_select", "users_select", "conversations_select", "channels_select", "external_select"}
SELECTS = ONE_OF | {f"multi_{name}" for name in ONE_OF}
INPUTS = SELECTS | {
    "plain_text_input", "rich_text_input", "checkboxes", "radio_buttons", "datepicker", "timepicker",
    "datetimepicker", "number_input", "email_text_input", "url_text_input", "file_input",
}  # fmt: skip
ELEMENTS = BUTTONS | INPUTS | {"overflow", "image", "feedback_buttons", "icon_button"}

_numbers = itertools.count(1)


def checked(blocks: object, surface: Surface = "message") -> list[Json]:
    """Blocks, with an id each. Refused: they are malformed, or too many, or too long."""
    if not isinstance(blocks, list) or not all(isinstance(block, dict) for block in blocks):
        raise invalid("invalid_blocks_format", "must provide an array of objects [json-pointer:/blocks]")
    most = MOST_BLOCKS if surface == "message" else MOST_VIEW_BLOCKS
    if len(blocks) > most:
        raise invalid("invalid_blocks", f"no more than {most} items allowed [json-pointer:/blocks]")
    faults = list(itertools.chain(*(_faults(block, f"/blocks/{n}", surface) for n, block in enumerate(blocks))))
    ids = [block["block_id"] for block in blocks if block.get("block_id")]
    if len(ids) != len(set(ids)):
        faults.append("`block_id` already exists [json-pointer:/blocks]")
    if faults:
        raise invalid("invalid_blocks", *faults)
    if sum(len(block["text"]) for block in blocks if block["type"] == "markdown") > MOST_TEXT:
        raise invalid("msg_blocks_too_long")
    return [{"block_id": f"b{next(_numbers)}", **block} for block in blocks]


def _faults(block: Json, at: str, surface: Surface) -> Iterable[str]:
    kind = block.get("type")
    rule = RULES.get(str(kind))
    if rule is None or (surface != "message" and kind in MESSAGES_ONLY):
        return [f"unsupported type: {kind} [json-pointer:{at}/type]"]
    faults = [f"{fault} [json-pointer:{at}]" for fault in rule(block)]
    if len(str(block.get("block_id") or "")) > MOST_ID:
        faults.append(f"must be less than {MOST_ID + 1} characters [json-pointer:{at}/block_id]")
    names = [one.get("action_id") for one in elements(block) if one.get("action_id")]
    if len(names) != len(set(names)):
        faults.append(f"`action_id` already exists [json-pointer:{at}]")
    return faults


def elements(block: Json) -> list[Json]:
    """What can be used in a block: its elements, its accessory, its input."""
    listed = block.get("elements") if block.get("type") in {"actions", "context_actions", "context"} else []
    found = [*(listed if isinstance(listed, list) else []), block.get("accessory"), block.get("element")]
    return [one for one in found if isinstance(one, dict)]


def _text(part: object, most: int, *kinds: str) -> list[str]:
    """The faults of a text object. kinds: what it may be; plain_text and mrkdwn, where none is said."""
    if not isinstance(part, dict) or part.get("type") not in (kinds or ("plain_text", "mrkdwn")):
        return ["must be a valid text object"]
    text = part.get("text")
    if not isinstance(text, str) or not text:
        return ["must be more than 0 characters"]
    return [f"must be less than {most + 1} characters"] if len(text) > most else []


def _section(block: Json) -> list[str]:
    fields = block.get("fields") or []
    if not block.get("text") and not fields:
        return ["missing required field: text or fields"]
    faults = _text(block["text"], MOST_SECTION) if block.get("text") else []
    if len(fields) > 10:
        faults.append("no more than 10 items allowed")
    faults += [fault for one in fields for fault in _text(one, MOST_FIELD)]
    return faults + [fault for one in elements(block) for fault in _element(one)]


def _markdown(block: Json) -> list[str]:
    text = block.get("text")
    if not isinstance(text, str) or not text:
        return ["must be more than 0 characters"]
    return [f"must be less than {MOST_MARKDOWN + 1} characters"] if len(text) > MOST_MARKDOWN else []


def _row(most: int, *kinds: str) -> Callable[[Json], list[str]]:
    def faults(block: Json) -> list[str]:
        listed = block.get("elements")
        if not isinstance(listed, list) or not 1 <= len(listed) <= most:
            return [f"must have 1 to {most} elements"]
        wrong = [f"invalid element: {one.get('type')}" for one in listed if kinds and one.get("type") not in kinds]
        return wrong or [fault for one in listed for fault in _element(one)]

    return faults


def _element(element: Json) -> list[str]:
    kind = element.get("type")
    if kind in {"mrkdwn", "plain_text"}:
        return _text(element, MOST_FIELD)
    if kind not in ELEMENTS:
        return [f"unsupported element: {kind}"]
    faults = []
    if len(str(element.get("action_id") or "")) > MOST_ID:
        faults.append(f"must be less than {MOST_ID + 1} characters: action_id")
    if kind in BUTTONS | {"icon_button"}:
        faults += _button(element)
    if kind == "icon_button" and not element.get("icon"):
        faults.append("missing required field: icon")
    if kind == "icon_button" and len(element.get("visible_to_user_ids") or []) > 10:
        faults.append("no more than 10 items allowed: visible_to_user_ids")
    if kind == "feedback_buttons":
        faults += [fault for name in ("positive_button", "negative_button") for fault in _button(element.get(name))]
    if kind == "image" and not (element.get("image_url") or element.get("slack_file")):
        faults.append("missing required field: image_url or slack_file")
    if len(element.get("options") or []) > MOST_OPTIONS:
        faults.append(f"no more than {MOST_OPTIONS} items allowed: options")
    return faults


def _button(button: object) -> list[str]:
    if not isinstance(button, dict):
        return ["missing required button"]
    faults = _text(button.get("text"), MOST_LABEL, "plain_text")
    if len(str(button.get("value") or "")) > MOST_VALUE:
        faults.append(f"must be less than {MOST_VALUE + 1} characters: value")
    if button.get("style") not in {None, "primary", "danger"}:
        faults.append("must be one of primary, danger: style")
    return faults


def _input(block: Json) -> list[str]:
    element = block.get("element")
    if not isinstance(element, dict) or element.get("type") not in INPUTS:
        return ["missing required field: element"]
    return _text(block.get("label"), 2_000, "plain_text") + _element(element)


def _image(block: Json) -> list[str]:
    return [] if (block.get("image_url") or block.get("slack_file")) and block.get("alt_text") else ["missing image"]


def _any(_: Json) -> list[str]:
    return []


RULES: dict[str, Callable[[Json], list[str]]] = {
    "section": _section,
    "markdown": _markdown,
    "header": lambda block: _text(block.get("text"), 150, "plain_text"),
    "divider": _any,
    "image": _image,
    "context": _row(10, "mrkdwn", "plain_text", "image"),
    "actions": _row(25),
    "context_actions": _row(5, "feedback_buttons", "icon_button"),
    "input": _input,
    "rich_text": lambda block: [] if isinstance(block.get("elements"), list) else ["missing required field: elements"],
    "file": _any,
    "video": _any,
    "table": _any,
    "plan": _any,
    "task_card": _any,
}

"""What blocks must be like. Docs: reference/block-kit; what was measured: metabase#79908, bolt-js#2509."""

import itertools
from collections.abc import Callable, Iterable
from typing import Literal

from tests.servers.slack_elements import BESIDE, IN_CONTEXT_ROWS, IN_ROWS, INPUTS, MOST_ID, image_faults, text_faults
from tests.servers.slack_elements import faults as element_faults
from tests.servers.slack_refusals import invalid
from tests.servers.slack_state import Json

Surface = Literal["message", "modal", "home"]

MOST_BLOCKS, MOST_VIEW_BLOCKS = 50, 100
MOST_MARKDOWN = 12_000  # characters of a markdown block
MOST_TEXT = 13_200  # characters of all markdown blocks of a message
MOST_SECTION, MOST_FIELD = 3_000, 2_000
MESSAGES_ONLY = {"markdown", "context_actions", "file", "table"}

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


def _section(block: Json) -> list[str]:
    fields = block.get("fields") or []
    if not block.get("text") and not fields:
        return ["missing required field: text or fields"]
    faults = text_faults(block["text"], MOST_SECTION) if block.get("text") else []
    if len(fields) > 10:
        faults.append("no more than 10 items allowed")
    faults += [fault for one in fields for fault in text_faults(one, MOST_FIELD)]
    faults += [f"invalid accessory: {one.get('type')}" for one in elements(block) if one.get("type") not in BESIDE]
    return faults + [fault for one in elements(block) for fault in element_faults(one)]


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
        return wrong or [fault for one in listed for fault in element_faults(one)]

    return faults


def _input(block: Json) -> list[str]:
    element = block.get("element")
    if not isinstance(element, dict) or element.get("type") not in INPUTS:
        return ["missing required field: element"]
    hint = text_faults(block["hint"], 2_000, "plain_text") if "hint" in block else []
    return [*text_faults(block.get("label"), 2_000, "plain_text"), *hint, *element_faults(element)]


def _image(block: Json) -> list[str]:
    title = text_faults(block["title"], 2_000, "plain_text") if "title" in block else []
    return [*image_faults(block), *title]


def _any(_: Json) -> list[str]:
    return []


RULES: dict[str, Callable[[Json], list[str]]] = {
    "section": _section,
    "markdown": _markdown,
    "header": lambda block: text_faults(block.get("text"), 150, "plain_text"),
    "divider": _any,
    "image": _image,
    "context": _row(10, "mrkdwn", "plain_text", "image"),
    "actions": _row(25, *IN_ROWS),
    "context_actions": _row(5, *IN_CONTEXT_ROWS),
    "input": _input,
    "rich_text": lambda block: [] if isinstance(block.get("elements"), list) else ["missing required field: elements"],
    "file": _any,
    "video": _any,
    "table": _any,
    "plan": _any,
    "task_card": _any,
}

"""What the elements of blocks must be like: buttons, lists, fields. Docs: reference/block-kit, elements and composition
objects; slackblocks 2.7.0, generated/constants.rs."""

from collections.abc import Iterator

from tests.servers.slack_state import Json

MOST_ID = 255
MOST_LABEL, MOST_VALUE = 75, 2_000  # of buttons
MOST_URL = 3_000
MOST_OPTIONS, MOST_GROUPS = 100, 100
MOST_CHOICE, MOST_CHOSEN = 75, 150  # of an option: what is read, and its value
MOST_HINT = 150  # of a placeholder
MOST_ENTERED = 3_000
MOST_ASKED = {"title": 100, "text": 300, "confirm": 30, "deny": 30}  # of a question whether somebody is sure
MOST_CONTEXT = 2_000
BUTTONS = {"button", "workflow_button"}
ONE_OF = {"static_select", "users_select", "conversations_select", "channels_select", "external_select"}
SELECTS = ONE_OF | {f"multi_{name}" for name in ONE_OF}
LISTS = {
    "overflow": 5,
    "radio_buttons": 10,
    "checkboxes": 10,
    "static_select": MOST_OPTIONS,
    "multi_static_select": MOST_OPTIONS,
}
DATES = {"datepicker", "timepicker", "datetimepicker"}
FIELDS = {"plain_text_input", "rich_text_input", "number_input", "email_text_input", "url_text_input", "file_input"}
INPUTS = SELECTS | DATES | FIELDS | {"checkboxes", "radio_buttons"}
IN_ROWS = BUTTONS | SELECTS | DATES | {"checkboxes", "radio_buttons", "overflow", "rich_text_input"}
BESIDE = BUTTONS | SELECTS | DATES | {"checkboxes", "radio_buttons", "overflow", "image"}  # as a section's accessory
IN_CONTEXT_ROWS = {"feedback_buttons", "icon_button"}


def text_faults(part: object, most: int, *kinds: str) -> list[str]:
    """The faults of a text object. kinds: what it may be; plain_text and mrkdwn, where none is said."""
    if not isinstance(part, dict) or part.get("type") not in (kinds or ("plain_text", "mrkdwn")):
        return ["must be a valid text object"]
    text = part.get("text")
    if not isinstance(text, str) or not text:
        return ["must be more than 0 characters"]
    return [f"must be less than {most + 1} characters"] if len(text) > most else []


def faults(element: Json) -> Iterator[str]:
    """What is wrong with an element."""
    kind = str(element.get("type"))
    if kind in {"mrkdwn", "plain_text"}:
        yield from text_faults(element, MOST_CONTEXT)
        return
    if kind not in INPUTS | BUTTONS | IN_CONTEXT_ROWS | {"overflow", "image"}:
        yield f"unsupported element: {kind}"
        return
    yield from _long(element, "action_id", MOST_ID)
    if "placeholder" in element:
        yield from text_faults(element["placeholder"], MOST_HINT, "plain_text")
    if "confirm" in element:
        yield from _sure(element["confirm"])
    if kind in BUTTONS | {"icon_button"}:
        yield from _button(element)
    if kind == "icon_button":
        yield from _icon(element)
    if kind == "feedback_buttons":
        for name in ("positive_button", "negative_button"):
            yield from _button(element.get(name))
    if kind == "image":
        yield from image_faults(element)
    if kind in LISTS:
        yield from _listing(element, LISTS[kind])
    if kind == "plain_text_input":
        yield from _field(element)


def image_faults(image: Json) -> Iterator[str]:
    """What is wrong with a picture."""
    if not (image.get("image_url") or image.get("slack_file")):
        yield "missing required field: image_url or slack_file"
    if not image.get("alt_text"):
        yield "missing required field: alt_text"
    yield from _long(image, "image_url", MOST_URL)
    yield from _long(image, "alt_text", 2_000)


def _long(part: Json, name: str, most: int) -> Iterator[str]:
    if len(str(part.get(name) or "")) > most:
        yield f"must be less than {most + 1} characters: {name}"


def _button(button: object) -> Iterator[str]:
    if not isinstance(button, dict):
        yield "missing required button"
        return
    yield from text_faults(button.get("text"), MOST_LABEL, "plain_text")
    yield from _long(button, "value", MOST_VALUE)
    yield from _long(button, "url", MOST_URL)
    yield from _long(button, "accessibility_label", 75)
    if button.get("style") not in {None, "primary", "danger"}:
        yield "must be one of primary, danger: style"


def _icon(element: Json) -> Iterator[str]:
    if not element.get("icon"):
        yield "missing required field: icon"
    if len(element.get("visible_to_user_ids") or []) > 10:
        yield "no more than 10 items allowed: visible_to_user_ids"


def _sure(asked: object) -> Iterator[str]:
    for name, most in MOST_ASKED.items():
        part = asked.get(name) if isinstance(asked, dict) else None
        yield from text_faults(part, most, *(() if name == "text" else ("plain_text",)))


def _listing(element: Json, most: int) -> Iterator[str]:
    groups = element.get("option_groups")
    if groups is not None and len(groups) > MOST_GROUPS:
        yield f"no more than {MOST_GROUPS} items allowed: option_groups"
    for group in groups or []:
        yield from text_faults(group.get("label"), MOST_CHOICE, "plain_text")
    options = [element.get("options") or []] if groups is None else [group.get("options") or [] for group in groups]
    if not all(options) or not options:
        yield "must have at least 1 item: options"
    if any(len(each) > most for each in options):
        yield f"no more than {most} items allowed: options"
    there = [one for each in options for one in each]
    for one in there:
        yield from _option(one, element["type"])
    begun = element.get("initial_options") or ([element["initial_option"]] if element.get("initial_option") else [])
    if any(one not in there for one in begun):
        yield "must be one of the options: initial_option"


def _option(option: Json, kind: str) -> Iterator[str]:
    kinds = ("plain_text", "mrkdwn") if kind in {"radio_buttons", "checkboxes"} else ("plain_text",)
    yield from text_faults(option.get("text"), MOST_CHOICE, *kinds)
    if not option.get("value") or not isinstance(option["value"], str):
        yield "missing required field: value"
    yield from _long(option, "value", MOST_CHOSEN)
    if "description" in option:
        yield from text_faults(option["description"], MOST_CHOICE, *kinds)


def _field(field: Json) -> Iterator[str]:
    yield from _long(field, "initial_value", MOST_ENTERED)
    least, most = field.get("min_length", 0), field.get("max_length", MOST_ENTERED)
    if not 0 <= least <= most <= MOST_ENTERED or most < 1:
        yield f"must be 1 to {MOST_ENTERED}: min_length, max_length"
    if len(str(field.get("initial_value") or "")) > most:
        yield "must be less than max_length: initial_value"

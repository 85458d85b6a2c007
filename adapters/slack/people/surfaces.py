"""Views and messages of Slack's that are made of texts, fields and buttons.

What one of them means stands in its id, and what it is about in a button's value or a view's metadata: nothing is
remembered of it. Texts are in Slack's own markup; what somebody wrote goes in by `quoted`, or as plain text.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from textwrap import wrap
from typing import Any

from adapters.slack.outgoing.blocks import MOST_LABEL, Block, Button
from adapters.slack.outgoing.escaping import mrkdwn

OURS = "fairwell"
FIELD = "words"  # the field of a form with one
LONGEST = 2_000  # characters that can be entered
MOST_TITLE = 24  # characters
MOST_TEXT = 3_000  # characters of a section
MOST_OPTIONS = 100  # of a list, or of each group in it
MOST_LISTED = 1_500  # of all groups together: a view has at most 250 kB


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A form that is to be shown.

    what    what it means, by the first part of its id
    about   what it is about
    needed  its one field cannot stay empty
    """

    what: str
    about: Mapping[str, str] = field(default_factory=dict)
    title: str
    label: str
    hint: str
    send: str
    close: str
    needed: bool = False


def named(what: str, *about: object) -> str:
    """The id of a button, a list or a form. At most 255 characters."""
    return ":".join((OURS, what, *map(str, about)))


def meant(identity: str) -> tuple[str, str] | None:
    """What an id means, and what about; None: it is none of ours."""
    ours, _, rest = identity.partition(":")
    what, _, about = rest.partition(":")
    return (what, about) if ours == OURS else None


def button(what: str, about: str, label: str, style: Any = "") -> Button:
    """A button. about: what it gives back."""
    return Button(named(what), about, label, style)


def quoted(text: str) -> str:
    """What somebody wrote, or is called, in one line: nobody is notified by it, and nothing in it is a link."""
    return mrkdwn(" ".join(text.split()))


def said(text: str) -> list[Block]:
    """A text as sections."""
    return [_section({"type": "mrkdwn", "text": part, "verbatim": True}) for part in parts(text)]


def linked(text: str) -> list[Block]:
    """The same, in which addresses become links: for texts of our own."""
    return [_section({"type": "mrkdwn", "text": part}) for part in parts(text)]


def plain(text: str) -> list[Block]:
    """The same as it is written, for what people wrote: nothing in it is markup."""
    return [_section({"type": "plain_text", "text": part, "emoji": False}) for part in parts(text)]


def parts(text: str, most: int = MOST_TEXT) -> list[str]:
    """A text cut between its lines, and lines that are too long."""
    found = [""]
    for line in (piece for whole in text.splitlines() for piece in wrap(whole, most, **_AS_IT_IS) or [""]):
        longer = f"{found[-1]}\n{line}" if found[-1] else line
        if len(longer) <= most:
            found[-1] = longer
        else:
            found.append(line)
    return [each for each in found if each.strip()]


def noted(text: str) -> Block:
    """A text in small letters."""
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": text[:2_000], "verbatim": True}]}


def modal(title: str, close: str, blocks: Sequence[Block], **more: Any) -> Block:
    """A view that shows something. more: what else it has: callback_id, submit, private_metadata."""
    return {"type": "modal", "title": text_of(title), "close": text_of(close), "blocks": list(blocks), **more}


def form(asked: Form) -> Block:
    """A form with one field."""
    entry: Block = {"type": "plain_text_input", "action_id": FIELD, "multiline": True, "max_length": LONGEST}
    entry |= {"placeholder": text_of(asked.hint)}
    return modal(
        asked.title,
        asked.close,
        [field_of(FIELD, asked.label, entry, needed=asked.needed)],
        callback_id=named(asked.what),
        submit=text_of(asked.send),
        private_metadata=kept(asked.about),
    )


def field_of(name: str, label: str, element: Block, *, hint: str = "", needed: bool = False) -> Block:
    """A field of a form."""
    block: Block = {"type": "input", "block_id": name, "label": text_of(label), "element": element}
    return block | {"optional": not needed} | ({"hint": text_of(hint)} if hint else {})


def choice(what: str, hint: str, listed: Mapping[str, str], chosen: str = "") -> Block:
    """A list to choose one from, with what is chosen now. listed: what is shown, by what is sent."""
    return {"type": "static_select", "action_id": named(what), "placeholder": text_of(hint), **options(listed, chosen)}


def options(listed: Mapping[str, str], chosen: str = "") -> Block:
    """What can be chosen from a list, and what is chosen now; in groups, if there are too many for one."""
    made = _options(listed)
    first = next((each for each in made if each["value"] == chosen), None)
    return _grouped(made) | ({"initial_option": first} if first else {})


def choices(listed: Mapping[str, str], chosen: Sequence[str]) -> Block:
    """The same of a list from which several can be chosen."""
    made = _options(listed)
    now = [each for each in made if each["value"] in chosen]
    return _grouped(made) | ({"initial_options": now} if now else {})


def row(*elements: Block) -> Block:
    """Lists and buttons side by side."""
    return {"type": "actions", "elements": list(elements)}


def kept(about: Mapping[str, str]) -> str:
    """What a view remembers. At most 3,000 characters."""
    return json.dumps(about, separators=(",", ":"))


def recalled(text: str) -> Mapping[str, str]:
    """What a view remembers; nothing: it is none of ours."""
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else {}


def entered(state: Mapping[str, Any], name: str = FIELD) -> str:
    """What was entered in a form's field."""
    return next((str(each.get("value") or "").strip() for each in state.get(name, {}).values()), "")


def picked(state: Mapping[str, Any], name: str) -> Sequence[str]:
    """What was chosen in a form's field: nothing, one or several."""
    for each in state.get(name, {}).values():
        if found := each.get("selected_option"):
            return (str(found["value"]),)
        if found := each.get("selected_conversation"):
            return (str(found),)
        if found := each.get("selected_options"):
            return tuple(str(one["value"]) for one in found)
        if found := each.get("selected_users") or each.get("selected_conversations"):
            return tuple(map(str, found))
    return ()


def _options(listed: Mapping[str, str]) -> list[Block]:
    made: list[Block] = [{"text": text_of(label[:MOST_LABEL]), "value": value} for value, label in listed.items()]
    return made[:MOST_LISTED]


def _grouped(made: list[Block]) -> Block:
    if len(made) <= MOST_OPTIONS:
        return {"options": made}
    groups = [made[at : at + MOST_OPTIONS] for at in range(0, len(made), MOST_OPTIONS)]
    return {"option_groups": [{"label": text_of(_range(each)), "options": each} for each in groups]}


def _section(text: Block) -> Block:
    return {"type": "section", "text": text}


def text_of(text: str) -> Block:
    """A text that is not markup."""
    return {"type": "plain_text", "text": text, "emoji": True}


def _range(options: Sequence[Block]) -> str:
    first, last = (str(each["text"]["text"]).removeprefix("@")[:3] for each in (options[0], options[-1]))
    return f"{first} – {last}"


_AS_IT_IS: dict[str, Any] = {"drop_whitespace": False, "replace_whitespace": False, "expand_tabs": False}

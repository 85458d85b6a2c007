"""Buttons, lists and forms that outlive the process that made them.

What one of them means stands in its id, and nothing is remembered of it: discord.py keeps neither a message's buttons
nor a form that was shown. A form's id is made for whom it is shown to: the library would mix up two that are alike.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import discord

from adapters.discord.desk import Interaction
from bot.reply import on_discord

OURS = "fairwell"
FIELD = "words"  # the one field of a form
LONGEST = 1000  # characters that can be entered

View = discord.ui.View
Style = discord.ButtonStyle


def named(what: str, *about: object) -> str:
    """The id of a button or a form. At most 100 characters, as of API v10."""
    return ":".join((OURS, what, *map(str, about)))


def pressed(interaction: Interaction) -> tuple[str, str] | None:
    """What was pressed or sent, and about what; None: it is none of ours."""
    ours, _, rest = str(_sent(interaction).get("custom_id", "")).partition(":")
    what, _, about = rest.partition(":")
    return (what, about) if ours == OURS else None


def chosen(interaction: Interaction) -> str:
    """What was chosen from a list."""
    return str(_sent(interaction)["values"][0])


def entered(interaction: Interaction) -> str:
    """What was entered in a form."""
    return _entered(_sent(interaction).get("components", ())).strip()


def button(custom_id: str, label: str, style: Style = Style.secondary) -> discord.ui.Button[View]:
    """A button."""
    return discord.ui.Button(custom_id=custom_id, label=label, style=style)


def choice(custom_id: str, hint: str, options: Mapping[str, str]) -> discord.ui.Select[View]:
    """A list to choose one from. options: what is shown, by what is sent; 25 at most."""
    listed = [discord.SelectOption(value=value, label=label) for value, label in options.items()]
    return discord.ui.Select(custom_id=custom_id, placeholder=hint, options=listed)


def view(*items: discord.ui.Item[View]) -> View:
    """What goes with a message."""
    made = View(timeout=None)
    for item in items:
        made.add_item(item)
    made.stop()  # so that the library keeps no note of it
    return made


def form(custom_id: str, texts: on_discord.Form) -> discord.ui.Modal:
    """A form with one field, which can stay empty."""
    made = discord.ui.Modal(custom_id=custom_id, title=texts.title)
    field: discord.ui.TextInput[View] = discord.ui.TextInput(
        custom_id=FIELD,
        style=discord.TextStyle.paragraph,
        placeholder=texts.hint,
        required=False,
        max_length=LONGEST,
    )
    made.add_item(discord.ui.Label(text=texts.field, component=field))
    made.stop()
    return made


def _sent(interaction: Interaction) -> Mapping[str, Any]:
    return interaction.data or {}


def _entered(components: Sequence[Mapping[str, Any]]) -> str:
    """The field's value, in whichever of Discord's frames it stands."""
    for each in components:
        if each.get("custom_id") == FIELD:
            return str(each.get("value") or "")
        inner = [each["component"]] if "component" in each else each.get("components", ())
        if found := _entered(inner):
            return found
    return ""

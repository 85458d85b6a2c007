"""Buttons, lists and forms that outlive the process that made them.

What one of them means stands in its id, and nothing is remembered of it: discord.py keeps neither a message's buttons
nor a form that was shown. A form's id is made for whom it is shown to: the library would mix up two that are alike.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import discord

from adapters.discord.people.desk import Interaction
from bot.reply import on_discord

OURS = "fairwell"
FIELD = "words"  # the one field of a form
LONGEST = 1000  # characters that can be entered
LONGEST_LABEL = 100  # characters of a line in a list, as of API v10

View = discord.ui.View
Panel = discord.ui.LayoutView  # a message of more parts than a View can have
Part = discord.ui.Item[Panel]
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
    """What was chosen from a list; "": nothing."""
    return next(iter(picked(interaction)), "")


def picked(interaction: Interaction) -> Sequence[str]:
    """What was chosen from a list of which several can be chosen, or none."""
    return tuple(map(str, _sent(interaction).get("values", ())))


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


def options(custom_id: str, listed: Mapping[str, str], chosen: str) -> discord.ui.Select[Panel]:
    """A list to choose one from, with what is chosen now. listed: what is shown, by what is sent; 25 at most."""
    made = [
        discord.SelectOption(value=value, label=label[:LONGEST_LABEL], default=value == chosen)
        for value, label in listed.items()
    ]
    return discord.ui.Select(custom_id=custom_id, options=made)


def channels_list(
    custom_id: str, kinds: Sequence[discord.ChannelType], chosen: Sequence[discord.Object], *, most: int
) -> discord.ui.ChannelSelect[Panel]:
    """A list of a server's channels to choose some from, or none, with those that are chosen now."""
    return discord.ui.ChannelSelect(
        custom_id=custom_id, channel_types=list(kinds), min_values=0, max_values=most, default_values=chosen
    )


def roles_list(custom_id: str, chosen: Sequence[discord.Object], *, most: int) -> discord.ui.RoleSelect[Panel]:
    """The same with a server's roles."""
    return discord.ui.RoleSelect(custom_id=custom_id, min_values=0, max_values=most, default_values=chosen)


def line(text: str) -> Part:
    """A text in a panel."""
    return discord.ui.TextDisplay(text)


def row(item: discord.ui.Item[Any]) -> Part:
    """A list or a button in a panel."""
    return discord.ui.ActionRow(item)


def panel(*parts: Part) -> Panel:
    """A message of texts, lists and buttons. Nothing else goes with it."""
    made = Panel(timeout=None)
    for part in parts:
        made.add_item(part)
    made.stop()  # as above
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

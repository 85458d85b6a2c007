"""What somebody types, presses, chooses or sends, as whoever answers it is told."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from adapters.slack import names
from bot.domain.conversation import Place

Json = Mapping[str, Any]
Ack = Callable[..., Awaitable[Any]]  # tells Slack that it has arrived


@dataclass(frozen=True, slots=True, kw_only=True)
class Interaction:
    """Something that somebody typed, pressed, chose or sent.

    id       what Slack knows it by
    at       when
    what     what it means: the first part of a button's or a form's id, or the first word after the command
    about    the rest of that id; of a form that was sent, what it remembers (surfaces.recalled)
    value    what was chosen or entered, or what comes after that word
    state    of a form, all that was: by the ids of its fields
    channel  where; "": in a form, or nobody tells. In the home tab: their direct message with the bot
    trigger  what lets a form be shown, soon; ""
    respond  where it can be answered, for half an hour; ""
    message  the message that it is about, or stands under
    hidden   only whoever asks sees that message
    view     the form that it stands in, or that was sent; ""
    sent     it was sent
    """

    team: str
    user: str
    id: str
    at: datetime
    what: str
    about: str = ""
    value: str = ""
    state: Mapping[str, Any] = field(default_factory=dict)
    channel: str = ""
    trigger: str = ""
    respond: str = ""
    message: Json | None = None
    hidden: bool = False
    view: str = ""
    sent: bool = False

    @property
    def key(self) -> str:
        """The key of an event that it makes."""
        return names.interacted(self.team, self.id)

    @property
    def place(self) -> Place:
        """Where somebody asks."""
        return names.place(self.team, self.channel, private=self.channel.startswith("D"))

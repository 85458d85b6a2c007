"""A request to the Web API, as a method sees it."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from tests.servers.slack_limits import Buckets
from tests.servers.slack_record import Asked
from tests.servers.slack_refusals import Refused, invalid, limited
from tests.servers.slack_state import Channel, Install, Json, Kind, Message, Workspace
from tests.servers.slack_world import World, found

T = TypeVar("T")

OF_KIND = {Kind.CHANNEL: "channels", Kind.PRIVATE: "groups", Kind.DM: "im", Kind.GROUP_DM: "mpim"}


@dataclass(frozen=True)
class Call:
    """A request. token: the bearer; client: id and secret, where OAuth's methods are given them."""

    world: World
    asked: Asked
    buckets: Buckets
    ticket: Callable[[], str]
    token: str = ""
    install_: Install | None = None
    client: tuple[str, str] = ("", "")

    @property
    def args(self) -> Json:
        """The arguments."""
        return self.asked.args

    @property
    def install(self) -> Install:
        """Whose bot token it is."""
        assert self.install_ is not None
        return self.install_

    def text(self, name: str) -> str:
        """An argument; "" where there is none."""
        given = self.args.get(name)
        return "" if given is None else str(given)

    def need(self, name: str) -> str:
        """An argument. Refused: there is none."""
        if not self.text(name):
            raise invalid("invalid_arguments", f"missing required field: {name}")
        return self.text(name)

    def yes(self, name: str) -> bool:
        """Whether an argument is true, in whatever way that is written."""
        return self.text(name).casefold() in {"1", "true"}

    def number(self, name: str, usual: int) -> int:
        """A number."""
        given = self.text(name)
        if given and not given.isdigit():
            raise invalid("invalid_arguments", f"must be an integer: {name}")
        return int(given or usual)

    def scope(self, *any_of: str) -> None:
        """Refused unless the token has one of these scopes."""
        if not self.install.scopes & set(any_of):
            provided = ",".join(sorted(self.install.scopes))
            raise Refused("missing_scope", needed=any_of[0], provided=provided)

    def channel(self, name: str = "channel", *, history: bool = False) -> Channel:
        """A channel that the token sees. history: and reads. Refused: channel_not_found, not_in_channel."""
        channel = self.world.channel(self.install, self.need(name))
        if history:
            self.scope(f"{OF_KIND[channel.kind]}:history")
            self.inside(channel)
        return channel

    def inside(self, channel: Channel) -> None:
        """Refused unless the bot is in a channel."""
        if self.install.bot.id not in channel.members:
            raise Refused("not_in_channel")

    def message(self, channel: Channel, name: str = "ts") -> Message:
        """A message of a channel. Refused: message_not_found."""
        return found(channel, self.need(name))

    def workspace(self) -> Workspace:
        """The workspace that is meant: the token's, or of an organisation's the one that is named."""
        if self.install.workspace is not None:
            return self.install.workspace
        named = self.text("team_id")
        chosen = next((one for one in self.install.workspaces if one.id == named), None)
        if chosen is None:
            raise Refused("missing_argument" if not named else "team_not_found")
        return chosen

    def post_limit(self, channel: Channel) -> None:
        """Refused where a channel has had too many posts lately."""
        if wait := self.buckets.post(channel.id):
            raise limited(math.ceil(wait))

    def page(self, items: Sequence[T], usual: int, most: int, *, beside: int = 0) -> tuple[list[T], Json]:
        """A page of items by `limit` and `cursor`, and what the reply says of the next. beside: what else is on it."""
        size, start = max(1, min(self.number("limit", usual) or usual, most) - beside), 0
        if cursor := self.text("cursor"):
            if not cursor.removeprefix("next:").isdigit():
                raise Refused("invalid_cursor")
            start = int(cursor.removeprefix("next:"))
        following = f"next:{start + size}" if start + size < len(items) else ""
        return list(items[start : start + size]), {"next_cursor": following}


@dataclass(frozen=True)
class Method:
    """A method of the Web API. scopes: any one of them; tier: of its limit; holder: whose token it takes."""

    act: Callable[[Call], Json | None]
    scopes: tuple[str, ...] = ()
    tier: int = 3
    holder: Literal["bot", "app", "nobody"] = "bot"

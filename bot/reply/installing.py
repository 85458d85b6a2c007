"""installing.toml: what stands on the page on which a workspace lets the bot in, once that is done or has failed.

In these texts *stars* make words bold.
"""

from dataclasses import dataclass
from typing import Annotated, Protocol

from bot.reply.gaps import Keys, Names, OfNames

REASONS = Keys("access_denied", "invalid_browser", "invalid_state", "invalid_code", "storage_error", "unknown")


class OfPlace(Protocol):
    """Names a workspace, or an organisation that has several."""

    def __call__(self, *, place: str) -> str: ...


@dataclass(frozen=True, slots=True)
class Done:
    """It is installed. steps: what to do next; choose: on a link to where an organisation chooses workspaces."""

    title: str
    text: OfPlace
    steps: tuple[str, ...]
    lacks: OfNames  # what it was not given
    link: str
    choose: str


@dataclass(frozen=True, slots=True)
class Failed:
    """It is not. anew: on a link to the first page, where Slack has let the bot in, and all the same it is not in."""

    title: str
    why: Annotated[Names, REASONS]
    unchanged: str
    again: str
    anew: str


@dataclass(frozen=True, slots=True)
class Installing:
    """All of it. absent: to whoever asks for something where the bot is not let in any more."""

    absent: str
    done: Done
    failed: Failed

"""Where the bot was let in."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """The bot, let into a space, or into all spaces of an organisation.

    organisation  the platform's id of who has the space, such as a company with several; "" = nobody
    space         "" = all spaces of the organisation
    at            since when; a later word holds against an earlier one
    secret        what its adapter needs to get in: tokens, in the adapter's own words. Never logged, never exported.
                  "" = nothing of this space's own: the organisation's holds here, or the environment's
    """

    platform: str
    organisation: str = ""
    space: str = ""
    at: datetime
    secret: str = field(default="", repr=False)

"""What a test finds on record."""

import time
from dataclasses import dataclass, field

from tests.servers.slack_state import Json, Workspace


@dataclass(eq=False, kw_only=True)
class Asked:
    """A request. at: seconds since 1970 by the server's clock; error: Slack's word, "" where it said yes.

    arrived    when it did, in seconds of time.monotonic()
    method     "chat.postMessage", or "files/download", "files/upload", "response_url", "authorize"
    args       its arguments, from wherever they came, without the token
    workspace  the token's; None where there is none, or where the token is an organisation's
    """

    method: str
    at: float
    verb: str = "POST"
    args: Json = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)  # without the token
    workspace: Workspace | None = None
    status: int | None = None  # None: nobody answered
    error: str = ""
    reply: Json | None = None
    arrived: float = field(default_factory=time.monotonic)
    done: bool = False  # it was carried out, whatever was answered

"""How Discord refuses: statuses, codes and texts. Docs: topics/opcodes-and-status-codes, JSON error codes."""

from tests.servers.discord_permissions import Permission, permitted
from tests.servers.discord_state import Channel, Json, User

REFUSALS: dict[int, tuple[int, str]] = {
    0: (401, "401: Unauthorized"),
    10003: (404, "Unknown Channel"),
    10004: (404, "Unknown Guild"),
    10007: (404, "Unknown Member"),
    10008: (404, "Unknown Message"),
    10013: (404, "Unknown User"),
    10014: (400, "Unknown Emoji"),
    10015: (404, "Unknown Webhook"),
    10062: (404, "Unknown interaction"),
    10063: (404, "Unknown application command"),
    30010: (400, "Maximum number of reactions reached (20)"),
    30032: (400, "Maximum number of application commands reached"),
    30034: (429, "Max number of daily application command creates has been reached"),
    40005: (413, "Request entity too large"),
    40058: (400, "Cannot message this thread until after the post author has sent an initial message"),
    40060: (400, "Interaction has already been acknowledged."),
    40067: (400, "A tag is required to create a forum post in this channel"),
    50001: (403, "Missing Access"),
    50003: (403, "Cannot execute action on a DM channel"),
    50005: (403, "Cannot edit a message authored by another user"),
    50006: (400, "Cannot send an empty message"),
    50007: (403, "Cannot send messages to this user"),
    50013: (403, "Missing Permissions"),
    50021: (403, "Cannot execute action on a system message"),
    50024: (400, "Cannot execute action on this channel type"),
    50027: (401, "Invalid Webhook Token"),
    50033: (400, "Invalid Recipient(s)"),
    50035: (400, "Invalid Form Body"),
    50083: (400, "Thread is archived"),
    50109: (400, "The request body contains invalid JSON."),
    50278: (403, "Cannot send messages to this user due to having no mutual guilds"),
    90001: (403, "Reaction was blocked"),
    160002: (400, "Cannot reply without permission to read message history"),
    160004: (400, "A thread has already been created for this message"),
    160005: (403, "Thread is locked"),
    160006: (400, "Maximum number of active threads reached"),
}


class Refused(Exception):
    """Discord refuses. code: of REFUSALS; errors: which field is wrong, for 50035; more: further keys of the reply."""

    def __init__(
        self, code: int, *, errors: Json | None = None, status: int | None = None, more: Json | None = None
    ) -> None:
        usual, text = REFUSALS.get(code, (400, "Refused"))
        self.code, self.status, self.errors, self.more = code, status or usual, errors, more or {}
        super().__init__(f"{self.status} {code}: {text}")
        self.text = text

    @property
    def body(self) -> Json:
        """The reply."""
        return {"message": self.text, "code": self.code} | ({"errors": self.errors} if self.errors else {}) | self.more


def invalid(field: str, code: str, text: str) -> Refused:
    """A field (its path, with dots) is not as it must be."""
    errors: Json = {"_errors": [{"code": code, "message": text}]}
    for name in reversed(field.split(".")):
        errors = {name: errors}
    return Refused(50035, errors=errors)


def limited(after: float, *, everywhere: bool = False) -> Refused:
    """Too many requests; come again after so many seconds."""
    more: Json = {"message": "You are being rate limited.", "retry_after": round(after, 3), "global": everywhere}
    return Refused(0, status=429, more=more)


def need(user: User, channel: Channel, *permissions: Permission) -> None:
    """Refused unless somebody may see this channel and do all this there."""
    may = permitted(user, channel)
    if not may & Permission.VIEW_CHANNEL:
        raise Refused(50001)
    if any(not may & permission for permission in permissions):
        raise Refused(50013)

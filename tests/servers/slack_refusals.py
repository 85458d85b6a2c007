"""How Slack refuses: `ok` false and a word, nearly always with status 200."""

from tests.servers.slack_state import Json


class Refused(Exception):
    """Slack refuses. error: its word; more: further keys of the reply; status: of the reply."""

    def __init__(self, error: str, *, status: int = 200, after: int | None = None, **more: object) -> None:
        super().__init__(error)
        self.error, self.status, self.after, self.more = error, status, after, more

    @property
    def body(self) -> Json:
        """The reply."""
        return {"ok": False, "error": self.error, **self.more}

    @property
    def headers(self) -> dict[str, str]:
        """What the reply says besides."""
        return {} if self.after is None else {"Retry-After": str(self.after)}


def limited(after: int) -> Refused:
    """Too many requests; come again after so many seconds."""
    return Refused("ratelimited", status=429, after=after)


def invalid(error: str, *messages: str) -> Refused:
    """Something is not as it must be. messages: what and where, as in `must be less than 3001 characters`."""
    return Refused(error, response_metadata={"messages": [f"[ERROR] {message}" for message in messages]})

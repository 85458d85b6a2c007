"""The states of OAuth: what shows that whoever comes back from Slack's page was sent there by us, lately, and once.

They are signed, not stored. Anybody at all may ask for the page that issues them, so each that was stored would let a
stranger write into the database; a signature also holds over a restart. What is remembered, in memory, is which of them
were used. After a restart one could be used again within its ten minutes, but only by the browser it was issued to
(Bolt checks its cookie), and Slack takes the code that comes with it only once.
"""

import hashlib
import hmac
import logging
import secrets

from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore

from bot.ports import Clock

LASTS = 600  # seconds
MOST = 10_000  # that were used within LASTS; beyond it somebody plays, and nobody can install until they are over


class SignedStates(AsyncOAuthStateStore):
    """Issues states and takes each once. secret: the app's, which is at Slack and here alone."""

    def __init__(self, secret: str, clock: Clock, most: int = MOST) -> None:
        self._key = hashlib.sha256(f"state of OAuth:{secret}".encode()).digest()
        self._clock = clock
        self._most = most
        self._used: dict[str, float] = {}  # when they are over, in the order in which they were used

    @property
    def logger(self) -> logging.Logger:
        """Ours; it is told no state."""
        return logging.getLogger(__name__)

    async def async_issue(self, *args: object, **kwargs: object) -> str:
        """A new one: when it is over, something random, and the signature."""
        said = f"{int(self._now) + LASTS}.{secrets.token_urlsafe(16)}"
        return f"{said}.{self._signature(said)}"

    async def async_consume(self, state: str) -> bool:
        """Whether it is ours, not over, and not used before; from here on it is."""
        said, _, signature = state.rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._signature(said).encode()):
            return False
        over = float(said.partition(".")[0])
        self._used = {each: until for each, until in self._used.items() if until > self._now}
        if over <= self._now or state in self._used or len(self._used) >= self._most:
            return False
        self._used[state] = over
        return True

    @property
    def _now(self) -> float:
        return self._clock().timestamp()

    def _signature(self, said: str) -> str:
        return hmac.new(self._key, said.encode(), hashlib.sha256).hexdigest()

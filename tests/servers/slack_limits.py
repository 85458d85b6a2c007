"""Rate limits, by the server's own clock. Docs: apis/web-api/rate-limits."""

import math
from collections import deque
from dataclasses import dataclass, field

from tests.servers.slack_clock import Clock

TIERS = {1: 1, 2: 20, 3: 50, 4: 100, 5: 600}  # requests a minute; 5: "special", 600 is what is known of setStatus
BURST = 5  # posts to one channel before it is one a second
MINUTE = 60.0


@dataclass
class _Bucket:
    """Posts to a channel: filled by one a second."""

    left: float = BURST
    at: float = 0.0

    def take(self, now: float) -> int:
        self.left, self.at = min(BURST, self.left + now - self.at), now
        if self.left < 1:
            return math.ceil(1 - self.left)
        self.left -= 1
        return 0


@dataclass
class Buckets:
    """What was asked in the last minute, by method and install; posts by channel. on: whether anything is limited."""

    clock: Clock
    on: bool = True
    _asked: dict[tuple[str, str], deque[float]] = field(default_factory=dict)
    _posts: dict[str, _Bucket] = field(default_factory=dict)

    def take(self, method: str, install: str, tier: int) -> int:
        """Seconds to wait; 0: it is allowed, and counts."""
        now, asked = self.clock.now, self._asked.setdefault((method, install), deque())
        while asked and asked[0] <= now - MINUTE:
            asked.popleft()
        if self.on and len(asked) >= TIERS[tier]:
            return max(1, math.ceil(asked[0] + MINUTE - now))
        asked.append(now)
        return 0

    def post(self, channel: str) -> int:
        """Seconds to wait before a post to a channel; 0: it is allowed, and counts."""
        return self._posts.setdefault(channel, _Bucket(at=self.clock.now)).take(self.clock.now) if self.on else 0

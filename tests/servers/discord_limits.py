"""Rate limits. Docs: topics/rate-limits. Nothing is limited until a test says so, except renaming."""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.servers.discord_faults import pattern
from tests.servers.discord_state import Now

MUCH = 1_000  # what a route that nobody limited allows


@dataclass
class _Bucket:
    limit: int
    per: timedelta
    began: datetime | None = None
    used: int = 0

    def take(self, now: datetime) -> float:
        """Seconds to wait; 0: it is allowed."""
        if self.began is None or now - self.began >= self.per:
            self.began, self.used = now, 0
        if self.used >= self.limit:
            return (self.began + self.per - now).total_seconds()
        self.used += 1
        return 0.0

    def headers(self, name: str, now: datetime) -> dict[str, str]:
        left = (self.began or now) + self.per
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.limit - self.used),
            "X-RateLimit-Reset": f"{left.timestamp():.3f}",
            "X-RateLimit-Reset-After": f"{(left - now).total_seconds():.3f}",
            "X-RateLimit-Bucket": name,
        }


@dataclass
class Buckets:
    """A bucket per limited route and channel (or guild), and one for everything."""

    now: Now
    _rules: list[tuple[re.Pattern[str], int, timedelta]] = field(default_factory=list)
    _buckets: dict[str, _Bucket] = field(default_factory=dict)
    _all: _Bucket | None = None

    def limit(self, route: str, most: int, per: float) -> None:
        """Allow a route ("POST /channels/*/messages") so many requests in so many seconds, for each channel."""
        self._rules.append((pattern(route), most, timedelta(seconds=per)))

    def limit_all(self, most: int = 50, per: float = 1.0) -> None:
        """Allow so many requests altogether in so many seconds. Interactions do not count."""
        self._all = _Bucket(most, timedelta(seconds=per))

    def take(self, method: str, path: str) -> tuple[float, bool, dict[str, str]]:
        """Seconds to wait (0: allowed), whether that holds for everything, and the headers of the reply."""
        now = self.now()
        if self._all and not path.startswith(("/interactions/", "/webhooks/")) and (wait := self._all.take(now)):
            return wait, True, {"X-RateLimit-Global": "true", "X-RateLimit-Scope": "global"}
        for route, most, per in self._rules:
            if route.fullmatch(f"{method} {path}"):
                name = f"{abs(hash(route.pattern)):x}"
                bucket = self._buckets.setdefault(f"{name} {path.split('/')[2]}", _Bucket(most, per))
                wait = bucket.take(now)
                scope = {"X-RateLimit-Scope": "user"} if wait else {}
                return wait, False, bucket.headers(name, now) | scope
        return 0.0, False, _Bucket(MUCH, timedelta(seconds=1)).headers(f"{method}-{len(path.split('/'))}", now)

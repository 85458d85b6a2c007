"""What models used since it was written down last."""

import threading
from collections.abc import Sequence
from dataclasses import replace

from bot.domain.usage import Usage

BYTES_A_TOKEN = 3  # of UTF-8: English has about 4, a Chinese character is 3 and about one token


class Meter:
    """Adds up, by space, member and model, until somebody takes it, from whatever thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._used: dict[tuple[str, str, str], Usage] = {}

    def note(self, usage: Usage) -> None:
        """Add what one call used."""
        key = usage.space, usage.member, usage.model
        with self._lock:
            before = self._used.get(key)
            self._used[key] = usage if before is None else _sum(before, usage)

    def take(self) -> Sequence[Usage]:
        """All of it; from here on it is counted anew."""
        with self._lock:
            used, self._used = tuple(self._used.values()), {}
        return used


def _sum(one: Usage, other: Usage) -> Usage:
    return replace(
        one,
        fresh=one.fresh + other.fresh,
        cache_write=one.cache_write + other.cache_write,
        cache_read=one.cache_read + other.cache_read,
        output=one.output + other.output,
        turns=one.turns + other.turns,
    )


def tokens(text: str) -> int:
    """About how many tokens a text is to a model; rather too many than too few."""
    return -(-len(text.encode("utf-8", "replace")) // BYTES_A_TOKEN)

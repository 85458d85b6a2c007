"""What models cost: tokens and turns, by space, member and model."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens that one model used for one member. Adding up is the store's part."""

    space: str
    member: str
    model: str
    fresh: int = 0  # input tokens at the full price
    cache_write: int = 0  # input tokens that were kept for later
    cache_read: int = 0  # input tokens that had been kept
    output: int = 0
    turns: int = 0  # turns that the main model answered: 1, or 0 for everything else

    @property
    def tokens(self) -> int:
        """All of them together."""
        return self.fresh + self.cache_write + self.cache_read + self.output


@dataclass(frozen=True, slots=True)
class Spent:
    """What was used up of a day's budget (UTC)."""

    turns: int = 0
    tokens: int = 0


NOTHING_SPENT = Spent()

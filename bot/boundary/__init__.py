"""The policy: when the bot redirects, warns, ends, or cares. Pure: it is told everything and reads nothing."""

from bot.boundary.ladder import Ladder
from bot.boundary.policy import decide, settle, watch

__all__ = ["Ladder", "decide", "settle", "watch"]

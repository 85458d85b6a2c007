"""The terminal as a chat platform: one person, or several taking turns at one keyboard with /as.

What the terminal cannot do it says: it has no lock. Its screen begins empty, so what an earlier process left without
a receipt is on no screen yet and is shown once, after the turns it belongs to.
"""

from adapters.terminal.connection import Terminal, adapter

__all__ = ["Terminal", "adapter"]

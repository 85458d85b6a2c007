"""config/ -> frozen, validated settings; an unknown key is an error that says where and what to do.

`load` reads them, `Settings.at` says what holds in a place, `Live` reloads them while the bot runs, `words` retells a
ladder, `schema` describes the files for editors.
"""

from bot.settings.load import load
from bot.settings.model import Concerns, Local, Settings

__all__ = ["Concerns", "Local", "Settings", "load"]

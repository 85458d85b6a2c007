"""Commands in the languages of config/replies: their names, and what is said about them in Discord's lists."""

from collections.abc import Mapping
from typing import Any

from discord import Locale, app_commands

from adapters.discord.names import NAME
from bot.reply.wording import FALLBACK, Wording

Text = app_commands.locale_str


def text(wording: Wording, at: str) -> Text:
    """A text by its path ("discord.commands.ask.name"): in English, and to be translated.

    By the English name of a command Discord tells which one is meant, whatever it is called where somebody is.
    """
    return Text(_found(wording, FALLBACK, at), at=at)


class Localised(app_commands.Translator):
    """Gives Discord the texts of every language that has them. A language's regions have the same."""

    def __init__(self, wording: Wording) -> None:
        self._wording = wording

    async def translate(
        self, string: Text, locale: Locale, context: app_commands.TranslationContextTypes
    ) -> str | None:
        """The text for a locale; None: its language has no texts, and English stands there."""
        language, at = locale.value.partition("-")[0], string.extras.get("at")
        return _found(self._wording, language, at) if at and language in self._wording.languages else None


def _found(wording: Wording, language: str, at: str) -> str:
    found: Any = wording.words(language, NAME)
    for part in at.split("."):
        found = found[part] if isinstance(found, Mapping) else getattr(found, part)
    return str(found)

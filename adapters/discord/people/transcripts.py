"""An ending in words, as Discord shows them: at a glance, as a message, and whole, as a file."""

from textwrap import shorten

from adapters.discord import names
from adapters.discord.outgoing.escaping import literal
from bot.domain.ending import Ending
from bot.ports import Transcript
from bot.reply import transcripts
from bot.reply.texts import Words
from bot.reply.transcripts import Style, short

WITHIN = 1_600  # characters of a message; Discord takes 2,000, and something may follow


def glance(found: Transcript, words: Words) -> str:
    """An ending as a message of Discord's."""
    text = transcripts.glance(found, words, _STYLE)
    return text if len(text) <= WITHIN else f"{text[:WITHIN]}…"


def whole(found: Transcript, words: Words) -> bytes:
    """An ending with all that was said, as plain text."""
    return "\n".join(transcripts.whole(found, words)).encode()


def listed(ending: Ending, words: Words) -> str:
    """An ending as a line of a message."""
    return transcripts.listed(ending, words, _STYLE)


def label(ending: Ending, words: Words) -> str:
    """An ending in a list to choose from: 100 characters at most, as of API v10."""
    return shorten(transcripts.label(ending, words), 100, placeholder="…")


def verdict(by: str, given: str, words: Words) -> str:
    """Who has looked at an ending, and what they found."""
    texts = words.moderators
    return texts.verdicts.card(who=mention(by), verdict=texts.transcript.states[given])


def mention(identity: str) -> str:
    """Somebody as Discord shows them: a member by their name there; whoever judged elsewhere by their own."""
    try:
        return f"<@{names.user(identity)}>"
    except ValueError:
        return literal(identity.partition(":")[2] or identity)


_STYLE = Style(
    words=lambda text: literal(short(text)),
    who=mention,
    talk=lambda conversation: f"<#{names.channel(conversation)}>",
    at=lambda at: f"<t:{at.timestamp():.0f}:f>",
)

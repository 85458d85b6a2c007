"""An ending in words, as Slack shows them."""

from textwrap import shorten

from adapters.slack import names
from adapters.slack.blocks import MOST_LABEL
from adapters.slack.surfaces import quoted
from bot.domain.ending import Ending
from bot.ports import Transcript
from bot.reply import transcripts
from bot.reply.texts import Words
from bot.reply.transcripts import PLAIN, Style, short


def glance(found: Transcript, words: Words) -> str:
    """An ending, what it rests on, and what became of it."""
    return transcripts.glance(found, words, _STYLE)


def listed(ending: Ending, words: Words) -> str:
    """An ending as a line of a list."""
    return transcripts.listed(ending, words, _STYLE)


def label(ending: Ending, words: Words) -> str:
    """An ending in a list to choose from."""
    return shorten(transcripts.label(ending, words), MOST_LABEL, placeholder="…")


def mention(identity: str) -> str:
    """Somebody as Slack shows them: a member by their name there; whoever judged elsewhere by their own."""
    try:
        return f"<@{names.user(identity)}>"
    except ValueError:
        return quoted(identity.partition(":")[2] or identity)


_STYLE = Style(
    words=lambda text: quoted(short(text)),
    who=mention,
    talk=lambda conversation: f"<#{names.channel(conversation)}>",
    at=lambda at: f"<!date^{at.timestamp():.0f}^{{date_short_pretty}} {{time}}|{PLAIN.at(at)}>",
)

"""An ending in words, as Slack shows them: people and channels by their names there."""

from collections.abc import Iterator
from datetime import datetime
from textwrap import shorten

from adapters.slack import names
from adapters.slack.outgoing.blocks import MOST_LABEL, Block
from adapters.slack.people.surfaces import noted, plain, quoted, said
from bot.domain.ending import Ending, Vote
from bot.ports import Transcript
from bot.reply import transcripts
from bot.reply.texts import Words
from bot.reply.transcripts import PLAIN, THUMBS, Style, short


def glance(found: Transcript, words: Words) -> str:
    """An ending, what it rests on, and what became of it."""
    return transcripts.glance(found, words, _style(words))


def whole(found: Transcript, words: Words) -> Iterator[Block]:
    """All that was said, and what is only touched on at a glance. What people wrote is shown as they wrote it."""
    ending, texts = found.ending, words.moderators.transcript
    written = [(THUMBS[Vote(vote)] if vote else "–", why) for vote, why in found.reasons]
    written += [(mention(each.member), each.words) for each in found.appeals]
    written += [(mention(by), note) for by, _, note, _ in found.verdicts]
    for whose, text in written:
        if text != short(text):
            yield from said(whose)
            yield from plain(text)
    yield noted(quoted(f"{ending.ladder}; {ending.prompts}; {ending.models}"))
    yield from said(f"*{texts.said}*")
    for vetted in found.turns:
        yield from said(f"*{vetted.turn.number}.* {mention(vetted.turn.member.id)} · {_date(vetted.said)}")
        yield from plain("\n".join(transcripts.turn(vetted, words)))


def listed(ending: Ending, words: Words) -> str:
    """An ending as a line of a list."""
    return transcripts.listed(ending, words, _style(words))


def label(ending: Ending, words: Words) -> str:
    """An ending in a list to choose from."""
    return shorten(transcripts.label(ending, words), MOST_LABEL, placeholder="…")


def verdict(by: str, given: str, words: Words) -> str:
    """Who has looked at an ending, and what they found."""
    texts = words.moderators
    return texts.verdicts.card(who=mention(by), verdict=texts.transcript.states[given])


def mention(identity: str) -> str:
    """Somebody as Slack shows them: a member by their name there; whoever judged elsewhere by their own."""
    try:
        return f"<@{names.user(identity)}>"
    except ValueError:
        return quoted(identity.partition(":")[2] or identity)


def channel(conversation: str, words: Words) -> str:
    """Where a conversation is, as Slack shows it: nobody else sees the name of a direct message."""
    found = names.channel(conversation)
    return words.slack.answers.direct if found.startswith("D") else f"<#{found}>"


def _date(at: datetime) -> str:
    return f"<!date^{at.timestamp():.0f}^{{date_short_pretty}} {{time}}|{PLAIN.at(at)}>"


def _style(words: Words) -> Style:
    return Style(
        words=lambda text: quoted(short(text)),
        who=mention,
        talk=lambda conversation: channel(conversation, words),
        at=_date,
    )

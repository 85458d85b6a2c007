"""An ending in words: at a glance, as a message, and whole, as a file."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from textwrap import indent, shorten

from adapters.discord import names
from adapters.discord.escaping import literal
from bot.domain.assessment import Reading
from bot.domain.ending import Ending, Vote
from bot.domain.record import Vetted
from bot.domain.step import Scope
from bot.ports import Transcript
from bot.reply.texts import Words

QUOTED = 150  # characters of what somebody wrote, at a glance
WITHIN = 1_600  # characters of a message; Discord takes 2,000, and something may follow
THUMBS = {Vote.FAIR: "👍", Vote.UNFAIR: "👎"}


@dataclass(frozen=True, slots=True)
class _Style:
    """How things are written. In: what a member wrote; a member's or a moderator's id; a conversation; a time."""

    words: Callable[[str], str]
    who: Callable[[str], str]
    talk: Callable[[str], str]
    at: Callable[[datetime], str]


def glance(found: Transcript, words: Words) -> str:
    """An ending as a message of Discord's."""
    text = "\n".join(_head(found, words, _MESSAGE))
    return text if len(text) <= WITHIN else f"{text[:WITHIN]}…"


def whole(found: Transcript, words: Words) -> bytes:
    """An ending with all that was said, as plain text."""
    ending, texts, known = found.ending, words.discord.transcript, {found.member.id: found.member.name}
    known |= {vetted.turn.member.id: vetted.turn.member.name for vetted in found.turns}
    style = replace(_FILE, who=lambda identity: known.get(identity) or identity)
    lines = [*_head(found, words, style), "", f"{ending.ladder}; {ending.prompts}; {ending.models}", "", texts.said]
    for vetted in found.turns:
        lines += _turn(vetted, words)
    return "\n".join(lines).encode()


def listed(ending: Ending, words: Words) -> str:
    """An ending as a line of a message."""
    where, who = _MESSAGE.talk(ending.conversation), _MESSAGE.who(ending.member)
    return " · ".join((_MESSAGE.at(ending.at), who, where, _why(ending, words), _state(ending, words)))


def label(ending: Ending, words: Words) -> str:
    """An ending in a list to choose from: 100 characters at most, as of API v10."""
    text = " · ".join((f"{ending.at:%Y-%m-%d %H:%M}", _why(ending, words), _state(ending, words)))
    return shorten(text, 100, placeholder="…")


def mention(identity: str) -> str:
    """Somebody as Discord shows them: a member by their name there; whoever judged elsewhere by their own."""
    try:
        return f"<@{names.user(identity)}>"
    except ValueError:
        return literal(identity.partition(":")[2] or identity)


def _head(found: Transcript, words: Words, style: _Style) -> Iterator[str]:
    ending, texts = found.ending, words.discord.transcript
    yield _told(found, words, style)
    yield f"{style.at(ending.at)} · {_state(ending, words)}"
    if ending.evidence:
        yield f"\n{texts.rests}"
    for each in ending.evidence:
        step = texts.steps.get(each.step, each.step)
        said = texts.evidence(turn=each.turn, step=step, conduct=words.conduct(each.concern))
        yield f"• {said}{_quoted(each.words, style)}"
    counts = {thumb: sum(vote == given for _, given, _ in found.votes) for vote, thumb in THUMBS.items()}
    if any(counts.values()):
        yield "\n" + " · ".join(f"{thumb} {count}" for thumb, count in counts.items())
    for appeal in found.appeals:
        yield f"\n{style.at(appeal.at)} {texts.appealed(who=style.who(appeal.member))}{_quoted(appeal.words, style)}"
    for by, verdict, note, at in found.verdicts:
        said = words.discord.verdicts.card(who=style.who(by), verdict=texts.states[verdict])
        yield f"\n{style.at(at)} {said}{_quoted(note, style)}"


def _told(found: Transcript, words: Words, style: _Style) -> str:
    """What moderators were told when it happened."""
    ending, card = found.ending, words.moderators.card
    member, talk = style.words(found.member.name) or style.who(ending.member), style.talk(ending.conversation)
    if ending.concern is None:
        return card.request(member=member, conversation=talk, ending=ending.id)
    say = card.part if ending.scope is Scope.PART else card.ending
    turns = words.boundary.end.turns([each.turn for each in ending.evidence] or [ending.turn])
    conduct = words.conduct(ending.concern)
    return say(member=member, conversation=talk, conduct=conduct, turns=turns, ending=ending.id)


def _why(ending: Ending, words: Words) -> str:
    texts = words.discord.transcript
    return texts.because(conduct=words.conduct(ending.concern)) if ending.concern else texts.on_request


def _state(ending: Ending, words: Words) -> str:
    return words.discord.transcript.states[ending.state]


def _quoted(text: str, style: _Style) -> str:
    return f" “{style.words(text)}”" if text else ""


def _turn(vetted: Vetted, words: Words) -> Iterator[str]:
    """A message, what was read in it, what was done about it, and what the bot said. No line of it looks like ours."""
    turn, texts = vetted.turn, words.discord.transcript
    yield f"\n{turn.number}. {turn.member.name or turn.member.id}, {_FILE.at(vetted.said)}"
    yield indent(turn.text or texts.erased, "    | ", lambda _: True)
    for reading in vetted.assessment.readings:
        yield f"    {reading.by}: {_seen(reading, words)}"
    yield f"    → {texts.steps[vetted.decision.step]}"
    if turn.reply:
        yield indent(turn.reply, "    > ", lambda _: True)


def _seen(reading: Reading, words: Words) -> str:
    """What a reader saw. A question mark stands behind what it was not sure of."""
    texts, risk, told = words.discord.transcript, reading.risk, words.moderators
    if not reading.read:
        return texts.unread
    found = [
        f"{words.conduct(each.kind)}{'' if each.sure else '?'}{_quoted(each.words, _FILE)}" for each in reading.concerns
    ]
    if risk.level.calls_for_care:
        sure, about = "" if risk.sure else "?", told.about[risk.about]
        found.append(f"{told.level[risk.level.name.lower()]}, {about}{sure}{_quoted(risk.words, _FILE)}")
    if reading.asks_to_end:
        found.append(texts.asks_to_end)
    return "; ".join(found) or "–"


def _thread(conversation: str) -> str:
    return f"<#{names.channel(conversation)}>"


def _one_line(text: str) -> str:
    return " ".join(text.split())


_MESSAGE = _Style(
    words=lambda text: literal(shorten(text, QUOTED, placeholder="…")),
    who=mention,
    talk=_thread,
    at=lambda at: f"<t:{at.timestamp():.0f}:f>",
)
_FILE = _Style(words=_one_line, who=str, talk=str, at=lambda at: f"{at:%Y-%m-%d %H:%M} UTC")

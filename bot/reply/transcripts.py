"""An ending in words, as moderators read it: at a glance, whole, in a list. A platform says how things are shown."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from textwrap import indent, shorten

from bot.domain.assessment import Reading
from bot.domain.ending import Ending, Vote
from bot.domain.record import Vetted
from bot.domain.step import Scope
from bot.ports import Transcript
from bot.reply.texts import Words

QUOTED = 150  # characters of what somebody wrote, at a glance
THUMBS = {Vote.FAIR: "👍", Vote.UNFAIR: "👎"}


@dataclass(frozen=True, slots=True)
class Style:
    """How things are written. In: what a member wrote; a member's or a moderator's id; a conversation; a time."""

    words: Callable[[str], str]
    who: Callable[[str], str]
    talk: Callable[[str], str]
    at: Callable[[datetime], str]


def glance(found: Transcript, words: Words, style: Style) -> str:
    """An ending, what it rests on, and what became of it."""
    return "\n".join(_head(found, words, style))


def whole(found: Transcript, words: Words) -> Sequence[str]:
    """The lines of an ending with all that was said, as plain text."""
    ending, texts, known = found.ending, words.moderators.transcript, {found.member.id: found.member.name}
    known |= {vetted.turn.member.id: vetted.turn.member.name for vetted in found.turns}
    style = replace(PLAIN, who=lambda identity: known.get(identity) or identity)
    lines = [*_head(found, words, style), "", f"{ending.ladder}; {ending.prompts}; {ending.models}", "", texts.said]
    for vetted in found.turns:
        lines += [f"\n{vetted.turn.number}. {style.who(vetted.turn.member.id)}, {PLAIN.at(vetted.said)}"]
        lines += turn(vetted, words)
    return lines


def turn(vetted: Vetted, words: Words) -> Iterator[str]:
    """A message, what was read in it, what was done about it, and what the bot said. No line of it looks like ours."""
    told, texts = vetted.turn, words.moderators.transcript
    yield indent(told.text or texts.erased, "    | ", lambda _: True)
    for reading in vetted.assessment.readings:
        yield f"    {reading.by}: {_seen(reading, words)}"
    yield f"    → {texts.steps[vetted.decision.step]}"
    if told.reply:
        yield indent(told.reply, "    > ", lambda _: True)


def listed(ending: Ending, words: Words, style: Style) -> str:
    """An ending as a line of a message."""
    where, who = style.talk(ending.conversation), style.who(ending.member)
    return " · ".join((style.at(ending.at), who, where, _why(ending, words), _state(ending, words)))


def label(ending: Ending, words: Words) -> str:
    """An ending in a list to choose from."""
    return " · ".join((f"{ending.at:%Y-%m-%d %H:%M}", _why(ending, words), _state(ending, words)))


def _head(found: Transcript, words: Words, style: Style) -> Iterator[str]:
    ending, texts = found.ending, words.moderators.transcript
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
    for vote, why in found.reasons:
        yield f"{THUMBS[Vote(vote)] if vote else '–'}{_quoted(why, style)}"
    for appeal in found.appeals:
        yield f"\n{style.at(appeal.at)} {texts.appealed(who=style.who(appeal.member))}{_quoted(appeal.words, style)}"
    for by, verdict, note, at in found.verdicts:
        said = words.moderators.verdicts.card(who=style.who(by), verdict=texts.states[verdict])
        yield f"\n{style.at(at)} {said}{_quoted(note, style)}"


def _told(found: Transcript, words: Words, style: Style) -> str:
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
    texts = words.moderators.transcript
    return texts.because(conduct=words.conduct(ending.concern)) if ending.concern else texts.on_request


def _state(ending: Ending, words: Words) -> str:
    return words.moderators.transcript.states[ending.state]


def _quoted(text: str, style: Style) -> str:
    return f" “{style.words(text)}”" if text else ""


def _seen(reading: Reading, words: Words) -> str:
    """What a reader saw. A question mark stands behind what it was not sure of."""
    texts, risk, told = words.moderators.transcript, reading.risk, words.moderators
    if not reading.read:
        return texts.unread
    found = [
        f"{words.conduct(each.kind)}{'' if each.sure else '?'}{_quoted(each.words, PLAIN)}" for each in reading.concerns
    ]
    if risk.level.calls_for_care:
        sure, about = "" if risk.sure else "?", told.about[risk.about]
        found.append(f"{told.level[risk.level.name.lower()]}, {about}{sure}{_quoted(risk.words, PLAIN)}")
    if reading.asks_to_end:
        found.append(texts.asks_to_end)
    return "; ".join(found) or "–"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def short(text: str) -> str:
    """What somebody wrote, at a glance."""
    return shorten(text, QUOTED, placeholder="…")


PLAIN = Style(words=_one_line, who=str, talk=str, at=lambda at: f"{at:%Y-%m-%d %H:%M} UTC")

"""An ending as a moderator reads it: what was said, what was read in it, which step and why, what people thought."""

from collections.abc import Iterator

from bot.cli.screen import indented
from bot.domain.assessment import Reading
from bot.domain.ending import Ending
from bot.domain.record import Vetted
from bot.domain.step import Scope
from bot.ports import Transcript

Line = tuple[str, str]  # the text, and the style it is shown in


def in_a_list(ending: Ending) -> str:
    """An ending in one line."""
    return f"{ending.id}  {ending.at:%Y-%m-%d %H:%M}  {ending.state:<10}  {_whose(ending)}  {_why(ending)}"


def lines(transcript: Transcript) -> Iterator[Line]:
    """An ending in full."""
    ending = transcript.ending
    name = transcript.member.name
    yield f"Ending {ending.id}: {ending.state}", "bold"
    yield f"{ending.at:%Y-%m-%d %H:%M} UTC, {transcript.place.platform}, {transcript.place.space}", ""
    yield f"{_whose(ending)}{f' ({name})' if name else ''}, {_why(ending)}, in turn {ending.turn}", ""
    yield f"ladder {ending.ladder}; {ending.prompts}; {ending.models}", "dim"
    if ending.evidence:
        yield "\nIt rests on", "bold"
    for each in ending.evidence:
        quoted = f" “{indented(each.words, 4)}”" if each.words else ""
        yield f"  turn {each.turn}: {each.step} for {each.concern}{quoted}", ""
    yield "\nWhat was said", "bold"
    for vetted in transcript.turns:
        yield from _turn(vetted)
    yield from _afterwards(transcript)


def _turn(vetted: Vetted) -> Iterator[Line]:
    turn, decision = vetted.turn, vetted.decision
    who = indented(turn.member.name or turn.member.id, 6)
    yield f"  {turn.number}. {who}: {indented(turn.text, 6) or '(no text, or erased)'}", ""
    for reading in vetted.assessment.readings:
        yield f"       {seen(reading)}", "dim"
    yield f"       so: {decision.step} ({decision.reason})", "dim"
    for call in vetted.calls:
        yield f"       called {indented(call, 9)}", "dim"
    if turn.reply:
        yield f"     bot: {indented(turn.reply, 10)}", ""


def _afterwards(transcript: Transcript) -> Iterator[Line]:
    """Votes, appeals, verdicts; without a verdict, how to give one."""
    for member, vote, at in transcript.votes:
        if vote:
            yield f"\n{at:%Y-%m-%d %H:%M}  {member} found it {vote}", ""
    for appeal in transcript.appeals:
        yield f"\n{appeal.at:%Y-%m-%d %H:%M}  {appeal.member} appealed: {indented(appeal.words, 2) or '(no words)'}", ""
    for by, verdict, note, at in transcript.verdicts:
        yield f"\n{at:%Y-%m-%d %H:%M}  {by}: {verdict}{f', {indented(note, 2)}' if note else ''}", ""
    if not transcript.verdicts:
        yield f"\nTo give a verdict: fairwell review {transcript.ending.id} upheld|overturned --note WHY", "dim"


def seen(reading: Reading) -> str:
    """What a reader saw, in one line. A question mark stands behind what it was not sure of."""
    if not reading.read:
        return f"{reading.by}: unread, {reading.why}"
    found = [
        f"{each.kind} {each.severity.name.lower()}{'' if each.sure else '?'}{_quoted(each.words)}"
        for each in reading.concerns
    ]
    risk = reading.risk
    if risk.level:
        sure = "" if risk.sure else "?"
        found.append(f"risk {risk.level.name.lower()}{sure} about {risk.about}{_quoted(risk.words)}")
    if reading.asks_to_end:
        found.append("asks to end")
    return f"{reading.by}: {'; '.join(found) or 'nothing'}"


def _quoted(words: str) -> str:
    return f" “{indented(words, 9)}”" if words else ""


def _whose(ending: Ending) -> str:
    part = "no more answers for" if ending.scope is Scope.PART else "closed for"
    return f"{ending.conversation}  {part} {ending.member}"


def _why(ending: Ending) -> str:
    return f"because of {ending.concern}" if ending.concern else "on request"

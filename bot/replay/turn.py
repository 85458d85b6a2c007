"""What a line of a script expects of its own turn, held against what followed."""

from collections.abc import Iterator

from bot.replay.passage import Broken, Passage
from bot.replay.script import DECIDED


def broken(passage: Passage) -> Iterator[Broken]:
    """The expectations of a turn's own line that were not met. What the line does not speak of is not looked at."""
    yield from _decided(passage)
    yield from _performed(passage)
    yield from _left(passage)


def _decided(passage: Passage) -> Iterator[Broken]:
    """What the bot decided."""
    if passage.impossible:
        yield passage.broken("turn", passage.impossible)
    elif passage.vetted:
        decision = passage.vetted.decision
        for key in DECIDED:
            expected, found = getattr(passage.line, key), getattr(decision, key)
            if expected is not None and found != expected:
                why = f" ({decision.reason})" if key == "step" else ""
                yield passage.broken(key, f"{found}{why}, not {expected}")
    elif passage.line.becomes_turn:
        yield passage.broken("turn", "the message became no turn")


def _performed(passage: Passage) -> Iterator[Broken]:
    """What the bot did."""
    line, said, told = passage.line, passage.said, passage.told
    kinds = tuple(action.kind for action in passage.performed)
    if line.actions is not None and kinds != line.actions:
        yield passage.broken("actions", f"{', '.join(kinds) or 'none'}, not {', '.join(line.actions) or 'none'}", said)
    for words in line.hears:
        if words not in said:
            yield passage.broken("hears", f"{words!r} was not said", said)
    for words in line.told:
        if words not in told:
            yield passage.broken("told", f"{words!r} was not told", told)
    for words in line.never:
        if words in said + told:
            yield passage.broken("never", f"{words!r} was said", said + told)
    if line.calls is not None and passage.calls != ((line.calls,) if line.calls else ()):
        yield passage.broken("calls", f"moderators were called for {', '.join(passage.calls) or 'nothing'}")


def _left(passage: Passage) -> Iterator[Broken]:
    """What is on record afterwards."""
    line, ending = passage.line, passage.ending
    if line.marks is not None and passage.marks != line.marks:
        yield passage.broken("marks", f"{', '.join(passage.marks) or 'nothing'} counts for this member")
    state = ending.state.value if ending else ""
    if line.ending is not None and state != line.ending:
        yield passage.broken("ending", f"the ending is {state or 'none'}, not {line.ending or 'none'}")
    if line.votes is not None and ending is None:
        yield passage.broken("votes", "there is no ending to vote on")
    elif line.votes is not None and passage.votes != tuple(sorted(line.votes)):
        yield passage.broken("votes", f"the votes are {', '.join(passage.votes) or 'none'}")

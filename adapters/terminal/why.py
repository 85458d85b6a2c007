"""The readings and the decision behind a turn, for whoever tunes."""

from bot.cli.transcript import seen
from bot.domain.record import Vetted


def explained(each: Vetted) -> str:
    """A turn's readings and its decision, in lines."""
    decision, standing = each.decision, each.decision.standing
    marks = ", ".join(f"{mark.step} in {mark.turn}" for mark in standing.marks) or "nothing"
    pending = f", {standing.pending.step} on its way" if standing.pending else ""
    lines = [f"turn {each.turn.number}: {decision.step} ({decision.reason}), ladder {decision.ladder}"]
    lines += [
        f"  {seen(reading)}{f'  [{reading.why}]' if reading.why and reading.read else ''}"
        for reading in each.assessment.readings
    ]
    doubt = "yes" if each.assessment.doubt else "no"
    lines.append(f"  doubt {doubt}; held against {each.turn.member.name}: {marks}{pending}")
    if standing.care_until:
        lines.append(f"  care window until {standing.care_until:%Y-%m-%d %H:%M} UTC")
    lines.append(f"  {each.models}; {each.prompts}; decided in {each.took * 1000:.1f} ms")
    return "\n".join(lines)

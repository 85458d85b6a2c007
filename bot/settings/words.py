"""A ladder retold: in words, as a moderator would say it, and drawn, for the README."""

from bot.boundary.ladder import Ladder
from bot.domain.assessment import Severity
from bot.domain.step import Step
from bot.settings.durations import spell

_NAMES = {Step.REDIRECT: "redirection", Step.WARN: "warning"}
_CLIMBS = {
    Severity.MILD: "any abuse",
    Severity.SERIOUS: "serious or severe abuse",
    Severity.SEVERE: "severe abuse",
}


def in_words(ladder: Ladder) -> str:
    """A ladder in plain English, one sentence for each thing it settles."""
    return "\n".join((_climb(ladder), _gravest(ladder), _forgiven(ladder), _care(ladder), _others(ladder)))


def figure(ladder: Ladder) -> str:
    """A ladder as a Mermaid flowchart; the same ladder always gives the same text."""
    rungs = [step for step, times in ladder.rungs("") for _ in range(times)]
    numbers = {step: iter(range(1, times + 1)) for step, times in ladder.rungs("")}
    names = [_rung(ladder, step, next(numbers[step])) for step in rungs]
    lines = ["flowchart LR", '    answer(["answer"])']
    below, last = "answer", "answer"
    for number, name in enumerate(names, start=1):
        said = _CLIMBS[ladder.climbs_from] if number == 1 else "new abuse"
        below, last = last, f"rung{number}"
        lines.append(f'    {below} -->|"{said}"| {last}["{name}"]')
    lines += [
        f'    {last} -->|"new abuse, and the main model agrees"| ending(["end"])',
        f'    {last} -.->|"{_clean(ladder)}: one step back"| {below}',
        '    risk["any sign of risk"] ==> care(["care: nobody is warned or ended"])',
    ]
    return "\n".join(lines)


def _rung(ladder: Ladder, step: Step, number: int) -> str:
    many = dict(ladder.rungs(""))[step] > 1
    return f"{_NAMES[step]} {number}" if many else _NAMES[step]


def _count(step: Step, times: int) -> str:
    return f"{times} {_NAMES[step]}" if times == 1 else f"{times} {_NAMES[step]}s"


def _before(ladder: Ladder, kind: str) -> str:
    return " and ".join(_count(step, times) for step, times in ladder.rungs(kind) if times)


def _climb(ladder: Ladder) -> str:
    said = _CLIMBS[ladder.climbs_from]
    return (
        f"After {_before(ladder, '')} that were delivered, new abuse ends the conversation, if the main model agrees; "
        f"only {said} counts."
    )


def _gravest(ladder: Ladder) -> str:
    if not ladder.gravest:
        return "No kind of concern needs fewer redirections than the others."
    kinds = " and ".join(kind.replace("_", " ") for kind in sorted(ladder.gravest))
    return f"For {kinds}, it is after {_before(ladder, min(ladder.gravest))}."


def _clean(ladder: Ladder) -> str:
    turns = "1 clean turn" if ladder.forgive_turns == 1 else f"{ladder.forgive_turns} clean turns"
    return f"{turns} or {spell(ladder.forgive_after)} without abuse"


def _forgiven(ladder: Ladder) -> str:
    return f"A step is forgiven after {_clean(ladder)}."


def _care(ladder: Ladder) -> str:
    level = ladder.care_for_good_from.name.lower()
    return (
        f"After a sign of risk nobody is warned or ended for {spell(ladder.care_window)}, and from the level "
        f'"{level}" on, for the rest of the thread. The whole card is shown again after '
        f"{spell(ladder.card_again_after)}, and moderators are called again after {spell(ladder.call_again_after)}."
    )


def _others(ladder: Ladder) -> str:
    many = {0: "No ending", 1: "At most 1 ending"}.get(ladder.endings_a_day, f"At most {ladder.endings_a_day} endings")
    return (
        f"If others took part within {spell(ladder.company_within)}, the thread goes on for them. "
        f"{many} a day in a space; moderators look at those beyond."
    )

"""A ladder and a space retold in words, as a moderator would say it; and a ladder drawn, for the README."""

from collections.abc import Iterator

from bot.boundary.ladder import Ladder
from bot.domain.assessment import Severity
from bot.domain.step import Step
from bot.settings.durations import spell
from bot.settings.model import Local, Settings

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


def of_space(settings: Settings, space: str) -> str:
    """What holds in a space ("discord:123") that has a table or a file, one sentence for each thing it settles."""
    here = settings.locals[space, ""]
    channels = [(channel, local) for (name, channel), local in settings.locals.items() if name == space and channel]
    told = [_named(here), _heard(here), _called(here), *_own(here, settings.everywhere)]
    told += [f"In channel {name} it speaks {local.language}, by {local.ladder.version}." for name, local in channels]
    return "\n".join(told)


def _named(here: Local) -> str:
    lines = (
        f"offers crisis services of {here.country}" if here.country else "asks for the country of whoever needs help"
    )
    return f'It is called "{here.name}", speaks {here.language}, goes by {here.ladder.version}, and {lines}.'


def _heard(here: Local) -> str:
    only = (
        f"only in {_channels(here.channels)}, elsewhere it reads for risk" if here.channels else "wherever it is asked"
    )
    posts = f" Every new post in {_channels(here.forums)} is for it." if here.forums else ""
    plain = " Where it can open no thread, it replies in the channel." if here.plain_replies else ""
    return f"It answers {only}.{posts}{plain}"


def _called(here: Local) -> str:
    where = f"are called in channel {here.moderators.channel}" if here.moderators else "have no channel to be called in"
    roles = f"who has the role {' or '.join(here.moderator_roles)} may review" if here.moderator_roles else ""
    return f"Moderators {where}; {roles or 'no role is named that may review'}."


def _own(here: Local, everywhere: Local) -> Iterator[str]:
    if here.persona != everywhere.persona:
        yield "It has a persona of its own."
    if here.streaming is not None:
        yield "It shows its answers while it writes them." if here.streaming else "It shows its answers whole."
    if here.wording:
        yield f"It has phrases of its own: {', '.join(path.name for path in here.wording)}."
    limits = everywhere.budget.model_dump()
    own = {what: most for what, most in here.budget.model_dump().items() if most != limits[what]}
    if own:
        yield f"It has a budget of its own: {', '.join(f'{what} {most}' for what, most in own.items())}."


def _channels(ids: tuple[str, ...]) -> str:
    return f"channel {ids[0]}" if len(ids) == 1 else f"channels {', '.join(ids)}"


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

"""What came of rehearsals, for machines: complete enough that two results can be held against each other."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from bot.domain.action import Say, Tell
from bot.domain.assessment import Reading
from bot.domain.usage import Usage
from bot.replay.passage import Broken, Passage
from bot.replay.rehearsal import Rehearsed, Result, Run

Table = dict[str, object]


@dataclass(frozen=True, slots=True)
class Terms:
    """Under which terms it was played: all that may make two results differ."""

    fairwell: str  # the version
    date: datetime
    main: str  # models
    reader: str  # "" offline
    prompts: str  # the version of texts and prompts
    used: Sequence[Usage]  # tokens, all runs together


def told(rehearsed: Sequence[Rehearsed], terms: Terms, *, texts: bool) -> Table:
    """The whole result, in what JSON has a form for. `texts`: with what was said, word for word."""
    return {
        "fairwell": terms.fairwell,
        "date": terms.date.isoformat(timespec="seconds"),
        "models": {"main": terms.main, "reader": terms.reader or None},
        "prompts": terms.prompts,
        "tokens": _tokens(terms.used),
        "passed": passed(rehearsed),
        "rehearsals": [_rehearsed(each, texts=texts) for each in rehearsed],
    }


def passed(rehearsed: Sequence[Rehearsed]) -> bool:
    """Whether all that was played passed, every time."""
    return all(each.result in {Result.PASSED, Result.NEEDS_A_MODEL} for each in rehearsed)


def _tokens(used: Sequence[Usage]) -> Mapping[str, Mapping[str, int]]:
    kinds = ("fresh", "cache_write", "cache_read", "output")
    return {
        model: {kind: sum(getattr(each, kind) for each in used if each.model == model) for kind in kinds}
        for model in sorted({each.model for each in used})
    }


def _rehearsed(rehearsed: Rehearsed, *, texts: bool) -> Table:
    dialog = rehearsed.dialog
    return {
        "name": dialog.name,
        "title": dialog.title,
        "profile": dialog.profile,
        "ladder": rehearsed.ladder,
        "result": rehearsed.result,
        "passed": rehearsed.count(Result.PASSED),
        "failed": rehearsed.count(Result.FAILED),
        "not_judged": rehearsed.count(Result.NOT_JUDGED),
        "runs": [_run(run, texts=texts) for run in rehearsed.runs],
    }


def _run(run: Run, *, texts: bool) -> Table:
    return {
        "result": run.result,
        "faults": run.faults,
        "broken": [_broken(each, texts=texts) for each in run.broken],
        "turns": [_turn(each, texts=texts) for each in run.passages],
    }


def _broken(broken: Broken, *, texts: bool) -> Table:
    return {key: value for key, value in asdict(broken).items() if key != "said" or (texts and value)}


def _turn(passage: Passage, *, texts: bool) -> Table:
    table: Table = {"turn": passage.number, "happens": passage.line.happens}
    if passage.line.waits is not None:
        return table
    table |= {"member": passage.member, "thread": passage.thread}
    if vetted := passage.vetted:
        decision = vetted.decision
        table |= {
            "step": decision.step,
            "reason": decision.reason,
            "scope": decision.scope,
            "concern": decision.concern,
            "confirmation": decision.confirmation,
            "readings": [_reading(each, texts=texts) for each in vetted.assessment.readings],
            "tools": vetted.calls,
        }
    table |= {
        "actions": [action.kind for action in passage.performed],
        "moderators": passage.calls,
        "marks": passage.marks,
    }
    if texts:
        spoken = [action.text for action in passage.performed if isinstance(action, Say | Tell)]
        table |= {"heard": passage.line.says or passage.line.text, "said": spoken}
    return table


def _reading(reading: Reading, *, texts: bool) -> Table:
    """What a reader saw; its own words, which may quote, only with `texts`."""
    risk = reading.risk
    table: Table = {
        "by": reading.by,
        "read": reading.read,
        "concerns": [
            {"kind": each.kind, "severity": each.severity.name.lower(), "sure": each.sure} for each in reading.concerns
        ],
        "risk": {"level": risk.level.name.lower(), "about": risk.about, "sure": risk.sure},
    }
    return table | {"why": reading.why} if texts or not reading.read else table

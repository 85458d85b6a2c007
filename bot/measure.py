"""What the wording reader catches and where it alarms falsely, on labelled sets that are not part of the project.

The sets are read from a directory beside the project when it is there (one JSON object per line: `text` or `turns`,
`labels`, `meta`); their text is people's words under other licences, so none of it is kept, printed or logged here.
"""

import json
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import sqrt
from pathlib import Path
from statistics import quantiles
from typing import Any

from rich.console import Console
from rich.table import Table

from bot.assess.by_wording import WordingReader, load
from bot.domain.assessment import Level, Reading

Message = Mapping[str, Any]  # one line of a set, as its authors wrote it
Test = Callable[[Reading], bool]

_95_PERCENT = 1.959964  # standard deviations to either side
_WARM_UP = 500  # messages read before the clock starts: the matcher learns its steps as it goes
_TIMED = 2_000  # messages per length

# What other readers reached, for comparison: measured on 2026-11-20 on the held-out parts of the same sets, on two
# cores under Python 3.11. Recall is on C-SSRS posts of severity >= 2 and >= 4; chat is 25,000 lines; look-alikes are
# the safe half of XSTest.
BASELINES = (
    # reader, recall >= 2, >= 4, crisis recall / false alarms, chat, look-alikes, time
    ("61 patterns written in 10 minutes", ".71", ".59", ".53 / .03", ".05 %", ".4 %", "55-80 us"),
    ("folding and 163 patterns", ".88", ".85", ".79 / .08", ".26 %", "1.2 %", "470 us"),
    ("n-gram logistic regression, 131 KB", ".90", ".86", ".59 / .46", ".30 %", ".4 %", "74 us"),
    ("list or n-gram", ".95", ".95", ".88 / .50", ".53 %", "-", "-"),
    ("targets for this reader", ">= .92", ">= .92", ">= .88 / <= .08", "<= .3 %", "<= 1.2 %", "p95 of 500 <= 1000 us"),
)


@dataclass(frozen=True, slots=True)
class Share:
    """How many of a set's messages a test is true for, with its 95 % interval (Wilson, 1927)."""

    of_set: str
    what: str
    how: str  # "sure", or "sure or possible"
    found: int
    of: int

    @property
    def rate(self) -> float:
        return self.found / self.of if self.of else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        return wilson(self.found, self.of)


@dataclass(frozen=True, slots=True)
class Times:
    """Microseconds to read one message."""

    of_set: str
    median: float
    p95: float
    p99: float


def wilson(found: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share by Wilson's method; (0, 1) if nothing was counted."""
    if of == 0:
        return 0.0, 1.0
    z, share = _95_PERCENT, found / of
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    reach = z * sqrt(share * (1 - share) / of + z * z / (4 * of * of)) / (1 + z * z / of)
    return max(0.0, middle - reach), min(1.0, middle + reach)


def main(dev: Path, config: Path, as_json: bool) -> int:
    """
    Measure the wording reader of `config`/wording on the sets in `dev` and print what came out.

    Returns 0, also when there are no sets: then it says so and measures nothing. Raises ConfigError if the phrases
    cannot be read.
    """
    if not any(dev.glob("*.jsonl")):
        sys.stdout.write(f"no labelled sets in {dev}: nothing measured\n")
        return 0
    reader = WordingReader(load(config / "wording"))
    shares = measured(reader, dev)
    times = timed(reader, dev)
    if as_json:
        lines = [
            asdict(share) | {"rate": share.rate, "low": share.interval[0], "high": share.interval[1]}
            for share in shares
        ]
        json.dump({"shares": lines, "microseconds": [asdict(row) for row in times]}, sys.stdout, indent=1)
        sys.stdout.write("\n")
    else:
        _print(shares, times)
    return 0


def measured(reader: WordingReader, dev: Path) -> list[Share]:
    """Every share for every set that is there."""
    shares: list[Share] = []
    for name, share_out in _SETS.items():
        messages = _messages(dev / f"{name}.jsonl")
        if messages:
            shares += share_out(name, [(message, reader.read(_text(message))) for message in messages])
    return shares


def timed(reader: WordingReader, dev: Path) -> list[Times]:
    """Microseconds per message: chat lines as they are, long texts cut to 500 and 10,000 characters."""
    lines = [_text(message) for message in _messages(dev / "ubuntu_irc.jsonl")]
    prose = " ".join(_text(message) for message in _messages(dev / "counselchat_q.jsonl"))
    pieces = {
        "short chat": lines,
        "500 characters": [prose[at : at + 500] for at in range(0, len(prose), 500)],
        "10,000 characters": [prose[at : at + 10_000] for at in range(0, len(prose), 10_000)],
    }
    return [_times(reader, name, texts) for name, texts in pieces.items() if len(texts) > 1]


def _times(reader: WordingReader, name: str, texts: Sequence[str]) -> Times:
    for text in texts[:_WARM_UP]:
        reader.read(text)
    taken = []
    for text in texts[-_TIMED:]:
        start = time.perf_counter()
        reader.read(text)
        taken.append((time.perf_counter() - start) * 1e6)
    cuts = quantiles(taken, n=100, method="inclusive")
    return Times(name, cuts[49], cuts[94], cuts[98])


def _messages(path: Path) -> list[Message]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []


def _text(message: Message) -> str:
    return str(message["text"] if "text" in message else message["turns"][-1]["content"])


Read = tuple[Message, Reading]


def _risk(reading: Reading) -> bool:
    return reading.risk.level >= Level.PASSIVE


def _sure_risk(reading: Reading) -> bool:
    return reading.risk.calls_for_care


def _concern(reading: Reading) -> bool:
    return bool(reading.concerns)


def _sure_concern(reading: Reading) -> bool:
    return any(concern.sure for concern in reading.concerns)


_RISK: dict[str, Test] = {"sure": _sure_risk, "sure or possible": _risk}
_ABUSE: dict[str, Test] = {"sure": _sure_concern, "sure or possible": _concern}


def _count(name: str, what: str, reads: Iterable[Read], tests: Mapping[str, Test]) -> list[Share]:
    readings = [reading for _, reading in reads]
    return [Share(name, what, how, sum(map(test, readings)), len(readings)) for how, test in tests.items()]


def _cssrs(name: str, reads: Sequence[Read]) -> list[Share]:
    severe = {lowest: [read for read in reads if read[0]["labels"]["severity"] >= lowest] for lowest in (2, 4)}
    none = [read for read in reads if read[0]["labels"]["severity"] == 0]
    return [
        *(
            share
            for lowest, some in severe.items()
            for share in _count(name, f"recall, severity >= {lowest}", some, _RISK)
        ),
        *_count(name, "fired, severity 0", none, _RISK),
    ]


def _challenge(name: str, reads: Sequence[Read]) -> list[Share]:
    shares: list[Share] = []
    for kind in sorted({message["meta"]["class"] for message, _ in reads}):
        some = [read for read in reads if read[0]["meta"]["class"] == kind]
        labels = some[0][0]["labels"]
        if labels.get("self_harm_risk") or labels.get("harm_others_risk"):
            shares += _count(name, f"{kind}: risk recall", some, _RISK)
        elif labels.get("abuse_bot"):
            shares += _count(name, f"{kind}: abuse recall", some, _ABUSE)
        else:
            shares += _count(name, f"{kind}: false alarm of risk", some, _RISK)
            shares += _count(name, f"{kind}: false alarm of abuse", some, _ABUSE)
    return shares


def _chat(name: str, reads: Sequence[Read]) -> list[Share]:
    return [
        *_count(name, "false alarm of risk", reads, _RISK),
        *_count(name, "false alarm of abuse", reads, _ABUSE),
    ]


def _distress(name: str, reads: Sequence[Read]) -> list[Share]:
    return _count(name, "fired on distress without stated risk", reads, _RISK)


def _abuse(name: str, reads: Sequence[Read]) -> list[Share]:
    shares: list[Share] = []
    for how, test in _ABUSE.items():
        found = [bool(message["labels"]["abuse_bot"]) for message, reading in reads if test(reading)]
        abusive = sum(1 for message, _ in reads if message["labels"]["abuse_bot"])
        shares += [
            Share(name, "recall", how, sum(found), abusive),
            Share(name, "precision", how, sum(found), len(found)),
            # F1 is the share 2 TP of 2 TP + FP + FN; its interval is only an indication
            Share(name, "F1", how, 2 * sum(found), len(found) + abusive),
        ]
    return shares


def _hate(name: str, reads: Sequence[Read]) -> list[Share]:
    hateful = [read for read in reads if read[0]["labels"]["abuse"]]
    shares = _count(name, "hate asked about", hateful, _ABUSE)
    benign = sorted({m["meta"]["functionality"] for m, _ in reads if not m["labels"]["abuse"]})
    for kind in benign:
        some = [read for read in reads if read[0]["meta"]["functionality"] == kind and not read[0]["labels"]["abuse"]]
        shares += _count(name, f"{kind}: false alarm", some, _ABUSE)
    return shares


_SETS: dict[str, Callable[[str, Sequence[Read]], list[Share]]] = {
    "cssrs_rsw1170": _cssrs,
    "counselchat_q": _distress,
    "ubuntu_irc": _chat,
    "authored_challenge": _challenge,
    "convabuse": _abuse,
    "hatecheck": _hate,
}


def _print(shares: Sequence[Share], times: Sequence[Times]) -> None:
    console = Console()
    found = Table("set", "what", *_RISK, title="The wording reader on labelled sets: share (95 % interval) count")
    rows: dict[tuple[str, str], dict[str, str]] = {}
    for share in shares:
        low, high = share.interval
        cell = f"{share.rate:.3f} ({low:.3f}-{high:.3f}) {share.found}/{share.of}"
        rows.setdefault((share.of_set, share.what), {})[share.how] = cell
    for (of_set, what), cells in rows.items():
        found.add_row(of_set, what, *(cells.get(how, "") for how in _RISK))
    console.print(found)
    spent = Table("message", "median", "p95", "p99", title="Microseconds per message")
    for row in times:
        spent.add_row(row.of_set, f"{row.median:.0f}", f"{row.p95:.0f}", f"{row.p99:.0f}")
    console.print(spent)
    columns = ("reader", "recall >= 2", "recall >= 4", "crisis recall / false", "chat", "look-alikes", "time")
    others = Table(*columns, title="For comparison (measured 2026-11-20, held-out parts)")
    for baseline in BASELINES:
        others.add_row(*baseline)
    console.print(others)

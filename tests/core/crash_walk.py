"""Kills a bot at every step it takes, starts it again, and looks whether anything was lost or done twice (rule 12).

Run as `python -m tests.core.crash_walk [<stride> [<scenario> ...]]`: a process of its own, because it forks, and a
process that forks must have no threads. For every n, a child plays the scenario on a store and a platform of its own
and is killed by SIGKILL right before its n-th step; a second child starts on what is left, finishes what it finds,
hears everything from the platform once more, and compares with a run in which nobody was killed. Ends when the
scenario ends before its n-th step.

Two kinds of step are walked: the callbacks of the event loop, of which there is one at least for every await, and the
statements of the thread that writes.
"""

import asyncio
import gc
import json
import os
import shutil
import signal
import sqlite3
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from contextvars import Context
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from bot.core import Bot
from bot.domain.action import Action, CallModerators, Say, Tell
from bot.domain.event import Event, Said
from bot.domain.step import Step
from bot.evidence import ending_id
from bot.store import connections
from bot.store.codec import Codec
from bot.store.sqlite import SqliteStore
from bot.store.writer import Writer
from tests.core.cases import (
    ANN,
    BEN,
    EXPLICIT,
    INSULT,
    TALK,
    adjusted,
    appealed,
    branched,
    edited,
    judged,
    made,
    said,
)
from tests.fakes.clock import SetClock
from tests.fakes.models import ScriptedReader, ScriptedVoice
from tests.fakes.platforms import FileBoard

CODEC = Codec()
QUICK = adjusted(redirections=1)  # a shorter ladder: redirect, warn, end
BRANCH = "board:branch"

Moments = tuple[tuple[Event, ...], ...]  # what is reported at once, and then what is reported when all is settled
Outcome = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Scenario:
    """What happens before, and what happens while the bot is killed."""

    moments: Moments
    before: Moments = ()
    refuses: frozenset[str] = frozenset()  # kinds of action that the platform does not do
    racing: bool = False  # more than one right outcome: the rules are looked at, not the run without a kill


def abuse(number: int) -> Said:
    return said(number, f"abuse {number}")


ENDED: Moments = ((abuse(1),), (abuse(2),), (abuse(3),))
SCENARIOS = {
    "answer": Scenario(((said(1, "hello"),), (said(2, "and again"), said(3, "hello from me", member=BEN)))),
    "ladder": Scenario(ENDED),
    "crisis": Scenario(((said(1, EXPLICIT),),)),
    "crisis in an appeal": Scenario(((appealed(4, EXPLICIT),),), before=ENDED),
    "crisis while a warning is on its way": Scenario(
        ((abuse(2), said(3, EXPLICIT)), (said(4, "thank you"),)), before=ENDED[:1], racing=True
    ),
    "branch": Scenario(
        (
            (edited(4, "m3", "a kinder question"),),
            (branched(5, "e4/0", BRANCH),),
            (said(6, "so?", conversation=BRANCH),),
        ),
        before=ENDED,
    ),
    "overturn": Scenario(
        ((appealed(4),), (judged(5, ending_id("e3"), upheld=False),), (said(6, "thank you"),)), before=ENDED
    ),
    "refusal": Scenario(
        (*ENDED[2:], (judged(4, ending_id("e3"), upheld=False),)),
        before=ENDED[:2],
        refuses=frozenset({"close_thread", "reopen_thread", "ask_feedback"}),
    ),
}


class Death:
    """Comes right before the n-th step of its kind."""

    def __init__(self, kind: str, before: int) -> None:
        self._kind = kind
        self._left = before

    def step(self, kind: str) -> None:
        if kind == self._kind:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


class CountingLoop(asyncio.SelectorEventLoop):
    """An event loop in which every callback is a step."""

    def __init__(self, death: Death) -> None:
        super().__init__()
        self._death = death

    def call_soon(  # type: ignore[override]  # typeshed spells the arguments out
        self, callback: Callable[..., Any], *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        return super().call_soon(self._counted(callback), *args, context=context)

    def call_soon_threadsafe(  # type: ignore[override]
        self, callback: Callable[..., Any], *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        return super().call_soon_threadsafe(self._counted(callback), *args, context=context)

    def _counted(self, callback: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any) -> None:
            self._death.step("callback")
            callback(*args)

        return counted


class DyingStore(SqliteStore):
    """A store in whose writing thread every statement is a step."""

    def __init__(self, path: Path, patience: float, death: Death) -> None:
        super().__init__(path, patience)

        def connected() -> sqlite3.Connection:
            connection = connections.for_writing(path, patience)
            connection.set_trace_callback(lambda _: death.step("statement"))
            return connection

        self._writer = Writer("store-writer", path, connected)

    @classmethod
    async def opened(cls, path: Path, death: Death) -> "DyingStore":
        store = cls(connections.prepared(path), connections.PATIENCE, death)
        store._lock.acquire()
        await store._writer.start()
        await store._reader.start()
        return store


class World:
    """What survives a kill, in a directory: the database, the platform, and what that was told it may forget."""

    def __init__(self, directory: Path, scenario: Scenario) -> None:
        self.database, self._acknowledged = directory / "fairwell.db", directory / "acknowledged"
        self.clock = SetClock()
        self.board = FileBoard(directory / "board", self.clock, CODEC)
        self.board.refuses = scenario.refuses

    @property
    def acknowledged(self) -> list[str]:
        return self._acknowledged.read_text().split() if self._acknowledged.exists() else []

    async def play(self, bot: Bot, moments: Moments) -> list[str]:
        """Report everything; the bot settles in between. Returns what was new to it."""
        new: list[str] = []
        for moment in moments:
            for event in moment:
                self.clock.at = max(self.clock.at, event.at)
                if await bot.receive(event):
                    new.append(event.key)
                with self._acknowledged.open("a") as file:
                    file.write(event.key + "\n")
            await bot.settled()
        return new

    def bot(self, store: SqliteStore, begins: str) -> Bot:
        voice, reader = ScriptedVoice(), ScriptedReader()
        voice.begins = begins
        reader.readings = {f"abuse {number}": INSULT for number in range(10)}
        return made(store, {"board": self.board}, self.clock, voice=voice, reader=reader, config=QUICK)


async def plain(directory: Path, scenario: Scenario, moments: Moments) -> None:
    """Play some of it through."""
    world = World(directory, scenario)
    store = await SqliteStore.open(world.database, exclusive=True)
    await world.play(world.bot(store, "answer to "), moments)
    await store.close()


async def doomed(directory: Path, scenario: Scenario, death: Death) -> None:
    """Play it until death comes."""
    world = World(directory, scenario)
    store = await DyingStore.opened(world.database, death)
    await world.play(world.bot(store, "answer to "), scenario.moments)
    await store.close()


async def survived(directory: Path, scenario: Scenario) -> Outcome:
    """Start on what is left, finish it, hear everything again. Returns what came of it all."""
    world = World(directory, scenario)
    kept, heard = stored(world.database), world.acknowledged
    before = [event.at for moment in (*scenario.before, *scenario.moments) for event in moment if event.key in heard]
    world.clock.at = max([world.clock.at, *before])
    store = await SqliteStore.open(world.database, exclusive=True)
    bot = world.bot(store, "another answer to ")
    await bot.resume()
    await bot.settled()
    assert not await store.open_conversations(), "something was left open"
    new = await world.play(bot, scenario.moments)
    lost = set(new) & set(heard)
    assert not lost, f"{lost} was acknowledged, and lost"
    assert not await store.open_conversations()
    assert not await store.parked()
    outcome = await outcome_of(store, world)
    await store.close()
    finally_kept, done = stored(world.database), dict(performed(world))
    for action, body in kept.items():
        assert finally_kept[action] == body, f"{action} was stored with another text before"
    became = {action: state for action, _, state in actions(world.database)}
    waiting = {action for action, state in became.items() if state not in {"delivered", "refused", "cancelled"}}
    assert not waiting, f"{waiting} was never performed"
    assert done == {action: body for action, body in finally_kept.items() if became[action] == "delivered"}
    refused = {action for action, state in became.items() if state == "refused"}
    assert refused == {each for each, body in finally_kept.items() if CODEC.action(body).kind in scenario.refuses}
    return outcome


def actions(database: Path) -> list[tuple[str, str, str]]:
    """Every stored action: id, body, what became of it."""
    if not database.exists():
        return []
    with sqlite3.connect(database) as connection:
        found = connection.execute("select id, body, state from action order by seq").fetchall()
    connection.close()
    return [(str(action), str(body), str(state)) for action, body, state in found]


def stored(database: Path) -> dict[str, str]:
    """The body of every stored action."""
    return {action: body for action, body, _ in actions(database)}


def performed(world: World) -> list[tuple[str, str]]:
    """Every action that was performed, with its body, in order; each once."""
    done = world.board.performed()
    twice = {action: count for action, count in Counter(each.id for _, each in done).items() if count > 1}
    assert not twice, f"performed more than once: {twice}"
    return [(each.id, CODEC.of_action(each)) for _, each in done]


async def outcome_of(store: SqliteStore, world: World) -> Outcome:
    """What a moderator would see afterwards. Times are left out, and which of the two bots wrote an answer."""
    done = world.board.performed()
    posted = {receipt.action: receipt.at for receipt, _ in done}
    outcome: Outcome = {"board": [[each.id, each.kind, told(each)] for _, each in done]}
    for conversation in (TALK, BRANCH):
        turns = await store.turns(conversation)
        keys = {each.turn.number: each.turn.message.replace("m", "e") for each in turns}
        outcome[f"turns of {conversation}"] = [
            [each.turn.number, each.turn.text, each.turn.reply, each.decision.step, each.decision.reason]
            for each in turns
        ]
        for member, standing in await store.standings(conversation):
            for mark in standing.marks:
                assert mark.at == posted[f"{keys[mark.turn]}/0"], "a mark has another time than its message"
            outcome[f"{member} in {conversation}"] = asdict(standing) | {
                "marks": [[mark.step, mark.turn] for mark in standing.marks],
                "last_abuse": standing.last_abuse is not None,
                "care_until": standing.care_until is not None,
                "card_at": standing.card_at is not None,
                "called_at": standing.called_at is not None,
            }
        ending = await store.latest_ending(conversation)
        if ending is not None:
            outcome[f"ending of {conversation}"] = asdict(ending) | {"at": None}
    comparable: Outcome = json.loads(json.dumps(outcome, default=str).replace("another answer to ", "answer to "))
    return comparable


def told(action: Action) -> str:
    return action.text if isinstance(action, Say | Tell | CallModerators) else ""


def risk_came_first(outcome: Outcome) -> None:
    """Whatever was killed when: one card, no warning after it, and nothing of a warning is left."""
    done = [action for action, _, _ in outcome["board"]]
    cards = [action for action in done if action in {"e3/care0", "e3/0"}]
    turns = {number: (step, reason) for number, _, _, step, reason in outcome[f"turns of {TALK}"]}
    assert turns[3][0] == Step.CARE
    assert done.count("e3/care0") == 1, f"no card ahead: {done}"
    assert "e2/0" not in done[done.index(cards[0]) :] or turns[2][0] != Step.WARN, f"warned after the card: {done}"
    standing = outcome[f"{ANN.id} in {TALK}"]
    assert standing["marks"] == [[Step.REDIRECT, 1]]
    assert standing["pending"] is None
    assert standing["care_until"]


# Children.


def in_child(work: Callable[[], Coroutine[Any, Any, object]], death: Death, told_to: Path) -> bool:
    """Run `work` in a child. False: it was killed, as it should be. What it raises or returns stands in `told_to`."""
    child = os.fork()
    if child == 0:
        try:
            with asyncio.Runner(loop_factory=lambda: CountingLoop(death)) as runner:
                result = runner.run(work())
            told_to.write_text(json.dumps({"result": result}))
        except BaseException:
            told_to.write_text(json.dumps({"fault": traceback.format_exc()}))
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return not (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL)


def result_of(work: Callable[[], Coroutine[Any, Any, object]], told_to: Path) -> Any:
    """What `work` returns in a child that nobody kills. Raises AssertionError with what it raised."""
    told_to.unlink(missing_ok=True)
    in_child(work, Death("never", 0), told_to)
    told = json.loads(told_to.read_text())
    assert "fault" not in told, told["fault"]
    return told["result"]


def walk(scenario: Scenario, kind: str, start: int, stride: int, directory: Path) -> tuple[int, list[str]]:
    """Walk a scenario. Returns how many kills there were, and what was found."""
    told_to, template, baseline, place = (directory / name for name in ("told", "before", "baseline", "place"))
    template.mkdir()
    result_of(lambda: plain(template, scenario, scenario.before), told_to)
    shutil.copytree(template, baseline)
    result_of(lambda: plain(baseline, scenario, scenario.moments), told_to)
    expected = result_of(lambda: survived(baseline, scenario), told_to)
    kills, found, step = 0, list[str](), start
    while True:
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(template, place)
        death = Death(kind, step)
        if in_child(partial(doomed, place, scenario, death), death, told_to):
            return kills, found
        kills += 1
        try:
            outcome = result_of(lambda: survived(place, scenario), told_to)
            if scenario.racing:
                risk_came_first(outcome)
            else:
                assert outcome == expected, difference(expected, outcome)
        except AssertionError as fault:
            found.append(f"killed before {kind} {step}: {fault}")
        step += stride


def difference(expected: Outcome, outcome: Outcome) -> str:
    return "\n".join(
        f"{key}\n  expected {expected.get(key)}\n  found    {outcome.get(key)}"
        for key in sorted(expected.keys() | outcome.keys())
        if expected.get(key) != outcome.get(key)
    )


def main(arguments: Sequence[str]) -> int:
    stride, names = int(arguments[0]) if arguments else 1, arguments[1:] or tuple(SCENARIOS)
    gc.freeze()  # so that a child's garbage collection copies nothing of its parent's
    faults: list[str] = []
    for name in names:
        for kind in ("callback", "statement"):
            with tempfile.TemporaryDirectory() as directory:
                kills, found = walk(SCENARIOS[name], kind, 1, stride, Path(directory))
            sys.stdout.write(f"{name}: {kills} kills before a {kind}, {len(found)} faults\n")
            faults += [f"{name}, {fault}" for fault in found]
    sys.stdout.write("\n".join(faults[:3]))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Whole conversations as data: what a dialog file may say (Dialog, Line), and what plays one (play).

A dialog is written the way a moderator would retell a conversation: who said what, what the reading model saw in it,
and what the bot did about it. What a line does not speak of is not checked. tests/dialogs/README.md tells the words.
"""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, get_args

from bot.configuration import Configuration
from bot.core import Bot
from bot.domain.action import Action, CallModerators, OfferBranch, Receipt, Say, Tell
from bot.domain.assessment import NO_RISK, About, Concern, Level, Reading, Risk, Severity
from bot.domain.conversation import Place
from bot.domain.record import Vetted
from bot.errors import LLMError, PlatformError
from bot.llm.offline import OfflineLLM
from bot.ports import Platform
from bot.settings import Local
from bot.settings.durations import parse
from bot.store.sqlite import SqliteStore
from tests.fakes.clock import SetClock
from tests.fakes.models import ScriptedReader, ScriptedVoice
from tests.stages import Deed, Stage

Outage = Literal["reader", "voice", "platform"]

DEEDS = ("says", "edits", "deletes", "rates", "appeals", "judged", "branches", "chooses")
CIRCUMSTANCES = ("waits", "restart", "outage", "over", "confirms", "loses")
READ = ("reads", "risk", "asks_to_end", "affirms", "country", "language")


@dataclass(frozen=True, kw_only=True)
class Line:
    """One [[turn]]: one thing that happens, and what is expected to follow."""

    # Who, and where: "" = as on the line before.
    member: str = ""
    thread: str = ""

    # What happens: exactly one of these.
    says: str | None = None
    edits: int | None = None  # the turn whose message is changed
    deletes: int | None = None
    rates: str | None = None  # "fair", "unfair", or "" to take it back
    appeals: str | None = None  # the words of the appeal
    judged: str | None = None  # "upheld", "overturned"
    branches: str | None = None  # the new thread's name
    chooses: str | None = None  # "language de", "country CA"
    waits: str | None = None  # "25 h"
    restart: bool | None = None
    outage: Outage | None = None  # from here on
    over: Outage | None = None  # an outage ends
    confirms: bool | None = None  # whether the main model confirms endings from here on
    loses: int | None = None  # of that many next actions the platform's reply is lost, though they were performed

    # How a message comes.
    text: str = ""  # what `edits` makes of it
    times: int = 1  # repeated that often
    late: str = ""  # written that long ago
    to_bot: bool = True  # False: to somebody else in the thread

    # What the reading model sees in it.
    reads: tuple[str, ...] = ()  # "insult:serious", "insult:serious?" (unsure), "unread"
    risk: str = ""  # "active:self", "passive:other?"
    asks_to_end: bool = False
    affirms: bool | None = None
    country: str | None = None
    language: str | None = None

    # What is expected.
    step: str | None = None
    reason: str | None = None
    scope: str | None = None
    actions: tuple[str, ...] | None = None  # kinds, in order
    hears: tuple[str, ...] = ()  # words in what is said to all
    told: tuple[str, ...] = ()  # words in what is said to one member alone
    never: tuple[str, ...] = ()  # words in neither
    calls: str | None = None  # the matter moderators are called for; "" = they are not
    marks: tuple[str, ...] | None = None  # what counts for the member afterwards, oldest first
    ending: str | None = None  # where the thread's latest ending is: "standing", "appealed", …; "" = there is none
    votes: tuple[str, ...] | None = None  # the current ones on it, in any order


@dataclass(frozen=True, kw_only=True)
class Dialog:
    """A dialog file."""

    name: str
    title: str
    profile: str  # "claude": readings as written; "offline": the wording reader alone reads the real words
    lines: tuple[Line, ...]
    public: bool = False  # others read along
    ladder: str = "default"
    endings_a_day: int | None = None  # instead of the ladder's
    country: str = ""  # the space's


def load(path: Path) -> Dialog:
    """Read a dialog. Raises ValueError, naming the file, for anything it does not know: a typo must not pass a test."""
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    lines = tuple(_line(f"{path.name}, turn {number}", row) for number, row in enumerate(table.pop("turn"), start=1))
    _known(path.name, Dialog, table, {"name", "lines"})
    if table["profile"] not in {"claude", "offline"}:
        raise ValueError(f"{path.name}: profile is claude or offline")
    dialog = Dialog(name=f"{path.parent.name}/{path.stem}", lines=lines, **table)
    scripted = [line for line in lines if any(getattr(line, key) for key in READ)]
    if dialog.profile == "offline" and scripted:
        raise ValueError(f"{path.name}: offline the real words are read, so no readings can be written")
    return dialog


def _line(where: str, row: dict[str, Any]) -> Line:
    _known(where, Line, row, set())
    told: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
    line = Line(**told)
    happens = [key for key in (*DEEDS, *CIRCUMSTANCES) if getattr(line, key) is not None]
    if len(happens) != 1:
        raise ValueError(f"{where}: one thing happens, not {happens}")
    for outage in (line.outage, line.over):
        if outage not in {None, *get_args(Outage)}:
            raise ValueError(f"{where}: no outage of {outage}")
    return line


def _known(where: str, kind: type[Line] | type[Dialog], row: dict[str, Any], but: set[str]) -> None:
    if unknown := row.keys() - {each.name for each in fields(kind)} | row.keys() & but:
        raise ValueError(f"{where}: unknown {sorted(unknown)}")


class Recorded:
    """A platform as it is, with a record of what was performed there; it fails, or loses replies, when told to."""

    def __init__(self, platform: Platform) -> None:
        self.name = platform.name
        self._platform = platform
        self.performed: list[Action] = []
        self.down = False
        self.loses = 0

    async def perform(self, action: Action) -> Receipt:
        """Let the platform do it."""
        if self.down:
            raise PlatformError("told to fail")
        assert action.id not in {each.id for each in self.performed}, f"{action.id} was performed twice (rule 12)"
        receipt = await self._platform.perform(action)
        self.performed.append(action)
        if self.loses:
            self.loses -= 1
            raise PlatformError("the reply was lost")
        return receipt

    async def find(self, action: Action) -> Receipt | None:
        """Let the platform look."""
        if self.down:
            raise PlatformError("told to fail")
        return await self._platform.find(action)

    async def preview(self, action: str, place: Place, conversation: str, text: str) -> None:
        """Let the platform show it."""
        await self._platform.preview(action, place, conversation, text)


async def play(dialog: Dialog, stage: Stage, clock: SetClock, configuration: Configuration, database: Path) -> None:
    """Play a dialog on a stage, with the real core and the real store. Raises AssertionError, naming the turn."""
    playing = _Playing(dialog, stage, clock, _adjusted(configuration, dialog), database)
    await playing.start()
    try:
        for number, line in enumerate(dialog.lines, start=1):
            try:
                await playing.line(line)
            except AssertionError as fault:
                told = {key: getattr(line, key) for key in (*DEEDS, *CIRCUMSTANCES) if getattr(line, key) is not None}
                raise AssertionError(f"{dialog.name}, turn {number} ({line.says or told}): {fault}") from fault
    finally:
        await playing.stop()


def _adjusted(configuration: Configuration, dialog: Dialog) -> Configuration:
    settings = configuration.settings
    ladder = settings.ladders[dialog.ladder]
    if dialog.endings_a_day is not None:
        ladder = replace(ladder, endings_a_day=dialog.endings_a_day)
    everywhere: Local = replace(settings.everywhere, ladder=ladder, country=dialog.country)
    return replace(configuration, settings=replace(settings, everywhere=everywhere))


class _Playing:
    """A dialog that is being played."""

    def __init__(
        self, dialog: Dialog, stage: Stage, clock: SetClock, configuration: Configuration, database: Path
    ) -> None:
        self._dialog, self._stage, self._clock = dialog, stage, clock
        self._configuration, self._database = configuration, database
        self._platform = Recorded(stage.platform)
        self._voice, self._reader = ScriptedVoice(), ScriptedReader()
        self._reader_down = False
        self._member, self._thread = "", "first"

    async def start(self) -> None:
        self._store = await SqliteStore.open(self._database, exclusive=True)
        offline = self._dialog.profile == "offline"
        bot = Bot(
            store=self._store,
            voice=OfflineLLM(self._configuration.wording.stand_in) if offline else self._voice,
            reader=None if offline else self._reader,
            configuration=lambda: self._configuration,
            platforms={self._platform.name: self._platform},
            clock=self._clock,
            sleep=self._sleep,
        )
        self._bot = bot
        await self._stage.begin(bot)

    async def stop(self) -> None:
        await self._bot.stop(5)
        await self._store.close()

    async def line(self, line: Line) -> None:
        """Let it happen, and look whether what follows is as expected."""
        self._member, self._thread = line.member or self._member, line.branches or line.thread or self._thread
        before = len(self._platform.performed)
        turns = await self._turns()
        if not await self._circumstance(line):
            said = (line.says if line.says is not None else line.text) * line.times
            self._reader.readings = {said or self._offered(): self._reading(line)}
            await self._stage.act(self._deed(line, said))
        await self._check(line, self._platform.performed[before:])
        after = await self._turns()
        if line.says is not None or line.branches:
            assert len(after) == len(turns) + 1, "the message became no turn"
            _check_turn(line, after[-1])

    async def _circumstance(self, line: Line) -> bool:
        """What happens without anybody doing it. False: somebody does something."""
        if line.waits is not None:
            self._clock.wait(parse(line.waits))
        elif line.restart is not None:
            await self.stop()
            await self.start()
        elif line.confirms is not None:
            self._voice.confirms = line.confirms
        elif line.loses is not None:
            self._platform.loses = line.loses
        elif outage := line.outage or line.over:
            down = line.outage is not None
            self._reader_down = down if outage == "reader" else self._reader_down
            self._voice.fails = down if outage == "voice" else self._voice.fails
            self._platform.down = down if outage == "platform" else self._platform.down
            if not down:
                await self._bot.resume()
                await self._bot.settled()
        else:
            return False
        return True

    async def _sleep(self, seconds: float) -> None:
        self._clock.wait(timedelta(seconds=seconds))

    def _deed(self, line: Line, said: str) -> Deed:
        late = parse(line.late) if line.late else timedelta(0)
        kind = next(key for key in DEEDS if getattr(line, key) is not None)
        return Deed(
            kind=kind,
            member=self._member,
            thread=self._thread,
            at=self._clock() - late,
            public=self._dialog.public,
            text=said if kind in {"says", "edits"} else str(getattr(line, kind)),
            turn=line.edits or line.deletes or 0,
            to_bot=line.to_bot,
        )

    def _offered(self) -> str:
        """The words with which a branch begins, if there is one to take."""
        offers = [action.words for action in self._platform.performed if isinstance(action, OfferBranch)]
        return offers[-1] if offers else ""

    def _reading(self, line: Line) -> Reading | LLMError:
        if self._reader_down or "unread" in line.reads:
            return LLMError("told to fail")
        return Reading(
            by=self._reader.name,
            concerns=tuple(_concern(each) for each in line.reads),
            risk=_risk(line.risk) if line.risk else NO_RISK,
            asks_to_end=line.asks_to_end,
            affirms=line.affirms,
            country=line.country,
            language=line.language,
        )

    async def _turns(self) -> Sequence[Vetted]:
        return await self._store.turns(self._stage.conversation(self._thread), 10_000)

    async def _check(self, line: Line, performed: Sequence[Action]) -> None:
        """What was performed, and what is kept."""
        said = "\n".join(action.text for action in performed if isinstance(action, Say | OfferBranch))
        told = "\n".join(action.text for action in performed if isinstance(action, Tell))
        if line.actions is not None:
            assert [action.kind for action in performed] == list(line.actions), said or "nothing was said"
        for words in line.hears:
            assert words in said, f"{words!r} is not in {said!r}"
        for words in line.told:
            assert words in told, f"{words!r} is not in {told!r}"
        for words in line.never:
            assert words not in said + told, f"{words!r} is in {said + told!r}"
        if line.calls is not None:
            matters = [action.matter.value for action in performed if isinstance(action, CallModerators)]
            assert matters == ([line.calls] if line.calls else []), "moderators are called otherwise"
        conversation = self._stage.conversation(self._thread)
        if line.marks is not None:
            standing = dict(await self._store.standings(conversation)).get(self._stage.id_of(self._member))
            marks = [mark.step.value for mark in standing.marks] if standing else []
            assert marks == list(line.marks), "something else counts for this member"
        latest = await self._store.latest_ending(conversation)
        if line.ending is not None:
            state = latest.state.value if latest else "none"
            assert state == (line.ending or "none"), f"the ending is {state}"
        if line.votes is not None:
            assert latest is not None, "there is no ending to vote on"
            transcript = await self._store.ending(latest.id)
            assert transcript is not None
            votes = sorted(vote for _, vote, _ in transcript.votes)
            assert votes == sorted(line.votes), f"the votes are {votes}"


def _check_turn(line: Line, vetted: Vetted) -> None:
    """What was decided."""
    decision = vetted.decision
    why = f"{decision.step} ({decision.reason}); " + "; ".join(str(each) for each in vetted.assessment.readings)
    if line.step is not None:
        assert decision.step == line.step, why
    if line.reason is not None:
        assert decision.reason == line.reason, why
    if line.scope is not None:
        assert decision.scope == line.scope, why


def _concern(written: str) -> Concern:
    kind, _, severity = written.removesuffix("?").partition(":")
    return Concern(kind, Severity[severity.upper()], sure=not written.endswith("?"), words="as read")


def _risk(written: str) -> Risk:
    level, _, about = written.removesuffix("?").partition(":")
    return Risk(Level[level.upper()], About(about), sure=not written.endswith("?"), words="as read")

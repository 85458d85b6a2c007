"""Whole conversations as tests: what one may say beyond the words of bot/replay/script.py, and what plays one (play).

A dialog is written the way a moderator would retell a conversation: who said what, what the reading model saw in it,
and what the bot did about it. What a line does not speak of is not checked. tests/dialogs/README.md tells the words.
"""

from datetime import timedelta
from pathlib import Path

from bot.configuration import Configuration
from bot.core import Bot
from bot.domain.action import Action, OfferBranch, Receipt, Say
from bot.domain.assessment import NO_RISK, About, Concern, Level, Reading, Risk, Severity
from bot.domain.conversation import Attachment, Place
from bot.errors import ConfigError, LLMError, PlatformError
from bot.llm.offline import OfflineLLM
from bot.ports import Platform
from bot.replay import script, turn
from bot.replay.passage import passage, turns_in
from bot.replay.people import Deed
from bot.replay.rehearsal import adjusted
from bot.replay.script import READ, Dialog, Line
from bot.settings.durations import parse
from bot.store.sqlite import SqliteStore
from tests.fakes.clock import SetClock
from tests.fakes.models import ScriptedReader, ScriptedVoice
from tests.stages import Stage


def load(path: Path) -> Dialog:
    """Read a dialog. Raises ConfigError, naming the file, for what it does not know: a typo must not pass a test."""
    dialog = script.load(path)
    if dialog.profile not in {"claude", "offline"}:
        raise ConfigError([f"{path}: profile is claude or offline"])
    if dialog.expect.model_fields_set:
        raise ConfigError([f"{path}: only a rehearsal is judged as a whole"])
    if dialog.profile == "offline" and any(getattr(line, key) for line in dialog.lines for key in READ):
        raise ConfigError([f"{path}: offline the real words are read, so no readings can be written"])
    return dialog


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

    async def fetch(self, attachment: Attachment, most: int) -> bytes:
        """Let the platform fetch it."""
        return await self._platform.fetch(attachment, most)

    async def preview(self, action: str, place: Place, conversation: str, text: str) -> None:
        """Let the platform show it."""
        await self._platform.preview(action, place, conversation, text)

    async def give_up(self, action: Say) -> str:
        """Let the platform show no more."""
        return await self._platform.give_up(action)


async def play(dialog: Dialog, stage: Stage, clock: SetClock, configuration: Configuration, database: Path) -> None:
    """Play a dialog on a stage, with the real core and the real store. Raises AssertionError, naming the turn."""
    playing = _Playing(dialog, stage, clock, adjusted(configuration, dialog), database)
    await playing.start()
    try:
        for number, line in enumerate(dialog.lines, start=1):
            try:
                await playing.line(number, line)
            except (AssertionError, LookupError) as fault:
                happens = {line.happens: getattr(line, line.happens)}
                raise AssertionError(f"{dialog.name}, turn {number} ({line.says or happens}): {fault}") from fault
    finally:
        await playing.stop()


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

    async def line(self, number: int, line: Line) -> None:
        """Let it happen, and look whether what follows is as expected."""
        self._member, self._thread = line.member or self._member, line.branches or line.thread or self._thread
        before = len(self._platform.performed)
        turns = await turns_in(self._store, self._stage.conversation(self._thread))
        if not await self._circumstance(line):
            deed = self._deed(line)
            self._reader.readings = {deed.text if line.branches is None else self._offered(): self._reading(line)}
            line = _still_to_be_told(line, await self._stage.act(deed))
        followed = await passage(
            self._store,
            number,
            line,
            member=(self._member, self._stage.id_of(self._member)),
            thread=(self._thread, self._stage.conversation(self._thread)),
            performed=self._platform.performed[before:],
            turns=turns,
        )
        broken = list(turn.broken(followed))
        assert not broken, f"{broken}; {followed.vetted.assessment.readings if followed.vetted else 'not read'}"

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

    def _deed(self, line: Line) -> Deed:
        late = parse(line.late) if line.late else timedelta(0)
        return Deed.of(
            line, member=self._member, thread=self._thread, at=self._clock() - late, public=self._dialog.public
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


def _still_to_be_told(line: Line, answer: str) -> Line:
    """A line without what was told in answer to a command: that is said to one member alone, and is no action."""
    assert not [words for words in line.never if words in answer], answer
    return line.model_copy(update={"told": tuple(words for words in line.told if words not in answer)})


def _concern(written: str) -> Concern:
    kind, _, severity = written.removesuffix("?").partition(":")
    return Concern(kind, Severity[severity.upper()], sure=not written.endswith("?"), words="as read")


def _risk(written: str) -> Risk:
    level, _, about = written.removesuffix("?").partition(":")
    return Risk(Level[level.upper()], About(about), sure=not written.endswith("?"), words="as read")

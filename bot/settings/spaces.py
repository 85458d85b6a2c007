"""The spaces' tables and their channels' as Locals: which ladder and which words hold where."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path, PurePosixPath

from pydantic import ValidationError

from bot.boundary.ladder import Ladder
from bot.domain.conversation import Place
from bot.settings import faults, ladders
from bot.settings.model import Local
from bot.settings.space_files import Spot
from bot.settings.tables import BotTable, BudgetTable, ChannelTable, FairwellFile, LadderTable, SpaceTable, Table

ONCE = "must be one that has no table yet"


class Spaces:
    """Makes Locals, and collects in `faults` (lines, as in ConfigError) what is wrong on the way.

    In: config/, its fairwell.toml, the tables of all spaces and where each stands, the valid tables of its ladder.toml,
    the names of all of them (None: the file cannot be read), and which kinds of concern are the gravest.
    """

    def __init__(
        self,
        *,
        directory: Path,
        file: FairwellFile,
        stated: Sequence[tuple[SpaceTable, Spot]],
        tables: Mapping[str, LadderTable],
        names: Collection[str] | None,
        gravest: Collection[str],
    ) -> None:
        self.directory = directory
        self.file = file
        self.stated = stated
        self.tables = tables
        self.names = names
        self.gravest = gravest
        self.faults: list[str] = []

    def everywhere(self) -> Local | None:
        """What holds where no space says otherwise. None: its ladder is at fault."""
        spot = Spot(str(self.directory / "fairwell.toml"), ("bot",))
        ladder = self._ladder(self.file.bot.ladder, {}, spot, self.file.bot)
        return None if ladder is None else self._local(ladder, self.file.budget)

    def locals(self) -> dict[tuple[str, str], Local]:
        """What holds in each space and in each channel that has a table, by (space id, channel or "")."""
        made: dict[tuple[str, str], Local | None] = {}
        first: dict[str, Spot] = {}
        for space, spot in self.stated:
            self._once(space, spot, first.setdefault(space.id, spot))
            self._wording(space, spot)
            made[space.id, ""] = self._in_space(space, spot)
            channels = [channel.id for channel in space.channel]
            for number, channel in enumerate(space.channel):
                deeper = Spot(spot.file, (*spot.path, "channel", number))
                if channel.id in channels[:number]:
                    self.faults.append(deeper.fault(("id",), f"is {faults.shown(channel.id)}, {ONCE}"))
                made[space.id, channel.id] = self._in_channel(channel, space, deeper)
        return {place: local for place, local in made.items() if local is not None}

    def _in_space(self, space: SpaceTable, spot: Spot) -> Local | None:
        ladder = self._ladder(space.ladder or self.file.bot.ladder, space.adjust, spot, space)
        budget = self._budget(space, spot)
        return None if ladder is None or budget is None else self._local(ladder, budget, space)

    def _in_channel(self, channel: ChannelTable, space: SpaceTable, spot: Spot) -> Local | None:
        named = channel.ladder or space.ladder or self.file.bot.ladder
        adjust = channel.adjust if channel.ladder else {**space.adjust, **channel.adjust}
        ladder = self._ladder(named, adjust, spot, channel)
        budget = self._budget(space, None)
        return None if ladder is None or budget is None else self._local(ladder, budget, space, channel)

    def _ladder(
        self, name: str, adjust: Mapping[str, object], spot: Spot, own: BotTable | SpaceTable | ChannelTable
    ) -> Ladder | None:
        """The named ladder, adjusted. `own` is the table at `spot`: what it inherits is told where it was written."""
        if name not in self.tables:
            if own.ladder == name and self.names is not None and name not in self.names:
                guess = faults.nearest(name, self.names, "there are")
                what = f"is {faults.shown(name)}, must be a ladder of ladder.toml; {guess}"
                self.faults.append(spot.fault(("ladder",), what))
            return None
        try:
            table = LadderTable.model_validate({**self.tables[name].model_dump(), **adjust})
        except ValidationError as error:
            if not isinstance(own, BotTable) and own.adjust:
                self.faults += spot.lines(error, LadderTable.model_json_schema(), ("adjust",))
            return None
        return ladders.ladder(name, table, self.gravest)

    def _budget(self, space: SpaceTable, spot: Spot | None) -> BudgetTable | None:
        """The space's budget. None: it is at fault, which is told at `spot`; a channel has told it before."""
        try:
            return BudgetTable.model_validate({**self.file.budget.model_dump(), **space.budget})
        except ValidationError as error:
            if spot is not None:
                self.faults += spot.lines(error, BudgetTable.model_json_schema(), ("budget",))
            return None

    def _local(
        self,
        ladder: Ladder,
        budget: BudgetTable,
        space: SpaceTable | None = None,
        channel: ChannelTable | None = None,
    ) -> Local:
        bot = self.file.bot
        return Local(
            name=_first("name", space, bot),
            language=_first("language", channel, space, bot),
            country=_first("country", space, bot),
            ladder=ladder,
            persona=_first("persona", channel, space, bot),
            budget=budget,
            wording=tuple(self.directory / name for name in space.wording) if space else (),
            moderators=_moderators(space) if space else None,
            moderator_roles=space.moderator_roles if space else (),
            channels=space.channels if space else (),
            forums=space.forums if space else (),
            plain_replies=space.plain_replies if space else False,
            streaming=space.streaming if space else None,
        )

    def _wording(self, space: SpaceTable, spot: Spot) -> None:
        for number, name in enumerate(space.wording):
            relative = PurePosixPath(name)
            if relative.is_absolute() or ".." in relative.parts or not (self.directory / relative).is_file():
                what = f"is {faults.shown(name)}, must be a file in {self.directory}"
                self.faults.append(spot.fault(("wording", number), what))

    def _once(self, space: SpaceTable, spot: Spot, first: Spot) -> None:
        if spot is first:
            return
        if spot.file == first.file:
            self.faults.append(spot.fault(("id",), f"is {faults.shown(space.id)}, {ONCE}"))
        else:
            what = f'"{space.id}" has its [[space]] in {first.file} too; keep one: move its keys here and take that out'
            self.faults.append(spot.fault((), f"{what}, or remove this file"))


def _first(key: str, *tables: Table | None) -> str:
    """The first table's word that is not left out; an empty text counts: it takes a wider one back."""
    words = (getattr(table, key) for table in tables if table is not None)
    word: str = next(word for word in words if word is not None)
    return word


def _moderators(space: SpaceTable) -> Place | None:
    platform, _, name = space.id.partition(":")
    return Place(platform, name, space.moderators, private=True) if space.moderators else None
